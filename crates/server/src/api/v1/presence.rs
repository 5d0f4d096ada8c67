//! What a person sees of us beside messages: that we read, that somebody writes.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use omni_core::carrier::{PATIENCE, Presence};
use omni_core::id;
use omni_core::message::{Direction, Message};
use omni_core::problem::{self, FieldError, Problem};
use omni_core::store::StoreExt as _;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::auth::Bearer;
use crate::error::{Answer, Failure};
use crate::params::{IdPath, NoParams};
use crate::{Api, body};

pub(super) fn routes() -> OpenApiRouter<Arc<Api>> {
    OpenApiRouter::new().routes(routes!(read))
}

/// What to show.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ReadRequest, example = json!({ "typing": true }))]
struct ReadBody {
    /// Also show that somebody is writing an answer; it vanishes by itself.
    #[serde(default)]
    typing: bool,
}

/// What became of it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReadResult, example = json!({ "shown": true }))]
struct ReadView {
    /// Whether the person can see it.
    shown: bool,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
}

/// Mark a message as read
///
/// Shows the person that their message, and all before it, was read; with `typing`, also that
/// an answer is being written. Where the carrier shows no such thing `shown` is false. The
/// body may be left out.
#[utoipa::path(
    post, path = "/v1/messages/{id}/read", tag = "messages", operation_id = "readMessage",
    params(("id" = String, Path, description = "`msg_…`, one that a person wrote")),
    request_body(content = ReadBody),
    responses((status = 200, description = "Whether it is shown", body = ReadView)),
    extensions(("x-error-codes" = json!(["ID_WRONG_TYPE", "NOT_FOUND", "VALIDATION_FAILED", "BODY_UNREADABLE"]))),
)]
async fn read(
    State(api): State<Arc<Api>>,
    Bearer(caller): Bearer,
    NoParams: NoParams,
    IdPath(id): IdPath<id::Message>,
    headers: HeaderMap,
    body: Body,
) -> Answer<Json<ReadView>> {
    let wish = wish(&api, &headers, body).await?;
    let found = api.engine.store.message(&caller.tenant, id).await?;
    let message = found.ok_or_else(|| Failure::not_found("message", id))?.value;
    let Some(external_id) = message.carrier_message_id.clone().filter(|_| is_theirs(&message)) else {
        return Err(invalid("", "direction", "Only what a person wrote can be marked as read.").into());
    };
    let connection = message.connection.as_ref().and_then(|id| api.engine.directory.connection(id));
    let Some(connection) = connection else {
        return Ok(hidden("the connection that it came by is not configured any more"));
    };
    let conversation = match message.conversation {
        Some(id) => api.engine.store.conversation(&caller.tenant, id).await?,
        None => None,
    };
    let presence = Presence {
        channel: message.channel,
        external_id,
        conversation_ref: conversation.and_then(|found| found.value.carrier_ref),
        read_up_to: message.sent_at.unwrap_or(message.created_at),
        typing: wish.typing,
    };
    let asked = tokio::time::timeout(PATIENCE, connection.carrier.show(&*api.engine.http, &presence)).await;
    Ok(match asked {
        Ok(Ok(true)) => Json(ReadView { shown: true, detail: None }),
        Ok(Ok(false)) => hidden("the carrier shows no such thing here"),
        Ok(Err(error)) => hidden(&error.to_string()),
        Err(_) => hidden("the carrier did not answer in time"),
    })
}

fn is_theirs(message: &Message) -> bool {
    message.direction == Direction::Inbound
}

async fn wish(api: &Api, headers: &HeaderMap, body: Body) -> Result<ReadBody, Problem> {
    let read = body::collect(headers, body, api.settings.api_body_limit, &api.room).await?;
    if read.bytes.trim_ascii().is_empty() {
        return Ok(ReadBody::default());
    }
    serde_json::from_slice(&read.bytes).map_err(|error| {
        let detail = format!("An object with `typing` is wanted: {error}.");
        if error.is_data() {
            invalid("", "invalid", &detail)
        } else {
            Problem::new(problem::BODY_UNREADABLE, detail)
        }
    })
}

fn invalid(pointer: &str, code: &str, detail: &str) -> Problem {
    let mut problem = Problem::new(problem::VALIDATION_FAILED, detail.to_owned());
    problem.errors.push(FieldError::new(pointer, code, detail));
    problem
}

fn hidden(why: &str) -> Json<ReadView> {
    Json(ReadView { shown: false, detail: Some(why.to_owned()) })
}
