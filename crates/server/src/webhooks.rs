//! `/webhooks/{carrier}[/…]`: carriers' callbacks. The hot path: no layer lies before it, and
//! headers and body are taken over once.

use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::header::{CONTENT_TYPE, HeaderName};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures::FutureExt;
use omni_core::id::TraceId;
use omni_core::peer;
use omni_core::problem::{self, Problem};
use omni_core::webhook::{WebhookReply, WebhookRequest};
use omni_pipeline::directory::Directory;
use omni_pipeline::inbound::receive::receive;

use crate::body::Collected;
use crate::error::render;
use crate::{Api, body};

/// Takes one request of a carrier in; any method, because carriers' dialects differ.
pub(crate) async fn handle(State(api): State<Arc<Api>>, request: Request) -> Response {
    let uri = request.uri().clone();
    let answered = AssertUnwindSafe(take(&api, request)).catch_unwind().await;
    let problem = match answered {
        Ok(Ok(reply)) => return response(reply),
        Ok(Err(problem)) => problem,
        Err(_) => {
            tracing::error!("a callback made the program panic; this is a fault of ours");
            Problem::new(problem::INTERNAL, "A fault of ours; it is in the log. Send it again.")
        }
    };
    let id = TraceId::make(&*api.engine.ids, api.engine.now()).to_string();
    render(&problem, Some(uri.path()), &id)
}

async fn take(api: &Api, request: Request) -> Result<WebhookReply, Problem> {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path();
    let Target { carrier, connection } = target(&api.engine.directory, path).ok_or_else(unknown)?;
    let limit = api.settings.webhook_body_limit;
    // Held until the answer: the pipeline works on the same bytes.
    let Collected { bytes, held: _held } = body::collect(&parts.headers, body, limit, &api.room).await?;
    let request = webhook_request(api, &parts, bytes);
    Ok(receive(&api.engine, carrier, connection, &request).await?.reply)
}

fn webhook_request(api: &Api, parts: &Parts, body: Bytes) -> WebhookRequest {
    let path_and_query = parts.uri.path_and_query().map_or("/", |raw| raw.as_str());
    let socket = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    let forwarded = parts.headers.get_all("x-forwarded-for").iter().map(HeaderValue::as_bytes);
    WebhookRequest {
        method: parts.method.as_str().to_owned(),
        url: [&api.settings.public_url, path_and_query].concat(),
        headers: headers(&parts.headers),
        body,
        peer: socket.and_then(|peer| peer::client(peer, forwarded, &api.settings.trusted_proxies)),
        received_at: api.engine.now(),
    }
}

/// Names are lower case already: that is how `http` keeps them.
fn headers(headers: &HeaderMap) -> Vec<(String, Bytes)> {
    headers
        .iter()
        .map(|(name, value)| (name.as_str().to_owned(), Bytes::copy_from_slice(value.as_bytes())))
        .collect()
}

/// Whom a callback's path names.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Target<'a> {
    /// The carrier.
    pub(crate) carrier: &'a str,
    /// The connection; `None` for all of that carrier.
    pub(crate) connection: Option<&'a str>,
}

/// Reads `/webhooks/{carrier}[/{connection}][/…]`; `None` if nobody there is known.
///
/// What follows the carrier and names no connection belongs to the carrier (`status`,
/// `inbound/<token>`). A single such word that no connection of the carrier knows is taken
/// for a mistyped connection name.
pub(crate) fn target<'a>(directory: &Directory, path: &'a str) -> Option<Target<'a>> {
    let path = path.strip_prefix("/webhooks/")?;
    let (carrier, rest) = path.split_once('/').unwrap_or((path, ""));
    let connections = directory.of_carrier(carrier);
    if connections.is_empty() {
        return None;
    }
    let (first, more) = rest.split_once('/').unwrap_or((rest, ""));
    if connections.iter().any(|connection| connection.id.as_str() == first) {
        return Some(Target { carrier, connection: Some(first) });
    }
    let known =
        first.is_empty() || !more.is_empty() || connections.iter().any(|c| c.carrier.accepts_path(rest));
    known.then_some(Target { carrier, connection: None })
}

/// The path within our public URL: from `/webhooks/` on, without the query.
pub(crate) fn path(url: &str) -> &str {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    path.find("/webhooks/").and_then(|start| path.get(start..)).unwrap_or_default()
}

fn unknown() -> Problem {
    Problem::new(
        problem::CONNECTION_UNKNOWN,
        "No connection of that carrier and name is configured; check the webhook URL at the carrier.",
    )
}

fn response(reply: WebhookReply) -> Response {
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::OK);
    let mut response = (status, Body::from(reply.body)).into_response();
    let headers = response.headers_mut();
    if let Some(content_type) = reply.content_type {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    }
    for (name, value) in reply.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            headers.insert(name, value);
        }
    }
    response
}
