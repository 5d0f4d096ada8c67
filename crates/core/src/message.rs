//! A message: one unit in a conversation, with all that happened to it.
//!
//! A message is one record: its content, its attempts, its receipts and its trace live and
//! change together, under one version. That is what `omni why` prints, and what keeps the
//! hot path at one row per change.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::address::Address;
use crate::content::OutboundContent;
use crate::event::{Channel, InboundMessage, MessageType};
use crate::failure::ErrorClass;
use crate::id::{
    AccountId, AttemptId, ConnectionId, ConversationId, CustomerId, JournalId, MessageId, TenantId, TraceId,
};
use crate::status::Status;
use crate::time::Timestamp;

/// Which way a message goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// From a person to us.
    Inbound,
    /// From us to a person.
    Outbound,
}

impl Direction {
    /// As in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Inbound => "inbound",
            Self::Outbound => "outbound",
        }
    }
}

/// Who wrote an outbound message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Author {
    /// The person.
    Customer,
    /// An API client.
    Api,
    /// A rule or an automatic answer.
    AutoReply,
    /// The answer to a consent keyword: the only thing an opted-out person still gets.
    ConsentReply,
    /// Somebody on our side, past us (a business app, an agent's desk).
    Echo,
}

/// How urgent an outbound message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// Before everything of its tenant.
    High,
    /// As it comes.
    #[default]
    Normal,
    /// After everything of its tenant.
    Low,
}

/// What a message is for. People can refuse one purpose and keep the others, and some carriers
/// want to know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// About something that the person ordered, booked or owns.
    Transactional,
    /// To make them buy or come back.
    Marketing,
    /// A code that proves who they are.
    Authentication,
    /// An answer to what they asked.
    Service,
}

impl Purpose {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Transactional, Self::Marketing, Self::Authentication, Self::Service];

    /// As in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Transactional => "transactional",
            Self::Marketing => "marketing",
            Self::Authentication => "authentication",
            Self::Service => "service",
        }
    }
}

/// One unit in a conversation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Message {
    /// Its id.
    pub id: MessageId,
    /// Whose.
    pub tenant: TenantId,
    /// Which brand or project.
    pub account: AccountId,
    /// Which way.
    pub direction: Direction,
    /// Who wrote it.
    pub author: Author,
    /// What the person uses.
    pub channel: Channel,
    /// The connection it came in by, or goes (or went) out by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connection: Option<ConnectionId>,
    /// That connection's carrier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub carrier: Option<String>,
    /// The person's address.
    pub customer_address: Address,
    /// Our address; `None` until a sender is chosen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub our_address: Option<Address>,
    /// The person; `None` until identified.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<CustomerId>,
    /// Its conversation; `None` until found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversation: Option<ConversationId>,
    /// Its place in the conversation, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sequence: Option<u64>,
    /// Where it stands.
    pub status: Status,
    /// What it says.
    pub content: Content,
    /// The carrier's id, once known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub carrier_message_id: Option<String>,
    /// Outbound: how it is to be sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sending: Option<Sending>,
    /// Every try to hand it over.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attempts: Vec<Attempt>,
    /// Every receipt, in the order in which they arrived; at most [`Message::MOST_RECEIPTS`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub receipts: Vec<Receipt>,
    /// Why it failed, if it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<DeliveryError>,
    /// What was decided about it, step by step; at most [`Message::MOST_TRACE`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub trace: Vec<TraceEntry>,
    /// Labels that rules gave it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// Ties it to the request or message that caused it.
    pub correlation: TraceId,
    /// The journal entry it was read from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub journal: Option<JournalId>,
    /// When it was written, as the carrier says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent_at: Option<Timestamp>,
    /// When we stored it.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

impl Message {
    /// Most receipts that are kept; a carrier that repeats itself for ever fills no disk.
    pub const MOST_RECEIPTS: usize = 40;
    /// Most trace entries that are kept.
    pub const MOST_TRACE: usize = 100;

    /// Adds a trace entry, within the limit.
    pub fn note(&mut self, entry: TraceEntry) {
        if self.trace.len() < Self::MOST_TRACE {
            self.trace.push(entry);
        }
    }

    /// The words in it, if there are any.
    pub fn text(&self) -> Option<&str> {
        match &self.content {
            Content::Inbound(message) => message.text.as_deref(),
            Content::Outbound(content) => content.text(),
        }
    }

