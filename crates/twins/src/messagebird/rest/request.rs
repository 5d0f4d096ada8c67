//! What `POST /messages` and `POST /mms` must say.
//!
//! The limits of fifty recipients, nine parts and a sender of 17 digits are weakly documented.

use std::time::Duration;

use omni_core::time::Timestamp;
use serde_json::{Map, Value};

use crate::messagebird::api::{is_web_url, phone_number, text};
use crate::messagebird::errors::ApiError;
use crate::segments::{Encoding, measure};

const MOST_RECIPIENTS: usize = 50;
const MOST_MEDIA: usize = 10;
/// Nine parts.
const LONGEST_GSM7: usize = 1_377;
const LONGEST_UCS2: usize = 603;

/// The words and the subject of an MMS, in characters.
const LONGEST_MMS: usize = 2_000;
const LONGEST_SUBJECT: usize = 256;

/// Which of the two calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Sms,
    Mms,
}

/// A valid request.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Submission {
    pub(super) originator: String,
    /// With plus.
    pub(super) recipients: Vec<String>,
    pub(super) reference: Option<String>,
    pub(super) report_url: Option<String>,
    pub(super) due_in: Duration,
    /// Everything but the addressing.
    pub(super) content: Value,
}

impl Submission {
    pub(super) fn read(kind: Kind, mut body: Map<String, Value>, now: Timestamp) -> Result<Self, ApiError> {
        let originator = originator(&body)?;
        let recipients = recipients(&body)?;
        match kind {
            Kind::Sms => check_sms(&body)?,
            Kind::Mms => check_mms(&body, &originator, &recipients)?,
        }
        let reference = reference(&body)?;
        let report_url = report_url(&body)?;
        let due_in = due_in(&body, now)?;
        for name in ["originator", "recipients", "reference", "reportUrl"] {
            body.remove(name);
        }
        Ok(Self { originator, recipients, reference, report_url, due_in, content: Value::Object(body) })
    }
}

fn missing(parameter: &'static str) -> ApiError {
    ApiError::rest(9, format!("{parameter} is required"), Some(parameter))
}

fn invalid(parameter: &'static str, why: &str) -> ApiError {
    ApiError::rest(10, format!("{parameter} {why}"), Some(parameter))
}

/// Up to 17 digits, or up to 11 letters, digits and blanks.
fn originator(body: &Map<String, Value>) -> Result<String, ApiError> {
    let given = match body.get("originator") {
        Some(Value::String(text)) if !text.is_empty() => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        _ => return Err(missing("originator")),
    };
    let digits = given.strip_prefix('+').unwrap_or(&given);
    let is_number = (3..=17).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    let is_name = given.len() <= 11 && given.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b' ');
    if is_number || is_name { Ok(given) } else { Err(invalid("originator", "is not a valid originator")) }
}

/// Numbers as a list, or as one text with commas.
fn recipients(body: &Map<String, Value>) -> Result<Vec<String>, ApiError> {
    let none = || ApiError::rest(9, "no (correct) recipients found", Some("recipients"));
    let given: Vec<String> = match body.get("recipients") {
        Some(Value::Array(several)) => {
            several.iter().map(|one| one.as_str().map_or_else(|| one.to_string(), str::to_owned)).collect()
        }
        Some(Value::String(text)) => text.split(',').map(|one| one.trim().to_owned()).collect(),
        Some(Value::Number(number)) => vec![number.to_string()],
        _ => return Err(none()),
    };
    if given.is_empty() {
        return Err(none());
    }
    if given.len() > MOST_RECIPIENTS {
        return Err(invalid("recipients", "are more than 50"));
    }
    given.iter().map(|one| phone_number(one).ok_or_else(none)).collect()
}

fn check_sms(body: &Map<String, Value>) -> Result<(), ApiError> {
    let words = text(body, "body").ok_or_else(|| missing("body"))?;
    if !matches!(text(body, "type").unwrap_or("sms"), "sms" | "flash" | "binary") {
        return Err(invalid("type", "must be sms, flash or binary"));
    }
    if !matches!(text(body, "datacoding").unwrap_or("plain"), "plain" | "unicode" | "auto") {
        return Err(invalid("datacoding", "must be plain, unicode or auto"));
    }
    if body.get("validity").is_some_and(|validity| validity.as_u64().unwrap_or_default() == 0) {
        return Err(invalid("validity", "must be a number of seconds"));
    }
    let length = measure(words);
    let longest = if length.encoding == Encoding::Gsm7 { LONGEST_GSM7 } else { LONGEST_UCS2 };
    if length.places > longest { Err(invalid("body", "is too long")) } else { Ok(()) }
}

/// MMS exists within the United States and Canada only.
fn check_mms(body: &Map<String, Value>, originator: &str, recipients: &[String]) -> Result<(), ApiError> {
    let media = body.get("mediaUrls").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    if media.is_empty() && text(body, "body").is_none() {
        return Err(missing("mediaUrls"));
    }
    for (name, longest) in [("body", LONGEST_MMS), ("subject", LONGEST_SUBJECT)] {
        if text(body, name).is_some_and(|words| words.chars().count() > longest) {
            return Err(invalid(name, "is too long"));
        }
    }
    if media.len() > MOST_MEDIA || !media.iter().all(|url| url.as_str().is_some_and(is_web_url)) {
        return Err(invalid("mediaUrls", "must be up to ten URLs"));
    }
    let is_american = |number: &str| number.strip_prefix('+').unwrap_or(number).starts_with('1');
    if !is_american(originator) {
        return Err(invalid("originator", "must be a number in the US or Canada"));
    }
    if !recipients.iter().all(|number| is_american(number)) {
        return Err(invalid("recipients", "must be numbers in the US or Canada"));
    }
    Ok(())
}

