//! `rest.messagebird.com`: `POST /messages` for SMS, `POST /mms` for MMS.

use omni_core::address::Address;
use omni_core::carrier::{Accepted, Capabilities, Found, LookUp, OutboundMessage};
use omni_core::content::{OutboundContent, OutboundMedia};
use omni_core::event::{Channel, MessageType, ReportedState};
use omni_core::failure::SendError;
use omni_core::http::{HttpRequest, HttpResponse};
use omni_core::phone::{self, Role};
use omni_core::segments;
use serde_json::{Value, json};

use super::super::account::Account;
use super::super::{errors, status};
use super::{access_key, base, custom, dialled, limits, unreadable, url};
use crate::shared::{form, json};

const API: &str = "https://rest.messagebird.com";

/// Most segments of one SMS.
const MAX_SEGMENTS: usize = 9;

/// Characters that fit whatever they are: 33 emoji fill a segment of 67 units, because none
/// is cut in two.
const MAX_TEXT: usize = MAX_SEGMENTS * 33;

/// Most media of one MMS.
const MAX_MEDIA: usize = 10;

/// Longest words of an MMS, in characters (MessageBird's MMS reference).
const MAX_MMS_TEXT: usize = 2_000;

/// Largest file of an MMS; the networks take little more.
pub(super) const MAX_MEDIA_BYTES: u64 = 900 * 1_024;

/// What we say of every message; content in the API's own shape says none of it. A group would
/// add recipients.
const OURS: &[&str] = &["originator", "recipients", "groupIds", "reference", "reportUrl"];

pub(super) fn capabilities(account: &Account, base: Capabilities) -> Capabilities {
    // Without a channel of the Conversations API there are SMS and MMS alone.
    let content = if account.channels.is_empty() {
        vec![MessageType::Text, MessageType::Media, MessageType::Custom]
    } else {
        [super::common_content(), vec![MessageType::Products]].concat()
    };
    Capabilities {
        content,
        // A longer text is split by us, so nothing is refused later.
        max_text: limits::longest_text(&base.channels, MAX_TEXT),
        max_media: MAX_MEDIA,
        max_media_bytes: limits::largest_file(&base.channels, MAX_MEDIA_BYTES),
        look_up: true,
        ..base
    }
}

pub(super) fn request(account: &Account, message: &OutboundMessage) -> Result<HttpRequest, SendError> {
    let (path, mut body) = match &message.content {
        OutboundContent::Text { text } => ("messages", sms(text)?),
        OutboundContent::Media { media, text } => ("mms", mms(media, text.as_deref())?),
        OutboundContent::Custom(custom) => {
            let is_mms = message.channel == Channel::Mms;
            let said = custom::object(custom, OURS)?;
            let has_content = said.contains_key("body") || is_mms && said.contains_key("mediaUrls");
            if !has_content {
                return Err(SendError::Unsupported("the object needs `body`, or `mediaUrls` as an MMS"));
            }
            (if is_mms { "mms" } else { "messages" }, Value::Object(said.clone()))
        }
        _ => return Err(SendError::Unsupported("SMS carries text and media only")),
    };
    if path == "mms" && ![&message.from, &message.to].into_iter().all(is_north_american) {
        return Err(SendError::Unsupported("MMS goes between numbers of the US and Canada only"));
    }
    body["originator"] = json!(dialled(&message.from).trim_start_matches('+'));
    body["recipients"] = json!([dialled(&message.to).trim_start_matches('+')]);
    // Without a reference MessageBird sends no status reports at all.
    body["reference"] = json!(message.client_ref);
    if let Some(url) = &message.status_url {
        body["reportUrl"] = json!(url);
    }
    let url = format!("{}/{path}", base(account.settings.base_url.as_ref(), API));
    Ok(HttpRequest::new("POST", url).header("authorization", access_key(account)).json(&body))
}

