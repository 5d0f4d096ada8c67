//! The Graph API, as far as a messaging gateway uses it.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, DefaultBodyLimit, Path, Query, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::content::{self, Kind, Recipient, Submission};
use super::errors::GraphError;
use super::{PHONE_NUMBER_ID, WhatsApp, media};
use crate::multipart;
use crate::receipts::Manner;
use crate::record::{Direction, Receipt, Record};
use crate::reserved::{Fate, fate};
use crate::server::Cord;
use crate::twin::{Order, take};

type App = State<Arc<WhatsApp>>;

/// The largest upload (a document) and its form.
const MAX_UPLOAD: usize = 101 << 20;

pub(super) fn routes(twin: Arc<WhatsApp>) -> Router {
    let upload = post(upload).layer(DefaultBodyLimit::max(MAX_UPLOAD));
    Router::new()
        .route("/{version}/{id}/messages", post(messages))
        .route("/{version}/{id}/media", upload)
        .route("/{version}/{id}/message_history", get(super::objects::history))
        .route("/{version}/{id}/message_templates", get(super::objects::templates))
        .route("/{version}/{id}/subscribed_apps", get(super::objects::subscribed).post(super::objects::done))
        .route("/{version}/{id}", get(super::objects::show).delete(super::objects::delete))
        .route("/whatsapp_business/attachments/", get(super::objects::download))
        .fallback(nothing_here)
        .layer(from_fn_with_state(Arc::clone(&twin), prove))
        .with_state(twin)
}

/// Who sends an `appsecret_proof` must send the right one.
async fn prove(State(twin): App, request: Request, next: Next) -> Response {
    let query = request.uri().query().unwrap_or_default();
    let given = url::form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "appsecret_proof");
    match given {
        Some((_, proof)) if proof != twin.proof() => {
            let details = "Invalid appsecret_proof provided in the API argument";
            GraphError::new(100).details(details).into_response()
        }
        _ => next.run(request).await,
    }
}

/// A JSON answer with Meta's content type.
pub(super) fn json(body: &impl Serialize) -> Response {
    let bytes = serde_json::to_vec(body).expect("our wire types serialise");
    ([(header::CONTENT_TYPE, "application/json; charset=UTF-8")], bytes).into_response()
}

impl WhatsApp {
    /// Faults, then the bearer token.
    pub(super) async fn admit(&self, headers: &HeaderMap) -> Result<(), GraphError> {
        self.desk.admit().await?;
        let given = headers.get(header::AUTHORIZATION).map(HeaderValue::as_bytes);
        if given.is_some_and(|given| self.bearer.matches(given)) { Ok(()) } else { Err(GraphError::new(190)) }
    }
}

async fn messages(
    State(twin): App,
    Path((_version, number)): Path<(String, String)>,
    ConnectInfo(cord): ConnectInfo<Cord>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    match submit(&twin, &number, &cord, &headers, &body).await {
        Ok(answer) => answer,
        Err(error) => {
            twin.desk.refused(error.status, error.code);
            error.into_response()
        }
    }
}

async fn submit(
    twin: &Arc<WhatsApp>,
    number: &str,
    cord: &Cord,
    headers: &HeaderMap,
    body: &Bytes,
) -> Result<Response, GraphError> {
    twin.admit(headers).await?;
    if number != PHONE_NUMBER_ID {
        return Err(GraphError::unknown_object());
    }
    let body: Map<String, Value> = serde_json::from_slice(body)
        .map_err(|_| GraphError::new(100).details("The body must be a JSON object."))?;
    if body.get("messaging_product").and_then(Value::as_str) != Some("whatsapp") {
        return Err(GraphError::new(100).details("The parameter messaging_product is required."));
    }
    if body.get("status").is_some() {
        return mark_read(&body);
    }
    let submission = content::read(&body, &twin.media)?;
    let to = spelled(&submission.recipient);
    let fate = fate(&to);
    if fate == Fate::Refused {
        return Err(GraphError::new(131_030));
    }
    twin.desk.strike(fate)?;
    let way = way(twin, &submission, fate);
    let mut record = Record::new(
        twin.message_id(to.trim_start_matches('+')),
        Direction::Outbound,
        "accepted",
        twin.desk.now(),
    );
    record.from = format!("+{}", super::DISPLAY_NUMBER);
    record.to = to;
    record.content = without_addressing(body);
    record.client_reference = submission.reference;
    let order = Order { record, way, manner: Manner::from(fate), due_in: Duration::ZERO };
    let record = take(twin, order, cord).await;
    Ok(json(&Accepted::new(&submission.recipient, &record.id)))
}

