//! News of the account and its numbers: what an operator should see.

use omni_core::carrier::Parsed;
use omni_core::event::{AccountError, CarrierEvent, Notice};
use serde_json::Map;

use super::errors;
use super::webhook::Change;
use crate::shared::{json, words};

/// Errors beside messages belong to those; alone, they concern the number as a whole.
pub(super) fn read_errors(parsed: &mut Parsed, change: &Change<'_>) {
    let value = change.value;
    if !json::items(&value["messages"]).is_empty() || !json::items(&value["statuses"]).is_empty() {
        return;
    }
    for error in json::items(&value["errors"]) {
        let class = errors::class(error, None);
        let said = json::text(&error["error_data"]["details"])
            .or(json::text(&error["message"]))
            .or(json::text(&error["title"]));
        parsed.events.push(CarrierEvent::AccountError(Box::new(AccountError {
            carrier: super::NAME.to_string(),
            tenant_key: change.tenant_key.clone(),
            error_code: json::id(&error["code"]).unwrap_or_default(),
            error_class: class,
            retryable: class.is_retryable(),
            detail: said.map(words::masked),
        })));
    }
}

/// Facts kept of news about templates, numbers and accounts.
const ACCOUNT_FACTS: &[&str] = &[
    "event",
    "reason",
    "message_template_id",
    "message_template_name",
    "message_template_language",
    "message_template_category",
    "rejection_info",
    "disable_info",
    "other_info",
    "previous_quality_score",
    "new_quality_score",
    "previous_category",
    "new_category",
    "correct_category",
    "category_update_timestamp",
    "old_limit",
    "current_limit",
    "display_phone_number",
    "ban_info",
    "violation_info",
    "restriction_info",
    "disconnection_info",
    "entity_type",
    "entity_id",
    "alert_info",
    "alert_severity",
    "alert_type",
    "alert_status",
    "alert_description",
    // The portfolio's limit; the number's own is its older name.
    "max_daily_conversations_per_business",
    "max_daily_conversation_per_phone",
    "max_phone_numbers_per_business",
    "max_phone_numbers_per_waba",
    "requester",
    "decision",
    "requested_verified_name",
    "rejection_reason",
    "flow_id",
    "old_status",
    "new_status",
    "alert_state",
    "threshold",
];

/// Words in an `account_update` that limit the account, or end what reaches us. Partners that
/// come, prices and countries concern nobody here.
const CONCERNING: &[&str] = &[
    "DISABLED",
    "RESTRICTION",
    "VIOLATION",
    "DELETED",
    "OFFBOARDED",
    "RECONNECTED",
    "PARTNER_REMOVED",
    "PARTNER_APP_UNINSTALLED",
];

/// News that an operator should see; `None` for fields and words that say nothing to us.
pub(super) fn read(change: &Change<'_>, field: &str) -> Option<CarrierEvent> {
    let event = json::text(&change.value["event"]).unwrap_or_default();
    let concerns_us = match field {
        "message_template_status_update"
        | "message_template_quality_update"
        | "message_template_components_update"
        | "template_category_update"
        | "phone_number_quality_update"
        | "account_alerts"
        | "business_capability_update" => true,
        "account_update" => CONCERNING.iter().any(|word| event.contains(word)),
        // Somebody changed the number's PIN, or a form was blocked, throttled or fails.
        "security" | "flows" => !event.is_empty(),
        "phone_number_name_update" | "account_review_update" => change.value["decision"].is_string(),
        _ => false,
    };
    if !concerns_us {
        return None;
    }
    let mut attributes = Map::new();
    attributes.insert("field".into(), field.into());
    for fact in ACCOUNT_FACTS {
        if let Some(value) = change.value.get(*fact).filter(|value| !value.is_null()) {
            attributes.insert((*fact).into(), value.clone());
        }
    }
    Some(CarrierEvent::AccountEvent(Box::new(Notice {
        carrier: super::NAME.to_string(),
        tenant_key: change.tenant_key.clone(),
        attributes,
        ..Notice::default()
    })))
}
