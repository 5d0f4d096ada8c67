//! What a carrier told us: the normalised facts that [`Carrier::parse`] reads out of a
//! request.
//!
//! JSON names are the vocabulary of the conformance vectors (`kind`, `external_id`,
//! `tenant_key`, …), so a case's expected events compare directly with ours. Rare facts of
//! one carrier travel in `attributes`, flattened into the same object.
//!
//! [`Carrier::parse`]: crate::carrier::Carrier::parse

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::address::Address;
use crate::consent::Keyword;
use crate::failure::ErrorClass;
use crate::time::Timestamp;

/// What the person uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// Text messages.
    Sms,
    /// Picture messages of the phone networks.
    Mms,
    /// WhatsApp, whoever carries it.
    Whatsapp,
    /// RCS business messaging.
    Rcs,
    /// Chat on a web site.
    Chat,
    /// E-mail.
    Email,
    /// Phone calls.
    Voice,
}

impl Channel {
    /// As in JSON and metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sms => "sms",
            Self::Mms => "mms",
            Self::Whatsapp => "whatsapp",
            Self::Rcs => "rcs",
            Self::Chat => "chat",
            Self::Email => "email",
            Self::Voice => "voice",
        }
    }

    /// The channel whose conversation this one shares: a picture in an SMS conversation
    /// belongs to that conversation.
    #[must_use]
    pub const fn conversation_channel(self) -> Self {
        match self {
            Self::Mms => Self::Sms,
            other => other,
        }
    }
}

impl std::str::FromStr for Channel {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        [Self::Sms, Self::Mms, Self::Whatsapp, Self::Rcs, Self::Chat, Self::Email, Self::Voice]
            .into_iter()
            .find(|channel| channel.as_str() == text)
            .ok_or(())
    }
}

/// What kind of thing a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MessageType {
    /// Words only.
    #[default]
    Text,
    /// A picture.
    Image,
    /// A film.
    Video,
    /// Sound that is not a voice note.
    Audio,
    /// A voice note.
    Voice,
    /// A file.
    Document,
    /// A sticker.
    Sticker,
    /// Media of a kind the carrier does not name.
    Media,
    /// A place.
    Location,
    /// Contact cards.
    Contacts,
    /// A pressed button.
    ButtonReply,
    /// A picked list entry.
    ListReply,
    /// A filled form.
    FormReply,
    /// An emoji on another message.
    Reaction,
    /// A shopping cart.
    Order,
    /// A first contact without content.
    RequestWelcome,
    /// A card or carousel.
    Rich,
    /// A carrier's free-form object.
    Custom,
    /// Media that the carrier could not hand over.
    UnavailableMedia,
    /// A template message (outbound).
    Template,
    /// Buttons or a list (outbound).
    Interactive,
    /// A question for the person's place (outbound).
    LocationRequest,
    /// A form to fill in (outbound).
    Flow,
    /// Products of a catalogue (outbound).
    Products,
    /// A mail with a subject of its own (outbound).
    Email,
    /// A kind that we (or the carrier) cannot represent; kept and visible.
    Unsupported,
}

/// One fact from a carrier.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum CarrierEvent {
    /// A person wrote.
    Message(Box<InboundMessage>),
    /// The state of a message of ours.
    Status(Box<StatusUpdate>),
    /// Everything we sent in a conversation up to a time reached a state.
    StatusUpTo(Box<Notice>),
    /// Somebody on our side answered past us (a business app, an agent's desk).
    Echo(Box<InboundMessage>),
    /// A person changed an earlier message.
    Edit(Box<Amendment>),
    /// A person deleted an earlier message.
    Revoke(Box<Amendment>),
    /// A person gave or withdrew consent.
    Consent(Box<ConsentChange>),
    /// A person's address changed.
    IdentityChange(Box<IdentityChange>),
    /// A chat began.
    ConversationStarted(Box<Notice>),
    /// A chat ended.
    ConversationEnded(Box<Notice>),
    /// A chat was passed on to other people.
    Handoff(Box<Notice>),
    /// Somebody joined a chat.
    ParticipantJoined(Box<Notice>),
    /// Somebody left a chat.
    ParticipantLeft(Box<Notice>),
    /// A remark for agents only: it must never leave to the customer.
    Note(Box<InboundMessage>),
    /// A line that the platform itself wrote into a chat.
    System(Box<Notice>),
    /// Something about our account at the carrier.
    AccountEvent(Box<Notice>),
    /// An error of our account that belongs to no message.
    AccountError(Box<AccountError>),
}

