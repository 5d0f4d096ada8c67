//! Tenants as numbers, and the newest event of each.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use omni_core::id::TenantId;
use parking_lot::RwLock;
use tokio::sync::watch;

/// What is remembered of a tenant while the store is open.
#[derive(Debug)]
pub(crate) struct Tenant {
    /// Its name.
    pub(crate) name: TenantId,
    /// Its number in the store, once something of it is stored.
    number: OnceLock<i64>,
    /// The sequence of its newest durable event; 0 if there is none.
    newest: watch::Sender<u64>,
}

impl Tenant {
    fn new(name: TenantId) -> Self {
        Self { name, number: OnceLock::new(), newest: watch::Sender::new(0) }
    }

    /// Its number, if it has one yet.
    pub(crate) fn number(&self) -> Option<i64> {
        self.number.get().copied()
    }

    /// Remembers its number; it never changes.
    pub(crate) fn set_number(&self, number: i64) {
        self.number.get_or_init(|| number);
    }

    /// The sequence of its newest durable event.
    pub(crate) fn newest(&self) -> u64 {
        *self.newest.borrow()
    }

    /// Tells everybody who waits that events up to `sequence` can be read.
    pub(crate) fn announce(&self, sequence: u64) {
        self.newest.send_replace(sequence);
    }

    /// Waits for an event after `sequence`.
    pub(crate) async fn wait_beyond(&self, sequence: u64) {
        let mut newest = self.newest.subscribe();
        // The sender lives in `self`: it cannot be gone.
        newest.wait_for(|newest| *newest > sequence).await.ok();
    }
}

/// All tenants.
#[derive(Debug, Default)]
pub(crate) struct Tenants {
    by_name: RwLock<HashMap<TenantId, Arc<Tenant>>>,
}

impl Tenants {
    /// The tenant of that name; made on first sight, in memory only.
    pub(crate) fn named(&self, name: &TenantId) -> Arc<Tenant> {
        if let Some(tenant) = self.by_name.read().get(name) {
            return Arc::clone(tenant);
        }
        let mut all = self.by_name.write();
        let tenant = all.entry(name.clone()).or_insert_with(|| Arc::new(Tenant::new(name.clone())));
        Arc::clone(tenant)
    }

    /// Every tenant that was seen.
    pub(crate) fn all(&self) -> Vec<Arc<Tenant>> {
        self.by_name.read().values().cloned().collect()
    }
}
