//! What the platform's sends must say.

use serde_json::{Map, Value};

use crate::messagebird::api::{phone_number, text, whatsapp_recipient};
use crate::messagebird::errors::ApiError;
use crate::messagebird::{SMS_NUMBER, WHATSAPP_NUMBER};
use crate::segments::measure;

use super::Channel;
use super::shapes::CONTENTS;

const MOST_PARTS: usize = 12;
const MOST_TAGS: usize = 20;
/// Bytes of metadata, as JSON.
const MOST_METADATA: usize = 2_048;

/// A valid request.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Submission {
    pub(super) to: String,
    pub(super) from: String,
    pub(super) reference: Option<String>,
    pub(super) is_template: bool,
    /// Everything but the addressing.
    pub(super) content: Value,
}

impl Submission {
    pub(super) fn read(channel: Channel, mut body: Map<String, Value>) -> Result<Self, ApiError> {
        let to = recipient(channel, &body)?;
        let from = sender(channel, &body)?;
        match channel {
            Channel::Sms => check_sms(&body)?,
            Channel::Whatsapp => check_whatsapp(&body)?,
        }
        check_labels(&body)?;
        let reference = body.get("metadata").and_then(|metadata| metadata.get("ref")).and_then(Value::as_str);
        let reference = reference.map(str::to_owned);
        let is_template = body.contains_key("template");
        body.remove("to");
        body.remove("from");
        Ok(Self { to, from, reference, is_template, content: Value::Object(body) })
    }
}

/// Who does not exist, in the channel's words.
pub(super) fn no_recipient(channel: Channel) -> ApiError {
    let (name, message) = match channel {
        Channel::Sms => ("SMSInvalidRecipient", "The recipient is not a valid phone number."),
        Channel::Whatsapp => ("WhatsAppInvalidRecipient", "The recipient is not on WhatsApp."),
    };
    ApiError::platform(422, 2_002, name, message, Some("to"))
}

fn recipient(channel: Channel, body: &Map<String, Value>) -> Result<String, ApiError> {
    let to = text(body, "to").ok_or_else(|| ApiError::invalid("to", "`to` is required."))?;
    let found = match channel {
        Channel::Sms => phone_number(to).filter(|_| to.starts_with('+')),
        Channel::Whatsapp => whatsapp_recipient(to),
    };
    found.ok_or_else(|| no_recipient(channel))
}

fn sender(channel: Channel, body: &Map<String, Value>) -> Result<String, ApiError> {
    let own = if channel == Channel::Sms { SMS_NUMBER } else { WHATSAPP_NUMBER };
    let Some(from) = text(body, "from") else {
        // A template of Bird's own has a sender of its own.
        let is_bird_s = |slug: &Value| slug.as_str().is_some_and(|slug| slug.starts_with("bird_"));
        let built_in = body.get("template").and_then(|template| template.get("slug")).is_some_and(is_bird_s);
        let missing = || ApiError::invalid("from", "`from` is required.");
        return built_in.then(|| own.to_owned()).ok_or_else(missing);
    };
    if from == SMS_NUMBER || from == WHATSAPP_NUMBER {
        return Ok(from.to_owned());
    }
    let name = if channel == Channel::Sms { "SMSSenderNotConfigured" } else { "WhatsAppSenderNotConfigured" };
    Err(ApiError::platform(422, 2_003, name, "The sender does not belong to the workspace.", Some("from")))
}

fn check_sms(body: &Map<String, Value>) -> Result<(), ApiError> {
    match (body.get("text"), body.get("template")) {
        (Some(_), None) => {}
        (None, Some(template)) => return check_template(template),
        _ => return Err(ApiError::invalid("text", "Exactly one of `text` and `template` is required.")),
    }
    let words = text(body, "text").ok_or_else(|| ApiError::invalid("text", "`text` must not be empty."))?;
    let category = text(body, "category").unwrap_or_default();
    if !matches!(category, "transactional" | "marketing" | "authentication" | "service") {
        return Err(ApiError::invalid("category", "`category` is required with `text`."));
    }
    if measure(words).segments > MOST_PARTS {
        let message = "The text is longer than 12 segments.";
        return Err(ApiError::platform(422, 2_004, "SMSTextTooLong", message, Some("text")));
    }
    Ok(())
}

fn check_template(template: &Value) -> Result<(), ApiError> {
    let has = |name: &str| template.get(name).and_then(Value::as_str).is_some_and(|text| !text.is_empty());
    if has("id") || has("slug") {
        Ok(())
    } else {
        Err(ApiError::platform(
            422,
            2_005,
            "TemplateNotFound",
            "`template` needs an id or a slug.",
            Some("template"),
        ))
    }
}

