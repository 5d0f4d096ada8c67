//! Meta's errors: one table of codes, and the body in which they come.

use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::faults::Strike;

/// Code, HTTP status when the API answers with it, title.
#[rustfmt::skip]
const CODES: &[(u32, u16, &str)] = &[
    (0,       401, "AuthException"),
    (1,       500, "An unknown error has occurred."),
    (2,       503, "Service temporarily unavailable"),
    (3,       500, "Capability or permissions issue."),
    (4,       429, "Application request limit reached"),
    (10,      403, "Permission denied"),
    (33,      400, "Parameter value is not valid"),
    (100,     400, "Invalid parameter"),
    (190,     401, "Invalid OAuth access token - Cannot parse access token"),
    (368,     403, "Temporarily blocked for policies violations"),
    (80_007,  429, "Rate limit issues"),
    (130_429, 429, "Rate limit hit"),
    (130_472, 400, "User's number is part of an experiment"),
    (130_497, 403, "Business account is restricted from messaging users in this country."),
    (131_000, 500, "Something went wrong"),
    (131_005, 403, "Access denied"),
    (131_008, 400, "Required parameter is missing"),
    (131_009, 400, "Parameter value is not valid"),
    (131_016, 503, "Service unavailable"),
    (131_020, 400, "Cannot send messages to single member groups"),
    (131_021, 400, "Recipient cannot be sender"),
    (131_026, 400, "Message undeliverable"),
    (131_030, 400, "Recipient phone number not in allowed list"),
    (131_031, 403, "Account has been locked"),
    (131_037, 400, "Display name approval needed"),
    (131_041, 400, "Group unknown"),
    (131_042, 400, "Business eligibility payment issue"),
    (131_044, 400, "Business eligibility payment issue"),
    (131_045, 500, "Incorrect certificate"),
    (131_047, 400, "Re-engagement message"),
    (131_048, 429, "Spam rate limit hit"),
    (131_049, 400, "This message was not delivered to maintain healthy ecosystem engagement."),
    (131_050, 400, "Unable to deliver the message. This recipient has chosen to stop receiving marketing messages on WhatsApp from your business"),
    (131_051, 400, "Unsupported message type"),
    (131_052, 400, "Media download error"),
    (131_053, 400, "Media upload error"),
    (131_056, 429, "(Business Account, Consumer Account) pair rate limit hit"),
    (131_057, 500, "Account in maintenance mode"),
    (131_060, 400, "This message is currently unavailable"),
    (131_062, 400, "Business-scoped user ids are not supported for this message"),
    (131_063, 400, "Marketing templates are disabled for Cloud API"),
    (131_064, 429, "Messaging limit reached because of template classification violations"),
    (131_207, 400, "Group suspended"),
    (131_215, 403, "Groups APIs are only available for eligible phone numbers"),
    (132_000, 400, "Number of parameters does not match the expected number of params"),
    (132_001, 404, "Template name does not exist in the translation"),
    (132_005, 400, "Translated text too long"),
    (132_007, 400, "Template content policy violated"),
    (132_008, 400, "Parameter value invalid"),
    (132_012, 400, "Parameter format does not match format in the created template"),
    (132_015, 400, "Template is paused"),
    (132_016, 400, "Template is disabled"),
    (132_068, 400, "Flow is blocked"),
    (132_069, 400, "Flow is throttled"),
    (133_004, 503, "Server temporarily unavailable"),
    (133_010, 400, "Phone number not registered"),
    (133_016, 400, "Account register deregister rate limit exceeded"),
    (135_000, 400, "Generic user error"),
    (137_000, 400, "Recipient identity key mismatch"),
];

/// Meta's title for a code.
pub(super) fn title(code: u32) -> &'static str {
    entry(code).2
}

fn entry(code: u32) -> (u32, u16, &'static str) {
    CODES.iter().find(|entry| entry.0 == code).copied().unwrap_or((code, 400, "Unknown error"))
}

/// An error answer of the Graph API.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct GraphError {
    pub(super) status: u16,
    pub(super) code: u32,
    subcode: Option<u32>,
    details: Option<String>,
    retry_after: Option<u64>,
}

impl GraphError {
    pub(super) fn new(code: u32) -> Self {
        let (_, status, _) = entry(code);
        Self { status, code, subcode: None, details: None, retry_after: None }
    }

    /// Adds the sentence that names the parameter.
    pub(super) fn details(mut self, details: impl Into<String>) -> Self {
        self.details = Some(details.into());
        self
    }

    /// A path that names no object of ours.
    pub(super) fn unknown_object() -> Self {
        let details = "Object does not exist, cannot be loaded due to missing permissions, or does not support this operation";
        Self { subcode: Some(33), ..Self::new(100).details(details) }
    }
}

impl From<Strike> for GraphError {
    fn from(strike: Strike) -> Self {
        match strike {
            Strike::TooMany(seconds) => Self { retry_after: Some(seconds), ..Self::new(130_429) },
            Strike::Failing(status) => {
                let code = match status {
                    401 => 190,
                    403 => 131_005,
                    429 => 130_429,
                    400..=499 => 100,
                    503 => 2,
                    _ => 131_000,
                };
                Self { status, ..Self::new(code) }
            }
        }
    }
}

#[derive(Serialize)]
struct Body<'a> {
    error: Problem<'a>,
}

#[derive(Serialize)]
struct Problem<'a> {
    message: String,
    #[serde(rename = "type")]
    kind: &'static str,
    code: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_subcode: Option<u32>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    is_transient: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_data: Option<ErrorData<'a>>,
    fbtrace_id: &'static str,
}

#[derive(Serialize)]
struct ErrorData<'a> {
    messaging_product: &'static str,
    details: &'a str,
}

impl IntoResponse for GraphError {
    fn into_response(self) -> Response {
        let title = title(self.code);
        let message = match self.code {
            190 => title.to_owned(),
            code => format!("(#{code}) {title}"),
        };
        let details = self.details.as_deref();
        let body = Body {
            error: Problem {
                message,
                kind: "OAuthException",
                code: self.code,
                error_subcode: self.subcode,
                is_transient: self.status >= 500,
                error_data: details.map(|details| ErrorData { messaging_product: "whatsapp", details }),
                fbtrace_id: "AtwinTwinTwinTwinTwinTw",
            },
        };
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::BAD_REQUEST);
        let mut response = (status, super::api::json(&body)).into_response();
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        if self.code == 190 {
            let challenge = r#"OAuth "Facebook Platform" "invalid_token" "Invalid OAuth access token""#;
            let name: HeaderName = header::WWW_AUTHENTICATE;
            response.headers_mut().insert(name, challenge.parse().expect("a constant header is valid"));
        }
        response
    }
}
