//! Receipts: early, late, doubled, reordered, for parts. Status only moves forward.
//!
//! A receipt finds its message by our own reference if the carrier hands it back, else by
//! the carrier's id. One that finds nothing is parked under the carrier's id and taken out
//! when a send reports that id: both are the same small fact, so neither overtakes the other
//! unseen.

use omni_core::event::{ReportedState, StatusUpdate};
use omni_core::id::{ConnectionId, JobId, MessageId};
use omni_core::job::{Job, Leased, Work};
use omni_core::message::{Attempt, AttemptOutcome, DeliveryError, Message, Receipt, TraceEntry};
use omni_core::problem;
use omni_core::status::Status;
use omni_core::steps::StepId;
use omni_core::store::{Changes, Committed, Expect, Pointer, StoreError, StoreExt, Versioned};
use omni_core::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::deliver::status_event;
use crate::consent::ConsentRecord;
use crate::engine::{Engine, REMEMBERED};
use crate::step::StepError;

/// Most receipts that are parked under one id.
const MOST_PARKED: usize = 20;

/// Which part of which message a carrier's id names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reference {
    /// The message.
    pub message: MessageId,
    /// The part, from 1.
    pub part: u16,
}

impl Reference {
    /// Reads our own reference, as a carrier hands it back: `msg_…` or `msg_….2`.
    pub fn parse(client_ref: &str) -> Option<Self> {
        let (id, part) = match client_ref.split_once('.') {
            Some((id, part)) => (id, part.parse().ok()?),
            None => (client_ref, 1),
        };
        Some(Self { message: id.parse().ok()?, part })
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Parked {
    connection: ConnectionId,
    received_at: Timestamp,
    status: StatusUpdate,
}

/// What is known under a carrier's id. One fact for both, so that a receipt and the send
/// that it is about cannot miss each other: whoever comes second finds the other's version.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(untagged)]
enum Known {
    /// The message.
    Sent(Reference),
    /// Not the message yet, but receipts for it.
    Early(Vec<Parked>),
}

type Found<T> = Option<Versioned<T>>;

/// Applies one status report.
pub async fn track(
    engine: &Engine,
    leased: &Leased,
    connection: &ConnectionId,
    received_at: Timestamp,
    status: &StatusUpdate,
) -> Result<(), StepError> {
    let failed = |e: StoreError| StepError::new(StepId::Terminate, problem::DATABASE_ERROR, e.to_string());
    let tenant = &leased.job.tenant;
    for _ in 0..8 {
        let mut changes = Changes::new(tenant.clone());
        changes.complete = Some((leased.job.id, leased.token));
        let (message, known) = find(engine, leased, status).await.map_err(failed)?;
        match message {
            Some((Versioned { value: mut message, version }, part)) => {
                let named = apply(&mut message, part, status, received_at, engine.now(), &mut changes);
                if named {
                    let reference = Reference { message: message.id, part };
                    let (carrier, id) = (&status.carrier, &status.external_id);
                    claim(engine, &message, carrier, id, reference, &mut changes).await.map_err(failed)?;
                }
                changes.put(&message, Expect::Version(version));
            }
            None => park(connection, received_at, status, known, &mut changes),
        }
        match engine.store.commit(changes).await.map_err(failed)? {
            Committed::Applied | Committed::Conflict { on: "lease" } => return Ok(()),
            Committed::Duplicate { .. } | Committed::Conflict { .. } => {}
        }
    }
    Err(StepError::new(StepId::Terminate, problem::STATE_CONFLICT, "the message kept changing"))
}

/// The message and its part; without one, what is known under the carrier's id.
async fn find(
    engine: &Engine,
    leased: &Leased,
    status: &StatusUpdate,
) -> Result<(Option<(Versioned<Message>, u16)>, Found<Known>), StoreError> {
    let tenant = &leased.job.tenant;
    let mut known = None;
    let mut reference = status.client_ref.as_deref().and_then(Reference::parse);
    if reference.is_none() {
        let pointer = Pointer::carrier_ref(&status.carrier, &status.external_id);
        known = engine.store.pointer::<Known>(tenant, &pointer).await?;
        if let Some(Versioned { value: Known::Sent(found), .. }) = &known {
            reference = Some(*found);
        }
    }
    let Some(Reference { message, part }) = reference else { return Ok((None, known)) };
    let message = engine.store.message(tenant, message).await?;
    Ok((message.map(|message| (message, part)), known))
}

/// Keeps a receipt until a send reports the carrier's id that it names.
fn park(
    connection: &ConnectionId,
    received_at: Timestamp,
    status: &StatusUpdate,
    known: Found<Known>,
    changes: &mut Changes,
) {
    let (mut parked, expect) = match known {
        Some(Versioned { value: Known::Early(parked), version }) => (parked, Expect::Version(version)),
        // Its message was erased.
        Some(Versioned { value: Known::Sent(_), .. }) => return,
        // Our own reference names no message of ours: the id will hardly come up either.
        None if status.client_ref.as_deref().and_then(Reference::parse).is_some() => return,
        None => (Vec::new(), Expect::Absent),
    };
    if parked.len() < MOST_PARKED {
        parked.push(Parked { connection: connection.clone(), received_at, status: status.clone() });
    }
    let pointer = Pointer::carrier_ref(&status.carrier, &status.external_id);
    changes.point(&pointer, &Known::Early(parked), expect, Some(received_at + REMEMBERED));
}

/// Whether a carrier's id is known as another message's: then a record under it is not ours,
/// whatever else fits.
pub(super) async fn is_anothers(
    engine: &Engine,
    message: &Message,
    carrier: &str,
    external_id: &str,
) -> Result<bool, StoreError> {
    let pointer = Pointer::carrier_ref(carrier, external_id);
    let known = engine.store.pointer::<Known>(&message.tenant, &pointer).await?;
    Ok(matches!(known, Some(Versioned { value: Known::Sent(found), .. }) if found.message != message.id))
}

/// Makes a carrier's id known as a message's, and puts receipts that waited for it back to
/// work, in one commit.
pub(super) async fn claim(
    engine: &Engine,
    message: &Message,
    carrier: &str,
    external_id: &str,
    reference: Reference,
    changes: &mut Changes,
) -> Result<(), StoreError> {
    let pointer = Pointer::carrier_ref(carrier, external_id);
    let known = engine.store.pointer::<Known>(&message.tenant, &pointer).await?;
    let expect = known.as_ref().map_or(Expect::Absent, |known| Expect::Version(known.version));
    let now = engine.now();
    changes.point(&pointer, &Known::Sent(reference), expect, Some(now + REMEMBERED));
    let Some(Versioned { value: Known::Early(parked), .. }) = known else { return Ok(()) };
    for Parked { connection, received_at, status } in parked {
        let lane = format!("rcpt|{connection}|{}", message.id);
        let work = Work::Track { connection, received_at, status: Box::new(status) };
        let id = JobId::make(&*engine.ids, now);
        changes.job(Job::new(id, message.tenant.clone(), lane, work, message.correlation, now));
    }
    Ok(())
}

/// The state on our lattice; `None` for reports that are no rank.
const fn on_lattice(state: ReportedState) -> Option<Status> {
    match state {
        ReportedState::Queued => Some(Status::Sending),
        ReportedState::Sent | ReportedState::Deferred => Some(Status::Sent),
        ReportedState::Delivered => Some(Status::Delivered),
        ReportedState::Read => Some(Status::Read),
        ReportedState::Failed | ReportedState::Undelivered => Some(Status::Failed),
        ReportedState::Canceled => Some(Status::Canceled),
        ReportedState::Opened | ReportedState::Clicked | ReportedState::Unknown => None,
    }
}

/// Applies a report to one part of a message. Pure. Whether it gave an attempt the carrier's
/// id, by which later reports may come.
pub fn apply(
    message: &mut Message,
    part: u16,
    status: &StatusUpdate,
    received_at: Timestamp,
    now: Timestamp,
    changes: &mut Changes,
) -> bool {
    let before = message.status;
    let reported = on_lattice(status.state);
    let attempt = attempt_of(message, part, status);
    let named = attempt.is_some_and(|attempt| settle_attempt(message, attempt, status, now));
    if let Some(reported) = reported {
        if let Some(attempt) = attempt.map(|attempt| &mut message.attempts[attempt]) {
            attempt.status = Some(attempt.status.unwrap_or(Status::Queued).advance(reported));
        }
        // Before the first attempt there is nothing but the carrier's word.
        let stands = if message.attempts.is_empty() { Some(reported) } else { overall(message) };
        message.status = stands.map_or(before, |stands| before.advance(stands));
    }
    let applied = message.status != before;
    if applied && message.status == Status::Failed {
        message.error = Some(DeliveryError {
            code: status.error_code.clone().unwrap_or_else(|| "undelivered".to_owned()),
            class: status.error_class.unwrap_or(omni_core::failure::ErrorClass::Rejected),
            message: status
                .detail
                .clone()
                .unwrap_or_else(|| "the carrier reports that it was not delivered".into()),
            retryable: status.retryable.unwrap_or(false),
        });
    } else if applied && before == Status::Failed {
        message.error = None;
    }
    if message.receipts.len() < Message::MOST_RECEIPTS {
        message.receipts.push(Receipt {
            state: status.state,
            occurred_at: status.occurred_at,
            received_at,
            part,
            applied,
            error_code: status.error_code.clone(),
            detail: status.detail.clone(),
        });
    }
    let verdict = if applied { message.status.as_str() } else { "no change" };
    let facts = json!({ "reported": status.state, "part": part, "code": status.error_code });
    message.note(TraceEntry::new("track", verdict, received_at, now, facts));
    message.updated_at = now;
    if applied {
        status_event(message, now, changes);
    }
    write_consent(message, status, now, changes);
    named
}

/// The attempt that a report is about: the one with the carrier's id, else one whose outcome
/// nobody knows, else one that the carrier may have taken under an id that we never learned,
/// else the newest of that carrier.
fn attempt_of(message: &Message, part: u16, status: &StatusUpdate) -> Option<usize> {
    let find = |fits: &dyn Fn(&Attempt) -> bool| {
        let mut newest_first = message.attempts.iter().enumerate().rev();
        let of_carrier = |a: &Attempt| status.carrier.is_empty() || a.carrier == status.carrier;
        newest_first.find(|(_, a)| a.part == part && of_carrier(a) && fits(a)).map(|(at, _)| at)
    };
    let id = Some(status.external_id.as_str()).filter(|id| !id.is_empty());
    find(&|a| id.is_some() && a.carrier_message_id.as_deref() == id)
        .or_else(|| find(&|a| a.outcome.is_open()))
        .or_else(|| find(&|a| id.is_some() && a.carrier_message_id.is_none()))
        .or_else(|| find(&|_| true))
}

/// The carrier knows the message: an attempt without outcome was taken, and so was one that
/// was thought not to be, if it gets somewhere. Answers whether its id is new to us.
fn settle_attempt(message: &mut Message, attempt: usize, status: &StatusUpdate, now: Timestamp) -> bool {
    let attempt = &mut message.attempts[attempt];
    let arrives = matches!(on_lattice(status.state), Some(Status::Sent | Status::Delivered | Status::Read));
    if attempt.outcome == AttemptOutcome::Accepted || !(attempt.outcome.is_open() || arrives) {
        return false;
    }
    attempt.outcome = AttemptOutcome::Accepted;
    attempt.ended_at = Some(now);
    attempt.error = None;
    if status.external_id.is_empty() {
        return false;
    }
    attempt.carrier_message_id = Some(status.external_id.clone());
    message.carrier_message_id.get_or_insert_with(|| status.external_id.clone());
    true
}

/// Where the whole message stands: as far as its slowest part, failed if any part is.
/// `None` if no carrier is known to have any of it.
fn overall(message: &Message) -> Option<Status> {
    let parts = message.attempts.last()?.parts;
    let mut slowest: Option<Status> = None;
    for part in 1..=parts {
        match part_status(message, part) {
            Some(Status::Failed) => return Some(Status::Failed),
            Some(status) => {
                let slower = slowest.is_none_or(|slowest| status.may_become(slowest));
                slowest = Some(if slower { status } else { slowest.unwrap_or(status) });
            }
            None if parts == 1 => return None,
            None => return Some(Status::Sending),
        }
    }
    slowest
}

/// Where a part stands: as far as the best of the attempts that a carrier took.
fn part_status(message: &Message, part: u16) -> Option<Status> {
    let taken = message.attempts.iter().filter(|a| a.part == part && a.outcome == AttemptOutcome::Accepted);
    taken.map(|attempt| attempt.status.unwrap_or(Status::Sent)).reduce(|one, other| match (one, other) {
        (Status::Failed, better) | (better, Status::Failed) => better,
        (one, other) => one.advance(other),
    })
}

fn write_consent(message: &Message, status: &StatusUpdate, now: Timestamp, changes: &mut Changes) {
    let stops = status.consent == Some(omni_core::consent::Keyword::Stop)
        || status.error_class.is_some_and(omni_core::failure::ErrorClass::writes_opt_out);
    if stops {
        ConsentRecord::refused_by_carrier(message.channel, now).write(
            &message.account,
            message.customer_address.expose(),
            changes,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;
    use omni_core::event::Channel;
    use omni_core::id::AttemptId;

    fn message(parts: u16) -> Message {
        let mut message = testing::outbound(Channel::Sms, "hi");
        message.status = Status::Sent;
        for part in 1..=parts {
            message.attempts.push(Attempt {
                id: AttemptId::from_bytes([part as u8; 16]),
                number: u32::from(part),
                connection: "one".parse().unwrap(),
                carrier: "paper".into(),
                part,
                parts,
                client_ref: message.id.to_string(),
                started_at: Timestamp::EPOCH,
                ended_at: None,
                outcome: AttemptOutcome::Accepted,
                carrier_message_id: None,
                error: None,
                status: None,
            });
        }
        message
    }

    fn report(message: &mut Message, part: u16, state: ReportedState) -> usize {
        let mut changes = Changes::new(message.tenant.clone());
        let status = StatusUpdate { state, external_id: "c-1".into(), ..StatusUpdate::default() };
        apply(message, part, &status, Timestamp::EPOCH, Timestamp::EPOCH, &mut changes);
        changes.events.len()
    }

    #[test]
    fn doubled_and_late_receipts_change_nothing_and_say_nothing() {
        let mut message = message(1);
        assert_eq!(report(&mut message, 1, ReportedState::Delivered), 1);
        assert_eq!(report(&mut message, 1, ReportedState::Delivered), 0);
        assert_eq!(report(&mut message, 1, ReportedState::Sent), 0);
        assert_eq!(report(&mut message, 1, ReportedState::Failed), 0);
        assert_eq!(message.status, Status::Delivered);
        assert_eq!(message.receipts.len(), 4, "but all are kept");
    }

    #[test]
    fn a_late_delivery_overrides_failure() {
        let mut message = message(1);
        report(&mut message, 1, ReportedState::Failed);
        assert!(message.status == Status::Failed && message.error.is_some());
        report(&mut message, 1, ReportedState::Delivered);
        assert!(message.status == Status::Delivered && message.error.is_none());
    }

    #[test]
    fn a_split_message_is_as_far_as_its_slowest_part() {
        let mut message = message(2);
        report(&mut message, 2, ReportedState::Delivered);
        assert_eq!(message.status, Status::Sent);
        report(&mut message, 1, ReportedState::Read);
        assert_eq!(message.status, Status::Delivered);
        report(&mut message, 2, ReportedState::Read);
        assert_eq!(message.status, Status::Read);
    }

    #[test]
    fn a_receipt_settles_an_attempt_without_outcome() {
        let mut message = message(1);
        message.attempts[0].outcome = AttemptOutcome::Ambiguous;
        report(&mut message, 1, ReportedState::Sent);
        assert_eq!(message.attempts[0].outcome, AttemptOutcome::Accepted);
        assert_eq!(message.carrier_message_id.as_deref(), Some("c-1"));
    }

    #[test]
    fn a_receipt_that_never_comes_is_no_failure() {
        let mut message = message(1);
        report(&mut message, 1, ReportedState::Unknown);
        assert_eq!(message.status, Status::Sent);
    }

    #[test]
    fn references_name_parts() {
        let id = "msg_01ARZ3NDEKTSV4RRFFQ69G5FAV";
        assert_eq!(Reference::parse(id).map(|r| r.part), Some(1));
        assert_eq!(Reference::parse(&format!("{id}.2")).map(|r| r.part), Some(2));
        for bad in ["", "msg_", "ticket 991", "msg_01ARZ3NDEKTSV4RRFFQ69G5FAV.x"] {
            assert_eq!(Reference::parse(bad), None, "{bad}");
        }
    }
}
