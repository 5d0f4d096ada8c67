//! Request bodies: whole, within a limit, within a time.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use axum::extract::{FromRequest, Request};
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use bytes::{Bytes, BytesMut};
use futures::StreamExt;
use omni_core::problem::{self, FieldError, Problem};
use serde_json::Value;

use crate::Api;
use crate::error::{Answer, Failure};
use crate::room::{Held, Room};

/// How long a body may take to arrive.
const LONGEST: Duration = Duration::from_secs(30);

/// A whole body, and the room that it takes up while it is held.
#[derive(Debug)]
pub(crate) struct Collected {
    pub(crate) bytes: Bytes,
    pub(crate) held: Held,
}

/// The whole body. A body of one piece (nearly all are) is not copied.
///
/// # Errors
/// [`problem::BODY_TOO_LARGE`] over `limit`, [`problem::BODY_UNREADABLE`] if it ends early or
/// takes too long, [`problem::OVERLOADED`] if `room` has no place for it.
pub(crate) async fn collect(
    headers: &HeaderMap,
    body: Body,
    limit: usize,
    room: &Room,
) -> Result<Collected, Problem> {
    let announced = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| u64::try_from(limit).is_ok_and(|limit| length > limit)) {
        return Err(too_large(limit));
    }
    match tokio::time::timeout(LONGEST, pieces(body.into_data_stream(), limit, room)).await {
        Ok(collected) => collected,
        Err(_) => Err(unreadable(format!("The body did not arrive within {} s.", LONGEST.as_secs()))),
    }
}

async fn pieces(mut pieces: BodyDataStream, limit: usize, room: &Room) -> Result<Collected, Problem> {
    let mut held = Held::default();
    let mut first = Bytes::new();
    let mut whole = BytesMut::new();
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(|_| unreadable("The body ended before it was whole."))?;
        let length = first.len() + whole.len() + piece.len();
        if length > limit {
            return Err(too_large(limit));
        }
        room.cover(&mut held, length)?;
        if first.is_empty() && whole.is_empty() {
            first = piece;
            continue;
        }
        whole.extend_from_slice(&std::mem::take(&mut first));
        whole.extend_from_slice(&piece);
    }
    let bytes = if whole.is_empty() { first } else { whole.freeze() };
    Ok(Collected { bytes, held })
}

/// Proof that the body says nothing (it is empty, or `{}`): for operations that take none.
///
/// A filter that somebody puts there and we would ignore must not do more than they meant.
pub(crate) struct NoBody;

/// Most fields that are told at once.
const MOST_FIELDS: usize = 50;

impl FromRequest<Arc<Api>> for NoBody {
    type Rejection = Failure;

    async fn from_request(request: Request, api: &Arc<Api>) -> Answer<Self> {
        let (parts, body) = request.into_parts();
        let read = collect(&parts.headers, body, api.settings.api_body_limit, &api.room).await?;
        Ok(says_nothing(&read.bytes).map(|()| Self)?)
    }
}

fn says_nothing(body: &[u8]) -> Result<(), Problem> {
    if body.trim_ascii().is_empty() {
        return Ok(());
    }
    let Ok(Value::Object(fields)) = serde_json::from_slice(body) else {
        return Err(unreadable("This operation takes no body; send none, or `{}`."));
    };
    let unknown = |name: &String| {
        let pointer = format!("/{}", name.replace('~', "~0").replace('/', "~1"));
        FieldError::new(pointer, "unknown_field", format!("There is no field `{name}` here."))
    };
    let errors: Vec<FieldError> = fields.keys().take(MOST_FIELDS).map(unknown).collect();
    if errors.is_empty() {
        return Ok(());
    }
    let detail = "This operation takes no fields: nothing was done.".to_owned();
    Err(Problem { code: problem::VALIDATION_FAILED, detail, errors })
}

fn too_large(limit: usize) -> Problem {
    Problem::new(problem::BODY_TOO_LARGE, format!("At most {limit} bytes are taken here."))
}

fn unreadable(detail: impl Into<String>) -> Problem {
    Problem::new(problem::BODY_UNREADABLE, detail)
}

