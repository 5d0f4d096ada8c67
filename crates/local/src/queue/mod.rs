//! Which job may run now: the hot state of the work queue, in memory.
//!
//! The truth about jobs is in the store; this is rebuilt from it at start. It knows lanes
//! (jobs in order of arrival), which lanes are ready, which wait for a time, and which job
//! is leased to whom. It does no I/O and reads no clock: `now` is a parameter, so every
//! rule here is testable to the microsecond.
//!
//! ```text
//!   lane:  [head] [next] [next] …        state of the lane = state of its head
//!            │
//!            ├─ Ready ──lease──► Leased ──complete──► next head
//!            ├─ Due(t) ──t──► Ready   │  └──postpone(t)──► Due(t)
//!            └────────────────◄───────┘ lease ended
//! ```
//!
//! Who comes first: among tenants the least recently served, then within a tenant the
//! higher priority, then the older job. So one tenant's bulk never delays another
//! tenant's reply.

mod handle;
mod lane;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use omni_core::id::{JobId, TenantId};
use omni_core::job::Job;
use omni_core::message::Priority;
use omni_core::time::Timestamp;

pub(crate) use handle::QueueHandle;
use lane::{Lane, Lanes, State};

/// A clock that goes back by less was only read by two threads at once.
const STEP: Duration = Duration::from_secs(1);

/// A job in its lane.
#[derive(Debug)]
pub(crate) struct Entry {
    /// Its place: later jobs have greater numbers; also its row in the store.
    pub(crate) seq: u64,
    /// Its id.
    pub(crate) id: JobId,
    /// Its priority.
    pub(crate) priority: Priority,
    /// Not before.
    pub(crate) not_before: Option<Timestamp>,
    /// The job itself, unless it has to be read from the store first.
    pub(crate) job: Option<Box<Job>>,
}

/// A job that was just leased.
#[derive(Debug)]
pub(crate) struct Taken {
    /// Its row.
    pub(crate) seq: u64,
    /// The lease.
    pub(crate) token: u64,
    /// The job, unless it has to be read from the store.
    pub(crate) job: Option<Box<Job>>,
}

#[derive(Debug)]
struct Lease {
    job: JobId,
    lane: usize,
    seq: u64,
    until: Timestamp,
    /// Its completion is being written: it cannot end meanwhile.
    pinned: bool,
}

#[derive(Debug)]
struct Tenant {
    lanes: HashMap<std::sync::Arc<str>, usize>,
    /// Lanes whose head may run, in the order in which they do.
    ready: BTreeMap<(Priority, u64), usize>,
    /// The turn at which it was last served.
    served: u64,
}

/// How a queue is set up.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Setup {
    /// How long a lease lasts.
    pub(crate) lease: Duration,
    /// The token of the first lease; greater than any of an earlier life of the store.
    pub(crate) first_token: u64,
    /// How many jobs are held whole; beyond that only their places are.
    pub(crate) held: usize,
    /// Whether a leased job stays here too (there is no store to read it from again).
    pub(crate) keeps_leased: bool,
}

/// The hot state of the work queue.
#[derive(Debug)]
pub(crate) struct Queue {
    setup: Setup,
    tenants: Vec<Tenant>,
    by_name: HashMap<TenantId, usize>,
    lanes: Lanes,
    /// Tenants with something ready, the least recently served first.
    turns: BTreeSet<(u64, usize)>,
    /// Lanes that wait for a time.
    timers: BTreeSet<(Timestamp, usize)>,
    /// How long those of them wait whose head is tried again: a clock that steps back must
    /// not make that longer. (A scheduled job waits for a time, not for so long.)
    retries: HashMap<usize, Duration>,
    /// The latest time that was told.
    latest: Timestamp,
    leases: HashMap<u64, Lease>,
    /// When leases end.
    ends: BTreeSet<(Timestamp, u64)>,
    next_token: u64,
    turn: u64,
    ready: usize,
    total: usize,
    held: usize,
}

/// Numbers about the queue.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) total: u64,
    pub(crate) ready: u64,
    pub(crate) leased: u64,
    pub(crate) oldest_ready: Duration,
}

impl Queue {
    pub(crate) fn new(setup: Setup) -> Self {
        Self {
            setup,
            tenants: Vec::new(),
            by_name: HashMap::new(),
            lanes: Lanes::default(),
            turns: BTreeSet::new(),
            timers: BTreeSet::new(),
            retries: HashMap::new(),
            latest: Timestamp::EPOCH,
            leases: HashMap::new(),
            ends: BTreeSet::new(),
            next_token: setup.first_token,
            turn: 0,
            ready: 0,
            total: 0,
            held: 0,
        }
    }

