//! Hands one message to a carrier: the only place that calls `Carrier::send`.
//!
//! ```text
//!  look ─► last look ─► [attempt recorded] ─► send ─► [outcome recorded]
//!    │        │                                          │
//!    │        └ expired, canceled, opted out, old epoch, │ Accepted ─► next part or done
//!    │          closed window, open breaker, too fast    │ Rejected ─► later / other carrier / failed
//!    └ an attempt without outcome: find out first        └ Ambiguous ─► find out first
//! ```
//!
//! Both brackets are durable commits. After a crash between them the attempt is found
//! without an outcome, which is as good as ambiguous: nothing is sent again until the
//! carrier's own record settles it (a receipt carrying our reference, or a look-up), or the
//! account's deadline passes and a person decides.

use std::sync::Arc;
use std::time::Duration;

use omni_core::account::Account;
use omni_core::carrier::{Accepted, OutboundMessage};
use omni_core::content::OutboundContent;
use omni_core::event::Channel;
use omni_core::failure::{ErrorClass, Retry, SendError};
use omni_core::id::{AttemptId, ConnectionId, MessageId};
use omni_core::job::{Leased, Work};
use omni_core::message::{
    Attempt, AttemptOutcome, Author, Candidate, Content, DeliveryError, Message, TraceEntry,
};
use omni_core::problem;
use omni_core::status::Status;
use omni_core::steps::StepId;
use omni_core::store::{Changes, Committed, Expect, Postpone, StoreError, StoreExt, Versioned};
use omni_core::time::Timestamp;
use serde_json::{Value, json};

use super::last_look::Seen;
use super::parts::{all_taken, bound_to, next_part, parts_of, with_text};
use super::select_carrier::{self, WINDOW_CLOSED, Wanted};
use crate::directory::Connection;
use crate::engine::{Engine, outbound_lane};
use crate::step::StepError;

pub(super) const STEP: StepId = StepId::PublishOutbound;
/// First wait before asking what became of an ambiguous attempt.
pub(super) const RECONCILE_FIRST: Duration = Duration::from_secs(2);
/// How long to leave a breaker alone whose probe is under way.
const PROBED_FOR: Duration = Duration::from_secs(1);
/// Most rounds of one job: the longest text in the smallest parts, each a round.
const MOST_ROUNDS: usize = 512;
/// The code of a message of which nobody can tell whether a carrier took it.
pub(crate) const DELIVERY_AMBIGUOUS: &str = "DELIVERY_AMBIGUOUS";
/// The code of an attempt whose key is to be sent again, to the same carrier only.
pub(super) const REPEATED: &str = "REPEATED";
/// Moves a scheduled message that is due into its recipient's lane.
pub async fn release(engine: &Engine, leased: &Leased, id: MessageId) -> Result<(), StepError> {
    let tenant = leased.job.tenant.clone();
    let now = engine.now();
    let mut changes = Changes::new(tenant.clone());
    changes.complete = Some((leased.job.id, leased.token));
    if let Some(Versioned { value: mut message, version }) =
        engine.store.message(&tenant, id).await.map_err(failed)?
        && message.status == Status::Scheduled
    {
        message.status = Status::Queued;
        message.updated_at = now;
        message.note(TraceEntry::new("schedule", "due", now, now, Value::Null));
        let job = engine.job(&message, outbound_lane(&message), Work::Deliver { message: id }, now);
        changes.job(job.with_priority(leased.job.priority));
        changes.put(&message, Expect::Version(version));
    }
    match engine.store.commit(changes).await.map_err(failed)? {
        Committed::Applied | Committed::Conflict { on: "lease" } => Ok(()),
        Committed::Duplicate { .. } | Committed::Conflict { .. } => {
            Err(StepError::new(STEP, problem::STATE_CONFLICT, "the message changed while it became due"))
        }
    }
}

#[expect(clippy::needless_pass_by_value, reason = "used as a function in map_err")]
pub(super) fn failed(error: StoreError) -> StepError {
    StepError::new(STEP, problem::DATABASE_ERROR, error.to_string())
}

