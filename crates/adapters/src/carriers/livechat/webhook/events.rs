//! Events of a thread: who wrote them decides what they are to us.

use omni_core::event::{CarrierEvent, Channel, InboundMessage, Notice, ReportedState, StatusUpdate};
use omni_core::time::Timestamp;
use omni_core::webhook::Malformed;
use serde_json::{Map, Value, json};

use super::super::{NAME, Settings, organization_key};
use super::content;
use crate::shared::json;

/// Where an event stands.
pub(super) struct Thread<'a> {
    pub(super) settings: &'a Settings,
    pub(super) organization: &'a str,
    pub(super) chat: &'a str,
    pub(super) thread: Option<&'a str>,
    /// The chat's users, where the callback names them.
    pub(super) users: &'a [Value],
    /// The ids of the chat's users, where the callback brings them.
    pub(super) present: &'a [Value],
}

/// Who wrote an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Author {
    /// The person.
    Customer,
    /// We.
    OurBot,
    /// Anybody else on our side.
    Agent,
}

impl Author {
    /// By what the callback says of its users, else by the form of the id: agents have
    /// e-mail addresses, bots 32 hexadecimal digits, customers anything else (UUIDs).
    pub(super) fn of(settings: &Settings, id: &str, users: &[Value]) -> Self {
        if settings.is_our_bot(id) {
            return Self::OurBot;
        }
        match users.iter().find(|user| user["id"] == id).and_then(|user| user["type"].as_str()) {
            Some("customer") => return Self::Customer,
            Some("agent") => return Self::Agent,
            _ => {}
        }
        let is_bot = id.len() == 32 && id.bytes().all(|b| b.is_ascii_hexdigit());
        if is_bot || id.contains('@') { Self::Agent } else { Self::Customer }
    }

    /// One of our side, whatever the form of the id.
    pub(super) fn agent(settings: &Settings, id: &str) -> Self {
        if settings.is_our_bot(id) { Self::OurBot } else { Self::Agent }
    }

    /// As our events name people.
    pub(super) fn name(self, id: &str) -> String {
        match self {
            Self::Customer => format!("customer:{id}"),
            Self::OurBot => format!("bot:{id}"),
            Self::Agent => format!("agent:{id}"),
        }
    }
}