fn check_whatsapp(body: &Map<String, Value>) -> Result<(), ApiError> {
    let mut contents = CONTENTS.into_iter().filter_map(|(name, shape)| Some((name, shape, body.get(name)?)));
    let (Some((name, shape, content)), None) = (contents.next(), contents.next()) else {
        return Err(ApiError::invalid("text", "Exactly one kind of content is required."));
    };
    shape
        .check(content)
        .map_err(|flaw| ApiError::invalid(name, format!("`{name}.{}` {}.", flaw.at, flaw.why)))?;
    match name {
        "template" => check_template(content),
        "interactive" => check_labels_of_choices(content),
        _ => Ok(()),
    }
}

/// No label twice, and at most ten rows over all sections.
fn check_labels_of_choices(content: &Value) -> Result<(), ApiError> {
    let list = |value: &Value, path: &str| {
        value.pointer(path).and_then(Value::as_array).cloned().unwrap_or_default()
    };
    let sections = list(content, "/list/sections");
    let rows: Vec<Value> = sections.iter().flat_map(|section| list(section, "/rows")).collect();
    let buttons = list(content, "/buttons");
    let refused = |name, message| ApiError::platform(422, 2_006, name, message, Some("interactive"));
    if rows.len() > 10 {
        return Err(refused("WhatsAppInteractiveLimitExceeded", "A list has at most 10 rows."));
    }
    let replies = buttons.iter().filter_map(|button| button.pointer("/quick_reply/text"));
    let mut labels: Vec<&str> =
        rows.iter().filter_map(|row| row.get("text")).chain(replies).filter_map(Value::as_str).collect();
    let count = labels.len();
    labels.sort_unstable();
    labels.dedup();
    if labels.len() == count {
        Ok(())
    } else {
        Err(refused("WhatsAppInteractiveDuplicateLabel", "Every label must be unique."))
    }
}

