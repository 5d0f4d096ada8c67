//! The port towards the platform: what the pipeline remembers.
//!
//! A [`Changes`] is a *value*, applied whole or not at all: SQLite runs it inside one
//! transaction, DynamoDB as one `TransactWriteItems`. Reads follow declared access paths
//! only: one record by its key, or a page of a table by its listing. A backend is done
//! when it passes `omni_testkit::store_contract!`; a bug found on one backend becomes a
//! case there.
//!
//! How to store a new thing: give it a [`Table`] (or a [`Pointer`] if it is a small fact
//! found by an exact key), implement [`Record`], and use [`Changes::put`]. The backends
//! know tables, not things.
//!
//! Deliberately absent: queries by anything not declared, open transactions, per-message
//! delays on an ordered lane, and any type of any backend.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::conversation::Conversation;
use crate::customer::Customer;
use crate::id::{ConversationId, CustomerId, JobId, JournalId, MessageId, TenantId};
use crate::job::{DeadLetter, Job, Leased};
use crate::message::Message;
use crate::phone::in_todays_plan;
use crate::time::Timestamp;

/// Most writes in one [`Changes`] (DynamoDB's transaction holds 100).
pub const MOST_WRITES: usize = 100;
/// Most bytes in one [`Changes`].
pub const MOST_BYTES: usize = 1 << 20;
/// Most records in one page.
pub const MOST_PAGE: usize = 500;

/// Where records of one kind live.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Table {
    /// [`Message`], keyed by id, grouped by conversation.
    Message,
    /// [`Conversation`], keyed by id, grouped by customer.
    Conversation,
    /// [`Customer`], keyed by id.
    Customer,
    /// [`DeadLetter`], keyed by job id.
    DeadLetter,
    /// Small facts found by an exact key only; never listed. See [`Pointer`].
    Pointer,
}

impl Table {
    /// As in SQL and metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Message => "message",
            Self::Conversation => "conversation",
            Self::Customer => "customer",
            Self::DeadLetter => "dead_letter",
            Self::Pointer => "pointer",
        }
    }

    /// The tables that can be listed.
    pub const LISTED: [Self; 4] = [Self::Message, Self::Conversation, Self::Customer, Self::DeadLetter];
}

/// A thing that a listed table holds.
pub trait Record: Serialize + DeserializeOwned + Send {
    /// Its table.
    const TABLE: Table;

    /// Its key: an id, so keys sort by creation.
    fn key(&self) -> String;

    /// Whose.
    fn tenant(&self) -> &TenantId;

    /// The group it is listed under beside the whole table.
    fn group(&self) -> Option<String> {
        None
    }

    /// What listings filter by: at most a status and a direction.
    fn facets(&self) -> Facets {
        Facets::default()
    }
}

/// What listings filter by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Facets {
    /// A state, in the record's own words.
    pub status: Option<&'static str>,
    /// `inbound` or `outbound`.
    pub direction: Option<&'static str>,
}

impl Record for Message {
    const TABLE: Table = Table::Message;
    fn key(&self) -> String {
        self.id.to_string()
    }
    fn tenant(&self) -> &TenantId {
        &self.tenant
    }
    fn group(&self) -> Option<String> {
        self.conversation.map(|id| id.to_string())
    }
    fn facets(&self) -> Facets {
        Facets { status: Some(self.status.as_str()), direction: Some(self.direction.as_str()) }
    }
}

impl Record for Conversation {
    const TABLE: Table = Table::Conversation;
    fn key(&self) -> String {
        self.id.to_string()
    }
    fn tenant(&self) -> &TenantId {
        &self.tenant
    }
    fn group(&self) -> Option<String> {
        Some(self.customer.to_string())
    }
    fn facets(&self) -> Facets {
        Facets { status: Some(self.state.as_str()), direction: None }
    }
}

impl Record for Customer {
    const TABLE: Table = Table::Customer;
    fn key(&self) -> String {
        self.id.to_string()
    }
    fn tenant(&self) -> &TenantId {
        &self.tenant
    }
}

impl Record for DeadLetter {
    const TABLE: Table = Table::DeadLetter;
    fn key(&self) -> String {
        self.id.to_string()
    }
    fn tenant(&self) -> &TenantId {
        &self.job.tenant
    }
    fn facets(&self) -> Facets {
        Facets { status: Some(if self.redriven_at.is_some() { "redriven" } else { "open" }), direction: None }
    }
}

