//! The media API: files are left, fetched, listed and removed.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use serde_json::json;

use super::api::{Answer, App, content_type, essence, json};
use super::errors::ApiError;
use super::media::{self, File, MAX_UPLOAD};
use super::{ACCOUNT, Bandwidth};

pub(super) fn routes() -> Router<Arc<Bandwidth>> {
    let file = get(download).put(upload).delete(remove).layer(DefaultBodyLimit::max(MAX_UPLOAD + 1));
    Router::new()
        .route("/api/v2/users/{account}/media", get(list_media))
        .route("/api/v2/users/{account}/media/{*id}", file)
}

async fn upload(
    State(twin): App,
    Path((account, id)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    twin.admit_to(&account, &headers).await?;
    let given = content_type(&headers);
    if !media::keeps(essence(given)) {
        return Err(ApiError::unsupported_type(given, "a supported media type"));
    }
    if body.len() > MAX_UPLOAD {
        return Err(ApiError::too_large());
    }
    twin.media.put(&id, File::upload(&headers, body, twin.desk.now()));
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn download(
    State(twin): App,
    Path((account, id)): Path<(String, String)>,
    headers: HeaderMap,
) -> Answer {
    twin.admit_to(&account, &headers).await?;
    let file = twin.media.get(&id, twin.desk.now()).ok_or_else(ApiError::not_found)?;
    let mut response = file.bytes.into_response();
    let given = [(header::CONTENT_TYPE, Some(file.mime)), (header::CACHE_CONTROL, file.cache_control)];
    for (name, value) in given {
        if let Some(value) = value.and_then(|value| HeaderValue::try_from(value).ok()) {
            response.headers_mut().insert(name, value);
        }
    }
    Ok(response)
}

async fn remove(State(twin): App, Path((account, id)): Path<(String, String)>, headers: HeaderMap) -> Answer {
    twin.admit_to(&account, &headers).await?;
    twin.media.remove(&id);
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// All files: the twin keeps fewer than a page of a thousand.
async fn list_media(State(twin): App, Path(account): Path<String>, headers: HeaderMap) -> Answer {
    twin.admit_to(&account, &headers).await?;
    let url = format!("{}/users/{ACCOUNT}/media", twin.api());
    let files: Vec<_> = twin
        .media
        .list(twin.desk.now())
        .into_iter()
        .map(|(id, bytes)| {
            json!({ "content": format!("{url}/{id}"), "contentLength": bytes, "mediaName": id })
        })
        .collect();
    Ok(json(StatusCode::OK, &files))
}
