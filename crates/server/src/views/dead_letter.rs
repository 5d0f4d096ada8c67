//! Work that was given up.

use omni_core::job::DeadLetter;
use serde::Serialize;
use utoipa::ToSchema;

use super::When;

/// Work that was given up, with its cause.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DeadLetter, example = json!({
    "id": "job_01K5D0000000000000000000J0", "status": "open", "step": "deliver", "code": "DELIVERY_EXHAUSTED",
    "reason": "Every try to deliver failed", "at": "2026-11-20T10:05:00Z", "work": "deliver",
    "messageId": "msg_01K5D00000000000000000M5G0", "failures": 5, "lastError": "503 from the carrier",
    "correlationId": "trc_01K5D0000000000000000000RQ", "queuedAt": "2026-11-20T10:00:00Z",
}))]
pub struct DeadLetterView {
    /// Its id: that of the job that was given up.
    pub id: String,
    /// `open`, or `redriven`: put back to work.
    pub status: &'static str,
    /// The step that gave up.
    pub step: String,
    /// The cause, for programs.
    pub code: String,
    /// The cause, for people.
    pub reason: String,
    /// When it was given up.
    pub at: When,
    /// When it was put back to work.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redriven_at: Option<When>,
    /// What was to be done: `handleInbound`, `deliver`, `release`, `track` or `consent`.
    pub work: &'static str,
    /// The message it is about, if it is about one of ours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message_id: Option<String>,
    /// How often it was tried and failed.
    pub failures: u32,
    /// Why it last failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_error: Option<String>,
    /// Ties together everything that one request or message caused.
    pub correlation_id: String,
    /// When the work was added.
    pub queued_at: When,
}

impl From<&DeadLetter> for DeadLetterView {
    fn from(letter: &DeadLetter) -> Self {
        Self {
            id: letter.id.to_string(),
            status: if letter.redriven_at.is_some() { "redriven" } else { "open" },
            step: letter.step.clone(),
            code: letter.code.clone(),
            reason: letter.reason.clone(),
            at: letter.at.into(),
            redriven_at: letter.redriven_at.map(When),
            work: letter.job.work.name(),
            message_id: letter.job.work.message().map(|id| id.to_string()),
            failures: letter.job.failures,
            last_error: letter.job.last_error.clone(),
            correlation_id: letter.job.correlation.to_string(),
            queued_at: letter.job.created_at.into(),
        }
    }
}

/// A dead letter was put back to work.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Redriven, example = json!({
    "deadLetterId": "job_01K5D0000000000000000000J0", "jobId": "job_01K5D0000000000000000000J1",
}))]
pub struct RedrivenView {
    /// The dead letter.
    pub dead_letter_id: String,
    /// The new job.
    pub job_id: String,
}

/// Several dead letters were put back to work.
#[derive(Debug, Default, Serialize, ToSchema)]
#[schema(as = RedrivenAll, example = json!({ "redriven": 12, "failed": 0, "failures": [], "more": false }))]
pub struct RedrivenAllView {
    /// How many.
    pub redriven: usize,
    /// How many could not be.
    pub failed: usize,
    /// Those that could not be, with the reason.
    pub failures: Vec<NotRedrivenView>,
    /// Whether open ones may be left: ask again.
    pub more: bool,
}

/// A dead letter that could not be put back to work.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = NotRedriven)]
pub struct NotRedrivenView {
    /// The dead letter.
    pub id: String,
    /// Why, for programs.
    pub code: &'static str,
    /// Why, for people.
    pub detail: String,
}
