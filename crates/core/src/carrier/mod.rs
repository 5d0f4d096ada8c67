//! The port that every carrier fills.

mod capabilities;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use serde_json::Value;

pub use capabilities::{Capabilities, MediaLimit};

use crate::address::Address;
use crate::content::{OutboundContent, OutboundMedia};
use crate::event::{CarrierEvent, Channel, ReportedState};
use crate::failure::SendError;
use crate::http::{HttpClient, HttpRequest, HttpResponse};
use crate::id::MessageId;
use crate::message::Purpose;
use crate::secret::Secret;
use crate::time::Timestamp;
use crate::webhook::{Malformed, Outcome, Proof, Refusal, WebhookReply, WebhookRequest};

/// How long a carrier may take to answer what sends nothing: a check, a read mark.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// A carrier's name as in configuration, URLs and metrics: `twilio`. Not an enum, so the
/// core never lists carriers.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(transparent)]
pub struct CarrierName(pub &'static str);

impl fmt::Display for CarrierName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl fmt::Debug for CarrierName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// One connection at one messaging carrier, seen from the pipeline.
///
/// Receiving is pure: bytes in, events out; no clock, no network, no storage. So a captured
/// request is a complete test case, and the same code runs under axum and under a Lambda.
/// Sending is a pure request builder and a pure outcome reader around one HTTP call.
#[async_trait]
pub trait Carrier: Send + Sync {
    /// As in configuration, URLs and metrics.
    fn name(&self) -> CarrierName;

    /// What this connection can carry; the carrier selection reads it.
    fn capabilities(&self) -> &Capabilities;

    /// The senders that this connection answers for, as routing keys (`tenant_key` of its
    /// events). Empty: every event that verifies with its secrets is its own.
    fn routing_keys(&self) -> Vec<String>;

    /// Our addresses that can send here, in order of preference, each with its channel.
    fn senders(&self) -> Vec<(Channel, Address)> {
        Vec::new()
    }

    /// Proves that the carrier sent this request. Call [`receive`], not this.
    fn verify(&self, request: &WebhookRequest) -> Result<Proof, Refusal>;

    /// Reads a verified request. One request may hold several events, or none; an unknown
    /// kind is an `unsupported` event or an ignored one, never an error. Call [`receive`],
    /// not this.
    fn parse(&self, request: &WebhookRequest) -> Result<Parsed, Malformed>;

    /// The answer to a challenge that is not a callback (Meta's `GET`); `None` if this
    /// request is none.
    fn handshake(&self, request: &WebhookRequest) -> Option<WebhookReply> {
        let _ = request;
        None
    }

    /// Whether callbacks may come to `rest`, the raw path after `/webhooks/{carrier}/`, when
    /// its first segment names no connection: a path token, `status`, `events`. Without it
    /// such a path is unknown, so that a mistyped connection name is told.
    fn accepts_path(&self, rest: &str) -> bool {
        let _ = rest;
        false
    }

    /// The secrets that this connection's callbacks carry in the clear: in the path, a header
    /// or the body. Wherever a request is kept they are blanked, in refused ones too.
    fn secrets_in_callbacks(&self) -> Vec<&Secret> {
        Vec::new()
    }

    /// The body of a verified request as it may be kept: a secret that travels in it is
    /// blanked.
    fn journal_body(&self, request: &WebhookRequest) -> Bytes {
        request.body.clone()
    }

    /// The answer in the carrier's dialect. `events` are those read (empty unless accepted).
    fn reply(&self, outcome: Outcome, events: &[CarrierEvent]) -> WebhookReply {
        let _ = events;
        WebhookReply::empty(if outcome == Outcome::Reject { 401 } else { 200 })
    }

    /// The answer to a refused request.
    fn refuse(&self, refusal: &Refusal) -> WebhookReply {
        WebhookReply::empty(match refusal {
            Refusal::Unverified(_) | Refusal::Replayed(_) => 401,
            Refusal::Forbidden(_) => 403,
            Refusal::Method => 405,
        })
    }

    /// The request that hands `message` over. Pure.
    fn request(&self, message: &OutboundMessage) -> Result<HttpRequest, SendError>;

    /// What the carrier's answer means. Pure.
    fn outcome(&self, message: &OutboundMessage, response: &HttpResponse) -> Result<Accepted, SendError>;

    /// Hands one message over. Carriers that need more than one call replace this.
    async fn send(&self, http: &dyn HttpClient, message: &OutboundMessage) -> Result<Accepted, SendError> {
        let response = http.execute(self.request(message)?).await?;
        self.outcome(message, &response)
    }

    /// Asks the carrier what became of an ambiguous attempt. `None`: this carrier has no
    /// such record; only a status callback can settle it.
    async fn look_up(&self, http: &dyn HttpClient, query: &LookUp) -> Result<Option<Found>, SendError> {
        let (_, _) = (http, query);
        Ok(None)
    }

    /// Shows the person that we have read, and perhaps that somebody writes an answer.
    /// `false`: this carrier shows no such thing on that channel. It may be lost: nothing
    /// depends on it.
    async fn show(&self, http: &dyn HttpClient, presence: &Presence) -> Result<bool, SendError> {
        let (_, _) = (http, presence);
        Ok(false)
    }

    /// Leaves a file with the carrier; the answer is the medium that messages of this
    /// connection name it by. Sends nothing to anybody.
    async fn upload(&self, http: &dyn HttpClient, file: &Upload) -> Result<OutboundMedia, SendError> {
        let (_, _) = (http, file);
        Err(SendError::Unsupported("uploads_not_carried"))
    }

    /// Asks the carrier whether our credentials work. Sends nothing to anybody.
    async fn check(&self, http: &dyn HttpClient) -> Result<Health, SendError> {
        let _ = http;
        Ok(Health { ok: true, detail: "this carrier offers no check".into() })
    }
}

/// The only way into [`Carrier::parse`]: nothing unverified is ever read.
pub fn receive(
    carrier: &dyn Carrier,
    request: &WebhookRequest,
) -> Result<(Proof, Result<Parsed, Malformed>), Refusal> {
    let proof = carrier.verify(request)?;
    Ok((proof, carrier.parse(request)))
}

/// What was in a request.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Parsed {
    /// The facts, in the request's order.
    pub events: Vec<CarrierEvent>,
    /// Elements of a batch that could not be read: a stable word each. The rest goes on.
    pub quarantined: Vec<&'static str>,
}

