//! A message as the API shows it.

use omni_core::time::Timestamp;
use serde::Serialize;
use serde_json::Value;

use super::{Twilio, errors};
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

/// `Thu, 20 Nov 2025 15:00:00 +0000`.
pub(super) fn rfc_2822(at: Timestamp) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let weekday = usize::try_from(at.as_secs().div_euclid(86_400).rem_euclid(7)).unwrap_or_default();
    let text = Timestamp::from_secs(at.as_secs()).to_string(); // 2025-11-20T15:00:00Z
    let (date, time) = text.trim_end_matches('Z').split_once('T').unwrap_or_default();
    let mut parts = date.splitn(3, '-');
    let (year, month, day) = (
        parts.next().unwrap_or_default(),
        parts.next().unwrap_or_default(),
        parts.next().unwrap_or_default(),
    );
    let month = month.parse::<usize>().ok().and_then(|month| MONTHS.get(month.wrapping_sub(1)));
    format!("{}, {day} {} {year} {time} +0000", DAYS[weekday], month.copied().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates() {
        let cases = [
            ("1970-01-01T00:00:00Z", "Thu, 01 Jan 1970 00:00:00 +0000"),
            ("2025-11-20T15:00:00.5Z", "Thu, 20 Nov 2025 15:00:00 +0000"),
            ("2024-02-29T23:59:59Z", "Thu, 29 Feb 2024 23:59:59 +0000"),
            ("2026-12-31T07:08:09Z", "Thu, 31 Dec 2026 07:08:09 +0000"),
            ("2026-08-02T07:08:09Z", "Sun, 02 Aug 2026 07:08:09 +0000"),
        ];
        for (at, expect) in cases {
            assert_eq!(rfc_2822(Timestamp::parse(at).unwrap()), expect);
        }
    }

    #[test]
    fn prices() {
        for (segments, expect) in [(1, "-0.00790"), (3, "-0.02370"), (200, "-1.58000")] {
            assert_eq!(price(segments), expect);
        }
    }
}
