//! Twilio's REST API, as far as a messaging gateway uses it.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, Path, RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde::Serialize;
use serde_json::json;

use super::content::Rendered;
use super::errors::ApiError;
use super::request::{Channel, Form, Named, Submission};
use super::resource::Resource;
use super::{Twilio, content, list};
use crate::receipts::Manner;
use crate::record::{Direction, Receipt, Record};
use crate::reserved::{Fate, fate};
use crate::server::Cord;
use crate::twin::{Order, take};

type App = State<Arc<Twilio>>;
type Answer = Result<Response, ApiError>;

pub(super) fn routes(twin: Arc<Twilio>) -> Router {
    Router::new()
        .route("/2010-04-01/Accounts/{account}/Messages.json", get(list_messages).post(create))
        .route("/2010-04-01/Accounts/{account}/Messages/{file}", get(show).post(update))
        .route("/2010-04-01/Accounts/{account}/Messages/{message}/Media/{media}", get(media))
        .route("/2010-04-01/Accounts/{account}/Balance.json", get(balance))
        .route("/2010-04-01/Accounts/{file}", get(account))
        .route("/media-cdn/{media}", get(cdn))
        .route("/{version}/Indicators/Typing.json", post(typing))
        .route("/v2/token", post(token))
        .merge(content::routes())
        .fallback(|| async { ApiError::new(20_404) })
        .with_state(twin)
}

/// A JSON answer with Twilio's content type.
pub(super) fn json(status: StatusCode, body: &impl Serialize) -> Response {
    let bytes = serde_json::to_vec(body).expect("our wire types serialise");
    (status, [(header::CONTENT_TYPE, "application/json; charset=utf-8")], bytes).into_response()
}

impl Twilio {
    /// Faults, then account sid and token, or a token of the OAuth app.
    pub(super) async fn admit(&self, headers: &HeaderMap) -> Result<(), ApiError> {
        self.desk.admit().await?;
        let given = headers.get(header::AUTHORIZATION).map(HeaderValue::as_bytes).unwrap_or_default();
        let bearer = given.strip_prefix(b"Bearer ").is_some_and(|token| self.access_token.matches(token));
        if bearer || self.basic.matches(given) { Ok(()) } else { Err(ApiError::new(20_003)) }
    }

    /// The OAuth app of the twin: the digits of the account, the secret of the account.
    fn is_our_app(&self, form: &Form) -> bool {
        let id = form.get("client_id").and_then(|id| id.strip_prefix("OQ")).unwrap_or_default();
        let secret = form.get("client_secret").unwrap_or_default();
        self.account_sid.strip_prefix("AC") == Some(id) && self.auth_token.matches(secret.as_bytes())
    }

    /// As [`Twilio::admit`], for a path with an account in it.
    async fn admit_to(&self, account: &str, headers: &HeaderMap) -> Result<(), ApiError> {
        self.admit(headers).await?;
        if account == self.account_sid { Ok(()) } else { Err(ApiError::new(20_404)) }
    }

    fn message(&self, file: &str) -> Result<Arc<Record>, ApiError> {
        let sid = file.strip_suffix(".json").unwrap_or(file);
        self.desk.log.get(sid).ok_or_else(|| ApiError::new(20_404))
    }
}

async fn create(
    State(twin): App,
    Path(account): Path<String>,
    ConnectInfo(cord): ConnectInfo<Cord>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    match submit(&twin, &account, &cord, &headers, &body).await {
        Ok(answer) => answer,
        Err(error) => {
            twin.desk.refused(error.status, error.code);
            error.into_response()
        }
    }
}

async fn submit(twin: &Arc<Twilio>, account: &str, cord: &Cord, headers: &HeaderMap, body: &Bytes) -> Answer {
    twin.admit_to(account, headers).await?;
    let now = twin.desk.now();
    let submission = Submission::read(&Form::read(body), now)?;
    let fate = fate(&submission.to);
    if fate == Fate::OptedOut || twin.has_stopped(&submission.to, &submission.from) {
        return Err(ApiError::new(21_610));
    }
    if fate == Fate::Refused {
        return Err(ApiError::new(21_211));
    }
    let rendered = rendered(twin, &submission)?;
    twin.desk.strike(fate)?;
    let way = way(twin, &submission, rendered.as_ref(), fate);
    let first = match submission {
        Submission { due_in, .. } if due_in > Duration::ZERO => "scheduled",
        Submission { by_service: true, .. } => "accepted",
        _ => "queued",
    };
    let prefix = if submission.content.get("MediaUrl").is_some() { "MM" } else { "SM" };
    let mut record = Record::new(twin.sid(prefix), Direction::Outbound, first, now);
    let Submission { to, from, mut content, reference, status_callback, due_in, .. } = submission;
    if let Some(rendered) = rendered {
        content["Body"] = rendered.body.into();
    }
    (record.to, record.from, record.content) = (to, from, content);
    (record.client_reference, record.callback_url) = (reference, status_callback);
    let answer = json(StatusCode::CREATED, &Resource::of(twin, &record));
    take(twin, Order { record, way, manner: Manner::from(fate), due_in }, cord).await;
    Ok(answer)
}

/// What the message's content shows, if it has any.
fn rendered(twin: &Twilio, submission: &Submission) -> Result<Option<Rendered>, ApiError> {
    let Some(Named { sid, values }) = &submission.rich else { return Ok(None) };
    let content = twin.content(sid).ok_or_else(|| ApiError::new(21_655))?;
    content::render(&content, submission.channel, values).map(Some)
}

