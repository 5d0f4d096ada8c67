//! What became of our messages: `statuses[]` of the webhook.

use omni_core::address::Address;
use omni_core::consent::Keyword;
use omni_core::event::{ReportedState, StatusUpdate};
use omni_core::failure::ErrorClass;
use serde_json::Value;

use super::{errors, person, webhook};
use crate::shared::json;

/// Meta's word for a state. `None` for `deleted`, `warning` and words to come: never a guess.
fn state(word: &str) -> Option<ReportedState> {
    Some(match word {
        "sent" => ReportedState::Sent,
        "delivered" => ReportedState::Delivered,
        // A voice note was listened to.
        "read" | "played" => ReportedState::Read,
        "failed" => ReportedState::Failed,
        _ => return None,
    })
}

/// Reads one status. `Ok(None)`: a word that says nothing to us; `Err`: why it is unreadable.
pub(super) fn read(tenant_key: &str, status: &Value) -> Result<Option<StatusUpdate>, &'static str> {
    let word = json::text(&status["status"]).ok_or("status_without_word")?;
    let Some(state) = state(word) else { return Ok(None) };
    let mut update = StatusUpdate {
        carrier: super::NAME.to_string(),
        external_id: webhook::message_id(&status["id"]).ok_or("status_without_id")?,
        client_ref: json::text(&status["biz_opaque_callback_data"]).map(str::to_owned),
        tenant_key: Some(tenant_key.to_owned()),
        state,
        occurred_at: webhook::timestamp(&status["timestamp"]),
        to_address: recipient(status),
        detail: (word == "played").then(|| word.to_owned()),
        ..StatusUpdate::default()
    };
    read_error(&mut update, &status["errors"][0]);
    read_price(&mut update, &status["pricing"]);
    read_rare(&mut update, status);
    Ok(Some(update))
}

/// The person's other ids, and the window that an advertisement opened.
fn read_rare(update: &mut StatusUpdate, status: &Value) {
    let mut keep = |name: &str, value: &Value| {
        if let Some(text) = json::text(value) {
            update.attributes.insert(name.into(), text.into());
        }
    };
    if status["recipient_type"] == "group" {
        keep("group_id", &status["recipient_id"]);
    }
    keep("recipient_user_id", &status["recipient_user_id"]);
    keep("parent_user_id", &status["parent_recipient_user_id"]);
    keep("identity_key_hash", &status["recipient_identity_key_hash"]);
    keep("conversation_origin", &status["conversation"]["origin"]["type"]);
    if let Some(ends) = webhook::timestamp(&status["conversation"]["expiration_timestamp"]) {
        update.attributes.insert("conversation_expires_at".into(), ends.to_string().into());
    }
}

/// The person; in a group the participant, because each has a status of their own.
fn recipient(status: &Value) -> Option<Address> {
    let fields: &[&str] = if status["recipient_type"] == "group" {
        &["recipient_participant_id", "recipient_participant_user_id"]
    } else {
        &["recipient_id", "recipient_user_id"]
    };
    fields.iter().filter_map(|field| json::id(&status[*field])).find_map(|text| person::address(&text))
}

fn read_error(update: &mut StatusUpdate, error: &Value) {
    let Some(code) = json::integer(&error["code"]) else { return };
    let class = errors::class(error, None);
    update.error_code = Some(code.to_string());
    update.error_class = Some(class);
    update.retryable = Some(class.is_retryable());
    if class == ErrorClass::OptedOut {
        update.consent = Some(Keyword::Stop);
        update.address = update.to_address.clone();
        // Meta's opt-out concerns marketing; service replies stay allowed.
        update.attributes.insert("consent_category".into(), "marketing_messages".into());
    }
}

/// Costs are booked by category and type; `billable` is deprecated, so `type` decides.
fn read_price(update: &mut StatusUpdate, pricing: &Value) {
    for (ours, theirs) in
        [("price_category", "category"), ("price_type", "type"), ("price_model", "pricing_model")]
    {
        if let Some(word) = json::text(&pricing[theirs]) {
            update.attributes.insert(ours.into(), word.into());
        }
    }
    let billable = json::text(&pricing["type"]).map(|word| word == "regular");
    if let Some(billable) = billable.or(pricing["billable"].as_bool()) {
        update.attributes.insert("billable".into(), billable.into());
    }
}