    /// What kind of thing it is.
    pub fn message_type(&self) -> MessageType {
        match &self.content {
            Content::Inbound(message) => message.message_type,
            Content::Outbound(content) => content.message_type(),
        }
    }
}

/// What a message says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Content {
    /// As the carrier delivered it.
    Inbound(Box<InboundMessage>),
    /// As we were asked to send it.
    Outbound(OutboundContent),
}

/// How an outbound message is to be sent.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Sending {
    /// How urgent.
    #[serde(default)]
    pub priority: Priority,
    /// What it is for, if the client says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purpose: Option<Purpose>,
    /// Not before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scheduled_at: Option<Timestamp>,
    /// Not after.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expire_at: Option<Timestamp>,
    /// Where the client wants to hear of status changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub callback_url: Option<String>,
    /// The carrier the client would like.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preferred_carrier: Option<String>,
    /// The sender the client named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sender: Option<Address>,
    /// The hand-off epoch under which a bot wrote this: a later epoch drops it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epoch: Option<u64>,
    /// The message this one answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_reply_to: Option<MessageId>,
    /// The candidates that were considered, best first, as of the last selection.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub candidates: Vec<Candidate>,
}

/// One connection considered for sending.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Candidate {
    /// The connection.
    pub connection: ConnectionId,
    /// Its carrier.
    pub carrier: String,
    /// The sender it would use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sender: Option<Address>,
    /// Why it stands where it stands, or why it is excluded.
    pub reason: String,
    /// Whether it may be used.
    pub eligible: bool,
}

/// One try to hand a message (or one part of it) to one carrier.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Attempt {
    /// Its id.
    pub id: AttemptId,
    /// From 1, over all connections and parts.
    pub number: u32,
    /// Which connection.
    pub connection: ConnectionId,
    /// Its carrier.
    pub carrier: String,
    /// Which part of a split text, from 1.
    pub part: u16,
    /// How many parts.
    pub parts: u16,
    /// Our reference at the carrier.
    pub client_ref: String,
    /// Recorded before the socket write.
    pub started_at: Timestamp,
    /// When its outcome was recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// How it ended.
    pub outcome: AttemptOutcome,
    /// The carrier's id for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub carrier_message_id: Option<String>,
    /// Why it was not accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<DeliveryError>,
    /// The state that receipts reported for this part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
}

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttemptOutcome {
    /// Recorded; the outcome is not. After a crash this is as good as ambiguous.
    Started,
    /// The carrier took it.
    Accepted,
    /// The carrier (or we, before sending) said no.
    Rejected,
    /// Nothing left this machine.
    NotSent,
    /// Bytes may have left; nobody knows yet.
    Ambiguous,
}

impl AttemptOutcome {
    /// Whether another send could double what this attempt may have sent.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Started | Self::Ambiguous)
    }
}

/// Why something was not delivered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeliveryError {
    /// The carrier's code, or ours.
    pub code: String,
    /// What it means.
    pub class: ErrorClass,
    /// The carrier's words or ours; nothing personal.
    pub message: String,
    /// Whether trying again may help.
    pub retryable: bool,
}

/// One status report of a carrier.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Receipt {
    /// The carrier's word in ours.
    pub state: crate::event::ReportedState,
    /// When it happened, as the carrier says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub occurred_at: Option<Timestamp>,
    /// When it arrived here.
    pub received_at: Timestamp,
    /// Which part it is about.
    pub part: u16,
    /// Whether it changed the message's status.
    pub applied: bool,
    /// The carrier's error code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_code: Option<String>,
    /// The carrier's own word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// One decision about a message: what was looked at, what came out, how long it took.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TraceEntry {
    /// The step, as in configuration and metrics.
    pub step: String,
    /// In a few words.
    pub verdict: String,
    /// When.
    pub at: Timestamp,
    /// How long it took, in microseconds.
    pub micros: u64,
    /// The facts that decided; nothing personal.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub facts: Value,
}

impl TraceEntry {
    /// A decision of `step`, taken from `started` to `now`.
    pub fn new(
        step: &str,
        verdict: impl Into<String>,
        started: Timestamp,
        now: Timestamp,
        facts: Value,
    ) -> Self {
        let took: Duration = now.since(started);
        Self {
            step: step.to_owned(),
            verdict: verdict.into(),
            at: now,
            micros: u64::try_from(took.as_micros()).unwrap_or(u64::MAX),
            facts,
        }
    }
}
