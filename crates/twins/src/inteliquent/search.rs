//! `messageDetailSearch`: what became of messages, by number and date. Receipts give no
//! reasons; this does.

use omni_core::secret::Secret;
use omni_core::time::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};

use super::errors::ApiError;
use crate::record::{Direction, Log, Record};

/// One message of the answer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Detail {
    operator: &'static str,
    country: &'static str,
    region: &'static str,
    gate_way: &'static str,
    date: String,
    time_stamp: String,
    direction: &'static str,
    message_class: &'static str,
    message_type: &'static str,
    source: String,
    destination: String,
    status: &'static str,
    status_code: &'static str,
    description: &'static str,
}

impl Detail {
    fn of(record: &Record) -> Self {
        let (status, status_code) = disposition(record.current().state);
        let digits = |number: &str| number.trim_start_matches('+').to_owned();
        let at = record.at.to_string();
        Self {
            operator: "Simulated",
            country: "United States of America",
            region: "North America",
            gate_way: "Chicago",
            date: at.split('T').next().unwrap_or_default().to_owned(),
            time_stamp: at,
            direction: if record.direction == Direction::Inbound { "Inbound" } else { "Outbound" },
            message_class: "A2PLC",
            message_type: if record.content.get("mediaUrls").is_some() { "MMS" } else { "SMS" },
            source: digits(&record.from),
            destination: digits(&record.to),
            status,
            status_code,
            description: status,
        }
    }
}

/// Of its codes only 8 is known.
fn disposition(state: &str) -> (&'static str, &'static str) {
    match state {
        "delivered" | "received" => ("Successful", "0"),
        "rejected" => ("Blocked", "8"),
        "undelivered" | "expired" => ("Failed", "2"),
        "unknown" => ("Unknown", "3"),
        _ => ("Enroute", "1"),
    }
}

/// All messages that fit, newest first.
pub(super) fn find(log: &Log, body: &Map<String, Value>, key: &Secret) -> Result<Vec<Detail>, ApiError> {
    let text = |name: &str| body.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let given = text("privateKey").ok_or_else(|| ApiError::user("Private Key cannot be blank."))?;
    if !key.matches(given.as_bytes()) {
        return Err(ApiError::unauthorized());
    }
    let date = |name: &str| {
        let at = text(name).map(Timestamp::parse).transpose();
        at.map_err(|_| ApiError::user(format!("Invalid value entered for {name}")))
    };
    let (from, until) = (date("startDate")?, date("endDate")?);
    let fits_number = |name: &str, number: &str| {
        let digits = |text: &str| text.chars().rev().take(10).collect::<String>();
        text(name).is_none_or(|wanted| digits(wanted) == digits(number))
    };
    let fits_word =
        |name: &str, word: &str| text(name).is_none_or(|wanted| wanted.eq_ignore_ascii_case(word));
    let fits = |record: &Record| {
        from.is_none_or(|from| record.at >= from) && until.is_none_or(|until| record.at <= until)
    };
    let details = log.all(fits).into_iter().rev().map(|record| Detail::of(&record));
    Ok(details
        .filter(|detail| {
            fits_number("sourceTn", &detail.source)
                && fits_number("destinationTn", &detail.destination)
                && fits_word("direction", detail.direction)
                && fits_word("messageType", detail.message_type)
                && fits_word("messageClass", detail.message_class)
                && fits_word("disposition", detail.status)
        })
        .collect())
}