/// Delivers one message, or moves it one step on.
///
/// # Errors
/// Only when the store fails or everything keeps changing: what a carrier says is an
/// outcome, not an error.
pub async fn deliver(engine: &Engine, leased: &Leased, id: MessageId) -> Result<(), StepError> {
    // Each round ends in a commit: parts of a long text, or a decision taken again.
    for _ in 0..MOST_ROUNDS {
        let loaded = engine.store.message(&leased.job.tenant, id).await.map_err(failed)?;
        let Some(Versioned { value: message, version }) = loaded else {
            return finish(engine, leased).await;
        };
        let Some(account) = engine.directory.account(&message.tenant, &message.account) else {
            let why = format!("account `{}` is not configured any more", message.account);
            return Err(StepError::new(STEP, problem::ROUTING_RESOLUTION_FAILED, why));
        };
        let delivery = Delivery { engine, leased, account: &account, version, now: engine.now() };
        match delivery.round(message).await? {
            Next::Done => return Ok(()),
            Next::Again => {}
        }
    }
    Err(StepError::new(STEP, problem::STATE_CONFLICT, "the message kept changing"))
}

async fn finish(engine: &Engine, leased: &Leased) -> Result<(), StepError> {
    let mut changes = Changes::new(leased.job.tenant.clone());
    changes.complete = Some((leased.job.id, leased.token));
    engine.store.commit(changes).await.map_err(failed)?;
    Ok(())
}

/// Whether this job has more to do now.
pub(super) enum Next {
    Done,
    Again,
}

/// One part of a message, or all of it.
struct Part {
    /// From 1 on.
    number: u16,
    of: usize,
    content: OutboundContent,
}

/// Why a message must not be sent now.
pub(super) enum Stop {
    /// Never.
    End(Status, DeliveryError),
    /// Dropped without being a failure.
    Drop(&'static str),
    /// Not before; it is no failure.
    Wait(Duration, &'static str),
}

/// One look at one message.
pub(super) struct Delivery<'a> {
    pub(super) engine: &'a Engine,
    pub(super) leased: &'a Leased,
    pub(super) account: &'a Account,
    pub(super) version: u64,
    pub(super) now: Timestamp,
}

impl Delivery<'_> {
    async fn round(&self, mut message: Message) -> Result<Next, StepError> {
        if message.status == Status::Canceled || message.status.is_final() {
            finish(self.engine, self.leased).await?;
            return Ok(Next::Done);
        }
        if let Some(open) = message.attempts.iter().position(|attempt| attempt.outcome.is_open()) {
            return self.settle(message, open).await;
        }
        if all_taken(&message) {
            // A receipt settled the last attempt, or a crash came before its commit. What
            // the carrier has can neither expire nor be dropped any more.
            return self.taken(message).await;
        }
        let seen = match self.last_look(&message).await? {
            Ok(seen) => seen,
            Err(stop) => return self.stop(message, stop).await,
        };
        let (connection, breaker_wait) = self.choose(&mut message).await?;
        let Some(connection) = connection else {
            let stop = breaker_wait.unwrap_or_else(|| Stop::End(Status::Failed, unroutable(&message)));
            return self.stop(message, stop).await;
        };
        let parts = parts_of(&message, &connection);
        let Some(part) = next_part(&message, parts.len()) else {
            return self.taken(message).await;
        };
        let Some(text) = parts.get(usize::from(part) - 1) else { return Ok(Next::Again) };
        let content = with_text(&message, text);
        let sender = self.sender(&message, &connection);
        let seen = match self.permitted(&message, &connection, text, seen).await? {
            Ok(seen) => seen,
            Err(stop) => return self.stop(message, stop).await,
        };
        let part = Part { number: part, of: parts.len(), content };
        self.attempt(message, &connection, sender, part, seen).await
    }

    /// Nothing is left to send: the job ends, and the message is at least `sent`.
    async fn taken(&self, mut message: Message) -> Result<Next, StepError> {
        let mut changes = Changes::new(message.tenant.clone());
        changes.complete = Some((self.leased.job.id, self.leased.token));
        if message.status.may_become(Status::Sent) {
            message.status = Status::Sent;
            message.error = None;
            message.updated_at = self.now;
            status_event(&message, self.now, &mut changes);
            changes.put(&message, Expect::Version(self.version));
        }
        self.commit(changes).await
    }

