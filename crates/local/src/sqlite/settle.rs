//! After the commit: who is told that a batch is durable, and in which order.
//!
//! The work queue first, so that a caller who has its answer finds its jobs; the cache
//! before the answers, so that who was told reads what was written.

use omni_core::store::{Committed, Table};
use omni_core::time::Timestamp;

use super::Shared;
use super::writer::{Answer, Outcome, Request, Written};
use crate::cache::{CacheKey, Stored};
use crate::error::closed;
use crate::prepare::{Place, Ready};
use crate::queue::Entry;

/// The batch is durable: tells the queue, the cache, who waits for events, the callers.
pub(super) fn settle(shared: &Shared, batch: Vec<Request>, outcomes: Vec<Outcome>, now: Timestamp) {
    let mut answers = Vec::with_capacity(batch.len());
    let mut queue = shared.queue.lock();
    let next_change = queue.next_change();
    for (request, outcome) in batch.into_iter().zip(outcomes) {
        match (request, outcome) {
            (Request::Commit(ready, answer), Outcome::Applied(written)) => {
                remember(shared, &ready, &written);
                enqueue(&mut queue, *ready, written, now);
                answers.push(Reply::Committed(answer, Committed::Applied));
            }
            (Request::Commit(_, answer), Outcome::Refused(refusal)) => {
                answers.push(Reply::Committed(answer, refusal));
            }
            (Request::Journal(_, _, answer) | Request::Probe(answer), _) => {
                answers.push(Reply::Done(answer));
            }
            (Request::Sweep(_, answer), Outcome::Done(rows)) => answers.push(Reply::Swept(answer, rows)),
            (request, _) => request.fail(&closed()),
        }
    }
    let wake = queue.has_ready() || queue.next_change() < next_change;
    drop(queue);
    if wake {
        shared.queue.wake();
    }
    answers.into_iter().for_each(Reply::send);
}

/// The cache and the followers of events learn what was written.
fn remember(shared: &Shared, ready: &Ready, written: &Written) {
    let number = ready.tenant.number().expect("it has just been written");
    let key = |place: &Place| match place {
        Place::Pointer(key) => Some(CacheKey::pointer(key)),
        Place::Row(table, id) => CacheKey::row(*table, number, id),
    };
    for (put, found) in ready.puts.iter().zip(&written.found) {
        // Who looks at dead letters is a person, later.
        if put.place.table() == Table::DeadLetter {
            continue;
        }
        if let Some(key) = key(&put.place) {
            let (version, body) = (found.next_version(), put.body.clone());
            shared.cache.wrote(key, Some(Stored { version, body, expires_at: put.expires_at }));
        }
    }
    for key in ready.deletes.iter().filter_map(key) {
        shared.cache.wrote(key, None);
    }
    if let Some(newest) = written.newest_event {
        ready.tenant.announce(newest);
    }
}

/// Brings the work queue up to date.
fn enqueue(queue: &mut crate::queue::Queue, ready: Ready, written: Written, now: Timestamp) {
    if let Some((_, token)) = ready.complete {
        queue.finish(token, now);
    }
    if let Some(postpone) = ready.postpone {
        queue.postpone(postpone.token, postpone.not_before, written.postponed, now);
    }
    for (seq, ready_job) in (written.first_job..).zip(ready.jobs) {
        let job = ready_job.job;
        let lane = job.lane.clone();
        let (id, priority, not_before) = (job.id, job.priority, job.not_before);
        let entry = Entry { seq, id, priority, not_before, job: Some(job) };
        queue.push(&ready.tenant.name, &lane, entry, now);
    }
}

/// An answer that waits for the queue's lock to be free again.
enum Reply {
    Committed(Answer<Committed>, Committed),
    Done(Answer<()>),
    Swept(Answer<usize>, usize),
}

impl Reply {
    /// Whoever no longer waits for it does not get it.
    fn send(self) {
        match self {
            Self::Committed(answer, committed) => drop(answer.send(Ok(committed))),
            Self::Done(answer) => drop(answer.send(Ok(()))),
            Self::Swept(answer, rows) => drop(answer.send(Ok(rows))),
        }
    }
}
