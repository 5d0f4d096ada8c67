//! The Message Broker, as far as a messaging gateway uses it, and the search beside it.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use base64::Engine as _;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::errors::ApiError;
use super::request::Submission;
use super::{COMPANY, Inteliquent, NUMBER, e164, search};
use crate::receipts::Manner;
use crate::record::{Direction, Receipt, Record};
use crate::reserved::{Fate, fate};
use crate::samples::PHOTO;
use crate::server::Cord;
use crate::twin::{Order, take};

type App = State<Arc<Inteliquent>>;
type Answer = Result<Response, ApiError>;

pub(super) fn routes(twin: Arc<Inteliquent>) -> Router {
    Router::new()
        .route("/msgbroker/rest/publishMessages", post(publish))
        .route("/msgbroker/rest/selectAuthorization", post(select))
        .route("/msgbroker/rest/configureAuthorization", post(configure))
        .route("/msgbroker/rest/removeAuthorization", post(remove))
        .route("/Services/2.0.0/messageDetailSearch", post(detail_search))
        .route("/media/{name}", get(media))
        .method_not_allowed_fallback(|| async { ApiError::method() })
        .fallback(|| async { ApiError::not_found() })
        .with_state(twin)
}

/// A JSON answer.
pub(super) fn json(status: StatusCode, body: &impl Serialize) -> Response {
    let bytes = serde_json::to_vec(body).expect("our wire types serialise");
    (status, [(header::CONTENT_TYPE, "application/json")], bytes).into_response()
}

/// The words with which every success begins.
fn success(more: &Value) -> Response {
    let mut body = json!({ "success": true, "reason": "SUCCESS", "detail": "SUCCESS" });
    if let (Some(body), Some(more)) = (body.as_object_mut(), more.as_object()) {
        body.extend(more.clone());
    }
    json(StatusCode::OK, &body)
}

fn object(body: &Bytes) -> Result<Map<String, Value>, ApiError> {
    serde_json::from_slice(body).map_err(|_| ApiError::user("Invalid request payload"))
}

/// User and password of HTTP Basic.
fn basic(header: &str) -> Option<String> {
    let encoded = header.strip_prefix("Basic ")?;
    let decoded = base64::engine::general_purpose::STANDARD.decode(encoded).ok()?;
    String::from_utf8(decoded).ok()
}

impl Inteliquent {
    /// Whether this is the user and password of the Services API.
    fn knows(&self, pair: &str) -> bool {
        let Some((key, secret)) = pair.split_once(':') else { return false };
        key == COMPANY && self.services_secret.matches(secret.as_bytes())
    }

    /// Faults, then the key.
    async fn admit(&self, headers: &HeaderMap) -> Result<(), ApiError> {
        self.desk.admit().await?;
        let given = headers.get(header::AUTHORIZATION).map(HeaderValue::as_bytes);
        if given.is_some_and(|given| self.bearer.matches(given)) {
            Ok(())
        } else {
            Err(ApiError::unauthorized())
        }
    }
}

async fn publish(
    State(twin): App,
    ConnectInfo(cord): ConnectInfo<Cord>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    submit(&twin, &cord, &headers, &body).await.unwrap_or_else(|error| {
        twin.desk.refused(error.status, 0);
        error.into_response()
    })
}

/// Why a recipient is refused, in an answer with status 200.
fn refusal(fate: Fate) -> Option<(&'static str, &'static str)> {
    match fate {
        Fate::Refused => Some(("INVALID_DESTINATION", "Invalid destination number")),
        Fate::OptedOut => Some(("REJECTED", "The recipient has opted out of this sender")),
        _ => None,
    }
}