    /// The connection to use; or, if all that could carry it have open breakers, the wait.
    async fn choose(
        &self,
        message: &mut Message,
    ) -> Result<(Option<Arc<Connection>>, Option<Stop>), StepError> {
        let Content::Outbound(content) = &message.content else { return Ok((None, None)) };
        let refused: Vec<ConnectionId> = message
            .attempts
            .iter()
            .filter(|attempt| attempt.error.as_ref().is_some_and(|e| e.class.retry() == Retry::OtherCarrier))
            .map(|attempt| attempt.connection.clone())
            .collect();
        if let Some(bound) = bound_to(message) {
            let still = Some(bound).filter(|bound| !refused.contains(bound));
            return Ok((still.and_then(|id| self.engine.directory.connection(id)).cloned(), None));
        }
        let conversation = match message.conversation {
            Some(id) => self.engine.store.conversation(&message.tenant, id).await.map_err(failed)?,
            None => None,
        };
        let conversation = conversation.map(|found| found.value);
        let sending = message.sending.clone().unwrap_or_default();
        let last = message
            .connection
            .clone()
            .or_else(|| conversation.as_ref().and_then(|c| c.last_connection.clone()));
        let sandbox = self.is_sandbox(&sending.candidates, last.as_ref());
        let connections: Vec<_> = self
            .engine
            .directory
            .of_account(&message.tenant, &message.account)
            .filter(|connection| connection.sandbox == sandbox)
            .map(|c| (Arc::clone(c), self.engine.breakers.state(&c.id, self.now)))
            .collect();
        let candidates = select_carrier::select(
            &Wanted {
                account: self.account,
                channel: message.channel,
                recipient: &message.customer_address,
                content,
                // The sender an automatic answer copies is a wish, the client's is an order.
                sender: sending.sender.as_ref().filter(|_| message.author == Author::Api),
                preferred_carrier: sending.preferred_carrier.as_deref(),
                last_connection: last.as_ref(),
                window_open: conversation.as_ref().is_some_and(|c| c.window_open(self.now)),
                refused: &refused,
            },
            &connections,
        );
        let chosen = candidates.iter().find(|candidate| candidate.eligible);
        let connection =
            chosen.and_then(|chosen| self.engine.directory.connection(&chosen.connection)).cloned();
        let waits = candidates
            .iter()
            .filter(|candidate| candidate.reason == "breaker_open")
            .filter_map(|candidate| self.engine.breakers.open_until(&candidate.connection))
            .min();
        if let Some(sending) = &mut message.sending
            && sending.candidates != candidates
        {
            sending.candidates = candidates;
        }
        let wait = waits.map(|until| Stop::Wait(until.since(self.now).max(PROBED_FOR), "breaker open"));
        Ok((connection, wait))
    }

    /// Whether a message is for the sandbox: as decided when it was accepted. Only answers
    /// have no candidates yet; they go back the way the message came that they answer.
    fn is_sandbox(&self, candidates: &[Candidate], last: Option<&ConnectionId>) -> bool {
        let considered = candidates.iter().map(|candidate| &candidate.connection).chain(last);
        let mut known = considered.filter_map(|id| self.engine.directory.connection(id));
        known.next().is_some_and(|connection| connection.sandbox)
    }

    pub(super) fn sender(&self, message: &Message, connection: &Connection) -> omni_core::address::Address {
        let wished = message.sending.as_ref().and_then(|sending| sending.sender.as_ref());
        connection
            .sender(message.channel, wished)
            .or_else(|| connection.sender(message.channel, None))
            .unwrap_or_else(|| omni_core::address::Address::new(""))
    }

    pub(super) async fn stop(&self, mut message: Message, stop: Stop) -> Result<Next, StepError> {
        let mut changes = Changes::new(message.tenant.clone());
        match stop {
            Stop::End(status, error) => {
                changes.complete = Some((self.leased.job.id, self.leased.token));
                self.end(&mut message, status, error, &mut changes);
            }
            Stop::Drop(reason) => {
                changes.complete = Some((self.leased.job.id, self.leased.token));
                message.status = message.status.advance(Status::Canceled);
                message.note(TraceEntry::new("deliver", reason, self.now, self.engine.now(), Value::Null));
                status_event(&message, self.now, &mut changes);
            }
            Stop::Wait(wait, reason) => {
                changes.postpone = Some(self.postpone(&message, wait, reason, false));
                let facts = json!({ "waitMs": u64::try_from(wait.as_millis()).unwrap_or(u64::MAX) });
                message.note(TraceEntry::new(
                    "deliver",
                    format!("waits: {reason}"),
                    self.now,
                    self.engine.now(),
                    facts,
                ));
            }
        }
        message.updated_at = self.now;
        changes.put(&message, Expect::Version(self.version));
        self.commit(changes).await
    }

