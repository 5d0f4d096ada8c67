//! Callbacks as Bandwidth writes and sends them.

use std::time::Duration;

use base64::Engine as _;
use omni_core::time::Timestamp;
use serde_json::{Value, json};

use super::list::Content;
use super::{APPLICATION, Bandwidth, INBOUND_USER, STATUS_USER, codes, time};
use crate::callbacks::{Callback, RetryOn, RetryRule};
use crate::record::{Receipt, Record};

/// Bandwidth goes on for a day; the sandbox stops after a quarter of an hour.
const RETRIES: RetryRule = RetryRule {
    waits: &[
        Duration::from_secs(1),
        Duration::from_secs(10),
        Duration::from_secs(60),
        Duration::from_secs(300),
        Duration::from_secs(600),
    ],
    timeout: Duration::from_secs(10),
    total: Duration::from_secs(3_600),
    only_200: false,
    on: RetryOn::ANYTHING,
};

/// The value of an `Authorization` header.
pub(super) fn basic(user: &str, password: &str) -> String {
    let pair = base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}"));
    format!("Basic {pair}")
}

/// The two URLs of the application, each with its own credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Slot {
    Inbound,
    Status,
}

impl Bandwidth {
    /// The callback that brings `events`; a forged one has a wrong password.
    pub(super) fn callback(
        &self,
        what: &'static str,
        id: String,
        slot: Slot,
        events: &[Value],
        forged: bool,
    ) -> Callback {
        let (path, user, password) = match slot {
            Slot::Inbound => ("inbound", INBOUND_USER, &self.inbound_password),
            Slot::Status => ("status", STATUS_USER, &self.status_password),
        };
        let password = if forged { "not the password" } else { password.expose() };
        let headers = vec![
            ("content-type", "application/json; charset=utf-8".to_owned()),
            ("user-agent", "BandwidthAPI/v2".to_owned()),
            ("authorization", basic(user, password)),
        ];
        let url = format!("{}/{path}/{}", self.desk.webhook_url(), self.path_token.expose());
        let body = serde_json::to_vec(events).expect("JSON serialises").into();
        Callback { what, id, url, headers, body, rule: RETRIES }
    }

    /// The callback that reports a status.
    pub(super) fn status(
        &self,
        record: &Record,
        receipt: Receipt,
        happened: Timestamp,
        forged: bool,
    ) -> Callback {
        let event = status_event(record, receipt, happened, words(receipt));
        let id = record.wire_id().to_owned();
        self.callback(receipt.state, id, Slot::Status, &[event], forged)
    }
}

fn words(receipt: Receipt) -> &'static str {
    match receipt.state {
        "sending" => "Message is sending to carrier",
        "sent" => "Message sent",
        "read" => "Message read",
        "failed" => receipt.error.map_or("unknown-error", codes::description),
        _ => "ok",
    }
}

/// The event of a status. It is about one recipient, whoever else is in the group, and never
/// repeats the text.
pub(super) fn status_event(
    record: &Record,
    receipt: Receipt,
    happened: Timestamp,
    description: &str,
) -> Value {
    let content = Content(&record.content);
    let mut message = json!({
        "id": record.wire_id(),
        "owner": record.from,
        "applicationId": APPLICATION,
        "time": time(record.at),
        "segmentCount": content.segments(),
        "direction": "out",
        "to": content.recipients().map_or_else(|| json!([record.to]), |to| json!(to)),
        "from": record.from,
        "text": "",
    });
    if !content.media().is_empty() {
        message["media"] = json!(content.media());
    }
    if let Some(tag) = &record.client_reference {
        message["tag"] = json!(tag);
    }
    for name in ["priority", "channel"] {
        if let Some(value) = record.content.get(name) {
            message[name] = value.clone();
        }
    }
    let mut event = json!({
        "type": format!("message-{}", receipt.state),
        "time": time(happened),
        "description": description,
        "to": record.to,
        "message": message,
    });
    if let Some(code) = receipt.error {
        event["errorCode"] = json!(code);
    }
    if receipt.state == "read" {
        event["eventTime"] = json!(time(happened));
    }
    event
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Direction;

    #[test]
    fn presents_itself_as_in_the_worked_example() {
        assert_eq!(basic("acme", "correct-horse-battery"), "Basic YWNtZTpjb3JyZWN0LWhvcnNlLWJhdHRlcnk=");
    }

    #[test]
    fn a_status_names_its_recipient_and_the_whole_group() {
        let at = Timestamp::parse("2025-11-20T15:00:00.412987Z").unwrap();
        let mut record = Record::new(Record::key("m", 1), Direction::Outbound, "queued", at);
        (record.to, record.client_reference) = ("+15550001002".into(), Some("t".into()));
        record.content = json!({ "text": "secret", "to": ["+15550001001", "+15550001002"] });
        let receipt = Receipt::failed("failed", 4470);
        let event = status_event(&record, receipt, at, words(receipt));
        assert_eq!(
            (&event["type"], &event["errorCode"], &event["description"]),
            (&json!("message-failed"), &json!(4470), &json!("rejected-spam-detected"))
        );
        assert_eq!(
            (&event["time"], &event["to"]),
            (&json!("2025-11-20T15:00:00.412Z"), &json!("+15550001002"))
        );
        let message = &event["message"];
        assert_eq!(
            (&message["id"], &message["tag"], &message["text"]),
            (&json!("m"), &json!("t"), &json!(""))
        );
        assert_eq!(message["to"], json!(["+15550001001", "+15550001002"]));
        assert_eq!(event.get("eventTime"), None);
    }
}
