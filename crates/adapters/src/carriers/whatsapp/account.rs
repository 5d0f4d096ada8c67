//! Whether our credentials work and the number may send.

use omni_core::carrier::Health;
use omni_core::http::{HttpRequest, HttpResponse};
use serde_json::Value;

use super::{Settings, errors, send};
use crate::shared::{json, words};

/// What we ask of the number: its name, its state, and whether it may send.
const FIELDS: &str = "verified_name,display_phone_number,quality_rating,throughput,code_verification_status,\
                      name_status,health_status,whatsapp_business_manager_messaging_limit";

pub(super) fn check_request(settings: &Settings) -> HttpRequest {
    HttpRequest::new("GET", send::url(settings, "", &[("fields", FIELDS)]))
        .header("authorization", send::bearer(settings))
}

/// Reads `health_status.can_send_message`: `AVAILABLE`, `LIMITED` or `BLOCKED`.
pub(super) fn health(settings: &Settings, response: &HttpResponse) -> Health {
    let body = json::parse(&response.body).unwrap_or(Value::Null);
    if !response.is_success() {
        let class = errors::class(&body["error"], Some(response.status));
        let said = json::text(&body["error"]["message"]).map(words::masked).unwrap_or_default();
        let detail = format!("Meta answered {} ({}). {said}", response.status, class.as_str());
        return Health { ok: false, detail: detail.trim_end().to_owned() };
    }
    let name =
        json::text(&body["verified_name"]).or(settings.display_number.as_deref()).unwrap_or("the number");
    let quality = json::text(&body["quality_rating"]).unwrap_or("UNKNOWN");
    match json::text(&body["health_status"]["can_send_message"]) {
        Some("BLOCKED") => {
            let why = blocked_by(&body["health_status"]);
            Health { ok: false, detail: format!("Meta lets {name} send nothing: {why}") }
        }
        Some(word) => Health { ok: true, detail: format!("{name} may send ({word}); quality {quality}") },
        None => Health { ok: true, detail: format!("{name}: token accepted; quality {quality}") },
    }
}

/// The first entity (number, business account, business, app) that is blocked, and why.
fn blocked_by(health: &Value) -> String {
    let entities = json::items(&health["entities"]);
    let Some(blocked) = entities.iter().find(|entity| entity["can_send_message"] == "BLOCKED") else {
        return "no reason given".into();
    };
    let entity = json::text(&blocked["entity_type"]).unwrap_or("an entity");
    let why = json::text(&blocked["errors"][0]["error_description"]).map(words::masked);
    format!("{entity} is blocked. {}", why.unwrap_or_default()).trim_end().to_owned()
}
