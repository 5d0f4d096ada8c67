//! Typed identifiers.
//!
//! Two families. What we make ourselves is an [`Id`]: it prints as `prefix_ULID`
//! (`msg_01J9…`), so a reader of a log line, a URL or a database row can tell what it
//! names, and ids sort by creation time. What a person names in configuration is a
//! [`Name`] (`acme`, `wa-main`). Neither can be passed where another kind is wanted.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use ulid::Ulid;

use crate::time::Timestamp;

/// A thing that has ids: `Id<Message>` cannot be passed where `Id<Customer>` is wanted.
pub trait Kind {
    /// What stands before the underscore.
    const PREFIX: &'static str;
}

/// Makes ids. A port, because randomness is a parameter: under the simulator a run is a
/// function of its seed.
pub trait IdSource: Send + Sync {
    /// A new ULID stamped `now`; later calls sort after earlier ones within one source.
    fn ulid(&self, now: Timestamp) -> Ulid;
}

/// An identifier that we made: `prefix_ULID`.
pub struct Id<K> {
    ulid: Ulid,
    kind: PhantomData<fn() -> K>,
}

impl<K: Kind> Id<K> {
    /// The caller brings the ULID: only the edge of the program may make one up.
    pub const fn new(ulid: Ulid) -> Self {
        Self { ulid, kind: PhantomData }
    }

    /// A new id from `source`.
    pub fn make(source: &dyn IdSource, now: Timestamp) -> Self {
        Self::new(source.ulid(now))
    }

    /// The 128 bits, in the order in which ids sort.
    pub const fn to_bytes(self) -> [u8; 16] {
        self.ulid.0.to_be_bytes()
    }

    /// The inverse of [`Id::to_bytes`].
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self::new(Ulid(u128::from_be_bytes(bytes)))
    }

    /// The bare ULID.
    pub const fn ulid(self) -> Ulid {
        self.ulid
    }
}

/// The text is not an id of the wanted kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a `{expected}_…` id")]
pub struct InvalidId {
    /// The prefix that was wanted.
    pub expected: &'static str,
}

impl<K: Kind> FromStr for Id<K> {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let invalid = || InvalidId { expected: K::PREFIX };
        let (prefix, ulid) = text.split_once('_').ok_or_else(invalid)?;
        if prefix != K::PREFIX {
            return Err(invalid());
        }
        Ok(Self::new(Ulid::from_string(ulid).map_err(|_| invalid())?))
    }
}

impl<K: Kind> fmt::Display for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [0; ulid::ULID_LEN];
        write!(f, "{}_{}", K::PREFIX, self.ulid.array_to_str(&mut text))
    }
}

impl<K: Kind> fmt::Debug for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<K> Clone for Id<K> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<K> Copy for Id<K> {}
impl<K> PartialEq for Id<K> {
    fn eq(&self, other: &Self) -> bool {
        self.ulid == other.ulid
    }
}
impl<K> Eq for Id<K> {}
impl<K> PartialOrd for Id<K> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl<K> Ord for Id<K> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.ulid.cmp(&other.ulid)
    }
}
impl<K> Hash for Id<K> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.ulid.hash(state);
    }
}
impl<K: Kind> Serialize for Id<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
impl<'de, K: Kind> Deserialize<'de> for Id<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// Marks the ids of customers.
#[derive(Debug)]
pub enum Customer {}
/// Marks the ids of conversations.
#[derive(Debug)]
pub enum Conversation {}
/// Marks the ids of messages.
#[derive(Debug)]
pub enum Message {}
/// Marks the ids of attempts.
#[derive(Debug)]
pub enum Attempt {}
/// Marks the ids of jobs.
#[derive(Debug)]
pub enum Job {}
/// Marks the ids of journal entries.
#[derive(Debug)]
pub enum Journal {}
/// Marks the ids of API keys.
#[derive(Debug)]
pub enum ApiKey {}
/// Marks the ids of requests and correlations.
#[derive(Debug)]
pub enum Trace {}

