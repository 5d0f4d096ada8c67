//! LiveChat's callbacks, by action, and what they mean to us.

mod content;
mod events;

use omni_core::event::{Amendment, CarrierEvent, Channel, InboundMessage, MessageType, Notice};
use omni_core::time::Timestamp;
use omni_core::webhook::{Malformed, WebhookRequest};
use serde_json::{Map, Value, json};

use super::{NAME, Parsed, Settings, organization_key, signature};
use crate::shared::json;
pub(super) use content::is_on_cdn;
use events::{Author, Thread};

/// Reads a verified callback. An action that we do not know, or do not need, is no event.
pub(super) fn parse(settings: &Settings, request: &WebhookRequest) -> Result<Parsed, Malformed> {
    let body = json::parse(&request.body)?;
    let action = body["action"].as_str().ok_or(Malformed("callback_without_action"))?;
    let hook = Hook {
        settings,
        action,
        day: request.received_at.as_secs().div_euclid(86_400),
        organization: body["organization_id"].as_str().unwrap_or_default(),
        payload: &body["payload"],
        present: json::items(&body["additional_data"]["chat_presence_user_ids"]),
    };
    let one = |event: CarrierEvent| Parsed { events: vec![event], quarantined: Vec::new() };
    let some =
        |event: Option<CarrierEvent>| Parsed { events: event.into_iter().collect(), quarantined: Vec::new() };
    Ok(match action {
        "incoming_chat" => hook.incoming_chat()?,
        "incoming_event" => some(hook.thread(&[])?.event(&hook.payload["event"])?),
        "incoming_rich_message_postback" => some(hook.postback()?),
        "event_updated" => some(hook.updated()?),
        "event_deleted" => one(hook.deleted()?),
        "chat_deactivated" => one(hook.deactivated()?),
        "chat_transferred" => one(hook.transferred()?),
        "user_added_to_chat" => one(CarrierEvent::ParticipantJoined(Box::new(hook.participant()?))),
        "user_removed_from_chat" => one(CarrierEvent::ParticipantLeft(Box::new(hook.participant()?))),
        "events_marked_as_seen" => some(hook.seen()?),
        "chat_access_updated" => one(hook.access_updated()?),
        "routing_status_set" => one(hook.routing_status()?),
        _ => Parsed::default(),
    })
}

/// What all callbacks have in common.
struct Hook<'a> {
    settings: &'a Settings,
    action: &'a str,
    /// The day of receipt, counted from 1970.
    day: i64,
    organization: &'a str,
    payload: &'a Value,
    /// The ids of the chat's users, if the webhook was registered to bring them.
    present: &'a [Value],
}

