//! The sandbox: make carriers' twins send callbacks, or misbehave. Test keys only.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use omni_core::problem::{self, FieldError, did_you_mean};
use omni_pipeline::outbound::publish::Caller;
use omni_pipeline::outbound::request;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::auth::Bearer;
use crate::error::{Answer, Failure};
use crate::params::{NoParams, WordPath};
use crate::{Api, Sandbox, body};

pub(super) fn routes() -> OpenApiRouter<Arc<Api>> {
    OpenApiRouter::new()
        .routes(routes!(events))
        .routes(routes!(trigger))
        .routes(routes!(get_faults, put_faults))
}

/// The twins, for a test key.
fn twins<'a>(api: &'a Api, caller: &Caller) -> Answer<&'a dyn Sandbox> {
    let off = || Failure::new(problem::SANDBOX_OFF, "Start one with `omni dev`.");
    let twins = api.sandbox.as_deref().ok_or_else(off)?;
    if caller.sandbox {
        return Ok(twins);
    }
    Err(Failure::new(problem::FORBIDDEN, "The sandbox is for test keys (`omni_sk_test_…`)."))
}

/// List sandbox events
///
/// Everything that `trigger` can make happen.
#[utoipa::path(
    get, path = "/v1/sandbox/events", tag = "sandbox", operation_id = "listSandboxEvents",
    responses((status = 200, description = "The catalogue", body = Value,
        example = json!([{ "event": "whatsapp.text", "params": ["from", "text"] }]))),
    extensions(("x-error-codes" = json!(["SANDBOX_OFF", "FORBIDDEN"]))),
)]
async fn events(
    State(api): State<Arc<Api>>,
    Bearer(caller): Bearer,
    NoParams: NoParams,
) -> Answer<Json<Value>> {
    Ok(Json(twins(&api, &caller)?.catalogue()))
}

/// What to make happen.
#[derive(ToSchema)]
#[schema(example = json!({ "event": "whatsapp.text", "params": { "text": "where is my booking 4711?" } }))]
#[expect(dead_code, reason = "describes the body, which is read by hand")]
struct Trigger {
    /// The event: `<carrier>.<what>`.
    event: String,
    /// Its parameters.
    #[schema(value_type = Option<Object>)]
    params: Option<Map<String, Value>>,
}

/// Trigger a sandbox event
///
/// A twin sends a real, signed callback to this server.
#[utoipa::path(
    post, path = "/v1/sandbox/trigger", tag = "sandbox", operation_id = "triggerSandboxEvent",
    request_body(content = Trigger, content_type = "application/json"),
    responses((status = 200, description = "What happened", body = Value, example = json!({ "status": 200 }))),
    extensions(("x-error-codes" = json!([
        "SANDBOX_OFF", "FORBIDDEN", "BODY_UNREADABLE", "BODY_TOO_LARGE", "VALIDATION_FAILED", "EVENT_UNKNOWN",
    ]))),
)]
async fn trigger(
    State(api): State<Arc<Api>>,
    Bearer(caller): Bearer,
    NoParams: NoParams,
    headers: HeaderMap,
    body: Body,
) -> Answer<Json<Value>> {
    let twins = twins(&api, &caller)?;
    let body = body::json(&headers, body, api.settings.api_body_limit, &api.room).await?;
    let (event, params) = read_trigger(body)?;
    Ok(Json(twins.trigger(&event, params).await?))
}

fn read_trigger(body: Value) -> Answer<(String, Map<String, Value>)> {
    let mut errors = Vec::new();
    let mut wrong = |pointer: &str, code, detail: String| errors.push(FieldError::new(pointer, code, detail));
    let (mut event, mut params) = (String::new(), Map::new());
    match body {
        Value::Object(body) => {
            for (name, value) in body {
                match (name.as_str(), value) {
                    ("event", Value::String(text)) => event = text,
                    ("params", Value::Object(given)) => params = given,
                    ("params", Value::Null) => {}
                    ("event", _) => wrong("/event", "wrong_type", "`event` must be a string.".to_owned()),
                    ("params", _) => wrong("/params", "wrong_type", "`params` must be an object.".to_owned()),
                    (other, _) => {
                        let near = did_you_mean(other, ["event", "params"]);
                        let hint = near.map(|near| format!(" Did you mean `{near}`?")).unwrap_or_default();
                        let pointer = format!("/{}", other.replace('~', "~0").replace('/', "~1"));
                        let detail = format!("There is no field `{other}` here.{hint}");
                        wrong(&pointer, "unknown_field", detail);
                    }
                }
            }
            if event.is_empty() {
                wrong(
                    "/event",
                    "required",
                    "`event` is missing; GET /v1/sandbox/events lists all.".to_owned(),
                );
            }
        }
        _ => wrong("", "wrong_type", "This must be an object.".to_owned()),
    }
    if errors.is_empty() { Ok((event, params)) } else { Err(Failure(request::invalid(errors))) }
}

/// Get a twin's faults
#[utoipa::path(
    get, path = "/v1/sandbox/faults/{carrier}", tag = "sandbox", operation_id = "getSandboxFaults",
    params(("carrier" = String, Path, description = "The carrier", example = "twilio")),
    responses((status = 200, description = "The faults in force", body = Value, example = json!({ "errorRate": 0.3 }))),
    extensions(("x-error-codes" = json!(["SANDBOX_OFF", "FORBIDDEN", "CONNECTION_UNKNOWN"]))),
)]
async fn get_faults(
    State(api): State<Arc<Api>>,
    Bearer(caller): Bearer,
    NoParams: NoParams,
    WordPath(carrier): WordPath,
) -> Answer<Json<Value>> {
    Ok(Json(twins(&api, &caller)?.faults(&carrier)?))
}

/// Set a twin's faults
///
/// Replaces all of them; `{}` heals the twin.
#[utoipa::path(
    put, path = "/v1/sandbox/faults/{carrier}", tag = "sandbox", operation_id = "setSandboxFaults",
    params(("carrier" = String, Path, description = "The carrier", example = "twilio")),
    request_body(content = Value, content_type = "application/json", example = json!({ "errorRate": 0.3 })),
    responses((status = 200, description = "The faults in force", body = Value, example = json!({ "errorRate": 0.3 }))),
    extensions(("x-error-codes" = json!([
        "SANDBOX_OFF", "FORBIDDEN", "CONNECTION_UNKNOWN", "BODY_UNREADABLE", "BODY_TOO_LARGE", "VALIDATION_FAILED",
    ]))),
)]
async fn put_faults(
    State(api): State<Arc<Api>>,
    Bearer(caller): Bearer,
    NoParams: NoParams,
    WordPath(carrier): WordPath,
    headers: HeaderMap,
    body: Body,
) -> Answer<Json<Value>> {
    let twins = twins(&api, &caller)?;
    let faults = body::json(&headers, body, api.settings.api_body_limit, &api.room).await?;
    Ok(Json(twins.set_faults(&carrier, faults)?))
}
