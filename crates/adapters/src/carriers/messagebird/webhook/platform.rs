//! `{region}.platform.bird.com`: events of the platform.

use omni_core::address::Address;
use omni_core::event::{
    CarrierEvent, Channel, ConsentChange, InboundMessage, MessageType, Reaction, ReportedState, StatusUpdate,
};
use omni_core::failure::ErrorClass;
use omni_core::webhook::{Malformed, WebhookRequest};
use serde_json::{Value, json};

use super::super::account::{Account, workspace_key};
use super::super::{NAME, errors, status};
use super::{address, failed, from_person, media, place, time};
use crate::shared::json;
use crate::shared::text::base_name;

pub(super) fn parse(account: &Account, request: &WebhookRequest) -> Result<Vec<CarrierEvent>, Malformed> {
    let body = json::parse(&request.body)?;
    let kind = body["type"].as_str().ok_or(Malformed("event_without_type"))?;
    let event = Event { kind, at: &body["timestamp"], data: &body["data"] };
    let event = match kind {
        "sms.received" => Some(event.sms()?),
        "whatsapp.received" => Some(event.whatsapp()?),
        "whatsapp.reacted" => Some(event.reaction(request)?),
        "sms_suppression.created" => Some(event.suppression("stop")?),
        "sms_suppression.deleted" => Some(event.suppression("start")?),
        "whatsapp_suppression.created" => Some(event.whatsapp_suppression(account, "stop")?),
        "whatsapp_suppression.deleted" => Some(event.whatsapp_suppression(account, "start")?),
        _ if kind.starts_with("sms.") => event.update("sms_id")?,
        _ if kind.starts_with("whatsapp.") => event.update("whatsapp_id")?,
        _ => None,
    };
    Ok(event.into_iter().collect())
}

struct Event<'a> {
    kind: &'a str,
    at: &'a Value,
    data: &'a Value,
}

