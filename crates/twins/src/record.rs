//! What was said at a twin: its last messages, each with its progress.

use std::fmt;
use std::sync::Arc;

use omni_core::address::Address;
use omni_core::time::Timestamp;
use parking_lot::Mutex;
use serde::Serialize;
use serde_json::Value;

use crate::bounded::Bounded;

/// How many messages a twin remembers.
const REMEMBERED: usize = 10_000;

/// How many steps of one message are noted; only triggers can make more than a handful.
const MOST_STEPS: usize = 64;

/// A message that was sent to a twin.
#[derive(Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TwinMessage {
    /// The id that the twin gave.
    pub id: String,
    /// The sender, as the carrier writes it (`+15550100001`, `whatsapp:+15550100002`).
    pub from: Address,
    /// The recipient, likewise.
    pub to: Address,
    /// What was sent, in the carrier's own words without the addressing.
    pub content: Value,
    /// The sender's own reference that comes back in status callbacks, if one was given.
    pub client_reference: Option<String>,
    /// The carrier's word for how far it is (`accepted`, `sent`, `delivered`, …).
    pub state: &'static str,
    /// When the twin took it.
    pub at: Timestamp,
}

impl fmt::Debug for TwinMessage {
    /// No content: it is people's words.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TwinMessage")
            .field("id", &self.id)
            .field("to", &self.to)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

/// One step of a message's way: the carrier's word, and its error code where it failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Receipt {
    pub(crate) state: &'static str,
    pub(crate) error: Option<u32>,
}

impl Receipt {
    pub(crate) const fn new(state: &'static str) -> Self {
        Self { state, error: None }
    }

    pub(crate) const fn failed(state: &'static str, code: u32) -> Self {
        Self { state, error: Some(code) }
    }
}

/// Which way a message goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    Inbound,
    Outbound,
}

/// A message as a twin keeps it; shared by the log and the task that sends its callbacks.
pub(crate) struct Record {
    pub(crate) id: String,
    pub(crate) direction: Direction,
    /// Which of the carrier's APIs it belongs to, where there are several.
    pub(crate) api: &'static str,
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) content: Value,
    pub(crate) client_reference: Option<String>,
    /// Where this message's status callbacks go, if the request said so.
    pub(crate) callback_url: Option<String>,
    pub(crate) at: Timestamp,
    progress: Mutex<Progress>,
}

struct Progress {
    furthest: usize,
    current: Receipt,
    history: Vec<(Receipt, Timestamp)>,
    withdrawn: bool,
}

impl Record {
    /// A message in its first state.
    pub(crate) fn new(id: String, direction: Direction, state: &'static str, at: Timestamp) -> Self {
        let current = Receipt::new(state);
        Self {
            id,
            direction,
            api: "",
            from: String::new(),
            to: String::new(),
            content: Value::Null,
            client_reference: None,
            callback_url: None,
            at,
            progress: Mutex::new(Progress { furthest: 0, current, history: Vec::new(), withdrawn: false }),
        }
    }

    /// The id that the carrier shows. A message to several people is one record for each of
    /// them, and their ids differ only behind a slash (`m`, `m/1`, `m/2`).
    pub(crate) fn wire_id(&self) -> &str {
        self.id.split('/').next().unwrap_or_default()
    }

    /// The key of the record for the recipient at `place` of a message.
    pub(crate) fn key(id: &str, place: usize) -> String {
        if place == 0 { id.to_owned() } else { format!("{id}/{place}") }
    }

    /// Moves on to step `rank` (1 is the first after acceptance). A step that comes after a
    /// later one is noted but does not move the message back.
    pub(crate) fn advance(&self, rank: usize, receipt: Receipt, at: Timestamp) {
        let mut progress = self.progress.lock();
        if progress.history.len() < MOST_STEPS {
            progress.history.push((receipt, at));
        }
        if rank >= progress.furthest {
            progress.furthest = rank;
            progress.current = receipt;
        }
    }

    /// Takes the message back if it is still in state `from`; its callbacks end.
    pub(crate) fn withdraw(&self, from: &str, receipt: Receipt, at: Timestamp) -> bool {
        let mut progress = self.progress.lock();
        if progress.current.state != from {
            return false;
        }
        progress.history.push((receipt, at));
        progress.current = receipt;
        progress.withdrawn = true;
        true
    }

