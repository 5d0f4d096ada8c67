//! Reading chats: what settles whether an event was taken.

use omni_core::time::Timestamp;
use serde_json::{Map, Value, json};

use super::LiveChat;
use super::api::{Answer, text};
use super::chats::{Chat, Thread};
use super::errors::ApiError;
use super::webhooks::{chat_json, thread_json};

/// Where a page begins and how long it is.
struct Page {
    offset: usize,
    limit: usize,
    newest_first: bool,
}

impl Page {
    fn read(body: &Map<String, Value>, default: u64) -> Result<Self, ApiError> {
        let limit = body.get("limit").map_or(Some(default), Value::as_u64);
        let limit =
            limit.filter(|limit| (1..=100).contains(limit)).and_then(|limit| usize::try_from(limit).ok());
        let limit = limit.ok_or_else(|| ApiError::validation("`limit` must be 1 to 100"))?;
        let offset = match body.get("page_id").and_then(Value::as_str) {
            None => Some(0),
            Some(page) => page.strip_prefix("page-").and_then(|offset| offset.parse().ok()),
        };
        let offset = offset.ok_or_else(|| ApiError::validation("`page_id` is unknown"))?;
        let newest_first = match body.get("sort_order").and_then(Value::as_str) {
            None | Some("desc") => true,
            Some("asc") => false,
            Some(_) => return Err(ApiError::validation("`sort_order` must be asc or desc")),
        };
        Ok(Self { offset, limit, newest_first })
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
            answer["next_page_id"] = format!("page-{next}").into();
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

/// Summaries; `filters.include_active: false` leaves the running ones out.
pub(super) fn list_chats(twin: &LiveChat, body: &Map<String, Value>) -> Answer {
    let page = Page::read(body, 10)?;
    let filters = body.get("filters").unwrap_or(&Value::Null);
    let with_active = filters.get("include_active").and_then(Value::as_bool).unwrap_or(true);
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

/// The threads of a chat with their events, three at a time by default.
pub(super) fn list_threads(twin: &LiveChat, body: &Map<String, Value>) -> Answer {
    let page = Page::read(body, 3)?;
    let chat = twin.known(text(body, "chat_id")?)?;
    let span = Span::read(body)?;
    let least = body.get("min_events_count").and_then(Value::as_u64).unwrap_or_default();
    let fits = |thread: &&Thread| span.includes(thread) && thread.events.len() as u64 >= least;
    let threads = chat.threads.iter().rev().filter(fits);
    let threads: Vec<Value> = threads.map(|thread| thread_json(&chat, thread)).collect();
    Ok(page.of(threads, "threads", "found_threads"))
}

/// Threads that have ended, each within its chat.
pub(super) fn list_archives(twin: &LiveChat, body: &Map<String, Value>) -> Answer {
    let page = Page::read(body, 10)?;
    let span = Span::read(body)?;
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
    fn read(body: &Map<String, Value>) -> Result<Self, ApiError> {
        let filters = body.get("filters").unwrap_or(&Value::Null);
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
        let cases = [
            (json!({}), Some(json!({ "items": [3, 2], "found": 3, "next_page_id": "page-2" }))),
            (json!({ "page_id": "page-2" }), Some(json!({ "items": [1], "found": 3 }))),
            (json!({ "sort_order": "asc", "limit": 100 }), Some(json!({ "items": [1, 2, 3], "found": 3 }))),
            (json!({ "page_id": "page-99" }), Some(json!({ "items": [], "found": 3 }))),
            (json!({ "limit": 0 }), None),
            (json!({ "limit": 101 }), None),
            (json!({ "page_id": "2" }), None),
            (json!({ "sort_order": "down" }), None),
        ];
        for (body, expect) in cases {
            assert_eq!(page(&body), expect, "{body}");
        }
    }
}
