//! Receipts: what little they say about delivery.
//!
//! A receipt never becomes a message of a customer, whatever text it carries.

use omni_core::address::Address;
use omni_core::event::{CarrierEvent, ReportedState, StatusUpdate};
use omni_core::failure::ErrorClass;
use omni_core::time::Timestamp;
use omni_core::webhook::Malformed;
use serde_json::{Value, json};

use super::webhook::{numbers, reference};
use super::{NAME, REGION, tenant_key};
use crate::shared::loose::{self, Object};
use crate::shared::{people, words};

/// More groups than there are statuses.
const MAX_GROUPS: usize = 50;

/// What a receipt says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Report {
    pub(super) state: ReportedState,
    pub(super) class: Option<ErrorClass>,
    /// The carrier's word; `None` if it said nothing and delivery is assumed.
    pub(super) word: Option<String>,
    pub(super) code: Option<String>,
}

/// Inteliquent's receipt: the message's shape again, about one message to each recipient.
pub(super) fn read_receipt(object: &Object) -> Result<Vec<CarrierEvent>, Malformed> {
    let id = reference(object).ok_or(Malformed("receipt_without_reference"))?;
    let report = report(object);
    let from = loose::word(object, "from").map(|raw| people::number(&raw, REGION));
    let recipients = numbers(&loose::texts(object, "to"))?;
    let event = |to: Option<&Address>| {
        let mut update = update(&id, to.cloned(), &report);
        update.tenant_key = from.as_ref().map(tenant_key);
        CarrierEvent::Status(Box::new(update))
    };
    if recipients.is_empty() {
        return Ok(vec![event(None)]);
    }
    Ok(recipients.iter().map(|to| event(Some(to))).collect())
}

fn update(id: &str, to: Option<Address>, report: &Report) -> StatusUpdate {
    let mut update = StatusUpdate {
        carrier: NAME.0.into(),
        external_id: id.to_owned(),
        // Our own reference, if Inteliquent kept it instead of making one.
        client_ref: id.starts_with("msg_").then(|| id.to_owned()),
        to_address: to,
        state: report.state,
        detail: report.word.clone(),
        error_code: report.code.clone(),
        error_class: report.class,
        // A receipt names no reason that would make another try safe to promise.
        retryable: report.class.map(|_| false),
        ..StatusUpdate::default()
    };
    if report.word.is_none() {
        update.attributes.insert("assumed".into(), json!(true));
    }
    update
}

fn report(object: &Object) -> Report {
    let reason = loose::word(object, "reason").unwrap_or_default();
    if let Some(word) = loose::word(object, "status") {
        let code = loose::word(object, "errorCode");
        return judged(&word, &reason, code);
    }
    let text = loose::text(object, "text").unwrap_or_default();
    let code = loose::word(object, "errorCode").or_else(|| smpp_field(&text, "err:"));
    match smpp_field(&text, "stat:") {
        Some(word) => judged(&word, &reason, code),
        None if code.as_deref().is_some_and(is_error) => judged("FAILED", &reason, code),
        // A reason without a status: a word that we know, else no guess.
        None if is_block(&reason) => judged("BLOCKED", &reason, code),
        None if !reason.is_empty() => judged(&reason, &reason, code),
        None => Report { state: ReportedState::Delivered, class: None, word: None, code: None },
    }
}

/// A field of an SMPP receipt text: `stat:UNDELIV err:034`, or with a blank behind the colon.
fn smpp_field(text: &str, name: &str) -> Option<String> {
    let mut words = text.split_ascii_whitespace();
    let field = words.find_map(|word| {
        let head = word.get(..name.len())?;
        head.eq_ignore_ascii_case(name).then(|| &word[name.len()..])
    })?;
    let field = if field.is_empty() { words.next()? } else { field };
    let fits = (1..=20).contains(&field.len()) && field.bytes().all(|b| b.is_ascii_alphanumeric());
    fits.then(|| field.to_owned())
}

fn is_block(reason: &str) -> bool {
    reason.to_ascii_lowercase().contains("block")
}

fn is_error(code: &str) -> bool {
    code.bytes().any(|byte| byte != b'0')
}

/// The state behind a word of SMPP or of Sinch; an unknown word is no guess.
fn judged(word: &str, reason: &str, code: Option<String>) -> Report {
    use ReportedState::{Canceled, Delivered, Failed, Queued, Sent, Unknown};
    let refused = if is_block(reason) { ErrorClass::Blocked } else { ErrorClass::Rejected };
    let (state, class) = match word.to_ascii_uppercase().as_str() {
        "DELIVRD" | "DELIVERED" | "SUCCESS" | "SUCCESSFUL" | "OK" => (Delivered, None),
        "ACCEPTD" | "ACCEPTED" | "ENROUTE" | "BUFFRED" | "BUFFERED" | "SENT" | "DISPATCHED" => (Sent, None),
        "QUEUED" | "SCHEDULED" => (Queued, None),
        "UNDELIV" | "UNDELIVERABLE" | "UNDELIVERED" | "DELETED" | "FAILED" | "ABORTED" => {
            (Failed, Some(ErrorClass::Rejected))
        }
        "BLOCKED" => (Failed, Some(ErrorClass::Blocked)),
        "REJECTD" | "REJECTED" => (Failed, Some(refused)),
        "EXPIRED" => (Failed, Some(ErrorClass::Expired)),
        "CANCELLED" | "CANCELED" => (Canceled, None),
        _ => (Unknown, None),
    };
    // `err:000` says that there is no error.
    let code = code.filter(|code| class.is_some() && is_error(code));
    Report { state, class, word: Some(words::masked(word)), code }
}

/// Sinch's report: about one recipient, or grouped by status.
pub(super) fn read_report(object: &Object) -> Result<Vec<CarrierEvent>, Malformed> {
    let id = loose::word(object, "batch_id").ok_or(Malformed("report_without_batch"))?;
    let at = loose::word(object, "at").and_then(|at| Timestamp::parse(&at).ok());
    let reference = loose::word(object, "client_reference");
    let event = |to: Option<Address>, part: &Object| {
        let word = loose::word(part, "status").unwrap_or_default();
        let report = judged(&word, "", loose::word(part, "code"));
        let mut update = StatusUpdate { occurred_at: at, ..update(&id, to, &report) };
        update.client_ref = reference.clone().or(update.client_ref);
        CarrierEvent::Status(Box::new(update))
    };
    let Some(groups) = object.get("statuses").and_then(Value::as_array) else {
        let to = loose::word(object, "recipient").map(|raw| people::number(&raw, REGION));
        return Ok(vec![event(to, object)]);
    };
    let mut events = Vec::new();
    for group in groups.iter().filter_map(Value::as_object).take(MAX_GROUPS) {
        let recipients = numbers(&loose::texts(group, "recipients"))?;
        events.extend(recipients.into_iter().map(|to| event(Some(to), group)));
    }
    Ok(events)
}
