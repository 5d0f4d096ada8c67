//! The Event Webhook: what SendGrid tells about a mail.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use omni_core::time::Timestamp;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::SendGrid;
use super::fates::Dropped;
use super::signature::Key;
use crate::callbacks::{Callback, RetryOn, RetryRule};
use crate::record::{Receipt, Record};

/// SendGrid goes on for a day; the sandbox stops after a quarter of an hour.
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

const AGENT: &str = "Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/140.0";

impl SendGrid {
    /// The callback that brings `events`.
    pub(super) fn events(&self, what: &'static str, id: String, events: &[Value], forged: bool) -> Callback {
        let lines: Vec<String> = events.iter().map(Value::to_string).collect();
        let body = format!("[{}]\r\n", lines.join(",\r\n"));
        let headers = vec![
            ("content-type", "application/json".to_owned()),
            ("user-agent", "SendGrid Event API".to_owned()),
        ];
        let path = format!("{}/events/{}", self.desk.webhook_url(), self.path_token.expose());
        let callback = Callback { what, id, url: path, headers, body: body.into(), rule: RETRIES };
        self.signed(callback, &self.event_key, forged)
    }

    /// Adds signature and timestamp; forged ones are of another key.
    pub(super) fn signed(&self, callback: Callback, key: &Key, forged: bool) -> Callback {
        let timestamp = self.desk.now().as_secs().to_string();
        let sign = |key: &Key, body: &Bytes| key.sign(&timestamp, body);
        let signature = if forged {
            sign(&Key::new(self.desk.seed, "nobody"), &callback.body)
        } else {
            sign(key, &callback.body)
        };
        let mut callback = callback;
        callback.headers.push(("x-twilio-email-event-webhook-signature", signature));
        callback.headers.push(("x-twilio-email-event-webhook-timestamp", timestamp));
        callback
    }
}

/// The `Message-ID` of a mail: the sender's own, or one that SendGrid makes.
pub(super) fn message_id(record: &Record) -> String {
    let headers = record.content.get("headers").and_then(Value::as_object);
    let own = headers.and_then(|headers| {
        let (_, id) = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("message-id"))?;
        id.as_str()
    });
    own.map_or_else(|| format!("<{}@geopod-ismtpd-1>", record.wire_id()), str::to_owned)
}

/// What happened to one mail. The same happening has the same `sg_event_id`.
pub(super) fn event(record: &Record, receipt: Receipt, happened: Timestamp) -> Value {
    let place = record.id.rsplit_once('/').map_or("0", |(_, place)| place);
    let mut event = json!({});
    // First, so that none of them can hide a fact.
    if let Some(args) = record.content.get("custom_args").and_then(Value::as_object) {
        event = args.clone().into();
    }
    event["email"] = json!(record.to);
    event["timestamp"] = json!(happened.as_secs());
    event["smtp-id"] = json!(message_id(record));
    event["sg_event_id"] = json!(event_id(record, receipt, happened));
    event["sg_message_id"] = json!(format!("{}.recvd-6b5fc7-0-1-{place}.0", record.wire_id()));
    event["event"] = json!(receipt.state);
    if let Some(categories) = record.content.get("categories") {
        event["category"] = categories.clone();
    }
    if let Some(group) = record.content.pointer("/asm/group_id") {
        event["asm_group_id"] = group.clone();
    }
    add_details(&mut event, receipt, happened);
    event
}

fn event_id(record: &Record, receipt: Receipt, happened: Timestamp) -> String {
    let digest = Sha256::new()
        .chain_update(&record.id)
        .chain_update(receipt.state)
        .chain_update(happened.as_micros().to_be_bytes())
        .finalize();
    URL_SAFE_NO_PAD.encode(digest.get(..24).unwrap_or_default())
}

/// `5.1.1` for 511.
fn smtp_status(code: Option<u32>) -> String {
    let digits: Vec<String> = code.unwrap_or(500).to_string().chars().map(String::from).collect();
    digits.join(".")
}

