//! Reports about a whole conversation: all that we wrote up to a time was delivered, or read.

use omni_core::event::{Notice, ReportedState, StatusUpdate};
use omni_core::id::{ConnectionId, ConversationId, MessageId};
use omni_core::job::Leased;
use omni_core::message::{AttemptOutcome, Direction, Message};
use omni_core::problem;
use omni_core::status::Status;
use omni_core::steps::StepId;
use omni_core::store::Expect;
use omni_core::store::{
    Changes, Committed, Pointer, Query, StoreError, StoreExt as _, Table, Versioned, decode,
};
use omni_core::time::Timestamp;

use super::track::apply;
use crate::engine::Engine;
use crate::step::StepError;

/// Most messages of ours that one report reaches back over.
const MOST: usize = 100;
/// How often a message is looked at again that changes meanwhile.
const MOST_CONFLICTS: usize = 8;

/// Applies a report to every message of ours in the carrier's conversation that was offered
/// up to its time. Each message is a commit of its own: a repetition changes nothing.
pub async fn track_up_to(
    engine: &Engine,
    leased: &Leased,
    connection: &ConnectionId,
    received_at: Timestamp,
    notice: &Notice,
) -> Result<(), StepError> {
    let failed = |e: StoreError| StepError::new(StepId::Terminate, problem::DATABASE_ERROR, e.to_string());
    if let Some(report) = Report::read(notice) {
        let messages = addressed(engine, leased, connection, notice, &report).await.map_err(failed)?;
        for id in messages {
            raise(engine, leased, id, &report, received_at).await.map_err(failed)?;
        }
    }
    let mut changes = Changes::new(leased.job.tenant.clone());
    changes.complete = Some((leased.job.id, leased.token));
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

    /// Whether it says something new of `message`.
    fn is_news_of(&self, message: &Message) -> bool {
        let known = message.status == Status::Read
            || (self.state == ReportedState::Delivered && message.status == Status::Delivered);
        let mut taken = message.attempts.iter().filter(|attempt| attempt.outcome == AttemptOutcome::Accepted);
        !known && taken.any(|attempt| attempt.carrier == self.carrier && attempt.started_at <= self.up_to)
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
        if report.is_news_of(&message) {
            messages.push(message.id);
        }
    }
    Ok(messages)
}

/// Applies the report to one message, to each of its parts.
async fn raise(
    engine: &Engine,
    leased: &Leased,
    id: MessageId,
    report: &Report,
    received_at: Timestamp,
) -> Result<(), StoreError> {
    for _ in 0..MOST_CONFLICTS {
        let tenant = &leased.job.tenant;
        let Some(Versioned { value: mut message, version }) = engine.store.message(tenant, id).await? else {
            return Ok(());
        };
        if !report.is_news_of(&message) {
            return Ok(());
        }
        let mut changes = Changes::new(tenant.clone());
        let parts = message.attempts.last().map_or(1, |attempt| attempt.parts);
        for part in 1..=parts {
            let status = StatusUpdate {
                carrier: report.carrier.clone(),
                state: report.state,
                occurred_at: Some(report.up_to),
                ..StatusUpdate::default()
            };
            apply(&mut message, part, &status, received_at, engine.now(), &mut changes);
        }
        changes.put(&message, Expect::Version(version));
        match engine.store.commit(changes).await? {
            Committed::Applied => return Ok(()),
            Committed::Duplicate { .. } | Committed::Conflict { .. } => {}
        }
    }
    Err(StoreError::Unavailable("the message kept changing".into()))
}
