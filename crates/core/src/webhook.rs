//! A request from a carrier, and our answer: bytes in, bytes out.

use std::net::IpAddr;

use bytes::Bytes;

use crate::time::Timestamp;

/// One HTTP request from outside, exactly as received.
///
/// Holds all that real carriers sign or allow-list (method, *public* URL, headers, raw
/// body, peer, time of receipt), so verifying and parsing stay pure and a captured request
/// is a complete test case.
#[derive(Clone)]
pub struct WebhookRequest {
    /// `POST`, `GET`, … upper case.
    pub method: String,
    /// The URL as the carrier called it: scheme and host from the configured public base
    /// URL, path and query as the raw bytes received.
    pub url: String,
    /// Header names in lower case, in order, repeated names repeated; values as bytes.
    pub headers: Vec<(String, Bytes)>,
    /// The raw body.
    pub body: Bytes,
    /// Who connected (behind trusted proxies: the client they name).
    pub peer: Option<IpAddr>,
    /// When it arrived.
    pub received_at: Timestamp,
}

impl WebhookRequest {
    /// The value of a header that occurs exactly once and is text; `name` in lower case.
    /// A header sent twice proves nothing, so it counts as absent.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.iter().filter(|(n, _)| n == name);
        let (_, value) = values.next()?;
        if values.next().is_some() {
            return None;
        }
        std::str::from_utf8(value).ok()
    }

    /// How often a header occurs; `name` in lower case.
    pub fn header_count(&self, name: &str) -> usize {
        self.header_values(name).count()
    }

    /// Every value of a header; `name` in lower case.
    pub fn header_values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        self.headers.iter().filter(move |(n, _)| n == name).map(|(_, value)| value.as_ref())
    }

    /// The media type, lower case, without parameters; empty if there is none.
    pub fn media_type(&self) -> String {
        let value = self.header("content-type").unwrap_or_default();
        value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
    }

    /// The raw query, without the question mark; empty if there is none.
    pub fn query(&self) -> &str {
        let without_fragment = self.url.split('#').next().unwrap_or_default();
        without_fragment.split_once('?').map_or("", |(_, query)| query)
    }

    /// The raw path.
    pub fn path(&self) -> &str {
        let after_scheme = self.url.split_once("://").map_or(self.url.as_str(), |(_, rest)| rest);
        let path = after_scheme.find('/').map_or("/", |slash| &after_scheme[slash..]);
        path.split(['?', '#']).next().unwrap_or_default()
    }
}

impl std::fmt::Debug for WebhookRequest {
    /// No headers, query or body: they hold secrets and people's words.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WebhookRequest")
            .field("method", &self.method)
            .field("path", &self.path())
            .field("bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// Our answer, in the carrier's own dialect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookReply {
    /// HTTP status.
    pub status: u16,
    /// `Content-Type`; `None` for an empty body.
    pub content_type: Option<&'static str>,
    /// The body.
    pub body: Bytes,
    /// Further headers (`www-authenticate`).
    pub headers: Vec<(&'static str, String)>,
}

impl WebhookReply {
    /// A status with an empty body.
    pub const fn empty(status: u16) -> Self {
        Self { status, content_type: None, body: Bytes::new(), headers: Vec::new() }
    }

    /// A status with a text body.
    pub fn text(status: u16, content_type: &'static str, body: impl Into<Bytes>) -> Self {
        Self { status, content_type: Some(content_type), body: body.into(), headers: Vec::new() }
    }
}

/// What became of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Verified; at least one event for one of our connections.
    Accept,
    /// Verified; nothing in it concerns us.
    Ignore,
    /// Verified, but it cannot be read; kept with the reason.
    Quarantine,
    /// Verified and readable, but for no sender that we know; kept with the reason.
    Unroutable,
    /// Not proven to come from the carrier; never parsed.
    Reject,
}

/// Why a request was refused before parsing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The proof is missing, malformed or wrong. `0` is a stable word such as
    /// `signature_missing`; never anything from the request.
    #[error("not verified: {0}")]
    Unverified(&'static str),
    /// The peer's address may not call here.
    #[error("address not allowed: {0}")]
    Forbidden(&'static str),
    /// The carrier never uses this method here.
    #[error("method not allowed")]
    Method,
    /// Seen before, within the scheme's replay window.
    #[error("replayed: {0}")]
    Replayed(&'static str),
}

impl Refusal {
    /// The stable word for logs, metrics and the quarantine.
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::Unverified(reason) | Self::Forbidden(reason) | Self::Replayed(reason) => reason,
            Self::Method => "method_not_allowed",
        }
    }
}

/// A request whose signature is right but whose body cannot be read: `0` is a stable word.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("malformed: {0}")]
pub struct Malformed(pub &'static str);

/// What verification proved, beyond "it is the carrier".
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Proof {
    /// A one-time token of the scheme (a JWT's `jti`, a message id): seeing it again is a
    /// replay.
    pub once: Option<Once>,
}

/// A token that may be used once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Once {
    /// The token, unique per connection.
    pub token: String,
    /// When it may be forgotten.
    pub until: Timestamp,
    /// With an equal digest a repetition is the carrier's harmless retry (answered like
    /// the first, stored once); `None` means every repetition is refused.
    pub digest: Option<[u8; 32]>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(url: &str) -> WebhookRequest {
        WebhookRequest {
            method: "POST".into(),
            url: url.into(),
            headers: vec![("a".into(), "1".into()), ("b".into(), "1".into()), ("b".into(), "2".into())],
            body: Bytes::new(),
            peer: None,
            received_at: Timestamp::EPOCH,
        }
    }

    #[test]
    fn splits_urls_without_decoding() {
        let cases = [
            ("https://h/a/b?x=%20&y#f", "/a/b", "x=%20&y"),
            ("https://h", "/", ""),
            ("https://h:1/?", "/", ""),
            ("/only/path?q", "/only/path", "q"),
        ];
        for (url, path, query) in cases {
            assert_eq!((request(url).path(), request(url).query()), (path, query), "{url}");
        }
    }

    #[test]
    fn a_header_sent_twice_is_no_header() {
        assert_eq!(request("/").header("a"), Some("1"));
        assert_eq!(request("/").header("b"), None);
        assert_eq!(request("/").header_count("b"), 2);
    }
}
