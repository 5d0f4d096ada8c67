//! Bandwidth's errors: of the API, and the codes of failed messages.

use std::borrow::Cow;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::faults::Strike;

/// What a failed message's code stands for, as callbacks describe it.
#[rustfmt::skip]
const CODES: &[(u32, &str)] = &[
    (4001, "service-not-allowed"),
    (4301, "malformed-invalid-encoding"),
    (4302, "malformed-invalid-from-number"),
    (4303, "malformed-invalid-to-number"),
    (4360, "message-expired"),
    (4401, "rejected-routing-error"),
    (4403, "rejected-forbidden-from-number"),
    (4404, "rejected-forbidden-to-number"),
    (4405, "rejected-unallocated-from-number"),
    (4406, "rejected-unallocated-to-number"),
    (4407, "rejected-account-not-defined-from-number"),
    (4409, "rejected-invalid-from-profile"),
    (4410, "media-unavailable"),
    (4411, "rejected-message-size-limit-exceeded"),
    (4412, "media-content-invalid"),
    (4420, "rejected-carrier-does-not-exist"),
    (4432, "rejected-unsupported-country"),
    (4470, "rejected-spam-detected"),
    (4481, "rejected-from-number-in-blacklist"),
    (4482, "rejected-to-number-in-blacklist"),
    (4492, "reject-emergency"),
    (4493, "rejected-unauthorized"),
    (4700, "invalid-service-type"),
    (4701, "destination-service-unavailable"),
    (4702, "destination-subscriber-unavailable"),
    (4720, "invalid-destination-address"),
    (4721, "destination-tn-deactivated"),
    (4750, "destination-rejected-message"),
    (4751, "destination-rejected-message-size-invalid"),
    (4753, "destination-rejected-handset"),
    (4770, "destination-spam-detected"),
    (4772, "destination-rejected-number-blocked"),
    (4773, "destination-rejected-campaign-not-active"),
    (4774, "destination-rejected-provisioning-issue"),
    (4775, "destination-rejected-due-to-user-opt-out"),
    (4780, "volume-violation-tmo"),
    (4781, "volume-violation-att"),
    (4785, "volumetric-violation"),
    (4795, "tollfree-not-verified"),
    (5100, "temporary-app-error"),
    (5111, "temporary-rate-limit"),
    (5500, "message-send-failed"),
    (5600, "carrier-queue-full"),
    (5620, "carrier-application-error"),
    (5999, "unknown-error"),
    (9902, "delivery-receipt-expired"),
    (9999, "unknown-error"),
];

/// Bandwidth's words for the code of a failure.
pub(super) fn description(code: u32) -> &'static str {
    CODES.iter().find(|entry| entry.0 == code).map_or("unknown-error", |entry| entry.1)
}

/// One field that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FieldError {
    pub(super) field_name: String,
    pub(super) description: String,
}

/// An error answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ApiError {
    pub(super) status: u16,
    kind: &'static str,
    description: Cow<'static, str>,
    pub(super) fields: Vec<FieldError>,
    retry_after: Option<u64>,
}

impl ApiError {
    const fn new(status: u16, kind: &'static str, description: &'static str) -> Self {
        let description = Cow::Borrowed(description);
        Self { status, kind, description, fields: Vec::new(), retry_after: None }
    }

    /// The request says what cannot be.
    pub(super) fn invalid(fields: Vec<FieldError>) -> Self {
        let mut error = Self::new(400, "request-validation", "Your request could not be accepted.");
        if let Some(first) = fields.first() {
            error.description = first.description.clone().into();
        }
        Self { fields, ..error }
    }

    pub(super) fn unreadable() -> Self {
        Self::new(400, "request-validation", "The request body could not be parsed as JSON.")
    }

    pub(super) fn bad_query(description: &'static str) -> Self {
        Self::new(400, "bad-request", description)
    }

    pub(super) const fn unauthorized() -> Self {
        Self::new(401, "unauthorized", "Authentication Failed")
    }

    pub(super) const fn forbidden(description: &'static str) -> Self {
        Self::new(403, "forbidden", description)
    }

    pub(super) const fn not_found() -> Self {
        Self::new(404, "not-found", "The resource specified cannot be found")
    }

    pub(super) const fn method() -> Self {
        Self::new(405, "method-not-allowed", "The method is not allowed on this resource")
    }

    pub(super) const fn unsupported_type() -> Self {
        Self::new(415, "unsupported-media-type", "Content-Type must be application/json")
    }

    pub(super) const fn too_large() -> Self {
        Self::new(413, "request-entity-too-large", "The media is larger than 3.75 MB")
    }
}

impl From<Strike> for ApiError {
    fn from(strike: Strike) -> Self {
        match strike {
            Strike::TooMany(seconds) => Self {
                retry_after: Some(seconds),
                ..Self::new(
                    429,
                    "max-message-queue-size-exceeded",
                    "The message queue of this sender holds fifteen minutes of messages",
                )
            },
            Strike::Failing(401) => Self::unauthorized(),
            Strike::Failing(403) => Self::forbidden("Access is denied"),
            Strike::Failing(404) => Self::not_found(),
            Strike::Failing(status @ 400..=499) => {
                Self::new(status, "bad-request", "The request could not be accepted")
            }
            Strike::Failing(503) => Self::new(503, "service-unavailable", "Service temporarily unavailable"),
            Strike::Failing(status) => Self::new(status, "internal-server-error", "Internal server error"),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    r#type: &'static str,
    description: Cow<'static, str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    field_errors: Vec<FieldError>,
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let Self { status, kind, description, fields, retry_after } = self;
        let body = Body { r#type: kind, description, field_errors: fields };
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
        let mut response = super::api::json(status, &body);
        if let Some(seconds) = retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        if status == StatusCode::UNAUTHORIZED {
            let realm = HeaderValue::from_static("Basic realm=\"Bandwidth API\"");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, realm);
        }
        response
    }
}
