//! Dead letters: work that was given up, and putting it back.

use std::sync::Arc;

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use omni_core::id;
use omni_core::job::DeadLetter;
use omni_core::store::{MOST_PAGE, Query, Table, decode};
use omni_pipeline::dead_letters;
use omni_pipeline::outbound::publish::Caller;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Api;
use crate::auth::Bearer;
use crate::body::NoBody;
use crate::error::Answer;
use crate::listing::{Page, one, page};
use crate::params::{IdPath, NoParams, Params};
use crate::views::dead_letter::{DeadLetterView, NotRedrivenView, RedrivenAllView, RedrivenView};

/// Most dead letters redriven by one request.
const MOST: u64 = 1_000;

pub(super) fn routes() -> OpenApiRouter<Arc<Api>> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(get))
        .routes(routes!(redrive))
        .routes(routes!(redrive_all))
}

/// List dead letters
///
/// Newest first.
#[utoipa::path(
    get, path = "/v1/dead-letters", tag = "dead letters", operation_id = "listDeadLetters",
    params(
        ("status" = Option<String>, Query, description = "`open` or `redriven`", example = "open"),
        ("limit" = Option<u64>, Query, description = "1 to 200, 50 if left out", example = 50),
        ("cursor" = Option<String>, Query, description = "`nextCursor` of the page before"),
    ),
    responses((status = 200, description = "One page", body = Page<DeadLetterView>)),
    extensions(("x-error-codes" = json!(["CURSOR_INVALID"]))),
)]
async fn list(
    State(api): State<Arc<Api>>,
    Bearer(caller): Bearer,
    RawQuery(query): RawQuery,
) -> Answer<Json<Page<DeadLetterView>>> {
    let mut params = Params::new(query.as_deref(), &["status", "limit", "cursor"]);
    let mut query = Query::newest(Table::DeadLetter, 0);
    query.status = params.word("status", ["open", "redriven"]).map(str::to_owned);
    page::<DeadLetter, _>(&api, &caller.tenant, params, query, |letter| Some(letter.into())).await
}

/// Get a dead letter
#[utoipa::path(
    get, path = "/v1/dead-letters/{id}", tag = "dead letters", operation_id = "getDeadLetter",
    params(("id" = String, Path, description = "`job_…`")),
    responses((status = 200, description = "The dead letter", body = DeadLetterView)),
    extensions(("x-error-codes" = json!(["ID_WRONG_TYPE", "NOT_FOUND"]))),
)]
async fn get(
    State(api): State<Arc<Api>>,
    Bearer(caller): Bearer,
    NoParams: NoParams,
    IdPath(id): IdPath<id::Job>,
) -> Answer<Json<DeadLetterView>> {
    let letter: DeadLetter = one(&api, &caller.tenant, "dead letter", id.to_string()).await?;
    Ok(Json((&letter).into()))
}

/// Redrive a dead letter
///
/// Puts it back to work, once. A message starts again; what was tried stays visible. An
/// attempt that nobody could settle counts as not sent from here on, because you decided so.
#[utoipa::path(
    post, path = "/v1/dead-letters/{id}/redrive", tag = "dead letters", operation_id = "redriveDeadLetter",
    params(("id" = String, Path, description = "`job_…`")),
    responses((status = 202, description = "Back to work", body = RedrivenView)),
    extensions(("x-error-codes" = json!([
        "BODY_UNREADABLE", "ID_WRONG_TYPE", "NOT_FOUND", "ALREADY_REDRIVEN", "STATE_CONFLICT", "BODY_TOO_LARGE", "VALIDATION_FAILED",
    ]))),
)]
async fn redrive(
    State(api): State<Arc<Api>>,
    Bearer(caller): Bearer,
    NoParams: NoParams,
    IdPath(id): IdPath<id::Job>,
    NoBody: NoBody,
) -> Answer<(StatusCode, Json<RedrivenView>)> {
    let job = dead_letters::redrive(&api.engine, &caller.tenant, id).await?;
    let view = RedrivenView { dead_letter_id: id.to_string(), job_id: job.to_string() };
    Ok((StatusCode::ACCEPTED, Json(view)))
}

/// Redrive all open dead letters
///
/// Oldest first, up to `limit`. One that cannot be redriven does not stop the others. Repeat
/// while `more` is true.
#[utoipa::path(
    post, path = "/v1/dead-letters/redrive", tag = "dead letters", operation_id = "redriveDeadLetters",
    params(("limit" = Option<u64>, Query, description = "1 to 1000, 1000 if left out", example = 100)),
    responses((status = 202, description = "Back to work", body = RedrivenAllView)),
    extensions(("x-error-codes" = json!(["BODY_UNREADABLE", "BODY_TOO_LARGE", "VALIDATION_FAILED"]))),
)]
async fn redrive_all(
    State(api): State<Arc<Api>>,
    Bearer(caller): Bearer,
    RawQuery(query): RawQuery,
    NoBody: NoBody,
) -> Answer<(StatusCode, Json<RedrivenAllView>)> {
    let mut params = Params::new(query.as_deref(), &["limit"]);
    let limit = params.limit(1_000, MOST);
    params.done()?;
    let mut view = RedrivenAllView::default();
    let mut after = None;
    while view.redriven + view.failed < limit {
        let left = limit - view.redriven - view.failed;
        let query = Query {
            status: Some("open".to_owned()),
            oldest_first: true,
            after: after.take(),
            ..Query::newest(Table::DeadLetter, left.min(MOST_PAGE))
        };
        let found = api.engine.store.list(&caller.tenant, &query).await?;
        for record in &found.records {
            let letter: DeadLetter = decode(&record.body)?;
            redrive_one(&api, &caller, &letter, &mut view).await;
        }
        view.more = found.more;
        after = found.records.last().map(|record| record.key.clone());
        if !found.more || after.is_none() {
            break;
        }
    }
    Ok((StatusCode::ACCEPTED, Json(view)))
}

async fn redrive_one(api: &Api, caller: &Caller, letter: &DeadLetter, view: &mut RedrivenAllView) {
    match dead_letters::redrive(&api.engine, &caller.tenant, letter.id).await {
        Ok(_) => view.redriven += 1,
        Err(problem) => {
            view.failed += 1;
            let (id, code) = (letter.id.to_string(), problem.code.code);
            view.failures.push(NotRedrivenView { id, code, detail: problem.detail });
        }
    }
}
