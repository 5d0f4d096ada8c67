//! Which conversation, in what state?
//!
//! One account, one customer and one channel share one conversation: its pointer exists
//! once, under a condition, so two racing first messages make one. A message continues an
//! open conversation, and reopens one that is resolved or fell silent for 24 hours.

use omni_core::conversation::{Automatic, Conversation, Owner, State};
use omni_core::customer::Customer;
use omni_core::id::{ConversationId, IdSource};
use omni_core::message::{Author, Content, Direction, Message, Priority};
use omni_core::store::{Changes, Expect, Pointer, Versioned};
use omni_core::time::Timestamp;
use serde_json::json;

/// What happened to the conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// There was none.
    Created,
    /// It goes on.
    Continued,
    /// It was over, and starts again.
    Reopened,
}

impl Found {
    /// For the trace.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Continued => "continued",
            Self::Reopened => "reopened",
        }
    }
}

/// The conversation that `message` joins, with the message counted in; not written yet, so
/// that later steps may change it in the same commit.
#[derive(Debug)]
pub struct Conversing {
    /// The conversation now.
    pub conversation: Conversation,
    /// The version it was read at; `None` if it is new.
    pub version: Option<u64>,
    /// What happened to it.
    pub found: Found,
}

impl Conversing {
    /// Writes it (and its pointer, if it is new) into `changes`.
    pub fn write(&self, changes: &mut Changes) {
        let conversation = &self.conversation;
        if self.version.is_none() {
            let pointer = active_pointer(conversation);
            changes.point(&pointer, &conversation.id, Expect::Absent, None);
        }
        // Reports about the carrier's whole conversation find ours by this.
        if let (Some(connection), Some(chat)) = (&conversation.last_connection, &conversation.carrier_ref) {
            let pointer = Pointer::carrier_conversation(connection, chat);
            changes.point(&pointer, &conversation.id, Expect::Any, None);
        }
        changes.put(conversation, self.version.map_or(Expect::Absent, Expect::Version));
    }
}

/// The pointer of a conversation's account, customer and channel.
pub fn active_pointer(conversation: &Conversation) -> Pointer {
    Pointer::active_conversation(&conversation.account, conversation.customer, conversation.channel.as_str())
}

/// Decides which conversation `message` joins and counts it in.
pub fn decide(
    message: &mut Message,
    customer: &Customer,
    snapshot: Option<Versioned<Conversation>>,
    ids: &dyn IdSource,
    now: Timestamp,
    changes: &mut Changes,
) -> Conversing {
    let mut conversing = match snapshot {
        Some(Versioned { value, version }) => go_on(value, version, message.direction, now),
        None => Conversing {
            conversation: begin(message, customer, ids, now),
            version: None,
            found: Found::Created,
        },
    };
    count_in(&mut conversing.conversation, message, now);
    message.customer = Some(customer.id);
    message.conversation = Some(conversing.conversation.id);
    message.sequence = Some(conversing.conversation.sequence);
    let conversation = &conversing.conversation;
    let data = || json!({ "conversationId": conversation.id, "customerId": customer.id, "state": conversation.state });
    match conversing.found {
        Found::Created => drop(changes.event("conversation.created", now, data())),
        Found::Reopened => drop(changes.event("conversation.status_changed", now, data())),
        Found::Continued => {}
    }
    conversing
}

fn go_on(mut conversation: Conversation, version: u64, direction: Direction, now: Timestamp) -> Conversing {
    let state = conversation.state_at(now);
    let found = if state.is_open() { Found::Continued } else { Found::Reopened };
    let next = match (state, direction) {
        (State::Resolved | State::Expired, _) => State::Reopened,
        // The first answer, or the person's next message, makes a conversation active.
        (State::New, _) | (State::Reopened, Direction::Inbound) => State::Active,
        (open, _) => open,
    };
    if found == Found::Reopened {
        // Whoever had it before: a new beginning belongs to the bot.
        conversation.hand_to(Owner::Bot);
    }
    conversation.state = next;
    Conversing { conversation, version: Some(version), found }
}

fn begin(message: &Message, customer: &Customer, ids: &dyn IdSource, now: Timestamp) -> Conversation {
    Conversation {
        id: ConversationId::make(ids, now),
        tenant: message.tenant.clone(),
        account: message.account.clone(),
        customer: customer.id,
        customer_address: message.customer_address.clone(),
        channel: message.channel.conversation_channel(),
        state: State::New,
        owner: Owner::Bot,
        epoch: 0,
        sequence: 0,
        inbound_count: 0,
        outbound_count: 0,
        participants: Vec::new(),
        last_connection: None,
        our_address: None,
        carrier_ref: None,
        last_inbound: None,
        last_inbound_at: None,
        automatic: Automatic::default(),
        priority: Priority::Normal,
        tags: Vec::new(),
        started_at: now,
        last_activity_at: now,
    }
}

/// Counts one more message into a conversation.
pub fn count_in(conversation: &mut Conversation, message: &Message, now: Timestamp) {
    conversation.sequence += 1;
    conversation.last_activity_at = now;
    match message.direction {
        Direction::Inbound => {
            conversation.inbound_count += 1;
            // One that is handled late, or once more, opens no window of today.
            if conversation.last_inbound_at.is_none_or(|last| last <= message.created_at) {
                conversation.last_inbound = Some(message.id);
                conversation.last_inbound_at = Some(message.created_at);
            }
            conversation.customer_address = message.customer_address.clone();
            let customer = conversation.customer.to_string();
            conversation.join(&customer, "customer", now);
        }
        Direction::Outbound => {
            conversation.outbound_count += 1;
            match message.author {
                Author::Echo => {
                    // A person answered past us: the bot must not talk over them.
                    conversation.join("external", "agent", now);
                    conversation.hand_to(Owner::Agent { id: "external".to_owned() });
                }
                Author::AutoReply => {
                    conversation.join("bot", "bot", now);
                    conversation.count_answer(now);
                }
                Author::ConsentReply => conversation.join("bot", "bot", now),
                Author::Api | Author::Customer => {}
            }
        }
    }
    if message.connection.is_some() {
        conversation.last_connection.clone_from(&message.connection);
    }
    if message.our_address.is_some() {
        conversation.our_address.clone_from(&message.our_address);
    }
    if let Content::Inbound(inbound) = &message.content
        && inbound.conversation_ref.is_some()
    {
        conversation.carrier_ref.clone_from(&inbound.conversation_ref);
    }
}
