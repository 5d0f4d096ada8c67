//! What one decision changes, and how that can end.

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Facets, MOST_BYTES, MOST_WRITES, Pointer, Record, Table, encode};
use crate::id::{JobId, JournalId, TenantId};
use crate::job::Job;
use crate::time::Timestamp;

/// What must be true of a record for a write to happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expect {
    /// It does not exist (or has expired).
    Absent,
    /// It exists at this version.
    Version(u64),
    /// Nothing: last writer wins.
    Any,
}

/// One record to write.
#[derive(Debug, Clone)]
pub struct Put {
    /// Where.
    pub table: Table,
    /// Under which key.
    pub key: String,
    /// On which condition.
    pub expect: Expect,
    /// JSON.
    pub body: Bytes,
    /// The group it is listed under.
    pub group: Option<String>,
    /// What listings filter by.
    pub facets: Facets,
    /// From then on it counts as absent.
    pub expires_at: Option<Timestamp>,
}

/// What must be true of a record that is read, and not written.
#[derive(Debug, Clone)]
pub struct Check {
    /// Where.
    pub table: Table,
    /// Which.
    pub key: String,
    /// What must be true.
    pub expect: Expect,
}

/// One record to delete; deleting what is not there is no error.
#[derive(Debug, Clone)]
pub struct Delete {
    /// Where.
    pub table: Table,
    /// Which.
    pub key: String,
}

/// A job that failed and is to be tried again; its lane waits for it.
#[derive(Debug, Clone)]
pub struct Postpone {
    /// The job.
    pub job: JobId,
    /// The lease.
    pub token: u64,
    /// Not before.
    pub not_before: Timestamp,
    /// Why; nothing personal.
    pub error: String,
    /// Whether it counts as a failure (waiting for a window does not).
    pub counts: bool,
}

/// A fact for the event log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NewEvent {
    /// `message.received`, `conversation.created`, …
    #[serde(rename = "type")]
    pub event_type: String,
    /// When.
    pub at: Timestamp,
    /// Its data; ids and states, and what the API shows of the thing.
    pub data: Value,
}

/// A fact of the event log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LoggedEvent {
    /// Its place in the log: later facts have greater numbers.
    pub sequence: u64,
    /// The fact.
    #[serde(flatten)]
    pub event: NewEvent,
}

/// A request as it came in, kept for replay and `why`.
#[derive(Debug, Clone, PartialEq)]
pub struct JournalEntry {
    /// Its id.
    pub id: JournalId,
    /// Whose; `None` if that could not be told.
    pub tenant: Option<TenantId>,
    /// The carrier named in the URL.
    pub carrier: String,
    /// The connection that verified it.
    pub connection: Option<String>,
    /// `accept`, or why it was set aside.
    pub outcome: crate::webhook::Outcome,
    /// Stable words for what was set aside.
    pub reasons: Vec<String>,
    /// Method, URL path and headers, redacted; JSON.
    pub head: Bytes,
    /// The raw body. Backends may compress it.
    pub body: Bytes,
    /// When it arrived.
    pub received_at: Timestamp,
}

/// Everything that one decision changes: applied whole, or not at all.
#[derive(Debug, Clone)]
pub struct Changes {
    /// Whose. Every record, job and event in it is this tenant's.
    pub tenant: TenantId,
    /// Records to write. The *first* whose [`Expect::Absent`] fails on a
    /// [`Table::Pointer`] makes the answer [`Committed::Duplicate`]; any other failed
    /// condition makes it [`Committed::Conflict`].
    pub puts: Vec<Put>,
    /// Conditions on records that are not written. One that fails makes the answer
    /// [`Committed::Conflict`].
    pub checks: Vec<Check>,
    /// Records to delete.
    pub deletes: Vec<Delete>,
    /// Jobs to add, in this order.
    pub jobs: Vec<Job>,
    /// The job (and lease) that this completes.
    pub complete: Option<(JobId, u64)>,
    /// The job to try again.
    pub postpone: Option<Postpone>,
    /// Facts for the log, in this order.
    pub events: Vec<NewEvent>,
    /// The request that this came from.
    pub journal: Option<JournalEntry>,
}

impl Changes {
    /// Nothing yet.
    pub const fn new(tenant: TenantId) -> Self {
        Self {
            tenant,
            puts: Vec::new(),
            checks: Vec::new(),
            deletes: Vec::new(),
            jobs: Vec::new(),
            complete: None,
            postpone: None,
            events: Vec::new(),
            journal: None,
        }
    }

