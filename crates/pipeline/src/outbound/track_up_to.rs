//! Reports about a whole conversation: all that we wrote up to a time was delivered, or read.

use std::time::Duration;

use omni_core::event::{Notice, ReportedState, StatusUpdate};
use omni_core::id::{ConnectionId, ConversationId, MessageId};
use omni_core::job::Leased;
use omni_core::message::{Attempt, AttemptOutcome, Direction, Message};
use omni_core::problem;
use omni_core::status::Status;
use omni_core::steps::StepId;
use omni_core::store::{
    Changes, Committed, Expect, Pointer, Postpone, Query, StoreError, StoreExt as _, Table, Versioned, decode,
};
use omni_core::time::Timestamp;

use super::track::apply;
use crate::engine::Engine;
use crate::step::StepError;

/// Most messages of ours that one report reaches back over.
const MOST: usize = 100;
/// How often a message is looked at again that changes meanwhile.
const MOST_CONFLICTS: usize = 8;
/// How long a report waits for sends that it may be about and whose outcome is not known.
const PATIENCE: Duration = Duration::from_secs(10 * 60);
/// How long until it looks again.
const LOOK_AGAIN: Duration = Duration::from_secs(5);

/// Applies a report to every message of ours in the carrier's conversation that was offered
/// up to its time. Each message is a commit of its own: a repetition changes nothing. What it
/// says is no proof that the carrier took a send without outcome: it waits for the outcome.
pub async fn track_up_to(
    engine: &Engine,
    leased: &Leased,
    connection: &ConnectionId,
    received_at: Timestamp,
    notice: &Notice,
) -> Result<(), StepError> {
    let failed = |e: StoreError| StepError::new(StepId::Terminate, problem::DATABASE_ERROR, e.to_string());
    let mut open = false;
    if let Some(report) = Report::read(notice) {
        let messages = addressed(engine, leased, connection, notice, &report).await.map_err(failed)?;
        for id in messages {
            open |= raise(engine, leased, id, &report, received_at).await.map_err(failed)?;
        }
    }
    let now = engine.now();
    let mut changes = Changes::new(leased.job.tenant.clone());
    if open && now.since(received_at) < PATIENCE {
        changes.postpone = Some(Postpone {
            job: leased.job.id,
            token: leased.token,
            not_before: now + LOOK_AGAIN,
            error: "a send that it may be about has no outcome yet".to_owned(),
            counts: false,
        });
    } else {
        changes.complete = Some((leased.job.id, leased.token));
    }
    engine.store.commit(changes).await.map_err(failed)?;
    Ok(())
}

/// What a notice reports.
struct Report {
    carrier: String,
    state: ReportedState,
    up_to: Timestamp,
}

impl Report {
    /// `None` if it names no state that messages can have, or no time.
    fn read(notice: &Notice) -> Option<Self> {
        let state = match notice.attributes.get("state")?.as_str()? {
            "delivered" => ReportedState::Delivered,
            "read" => ReportedState::Read,
            _ => return None,
        };
        let up_to = Timestamp::parse(notice.attributes.get("up_to")?.as_str()?).ok()?;
        Some(Self { carrier: notice.carrier.clone(), state, up_to })
    }

    /// Whether it is about this attempt: the carrier was offered it by then.
    fn covers(&self, attempt: &Attempt) -> bool {
        attempt.carrier == self.carrier && attempt.started_at <= self.up_to
    }

    /// The parts of `message` of which it says something new, each with the carrier's id.
    /// What the carrier itself calls failed is not among what the person saw.
    fn news_of(&self, message: &Message) -> Vec<(u16, String)> {
        let reached = if self.state == ReportedState::Read { Status::Read } else { Status::Delivered };
        let news = |attempt: &&Attempt| {
            let stands = attempt.status.unwrap_or(Status::Sent);
            attempt.outcome == AttemptOutcome::Accepted
                && self.covers(attempt)
                && stands != Status::Failed
                && stands.may_become(reached)
        };
        let part = |attempt: &Attempt| (attempt.part, attempt.carrier_message_id.clone().unwrap_or_default());
        message.attempts.iter().filter(news).map(part).collect()
    }

    /// Whether it may be about a send of `message` whose outcome nobody knows.
    fn may_be_about(&self, message: &Message) -> bool {
        !message.status.is_final()
            && message.attempts.iter().any(|attempt| attempt.outcome.is_open() && self.covers(attempt))
    }
}

/// Our messages that the report is about, newest first.
async fn addressed(
    engine: &Engine,
    leased: &Leased,
    connection: &ConnectionId,
    notice: &Notice,
    report: &Report,
) -> Result<Vec<MessageId>, StoreError> {
    let tenant = &leased.job.tenant;
    let Some(chat) = &notice.conversation_ref else { return Ok(Vec::new()) };
    let pointer = Pointer::carrier_conversation(connection, chat);
    let Some(conversation) = engine.store.pointer::<ConversationId>(tenant, &pointer).await? else {
        return Ok(Vec::new());
    };
    let mut query = Query::newest(Table::Message, MOST);
    query.group = Some(conversation.value.to_string());
    query.direction = Some(Direction::Outbound.as_str().to_owned());
    let mut messages = Vec::new();
    for listed in engine.store.list(tenant, &query).await?.records {
        let message: Message = decode(&listed.body)?;
        if report.may_be_about(&message) || !report.news_of(&message).is_empty() {
            messages.push(message.id);
        }
    }
    Ok(messages)
}

/// Applies the report to one message, to each part of which it says something. Whether the
/// message has a send besides that it may be about.
async fn raise(
    engine: &Engine,
    leased: &Leased,
    id: MessageId,
    report: &Report,
    received_at: Timestamp,
) -> Result<bool, StoreError> {
    for _ in 0..MOST_CONFLICTS {
        let tenant = &leased.job.tenant;
        let Some(Versioned { value: mut message, version }) = engine.store.message(tenant, id).await? else {
            return Ok(false);
        };
        let open = report.may_be_about(&message);
        let news = report.news_of(&message);
        if news.is_empty() {
            return Ok(open);
        }
        let mut changes = Changes::new(tenant.clone());
        for (part, external_id) in news {
            let status = StatusUpdate {
                carrier: report.carrier.clone(),
                external_id,
                state: report.state,
                occurred_at: Some(report.up_to),
                ..StatusUpdate::default()
            };
            apply(&mut message, part, &status, received_at, engine.now(), &mut changes);
        }
        changes.put(&message, Expect::Version(version));
        match engine.store.commit(changes).await? {
            Committed::Applied => return Ok(open),
            Committed::Duplicate { .. } | Committed::Conflict { .. } => {}
        }
    }
    Err(StoreError::Unavailable("the message kept changing".into()))
}
