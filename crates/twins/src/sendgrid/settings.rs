//! What the account may do, and how its webhooks are set up.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

use super::INBOUND_HOST;
use super::api::{Answer, App, json, object};
use super::errors::ApiError;

/// The id of the only event webhook.
const WEBHOOK_ID: &str = "5f0c1d2e-7a8b-4c9d-8e1f-2a3b4c5d6e7f";

/// What the key may do; also the way to check it.
pub(super) async fn scopes(State(twin): App, headers: HeaderMap) -> Answer {
    twin.admit(&headers).await?;
    let scopes = [
        "mail.send",
        "mail.batch.create",
        "mail.batch.read",
        "suppression.read",
        "suppression.delete",
        "asm.groups.suppressions.read",
        "user.scheduled_sends.create",
        "user.webhooks.event.settings.read",
        "user.webhooks.parse.settings.read",
    ];
    Ok(json(StatusCode::OK, &json!({ "scopes": scopes })))
}

pub(super) async fn credits(State(twin): App, headers: HeaderMap) -> Answer {
    twin.admit(&headers).await?;
    let today = twin.desk.now().to_string();
    let today = today.split('T').next().unwrap_or_default();
    let used = twin.desk.log.all(|record| record.direction == crate::record::Direction::Outbound).len();
    Ok(json(
        StatusCode::OK,
        &json!({
            "remain": 100_000_usize.saturating_sub(used),
            "total": 100_000,
            "overage": 0,
            "used": used,
            "last_reset": today,
            "next_reset": today,
            "reset_frequency": "daily",
        }),
    ))
}

pub(super) async fn event_webhook(State(twin): App, headers: HeaderMap) -> Answer {
    twin.admit(&headers).await?;
    let events = [
        "processed",
        "deferred",
        "delivered",
        "bounce",
        "dropped",
        "open",
        "click",
        "spam_report",
        "unsubscribe",
        "group_unsubscribe",
        "group_resubscribe",
    ];
    let mut settings: Value = json!({
        "id": WEBHOOK_ID,
        "enabled": true,
        "url": format!("{}/events/{}", twin.desk.webhook_url(), twin.path_token.expose()),
        "public_key": twin.event_key.public(),
    });
    for event in events {
        settings[event] = json!(true);
    }
    Ok(json(StatusCode::OK, &settings))
}

/// The public key of the event webhook.
pub(super) async fn event_key(State(twin): App, headers: HeaderMap) -> Answer {
    twin.admit(&headers).await?;
    Ok(json(StatusCode::OK, &json!({ "id": WEBHOOK_ID, "public_key": twin.event_key.public() })))
}

/// Switches signatures on; they cannot be switched off here.
pub(super) async fn sign_events(State(twin): App, headers: HeaderMap, body: Bytes) -> Answer {
    twin.admit(&headers).await?;
    if object(&body)?.get("enabled") != Some(&Value::Bool(true)) {
        return Err(ApiError::invalid("enabled", "The sandbox always signs its events"));
    }
    Ok(json(StatusCode::OK, &json!({ "id": WEBHOOK_ID, "public_key": twin.event_key.public() })))
}

pub(super) async fn parse_webhook(State(twin): App, headers: HeaderMap) -> Answer {
    twin.admit(&headers).await?;
    let url = format!("{}/inbound/{}", twin.desk.webhook_url(), twin.path_token.expose());
    let setting = json!({ "hostname": INBOUND_HOST, "url": url, "spam_check": true, "send_raw": false });
    Ok(json(StatusCode::OK, &json!({ "result": [setting] })))
}

/// The policy by which parsed mail is signed, with its public key.
pub(super) async fn parse_policies(State(twin): App, headers: HeaderMap) -> Answer {
    twin.admit(&headers).await?;
    let signature = json!({ "public_key": twin.parse_key.public() });
    let policy =
        json!({ "id": "7c1e5a90-3b42-4d6f-9a1c-5e0d8b7f2a36", "name": "omni", "signature": signature });
    Ok(json(StatusCode::OK, &json!({ "policies": [policy] })))
}