    pub(crate) fn is_withdrawn(&self) -> bool {
        self.progress.lock().withdrawn
    }

    pub(crate) fn current(&self) -> Receipt {
        self.progress.lock().current
    }

    /// The steps so far, in the order in which they happened.
    pub(crate) fn history(&self) -> Vec<(Receipt, Timestamp)> {
        self.progress.lock().history.clone()
    }

    /// When it last moved.
    pub(crate) fn updated_at(&self) -> Timestamp {
        self.progress.lock().history.last().map_or(self.at, |(_, at)| *at)
    }

    pub(crate) fn snapshot(&self) -> TwinMessage {
        TwinMessage {
            id: self.id.clone(),
            from: Address::from(self.from.as_str()),
            to: Address::from(self.to.as_str()),
            content: self.content.clone(),
            client_reference: self.client_reference.clone(),
            state: self.current().state,
            at: self.at,
        }
    }
}

/// The last messages of a twin, in order of arrival.
pub(crate) struct Log(Mutex<Bounded<Arc<Record>>>);

impl Default for Log {
    fn default() -> Self {
        Self(Mutex::new(Bounded::new(REMEMBERED)))
    }
}

impl Log {
    pub(crate) fn push(&self, record: &Arc<Record>) {
        let pushed_out = self.0.lock().insert(&record.id, Arc::clone(record));
        drop(pushed_out); // outside the lock: freeing a message is not free
    }

    pub(crate) fn get(&self, id: &str) -> Option<Arc<Record>> {
        self.0.lock().get(id).cloned()
    }

    /// The newest message that fits.
    pub(crate) fn newest(&self, fits: impl Fn(&Record) -> bool) -> Option<Arc<Record>> {
        self.0.lock().values().rev().find(|record| fits(record)).cloned()
    }

    /// All messages that fit, oldest first.
    pub(crate) fn all(&self, fits: impl Fn(&Record) -> bool) -> Vec<Arc<Record>> {
        self.0.lock().values().filter(|record| fits(record)).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(id: &str) -> Arc<Record> {
        let at = Timestamp::from_secs(1);
        Arc::new(Record::new(id.into(), Direction::Outbound, "queued", at))
    }

    #[test]
    fn a_late_step_does_not_move_a_message_back() {
        let record = record("a");
        record.advance(2, Receipt::new("delivered"), Timestamp::from_secs(3));
        record.advance(1, Receipt::new("sent"), Timestamp::from_secs(4));
        assert_eq!(record.current().state, "delivered");
        assert_eq!(record.history().len(), 2);
        assert_eq!(record.updated_at(), Timestamp::from_secs(4));
    }

    #[test]
    fn recipients_of_one_message_have_keys_of_their_own() {
        for (place, key) in [(0, "m"), (1, "m/1"), (12, "m/12")] {
            assert_eq!(Record::key("m", place), key);
            assert_eq!(record(key).wire_id(), "m");
        }
    }

    #[test]
    fn only_what_waits_can_be_withdrawn() {
        let record = record("a");
        let canceled = Receipt::new("canceled");
        assert!(!record.withdraw("scheduled", canceled, Timestamp::from_secs(2)));
        assert!(!record.is_withdrawn());
        assert!(record.withdraw("queued", canceled, Timestamp::from_secs(2)));
        assert!(record.is_withdrawn());
        assert_eq!(record.current(), canceled);
    }

    #[test]
    fn the_log_keeps_the_last_ten_thousand() {
        let log = Log::default();
        for number in 0..10_005 {
            log.push(&record(&number.to_string()));
        }
        assert!(log.get("4").is_none());
        assert!(log.get("5").is_some());
        assert_eq!(log.all(|_| true).len(), 10_000);
        assert_eq!(log.newest(|_| true).unwrap().id, "10004");
    }

    #[test]
    fn debug_shows_no_words_and_no_whole_number() {
        let mut record = Record::new("m".into(), Direction::Outbound, "sent", Timestamp::EPOCH);
        record.to = "+15550001001".into();
        record.content = serde_json::json!({"text": "my secret"});
        let shown = format!("{:?}", record.snapshot());
        assert!(!shown.contains("secret") && !shown.contains("15550001001"), "{shown}");
    }
}
