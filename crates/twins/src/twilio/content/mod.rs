//! The Content API: what is stored once and then sent by its `HX…`.
//!
//! An entry shows without approval within the 24 hours; `ApprovalRequests/whatsapp` approves at
//! once what WhatsApp approves at all. One approved template is there from the start.

mod rules;
mod shape;

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::{Map, Value, json};

use super::Twilio;
use super::api::json as answer;
use super::errors::ApiError;
use super::request::Form;
use crate::bounded::Bounded;

pub(super) use rules::{Rendered, render};

type App = State<Arc<Twilio>>;
type Answer = Result<Response, ApiError>;

/// An approved template to try: `Hi {{1}}, your booking {{2}} is confirmed.`
pub(super) const SAMPLE: &str = "HX0123456789abcdef0123456789abcdef";
/// How many entries are kept.
const REMEMBERED: usize = 1_000;

/// One entry.
#[derive(Debug, Clone)]
pub(super) struct Content {
    /// As the API shows it.
    pub(super) resource: Value,
    /// Approved by WhatsApp: may open a conversation.
    pub(super) approved: bool,
}

/// The entries at the start.
pub(super) fn library(account_sid: &str) -> Bounded<Content> {
    let mut library = Bounded::new(REMEMBERED);
    let definition = json!({
        "friendly_name": "booking_update",
        "language": "en",
        "variables": { "1": "Ana", "2": "4711" },
        "types": { "twilio/text": { "body": "Hi {{1}}, your booking {{2}} is confirmed." } },
    });
    let resource = resource(SAMPLE, account_sid, "2026-01-01T00:00:00Z", &definition);
    library.insert(SAMPLE, Content { resource, approved: true });
    library
}

pub(super) fn routes() -> Router<Arc<Twilio>> {
    Router::new()
        .route("/v1/Content", get(list_plainly).post(create))
        .route("/v2/Content", get(list_by_name))
        .route("/v1/Content/{sid}", get(show).delete(delete))
        .route("/v1/Content/{sid}/ApprovalRequests", get(approval))
        .route("/v1/Content/{sid}/ApprovalRequests/whatsapp", post(approve))
}

fn resource(sid: &str, account_sid: &str, now: &str, definition: &Value) -> Value {
    let url = format!("https://content.twilio.com/v1/Content/{sid}");
    json!({
        "sid": sid,
        "account_sid": account_sid,
        "friendly_name": definition["friendly_name"].as_str().unwrap_or_default(),
        "language": definition["language"],
        "variables": definition.get("variables").cloned().unwrap_or_else(|| json!({})),
        "types": definition["types"],
        "date_created": now,
        "date_updated": now,
        "url": url,
        "links": {
            "approval_create": format!("{url}/ApprovalRequests/whatsapp"),
            "approval_fetch": format!("{url}/ApprovalRequests"),
        },
    })
}

async fn create(State(twin): App, headers: HeaderMap, body: Bytes) -> Answer {
    twin.admit(&headers).await?;
    let definition: Value = serde_json::from_slice(&body).map_err(|_| ApiError::new(60_200))?;
    shape::check(&definition)?;
    let sid = twin.sid("HX");
    let resource = resource(&sid, &twin.account_sid, &twin.desk.now().to_string(), &definition);
    twin.contents.lock().insert(&sid, Content { resource: resource.clone(), approved: false });
    Ok(answer(StatusCode::CREATED, &resource))
}

async fn list_plainly(State(twin): App, RawQuery(query): RawQuery, headers: HeaderMap) -> Answer {
    twin.admit(&headers).await?;
    page(&twin, "v1", &Form::read(query.unwrap_or_default().as_bytes()), |_| true)
}

/// The second version searches; a name is found by a part of it.
async fn list_by_name(State(twin): App, RawQuery(query): RawQuery, headers: HeaderMap) -> Answer {
    twin.admit(&headers).await?;
    let query = Form::read(query.unwrap_or_default().as_bytes());
    let wanted = query.get("ContentName").unwrap_or_default().to_lowercase();
    page(&twin, "v2", &query, |content| {
        content["friendly_name"].as_str().is_some_and(|name| name.to_lowercase().contains(&wanted))
    })
}

