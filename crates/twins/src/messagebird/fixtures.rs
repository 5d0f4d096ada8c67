//! What people do, and what MessageBird reports: the fixtures of this twin.

use crate::callbacks::Callback;
use crate::fixtures::{Params, TriggerError};
use crate::record::{Direction, Receipt, Record};
use crate::twin::Twin as _;

use super::api::phone_number;
use super::{MessageBird, SMS_NUMBER, WHATSAPP_NUMBER, api_name, channels, conversations, platform, rest};

/// Builds the callback of a fixture.
pub(super) fn play(
    twin: &MessageBird,
    event: &'static str,
    params: &Params,
) -> Result<Callback, TriggerError> {
    let (family, again) = match event {
        "replayed_token" => ("rest", true),
        "platform_repeated" => ("platform", true),
        _ if event.starts_with("platform_") => ("platform", false),
        _ if event.starts_with("bird_") => ("bird", false),
        _ => ("rest", false),
    };
    if again && let Some(last) = twin.last_played.lock().get(family) {
        return Ok(last.clone());
    }
    let callback = match event {
        "replayed_token" => rest::fixtures::message(twin, event, params),
        "platform_repeated" => platform::fixtures::play(twin, event, params),
        _ if event.contains("status_") => status(twin, event, params),
        _ if family == "platform" => platform::fixtures::play(twin, event, params),
        _ if family == "bird" => channels::fixtures::play(twin, event, params),
        _ if event.starts_with("whatsapp") || event.starts_with("conversation") || event == "inbox_reply" => {
            conversations::fixtures::play(twin, event, params)
        }
        _ => rest::fixtures::message(twin, event, params),
    }?;
    if !event.ends_with("bad_signature") && event != "expired_token" {
        twin.last_played.lock().insert(family, callback.clone());
    }
    Ok(callback)
}

pub(super) const fn wrong(param: &'static str, expected: &'static str) -> TriggerError {
    TriggerError::WrongValue { param, expected }
}

/// Who writes, with plus.
pub(super) fn person(params: &Params) -> Result<String, TriggerError> {
    phone_number(params.text("from")).ok_or_else(|| wrong("from", "a phone number like +15550001001"))
}

/// Which message a status fixture is about, and what it reports.
struct Reported {
    api: &'static str,
    /// What an id of this API begins with.
    id_prefix: &'static str,
    from: &'static str,
    receipt: Receipt,
}

impl Reported {
    fn of(event: &str, params: &Params) -> Result<Self, TriggerError> {
        let (channel, word) = event.split_once("status_").unwrap_or_default();
        let (api, id_prefix, from) = match channel {
            "whatsapp_" => (api_name::CONVERSATIONS, "", WHATSAPP_NUMBER),
            "bird_" => (api_name::CHANNELS, "", SMS_NUMBER),
            "platform_" => (api_name::PLATFORM, "sms_", SMS_NUMBER),
            "platform_whatsapp_" => (api_name::PLATFORM, "wam_", WHATSAPP_NUMBER),
            _ => (api_name::SMS, "", SMS_NUMBER),
        };
        let receipt = match word {
            "sent" => Receipt::new("sent"),
            "delivered" => Receipt::new("delivered"),
            "read" => Receipt::new("read"),
            "expired" => Receipt::new("expired"),
            _ => {
                let state = match channel {
                    "whatsapp_" | "platform_whatsapp_" => "failed",
                    "platform_" => "undelivered",
                    _ => "delivery_failed",
                };
                Receipt::failed(state, params.number("code", 1..=99_999, "an error code")?)
            }
        };
        Ok(Self { api, id_prefix, from, receipt })
    }

    fn is_about(&self, record: &Record) -> bool {
        record.direction == Direction::Outbound
            && (record.api == self.api || self.api == api_name::SMS && record.api == api_name::MMS)
            && record.id.starts_with(self.id_prefix)
    }
}

/// The status of a message that was sent to the twin, or of one that nobody knows.
fn status(twin: &MessageBird, event: &'static str, params: &Params) -> Result<Callback, TriggerError> {
    let reported = Reported::of(event, params)?;
    let to = person(params)?;
    let now = twin.desk.now();
    let known = match params.given("message") {
        Some(id) => twin.desk.log.get(id).filter(|record| reported.is_about(record)),
        None => twin.desk.log.newest(|record| reported.is_about(record)),
    };
    if let Some(record) = known {
        record.advance(usize::MAX, reported.receipt, now);
        let callback = twin.status_callback(&record, reported.receipt, now, false);
        return callback.ok_or_else(|| wrong("message", "a message with a reference: no other is reported"));
    }
    let new_id = || match reported.api {
        api_name::CHANNELS => super::uuid(&twin.desk.ids.hex()),
        api_name::PLATFORM => platform::new_id(twin, reported.id_prefix),
        _ => twin.desk.ids.hex(),
    };
    let id = params.given("message").map_or_else(new_id, str::to_owned);
    let mut stranger = Record::new(id, Direction::Outbound, "accepted", now);
    stranger.api = reported.api;
    (stranger.from, stranger.to) = (reported.from.to_owned(), to);
    stranger.client_reference = Some("nobody-knows".to_owned());
    Ok(twin.status_callback(&stranger, reported.receipt, now, false).expect("it has a reference"))
}
