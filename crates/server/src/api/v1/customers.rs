//! Customers.

use std::sync::Arc;

use axum::Json;
use axum::extract::{RawQuery, State};
use omni_core::customer::Customer;
use omni_core::id;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Api;
use crate::auth::Bearer;
use crate::error::Answer;
use crate::listing::one;
use crate::params::{IdPath, Params};
use crate::views::customer::CustomerView;

pub(super) fn routes() -> OpenApiRouter<Arc<Api>> {
    OpenApiRouter::new().routes(routes!(get))
}

/// Get a customer
#[utoipa::path(
    get, path = "/v1/customers/{id}", tag = "customers", operation_id = "getCustomer",
    params(("id" = String, Path, description = "`cus_…`")),
    responses((status = 200, description = "The customer", body = CustomerView)),
    extensions(("x-error-codes" = json!(["ID_WRONG_TYPE", "NOT_FOUND", "QUERY_INVALID"]))),
)]
async fn get(
    State(api): State<Arc<Api>>,
    Bearer(caller): Bearer,
    IdPath(id): IdPath<id::Customer>,
    RawQuery(query): RawQuery,
) -> Answer<Json<CustomerView>> {
    Params::new(query.as_deref(), &[]).done()?;
    let customer: Customer = one(&api, &caller.tenant, "customer", id.to_string()).await?;
    Ok(Json((&customer).into()))
}
