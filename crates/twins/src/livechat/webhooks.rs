//! Webhooks: JSON whose only proof is the secret in its body.

use std::time::Duration;

use omni_core::time::Timestamp;
use serde_json::{Value, json};

use super::chats::{Chat, Thread, customer_json, micros};
use super::{LiveChat, team};
use crate::callbacks::{Callback, RetryOn, RetryRule};
use crate::dice::secret;
use crate::record::{Receipt, Record};

/// About three tries within a minute; only 200 is success.
const RETRIES: RetryRule = RetryRule {
    waits: &[Duration::from_secs(10), Duration::from_secs(30)],
    timeout: Duration::from_secs(10),
    total: Duration::from_secs(90),
    only_200: true,
    on: RetryOn::ANYTHING,
};

/// The actions that the organization has registered webhooks for.
pub(super) const REGISTERED: [&str; 15] = [
    "incoming_chat",
    "incoming_event",
    "incoming_rich_message_postback",
    "event_updated",
    "event_deleted",
    "chat_deactivated",
    "chat_transferred",
    "chat_access_updated",
    "chat_properties_updated",
    "user_added_to_chat",
    "user_removed_from_chat",
    "events_marked_as_seen",
    "routing_status_set",
    "thread_tagged",
    "thread_untagged",
];

/// The id of the webhook registered for an action.
pub(super) fn webhook_id(seed: u64, action: &str) -> String {
    secret(seed, &format!("livechat/webhook/{action}"), 32)
}

/// A webhook before it is sent.
pub(super) struct Draft<'a> {
    /// What it reports, for events.
    pub(super) what: &'static str,
    /// What it is about.
    pub(super) id: String,
    pub(super) action: &'static str,
    pub(super) payload: Value,
    /// The chat that it is about, if any.
    pub(super) chat: Option<&'a Chat>,
    /// With a wrong secret.
    pub(super) forged: bool,
}

impl LiveChat {
    /// Writes a webhook.
    pub(super) fn webhook(&self, draft: Draft<'_>) -> Callback {
        let present = draft.chat.map(Chat::user_ids);
        let body = json!({
            "webhook_id": webhook_id(self.desk.seed, draft.action),
            "secret_key": if draft.forged { "not the secret" } else { self.account.webhook_secret.expose() },
            "action": draft.action,
            "organization_id": self.account.organization,
            "payload": draft.payload,
            "additional_data": present.map_or_else(|| json!({}), |ids| json!({ "chat_presence_user_ids": ids })),
        });
        let body = serde_json::to_vec(&body).expect("JSON values serialise").into();
        let headers = vec![
            ("content-type", "application/json".to_owned()),
            ("user-agent", "LiveChat-Webhooks".to_owned()),
        ];
        let (what, id, url) = (draft.what, draft.id, self.desk.webhook_url());
        Callback { what, id, url, headers, body, rule: RETRIES }
    }

    /// A thread began.
    pub(super) fn incoming_chat(
        &self,
        what: &'static str,
        chat: &Chat,
        thread: &Thread,
        by: Option<&str>,
    ) -> Callback {
        let mut payload = json!({ "chat": chat_json(chat, Some(thread)) });
        if let Some(by) = by {
            payload["requester_id"] = by.into();
        }
        let id = last_event_id(thread).unwrap_or_else(|| thread.id.clone());
        self.webhook(Draft { what, id, action: "incoming_chat", payload, chat: Some(chat), forged: false })
    }

    /// Somebody wrote in a running thread.
    pub(super) fn incoming_event(
        &self,
        what: &'static str,
        chat: &Chat,
        thread: &str,
        event: &Value,
    ) -> Callback {
        let payload = json!({ "chat_id": chat.id, "thread_id": thread, "event": event });
        let id = event["id"].as_str().unwrap_or_default().to_owned();
        self.webhook(Draft { what, id, action: "incoming_event", payload, chat: Some(chat), forged: false })
    }

    /// What happened in a chat, other than an event.
    pub(super) fn happened(
        &self,
        what: &'static str,
        action: &'static str,
        chat: &Chat,
        payload: Value,
    ) -> Callback {
        let id = chat.threads.last().map_or_else(|| chat.id.clone(), |thread| thread.id.clone());
        self.webhook(Draft { what, id, action, payload, chat: Some(chat), forged: false })
    }

    /// Somebody joined a chat.
    pub(super) fn user_added(&self, what: &'static str, chat: &Chat, agent: &str, by: &str) -> Callback {
        let payload = json!({
            "chat_id": chat.id,
            "thread_id": thread_id(chat),
            "user": agent_json(agent),
            "user_type": "agent",
            "reason": "manual",
            "requester_id": by,
        });
        self.happened(what, "user_added_to_chat", chat, payload)
    }

