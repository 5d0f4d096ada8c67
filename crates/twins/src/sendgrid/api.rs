//! SendGrid's API v3, as far as a messaging gateway uses it.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{ConnectInfo, DefaultBodyLimit, Path, RawQuery, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::errors::ApiError;
use super::fates::way;
use super::request::{Letter, Submission, is_email};
use super::suppressions::{self, LISTS, Query, group};
use super::{SendGrid, policies, schedule, settings};
use crate::receipts::Manner;
use crate::record::{Direction, Receipt, Record};
use crate::reserved::{Fate, fate, mail_name};
use crate::server::Cord;
use crate::twin::{Order, take};

pub(super) type App = State<Arc<SendGrid>>;
pub(super) type Answer = Result<Response, ApiError>;

/// A whole mail, attachments included.
const MAX_MAIL: usize = 30_000_000;

pub(super) fn routes(twin: Arc<SendGrid>) -> Router {
    let send = post(send).layer(DefaultBodyLimit::max(MAX_MAIL));
    let one_schedule = get(schedule::show).patch(schedule::update).delete(schedule::delete);
    let one_policy = get(policies::show).patch(policies::update).delete(policies::delete);
    let event_webhook = get(settings::event_webhook).patch(settings::change_event_webhook);
    let event_key = get(settings::event_key).patch(settings::sign_events);
    Router::new()
        .route("/v3/mail/send", send)
        .route("/v3/mail/batch", post(schedule::new_batch))
        .route("/v3/mail/batch/{id}", get(schedule::show_batch))
        .route("/v3/user/scheduled_sends", post(schedule::decide))
        .route("/v3/user/scheduled_sends/{id}", one_schedule)
        .route("/v3/scopes", get(settings::scopes))
        .route("/v3/user/credits", get(settings::credits))
        .route("/v3/user/webhooks/event/settings", event_webhook.clone())
        .route("/v3/user/webhooks/event/settings/{id}", event_webhook)
        .route("/v3/user/webhooks/event/settings/signed", event_key.clone())
        .route("/v3/user/webhooks/event/settings/signed/{id}", event_key)
        .route("/v3/user/webhooks/parse/settings", get(policies::parse_settings))
        .route(
            "/v3/user/webhooks/parse/settings/{host}",
            get(policies::parse_setting).patch(policies::attach),
        )
        .route("/v3/user/webhooks/security/policies", get(policies::list).post(policies::create))
        .route("/v3/user/webhooks/security/policies/{id}", one_policy)
        .route("/v3/suppression/{list}", get(page).delete(delete_some))
        .route("/v3/suppression/{list}/{email}", get(show).delete(delete_one))
        .route("/v3/asm/suppressions/global", post(suppress_globally))
        .route("/v3/asm/suppressions/global/{email}", get(show_global).delete(delete_global))
        .route("/v3/asm/groups/{id}/suppressions", get(of_group).post(suppress_in_group))
        .route("/v3/asm/groups/{id}/suppressions/{email}", delete(delete_from_group))
        .method_not_allowed_fallback(|| async { ApiError::method() })
        .fallback(|| async { ApiError::not_found() })
        .with_state(twin)
}

/// A JSON answer.
pub(super) fn json(status: StatusCode, body: &impl Serialize) -> Response {
    let bytes = serde_json::to_vec(body).expect("our wire types serialise");
    (status, [(header::CONTENT_TYPE, "application/json")], bytes).into_response()
}

pub(super) fn object(body: &Bytes) -> Result<Map<String, Value>, ApiError> {
    serde_json::from_slice(body).map_err(|_| ApiError::unreadable())
}

impl SendGrid {
    /// Faults, then the key.
    pub(super) async fn admit(&self, headers: &HeaderMap) -> Result<(), ApiError> {
        self.desk.admit().await.map_err(|strike| ApiError::from(strike).at(self.desk.now()))?;
        let given = headers.get(header::AUTHORIZATION).map(HeaderValue::as_bytes);
        if given.is_some_and(|given| self.bearer.matches(given)) {
            Ok(())
        } else {
            Err(ApiError::unauthorized())
        }
    }
}

