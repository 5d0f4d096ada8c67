//! Takes jobs off the store and does them, many lanes at a time.
//!
//! Stopping drains: no new job is taken, those under way are finished. A job that fails is
//! put back by the retry policy of the step that failed; one that fails too often, or
//! panics, ends in the dead letters, and its lane goes on.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use omni_core::job::{Leased, Work};
use omni_core::problem;
use omni_core::steps::{RetryPolicy, StepConfig, StepId};
use omni_core::store::{Changes, Committed, Expect, Postpone, StoreError, StoreExt as _, Versioned};
use serde_json::json;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::engine::Engine;
use crate::inbound::handle;
use crate::outbound::{deliver, parts, track, track_up_to};
use crate::step::StepError;
use crate::{consent, dead_letters};

/// How long one look for jobs waits.
const LOOK: Duration = Duration::from_secs(1);
/// How long to rest when the store fails.
const REST: Duration = Duration::from_millis(500);
/// How often a lease is renewed while its job runs.
const HEARTBEAT: Duration = Duration::from_secs(10);
/// How long a job that lost its lease may go on: longer than any carrier takes to answer.
const FAREWELL: Duration = Duration::from_secs(60);
/// How often a giving-up is written again when the message changed meanwhile.
const MOST_CONFLICTS: usize = 8;
/// Most jobs taken at one look.
const BATCH: usize = 64;

/// Works until `stop`, at most `most` jobs at a time; then finishes what is under way.
pub async fn run(engine: Arc<Engine>, most: usize, stop: CancellationToken) {
    let permits = Arc::new(Semaphore::new(most));
    let mut running = JoinSet::new();
    loop {
        while running.try_join_next().is_some() {}
        let first = tokio::select! {
            () = stop.cancelled() => break,
            permit = Arc::clone(&permits).acquire_owned() => permit.expect("the semaphore is never closed"),
        };
        let room = 1 + permits.available_permits();
        let leased = tokio::select! {
            () = stop.cancelled() => break,
            leased = engine.store.lease(room.min(BATCH), LOOK) => leased,
        };
        let jobs = match leased {
            Ok(jobs) => jobs,
            Err(error) => {
                tracing::error!(error = %error, "no jobs can be taken");
                tokio::time::sleep(REST).await;
                continue;
            }
        };
        let mut spare = Some(first);
        for job in jobs {
            let permit = match spare.take() {
                Some(permit) => permit,
                None => Arc::clone(&permits).acquire_owned().await.expect("the semaphore is never closed"),
            };
            let engine = Arc::clone(&engine);
            running.spawn(async move {
                work(&engine, &job).await;
                drop(permit);
            });
        }
    }
    while running.join_next().await.is_some() {}
}

/// Does one job, with heartbeats, and deals with its failure.
pub async fn work(engine: &Engine, leased: &Leased) {
    let mut done = std::pin::pin!(AssertUnwindSafe(perform(engine, leased)).catch_unwind());
    let outcome = tokio::select! {
        outcome = &mut done => outcome,
        () = heartbeat(engine, leased) => {
            tracing::warn!(job = %leased.job.id, work = leased.job.work.name(), "lease lost; the job is somebody else's");
            // A send under way is not cut off: what the carrier answers is worth knowing, and
            // without the lease nothing else can be committed.
            match tokio::time::timeout(FAREWELL, done).await {
                Ok(outcome) => outcome,
                Err(_) => return,
            }
        }
    };
    let error = match outcome {
        Ok(Ok(())) => return,
        Ok(Err(error)) => error,
        // A panic is a fault of ours: it must end neither the worker nor the lane.
        Err(_) => StepError::new(step_of(&leased.job.work), problem::INTERNAL, "the step panicked"),
    };
    if let Err(store) = give_back(engine, leased, &error).await {
        // The lease runs out and the job comes back by itself.
        tracing::error!(job = %leased.job.id, error = %error, store = %store, "a failed job could not be put back");
    }
}

/// The step whose policy covers a fault that no step reported. Rules and texts, the wild
/// part of an inbound message, are pre-route's.
const fn step_of(work: &Work) -> StepId {
    match work {
        Work::HandleInbound { .. } => StepId::PreRoute,
        Work::Deliver { .. } | Work::Release { .. } => StepId::PublishOutbound,
        Work::Track { .. } | Work::TrackUpTo { .. } | Work::Consent { .. } => StepId::Terminate,
    }
}

