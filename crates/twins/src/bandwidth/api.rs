//! Bandwidth's messaging API, as far as a messaging gateway uses it.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, Path, RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use omni_core::time::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::errors::{ApiError, FieldError};
use super::request::{Channel, Submission};
use super::{ACCOUNT, APPLICATION, Bandwidth, list, media, media_api, time};
use crate::receipts::Manner;
use crate::record::{Direction, Receipt, Record};
use crate::reserved::{Fate, fate};
use crate::server::Cord;
use crate::twin::{Order, take};

pub(super) type App = State<Arc<Bandwidth>>;
pub(super) type Answer = Result<Response, ApiError>;

pub(super) fn routes(twin: Arc<Bandwidth>) -> Router {
    Router::new()
        .route("/api/v2/users/{account}/messages", get(list_messages).post(create))
        .route("/api/v2/users/{account}/messages/multiChannel", post(create_multi))
        .route("/api/v1/oauth2/token", post(token))
        .merge(media_api::routes())
        .method_not_allowed_fallback(|| async { ApiError::method() })
        .fallback(|| async { ApiError::not_found() })
        .with_state(twin)
}

/// A JSON answer with Bandwidth's content type.
pub(super) fn json(status: StatusCode, body: &impl Serialize) -> Response {
    let bytes = serde_json::to_vec(body).expect("our wire types serialise");
    (status, [(header::CONTENT_TYPE, "application/json;charset=UTF-8")], bytes).into_response()
}

impl Bandwidth {
    /// Faults, then credential and account.
    pub(super) async fn admit_to(&self, account: &str, headers: &HeaderMap) -> Result<(), ApiError> {
        self.desk.admit().await?;
        let given = headers.get(header::AUTHORIZATION).map(HeaderValue::as_bytes);
        let fits = |given: &[u8]| self.basic.matches(given) | self.bearer.matches(given);
        if !given.is_some_and(fits) {
            return Err(ApiError::unauthorized());
        }
        if account == ACCOUNT { Ok(()) } else { Err(ApiError::forbidden("Access to this account is denied")) }
    }
}

/// Which of the two ways to send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Plain,
    Multi,
}

async fn create(
    twin: App,
    account: Path<String>,
    cord: ConnectInfo<Cord>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    send(Way::Plain, &twin, &account, &cord, &headers, &body).await
}

async fn create_multi(
    twin: App,
    account: Path<String>,
    cord: ConnectInfo<Cord>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    send(Way::Multi, &twin, &account, &cord, &headers, &body).await
}

async fn send(
    way: Way,
    twin: &Arc<Bandwidth>,
    account: &str,
    cord: &Cord,
    headers: &HeaderMap,
    body: &Bytes,
) -> Response {
    let submitted = match admitted(way, twin, account, headers, body).await {
        Ok(submission) => submit(way, twin, submission, cord).await,
        Err(error) => Err(error),
    };
    submitted.unwrap_or_else(|error| {
        twin.desk.refused(error.status, 0);
        let error = if way == Way::Multi { error.of_many_channels() } else { error };
        error.into_response()
    })
}

async fn admitted(
    way: Way,
    twin: &Bandwidth,
    account: &str,
    headers: &HeaderMap,
    body: &Bytes,
) -> Result<Submission, ApiError> {
    twin.admit_to(account, headers).await?;
    let given = content_type(headers);
    if !essence(given).eq_ignore_ascii_case("application/json") {
        return Err(ApiError::unsupported_type(given, "'application/json'"));
    }
    let body: Map<String, Value> = serde_json::from_slice(body).map_err(|_| ApiError::unreadable())?;
    let submission = match way {
        Way::Plain => Submission::read(&body, twin.desk.now())?,
        Way::Multi => Submission::read_multi(&body, twin.desk.now())?,
    };
    for (place, to) in submission.to.iter().enumerate() {
        let fate = fate(to);
        if fate == Fate::Refused {
            return Err(refused(way, to, place));
        }
        twin.desk.strike(fate)?;
    }
    Ok(submission)
}

fn refused(way: Way, to: &str, place: usize) -> ApiError {
    let description = format!("'{to}' must be replaced with a valid E164 formatted telephone number");
    let field_name = if way == Way::Multi { "to".to_owned() } else { format!("to[{place}]") };
    ApiError::invalid(vec![FieldError { field_name, description }])
}

