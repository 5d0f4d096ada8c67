//! `GET Messages.json`: the record that settles what became of a send.

use axum::http::StatusCode;
use axum::response::Response;
use omni_core::time::Timestamp;
use serde_json::{Value, json};

use super::errors::ApiError;
use super::request::Form;
use super::resource::Resource;
use super::{Twilio, api};
use crate::record::Record;

/// One page, newest first: `To`, `From`, `DateSent`, `DateSent>` and `DateSent<` (both
/// inclusive, as dates or RFC 3339), `PageSize` up to 1,000, `Page` from 0.
pub(super) fn page(twin: &Twilio, query: &Form) -> Result<Response, ApiError> {
    let number = |name: &str, default: usize| match query.get(name).map(str::parse) {
        None => Ok(default),
        Some(number) => number.map_err(|_| ApiError::new(20_001)),
    };
    let (page, size) = (number("Page", 0)?, number("PageSize", 50)?.clamp(1, 1_000));
    let sent = Sent::read(query)?;
    let fits = |record: &Record| {
        query.get("To").is_none_or(|to| record.to == to)
            && query.get("From").is_none_or(|from| record.from == from)
            && sent.includes(record.at)
    };
    let found = twin.desk.log.all(fits);
    let start = page.saturating_mul(size);
    let shown: Vec<_> = found.iter().rev().skip(start).take(size).collect();
    let messages: Vec<Resource<'_>> = shown.iter().map(|record| Resource::of(twin, record)).collect();
    let messages = serde_json::to_value(&messages).unwrap_or(Value::Null);
    let uri = |page: usize| uri(twin, query, size, page);
    let more = start.saturating_add(size) < found.len();
    Ok(api::json(
        StatusCode::OK,
        &json!({
            "messages": messages,
            "page": page,
            "page_size": size,
            "start": start,
            "end": start.saturating_add(shown.len()).saturating_sub(1),
            "uri": uri(page),
            "first_page_uri": uri(0),
            "previous_page_uri": page.checked_sub(1).map(uri),
            "next_page_uri": more.then(|| uri(page.saturating_add(1))),
        }),
    ))
}

/// The address of another page: the same filters.
fn uri(twin: &Twilio, query: &Form, size: usize, page: usize) -> String {
    const FILTERS: [&str; 5] = ["To", "From", "DateSent", "DateSent>", "DateSent<"];
    let mut next = url::form_urlencoded::Serializer::new(String::new());
    for name in FILTERS {
        next.extend_pairs(query.get(name).map(|value| (name, value)));
    }
    next.append_pair("PageSize", &size.to_string()).append_pair("Page", &page.to_string());
    format!("/2010-04-01/Accounts/{}/Messages.json?{}", twin.account_sid, next.finish())
}

/// The span of time that is asked for.
struct Sent {
    from: Timestamp,
    until: Timestamp,
}

impl Sent {
    fn read(query: &Form) -> Result<Self, ApiError> {
        let mut span = Self { from: Timestamp::from_micros(i64::MIN), until: Timestamp::MAX };
        for (name, starts, ends) in
            [("DateSent", true, true), ("DateSent>", true, false), ("DateSent<", false, true)]
        {
            let Some(text) = query.get(name) else { continue };
            let (first, last) = moment(text).ok_or_else(|| ApiError::new(20_001))?;
            if starts {
                span.from = span.from.max(first);
            }
            if ends {
                span.until = span.until.min(last);
            }
        }
        Ok(span)
    }

    fn includes(&self, at: Timestamp) -> bool {
        self.from <= at && at <= self.until
    }
}

/// The first and last moment of a date, or a moment to the second.
fn moment(text: &str) -> Option<(Timestamp, Timestamp)> {
    const SECOND: std::time::Duration = std::time::Duration::from_micros(999_999);
    if let Ok(at) = Timestamp::parse(text) {
        return Some((at, at + SECOND));
    }
    let first = Timestamp::parse(&format!("{text}T00:00:00Z")).ok()?;
    let last = Timestamp::parse(&format!("{text}T23:59:59Z")).ok()?;
    Some((first, last + SECOND))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_include_their_ends() {
        let at = |text: &str| Timestamp::parse(text).unwrap();
        let cases = [
            ("", "2026-01-01T00:00:00Z", Some(true)),
            ("DateSent=2026-01-02", "2026-01-02T23:59:59.999Z", Some(true)),
            ("DateSent=2026-01-02", "2026-01-03T00:00:00Z", Some(false)),
            ("DateSent%3E=2026-01-02", "2026-01-02T00:00:00Z", Some(true)),
            ("DateSent>=2026-01-02", "2026-01-01T23:59:59Z", Some(false)),
            ("DateSent%3C=2026-01-02T10:00:00Z", "2026-01-02T10:00:00Z", Some(true)),
            ("DateSent<=2026-01-02T10:00:00Z", "2026-01-02T10:00:01Z", Some(false)),
            ("DateSent>=yesterday", "2026-01-02T10:00:01Z", None),
        ];
        for (query, moment, expect) in cases {
            let span = Sent::read(&Form::read(query.as_bytes()));
            assert_eq!(span.ok().map(|span| span.includes(at(moment))), expect, "{query} {moment}");
        }
    }
}
