//! Reading chats: what settles whether an event was taken.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use omni_core::time::Timestamp;
use serde_json::{Map, Value, json};

use super::LiveChat;
use super::api::{Answer, text};
use super::chats::{Chat, Thread};
use super::customer::customer_json;
use super::errors::ApiError;
use super::webhooks::{chat_json, thread_json};

/// Which part of a list is shown.
struct Page {
    offset: usize,
    limit: usize,
    newest_first: bool,
    filters: Value,
}

impl Page {
    /// The first page, by `limit`, `sort_order` and `filters`; or the one that `page_id` names,
    /// which has all three in it and stands alone.
    fn read(body: &Map<String, Value>, default: u64) -> Result<Self, ApiError> {
        if let Some(page) = body.get("page_id") {
            if ["limit", "sort_order", "filters"].iter().any(|name| body.contains_key(*name)) {
                return Err(ApiError::validation("`page_id` stands alone"));
            }
            return Self::named(page).ok_or_else(|| ApiError::validation("`page_id` is unknown"));
        }
        let limit = body.get("limit").map_or(Some(default), Value::as_u64);
        let limit =
            limit.filter(|limit| (1..=100).contains(limit)).and_then(|limit| usize::try_from(limit).ok());
        let limit = limit.ok_or_else(|| ApiError::validation("`limit` must be 1 to 100"))?;
        let newest_first = match body.get("sort_order").and_then(Value::as_str) {
            None | Some("desc") => true,
            Some("asc") => false,
            Some(_) => return Err(ApiError::validation("`sort_order` must be asc or desc")),
        };
        Ok(Self { offset: 0, limit, newest_first, filters: body.get("filters").cloned().unwrap_or_default() })
    }

    /// The page of a name that [`Page::next`] made.
    fn named(name: &Value) -> Option<Self> {
        let bytes = STANDARD.decode(name.as_str()?).ok()?;
        let (offset, limit, newest_first, filters) = serde_json::from_slice(&bytes).ok()?;
        Some(Self { offset, limit, newest_first, filters })
    }

    /// The name of the page that begins at `offset`.
    fn next(&self, offset: usize) -> String {
        STANDARD.encode(json!([offset, self.limit, self.newest_first, self.filters]).to_string())
    }

    /// The items of the page, as a member of the answer, beside how many there are.
    fn of(&self, mut items: Vec<Value>, name: &str, count: &str) -> Value {
        if !self.newest_first {
            items.reverse();
        }
        let found = items.len();
        let shown: Vec<Value> = items.into_iter().skip(self.offset).take(self.limit).collect();
        let next = self.offset.saturating_add(shown.len());
        let mut answer = json!({ name: shown, count: found });
        if next < found {
            answer["next_page_id"] = self.next(next).into();
        }
        answer
    }
}

pub(super) fn get_chat(twin: &LiveChat, body: &Map<String, Value>) -> Answer {
    let chat = twin.known(text(body, "chat_id")?)?;
    let thread = match body.get("thread_id").and_then(Value::as_str) {
        None => chat.threads.last(),
        Some(id) => Some(chat.thread(id).ok_or_else(|| ApiError::new("not_found", "Thread not found"))?),
    };
    Ok(chat_json(&chat, thread))
}

/// A visitor as they are known, with the ids of their chats.
pub(super) fn get_customer(twin: &LiveChat, body: &Map<String, Value>) -> Answer {
    let id = text(body, "id")?;
    let chats = twin.chats.all(|chat| chat.customer.id == id);
    let last = chats.first().ok_or_else(|| ApiError::new("not_found", "Customer not found"))?;
    let mut shown = customer_json(last);
    shown["chat_ids"] = chats.iter().rev().map(|chat| chat.id.as_str()).collect();
    Ok(shown)
}

/// Summaries; `filters.include_active: false` leaves the running ones out.
pub(super) fn list_chats(twin: &LiveChat, body: &Map<String, Value>) -> Answer {
    let page = Page::read(body, 10)?;
    let with_active = page.filters.get("include_active").and_then(Value::as_bool).unwrap_or(true);
    let chats = twin.chats.all(|chat| with_active || chat.active().is_none());
    Ok(page.of(chats.iter().map(summary).collect(), "chats_summary", "found_chats"))
}