fn add_details(event: &mut Value, receipt: Receipt, happened: Timestamp) {
    let details = match receipt.state {
        "deferred" => json!({ "response": "451 4.7.1 try again later", "attempt": "1" }),
        "delivered" => {
            let response = format!("250 2.0.0 OK {}", happened.as_secs());
            json!({ "response": response, "ip": "198.51.100.77", "tls": 1 })
        }
        "bounce" => json!({
            "type": "bounce",
            "status": smtp_status(receipt.error),
            "reason": "550 5.1.1 The email account that you tried to reach does not exist",
            "bounce_classification": "Invalid Address",
            "ip": "198.51.100.77",
            "tls": 1,
        }),
        "blocked" => json!({
            "event": "bounce",
            "type": "blocked",
            "status": smtp_status(receipt.error),
            "reason": "550 5.7.1 Blocked by the policy of the receiving server",
            "bounce_classification": "Reputation",
            "ip": "198.51.100.77",
            "tls": 1,
        }),
        "dropped" => {
            json!({ "reason": Dropped::of(receipt.error).map_or("Invalid", Dropped::word), "status": "5.0.0" })
        }
        "open" => json!({
            "useragent": AGENT, "ip": "203.0.113.5", "sg_machine_open": false, "sg_content_type": "html",
        }),
        "click" => json!({
            "useragent": AGENT,
            "ip": "203.0.113.5",
            "url": "https://acmetravel.test/trips/4711",
            "url_offset": { "index": 0, "type": "html" },
        }),
        "group_unsubscribe" | "group_resubscribe" => json!({ "useragent": AGENT, "ip": "203.0.113.5" }),
        _ => return,
    };
    if let (Some(event), Value::Object(details)) = (event.as_object_mut(), details) {
        event.extend(details);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Direction;
    use crate::sendgrid::fates::{BLOCKED, BOUNCE};

    fn record() -> Record {
        let mut record = Record::new("m/3".into(), Direction::Outbound, "queued", Timestamp::from_secs(1));
        record.to = "ana@customer.example".into();
        record.content = json!({
            "headers": { "message-id": "<1@acmetravel.test>" },
            "custom_args": { "omni_msg_id": "0193", "email": "mallory@x.example" },
            "categories": ["support"],
            "asm": { "group_id": 7 },
        });
        record
    }

    #[test]
    fn facts_that_every_event_has() {
        let event = event(&record(), Receipt::new("processed"), Timestamp::from_secs(1_763_650_790));
        for (name, expect) in [
            ("email", json!("ana@customer.example")),
            ("timestamp", json!(1_763_650_790)),
            ("smtp-id", json!("<1@acmetravel.test>")),
            ("omni_msg_id", json!("0193")),
            ("category", json!(["support"])),
            ("asm_group_id", json!(7)),
        ] {
            assert_eq!(event[name], expect, "{name}");
        }
        assert_eq!(event["sg_message_id"].as_str().unwrap().split('.').next(), Some("m"));
    }

    #[test]
    fn events_by_state() {
        let dropped = Dropped::SpamContent.receipt();
        #[rustfmt::skip]
        let cases = [
            (Receipt::new("deferred"),  "deferred",   "attempt", json!("1")),
            (BOUNCE,                    "bounce",     "status",  json!("5.1.1")),
            (BLOCKED,                   "bounce",     "type",    json!("blocked")),
            (BLOCKED,                   "bounce",     "status",  json!("5.7.1")),
            (dropped,                   "dropped",    "reason",  json!("Spam Content")),
            (Receipt::new("open"),      "open",       "sg_machine_open", json!(false)),
            (Receipt::new("spamreport"), "spamreport", "reason", Value::Null),
        ];
        for (receipt, name, member, expect) in cases {
            let event = event(&record(), receipt, Timestamp::EPOCH);
            assert_eq!((&event["event"], &event[member]), (&json!(name), &expect), "{receipt:?}");
        }
    }

    #[test]
    fn the_same_happening_has_the_same_id() {
        let id = |state, at| {
            event(&record(), Receipt::new(state), Timestamp::from_secs(at))["sg_event_id"].clone()
        };
        assert_eq!(id("open", 1), id("open", 1));
        assert_ne!(id("open", 1), id("open", 2));
        assert_ne!(id("open", 1), id("click", 1));
    }
}