fn check_labels(body: &Map<String, Value>) -> Result<(), ApiError> {
    let is_null = |value: &&Value| !value.is_null();
    if let Some(tags) = body.get("tags").filter(is_null)
        && tags.as_array().is_none_or(|tags| tags.len() > MOST_TAGS)
    {
        return Err(ApiError::invalid("tags", "`tags` must be a list of up to 20."));
    }
    if let Some(metadata) = body.get("metadata").filter(is_null)
        && (!metadata.is_object() || metadata.to_string().len() > MOST_METADATA)
    {
        return Err(ApiError::invalid("metadata", "`metadata` must be an object of up to 2 KB."));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(channel: Channel, body: &Value) -> Result<Submission, (u32, &'static str)> {
        let body = body.as_object().unwrap().clone();
        Submission::read(channel, body).map_err(|error| (error.code, error.parameter()))
    }

    #[test]
    fn sms_that_is_refused() {
        let with = |change: Value| {
            let mut body =
                json!({ "to": "+15550001001", "from": SMS_NUMBER, "text": "hi", "category": "service" });
            for (name, value) in change.as_object().unwrap() {
                body[name] = value.clone();
            }
            body
        };
        #[rustfmt::skip]
        let cases = [
            ("nobody",               with(json!({ "to": "" })),                          2_001, "to"),
            ("no plus",              with(json!({ "to": "15550001001" })),               2_002, "to"),
            ("a sender of others",   with(json!({ "from": "+15550100099" })),            2_003, "from"),
            ("nothing to send",      with(json!({ "text": "" })),                        2_001, "text"),
            ("text and template",    with(json!({ "template": { "slug": "x" } })),       2_001, "text"),
            ("no category",          with(json!({ "category": null })),                  2_001, "category"),
            ("a category of its own", with(json!({ "category": "fun" })),                2_001, "category"),
            ("thirteen parts",       with(json!({ "text": "a".repeat(12 * 153 + 1) })),  2_004, "text"),
            ("too many tags",        with(json!({ "tags": vec!["t"; 21] })),             2_001, "tags"),
            ("metadata that is none", with(json!({ "metadata": "x" })),                  2_001, "metadata"),
            ("too much metadata",    with(json!({ "metadata": { "a": "b".repeat(2_048) } })), 2_001, "metadata"),
            ("nobody sends",         json!({ "to": "+15550001001", "text": "hi", "category": "service" }), 2_001, "from"),
            ("an empty template",    json!({ "to": "+15550001001", "from": SMS_NUMBER, "template": {} }), 2_005, "template"),
        ];
        for (name, body, code, parameter) in cases {
            assert_eq!(read(Channel::Sms, &body).unwrap_err(), (code, parameter), "{name}");
        }
    }

    #[test]
    fn whatsapp_contents() {
        let reply =
            |text: &str| json!({ "type": "quick_reply", "quick_reply": { "slug": "s", "text": text } });
        let list = |rows: usize, header: Value| {
            let rows: Vec<Value> = (0..rows).map(|n| json!({ "slug": "s", "text": n.to_string() })).collect();
            let (first, second) = rows.split_at(rows.len() / 2);
            let sections: Vec<Value> = [first, second]
                .into_iter()
                .filter(|rows| !rows.is_empty())
                .map(|rows| json!({ "title": "t", "rows": rows }))
                .collect();
            let list = json!({ "button_text": "Pick", "sections": sections });
            json!({ "interactive": { "type": "list", "header": header, "body_text": "x", "list": list } })
        };
        let template =
            |components: Value| json!({ "template": { "slug": "hello", "components": components } });
        #[rustfmt::skip]
        let cases = [
            ("a text",          json!({ "text": { "body": "hi" } }),                                       None),
            ("a long text",     json!({ "text": { "body": "a".repeat(4_097) } }),                          Some("text")),
            ("nothing",         json!({}),                                                                 Some("text")),
            ("two contents",    json!({ "text": { "body": "hi" }, "image": { "url": "https://x.example" } }), Some("text")),
            ("an image",        json!({ "image": { "url": "https://x.example" } }),                        None),
            ("a long caption",  json!({ "image": { "url": "https://x.example", "caption": "a".repeat(1_025) } }), Some("image")),
            ("a long name",     json!({ "document": { "url": "https://x.example", "filename": "a".repeat(101) } }), Some("document")),
            ("a place",         json!({ "location": { "latitude": 1.0, "longitude": 2 } }),                None),
            ("half a place",    json!({ "location": { "latitude": 1.0 } }),                                Some("location")),
            ("buttons",         json!({ "interactive": { "type": "button", "body_text": "x", "buttons": [reply("a"), reply("b")] } }), None),
            ("no buttons",      json!({ "interactive": { "type": "button", "body_text": "x" } }),          Some("interactive")),
            ("a label twice",   json!({ "interactive": { "type": "button", "body_text": "x", "buttons": [reply("a"), reply("a")] } }), Some("interactive")),
            ("a film above",    json!({ "interactive": { "type": "button", "header": { "type": "video", "url": "https://x.example" }, "body_text": "x", "buttons": [reply("a")] } }), None),
            ("sound above",     json!({ "interactive": { "type": "button", "header": { "type": "audio", "url": "https://x.example" }, "body_text": "x", "buttons": [reply("a")] } }), Some("interactive")),
            ("a list",          list(10, json!({ "type": "text", "text": "Head" })),                       None),
            ("a long list",     list(11, json!({ "type": "text", "text": "Head" })),                       Some("interactive")),
            ("a picture above a list", list(1, json!({ "type": "image", "url": "https://x.example" })),    Some("interactive")),
            ("a link",          json!({ "interactive": { "type": "cta_url", "body_text": "x", "cta_url": { "text": "a", "url": "https://x.example" } } }), None),
            ("the question for a place", json!({ "interactive": { "type": "location_request_message", "body_text": "x" } }), None),
            ("a kind of its own", json!({ "interactive": { "type": "flow", "body_text": "x" } }),          Some("interactive")),
            ("a voice note",    json!({ "audio": { "url": "https://x.example", "voice": true } }),         None),
            ("a voice that is none", json!({ "audio": { "url": "https://x.example", "voice": "yes" } }),   Some("audio")),
            ("cards",           json!({ "contact_cards": [{ "name": { "formatted_name": "A" } }] }),       None),
            ("six cards",       json!({ "contact_cards": vec![json!({ "name": { "formatted_name": "A" } }); 6] }), Some("contact_cards")),
            ("a picture above a template", template(json!([{ "type": "header", "parameters": [{ "type": "image", "url": "https://x.example" }] }])), None),
            ("a place above a template", template(json!([{ "type": "header", "parameters": [{ "type": "location", "location": { "latitude": 1, "longitude": 2 } }] }])), None),
            ("a link in a template", template(json!([{ "type": "button", "parameters": [{ "type": "text", "text": "x" }] }])), None),
            ("a part that is none", template(json!([{ "type": "buttons", "parameters": [] }])),            Some("template")),
            ("a template",      json!({ "template": { "slug": "hello" } }),                                None),
        ];
        for (name, mut body, parameter) in cases {
            (body["to"], body["from"]) = ("GB.7Qk20Xd3aLm".into(), WHATSAPP_NUMBER.into());
            let refused = read(Channel::Whatsapp, &body).err().map(|(_, parameter)| parameter);
            assert_eq!(refused, parameter, "{name}");
        }
    }

    #[test]
    fn what_a_request_says() {
        let body = json!({
            "to": "+15550001001", "from": SMS_NUMBER, "text": "hi", "category": "service",
            "metadata": { "ref": "r1", "x": 1 },
        });
        let submission = read(Channel::Sms, &body).unwrap();
        assert_eq!((submission.to.as_str(), submission.from.as_str()), ("+15550001001", SMS_NUMBER));
        assert_eq!((submission.reference.as_deref(), submission.is_template), (Some("r1"), false));
        let content = json!({ "text": "hi", "category": "service", "metadata": { "ref": "r1", "x": 1 } });
        assert_eq!(submission.content, content);
    }
}
