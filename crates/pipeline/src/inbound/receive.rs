//! Makes a carrier's request durable, then lets it be answered.
//!
//! Every event is a commit of its own (message, key against doubles, job, log entry), so a
//! repeated event in a batch is refused alone; the store groups them into one write. The
//! answer is given only when all of them are on disk.

use std::sync::Arc;

use bytes::Bytes;
use futures::future::try_join_all;
use omni_core::address::Address;
use omni_core::event::{CarrierEvent, Channel, InboundMessage};
use omni_core::id::{JobId, JournalId, MessageId, TenantId, TraceId};
use omni_core::job::{Job, Work};
use omni_core::message::{Author, Content, Direction, Message, TraceEntry};
use omni_core::problem::{self, Problem};
use omni_core::secret::Secret;
use omni_core::status::Status;
use omni_core::store::{Changes, Committed, Expect, JournalEntry, Pointer, StoreError};
use omni_core::time::Timestamp;
use omni_core::webhook::{Outcome, WebhookReply, WebhookRequest};
use serde_json::{Value, json};

use super::blank::blanked;
use super::intake::{Intake, Routed, take_in, take_in_again};
use crate::directory::Connection;
use crate::engine::{Engine, REMEMBERED, inbound_lane};

/// Most bytes of an inbound message in its record: room is left for what is decided about it.
const MOST_CONTENT: usize = 512 * 1024;
/// Characters that are left of a longer text in a message over that.
const MOST_CHARACTERS: usize = 32 * 1024;
/// Media that are left in a message over that.
const MOST_MEDIA: usize = 20;
/// Most bytes of a refused request that are kept: it may come from anybody.
const MOST_REFUSED_BODY: usize = 16 * 1024;

/// What became of a request.
#[derive(Debug)]
pub struct Received {
    /// The answer in the carrier's dialect.
    pub reply: WebhookReply,
    /// In one word.
    pub outcome: Outcome,
    /// Messages stored now (not doubles).
    pub messages: Vec<MessageId>,
    /// Events that were stored before.
    pub duplicates: usize,
}

/// Takes one request of `carrier` in, at one connection or at all of that carrier.
///
/// # Errors
/// [`problem::CONNECTION_UNKNOWN`] if there is no such connection;
/// [`problem::STORE_UNAVAILABLE`] if something could not be made durable: the carrier must
/// get a 5xx and will come back.
pub async fn receive(
    engine: &Engine,
    carrier: &str,
    connection: Option<&str>,
    request: &WebhookRequest,
) -> Result<Received, Problem> {
    let connections = connections(engine, carrier, connection)?;
    let Some(mut intake) = take_in(&connections, request, &engine.replays) else {
        return Err(unknown_connection());
    };
    count(carrier, &intake);
    if intake.handshake {
        return Ok(Received {
            reply: intake.reply,
            outcome: intake.outcome,
            messages: Vec::new(),
            duplicates: 0,
        });
    }
    let token = intake.once.take().zip(intake.verified_by.clone());
    let received = store(engine, carrier, &connections, request, intake).await.map_err(|error| {
        tracing::error!(carrier, error = %error, "a callback could not be stored; the carrier is asked to repeat it");
        Problem::from(error)
    })?;
    if let Some((once, connection)) = token {
        engine.replays.remember(&connection.id, once, request.received_at);
    }
    Ok(received)
}

/// Takes a kept request in once more, as it came: what was stored before is not stored again.
///
/// A request that a connection verified when it came is believed; one that nobody verified
/// must verify now (after a secret was corrected), at `connection` or at all of its carrier.
///
/// # Errors
/// [`problem::NOT_FOUND`] if the entry cannot be read or is not `tenant`'s to replay;
/// otherwise as [`receive`].
pub async fn receive_again(
    engine: &Engine,
    tenant: &TenantId,
    entry: &JournalEntry,
    connection: Option<&str>,
) -> Result<Received, Problem> {
    let gone = || Problem::new(problem::NOT_FOUND, format!("The request {} cannot be replayed.", entry.id));
    let request = rebuilt(entry).ok_or_else(gone)?;
    let of_carrier = engine.directory.of_carrier(&entry.carrier);
    let verifier = entry.connection.as_deref().and_then(|name| {
        of_carrier.iter().find(|connection| connection.id.as_str() == name && connection.tenant == *tenant)
    });
    if let Some(verifier) = verifier {
        let intake = take_in_again(of_carrier, verifier, &request);
        return Ok(store(engine, &entry.carrier, of_carrier, &request, intake).await?);
    }
    if entry.connection.is_some() || !of_carrier.iter().all(|connection| connection.tenant == *tenant) {
        return Err(gone());
    }
    receive(engine, &entry.carrier, connection, &request).await
}

