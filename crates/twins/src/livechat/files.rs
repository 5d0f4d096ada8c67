//! Uploaded files, and those that visitors sent.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use parking_lot::Mutex;
use serde_json::json;

use super::LiveChat;
use super::api::{App, json};
use super::errors::ApiError;
use crate::bounded::Bounded;
use crate::multipart;
use crate::samples::Sample;

/// The largest file.
pub(super) const LARGEST: usize = 10 << 20;
/// Files that are kept; the oldest go first.
const FILES: usize = 8;
/// What is no file for a visitor.
const EXECUTABLES: [&str; 7] = ["exe", "bat", "cmd", "com", "msi", "scr", "sh"];

#[derive(Debug, Clone)]
struct File {
    mime: String,
    bytes: Bytes,
}

/// The files by id.
pub(super) struct Files(Mutex<Bounded<File>>);

impl Default for Files {
    fn default() -> Self {
        Self(Mutex::new(Bounded::new(FILES)))
    }
}

impl Files {
    pub(super) fn has(&self, id: &str) -> bool {
        self.0.lock().get(id).is_some()
    }
}

impl LiveChat {
    /// Keeps a file; gives back its URL.
    fn keep_file(&self, name: &str, mime: &str, bytes: Bytes) -> String {
        let id = self.desk.ids.hex();
        self.files.0.lock().insert(&id, File { mime: mime.to_owned(), bytes });
        let name: String = url::form_urlencoded::byte_serialize(name.as_bytes()).collect();
        format!("{}/files/{id}/{name}", self.desk.base_url)
    }

    /// Keeps a file that a visitor sends.
    pub(super) fn attach(&self, sample: Sample) -> String {
        self.keep_file(sample.filename, sample.mime, Bytes::from_static(sample.bytes))
    }
}

/// `upload_file`: one multipart field `file`.
pub(super) async fn upload(
    State(twin): App,
    Path(version): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, ApiError> {
    twin.admit(&version, &headers).await?;
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let parts = multipart::parts(content_type.unwrap_or_default(), &body);
    let parts = parts.ok_or_else(|| ApiError::validation("the body must be multipart/form-data"))?;
    let file = parts.into_iter().find(|part| part.name == "file");
    let file = file.ok_or_else(|| ApiError::validation("`file` is required"))?;
    let name = file.filename.as_deref().unwrap_or("file");
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let ending = name.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
    if file.body.len() > LARGEST {
        return Err(ApiError::new("entity_too_large", "the file is larger than 10 MB"));
    }
    if file.body.is_empty() || EXECUTABLES.contains(&ending.as_str()) {
        return Err(ApiError::validation("files of this kind cannot be sent"));
    }
    let mime = file.content_type.as_deref().unwrap_or("application/octet-stream");
    let url = twin.keep_file(name, mime, file.body.clone());
    Ok(json(axum::http::StatusCode::OK, &json!({ "url": url })))
}

/// Whoever knows the URL may have the file.
pub(super) async fn download(
    State(twin): App,
    Path((id, _name)): Path<(String, String)>,
) -> Result<Response, ApiError> {
    let file = twin.files.0.lock().get(&id).cloned();
    let file = file.ok_or_else(|| ApiError::new("not_found", "no such file"))?;
    Ok(([(header::CONTENT_TYPE, file.mime)], file.bytes).into_response())
}