async fn submit(twin: &Arc<Inteliquent>, cord: &Cord, headers: &HeaderMap, body: &Bytes) -> Answer {
    twin.admit(headers).await?;
    let submission = Submission::read(&object(body)?)?;
    let fates: Vec<Fate> = submission.to.iter().map(|to| fate(to)).collect();
    for fate in &fates {
        twin.desk.strike(*fate)?;
    }
    let reference = twin.uuid();
    let refusals: Vec<_> = fates.iter().map(|fate| refusal(*fate)).collect();
    let answer = answer(&reference, &submission, &refusals);
    if refusals.iter().all(Option::is_some) {
        twin.desk.refused(200, 0);
        return Ok(answer);
    }
    let taken = submission.to.iter().zip(fates).filter(|(_, fate)| refusal(*fate).is_none());
    for (place, (to, fate)) in taken.enumerate() {
        let key = Record::key(&reference, place);
        let mut record = Record::new(key, Direction::Outbound, "accepted", twin.desk.now());
        (record.from, record.to) = (e164(NUMBER), e164(to));
        record.content = content(&submission);
        record.client_reference.clone_from(&submission.reference);
        let (way, manner) = (vec![end(fate)], Manner::from(fate));
        take(twin, Order { record, way, manner, due_in: Duration::ZERO }, cord).await;
    }
    Ok(answer)
}

/// The only state after acceptance.
const fn end(fate: Fate) -> Receipt {
    match fate {
        Fate::Undeliverable => Receipt::failed("undelivered", 34),
        _ => Receipt::new("delivered"),
    }
}

fn content(submission: &Submission) -> Value {
    let mut content = json!({ "text": submission.text });
    if !submission.media.is_empty() {
        content["mediaUrls"] = json!(submission.media);
    }
    if submission.to.len() > 1 {
        content["to"] = json!(submission.to);
    }
    content
}

/// `success` if anybody gets it.
fn answer(reference: &str, submission: &Submission, refusals: &[Option<(&str, &str)>]) -> Response {
    let results: Vec<_> = submission
        .to
        .iter()
        .zip(refusals)
        .map(|(to, refusal)| json!({ "to": to, "status": refusal.map_or("SUCCESS", |(reason, _)| reason) }))
        .collect();
    let result = json!({
        "referenceId": reference,
        "from": NUMBER,
        "text": submission.text,
        "mediaUrls": submission.media,
        "messageType": submission.message_type(),
        "resultResponses": results,
    });
    match refusals.iter().copied().collect::<Option<Vec<_>>>().and_then(|all| all.first().copied()) {
        None => success(&json!({ "result": result })),
        Some((reason, detail)) => json(
            StatusCode::OK,
            &json!({ "success": false, "reason": reason, "detail": detail, "result": result }),
        ),
    }
}

/// All keys and webhooks; also the way to check a key.
async fn select(State(twin): App, headers: HeaderMap) -> Answer {
    twin.admit(&headers).await?;
    let listed = twin.webhooks.list(twin.api_key.expose(), &twin.company_url());
    Ok(success(&json!({ "authConfig": { "authorizations": listed } })))
}

async fn configure(State(twin): App, headers: HeaderMap, body: Bytes) -> Answer {
    twin.admit(&headers).await?;
    let added = twin.webhooks.configure(&object(&body)?, &twin.company_url())?;
    Ok(success(&json!({ "authConfig": { "authorizations": added } })))
}

async fn remove(State(twin): App, headers: HeaderMap, body: Bytes) -> Answer {
    twin.admit(&headers).await?;
    twin.webhooks.remove(&object(&body)?)?;
    Ok(success(&json!({})))
}

/// Another API than the Message Broker: with a key and secret, and a key in the body.
async fn detail_search(State(twin): App, headers: HeaderMap, body: Bytes) -> Response {
    search_details(&twin, &headers, &body).await.unwrap_or_else(|error| error.of_services().into_response())
}

async fn search_details(twin: &Inteliquent, headers: &HeaderMap, body: &Bytes) -> Answer {
    twin.desk.admit().await?;
    let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    if !given.and_then(basic).is_some_and(|pair| twin.knows(&pair)) {
        return Err(ApiError::no_credentials());
    }
    let details = search::find(&twin.desk.log, &object(body)?, &twin.private_key)?;
    let body = json!({ "status": "Success", "statusCode": "200", "messageDetails": details });
    Ok(json(StatusCode::OK, &body))
}

/// What people sent: public, and without a useful type.
async fn media(Path(name): Path<String>) -> Answer {
    let bytes: &[u8] = match name.as_str() {
        "photo.png" => PHOTO.bytes,
        "0.smil" => b"<smil><body><par dur=\"5000ms\"><img src=\"photo.png\"/></par></body></smil>",
        _ => return Err(ApiError::not_found()),
    };
    Ok(([(header::CONTENT_TYPE, "application/octet-stream")], bytes).into_response())
}
