//! Work that was given up: kept whole, shown with its cause, put back at a person's wish.

use omni_core::id::{JobId, TenantId};
use omni_core::job::{DeadLetter, Job, Leased, Work};
use omni_core::message::{AttemptOutcome, TraceEntry};
use omni_core::problem::{self, Problem};
use omni_core::status::Status;
use omni_core::store::{Changes, Committed, Expect, StoreExt, Versioned};
use omni_core::time::Timestamp;
use serde_json::{Value, json};

use crate::engine::Engine;
use crate::outbound::deliver::DELIVERY_AMBIGUOUS;
use crate::outbound::parts::all_taken;

/// The record of a job that was given up.
pub fn letter(leased: &Leased, step: &str, code: &str, reason: &str, at: Timestamp) -> DeadLetter {
    DeadLetter {
        id: leased.job.id,
        job: leased.job.clone(),
        step: step.to_owned(),
        code: code.to_owned(),
        reason: reason.to_owned(),
        at,
        redriven_at: None,
    }
}

/// Puts a dead letter back to work, once; answers the new job's id.
///
/// The message it is about starts again: what was tried stays visible. An attempt that
/// nobody could settle counts as not sent from here on, because a person decided so.
///
/// # Errors
/// [`problem::NOT_FOUND`], [`problem::ALREADY_REDRIVEN`], or the store's.
pub async fn redrive(engine: &Engine, tenant: &TenantId, id: JobId) -> Result<JobId, Problem> {
    let now = engine.now();
    let found = engine.store.record::<DeadLetter>(tenant, &id.to_string()).await?;
    let Some(Versioned { value: mut letter, version }) = found else {
        return Err(Problem::new(problem::NOT_FOUND, format!("There is no dead letter {id}.")));
    };
    if let Some(at) = letter.redriven_at {
        return Err(Problem::new(problem::ALREADY_REDRIVEN, format!("It was put back to work at {at}.")));
    }
    let mut changes = Changes::new(tenant.clone());
    let job = Job {
        id: JobId::make(&*engine.ids, now),
        failures: 0,
        last_error: None,
        not_before: None,
        created_at: now,
        ..letter.job.clone()
    };
    let new = job.id;
    let (message, again) = match job.work {
        Work::Deliver { message } => (Some(message), Status::Queued),
        Work::Release { message } => (Some(message), Status::Scheduled),
        Work::HandleInbound { .. } | Work::Track { .. } | Work::TrackUpTo { .. } | Work::Consent { .. } => {
            (None, Status::Queued)
        }
    };
    if let Some(message) = message
        && let Some(Versioned { value: mut message, version }) = engine.store.message(tenant, message).await?
        && !matches!(message.status, Status::Delivered | Status::Read | Status::Canceled)
        && !all_taken(&message)
    {
        message.status = again;
        message.error = None;
        message.updated_at = now;
        // Only what was asked about in vain: of anything else the carrier may know.
        let decided = letter.code == DELIVERY_AMBIGUOUS;
        for attempt in message.attempts.iter_mut().filter(|attempt| decided && attempt.outcome.is_open()) {
            attempt.outcome = AttemptOutcome::NotSent;
        }
        message.note(TraceEntry::new("redrive", "put back to work by a person", now, now, Value::Null));
        changes.put(&message, Expect::Version(version));
    }
    letter.redriven_at = Some(now);
    changes.put(&letter, Expect::Version(version)).job(job);
    changes.event("dead_letter.redriven", now, json!({ "deadLetterId": id, "jobId": new }));
    match engine.store.commit(changes).await? {
        Committed::Applied => Ok(new),
        Committed::Duplicate { .. } | Committed::Conflict { .. } => {
            Err(Problem::new(problem::STATE_CONFLICT, "It changed at the same time; look again."))
        }
    }
}