/// The JSON in an API request.
///
/// `application/json` with any parameters. Curl's default, `application/x-www-form-urlencoded`,
/// is taken too if the body is a JSON object: `curl -d '{…}'` simply works.
///
/// # Errors
/// As [`collect`], and [`problem::BODY_UNREADABLE`] with line and column of what is no JSON.
pub(crate) async fn json(
    headers: &HeaderMap,
    body: Body,
    limit: usize,
    room: &Room,
) -> Result<Value, Problem> {
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media_type = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let form = media_type == "application/x-www-form-urlencoded";
    if !form && media_type != "application/json" {
        return Err(unreadable("Send JSON, with the header `Content-Type: application/json`."));
    }
    // JSON of a large body takes up room as long as it is read; the API's limit bounds the rest.
    let Collected { bytes: body, held: _held } = collect(headers, body, limit, room).await?;
    match serde_json::from_slice::<Value>(&body) {
        Ok(value) if form && !value.is_object() => Err(form_is_no_json()),
        Ok(value) => Ok(value),
        Err(_) if form && body.trim_ascii_start().first() != Some(&b'{') => Err(form_is_no_json()),
        Err(error) if body.is_empty() => {
            Err(unreadable(format!("The body is empty; a JSON object is wanted ({error}).")))
        }
        Err(error) => Err(unreadable(format!("The body is not JSON: {error}."))),
    }
}

fn form_is_no_json() -> Problem {
    unreadable("The body is a form; send a JSON object, with the header `Content-Type: application/json`.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::stream;

    fn room() -> Room {
        Room::new(&crate::Settings::for_url("http://localhost"))
    }

    async fn read(content_type: &str, pieces: &[&'static str], limit: usize) -> Result<Value, Problem> {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, content_type.parse().unwrap());
        let pieces: Vec<Result<Bytes, std::io::Error>> = pieces.iter().map(|p| Ok(Bytes::from(*p))).collect();
        json(&headers, Body::from_stream(stream::iter(pieces)), limit, &room()).await
    }

    #[tokio::test]
    async fn json_is_taken_as_such_and_as_curl_sends_it() {
        const FORM: &str = "application/x-www-form-urlencoded";
        type Case = (&'static str, &'static str, &'static [&'static str], Result<Value, &'static str>);
        let cases: [Case; 10] = [
            ("plain", "application/json", &[r#"{"a":1}"#], Ok(serde_json::json!({ "a": 1 }))),
            ("charset", "Application/JSON; charset=utf-8", &["[1]"], Ok(serde_json::json!([1]))),
            ("pieces", "application/json", &["", "[1", ",2", "]"], Ok(serde_json::json!([1, 2]))),
            ("curl", FORM, &[r#" {"a":1}"#], Ok(serde_json::json!({ "a": 1 }))),
            ("a form", FORM, &["to=1&text=2"], Err("is a form")),
            ("a number as a form", FORM, &["12"], Err("is a form")),
            ("curl, broken", FORM, &["{\"a\":\n x}"], Err("line 2 column 2")),
            ("broken", "application/json", &["{\n\"a\": }"], Err("line 2 column 6")),
            ("empty", "application/json", &[], Err("is empty")),
            ("text", "text/plain", &["{}"], Err("Send JSON")),
        ];
        for (what, content_type, pieces, expect) in cases {
            match (read(content_type, pieces, 100).await, expect) {
                (Ok(value), Ok(wanted)) => assert_eq!(value, wanted, "{what}"),
                (Err(problem), Err(words)) => {
                    assert_eq!(problem.code, problem::BODY_UNREADABLE, "{what}");
                    assert!(problem.detail.contains(words), "{what}: {}", problem.detail);
                }
                (got, _) => panic!("{what}: {got:?}"),
            }
        }
    }

    #[test]
    fn where_nothing_is_taken_nothing_may_be_said() {
        let cases: [(&str, Option<problem::Code>); 8] = [
            ("", None),
            (" \n", None),
            ("{ }", None),
            (r#"{"ids":["job_1"]}"#, Some(problem::VALIDATION_FAILED)),
            (r#"{"a/b~":1,"c":null}"#, Some(problem::VALIDATION_FAILED)),
            ("[]", Some(problem::BODY_UNREADABLE)),
            ("null", Some(problem::BODY_UNREADABLE)),
            ("limit=1", Some(problem::BODY_UNREADABLE)),
        ];
        for (body, expect) in cases {
            assert_eq!(says_nothing(body.as_bytes()).err().map(|problem| problem.code), expect, "{body}");
        }
        let problem = says_nothing(br#"{"a/b~":1}"#).unwrap_err();
        assert_eq!(problem.errors[0].pointer, "/a~1b~0");
    }

    #[tokio::test]
    async fn a_body_over_the_limit_is_refused_wherever_it_crosses_it() {
        for pieces in [&["[1,2,3]"] as &[_], &["[1,", "2,3]"], &["[1,", "2,", "3]"]] {
            let problem = read("application/json", pieces, 6).await.unwrap_err();
            assert_eq!(problem.code, problem::BODY_TOO_LARGE, "{pieces:?}");
            assert!(read("application/json", pieces, 7).await.is_ok(), "{pieces:?}");
        }
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_LENGTH, "7".parse().unwrap());
        let announced = collect(&headers, Body::empty(), 6, &room()).await.unwrap_err();
        assert_eq!(announced.code, problem::BODY_TOO_LARGE);
    }
}