impl Event<'_> {
    fn id(&self, name: &str) -> Result<String, Malformed> {
        json::id(&self.data[name]).ok_or(Malformed("event_without_id"))
    }

    /// The routing key: the workspace and our own number in it.
    fn tenant_key(&self, ours: Option<&Address>) -> Result<String, Malformed> {
        let workspace = json::text(&self.data["workspace_id"]).ok_or(Malformed("event_without_workspace"))?;
        let ours = ours.ok_or(Malformed("event_without_number"))?;
        Ok(workspace_key(workspace, ours.expose()))
    }

    fn sms(&self) -> Result<CarrierEvent, Malformed> {
        let ours = party(&self.data["to"]);
        let message = InboundMessage {
            channel: Some(Channel::Sms),
            external_id: self.id("sms_id")?,
            tenant_key: self.tenant_key(ours.as_ref())?,
            message_type: MessageType::Text,
            from_address: party(&self.data["from"]),
            to_address: ours,
            sent_at: time(self.at),
            text: self.data["text"].as_str().map(str::to_owned),
            subject: json::text(&self.data["subject"]).map(str::to_owned),
            reply_to: json::id(&self.data["in_reply_to_message"]["id"]),
            segments: json::integer(&self.data["segments"]["count"]).and_then(|count| count.try_into().ok()),
            ..InboundMessage::default()
        };
        Ok(from_person(message, true))
    }

    /// What every WhatsApp message and reaction has.
    fn whatsapp_base(&self, external_id: String) -> Result<InboundMessage, Malformed> {
        let (from, to) = (&self.data["from"], &self.data["to"]);
        let ours = party(to);
        let sender = party(from);
        let also = json::text(&from["bsuid"]).map(|id| Address::from(format!("bsuid:{id}")));
        Ok(InboundMessage {
            channel: Some(Channel::Whatsapp),
            external_id,
            tenant_key: self.tenant_key(ours.as_ref())?,
            alt_addresses: also.into_iter().filter(|also| sender.as_ref() != Some(also)).collect(),
            from_address: sender,
            from_name: json::text(&from["display_name"]).map(str::to_owned),
            from_username: json::text(&from["username"]).map(str::to_owned),
            to_address: ours,
            group_id: json::text(&to["group_id"]).map(str::to_owned),
            sent_at: time(self.at),
            ..InboundMessage::default()
        })
    }

    /// A person's message, or one that was written past us in WhatsApp's own business app.
    fn whatsapp(&self) -> Result<CarrierEvent, Malformed> {
        if self.data["direction"] == "outbound" {
            return self.echo();
        }
        let mut message = self.whatsapp_base(self.id("whatsapp_id")?)?;
        message.reply_to = json::id(&self.data["in_reply_to_message_id"]);
        content(&mut message, self.data);
        Ok(from_person(message, true))
    }

    fn echo(&self) -> Result<CarrierEvent, Malformed> {
        let ours = party(&self.data["from"]);
        let mut message = InboundMessage {
            carrier: NAME.into(),
            channel: Some(Channel::Whatsapp),
            external_id: self.id("whatsapp_id")?,
            tenant_key: self.tenant_key(ours.as_ref())?,
            from_address: ours,
            to_address: party(&self.data["to"]),
            sent_at: time(self.at),
            ..InboundMessage::default()
        };
        message.attributes.insert("direction".into(), json!("outbound"));
        content(&mut message, self.data);
        Ok(CarrierEvent::Echo(Box::new(message)))
    }

    /// A reaction has no id of its own: the id of its delivery, the same in every retry,
    /// stands in.
    fn reaction(&self, request: &WebhookRequest) -> Result<CarrierEvent, Malformed> {
        let target = self.id("whatsapp_id")?;
        let delivery = request.header("webhook-id").ok_or(Malformed("event_without_id"))?;
        let emoji = json::text(&self.data["emoji"]).map(str::to_owned);
        let message = InboundMessage {
            message_type: MessageType::Reaction,
            reaction: Some(Reaction { target, removed: emoji.is_none(), emoji }),
            ..self.whatsapp_base(delivery.to_owned())?
        };
        Ok(from_person(message, true))
    }

    /// Bird blocks one recipient for one sender, or lets them through again.
    fn suppression(&self, value: &str) -> Result<CarrierEvent, Malformed> {
        let sender = party(&self.data["originator"]);
        let person = party(&self.data["destination"]).ok_or(Malformed("suppression_without_address"))?;
        let mut change = ConsentChange {
            carrier: NAME.into(),
            tenant_key: self.tenant_key(sender.as_ref())?,
            address: Some(person),
            sender,
            value: value.to_owned(),
            sent_at: time(self.at),
            event_id: json::id(&self.data["suppression_id"]).map(|id| format!("{id}/{value}")),
            ..ConsentChange::default()
        };
        if let Some(reason) = json::text(&self.data["reason"]) {
            change.attributes.insert("reason".into(), json!(reason));
        }
        Ok(CarrierEvent::Consent(Box::new(change)))
    }

    /// The same on WhatsApp, where it covers all our numbers, or all of one business account:
    /// the event names none of them, so the first number of the workspace stands for it.
    fn whatsapp_suppression(&self, account: &Account, value: &str) -> Result<CarrierEvent, Malformed> {
        let person = json::text(&self.data["address"]).ok_or(Malformed("suppression_without_address"))?;
        let number = person.strip_prefix('+').and_then(|_| address(person));
        let ours = account.numbers.iter().find(|number| number.is_phone());
        let mut change = ConsentChange {
            carrier: NAME.into(),
            tenant_key: self.tenant_key(ours)?,
            address: Some(number.unwrap_or_else(|| format!("bsuid:{person}").into())),
            value: value.to_owned(),
            sent_at: time(self.at),
            event_id: json::id(&self.data["suppression_id"]).map(|id| format!("{id}/{value}")),
            ..ConsentChange::default()
        };
        for name in ["reason", "waba"] {
            if let Some(text) = json::text(&self.data[name]) {
                change.attributes.insert(name.into(), json!(text));
            }
        }
        Ok(CarrierEvent::Consent(Box::new(change)))
    }

    /// The state of a message of ours; an unknown type is no news, nor is our own reading of
    /// what a person wrote.
    fn update(&self, id: &str) -> Result<Option<CarrierEvent>, Malformed> {
        let Some(state) = self.state() else { return Ok(None) };
        if self.data["direction"] == "inbound" {
            return Ok(None);
        }
        let data = self.data;
        let cost = &data["cost"];
        let mut update = StatusUpdate {
            carrier: NAME.into(),
            external_id: self.id(id)?,
            client_ref: json::text(&data["metadata"]["ref"]).map(str::to_owned),
            tenant_key: Some(self.tenant_key(party(&data["from"]).as_ref())?),
            state,
            occurred_at: time(self.at),
            to_address: party(&data["to"]),
            segments: json::integer(&data["segments"]["count"]).and_then(|count| count.try_into().ok()),
            price: json::id(&cost["amount"])
                .map(|amount| json!({ "amount": amount, "currency": cost["currency_code"] })),
            ..StatusUpdate::default()
        };
        if state == ReportedState::Failed {
            self.explain(&mut update);
        }
        Ok(Some(CarrierEvent::Status(Box::new(update))))
    }

    /// Names of one word only: `whatsapp.group.join_request_created` is not about a message.
    fn state(&self) -> Option<ReportedState> {
        let word = self.kind.split_once('.')?.1;
        if word.contains('.') { None } else { status::platform(word) }
    }

    fn explain(&self, update: &mut StatusUpdate) {
        let error = &self.data["error"];
        let code = json::id(&error["code"]);
        let class = match code.as_deref() {
            None | Some("unknown") if self.kind.ends_with(".expired") => ErrorClass::Expired,
            code => errors::platform(code.unwrap_or_default()),
        };
        failed(update, class, code);
        let network = json::id(&error["carrier_error_code"]).or_else(|| json::id(&error["meta_error_code"]));
        if let Some(network) = network {
            update.attributes.insert("carrier_error_code".into(), json!(network));
        }
    }
}