/// The request that an entry keeps. It keeps its time of arrival too: signatures cover times.
fn rebuilt(entry: &JournalEntry) -> Option<WebhookRequest> {
    #[derive(serde::Deserialize)]
    struct Head {
        method: String,
        url: String,
        headers: Vec<(String, String)>,
        #[serde(default)]
        peer: Option<std::net::IpAddr>,
    }
    let head: Head = serde_json::from_slice(&entry.head).ok()?;
    Some(WebhookRequest {
        method: head.method,
        url: head.url,
        headers: head.headers.into_iter().map(|(name, value)| (name, value.into())).collect(),
        body: entry.body.clone(),
        peer: head.peer,
        received_at: entry.received_at,
    })
}

fn connections(
    engine: &Engine,
    carrier: &str,
    connection: Option<&str>,
) -> Result<Vec<Arc<Connection>>, Problem> {
    let of_carrier = engine.directory.of_carrier(carrier);
    let found: Vec<_> = match connection {
        None => of_carrier.to_vec(),
        Some(name) => of_carrier.iter().filter(|c| c.id.as_str() == name).cloned().collect(),
    };
    if found.is_empty() { Err(unknown_connection()) } else { Ok(found) }
}

fn unknown_connection() -> Problem {
    Problem::new(
        problem::CONNECTION_UNKNOWN,
        "No connection of that carrier and name is configured; check the webhook URL at the carrier.",
    )
}

fn count(carrier: &str, intake: &Intake) {
    let result = match intake.outcome {
        Outcome::Accept => "accepted",
        Outcome::Ignore => "ignored",
        Outcome::Quarantine => "malformed",
        Outcome::Unroutable => "unroutable",
        Outcome::Reject => "bad_signature",
    };
    let carrier = carrier.to_owned();
    metrics::counter!("omni_webhooks_received_total", "carrier" => carrier, "result" => result).increment(1);
}

async fn store(
    engine: &Engine,
    carrier: &str,
    connections: &[Arc<Connection>],
    request: &WebhookRequest,
    intake: Intake,
) -> Result<Received, StoreError> {
    let now = request.received_at;
    let journal = JournalId::make(&*engine.ids, now);
    let correlation = engine.correlation(now);
    let entry = journal_entry(journal, carrier, connections, request, &intake);
    let (mut commits, mut messages) = (Vec::new(), Vec::new());
    // No byte of a request becomes more than six of JSON.
    let large = request.body.len() > MOST_CONTENT / 8;
    let first = intake.events.first().map(|routed| routed.connection.tenant.clone());
    for Routed { connection, event } in intake.events {
        let mut changes = Changes::new(connection.tenant.clone());
        // The request itself is kept once, beside its first event.
        changes.journal = commits.is_empty().then(|| JournalEntry { tenant: first.clone(), ..entry.clone() });
        let stored = Arrival { engine, connection: &connection, journal, correlation, now, large };
        messages.push(stored.record(event, intake.observed, &mut changes));
        commits.push(engine.store.commit(changes));
    }
    if commits.is_empty() && intake.outcome != Outcome::Ignore {
        let tenant = intake.verified_by.as_ref().map(|connection| connection.tenant.clone());
        engine.store.journal(JournalEntry { tenant, ..entry.clone() }).await?;
    }
    let committed = try_join_all(commits).await?;
    if matches!(committed.first(), Some(Committed::Duplicate { .. }))
        && committed.contains(&Committed::Applied)
    {
        // The first event was stored before, and refused with the request beside it.
        engine.store.journal(JournalEntry { tenant: first, ..entry }).await?;
    }
    let mut received =
        Received { reply: intake.reply, outcome: intake.outcome, messages: Vec::new(), duplicates: 0 };
    for (message, committed) in messages.into_iter().zip(committed) {
        match committed {
            Committed::Applied => received.messages.extend(message),
            Committed::Duplicate { .. } => received.duplicates += 1,
            Committed::Conflict { on } => {
                return Err(StoreError::Unavailable(format!("conflict on {on} while receiving")));
            }
        }
    }
    if received.duplicates > 0 {
        let carrier = carrier.to_owned();
        let doubles = received.duplicates as u64;
        metrics::counter!("omni_webhooks_received_total", "carrier" => carrier, "result" => "duplicate")
            .increment(doubles);
    }
    Ok(received)
}

