//! Whether our credentials work and the account is in order.

use omni_core::carrier::Health;
use omni_core::failure::{ErrorClass, SendError};
use omni_core::http::{HttpRequest, HttpResponse};
use serde_json::Value;

use super::{Settings, errors, send};
use crate::shared::{json, words};

/// The account itself; with an API key or an OAuth app the newest message, because standard
/// keys may not read the account (20003), which would prove nothing about the key.
pub(super) fn check_request(settings: &Settings) -> HttpRequest {
    let account = send::account_url(settings);
    let url = if settings.api_key_sid.is_some() || settings.oauth.is_some() {
        format!("{account}/Messages.json?PageSize=1")
    } else {
        format!("{account}.json")
    };
    HttpRequest::new("GET", url)
}

pub(super) fn health(response: &HttpResponse) -> Health {
    let body = json::parse(&response.body).unwrap_or(Value::Null);
    if !response.is_success() {
        let code = json::integer(&body["code"]).and_then(|code| u32::try_from(code).ok());
        let class = errors::class(code, Some(response.status));
        let said = json::text(&body["message"]).map(words::masked).unwrap_or_default();
        let detail = format!("Twilio answered {} ({}). {said}", response.status, class.as_str());
        return Health { ok: false, detail: detail.trim_end().to_owned() };
    }
    match json::text(&body["status"]) {
        Some("active") => Health { ok: true, detail: "the account is active".into() },
        Some(word) => Health { ok: false, detail: format!("the account is {}", words::masked(word)) },
        None => Health { ok: true, detail: "the credentials are accepted".into() },
    }
}

/// What it means that Twilio could not be asked: wrong or missing credentials are the answer
/// that the check is about, anything else is not.
pub(super) fn unasked(error: SendError) -> Result<Health, SendError> {
    let ok = false;
    match error {
        SendError::Unsupported("credentials_missing") => {
            Ok(Health { ok, detail: "there are only shared keys, which verify and cannot send".into() })
        }
        SendError::Rejected { class: ErrorClass::Auth, code, .. } => {
            Ok(Health { ok, detail: format!("Twilio issued no token for the OAuth app ({code})") })
        }
        other => Err(other),
    }
}
