//! Everything that was decided about a message: what `omni why` prints.

use omni_core::address::Address;
use omni_core::event::ReportedState;
use omni_core::message::{Attempt, AttemptOutcome, Candidate, Message, Receipt, TraceEntry};
use omni_core::time::Timestamp;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::message::ErrorView;
use super::{When, words};

/// The whole story of a message.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Trace)]
pub struct TraceView {
    /// The message.
    pub message_id: String,
    /// Which way it goes.
    #[schema(schema_with = words::direction)]
    pub direction: &'static str,
    /// Where it stands.
    #[schema(schema_with = words::status)]
    pub status: &'static str,
    /// What the person uses.
    #[schema(schema_with = words::channel)]
    pub channel: &'static str,
    /// The carrier it came by, or goes (or went) by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub carrier: Option<String>,
    /// The connection it came by, or goes (or went) by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connection: Option<String>,
    /// Why it failed, or what went wrong last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorView>,
    /// Ties together everything that one request or message caused.
    pub correlation_id: String,
    /// The request it was read from, in the journal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub journal_id: Option<String>,
    /// What was decided, in order.
    pub steps: Vec<StepView>,
    /// The connections considered for sending, best first.
    pub candidates: Vec<CandidateView>,
    /// Every try to hand it to a carrier.
    pub attempts: Vec<AttemptView>,
    /// Every status report, in the order of arrival.
    pub receipts: Vec<ReceiptView>,
    /// When what happened.
    pub timings: TimingsView,
}

impl From<&Message> for TraceView {
    fn from(message: &Message) -> Self {
        let candidates = message.sending.iter().flat_map(|sending| &sending.candidates);
        Self {
            message_id: message.id.to_string(),
            direction: message.direction.as_str(),
            status: message.status.as_str(),
            channel: message.channel.as_str(),
            carrier: message.carrier.clone(),
            connection: message.connection.as_ref().map(ToString::to_string),
            error: message.error.as_ref().map(ErrorView::from),
            correlation_id: message.correlation.to_string(),
            journal_id: message.journal.map(|id| id.to_string()),
            steps: message.trace.iter().map(StepView::from).collect(),
            candidates: candidates.map(CandidateView::from).collect(),
            attempts: message.attempts.iter().map(AttemptView::from).collect(),
            receipts: message.receipts.iter().map(ReceiptView::from).collect(),
            timings: TimingsView::from(message),
        }
    }
}

/// One decision.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = TraceStep, example = json!({
    "step": "workFlowPreRoute", "verdict": "rule Billing matched", "at": "2026-11-20T10:00:00Z", "micros": 84,
    "facts": { "rule": "Billing" },
}))]
pub struct StepView {
    /// The step, as in configuration.
    pub step: String,
    /// What came out, in a few words.
    pub verdict: String,
    /// When.
    pub at: When,
    /// How long it took, in microseconds.
    pub micros: u64,
    /// The facts that decided.
    #[serde(skip_serializing_if = "Value::is_null")]
    #[schema(value_type = Option<Object>)]
    pub facts: Value,
}

impl From<&TraceEntry> for StepView {
    fn from(entry: &TraceEntry) -> Self {
        Self {
            step: entry.step.clone(),
            verdict: entry.verdict.clone(),
            at: entry.at.into(),
            micros: entry.micros,
            facts: entry.facts.clone(),
        }
    }
}

/// One connection considered for sending.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Candidate)]
pub struct CandidateView {
    /// The connection.
    pub connection: String,
    /// Its carrier.
    pub carrier: String,
    /// The sender it would use.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub sender: Option<Address>,
    /// Why it stands where it stands, or why it is excluded.
    pub reason: String,
    /// Whether it may be used.
    pub eligible: bool,
}

impl From<&Candidate> for CandidateView {
    fn from(candidate: &Candidate) -> Self {
        Self {
            connection: candidate.connection.to_string(),
            carrier: candidate.carrier.clone(),
            sender: candidate.sender.clone(),
            reason: candidate.reason.clone(),
            eligible: candidate.eligible,
        }
    }
}