fn reference(body: &Map<String, Value>) -> Result<Option<String>, ApiError> {
    match body.get("reference") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.len() <= 255 => Ok(Some(text.clone())),
        Some(_) => Err(invalid("reference", "must be a text of up to 255 characters")),
    }
}

fn report_url(body: &Map<String, Value>) -> Result<Option<String>, ApiError> {
    match text(body, "reportUrl") {
        None => Ok(None),
        Some(url) if is_web_url(url) => Ok(Some(url.to_owned())),
        Some(_) => Err(invalid("reportUrl", "is not a valid URL")),
    }
}

fn due_in(body: &Map<String, Value>, now: Timestamp) -> Result<Duration, ApiError> {
    let Some(text) = text(body, "scheduledDatetime") else { return Ok(Duration::ZERO) };
    let due = Timestamp::parse(text).map_err(|_| invalid("scheduledDatetime", "is not RFC 3339"))?;
    let due_in = due.since(now);
    if due_in.is_zero() { Err(invalid("scheduledDatetime", "is in the past")) } else { Ok(due_in) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: Timestamp = Timestamp::from_secs(1_763_650_800);

    fn read(kind: Kind, change: &Value) -> Result<Submission, (u32, Value)> {
        let mut body = json!({ "originator": "15550100011", "recipients": ["15550001001"], "body": "hi" });
        for (name, value) in change.as_object().unwrap() {
            body[name] = value.clone();
        }
        let Value::Object(body) = body else { unreachable!() };
        Submission::read(kind, body, NOW).map_err(|error| (error.code, error.parameter().into()))
    }

    #[test]
    fn requests_that_are_refused() {
        let fifty_one = vec!["15550001001"; 51];
        let eleven = vec!["https://x.example/a"; 11];
        #[rustfmt::skip]
        let cases = [
            ("no sender",            Kind::Sms, json!({ "originator": null }),              9,  "originator"),
            ("a long name",          Kind::Sms, json!({ "originator": "AcmeTravelCo" }),    10, "originator"),
            ("a long number",        Kind::Sms, json!({ "originator": "123456789012345678" }), 10, "originator"),
            ("nobody",               Kind::Sms, json!({ "recipients": [] }),                9,  "recipients"),
            ("no number",            Kind::Sms, json!({ "recipients": ["hello"] }),         9,  "recipients"),
            ("one of two",           Kind::Sms, json!({ "recipients": ["15550001001", "x"] }), 9, "recipients"),
            ("too many",             Kind::Sms, json!({ "recipients": fifty_one }),         10, "recipients"),
            ("nothing to send",      Kind::Sms, json!({ "body": "" }),                      9,  "body"),
            ("nine parts and a bit", Kind::Sms, json!({ "body": "a".repeat(1_378) }),       10, "body"),
            ("the same in cyrillic", Kind::Sms, json!({ "body": "ж".repeat(604) }),         10, "body"),
            ("a type of its own",    Kind::Sms, json!({ "type": "song" }),                  10, "type"),
            ("a coding of its own",  Kind::Sms, json!({ "datacoding": "morse" }),           10, "datacoding"),
            ("no validity",          Kind::Sms, json!({ "validity": 0 }),                   10, "validity"),
            ("a long reference",     Kind::Sms, json!({ "reference": "r".repeat(256) }),    10, "reference"),
            ("a report to nowhere",  Kind::Sms, json!({ "reportUrl": "/status" }),          10, "reportUrl"),
            ("a date that is none",  Kind::Sms, json!({ "scheduledDatetime": "tomorrow" }), 10, "scheduledDatetime"),
            ("yesterday",            Kind::Sms, json!({ "scheduledDatetime": "2025-11-19T15:00:00Z" }), 10, "scheduledDatetime"),
            ("an empty MMS",         Kind::Mms, json!({ "body": "" }),                      9,  "mediaUrls"),
            ("many words",           Kind::Mms, json!({ "mediaUrls": ["https://x.example/a"], "body": "a".repeat(2_001) }), 10, "body"),
            ("a long subject",       Kind::Mms, json!({ "mediaUrls": ["https://x.example/a"], "subject": "a".repeat(257) }), 10, "subject"),
            ("too many media",       Kind::Mms, json!({ "mediaUrls": eleven }),             10, "mediaUrls"),
            ("media that is no URL", Kind::Mms, json!({ "mediaUrls": ["a.png"] }),          10, "mediaUrls"),
            ("an MMS from Europe",   Kind::Mms, json!({ "originator": "31970102030" }),     10, "originator"),
            ("an MMS to Europe",     Kind::Mms, json!({ "recipients": ["31612345678"] }),   10, "recipients"),
        ];
        for (name, kind, change, code, parameter) in cases {
            assert_eq!(read(kind, &change).unwrap_err(), (code, parameter.into()), "{name}");
        }
    }

    #[test]
    fn what_a_request_says() {
        let change = json!({
            "originator": "Acme", "recipients": "+31612345678, 15550001001", "reference": "r1", "validity": 60,
            "reportUrl": "https://gw.example.net/s", "scheduledDatetime": "2025-11-20T15:01:00Z",
        });
        let submission = read(Kind::Sms, &change).unwrap();
        assert_eq!(submission.recipients, ["+31612345678", "+15550001001"]);
        assert_eq!((submission.originator.as_str(), submission.reference.as_deref()), ("Acme", Some("r1")));
        assert_eq!(submission.report_url.as_deref(), Some("https://gw.example.net/s"));
        assert_eq!(submission.due_in, Duration::from_secs(60));
        let content = json!({ "body": "hi", "validity": 60, "scheduledDatetime": "2025-11-20T15:01:00Z" });
        assert_eq!(submission.content, content);
    }
}