impl Kind for Customer {
    const PREFIX: &'static str = "cus";
}
impl Kind for Conversation {
    const PREFIX: &'static str = "conv";
}
impl Kind for Message {
    const PREFIX: &'static str = "msg";
}
impl Kind for Attempt {
    const PREFIX: &'static str = "att";
}
impl Kind for Job {
    const PREFIX: &'static str = "job";
}
impl Kind for Journal {
    const PREFIX: &'static str = "jrn";
}
impl Kind for ApiKey {
    const PREFIX: &'static str = "key";
}
impl Kind for Trace {
    const PREFIX: &'static str = "trc";
}

/// Names a customer.
pub type CustomerId = Id<Customer>;
/// Names a conversation.
pub type ConversationId = Id<Conversation>;
/// Names a message.
pub type MessageId = Id<Message>;
/// Names one try to hand a message over.
pub type AttemptId = Id<Attempt>;
/// Names a durable piece of work.
pub type JobId = Id<Job>;
/// Names an entry of the wire journal (accepted or quarantined).
pub type JournalId = Id<Journal>;
/// Names an API key.
pub type ApiKeyId = Id<ApiKey>;
/// Ties everything together that one message or call caused (the seeds' correlation id).
pub type TraceId = Id<Trace>;

/// A name that a person gave in configuration: 1 to 64 of `a-z 0-9 - _`, starting with a
/// letter or digit.
pub struct Name<K> {
    text: Arc<str>,
    kind: PhantomData<fn() -> K>,
}

/// The text is not a name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a name: use 1 to 64 of a-z, 0-9, - and _, starting with a letter or digit")]
pub struct InvalidName;

impl<K> Name<K> {
    /// The name as written.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl<K> FromStr for Name<K> {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_';
        let first = text.bytes().next().ok_or(InvalidName)?;
        if text.len() > 64 || !text.bytes().all(allowed) || !first.is_ascii_alphanumeric() {
            return Err(InvalidName);
        }
        Ok(Self { text: text.into(), kind: PhantomData })
    }
}

impl<K> fmt::Display for Name<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
impl<K> fmt::Debug for Name<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
impl<K> Clone for Name<K> {
    fn clone(&self) -> Self {
        Self { text: Arc::clone(&self.text), kind: PhantomData }
    }
}
impl<K> PartialEq for Name<K> {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}
impl<K> Eq for Name<K> {}
impl<K> PartialOrd for Name<K> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl<K> Ord for Name<K> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.text.cmp(&other.text)
    }
}
impl<K> Hash for Name<K> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}
impl<K> Serialize for Name<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}
impl<'de, K> Deserialize<'de> for Name<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// Marks the names of tenants.
#[derive(Debug)]
pub enum Tenant {}
/// Marks the names of accounts.
#[derive(Debug)]
pub enum Account {}
/// Marks the names of connections.
#[derive(Debug)]
pub enum Connection {}

/// Names a tenant: the isolation boundary.
pub type TenantId = Name<Tenant>;
/// Names an account (one brand or project) of a tenant.
pub type AccountId = Name<Account>;
/// Names a connection: one configured carrier endpoint.
pub type ConnectionId = Name<Connection>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_round_trip_and_refuse_other_kinds() {
        let id = MessageId::new(Ulid(0x0192_0000_0000_0000_0000_0000_0000_0001));
        let text = id.to_string();
        assert!(text.starts_with("msg_"), "{text}");
        assert_eq!(text.parse(), Ok(id));
        assert_eq!(MessageId::from_bytes(id.to_bytes()), id);
        assert_eq!(text.parse::<CustomerId>(), Err(InvalidId { expected: "cus" }));
        assert_eq!("msg_zzz".parse::<MessageId>(), Err(InvalidId { expected: "msg" }));
    }

    #[test]
    fn names_are_plain() {
        for good in ["acme", "wa-main", "a", "4711_x"] {
            assert!(good.parse::<TenantId>().is_ok(), "{good}");
        }
        let long = "a".repeat(65);
        for bad in ["", "-a", "Acme", "a b", "a/b", "ü", long.as_str()] {
            assert!(bad.parse::<TenantId>().is_err(), "{bad}");
        }
    }
}