pub(super) fn content_type(headers: &HeaderMap) -> &str {
    headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// A media type without its parameters.
pub(super) fn essence(content_type: &str) -> &str {
    content_type.split(';').next().unwrap_or_default().trim()
}

/// Takes a message, for each of its recipients on a way of its own.
async fn submit(way: Way, twin: &Arc<Bandwidth>, submission: Submission, cord: &Cord) -> Answer {
    let (id, at) = (twin.message_id(), twin.desk.now());
    let content = content(way, &submission);
    let trouble = media::trouble(twin, submission.channel, &submission.media);
    let body = match way {
        Way::Plain => accepted(&id, at, &submission, &content),
        Way::Multi => accepted_multi(&id, at, &submission),
    };
    let answer = json(StatusCode::ACCEPTED, &body);
    for (place, to) in submission.to.iter().enumerate() {
        let fate = fate(to);
        let mut record = Record::new(Record::key(&id, place), Direction::Outbound, "queued", at);
        (record.to, record.from) = (to.clone(), submission.from.clone());
        record.content = content.clone();
        record.client_reference = submission.tag.clone();
        let (way, manner) = (steps(submission.channel, fate, trouble), Manner::from(fate));
        take(twin, Order { record, way, manner, due_in: Duration::ZERO }, cord).await;
    }
    Ok(answer)
}

/// The states after acceptance; `trouble` is the code of what is wrong with its media.
fn steps(channel: Channel, fate: Fate, trouble: Option<u32>) -> Vec<Receipt> {
    const SENDING: Receipt = Receipt::new("sending");
    const SENT: Receipt = Receipt::new("sent");
    const DELIVERED: Receipt = Receipt::new("delivered");
    // Media are fetched before anything is handed over.
    if let Some(code) = trouble {
        return vec![Receipt::failed("failed", code)];
    }
    let handed_over = match channel {
        Channel::Sms => None,
        Channel::Mms => Some(SENDING),
        Channel::Rbm => Some(SENT),
    };
    let end = match fate {
        Fate::Undeliverable => vec![Receipt::failed("failed", 4720)],
        Fate::OptedOut => vec![Receipt::failed("failed", 4775)],
        Fate::NeverRead => vec![DELIVERED],
        _ if channel == Channel::Rbm => vec![DELIVERED, Receipt::new("read")],
        _ => vec![DELIVERED],
    };
    handed_over.into_iter().chain(end).collect()
}

/// What a record keeps: all but the addressing, with the members of a group.
fn content(way: Way, submission: &Submission) -> Value {
    let mut content = json!({ "text": submission.text });
    if !submission.media.is_empty() {
        content["media"] = json!(submission.media);
    }
    if submission.to.len() > 1 {
        content["to"] = json!(submission.to);
    }
    if let Some(priority) = &submission.priority {
        content["priority"] = json!(priority);
    }
    if way == Way::Multi {
        content["channel"] = json!(channel_name(submission.channel));
        content["content"] = submission.rich.clone().unwrap_or_default();
    }
    content
}

const fn channel_name(channel: Channel) -> &'static str {
    match channel {
        Channel::Sms => "SMS",
        Channel::Mms => "MMS",
        Channel::Rbm => "RBM",
    }
}

fn accepted(id: &str, at: Timestamp, submission: &Submission, content: &Value) -> Value {
    let mut body = json!({
        "id": id,
        "owner": submission.from,
        "applicationId": APPLICATION,
        "time": time(at),
        "segmentCount": list::Content(content).segments(),
        "direction": "out",
        "to": submission.to,
        "from": submission.from,
        "text": submission.text,
    });
    if !submission.media.is_empty() {
        body["media"] = json!(submission.media);
    }
    add_manners(&mut body, submission);
    body
}

fn accepted_multi(id: &str, at: Timestamp, submission: &Submission) -> Value {
    let mut data = json!({
        "id": id,
        "time": time(at),
        "direction": "out",
        "to": submission.to,
        "channelList": [{
            "from": submission.from,
            "owner": submission.from,
            "applicationId": APPLICATION,
            "channel": channel_name(submission.channel),
            "content": submission.rich,
        }],
    });
    add_manners(&mut data, submission);
    json!({ "links": [], "data": data, "errors": [] })
}

fn add_manners(body: &mut Value, submission: &Submission) {
    let Submission { tag, priority, expiration, .. } = submission;
    for (name, value) in [("tag", tag), ("priority", priority), ("expiration", expiration)] {
        if let Some(value) = value {
            body[name] = json!(value);
        }
    }
}

async fn list_messages(
    State(twin): App,
    Path(account): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Answer {
    twin.admit_to(&account, &headers).await?;
    list::page(&twin, &query.unwrap_or_default())
}

/// OAuth 2 with the API credential as the client's.
async fn token(State(twin): App, headers: HeaderMap, body: Bytes) -> Answer {
    twin.desk.admit().await?;
    let given = headers.get(header::AUTHORIZATION).map(HeaderValue::as_bytes);
    if !given.is_some_and(|given| twin.basic.matches(given)) {
        return Err(ApiError::unauthorized());
    }
    let grant = url::form_urlencoded::parse(&body)
        .any(|(name, value)| name == "grant_type" && value == "client_credentials");
    if !grant {
        return Err(ApiError::bad_query("'grant_type' must be client_credentials"));
    }
    let token = twin.access_token.expose();
    Ok(json(StatusCode::OK, &json!({ "access_token": token, "token_type": "Bearer", "expires_in": 3_600 })))
}
