//! Files for later messages: `upload_file`, a form with the one field `file`. What comes back is
//! an address on LiveChat's CDN. A file that no event uses is gone after 24 hours; one that an
//! event uses stays.

use omni_core::carrier::Upload;
use omni_core::content::OutboundMedia;
use omni_core::failure::{ErrorClass, SendError};
use omni_core::http::{HttpClient, HttpResponse};
use serde_json::Value;

use super::Settings;
use super::errors::ApiError;
use super::send::LARGEST_FILE;
use super::session::Session;
use crate::shared::{form_data, json};

/// Leaves a file. Executable files are refused by LiveChat, which does not say how it tells.
pub(super) async fn upload(
    settings: &Settings,
    session: &Session,
    http: &dyn HttpClient,
    file: &Upload,
) -> Result<OutboundMedia, SendError> {
    if file.bytes.len() as u64 > LARGEST_FILE {
        return Err(SendError::Unsupported("media_too_large"));
    }
    let (content_type, body) = form_data::with_file(&[], "file", file);
    outcome(file, &session.upload(settings, http, &content_type, &body).await?)
}

fn outcome(file: &Upload, response: &HttpResponse) -> Result<OutboundMedia, SendError> {
    if !response.is_success() {
        return Err(match ApiError::of(response).into_send_error(response) {
            // Nobody was sent anything, so another try does no harm.
            SendError::Ambiguous(why) => SendError::rejected(ErrorClass::Transient, "upload", why),
            other => other,
        });
    }
    let body: Value = serde_json::from_slice(&response.body).unwrap_or_default();
    let url = json::text(&body["url"])
        .ok_or_else(|| SendError::rejected(ErrorClass::Transient, "upload", "the answer holds no address"))?;
    Ok(OutboundMedia {
        url: Some(url.to_owned()),
        mime: Some(file.mime.clone()).filter(|mime| !mime.is_empty()),
        filename: Some(file.filename.clone()).filter(|name| !name.is_empty()),
        size: Some(file.bytes.len() as u64),
        ..OutboundMedia::default()
    })
}
