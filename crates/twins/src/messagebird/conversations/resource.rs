//! Conversations, contacts and messages as the API shows them.

use omni_core::time::Timestamp;
use serde_json::{Value, json};

use crate::dice::secret;
use crate::messagebird::failures::failure;
use crate::messagebird::{MessageBird, bare};
use crate::record::{Direction, Receipt, Record};

/// A conversation with one person; archived ones are followed by new ones.
#[derive(Debug, Clone)]
pub(in crate::messagebird) struct Conversation {
    pub(super) id: String,
    /// With plus, or a WhatsApp user id.
    pub(super) person: String,
    pub(super) name: String,
    pub(super) is_active: bool,
    pub(super) created: Timestamp,
    pub(super) updated: Timestamp,
    pub(super) last_received: Option<Timestamp>,
}

impl MessageBird {
    /// The running conversation with a person, begun if there is none.
    pub(super) fn conversation_with(&self, person: &str) -> Conversation {
        let now = self.desk.now();
        let mut conversations = self.conversations.lock();
        let last = conversations.get(person);
        if let Some(running) = last.filter(|conversation| conversation.is_active) {
            return running.clone();
        }
        let name = last.map(|conversation| conversation.name.clone()).unwrap_or_default();
        let (id, person) = (self.desk.ids.hex(), person.to_owned());
        let is_active = true;
        let begun =
            Conversation { id, person, name, is_active, created: now, updated: now, last_received: None };
        conversations.insert(&begun.person, begun.clone());
        begun
    }

    /// The last conversation with a person, archived or not; begun if there was none.
    pub(super) fn last_conversation(&self, person: &str) -> Conversation {
        let last = self.conversations.lock().get(person).cloned();
        last.unwrap_or_else(|| self.conversation_with(person))
    }

    /// The conversation of that id, if it is a person's last one.
    pub(super) fn conversation(&self, id: &str) -> Option<Conversation> {
        self.conversations.lock().values().find(|conversation| conversation.id == id).cloned()
    }

    /// Changes a person's conversation.
    pub(super) fn change(&self, person: &str, change: impl FnOnce(&mut Conversation)) -> Conversation {
        let mut changed = self.conversation_with(person);
        change(&mut changed);
        changed.updated = self.desk.now();
        self.conversations.lock().insert(person, changed.clone());
        changed
    }
}

/// `2025-11-20T15:00:00Z`.
fn seconds(at: Timestamp) -> String {
    Timestamp::from_secs(at.as_secs()).to_string()
}

/// The person of a conversation.
pub(super) fn contact(twin: &MessageBird, conversation: &Conversation) -> Value {
    let digits = bare(&conversation.person);
    let created = seconds(conversation.created);
    json!({
        "id": contact_id(twin, &conversation.person),
        "href": "",
        "msisdn": digits.parse::<u64>().ok(),
        "displayName": digits,
        "firstName": conversation.name,
        "lastName": "",
        "customDetails": {},
        "attributes": {},
        "createdDatetime": created,
        "updatedDatetime": created,
    })
}

fn contact_id(twin: &MessageBird, person: &str) -> String {
    secret(twin.desk.seed, &format!("messagebird/contact/{person}"), 32)
}

pub(super) fn conversation(twin: &MessageBird, conversation: &Conversation) -> Value {
    let channel = &twin.account.conversations_channel;
    json!({
        "id": conversation.id,
        "contactId": contact_id(twin, &conversation.person),
        "contact": contact(twin, conversation),
        "status": if conversation.is_active { "active" } else { "archived" },
        "createdDatetime": seconds(conversation.created),
        "updatedDatetime": seconds(conversation.updated),
        "lastReceivedDatetime": conversation.last_received.map(seconds),
        "lastUsedChannelId": channel,
        "lastUsedPlatformId": "whatsapp",
        "channels": [{ "id": channel, "platformId": "whatsapp", "status": "active" }],
        "messages": { "totalCount": 0, "href": "" },
    })
}

/// A message in state `receipt` since `updated`.
pub(super) fn message(twin: &MessageBird, record: &Record, receipt: Receipt, updated: Timestamp) -> Value {
    let inbound = record.direction == Direction::Inbound;
    let mut message = json!({
        "id": record.id,
        "platform": "whatsapp",
        "to": record.to,
        "from": record.from,
        "channelId": twin.account.conversations_channel,
        "direction": if inbound { "received" } else { "sent" },
        "status": receipt.state,
        "createdDatetime": seconds(record.at),
        "updatedDatetime": seconds(updated),
    });
    for name in ["conversationId", "type", "content", "source", "origin", "trackId", "replyTo", "tag"] {
        if let Some(given) = record.content.get(name) {
            message[name] = given.clone();
        }
    }
    if let Some(number) = receipt.error {
        let failure = failure(number);
        message["error"] = json!({ "code": failure.number, "description": failure.reason });
    }
    message
}

/// One page of a list.
pub(super) fn page(items: &[Value], offset: usize, limit: usize, total: usize) -> Value {
    json!({ "offset": offset, "limit": limit, "count": items.len(), "totalCount": total, "items": items })
}

/// A webhook's body about a message.
pub(super) fn about_message(twin: &MessageBird, kind: &str, with: &Conversation, message: &Value) -> Value {
    let mut body = about_conversation(twin, kind, with);
    body["message"] = message.clone();
    body
}

/// A webhook's body about a conversation.
pub(super) fn about_conversation(twin: &MessageBird, kind: &str, with: &Conversation) -> Value {
    let mut shown = conversation(twin, with);
    if let Some(members) = shown.as_object_mut() {
        members.remove("contact");
        members.remove("channels");
    }
    json!({ "type": kind, "contact": contact(twin, with), "conversation": shown })
}

/// When a message last moved, as lists show it.
pub(super) fn as_it_is(twin: &MessageBird, record: &Record) -> Value {
    message(twin, record, record.current(), record.updated_at())
}
