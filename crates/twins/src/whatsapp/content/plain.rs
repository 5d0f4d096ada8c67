//! Text, media, places, cards and reactions.

use serde_json::Value;

use super::checks::{Check, Object, at_most, filled, is_web_url, missing, not_valid, object, unexpected};
use crate::whatsapp::media::Shelf;

pub(super) fn text(text: &Object) -> Check {
    at_most(text, "body", 4_096)
}

pub(super) fn media(kind: &str, media: &Object, shelf: &Shelf) -> Check {
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

pub(super) fn location(location: &Object) -> Check {
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

pub(super) fn contacts(content: Option<&Value>) -> Check {
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

pub(super) fn reaction(reaction: &Object) -> Check {
    filled(reaction, "message_id")?;
    match reaction.get("emoji") {
        Some(Value::String(emoji)) if emoji.chars().count() <= 16 => Ok(()),
        Some(_) => Err(not_valid("reaction['emoji']")),
        None => Err(missing("reaction['emoji']")),
    }
}

/// Media by id of a type that this kind of message does not take. Meta finds out when it
/// prepares the message, so this comes as a failed status (131053), not as an answer.
pub(super) fn misfits(kind: &str, media: &Object, shelf: &Shelf) -> bool {
    let Some(file) = media.get("id").and_then(Value::as_str).and_then(|id| shelf.get(id)) else {
        return false;
    };
    let essence = file.mime.split(';').next().unwrap_or_default().trim();
    let is_voice_note = media.get("voice") == Some(&Value::Bool(true));
    match kind {
        "image" => !matches!(essence, "image/jpeg" | "image/png"),
        "sticker" => essence != "image/webp",
        "audio" if is_voice_note => essence != "audio/ogg",
        "audio" => !essence.starts_with("audio/"),
        "video" => !essence.starts_with("video/"),
        _ => false,
    }
}