/// One page, the newest first: `PageSize` up to 1,000, `Page` from 0.
fn page(twin: &Twilio, version: &str, query: &Form, fits: impl Fn(&Value) -> bool) -> Answer {
    let number = |name: &str, default: usize| match query.get(name).map(str::parse) {
        None => Ok(default),
        Some(number) => number.map_err(|_| ApiError::new(20_001)),
    };
    let (page, size) = (number("Page", 0)?, number("PageSize", 50)?);
    if !(1..=1_000).contains(&size) {
        return Err(ApiError::new(20_001));
    }
    let contents = twin.contents.lock();
    let found: Vec<&Value> =
        contents.values().rev().map(|content| &content.resource).filter(|content| fits(content)).collect();
    let start = page.saturating_mul(size);
    let shown: Vec<&Value> = found.iter().copied().skip(start).take(size).collect();
    let url = |page: usize| {
        let name = query.get("ContentName").map(|name| ("ContentName", name));
        let numbers = [("PageSize", size.to_string()), ("Page", page.to_string())];
        let pairs = name.into_iter().chain(numbers.iter().map(|(name, number)| (*name, number.as_str())));
        let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        format!("https://content.twilio.com/{version}/Content?{query}")
    };
    let more = start.saturating_add(size) < found.len();
    let meta = json!({
        "page": page,
        "page_size": size,
        "first_page_url": url(0),
        "previous_page_url": page.checked_sub(1).map(url),
        "url": url(page),
        "next_page_url": more.then(|| url(page.saturating_add(1))),
        "key": "contents",
    });
    Ok(answer(StatusCode::OK, &json!({ "contents": shown, "meta": meta })))
}

impl Twilio {
    /// An entry of this account.
    pub(super) fn content(&self, sid: &str) -> Option<Content> {
        self.contents.lock().get(sid).cloned()
    }
}

async fn show(State(twin): App, Path(sid): Path<String>, headers: HeaderMap) -> Answer {
    twin.admit(&headers).await?;
    let content = twin.content(&sid).ok_or_else(|| ApiError::new(20_404))?;
    Ok(answer(StatusCode::OK, &content.resource))
}

async fn delete(State(twin): App, Path(sid): Path<String>, headers: HeaderMap) -> Answer {
    twin.admit(&headers).await?;
    twin.contents.lock().remove(&sid).ok_or_else(|| ApiError::new(20_404))?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn approval(State(twin): App, Path(sid): Path<String>, headers: HeaderMap) -> Answer {
    twin.admit(&headers).await?;
    let content = twin.content(&sid).ok_or_else(|| ApiError::new(20_404))?;
    let status = if content.approved { "approved" } else { "unsubmitted" };
    let url = format!("https://content.twilio.com/v1/Content/{sid}/ApprovalRequests");
    let whatsapp = json!({ "type": "whatsapp", "status": status, "rejection_reason": "" });
    let shown = json!({ "sid": sid, "account_sid": twin.account_sid, "whatsapp": whatsapp, "url": url });
    Ok(answer(StatusCode::OK, &shown))
}

async fn approve(State(twin): App, Path(sid): Path<String>, headers: HeaderMap, body: Bytes) -> Answer {
    twin.admit(&headers).await?;
    let mut content = twin.content(&sid).ok_or_else(|| ApiError::new(20_404))?;
    let request: Value = serde_json::from_slice(&body).map_err(|_| ApiError::new(60_200))?;
    let (name, category) = (request["name"].as_str(), request["category"].as_str());
    let is_name = |name: &str| {
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
    };
    let known = matches!(category, Some("UTILITY" | "MARKETING" | "AUTHENTICATION"));
    if !name.is_some_and(is_name) || !known || !rules::can_be_approved(&content.resource["types"]) {
        return Err(ApiError::new(60_200));
    }
    content.approved = true;
    let types = content.resource["types"].as_object().cloned().unwrap_or_default();
    let submitted = json!({
        "name": name,
        "category": category,
        "content_type": types.keys().next(),
        "status": "received",
        "rejection_reason": "",
        "allow_category_change": true,
    });
    twin.contents.lock().insert(&sid, content);
    Ok(answer(StatusCode::CREATED, &submitted))
}

/// The variables of a message: an object of texts and numbers, each of at most 1,600 characters.
pub(super) fn variables(text: &str) -> Result<Map<String, Value>, ApiError> {
    const LONGEST: usize = 1_600;
    let Ok(Value::Object(given)) = serde_json::from_str(text) else { return Err(ApiError::new(21_656)) };
    for value in given.values() {
        match value {
            Value::String(text) if text.chars().count() > LONGEST => return Err(ApiError::new(21_658)),
            Value::String(_) | Value::Number(_) => {}
            _ => return Err(ApiError::new(21_656)),
        }
    }
    Ok(given)
}
