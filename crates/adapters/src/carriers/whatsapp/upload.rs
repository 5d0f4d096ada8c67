//! Uploads: `POST /{version}/{phone_number_id}/media`, a form with the file. What comes back is
//! an id for this number only, good for 30 days.

use std::time::Duration;

use omni_core::carrier::Upload;
use omni_core::content::OutboundMedia;
use omni_core::failure::{ErrorClass, SendError};
use omni_core::http::{HttpRequest, HttpResponse};
use serde_json::Value;

use super::shape::media;
use super::{Settings, send};
use crate::shared::{form_data, json};

/// A document may have 100 MB: more than what the client's default allows for.
const TIMEOUT: Duration = Duration::from_secs(120);

/// The request that leaves `file` with Meta.
pub(super) fn request(settings: &Settings, file: &Upload) -> Result<HttpRequest, SendError> {
    if settings.phone_number_id.is_empty() {
        return Err(SendError::Unsupported("phone_number_id_missing"));
    }
    if !media::taken(Some(&file.mime)) {
        return Err(SendError::Unsupported("media_type_not_carried"));
    }
    if file.bytes.is_empty() {
        return Err(SendError::rejected(ErrorClass::BadRequest, "media", "is empty"));
    }
    media::check_size(medium(file).kind(), file.bytes.len() as u64)?;
    // Browsers name the codec of what they record behind the type; Meta's list has plain types.
    let plain = Upload { mime: media::essence(&file.mime).to_owned(), ..file.clone() };
    let fields = [("messaging_product", "whatsapp"), ("type", plain.mime.as_str())];
    let (content_type, body) = form_data::with_file(&fields, "file", &plain);
    let mut request = HttpRequest::new("POST", send::url(settings, "/media", &[]))
        .header("authorization", send::bearer(settings))
        .body(content_type, body);
    request.timeout = Some(TIMEOUT);
    Ok(request)
}

/// What Meta's answer means. An upload sends nothing to anybody, so whatever went wrong on the
/// way, another try does no harm.
pub(super) fn outcome(file: &Upload, response: &HttpResponse) -> Result<OutboundMedia, SendError> {
    let body = json::parse(&response.body).unwrap_or(Value::Null);
    if !response.is_success() {
        return Err(match send::refusal(response, &body["error"]) {
            SendError::Ambiguous(why) => SendError::rejected(ErrorClass::Transient, "upload", why),
            other => other,
        });
    }
    let id = json::id(&body["id"]);
    let id = id.ok_or_else(|| SendError::rejected(ErrorClass::Transient, "upload", "no id in the answer"))?;
    Ok(OutboundMedia { id: Some(id), ..medium(file) })
}

/// The medium that messages name it by, but for its id.
fn medium(file: &Upload) -> OutboundMedia {
    OutboundMedia {
        mime: Some(file.mime.clone()),
        filename: Some(file.filename.clone()).filter(|name| !name.is_empty()),
        size: Some(file.bytes.len() as u64),
        ..OutboundMedia::default()
    }
}
