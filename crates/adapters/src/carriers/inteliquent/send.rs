//! Handing messages to Inteliquent, and reading its answers. Both pure.

use omni_core::address::Address;
use omni_core::carrier::{Accepted, OutboundMessage};
use omni_core::content::{OutboundContent, OutboundMedia};
use omni_core::event::{Channel, ReportedState};
use omni_core::failure::{ErrorClass, SendError};
use omni_core::http::{HttpRequest, HttpResponse};
use serde_json::json;

use super::{Settings, errors};
use crate::shared::answer;
use crate::shared::loose::{self, Object};

/// Our limits: the real ones are not published.
pub(super) const MAX_TEXT: usize = 1_600;
pub(super) const MAX_MEDIA: usize = 10;
/// Of all media of a message together: what every network delivers.
pub(super) const MAX_MEDIA_BYTES: u64 = 500_000;

/// The request for a message to one recipient.
pub(super) fn request(settings: &Settings, message: &OutboundMessage) -> Result<HttpRequest, SendError> {
    if !matches!(message.channel, Channel::Sms | Channel::Mms) {
        return Err(SendError::Unsupported("Inteliquent carries SMS and MMS only"));
    }
    let mut body = json!({
        "from": digits(&message.from),
        "to": [digits(&message.to)],
        "referenceId": message.client_ref,
    });
    let text = match &message.content {
        OutboundContent::Text { text } => text.as_str(),
        OutboundContent::Media { media, text } => {
            body["mediaUrls"] = json!(urls(media)?);
            text.as_deref().unwrap_or_default()
        }
        other => return Err(SendError::Unsupported(why_not(other))),
    };
    if text.chars().count() > MAX_TEXT {
        return Err(SendError::Unsupported("the text is too long"));
    }
    body["text"] = json!(text);
    Ok(settings.post("publishMessages", &body))
}

/// The addresses of the media. Inteliquent keeps no files: it fetches each, from anybody.
fn urls(media: &[OutboundMedia]) -> Result<Vec<&str>, SendError> {
    if media.is_empty() || media.len() > MAX_MEDIA {
        return Err(SendError::Unsupported("a picture message has one to ten media"));
    }
    let known = media.iter().filter_map(|medium| medium.size).fold(0, u64::saturating_add);
    if known > MAX_MEDIA_BYTES {
        return Err(SendError::Unsupported("the media of a picture message have at most 500 KB together"));
    }
    let is_web = |url: &&str| url::Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
    let urls = media.iter().map(|medium| medium.url.as_deref().filter(is_web));
    urls.collect::<Option<_>>().ok_or(SendError::Unsupported("media need a public URL"))
}

/// Why a text message cannot say it.
const fn why_not(content: &OutboundContent) -> &'static str {
    match content {
        OutboundContent::Template(_) => "Inteliquent knows no templates",
        OutboundContent::Interactive(_) => "text messages have no buttons",
        OutboundContent::Location { .. } => "text messages show no places: send a link",
        OutboundContent::LocationRequest { .. } => "text messages cannot ask for a place",
        OutboundContent::Reaction { .. } => "text messages know no reactions",
        OutboundContent::Contacts { .. } => "Inteliquent takes contact cards as a medium only",
        OutboundContent::Flow(_) => "text messages have no forms",
        OutboundContent::Products(_) => "text messages know no catalogue",
        OutboundContent::Email(_) => "Inteliquent carries no mail",
        OutboundContent::Custom(_) => "Inteliquent has nothing beyond words and media",
        OutboundContent::Text { .. } | OutboundContent::Media { .. } => {
            "text messages carry words and media only"
        }
    }
}

/// Eleven digits, without plus.
pub(super) fn digits(address: &Address) -> &str {
    address.expose().trim_start_matches('+')
}

/// What the answer means. A 200 may carry a refusal, and 408 is no time-out but the user's
/// error.
pub(super) fn outcome(response: &HttpResponse) -> Result<Accepted, SendError> {
    let Ok(body) = serde_json::from_slice::<Object>(&response.body) else {
        return Err(match response.status {
            200..=299 => answer::unreadable(),
            408 => answer::refused(response, ErrorClass::BadRequest, "", ""),
            status => answer::refused(response, class_of_status(status), "", ""),
        });
    };
    let reason = reason(&body);
    match response.status {
        200..=299 if body.contains_key("success") && !loose::flag(&body, "success") => {
            Err(answer::refused(response, errors::class_of(&reason), "success_false", &reason))
        }
        200..=299 if body.contains_key("success") || loose::object(&body, "result").is_some() => {
            match refused_recipient(&body) {
                Some((class, word)) => Err(answer::refused(response, class, "recipient_refused", &word)),
                None => Ok(accepted(&body)),
            }
        }
        200..=299 if reason.is_empty() => Err(answer::unreadable()),
        200..=299 => Err(answer::refused(response, errors::class_of(&reason), "", &reason)),
        408 => Err(answer::refused(response, ErrorClass::BadRequest, "", &reason)),
        status @ (401 | 403 | 429 | 500..=599) => {
            Err(answer::refused(response, class_of_status(status), "", &reason))
        }
        _ => Err(answer::refused(response, client_error(&reason), "", &reason)),
    }
}

/// What a status says by itself. The one credential is the API key, so 403 is about it, too.
const fn class_of_status(status: u16) -> ErrorClass {
    match status {
        403 => ErrorClass::Auth,
        status => answer::class_of(status),
    }
}

/// Our only recipient, if the answer is a success for the request and a refusal of them.
fn refused_recipient(body: &Object) -> Option<(ErrorClass, String)> {
    let responses = loose::object(body, "result")?.get("resultResponses")?.as_array()?;
    let [only] = responses.as_slice() else { return None };
    let word = loose::word(only.as_object()?, "status")?;
    // Codes are words joined by underscores.
    let words = word.to_lowercase().replace('_', " ");
    let class = errors::class_of(&words);
    let is_refusal = ["invalid", "reject", "fail", "error"].iter().any(|part| words.contains(part));
    (is_refusal || class != ErrorClass::Rejected).then_some((class, word))
}

/// Without its reference a taken message can get no receipt that we would know.
fn accepted(body: &Object) -> Accepted {
    let result = loose::object(body, "result");
    let id = result.and_then(|result| loose::word(result, "referenceId"));
    let id = id.or_else(|| loose::word(body, "referenceId"));
    let state = if id.is_some() { ReportedState::Queued } else { ReportedState::Sent };
    Accepted { state, ..Accepted::with_id(id.unwrap_or_default()) }
}

fn reason(body: &Object) -> String {
    let said =
        ["reason", "detail", "status", "error", "message"].iter().filter_map(|key| loose::word(body, key));
    said.collect::<Vec<_>>().join(": ")
}

/// Any other 4xx: by its words, else our request was wrong.
fn client_error(reason: &str) -> ErrorClass {
    match errors::class_of(reason) {
        ErrorClass::Rejected => ErrorClass::BadRequest,
        class => class,
    }
}