/// The states after acceptance.
fn way(twin: &Twilio, submission: &Submission, rendered: Option<&Rendered>, fate: Fate) -> Vec<Receipt> {
    const SENT: Receipt = Receipt::new("sent");
    const DELIVERED: Receipt = Receipt::new("delivered");
    let whatsapp = submission.channel == Channel::WhatsApp;
    if let Some(code) = rendered.and_then(|rendered| rendered.refused) {
        return vec![Receipt::failed("failed", code)];
    }
    if whatsapp && !rendered.is_some_and(|rendered| rendered.approved) {
        let strict = twin.desk.faults().strict_window;
        let closed = strict && !twin.window_is_open(&submission.to, &submission.from);
        if closed || fate == Fate::OutsideWindow {
            return vec![Receipt::failed("failed", 63_016)];
        }
    }
    match fate {
        Fate::Undeliverable if whatsapp => vec![SENT, Receipt::failed("undelivered", 63_024)],
        Fate::Undeliverable => vec![SENT, Receipt::failed("undelivered", 30_005)],
        Fate::NeverRead => vec![SENT, DELIVERED],
        _ if submission.channel == Channel::Sms => vec![SENT, DELIVERED],
        Fate::Read
        | Fate::Refused
        | Fate::TooMany
        | Fate::Flaky
        | Fate::NoAnswer
        | Fate::CallbackFirst
        | Fate::CallbacksTwice
        | Fate::OptedOut
        | Fate::OutsideWindow
        | Fate::BadSignature => vec![SENT, DELIVERED, Receipt::new("read")],
    }
}

async fn list_messages(
    State(twin): App,
    Path(account): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Answer {
    twin.admit_to(&account, &headers).await?;
    list::page(&twin, &Form::read(query.unwrap_or_default().as_bytes()))
}

async fn show(State(twin): App, Path((account, file)): Path<(String, String)>, headers: HeaderMap) -> Answer {
    twin.admit_to(&account, &headers).await?;
    let record = twin.message(&file)?;
    Ok(json(StatusCode::OK, &Resource::of(&twin, &record)))
}

/// Cancels a scheduled message.
async fn update(
    State(twin): App,
    Path((account, file)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    twin.admit_to(&account, &headers).await?;
    let record = twin.message(&file)?;
    if Form::read(&body).get("Status") != Some("canceled") {
        return Err(ApiError::new(20_001));
    }
    let canceled = Receipt::new("canceled");
    if !record.withdraw("scheduled", canceled, twin.desk.now()) {
        return Err(ApiError::new(30_409));
    }
    if let Some(callback) = twin.status(&record, canceled, false) {
        let courier = Arc::clone(&twin.desk.courier);
        let id = record.id.clone();
        if !twin.desk.courier.spawn(async move { courier.deliver("twilio", callback).await }) {
            twin.desk.courier.dropped("twilio", "canceled", &id);
        }
    }
    Ok(json(StatusCode::OK, &Resource::of(&twin, &record)))
}

async fn account(State(twin): App, Path(file): Path<String>, headers: HeaderMap) -> Answer {
    twin.admit_to(file.strip_suffix(".json").unwrap_or(&file), &headers).await?;
    let sid = &twin.account_sid;
    Ok(json(
        StatusCode::OK,
        &json!({
            "sid": sid,
            "friendly_name": "Acme Travel",
            "status": "active",
            "type": "Full",
            "date_created": crate::dates::rfc_2822(twin.desk.now()),
            "uri": format!("/2010-04-01/Accounts/{sid}.json"),
        }),
    ))
}

async fn balance(State(twin): App, Path(account): Path<String>, headers: HeaderMap) -> Answer {
    twin.admit_to(&account, &headers).await?;
    let balance = json!({ "account_sid": twin.account_sid, "balance": "100.00", "currency": "USD" });
    Ok(json(StatusCode::OK, &balance))
}

/// What people sent: the API redirects to a signed URL elsewhere.
async fn media(
    State(twin): App,
    Path((account, _message, media)): Path<(String, String, String)>,
    headers: HeaderMap,
) -> Answer {
    twin.admit_to(&account, &headers).await?;
    if twin.media.lock().get(&media).is_none() {
        return Err(ApiError::new(20_404));
    }
    let location = format!("{}/media-cdn/{media}", twin.desk.base_url);
    Ok((StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, location)]).into_response())
}

async fn cdn(State(twin): App, Path(media): Path<String>) -> Answer {
    let sample = twin.media.lock().get(&media).copied().ok_or_else(|| ApiError::new(20_404))?;
    Ok(([(header::CONTENT_TYPE, sample.mime)], sample.bytes).into_response())
}

/// The typing indicator of WhatsApp, which also marks as read.
async fn typing(State(twin): App, Path(version): Path<String>, headers: HeaderMap) -> Answer {
    twin.admit(&headers).await?;
    if !matches!(version.as_str(), "v2" | "v3") {
        return Err(ApiError::new(20_404));
    }
    Ok(json(StatusCode::OK, &json!({ "success": true })))
}

/// Client credentials against a token; both stand in the form.
async fn token(State(twin): App, body: Bytes) -> Answer {
    twin.desk.admit().await?;
    let form = Form::read(&body);
    if form.get("grant_type") != Some("client_credentials") || !twin.is_our_app(&form) {
        return Err(ApiError::new(20_001));
    }
    let token = twin.access_token.expose();
    let issued = json!({
        "access_token": token, "id_token": null, "token_type": "Bearer", "expires_in": 3_600, "refresh_token": null,
    });
    Ok(json(StatusCode::OK, &issued))
}
