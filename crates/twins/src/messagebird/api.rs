//! The routes of all three generations, and what their calls have in common.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, FromRequest, FromRequestParts, Path, Request};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use serde::Serialize;
use serde_json::{Map, Value};

use super::errors::{ApiError, Dialect};
use super::{Generation, MessageBird, channels, conversations, platform, rest};
use crate::server::Cord;

pub(super) type Answer = Result<Response, ApiError>;

pub(super) fn routes(twin: Arc<MessageBird>) -> Router {
    let conversations = Router::new()
        .route("/send", post(conversations::send))
        .route("/conversations/start", post(conversations::start))
        .route("/conversations", get(conversations::list))
        .route("/conversations/{id}", get(conversations::show).patch(conversations::update))
        .route("/conversations/{id}/messages", get(conversations::messages).post(conversations::reply))
        .route("/messages/{id}", get(conversations::message));
    let bird = Router::new()
        .route("/workspaces/{workspace}/channels/{channel}", get(channels::show_channel))
        .route(
            "/workspaces/{workspace}/channels/{channel}/messages",
            get(channels::list).post(channels::create),
        )
        .route("/workspaces/{workspace}/channels/{channel}/messages/{id}", get(channels::show))
        .fallback(|| async { ApiError::not_found(Dialect::Bird) });
    let platform = Router::new()
        .route("/sms/messages", get(platform::list_sms).post(platform::create_sms))
        .route("/sms/messages/{id}", get(platform::show))
        .route("/whatsapp/messages", get(platform::list_whatsapp).post(platform::create_whatsapp))
        .route("/whatsapp/messages/{id}", get(platform::show))
        .route("/whatsapp/messages/{id}/read", post(platform::read))
        .route("/whatsapp/messages/{id}/reaction", put(platform::react).delete(platform::unreact))
        .fallback(|| async { ApiError::not_found(Dialect::Platform) });
    Router::new()
        .route("/messages", get(rest::list).post(rest::create_sms))
        .route("/messages/{id}", get(rest::show).delete(rest::cancel))
        .route("/mms", post(rest::create_mms))
        .route("/mms/{id}", get(rest::show))
        .route("/balance", get(rest::balance))
        .route("/lookup/{number}", get(rest::lookup))
        .route("/lookup/{number}/hlr", get(rest::network_lookup).post(rest::network_lookup))
        .route("/media/{id}", get(media))
        .nest("/conversations/v1", conversations)
        .nest("/bird", bird)
        .nest("/platform/v1", platform)
        .fallback(|| async { ApiError::not_found(Dialect::Rest) })
        .with_state(twin)
}

/// A JSON answer.
pub(super) fn json(status: StatusCode, body: &impl Serialize) -> Response {
    json_bytes(status, serde_json::to_vec(body).expect("our wire types serialise").into())
}

/// An answer that is JSON already.
pub(super) fn json_bytes(status: StatusCode, body: Bytes) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json")], body).into_response()
}

/// The answer to a send; a refusal is told to subscribers.
pub(super) fn answered(call: &Incoming, answer: Answer) -> Response {
    answer.unwrap_or_else(|error| {
        call.twin.desk.refused(error.status, error.code);
        error.into_response()
    })
}

/// A call as it came in: what every handler needs of it.
pub(super) struct Incoming {
    pub(super) twin: Arc<MessageBird>,
    pub(super) headers: HeaderMap,
    pub(super) query: Query,
    pub(super) cord: Cord,
    pub(super) body: Bytes,
}

impl FromRequest<Arc<MessageBird>> for Incoming {
    type Rejection = Response;

    async fn from_request(request: Request, twin: &Arc<MessageBird>) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let cord = ConnectInfo::from_request_parts(&mut parts, twin).await;
        let ConnectInfo(cord) = cord.map_err(IntoResponse::into_response)?;
        let (headers, query) = (parts.headers.clone(), Query::read(parts.uri.query()));
        let body = Bytes::from_request(Request::from_parts(parts, body), twin).await;
        let body = body.map_err(IntoResponse::into_response)?;
        Ok(Self { twin: Arc::clone(twin), headers, query, cord, body })
    }
}

