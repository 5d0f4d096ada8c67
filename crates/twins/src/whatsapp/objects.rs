//! The Graph API's objects: the number, media, a message's history, templates.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use super::api::{self, Asked};
use super::errors::GraphError;
use super::media::File;
use super::templates::TEMPLATES;
use super::{BUSINESS_ACCOUNT_ID, DISPLAY_NUMBER, PHONE_NUMBER_ID, WhatsApp};
use crate::record::Direction;

type App = State<Arc<WhatsApp>>;
type Answer = Result<Response, GraphError>;

/// How long a media URL lives, in seconds.
const URL_LIVES: i64 = 300;

pub(super) fn success() -> Response {
    api::json(&json!({ "success": true }))
}

/// `GET /{id}`: the number, the account, or a media object.
pub(super) async fn show(
    State(twin): App,
    Path((_version, id)): Path<(String, String)>,
    Query(wanted): Asked,
    headers: HeaderMap,
) -> Answer {
    twin.admit(&headers).await?;
    match id.as_str() {
        PHONE_NUMBER_ID => Ok(api::json(&chosen(number(), &wanted.fields))),
        BUSINESS_ACCOUNT_ID => Ok(api::json(&chosen(account(), &wanted.fields))),
        _ => {
            if !matches!(wanted.phone_number_id.as_str(), "" | PHONE_NUMBER_ID) {
                return Err(GraphError::unknown_object());
            }
            let file = twin.media.get(&id).ok_or_else(GraphError::unknown_object)?;
            Ok(api::json(&described(&twin, &id, &file)))
        }
    }
}

fn number() -> Value {
    let display = format!("+{DISPLAY_NUMBER}");
    json!({
        "id": PHONE_NUMBER_ID,
        "verified_name": "Acme Travel",
        "display_phone_number": display,
        "quality_rating": "GREEN",
        "throughput": { "level": "STANDARD" },
        "code_verification_status": "VERIFIED",
        "name_status": "APPROVED",
        "platform_type": "CLOUD_API",
        "status": "CONNECTED",
        "whatsapp_business_manager_messaging_limit": "TIER_2K",
        "health_status": {
            "can_send_message": "AVAILABLE",
            "entities": [
                { "entity_type": "PHONE_NUMBER", "id": PHONE_NUMBER_ID, "can_send_message": "AVAILABLE" },
                { "entity_type": "WABA", "id": BUSINESS_ACCOUNT_ID, "can_send_message": "AVAILABLE" },
            ],
        },
    })
}

fn account() -> Value {
    json!({ "id": BUSINESS_ACCOUNT_ID, "name": "Acme Travel", "currency": "USD", "timezone_id": "1" })
}

/// The fields that were asked for, and always the id.
fn chosen(object: Value, fields: &str) -> Value {
    let Value::Object(object) = object else { return object };
    let wanted =
        |name: &str| name == "id" || fields.is_empty() || fields.split(',').any(|field| field == name);
    Value::Object(object.into_iter().filter(|(name, _)| wanted(name)).collect::<Map<_, _>>())
}

fn described(twin: &WhatsApp, id: &str, file: &File) -> Value {
    let ends = twin.desk.now().as_secs() + URL_LIVES;
    let base_url = &twin.desk.base_url;
    json!({
        "messaging_product": "whatsapp",
        "url": format!("{base_url}/whatsapp_business/attachments/?mid={id}&source=getMedia&ext={ends}"),
        "mime_type": file.mime,
        "sha256": file.sha256_hex(),
        "file_size": file.bytes.len(),
        "id": id,
    })
}

/// The URL of a media object: the same bearer token, for five minutes.
pub(super) async fn download(State(twin): App, Query(wanted): Asked, headers: HeaderMap) -> Answer {
    twin.admit(&headers).await?;
    let file = twin.media.get(&wanted.mid).filter(|_| twin.desk.now().as_secs() <= wanted.ext);
    let Some(file) = file else { return Ok(StatusCode::NOT_FOUND.into_response()) };
    let (mime, bytes): (String, Bytes) = (file.mime, file.bytes);
    Ok(([(header::CONTENT_TYPE, mime)], bytes).into_response())
}

/// `DELETE /{media_id}`.
pub(super) async fn delete(
    State(twin): App,
    Path((_version, id)): Path<(String, String)>,
    headers: HeaderMap,
) -> Answer {
    twin.admit(&headers).await?;
    if twin.media.remove(&id) { Ok(success()) } else { Err(GraphError::unknown_object()) }
}

/// `GET /{phone_number_id}/message_history?message_id=…`: what became of one message.
pub(super) async fn history(
    State(twin): App,
    Path((_version, number)): Path<(String, String)>,
    Query(wanted): Asked,
    headers: HeaderMap,
) -> Answer {
    twin.admit(&headers).await?;
    if number != PHONE_NUMBER_ID {
        return Err(GraphError::unknown_object());
    }
    let record = twin.desk.log.get(&wanted.message_id);
    let Some(record) = record.filter(|record| record.direction == Direction::Outbound) else {
        return Ok(api::json(&json!({ "data": [] })));
    };
    let events: Vec<Value> = (1_u32..)
        .zip(record.history())
        .map(|(number, (receipt, at))| {
            json!({
                "id": format!("{PHONE_NUMBER_ID}{number}"),
                "delivery_status": receipt.state.to_ascii_uppercase(),
                "timestamp": at.as_secs(),
                "error_description": receipt.error.map(super::errors::title),
            })
        })
        .collect();
    let entry = json!({ "id": PHONE_NUMBER_ID, "message_id": record.id, "events": { "data": events } });
    Ok(api::json(&json!({ "data": [entry] })))
}

/// `GET /{business_account_id}/message_templates`.
pub(super) async fn templates(
    State(twin): App,
    Path((_version, account)): Path<(String, String)>,
    Query(wanted): Asked,
    headers: HeaderMap,
) -> Answer {
    twin.admit(&headers).await?;
    if account != BUSINESS_ACCOUNT_ID {
        return Err(GraphError::unknown_object());
    }
    let listed = TEMPLATES.iter().enumerate().filter(|(_, template)| template.trouble != Some(132_001));
    let data: Vec<Value> = listed
        .filter(|(_, template)| wanted.name.is_empty() || template.name == wanted.name)
        .map(|(number, template)| {
            let status = match template.trouble {
                Some(132_015) => "PAUSED",
                Some(_) => "DISABLED",
                None => "APPROVED",
            };
            json!({
                "id": format!("{BUSINESS_ACCOUNT_ID}{number}"),
                "name": template.name,
                "language": "en_US",
                "status": status,
                "category": template.category.name().to_ascii_uppercase(),
                "components": template.components(),
            })
        })
        .collect();
    Ok(api::json(&json!({ "data": data, "paging": {} })))
}

/// `GET /{business_account_id}/subscribed_apps`.
pub(super) async fn subscribed(State(twin): App, headers: HeaderMap) -> Answer {
    twin.admit(&headers).await?;
    let override_uri = twin.desk.webhook_url();
    let app = json!({ "id": "155501000030009", "name": "omniservice", "link": "https://example.com/" });
    Ok(api::json(&json!({
        "data": [{ "whatsapp_business_api_data": app, "override_callback_uri": override_uri }],
    })))
}

/// A change that the twin accepts without effect.
pub(super) async fn done(State(twin): App, headers: HeaderMap) -> Answer {
    twin.admit(&headers).await?;
    Ok(success())
}
