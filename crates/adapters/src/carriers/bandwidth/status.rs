//! Bandwidth's words for delivery, and ours.

use omni_core::consent::Keyword;
use omni_core::event::{ReportedState, StatusUpdate};
use omni_core::failure::ErrorClass;
use serde_json::json;

use super::webhook::{Callback, time};
use super::{NAME, errors};
use crate::shared::{loose, words};

/// Reads a status event. It is about one recipient: the envelope's `to`, not the message's.
pub(super) fn read(callback: &Callback<'_>, kind: &str) -> StatusUpdate {
    let to = loose::word(callback.envelope, "to").or_else(|| callback.recipients.first().cloned());
    let mut update = StatusUpdate {
        carrier: NAME.0.into(),
        external_id: callback.id.clone(),
        client_ref: loose::word(callback.message, "tag"),
        tenant_key: Some(callback.tenant_key()),
        occurred_at: time(callback.envelope, "eventTime").or_else(|| time(callback.envelope, "time")),
        to_address: to.map(|raw| callback.settings.number(&raw)),
        segments: loose::count(callback.message, "segmentCount"),
        ..StatusUpdate::default()
    };
    if let Some(carrier) = loose::word(callback.envelope, "carrierName") {
        update.attributes.insert("carrier_name".into(), json!(carrier));
    }
    let description = loose::word(callback.envelope, "description").unwrap_or_default();
    update.state = match kind {
        "message-delivered" if speaks_of_the_carrier(&description) => {
            update.detail = Some("handed_to_carrier".into());
            ReportedState::Sent
        }
        "message-delivered" => ReportedState::Delivered,
        "message-read" => ReportedState::Read,
        "message-failed" => return failed(callback, update, &description),
        _ => ReportedState::Sent,
    };
    update
}

/// Without receipts from the network, "delivered" of a picture message only means that the
/// network took it.
fn speaks_of_the_carrier(description: &str) -> bool {
    let words = description.to_ascii_lowercase().replace(['-', '_'], " ");
    words.contains("to carrier") || words.contains("to the carrier")
}

fn failed(callback: &Callback<'_>, mut update: StatusUpdate, description: &str) -> StatusUpdate {
    let code = loose::word(callback.envelope, "errorCode").unwrap_or_default();
    let class = errors::class_of(&code);
    update.state =
        if errors::is_receipt_timeout(&code) { ReportedState::Unknown } else { ReportedState::Failed };
    update.error_class = Some(class);
    update.retryable = Some(errors::is_retryable(&code));
    update.detail = Some(words::masked(description)).filter(|detail| !detail.is_empty());
    if let Some(tries) = errors::max_retries(&code) {
        update.attributes.insert("max_retries".into(), json!(tries));
    }
    if class == ErrorClass::OptedOut {
        update.consent = Some(Keyword::Stop);
        update.address = update.to_address.clone();
    }
    update.error_code = Some(code).filter(|code| !code.is_empty());
    update
}
