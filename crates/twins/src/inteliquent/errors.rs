//! Inteliquent's errors: words, and a status code that is repeated in the body. The Services
//! API has other codes for the same.

use std::borrow::Cow;

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::faults::Strike;

/// An error answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ApiError {
    pub(super) status: u16,
    words: Cow<'static, str>,
    retry_after: Option<u64>,
    /// The code in the body, where it is not the status.
    code: Option<&'static str>,
}

impl ApiError {
    const fn new(status: u16, words: &'static str) -> Self {
        Self { status, words: Cow::Borrowed(words), retry_after: None, code: None }
    }

    /// The user's error.
    pub(super) fn user(words: impl Into<Cow<'static, str>>) -> Self {
        Self { words: words.into(), ..Self::new(408, "") }
    }

    pub(super) const fn unauthorized() -> Self {
        Self::new(401, "Unauthorized: the API key is not valid")
    }

    /// The Services API knows neither key nor secret.
    pub(super) fn no_credentials() -> Self {
        Self { code: Some("401001"), ..Self::new(401, "Invalid credentials") }
    }

    /// As the Services API says it: 411 is the user's error, 431 one of its own.
    pub(super) const fn of_services(mut self) -> Self {
        self.status = match self.status {
            408 => 411,
            500..=599 => 431,
            status => status,
        };
        self
    }

    pub(super) const fn not_found() -> Self {
        Self::new(404, "Not found")
    }

    pub(super) const fn method() -> Self {
        Self::new(405, "Method not allowed")
    }
}

impl From<Strike> for ApiError {
    fn from(strike: Strike) -> Self {
        match strike {
            Strike::TooMany(seconds) => {
                Self { retry_after: Some(seconds), ..Self::new(429, "Message rate limit exceeded") }
            }
            Strike::Failing(401) => Self::unauthorized(),
            Strike::Failing(404) => Self::not_found(),
            Strike::Failing(status @ 400..=499) => Self::new(status, "The request could not be accepted"),
            Strike::Failing(status) => {
                Self::new(status, "Unable to complete the request at the moment, please try again")
            }
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    status_code: String,
    status: Cow<'static, str>,
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let Self { status, words, retry_after, code } = self;
        let body =
            Body { status_code: code.map_or_else(|| status.to_string(), str::to_owned), status: words };
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
        let mut response = super::api::json(status, &body);
        if let Some(seconds) = retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}
