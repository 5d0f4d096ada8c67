//! What a visitor sees of us beside messages.

use omni_core::carrier::Presence;
use omni_core::failure::SendError;
use omni_core::http::HttpClient;
use serde_json::json;

use super::Settings;
use super::errors::ApiError;
use super::session::Session;

/// Marks a chat as seen up to a time; with `typing`, shows that an answer is being written.
pub(super) async fn show(
    settings: &Settings,
    session: &Session,
    http: &dyn HttpClient,
    presence: &Presence,
) -> Result<bool, SendError> {
    let Some(chat) = &presence.conversation_ref else { return Ok(false) };
    let seen = json!({ "chat_id": chat, "seen_up_to": presence.read_up_to.to_string() });
    let typing = json!({ "chat_id": chat, "is_typing": true, "visibility": "all" });
    let mut calls = vec![("mark_events_as_seen", seen)];
    if presence.typing {
        calls.push(("send_typing_indicator", typing));
    }
    for (action, body) in calls {
        let response = session.ask(settings, http, action, &body).await?;
        if !response.is_success() {
            return Err(ApiError::of(&response).into_send_error(&response));
        }
    }
    Ok(true)
}
