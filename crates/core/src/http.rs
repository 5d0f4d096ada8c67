//! The port towards carriers' HTTP APIs.
//!
//! Carriers build an [`HttpRequest`] and read an [`HttpResponse`]; the one real client adds
//! time-outs, tracing and redaction. What matters most here is the *kind* of failure:
//! [`HttpError`] says whether bytes may have left, because that decides between a safe
//! retry and an ambiguous send.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;

/// One request to a carrier.
#[derive(Clone)]
pub struct HttpRequest {
    /// `GET`, `POST`, …
    pub method: &'static str,
    /// Absolute URL.
    pub url: String,
    /// Header names and values; names in any case.
    pub headers: Vec<(&'static str, String)>,
    /// The body; empty for none.
    pub body: Bytes,
    /// How long the whole exchange may take; the client's default if `None`.
    pub timeout: Option<Duration>,
}

impl HttpRequest {
    /// A request without headers or body.
    pub fn new(method: &'static str, url: impl Into<String>) -> Self {
        Self { method, url: url.into(), headers: Vec::new(), body: Bytes::new(), timeout: None }
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Sets a JSON body and its content type.
    #[must_use]
    pub fn json(mut self, body: &impl serde::Serialize) -> Self {
        self.body = serde_json::to_vec(body).expect("our wire types serialise").into();
        self.header("content-type", "application/json")
    }

    /// Sets any body and its content type.
    #[must_use]
    pub fn body(mut self, content_type: impl Into<String>, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self.header("content-type", content_type)
    }
}

impl std::fmt::Debug for HttpRequest {
    /// Neither headers nor body: they hold credentials and people's words.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let path = self.url.split('?').next().unwrap_or_default();
        f.debug_struct("HttpRequest")
            .field("method", &self.method)
            .field("url", &path)
            .finish_non_exhaustive()
    }
}

/// What came back, whatever its status.
#[derive(Clone)]
pub struct HttpResponse {
    /// HTTP status.
    pub status: u16,
    /// Header names (lower case) and values.
    pub headers: Vec<(String, String)>,
    /// The body, cut at the client's limit.
    pub body: Bytes,
}

impl HttpResponse {
    /// The first value of a header; `name` in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// Whether the status is 2xx.
    pub const fn is_success(&self) -> bool {
        self.status >= 200 && self.status < 300
    }

    /// `Retry-After` in seconds, if it is a number of seconds.
    pub fn retry_after(&self) -> Option<Duration> {
        self.header("retry-after")?.trim().parse().ok().map(Duration::from_secs)
    }
}

impl std::fmt::Debug for HttpResponse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HttpResponse")
            .field("status", &self.status)
            .field("bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// Why there is no response.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HttpError {
    /// The connection was never made: not one byte of the request left.
    #[error("could not connect: {0}")]
    Connect(String),
    /// The request was, or may have been, written; the answer never came whole.
    #[error("no answer after the request left: {0}")]
    NoAnswer(String),
    /// We refuse to make this request (bad URL, forbidden target). Nothing left.
    #[error("request refused here: {0}")]
    Refused(String),
}

/// The HTTP client that carriers are handed.
#[async_trait]
pub trait HttpClient: Send + Sync {
    /// Sends one request. No redirects are followed, no retry is made.
    async fn execute(&self, request: HttpRequest) -> Result<HttpResponse, HttpError>;
}
