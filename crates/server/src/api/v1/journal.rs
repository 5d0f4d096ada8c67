//! The journal: what came in on the wire, as it came, and taking it in once more.
//!
//! Requests that nobody could verify belong to nobody: another tenant's customers may be in
//! them. They are shown to a tenant only if all connections of that carrier are its own,
//! which is what one needs while setting a carrier up.

use std::sync::Arc;

use axum::Json;
use axum::extract::{RawQuery, State};
use omni_core::id::{self, JournalId, TenantId};
use omni_core::store::{JournalEntry, JournalQuery};
use omni_pipeline::inbound::receive::receive_again;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::auth::Bearer;
use crate::body::NoBody;
use crate::error::{Answer, Failure};
use crate::listing::{MOST, Page, USUAL};
use crate::params::{self, IdPath, NoParams, Params};
use crate::views::journal::{JournalEntryView, JournalRequestView, ReplayedView};
use crate::{Api, cursor, webhooks};

pub(super) fn routes() -> OpenApiRouter<Arc<Api>> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(get)).routes(routes!(replay))
}

/// Whether a request that nobody verified may be shown to `tenant`.
fn only_ours(api: &Api, tenant: &TenantId, entry: &JournalEntry) -> bool {
    let connections = api.engine.directory.of_carrier(&entry.carrier);
    !connections.is_empty() && connections.iter().all(|connection| connection.tenant == *tenant)
}

/// List requests of carriers
///
/// Newest first. With `setAside=true` only those that were refused, could not be read or
/// could not be routed: the quarantine. A page may hold fewer entries than `limit`; go on
/// while there is a `nextCursor`.
#[utoipa::path(
    get, path = "/v1/journal", tag = "journal", operation_id = "listJournal",
    params(
        ("setAside" = Option<bool>, Query, description = "Only the quarantine", example = true),
        ("limit" = Option<u64>, Query, description = "1 to 200, 50 if left out", example = 50),
        ("cursor" = Option<String>, Query, description = "`nextCursor` of the page before"),
    ),
    responses((status = 200, description = "One page", body = Page<JournalEntryView>)),
    extensions(("x-error-codes" = json!(["CURSOR_INVALID"]))),
)]
async fn list(
    State(api): State<Arc<Api>>,
    Bearer(caller): Bearer,
    RawQuery(query): RawQuery,
) -> Answer<Json<Page<JournalEntryView>>> {
    let mut params = Params::new(query.as_deref(), &["setAside", "limit", "cursor"]);
    let set_aside = params.flag("setAside");
    let limit = params.limit(USUAL, MOST);
    let scope = params.scope(&format!("{}/journal", caller.tenant));
    let given = params.text("cursor").map(str::to_owned);
    params.done()?;
    let before = match given {
        Some(given) => Some(params::id::<id::Journal>(&cursor::decode(&scope, &given)?)?),
        None => None,
    };
    let query = JournalQuery { set_aside, before, limit: limit + 1 };
    let mut found = api.engine.store.journal_list(Some(&caller.tenant), &query).await?;
    found.extend(api.engine.store.journal_list(None, &query).await?);
    found.sort_by_key(|entry| std::cmp::Reverse(entry.id));
    let more = found.len() > limit;
    found.truncate(limit);
    let last = found.last().filter(|_| more).map(|entry| cursor::encode(&scope, &entry.id.to_string()));
    let ours = found.iter().filter(|entry| entry.tenant.is_some() || only_ours(&api, &caller.tenant, entry));
    Ok(Json(Page { data: ours.map(JournalEntryView::from).collect(), next_cursor: last }))
}

/// Get a request of a carrier
///
/// Method, URL and headers (credentials blanked), and the body as it came.
#[utoipa::path(
    get, path = "/v1/journal/{id}", tag = "journal", operation_id = "getJournalEntry",
    params(("id" = String, Path, description = "`jrn_…`")),
    responses((status = 200, description = "The request", body = JournalRequestView)),
    extensions(("x-error-codes" = json!(["ID_WRONG_TYPE", "NOT_FOUND"]))),
)]
async fn get(
    State(api): State<Arc<Api>>,
    Bearer(caller): Bearer,
    NoParams: NoParams,
    IdPath(id): IdPath<id::Journal>,
) -> Answer<Json<JournalRequestView>> {
    Ok(Json((&entry(&api, &caller.tenant, id).await?).into()))
}

/// Replay a request of a carrier
///
/// Takes it in once more, as it came. What was stored before is not stored again. A request
/// that was verified when it came is believed; one that was refused must verify now.
#[utoipa::path(
    post, path = "/v1/journal/{id}/replay", tag = "journal", operation_id = "replayJournalEntry",
    params(("id" = String, Path, description = "`jrn_…`")),
    responses((status = 200, description = "What it came to", body = ReplayedView)),
    extensions(("x-error-codes" = json!([
        "BODY_UNREADABLE", "ID_WRONG_TYPE", "NOT_FOUND", "CONNECTION_UNKNOWN", "BODY_TOO_LARGE", "VALIDATION_FAILED",
    ]))),
)]
async fn replay(
    State(api): State<Arc<Api>>,
    Bearer(caller): Bearer,
    NoParams: NoParams,
    IdPath(id): IdPath<id::Journal>,
    NoBody: NoBody,
) -> Answer<Json<ReplayedView>> {
    let entry = entry(&api, &caller.tenant, id).await?;
    let head = JournalRequestView::from(&entry).head;
    let path = head["url"].as_str().map(webhooks::path).unwrap_or_default();
    let target = webhooks::target(&api.engine.directory, path);
    let connection = target.and_then(|target| target.connection);
    let received = receive_again(&api.engine, &caller.tenant, &entry, connection).await?;
    Ok(Json(ReplayedView {
        outcome: received.outcome,
        message_ids: received.messages.iter().map(ToString::to_string).collect(),
        duplicates: received.duplicates,
    }))
}

async fn entry(api: &Api, tenant: &TenantId, id: JournalId) -> Answer<JournalEntry> {
    if let Some(entry) = api.engine.store.journal_entry(Some(tenant), id).await? {
        return Ok(entry);
    }
    let nobodys = api.engine.store.journal_entry(None, id).await?;
    nobodys.filter(|entry| only_ours(api, tenant, entry)).ok_or_else(|| Failure::not_found("request", id))
}
