//! Connections: the configured carrier endpoints, and how they are.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use omni_core::carrier::PATIENCE;
use omni_core::id::TenantId;
use omni_pipeline::directory::Connection;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Api;
use crate::auth::Bearer;
use crate::body::NoBody;
use crate::error::{Answer, Failure};
use crate::listing::Page;
use crate::params::{NoParams, WordPath};
use crate::views::connection::{CheckedView, ConnectionView};

pub(super) fn routes() -> OpenApiRouter<Arc<Api>> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(get)).routes(routes!(check))
}

/// List connections
///
/// All of them, by name: carrier, senders, capabilities, the state of the circuit breaker, and
/// the URL to enter at the carrier.
#[utoipa::path(
    get, path = "/v1/connections", tag = "connections", operation_id = "listConnections",
    responses((status = 200, description = "All connections", body = Page<ConnectionView>)),
)]
async fn list(
    State(api): State<Arc<Api>>,
    Bearer(caller): Bearer,
    NoParams: NoParams,
) -> Answer<Json<Page<ConnectionView>>> {
    let (engine, now) = (&api.engine, api.engine.now());
    let connections = engine.directory.connections().iter();
    let mut ours: Vec<_> = connections.filter(|connection| connection.tenant == caller.tenant).collect();
    ours.sort_by(|a, b| a.id.cmp(&b.id));
    let views = ours
        .into_iter()
        .map(|connection| ConnectionView::at(connection, &engine.breakers, &api.settings.public_url, now));
    Ok(Json(Page::whole(views.collect())))
}

/// Get a connection
#[utoipa::path(
    get, path = "/v1/connections/{id}", tag = "connections", operation_id = "getConnection",
    params(("id" = String, Path, description = "Its name, like `twilio-main`")),
    responses((status = 200, description = "The connection", body = ConnectionView)),
    extensions(("x-error-codes" = json!(["NOT_FOUND"]))),
)]
async fn get(
    State(api): State<Arc<Api>>,
    Bearer(caller): Bearer,
    NoParams: NoParams,
    WordPath(id): WordPath,
) -> Answer<Json<ConnectionView>> {
    let (engine, now) = (&api.engine, api.engine.now());
    let found = ours(&api, &caller.tenant, &id)?;
    Ok(Json(ConnectionView::at(found, &engine.breakers, &api.settings.public_url, now)))
}

/// The tenant's connection of that name.
pub(super) fn ours<'a>(api: &'a Api, tenant: &TenantId, name: &str) -> Answer<&'a Arc<Connection>> {
    let mut all = api.engine.directory.connections().iter();
    all.find(|connection| connection.tenant == *tenant && connection.id.as_str() == name)
        .ok_or_else(|| Failure::not_found("connection", name))
}

/// Check a connection's credentials
///
/// Asks the carrier whether our credentials work. Nobody is sent anything.
#[utoipa::path(
    post, path = "/v1/connections/{id}/check", tag = "connections", operation_id = "checkConnection",
    params(("id" = String, Path, description = "The connection's name", example = "twilio-main")),
    responses((status = 200, description = "What the carrier said", body = CheckedView)),
    extensions(("x-error-codes" = json!(["NOT_FOUND"]))),
)]
async fn check(
    State(api): State<Arc<Api>>,
    Bearer(caller): Bearer,
    NoParams: NoParams,
    WordPath(name): WordPath,
    NoBody: NoBody,
) -> Answer<Json<CheckedView>> {
    let engine = &api.engine;
    let connection = ours(&api, &caller.tenant, &name)?;
    let started = engine.now();
    let asked = tokio::time::timeout(PATIENCE, connection.carrier.check(&*engine.http)).await;
    let (ok, detail) = match asked {
        Ok(Ok(health)) => (health.ok, health.detail),
        Ok(Err(error)) => (false, error.to_string()),
        Err(_) => (false, format!("no answer within {} s", PATIENCE.as_secs())),
    };
    let took_ms = u64::try_from(engine.now().since(started).as_millis()).unwrap_or(u64::MAX);
    Ok(Json(CheckedView { id: name, carrier: connection.carrier.name().0, ok, detail, took_ms }))
}
