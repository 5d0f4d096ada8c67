//! What else can be done in a chat: ending it, passing it on, coming and going.

use omni_core::time::Timestamp;
use serde_json::{Map, Value, json};

use super::api::{Answer, text};
use super::chats::Chat;
use super::errors::ApiError;
use super::webhooks::{Draft, thread_id};
use super::{LiveChat, team};

/// Who need not be in the chat.
fn ignores_presence(body: &Map<String, Value>) -> bool {
    body.get("ignore_requester_presence").and_then(Value::as_bool).unwrap_or_default()
}

/// The chat of a call, whose caller is in it or need not be.
fn chat(twin: &LiveChat, caller: &str, body: &Map<String, Value>, name: &str) -> Result<Chat, ApiError> {
    let chat = twin.known(text(body, name)?)?;
    if !ignores_presence(body) {
        twin.must_be_present(&chat, caller)?;
    }
    Ok(chat)
}

fn must_be_active(chat: &Chat) -> Result<(), ApiError> {
    if chat.active().is_some() { Ok(()) } else { Err(ApiError::new("chat_inactive", "Chat is inactive")) }
}

pub(super) fn deactivate(twin: &LiveChat, caller: &str, body: &Map<String, Value>) -> Answer {
    let chat = chat(twin, caller, body, "id")?;
    let (thread, chat) = twin.change(&chat.id, |chat| {
        must_be_active(chat)?;
        Ok(chat.end())
    })?;
    twin.announce(vec![twin.deactivated("deactivated", &chat, thread.as_deref(), Some(caller))]);
    Ok(json!({}))
}

/// To a group or an agent: the caller leaves, who takes over joins.
pub(super) fn transfer(twin: &LiveChat, caller: &str, body: &Map<String, Value>) -> Answer {
    let chat = chat(twin, caller, body, "id")?;
    let target = Target::read(body)?;
    let (_, chat) = twin.change(&chat.id, |chat| {
        must_be_active(chat)?;
        chat.agents = vec![target.agent().to_owned()];
        if let Target::Group(group) = &target {
            chat.groups = vec![*group];
        }
        Ok(())
    })?;
    let payload = json!({
        "chat_id": chat.id,
        "thread_id": thread_id(&chat),
        "requester_id": caller,
        "reason": "manual",
        "transferred_to": target.json(),
    });
    let agent = target.agent();
    twin.announce(vec![
        twin.happened("transferred", "chat_transferred", &chat, payload),
        twin.user_added("joined", &chat, agent, caller),
        twin.user_removed("left", &chat, caller, caller),
    ]);
    Ok(json!({}))
}

/// Where a chat goes.
enum Target {
    Group(u64),
    Agent(String),
}

impl Target {
    fn read(body: &Map<String, Value>) -> Result<Self, ApiError> {
        let target = body.get("target").unwrap_or(&Value::Null);
        let anyone = body.get("ignore_agents_availability").and_then(Value::as_bool).unwrap_or_default();
        let id = target.pointer("/ids/0").unwrap_or(&Value::Null);
        let (target, online, offline) = match (target["type"].as_str(), id.as_u64(), id.as_str()) {
            (Some("group"), Some(id), _) => (Self::Group(id), team::is_group_online(id), "group_offline"),
            (Some("agent"), _, Some(id)) => {
                (Self::Agent(id.to_owned()), team::is_agent_online(id), "agent_offline")
            }
            _ => return Err(ApiError::validation("`target` must be a group or an agent")),
        };
        match online {
            None => Err(ApiError::validation("`target.ids` are unknown")),
            Some(false) if !anyone => Err(ApiError::new(offline, "Nobody is there to take the chat")),
            Some(_) => Ok(target),
        }
    }

    /// Who takes over.
    fn agent(&self) -> &str {
        match self {
            Self::Group(_) => team::LENA,
            Self::Agent(id) => id,
        }
    }