    /// Adds a job at the end of its lane.
    pub(crate) fn push(&mut self, tenant: &TenantId, lane: &str, mut entry: Entry, now: Timestamp) {
        if entry.job.is_some() {
            if self.held >= self.setup.held {
                entry.job = None;
            } else {
                self.held += 1;
            }
        }
        self.total += 1;
        let tenant = self.tenant(tenant);
        let index = if let Some(index) = self.tenants[tenant].lanes.get(lane) {
            *index
        } else {
            let name: std::sync::Arc<str> = lane.into();
            let index = self.lanes.add(Lane::new(tenant, std::sync::Arc::clone(&name)));
            self.tenants[tenant].lanes.insert(name, index);
            index
        };
        let lane = &mut self.lanes[index];
        lane.waiting.push_back(entry);
        if lane.waiting.len() == 1 {
            self.settle(index, now);
        }
    }

    /// Up to `max` jobs that may run now, each with a new lease.
    pub(crate) fn take(&mut self, max: usize, now: Timestamp) -> Vec<Taken> {
        self.advance(now);
        let mut taken = Vec::with_capacity(max.min(self.ready));
        while taken.len() < max {
            let Some((_, tenant)) = self.turns.pop_first() else { break };
            let first = self.tenants[tenant].ready.pop_first();
            let (_, lane) = first.expect("a tenant with a turn has a ready lane");
            self.ready -= 1;
            self.turn += 1;
            self.tenants[tenant].served = self.turn;
            if !self.tenants[tenant].ready.is_empty() {
                self.turns.insert((self.turn, tenant));
            }
            taken.push(self.lease(lane, now));
        }
        taken
    }

    fn lease(&mut self, index: usize, now: Timestamp) -> Taken {
        let token = self.next_token;
        self.next_token += 1;
        let until = now + self.setup.lease;
        let lane = &mut self.lanes[index];
        lane.state = State::Leased;
        let head = lane.waiting.front_mut().expect("a ready lane has a head");
        let job = if self.setup.keeps_leased { head.job.clone() } else { head.job.take() };
        if !self.setup.keeps_leased && job.is_some() {
            self.held -= 1;
        }
        self.leases.insert(token, Lease { job: head.id, lane: index, seq: head.seq, until, pinned: false });
        self.ends.insert((until, token));
        Taken { seq: head.seq, token, job }
    }

    /// The lease counts from `now` again; `false` if it is lost.
    pub(crate) fn extend(&mut self, job: JobId, token: u64, now: Timestamp) -> bool {
        let until = now + self.setup.lease;
        let Some(lease) = self.leases.get_mut(&token) else { return false };
        if lease.job != job || (lease.until <= now && !lease.pinned) {
            return false;
        }
        if !lease.pinned {
            self.ends.remove(&(lease.until, token));
            self.ends.insert((until, token));
        }
        lease.until = until;
        true
    }

    /// Holds a lease while its end is being written; gives the job's row, or `None` if the
    /// lease is lost. Exactly one of [`Queue::finish`], [`Queue::postpone`] and
    /// [`Queue::unpin`] must follow.
    pub(crate) fn pin(&mut self, job: JobId, token: u64, now: Timestamp) -> Option<u64> {
        let lease = self.leases.get_mut(&token)?;
        if lease.job != job || lease.pinned || lease.until <= now {
            return None;
        }
        lease.pinned = true;
        self.ends.remove(&(lease.until, token));
        Some(lease.seq)
    }

    /// Nothing was written: the lease goes on as before.
    pub(crate) fn unpin(&mut self, token: u64) {
        if let Some(lease) = self.leases.get_mut(&token)
            && lease.pinned
        {
            lease.pinned = false;
            self.ends.insert((lease.until, token));
        }
    }

    /// The pinned job is done.
    pub(crate) fn finish(&mut self, token: u64, now: Timestamp) {
        let Some(lease) = self.leases.remove(&token) else { return };
        let done = self.lanes[lease.lane].waiting.pop_front();
        if done.is_some_and(|entry| entry.job.is_some()) {
            self.held -= 1;
        }
        self.total -= 1;
        self.settle(lease.lane, now);
    }

    /// The pinned job is to be tried again, and stays the head of its lane. `job` replaces
    /// the one that is held, if one is.
    pub(crate) fn postpone(
        &mut self,
        token: u64,
        not_before: Timestamp,
        job: Option<Box<Job>>,
        now: Timestamp,
    ) {
        let Some(lease) = self.leases.remove(&token) else { return };
        self.ends.remove(&(lease.until, token));
        let head = self.lanes[lease.lane].waiting.front_mut().expect("a leased lane has a head");
        head.not_before = Some(not_before);
        if let (Some(held), Some(job)) = (&mut head.job, job) {
            *held = job;
        }
        if not_before > now {
            self.retries.insert(lease.lane, not_before.since(now));
        }
        self.settle(lease.lane, now);
    }

