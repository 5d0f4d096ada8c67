//! What a send request must look like.

use serde_json::{Map, Value};
use url::Url;

use super::NUMBER;
use super::errors::ApiError;

/// A valid request.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Submission {
    pub(super) to: Vec<String>,
    pub(super) text: String,
    pub(super) media: Vec<String>,
    /// The undocumented reference of the sender.
    pub(super) reference: Option<String>,
}

impl Submission {
    pub(super) fn read(body: &Map<String, Value>) -> Result<Self, ApiError> {
        let text_of = |name: &str| body.get(name).and_then(Value::as_str);
        let from = text_of("from").ok_or_else(|| ApiError::user("Fields Are Required: from"))?;
        if from != NUMBER {
            return Err(ApiError::user("The from number is not assigned to your account"));
        }
        let to = recipients(body.get("to"))?;
        let media = media(body.get("mediaUrls"))?;
        let text = match body.get("text") {
            None | Some(Value::Null) => "",
            Some(Value::String(text)) => text,
            Some(_) => return Err(ApiError::user("Invalid text")),
        };
        if text.is_empty() && media.is_empty() {
            return Err(ApiError::user("Fields Are Required: text or mediaUrls"));
        }
        let reference = text_of("referenceId").map(str::to_owned);
        Ok(Self { to, text: text.to_owned(), media, reference })
    }

    pub(super) fn message_type(&self) -> &'static str {
        if self.media.is_empty() && self.to.len() == 1 { "SMS" } else { "MMS" }
    }
}

fn recipients(value: Option<&Value>) -> Result<Vec<String>, ApiError> {
    let listed = value.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    if listed.is_empty() {
        return Err(ApiError::user("Fields Are Required: to"));
    }
    let mut to: Vec<String> = Vec::new();
    for number in listed {
        let number = number.as_str().filter(|number| is_number(number));
        let number = number.ok_or_else(|| ApiError::user("Invalid to number"))?;
        if !to.iter().any(|known| known == number) {
            to.push(number.to_owned());
        }
    }
    Ok(to)
}

/// The description says text, its example is a list: both are taken.
fn media(value: Option<&Value>) -> Result<Vec<String>, ApiError> {
    let is_web = |text: &str| Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
    let url = |value: &Value| value.as_str().filter(|text| is_web(text)).map(str::to_owned);
    let urls = match value {
        None | Some(Value::Null) => Some(Vec::new()),
        Some(Value::Array(values)) => values.iter().map(url).collect(),
        Some(value) => url(value).map(|url| vec![url]),
    };
    urls.ok_or_else(|| ApiError::user("Invalid mediaUrls"))
}

/// Eleven digits, without plus.
pub(super) fn is_number(text: &str) -> bool {
    text.len() == 11 && text.starts_with('1') && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(changes: &Value) -> Result<Submission, ApiError> {
        let mut body = json!({ "from": NUMBER, "to": ["15550001001"], "text": "hi" });
        for (name, value) in changes.as_object().unwrap() {
            body[name] = value.clone();
        }
        Submission::read(body.as_object().unwrap())
    }

    #[test]
    fn requests_that_are_refused() {
        #[rustfmt::skip]
        let cases = [
            ("no sender",             json!({ "from": null }),               "Fields Are Required: from"),
            ("another's number",      json!({ "from": "15550100022" }),      "The from number is not assigned to your account"),
            ("our number with plus",  json!({ "from": "+15550100021" }),     "The from number is not assigned to your account"),
            ("nobody to send to",     json!({ "to": [] }),                   "Fields Are Required: to"),
            ("a bare recipient",      json!({ "to": "15550001001" }),        "Fields Are Required: to"),
            ("a plus",                json!({ "to": ["+15550001001"] }),     "Invalid to number"),
            ("ten digits",            json!({ "to": ["5550001001"] }),       "Invalid to number"),
            ("a number as number",    json!({ "to": [15_550_001_001_u64] }), "Invalid to number"),
            ("one bad of two",        json!({ "to": ["15550001001", "x"] }), "Invalid to number"),
            ("nothing to send",       json!({ "text": null }),               "Fields Are Required: text or mediaUrls"),
            ("an empty text",         json!({ "text": "", "mediaUrls": [] }), "Fields Are Required: text or mediaUrls"),
            ("a text that is none",   json!({ "text": 7 }),                  "Invalid text"),
            ("media that is no URL",  json!({ "mediaUrls": ["a.png"] }),     "Invalid mediaUrls"),
            ("media of another kind", json!({ "mediaUrls": [7] }),           "Invalid mediaUrls"),
        ];
        for (name, changes, words) in cases {
            assert_eq!(read(&changes), Err(ApiError::user(words)), "{name}");
        }
    }

    #[test]
    fn what_a_request_says() {
        let cases = [
            ("a text", json!({}), "SMS", 1, 0),
            ("a photo", json!({ "text": null, "mediaUrls": ["https://x.example/a"] }), "MMS", 1, 1),
            ("a bare URL", json!({ "mediaUrls": "https://x.example/a" }), "MMS", 1, 1),
            ("a group", json!({ "to": ["15550001001", "15550001002", "15550001001"] }), "MMS", 2, 0),
        ];
        for (name, changes, kind, to, media) in cases {
            let read = read(&changes).unwrap();
            assert_eq!((read.message_type(), read.to.len(), read.media.len()), (kind, to, media), "{name}");
        }
    }
}