/// The key of a small fact that is only ever found by this exact key.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Pointer(String);

impl Pointer {
    /// (connection, what makes the event itself): makes an inbound message or fact unique.
    pub fn inbound(connection: &crate::id::ConnectionId, identity: &str) -> Self {
        Self(format!("in|{connection}|{identity}"))
    }

    /// (carrier, carrier message id): the message that we sent, or receipts that came before
    /// its id was known.
    pub fn carrier_ref(carrier: &str, external_id: &str) -> Self {
        Self(format!("ref|{carrier}|{external_id}"))
    }

    /// An address in its identity form: whose it is.
    pub fn identifier(value: &str) -> Self {
        Self(format!("who|{value}"))
    }

    /// The one active conversation of account, customer and channel.
    pub fn active_conversation(account: &crate::id::AccountId, customer: CustomerId, channel: &str) -> Self {
        Self(format!("conv|{account}|{customer}|{channel}"))
    }

    /// Consent between an account and an address.
    pub fn consent(account: &crate::id::AccountId, address: &str) -> Self {
        // Carriers report mail addresses as they like, and some phones by two numbers.
        let address = match address.split_once('|') {
            _ if address.contains('@') => address.to_lowercase(),
            Some((number, category)) => format!("{}|{category}", in_todays_plan(number)),
            None => in_todays_plan(address),
        };
        Self(format!("consent|{account}|{address}"))
    }

    /// An API client's `Idempotency-Key`.
    pub fn idempotency(key: &str) -> Self {
        Self(format!("idem|{key}"))
    }

    /// The key as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A value and the version it was read at.
#[derive(Debug, Clone, PartialEq)]
pub struct Versioned<T> {
    /// The value.
    pub value: T,
    /// Raised by one with every write; from 1.
    pub version: u64,
}

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

/// A page of a listing.
#[derive(Debug, Clone)]
pub struct Query {
    /// What to list.
    pub table: Table,
    /// Only this group.
    pub group: Option<String>,
    /// Only this status.
    pub status: Option<String>,
    /// Only this direction.
    pub direction: Option<String>,
    /// Oldest first instead of newest first.
    pub oldest_first: bool,
    /// After this key, in the direction of listing.
    pub after: Option<String>,
    /// At most this many, up to [`MOST_PAGE`].
    pub limit: usize,
}

impl Query {
    /// The newest of a table.
    pub const fn newest(table: Table, limit: usize) -> Self {
        Self { table, group: None, status: None, direction: None, oldest_first: false, after: None, limit }
    }
}

/// One listed record.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed {
    /// Its key.
    pub key: String,
    /// Its JSON.
    pub body: Bytes,
    /// Its version.
    pub version: u64,
}

/// Part of a listing.
#[derive(Debug, Clone, Default)]
pub struct Page {
    /// The records.
    pub records: Vec<Listed>,
    /// Whether there may be more after the last one.
    pub more: bool,
}

/// A listing of the journal.
#[derive(Debug, Clone, Default)]
pub struct JournalQuery {
    /// Only what was set aside (quarantined, refused, unroutable).
    pub set_aside: bool,
    /// Older than this entry.
    pub before: Option<JournalId>,
    /// At most this many.
    pub limit: usize,
}

/// Numbers for metrics and health.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StoreStats {
    /// Jobs ready to run or running.
    pub jobs_ready: u64,
    /// Jobs waiting for their time or their lane.
    pub jobs_waiting: u64,
    /// Jobs leased now.
    pub jobs_leased: u64,
    /// Age of the oldest ready job in milliseconds.
    pub oldest_ready_ms: u64,
    /// Bytes on disk.
    pub bytes: u64,
    /// Bytes written since start.
    pub bytes_written: u64,
}

/// What the pipeline remembers.
#[async_trait]
pub trait Store: Send + Sync {
    /// One record. `None` is an answer, not an error; what has expired is absent.
    async fn get(
        &self,
        tenant: &TenantId,
        table: Table,
        key: &str,
    ) -> Result<Option<Versioned<Bytes>>, StoreError>;

    /// One page of a listing, newest first unless asked otherwise.
    async fn list(&self, tenant: &TenantId, query: &Query) -> Result<Page, StoreError>;

