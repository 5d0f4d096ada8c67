//! What a message of the Channels API may hold.

use serde_json::{Map, Value};

use crate::messagebird::api::{is_web_url, phone_number, text};
use crate::messagebird::errors::ApiError;

/// A valid request.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Submission {
    /// As the person's identifier is written; phone numbers with plus.
    pub(super) to: String,
    pub(super) reference: Option<String>,
    pub(super) notification_url: Option<String>,
    /// Everything but the addressing.
    pub(super) content: Value,
}

fn invalid(why: impl Into<String>) -> ApiError {
    ApiError::bird(422, "InvalidPayload", why)
}

impl Submission {
    pub(super) fn read(mut body: Map<String, Value>) -> Result<Self, ApiError> {
        let to = receiver(&body)?;
        match (body.get("body"), body.get("template")) {
            (Some(content), None) => check(content)?,
            (None, Some(template)) => check_template(template)?,
            _ => return Err(invalid("exactly one of body and template is required")),
        }
        let url = body.get("notification").and_then(|notification| notification.get("url"));
        let notification_url = url.and_then(Value::as_str).map(str::to_owned);
        if notification_url.as_deref().is_some_and(|url| !is_web_url(url)) {
            return Err(invalid("notification.url is not a valid URL"));
        }
        let reference = text(&body, "reference").map(str::to_owned);
        for name in ["receiver", "reference", "notification"] {
            body.remove(name);
        }
        Ok(Self { to, reference, notification_url, content: Value::Object(body) })
    }
}

fn receiver(body: &Map<String, Value>) -> Result<String, ApiError> {
    let contact = body.get("receiver").and_then(|receiver| receiver.pointer("/contacts/0"));
    let contact = contact.ok_or_else(|| invalid("receiver.contacts must name a contact"))?;
    let text = |name: &str| contact.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let value = text("identifierValue").ok_or_else(|| invalid("identifierValue is required"))?;
    if text("identifierKey").unwrap_or("phonenumber") != "phonenumber" {
        return Ok(value.to_owned());
    }
    phone_number(value).ok_or_else(|| invalid("identifierValue is not a phone number"))
}

fn check(content: &Value) -> Result<(), ApiError> {
    let kind = content.get("type").and_then(Value::as_str).unwrap_or_default();
    let inner = content.get(kind).unwrap_or(&Value::Null);
    let has_words = |name: &str| inner.get(name).and_then(Value::as_str).is_some_and(|text| !text.is_empty());
    let has_files = |name: &str| {
        let files = inner.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let url = |file: &Value| file.get("mediaUrl").and_then(Value::as_str).is_some_and(is_web_url);
        (1..=10).contains(&files.len()) && files.iter().all(url)
    };
    let fits = match kind {
        "text" => has_words("text"),
        "image" => has_files("images"),
        "file" => has_files("files"),
        "list" | "carousel" => {
            inner.get("items").is_some_and(|items| !items.as_array().is_none_or(Vec::is_empty))
        }
        "location" => inner.pointer("/coordinates/latitude").is_some_and(Value::is_number),
        _ => return Err(invalid(format!("body.type `{}` is not supported", kind.escape_default()))),
    };
    if fits { Ok(()) } else { Err(invalid(format!("body.{kind} is missing or not valid"))) }
}

fn check_template(template: &Value) -> Result<(), ApiError> {
    let has = |name: &str| template.get(name).and_then(Value::as_str).is_some_and(|text| !text.is_empty());
    if has("projectId") && has("version") {
        Ok(())
    } else {
        Err(invalid("template needs projectId and version"))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(content: &Value) -> Result<Submission, ApiError> {
        let mut body = json!({ "receiver": { "contacts": [{ "identifierValue": "+15550001001" }] } });
        for (name, value) in content.as_object().unwrap() {
            body[name] = value.clone();
        }
        Submission::read(body.as_object().unwrap().clone())
    }

    #[test]
    fn contents() {
        let image =
            |url: &str| json!({ "body": { "type": "image", "image": { "images": [{ "mediaUrl": url }] } } });
        let words = json!({ "type": "text", "text": { "text": "hi" } });
        let template = json!({ "projectId": "p", "version": "latest" });
        #[rustfmt::skip]
        let cases = [
            ("a text",              json!({ "body": words }),                                             true),
            ("an empty text",       json!({ "body": { "type": "text", "text": { "text": "" } } }),        false),
            ("an image",            image("https://x.example/a"),                                         true),
            ("an image from a file", image("a.png"),                                                      false),
            ("no files",            json!({ "body": { "type": "file", "file": { "files": [] } } }),       false),
            ("a list",              json!({ "body": { "type": "list", "list": { "items": [{}] } } }),     true),
            ("a place",             json!({ "body": { "type": "location", "location": { "coordinates": { "latitude": 1.5 } } } }), true),
            ("a type of its own",   json!({ "body": { "type": "hologram", "hologram": {} } }),            false),
            ("a template",          json!({ "template": template }),                                      true),
            ("both",                json!({ "body": words, "template": template }),                       false),
            ("neither",             json!({}),                                                            false),
            ("nobody",              json!({ "body": words, "receiver": {} }),                             false),
            ("not a number",        json!({ "body": words, "receiver": { "contacts": [{ "identifierValue": "x" }] } }), false),
            ("a report to nowhere", json!({ "body": words, "notification": { "url": "/x" } }),            false),
        ];
        for (name, content, fine) in cases {
            assert_eq!(read(&content).is_ok(), fine, "{name}");
        }
    }

    #[test]
    fn what_a_request_says() {
        let submission = read(&json!({
            "body": { "type": "text", "text": { "text": "hi" } },
            "reference": "r1",
            "notification": { "url": "https://gw.example.net/n" },
            "receiver": { "contacts": [{ "identifierKey": "whatsappbsuid", "identifierValue": "GB.7Qk" }] },
        }))
        .unwrap();
        assert_eq!((submission.to.as_str(), submission.reference.as_deref()), ("GB.7Qk", Some("r1")));
        assert_eq!(submission.notification_url.as_deref(), Some("https://gw.example.net/n"));
        assert_eq!(submission.content, json!({ "body": { "type": "text", "text": { "text": "hi" } } }));
    }
}