    /// Puts the job off, but not beyond the message's own time: it expires when it says.
    pub(super) fn postpone(&self, message: &Message, wait: Duration, error: &str, counts: bool) -> Postpone {
        let due = self.engine.now() + wait;
        let expires = message.sending.as_ref().and_then(|sending| sending.expire_at);
        Postpone {
            job: self.leased.job.id,
            token: self.leased.token,
            not_before: expires.filter(|at| *at > self.engine.now()).map_or(due, |at| due.min(at)),
            error: error.to_owned(),
            counts,
        }
    }

    /// The message ends here, unless a late receipt knows better.
    pub(super) fn end(
        &self,
        message: &mut Message,
        status: Status,
        error: DeliveryError,
        changes: &mut Changes,
    ) {
        let facts = json!({ "code": error.code, "class": error.class });
        message.note(TraceEntry::new("deliver", status.as_str(), self.now, self.engine.now(), facts));
        message.status = message.status.advance(status);
        message.error = Some(error);
        status_event(message, self.now, changes);
    }

    pub(super) async fn commit(&self, changes: Changes) -> Result<Next, StepError> {
        let ends = changes.complete.is_some() || changes.postpone.is_some();
        match self.engine.store.commit(changes).await.map_err(failed)? {
            Committed::Applied if ends => Ok(Next::Done),
            Committed::Conflict { on: "lease" } => Ok(Next::Done),
            Committed::Applied | Committed::Duplicate { .. } | Committed::Conflict { .. } => Ok(Next::Again),
        }
    }

    async fn attempt(
        &self,
        mut message: Message,
        connection: &Arc<Connection>,
        sender: omni_core::address::Address,
        part: Part,
        seen: Seen,
    ) -> Result<Next, StepError> {
        let Part { number: part, of: parts, content } = part;
        let client_ref = if parts > 1 { format!("{}.{part}", message.id) } else { message.id.to_string() };
        let attempt = Attempt {
            id: AttemptId::make(&*self.engine.ids, self.now),
            number: u32::try_from(message.attempts.len()).unwrap_or(u32::MAX) + 1,
            connection: connection.id.clone(),
            carrier: connection.carrier.name().to_string(),
            part,
            parts: u16::try_from(parts).unwrap_or(u16::MAX),
            client_ref: client_ref.clone(),
            started_at: self.now,
            ended_at: None,
            outcome: AttemptOutcome::Started,
            carrier_message_id: None,
            error: None,
            status: None,
        };
        let id = attempt.id;
        message.attempts.push(attempt);
        message.connection = Some(connection.id.clone());
        message.carrier = Some(connection.carrier.name().to_string());
        message.our_address = Some(sender.clone()).filter(|sender| !sender.expose().is_empty());
        message.status = message.status.advance(Status::Sending);
        message.updated_at = self.now;
        let wire = OutboundMessage {
            message_id: message.id,
            client_ref,
            channel: message.channel,
            from: sender,
            to: message.customer_address.clone(),
            content,
            reply_to: self.quoted(&message, connection).await?,
            conversation_ref: self.carrier_conversation(&message).await?,
            status_url: connection.status_url.clone(),
            expires_at: message.sending.as_ref().and_then(|sending| sending.expire_at),
            automatic: message.author != Author::Api,
            purpose: message.sending.as_ref().and_then(|sending| sending.purpose),
        };
        // This commit ends no lease, so nothing else would notice that it is lost: two workers
        // at one message could both send it.
        let job = self.leased.job.id;
        if !self.engine.store.extend(job, self.leased.token).await.map_err(failed)? {
            self.engine.breakers.withdraw(&connection.id);
            return Ok(Next::Done);
        }
        let mut changes = Changes::new(message.tenant.clone());
        changes.put(&message, Expect::Version(self.version));
        seen.demand(&mut changes);
        match self.engine.store.commit(changes).await.map_err(failed)? {
            Committed::Applied => {}
            Committed::Duplicate { .. } | Committed::Conflict { .. } => {
                self.engine.breakers.withdraw(&connection.id);
                return Ok(Next::Again);
            }
        }
        let outcome = connection.carrier.send(&*self.engine.http, &wire).await;
        self.record_health(connection, &outcome);
        self.record(message.id, id, outcome).await
    }

