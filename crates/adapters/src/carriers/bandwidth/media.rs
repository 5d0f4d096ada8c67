//! Media: how many, how large, under which addresses; and files left with Bandwidth, which
//! are then named by their address there.
//!
//! Bandwidth keeps a file for 48 hours; one of the same name is replaced. The name is made of
//! the content, so that the same file twice is one file, and nobody's is overwritten.

use omni_core::address::Address;
use omni_core::carrier::Upload;
use omni_core::content::OutboundMedia;
use omni_core::failure::SendError;
use omni_core::http::HttpRequest;
use omni_core::phone::is_toll_free;

use super::Settings;
use crate::shared::hmac;

/// Most media of one picture message: what networks deliver in one piece.
pub(super) const MAX_MEDIA: usize = 10;
/// Longest address of a medium in a picture message, and of a file in an RCS message
/// (descriptions of `messageMedia` and `rbmMessageContentFile`).
const MAX_URL: usize = 4_096;
const MAX_FILE_URL: usize = 1_000;
/// Most bytes of all media of a picture message (description of `mmsMessageContentFile`);
/// networks take less, those of toll-free senders by far (support article on MMS sizes).
pub(super) const MAX_MMS_BYTES: u64 = 3_500_000;
const MAX_TOLL_FREE_BYTES: u64 = 525_000;
/// Most bytes of a file of RCS (description of `rbmMessageContentFile`).
pub(super) const MAX_FILE_BYTES: u64 = 100_000_000;
/// Largest file that can be left with Bandwidth (media guide).
const MAX_UPLOAD: usize = 3_750_000;
/// How much of a file's name is kept.
const MAX_NAME: usize = 80;

/// What may be sent: families where the description of uploads lists many, else each.
pub(super) const SENDABLE: &[&str] = &[
    "image/*",
    "video/*",
    "audio/*",
    "text/*",
    "application/ogg",
    "application/pdf",
    "application/rtf",
    "application/zip",
    "application/json",
    "application/xml",
    "application/gzip",
    "application/x-gzip",
    "application/x-bzip2",
    "application/x-tar",
];

/// What can be left with Bandwidth (description of `uploadMediaRequest`), layout and scripts
/// aside.
const UPLOADABLE: &[&str] = &[
    "application/gzip",
    "application/json",
    "application/ogg",
    "application/pdf",
    "application/rtf",
    "application/x-bzip2",
    "application/x-gzip",
    "application/x-tar",
    "application/xml",
    "application/zip",
    "audio/3gpp",
    "audio/amr",
    "audio/flac",
    "audio/mp4",
    "audio/mpeg",
    "audio/ogg",
    "audio/wav",
    "audio/webm",
    "image/bmp",
    "image/gif",
    "image/heic",
    "image/heif",
    "image/jpeg",
    "image/pjpeg",
    "image/png",
    "image/svg+xml",
    "image/tiff",
    "image/webp",
    "image/x-icon",
    "text/calendar",
    "text/css",
    "text/csv",
    "text/html",
    "text/plain",
    "text/vcard",
    "text/vnd.wap.wml",
    "text/xml",
    "video/avi",
    "video/mp4",
    "video/mpeg",
    "video/ogg",
    "video/quicktime",
    "video/webm",
    "video/x-flv",
    "video/x-ms-wmv",
];

/// The addresses of a picture message's media.
pub(super) fn of_mms<'a>(media: &'a [OutboundMedia], from: &Address) -> Result<Vec<&'a str>, SendError> {
    if media.is_empty() || media.len() > MAX_MEDIA {
        return Err(SendError::Unsupported("a picture message has one to ten media"));
    }
    let known = media.iter().filter_map(|medium| medium.size).fold(0, u64::saturating_add);
    if known > MAX_MMS_BYTES {
        return Err(SendError::Unsupported("the media of a picture message have at most 3.5 MB together"));
    }
    if known > MAX_TOLL_FREE_BYTES && is_toll_free(from) {
        return Err(SendError::Unsupported("media from a toll-free number have at most 525 KB together"));
    }
    let url = |medium: &'a OutboundMedia| {
        fetchable(medium, MAX_URL)
            .ok_or(SendError::Unsupported("media need a public URL of at most 4,096 characters"))
    };
    media.iter().map(url).collect()
}

/// The address of a file in an RCS message.
pub(super) fn of_rcs(medium: &OutboundMedia) -> Result<&str, SendError> {
    if medium.size.is_some_and(|size| size > MAX_FILE_BYTES) {
        return Err(SendError::Unsupported("a file of an RCS message has at most 100 MB"));
    }
    fetchable(medium, MAX_FILE_URL).ok_or(SendError::Unsupported(
        "a file of an RCS message has a public URL of at most 1,000 characters",
    ))
}

fn fetchable(medium: &OutboundMedia, longest: usize) -> Option<&str> {
    medium.url.as_deref().filter(|url| url.len() <= longest && is_web(url))
}

/// Bandwidth fetches over HTTP only: a `data:` address is nothing to fetch.
pub(super) fn is_web(url: &str) -> bool {
    let begins = |scheme: &str| url.get(..scheme.len()).is_some_and(|head| head.eq_ignore_ascii_case(scheme));
    begins("https://") || begins("http://")
}

/// The request that leaves a file, and the medium that messages name it by.
pub(super) fn upload(settings: &Settings, file: &Upload) -> Result<(HttpRequest, OutboundMedia), SendError> {
    if file.bytes.len() > MAX_UPLOAD {
        return Err(SendError::Unsupported("Bandwidth keeps files of at most 3.75 MB"));
    }
    let mime = file.mime.trim().to_ascii_lowercase();
    if !UPLOADABLE.contains(&mime.as_str()) {
        return Err(SendError::Unsupported("Bandwidth keeps no files of this media type"));
    }
    let url = settings.url(&format!("media/{}", media_id(file)));
    let medium = OutboundMedia {
        url: Some(url.clone()),
        mime: Some(mime.clone()),
        filename: Some(file.filename.clone()),
        size: u64::try_from(file.bytes.len()).ok(),
        ..OutboundMedia::default()
    };
    let request =
        HttpRequest::new("PUT", url).header("accept", "application/json").body(mime, file.bytes.clone());
    Ok((request, medium))
}

/// One segment that needs no escapes: half of the content's digest, and what can be kept of
/// the name, its end first, for that says what the file is.
fn media_id(file: &Upload) -> String {
    let harmless = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '.' | '_') { c } else { '-' };
    let name: String = file.filename.chars().map(harmless).collect();
    let kept = name.get(name.len().saturating_sub(MAX_NAME)..).unwrap_or_default();
    let kept = kept.trim_matches(['.', '-']);
    let digest = hmac::digest(&file.bytes);
    format!("{}-{}", hmac::hex(&digest[..16]), if kept.is_empty() { "file" } else { kept })
}
