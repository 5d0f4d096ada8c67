//! Uploads: `POST /{version}/{phone_number_id}/media`, a form with the file. What comes back is
//! an id for this number only, good for 30 days.

use std::time::Duration;

use bytes::Bytes;
use omni_core::carrier::Upload;
use omni_core::content::OutboundMedia;
use omni_core::failure::{ErrorClass, SendError};
use omni_core::http::{HttpRequest, HttpResponse};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::shape::media;
use super::{Settings, send};
use crate::shared::{hmac, json};

/// A document may have 100 MB: more than what the client's default allows for.
const TIMEOUT: Duration = Duration::from_secs(120);

/// Longest media type: 127 characters for each half (RFC 6838).
const LONGEST_MEDIA_TYPE: usize = 255;

/// The request that leaves `file` with Meta.
pub(super) fn request(settings: &Settings, file: &Upload) -> Result<HttpRequest, SendError> {
    if settings.phone_number_id.is_empty() {
        return Err(SendError::Unsupported("phone_number_id_missing"));
    }
    if !is_media_type(&file.mime) || !media::taken(Some(&file.mime)) {
        return Err(SendError::Unsupported("media_type_not_carried"));
    }
    if file.bytes.is_empty() {
        return Err(SendError::rejected(ErrorClass::BadRequest, "media", "is empty"));
    }
    media::check_size(medium(file).kind(), file.bytes.len() as u64)?;
    let boundary = boundary(&file.bytes);
    let mut request = HttpRequest::new("POST", send::url(settings, "/media", &[]))
        .header("authorization", send::bearer(settings))
        .body(format!("multipart/form-data; boundary={boundary}"), form(file, &boundary));
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

/// Whether it may stand in a header line: `type/subtype` of a sane length.
fn is_media_type(mime: &str) -> bool {
    let is_token = |part: &str| {
        !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&b))
    };
    mime.len() <= LONGEST_MEDIA_TYPE && mime.split_once('/').is_some_and(|(a, b)| is_token(a) && is_token(b))
}

/// A delimiter that is not in the file: its digest, or the digest of that with it, and so on.
fn boundary(bytes: &[u8]) -> String {
    let mut digest: [u8; 32] = Sha256::digest(bytes).into();
    loop {
        let boundary = hmac::hex(&digest);
        if !bytes.windows(boundary.len()).any(|window| window == boundary.as_bytes()) {
            return boundary;
        }
        digest = Sha256::digest(digest).into();
    }
}

/// The form (RFC 7578): the product, the type, the file.
fn form(file: &Upload, boundary: &str) -> Bytes {
    let Upload { bytes, mime, filename } = file;
    let filename = filename.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A");
    let head = format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"messaging_product\"\r\n\r\nwhatsapp\r\n\
         --{boundary}\r\nContent-Disposition: form-data; name=\"type\"\r\n\r\n{mime}\r\n\
         --{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{filename}\"\r\n\
         Content-Type: {mime}\r\n\r\n"
    );
    let tail = format!("\r\n--{boundary}--\r\n");
    let mut body = Vec::with_capacity(head.len() + bytes.len() + tail.len());
    body.extend_from_slice(head.as_bytes());
    body.extend_from_slice(bytes);
    body.extend_from_slice(tail.as_bytes());
    body.into()
}
