//! The routes, who calls, and which action is called.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, DefaultBodyLimit, Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::errors::ApiError;
use super::{LiveChat, Region, configuration, files, lists, manage, sending, team};
use crate::server::Cord;

pub(super) type App = State<Arc<LiveChat>>;
pub(super) type Answer = Result<Value, ApiError>;

/// How long a bot's token is good.
const TOKEN_LIVES: Duration = Duration::from_secs(24 * 3_600);

pub(super) fn routes(twin: Arc<LiveChat>) -> Router {
    let upload = post(files::upload).layer(DefaultBodyLimit::max(files::LARGEST + (1 << 20)));
    Router::new()
        .route("/{version}/agent/action/upload_file", upload)
        .route("/{version}/agent/action/{action}", post(agent))
        .route("/{version}/configuration/action/{action}", post(configure))
        .route("/files/{id}/{name}", get(files::download))
        .route("/v2/info", get(info))
        .fallback(|| async { ApiError::new("not_found", "no such path") })
        .with_state(twin)
}

/// A JSON answer.
pub(super) fn json(status: StatusCode, body: &impl Serialize) -> Response {
    let bytes = serde_json::to_vec(body).expect("our wire types serialise");
    (status, [(header::CONTENT_TYPE, "application/json")], bytes).into_response()
}

/// The members of a JSON body; an empty one has none.
fn object(body: &[u8]) -> Result<Map<String, Value>, ApiError> {
    if body.is_empty() {
        return Ok(Map::new());
    }
    serde_json::from_slice(body).map_err(|_| ApiError::validation("the body must be a JSON object"))
}

/// A text member that must be there.
pub(super) fn text<'a>(body: &'a Map<String, Value>, name: &str) -> Result<&'a str, ApiError> {
    let found = body.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    found.ok_or_else(|| ApiError::validation(format!("`{name}` is required")))
}

impl LiveChat {
    /// Faults, the version, then who calls, from where.
    pub(super) async fn admit(&self, version: &str, headers: &HeaderMap) -> Result<String, ApiError> {
        self.desk.admit().await?;
        if !matches!(version, "v3.5" | "v3.6") {
            return Err(ApiError::new("unsupported_version", "this version is not supported"));
        }
        let (caller, region) = self.caller(headers)?;
        let wanted = headers.get("x-region").map_or(b"dal".as_slice(), HeaderValue::as_bytes);
        if wanted != region.word().as_bytes() {
            return Err(ApiError::misdirected(region.word()));
        }
        *self.responder.lock() = Some(caller.clone());
        Ok(caller)
    }

    /// Agent or bot id, and the region that their token belongs to.
    fn caller(&self, headers: &HeaderMap) -> Result<(String, Region), ApiError> {
        let unknown = || ApiError::new("authentication", "Invalid access token");
        let given = headers.get(header::AUTHORIZATION).map(HeaderValue::as_bytes).ok_or_else(unknown)?;
        let account = &self.account;
        let personal = [
            (&account.personal, Region::Dallas),
            (&account.frankfurt, Region::Frankfurt),
            (&account.oauth, Region::Frankfurt),
        ];
        for (token, region) in personal {
            if token.authorization().matches(given) {
                return Ok((team::OUR_AGENT.to_owned(), region));
            }
        }
        let token = std::str::from_utf8(given).ok().and_then(|given| given.strip_prefix("Bearer "));
        let issued = token.and_then(|token| self.bot_tokens.lock().get(token).copied());
        let is_good = issued.is_some_and(|issued| self.desk.now().since(issued) < TOKEN_LIVES);
        if is_good { Ok((account.bot.clone(), Region::Dallas)) } else { Err(unknown()) }
    }
}

async fn agent(
    State(twin): App,
    Path((version, action)): Path<(String, String)>,
    ConnectInfo(cord): ConnectInfo<Cord>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    match act(&twin, (&version, &action), &cord, &headers, &body).await {
        Ok(answer) => json(StatusCode::OK, &answer),
        Err(error) => {
            if matches!(action.as_str(), "send_event" | "start_chat") {
                twin.desk.refused(error.status, 0);
            }
            error.into_response()
        }
    }
}

async fn act(
    twin: &Arc<LiveChat>,
    (version, action): (&str, &str),
    cord: &Cord,
    headers: &HeaderMap,
    body: &Bytes,
) -> Answer {
    let caller = twin.admit(version, headers).await?;
    let body = object(body)?;
    match action {
        "send_event" => sending::send_event(twin, &caller, &body, cord).await,
        "start_chat" => sending::start_chat(twin, &caller, &body, cord).await,
        "resume_chat" => sending::resume_chat(twin, &caller, &body, cord).await,
        "deactivate_chat" => manage::deactivate(twin, &caller, &body),
        "transfer_chat" => manage::transfer(twin, &caller, &body),
        "add_user_to_chat" => manage::add_user(twin, &caller, &body),
        "remove_user_from_chat" => manage::remove_user(twin, &caller, &body),
        "mark_events_as_seen" => manage::mark_as_seen(twin, &caller, &body),
        "set_routing_status" => manage::set_routing_status(twin, &caller, &body),
        "list_routing_statuses" => manage::list_routing_statuses(twin, &caller),
        "send_typing_indicator" | "send_thinking_indicator" | "send_event_preview" => {
            manage::indicate(twin, &caller, &body)
        }
        "get_customer" => lists::get_customer(twin, &body),
        "get_chat" => lists::get_chat(twin, &body),
        "list_chats" => lists::list_chats(twin, &body),
        "list_threads" => lists::list_threads(twin, &body),
        "list_archives" => lists::list_archives(twin, &body),
        _ => Err(ApiError::new("not_found", "no such action")),
    }
}

async fn configure(
    State(twin): App,
    Path((version, action)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, ApiError> {
    let answer = if action == "issue_bot_token" {
        // It is what a bot without a token calls.
        twin.desk.admit().await?;
        configuration::issue_bot_token(&twin, &object(&body)?)?
    } else {
        let caller = twin.admit(&version, &headers).await?;
        configuration::show(&twin, &caller, &action, &object(&body)?)?
    };
    Ok(json(StatusCode::OK, &answer))
}

/// What the accounts' own API tells about a token.
async fn info(State(twin): App, headers: HeaderMap) -> Result<Response, ApiError> {
    twin.desk.admit().await?;
    let (caller, region) = twin.caller(&headers)?;
    let shown = json!({
        "entity_id": caller,
        "account_id": twin.account.account_id,
        "organization_id": twin.account.organization,
        "client_id": twin.account.client_id,
        "region": region.word(),
        "scopes": ["chats--access:rw", "agents-bot--my:rw", "customers:rw"],
        "token_type": "Bearer",
        "expires_in": TOKEN_LIVES.as_secs(),
    });
    Ok(json(StatusCode::OK, &shown))
}