/// How records spell a recipient: `+digits`, a user id, or a group id.
fn spelled(recipient: &Recipient) -> String {
    match recipient {
        Recipient::Phone { wa_id, .. } => format!("+{wa_id}"),
        Recipient::User(id) | Recipient::Group(id) => id.clone(),
    }
}

fn without_addressing(mut body: Map<String, Value>) -> Value {
    for name in ["messaging_product", "recipient_type", "to", "recipient", "biz_opaque_callback_data"] {
        body.remove(name);
    }
    Value::Object(body)
}

/// The states after acceptance.
fn way(twin: &WhatsApp, submission: &Submission, fate: Fate) -> Vec<Receipt> {
    const SENT: Receipt = Receipt::new("sent");
    const DELIVERED: Receipt = Receipt::new("delivered");
    if submission.kind != Kind::Template {
        let closed = match &submission.recipient {
            _ if fate == Fate::OutsideWindow => true,
            _ if !twin.desk.faults().strict_window => false,
            Recipient::Phone { wa_id: person, .. } | Recipient::User(person) => !twin.window_is_open(person),
            Recipient::Group(_) => false,
        };
        if closed {
            return vec![Receipt::failed("failed", 131_047)];
        }
    }
    if let Some(code) = submission.fails_with {
        return vec![Receipt::failed("failed", code)];
    }
    match fate {
        Fate::OptedOut => vec![Receipt::failed("failed", 131_050)],
        Fate::Undeliverable => vec![SENT, Receipt::failed("failed", 131_026)],
        _ if submission.kind == Kind::Reaction => vec![SENT],
        Fate::NeverRead => vec![SENT, DELIVERED],
        Fate::Read
        | Fate::Refused
        | Fate::TooMany
        | Fate::Flaky
        | Fate::NoAnswer
        | Fate::CallbackFirst
        | Fate::CallbacksTwice
        | Fate::OutsideWindow
        | Fate::BadSignature => vec![SENT, DELIVERED, Receipt::new("read")],
    }
}

/// Mark-read, with or without the typing indicator.
fn mark_read(body: &Map<String, Value>) -> Result<Response, GraphError> {
    let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
    if text("status") != "read" {
        return Err(GraphError::new(131_009).details("Param status must be one of {READ}."));
    }
    if !text("message_id").starts_with("wamid.") {
        return Err(GraphError::new(131_009).details("Param message_id is not valid."));
    }
    match body.get("typing_indicator").map(|indicator| indicator.get("type").and_then(Value::as_str)) {
        None | Some(Some("text")) => Ok(super::objects::success()),
        Some(_) => Err(GraphError::new(131_009).details("Param typing_indicator['type'] must be text.")),
    }
}

#[derive(Serialize)]
struct Accepted<'a> {
    messaging_product: &'static str,
    contacts: [AcceptedContact<'a>; 1],
    messages: [AcceptedMessage<'a>; 1],
}

#[derive(Serialize)]
struct AcceptedContact<'a> {
    input: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    wa_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<&'a str>,
}

#[derive(Serialize)]
struct AcceptedMessage<'a> {
    id: &'a str,
    message_status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    group_id: Option<&'a str>,
}

impl<'a> Accepted<'a> {
    fn new(recipient: &'a Recipient, id: &'a str) -> Self {
        let (input, wa_id, user_id, group_id) = match recipient {
            Recipient::Phone { input, wa_id } => (input, Some(wa_id.as_str()), None, None),
            Recipient::User(user) => (user, None, Some(user.as_str()), None),
            Recipient::Group(group) => (group, None, None, Some(group.as_str())),
        };
        Self {
            messaging_product: "whatsapp",
            contacts: [AcceptedContact { input, wa_id, user_id }],
            messages: [AcceptedMessage { id, message_status: "accepted", group_id }],
        }
    }
}

async fn upload(
    State(twin): App,
    Path((_version, number)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, GraphError> {
    twin.admit(&headers).await?;
    if number != PHONE_NUMBER_ID {
        return Err(GraphError::unknown_object());
    }
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let parts = multipart::parts(content_type.unwrap_or_default(), &body);
    let parts = parts.ok_or_else(|| GraphError::new(100).details("The body must be multipart/form-data."))?;
    let id = twin.desk.ids.decimal();
    twin.media.put(&id, media::upload(&parts)?);
    Ok(json(&serde_json::json!({ "id": id })))
}

async fn nothing_here() -> Response {
    let error = GraphError::new(100).details("Unknown path components");
    (StatusCode::NOT_FOUND, error).into_response()
}

/// The query of the calls that take one.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Wanted {
    pub(super) fields: String,
    pub(super) message_id: String,
    pub(super) phone_number_id: String,
    pub(super) name: String,
    pub(super) mid: String,
    pub(super) ext: i64,
}

pub(super) type Asked = Query<Wanted>;
