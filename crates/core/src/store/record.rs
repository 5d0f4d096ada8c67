//! What is stored: tables, the records in them, and pointers to small facts.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::address::Address;
use crate::conversation::Conversation;
use crate::customer::Customer;
use crate::id::{CustomerId, TenantId};
use crate::job::DeadLetter;
use crate::message::Message;
use crate::phone::{aliases, in_todays_plan};

/// Where records of one kind live.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Table {
    /// [`Message`], keyed by id, grouped by conversation.
    Message,
    /// [`Conversation`], keyed by id, grouped by customer.
    Conversation,
    /// [`Customer`], keyed by id.
    Customer,
    /// [`DeadLetter`], keyed by job id.
    DeadLetter,
    /// Small facts found by an exact key only; never listed. See [`Pointer`].
    Pointer,
}

impl Table {
    /// As in SQL and metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Message => "message",
            Self::Conversation => "conversation",
            Self::Customer => "customer",
            Self::DeadLetter => "dead_letter",
            Self::Pointer => "pointer",
        }
    }

    /// The tables that can be listed.
    pub const LISTED: [Self; 4] = [Self::Message, Self::Conversation, Self::Customer, Self::DeadLetter];
}

/// A thing that a listed table holds.
pub trait Record: Serialize + DeserializeOwned + Send {
    /// Its table.
    const TABLE: Table;

    /// Its key: an id, so keys sort by creation.
    fn key(&self) -> String;

    /// Whose.
    fn tenant(&self) -> &TenantId;

    /// The group it is listed under beside the whole table.
    fn group(&self) -> Option<String> {
        None
    }

    /// What listings filter by: at most a status and a direction.
    fn facets(&self) -> Facets {
        Facets::default()
    }
}

/// What listings filter by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Facets {
    /// A state, in the record's own words.
    pub status: Option<&'static str>,
    /// `inbound` or `outbound`.
    pub direction: Option<&'static str>,
}

impl Record for Message {
    const TABLE: Table = Table::Message;
    fn key(&self) -> String {
        self.id.to_string()
    }
    fn tenant(&self) -> &TenantId {
        &self.tenant
    }
    fn group(&self) -> Option<String> {
        self.conversation.map(|id| id.to_string())
    }
    fn facets(&self) -> Facets {
        Facets { status: Some(self.status.as_str()), direction: Some(self.direction.as_str()) }
    }
}

impl Record for Conversation {
    const TABLE: Table = Table::Conversation;
    fn key(&self) -> String {
        self.id.to_string()
    }
    fn tenant(&self) -> &TenantId {
        &self.tenant
    }
    fn group(&self) -> Option<String> {
        Some(self.customer.to_string())
    }
    fn facets(&self) -> Facets {
        Facets { status: Some(self.state.as_str()), direction: None }
    }
}

impl Record for Customer {
    const TABLE: Table = Table::Customer;
    fn key(&self) -> String {
        self.id.to_string()
    }
    fn tenant(&self) -> &TenantId {
        &self.tenant
    }
}

impl Record for DeadLetter {
    const TABLE: Table = Table::DeadLetter;
    fn key(&self) -> String {
        self.id.to_string()
    }
    fn tenant(&self) -> &TenantId {
        &self.job.tenant
    }
    fn facets(&self) -> Facets {
        Facets { status: Some(if self.redriven_at.is_some() { "redriven" } else { "open" }), direction: None }
    }
}

/// The key of a small fact that is only ever found by this exact key.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Pointer(String);

impl Pointer {
    /// (connection, what makes the event itself): makes an inbound message or fact unique.
    pub fn inbound(connection: &crate::id::ConnectionId, identity: &str) -> Self {
        Self(format!("in|{connection}|{identity}"))
    }

    /// (carrier, carrier message id): the message that we sent, or receipts that came before
    /// its id was known.
    pub fn carrier_ref(carrier: &str, external_id: &str) -> Self {
        Self(format!("ref|{carrier}|{external_id}"))
    }

    /// (connection, the carrier's conversation): ours.
    pub fn carrier_conversation(connection: &crate::id::ConnectionId, carrier_ref: &str) -> Self {
        Self(format!("chat|{connection}|{carrier_ref}"))
    }

    /// An address in its identity form: whose it is.
    pub fn identifier(value: &str) -> Self {
        Self(format!("who|{value}"))
    }

    /// The one active conversation of account, customer and channel.
    pub fn active_conversation(account: &crate::id::AccountId, customer: CustomerId, channel: &str) -> Self {
        Self(format!("conv|{account}|{customer}|{channel}"))
    }

    /// Consent between an account and an address: to everything, or to one category of it.
    pub fn consent(account: &crate::id::AccountId, address: &str, category: Option<&str>) -> Self {
        // Carriers report mail addresses as they like, and some phones by two numbers.
        let address = if address.contains('@') { address.to_lowercase() } else { in_todays_plan(address) };
        Self::consent_as_spelt(account, &address, category)
    }

    /// Where consent of a phone with two numbers may still stand: the first versions kept it
    /// under each of them. None for nearly all addresses.
    pub fn consent_before(
        account: &crate::id::AccountId,
        address: &str,
        category: Option<&str>,
    ) -> Vec<Self> {
        let address = Address::from(address);
        let mut spellings = aliases(&address);
        if spellings.is_empty() {
            return Vec::new();
        }
        let today = Self::consent(account, spellings[0].expose(), category);
        spellings.push(address);
        let old = spellings.iter().map(|spelt| Self::consent_as_spelt(account, spelt.expose(), category));
        old.filter(|old| *old != today).collect()
    }

    fn consent_as_spelt(account: &crate::id::AccountId, address: &str, category: Option<&str>) -> Self {
        let category = category.map(|category| format!("|{category}")).unwrap_or_default();
        Self(format!("consent|{account}|{address}{category}"))
    }

    /// An API client's `Idempotency-Key`.
    pub fn idempotency(key: &str) -> Self {
        Self(format!("idem|{key}"))
    }

    /// The key as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A value and the version it was read at.
#[derive(Debug, Clone, PartialEq)]
pub struct Versioned<T> {
    /// The value.
    pub value: T,
    /// Raised by one with every write; from 1.
    pub version: u64,
}
