//! The chats of the organization: each with one visitor, its threads and their events.

use std::sync::Arc;

use omni_core::time::Timestamp;
use parking_lot::Mutex;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::bounded::Bounded;
use crate::dice::hex;
use crate::reserved::{Fate, fate};

/// How many chats are remembered, threads of a chat, and events of a thread.
const CHATS: usize = 10_000;
const THREADS: usize = 20;
const EVENTS: usize = 500;

/// What the ids of visitors with a phone number begin with.
const VISITORS: &str = "7d3f1c22-0a55-4b1e-8c66-";

/// A visitor of the web site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Customer {
    /// A UUID.
    pub(super) id: String,
    pub(super) name: String,
    pub(super) phone: Option<String>,
}

impl Customer {
    /// The visitor behind a phone number, whose digits end their id, or of a UUID.
    pub(super) fn of(text: &str, name: &str) -> Option<Self> {
        let name = name.to_owned();
        if is_uuid(text) {
            return Some(Self { id: text.to_ascii_lowercase(), name, phone: None });
        }
        let digits = text.strip_prefix('+')?;
        if !(7..=15).contains(&digits.len()) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let ending = if digits.len() <= 12 {
            format!("{digits:0>12}")
        } else {
            let digest = hex(&Sha256::digest(digits));
            format!("f{}", digest.get(..11).unwrap_or_default())
        };
        Some(Self { id: format!("{VISITORS}{ending}"), name, phone: Some(text.to_owned()) })
    }
}