/// Ends when the lease is lost.
async fn heartbeat(engine: &Engine, leased: &Leased) {
    loop {
        tokio::time::sleep(HEARTBEAT).await;
        match engine.store.extend(leased.job.id, leased.token).await {
            Ok(true) => {}
            Ok(false) => return,
            Err(error) => tracing::warn!(error = %error, "a lease could not be renewed"),
        }
    }
}

async fn perform(engine: &Engine, leased: &Leased) -> Result<(), StepError> {
    match &leased.job.work {
        Work::HandleInbound { message } => handle::handle(engine, leased, *message).await,
        Work::Deliver { message } => deliver::deliver(engine, leased, *message).await,
        Work::Release { message } => deliver::release(engine, leased, *message).await,
        Work::Track { connection, received_at, status } => {
            track::track(engine, leased, connection, *received_at, status).await
        }
        Work::TrackUpTo { connection, received_at, notice } => {
            track_up_to::track_up_to(engine, leased, connection, *received_at, notice).await
        }
        Work::Consent { connection, change } => {
            let account =
                engine.directory.connection(connection).map(|connection| connection.account.clone());
            let account = account.ok_or_else(|| {
                let why = format!("connection `{connection}` is not configured any more");
                StepError::new(StepId::Terminate, problem::ROUTING_RESOLUTION_FAILED, why)
            })?;
            consent::record(engine, leased, &account, change).await
        }
    }
}

/// Tries again later, or gives up into the dead letters.
async fn give_back(engine: &Engine, leased: &Leased, error: &StepError) -> Result<(), StoreError> {
    let policy = policy(engine, leased, error.step).await;
    metrics::counter!("omni_step_errors_total", "step" => error.step.as_str(), "code" => error.code.code)
        .increment(1);
    let Some(wait) = policy.wait(leased.job.failures + 1) else {
        return give_up(engine, leased, error).await;
    };
    let mut changes = Changes::new(leased.job.tenant.clone());
    changes.postpone = Some(Postpone {
        job: leased.job.id,
        token: leased.token,
        not_before: engine.now() + wait,
        error: error.to_string(),
        counts: true,
    });
    tracing::warn!(job = %leased.job.id, error = %error, "a step failed and is tried again");
    engine.store.commit(changes).await?;
    Ok(())
}

/// Buries the job; a message that waited for it has failed, so nobody waits for it in vain.
async fn give_up(engine: &Engine, leased: &Leased, error: &StepError) -> Result<(), StoreError> {
    tracing::error!(job = %leased.job.id, error = %error, "a step failed too often; see the dead letters");
    metrics::counter!("omni_dead_letters_total", "step" => error.step.as_str(), "code" => error.code.code)
        .increment(1);
    for _ in 0..MOST_CONFLICTS {
        let now = engine.now();
        let mut changes = Changes::new(leased.job.tenant.clone());
        changes.complete = Some((leased.job.id, leased.token));
        let letter = dead_letters::letter(leased, error.step.as_str(), error.code.code, &error.message, now);
        changes.put(&letter, Expect::Absent);
        let data = json!({ "deadLetterId": letter.id, "messageId": leased.job.work.message(),
                           "step": error.step, "code": error.code.code });
        changes.event("dead_letter.created", now, data);
        if let Work::Deliver { message } | Work::Release { message } = leased.job.work {
            // One that cannot be read is no reason to keep its job.
            let found = engine.store.message(&leased.job.tenant, message).await.ok().flatten();
            if let Some(Versioned { value: mut message, version }) = found
                && !message.status.is_final()
                && !parts::all_taken(&message)
            {
                deliver::give_up(&mut message, error, now, &mut changes);
                changes.put(&message, Expect::Version(version));
            }
        }
        match engine.store.commit(changes).await? {
            Committed::Applied | Committed::Conflict { on: "lease" } => return Ok(()),
            Committed::Duplicate { .. } | Committed::Conflict { .. } => {}
        }
    }
    Err(StoreError::Unavailable("the message kept changing".into()))
}

async fn policy(engine: &Engine, leased: &Leased, step: StepId) -> RetryPolicy {
    let tenant = &leased.job.tenant;
    let account = match leased.job.work.message() {
        Some(id) => engine.store.message(tenant, id).await.ok().flatten().map(|found| found.value.account),
        None => None,
    };
    let account = account.and_then(|account| engine.directory.account(tenant, &account));
    account
        .map_or_else(|| StepConfig::default_for(step).retry_policy, |account| account.step(step).retry_policy)
}
