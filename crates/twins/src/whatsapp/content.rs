//! What a send request must look like: Meta's rules and limits for every content type.

use std::collections::HashSet;

use serde_json::{Map, Value};
use url::Url;

use super::errors::GraphError;
use super::media::Shelf;
use super::templates;
use super::{DISPLAY_NUMBER, templates::Category};

/// A valid request.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Submission {
    pub(super) recipient: Recipient,
    pub(super) kind: Kind,
    pub(super) reference: Option<String>,
}

/// Whom it is for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Recipient {
    /// As given, and the digits that Meta makes of it.
    Phone {
        input: String,
        wa_id: String,
    },
    /// A business-scoped user id (`GB.7Qk20Xd3aLm`).
    User(String),
    Group(String),
}

/// What matters about the content after validation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    FreeForm,
    Reaction,
    Template,
}

type Object = Map<String, Value>;
type Check = Result<(), GraphError>;

/// Reads the body of `POST …/messages` (not mark-read).
pub(super) fn read(body: &Object, shelf: &Shelf) -> Result<Submission, GraphError> {
    let recipient = recipient(body)?;
    let kind = body.get("type").map_or(Some("text"), Value::as_str).ok_or_else(|| not_valid("type"))?;
    if let Some(context) = body.get("context") {
        object(Some(context), "context").and_then(|context| filled(context, "message_id"))?;
    }
    let content = body.get(kind);
    let kind = match kind {
        "text" => free(text(object(content, "text")?)),
        "image" | "video" | "audio" | "document" | "sticker" => {
            free(media(kind, object(content, kind)?, shelf))
        }
        "location" => free(location(object(content, "location")?)),
        "contacts" => free(contacts(content)),
        "interactive" => free(interactive(object(content, "interactive")?, shelf)),
        "reaction" => reaction(object(content, "reaction")?).map(|()| Kind::Reaction),
        "template" => template(object(content, "template")?, &recipient).map(|()| Kind::Template),
        _ => Err(GraphError::new(100).details(
            "Param type must be one of {AUDIO, CONTACTS, DOCUMENT, IMAGE, INTERACTIVE, LOCATION, REACTION, \
             STICKER, TEMPLATE, TEXT, VIDEO}",
        )),
    }?;
    Ok(Submission { recipient, kind, reference: reference(body)? })
}

fn free(check: Check) -> Result<Kind, GraphError> {
    check.map(|()| Kind::FreeForm)
}

fn recipient(body: &Object) -> Result<Recipient, GraphError> {
    let given = |name| body.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let (to, user) = (given("to"), given("recipient"));
    match body.get("recipient_type").map_or(Some("individual"), Value::as_str) {
        Some("group") => to.map(|group| Recipient::Group(group.into())).ok_or_else(|| missing("to")),
        Some("individual") => match (to, user) {
            (Some(to), _) if is_user_id(to) => Ok(Recipient::User(to.into())),
            (Some(to), _) => phone(to),
            (None, Some(user)) if is_user_id(user) => Ok(Recipient::User(user.into())),
            (None, Some(_)) => Err(not_valid("recipient")),
            (None, None) => Err(missing("to")),
        },
        _ => Err(not_valid("recipient_type")),
    }
}

fn phone(to: &str) -> Result<Recipient, GraphError> {
    let wa_id: String = to.chars().filter(|c| !matches!(c, '+' | ' ' | '-' | '(' | ')' | '.')).collect();
    if !(7..=15).contains(&wa_id.len()) || !wa_id.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(not_valid("to"));
    }
    if wa_id == DISPLAY_NUMBER {
        return Err(GraphError::new(131_021));
    }
    Ok(Recipient::Phone { input: to.into(), wa_id })
}

/// `CC.` or `CC.ENT.` and 1 to 128 letters and digits.
pub(super) fn is_user_id(text: &str) -> bool {
    let Some((country, id)) = text.split_once('.') else { return false };
    let id = id.strip_prefix("ENT.").unwrap_or(id);
    country.len() == 2
        && country.bytes().all(|byte| byte.is_ascii_uppercase())
        && (1..=128).contains(&id.len())
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

fn reference(body: &Object) -> Result<Option<String>, GraphError> {
    match body.get("biz_opaque_callback_data") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.chars().count() <= 512 => Ok(Some(text.clone())),
        Some(_) => Err(not_valid("biz_opaque_callback_data")),
    }
}

fn text(text: &Object) -> Check {
    at_most(text, "body", 4_096)
}