/// The fate of messages to a customer: that of the phone number in their id.
pub(super) fn fate_of(customer: &str) -> Fate {
    let digits = customer.strip_prefix(VISITORS).unwrap_or_default();
    fate(digits.trim_start_matches('0'))
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// A chat: it lives as long as the relation to its visitor.
#[derive(Debug, Clone)]
pub(super) struct Chat {
    pub(super) id: String,
    pub(super) customer: Customer,
    /// Agents and bots who are in it.
    pub(super) agents: Vec<String>,
    pub(super) groups: Vec<u64>,
    pub(super) created: Timestamp,
    /// Oldest first; at most the last one is active.
    pub(super) threads: Vec<Thread>,
}

/// A session of a chat.
#[derive(Debug, Clone)]
pub(super) struct Thread {
    pub(super) id: String,
    pub(super) is_active: bool,
    pub(super) created: Timestamp,
    pub(super) events: Vec<Arc<Value>>,
    /// How many events there were in all; the number of the last one.
    pub(super) count: usize,
    /// How many of them came with the thread itself, and so in `incoming_chat`.
    pub(super) opened_with: usize,
}

impl Chat {
    /// The running thread.
    pub(super) fn active(&self) -> Option<&Thread> {
        self.threads.last().filter(|thread| thread.is_active)
    }

    /// A thread by its id.
    pub(super) fn thread(&self, id: &str) -> Option<&Thread> {
        self.threads.iter().find(|thread| thread.id == id)
    }

    /// Everybody in it.
    pub(super) fn user_ids(&self) -> Vec<&str> {
        std::iter::once(self.customer.id.as_str()).chain(self.agents.iter().map(String::as_str)).collect()
    }

    /// Ends the running thread; gives back its id.
    pub(super) fn end(&mut self) -> Option<String> {
        let thread = self.threads.last_mut().filter(|thread| thread.is_active)?;
        thread.is_active = false;
        Some(thread.id.clone())
    }

    /// Begins a thread with these events. The last one must have ended.
    pub(super) fn begin(&mut self, id: String, now: Timestamp, events: Vec<Written>) -> Vec<String> {
        if self.threads.len() == THREADS {
            self.threads.remove(0);
        }
        let (is_active, opened_with) = (true, events.len());
        self.threads.push(Thread { id, is_active, created: now, events: Vec::new(), count: 0, opened_with });
        events.into_iter().filter_map(|event| self.write(now, event)).collect()
    }

    /// Adds an event to the last thread; gives back its id.
    pub(super) fn write(&mut self, now: Timestamp, event: Written) -> Option<String> {
        let thread = self.threads.last_mut()?;
        thread.count += 1;
        let id = format!("{}_{}", thread.id, thread.count);
        if thread.events.len() == EVENTS {
            thread.events.remove(0);
        }
        thread.events.push(Arc::new(event.finished(&id, now)));
        Some(id)
    }

    /// An event by its id.
    pub(super) fn event(&self, id: &str) -> Option<&Value> {
        let mut events = self.threads.iter().flat_map(|thread| &thread.events);
        events.find(|event| event["id"] == id).map(|event| &**event)
    }

    /// Puts `event` in the place of the one with its id; `None` takes that out.
    pub(super) fn amend(&mut self, id: &str, event: Option<&Value>) {
        for thread in &mut self.threads {
            let Some(at) = thread.events.iter().position(|event| event["id"] == id) else { continue };
            match event {
                Some(event) => thread.events[at] = Arc::new(event.clone()),
                None => drop(thread.events.remove(at)),
            }
        }
    }

    /// The last event that fits.
    pub(super) fn last_event(&self, fits: impl Fn(&Value) -> bool) -> Option<&Value> {
        let mut events = self.threads.iter().rev().flat_map(|thread| thread.events.iter().rev());
        events.find(|event| fits(event)).map(|event| &**event)
    }
}

/// An event that somebody is about to write.
#[derive(Debug, Clone)]
pub(super) struct Written {
    /// Nobody wrote system messages.
    pub(super) author: Option<String>,
    pub(super) content: Map<String, Value>,
}

impl Written {
    fn finished(self, id: &str, now: Timestamp) -> Value {
        let mut event = self.content;
        event.entry("visibility").or_insert_with(|| "all".into());
        event.insert("id".into(), id.into());
        event.insert("created_at".into(), micros(now).into());
        match self.author {
            Some(author) => event.insert("author_id".into(), author.into()),
            None => event.remove("author_id"),
        };
        Value::Object(event)
    }
}

/// `2025-11-20T15:00:00.120450Z`, always with six digits.
pub(super) fn micros(at: Timestamp) -> String {
    let whole = Timestamp::from_secs(at.as_secs()).to_string();
    format!("{}.{:06}Z", whole.trim_end_matches('Z'), at.as_micros().rem_euclid(1_000_000))
}

/// All chats.
pub(super) struct Chats(Mutex<Store>);

struct Store {
    chats: Bounded<Chat>,
    /// The last chat of a customer, and the chat of a thread, by their ids.
    by_customer: Bounded<String>,
    by_thread: Bounded<String>,
}

impl Store {
    fn keep(&mut self, chat: &Chat) {
        self.chats.insert(&chat.id, chat.clone());
        self.by_customer.insert(&chat.customer.id, chat.id.clone());
        if let Some(thread) = chat.threads.last() {
            self.by_thread.insert(&thread.id, chat.id.clone());
        }
    }
}

impl Default for Chats {
    fn default() -> Self {
        let index = || Bounded::new(CHATS);
        Self(Mutex::new(Store { chats: Bounded::new(CHATS), by_customer: index(), by_thread: index() }))
    }
}

impl Chats {
    pub(super) fn get(&self, id: &str) -> Option<Chat> {
        self.0.lock().chats.get(id).cloned()
    }

    /// The last chat of a customer.
    pub(super) fn of_customer(&self, customer: &str) -> Option<Chat> {
        let store = self.0.lock();
        store.chats.get(store.by_customer.get(customer)?).cloned()
    }

    /// The chat of an event, whose id begins with its thread's.
    pub(super) fn of_event(&self, event: &str) -> Option<Chat> {
        let (thread, _) = event.rsplit_once('_')?;
        let store = self.0.lock();
        store.chats.get(store.by_thread.get(thread)?).cloned()
    }

    /// Keeps a new chat.
    pub(super) fn keep(&self, chat: &Chat) {
        self.0.lock().keep(chat);
    }

    /// Changes a chat as a whole or, if that is refused, not at all. `None`: it is not there.
    pub(super) fn change<T, E>(
        &self,
        id: &str,
        change: impl FnOnce(&mut Chat) -> Result<T, E>,
    ) -> Option<Result<(T, Chat), E>> {
        let mut store = self.0.lock();
        let mut chat = store.chats.get(id)?.clone();
        let changed = change(&mut chat);
        Some(changed.map(|value| {
            store.keep(&chat);
            (value, chat)
        }))
    }

    /// Changes the last chat of a customer, or the one that `begin` makes for them.
    pub(super) fn visit<T>(
        &self,
        customer: Customer,
        begin: impl FnOnce(Customer) -> Chat,
        change: impl FnOnce(&mut Chat) -> T,
    ) -> (T, Chat) {
        let mut store = self.0.lock();
        let last = store.by_customer.get(&customer.id).and_then(|id| store.chats.get(id)).cloned();
        let mut chat = match last {
            Some(chat) => Chat { customer, ..chat },
            None => begin(customer),
        };
        let value = change(&mut chat);
        store.keep(&chat);
        (value, chat)
    }

    /// All chats that fit, newest first.
    pub(super) fn all(&self, fits: impl Fn(&Chat) -> bool) -> Vec<Chat> {
        self.0.lock().chats.values().rev().filter(|chat| fits(chat)).cloned().collect()
    }
}

/// An event's content from a JSON object.
pub(super) fn written(author: &str, content: &Value) -> Written {
    Written { author: Some(author.to_owned()), content: content.as_object().cloned().unwrap_or_default() }
}

/// A customer as chats show them. Their visit is there so that nobody forgets not to keep it.
pub(super) fn customer_json(chat: &Chat) -> Value {
    let customer = &chat.customer;
    let email =
        format!("{}@customer.example", customer.name.split(' ').next().unwrap_or_default().to_lowercase());
    json!({
        "id": customer.id,
        "type": "customer",
        "name": customer.name,
        "email": email,
        "email_verified": false,
        "phone_number": customer.phone,
        "present": true,
        "created_at": micros(chat.created),
        "session_fields": [{ "order": "5512" }],
        "visit": {
            "started_at": micros(chat.created),
            "ip": "203.0.113.9",
            "user_agent": "Mozilla/5.0",
            "geolocation": { "country": "United States", "country_code": "US", "city": "Denver" },
            "last_pages": [{ "opened_at": micros(chat.created), "url": "https://shop.acme.example/cart", "title": "Cart" }],
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_secs(1_763_650_800);

    fn chat(id: &str) -> Chat {
        let customer = Customer::of("+15550001001", "Rosa Díaz").unwrap();
        let (agents, groups, threads) = (vec!["bot".to_owned()], vec![0], Vec::new());
        Chat { id: id.into(), customer, agents, groups, created: NOW, threads }
    }

    fn words(text: &str) -> Written {
        written("lena@acme.example", &json!({ "type": "message", "text": text }))
    }

    #[test]
    fn customers_of_phone_numbers_and_uuids() {
        let id = |text: &str| Customer::of(text, "").map(|customer| customer.id);
        let cases = [
            ("+15550002003", Some("7d3f1c22-0a55-4b1e-8c66-015550002003")),
            ("+447700900461", Some("7d3f1c22-0a55-4b1e-8c66-447700900461")),
            ("7D3F1C22-0A55-4B1E-8C66-2F9E0D1A3B4C", Some("7d3f1c22-0a55-4b1e-8c66-2f9e0d1a3b4c")),
            ("15550002003", None),
            ("Ana", None),
            ("+123", None),
        ];
        for (text, expect) in cases {
            assert_eq!(id(text).as_deref(), expect, "{text}");
        }
        assert!(is_uuid(&id("+123456789012345").unwrap()));
        assert_eq!(fate_of("7d3f1c22-0a55-4b1e-8c66-015550002003"), Fate::TooMany);
        assert_eq!(fate_of("00000000-0a55-4b1e-8c66-015550002003"), Fate::Read);
    }

    #[test]
    fn events_are_numbered_within_their_thread() {
        let mut chat = chat("C");
        assert_eq!(chat.begin("T".into(), NOW, vec![words("a"), words("b")]), ["T_1", "T_2"]);
        assert_eq!(chat.write(NOW, words("c")).as_deref(), Some("T_3"));
        assert_eq!((chat.active().unwrap().opened_with, chat.active().unwrap().count), (2, 3));
        let event = chat.event("T_3").unwrap();
        assert_eq!((&event["text"], &event["visibility"]), (&json!("c"), &json!("all")));
        assert_eq!(event["created_at"], "2025-11-20T15:00:00.000000Z");
        assert_eq!(chat.end().as_deref(), Some("T"));
        assert!(chat.active().is_none() && chat.end().is_none());
    }

    #[test]
    fn only_the_last_events_and_threads_are_kept() {
        let mut chat = chat("C");
        for thread in 0..THREADS + 1 {
            chat.begin(format!("T{thread}"), NOW, Vec::new());
            chat.end();
        }
        assert!(chat.thread("T0").is_none() && chat.thread("T1").is_some());
        chat.begin("T".into(), NOW, Vec::new());
        for number in 0..EVENTS + 1 {
            chat.write(NOW, words(&number.to_string()));
        }
        assert!(chat.event("T_1").is_none() && chat.event("T_2").is_some());
    }

    #[test]
    fn chats_are_found_by_customer_and_by_event() {
        let chats = Chats::default();
        let mut chat = chat("C");
        chat.begin("T".into(), NOW, vec![words("a")]);
        chats.keep(&chat);
        assert_eq!(chats.of_customer(&chat.customer.id).unwrap().id, "C");
        assert_eq!(chats.of_event("T_1").unwrap().id, "C");
        assert!(chats.of_event("X_1").is_none() && chats.get("D").is_none());
        let refused = chats.change("C", |chat| {
            chat.end();
            Err::<(), _>("no")
        });
        assert_eq!(refused.unwrap().unwrap_err(), "no");
        assert!(chats.get("C").unwrap().active().is_some(), "a refused change changes nothing");
        let (_, visited) = chats.visit(
            chat.customer.clone(),
            |_| unreachable!(),
            |chat| {
                chat.amend("T_1", None);
            },
        );
        assert!(visited.id == "C" && chats.get("C").unwrap().event("T_1").is_none());
    }
}