/// One try to hand a message, or a part of it, to a carrier.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Attempt)]
pub struct AttemptView {
    /// Its id.
    pub id: String,
    /// From 1, over all connections and parts.
    pub number: u32,
    /// Which connection.
    pub connection: String,
    /// Its carrier.
    pub carrier: String,
    /// Which part of a split text, from 1.
    pub part: u16,
    /// How many parts.
    pub parts: u16,
    /// Our reference at the carrier.
    pub client_ref: String,
    /// When it was recorded, before anything left.
    pub started_at: When,
    /// When its outcome was recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<When>,
    /// `started`, `accepted`, `rejected`, `not_sent`, or `ambiguous`: nobody knows yet.
    #[schema(value_type = String)]
    pub outcome: AttemptOutcome,
    /// The carrier's id for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub carrier_message_id: Option<String>,
    /// Why it was not accepted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorView>,
    /// What receipts said of this part.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = words::status)]
    pub status: Option<&'static str>,
}

impl From<&Attempt> for AttemptView {
    fn from(attempt: &Attempt) -> Self {
        Self {
            id: attempt.id.to_string(),
            number: attempt.number,
            connection: attempt.connection.to_string(),
            carrier: attempt.carrier.clone(),
            part: attempt.part,
            parts: attempt.parts,
            client_ref: attempt.client_ref.clone(),
            started_at: attempt.started_at.into(),
            ended_at: attempt.ended_at.map(When),
            outcome: attempt.outcome,
            carrier_message_id: attempt.carrier_message_id.clone(),
            error: attempt.error.as_ref().map(ErrorView::from),
            status: attempt.status.map(omni_core::status::Status::as_str),
        }
    }
}

/// One status report of a carrier.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Receipt)]
pub struct ReceiptView {
    /// `queued`, `sent`, `delivered`, `read`, `failed`, `undelivered`, …
    #[schema(value_type = String)]
    pub state: ReportedState,
    /// When it happened, as the carrier says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub occurred_at: Option<When>,
    /// When it arrived here.
    pub received_at: When,
    /// Which part it is about.
    pub part: u16,
    /// Whether it changed the message's status.
    pub applied: bool,
    /// The carrier's error code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_code: Option<String>,
    /// The carrier's own word.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

impl From<&Receipt> for ReceiptView {
    fn from(receipt: &Receipt) -> Self {
        Self {
            state: receipt.state,
            occurred_at: receipt.occurred_at.map(When),
            received_at: receipt.received_at.into(),
            part: receipt.part,
            applied: receipt.applied,
            error_code: receipt.error_code.clone(),
            detail: receipt.detail.clone(),
        }
    }
}

/// When what happened, and how long it took.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Timings)]
pub struct TimingsView {
    /// When we stored it.
    pub created_at: When,
    /// When the first attempt began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_attempt_at: Option<When>,
    /// When a carrier took it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accepted_at: Option<When>,
    /// When it arrived.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delivered_at: Option<When>,
    /// When it was seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read_at: Option<When>,
    /// From storing to the first attempt, in milliseconds; the wait of a scheduled message
    /// is in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waited_ms: Option<u64>,
    /// From storing to acceptance by a carrier, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accepted_after_ms: Option<u64>,
    /// Sum of all decisions, in microseconds.
    pub decided_in_micros: u64,
}

impl From<&Message> for TimingsView {
    fn from(message: &Message) -> Self {
        let since_created =
            |at: Timestamp| u64::try_from(at.since(message.created_at).as_millis()).unwrap_or(u64::MAX);
        let first = message.attempts.iter().map(|attempt| attempt.started_at).min();
        let accepted = message
            .attempts
            .iter()
            .filter(|attempt| attempt.outcome == AttemptOutcome::Accepted)
            .filter_map(|attempt| attempt.ended_at)
            .min();
        let reported = |state: ReportedState| {
            let reports = message.receipts.iter().filter(|receipt| receipt.state == state);
            reports.map(|receipt| receipt.occurred_at.unwrap_or(receipt.received_at)).max().map(When)
        };
        Self {
            created_at: message.created_at.into(),
            first_attempt_at: first.map(When),
            accepted_at: accepted.map(When),
            delivered_at: reported(ReportedState::Delivered),
            read_at: reported(ReportedState::Read),
            waited_ms: first.map(since_created),
            accepted_after_ms: accepted.map(since_created),
            decided_in_micros: message.trace.iter().fold(0, |sum, step| sum.saturating_add(step.micros)),
        }
    }
}
