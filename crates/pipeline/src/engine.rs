//! Everything that steps need, in one place: the ports and what is configured.

use std::sync::Arc;
use std::time::Duration;

use omni_core::http::HttpClient;
use omni_core::id::{IdSource, JobId, MessageId, TraceId};
use omni_core::job::{Job, Work};
use omni_core::message::Message;
use omni_core::store::{Changes, Committed, Expect, Store, StoreError, StoreExt, Versioned};
use omni_core::time::{Clock, Timestamp};

use crate::directory::Directory;
use crate::inbound::replay::ReplayCache;
use crate::outbound::breaker::Breakers;
use crate::outbound::limiter::Limiter;
use crate::outbound::turnstile::Turnstiles;

/// How often a decision is taken again on a fresh snapshot before its job is put back.
const MOST_CONFLICTS: usize = 8;

/// How long receipts for unknown messages, references and keys against doubles are kept.
pub const REMEMBERED: Duration = Duration::from_secs(8 * 24 * 60 * 60);

/// The pipeline: ports, configuration and the little state that needs no disk.
pub struct Engine {
    /// What we remember.
    pub store: Arc<dyn Store>,
    /// Who is who.
    pub directory: Arc<Directory>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Ids.
    pub ids: Arc<dyn IdSource>,
    /// The way to carriers.
    pub http: Arc<dyn HttpClient>,
    /// Which connections are healthy.
    pub breakers: Breakers,
    /// How fast senders may send.
    pub limiter: Limiter,
    /// Where requests to one person wait for each other.
    pub turnstiles: Turnstiles,
    /// One-time tokens of callbacks.
    pub replays: ReplayCache,
}

impl Engine {
    /// An engine with closed breakers.
    pub fn new(
        store: Arc<dyn Store>,
        directory: Arc<Directory>,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn IdSource>,
        http: Arc<dyn HttpClient>,
    ) -> Self {
        Self {
            store,
            directory,
            clock,
            ids,
            http,
            breakers: Breakers::default(),
            limiter: Limiter::default(),
            turnstiles: Turnstiles::default(),
            replays: ReplayCache::default(),
        }
    }

    /// The time.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// A new job for now.
    pub fn job(&self, of: &Message, lane: String, work: Work, now: Timestamp) -> Job {
        let id = JobId::make(&*self.ids, now);
        Job::new(id, of.tenant.clone(), lane, work, of.correlation, now)
    }

    /// A new correlation.
    pub fn correlation(&self, now: Timestamp) -> TraceId {
        TraceId::make(&*self.ids, now)
    }

    /// Reads a message, lets `change` decide, and commits; again on a fresh snapshot if
    /// somebody else was faster. `change` answers `None` when there is nothing to do.
    /// Returns the message as committed, or `None` if nothing was.
    pub async fn change_message<F>(
        &self,
        tenant: &omni_core::id::TenantId,
        id: MessageId,
        mut change: F,
    ) -> Result<Changed, StoreError>
    where
        F: FnMut(&mut Message, &mut Changes) -> bool + Send,
    {
        for _ in 0..MOST_CONFLICTS {
            let Some(Versioned { value: mut message, version }) = self.store.message(tenant, id).await?
            else {
                return Ok(Changed::Missing);
            };
            let mut changes = Changes::new(tenant.clone());
            if !change(&mut message, &mut changes) {
                return Ok(Changed::Unchanged(Box::new(message)));
            }
            changes.put(&message, Expect::Version(version));
            match self.store.commit(changes).await? {
                Committed::Applied => {
                    return Ok(Changed::Applied(Box::new(Versioned {
                        value: message,
                        version: version + 1,
                    })));
                }
                Committed::Duplicate { .. } | Committed::Conflict { on: "lease" } => {
                    return Ok(Changed::LeaseLost);
                }
                Committed::Conflict { .. } => {}
            }
        }
        Err(StoreError::Unavailable("too many writers on one message".into()))
    }
}

/// How [`Engine::change_message`] ended.
#[derive(Debug)]
pub enum Changed {
    /// Committed.
    Applied(Box<Versioned<Message>>),
    /// There was nothing to do.
    Unchanged(Box<Message>),
    /// There is no such message.
    Missing,
    /// The job that wanted it is no longer ours.
    LeaseLost,
}

/// The lane of an inbound message: account and sender, known from the callback alone.
pub fn inbound_lane(account: &omni_core::id::AccountId, address: &str) -> String {
    format!("in|{account}|{address}")
}

/// The lane of an outbound message: account and recipient.
pub fn outbound_lane(message: &Message) -> String {
    format!("out|{}|{}", message.account, message.customer_address.expose())
}
