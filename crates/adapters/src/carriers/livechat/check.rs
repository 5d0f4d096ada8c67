//! Do the credentials work, and do the registered webhooks match the settings?

use std::collections::BTreeSet;

use omni_core::carrier::Health;
use omni_core::failure::SendError;
use omni_core::http::HttpClient;
use serde_json::{Value, json};

use super::Settings;
use super::errors::ApiError;
use super::session::Session;
use crate::shared::{json, words};

/// The actions that a connection lives on: without the first two nobody's words arrive.
const WANTED: [&str; 9] = [
    "incoming_chat",
    "incoming_event",
    "event_updated",
    "chat_deactivated",
    "chat_transferred",
    "user_added_to_chat",
    "user_removed_from_chat",
    "events_marked_as_seen",
    "incoming_rich_message_postback",
];

/// Lists one chat: allowed to whoever may send. What is wrong with the webhooks is said beside
/// it: it keeps callbacks away, not messages of ours.
pub(super) async fn check(
    settings: &Settings,
    session: &Session,
    http: &dyn HttpClient,
) -> Result<Health, SendError> {
    let response = session.ask(settings, http, "list_chats", &json!({ "limit": 1 })).await?;
    if !response.is_success() {
        let kind = words::masked(&ApiError::of(&response).kind);
        let detail = format!(
            "LiveChat answered {} {kind}; look at the credentials and their scopes.",
            response.status
        );
        return Ok(Health { ok: false, detail });
    }
    let mut detail = "LiveChat accepts the credentials.".to_owned();
    if let Some(webhooks) = webhooks(settings, session, http).await {
        detail.push(' ');
        detail.push_str(&webhooks);
    }
    Ok(Health { ok: true, detail })
}

/// How the registered webhooks and `webhook_secrets` differ. `None`: we have no client id, or
/// only a bot's token, which may not list them.
async fn webhooks(settings: &Settings, session: &Session, http: &dyn HttpClient) -> Option<String> {
    let body = json!({ "owner_client_id": settings.client_id()? });
    Some(match session.configure(settings, http, "list_webhooks", &body).await? {
        Ok(response) if response.is_success() => {
            let listed: Value = serde_json::from_slice(&response.body).unwrap_or_default();
            differences(settings, json::items(&listed))
        }
        Ok(response) => {
            let kind = words::masked(&ApiError::of(&response).kind);
            format!(
                "Its webhooks could not be listed ({kind}): that takes the scope webhooks.configuration:rw."
            )
        }
        Err(_) => "Its webhooks could not be listed.".to_owned(),
    })
}

fn differences(settings: &Settings, registered: &[Value]) -> String {
    let is_known = |one: &&Value| {
        json::text(&one["id"])
            .and_then(|id| settings.webhook_secrets.get(id))
            .is_some_and(|secrets| secrets.iter().any(|secret| !secret.is_empty()))
    };
    let actions = |known: bool| -> BTreeSet<&str> {
        let webhooks = registered.iter().filter(|one| is_known(one) == known);
        webhooks.filter_map(|one| json::text(&one["action"])).collect()
    };
    let (known, strange) = (actions(true), actions(false));
    let missing: Vec<&str> = WANTED.into_iter().filter(|action| !known.contains(action)).collect();
    let mut said = Vec::new();
    if !missing.is_empty() {
        said.push(format!("No webhook with a secret of ours is registered for {}.", missing.join(", ")));
    }
    if !strange.is_empty() {
        let strange: Vec<String> = strange.into_iter().map(words::masked).collect();
        said.push(format!(
            "Callbacks of {} come with secrets that webhook_secrets lacks.",
            strange.join(", ")
        ));
    }
    if said.is_empty() { "Its webhooks are registered as they should be.".to_owned() } else { said.join(" ") }
}
