//! A conversation.

use omni_core::address::Address;
use omni_core::conversation::{Conversation, EXPIRES_AFTER, Owner, Participant};
use omni_core::time::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::{When, words};

/// One account, one customer, one channel, over time.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Conversation, example = json!({
    "id": "conv_01K5D0000000000000000C0NV0", "accountId": "main", "customerId": "cus_01K5D00000000000000000C0S0",
    "customerAddress": "+15550001001", "channel": "whatsapp", "status": "ACTIVE", "owner": { "type": "bot" },
    "epoch": 0, "sequence": 7, "messageCount": 7, "inboundCount": 4, "outboundCount": 3,
    "participants": [{ "id": "cus_01K5D00000000000000000C0S0", "type": "customer", "status": "active",
                       "joinedAt": "2026-11-20T09:00:00Z" }],
    "connection": "wa-main", "ourAddress": "+12065550100", "priority": "normal", "tags": ["billing"],
    "windowOpen": true, "windowEndsAt": "2026-11-21T09:59:00Z", "lastInboundAt": "2026-11-20T09:59:00Z",
    "startedAt": "2026-11-20T09:00:00Z", "lastActivityAt": "2026-11-20T10:00:00Z",
}))]
pub struct ConversationView {
    /// Its id.
    pub id: String,
    /// Which brand or project.
    pub account_id: String,
    /// With whom.
    pub customer_id: String,
    /// The address they use in it.
    #[schema(value_type = String)]
    pub customer_address: Address,
    /// Over what.
    #[schema(schema_with = words::channel)]
    pub channel: &'static str,
    /// Where it stands now; a day of silence expires it.
    #[schema(schema_with = words::conversation_status)]
    pub status: &'static str,
    /// Who answers.
    pub owner: OwnerView,
    /// Raised by every change of owner.
    pub epoch: u64,
    /// The number of the newest message.
    pub sequence: u64,
    /// Messages in it.
    pub message_count: u64,
    /// Messages from the person.
    pub inbound_count: u64,
    /// Messages from us.
    pub outbound_count: u64,
    /// Who takes part.
    pub participants: Vec<ParticipantView>,
    /// The connection of the newest message: the first choice for an answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connection: Option<String>,
    /// Our address in the newest message.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub our_address: Option<Address>,
    /// How urgent.
    #[schema(schema_with = words::priority)]
    pub priority: &'static str,
    /// Labels.
    pub tags: Vec<String>,
    /// Whether free-form messages may be sent where a 24-hour service window applies.
    pub window_open: bool,
    /// When that window ends (or ended).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window_ends_at: Option<When>,
    /// When the person last wrote.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_inbound_at: Option<When>,
    /// Since when.
    pub started_at: When,
    /// When anybody last wrote.
    pub last_activity_at: When,
}

impl ConversationView {
    /// As it stands at `now`.
    pub fn at(conversation: &Conversation, now: Timestamp) -> Self {
        Self {
            id: conversation.id.to_string(),
            account_id: conversation.account.to_string(),
            customer_id: conversation.customer.to_string(),
            customer_address: conversation.customer_address.clone(),
            channel: conversation.channel.as_str(),
            status: conversation.state_at(now).as_str(),
            owner: (&conversation.owner).into(),
            epoch: conversation.epoch,
            sequence: conversation.sequence,
            message_count: conversation.inbound_count.saturating_add(conversation.outbound_count),
            inbound_count: conversation.inbound_count,
            outbound_count: conversation.outbound_count,
            participants: conversation.participants.iter().map(ParticipantView::from).collect(),
            connection: conversation.last_connection.as_ref().map(ToString::to_string),
            our_address: conversation.our_address.clone(),
            priority: words::priority_word(conversation.priority),
            tags: conversation.tags.clone(),
            window_open: conversation.window_open(now),
            window_ends_at: conversation.last_inbound_at.map(|at| When(at + EXPIRES_AFTER)),
            last_inbound_at: conversation.last_inbound_at.map(When),
            started_at: conversation.started_at.into(),
            last_activity_at: conversation.last_activity_at.into(),
        }
    }
}

/// Who answers in a conversation.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Owner)]
pub struct OwnerView {
    /// `bot`, `queue` or `agent`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// The queue's or the agent's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
}

impl From<&Owner> for OwnerView {
    fn from(owner: &Owner) -> Self {
        match owner {
            Owner::Bot => Self { kind: "bot", id: None },
            Owner::Queue { id } => Self { kind: "queue", id: Some(id.clone()) },
            Owner::Agent { id } => Self { kind: "agent", id: Some(id.clone()) },
        }
    }
}

/// Somebody who takes part in a conversation.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Participant)]
pub struct ParticipantView {
    /// Customer id, agent or queue name, or `bot`.
    pub id: String,
    /// `customer`, `agent` or `bot`.
    #[serde(rename = "type")]
    pub kind: String,
    /// `active`, `left` or `transferred`.
    pub status: String,
    /// Since when.
    pub joined_at: When,
}

impl From<&Participant> for ParticipantView {
    fn from(participant: &Participant) -> Self {
        Self {
            id: participant.id.clone(),
            kind: participant.kind.clone(),
            status: participant.status.clone(),
            joined_at: participant.joined_at.into(),
        }
    }
}
