//! Pages: `{"data": […], "nextCursor": "…" | null}`.

use axum::Json;
use omni_core::id::TenantId;
use omni_core::store::{Query, Record, StoreExt, decode};
use serde::Serialize;
use utoipa::ToSchema;

use crate::Api;
use crate::cursor;
use crate::error::Answer;
use crate::params::Params;

/// Entries of a page if nobody says.
pub(crate) const USUAL: usize = 50;
/// Most entries of a page.
pub(crate) const MOST: u64 = 200;

/// One page of a listing.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Page<T> {
    /// The entries.
    pub(crate) data: Vec<T>,
    /// Give it as `cursor` for the next page; `null` at the end. A page may hold fewer entries
    /// than `limit` and still have a next one.
    #[schema(required, example = json!(null))]
    pub(crate) next_cursor: Option<String>,
}

impl<T> Page<T> {
    /// Everything there is, on one page.
    pub(crate) const fn whole(data: Vec<T>) -> Self {
        Self { data, next_cursor: None }
    }
}

/// Answers one page of a table: `limit` and `cursor` from `params`, all else from `query`.
/// What `view` answers `None` for is left out.
pub(crate) async fn page<R: Record, V>(
    api: &Api,
    tenant: &TenantId,
    mut params: Params,
    mut query: Query,
    view: impl Fn(&R) -> Option<V> + Send,
) -> Answer<Json<Page<V>>> {
    let group = query.group.as_deref().unwrap_or_default();
    let scope = params.scope(&format!("{tenant}/{}/{group}", R::TABLE.name()));
    query.limit = params.limit(USUAL, MOST);
    let cursor = params.text("cursor").map(str::to_owned);
    params.done()?;
    query.after = cursor.map(|cursor| cursor::decode(&scope, &cursor)).transpose()?;
    let found = api.engine.store.list(tenant, &query).await?;
    let last = found.records.last().filter(|_| found.more);
    let next_cursor = last.map(|record| cursor::encode(&scope, &record.key));
    let mut data = Vec::with_capacity(found.records.len());
    for record in &found.records {
        data.extend(view(&decode::<R>(&record.body)?));
    }
    Ok(Json(Page { data, next_cursor }))
}

/// One record of the tenant.
///
/// # Errors
/// [`omni_core::problem::NOT_FOUND`] if there is none, or if it is another tenant's.
pub(crate) async fn one<R: Record>(api: &Api, tenant: &TenantId, what: &str, key: String) -> Answer<R> {
    match api.engine.store.record::<R>(tenant, &key).await? {
        Some(found) => Ok(found.value),
        None => Err(crate::error::Failure::not_found(what, key)),
    }
}