    fn json(&self) -> Value {
        match self {
            Self::Group(id) => json!({ "group_ids": [id] }),
            Self::Agent(id) => json!({ "agent_ids": [id] }),
        }
    }
}

pub(super) fn add_user(twin: &LiveChat, caller: &str, body: &Map<String, Value>) -> Answer {
    let (id, agent) = (text(body, "chat_id")?, agent(body)?);
    let (_, chat) = twin.change(id, |chat| {
        must_be_active(chat)?;
        if !chat.agents.iter().any(|known| known == agent) {
            chat.agents.push(agent.to_owned());
        }
        Ok(())
    })?;
    twin.announce(vec![twin.user_added("joined", &chat, agent, caller)]);
    Ok(json!({}))
}

pub(super) fn remove_user(twin: &LiveChat, caller: &str, body: &Map<String, Value>) -> Answer {
    let (chat, agent) = (chat(twin, caller, body, "chat_id")?, agent(body)?);
    let (_, chat) = twin.change(&chat.id, |chat| {
        let before = chat.agents.len();
        chat.agents.retain(|known| known != agent);
        if chat.agents.len() == before {
            Err(ApiError::validation("`user_id` is not in the chat"))
        } else {
            Ok(())
        }
    })?;
    twin.announce(vec![twin.user_removed("left", &chat, agent, caller)]);
    Ok(json!({}))
}

fn agent(body: &Map<String, Value>) -> Result<&str, ApiError> {
    if text(body, "user_type")? != "agent" {
        return Err(ApiError::validation("`user_type` must be agent"));
    }
    text(body, "user_id")
}

pub(super) fn mark_as_seen(twin: &LiveChat, caller: &str, body: &Map<String, Value>) -> Answer {
    let chat = chat(twin, caller, body, "chat_id")?;
    let up_to = Timestamp::parse(text(body, "seen_up_to")?);
    let up_to = up_to.map_err(|_| ApiError::validation("`seen_up_to` is no date"))?;
    twin.announce(vec![twin.seen("seen", &chat, caller, up_to)]);
    Ok(json!({}))
}

/// Typing, thinking, a preview: shown to the visitor at once, and to no webhook.
pub(super) fn indicate(twin: &LiveChat, caller: &str, body: &Map<String, Value>) -> Answer {
    must_be_active(&chat(twin, caller, body, "chat_id")?)?;
    Ok(json!({}))
}

/// Whether an agent takes chats. The API writes statuses with underscores, webhooks with blanks.
pub(super) fn set_routing_status(twin: &LiveChat, caller: &str, body: &Map<String, Value>) -> Answer {
    let status = text(body, "status")?;
    if !matches!(status, "accepting_chats" | "not_accepting_chats" | "offline") {
        return Err(ApiError::validation("`status` is unknown"));
    }
    let agent = body.get("agent_id").and_then(Value::as_str).unwrap_or(caller);
    twin.statuses.lock().insert(agent, status.to_owned());
    let payload = json!({ "agent_id": agent, "status": status.replace('_', " ") });
    let (what, action, id) = ("routing_status", "routing_status_set", agent.to_owned());
    twin.announce(vec![twin.webhook(Draft { what, id, action, payload, chat: None, forged: false })]);
    Ok(json!({}))
}

/// Who takes chats: whoever has said nothing of the kind does, if they are there at all.
pub(super) fn list_routing_statuses(twin: &LiveChat, caller: &str) -> Answer {
    if caller == twin.account.bot {
        return Err(ApiError::new("authorization", "missing scope agents-bot--all:ro"));
    }
    let set = twin.statuses.lock();
    let everybody = team::AGENTS.into_iter().chain([twin.account.bot.as_str()]);
    Ok(everybody
        .map(|agent| {
            let is_there = team::is_agent_online(agent).unwrap_or(true);
            let default = if is_there { "accepting_chats" } else { "offline" };
            json!({ "agent_id": agent, "status": set.get(agent).map_or(default, String::as_str) })
        })
        .collect())
}