/// One unit handed to one carrier: a whole message, or one part of a long one.
#[derive(Debug, Clone, PartialEq)]
pub struct OutboundMessage {
    /// Our message.
    pub message_id: MessageId,
    /// Our id for this attempt's part, given to the carrier wherever it lets us: it comes
    /// back in status callbacks and settles an ambiguous send. `msg_…` or `msg_….2`.
    pub client_ref: String,
    /// Which channel.
    pub channel: Channel,
    /// Which of our addresses sends.
    pub from: Address,
    /// The recipient, normalised.
    pub to: Address,
    /// What to say.
    pub content: OutboundContent,
    /// The carrier's id of the message this one answers.
    pub reply_to: Option<String>,
    /// The carrier's conversation, where it has one.
    pub conversation_ref: Option<String>,
    /// Our public URL for status callbacks of this connection, where the carrier takes one
    /// per message.
    pub status_url: Option<String>,
    /// Do not deliver after this.
    pub expires_at: Option<Timestamp>,
    /// A machine of ours wrote it by itself; other machines should not answer it.
    pub automatic: bool,
    /// What it is for, if the client said.
    pub purpose: Option<Purpose>,
}

impl OutboundMessage {
    /// The whole of a message, under our id for it, with nothing beside what it must have.
    pub fn new(
        message_id: MessageId,
        channel: Channel,
        from: Address,
        to: Address,
        content: OutboundContent,
    ) -> Self {
        Self {
            message_id,
            client_ref: message_id.to_string(),
            channel,
            from,
            to,
            content,
            reply_to: None,
            conversation_ref: None,
            status_url: None,
            expires_at: None,
            automatic: false,
            purpose: None,
        }
    }
}

