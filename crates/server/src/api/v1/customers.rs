//! Customers.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use omni_core::customer::Customer;
use omni_core::id;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Api;
use crate::auth::Bearer;
use crate::error::Answer;
use crate::listing::one;
use crate::params::{IdPath, NoParams};
use crate::views::customer::CustomerView;

pub(super) fn routes() -> OpenApiRouter<Arc<Api>> {
    OpenApiRouter::new().routes(routes!(get))
}

/// Get a customer
#[utoipa::path(
    get, path = "/v1/customers/{id}", tag = "customers", operation_id = "getCustomer",
    params(("id" = String, Path, description = "`cus_…`")),
    responses((status = 200, description = "The customer", body = CustomerView)),
    extensions(("x-error-codes" = json!(["ID_WRONG_TYPE", "NOT_FOUND"]))),
)]
async fn get(
    State(api): State<Arc<Api>>,
    Bearer(caller): Bearer,
    NoParams: NoParams,
    IdPath(id): IdPath<id::Customer>,
) -> Answer<Json<CustomerView>> {
    let customer: Customer = one(&api, &caller.tenant, "customer", id.to_string()).await?;
    Ok(Json((&customer).into()))
}
