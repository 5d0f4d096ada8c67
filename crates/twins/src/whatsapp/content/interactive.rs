//! Messages that ask for an answer: buttons, lists, links, places and addresses.

use std::collections::HashSet;

use serde_json::Value;

use super::checks::{Check, Object, at_most, is_web_url, missing, not_valid, object};
use super::{commerce, plain};
use crate::whatsapp::media::Shelf;

pub(super) fn interactive(content: &Object, shelf: &Shelf) -> Check {
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
        "flow" => {
            header(content, &["text", "image", "video", "document"], shelf)?;
            body(content, 1_024)?;
            commerce::flow(action?)
        }
        "product" => commerce::product(content, action?),
        "product_list" => {
            header(content, &["text"], shelf)?;
            body(content, 1_024)?;
            commerce::product_list(content, action?)
        }
        "catalog_message" => {
            body(content, 1_024)?;
            commerce::catalog(action?)
        }
        "address_message" => {
            body(content, 1_024)?;
            address(action?)
        }
        "call_permission_request" => named(action?, "call_permission_request"),
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
        _ => plain::media(kind, object(header.get(kind), kind)?, shelf),
    }
}

pub(super) fn body(content: &Object, most: usize) -> Check {
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

pub(super) fn named(action: &Object, name: &str) -> Check {
    if action.get("name").and_then(Value::as_str) == Some(name) {
        Ok(())
    } else {
        Err(not_valid("action['name']"))
    }
}

/// A form for a postal address (India and Singapore).
fn address(action: &Object) -> Check {
    named(action, "address_message")?;
    let country = object(action.get("parameters"), "parameters")?.get("country");
    match country.and_then(Value::as_str) {
        Some("IN" | "SG") => Ok(()),
        Some(_) => Err(not_valid("parameters['country']")),
        None => Err(missing("parameters['country']")),
    }
}