impl Incoming {
    /// Faults, then the key.
    pub(super) async fn admit(&self, dialect: Dialect) -> Result<&Arc<MessageBird>, ApiError> {
        self.twin.desk.admit().await.map_err(|strike| ApiError::struck(dialect, strike))?;
        let generation = match dialect {
            Dialect::Rest => Generation::Rest,
            Dialect::Bird => Generation::Bird,
            Dialect::Platform => Generation::Platform,
        };
        let has_key = self.twin.has_key(generation, &self.headers);
        if has_key { Ok(&self.twin) } else { Err(ApiError::unauthorized(dialect)) }
    }

    /// The members of a JSON body.
    pub(super) fn object(&self, dialect: Dialect) -> Result<Map<String, Value>, ApiError> {
        serde_json::from_slice(&self.body).map_err(|_| ApiError::unreadable(dialect))
    }
}

/// A text member, unless it is empty.
pub(super) fn text<'a>(object: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    object.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// `http` or `https` with a host.
pub(super) fn is_web_url(text: &str) -> bool {
    url::Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}

/// 7 to 15 digits with or without a plus, the first not 0; gives back the form with plus.
pub(super) fn phone_number(text: &str) -> Option<String> {
    let digits = text.strip_prefix('+').unwrap_or(text);
    let fits = (7..=15).contains(&digits.len())
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && !digits.starts_with('0');
    fits.then(|| format!("+{digits}"))
}

/// Somebody on WhatsApp: a phone number (given back with plus), or a user id like
/// `GB.7Qk20Xd3aLm`.
pub(super) fn whatsapp_recipient(text: &str) -> Option<String> {
    let is_user_id = text.split_once('.').is_some_and(|(country, id)| {
        country.len() == 2
            && country.bytes().all(|byte| byte.is_ascii_uppercase())
            && (1..=132).contains(&id.len())
            && id.bytes().all(|byte| byte.is_ascii_alphanumeric())
    });
    if is_user_id { Some(text.to_owned()) } else { phone_number(text) }
}

/// A decoded query.
#[derive(Debug, Default)]
pub(super) struct Query(Vec<(String, String)>);

impl Query {
    pub(super) fn read(raw: Option<&str>) -> Self {
        Self(url::form_urlencoded::parse(raw.unwrap_or_default().as_bytes()).into_owned().collect())
    }

    /// The first value of a parameter, unless it is empty.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    /// A number, or `default` if it is absent or no number.
    pub(super) fn number(&self, name: &str, default: usize) -> usize {
        self.get(name).and_then(|value| value.parse().ok()).unwrap_or(default)
    }
}

impl MessageBird {
    fn has_key(&self, generation: Generation, headers: &HeaderMap) -> bool {
        let given = headers.get(header::AUTHORIZATION).map(HeaderValue::as_bytes);
        given.is_some_and(|given| self.account.authorization(generation).matches(given))
    }
}

/// A file that somebody sent; any of the account's keys opens it.
async fn media(Path(id): Path<String>, call: Incoming) -> Answer {
    let keys = [Generation::Rest, Generation::Bird, Generation::Platform];
    if !keys.into_iter().any(|generation| call.twin.has_key(generation, &call.headers)) {
        return Err(ApiError::unauthorized(Dialect::Rest));
    }
    let sample = call.twin.media.lock().get(&id).copied();
    let sample = sample.ok_or_else(|| ApiError::not_found(Dialect::Rest))?;
    Ok(([(header::CONTENT_TYPE, sample.mime)], sample.bytes).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phone_numbers() {
        let cases = [
            ("15550001001", Some("+15550001001")),
            ("+15550001001", Some("+15550001001")),
            ("015550001", None),
            ("123456", None),
            ("1555000100112345", None),
            ("+1 555", None),
            ("PostNL", None),
        ];
        for (text, expect) in cases {
            assert_eq!(phone_number(text).as_deref(), expect, "{text}");
        }
    }
}