/// Whether a number is of the US or Canada, as far as its digits tell: they share `+1` with
/// others.
fn is_north_american(address: &Address) -> bool {
    let country = phone::country_of(address);
    address.expose().starts_with("+1")
        && country.is_none_or(|country| matches!(country.as_str(), "US" | "CA"))
}

/// Whether an SMS holds the text.
pub(super) fn fits(text: &str) -> bool {
    segments::count(text).segments <= MAX_SEGMENTS
}

fn sms(text: &str) -> Result<Value, SendError> {
    if !fits(text) {
        return Err(SendError::Unsupported("the text is longer than nine segments"));
    }
    Ok(json!({ "body": text, "datacoding": "auto" }))
}

fn mms(media: &[OutboundMedia], text: Option<&str>) -> Result<Value, SendError> {
    if media.is_empty() || media.len() > MAX_MEDIA {
        return Err(SendError::Unsupported("an MMS has one to ten media"));
    }
    if text.is_some_and(|text| text.chars().count() > MAX_MMS_TEXT) {
        return Err(SendError::Unsupported("an MMS has at most 2,000 characters"));
    }
    if media.iter().any(|medium| medium.size.is_some_and(|size| size > MAX_MEDIA_BYTES)) {
        return Err(SendError::Unsupported("the file is too large for an MMS"));
    }
    let urls = media.iter().map(url).collect::<Result<Vec<_>, _>>()?;
    Ok(json!({ "body": text.unwrap_or_default(), "mediaUrls": urls }))
}

pub(super) fn outcome(message: &OutboundMessage, response: &HttpResponse) -> Result<Accepted, SendError> {
    if !response.is_success() {
        return Err(errors::refusal(response));
    }
    let body: Value = serde_json::from_slice(&response.body).map_err(|_| unreadable(response))?;
    let mut accepted = taken(&body).ok_or_else(|| unreadable(response))?;
    accepted.recipient = accepted.recipient.filter(|recipient| *recipient != message.to);
    Ok(accepted)
}

/// A message object: its id and the state of its only recipient.
fn taken(body: &Value) -> Option<Accepted> {
    let item = &body["recipients"]["items"][0];
    let word = item["status"].as_str().unwrap_or_default();
    let recipient = json::id(&item["recipient"]);
    Some(Accepted {
        state: status::rest(word).unwrap_or(ReportedState::Queued),
        segments: json::integer(&item["messagePartCount"]).and_then(|count| count.try_into().ok()),
        recipient: recipient.and_then(|raw| phone::parse(&raw, "", Role::International).address),
        ..Accepted::with_id(json::id(&body["id"])?)
    })
}

/// The messages to one recipient since an attempt began.
pub(super) fn look_up(account: &Account, query: &LookUp) -> HttpRequest {
    let recipient = dialled(&query.to).trim_start_matches('+');
    let since = query.since.to_string();
    let filter = form::encode([("recipient", recipient), ("from", since.as_str()), ("limit", "50")]);
    let url = format!("{}/messages?{filter}", base(account.settings.base_url.as_ref(), API));
    HttpRequest::new("GET", url).header("authorization", access_key(account))
}

/// Our reference among them proves that it was taken. Its absence proves nothing: how fast
/// the list follows is not documented.
pub(super) fn found(query: &LookUp, response: &HttpResponse) -> Result<Found, SendError> {
    if !response.is_success() {
        return Err(errors::refusal(response));
    }
    let body: Value = serde_json::from_slice(&response.body).unwrap_or_default();
    let ours = json::items(&body["items"]).iter().find(|item| item["reference"] == query.client_ref.as_str());
    Ok(ours.and_then(taken).map_or(Found::Unclear, Found::Taken))
}

pub(super) fn check(account: &Account) -> HttpRequest {
    let url = format!("{}/balance", base(account.settings.base_url.as_ref(), API));
    HttpRequest::new("GET", url).header("authorization", access_key(account))
}
