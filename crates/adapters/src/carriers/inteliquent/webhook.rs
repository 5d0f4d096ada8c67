//! Inteliquent's callbacks, and Sinch's, and what they mean to us.

use omni_core::address::Address;
use omni_core::carrier::Parsed;
use omni_core::event::{CarrierEvent, Channel, InboundMessage, MediaRef, MessageType};
use omni_core::time::Timestamp;
use omni_core::webhook::{Malformed, WebhookRequest};
use serde_json::{Value, json};

use super::{NAME, REGION, Settings, status, tenant_key};
use crate::shared::loose::{self, Object};
use crate::shared::people::{self, Sender};
use crate::shared::{hmac, json, text};

/// Larger groups than this are nobody's.
const MAX_RECIPIENTS: usize = 500;
/// Sinch's words for a picture message and for one of bytes.
const MO_MEDIA: &str = "mo_media";
const MO_BINARY: &str = "mo_binary";
/// More media than any network puts into one message.
const MAX_MEDIA: usize = 100;

/// Reads one object. Both shapes and the aliases seen in the wild are told apart by their
/// members, because the endpoint may change its shape without notice.
pub(super) fn parse(settings: &Settings, request: &WebhookRequest) -> Result<Parsed, Malformed> {
    let Value::Object(object) = json::parse(&request.body)? else { return Err(Malformed("not_an_object")) };
    let kind = loose::word(&object, "type").unwrap_or_default();
    let events = if kind.contains("delivery_report") {
        status::read_report(&object)?
    } else if loose::flag(&object, "deliveryReceipt") {
        status::read_receipt(&object)?
    } else {
        messages(settings, request, &object)?
    };
    Ok(Parsed { events, quarantined: Vec::new() })
}

/// The id in all its spellings.
pub(super) fn reference(object: &Object) -> Option<String> {
    ["referenceId", "messageId", "id"].iter().find_map(|key| loose::word(object, key))
}

/// A message to several of our numbers is one message to each.
fn messages(
    settings: &Settings,
    request: &WebhookRequest,
    object: &Object,
) -> Result<Vec<CarrierEvent>, Malformed> {
    let from = loose::word(object, "from").ok_or(Malformed("message_without_sender"))?;
    let named = loose::texts(object, "to");
    if named.is_empty() {
        return Err(Malformed("message_without_recipient"));
    }
    let sender = people::sender(&from, REGION);
    let recipients = numbers(&named)?;
    let base = message(request, object, &recipients, &sender);
    let to_event =
        |ours: &Address| CarrierEvent::Message(Box::new(addressed(&base, ours, &sender, settings)));
    let owned: Vec<_> = recipients.iter().filter(|number| settings.owns(number)).collect();
    if owned.is_empty() {
        // Nobody's, unless this connection takes everything: the receiving layer decides.
        return Ok(recipients.first().map(to_event).into_iter().collect());
    }
    Ok(owned.into_iter().map(to_event).collect())
}

/// Recipients, each once, in order.
pub(super) fn numbers(named: &[String]) -> Result<Vec<Address>, Malformed> {
    if named.len() > MAX_RECIPIENTS {
        return Err(Malformed("too_many_recipients"));
    }
    let mut numbers = Vec::new();
    for number in named.iter().map(|raw| people::number(raw, REGION)) {
        if !numbers.contains(&number) {
            numbers.push(number);
        }
    }
    Ok(numbers)
}

