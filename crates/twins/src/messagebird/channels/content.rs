//! What a message of the Channels API may hold.

use serde_json::{Map, Value};

use super::Platform;
use super::shapes::{BODY, MESSAGE, TEMPLATE};
use crate::messagebird::api::{phone_number, text};
use crate::messagebird::errors::ApiError;
use crate::messagebird::shape::Flaw;

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

/// A value that the description does not allow, and where it stands.
fn flawed(flaw: Flaw) -> ApiError {
    ApiError::bird_at(flaw.at, flaw.why)
}

impl Submission {
    pub(super) fn read(platform: Platform, mut body: Map<String, Value>) -> Result<Self, ApiError> {
        let whole = Value::Object(body);
        MESSAGE.check(&whole).map_err(flawed)?;
        body = if let Value::Object(members) = whole { members } else { Map::new() };
        let to = receiver(&body)?;
        match (body.get("body"), body.get("template")) {
            (Some(content), None) => check_body(platform, content)?,
            (None, Some(template)) => {
                TEMPLATE.check(template).map_err(|flaw| flawed(flaw.below("template")))?;
            }
            _ => return Err(invalid("exactly one of body and template is required")),
        }
        let url = body.get("notification").and_then(|notification| notification.get("url"));
        let notification_url = url.and_then(Value::as_str).map(str::to_owned);
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

/// The body's shape; WhatsApp takes three buttons, and lists of ten entries.
fn check_body(platform: Platform, body: &Value) -> Result<(), ApiError> {
    BODY.check(body).map_err(|flaw| flawed(flaw.below("body")))?;
    let kind = body.get("type").and_then(Value::as_str).unwrap_or_default();
    let count = |path: &str| body.pointer(path).and_then(Value::as_array).map_or(0, Vec::len);
    let entries: usize =
        (0..count("/list/items")).map(|item| count(&format!("/list/items/{item}/actions"))).sum();
    let fits = match kind {
        "list" => (1..=10).contains(&(entries + count("/list/actions"))),
        _ => count(&format!("/{kind}/actions")) <= 3,
    };
    if fits || platform == Platform::Sms {
        Ok(())
    } else {
        Err(invalid("WhatsApp takes up to 3 buttons and lists of 1 to 10 entries"))
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
        Submission::read(Platform::Whatsapp, body.as_object().unwrap().clone())
    }

    #[test]
    fn contents() {
        let image =
            |url: &str| json!({ "body": { "type": "image", "image": { "images": [{ "mediaUrl": url }] } } });
        let words = json!({ "type": "text", "text": { "text": "hi" } });
        let template = json!({ "projectId": "p", "version": "latest" });
        let action = json!({ "type": "postback", "postback": { "text": "a", "payload": "p" } });
        let list =
            |items: Value| json!({ "body": { "type": "list", "list": { "text": "x", "items": items } } });
        let carousel = |cards: usize| {
            let card = json!({ "title": "t", "mediaUrl": "https://x.example/a" });
            json!({ "body": { "type": "carousel", "carousel": { "text": "x", "items": vec![card; cards] } } })
        };
        #[rustfmt::skip]
        let cases = [
            ("a text",              json!({ "body": words }),                                             true),
            ("an empty text",       json!({ "body": { "type": "text", "text": { "text": "" } } }),        false),
            ("an image",            image("https://x.example/a"),                                         true),
            ("an image from a file", image("a.png"),                                                      false),
            ("no files",            json!({ "body": { "type": "file", "file": { "files": [] } } }),       false),
            ("a list",              list(json!([{ "title": "t", "actions": [action, action] }])),         true),
            ("an empty list",       list(json!([{ "title": "t" }])),                                      false),
            ("eleven entries",      list(json!([{ "actions": vec![action.clone(); 6] }, { "actions": vec![action.clone(); 5] }])), false),
            ("an entry that is none", list(json!([{ "title": "t", "postbackPayload": "p" }])),            false),
            ("buttons",             json!({ "body": { "type": "text", "text": { "text": "hi", "actions": [action] } } }), true),
            ("four buttons",        json!({ "body": { "type": "text", "text": { "text": "hi", "actions": vec![action.clone(); 4] } } }), false),
            ("the question for a place", json!({ "body": { "type": "text", "text": { "text": "hi", "actions": [{ "type": "locationRequest" }] } } }), true),
            ("a picture above buttons", json!({ "body": { "type": "image", "image": { "text": "hi", "images": [{ "mediaUrl": "https://x.example/a" }], "actions": [action] } } }), true),
            ("a file without type", json!({ "body": { "type": "file", "file": { "files": [{ "mediaUrl": "https://x.example/a" }] } } }), false),
            ("a place named by nothing", json!({ "body": { "type": "location", "location": { "coordinates": {}, "location": { "label": null } } } }), false),
            ("a carousel",          carousel(2),                                                          true),
            ("one card",            carousel(1),                                                          false),
            ("a member of its own", json!({ "body": { "type": "text", "text": { "text": "hi", "footer": "x" } } }), false),
            ("beside the body, too", json!({ "body": words, "priority": 1 }),                             false),
            ("an answer",           json!({ "body": words, "replyTo": { "id": "m", "type": "message" } }), true),
            ("an answer to what",   json!({ "body": words, "replyTo": { "id": "m" } }),                   false),
            ("variables",           json!({ "template": { "projectId": "p", "version": "v", "variables": { "a": "b" } } }), true),
            ("numbers as variables", json!({ "template": { "projectId": "p", "version": "v", "variables": { "a": 1 } } }), false),
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
