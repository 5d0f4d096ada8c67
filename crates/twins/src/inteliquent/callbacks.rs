//! Callbacks as Inteliquent writes and proves them.

use std::time::Duration;

use omni_core::time::Timestamp;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{Inteliquent, NUMBER};
use crate::callbacks::{Callback, RetryOn, RetryRule, reachable};
use crate::dice::hex;
use crate::record::{Receipt, Record};

/// Nothing is known about the real rule.
const RETRIES: RetryRule = RetryRule {
    waits: &[Duration::from_secs(1), Duration::from_secs(10), Duration::from_secs(60)],
    timeout: Duration::from_secs(10),
    total: Duration::from_secs(300),
    only_200: false,
    on: RetryOn::ANYTHING,
};

/// Lower-case hex SHA-256 of key and id, with nothing between.
fn token(key: &str, message_id: &str) -> String {
    hex(&Sha256::new().chain_update(key).chain_update(message_id).finalize())
}

impl Inteliquent {
    /// The callback that brings `body` to the webhook of our number; `None` if there is none.
    pub(super) fn callback(
        &self,
        what: &'static str,
        id: String,
        body: &Value,
        forged: bool,
    ) -> Option<Callback> {
        let webhook = self.webhooks.of(NUMBER)?;
        let mut headers = vec![("content-type", "application/json".to_owned())];
        if let Some(key) = &webhook.key {
            let message_id = self.uuid();
            let key = if forged { "not the key" } else { key.as_str() };
            headers.push(("verificationtoken", token(key, &message_id)));
            headers.push(("messageid", message_id));
        }
        let url = webhook
            .url
            .map_or_else(|| self.company_url(), |url| reachable(&url, &self.desk.courier.webhook_base()));
        let body = body.to_string().into();
        Some(Callback { what, id, url, headers, body, rule: RETRIES })
    }

    /// The receipt for a message: the bare flag if it arrived, otherwise SMPP's words.
    pub(super) fn receipt(
        &self,
        record: &Record,
        receipt: Receipt,
        happened: Timestamp,
        forged: bool,
    ) -> Option<Callback> {
        let mut body = receipt_of(record);
        if receipt.state != "delivered" {
            body["text"] = json!(smpp(record, receipt, happened));
        }
        self.callback(receipt.state, record.wire_id().to_owned(), &body, forged)
    }
}

/// A receipt without a word about how it went.
pub(super) fn receipt_of(record: &Record) -> Value {
    json!({
        "referenceId": record.wire_id(),
        "from": record.from.trim_start_matches('+'),
        "to": [record.to.trim_start_matches('+')],
        "deliveryReceipt": true,
    })
}

/// SMPP's word for a state.
const fn word(state: &str) -> &'static str {
    match state.as_bytes() {
        b"delivered" => "DELIVRD",
        b"undelivered" => "UNDELIV",
        b"expired" => "EXPIRED",
        b"rejected" => "REJECTD",
        b"enroute" => "ENROUTE",
        _ => "UNKNOWN",
    }
}

/// The text of an SMPP receipt.
pub(super) fn smpp(record: &Record, receipt: Receipt, happened: Timestamp) -> String {
    let words = record.content.get("text").and_then(Value::as_str).unwrap_or_default();
    let begins: String = words.chars().take(6).collect();
    let delivered = u8::from(receipt.state == "delivered");
    format!(
        "id:{} sub:001 dlvrd:{delivered:03} submit date:{} done date:{} stat:{} err:{:03} text:{begins}",
        record.wire_id().split('-').next().unwrap_or_default(),
        minute(record.at),
        minute(happened),
        word(receipt.state),
        receipt.error.unwrap_or(0),
    )
}

/// `yymmddhhmm`.
fn minute(at: Timestamp) -> String {
    at.to_string().chars().filter(char::is_ascii_digit).skip(2).take(10).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Direction;

    #[test]
    fn proves_itself_as_in_the_worked_example() {
        assert_eq!(
            token("BfQ7nR2xLw9KpZ4tVd6HsY1mCj8EuA3g", "0d4f7b1e-6a2c-4f83-9b55-1c7e2d9a4410"),
            "72189ac3b9f355ba694f83857edab2cff079908daeaf65231b8ab06ef6a5c25f"
        );
    }

    #[test]
    fn receipts_in_smpp() {
        let at = Timestamp::parse("2025-11-20T15:00:59.5Z").unwrap();
        let mut record = Record::new("7f0c2a9e-55d1".into(), Direction::Outbound, "accepted", at);
        record.content = json!({ "text": "Can I move it?" });
        let happened = at + Duration::from_secs(60);
        assert_eq!(
            smpp(&record, Receipt::failed("undelivered", 34), happened),
            "id:7f0c2a9e sub:001 dlvrd:000 submit date:2511201500 done date:2511201501 \
             stat:UNDELIV err:034 text:Can I "
        );
        assert!(smpp(&record, Receipt::new("delivered"), happened).contains("dlvrd:001"));
    }
}
