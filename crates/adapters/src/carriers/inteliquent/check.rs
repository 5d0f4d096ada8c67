//! Reading the list of authorisations: it proves the API key, and shows whether inbound
//! messages have anywhere to go.

use omni_core::carrier::Health;
use omni_core::http::HttpResponse;
use serde_json::Value;

use crate::shared::loose;

/// Without a webhook for the number or the whole company, Inteliquent drops inbound messages
/// without a word.
pub(super) fn read(response: &HttpResponse) -> Health {
    let health = |ok, detail: &str| Health { ok, detail: detail.into() };
    match response.status {
        200..=299 => {}
        401 | 403 => return health(false, "Inteliquent refuses the API key: check api_key"),
        status => return health(false, &format!("Inteliquent answered {status}")),
    }
    let Ok(body) = serde_json::from_slice::<Value>(&response.body) else {
        return health(false, "Inteliquent's answer could not be read");
    };
    if body["success"] == Value::Bool(false) {
        return health(false, "Inteliquent refuses the API key: check api_key");
    }
    if has_company_webhook(&body) {
        health(true, "the API key works, and a company-wide webhook is set")
    } else {
        health(
            true,
            "the API key works, but no company-wide webhook is set: inbound messages of numbers without their own are dropped",
        )
    }
}

/// Whether an entry anywhere in the answer has a webhook and no number.
fn has_company_webhook(value: &Value) -> bool {
    match value {
        Value::Array(entries) => entries.iter().any(has_company_webhook),
        Value::Object(entry) => {
            let set = |key: &str| loose::word(entry, key).is_some();
            set("webhookUrl") && !set("tn") || entry.values().any(has_company_webhook)
        }
        _ => false,
    }
}
