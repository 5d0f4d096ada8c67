//! A message as the API shows it.

use serde::Serialize;
use serde_json::Value;

use super::{Twilio, errors};
use crate::dates::rfc_2822;
use crate::record::{Direction, Record};
use crate::segments;

/// The Message resource.
#[derive(Serialize)]
pub(super) struct Resource<'a> {
    sid: &'a str,
    account_sid: &'a str,
    api_version: &'static str,
    messaging_service_sid: Option<&'a str>,
    from: &'a str,
    to: &'a str,
    body: &'a str,
    status: &'static str,
    direction: &'static str,
    num_segments: String,
    num_media: String,
    price: Option<String>,
    price_unit: &'static str,
    error_code: Option<u32>,
    error_message: Option<&'static str>,
    date_created: String,
    date_sent: Option<String>,
    date_updated: String,
    uri: String,
}

impl<'a> Resource<'a> {
    pub(super) fn of(twin: &'a Twilio, record: &'a Record) -> Self {
        let text = |name: &str| record.content.get(name).and_then(Value::as_str);
        let body = text("Body").unwrap_or_default();
        let segments = segments::count(body);
        let current = record.current();
        let history = record.history();
        let sent = history.iter().find(|(receipt, _)| receipt.state == "sent").map(|(_, at)| *at);
        let is_final = matches!(current.state, "delivered" | "read" | "undelivered" | "failed" | "received");
        let inbound = record.direction == Direction::Inbound;
        Self {
            sid: &record.id,
            account_sid: &twin.account_sid,
            api_version: "2010-04-01",
            messaging_service_sid: text("MessagingServiceSid"),
            from: &record.from,
            to: &record.to,
            body,
            status: current.state,
            direction: if inbound { "inbound" } else { "outbound-api" },
            num_segments: segments.to_string(),
            num_media: record
                .content
                .get("MediaUrl")
                .and_then(Value::as_array)
                .map_or(0, Vec::len)
                .to_string(),
            price: is_final.then(|| price(segments)),
            price_unit: "USD",
            error_code: current.error,
            error_message: current.error.map(errors::message),
            date_created: rfc_2822(record.at),
            date_sent: if inbound { Some(record.at) } else { sent }.map(rfc_2822),
            date_updated: rfc_2822(record.updated_at()),
            uri: format!("/2010-04-01/Accounts/{}/Messages/{}.json", twin.account_sid, record.id),
        }
    }
}

/// 0.0079 USD a segment; Twilio shows costs as negative numbers.
fn price(segments: usize) -> String {
    let ten_thousandths = segments * 79;
    format!("-{}.{:04}0", ten_thousandths / 10_000, ten_thousandths % 10_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices() {
        for (segments, expect) in [(1, "-0.00790"), (3, "-0.02370"), (200, "-1.58000")] {
            assert_eq!(price(segments), expect);
        }
    }
}
