//! Conversations and their messages.

use std::sync::Arc;

use axum::Json;
use axum::extract::{RawQuery, State};
use omni_core::conversation::{Conversation, State as Standing};
use omni_core::id;
use omni_core::message::Message;
use omni_core::store::{Query, Table};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Api;
use crate::auth::Bearer;
use crate::error::Answer;
use crate::listing::{Page, one, page};
use crate::params::{IdPath, NoParams, Params};
use crate::views::conversation::ConversationView;
use crate::views::message::MessageView;

pub(super) fn routes() -> OpenApiRouter<Arc<Api>> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(get)).routes(routes!(messages))
}

/// List conversations
///
/// Newest first. `status` is where they stand *now*: a day of silence expires a conversation
/// without anybody writing that down, so a page filtered by status may hold fewer entries
/// than `limit`; go on while there is a `nextCursor`.
#[utoipa::path(
    get, path = "/v1/conversations", tag = "conversations", operation_id = "listConversations",
    params(
        ("status" = Option<String>, Query, description = "NEW, ACTIVE, ESCALATED, RESOLVED, EXPIRED or REOPENED", example = "ACTIVE"),
        ("customerId" = Option<String>, Query, description = "Only with this customer"),
        ("limit" = Option<u64>, Query, description = "1 to 200, 50 if left out", example = 50),
        ("cursor" = Option<String>, Query, description = "`nextCursor` of the page before"),
    ),
    responses((status = 200, description = "One page", body = Page<ConversationView>)),
    extensions(("x-error-codes" = json!(["CURSOR_INVALID", "ID_WRONG_TYPE"]))),
)]
async fn list(
    State(api): State<Arc<Api>>,
    Bearer(caller): Bearer,
    RawQuery(query): RawQuery,
) -> Answer<Json<Page<ConversationView>>> {
    use Standing::{Active, Escalated, Expired, New, Reopened, Resolved};
    let mut params = Params::new(query.as_deref(), &["status", "customerId", "limit", "cursor"]);
    let words = [New, Active, Escalated, Resolved, Expired, Reopened].map(Standing::as_str);
    let wanted = params.word("status", words);
    let mut query = Query::newest(Table::Conversation, 0);
    // Silently expired ones are stored under the state they had.
    query.status = wanted.filter(|status| *status != Expired.as_str()).map(str::to_owned);
    query.group = params.id::<id::Customer>("customerId")?.map(|id| id.to_string());
    let now = api.engine.now();
    let view = move |conversation: &Conversation| {
        let view = ConversationView::at(conversation, now);
        wanted.is_none_or(|status| view.status == status).then_some(view)
    };
    page::<Conversation, _>(&api, &caller.tenant, params, query, view).await
}

/// Get a conversation
#[utoipa::path(
    get, path = "/v1/conversations/{id}", tag = "conversations", operation_id = "getConversation",
    params(("id" = String, Path, description = "`conv_…`")),
    responses((status = 200, description = "The conversation", body = ConversationView)),
    extensions(("x-error-codes" = json!(["ID_WRONG_TYPE", "NOT_FOUND"]))),
)]
async fn get(
    State(api): State<Arc<Api>>,
    Bearer(caller): Bearer,
    NoParams: NoParams,
    IdPath(id): IdPath<id::Conversation>,
) -> Answer<Json<ConversationView>> {
    let found: Conversation = one(&api, &caller.tenant, "conversation", id.to_string()).await?;
    Ok(Json(ConversationView::at(&found, api.engine.now())))
}

/// List the messages of a conversation
#[utoipa::path(
    get, path = "/v1/conversations/{id}/messages", tag = "conversations", operation_id = "listConversationMessages",
    params(
        ("id" = String, Path, description = "`conv_…`"),
        ("order" = Option<String>, Query, description = "`newest` (if left out) or `oldest` first", example = "oldest"),
        ("limit" = Option<u64>, Query, description = "1 to 200, 50 if left out", example = 50),
        ("cursor" = Option<String>, Query, description = "`nextCursor` of the page before"),
    ),
    responses((status = 200, description = "One page", body = Page<MessageView>)),
    extensions(("x-error-codes" = json!(["CURSOR_INVALID", "ID_WRONG_TYPE", "NOT_FOUND"]))),
)]
async fn messages(
    State(api): State<Arc<Api>>,
    Bearer(caller): Bearer,
    IdPath(id): IdPath<id::Conversation>,
    RawQuery(query): RawQuery,
) -> Answer<Json<Page<MessageView>>> {
    let mut params = Params::new(query.as_deref(), &["order", "limit", "cursor"]);
    let mut query = Query::newest(Table::Message, 0);
    query.oldest_first = params.word("order", ["newest", "oldest"]) == Some("oldest");
    query.group = Some(id.to_string());
    one::<Conversation>(&api, &caller.tenant, "conversation", id.to_string()).await?;
    page::<Message, _>(&api, &caller.tenant, params, query, |message| Some(message.into())).await
}
