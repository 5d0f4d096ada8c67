//! Files left with a carrier, for messages that name them by id.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use omni_core::carrier::Upload;
use omni_core::content::OutboundMedia;
use omni_core::failure::{ErrorClass, SendError};
use omni_core::problem::{self, Problem};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::connections::ours;
use crate::auth::Bearer;
use crate::error::{Answer, Failure};
use crate::params::{Params, WordPath};
use crate::{Api, body};

/// Most bytes of a file, whatever its carrier would take: it is held in memory.
const LARGEST: u64 = 32 << 20;
/// How long a carrier may take for a whole file.
const PATIENCE: Duration = Duration::from_secs(60);
/// Longest file name, in characters.
const LONGEST_NAME: usize = 240;

pub(super) fn routes() -> OpenApiRouter<Arc<Api>> {
    OpenApiRouter::new().routes(routes!(upload))
}

/// A medium as messages name it: goes into `content.media` as it is.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = UploadedMedia, example = json!({
    "id": "1013859600285441", "mime": "application/pdf", "filename": "booking-4711.pdf", "size": 48213,
}))]
struct UploadedView {
    /// The carrier's id for it; this or the address.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    /// Its address at the carrier.
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    /// Its media type.
    #[serde(skip_serializing_if = "Option::is_none")]
    mime: Option<String>,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    filename: Option<String>,
    /// How many bytes it has.
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<u64>,
}

impl From<OutboundMedia> for UploadedView {
    fn from(OutboundMedia { url, id, mime, filename, size, voice: _ }: OutboundMedia) -> Self {
        Self { id, url, mime, filename, size }
    }
}

/// Upload a file to a carrier
///
/// Leaves a file with the connection's carrier; nobody is sent anything. The body is the file,
/// its media type is the header `Content-Type`. What comes back goes into `content.media` of
/// messages that leave by this connection. What a carrier takes and how long it keeps it differs;
/// a connection whose `capabilities.uploads` is false takes none. At most 32 MiB.
#[utoipa::path(
    post, path = "/v1/connections/{id}/media", tag = "connections", operation_id = "uploadMedia",
    params(
        ("id" = String, Path, description = "The connection's name", example = "whatsapp-main"),
        ("filename" = Option<String>, Query, description = "The file's name, without a path", example = "booking-4711.pdf"),
    ),
    request_body(content = String, content_type = "application/octet-stream", description = "The file"),
    responses((status = 201, description = "The carrier has it", body = UploadedView)),
    extensions(("x-error-codes" = json!([
        "NOT_FOUND", "FORBIDDEN", "BODY_UNREADABLE", "BODY_TOO_LARGE", "OVERLOADED", "QUERY_INVALID",
        "UPLOAD_REFUSED", "UPLOAD_FAILED",
    ]))),
)]
async fn upload(
    State(api): State<Arc<Api>>,
    Bearer(caller): Bearer,
    WordPath(name): WordPath,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Body,
) -> Answer<(StatusCode, Json<UploadedView>)> {
    let params = Params::new(query.as_deref(), &["filename"]);
    let filename = params.text("filename").map(str::to_owned);
    params.done()?;
    let connection = ours(&api, &caller.tenant, &name)?;
    if connection.sandbox != caller.sandbox {
        let detail = "Test keys reach sandbox connections only, live keys the others.";
        return Err(Failure::new(problem::FORBIDDEN, detail));
    }
    let capabilities = connection.carrier.capabilities();
    if !capabilities.uploads {
        let detail = format!("{name} keeps no files: its messages name media by `url`.");
        return Err(Failure::new(problem::UPLOAD_REFUSED, detail));
    }
    let mime = media_type(&headers)?;
    let such = OutboundMedia { mime: Some(mime.clone()), ..OutboundMedia::default() };
    let limit = usize::try_from(capabilities.largest(&such).min(LARGEST)).unwrap_or(usize::MAX);
    // Held until the carrier has the file: so long it takes up memory.
    let read = body::collect(&headers, body, limit, &api.room).await?;
    if read.bytes.is_empty() {
        return Err(Failure::new(problem::BODY_UNREADABLE, "The body is empty; the file belongs there."));
    }
    let filename = filename.as_deref().and_then(base_name).unwrap_or_else(|| "file".to_owned());
    let file = Upload { bytes: read.bytes.clone(), mime, filename };
    match tokio::time::timeout(PATIENCE, connection.carrier.upload(&*api.engine.http, &file)).await {
        Ok(Ok(media)) => Ok((StatusCode::CREATED, Json(media.into()))),
        Ok(Err(error)) => Err(problem_of(&error).into()),
        Err(_) => {
            let detail = format!("The carrier did not answer within {} s.", PATIENCE.as_secs());
            Err(Failure::new(problem::UPLOAD_FAILED, detail))
        }
    }
}

/// The media type in `Content-Type`, without parameters. Curl's default for `--data` says
/// nothing about a file and is refused, so that nobody sends a picture as a form.
fn media_type(headers: &HeaderMap) -> Result<String, Problem> {
    let given = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mime = given.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let named = mime.split_once('/').is_some_and(|(family, kind)| !family.is_empty() && !kind.is_empty());
    if !named || mime.len() > 100 || mime == "application/x-www-form-urlencoded" {
        let detail = "Say what the file is, like `Content-Type: application/pdf`.";
        return Err(Problem::new(problem::BODY_UNREADABLE, detail));
    }
    Ok(mime)
}

/// The last part of a name, without control characters; `None` if nothing is left.
fn base_name(name: &str) -> Option<String> {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let plain: String = last.chars().filter(|c| !c.is_control() && *c != '"').take(LONGEST_NAME).collect();
    let plain = plain.trim().trim_start_matches('.');
    (!plain.is_empty()).then(|| plain.to_owned())
}

/// A carrier in trouble may take it later; a file that it does not want it never takes.
fn problem_of(error: &SendError) -> Problem {
    let passing = matches!(
        error.class(),
        ErrorClass::Transient | ErrorClass::Throttled | ErrorClass::Ambiguous | ErrorClass::QualityLimited
    );
    let code = if passing { problem::UPLOAD_FAILED } else { problem::UPLOAD_REFUSED };
    Problem::new(code, format!("{error}."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_part_without_tricks() {
        let cases = [
            ("menu.png", Some("menu.png")),
            ("../../etc/passwd", Some("passwd")),
            ("C:\\a\\b.pdf", Some("b.pdf")),
            ("..", None),
            ("a\r\n\"b\".txt", Some("ab.txt")),
            ("", None),
            (".htaccess", Some("htaccess")),
        ];
        for (name, expect) in cases {
            assert_eq!(base_name(name).as_deref(), expect, "{name:?}");
        }
    }

    #[test]
    fn a_file_says_what_it_is() {
        let cases = [
            ("image/PNG", Some("image/png")),
            ("audio/ogg; codecs=opus", Some("audio/ogg")),
            ("application/x-www-form-urlencoded", None),
            ("png", None),
            ("/", None),
            ("", None),
        ];
        for (given, expect) in cases {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_TYPE, given.parse().unwrap());
            assert_eq!(media_type(&headers).ok().as_deref(), expect, "{given}");
        }
    }
}