    /// Somebody left a chat.
    pub(super) fn user_removed(&self, what: &'static str, chat: &Chat, agent: &str, by: &str) -> Callback {
        let payload = json!({
            "chat_id": chat.id,
            "thread_id": thread_id(chat),
            "user_id": agent,
            "user_type": "agent",
            "reason": "manual",
            "requester_id": by,
        });
        self.happened(what, "user_removed_from_chat", chat, payload)
    }

    /// A thread ended; without `by` the router ended it.
    pub(super) fn deactivated(
        &self,
        what: &'static str,
        chat: &Chat,
        thread: Option<&str>,
        by: Option<&str>,
    ) -> Callback {
        let mut payload = json!({ "chat_id": chat.id, "thread_id": thread });
        if let Some(by) = by {
            payload["user_id"] = by.into();
        }
        self.happened(what, "chat_deactivated", chat, payload)
    }

    /// Somebody has seen everything up to a moment.
    pub(super) fn seen(&self, what: &'static str, chat: &Chat, by: &str, up_to: Timestamp) -> Callback {
        let payload = json!({ "user_id": by, "chat_id": chat.id, "seen_up_to": micros(up_to) });
        self.happened(what, "events_marked_as_seen", chat, payload)
    }

    /// The webhook of one step of an event that was sent through the API.
    pub(super) fn step(
        &self,
        record: &Record,
        receipt: Receipt,
        happened: Timestamp,
        forged: bool,
    ) -> Option<Callback> {
        let chat = self.chats.of_event(&record.id)?;
        let (thread, number) = record.id.rsplit_once('_')?;
        let thread = chat.thread(thread)?;
        let mut callback = match receipt.state {
            "seen" => self.seen("seen", &chat, &chat.customer.id, happened),
            "deactivated" => self.deactivated("deactivated", &chat, Some(&thread.id), None),
            _ if number.parse::<usize>().ok()? <= thread.opened_with => {
                self.incoming_chat("sent", &chat, thread, Some(&record.from))
            }
            _ => self.incoming_event("sent", &chat, &thread.id, chat.event(&record.id)?),
        };
        callback.id.clone_from(&record.id);
        if forged {
            let secret = self.account.webhook_secret.expose();
            callback.body = String::from_utf8_lossy(&callback.body).replace(secret, "not the secret").into();
        }
        Some(callback)
    }
}

fn last_event_id(thread: &Thread) -> Option<String> {
    thread.events.last()?["id"].as_str().map(str::to_owned)
}

/// The last thread of a chat.
pub(super) fn thread_id(chat: &Chat) -> Option<&str> {
    chat.threads.last().map(|thread| thread.id.as_str())
}

/// A chat as webhooks and the API show it.
pub(super) fn chat_json(chat: &Chat, thread: Option<&Thread>) -> Value {
    let agents = chat.agents.iter().map(|id| agent_json(id));
    let users: Vec<Value> = std::iter::once(customer_json(chat)).chain(agents).collect();
    let mut shown = json!({
        "id": chat.id,
        "users": users,
        "properties": { "routing": { "continuous": false } },
        "access": { "group_ids": chat.groups },
        "is_followed": false,
    });
    if let Some(thread) = thread {
        shown["thread"] = thread_json(chat, thread);
    }
    shown
}

/// A thread with its events.
pub(super) fn thread_json(chat: &Chat, thread: &Thread) -> Value {
    let at = chat.threads.iter().position(|other| other.id == thread.id).unwrap_or_default();
    let neighbour =
        |at: Option<usize>| at.and_then(|at| chat.threads.get(at)).map(|thread| thread.id.as_str());
    let mut shown = json!({
        "id": thread.id,
        "active": thread.is_active,
        "created_at": micros(thread.created),
        "user_ids": chat.user_ids(),
        "events": thread.events,
        "access": { "group_ids": chat.groups },
        "properties": {},
    });
    for (name, id) in [
        ("previous_thread_id", neighbour(at.checked_sub(1))),
        ("next_thread_id", neighbour(at.checked_add(1))),
    ] {
        if let Some(id) = id {
            shown[name] = id.into();
        }
    }
    shown
}

/// An agent or bot.
fn agent_json(id: &str) -> Value {
    json!({ "id": id, "type": "agent", "name": team::name(id), "email": id, "present": true, "visibility": "all" })
}