/// All that is the same for every number of ours.
fn message(
    request: &WebhookRequest,
    object: &Object,
    recipients: &[Address],
    sender: &Sender,
) -> InboundMessage {
    let kind = loose::word(object, "type").unwrap_or_default();
    // Sinch puts what a picture message says and shows into an object of its own.
    let inner = loose::object(object, "body").filter(|_| kind == MO_MEDIA).unwrap_or(object);
    let (layout, media): (Vec<_>, Vec<_>) =
        media(inner).into_iter().partition(|medium| medium.url.as_deref().is_some_and(text::is_smil));
    let is_mms = kind == MO_MEDIA || !media.is_empty() || !layout.is_empty() || recipients.len() > 1;
    let mut message = InboundMessage {
        carrier: NAME.0.into(),
        channel: Some(if is_mms { Channel::Mms } else { Channel::Sms }),
        message_type: if media.is_empty() { MessageType::Text } else { MessageType::Media },
        from_address: sender.address.clone(),
        sent_at: loose::word(object, "received_at").and_then(|at| Timestamp::parse(&at).ok()),
        subject: loose::word(inner, "subject").filter(|_| kind == MO_MEDIA),
        media,
        skipped_media: u32::try_from(layout.len()).ok().filter(|skipped| *skipped > 0),
        ..InboundMessage::default()
    };
    match reference(object) {
        Some(id) => message.external_id = id,
        None => {
            message.external_id = synthetic_id(request);
            message.synthetic_id = true;
        }
    }
    if kind == MO_BINARY {
        // Its body is base64 of bytes for a machine: no words, and not shown as such.
        message.message_type = MessageType::Unsupported;
        message.unsupported_type = Some(kind);
    } else if let Some(words) = ["text", "body", "message"].iter().find_map(|key| loose::text(inner, key)) {
        text::put(&mut message, words);
    }
    if recipients.len() > 1 {
        message.group = Some(json!({ "participants": participants(recipients, sender) }));
    }
    message
}

fn participants(recipients: &[Address], sender: &Sender) -> Vec<Address> {
    let mut members: Vec<_> = sender.address.iter().chain(recipients).cloned().collect();
    members.sort();
    members.dedup();
    members
}

fn addressed(base: &InboundMessage, ours: &Address, sender: &Sender, settings: &Settings) -> InboundMessage {
    let words = base.text.as_deref().unwrap_or_default();
    let (consent, auto_reply_allowed) = people::judge(words, ours, sender);
    let from_ourselves = sender.address.as_ref().is_some_and(|address| settings.owns(address));
    InboundMessage {
        tenant_key: tenant_key(ours),
        to_address: Some(ours.clone()),
        consent,
        auto_reply_allowed: if from_ourselves { Some(false) } else { auto_reply_allowed },
        ..base.clone()
    }
}

/// The same for every repetition of a request: made from `messageID`, else from the body.
fn synthetic_id(request: &WebhookRequest) -> String {
    let seed = request.header("messageid").filter(|id| !id.is_empty());
    let digest = seed.map_or_else(|| hmac::digest(&request.body), |id| hmac::digest(id.as_bytes()));
    format!("sha256:{}", hmac::hex(&digest))
}

/// The media: a list of URLs, or of objects that hold one.
fn media(object: &Object) -> Vec<MediaRef> {
    let medium = |value: &Value| match value {
        Value::Object(medium) => {
            let url = loose::word(medium, "url").or_else(|| loose::word(medium, "mediaUrl"))?;
            Some(MediaRef { mime: loose::word(medium, "content_type"), ..media_ref(url) })
        }
        Value::String(url) => Some(url.trim()).filter(|url| !url.is_empty()).map(|url| media_ref(url.into())),
        _ => None,
    };
    let listed = |key: &&str| match object.get(*key) {
        Some(Value::Array(values)) => values.iter().filter_map(medium).take(MAX_MEDIA).collect(),
        Some(value) => medium(value).into_iter().collect(),
        None => Vec::new(),
    };
    let lists = ["mediaUrls", "media", "attachments"];
    lists.iter().map(listed).find(|media| !media.is_empty()).unwrap_or_default()
}

/// A medium by its address, which anybody may fetch: without our credentials, but never in
/// the clear and never from a bare address inside some network. Mostly no content type is
/// given: it is found out after fetching.
fn media_ref(url: String) -> MediaRef {
    let parsed = url::Url::parse(&url).ok();
    let fetchable = parsed.is_some_and(|url| {
        url.scheme() == "https"
            && url.username().is_empty()
            && url.password().is_none()
            && url.domain().is_some()
    });
    MediaRef {
        filename: text::file_name_of_url(&url),
        blocked: !fetchable,
        url: Some(url),
        ..MediaRef::default()
    }
}
