//! Who gets no more mail, and why.

use axum::http::StatusCode;
use omni_core::time::Timestamp;
use parking_lot::Mutex;
use serde_json::{Value, json};

use super::errors::ApiError;
use super::fates::Dropped;
use crate::bounded::Bounded;
use crate::record::Receipt;

/// Addresses on all lists together; the oldest go first.
const REMEMBERED: usize = 20_000;

/// The lists that the API shows under `/v3/suppression`.
pub(super) const LISTS: [&str; 5] = ["bounces", "blocks", "spam_reports", "invalid_emails", "unsubscribes"];

#[derive(Debug, Clone)]
struct Entry {
    list: String,
    email: String,
    at: Timestamp,
    reason: &'static str,
    status: &'static str,
}

impl Entry {
    fn to_json(&self) -> Value {
        let mut entry = json!({ "created": self.at.as_secs(), "email": self.email });
        if !self.reason.is_empty() {
            entry["reason"] = json!(self.reason);
            entry["status"] = json!(self.status);
        }
        entry
    }
}

/// All lists.
pub(super) struct Lists(Mutex<Bounded<Entry>>);

impl Default for Lists {
    fn default() -> Self {
        Self(Mutex::new(Bounded::new(REMEMBERED)))
    }
}

/// The list of an unsubscribe group.
pub(super) fn group(id: impl std::fmt::Display) -> String {
    format!("group/{id}")
}

fn key(list: &str, email: &str) -> String {
    format!("{list} {}", email.to_ascii_lowercase())
}

impl Lists {
    pub(super) fn add(&self, list: &str, email: &str, at: Timestamp) {
        let (reason, status) = match list {
            "bounces" => ("550 5.1.1 The email account that you tried to reach does not exist", "5.1.1"),
            "blocks" => ("550 5.7.1 Blocked by the policy of the receiving server", "5.7.1"),
            "invalid_emails" => ("Mail domain mentioned in email address is unknown", ""),
            _ => ("", ""),
        };
        let entry = Entry { list: list.to_owned(), email: email.to_ascii_lowercase(), at, reason, status };
        self.0.lock().insert(&key(list, email), entry);
    }

    pub(super) fn remove(&self, list: &str, email: &str) -> bool {
        self.0.lock().remove(&key(list, email)).is_some()
    }

    pub(super) fn has(&self, list: &str, email: &str) -> bool {
        self.0.lock().get(&key(list, email)).is_some()
    }

    /// What a state of a mail means for the lists.
    pub(super) fn note(&self, receipt: Receipt, email: &str, at: Timestamp) {
        match receipt.state {
            "bounce" => self.add("bounces", email, at),
            "blocked" => self.add("blocks", email, at),
            "spamreport" => self.add("spam_reports", email, at),
            "unsubscribe" => self.add("unsubscribes", email, at),
            "dropped" if Dropped::of(receipt.error) == Some(Dropped::Invalid) => {
                self.add("invalid_emails", email, at);
            }
            _ => {}
        }
    }

    /// Why a mail to this address is dropped, if it is. Blocks are no reason.
    pub(super) fn reason(&self, email: &str, asm_group: Option<u64>) -> Option<Dropped> {
        let of_group = asm_group.is_some_and(|id| self.has(&group(id), email));
        let lists = [
            ("bounces", Dropped::Bounced),
            ("unsubscribes", Dropped::Unsubscribed),
            ("spam_reports", Dropped::SpamReporting),
            ("invalid_emails", Dropped::Invalid),
        ];
        let listed = lists.into_iter().find(|(list, _)| self.has(list, email)).map(|(_, reason)| reason);
        listed.or(of_group.then_some(Dropped::Unsubscribed))
    }

    /// One address of a list, in a list.
    pub(super) fn show(&self, list: &str, email: &str) -> Vec<Value> {
        self.0.lock().get(&key(list, email)).map(Entry::to_json).into_iter().collect()
    }

    /// The addresses of a list, newest first.
    pub(super) fn emails(&self, list: &str) -> Vec<String> {
        let entries = self.0.lock();
        entries.values().rev().filter(|entry| entry.list == list).map(|entry| entry.email.clone()).collect()
    }

    /// One page of a list, newest first.
    pub(super) fn page(&self, list: &str, query: &Query) -> Vec<Value> {
        let entries = self.0.lock();
        let of_list = entries.values().rev().filter(|entry| entry.list == list);
        let in_time = of_list.filter(|entry| query.includes(entry.at.as_secs()));
        in_time.skip(query.offset).take(query.limit).map(Entry::to_json).collect()
    }

