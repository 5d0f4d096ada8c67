//! The event log: page by page, or as it grows.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::IntoResponse;
use omni_core::id::TenantId;
use omni_core::problem::{self, FieldError, Problem};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::auth::Bearer;
use crate::error::{Answer, Failure};
use crate::listing::{MOST, Page, USUAL};
use crate::params::{NoParams, Params, WordPath};
use crate::sse::{self, Types};
use crate::views::event::EventView;
use crate::{Api, cursor};

/// Events that are read at once where only some are wanted.
const BATCH: usize = 200;
/// Events that are looked at for one page: a rare type must not make a page slow.
const FARTHEST: usize = 5_000;
/// The greatest sequence that a store can have.
const LATEST: u64 = i64::MAX.unsigned_abs();

pub(super) fn routes() -> OpenApiRouter<Arc<Api>> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(stream)).routes(routes!(get))
}

/// List events
///
/// Oldest first, from `after` on (or from the beginning). With `types` a page can be empty and
/// still have a next one, because only so much of the log is looked at at once. `nextCursor` is `null` at the end of
/// the log; what happens later is found with `after` = the last `sequence`.
#[utoipa::path(
    get, path = "/v1/events", tag = "events", operation_id = "listEvents",
    params(
        ("after" = Option<u64>, Query, description = "Only later facts than this `sequence`", example = 41),
        ("types" = Option<String>, Query, description = "Only these, apart by commas; `message.*` for a family", example = "message.*,conversation.created"),
        ("limit" = Option<u64>, Query, description = "1 to 200, 50 if left out", example = 50),
        ("cursor" = Option<String>, Query, description = "`nextCursor` of the page before"),
    ),
    responses((status = 200, description = "One page", body = Page<EventView>)),
    extensions(("x-error-codes" = json!(["CURSOR_INVALID"]))),
)]
async fn list(
    State(api): State<Arc<Api>>,
    Bearer(caller): Bearer,
    RawQuery(query): RawQuery,
) -> Answer<Json<Page<EventView>>> {
    let mut params = Params::new(query.as_deref(), &["after", "types", "limit", "cursor"]);
    let after = params.number("after", 0..=LATEST).unwrap_or(0);
    let limit = params.limit(USUAL, MOST);
    let types = types(&mut params);
    let scope = params.scope(&format!("{}/events", caller.tenant));
    let given = params.text("cursor").map(str::to_owned);
    params.done()?;
    let after = match given {
        Some(given) => cursor::decode(&scope, &given)?.parse().unwrap_or(after),
        None => after,
    };
    let (data, last) = found(&api, &caller.tenant, after, limit, &types).await?;
    Ok(Json(Page { data, next_cursor: last.map(|sequence| cursor::encode(&scope, &sequence.to_string())) }))
}

/// Up to `limit` events of `types`, and the number to go on after, if there may be more.
async fn found(
    api: &Api,
    tenant: &TenantId,
    mut after: u64,
    limit: usize,
    types: &Types,
) -> Answer<(Vec<EventView>, Option<u64>)> {
    let batch = if types.all() { limit } else { BATCH };
    let (mut data, mut seen) = (Vec::new(), 0);
    loop {
        let read = api.engine.store.events(tenant, after, batch, Duration::ZERO).await?;
        let end = read.len() < batch;
        seen += read.len();
        for event in read {
            after = event.sequence;
            if types.take(&event.event.event_type) {
                data.push(EventView::from(event));
                if data.len() == limit {
                    return Ok((data, Some(after)));
                }
            }
        }
        if end || seen >= FARTHEST {
            return Ok((data, (!end).then_some(after)));
        }
    }
}

/// The types that a client wants; what is none is noted.
fn types(params: &mut Params) -> Types {
    let types = Types::read(params.text("types"));
    for detail in types.unknown() {
        params.wrong("types", "invalid", detail);
    }
    types
}

/// Stream events
///
/// Server-sent events: `id` is the sequence, `event` the type, `data` the same JSON as in the
/// list. Starts now, unless `after` or the header `Last-Event-ID` says where to go on. A
/// comment comes while nothing happens. An event `reset` tells that the log does not reach as
/// far as asked (another data directory); the stream then starts now. The stream ends when
/// the server stops: connect again.
#[utoipa::path(
    get, path = "/v1/events/stream", tag = "events", operation_id = "streamEvents",
    params(
        ("after" = Option<u64>, Query, description = "Only later facts than this `sequence`", example = 41),
        ("types" = Option<String>, Query, description = "Only these, apart by commas; `message.*` for a family", example = "message.*"),
        ("Last-Event-ID" = Option<String>, Header, description = "As `after`; browsers send it when they connect again", example = "41"),
    ),
    responses((status = 200, description = "The stream", content_type = "text/event-stream", body = String,
        example = "id: 42\nevent: message.delivered\ndata: {\"sequence\":42,\"type\":\"message.delivered\",\"at\":\"2026-11-20T10:00:02Z\",\"data\":{}}\n\n")),
    extensions(("x-error-codes" = json!(["DRAINING"]))),
)]
async fn stream(
    State(api): State<Arc<Api>>,
    Bearer(caller): Bearer,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Answer<impl IntoResponse> {
    let mut params = Params::new(query.as_deref(), &["after", "types"]);
    let after = params.number("after", 0..=LATEST);
    let types = types(&mut params);
    params.done()?;
    let after = last_event_id(&headers)?.or(after);
    if api.draining.is_cancelled() {
        return Err(Failure::new(problem::DRAINING, "The server is stopping; connect again."));
    }
    let newest = api.engine.store.last_event(&caller.tenant).await?;
    sse::stream(api, caller.tenant, sse::Start::new(after, newest), types)
}

/// Get an event
#[utoipa::path(
    get, path = "/v1/events/{sequence}", tag = "events", operation_id = "getEvent",
    params(("sequence" = u64, Path, description = "Its place in the log", example = 42)),
    responses((status = 200, description = "The event", body = EventView)),
    extensions(("x-error-codes" = json!(["NOT_FOUND"]))),
)]
async fn get(
    State(api): State<Arc<Api>>,
    Bearer(caller): Bearer,
    NoParams: NoParams,
    WordPath(word): WordPath,
) -> Answer<Json<EventView>> {
    let wanted = word.parse::<u64>().ok().filter(|sequence| (1..=LATEST).contains(sequence));
    if let Some(wanted) = wanted {
        let found = api.engine.store.events(&caller.tenant, wanted - 1, 1, Duration::ZERO).await?;
        if let Some(event) = found.into_iter().find(|event| event.sequence == wanted) {
            return Ok(Json(event.into()));
        }
    }
    Err(Failure::not_found("event", word))
}

fn last_event_id(headers: &HeaderMap) -> Answer<Option<u64>> {
    let Some(value) = headers.get("last-event-id") else { return Ok(None) };
    let sequence = value.to_str().ok().and_then(|text| text.trim().parse().ok());
    sequence.map(Some).ok_or_else(|| {
        let detail = "`Last-Event-ID` must be the `id` of an event of this stream: a whole number.";
        let errors = vec![FieldError::new("Last-Event-ID", "invalid", detail)];
        Failure(Problem { code: problem::QUERY_INVALID, detail: detail.to_owned(), errors })
    })
}