    /// The carrier's id of the message that this one answers, if it came by the same
    /// connection. An automatic answer stands by itself, but mail belongs into its thread.
    async fn quoted(&self, message: &Message, connection: &Connection) -> Result<Option<String>, StepError> {
        let quotes = message.author == Author::Api || message.channel == Channel::Email;
        let answered = message.sending.as_ref().and_then(|sending| sending.in_reply_to);
        let Some(id) = answered.filter(|_| quotes) else { return Ok(None) };
        let found = self.engine.store.message(&message.tenant, id).await.map_err(failed)?;
        let same_way = |quoted: &Message| quoted.connection.as_ref() == Some(&connection.id);
        Ok(found.map(|found| found.value).filter(same_way).and_then(|quoted| quoted.carrier_message_id))
    }

    pub(super) async fn carrier_conversation(&self, message: &Message) -> Result<Option<String>, StepError> {
        if message.channel != Channel::Chat {
            return Ok(None);
        }
        let Some(id) = message.conversation else { return Ok(None) };
        let found = self.engine.store.conversation(&message.tenant, id).await.map_err(failed)?;
        Ok(found.and_then(|found| found.value.carrier_ref))
    }

    fn record_health(&self, connection: &Connection, outcome: &Result<Accepted, SendError>) {
        let carrier = connection.carrier.name().0;
        let word = match outcome {
            Ok(_) => "accepted",
            Err(error) => error.class().as_str(),
        };
        let took = self.engine.now().since(self.now).as_secs_f64();
        metrics::histogram!("omni_carrier_request_duration_seconds",
            "carrier" => carrier, "operation" => "send", "outcome" => word)
        .record(took);
        match outcome {
            Ok(_) => self.engine.breakers.succeeded(&connection.id),
            Err(error) => {
                let opened = self.engine.breakers.failed(&connection.id, error.class(), self.engine.now());
                if opened {
                    tracing::warn!(connection = %connection.id, carrier, class = word, "circuit breaker opened");
                } else if matches!(error, SendError::Unsupported(_)) {
                    // It was never asked.
                    self.engine.breakers.withdraw(&connection.id);
                } else if !error.class().counts_for_breaker() {
                    // The carrier answered: whatever it said of this message, it is there.
                    self.engine.breakers.succeeded(&connection.id);
                }
            }
        }
    }
}

pub(super) fn close(
    attempt: &mut Attempt,
    outcome: AttemptOutcome,
    now: Timestamp,
    error: Option<DeliveryError>,
) {
    attempt.outcome = outcome;
    attempt.ended_at = Some(now);
    attempt.error = error;
}

pub(super) fn ours(code: &str, class: ErrorClass, message: &str) -> DeliveryError {
    DeliveryError {
        code: code.to_owned(),
        class,
        message: message.to_owned(),
        retryable: class.is_retryable(),
    }
}

/// Why no connection is left: what the last carrier said who refused it, or what excluded all.
fn unroutable(message: &Message) -> DeliveryError {
    let candidates = message.sending.iter().flat_map(|sending| &sending.candidates);
    let closed = candidates.into_iter().any(|candidate| candidate.reason == WINDOW_CLOSED);
    message.error.clone().unwrap_or_else(|| {
        if closed {
            let text = "the person has not written in the last 24 hours: only a template may be sent";
            return ours("WINDOW_CLOSED", ErrorClass::WindowClosed, text);
        }
        ours("NO_ROUTE", ErrorClass::Rejected, "no connection is left that can carry it")
    })
}

/// Its job is given up: the message will not leave unless a person puts it back to work.
pub(crate) fn give_up(message: &mut Message, error: &StepError, now: Timestamp, changes: &mut Changes) {
    let facts = json!({ "code": error.code.code });
    message.note(TraceEntry::new(error.step.as_str(), "given up", now, now, facts));
    message.status = message.status.advance(Status::Failed);
    message.error = Some(ours(error.code.code, ErrorClass::Rejected, &error.message));
    message.updated_at = now;
    status_event(message, now, changes);
}

/// Tells everybody where a message stands now.
pub fn status_event(message: &Message, now: Timestamp, changes: &mut Changes) {
    let data = json!({
        "messageId": message.id, "conversationId": message.conversation, "status": message.status,
        "carrier": message.carrier, "channel": message.channel,
        "error": message.error.as_ref().map(|error| json!({ "code": error.code, "class": error.class })),
    });
    changes.event(&format!("message.{}", message.status.as_str()), now, data);
}
