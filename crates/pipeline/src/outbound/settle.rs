//! What became of an attempt without outcome: ask the carrier, wait for a receipt, or leave
//! the decision to a person. Nothing here sends.

use std::time::Duration;

use omni_core::carrier::{Found, LookUp};
use omni_core::failure::ErrorClass;
use omni_core::message::{AttemptOutcome, Message, TraceEntry};
use omni_core::status::Status;
use omni_core::store::{Changes, Expect};
use serde_json::Value;

use super::deliver::{
    DELIVERY_AMBIGUOUS, Delivery, Next, RECONCILE_FIRST, REPEATED, Stop, close, failed, ours,
};
use super::parts::parts_of;
use super::track;
use crate::directory::Connection;
use crate::step::StepError;

/// How long a key is surely remembered by a carrier that honours it: Bird keeps it three hours.
const KEY_REMEMBERED: Duration = Duration::from_secs(2 * 60 * 60);
/// Longest wait between two questions.
const RECONCILE_MOST: Duration = Duration::from_secs(30);

impl Delivery<'_> {
    /// An attempt has no outcome yet: ask the carrier, wait for a receipt, or give up.
    pub(super) async fn settle(&self, mut message: Message, open: usize) -> Result<Next, StepError> {
        let attempt = message.attempts[open].clone();
        let Some(connection) = self.engine.directory.connection(&attempt.connection).cloned() else {
            let error = ours(DELIVERY_AMBIGUOUS, ErrorClass::Ambiguous, "its connection is gone");
            return self.stop(message, Stop::End(Status::Failed, error)).await;
        };
        let waited = self.now.since(attempt.started_at);
        if waited < RECONCILE_FIRST {
            // After a crash the request may still be on its way: what the carrier does not
            // have now, it may have in a moment.
            let wait = RECONCILE_FIRST.saturating_sub(waited);
            return self.stop(message, Stop::Wait(wait, "outcome unknown, not asked yet")).await;
        }
        let query = LookUp {
            client_ref: attempt.client_ref.clone(),
            from: message.our_address.clone().unwrap_or_else(|| omni_core::address::Address::new("")),
            to: message.customer_address.clone(),
            // The carrier's record knows a split text by its parts.
            text: part_text(&message, &connection, attempt.part),
            since: attempt.started_at,
            conversation_ref: self.carrier_conversation(&message).await?,
        };
        let found = connection.carrier.look_up(&*self.engine.http, &query).await;
        match found {
            Ok(Some(Found::Taken(accepted))) => {
                let (carrier, id) = (&attempt.carrier, &accepted.carrier_message_id);
                // The same words to the same person: the record may be of an earlier message.
                if !track::is_anothers(self.engine, &message, carrier, id).await.map_err(failed)? {
                    return self.record(message.id, attempt.id, Ok(accepted)).await;
                }
            }
            Ok(Some(Found::NotTaken)) => {
                let now = self.engine.now();
                close(&mut message.attempts[open], AttemptOutcome::NotSent, now, None);
                message.note(TraceEntry::new(
                    "reconcile",
                    "the carrier does not have it",
                    self.now,
                    now,
                    Value::Null,
                ));
                let mut changes = Changes::new(message.tenant.clone());
                changes.put(&message, Expect::Version(self.version));
                return self.commit(changes).await;
            }
            Ok(Some(Found::Unclear) | None) | Err(_) => {}
        }
        let deadline = Duration::from_secs(self.account.reconcile_after_secs);
        if waited < deadline {
            if attempt.outcome == AttemptOutcome::Started {
                close(&mut message.attempts[open], AttemptOutcome::Ambiguous, self.now, None);
            }
            // Doubling: 2 s, 4 s, … since the attempt began.
            let wait = waited
                .clamp(RECONCILE_FIRST, RECONCILE_MOST)
                .min(deadline - waited + Duration::from_millis(10));
            return self.stop(message, Stop::Wait(wait, "outcome unknown, asking the carrier")).await;
        }
        if connection.carrier.capabilities().idempotent && waited < KEY_REMEMBERED {
            // The carrier promises to take the same key once: repeating is safe, but only there.
            let error = ours(REPEATED, ErrorClass::Ambiguous, "outcome unknown; the same key is sent again");
            close(&mut message.attempts[open], AttemptOutcome::NotSent, self.now, Some(error));
            let mut changes = Changes::new(message.tenant.clone());
            changes.put(&message, Expect::Version(self.version));
            return self.commit(changes).await;
        }
        let error = ours(
            DELIVERY_AMBIGUOUS,
            ErrorClass::Ambiguous,
            "nobody can tell whether the carrier took it; a late receipt would still settle it",
        );
        close(&mut message.attempts[open], AttemptOutcome::Ambiguous, self.now, Some(error.clone()));
        let mut changes = Changes::new(message.tenant.clone());
        changes.complete = Some((self.leased.job.id, self.leased.token));
        self.bury(&message, DELIVERY_AMBIGUOUS, "ambiguous", &mut changes);
        self.end(&mut message, Status::Failed, error, &mut changes);
        message.updated_at = self.now;
        changes.put(&message, Expect::Version(self.version));
        self.commit(changes).await
    }
}

/// The words of one part; `None` for what has no words.
fn part_text(message: &Message, connection: &Connection, part: u16) -> Option<String> {
    message.text()?;
    parts_of(message, connection).into_iter().nth(usize::from(part.saturating_sub(1)))
}