    /// Writes a record.
    ///
    /// # Panics
    /// If the record belongs to another tenant: that is a fault of ours that must never
    /// reach a disk.
    pub fn put<R: Record>(&mut self, record: &R, expect: Expect) -> &mut Self {
        assert_eq!(record.tenant(), &self.tenant, "a record of another tenant");
        self.puts.push(Put {
            table: R::TABLE,
            key: record.key(),
            expect,
            body: encode(record),
            group: record.group(),
            facets: record.facets(),
            expires_at: None,
        });
        self
    }

    /// Writes a small fact.
    pub fn point<T: Serialize>(
        &mut self,
        pointer: &Pointer,
        value: &T,
        expect: Expect,
        expires_at: Option<Timestamp>,
    ) -> &mut Self {
        self.puts.push(Put {
            table: Table::Pointer,
            key: pointer.as_str().to_owned(),
            expect,
            body: serde_json::to_vec(value).expect("pointers serialise").into(),
            group: None,
            facets: Facets::default(),
            expires_at,
        });
        self
    }

    /// Demands that a record is as it was seen: at that version, or (with `None`) absent.
    pub fn as_seen(&mut self, table: Table, key: impl Into<String>, version: Option<u64>) -> &mut Self {
        let expect = version.map_or(Expect::Absent, Expect::Version);
        self.checks.push(Check { table, key: key.into(), expect });
        self
    }

    /// Deletes a small fact.
    pub fn unpoint(&mut self, pointer: &Pointer) -> &mut Self {
        self.deletes.push(Delete { table: Table::Pointer, key: pointer.as_str().to_owned() });
        self
    }

    /// Appends a fact to the log.
    pub fn event(&mut self, event_type: &str, at: Timestamp, data: Value) -> &mut Self {
        self.events.push(NewEvent { event_type: event_type.to_owned(), at, data });
        self
    }

    /// Adds a job.
    pub fn job(&mut self, job: Job) -> &mut Self {
        self.jobs.push(job);
        self
    }

    /// How many writes this is, as the limit counts them.
    pub fn writes(&self) -> usize {
        self.puts.len()
            + self.checks.len()
            + self.deletes.len()
            + self.jobs.len()
            + self.events.len()
            + usize::from(self.complete.is_some())
            + usize::from(self.postpone.is_some())
            + usize::from(self.journal.is_some())
    }

    /// How many bytes of bodies this is, roughly. The journal's body does not count: a
    /// backend moves a large one to its blob store.
    pub fn bytes(&self) -> usize {
        self.puts.iter().map(|put| put.body.len() + put.key.len()).sum()
    }

    /// Refuses what no backend may take.
    pub fn check_limits(&self) -> Result<(), StoreError> {
        if self.writes() > MOST_WRITES {
            return Err(StoreError::TooLarge("more than 100 writes"));
        }
        if self.bytes() > MOST_BYTES {
            return Err(StoreError::TooLarge("more than 1 MiB"));
        }
        Ok(())
    }
}

/// How a commit ended. Only [`Committed::Applied`] changed anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Committed {
    /// All of it is durable.
    Applied,
    /// Stored before: this is the JSON value of the pointer that already exists.
    Duplicate {
        /// The value found under the pointer.
        of: Bytes,
    },
    /// A condition no longer holds, or the lease is lost: decide again on a fresh snapshot.
    Conflict {
        /// What failed: a table's name, or `lease`.
        on: &'static str,
    },
}

/// The store cannot.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The disk is full or read-only: nothing new can be made durable.
    #[error("the store cannot write: {0}")]
    ReadOnly(String),
    /// Stopped, overloaded or unreachable; trying again may help.
    #[error("the store is not available: {0}")]
    Unavailable(String),
    /// Another process has it open.
    #[error("the store is in use: {0}")]
    Locked(String),
    /// It was written by a newer version.
    #[error("the store is too new: {0}")]
    TooNew(String),
    /// Beyond the limits that every backend keeps.
    #[error("too large for one commit: {0}")]
    TooLarge(&'static str),
    /// What is stored cannot be read.
    #[error("stored record cannot be read: {0}")]
    Corrupt(String),
    /// Anything else.
    #[error("store failure")]
    Other(#[source] Box<dyn std::error::Error + Send + Sync>),
}