fn media(kind: &str, media: &Object, shelf: &Shelf) -> Check {
    match (media.get("id").and_then(Value::as_str), media.get("link").and_then(Value::as_str)) {
        (Some(id), None) if shelf.has(id) => {}
        (Some(_), None) => return Err(not_valid(&format!("{kind}['id']: no such media"))),
        (None, Some(link)) if is_web_url(link) => {}
        (None, Some(_)) => return Err(not_valid(&format!("{kind}['link']"))),
        (Some(_), Some(_)) => return Err(not_valid(&format!("{kind}: give id or link, not both"))),
        (None, None) => return Err(missing(&format!("{kind}['id'] or {kind}['link']"))),
    }
    let captioned = matches!(kind, "image" | "video" | "document");
    match media.get("caption") {
        None => {}
        Some(_) if !captioned => return Err(unexpected(&format!("{kind}['caption']"))),
        Some(_) => at_most(media, "caption", 1_024)?,
    }
    if media.contains_key("filename") && kind != "document" {
        return Err(unexpected(&format!("{kind}['filename']")));
    }
    if media.contains_key("voice") && kind != "audio" {
        return Err(unexpected(&format!("{kind}['voice']")));
    }
    Ok(())
}

fn location(location: &Object) -> Check {
    for (name, most) in [("latitude", 90.0), ("longitude", 180.0)] {
        let degrees = match location.get(name) {
            Some(Value::Number(number)) => number.as_f64(),
            Some(Value::String(text)) => text.parse().ok(),
            None => return Err(missing(name)),
            Some(_) => None,
        };
        degrees.filter(|degrees: &f64| degrees.abs() <= most).ok_or_else(|| not_valid(name))?;
    }
    Ok(())
}

fn contacts(content: Option<&Value>) -> Check {
    let contacts = content.and_then(Value::as_array).ok_or_else(|| missing("contacts"))?;
    if contacts.is_empty() || contacts.len() > 257 {
        return Err(not_valid("contacts"));
    }
    for contact in contacts {
        let name = object(object(Some(contact), "contacts")?.get("name"), "name")?;
        filled(name, "formatted_name")?;
        let parts = ["first_name", "last_name", "middle_name", "prefix", "suffix"];
        if !parts.iter().any(|part| name.get(*part).is_some_and(Value::is_string)) {
            return Err(missing("one more part of contacts['name'] beside formatted_name"));
        }
    }
    Ok(())
}

fn reaction(reaction: &Object) -> Check {
    filled(reaction, "message_id")?;
    match reaction.get("emoji") {
        Some(Value::String(emoji)) if emoji.chars().count() <= 16 => Ok(()),
        Some(_) => Err(not_valid("reaction['emoji']")),
        None => Err(missing("reaction['emoji']")),
    }
}

fn interactive(content: &Object, shelf: &Shelf) -> Check {
    let kind = content.get("type").and_then(Value::as_str).ok_or_else(|| missing("interactive['type']"))?;
    let action = object(content.get("action"), "interactive['action']");
    if let Some(footer) = content.get("footer") {
        at_most(object(Some(footer), "footer")?, "text", 60)?;
    }
    match kind {
        "button" => {
            header(content, &["text", "image", "video", "document"], shelf)?;
            body(content, 1_024)?;
            buttons(action?)
        }
        "list" => {
            header(content, &["text"], shelf)?;
            body(content, 4_096)?;
            list(action?)
        }
        "cta_url" => {
            header(content, &["text", "image", "video", "document"], shelf)?;
            body(content, 1_024)?;
            link_button(action?)
        }
        "location_request_message" => {
            body(content, 1_024)?;
            named(action?, "send_location")
        }
        "flow"
        | "product"
        | "product_list"
        | "catalog_message"
        | "address_message"
        | "call_permission_request" => action.map(|_| ()),
        _ => Err(not_valid("interactive['type']")),
    }
}

fn header(content: &Object, allowed: &[&str], shelf: &Shelf) -> Check {
    let Some(header) = content.get("header") else { return Ok(()) };
    let header = object(Some(header), "header")?;
    let kind = header.get("type").and_then(Value::as_str).ok_or_else(|| missing("header['type']"))?;
    match kind {
        _ if !allowed.contains(&kind) => Err(not_valid("header['type']")),
        "text" => at_most(header, "text", 60),
        _ => media(kind, object(header.get(kind), kind)?, shelf),
    }
}

fn body(content: &Object, most: usize) -> Check {
    at_most(object(content.get("body"), "interactive['body']")?, "text", most)
}

fn buttons(action: &Object) -> Check {
    let buttons = action.get("buttons").and_then(Value::as_array).ok_or_else(|| missing("buttons"))?;
    if !(1..=3).contains(&buttons.len()) {
        return Err(not_valid("buttons: 1 to 3"));
    }
    let (mut ids, mut titles) = (HashSet::new(), HashSet::new());
    for button in buttons {
        let reply = object(object(Some(button), "button")?.get("reply"), "reply")?;
        at_most(reply, "id", 256)?;
        at_most(reply, "title", 20)?;
        if !ids.insert(reply.get("id")) || !titles.insert(reply.get("title")) {
            return Err(not_valid("buttons: ids and titles must be unique"));
        }
    }
    Ok(())
}