fn summary(chat: &Chat) -> Value {
    let mut shown = chat_json(chat, None);
    if let Some(thread) = chat.threads.last() {
        shown["last_thread_summary"] = json!({
            "id": thread.id,
            "active": thread.is_active,
            "user_ids": chat.user_ids(),
            "created_at": super::chats::micros(thread.created),
        });
        let mut last: Map<String, Value> = Map::new();
        for event in &thread.events {
            let kind = event["type"].as_str().unwrap_or_default();
            let shown = json!({ "thread_id": thread.id, "thread_created_at": super::chats::micros(thread.created), "event": event });
            last.insert(kind.to_owned(), shown);
        }
        shown["last_event_per_type"] = last.into();
    }
    shown
}

/// The threads of a chat with their events: three at a time by default, or as many of the
/// newest as hold `min_events_count` events together.
pub(super) fn list_threads(twin: &LiveChat, body: &Map<String, Value>) -> Answer {
    let mut page = Page::read(body, 3)?;
    let chat = twin.known(text(body, "chat_id")?)?;
    if let Some(least) = body.get("min_events_count") {
        page.limit = threads_with(&chat, least, body)?;
    }
    let span = Span::read(&page.filters)?;
    let threads = chat.threads.iter().rev().filter(|thread| span.includes(thread));
    let threads: Vec<Value> = threads.map(|thread| thread_json(&chat, thread)).collect();
    Ok(page.of(threads, "threads", "found_threads"))
}

/// How many of the newest threads hold so many events together.
fn threads_with(chat: &Chat, least: &Value, body: &Map<String, Value>) -> Result<usize, ApiError> {
    if ["limit", "filters"].iter().any(|name| body.contains_key(*name)) {
        return Err(ApiError::validation("`min_events_count` goes with neither `limit` nor `filters`"));
    }
    let least = least.as_u64().filter(|least| (1..=100).contains(least));
    let least = least.ok_or_else(|| ApiError::validation("`min_events_count` must be 1 to 100"))?;
    let mut events = 0;
    let needed = chat.threads.iter().rev().position(|thread| {
        events += thread.events.len() as u64;
        events >= least
    });
    Ok(needed.map_or(chat.threads.len(), |at| at + 1))
}

/// Threads that have ended, each within its chat.
pub(super) fn list_archives(twin: &LiveChat, body: &Map<String, Value>) -> Answer {
    let page = Page::read(body, 10)?;
    let span = Span::read(&page.filters)?;
    let chats = twin.chats.all(|_| true);
    let archived = chats.iter().flat_map(|chat| {
        let ended = chat.threads.iter().rev().filter(|thread| !thread.is_active && span.includes(thread));
        ended.map(|thread| chat_json(chat, Some(thread)))
    });
    Ok(page.of(archived.collect(), "chats", "found_chats"))
}

/// `filters.from` and `filters.to`, both inclusive.
struct Span {
    from: Option<Timestamp>,
    to: Option<Timestamp>,
}

impl Span {
    fn read(filters: &Value) -> Result<Self, ApiError> {
        let moment = |name: &str| match filters.get(name).and_then(Value::as_str) {
            None => Ok(None),
            Some(text) => Timestamp::parse(text)
                .map(Some)
                .map_err(|_| ApiError::validation(format!("`filters.{name}` is no date"))),
        };
        Ok(Self { from: moment("from")?, to: moment("to")? })
    }

    fn includes(&self, thread: &Thread) -> bool {
        self.from.is_none_or(|from| thread.created >= from) && self.to.is_none_or(|to| thread.created <= to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(body: &Value) -> Option<Value> {
        let page = Page::read(body.as_object().unwrap(), 2).ok()?;
        Some(page.of(vec![json!(3), json!(2), json!(1)], "items", "found"))
    }

    #[test]
    fn pages() {
        let second = page(&json!({})).unwrap()["next_page_id"].clone();
        let backwards = page(&json!({ "limit": 1, "sort_order": "asc" })).unwrap()["next_page_id"].clone();
        let cases = [
            (json!({}), Some(json!({ "items": [3, 2], "found": 3, "next_page_id": second }))),
            (json!({ "page_id": second }), Some(json!({ "items": [1], "found": 3 }))),
            (json!({ "sort_order": "asc", "limit": 100 }), Some(json!({ "items": [1, 2, 3], "found": 3 }))),
            (json!({ "limit": 0 }), None),
            (json!({ "limit": 101 }), None),
            (json!({ "page_id": "2" }), None),
            (json!({ "page_id": second, "limit": 2 }), None),
            (json!({ "page_id": second, "sort_order": "asc" }), None),
            (json!({ "page_id": second, "filters": {} }), None),
            (json!({ "sort_order": "down" }), None),
        ];
        for (body, expect) in cases {
            assert_eq!(page(&body), expect, "{body}");
        }
        assert_eq!(page(&json!({ "page_id": backwards })).unwrap()["items"], json!([2]), "its order goes on");
    }
}
