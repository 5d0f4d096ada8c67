//! Writes down what came of an attempt, and decides what follows.

use std::time::Duration;

use omni_core::carrier::Accepted;
use omni_core::event::{ReportedState, StatusUpdate};
use omni_core::failure::{ErrorClass, Retry, SendError};
use omni_core::id::{AttemptId, MessageId};
use omni_core::message::{AttemptOutcome, DeliveryError, Message, TraceEntry};
use omni_core::problem;
use omni_core::status::Status;
use omni_core::store::{Changes, Committed, Expect, Pointer, StoreExt as _, Versioned};
use serde_json::json;

use super::deliver::{Delivery, Next, RECONCILE_FIRST, STEP, close, failed, status_event};
use super::parts::all_taken;
use super::track;
use crate::consent::ConsentRecord;
use crate::step::StepError;

impl Delivery<'_> {
    /// Writes the outcome down; receipts may have changed the message meanwhile.
    pub(super) async fn record(
        &self,
        message: MessageId,
        attempt: AttemptId,
        outcome: Result<Accepted, SendError>,
    ) -> Result<Next, StepError> {
        let tenant = &self.leased.job.tenant;
        let mut lease_lost = false;
        for _ in 0..8 {
            let loaded = self.engine.store.message(tenant, message).await.map_err(failed)?;
            let Some(Versioned { value: mut message, version }) = loaded else { return Ok(Next::Again) };
            let mut changes = Changes::new(tenant.clone());
            match &outcome {
                Ok(accepted) => self.accepted(&mut message, attempt, accepted, &mut changes).await?,
                Err(error) => self.refused(&mut message, attempt, error, &mut changes),
            }
            message.updated_at = self.engine.now();
            changes.put(&message, Expect::Version(version));
            if lease_lost {
                (changes.complete, changes.postpone) = (None, None);
            }
            let ends = changes.complete.is_some() || changes.postpone.is_some() || lease_lost;
            match self.engine.store.commit(changes).await.map_err(failed)? {
                Committed::Applied => return Ok(if ends { Next::Done } else { Next::Again }),
                // The outcome must not get lost with the lease: it is written without the job.
                Committed::Conflict { on: "lease" } => lease_lost = true,
                Committed::Duplicate { .. } | Committed::Conflict { .. } => {}
            }
        }
        Err(StepError::new(STEP, problem::STATE_CONFLICT, "the message kept changing while it was sent"))
    }

    async fn accepted(
        &self,
        message: &mut Message,
        attempt: AttemptId,
        accepted: &Accepted,
        changes: &mut Changes,
    ) -> Result<(), StepError> {
        let now = self.engine.now();
        let Some(at) = message.attempts.iter().position(|a| a.id == attempt) else { return Ok(()) };
        close(&mut message.attempts[at], AttemptOutcome::Accepted, now, None);
        let (carrier, id) = (message.attempts[at].carrier.clone(), accepted.carrier_message_id.clone());
        if !id.is_empty() {
            message.attempts[at].carrier_message_id = Some(id.clone());
            message.carrier_message_id.get_or_insert_with(|| id.clone());
            let reference = track::Reference { message: message.id, part: message.attempts[at].part };
            track::claim(self.engine, message, &carrier, &id, reference, changes).await.map_err(failed)?;
        }
        if let (Some(chat), Some(conversation)) = (&accepted.conversation_ref, message.conversation) {
            let pointer = Pointer::carrier_conversation(&message.attempts[at].connection, chat);
            changes.point(&pointer, &conversation, Expect::Any, None);
        }
        let part = message.attempts[at].part;
        if all_taken(message) {
            let state =
                if accepted.state == ReportedState::Delivered { Status::Delivered } else { Status::Sent };
            message.status = message.status.advance(state);
            message.error = None;
            changes.complete = Some((self.leased.job.id, self.leased.token));
            status_event(message, now, changes);
            metrics::counter!("omni_messages_total", "direction" => "outbound", "carrier" => carrier.clone(),
                "channel" => message.channel.as_str(), "status" => "sent")
            .increment(1);
        }
        if matches!(accepted.state, ReportedState::Failed | ReportedState::Undelivered) {
            // The carrier's record says more than that it took it.
            let status = StatusUpdate {
                carrier: carrier.clone(),
                external_id: id,
                state: accepted.state,
                ..StatusUpdate::default()
            };
            track::apply(message, part, &status, now, now, changes);
        }
        let facts = json!({ "carrier": carrier, "connection": message.attempts[at].connection, "part": part,
                            "attempt": message.attempts[at].number, "segments": accepted.segments });
        message.note(TraceEntry::new("deliver", "accepted by the carrier", self.now, now, facts));
        Ok(())
    }

    fn refused(&self, message: &mut Message, attempt: AttemptId, error: &SendError, changes: &mut Changes) {
        let now = self.engine.now();
        let Some(at) = message.attempts.iter().position(|a| a.id == attempt) else { return };
        if message.attempts[at].outcome == AttemptOutcome::Accepted {
            // A receipt came before the answer broke: it was taken, whatever we thought. The
            // next round sees what is left to send.
            return;
        }
        let outcome = match error {
            SendError::NotSent(_) => AttemptOutcome::NotSent,
            SendError::Ambiguous(_) => AttemptOutcome::Ambiguous,
            SendError::Rejected { class: ErrorClass::Ambiguous, .. } => AttemptOutcome::Ambiguous,
            SendError::Rejected { .. } | SendError::Unsupported(_) => AttemptOutcome::Rejected,
        };
        let failure = described(error);
        close(&mut message.attempts[at], outcome, now, Some(failure.clone()));
        let facts = json!({ "carrier": message.attempts[at].carrier, "connection": message.attempts[at].connection,
                            "attempt": message.attempts[at].number, "code": failure.code, "class": failure.class });
        message.note(TraceEntry::new("deliver", format!("{outcome:?}").to_lowercase(), self.now, now, facts));
        if failure.class.writes_opt_out() {
            let record = ConsentRecord::refused_by_carrier(message.channel, now);
            record.write(&message.account, message.customer_address.expose(), changes);
        }
        self.decide_retry(message, error, failure, changes);
    }

    fn decide_retry(
        &self,
        message: &mut Message,
        error: &SendError,
        failure: DeliveryError,
        changes: &mut Changes,
    ) {
        let policy = self.account.step(STEP).retry_policy;
        let failures = self.leased.job.failures + 1;
        let reason = format!("{}: {}", failure.class.as_str(), failure.code);
        match (error.retry(), policy.wait(failures)) {
            (Retry::Reconcile, _) => {
                metrics::counter!("omni_outbound_ambiguous_total",
                    "carrier" => message.carrier.clone().unwrap_or_default())
                .increment(1);
                changes.postpone = Some(self.postpone(message, RECONCILE_FIRST, &reason, false));
            }
            (Retry::OtherCarrier, _) => {
                // At once, in the same lane: `choose` leaves this connection out, and ends
                // the message when there is no other.
                message.error = Some(failure);
                message.connection = None;
                changes.postpone = Some(self.postpone(message, Duration::ZERO, &reason, false));
            }
            (Retry::Backoff, Some(wait)) => {
                changes.postpone = Some(self.postpone(message, wait, &reason, true));
            }
            (Retry::After(least), Some(wait)) => {
                changes.postpone = Some(self.postpone(message, least.max(wait), &reason, true));
            }
            (Retry::Never, _) => {
                changes.complete = Some((self.leased.job.id, self.leased.token));
                self.end(message, Status::Failed, failure, changes);
            }
            (Retry::Backoff | Retry::After(_), None) => {
                changes.complete = Some((self.leased.job.id, self.leased.token));
                self.bury(message, "DELIVERY_EXHAUSTED", &reason, changes);
                self.end(message, Status::Failed, failure, changes);
            }
        }
    }

    /// Keeps the job where a person can redrive it.
    pub(super) fn bury(&self, message: &Message, code: &str, reason: &str, changes: &mut Changes) {
        let letter = crate::dead_letters::letter(self.leased, STEP.as_str(), code, reason, self.engine.now());
        changes.put(&letter, Expect::Absent);
        let data = json!({ "deadLetterId": letter.id, "messageId": message.id, "code": code });
        changes.event("dead_letter.created", self.engine.now(), data);
        metrics::counter!("omni_dead_letters_total", "step" => STEP.as_str(), "code" => code.to_owned())
            .increment(1);
    }
}

fn described(error: &SendError) -> DeliveryError {
    let class = error.class();
    DeliveryError {
        code: error.code().to_owned(),
        class,
        message: error.to_string(),
        retryable: class.is_retryable(),
    }
}