/// The request as it is kept. Whoever sent it, and whatever became of it: a secret of one of
/// the carrier's `connections` is not kept with it.
fn journal_entry(
    id: JournalId,
    carrier: &str,
    connections: &[Arc<Connection>],
    request: &WebhookRequest,
    intake: &Intake,
) -> JournalEntry {
    let secrets: Vec<&Secret> =
        connections.iter().flat_map(|connection| connection.carrier.secrets_in_callbacks()).collect();
    let body = match (&intake.verified_by, intake.outcome) {
        (Some(connection), _) => connection.carrier.journal_body(request),
        (None, _) => request.body.slice(..request.body.len().min(MOST_REFUSED_BODY)),
    };
    let mut reasons: Vec<String> = intake.set_aside.iter().map(|reason| (*reason).to_owned()).collect();
    reasons.extend(intake.observed.map(|reason| format!("observed:{reason}")));
    JournalEntry {
        id,
        tenant: None,
        carrier: carrier.to_owned(),
        connection: intake.verified_by.as_ref().map(|connection| connection.id.to_string()),
        outcome: intake.outcome,
        reasons,
        head: blanked(&head(request), &secrets),
        body: blanked(&body, &secrets),
        received_at: request.received_at,
    }
}

/// Method, URL and headers as JSON; credentials blanked.
fn head(request: &WebhookRequest) -> Bytes {
    const CREDENTIALS: [&str; 4] = ["authorization", "proxy-authorization", "cookie", "verificationtoken"];
    let headers: Vec<(&str, String)> = request
        .headers
        .iter()
        .map(|(name, value)| {
            let secret = CREDENTIALS.contains(&name.as_str());
            let value = if secret { "***".to_owned() } else { String::from_utf8_lossy(value).into_owned() };
            (name.as_str(), value)
        })
        .collect();
    let peer = request.peer.map(|peer| peer.to_string());
    let head = json!({ "method": request.method, "url": request.url, "headers": headers, "peer": peer });
    serde_json::to_vec(&head).expect("plain JSON").into()
}

/// One event on its way into the store.
struct Arrival<'a> {
    engine: &'a Engine,
    connection: &'a Connection,
    journal: JournalId,
    correlation: TraceId,
    now: Timestamp,
    /// The request is so large that a message in it may be, too.
    large: bool,
}

