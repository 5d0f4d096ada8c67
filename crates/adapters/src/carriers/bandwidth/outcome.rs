//! Reading Bandwidth's answers to a send and to an upload.
//!
//! The messages API says what is wrong at the top of its answer (`type`, `description`,
//! `fieldErrors`), the multi-channel API in a list `errors` whose entries name their `source`.

use std::time::Duration;

use omni_core::carrier::Accepted;
use omni_core::failure::{ErrorClass, SendError};
use omni_core::http::HttpResponse;
use serde_json::Value;

use crate::shared::answer;
use crate::shared::loose::{self, Object};

/// The queue holds a quarter of an hour of our rate: come back later than at once.
const QUEUE_FULL_WAIT: Duration = Duration::from_secs(60);

/// What the answer means: 202 is queued, not delivered.
pub(super) fn read(response: &HttpResponse) -> Result<Accepted, SendError> {
    let body: Object = serde_json::from_slice(&response.body).unwrap_or_default();
    if response.is_success() {
        return accepted(&body);
    }
    let Complaint { code, words, field } = Complaint::of(&body);
    match response.status {
        400 => Err(answer::refused(response, class_of_field(&field), &code, &words)),
        429 => Err(answer::throttled(response, &code, &words, QUEUE_FULL_WAIT)),
        status => Err(answer::refused(response, answer::class_of(status), &code, &words)),
    }
}

/// Whether a file was taken: 204 has no body. What is refused for its kind or size is refused
/// for good.
pub(super) fn uploaded(response: &HttpResponse) -> Result<(), SendError> {
    if response.is_success() {
        return Ok(());
    }
    let body: Object = serde_json::from_slice(&response.body).unwrap_or_default();
    let Complaint { code, words, .. } = Complaint::of(&body);
    let class = match response.status {
        400 | 413 | 415 => ErrorClass::Media,
        status => answer::class_of(status),
    };
    Err(answer::refused(response, class, &code, &words))
}

/// The multi-channel API wraps the same facts in `data`.
fn accepted(body: &Object) -> Result<Accepted, SendError> {
    let facts = loose::object(body, "data").unwrap_or(body);
    let id = loose::word(facts, "id").or_else(|| loose::word(facts, "messageId"));
    let id = id.ok_or_else(answer::unreadable)?;
    Ok(Accepted { segments: loose::count(facts, "segmentCount"), ..Accepted::with_id(id) })
}

/// The first thing that is wrong; empty where nothing is said.
struct Complaint {
    code: String,
    words: String,
    /// The member of the request that is to blame, without its place in a list.
    field: String,
}

impl Complaint {
    fn of(body: &Object) -> Self {
        let first = |list: &str| body.get(list).and_then(Value::as_array)?.first()?.as_object();
        let word = |object: &Object, key: &str| loose::word(object, key).unwrap_or_default();
        if let Some(error) = first("errors") {
            let source = loose::object(error, "source");
            let field = source.map(|source| word(source, "field")).unwrap_or_default();
            return Self { code: word(error, "type"), words: word(error, "description"), field };
        }
        let blamed = first("fieldErrors");
        let words = blamed.map(|error| word(error, "description")).filter(|words| !words.is_empty());
        Self {
            code: word(body, "type"),
            words: words.unwrap_or_else(|| word(body, "description")),
            field: blamed.map(|error| word(error, "fieldName")).unwrap_or_default(),
        }
    }
}

/// The blamed field says whether it is the recipient, the media or us: `to[0]`,
/// `channelList[0].content.media[0].fileUrl`.
fn class_of_field(field: &str) -> ErrorClass {
    let mut members = field.split('.').map(|member| member.split('[').next().unwrap_or_default());
    match members.next() {
        Some("to") => ErrorClass::InvalidRecipient,
        Some("media") => ErrorClass::Media,
        _ if members.any(|member| matches!(member, "media" | "fileUrl" | "thumbnailUrl")) => {
            ErrorClass::Media
        }
        _ => ErrorClass::BadRequest,
    }
}