/// A number (or name) as text, or WhatsApp's `{phone_number, bsuid}`.
fn party(value: &Value) -> Option<Address> {
    let number = json::text(value).or(json::text(&value["phone_number"]));
    let bsuid = || json::text(&value["bsuid"]).map(|id| Address::from(format!("bsuid:{id}")));
    number.and_then(address).or_else(bsuid)
}

/// Reads the one member that holds the content.
fn content(message: &mut InboundMessage, data: &Value) {
    const MEDIA: [(&str, MessageType); 5] = [
        ("image", MessageType::Image),
        ("video", MessageType::Video),
        ("audio", MessageType::Audio),
        ("sticker", MessageType::Sticker),
        ("document", MessageType::Document),
    ];
    if let Some((name, kind)) = MEDIA.into_iter().find(|(name, _)| data[*name].is_object()) {
        attach(message, name, kind, &data[name]);
    } else if data["text"].is_object() {
        message.message_type = MessageType::Text;
        message.text = data["text"]["body"].as_str().map(str::to_owned);
    } else if let Some(place) = place(&data["location"]) {
        message.message_type = MessageType::Location;
        message.location = Some(place);
    } else if data["contact_cards"].is_array() {
        message.message_type = MessageType::Contacts;
        message.contacts = Some(data["contact_cards"].clone());
    } else if data["interactive_reply"].is_object() {
        reply(message, &data["interactive_reply"]);
    } else {
        message.message_type = MessageType::Unsupported;
        message.unsupported_type = json::text(&data["unsupported"]["type"]).map(str::to_owned);
    }
}

fn attach(message: &mut InboundMessage, name: &str, kind: MessageType, wire: &Value) {
    let is_voice = wire["voice"] == true;
    message.message_type = if is_voice { MessageType::Voice } else { kind };
    message.text = wire["caption"].as_str().map(str::to_owned);
    let mut file = json::text(&wire["url"]).map(|url| media(url, None)).unwrap_or_default();
    file.kind = Some(if is_voice { "voice" } else { name }.to_owned());
    file.id = json::id(&wire["id"]);
    file.mime = json::text(&wire["mime_type"]).map(str::to_owned);
    file.filename = json::text(&wire["filename"]).and_then(base_name);
    message.media.push(file);
}

/// What was tapped: `{type: "button" | "list", button | list: {slug, text}}`.
fn reply(message: &mut InboundMessage, wire: &Value) {
    let (kind, tapped) = match wire["list"].is_object() {
        true => (MessageType::ListReply, &wire["list"]),
        false => (MessageType::ButtonReply, &wire["button"]),
    };
    message.message_type = kind;
    message.reply_id = json::id(&tapped["slug"]);
    message.text = json::text(&tapped["text"]).map(str::to_owned);
}