/// A carrier took a message.
#[derive(Debug, Clone, PartialEq)]
pub struct Accepted {
    /// The carrier's id for it; empty if it gives none.
    pub carrier_message_id: String,
    /// Whether it is merely queued there or already handed on.
    pub state: ReportedState,
    /// Billing segments, as the carrier counts.
    pub segments: Option<u32>,
    /// The recipient as the carrier knows them, if that differs from what we dialled.
    pub recipient: Option<Address>,
    /// The carrier's conversation that it went into, where it has such.
    pub conversation_ref: Option<String>,
}

impl Accepted {
    /// Taken, with this id.
    pub fn with_id(carrier_message_id: impl Into<String>) -> Self {
        Self {
            carrier_message_id: carrier_message_id.into(),
            state: ReportedState::Queued,
            segments: None,
            recipient: None,
            conversation_ref: None,
        }
    }
}

/// What we want to know about an ambiguous attempt.
#[derive(Debug, Clone)]
pub struct LookUp {
    /// Our reference.
    pub client_ref: String,
    /// Our sender.
    pub from: Address,
    /// The recipient.
    pub to: Address,
    /// The words, to compare with.
    pub text: Option<String>,
    /// When the attempt began.
    pub since: Timestamp,
    /// The carrier's conversation, where it has one: some records are kept by it only.
    pub conversation_ref: Option<String>,
}

/// What the carrier's own record says.
#[derive(Debug, Clone, PartialEq)]
pub enum Found {
    /// It has the message.
    Taken(Accepted),
    /// It surely does not: sending again is safe.
    NotTaken,
    /// It cannot tell yet.
    Unclear,
}

/// What a person is shown of us beside messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Presence {
    /// Over what.
    pub channel: Channel,
    /// The carrier's id of the newest message of theirs that we have read.
    pub external_id: String,
    /// The carrier's own conversation, where it has such.
    pub conversation_ref: Option<String>,
    /// When that message was written.
    pub read_up_to: Timestamp,
    /// Somebody writes an answer; it vanishes by itself or with the answer.
    pub typing: bool,
}

/// A file for a carrier to keep.
#[derive(Clone)]
pub struct Upload {
    /// Its content.
    pub bytes: Bytes,
    /// Its media type, without parameters.
    pub mime: String,
    /// Its name, without a path.
    pub filename: String,
}

impl fmt::Debug for Upload {
    /// Not the content, which is somebody's.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upload")
            .field("bytes", &self.bytes.len())
            .field("mime", &self.mime)
            .finish_non_exhaustive()
    }
}

/// The answer of a credentials check.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Health {
    /// Whether we can send.
    pub ok: bool,
    /// One sentence for the operator; no secret.
    pub detail: String,
}

/// What a carrier folder exports: enough to build it from its own settings.
pub struct CarrierPlugin {
    /// Its name.
    pub name: CarrierName,
    /// The settings that a new connection cannot do without, as TOML with remarks, for
    /// `omni init`: secrets are files below `secrets/`.
    pub starter: &'static str,
    /// Builds a connection from its table in the configuration.
    pub build: fn(Value) -> Result<Arc<dyn Carrier>, SettingsError>,
    /// Settings for a conformance case: reads the case's `secrets`, `config`, `slot`, …
    /// and answers the table that [`CarrierPlugin::build`] takes.
    pub case_settings: fn(&Value) -> Value,
}

/// A connection's settings are wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SettingsError {
    /// The setting, if one is to blame.
    pub key: Option<String>,
    /// What is wrong and what to do; no secret.
    pub message: String,
}

impl SettingsError {
    /// One setting is wrong.
    pub fn new(key: &str, message: impl Into<String>) -> Self {
        Self { key: Some(key.into()), message: message.into() }
    }
}