    /// Applies `changes` whole or not at all, and returns once they are durable.
    async fn commit(&self, changes: Changes) -> Result<Committed, StoreError>;

    /// Keeps a request for which there is nothing else to commit (refused, unreadable,
    /// unroutable); returns once it is durable.
    async fn journal(&self, entry: JournalEntry) -> Result<(), StoreError>;

    /// Up to `max` jobs that may run now: heads of their lanes, due, lanes without a
    /// running job; high priority first, and among tenants the least recently served.
    /// Waits up to `wait` for the first one. A lease ends after the store's lease time
    /// unless extended; its job then comes back.
    async fn lease(&self, max: usize, wait: Duration) -> Result<Vec<Leased>, StoreError>;

    /// Heartbeat: the lease counts from now again. `false` if it is lost.
    async fn extend(&self, job: JobId, token: u64) -> Result<bool, StoreError>;

    /// Facts of a tenant after `sequence`, oldest first, at most `limit`. Waits up to
    /// `wait` for the first one.
    async fn events(
        &self,
        tenant: &TenantId,
        after: u64,
        limit: usize,
        wait: Duration,
    ) -> Result<Vec<LoggedEvent>, StoreError>;

    /// The sequence of the newest event of a tenant; 0 if there is none.
    async fn last_event(&self, tenant: &TenantId) -> Result<u64, StoreError>;

    /// One journal entry, of a tenant or (with `None`) of nobody.
    async fn journal_entry(
        &self,
        tenant: Option<&TenantId>,
        id: JournalId,
    ) -> Result<Option<JournalEntry>, StoreError>;

    /// The newest journal entries, of a tenant or (with `None`) of nobody.
    async fn journal_list(
        &self,
        tenant: Option<&TenantId>,
        query: &JournalQuery,
    ) -> Result<Vec<JournalEntry>, StoreError>;

    /// Numbers for metrics and health.
    fn stats(&self) -> StoreStats;

    /// Whether it can write now; the reason if not.
    async fn ready(&self) -> Result<(), StoreError>;
}

/// A record as it is stored.
fn encode(record: &impl Serialize) -> Bytes {
    // Most records are messages of about a kilobyte: with room for one at once, the bytes
    // are not moved again and again while they are written.
    let mut body = Vec::with_capacity(1_024);
    serde_json::to_writer(&mut body, record).expect("records serialise");
    body.into()
}

/// Reads `body` as the record it should be.
pub fn decode<T: DeserializeOwned>(body: &[u8]) -> Result<T, StoreError> {
    // Where, but not what: the parser's words quote the record.
    serde_json::from_slice(body).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        StoreError::Corrupt(format!("{:?} error at line {line}, column {column}", error.classify()))
    })
}

/// Typed reads over any [`Store`].
#[async_trait]
pub trait StoreExt: Store {
    /// One record of a listed table.
    async fn record<R: Record>(
        &self,
        tenant: &TenantId,
        key: &str,
    ) -> Result<Option<Versioned<R>>, StoreError> {
        match self.get(tenant, R::TABLE, key).await? {
            Some(found) => Ok(Some(Versioned { value: decode(&found.value)?, version: found.version })),
            None => Ok(None),
        }
    }

    /// A message.
    async fn message(
        &self,
        tenant: &TenantId,
        id: MessageId,
    ) -> Result<Option<Versioned<Message>>, StoreError> {
        self.record(tenant, &id.to_string()).await
    }

    /// A conversation.
    async fn conversation(
        &self,
        tenant: &TenantId,
        id: ConversationId,
    ) -> Result<Option<Versioned<Conversation>>, StoreError> {
        self.record(tenant, &id.to_string()).await
    }

    /// A customer.
    async fn customer(
        &self,
        tenant: &TenantId,
        id: CustomerId,
    ) -> Result<Option<Versioned<Customer>>, StoreError> {
        self.record(tenant, &id.to_string()).await
    }

    /// A small fact.
    async fn pointer<T: DeserializeOwned + Send>(
        &self,
        tenant: &TenantId,
        pointer: &Pointer,
    ) -> Result<Option<Versioned<T>>, StoreError> {
        match self.get(tenant, Table::Pointer, pointer.as_str()).await? {
            Some(found) => Ok(Some(Versioned { value: decode(&found.value)?, version: found.version })),
            None => Ok(None),
        }
    }
}

impl<S: Store + ?Sized> StoreExt for S {}