impl Arrival<'_> {
    /// Writes what `event` means into `changes`; answers the message, if it is one.
    fn record(
        &self,
        event: CarrierEvent,
        observed: Option<&str>,
        changes: &mut Changes,
    ) -> Option<MessageId> {
        match event {
            CarrierEvent::Message(message) => {
                Some(self.message(*message, Author::Customer, observed, changes))
            }
            CarrierEvent::Echo(message) => Some(self.message(*message, Author::Echo, observed, changes)),
            CarrierEvent::Status(status) => {
                let key = status.client_ref.clone().unwrap_or_else(|| status.external_id.clone());
                let reference = key.split('.').next().unwrap_or_default();
                let lane = format!("rcpt|{}|{reference}", self.connection.id);
                let connection = self.connection.id.clone();
                self.job(lane, Work::Track { connection, received_at: self.now, status }, changes);
                None
            }
            CarrierEvent::Consent(change) => {
                let address = change.address.as_ref().map(Address::expose).unwrap_or_default();
                let lane = format!("consent|{}|{address}", self.connection.account);
                self.job(lane, Work::Consent { connection: self.connection.id.clone(), change }, changes);
                None
            }
            CarrierEvent::StatusUpTo(notice) => {
                let chat = notice.conversation_ref.clone().unwrap_or_default();
                let lane = format!("rcpt|{}|{chat}", self.connection.id);
                self.fact(&CarrierEvent::StatusUpTo(notice.clone()), changes);
                let connection = self.connection.id.clone();
                self.job(lane, Work::TrackUpTo { connection, received_at: self.now, notice }, changes);
                None
            }
            other => {
                self.fact(&other, changes);
                None
            }
        }
    }

    fn job(&self, lane: String, work: Work, changes: &mut Changes) {
        let id = JobId::make(&*self.engine.ids, self.now);
        changes.job(Job::new(id, self.connection.tenant.clone(), lane, work, self.correlation, self.now));
    }

    /// A fact that changes no message of ours: durable and visible in the event log.
    fn fact(&self, event: &CarrierEvent, changes: &mut Changes) {
        if let Some(identity) = event.identity() {
            let pointer = Pointer::inbound(&self.connection.id, &identity);
            changes.point(&pointer, &"event", Expect::Absent, Some(self.now + REMEMBERED));
        }
        let data = json!({ "connection": self.connection.id, "fact": event });
        changes.event(&format!("carrier.{}", event.kind()), self.now, data);
    }

    fn message(
        &self,
        read: InboundMessage,
        author: Author,
        observed: Option<&str>,
        changes: &mut Changes,
    ) -> MessageId {
        let id = MessageId::make(&*self.engine.ids, self.now);
        // With our sender: a group message to two of our numbers is two messages of one id.
        let identity = CarrierEvent::message_identity(&read);
        let pointer = Pointer::inbound(&self.connection.id, &identity);
        changes.point(&pointer, &id, Expect::Absent, Some(self.now + REMEMBERED));
        let mut message = self.stored(id, read, author, observed);
        if self.large {
            message = fitting(message, self.now);
        }
        let lane = inbound_lane(&message.account, message.customer_address.expose());
        let data = json!({
            "messageId": id, "direction": message.direction, "channel": message.channel,
            "carrier": message.carrier, "connection": self.connection.id, "type": message.message_type(),
        });
        changes.event("message.received", self.now, data);
        changes.put(&message, Expect::Absent);
        self.job(lane, Work::HandleInbound { message: id }, changes);
        id
    }

    fn stored(&self, id: MessageId, read: InboundMessage, author: Author, observed: Option<&str>) -> Message {
        let echo = author == Author::Echo;
        let withheld = || Address::new("anonymous");
        let (theirs, ours) = if echo {
            (read.to_address.clone(), read.from_address.clone())
        } else {
            (
                read.from_address.clone(),
                read.to_address.clone().or_else(|| read.to_addresses.first().cloned()),
            )
        };
        let channel = read.channel.unwrap_or_else(|| only_channel(self.connection));
        let received = TraceEntry::new(
            "receive",
            if observed.is_some() { "taken unverified (observe mode)" } else { "verified and stored" },
            self.now,
            self.now,
            json!({ "connection": self.connection.id, "journal": self.journal, "observed": observed }),
        );
        Message {
            id,
            tenant: self.connection.tenant.clone(),
            account: self.connection.account.clone(),
            direction: if echo { Direction::Outbound } else { Direction::Inbound },
            author,
            channel,
            connection: Some(self.connection.id.clone()),
            carrier: Some(self.connection.carrier.name().to_string()),
            customer_address: theirs.unwrap_or_else(withheld),
            our_address: ours,
            customer: None,
            conversation: None,
            sequence: None,
            status: if echo { Status::Sent } else { Status::Received },
            carrier_message_id: Some(read.external_id.clone()),
            sent_at: read.sent_at,
            content: Content::Inbound(Box::new(read)),
            sending: None,
            attempts: Vec::new(),
            receipts: Vec::new(),
            error: None,
            trace: vec![received],
            tags: Vec::new(),
            correlation: self.correlation,
            journal: Some(self.journal),
            created_at: self.now,
            updated_at: self.now,
        }
    }
}

/// The message, cut if it is so large that no commit could take it: the request that it came
/// in is kept whole beside it. What is rare goes first, then the end of the text.
fn fitting(mut message: Message, now: Timestamp) -> Message {
    let Content::Inbound(read) = &mut message.content else { return message };
    if size(read) < MOST_CONTENT {
        return message;
    }
    read.attributes.clear();
    (read.contacts, read.order, read.referral, read.form, read.group) = (None, None, None, None, None);
    read.media.truncate(MOST_MEDIA);
    for text in [&mut read.text, &mut read.subject, &mut read.from_name, &mut read.from_username] {
        // A character is at most six bytes of JSON (`\u0001`).
        let end = text.as_ref().and_then(|text| text.char_indices().nth(MOST_CHARACTERS)).map(|(end, _)| end);
        if let (Some(text), Some(end)) = (text, end) {
            text.truncate(end);
        }
    }
    read.truncated = true;
    message.note(TraceEntry::new(
        "receive",
        "too large, cut: the journal has all of it",
        now,
        now,
        Value::Null,
    ));
    message
}

fn size(read: &InboundMessage) -> usize {
    serde_json::to_vec(read).map_or(0, |json| json.len())
}

/// Carriers with one channel need not name it.
fn only_channel(connection: &Connection) -> Channel {
    connection.carrier.capabilities().channels.first().copied().unwrap_or(Channel::Chat)
}