impl CarrierEvent {
    /// Whose it is: matched against the routing keys of connections.
    pub fn tenant_key(&self) -> &str {
        match self {
            Self::Message(m) | Self::Echo(m) | Self::Note(m) => &m.tenant_key,
            Self::Status(s) => s.tenant_key.as_deref().unwrap_or_default(),
            Self::Edit(a) | Self::Revoke(a) => &a.tenant_key,
            Self::Consent(c) => &c.tenant_key,
            Self::IdentityChange(i) => &i.tenant_key,
            Self::AccountError(e) => &e.tenant_key,
            Self::StatusUpTo(n)
            | Self::ConversationStarted(n)
            | Self::ConversationEnded(n)
            | Self::Handoff(n)
            | Self::ParticipantJoined(n)
            | Self::ParticipantLeft(n)
            | Self::System(n)
            | Self::AccountEvent(n) => &n.tenant_key,
        }
    }

    /// As in JSON and metrics.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Message(_) => "message",
            Self::Status(_) => "status",
            Self::StatusUpTo(_) => "status_up_to",
            Self::Echo(_) => "echo",
            Self::Edit(_) => "edit",
            Self::Revoke(_) => "revoke",
            Self::Consent(_) => "consent",
            Self::IdentityChange(_) => "identity_change",
            Self::ConversationStarted(_) => "conversation_started",
            Self::ConversationEnded(_) => "conversation_ended",
            Self::Handoff(_) => "handoff",
            Self::ParticipantJoined(_) => "participant_joined",
            Self::ParticipantLeft(_) => "participant_left",
            Self::Note(_) => "note",
            Self::System(_) => "system",
            Self::AccountEvent(_) => "account_event",
            Self::AccountError(_) => "account_error",
        }
    }
}

fn is_false(value: &bool) -> bool {
    !value
}

/// A message as a carrier delivered it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct InboundMessage {
    /// The carrier's name.
    pub carrier: String,
    /// What the person used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel: Option<Channel>,
    /// The carrier's id: unique per connection, the key against doubles.
    pub external_id: String,
    /// Our id for it was made from its content, because the carrier gave none.
    #[serde(skip_serializing_if = "is_false")]
    pub synthetic_id: bool,
    /// Whose it is.
    pub tenant_key: String,
    /// What it is.
    #[serde(rename = "type")]
    pub message_type: MessageType,
    /// Who wrote, normalised; `None` where the carrier withholds it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from_address: Option<Address>,
    /// Other addresses of the same person, named in the same request.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub alt_addresses: Vec<Address>,
    /// The name they show.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from_name: Option<String>,
    /// The user name they show.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from_username: Option<String>,
    /// Which of our addresses it went to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to_address: Option<Address>,
    /// All our addresses it went to (e-mail).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub to_addresses: Vec<Address>,
    /// When it was written, if the carrier says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sent_at: Option<Timestamp>,
    /// Its words: text, caption, button title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The subject (e-mail, MMS).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// Media by reference: nothing is downloaded in the callback path.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub media: Vec<MediaRef>,
    /// A place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<Location>,
    /// Contact cards, as the carrier gave them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contacts: Option<Value>,
    /// The id behind a pressed button or picked entry.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reply_id: Option<String>,
    /// The carrier's id of the message this one answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<String>,
    /// A reaction.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reaction: Option<Reaction>,
    /// A cart: `{catalog_id, items: [{sku, qty | quantity, price, currency}]}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order: Option<Value>,
    /// The advertisement that led here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub referral: Option<Value>,
    /// The answers of a form.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub form: Option<Value>,
    /// `once` or `many`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub forwarded: Option<String>,
    /// The carrier's group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group_id: Option<String>,
    /// `{participants: […]}` of a group message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<Value>,
    /// The carrier's conversation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conversation_ref: Option<String>,
    /// The carrier's session within its conversation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thread_ref: Option<String>,
    /// The consent keyword that the whole text is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consent: Option<Keyword>,
    /// `false` where an automatic answer would be wrong (the network answered, a machine
    /// wrote); `None` if nothing speaks against one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auto_reply_allowed: Option<bool>,
    /// Billing segments, as the carrier counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub segments: Option<u32>,
    /// Layout parts that were left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skipped_media: Option<u32>,
    /// The carrier's word for a kind we do not know.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unsupported_type: Option<String>,
    /// The text was over our limit and cut.
    #[serde(skip_serializing_if = "is_false")]
    pub truncated: bool,
    /// Everything rare.
    #[serde(flatten)]
    pub attributes: Map<String, Value>,
}

