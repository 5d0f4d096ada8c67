//! What a send request must look like: Meta's rules and limits for every content type.

mod checks;
mod commerce;
mod interactive;
mod plain;
mod template;

use serde_json::Value;

use self::checks::{Check, Object, filled, missing, not_valid, object};
use super::DISPLAY_NUMBER;
use super::errors::GraphError;
use super::media::Shelf;

/// A valid request.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Submission {
    pub(super) recipient: Recipient,
    pub(super) kind: Kind,
    pub(super) reference: Option<String>,
    /// The error that Meta finds only after it took the message.
    pub(super) fails_with: Option<u32>,
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

/// Reads the body of `POST …/messages` (not mark-read).
pub(super) fn read(body: &Object, shelf: &Shelf) -> Result<Submission, GraphError> {
    let recipient = recipient(body)?;
    let kind = body.get("type").map_or(Some("text"), Value::as_str).ok_or_else(|| not_valid("type"))?;
    if let Some(context) = body.get("context") {
        object(Some(context), "context").and_then(|context| filled(context, "message_id"))?;
    }
    let content = body.get(kind);
    let mut fails_with = None;
    let kind = match kind {
        "text" => free(plain::text(object(content, "text")?)),
        "image" | "video" | "audio" | "document" | "sticker" => {
            let media = object(content, kind)?;
            fails_with = plain::misfits(kind, media, shelf).then_some(131_053);
            free(plain::media(kind, media, shelf))
        }
        "location" => free(plain::location(object(content, "location")?)),
        "contacts" => free(plain::contacts(content)),
        "interactive" => free(interactive::interactive(object(content, "interactive")?, shelf)),
        "reaction" => plain::reaction(object(content, "reaction")?).map(|()| Kind::Reaction),
        "template" => {
            template::template(object(content, "template")?, &recipient, shelf).map(|()| Kind::Template)
        }
        _ => Err(GraphError::new(100).details(
            "Param type must be one of {AUDIO, CONTACTS, DOCUMENT, IMAGE, INTERACTIVE, LOCATION, REACTION, \
             STICKER, TEMPLATE, TEXT, VIDEO}",
        )),
    }?;
    Ok(Submission { recipient, kind, reference: reference(body)?, fails_with })
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

#[cfg(test)]
mod tests;