impl Thread<'_> {
    /// An event's id, unique beyond its chat.
    pub(super) fn event_id(&self, id: &str) -> String {
        format!("{}/{id}", self.chat)
    }

    /// What every message of this thread has.
    pub(super) fn message(&self) -> InboundMessage {
        InboundMessage {
            carrier: NAME.into(),
            channel: Some(Channel::Chat),
            tenant_key: organization_key(self.organization),
            to_address: Some(format!("lc:{}", self.organization).into()),
            conversation_ref: Some(self.chat.to_owned()),
            thread_ref: self.thread.map(str::to_owned),
            ..InboundMessage::default()
        }
    }

    /// Reads one event; `None` for kinds that say nothing (an empty form shown to somebody),
    /// and for one that was deleted before it came (agents of higher rank still see its words).
    pub(super) fn event(&self, wire: &Value) -> Result<Option<CarrierEvent>, Malformed> {
        if !wire.is_object() {
            return Err(Malformed("event_unreadable"));
        }
        let id = json::text(&wire["id"]).ok_or(Malformed("event_without_id"))?;
        if wire["deleted"] == true {
            return Ok(None);
        }
        match wire["type"].as_str().ok_or(Malformed("event_without_type"))? {
            "system_message" | "system" => Ok(Some(CarrierEvent::System(Box::new(self.system(id, wire))))),
            "form" if !self.is_ours(wire) => Ok(None),
            _ => self.authored(id, wire).map(Some),
        }
    }

    /// Whether our bot wrote it.
    fn is_ours(&self, wire: &Value) -> bool {
        json::text(&wire["author_id"]).is_some_and(|author| self.settings.is_our_bot(author))
    }

    fn authored(&self, id: &str, wire: &Value) -> Result<CarrierEvent, Malformed> {
        let author_id = json::text(&wire["author_id"]).ok_or(Malformed("event_without_author"))?;
        let author = Author::of(self.settings, author_id, self.users);
        let visibility = wire["visibility"].as_str();
        if author == Author::OurBot && (wire["custom_id"].is_string() || visibility != Some("agents")) {
            return Ok(self.confirmed(id, wire));
        }
        let mut message =
            InboundMessage { external_id: self.event_id(id), sent_at: sent_at(wire), ..self.message() };
        content::read(self.settings, &mut message, wire, |event| self.event_id(event));
        // Only a customer's own event is public without saying so.
        let is_public = match author {
            Author::Customer => visibility != Some("agents"),
            Author::OurBot | Author::Agent => visibility == Some("all"),
        };
        if author == Author::Customer && is_public {
            message.from_address = Some(content::customer_address(author_id));
            message.from_name = self.name_of(author_id);
            return Ok(CarrierEvent::Message(Box::new(message)));
        }
        message.to_address = None;
        message.attributes.insert("author".into(), json!(author.name(author_id)));
        if is_public {
            // So it joins the visitor's conversation, and our bot does not talk over it.
            message.to_address = self.customer().map(content::customer_address);
            message.attributes.insert("direction".into(), json!("outbound"));
            Ok(CarrierEvent::Echo(Box::new(message)))
        } else {
            Ok(CarrierEvent::Note(Box::new(message)))
        }
    }

    /// The chat's one customer; `None` where the callback does not tell.
    fn customer(&self) -> Option<&str> {
        let named = self.users.iter().filter(|user| user["type"] == "customer");
        let ids = || self.present.iter().filter_map(json::text);
        let guessed = ids().filter(|id| Author::of(self.settings, id, self.users) == Author::Customer);
        let mut all = named.filter_map(|user| json::text(&user["id"])).chain(guessed);
        let first = all.next()?;
        all.all(|other| other == first).then_some(first)
    }

    fn name_of(&self, id: &str) -> Option<String> {
        let user = self.users.iter().find(|user| user["id"] == id)?;
        json::text(&user["name"]).map(str::to_owned)
    }

    /// Our own event came back: it is in the chat, and never somebody's words to us.
    fn confirmed(&self, id: &str, wire: &Value) -> CarrierEvent {
        let mut attributes = Map::new();
        attributes.insert("conversation_ref".into(), json!(self.chat));
        CarrierEvent::Status(Box::new(StatusUpdate {
            carrier: NAME.into(),
            external_id: self.event_id(id),
            client_ref: json::text(&wire["custom_id"]).map(str::to_owned),
            tenant_key: Some(organization_key(self.organization)),
            state: ReportedState::Sent,
            occurred_at: sent_at(wire),
            attributes,
            ..StatusUpdate::default()
        }))
    }

    /// A line by the platform; v3.6 has a second form, whose details are JSON inside JSON.
    fn system(&self, id: &str, wire: &Value) -> Notice {
        let mut attributes = Map::new();
        let kind = match wire["type"].as_str() {
            Some("system") => {
                let part = |name: &str| wire[name].as_str().unwrap_or_default().to_owned();
                let details =
                    wire["details"].as_str().and_then(|text| serde_json::from_str::<Value>(text).ok());
                attributes.extend(details.map(|details| ("details".to_owned(), details)));
                format!("{}/{}", part("source"), part("subtype"))
            }
            _ => wire["system_message_type"].as_str().unwrap_or_default().to_owned(),
        };
        attributes.insert("system_type".into(), json!(kind));
        if let Some(text) = json::text(&wire["text"]) {
            attributes.insert("text".into(), json!(text));
        }
        Notice {
            carrier: NAME.into(),
            tenant_key: organization_key(self.organization),
            external_id: Some(self.event_id(id)),
            conversation_ref: Some(self.chat.to_owned()),
            thread_ref: self.thread.map(str::to_owned),
            attributes,
        }
    }
}

fn sent_at(wire: &Value) -> Option<Timestamp> {
    Timestamp::parse(wire["created_at"].as_str()?).ok()
}
