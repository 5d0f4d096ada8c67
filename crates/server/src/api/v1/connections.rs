//! Connections: the configured carrier endpoints, and how they are.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Api;
use crate::auth::Bearer;
use crate::error::Answer;
use crate::listing::Page;
use crate::params::NoParams;
use crate::views::connection::ConnectionView;

pub(super) fn routes() -> OpenApiRouter<Arc<Api>> {
    OpenApiRouter::new().routes(routes!(list))
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