    /// `{"delete_all":true}` or `{"emails":[…]}`.
    pub(super) fn delete(&self, list: &str, body: &Value) -> Result<StatusCode, ApiError> {
        let emails = match (body.get("delete_all"), body.get("emails").and_then(Value::as_array)) {
            (Some(Value::Bool(true)), None) => self.emails(list),
            (None | Some(Value::Bool(false)), Some(emails)) => {
                emails.iter().filter_map(Value::as_str).map(str::to_owned).collect()
            }
            _ => return Err(ApiError::invalid("emails", "Either delete_all or emails must be given")),
        };
        for email in emails {
            self.remove(list, &email);
        }
        Ok(StatusCode::NO_CONTENT)
    }
}

/// What part of a list is asked for.
pub(super) struct Query {
    start_time: i64,
    end_time: i64,
    limit: usize,
    offset: usize,
}

impl Query {
    pub(super) fn read(query: &str) -> Result<Self, ApiError> {
        let mut read = Self { start_time: 0, end_time: i64::MAX, limit: 500, offset: 0 };
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            let number = value.parse::<u32>().map_err(|_| ApiError::invalid(&*name, "should be a number"));
            match &*name {
                "start_time" => read.start_time = i64::from(number?),
                "end_time" => read.end_time = i64::from(number?),
                "limit" => read.limit = usize::try_from(number?).unwrap_or(500).clamp(1, 500),
                "offset" => read.offset = usize::try_from(number?).unwrap_or(usize::MAX),
                _ => {}
            }
        }
        Ok(read)
    }

    const fn includes(&self, at: i64) -> bool {
        self.start_time <= at && at <= self.end_time
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: Timestamp = Timestamp::from_secs(1_000);

    #[test]
    fn each_list_has_its_reason() {
        let lists = Lists::default();
        for (list, expect) in [
            ("bounces", Some(Dropped::Bounced)),
            ("unsubscribes", Some(Dropped::Unsubscribed)),
            ("spam_reports", Some(Dropped::SpamReporting)),
            ("invalid_emails", Some(Dropped::Invalid)),
            ("blocks", None),
        ] {
            lists.add(list, "Ana@customer.example", AT);
            assert_eq!(lists.reason("ana@CUSTOMER.example", None), expect, "{list}");
            assert!(
                lists.remove(list, "ana@customer.example") && !lists.remove(list, "ana@customer.example")
            );
        }
        lists.add(&group(7), "ana@customer.example", AT);
        assert_eq!(lists.reason("ana@customer.example", Some(7)), Some(Dropped::Unsubscribed));
        assert_eq!(lists.reason("ana@customer.example", Some(8)), None);
    }

    #[test]
    fn pages_of_a_list() {
        let lists = Lists::default();
        for second in 0..10 {
            lists.add("bounces", &format!("{second}@x.example"), Timestamp::from_secs(1_000 + second));
        }
        lists.add("blocks", "other@x.example", AT);
        let emails = |query: &str| {
            let page = lists.page("bounces", &Query::read(query).unwrap_or_else(|_| panic!("{query}")));
            page.iter().map(|entry| entry["email"].as_str().unwrap()[..1].to_owned()).collect::<String>()
        };
        for (query, expect) in [
            ("", "9876543210"),
            ("limit=3", "987"),
            ("limit=3&offset=8", "10"),
            ("start_time=1008", "98"),
            ("end_time=1001&x=y", "10"),
        ] {
            assert_eq!(emails(query), expect, "{query}");
        }
        assert!(Query::read("limit=all").is_err());
    }

    #[test]
    fn lists_are_emptied_on_request() {
        let lists = Lists::default();
        let deleted = |body: Value| lists.delete("bounces", &body).is_ok();
        for email in ["a@x.example", "b@x.example", "c@x.example"] {
            lists.add("bounces", email, AT);
        }
        assert!(!deleted(json!({})) && !deleted(json!({ "delete_all": true, "emails": [] })));
        assert!(deleted(json!({ "emails": ["A@x.example", "nobody@x.example"] })));
        assert_eq!(lists.emails("bounces"), ["c@x.example", "b@x.example"]);
        assert!(deleted(json!({ "delete_all": true })));
        assert!(lists.emails("bounces").is_empty());
    }
}
