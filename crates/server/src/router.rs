//! All routes, and what happens around every request that is not a webhook.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{ACCEPT, CONTENT_LENGTH};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::any;
use futures::FutureExt;
use omni_core::id::TraceId;
use omni_core::problem::{self, Problem, did_you_mean};
use utoipa_axum::router::OpenApiRouter;

use crate::error::{Failure, render};
use crate::{Api, api, docs, health, openapi, webhooks};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Longest request id of a client that is taken over.
const LONGEST_ID: usize = 128;

/// Everything this server answers.
pub fn router(api: Arc<Api>) -> Router {
    let (documented, described) = documented().split_for_parts();
    let rest = documented
        .merge(docs::routes(&openapi::finished(described)))
        .fallback(no_route)
        .method_not_allowed_fallback(no_method)
        .layer(middleware::from_fn_with_state(Arc::clone(&api), finish));
    Router::new().route("/webhooks/{*path}", any(webhooks::handle)).merge(rest).with_state(api)
}

/// The routes that the OpenAPI document describes.
pub(crate) fn documented() -> OpenApiRouter<Arc<Api>> {
    OpenApiRouter::with_openapi(openapi::head()).merge(api::v1::routes()).merge(health::routes())
}

async fn no_route(request: Request) -> Response {
    const ROOTS: [&str; 8] = [
        "/v1/messages",
        "/v1/conversations",
        "/v1/customers",
        "/v1/events",
        "/v1/dead-letters",
        "/v1/journal",
        "/v1/connections",
        "/openapi.json",
    ];
    let path = request.uri().path();
    // Whoever opens the bare address in a browser should find something to read.
    if path == "/" && reads_html(request.headers()) {
        return Redirect::temporary("/docs").into_response();
    }
    let hint = did_you_mean(path, ROOTS).map(|near| format!(" Did you mean {near}?"));
    let detail = format!("There is nothing at this address; /docs lists all.{}", hint.unwrap_or_default());
    Failure::new(problem::NOT_FOUND, detail).into_response()
}

fn reads_html(headers: &HeaderMap) -> bool {
    headers
        .get(ACCEPT)
        .and_then(|accept| accept.to_str().ok())
        .is_some_and(|accept| accept.contains("text/html"))
}

async fn no_method(request: Request) -> Failure {
    let detail = format!("This address does not take {}; see the header `Allow`.", request.method());
    Failure::new(problem::METHOD_NOT_ALLOWED, detail)
}

/// Names the request, catches panics, renders problems and counts: once, around everything.
async fn finish(State(api): State<Arc<Api>>, request: Request, next: Next) -> Response {
    let started = api.engine.now();
    let id =
        request_id(request.headers()).unwrap_or_else(|| TraceId::make(&*api.engine.ids, started).to_string());
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let route = request.extensions().get::<MatchedPath>().cloned();
    let route = route.as_ref().map_or("none", MatchedPath::as_str);
    let answered = AssertUnwindSafe(next.run(request)).catch_unwind().await;
    let mut response = answered.unwrap_or_else(|_| {
        tracing::error!(request = %id, %method, route, "a request made the program panic; this is a fault of ours");
        Failure::new(problem::INTERNAL, "A fault of ours; it is in the log under this request id.").into_response()
    });
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        let rendered = render(&problem, Some(&path), &id);
        // What else the response says (`Allow`) stays.
        let (parts, _) = response.into_parts();
        response = rendered;
        for (name, value) in parts.headers.iter().filter(|(name, _)| *name != CONTENT_LENGTH) {
            response.headers_mut().entry(name).or_insert_with(|| value.clone());
        }
    }
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    let took = api.engine.now().since(started);
    let status = response.status().as_u16();
    tracing::debug!(request = %id, %method, route, status, ?took, "answered");
    let labels = [("route", route.to_owned()), ("status", status.to_string())];
    metrics::counter!("omni_http_requests_total", &labels).increment(1);
    metrics::histogram!("omni_http_request_duration_seconds", &labels).record(took.as_secs_f64());
    response
}

/// The client's own id, if it is one that may stand in a log.
fn request_id(headers: &HeaderMap) -> Option<String> {
    let id = headers.get(&REQUEST_ID)?.to_str().ok()?;
    let plain = id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:/+=".contains(&byte));
    (plain && !id.is_empty() && id.len() <= LONGEST_ID).then(|| id.to_owned())
}