async fn send(
    State(twin): App,
    ConnectInfo(cord): ConnectInfo<Cord>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    submit(&twin, &cord, &headers, body).await.unwrap_or_else(|error| {
        twin.desk.refused(error.status, 0);
        error.into_response()
    })
}

async fn submit(
    twin: &Arc<SendGrid>,
    cord: &Cord,
    headers: &HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Answer {
    let body = body.map_err(|_| ApiError::too_large())?;
    twin.admit(headers).await?;
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = content_type.unwrap_or_default().split(';').next().unwrap_or_default();
    if !essence.trim().eq_ignore_ascii_case("application/json") {
        return Err(ApiError::unsupported_type());
    }
    let submission = Submission::read(&object(&body)?, twin.desk.now())?;
    let open = submission.batch_id.as_deref().map_or(Ok(true), |id| twin.batch_is_open(id))?;
    if submission.sandbox {
        return Ok(StatusCode::OK.into_response());
    }
    for (place, letter) in submission.letters.iter().enumerate() {
        strike(twin, place, &letter.to)?;
    }
    let id = twin.id();
    let mut answer = StatusCode::ACCEPTED.into_response();
    let header = HeaderValue::try_from(id.as_str()).expect("base64 makes a header");
    answer.headers_mut().insert(HeaderName::from_static("x-message-id"), header);
    for (place, letter) in submission.letters.iter().enumerate() {
        let order = order(twin, &submission, letter, Record::key(&id, place));
        if open {
            take(twin, order, cord).await;
        } else {
            discard(twin, order.record);
        }
    }
    Ok(answer)
}

/// Mail of a batch that was stopped before it came.
fn discard(twin: &SendGrid, record: Record) {
    record.withdraw(record.current().state, Receipt::new("canceled"), twin.desk.now());
    twin.desk.log.push(&Arc::new(record));
}

/// What the reserved names do to a valid send.
fn strike(twin: &SendGrid, place: usize, to: &str) -> Result<(), ApiError> {
    let fate = fate(to);
    if fate == Fate::Refused {
        let field = format!("personalizations.0.to.{place}.email");
        return Err(ApiError::invalid(field, "Does not contain a valid address."));
    }
    twin.desk.strike(fate).map_err(|strike| ApiError::from(strike).at(twin.desk.now()))
}

fn order(twin: &SendGrid, submission: &Submission, letter: &Letter, key: String) -> Order {
    let now = twin.desk.now();
    let fate = fate(&letter.to);
    let way = steps(twin, submission, &letter.to, fate);
    for receipt in &way {
        twin.suppressions.note(*receipt, &letter.to, now + letter.due_in);
    }
    let first = if letter.due_in > Duration::ZERO { "scheduled" } else { "queued" };
    let mut record = Record::new(key, Direction::Outbound, first, now);
    (record.from, record.to) = (submission.from.clone(), letter.to.clone());
    record.content = letter.content.clone();
    record.client_reference = reference(letter);
    Order { record, way, manner: Manner::from(fate), due_in: letter.due_in }
}

/// Reserved names always meet the same fate; everybody else can be on a list.
fn steps(twin: &SendGrid, submission: &Submission, to: &str, fate: Fate) -> Vec<Receipt> {
    let listed = || twin.suppressions.reason(to, submission.asm_group);
    let may_be_listed = mail_name(to).is_none() && !submission.bypass;
    match may_be_listed.then(listed).flatten() {
        Some(reason) => vec![reason.receipt()],
        None => way(to, fate, submission.tracking),
    }
}

/// Our reference among the custom arguments, or the only one there is.
fn reference(letter: &Letter) -> Option<String> {
    let args = &letter.custom_args;
    let only = args.values().next().filter(|_| args.len() == 1);
    args.get("omni_msg_id").or(only).and_then(Value::as_str).map(str::to_owned)
}

fn known(list: &str) -> Result<&str, ApiError> {
    if LISTS.contains(&list) { Ok(list) } else { Err(ApiError::not_found()) }
}

async fn page(
    State(twin): App,
    Path(list): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Answer {
    twin.admit(&headers).await?;
    let query = Query::read(&query.unwrap_or_default())?;
    Ok(json(StatusCode::OK, &twin.suppressions.page(known(&list)?, &query)))
}

async fn delete_some(State(twin): App, Path(list): Path<String>, headers: HeaderMap, body: Bytes) -> Answer {
    twin.admit(&headers).await?;
    Ok(twin.suppressions.delete(known(&list)?, &object(&body)?.into())?.into_response())
}

async fn show(State(twin): App, Path((list, email)): Path<(String, String)>, headers: HeaderMap) -> Answer {
    twin.admit(&headers).await?;
    Ok(json(StatusCode::OK, &twin.suppressions.show(known(&list)?, &email)))
}

async fn delete_one(
    State(twin): App,
    Path((list, email)): Path<(String, String)>,
    headers: HeaderMap,
) -> Answer {
    twin.admit(&headers).await?;
    gone(twin.suppressions.remove(known(&list)?, &email))
}

fn gone(was_there: bool) -> Answer {
    if was_there { Ok(StatusCode::NO_CONTENT.into_response()) } else { Err(ApiError::not_found()) }
}

/// Puts addresses on a list.
fn suppress(twin: &SendGrid, list: &str, body: &Bytes) -> Answer {
    let body = object(body)?;
    let emails = body.get("recipient_emails").and_then(Value::as_array);
    let emails: Option<Vec<&str>> = emails.and_then(|emails| emails.iter().map(Value::as_str).collect());
    let emails = emails.filter(|emails| emails.iter().all(|email| is_email(email)));
    let emails = emails.ok_or_else(|| ApiError::invalid("recipient_emails", "should be addresses"))?;
    for email in &emails {
        twin.suppressions.add(list, email, twin.desk.now());
    }
    Ok(json(StatusCode::CREATED, &json!({ "recipient_emails": emails })))
}

async fn suppress_globally(State(twin): App, headers: HeaderMap, body: Bytes) -> Answer {
    twin.admit(&headers).await?;
    suppress(&twin, "unsubscribes", &body)
}

/// The address if it is unsubscribed, else nothing in braces.
async fn show_global(State(twin): App, Path(email): Path<String>, headers: HeaderMap) -> Answer {
    twin.admit(&headers).await?;
    let is_there = twin.suppressions.has("unsubscribes", &email);
    let body = if is_there { json!({ "recipient_email": email }) } else { json!({}) };
    Ok(json(StatusCode::OK, &body))
}

async fn delete_global(State(twin): App, Path(email): Path<String>, headers: HeaderMap) -> Answer {
    twin.admit(&headers).await?;
    gone(twin.suppressions.remove("unsubscribes", &email))
}

async fn of_group(State(twin): App, Path(id): Path<u64>, headers: HeaderMap) -> Answer {
    twin.admit(&headers).await?;
    Ok(json(StatusCode::OK, &twin.suppressions.emails(&group(id))))
}

async fn suppress_in_group(State(twin): App, Path(id): Path<u64>, headers: HeaderMap, body: Bytes) -> Answer {
    twin.admit(&headers).await?;
    suppress(&twin, &suppressions::group(id), &body)
}

async fn delete_from_group(
    State(twin): App,
    Path((id, email)): Path<(u64, String)>,
    headers: HeaderMap,
) -> Answer {
    twin.admit(&headers).await?;
    gone(twin.suppressions.remove(&group(id), &email))
}
