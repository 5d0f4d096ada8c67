//! Which connections could carry a message, best first, and why. Pure.
//!
//! The seeds' order: the client's wish, the conversation's own connection if healthy, a
//! prefix route, then capability, rank and cost. What is excluded stays in the list with
//! its reason, so `omni why` can show it.

use std::borrow::Cow;
use std::sync::Arc;

use omni_core::account::Account;
use omni_core::address::Address;
use omni_core::carrier::OutboundMessage;
use omni_core::content::OutboundContent;
use omni_core::event::Channel;
use omni_core::failure::{ErrorClass, SendError};
use omni_core::id::{ConnectionId, MessageId};
use omni_core::message::Candidate;

use super::breaker::BreakerState;
use crate::directory::Connection;

/// Why a connection is excluded that carries only templates now.
pub const WINDOW_CLOSED: &str = "service_window_closed";

/// What is to be carried.
#[derive(Debug)]
pub struct Wanted<'a> {
    /// Whose rules apply.
    pub account: &'a Account,
    /// Over what.
    pub channel: Channel,
    /// To whom.
    pub recipient: &'a Address,
    /// What.
    pub content: &'a OutboundContent,
    /// The sender the client named.
    pub sender: Option<&'a Address>,
    /// The carrier the client would like.
    pub preferred_carrier: Option<&'a str>,
    /// The connection of the conversation's newest message.
    pub last_connection: Option<&'a ConnectionId>,
    /// Whether free-form messages may be sent where a service window applies.
    pub window_open: bool,
    /// Connections that already refused this message for good.
    pub refused: &'a [ConnectionId],
}

/// Ranks `connections` (with the state of their breakers) for `wanted`.
pub fn select(wanted: &Wanted<'_>, connections: &[(Arc<Connection>, BreakerState)]) -> Vec<Candidate> {
    let route = wanted
        .account
        .prefix_routes
        .iter()
        .filter(|route| wanted.recipient.expose().starts_with(&route.prefix))
        .max_by_key(|route| route.prefix.len());
    let mut ranked: Vec<(Place, Candidate)> = connections
        .iter()
        .map(|(connection, breaker)| {
            let excluded = exclusion(wanted, connection, *breaker);
            let eligible = excluded.is_none();
            let (place, reason) = match excluded {
                Some(reason) => (Place::excluded(), reason.into_owned()),
                None => place(wanted, connection, *breaker, route.map(|route| &route.connection)),
            };
            let candidate = Candidate {
                connection: connection.id.clone(),
                carrier: connection.carrier.name().to_string(),
                sender: connection.sender(wanted.channel, wanted.sender),
                reason,
                eligible,
            };
            (place, candidate)
        })
        .collect();
    ranked.sort_by_key(|(place, _)| *place);
    ranked.into_iter().map(|(_, candidate)| candidate).collect()
}

/// Where a candidate stands: compared from left to right, lowest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    excluded: bool,
    tier: u8,
    rank: i32,
    cost: u64,
}

impl Place {
    const fn excluded() -> Self {
        Self { excluded: true, tier: u8::MAX, rank: 0, cost: 0 }
    }
}

fn exclusion(
    wanted: &Wanted<'_>,
    connection: &Connection,
    breaker: BreakerState,
) -> Option<Cow<'static, str>> {
    let capabilities = connection.carrier.capabilities();
    if wanted.refused.contains(&connection.id) {
        return Some("refused_this_message".into());
    }
    if let Some(reason) = capabilities.refuses(wanted.channel, wanted.content) {
        return Some(reason.into());
    }
    if let OutboundContent::Custom(custom) = wanted.content
        && custom.carrier != connection.carrier.name().0
    {
        return Some("content_of_another_carrier".into());
    }
    if wanted.sender.is_some() && connection.sender(wanted.channel, wanted.sender).is_none() {
        return Some("sender_not_here".into());
    }
    let windowed = capabilities.service_window.contains(&wanted.channel);
    if windowed && !wanted.window_open && !wanted.content.is_template() {
        return Some(WINDOW_CLOSED.into());
    }
    if let Some(reason) = unfit(wanted, connection) {
        return Some(reason);
    }
    (breaker == BreakerState::Open).then_some("breaker_open".into())
}

/// Why the carrier's own request builder would refuse such content: a title that is too long,
/// a combination that it does not know. Asked before anybody is promised anything, because
/// building a request is pure. Plain words are split and need no such look.
fn unfit(wanted: &Wanted<'_>, connection: &Connection) -> Option<Cow<'static, str>> {
    if matches!(wanted.content, OutboundContent::Text { .. }) {
        return None;
    }
    let sender = connection.sender(wanted.channel, wanted.sender);
    let nobodys = MessageId::from_bytes([0; 16]);
    let from = sender.unwrap_or_else(|| Address::new(""));
    let (to, content) = (wanted.recipient.clone(), wanted.content.clone());
    let trial = OutboundMessage {
        // Into a chat that there is: how one begins is not what is asked here.
        conversation_ref: (wanted.channel == Channel::Chat).then(|| "chat".to_owned()),
        ..OutboundMessage::new(nobodys, wanted.channel, from, to, content)
    };
    match connection.carrier.request(&trial) {
        Err(SendError::Unsupported(reason)) => Some(reason.into()),
        Err(SendError::Rejected {
            class: ErrorClass::BadRequest | ErrorClass::Media | ErrorClass::Template | ErrorClass::Rejected,
            code,
            reason,
            ..
        }) => Some(format!("{code}: {reason}").into()),
        _ => None,
    }
}

fn place(
    wanted: &Wanted<'_>,
    connection: &Connection,
    breaker: BreakerState,
    route: Option<&ConnectionId>,
) -> (Place, String) {
    let name = connection.carrier.name().0;
    let (tier, reason) = if wanted.preferred_carrier == Some(name) {
        (0, "preferred by the client")
    } else if wanted.last_connection == Some(&connection.id) {
        (1, "same as the conversation")
    } else if route == Some(&connection.id) {
        (2, "prefix route")
    } else {
        (3, "capable")
    };
    // Half-open keeps its place, for the one message that probes it; meanwhile it counts as
    // open. Otherwise what is preferred would never be tried again while another one works.
    let healing = breaker == BreakerState::HalfOpen;
    let place = Place { excluded: false, tier, rank: connection.rank, cost: connection.cost_micros };
    let reason = if healing { format!("{reason} (half-open)") } else { reason.to_owned() };
    (place, reason)
}

#[cfg(test)]
mod tests;
