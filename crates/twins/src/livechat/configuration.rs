//! The configuration API, as far as a bot needs it.

use serde_json::{Map, Value, json};

use super::LiveChat;
use super::api::{Answer, text};
use super::errors::ApiError;
use super::team;
use super::webhooks::{REGISTERED, webhook_id};

/// A token for a day.
pub(super) fn issue_bot_token(twin: &LiveChat, body: &Map<String, Value>) -> Answer {
    let account = &twin.account;
    let secret = text(body, "bot_secret")?;
    let known = text(body, "bot_id")? == account.bot
        && text(body, "client_id")? == account.client_id
        && text(body, "organization_id")? == account.organization;
    if !known || !account.bot_secret.matches(secret.as_bytes()) {
        return Err(ApiError::new("authentication", "Invalid bot credentials"));
    }
    let token = format!("dal:{}", twin.desk.ids.hex());
    twin.bot_tokens.lock().insert(&token, twin.desk.now());
    Ok(json!({ "token": token }))
}

/// The answers of the calls that only read.
pub(super) fn show(twin: &LiveChat, caller: &str, action: &str, body: &Map<String, Value>) -> Answer {
    match action {
        "list_webhooks" => list_webhooks(twin, caller, body),
        "list_bots" => Ok(json!([{
            "id": twin.account.bot,
            "name": team::name(&twin.account.bot),
            "owner_client_id": twin.account.client_id,
            "max_chats_count": 6,
            "default_group_priority": "first",
        }])),
        "get_license_webhooks_state" => Ok(json!({ "license_webhooks_enabled": true })),
        _ => Err(ApiError::new("not_found", "no such action")),
    }
}

/// The webhooks of an application. A bot's token has no scope for them.
fn list_webhooks(twin: &LiveChat, caller: &str, body: &Map<String, Value>) -> Answer {
    if caller == twin.account.bot {
        return Err(ApiError::new("authorization", "missing scope webhooks.configuration:rw"));
    }
    if text(body, "owner_client_id")? != twin.account.client_id {
        return Ok(json!([]));
    }
    Ok(REGISTERED.iter().map(|action| webhook(twin, action)).collect())
}

fn webhook(twin: &LiveChat, action: &str) -> Value {
    json!({
        "id": webhook_id(twin.desk.seed, action),
        "action": action,
        "url": twin.desk.webhook_url(),
        "type": "license",
        "owner_client_id": twin.account.client_id,
        "additional_data": ["chat_presence_user_ids"],
    })
}
