//! Whether our credentials work and the account is in order.

use omni_core::carrier::Health;
use omni_core::http::{HttpRequest, HttpResponse};
use serde_json::Value;

use super::{Settings, errors, send};
use crate::shared::{json, words};

/// The account itself; with an API key the newest message, because standard keys may not
/// read the account (20003), which would prove nothing about the key.
pub(super) fn check_request(settings: &Settings) -> HttpRequest {
    let account = send::account_url(settings);
    let url = if settings.api_key_sid.is_some() {
        format!("{account}/Messages.json?PageSize=1")
    } else {
        format!("{account}.json")
    };
    HttpRequest::new("GET", url).header("authorization", send::credentials(settings).unwrap_or_default())
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
        None => Health { ok: true, detail: "the API key is accepted".into() },
    }
}
