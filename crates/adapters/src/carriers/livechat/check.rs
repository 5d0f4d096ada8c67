//! Do the credentials work, do the registered webhooks match the settings, does the bot take
//! chats?

use std::collections::BTreeSet;

use omni_core::carrier::Health;
use omni_core::failure::SendError;
use omni_core::http::{HttpClient, HttpResponse};
use serde_json::{Value, json};

use super::Settings;
use super::errors::ApiError;
use super::session::Session;
use super::signature::ends_in_token;
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

/// The routing status of a bot that takes chats, as the API writes it.
const ACCEPTING: &str = "accepting_chats";

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
    let mut said = vec!["LiveChat accepts the credentials.".to_owned()];
    said.extend(webhooks(settings, session, http).await);
    said.extend(asleep(settings, session, http).await);
    Ok(Health { ok: true, detail: said.join(" ") })
}

/// How the registered webhooks and `webhook_secrets` differ. `None`: we have no client id, or
/// only a bot's token, which may not list them.
async fn webhooks(settings: &Settings, session: &Session, http: &dyn HttpClient) -> Option<String> {
    let body = json!({ "owner_client_id": settings.client_id()? });
    let listed = ("configuration", "list_webhooks");
    let listed = match session.ask_as_agent(settings, http, listed, &body).await? {
        Ok(response) if response.is_success() => value(&response),
        Ok(response) => {
            let kind = words::masked(&ApiError::of(&response).kind);
            return Some(format!(
                "Its webhooks could not be listed ({kind}): that takes the scope webhooks.configuration:rw."
            ));
        }
        Err(_) => return Some("Its webhooks could not be listed.".to_owned()),
    };
    let registered = json::items(&listed);
    let differences = differences(settings, registered);
    if registered.iter().any(|webhook| webhook["type"] == "license") {
        let state = ("configuration", "get_license_webhooks_state");
        if let Ok(response) = session.ask_as_agent(settings, http, state, &body).await?
            && value(&response)["license_webhooks_enabled"] == false
        {
            return Some(format!("{differences} But they are disabled (enable_license_webhooks)."));
        }
    }
    Some(differences)
}

/// Whether a bot of ours takes no chats. `None`: all do, or we may not know.
async fn asleep(settings: &Settings, session: &Session, http: &dyn HttpClient) -> Option<String> {
    settings.bot.as_ref()?;
    let listed = ("agent", "list_routing_statuses");
    let listed = session.ask_as_agent(settings, http, listed, &json!({})).await?.ok()?;
    let listed = value(&listed);
    let is_ours = |one: &&Value| json::text(&one["agent_id"]).is_some_and(|agent| settings.is_our_bot(agent));
    let status = |one: &Value| json::text(&one["status"]).map(words::masked);
    let asleep = json::items(&listed).iter().filter(is_ours).filter_map(status).find(|s| s != ACCEPTING)?;
    Some(format!("A bot of ours is {asleep}: no chat comes to it (set_routing_status)."))
}

fn value(response: &HttpResponse) -> Value {
    serde_json::from_slice(&response.body).unwrap_or_default()
}

fn differences(settings: &Settings, registered: &[Value]) -> String {
    let (known, strange): (Vec<&Value>, Vec<&Value>) =
        registered.iter().partition(|webhook| has_secret(settings, webhook));
    let (astray, arriving): (Vec<&Value>, Vec<&Value>) =
        known.into_iter().partition(|webhook| goes_astray(settings, webhook));
    let arriving = actions(&arriving);
    let missing: Vec<&str> = WANTED.into_iter().filter(|action| !arriving.contains(*action)).collect();
    let mut said = Vec::new();
    if !missing.is_empty() {
        said.push(format!("No webhook that we could take is registered for {}.", missing.join(", ")));
    }
    if !strange.is_empty() {
        let strange = listed(&strange);
        said.push(format!("Callbacks of {strange} come with secrets that webhook_secrets lacks."));
    }
    if !astray.is_empty() {
        said.push(format!("Callbacks of {} go to an address without our path_token.", listed(&astray)));
    }
    if said.is_empty() { "Its webhooks are registered as they should be.".to_owned() } else { said.join(" ") }
}

fn has_secret(settings: &Settings, webhook: &Value) -> bool {
    let secrets = json::text(&webhook["id"]).and_then(|id| settings.webhook_secrets.get(id));
    secrets.is_some_and(|secrets| secrets.iter().any(|secret| !secret.is_empty()))
}

/// Whether its callbacks come to an address that we would not take them at.
fn goes_astray(settings: &Settings, webhook: &Value) -> bool {
    let path = json::text(&webhook["url"]).map(|url| url.split(['?', '#']).next().unwrap_or_default());
    path.is_some_and(|path| !ends_in_token(settings, path))
}

fn actions(webhooks: &[&Value]) -> BTreeSet<String> {
    webhooks.iter().filter_map(|webhook| json::text(&webhook["action"])).map(words::masked).collect()
}

fn listed(webhooks: &[&Value]) -> String {
    actions(webhooks).into_iter().collect::<Vec<_>>().join(", ")
}
