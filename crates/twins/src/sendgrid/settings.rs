//! What the account may do, and how its webhooks are set up.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use omni_core::secret::Secret;
use serde_json::{Value, json};

use super::SendGrid;
use super::api::{Answer, App, json, object};
use super::errors::ApiError;
use crate::bearer::Client;

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

/// Part of the URL of events.
const EVENTS: &str = "/webhooks/sendgrid/events/";

fn shown(twin: &SendGrid) -> Value {
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
    if let Some(client) = &*twin.event_client.lock() {
        settings["oauth_client_id"] = json!(client.client_id);
        settings["oauth_token_url"] = json!(client.token_url);
    }
    settings
}

pub(super) async fn event_webhook(State(twin): App, headers: HeaderMap) -> Answer {
    twin.admit(&headers).await?;
    Ok(json(StatusCode::OK, &shown(&twin)))
}

/// Sets the OAuth credentials of the event webhook, or takes them away with an empty client
/// id; the sandbox lets nothing else be changed. The secret may be left out once it is known.
pub(super) async fn change_event_webhook(State(twin): App, headers: HeaderMap, body: Bytes) -> Answer {
    twin.admit(&headers).await?;
    let body = object(&body)?;
    let text = |name: &str| body.get(name).and_then(Value::as_str);
    let filled = |name: &str| text(name).filter(|text| !text.is_empty());
    let known = twin.event_client.lock().clone();
    let client = match (filled("oauth_client_id"), filled("oauth_token_url")) {
        (Some(id), Some(url)) => {
            let secret = filled("oauth_client_secret").map(Secret::new);
            let secret = secret.or_else(|| known.map(|client| client.client_secret));
            let secret =
                secret.ok_or_else(|| ApiError::invalid("oauth_client_secret", "The secret is not known"))?;
            let (client_id, token_url) = (id.to_owned(), url.to_owned());
            Some(Client { token_url, client_id, client_secret: secret, scopes: Vec::new() })
        }
        (None, None) if text("oauth_client_id") == Some("") => None,
        (Some(_), None) => return Err(ApiError::invalid("oauth_token_url", "goes with oauth_client_id")),
        _ => return Err(ApiError::invalid("oauth_client_id", "The sandbox changes only the OAuth settings")),
    };
    twin.desk.courier.bearers.set(EVENTS, client.clone());
    *twin.event_client.lock() = client;
    Ok(json(StatusCode::OK, &shown(&twin)))
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