impl<'a> Hook<'a> {
    fn text(&self, name: &str) -> Result<&'a str, Malformed> {
        json::text(&self.payload[name]).ok_or(Malformed("payload_incomplete"))
    }

    /// The thread that the payload is about; `users` are those it names, if it does.
    fn thread(&self, users: &'a [Value]) -> Result<Thread<'a>, Malformed> {
        Ok(Thread {
            settings: self.settings,
            organization: self.organization,
            chat: self.text("chat_id")?,
            thread: json::text(&self.payload["thread_id"]),
            users,
            present: self.present,
        })
    }

    /// A fact that has no id of its own: within a day, an equal payload is a retry.
    fn notice(&self, attributes: Value) -> Notice {
        let attributes = match attributes {
            Value::Object(attributes) => {
                attributes.into_iter().filter(|(_, value)| !value.is_null()).collect()
            }
            _ => Map::new(),
        };
        Notice {
            carrier: NAME.into(),
            tenant_key: organization_key(self.organization),
            external_id: Some(signature::digest(&json!([self.action, self.day, self.payload]))),
            conversation_ref: json::text(&self.payload["chat_id"]).map(str::to_owned),
            thread_ref: json::text(&self.payload["thread_id"]).map(str::to_owned),
            attributes,
        }
    }

    /// A user by id, as our events name people: `agent:…`, `bot:…`, `customer:…`.
    fn who(&self, id: &str) -> String {
        Author::of(self.settings, id, &[]).name(id)
    }

    fn requester(&self) -> Option<String> {
        json::text(&self.payload["requester_id"]).map(|id| self.who(id))
    }

    /// A chat began; its thread already holds the first events, which come only here.
    fn incoming_chat(&self) -> Result<Parsed, Malformed> {
        let chat = &self.payload["chat"];
        let (users, first) = (json::items(&chat["users"]), &chat["thread"]);
        let id = json::text(&chat["id"]).ok_or(Malformed("chat_without_id"))?;
        let thread = Thread {
            settings: self.settings,
            organization: self.organization,
            chat: id,
            thread: json::text(&first["id"]),
            users,
            present: self.present,
        };
        let customer = users.iter().find(|user| user["type"] == "customer");
        let initiator = json::text(&self.payload["requester_id"])
            .filter(|id| Author::of(self.settings, id, users) != Author::Customer)
            .map(|id| Author::of(self.settings, id, users).name(id));
        let group_ids = if chat["access"]["group_ids"].is_array() {
            chat["access"]["group_ids"].clone()
        } else {
            json!([])
        };
        let notice = self.notice(json!({
            "customer": customer.map(content::customer),
            "group_ids": group_ids,
            "initiator": initiator,
        }));
        let started = Notice {
            external_id: thread.thread.map(|thread| format!("{id}/{thread}#started")).or(notice.external_id),
            conversation_ref: Some(id.to_owned()),
            thread_ref: thread.thread.map(str::to_owned),
            ..notice
        };
        let mut parsed = Parsed::default();
        parsed.events.push(CarrierEvent::ConversationStarted(Box::new(started)));
        for event in json::items(&first["events"]) {
            match thread.event(event) {
                Ok(event) => parsed.events.extend(event),
                Err(Malformed(reason)) => parsed.quarantined.push(reason),
            }
        }
        Ok(parsed)
    }

    /// A pressed button of a rich message; letting go of it again is no answer.
    fn postback(&self) -> Result<Option<CarrierEvent>, Malformed> {
        let thread = self.thread(&[])?;
        let (user, event) = (self.text("user_id")?, self.text("event_id")?);
        let postback = &self.payload["postback"];
        let id = json::id(&postback["id"]).ok_or(Malformed("postback_without_id"))?;
        if postback["toggled"] != true || Author::of(self.settings, user, &[]) != Author::Customer {
            return Ok(None);
        }
        let target = thread.event_id(event);
        Ok(Some(CarrierEvent::Message(Box::new(InboundMessage {
            // It has no id of its own; the same press comes again in a retry.
            external_id: format!("{target}#{id}#on"),
            channel: Some(Channel::Chat),
            message_type: MessageType::ButtonReply,
            from_address: Some(content::customer_address(user)),
            text: json::text(&postback["button_value"]).map(str::to_owned),
            reply_id: Some(id),
            reply_to: Some(target),
            attributes: content::pressed(&postback["button_value"], postback),
            ..thread.message()
        }))))
    }

    /// An event was changed. A note stays a note: its new words must not reach the message
    /// path by way of an edit.
    fn updated(&self) -> Result<Option<CarrierEvent>, Malformed> {
        let wire = &self.payload["event"];
        let thread = self.thread(&[])?;
        let change = format!("#edit#{}", signature::digest(wire));
        Ok(match thread.event(wire)? {
            Some(CarrierEvent::Message(message) | CarrierEvent::Echo(message)) => {
                let mut attributes = message.attributes;
                attributes.insert("conversation_ref".into(), json!(thread.chat));
                attributes.insert("thread_ref".into(), json!(thread.thread));
                Some(CarrierEvent::Edit(Box::new(Amendment {
                    carrier: NAME.into(),
                    external_id: format!("{}{change}", message.external_id),
                    tenant_key: message.tenant_key,
                    target: message.external_id,
                    message_type: Some(message.message_type),
                    text: message.text,
                    from_address: message.from_address,
                    sent_at: None,
                    attributes,
                })))
            }
            Some(CarrierEvent::Note(mut note)) => {
                note.external_id.push_str(&change);
                Some(CarrierEvent::Note(note))
            }
            _ => None,
        })
    }

    fn deleted(&self) -> Result<CarrierEvent, Malformed> {
        let thread = self.thread(&[])?;
        let target = thread.event_id(self.text("event_id")?);
        let mut attributes = Map::new();
        attributes.insert("conversation_ref".into(), json!(thread.chat));
        attributes.insert("thread_ref".into(), json!(thread.thread));
        Ok(CarrierEvent::Revoke(Box::new(Amendment {
            carrier: NAME.into(),
            external_id: format!("{target}#deleted"),
            tenant_key: organization_key(self.organization),
            target,
            attributes,
            ..Amendment::default()
        })))
    }

    /// Nobody's name means that the router closed it, for want of activity.
    fn deactivated(&self) -> Result<CarrierEvent, Malformed> {
        let thread = self.thread(&[])?;
        let by = json::text(&self.payload["user_id"]).map_or_else(|| "router".to_owned(), |id| self.who(id));
        let notice = self.notice(json!({ "by": by }));
        let ended = Notice {
            external_id: thread.thread.map(|id| format!("{}/{id}#ended", thread.chat)).or(notice.external_id),
            ..notice
        };
        Ok(CarrierEvent::ConversationEnded(Box::new(ended)))
    }

    fn transferred(&self) -> Result<CarrierEvent, Malformed> {
        self.text("chat_id")?;
        let to = &self.payload["transferred_to"];
        let notice = self.notice(json!({
            "reason": self.payload["reason"],
            "to": to,
            "agent_ids": to["agent_ids"],
            "group_ids": to["group_ids"],
            "queue": self.payload["queue"],
            "by": self.requester(),
        }));
        Ok(CarrierEvent::Handoff(Box::new(notice)))
    }

    fn participant(&self) -> Result<Notice, Malformed> {
        self.text("chat_id")?;
        let user = &self.payload["user"];
        let id = json::text(&user["id"]).or(json::text(&self.payload["user_id"]));
        let id = id.ok_or(Malformed("participant_without_id"))?;
        let who = if self.payload["user_type"] == "customer" || user["type"] == "customer" {
            Author::Customer.name(id)
        } else {
            Author::agent(self.settings, id).name(id)
        };
        Ok(self.notice(json!({
            "who": who,
            "name": json::text(&user["name"]),
            "reason": self.payload["reason"],
            "by": self.requester(),
        })))
    }

    /// The customer has seen all of ours up to a time; that an agent has seen the customer's
    /// is nobody's receipt.
    fn seen(&self) -> Result<Option<CarrierEvent>, Malformed> {
        self.text("chat_id")?;
        let user = self.text("user_id")?;
        if Author::of(self.settings, user, &[]) != Author::Customer {
            return Ok(None);
        }
        let up_to = Timestamp::parse(self.text("seen_up_to")?).map_err(|_| Malformed("time_unreadable"))?;
        let notice = self.notice(json!({ "state": "read", "up_to": up_to, "by": self.who(user) }));
        Ok(Some(CarrierEvent::StatusUpTo(Box::new(notice))))
    }

    /// Which groups see the chat changed.
    fn access_updated(&self) -> Result<CarrierEvent, Malformed> {
        let id = self.text("id")?.to_owned();
        let groups = &self.payload["access"]["group_ids"];
        let notice = self.notice(json!({ "system_type": "chat_access_updated", "group_ids": groups }));
        Ok(CarrierEvent::System(Box::new(Notice { conversation_ref: Some(id), ..notice })))
    }

    /// An agent (or our bot: then nobody answers) stopped or began to take chats.
    fn routing_status(&self) -> Result<CarrierEvent, Malformed> {
        let agent = self.text("agent_id")?;
        let notice = self.notice(json!({
            "event": "routing_status_set",
            "subject": agent,
            "value": self.text("status")?,
            "our_bot": self.settings.is_our_bot(agent),
        }));
        // Going offline twice in a day are two facts, and the alarm must not miss one.
        Ok(CarrierEvent::AccountEvent(Box::new(Notice { external_id: None, ..notice })))
    }
}
