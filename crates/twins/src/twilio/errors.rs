//! Twilio's errors: one table of codes, and the body in which they come.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::faults::Strike;

/// Code, HTTP status when the API answers with it, message.
#[rustfmt::skip]
const CODES: &[(u32, u16, &str)] = &[
    (20_001, 400, "Invalid parameter value"),
    (20_003, 401, "Authenticate"),
    (20_005, 403, "Account not active"),
    (20_404, 404, "The requested resource was not found"),
    (20_429, 429, "Too Many Requests"),
    (20_500, 500, "An internal server error has occurred"),
    (20_503, 503, "Service unavailable"),
    (21_211, 400, "Invalid 'To' Phone Number"),
    (21_212, 400, "Invalid 'From' Number"),
    (21_408, 400, "Permission to send an SMS has not been enabled for the region indicated by the 'To' number"),
    (21_602, 400, "Message body is required."),
    (21_603, 400, "A 'From' phone number is required."),
    (21_604, 400, "A 'To' phone number is required."),
    (21_606, 400, "The 'From' phone number provided is not a valid message-capable Twilio phone number for this destination/account"),
    (21_609, 400, "Invalid 'StatusCallback' URL"),
    (21_610, 400, "Attempt to send to unsubscribed recipient"),
    (21_611, 429, "This 'From' number has exceeded the maximum number of queued messages"),
    (21_612, 400, "The 'To' phone number is not currently reachable using the 'From' phone number via SMS."),
    (21_614, 400, "'To' number is not a valid mobile number"),
    (21_617, 400, "The concatenated message body exceeds the 1600 character limit."),
    (21_619, 400, "A text message body, media urls or ContentSid must be specified."),
    (21_620, 400, "Invalid media URL(s)"),
    (21_623, 400, "Number of media files exceeds allowed limit"),
    (21_654, 400, "The ContentSid is Required"),
    (21_655, 400, "The ContentSid is Invalid"),
    (21_656, 400, "The ContentVariables Parameter is invalid"),
    (21_658, 400, "Parameter exceeded character limit"),
    (21_701, 404, "The Messaging Service does not exist"),
    (21_910, 400, "Invalid From and To pair. From and To should be of the same channel"),
    (30_003, 400, "Unreachable destination handset"),
    (30_004, 400, "Message blocked"),
    (30_005, 400, "Unknown destination handset"),
    (30_006, 400, "Landline or unreachable carrier"),
    (30_007, 400, "Message filtered"),
    (30_008, 400, "Unknown error"),
    (30_409, 409, "Message cannot be canceled in its current state"),
    (35_111, 400, "SendAt timestamp is missing"),
    (35_114, 400, "SendAt time must be between 300 seconds and 35 days (3024000 seconds) in the future, inclusive."),
    (35_118, 400, "MessagingServiceSid is required to schedule a message"),
    (35_126, 400, "The ScheduleType value provided is not supported for this channel"),
    (60_200, 400, "Invalid parameter"),
    (63_007, 400, "Twilio could not find a Channel with the specified From address"),
    (63_013, 400, "Channel policy violation"),
    (63_016, 400, "Failed to send freeform message because you are outside the allowed window. If you are using WhatsApp, please use a Message Template."),
    (63_018, 429, "Rate limit exceeded for Channel"),
    (63_021, 400, "Channel invalid content error"),
    (63_024, 400, "Invalid message recipient"),
    (90_007, 400, "Invalid validity period value"),
    (216_602, 400, "Content Type is not supported on this channel"),
];

fn entry(code: u32) -> (u32, u16, &'static str) {
    CODES.iter().find(|entry| entry.0 == code).copied().unwrap_or((code, 400, "Unknown error"))
}

/// Twilio's words for a code.
pub(super) fn message(code: u32) -> &'static str {
    entry(code).2
}

/// An error answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ApiError {
    pub(super) status: u16,
    pub(super) code: u32,
    retry_after: Option<u64>,
}

impl ApiError {
    pub(super) fn new(code: u32) -> Self {
        let (_, status, _) = entry(code);
        Self { status, code, retry_after: None }
    }
}

impl From<Strike> for ApiError {
    fn from(strike: Strike) -> Self {
        match strike {
            Strike::TooMany(seconds) => Self { retry_after: Some(seconds), ..Self::new(20_429) },
            Strike::Failing(status) => {
                let code = match status {
                    401 => 20_003,
                    403 => 20_005,
                    404 => 20_404,
                    429 => 20_429,
                    400..=499 => 20_001,
                    503 => 20_503,
                    _ => 20_500,
                };
                Self { status, ..Self::new(code) }
            }
        }
    }
}

#[derive(Serialize)]
struct Body {
    code: u32,
    message: &'static str,
    more_info: String,
    status: u16,
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let Self { status, code, retry_after } = self;
        let more_info = format!("https://www.twilio.com/docs/errors/{code}");
        let body = Body { code, message: message(code), more_info, status };
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
        let mut response = super::api::json(status, &body);
        if let Some(seconds) = retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        if code == 20_003 {
            let realm = header::HeaderValue::from_static("Basic realm=\"Twilio API\"");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, realm);
        }
        response
    }
}
