//! Connections: the configured carrier endpoints, and how they are.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Api;
use crate::auth::Bearer;
use crate::error::{Answer, Failure};
use crate::listing::Page;
use crate::params::{NoParams, WordPath};
use crate::views::connection::ConnectionView;

pub(super) fn routes() -> OpenApiRouter<Arc<Api>> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(get))
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
    let mut ours = engine.directory.connections().iter().filter(|one| one.tenant == caller.tenant);
    match ours.find(|connection| connection.id.as_str() == id) {
        Some(found) => Ok(Json(ConnectionView::at(found, &engine.breakers, &api.settings.public_url, now))),
        None => Err(Failure::not_found("connection", id)),
    }
}
