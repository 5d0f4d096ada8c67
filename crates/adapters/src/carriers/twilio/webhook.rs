//! Twilio's callbacks: a message that came in, or the state of one of ours. Both may arrive
//! at the same URL, so the parameters tell which it is.

use omni_core::carrier::Parsed;
use omni_core::event::CarrierEvent;
use omni_core::webhook::{Malformed, Outcome, WebhookReply, WebhookRequest};

use super::params::Params;
use super::{Settings, inbound, status};

/// TwiML that does nothing: answers go out by the API, where they get ids and receipts.
const EMPTY_TWIML: &str = r#"<?xml version="1.0" encoding="UTF-8"?><Response/>"#;

/// Reads one callback. An unknown status word says nothing; a callback without a message id
/// is unreadable.
pub(super) fn parse(settings: &Settings, request: &WebhookRequest) -> Result<Parsed, Malformed> {
    let params = Params::of(request)?;
    let sid = params.message_sid().ok_or(Malformed("message_sid_missing"))?;
    let event = match status_word(&params) {
        Some(word) => {
            let update = status::read(settings, request, &params, word, sid);
            update.map(|update| CarrierEvent::Status(Box::new(update)))
        }
        None => Some(CarrierEvent::Message(Box::new(inbound::read(settings, &params, sid)?))),
    };
    Ok(Parsed { events: event.into_iter().collect(), quarantined: Vec::new() })
}

/// The state that a status callback reports; `None` if this is a message. `SmsStatus` is the
/// older name, and says `received` for messages.
fn status_word(params: &Params) -> Option<&str> {
    let word = params.get("MessageStatus").or_else(|| params.get("SmsStatus"))?;
    (!matches!(word, "received" | "receiving")).then_some(word)
}

/// Messages are answered with TwiML, statuses with nothing. What is ignored was a status.
pub(super) fn reply(outcome: Outcome, events: &[CarrierEvent]) -> WebhookReply {
    let about_status = events.iter().any(|event| matches!(event, CarrierEvent::Status(_)));
    match outcome {
        Outcome::Reject => WebhookReply::empty(403),
        Outcome::Ignore => WebhookReply::empty(200),
        Outcome::Accept | Outcome::Quarantine | Outcome::Unroutable if about_status => {
            WebhookReply::empty(200)
        }
        Outcome::Accept | Outcome::Quarantine | Outcome::Unroutable => {
            WebhookReply::text(200, "text/xml", EMPTY_TWIML)
        }
    }
}