fn list(action: &Object) -> Check {
    at_most(action, "button", 20)?;
    let sections = action.get("sections").and_then(Value::as_array).ok_or_else(|| missing("sections"))?;
    if !(1..=10).contains(&sections.len()) {
        return Err(not_valid("sections: 1 to 10"));
    }
    let mut ids = HashSet::new();
    for section in sections {
        let section = object(Some(section), "section")?;
        if sections.len() > 1 || section.contains_key("title") {
            at_most(section, "title", 24)?;
        }
        let rows = section.get("rows").and_then(Value::as_array).ok_or_else(|| missing("rows"))?;
        for row in rows {
            let row = object(Some(row), "row")?;
            at_most(row, "id", 200)?;
            at_most(row, "title", 24)?;
            if row.contains_key("description") {
                at_most(row, "description", 72)?;
            }
            if !ids.insert(row.get("id")) {
                return Err(not_valid("rows: ids must be unique"));
            }
        }
    }
    if (1..=10).contains(&ids.len()) { Ok(()) } else { Err(not_valid("rows: 1 to 10 in all sections")) }
}

fn link_button(action: &Object) -> Check {
    named(action, "cta_url")?;
    let parameters = object(action.get("parameters"), "parameters")?;
    at_most(parameters, "display_text", 20)?;
    let url = parameters.get("url").and_then(Value::as_str).ok_or_else(|| missing("url"))?;
    if is_web_url(url) { Ok(()) } else { Err(not_valid("url")) }
}

fn named(action: &Object, name: &str) -> Check {
    if action.get("name").and_then(Value::as_str) == Some(name) {
        Ok(())
    } else {
        Err(not_valid("action['name']"))
    }
}

fn template(template: &Object, recipient: &Recipient) -> Check {
    let name = template.get("name").and_then(Value::as_str).ok_or_else(|| missing("template['name']"))?;
    let spelled = name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    if !spelled || !(1..=512).contains(&name.len()) {
        return Err(GraphError::new(132_001).details("template name does not exist"));
    }
    filled(object(template.get("language"), "template['language']")?, "code")?;
    let Some(known) = templates::find(name) else { return Ok(()) };
    if let Some(code) = known.trouble {
        return Err(GraphError::new(code));
    }
    if known.category == Category::Authentication && matches!(recipient, Recipient::User(_)) {
        return Err(GraphError::new(131_062));
    }
    let given = body_parameters(template);
    if given == known.parameters {
        return Ok(());
    }
    let expected = known.parameters;
    let details = format!(
        "body: number of localizable_params ({given}) does not match the expected number of params ({expected})"
    );
    Err(GraphError::new(132_000).details(details))
}

fn body_parameters(template: &Object) -> usize {
    let components = template.get("components").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let is_body = |part: &&Value| {
        part.get("type").and_then(Value::as_str).is_some_and(|kind| kind.eq_ignore_ascii_case("body"))
    };
    let body = components.iter().find(is_body);
    body.and_then(|body| body.get("parameters")?.as_array()).map_or(0, Vec::len)
}

fn object<'a>(value: Option<&'a Value>, name: &str) -> Result<&'a Object, GraphError> {
    match value {
        Some(Value::Object(object)) => Ok(object),
        Some(_) => Err(not_valid(name)),
        None => Err(missing(name)),
    }
}

fn filled(object: &Object, name: &str) -> Check {
    at_most(object, name, usize::MAX)
}

/// A text of 1 to `most` characters.
fn at_most(object: &Object, name: &str, most: usize) -> Check {
    match object.get(name) {
        Some(Value::String(text)) if text.is_empty() => Err(not_valid(&format!("{name}: empty"))),
        // Characters are never more than bytes, so most texts need no counting.
        Some(Value::String(text)) if text.len() <= most || text.chars().count() <= most => Ok(()),
        Some(Value::String(_)) => {
            let details = format!("Param {name} must be at most {most} characters long.");
            Err(GraphError::new(if name == "body" { 100 } else { 131_009 }).details(details))
        }
        Some(_) => Err(not_valid(name)),
        None => Err(missing(name)),
    }
}

fn is_web_url(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}

fn missing(name: &str) -> GraphError {
    GraphError::new(131_008).details(format!("The parameter {name} is required."))
}

fn not_valid(name: &str) -> GraphError {
    GraphError::new(131_009).details(format!("Param {name} is not valid."))
}

fn unexpected(name: &str) -> GraphError {
    GraphError::new(100).details(format!("Unexpected key {name}."))
}

#[cfg(test)]
#[path = "content_tests.rs"]
mod tests;
