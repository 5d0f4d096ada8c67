//! The parts of a message, and which of them a carrier has. Pure.
//!
//! A long text goes out in parts, each with attempts and receipts of its own. What was begun
//! with one connection is finished with it.

use omni_core::content::OutboundContent;
use omni_core::event::Channel;
use omni_core::id::ConnectionId;
use omni_core::message::{Attempt, AttemptOutcome, Content, Message};
use omni_core::segments;
use omni_core::status::Status;

use super::deliver::REPEATED;
use crate::directory::Connection;

/// The texts of the parts: one, unless the carrier takes less at once. Text messages are
/// composed first: a decomposed `é` would cost them the alphabet of which more fits.
pub(super) fn parts_of(message: &Message, connection: &Connection) -> Vec<String> {
    let text = message.text().unwrap_or_default();
    let text = match message.channel {
        Channel::Sms | Channel::Mms => segments::compose(text),
        _ => text.to_owned(),
    };
    let most = connection.carrier.capabilities().max_text;
    let splits = matches!(message.content, Content::Outbound(OutboundContent::Text { .. }));
    if !splits || most == 0 || text.chars().count() <= most {
        return vec![text];
    }
    segments::split(&text, most)
}

/// The first part that no carrier has.
pub(super) fn next_part(message: &Message, parts: usize) -> Option<u16> {
    (1..=u16::try_from(parts).unwrap_or(u16::MAX)).find(|part| !has_part(message, *part))
}

/// Whether a carrier took `part`, and did not report since that it failed.
fn has_part(message: &Message, part: u16) -> bool {
    let mut attempts = message.attempts.iter().filter(|attempt| attempt.part == part);
    attempts.any(|a| a.outcome == AttemptOutcome::Accepted && a.status != Some(Status::Failed))
}

/// Whether there is nothing left to send.
pub(crate) fn all_taken(message: &Message) -> bool {
    message.attempts.last().is_some_and(|last| (1..=last.parts).all(|part| has_part(message, part)))
}

/// The connection that no other may stand in for: it has a part already, or must get the
/// same key again.
pub(super) fn bound_to(message: &Message) -> Option<&ConnectionId> {
    let binds = |(at, attempt): &(usize, &Attempt)| match attempt.outcome {
        AttemptOutcome::Accepted => attempt.status != Some(Status::Failed),
        AttemptOutcome::NotSent => {
            // A plain no to the repeated key says that the first one was not taken either.
            let mut later = message.attempts[*at..].iter().filter(|a| a.connection == attempt.connection);
            attempt.error.as_ref().is_some_and(|error| error.code == REPEATED)
                && !later.any(|later| later.outcome == AttemptOutcome::Rejected)
        }
        AttemptOutcome::Started | AttemptOutcome::Rejected | AttemptOutcome::Ambiguous => false,
    };
    message.attempts.iter().enumerate().find(binds).map(|(_, attempt)| &attempt.connection)
}

pub(super) fn with_text(message: &Message, text: &str) -> OutboundContent {
    match &message.content {
        Content::Outbound(OutboundContent::Text { .. }) => OutboundContent::Text { text: text.to_owned() },
        Content::Outbound(content) => content.clone(),
        // Only echoes have inbound content and leave no job; a text is always safe.
        Content::Inbound(_) => OutboundContent::Text { text: text.to_owned() },
    }
}
