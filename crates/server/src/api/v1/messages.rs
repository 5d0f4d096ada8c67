//! Messages: send, look at, explain, cancel.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::http::header::LOCATION;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use omni_core::id::{self, MessageId};
use omni_core::message::{Direction, Message, TraceEntry};
use omni_core::problem::{self, Problem};
use omni_core::status::Status;
use omni_core::store::{Changes, Query, Table};
use omni_core::time::Timestamp;
use omni_pipeline::engine::Changed;
use omni_pipeline::outbound::deliver::status_event;
use omni_pipeline::outbound::publish::publish;
use serde_json::Value;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::auth::Bearer;
use crate::body::NoBody;
use crate::error::{Answer, Failure};
use crate::listing::{Page, one, page};
use crate::params::{IdPath, NoParams, Params};
use crate::views::message::MessageView;
use crate::views::send::{AcceptedView, SendBody};
use crate::views::trace::TraceView;
use crate::{Api, body};

const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

pub(super) fn routes() -> OpenApiRouter<Arc<Api>> {
    OpenApiRouter::new()
        .routes(routes!(send, list))
        .routes(routes!(get))
        .routes(routes!(trace))
        .routes(routes!(cancel))
}

/// Send a message
///
/// Accepts one message: it is durable when the answer comes, and is sent right after (or at
/// `options.scheduledAt`). With an `Idempotency-Key` the same request can be repeated for 24
/// hours without a second message; the repeated answer carries `Idempotency-Replayed: true`.
/// `curl -d '{…}'` works as it is: curl's form content type is taken if the body is a JSON
/// object. What would surely fail is refused here: an opt-out, a closed 24-hour window, a
/// message that no connection can carry.
#[utoipa::path(
    post, path = "/v1/messages", tag = "messages", operation_id = "sendMessage",
    params(("Idempotency-Key" = Option<String>, Header, description = "1 to 255 characters, chosen by you", example = "order-4711-ready")),
    request_body(content = SendBody, content_type = "application/json"),
    responses((status = 202, description = "Accepted. `Location` names the message.", body = AcceptedView)),
    extensions(("x-error-codes" = json!([
        "BODY_UNREADABLE", "IDEMPOTENCY_KEY_INVALID", "NOT_FOUND", "RECIPIENT_OPTED_OUT", "WINDOW_CLOSED", "NO_ROUTE",
        "STATE_CONFLICT", "BODY_TOO_LARGE", "VALIDATION_FAILED", "RECIPIENT_INVALID", "SANDBOX_ADDRESS",
        "IDEMPOTENCY_KEY_REUSED",
    ]))),
)]
async fn send(
    State(api): State<Arc<Api>>,
    Bearer(caller): Bearer,
    NoParams: NoParams,
    headers: HeaderMap,
    body: Body,
) -> Answer<Response> {
    let key = idempotency_key(&headers)?;
    let request = body::json(&headers, body, api.settings.api_body_limit, &api.room).await?;
    let published = publish(&api.engine, &caller, &request, key).await?;
    let location = HeaderValue::try_from(format!("/v1/messages/{}", published.response.message_id));
    let answer = AcceptedView::from(published.response);
    let mut response = (StatusCode::ACCEPTED, Json(answer)).into_response();
    response.headers_mut().extend(location.ok().map(|location| (LOCATION, location)));
    if published.replayed {
        response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    }
    Ok(response)
}

fn idempotency_key(headers: &HeaderMap) -> Answer<Option<&str>> {
    let mut keys = headers.get_all("idempotency-key").iter();
    let Some(key) = keys.next() else { return Ok(None) };
    match (key.to_str(), keys.next()) {
        (Ok(key), None) => Ok(Some(key)),
        _ => {
            let detail = "Send `Idempotency-Key` once, in visible ASCII characters.";
            Err(Failure::new(problem::IDEMPOTENCY_KEY_INVALID, detail))
        }
    }
}

/// List messages
///
/// Newest first.
#[utoipa::path(
    get, path = "/v1/messages", tag = "messages", operation_id = "listMessages",
    params(
        ("direction" = Option<String>, Query, description = "`inbound` or `outbound`", example = "outbound"),
        ("status" = Option<String>, Query, description = "Where they stand", example = "failed"),
        ("conversationId" = Option<String>, Query, description = "Only of this conversation"),
        ("limit" = Option<u64>, Query, description = "1 to 200, 50 if left out", example = 50),
        ("cursor" = Option<String>, Query, description = "`nextCursor` of the page before"),
    ),
    responses((status = 200, description = "One page", body = Page<MessageView>)),
    extensions(("x-error-codes" = json!(["CURSOR_INVALID", "ID_WRONG_TYPE"]))),
)]
async fn list(
    State(api): State<Arc<Api>>,
    Bearer(caller): Bearer,
    RawQuery(query): RawQuery,
) -> Answer<Json<Page<MessageView>>> {
    let known = ["direction", "status", "conversationId", "limit", "cursor"];
    let mut params = Params::new(query.as_deref(), &known);
    let mut query = Query::newest(Table::Message, 0);
    let directions = [Direction::Inbound, Direction::Outbound].map(Direction::as_str);
    query.direction = params.word("direction", directions).map(str::to_owned);
    query.status = params.word("status", Status::ALL.map(Status::as_str)).map(str::to_owned);
    query.group = params.id::<id::Conversation>("conversationId")?.map(|id| id.to_string());
    page::<Message, _>(&api, &caller.tenant, params, query, |message| Some(message.into())).await
}

