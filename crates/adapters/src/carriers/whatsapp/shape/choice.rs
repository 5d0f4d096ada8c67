//! Words with reply buttons, a list, or one link.

use std::collections::HashSet;

use omni_core::content::{Button, Interactive};
use omni_core::failure::SendError;
use serde_json::{Value, json};

use super::limits::{
    BODY, BUTTON_ID, BUTTON_TITLE, BUTTONS, HEADER, ROW_DESCRIPTION, ROW_ID, ROW_TITLE, ROWS, SECTION_TITLE,
    TEXT, at_most, refused, some_at_most,
};
use super::media;

/// The label of a list that has none of its own.
const LIST_LABEL: &str = "Options";

/// The `interactive` object: one link, up to three reply buttons, else a list.
pub(super) fn shape(choice: &Interactive) -> Result<Value, SendError> {
    let buttons = choice.buttons.as_slice();
    let is_list = choice.list_label.is_some() || buttons.iter().any(|button| button.section.is_some());
    let (kind, longest_text, action) = match buttons {
        [] => return Err(refused("buttons", "needs at least one button")),
        [Button { title, url: Some(url), .. }] if !is_list => ("cta_url", BODY, link(title, url)?),
        _ if buttons.iter().any(|button| button.url.is_some()) => {
            return Err(SendError::Unsupported("link_among_buttons"));
        }
        _ if !is_list && buttons.len() <= BUTTONS => ("button", BODY, reply_buttons(buttons)?),
        _ if buttons.len() <= ROWS => ("list", TEXT, list(buttons, choice.list_label.as_deref())?),
        _ => return Err(SendError::Unsupported("too_many_buttons")),
    };
    some_at_most("text", &choice.text, longest_text)?;
    let mut object = json!({ "type": kind, "body": { "text": choice.text }, "action": action });
    if let Some(header) = header(choice, kind)? {
        object["header"] = header;
    }
    footer(&mut object, choice.footer.as_deref())?;
    Ok(object)
}

fn header(choice: &Interactive, kind: &str) -> Result<Option<Value>, SendError> {
    match (&choice.header, &choice.header_media) {
        (None, None) => Ok(None),
        (Some(_), Some(_)) => Err(refused("header", "is either words or a medium")),
        (Some(words), None) => text_header(words).map(Some),
        // A list has words above it or nothing.
        (None, Some(_)) if kind == "list" => Err(SendError::Unsupported("list_under_media_not_carried")),
        (None, Some(medium)) => media::header(medium).map(Some),
    }
}

/// Words above an interactive message.
pub(super) fn text_header(words: &str) -> Result<Value, SendError> {
    some_at_most("header", words, HEADER)?;
    Ok(json!({ "type": "text", "text": words }))
}

/// Words below an interactive message.
pub(super) fn footer(object: &mut Value, words: Option<&str>) -> Result<(), SendError> {
    if let Some(words) = words {
        some_at_most("footer", words, HEADER)?;
        object["footer"] = json!({ "text": words });
    }
    Ok(())
}

fn link(title: &str, url: &str) -> Result<Value, SendError> {
    some_at_most("button_title", title, BUTTON_TITLE)?;
    Ok(json!({ "name": "cta_url", "parameters": { "display_text": title, "url": url } }))
}

fn reply_buttons(buttons: &[Button]) -> Result<Value, SendError> {
    distinct(buttons, "button_id", BUTTON_ID, |button| &button.id)?;
    distinct(buttons, "button_title", BUTTON_TITLE, |button| &button.title)?;
    let button = |b: &Button| json!({ "type": "reply", "reply": { "id": b.id, "title": b.title } });
    Ok(json!({ "buttons": buttons.iter().map(button).collect::<Vec<_>>() }))
}

/// Neighbours with the same title form a section; several sections all need a title.
fn list(buttons: &[Button], label: Option<&str>) -> Result<Value, SendError> {
    let label = label.unwrap_or(LIST_LABEL);
    some_at_most("list_label", label, BUTTON_TITLE)?;
    distinct(buttons, "row_id", ROW_ID, |button| &button.id)?;
    let groups: Vec<&[Button]> = buttons.chunk_by(|a, b| a.section == b.section).collect();
    let mut sections = Vec::with_capacity(groups.len());
    for group in &groups {
        let rows = group.iter().map(row).collect::<Result<Vec<_>, _>>()?;
        let mut section = json!({ "rows": rows });
        if let Some(title) = group.first().and_then(|button| button.section.as_deref()) {
            some_at_most("section", title, SECTION_TITLE)?;
            section["title"] = title.into();
        } else if groups.len() > 1 {
            return Err(refused("section", "is missing: with several sections each entry stands in one"));
        }
        sections.push(section);
    }
    Ok(json!({ "button": label, "sections": sections }))
}

fn row(button: &Button) -> Result<Value, SendError> {
    some_at_most("row_title", &button.title, ROW_TITLE)?;
    let mut row = json!({ "id": button.id, "title": button.title });
    if let Some(description) = button.description.as_deref().filter(|words| !words.is_empty()) {
        at_most("row_description", description, ROW_DESCRIPTION)?;
        row["description"] = description.into();
    }
    Ok(row)
}

/// Each button must have this field, short enough, and no two the same.
fn distinct(
    buttons: &[Button],
    what: &str,
    limit: usize,
    field: fn(&Button) -> &str,
) -> Result<(), SendError> {
    let mut seen = HashSet::new();
    for button in buttons {
        some_at_most(what, field(button), limit)?;
        if !seen.insert(field(button)) {
            return Err(refused(what, "occurs twice"));
        }
    }
    Ok(())
}
