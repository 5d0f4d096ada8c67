//! Receipts: early, late, doubled, reordered, for parts. Status only moves forward.
//!
//! A receipt finds its message by our own reference if the carrier hands it back, else by
//! the carrier's id. One that finds nothing is parked under the carrier's id and taken out
//! when a send reports that id.

use omni_core::event::{ReportedState, StatusUpdate};
use omni_core::id::{ConnectionId, JobId, MessageId};
use omni_core::job::{Job, Leased, Work};
use omni_core::message::{AttemptOutcome, DeliveryError, Message, Receipt, TraceEntry};
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
        match find(engine, leased, status).await.map_err(failed)? {
            Some((Versioned { value: mut message, version }, part)) => {
                apply(&mut message, part, status, received_at, engine.now(), &mut changes);
                changes.put(&message, Expect::Version(version));
            }
            None => park(engine, connection, received_at, status, &mut changes).await.map_err(failed)?,
        }
        match engine.store.commit(changes).await.map_err(failed)? {
            Committed::Applied | Committed::Conflict { on: "lease" } => return Ok(()),
            Committed::Duplicate { .. } | Committed::Conflict { .. } => {}
        }
    }
    Err(StepError::new(StepId::Terminate, problem::STATE_CONFLICT, "the message kept changing"))
}

async fn find(
    engine: &Engine,
    leased: &Leased,
    status: &StatusUpdate,
) -> Result<Option<(Versioned<Message>, u16)>, StoreError> {
    let tenant = &leased.job.tenant;
    let by_us = status.client_ref.as_deref().and_then(Reference::parse);
    let reference = match by_us {
        Some(reference) => Some(reference),
        None => {
            let pointer = Pointer::carrier_ref(&status.carrier, &status.external_id);
            engine.store.pointer::<Reference>(tenant, &pointer).await?.map(|found| found.value)
        }
    };
    let Some(reference) = reference else { return Ok(None) };
    let message = engine.store.message(tenant, reference.message).await?;
    Ok(message.map(|message| (message, reference.part)))
}

async fn park(
    engine: &Engine,
    connection: &ConnectionId,
    received_at: Timestamp,
    status: &StatusUpdate,
    changes: &mut Changes,
) -> Result<(), StoreError> {
    let pointer = Pointer::parked(&status.carrier, &status.external_id);
    let found = engine.store.pointer::<Vec<Parked>>(&changes.tenant, &pointer).await?;
    let (mut parked, expect) = match found {
        Some(found) => (found.value, Expect::Version(found.version)),
        None => (Vec::new(), Expect::Absent),
    };
    if parked.len() < MOST_PARKED {
        parked.push(Parked { connection: connection.clone(), received_at, status: status.clone() });
    }
    changes.point(&pointer, &parked, expect, Some(received_at + REMEMBERED));
    Ok(())
}

/// Puts receipts that waited for this carrier id back to work, in the commit that makes
/// the id known.
pub async fn unpark(
    engine: &Engine,
    message: &Message,
    carrier: &str,
    external_id: &str,
    changes: &mut Changes,
) -> Result<(), StoreError> {
    let pointer = Pointer::parked(carrier, external_id);
    let Some(found) = engine.store.pointer::<Vec<Parked>>(&message.tenant, &pointer).await? else {
        return Ok(());
    };
    let now = engine.now();
    for Parked { connection, received_at, status } in found.value {
        let lane = format!("rcpt|{connection}|{}", message.id);
        let work = Work::Track { connection, received_at, status: Box::new(status) };
        let id = JobId::make(&*engine.ids, now);
        changes.job(Job::new(id, message.tenant.clone(), lane, work, message.correlation, now));
    }
    changes.unpoint(&pointer);
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

/// Applies a report to one part of a message. Pure.
pub fn apply(
    message: &mut Message,
    part: u16,
    status: &StatusUpdate,
    received_at: Timestamp,
    now: Timestamp,
    changes: &mut Changes,
) {
    let before = message.status;
    settle_attempt(message, part, status, now);
    if let Some(reported) = on_lattice(status.state) {
        let newest = message.attempts.iter_mut().rev().find(|attempt| attempt.part == part);
        if let Some(attempt) = newest {
            attempt.status = Some(attempt.status.unwrap_or(Status::Queued).advance(reported));
        }
        message.status = message.status.advance(overall(message).unwrap_or(reported));
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
}

/// The carrier knows the message: an attempt without outcome was taken.
fn settle_attempt(message: &mut Message, part: u16, status: &StatusUpdate, now: Timestamp) {
    let open = message.attempts.iter_mut().rev().find(|a| a.part == part && a.outcome.is_open());
    let Some(attempt) = open else { return };
    attempt.outcome = AttemptOutcome::Accepted;
    attempt.ended_at = Some(now);
    attempt.error = None;
    if !status.external_id.is_empty() {
        attempt.carrier_message_id = Some(status.external_id.clone());
        message.carrier_message_id.get_or_insert_with(|| status.external_id.clone());
    }
}

/// Where the whole message stands: as far as its slowest part, failed if any part is.
/// `None` while parts have no report (or were never sent).
fn overall(message: &Message) -> Option<Status> {
    let parts = message.attempts.last()?.parts;
    let mut slowest: Option<Status> = None;
    for part in 1..=parts {
        let accepted = message
            .attempts
            .iter()
            .rev()
            .find(|attempt| attempt.part == part && attempt.outcome == AttemptOutcome::Accepted);
        let status = accepted.and_then(|attempt| attempt.status);
        match status {
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
    use omni_core::message::Attempt;

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
