//! The files of the account: left here by us, or sent by people; and what is wrong with those
//! that a message names.

use std::time::Duration;

use axum::http::HeaderMap;
use bytes::Bytes;
use omni_core::time::Timestamp;
use parking_lot::Mutex;

use super::request::Channel;
use super::{ACCOUNT, Bandwidth};
use crate::bounded::Bounded;

/// Files, and bytes in all, that are kept; the oldest go first.
const FILES: usize = 500;
const BYTES: usize = 64 << 20;
/// How long Bandwidth keeps a file.
const KEPT: Duration = Duration::from_secs(48 * 3_600);
/// Largest upload.
pub(super) const MAX_UPLOAD: usize = 3_750_000;

/// Most bytes of all media of a picture message.
const MAX_TOGETHER: usize = 3_500_000;
/// What is wrong with media, as a failed message says it.
const NOT_THERE: u32 = 4410;
const TOO_LARGE: u32 = 4411;

/// What may be left here: the media types of the description of uploads.
#[rustfmt::skip]
const KEPT_TYPES: &[&str] = &[
    "application/gzip", "application/javascript", "application/json", "application/ogg", "application/pdf",
    "application/rtf", "application/smil", "application/x-bzip2", "application/x-gzip", "application/x-tar",
    "application/xml", "application/zip",
    "audio/3gpp", "audio/amr", "audio/flac", "audio/mp4", "audio/mpeg", "audio/ogg", "audio/wav", "audio/webm",
    "image/bmp", "image/gif", "image/heic", "image/heif", "image/jpeg", "image/pjpeg", "image/png",
    "image/svg+xml", "image/tiff", "image/webp", "image/x-icon",
    "text/calendar", "text/css", "text/csv", "text/html", "text/javascript", "text/plain", "text/vcard",
    "text/vnd.wap.wml", "text/xml",
    "video/avi", "video/mp4", "video/mpeg", "video/ogg", "video/quicktime", "video/webm", "video/x-flv",
    "video/x-ms-wmv",
];

/// Whether files of this media type are kept.
pub(super) fn keeps(mime: &str) -> bool {
    KEPT_TYPES.iter().any(|kept| kept.eq_ignore_ascii_case(mime))
}

/// What is wrong with a message's media, as far as they were left here: what stands elsewhere
/// is not fetched.
pub(super) fn trouble(twin: &Bandwidth, channel: Channel, urls: &[String]) -> Option<u32> {
    let here = format!("{}/users/{ACCOUNT}/media/", twin.api());
    let mut together = 0_usize;
    for id in urls.iter().filter_map(|url| url.strip_prefix(&here)) {
        let id = percent_encoding::percent_decode_str(id).decode_utf8_lossy();
        let Some(file) = twin.media.get(&id, twin.desk.now()) else { return Some(NOT_THERE) };
        together = together.saturating_add(file.bytes.len());
    }
    // A file of RCS may be larger than anything that can be left here.
    (channel != Channel::Rbm && together > MAX_TOGETHER).then_some(TOO_LARGE)
}

/// One file.
#[derive(Debug, Clone)]
pub(super) struct File {
    pub(super) mime: String,
    pub(super) cache_control: Option<String>,
    pub(super) bytes: Bytes,
    pub(super) at: Timestamp,
}

impl File {
    /// An upload.
    pub(super) fn upload(headers: &HeaderMap, bytes: Bytes, at: Timestamp) -> Self {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let mime = text("content-type").unwrap_or_else(|| "application/octet-stream".into());
        Self { mime, cache_control: text("cache-control"), bytes, at }
    }
}

/// The files by media id.
pub(super) struct Shelf(Mutex<Content>);

struct Content {
    files: Bounded<(String, File)>,
    bytes: usize,
    most_bytes: usize,
}

impl Default for Shelf {
    fn default() -> Self {
        Self::of(BYTES)
    }
}

impl Shelf {
    fn of(most_bytes: usize) -> Self {
        Self(Mutex::new(Content { files: Bounded::new(FILES), bytes: 0, most_bytes }))
    }

    /// A file of the same name is replaced.
    pub(super) fn put(&self, id: &str, file: File) {
        let mut content = self.0.lock();
        if let Some((_, replaced)) = content.files.remove(id) {
            content.bytes -= replaced.bytes.len();
        }
        content.bytes += file.bytes.len();
        if let Some((_, pushed_out)) = content.files.insert(id, (id.to_owned(), file)) {
            content.bytes -= pushed_out.bytes.len();
        }
        while content.bytes > content.most_bytes {
            let Some((_, file)) = content.files.remove_oldest() else { break };
            content.bytes -= file.bytes.len();
        }
    }

    pub(super) fn get(&self, id: &str, now: Timestamp) -> Option<File> {
        let file = self.0.lock().files.get(id).map(|(_, file)| file.clone());
        file.filter(|file| now.since(file.at) < KEPT)
    }

    pub(super) fn remove(&self, id: &str) -> bool {
        let mut content = self.0.lock();
        let Some((_, file)) = content.files.remove(id) else { return false };
        content.bytes -= file.bytes.len();
        true
    }

    /// Names and sizes, oldest first.
    pub(super) fn list(&self, now: Timestamp) -> Vec<(String, usize)> {
        let content = self.0.lock();
        let kept = content.files.values().filter(|(_, file)| now.since(file.at) < KEPT);
        kept.map(|(id, file)| (id.clone(), file.bytes.len())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(bytes: usize, at: i64) -> File {
        let at = Timestamp::from_secs(at);
        File { mime: "text/plain".into(), cache_control: None, bytes: vec![0; bytes].into(), at }
    }

    #[test]
    fn files_are_gone_after_two_days() {
        let shelf = Shelf::default();
        shelf.put("a/0/x.txt", file(3, 1_000));
        let after = |hours: i64| Timestamp::from_secs(1_000 + hours * 3_600);
        assert!(shelf.get("a/0/x.txt", after(47)).is_some());
        assert!(shelf.get("a/0/x.txt", after(48)).is_none());
        assert_eq!((shelf.list(after(47)).len(), shelf.list(after(48)).len()), (1, 0));
    }

    #[test]
    fn the_shelf_is_bounded_in_bytes_and_counts_replacements_once() {
        let shelf = Shelf::of(100);
        shelf.put("a", file(70, 0));
        shelf.put("a", file(60, 0));
        assert_eq!(shelf.0.lock().bytes, 60);
        shelf.put("b", file(70, 0));
        assert!(shelf.get("a", Timestamp::EPOCH).is_none() && shelf.get("b", Timestamp::EPOCH).is_some());
        assert!(shelf.remove("b") && !shelf.remove("b"));
        assert_eq!(shelf.0.lock().bytes, 0);
    }
}
