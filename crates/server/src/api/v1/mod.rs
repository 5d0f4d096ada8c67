//! `/v1`: one file a resource. Every handler takes [`Bearer`](crate::auth::Bearer), and so
//! sees its own tenant's things only.

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;

use crate::Api;

mod connections;
mod conversations;
mod customers;
mod dead_letters;
mod events;
mod journal;
mod messages;
mod presence;
mod sandbox;
mod uploads;

/// All of them.
pub(crate) fn routes() -> OpenApiRouter<Arc<Api>> {
    OpenApiRouter::new()
        .merge(messages::routes())
        .merge(presence::routes())
        .merge(conversations::routes())
        .merge(customers::routes())
        .merge(events::routes())
        .merge(dead_letters::routes())
        .merge(journal::routes())
        .merge(connections::routes())
        .merge(uploads::routes())
        .merge(sandbox::routes())
}
