//! The media that was uploaded to the twin or came with what people wrote.

use base64::Engine as _;
use bytes::Bytes;
use parking_lot::Mutex;
use sha2::{Digest, Sha256};

use super::errors::GraphError;
use crate::bounded::Bounded;
use crate::dice::hex;
use crate::multipart::Part;

/// Files, and bytes in all, that are kept; the oldest go first.
const FILES: usize = 500;
const BYTES: usize = 128 << 20;

/// One file.
#[derive(Debug, Clone)]
pub(super) struct File {
    pub(super) mime: String,
    pub(super) bytes: Bytes,
    digest: [u8; 32],
}

impl File {
    pub(super) fn new(mime: &str, bytes: Bytes) -> Self {
        let digest = Sha256::digest(&bytes).into();
        Self { mime: mime.to_owned(), bytes, digest }
    }

    /// As in `GET /{media_id}`.
    pub(super) fn sha256_hex(&self) -> String {
        hex(&self.digest)
    }

    /// As in webhooks.
    pub(super) fn sha256_base64(&self) -> String {
        base64::engine::general_purpose::STANDARD.encode(self.digest)
    }
}

/// The files by media id.
pub(super) struct Shelf(Mutex<Content>);

struct Content {
    files: Bounded<File>,
    bytes: usize,
    most_bytes: usize,
}

impl Default for Shelf {
    fn default() -> Self {
        Self::of(BYTES)
    }
}

impl Shelf {
    /// An empty shelf for so many bytes.
    fn of(most_bytes: usize) -> Self {
        Self(Mutex::new(Content { files: Bounded::new(FILES), bytes: 0, most_bytes }))
    }

    pub(super) fn put(&self, id: &str, file: File) {
        let mut content = self.0.lock();
        content.bytes += file.bytes.len();
        if let Some(pushed_out) = content.files.insert(id, file) {
            content.bytes -= pushed_out.bytes.len();
        }
        while content.bytes > content.most_bytes {
            let Some(file) = content.files.remove_oldest() else { break };
            content.bytes -= file.bytes.len();
        }
    }

    pub(super) fn get(&self, id: &str) -> Option<File> {
        self.0.lock().files.get(id).cloned()
    }

    pub(super) fn has(&self, id: &str) -> bool {
        self.0.lock().files.get(id).is_some()
    }

    pub(super) fn remove(&self, id: &str) -> bool {
        let mut content = self.0.lock();
        let Some(file) = content.files.remove(id) else { return false };
        content.bytes -= file.bytes.len();
        true
    }
}

/// Reads the parts of an upload.
pub(super) fn upload(parts: &[Part]) -> Result<File, GraphError> {
    let field = |name: &str| parts.iter().find(|part| part.name == name);
    let required = |name: &str| GraphError::new(100).details(format!("The parameter {name} is required."));
    if field("messaging_product").is_none_or(|part| part.body != "whatsapp") {
        return Err(required("messaging_product"));
    }
    let file = field("file").filter(|part| part.filename.is_some()).ok_or_else(|| required("file"))?;
    let declared = field("type").and_then(|part| std::str::from_utf8(&part.body).ok());
    let mime = declared.or(file.content_type.as_deref()).ok_or_else(|| required("type"))?;
    let Some(most) = limit(mime) else {
        let details = format!(
            "Param file must be a file with one of the following types: {}. Received file of type '{mime}'.",
            TYPES.join(", ")
        );
        return Err(GraphError::new(100).details(details));
    };
    if file.body.is_empty() || file.body.len() > most {
        return Err(GraphError::new(131_053).details(format!("The file must have 1 to {most} bytes.")));
    }
    Ok(File::new(mime, file.body.clone()))
}

/// The types that Meta takes as uploads, in the order of its own error message.
const TYPES: &[&str] = &[
    "audio/aac",
    "audio/mp4",
    "audio/mpeg",
    "audio/amr",
    "audio/ogg",
    "audio/opus",
    "application/vnd.ms-powerpoint",
    "application/msword",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/pdf",
    "text/plain",
    "application/vnd.ms-excel",
    "image/jpeg",
    "image/png",
    "image/webp",
    "video/mp4",
    "video/3gpp",
];

/// The most bytes of a media type (Meta's page on media); `None` if Meta does not take it.
fn limit(mime: &str) -> Option<usize> {
    let essence = mime.split(';').next().unwrap_or_default().trim();
    if !TYPES.contains(&essence) {
        return None;
    }
    Some(match essence.split('/').next().unwrap_or_default() {
        // An animated sticker; a static one has 100 KB at most.
        _ if essence == "image/webp" => 500 << 10,
        "image" => 5 << 20,
        "audio" | "video" => 16 << 20,
        _ => 100 << 20,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(name: &str, filename: Option<&str>, body: &'static [u8]) -> Part {
        let filename = filename.map(str::to_owned);
        Part { name: name.into(), filename, content_type: Some("image/png".into()), body: body.into() }
    }

    #[test]
    fn an_upload_needs_its_three_fields() {
        let product = || part("messaging_product", None, b"whatsapp");
        let cases = [
            ("complete", vec![product(), part("file", Some("a.png"), b"x")], Ok(())),
            ("no product", vec![part("file", Some("a.png"), b"x")], Err(100)),
            ("no file", vec![product()], Err(100)),
            ("not a file", vec![product(), part("file", None, b"x")], Err(100)),
            ("empty file", vec![product(), part("file", Some("a.png"), b"")], Err(131_053)),
            (
                "a type that is not taken",
                vec![product(), part("file", Some("a.gif"), b"x"), part("type", None, b"image/gif")],
                Err(100),
            ),
            (
                "an archive",
                vec![product(), part("file", Some("a.zip"), b"x"), part("type", None, b"application/zip")],
                Err(100),
            ),
        ];
        for (name, parts, expect) in cases {
            assert_eq!(upload(&parts).map(|_| ()).map_err(|error| error.code), expect, "{name}");
        }
    }

    #[test]
    fn the_shelf_is_bounded_in_bytes() {
        let shelf = Shelf::of(100);
        let half: Bytes = vec![0; 70].into();
        shelf.put("a", File::new("text/plain", half.clone()));
        shelf.put("b", File::new("text/plain", half));
        assert!(!shelf.has("a") && shelf.has("b"));
        assert!(shelf.remove("b") && !shelf.remove("b"));
        assert_eq!(shelf.0.lock().bytes, 0);
    }
}
