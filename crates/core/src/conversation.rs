//! A conversation: one account, one customer, one channel.
//!
//! ```text
//!   NEW ─► ACTIVE ─► RESOLVED ─┐
//!            │  └──► EXPIRED ──┤ (24 h of silence)
//!            ▼                 ▼
//!        ESCALATED ────────► REOPENED (behaves like ACTIVE)
//! ```

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::address::Address;
use crate::event::Channel;
use crate::id::{AccountId, ConnectionId, ConversationId, CustomerId, MessageId, TenantId};
use crate::message::Priority;
use crate::time::Timestamp;

/// Silence after which a conversation expires.
pub const EXPIRES_AFTER: Duration = Duration::from_secs(24 * 60 * 60);

/// Where a conversation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum State {
    /// Its first message is being handled.
    New,
    /// Going on.
    Active,
    /// People are asked.
    Escalated,
    /// Done.
    Resolved,
    /// Nobody wrote for a day.
    Expired,
    /// Done or expired, and the person wrote again.
    Reopened,
}

impl State {
    /// Whether the machine knows the arrow from here to `next`.
    pub const fn may_become(self, next: Self) -> bool {
        use State::{Active, Escalated, Expired, New, Reopened, Resolved};
        matches!(
            (self, next),
            (New, Active | Escalated | Resolved | Expired)
                | (Active | Reopened, Escalated | Resolved | Expired)
                | (Escalated, Active | Resolved | Expired | Reopened)
                | (Resolved | Expired, Reopened)
                | (Reopened, Active)
        )
    }

    /// Whether the next message goes on with it as it is.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::New | Self::Active | Self::Escalated | Self::Reopened)
    }

    /// As in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::New => "NEW",
            Self::Active => "ACTIVE",
            Self::Escalated => "ESCALATED",
            Self::Resolved => "RESOLVED",
            Self::Expired => "EXPIRED",
            Self::Reopened => "REOPENED",
        }
    }
}

/// Who answers in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Owner {
    /// Rules, automatic answers, the assistant.
    Bot,
    /// A queue of people.
    Queue {
        /// Its name.
        id: String,
    },
    /// One person.
    Agent {
        /// Their name.
        id: String,
    },
}

/// Somebody who takes part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Participant {
    /// Customer id, agent or queue name, or `bot`.
    pub id: String,
    /// `customer`, `agent` or `bot`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Since when.
    pub joined_at: Timestamp,
    /// `active`, `left` or `transferred`.
    pub status: String,
}

/// Automatic answers of the last hour: two machines that answer each other are told by their
/// number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Automatic {
    /// When this hour began.
    pub since: Timestamp,
    /// Answers since then.
    pub answers: u32,
}

impl Automatic {
    /// The time over which answers are counted.
    const SPAN: Duration = Duration::from_secs(60 * 60);

    const fn is_none(&self) -> bool {
        self.answers == 0
    }

    fn in_span(&self, now: Timestamp) -> u32 {
        if now.since(self.since) < Self::SPAN { self.answers } else { 0 }
    }
}

/// One account + customer + channel, over time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Conversation {
    /// Its id.
    pub id: ConversationId,
    /// Whose.
    pub tenant: TenantId,
    /// Which brand or project.
    pub account: AccountId,
    /// With whom.
    pub customer: CustomerId,
    /// The address they use in it.
    pub customer_address: Address,
    /// Over what.
    pub channel: Channel,
    /// Where it stands.
    pub state: State,
    /// Who answers.
    pub owner: Owner,
    /// Raised by every change of owner: an answer of an older epoch is dropped.
    pub epoch: u64,
    /// The number of the newest message.
    pub sequence: u64,
    /// Messages from the person.
    pub inbound_count: u64,
    /// Messages from us.
    pub outbound_count: u64,
    /// Who takes part; at most 50.
    pub participants: Vec<Participant>,
    /// The connection of the newest message: the first choice for an answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_connection: Option<ConnectionId>,
    /// Our address in the newest message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub our_address: Option<Address>,
    /// The carrier's own conversation, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub carrier_ref: Option<String>,
    /// The carrier's id of the person's newest message, for quoting and reading marks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_inbound: Option<MessageId>,
    /// When the person last wrote: opens the 24-hour service window.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_inbound_at: Option<Timestamp>,
    /// How often machines of ours answered of late.
    #[serde(default, skip_serializing_if = "Automatic::is_none")]
    pub automatic: Automatic,
    /// How urgent.
    pub priority: Priority,
    /// Labels.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// Since when.
    pub started_at: Timestamp,
    /// When anybody last wrote.
    pub last_activity_at: Timestamp,
}

impl Conversation {
    /// Its state at `now`: silence expires it without anybody writing that down.
    pub fn state_at(&self, now: Timestamp) -> State {
        let silent = now.since(self.last_activity_at) >= EXPIRES_AFTER;
        if silent && self.state.is_open() { State::Expired } else { self.state }
    }

    /// Whether free-form messages may be sent at `now` where a service window applies.
    pub fn window_open(&self, now: Timestamp) -> bool {
        self.last_inbound_at.is_some_and(|at| now.since(at) < EXPIRES_AFTER)
    }

    /// Whether one more automatic answer is sensible at `now`, of `most` an hour (0: any
    /// number).
    pub fn may_answer(&self, most: u32, now: Timestamp) -> bool {
        most == 0 || self.automatic.in_span(now) < most
    }

    /// Counts an automatic answer.
    pub fn count_answer(&mut self, now: Timestamp) {
        let before = self.automatic.in_span(now);
        let since = if before == 0 { now } else { self.automatic.since };
        self.automatic = Automatic { since, answers: before + 1 };
    }

    /// Adds somebody, or marks them active again.
    pub fn join(&mut self, id: &str, kind: &str, now: Timestamp) {
        if let Some(known) = self.participants.iter_mut().find(|p| p.id == id) {
            "active".clone_into(&mut known.status);
        } else if self.participants.len() < 50 {
            self.participants.push(Participant {
                id: id.to_owned(),
                kind: kind.to_owned(),
                joined_at: now,
                status: "active".to_owned(),
            });
        }
    }

    /// Hands it to `owner`; raises the epoch if that is a change.
    pub fn hand_to(&mut self, owner: Owner) {
        if self.owner != owner {
            self.owner = owner;
            self.epoch += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::State::{self, *};

    #[test]
    fn the_machine_has_the_seeds_arrows_and_no_others() {
        let arrows = [
            (New, Active, true),
            (Active, Resolved, true),
            (Active, Escalated, true),
            (Active, Expired, true),
            (Resolved, Reopened, true),
            (Expired, Reopened, true),
            (Escalated, Reopened, true),
            (Resolved, Active, false),
            (Expired, Active, false),
            (Active, New, false),
            (Reopened, New, false),
        ];
        for (from, to, allowed) in arrows {
            assert_eq!(State::may_become(from, to), allowed, "{from:?} -> {to:?}");
        }
    }
}
