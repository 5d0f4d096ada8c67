//! Problems on their way out: RFC 9457 `application/problem+json`.
//!
//! A handler answers a [`Failure`]; it becomes a response that *carries* its problem, and
//! [`finish`](crate::router) renders that once, when the request id is known.

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use omni_core::problem::{self, Code, FieldError, Problem};
use omni_core::store::StoreError;
use serde::Serialize;
use utoipa::ToSchema;

/// A problem that ends a handler.
#[derive(Debug)]
pub struct Failure(pub Problem);

/// What handlers answer.
pub type Answer<T> = Result<T, Failure>;

impl Failure {
    /// A problem without single mistakes.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self(Problem::new(code, detail))
    }

    /// There is no such thing, or it is somebody else's: nobody can tell which.
    pub fn not_found(what: &str, id: impl std::fmt::Display) -> Self {
        Self::new(problem::NOT_FOUND, format!("There is no {what} {id}."))
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self(problem)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        // The client learns only that it failed; the cause belongs into the log.
        tracing::error!(error = &error as &dyn std::error::Error, "the store failed under a request");
        Self(error.into())
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let status = status(&self.0);
        let mut response = status.into_response();
        response.extensions_mut().insert(self.0);
        response
    }
}

fn status(problem: &Problem) -> StatusCode {
    StatusCode::from_u16(problem.code.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// An error, as RFC 9457 writes it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Problem, example = json!({
    "type": "/errors/VALIDATION_FAILED", "title": "The request has mistakes", "status": 422,
    "detail": "`to` is missing.", "instance": "/v1/messages", "code": "VALIDATION_FAILED",
    "requestId": "trc_01K5D0000000000000000000RQ", "retryable": false,
    "errors": [{ "pointer": "/to", "code": "required", "detail": "`to` is missing." }],
}))]
pub struct ProblemBody<'a> {
    /// Where this kind of error is explained, relative to this server.
    #[serde(rename = "type")]
    pub kind: String,
    /// What happened, in a few words.
    pub title: &'a str,
    /// The HTTP status.
    pub status: u16,
    /// What happened this time, and what to do.
    pub detail: &'a str,
    /// The path of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance: Option<&'a str>,
    /// What happened, for programs: stable.
    pub code: &'a str,
    /// What our log knows this request by.
    pub request_id: &'a str,
    /// Whether the same request may work later.
    pub retryable: bool,
    /// Every mistake, if it is about several.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    #[schema(value_type = Vec<Mistake>)]
    pub errors: &'a [FieldError],
}

/// One mistake in a request.
#[derive(Debug, Serialize, ToSchema)]
pub struct Mistake {
    /// JSON pointer into the body (`/content/text`), or `?name` for a query parameter.
    pub pointer: String,
    /// What is wrong, for programs.
    pub code: String,
    /// What is wrong and what to do, for people.
    pub detail: String,
}

/// The response that a problem becomes.
pub fn render(problem: &Problem, instance: Option<&str>, request_id: &str) -> Response {
    let Code { code, title, retryable, .. } = problem.code;
    let status = status(problem);
    let body = ProblemBody {
        kind: format!("/errors/{code}"),
        title,
        status: status.as_u16(),
        detail: &problem.detail,
        instance,
        code,
        request_id,
        retryable,
        errors: &problem.errors,
    };
    let json = serde_json::to_vec(&body).expect("problems serialise");
    let mut response = (status, Body::from(json)).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    if status == StatusCode::UNAUTHORIZED {
        headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"omniservice\""));
    }
    if status == StatusCode::SERVICE_UNAVAILABLE {
        headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
    }
    response
}