/// Get a message
#[utoipa::path(
    get, path = "/v1/messages/{id}", tag = "messages", operation_id = "getMessage",
    params(("id" = String, Path, description = "`msg_…`")),
    responses((status = 200, description = "The message", body = MessageView)),
    extensions(("x-error-codes" = json!(["ID_WRONG_TYPE", "NOT_FOUND"]))),
)]
async fn get(
    State(api): State<Arc<Api>>,
    Bearer(caller): Bearer,
    NoParams: NoParams,
    IdPath(id): IdPath<id::Message>,
) -> Answer<Json<MessageView>> {
    let message = message(&api, &caller.tenant, id).await?;
    Ok(Json((&message).into()))
}

/// Explain a message
///
/// Everything that was decided about it: steps, carriers considered with reasons, attempts,
/// receipts, timings.
#[utoipa::path(
    get, path = "/v1/messages/{id}/trace", tag = "messages", operation_id = "traceMessage",
    params(("id" = String, Path, description = "`msg_…`")),
    responses((status = 200, description = "Its story", body = TraceView)),
    extensions(("x-error-codes" = json!(["ID_WRONG_TYPE", "NOT_FOUND"]))),
)]
async fn trace(
    State(api): State<Arc<Api>>,
    Bearer(caller): Bearer,
    NoParams: NoParams,
    IdPath(id): IdPath<id::Message>,
) -> Answer<Json<TraceView>> {
    let message = message(&api, &caller.tenant, id).await?;
    Ok(Json((&message).into()))
}

/// Cancel a message
///
/// Withdraws a message that is still `queued` or `scheduled` and that no carrier was offered
/// yet. After that it is too late.
#[utoipa::path(
    post, path = "/v1/messages/{id}/cancel", tag = "messages", operation_id = "cancelMessage",
    params(("id" = String, Path, description = "`msg_…`")),
    responses((status = 200, description = "The canceled message", body = MessageView)),
    extensions(("x-error-codes" = json!([
        "BODY_UNREADABLE", "ID_WRONG_TYPE", "NOT_FOUND", "NOT_CANCELABLE", "BODY_TOO_LARGE", "VALIDATION_FAILED",
    ]))),
)]
async fn cancel(
    State(api): State<Arc<Api>>,
    Bearer(caller): Bearer,
    NoParams: NoParams,
    IdPath(id): IdPath<id::Message>,
    NoBody: NoBody,
) -> Answer<Json<MessageView>> {
    let now = api.engine.now();
    let changed = api
        .engine
        .change_message(&caller.tenant, id, |message, changes| withdraw(message, now, changes))
        .await?;
    match changed {
        Changed::Applied(message) => Ok(Json((&message.value).into())),
        Changed::Unchanged(message) => Err(too_late(&message).into()),
        Changed::Missing => Err(Failure::not_found("message", id)),
        Changed::LeaseLost => Err(Failure::new(problem::STATE_CONFLICT, "It changed at the same time.")),
    }
}

/// Cancels `message` if nobody was offered it yet.
fn withdraw(message: &mut Message, now: Timestamp, changes: &mut Changes) -> bool {
    if !matches!(message.status, Status::Queued | Status::Scheduled) || !message.attempts.is_empty() {
        return false;
    }
    message.status = Status::Canceled;
    message.updated_at = now;
    message.note(TraceEntry::new("cancel", "withdrawn by an API client", now, now, Value::Null));
    status_event(message, now, changes);
    true
}

fn too_late(message: &Message) -> Problem {
    let status = message.status.as_str();
    let detail = match message.status {
        Status::Queued | Status::Scheduled => "A carrier was offered it already.".to_owned(),
        Status::Canceled => "It is canceled already.".to_owned(),
        _ => format!("It is {status}; only queued and scheduled messages can be canceled."),
    };
    Problem::new(problem::NOT_CANCELABLE, detail)
}

async fn message(api: &Api, tenant: &id::TenantId, id: MessageId) -> Answer<Message> {
    one(api, tenant, "message", id.to_string()).await
}
