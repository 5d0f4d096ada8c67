//! Durable work: what is to be done, in which lane, and when.

use serde::{Deserialize, Serialize};

use crate::event::{ConsentChange, Notice, StatusUpdate};
use crate::id::{ConnectionId, JobId, MessageId, TenantId, TraceId};
use crate::message::Priority;
use crate::time::Timestamp;

/// What is to be done. Tagged and versioned, so that an old row survives an upgrade.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum Work {
    /// Identify, converse, route: decide about one inbound message.
    #[serde(rename = "handleInbound.v1")]
    HandleInbound {
        /// The message.
        message: MessageId,
    },
    /// Hand one message to a carrier.
    #[serde(rename = "deliver.v1")]
    Deliver {
        /// The message.
        message: MessageId,
    },
    /// A scheduled message is due: move it into its lane.
    #[serde(rename = "release.v1")]
    Release {
        /// The message.
        message: MessageId,
    },
    /// Apply one status report.
    #[serde(rename = "track.v1")]
    Track {
        /// The connection that reported.
        connection: ConnectionId,
        /// When it arrived.
        received_at: Timestamp,
        /// The report.
        status: Box<StatusUpdate>,
    },
    /// Apply a report about everything of ours in a carrier's conversation up to a time.
    #[serde(rename = "trackUpTo.v1")]
    TrackUpTo {
        /// The connection that reported.
        connection: ConnectionId,
        /// When it arrived.
        received_at: Timestamp,
        /// The report: `state` and `up_to` are in its attributes.
        notice: Box<Notice>,
    },
    /// Write down a consent change that a carrier reported.
    #[serde(rename = "consent.v1")]
    Consent {
        /// The connection that reported.
        connection: ConnectionId,
        /// The change.
        change: Box<ConsentChange>,
    },
}

impl Work {
    /// As in metrics and dead letters.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::HandleInbound { .. } => "handleInbound",
            Self::Deliver { .. } => "deliver",
            Self::Release { .. } => "release",
            Self::Track { .. } => "track",
            Self::TrackUpTo { .. } => "trackUpTo",
            Self::Consent { .. } => "consent",
        }
    }

    /// The message it is about, if it is about one of ours.
    pub const fn message(&self) -> Option<MessageId> {
        match self {
            Self::HandleInbound { message } | Self::Deliver { message } | Self::Release { message } => {
                Some(*message)
            }
            Self::Track { .. } | Self::TrackUpTo { .. } | Self::Consent { .. } => None,
        }
    }
}

/// A durable piece of work in a lane.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Job {
    /// Its id.
    pub id: JobId,
    /// Whose.
    pub tenant: TenantId,
    /// Jobs of one lane run in order of arrival, one at a time.
    pub lane: String,
    /// What is to be done.
    pub work: Work,
    /// Which lanes of a tenant come first.
    #[serde(default)]
    pub priority: Priority,
    /// Not before; `None` for at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Timestamp>,
    /// How often it was tried and failed.
    #[serde(default)]
    pub failures: u32,
    /// Why it last failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_error: Option<String>,
    /// Ties it to what caused it.
    pub correlation: TraceId,
    /// When it was added.
    pub created_at: Timestamp,
}

impl Job {
    /// A job for now.
    pub fn new(
        id: JobId,
        tenant: TenantId,
        lane: String,
        work: Work,
        correlation: TraceId,
        now: Timestamp,
    ) -> Self {
        Self {
            id,
            tenant,
            lane,
            work,
            priority: Priority::Normal,
            not_before: None,
            failures: 0,
            last_error: None,
            correlation,
            created_at: now,
        }
    }

    /// The same, not before `due`.
    #[must_use]
    pub fn due(mut self, due: Timestamp) -> Self {
        self.not_before = Some(due);
        self
    }

    /// The same, with a priority.
    #[must_use]
    pub const fn with_priority(mut self, priority: Priority) -> Self {
        self.priority = priority;
        self
    }
}

/// A job that a worker holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Leased {
    /// The job.
    pub job: Job,
    /// Proves the lease when the job is completed; a lost lease completes nothing.
    pub token: u64,
}

/// Work that was given up, with all that is needed to do it again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeadLetter {
    /// The job's id (and this record's).
    pub id: JobId,
    /// The job as it was.
    pub job: Job,
    /// The step that gave up.
    pub step: String,
    /// Stable code of the cause.
    pub code: String,
    /// The cause in words; nothing personal.
    pub reason: String,
    /// When.
    pub at: Timestamp,
    /// When it was put back to work, if it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redriven_at: Option<Timestamp>,
}
