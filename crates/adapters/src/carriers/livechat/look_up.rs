//! What became of a send whose answer was lost: the chat's threads show our `custom_id`.

use std::time::Duration;

use omni_core::carrier::{Found, LookUp};
use omni_core::failure::SendError;
use omni_core::http::{HttpClient, HttpResponse};
use serde_json::{Value, json};

use super::Settings;
use super::errors::ApiError;
use super::send::accepted;
use super::session::Session;
use crate::shared::{answer, json};

/// How long the API works at one request before it gives it up (`request_timeout`), and some
/// more for the clocks. What the threads do not show earlier may still come.
const AT_WORK: Duration = Duration::from_secs(15 + 5);

/// How many of a chat's last threads are looked through. An attempt is minutes old, a thread
/// lasts as long as somebody writes.
const THREADS: usize = 3;

/// How many chats of a person are looked through; most have one for ever.
const CHATS: usize = 5;

/// Looks for our `custom_id` in the chat's last threads: its absence proves something once the
/// API cannot be at work any more, by its own clock. Where a send would have begun the
/// chat, it is looked for in the chats of the person: found there it was taken, but a chat
/// that is not listed yet proves nothing.
pub(super) async fn look_up(
    settings: &Settings,
    session: &Session,
    http: &dyn HttpClient,
    query: &LookUp,
) -> Result<Option<Found>, SendError> {
    if let Some(chat) = &query.conversation_ref {
        return in_chat(settings, session, http, chat, query).await.map(Some);
    }
    let Some(person) = query.to.expose().strip_prefix("lc:") else { return Ok(Some(Found::Unclear)) };
    for chat in chats_of(settings, session, http, person).await?.iter().rev().take(CHATS) {
        if let found @ Found::Taken(_) = in_chat(settings, session, http, chat, query).await? {
            return Ok(Some(found));
        }
    }
    Ok(Some(Found::Unclear))
}

/// The ids of a person's chats.
pub(super) async fn chats_of(
    settings: &Settings,
    session: &Session,
    http: &dyn HttpClient,
    person: &str,
) -> Result<Vec<String>, SendError> {
    let response = ask(settings, session, http, "get_customer", &json!({ "id": person })).await?;
    let body = read(&response);
    Ok(json::items(&body["chat_ids"]).iter().filter_map(json::text).map(str::to_owned).collect())
}

async fn in_chat(
    settings: &Settings,
    session: &Session,
    http: &dyn HttpClient,
    chat: &str,
    query: &LookUp,
) -> Result<Found, SendError> {
    let last = json!({ "chat_id": chat, "sort_order": "desc", "limit": THREADS });
    let response = ask(settings, session, http, "list_threads", &last).await?;
    let body = read(&response);
    let Some(threads) = body["threads"].as_array() else { return Ok(Found::Unclear) };
    let mut events = threads.iter().flat_map(|thread| json::items(&thread["events"]));
    if let Some(ours) = events.find(|event| event["custom_id"] == query.client_ref) {
        return Ok(json::text(&ours["id"]).map_or(Found::Unclear, |id| Found::Taken(accepted(chat, id))));
    }
    // A thread that we may not look into (`restricted_access`) comes without its events.
    let all_open = threads.iter().all(|thread| thread["events"].is_array());
    let settled = answer::server_time(&response).is_some_and(|now| now >= query.since + AT_WORK);
    Ok(if all_open && settled { Found::NotTaken } else { Found::Unclear })
}

async fn ask(
    settings: &Settings,
    session: &Session,
    http: &dyn HttpClient,
    action: &str,
    body: &Value,
) -> Result<HttpResponse, SendError> {
    let response = session.ask(settings, http, action, body).await?;
    if response.is_success() { Ok(response) } else { Err(ApiError::of(&response).into_send_error(&response)) }
}

fn read(response: &HttpResponse) -> Value {
    serde_json::from_slice(&response.body).unwrap_or_default()
}