/// Media at a carrier, not fetched yet.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct MediaRef {
    /// Where to fetch it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The carrier's media id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The media type the carrier claims.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mime: Option<String>,
    /// `image`, `video`, `audio`, `voice`, `document`, `sticker`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// The file name, its last path segment only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filename: Option<String>,
    /// Bytes, as the carrier claims.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// The address is not one that we may fetch from.
    #[serde(skip_serializing_if = "is_false")]
    pub blocked: bool,
    /// Everything rare.
    #[serde(flatten)]
    pub attributes: Map<String, Value>,
}

/// A place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Location {
    /// Degrees north.
    pub lat: f64,
    /// Degrees east.
    pub lon: f64,
    /// What is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its postal address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
}

/// An emoji on another message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reaction {
    /// The carrier's id of the message reacted to.
    pub target: String,
    /// The emoji; `None` if it was taken back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub emoji: Option<String>,
    /// Whether it was taken back.
    pub removed: bool,
}

/// What a carrier says became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReportedState {
    /// The carrier has it.
    Queued,
    /// The carrier handed it on.
    Sent,
    /// It arrived.
    Delivered,
    /// It was seen.
    Read,
    /// It will not arrive.
    Failed,
    /// The receiving network did not take it.
    Undelivered,
    /// It was withdrawn.
    Canceled,
    /// The carrier will keep trying (e-mail).
    Deferred,
    /// An e-mail was opened (an attribute, not a rank).
    Opened,
    /// A link was clicked (an attribute, not a rank).
    Clicked,
    /// No receipt will ever come: not a failure.
    #[default]
    Unknown,
}

/// A status callback.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct StatusUpdate {
    /// The carrier's name.
    pub carrier: String,
    /// The carrier's id of the message.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub external_id: String,
    /// Our id, if the carrier hands it back: settles an ambiguous send.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_ref: Option<String>,
    /// Whose it is, where the callback says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tenant_key: Option<String>,
    /// The state.
    pub state: ReportedState,
    /// When it happened, if the carrier says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub occurred_at: Option<Timestamp>,
    /// The recipient.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to_address: Option<Address>,
    /// The carrier's error code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_code: Option<String>,
    /// What that code means.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_class: Option<ErrorClass>,
    /// Whether another try on the same carrier may help.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retryable: Option<bool>,
    /// The carrier's own word, where it says more than ours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The consent change that the failure proves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consent: Option<Keyword>,
    /// Whose consent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<Address>,
    /// Billing segments.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub segments: Option<u32>,
    /// `{amount, currency}`, decimal strings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price: Option<Value>,
    /// Everything rare.
    #[serde(flatten)]
    pub attributes: Map<String, Value>,
}

/// A later change of an earlier message.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Amendment {
    /// The carrier's name.
    pub carrier: String,
    /// The carrier's id of the change itself.
    pub external_id: String,
    /// Whose it is.
    pub tenant_key: String,
    /// The carrier's id of the message changed.
    pub target: String,
    /// What it is now (edits).
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub message_type: Option<MessageType>,
    /// Its words now (edits).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Who changed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from_address: Option<Address>,
    /// When.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sent_at: Option<Timestamp>,
    /// Everything rare.
    #[serde(flatten)]
    pub attributes: Map<String, Value>,
}

