//! The files of the account: uploaded by us, or sent by people.

use std::time::Duration;

use axum::http::HeaderMap;
use bytes::Bytes;
use omni_core::time::Timestamp;
use parking_lot::Mutex;

use crate::bounded::Bounded;

/// Files, and bytes in all, that are kept; the oldest go first.
const FILES: usize = 500;
const BYTES: usize = 64 << 20;
/// How long Bandwidth keeps a file.
const KEPT: Duration = Duration::from_secs(48 * 3_600);
/// Largest upload.
pub(super) const MAX_UPLOAD: usize = 3_750_000;

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
