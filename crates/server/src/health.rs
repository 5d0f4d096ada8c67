//! Is it alive, is it ready, how is it doing, what is it.

use std::sync::Arc;

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use omni_core::problem;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Api;
use crate::error::{Answer, Failure};
use crate::params::Params;

pub(crate) fn routes() -> OpenApiRouter<Arc<Api>> {
    OpenApiRouter::new()
        .routes(routes!(livez))
        .routes(routes!(readyz))
        .routes(routes!(metrics_page))
        .routes(routes!(version))
}

/// Is the process alive?
#[utoipa::path(
    get, path = "/livez", tag = "system", operation_id = "livez", security(),
    responses((status = 200, description = "It is", content_type = "text/plain", body = String, example = "ok")),
)]
async fn livez() -> &'static str {
    "ok\n"
}

/// Whether this server can take work.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({ "ready": true, "checks": { "store": { "ok": true }, "accepting": { "ok": true } } }))]
struct Readiness {
    /// Whether all checks are fine.
    ready: bool,
    /// One by one.
    checks: Checks,
}

/// What readiness needs. Trouble of carriers is none of it.
#[derive(Debug, Serialize, ToSchema)]
struct Checks {
    /// The store can write.
    store: Check,
    /// The server is not about to stop.
    accepting: Check,
}

/// One check.
#[derive(Debug, Serialize, ToSchema)]
struct Check {
    /// Whether it is fine.
    ok: bool,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
}

impl Check {
    const fn of(failure: Option<String>) -> Self {
        Self { ok: failure.is_none(), detail: failure }
    }
}

/// Can it take work?
///
/// 503 if not: the store cannot write, or the server is about to stop. With `verbose` each
/// check as JSON.
#[utoipa::path(
    get, path = "/readyz", tag = "system", operation_id = "readyz", security(),
    params(("verbose" = Option<bool>, Query, description = "Tell each check", example = true)),
    responses(
        (status = 200, description = "It can", content(
            (Readiness = "application/json"), (String = "text/plain", example = "ready\n"),
        )),
        (status = 503, description = "It cannot", content(
            (Readiness = "application/json"), (String = "text/plain", example = "not ready: store\n"),
        )),
    ),
    extensions(("x-error-codes" = json!(["QUERY_INVALID"]))),
)]
async fn readyz(State(api): State<Arc<Api>>, RawQuery(query): RawQuery) -> Answer<Response> {
    let mut params = Params::new(query.as_deref(), &["verbose"]);
    // `?verbose` alone means yes.
    let verbose = params.text("verbose").is_some_and(str::is_empty) || params.flag("verbose");
    params.done()?;
    // Anybody may ask: what exactly is wrong belongs into the log.
    let store = api.engine.store.ready().await.err().map(|error| {
        tracing::warn!(error = &error as &dyn std::error::Error, "the store is not ready");
        "the store cannot write; the log says why".to_owned()
    });
    let draining = api.draining.is_cancelled().then(|| "the server is stopping".to_owned());
    let checks = Checks { store: Check::of(store), accepting: Check::of(draining) };
    let ready = checks.store.ok && checks.accepting.ok;
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    if verbose {
        return Ok((status, Json(Readiness { ready, checks })).into_response());
    }
    let failed = [("store", &checks.store), ("accepting", &checks.accepting)];
    let failed = failed.iter().filter(|(_, check)| !check.ok).map(|(name, _)| *name).collect::<Vec<_>>();
    let text = if ready { "ready\n".to_owned() } else { format!("not ready: {}\n", failed.join(", ")) };
    Ok((status, text).into_response())
}

/// Metrics
///
/// In the text format of Prometheus.
#[utoipa::path(
    get, path = "/metrics", tag = "system", operation_id = "metrics", security(),
    responses((status = 200, description = "All metrics", content_type = "text/plain", body = String,
        example = "omni_queue_depth{queue=\"ready\"} 0\n")),
    extensions(("x-error-codes" = json!(["NOT_FOUND"]))),
)]
async fn metrics_page(State(api): State<Arc<Api>>) -> Answer<Response> {
    let off = || Failure::new(problem::NOT_FOUND, "Metrics are switched off here.");
    let render = api.metrics.as_ref().ok_or_else(off)?;
    refresh_gauges(&api);
    let mut response = render().into_response();
    let format = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, format);
    Ok(response)
}

/// Numbers that nobody counts as they change.
fn refresh_gauges(api: &Api) {
    let stats = api.engine.store.stats();
    #[expect(clippy::cast_precision_loss, reason = "metrics are floating-point")]
    let number = |count: u64| count as f64;
    metrics::gauge!("omni_queue_depth", "queue" => "ready").set(number(stats.jobs_ready));
    metrics::gauge!("omni_queue_depth", "queue" => "waiting").set(number(stats.jobs_waiting));
    metrics::gauge!("omni_queue_in_flight").set(number(stats.jobs_leased));
    metrics::gauge!("omni_queue_oldest_age_seconds").set(number(stats.oldest_ready_ms) / 1_000.0);
    metrics::gauge!("omni_store_bytes").set(number(stats.bytes));
    metrics::gauge!("omni_store_written_bytes").set(number(stats.bytes_written));
    metrics::gauge!("omni_build_info", "version" => api.settings.version).set(1.0);
}

/// What runs here.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({ "name": "omniservice", "version": "0.1.0", "api": "v1" }))]
struct Version {
    /// The program.
    name: &'static str,
    /// Its version.
    version: &'static str,
    /// The newest version of the API.
    api: &'static str,
}

/// Version
#[utoipa::path(
    get, path = "/version", tag = "system", operation_id = "version", security(),
    responses((status = 200, description = "What runs here", body = Version)),
)]
async fn version(State(api): State<Arc<Api>>) -> Json<Version> {
    Json(Version { name: "omniservice", version: api.settings.version, api: "v1" })
}