/// A consent change that the carrier reports as such.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ConsentChange {
    /// The carrier's name.
    pub carrier: String,
    /// Whose it is.
    pub tenant_key: String,
    /// Who changed their mind.
    pub address: Option<Address>,
    /// Towards which of our senders.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sender: Option<Address>,
    /// `stop`, `start` or `complaint`.
    pub value: String,
    /// The part of our messages it is about; all if `None`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// When.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sent_at: Option<Timestamp>,
    /// The carrier's id of the event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_id: Option<String>,
    /// Everything rare.
    #[serde(flatten)]
    pub attributes: Map<String, Value>,
}

/// A person's address changed.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct IdentityChange {
    /// The carrier's name.
    pub carrier: String,
    /// The carrier's id of the event.
    pub external_id: String,
    /// Whose it is.
    pub tenant_key: String,
    /// The address until now.
    pub old_address: Option<Address>,
    /// The address from now on.
    pub new_address: Option<Address>,
    /// Everything rare.
    #[serde(flatten)]
    pub attributes: Map<String, Value>,
}

/// Something happened in or to a chat or an account.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Notice {
    /// The carrier's name.
    pub carrier: String,
    /// Whose it is.
    pub tenant_key: String,
    /// The carrier's id of the event, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// The carrier's conversation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conversation_ref: Option<String>,
    /// The carrier's session within its conversation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thread_ref: Option<String>,
    /// Everything particular to the kind (`who`, `by`, `customer`, `system_type`, …).
    #[serde(flatten)]
    pub attributes: Map<String, Value>,
}

/// An error of our account at the carrier.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AccountError {
    /// The carrier's name.
    pub carrier: String,
    /// Whose it is.
    pub tenant_key: String,
    /// The carrier's code.
    pub error_code: String,
    /// What it means.
    pub error_class: ErrorClass,
    /// Whether waiting helps.
    pub retryable: bool,
    /// The carrier's words, without anything personal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

impl CarrierEvent {
    /// What makes a message itself and no other, within one connection: the carrier's id, and
    /// who of ours it is for.
    pub fn message_identity(message: &InboundMessage) -> String {
        format!("m|{}|{}", message.tenant_key, message.external_id)
    }

    /// What makes this fact itself and no other, within one connection; `None` where
    /// nothing does. Carriers repeat themselves, within one request too.
    pub fn identity(&self) -> Option<String> {
        let event_id = |attributes: &Map<String, Value>| {
            attributes.get("event_id").and_then(Value::as_str).map(|id| format!("e|{id}"))
        };
        match self {
            Self::Message(m) | Self::Echo(m) | Self::Note(m) => Some(Self::message_identity(m)),
            Self::Status(s) => event_id(&s.attributes).or_else(|| {
                let to = s.to_address.as_ref().map(Address::expose).unwrap_or_default();
                let reference = s.client_ref.as_deref().unwrap_or_default();
                let at = s.occurred_at.map_or(0, Timestamp::as_micros);
                Some(format!("s|{}|{reference}|{to}|{:?}|{at}", s.external_id, s.state))
            }),
            Self::Edit(a) | Self::Revoke(a) => Some(format!("a|{}|{}", a.tenant_key, a.external_id)),
            Self::IdentityChange(i) => Some(format!("i|{}|{}", i.tenant_key, i.external_id)),
            Self::Consent(c) => c.event_id.as_ref().map(|id| format!("e|{id}")),
            Self::StatusUpTo(n)
            | Self::ConversationStarted(n)
            | Self::ConversationEnded(n)
            | Self::Handoff(n)
            | Self::ParticipantJoined(n)
            | Self::ParticipantLeft(n)
            | Self::System(n)
            | Self::AccountEvent(n) => {
                let id = n.external_id.as_ref()?;
                Some(format!("n|{}|{}|{id}", self.kind(), n.tenant_key))
            }
            Self::AccountError(_) => None,
        }
    }
}
