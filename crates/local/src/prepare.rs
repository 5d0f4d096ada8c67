//! Everything about a commit that needs no database: done in the caller's task, so that
//! the one writer gets ready bytes.

use std::sync::Arc;

use omni_core::id::TenantId;
use omni_core::job::Job;
use omni_core::store::{Changes, Check, Delete, Expect, Postpone, Put, StoreError, Table};
use omni_core::time::Timestamp;
use sha2::{Digest, Sha256};

use crate::journal::Packed;
use crate::tenants::{Tenant, Tenants};

/// A pointer's place: a hash of tenant and key. Half of SHA-256: nobody can aim at
/// another tenant's pointer.
pub(crate) type PointerKey = [u8; 16];

/// The place of a pointer.
pub(crate) fn pointer_key(tenant: &TenantId, key: &str) -> PointerKey {
    let mut hash = Sha256::new();
    hash.update(tenant.as_str());
    // Not possible in a tenant's name.
    hash.update([0]);
    hash.update(key);
    let digest: [u8; 32] = hash.finalize().into();
    let mut half = PointerKey::default();
    half.copy_from_slice(&digest[..16]);
    half
}

/// Where a record is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Place {
    /// A small fact.
    Pointer(PointerKey),
    /// A row of a listed table.
    Row(Table, String),
}

impl Place {
    fn new(tenant: &TenantId, table: Table, key: String) -> Self {
        match table {
            Table::Pointer => Self::Pointer(pointer_key(tenant, &key)),
            table => Self::Row(table, key),
        }
    }

    /// As named in a conflict.
    pub(crate) const fn table(&self) -> Table {
        match self {
            Self::Pointer(_) => Table::Pointer,
            Self::Row(table, _) => *table,
        }
    }
}

/// A record to write, and where.
#[derive(Debug)]
pub(crate) struct ReadyPut {
    pub(crate) place: Place,
    pub(crate) expect: Expect,
    pub(crate) body: bytes::Bytes,
    pub(crate) group: Option<String>,
    pub(crate) status: Option<&'static str>,
    pub(crate) direction: Option<&'static str>,
    pub(crate) expires_at: Option<Timestamp>,
}

/// A job and its JSON.
#[derive(Debug)]
pub(crate) struct ReadyJob {
    pub(crate) job: Box<Job>,
    pub(crate) json: String,
}

/// An event and the JSON of its data.
#[derive(Debug)]
pub(crate) struct ReadyEvent {
    pub(crate) event_type: String,
    pub(crate) at: Timestamp,
    pub(crate) data: String,
}

/// A [`Changes`] as bytes.
#[derive(Debug)]
pub(crate) struct Ready {
    pub(crate) tenant: Arc<Tenant>,
    pub(crate) puts: Vec<ReadyPut>,
    pub(crate) checks: Vec<(Place, Expect)>,
    pub(crate) deletes: Vec<Place>,
    pub(crate) jobs: Vec<ReadyJob>,
    pub(crate) complete: Option<(omni_core::id::JobId, u64)>,
    pub(crate) postpone: Option<Postpone>,
    pub(crate) events: Vec<ReadyEvent>,
    pub(crate) journal: Option<Packed>,
}

impl Ready {
    /// Checks the limits and serialises what is left to serialise.
    pub(crate) fn new(changes: Changes, tenants: &Tenants) -> Result<Self, StoreError> {
        check(&changes)?;
        let tenant = tenants.named(&changes.tenant);
        let puts = changes.puts.into_iter().map(|put| ready_put(&tenant.name, put)).collect();
        let check = |check: Check| (Place::new(&changes.tenant, check.table, check.key), check.expect);
        let checks = changes.checks.into_iter().map(check).collect();
        let delete = |Delete { table, key }| Place::new(&changes.tenant, table, key);
        let deletes = changes.deletes.into_iter().map(delete).collect();
        let jobs = changes.jobs.into_iter().map(ready_job).collect();
        let ready_event = |event: omni_core::store::NewEvent| ReadyEvent {
            data: event.data.to_string(),
            event_type: event.event_type,
            at: event.at,
        };
        Ok(Self {
            puts,
            checks,
            deletes,
            jobs,
            complete: changes.complete,
            postpone: changes.postpone,
            events: changes.events.into_iter().map(ready_event).collect(),
            journal: changes.journal.map(Packed::new),
            tenant,
        })
    }

    /// The lease that must still hold.
    pub(crate) fn lease(&self) -> impl Iterator<Item = (omni_core::id::JobId, u64)> {
        let postponed = self.postpone.as_ref().map(|postpone| (postpone.job, postpone.token));
        self.complete.into_iter().chain(postponed)
    }
}

fn ready_put(tenant: &TenantId, put: Put) -> ReadyPut {
    ReadyPut {
        place: Place::new(tenant, put.table, put.key),
        expect: put.expect,
        body: put.body,
        group: put.group,
        status: put.facets.status,
        direction: put.facets.direction,
        expires_at: put.expires_at,
    }
}

fn ready_job(job: Job) -> ReadyJob {
    ReadyJob { json: serde_json::to_string(&job).expect("jobs serialise"), job: Box::new(job) }
}

/// Refuses what no commit may be: too large, or one record written, deleted or checked twice.
///
/// # Panics
/// If a job or the journal entry belongs to another tenant: like in `Changes::put`, a fault
/// of ours that must never reach a disk.
pub(crate) fn check(changes: &Changes) -> Result<(), StoreError> {
    changes.check_limits()?;
    let tenant = &changes.tenant;
    assert!(changes.jobs.iter().all(|job| job.tenant == *tenant), "a job of another tenant");
    let journal = changes.journal.as_ref().and_then(|entry| entry.tenant.as_ref());
    assert!(journal.is_none_or(|of| of == tenant), "a journal entry of another tenant");
    let puts = changes.puts.iter().map(|put| (put.table, put.key.as_str()));
    let deletes = changes.deletes.iter().map(|delete| (delete.table, delete.key.as_str()));
    let checks = changes.checks.iter().map(|check| (check.table, check.key.as_str()));
    let mut places: Vec<_> = puts.chain(deletes).chain(checks).collect();
    places.sort_unstable();
    if places.windows(2).any(|pair| pair[0] == pair[1]) {
        return Err(StoreError::Other("one record twice in one commit".into()));
    }
    Ok(())
}

/// The job as it is to be tried again.
pub(crate) fn postponed(mut job: Job, postpone: &Postpone) -> Job {
    job.not_before = Some(postpone.not_before);
    job.last_error = Some(postpone.error.clone());
    if postpone.counts {
        job.failures = job.failures.saturating_add(1);
    }
    job
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_key_of_two_tenants_is_two_places() {
        let tenant = |name: &str| name.parse::<TenantId>().unwrap();
        let key = pointer_key(&tenant("acme"), "in|wa|1");
        assert_eq!(key, pointer_key(&tenant("acme"), "in|wa|1"));
        assert_ne!(key, pointer_key(&tenant("globex"), "in|wa|1"));
        assert_ne!(pointer_key(&tenant("a"), "bc"), pointer_key(&tenant("ab"), "c"));
    }
}