    /// The job of a lease, if it is held here.
    pub(crate) fn leased_job(&self, token: u64) -> Option<&Job> {
        let lease = self.leases.get(&token)?;
        self.lanes[lease.lane].waiting.front()?.job.as_deref()
    }

    /// When something changes by itself: a job falls due, or a lease ends.
    /// Far away if nothing does.
    pub(crate) fn next_change(&self) -> Timestamp {
        let due = self.timers.first().map_or(Timestamp::MAX, |(at, _)| *at);
        let end = self.ends.first().map_or(Timestamp::MAX, |(at, _)| *at);
        due.min(end)
    }

    /// Whether something could be leased at once.
    pub(crate) fn has_ready(&self) -> bool {
        self.ready > 0
    }

    /// Numbers about the queue.
    pub(crate) fn counts(&self, now: Timestamp) -> Counts {
        // The oldest of each priority stands first in its tenant's order.
        let heads = self.tenants.iter().flat_map(|tenant| {
            [Priority::High, Priority::Normal, Priority::Low]
                .into_iter()
                .filter_map(|p| tenant.ready.range((p, 0)..=(p, u64::MAX)).next())
        });
        let since = heads.filter_map(|(_, lane)| match self.lanes[*lane].state {
            State::Ready { since } => Some(since),
            _ => None,
        });
        Counts {
            total: self.total as u64,
            ready: self.ready as u64,
            leased: self.leases.len() as u64,
            oldest_ready: since.min().map_or(Duration::ZERO, |since| now.since(since)),
        }
    }

    /// Lets pass what `now` lets pass: due jobs become ready, ended leases give back.
    fn advance(&mut self, now: Timestamp) {
        if now + STEP < self.latest {
            self.step_back(now);
            self.latest = now;
        }
        self.latest = self.latest.max(now);
        while let Some((at, lane)) = self.timers.first().copied()
            && at <= now
        {
            self.timers.pop_first();
            self.retries.remove(&lane);
            self.make_ready(lane, at);
        }
        while let Some((until, token)) = self.ends.first().copied()
            && until <= now
        {
            self.ends.pop_first();
            if let Some(lease) = self.leases.remove(&token) {
                self.settle(lease.lane, now);
            }
        }
    }

    /// The clock was set back: retries and leases last as long as they were meant to.
    fn step_back(&mut self, now: Timestamp) {
        for (lane, wait) in &self.retries {
            let head = self.lanes[*lane].waiting.front_mut().expect("a lane that waits has a head");
            let Some(due) = head.not_before.filter(|due| *due > now + *wait) else { continue };
            head.not_before = Some(now + *wait);
            self.timers.remove(&(due, *lane));
            self.timers.insert((now + *wait, *lane));
        }
        let longest = now + self.setup.lease;
        for (token, lease) in self.leases.iter_mut().filter(|(_, lease)| lease.until > longest) {
            if self.ends.remove(&(lease.until, *token)) {
                self.ends.insert((longest, *token));
            }
            lease.until = longest;
        }
    }

    /// Puts a lane where its head belongs.
    fn settle(&mut self, index: usize, now: Timestamp) {
        let lane = &mut self.lanes[index];
        let Some(head) = lane.waiting.front() else {
            self.tenants[lane.tenant].lanes.remove(&lane.name);
            self.lanes.remove(index);
            return;
        };
        match head.not_before {
            Some(due) if due > now => {
                lane.state = State::Due;
                self.timers.insert((due, index));
            }
            _ => self.make_ready(index, now),
        }
    }

    fn make_ready(&mut self, index: usize, since: Timestamp) {
        let lane = &mut self.lanes[index];
        let head = lane.waiting.front().expect("only lanes with a head become ready");
        lane.state = State::Ready { since };
        let tenant = &mut self.tenants[lane.tenant];
        if tenant.ready.is_empty() {
            self.turns.insert((tenant.served, lane.tenant));
        }
        tenant.ready.insert((head.priority, head.seq), index);
        self.ready += 1;
    }

    fn tenant(&mut self, name: &TenantId) -> usize {
        if let Some(index) = self.by_name.get(name) {
            return *index;
        }
        self.tenants.push(Tenant { lanes: HashMap::new(), ready: BTreeMap::new(), served: 0 });
        self.by_name.insert(name.clone(), self.tenants.len() - 1);
        self.tenants.len() - 1
    }
}

#[cfg(test)]
mod tests;
