//! Words with buttons, a list or a link: which of Twilio's content types shows them.
//!
//! | what                              | WhatsApp, within the 24 hours | RCS         |
//! |-----------------------------------|-------------------------------|-------------|
//! | up to three replies               | `twilio/quick-reply`          | `twilio/card` |
//! | more, or with descriptions        | `twilio/list-picker`          | `twilio/card` |
//! | one link                          | `twilio/call-to-action`       | `twilio/card` |
//! | replies or a link, with a medium above or small text below | `twilio/card` | `twilio/card` |
//!
//! Limits are from Twilio's pages on these types (summer 2026). Without approval WhatsApp
//! shows buttons of one kind only, and one link.

use std::collections::HashSet;

use omni_core::content::{Button, Interactive, OutboundMedia};
use omni_core::event::Channel;
use omni_core::failure::SendError;
use serde_json::{Value, json};

use super::media;
use super::rich::{Blanks, Rich, literal, refused, some_at_most};

/// Most replies in a WhatsApp message without approval.
pub(super) const MAX_REPLIES: usize = 3;
/// Most entries of a list picker.
pub(super) const MAX_ENTRIES: usize = 10;
/// Most suggestions of an RCS message.
pub(super) const MAX_SUGGESTIONS: usize = 11;
/// Longest words over replies, over a list, or on a WhatsApp card (where they are its title).
const MAX_BODY: usize = 1_024;
/// Longest words over a link.
const MAX_LINK_BODY: usize = 640;
/// Longest words and title of an RCS card.
const MAX_RCS_BODY: usize = 1_600;
const MAX_RCS_TITLE: usize = 200;
/// Longest small text below (`subtitle` of a card).
const MAX_SUBTITLE: usize = 60;
/// Longest title of a button; of a link on RCS; of a list's entry.
const MAX_TITLE: usize = 20;
const MAX_RCS_LINK_TITLE: usize = 25;
const MAX_ENTRY: usize = 24;
/// Longest id, which comes back as `ButtonPayload` or `ListId`.
const MAX_ID: usize = 200;
const MAX_DESCRIPTION: usize = 72;
/// Longest label that opens a list (WhatsApp's limit; Twilio's page names none).
const MAX_LABEL: usize = 20;
/// What opens a list without a label of its own.
const LABEL: &str = "Options";

/// What is refused as a whole, because leaving it out would change the message.
fn not_carried(word: &'static str, is_there: bool) -> Result<(), SendError> {
    if is_there { Err(SendError::Unsupported(word)) } else { Ok(()) }
}

pub(super) fn rich(channel: Channel, choice: &Interactive) -> Result<Rich, SendError> {
    if choice.buttons.is_empty() {
        return Err(refused("buttons", "needs at least one"));
    }
    match channel {
        Channel::Whatsapp => on_whatsapp(choice),
        Channel::Rcs => on_rcs(choice),
        _ => Err(SendError::Unsupported("content_type_not_carried")),
    }
}

fn on_whatsapp(choice: &Interactive) -> Result<Rich, SendError> {
    // Text above exists on `whatsapp/card` only, which must be approved.
    not_carried("header_text_not_carried", choice.header.is_some())?;
    let buttons = &choice.buttons;
    let links = buttons.iter().filter(|button| button.url.is_some()).count();
    let wants_list = choice.list_label.is_some() || buttons.iter().any(says_more);
    let is_plain = choice.header_media.is_none() && choice.footer.is_none();
    match links {
        0 if wants_list || buttons.len() > MAX_REPLIES => list(choice),
        0 if is_plain => replies(choice),
        _ if links > 0 && (wants_list || links < buttons.len()) => {
            Err(SendError::Unsupported("link_among_buttons"))
        }
        2.. => Err(SendError::Unsupported("too_many_links")),
        1 if is_plain => link(choice),
        _ => whatsapp_card(choice),
    }
}

/// Whether a button has more to say than a plain button shows.
fn says_more(button: &Button) -> bool {
    button.section.is_some() || button.description.as_ref().is_some_and(|words| !words.is_empty())
}

fn replies(choice: &Interactive) -> Result<Rich, SendError> {
    let mut blanks = Blanks::default();
    let body = words(&mut blanks, choice, MAX_BODY)?;
    let actions = actions(&mut blanks, choice, MAX_TITLE)?;
    Ok(blanks.into_rich(json!({ "twilio/quick-reply": { "body": body, "actions": actions } })))
}

/// The button's title takes no variables here.
fn link(choice: &Interactive) -> Result<Rich, SendError> {
    let mut blanks = Blanks::default();
    let body = words(&mut blanks, choice, MAX_LINK_BODY)?;
    let mut actions = Vec::new();
    for Button { title, url, .. } in &choice.buttons {
        some_at_most("button_title", title, MAX_TITLE)?;
        let title = literal("button_title", title)?;
        let url = blanks.put_url("button_url", url.as_deref().unwrap_or_default())?;
        actions.push(json!({ "type": "URL", "title": title, "url": url }));
    }
    Ok(blanks.into_rich(json!({ "twilio/call-to-action": { "body": body, "actions": actions } })))
}

fn list(choice: &Interactive) -> Result<Rich, SendError> {
    not_carried("header_not_carried_by_lists", choice.header_media.is_some())?;
    not_carried("footer_not_carried_by_lists", choice.footer.is_some())?;
    not_carried("sections_not_carried", choice.buttons.iter().any(|button| button.section.is_some()))?;
    not_carried("too_many_buttons", choice.buttons.len() > MAX_ENTRIES)?;
    distinct(&choice.buttons)?;
    let mut blanks = Blanks::default();
    let body = words(&mut blanks, choice, MAX_BODY)?;
    let label = choice.list_label.as_deref().unwrap_or(LABEL);
    some_at_most("list_label", label, MAX_LABEL)?;
    let button = blanks.put(label);
    let mut items = Vec::new();
    for Button { id, title, description, .. } in &choice.buttons {
        some_at_most("row_title", title, MAX_ENTRY)?;
        some_at_most("row_id", id, MAX_ID)?;
        let mut item = json!({ "item": blanks.put(title), "id": blanks.put(id) });
        if let Some(description) = description.as_deref().filter(|words| !words.is_empty()) {
            some_at_most("row_description", description, MAX_DESCRIPTION)?;
            item["description"] = blanks.put(description).into();
        }
        items.push(item);
    }
    Ok(blanks.into_rich(json!({ "twilio/list-picker": { "body": body, "button": button, "items": items } })))
}

/// On WhatsApp all words of a card are its title; `body` is RCS's alone.
fn whatsapp_card(choice: &Interactive) -> Result<Rich, SendError> {
    let mut blanks = Blanks::default();
    let mut card = json!({ "title": words(&mut blanks, choice, MAX_BODY)? });
    card["actions"] = actions(&mut blanks, choice, MAX_TITLE)?;
    around(&mut blanks, &mut card, Channel::Whatsapp, choice)?;
    Ok(blanks.into_rich(json!({ "twilio/card": card })))
}

/// Without a medium RCS shows the buttons as suggestions below the words, with one on a card.
fn on_rcs(choice: &Interactive) -> Result<Rich, SendError> {
    not_carried("lists_not_carried", choice.list_label.is_some() || choice.buttons.iter().any(says_more))?;
    not_carried("too_many_buttons", choice.buttons.len() > MAX_SUGGESTIONS)?;
    not_carried("header_needs_a_medium", choice.header.is_some() && choice.header_media.is_none())?;
    let mut blanks = Blanks::default();
    let mut card = json!({ "body": words(&mut blanks, choice, MAX_RCS_BODY)? });
    if let Some(header) = &choice.header {
        some_at_most("header", header, MAX_RCS_TITLE)?;
        card["title"] = blanks.put(header).into();
    }
    card["actions"] = actions(&mut blanks, choice, MAX_RCS_LINK_TITLE)?;
    around(&mut blanks, &mut card, Channel::Rcs, choice)?;
    Ok(blanks.into_rich(json!({ "twilio/card": card })))
}

fn words(blanks: &mut Blanks, choice: &Interactive, most: usize) -> Result<String, SendError> {
    some_at_most("text", &choice.text, most)?;
    Ok(blanks.put(choice.text.as_str()))
}

/// Replies and links; a link has an id, too, where its press is told (RCS).
fn actions(blanks: &mut Blanks, choice: &Interactive, longest_link: usize) -> Result<Value, SendError> {
    let replies = choice.buttons.iter().filter(|button| button.url.is_none());
    distinct(replies)?;
    let mut actions = Vec::new();
    for Button { id, title, url, .. } in &choice.buttons {
        let most = if url.is_some() { longest_link } else { MAX_TITLE };
        some_at_most("button_title", title, most)?;
        let title = blanks.put(title);
        actions.push(match url {
            Some(url) => {
                json!({ "type": "URL", "title": title, "url": blanks.put_url("button_url", url)? })
            }
            None => {
                some_at_most("button_id", id, MAX_ID)?;
                json!({ "type": "QUICK_REPLY", "title": title, "id": blanks.put(id) })
            }
        });
    }
    Ok(actions.into())
}

/// What stands above and below on a card. The subtitle takes no variables.
fn around(
    blanks: &mut Blanks,
    card: &mut Value,
    channel: Channel,
    choice: &Interactive,
) -> Result<(), SendError> {
    if let Some(medium) = choice.header_media.as_deref() {
        card["media"] = json!([above(blanks, channel, medium)?]);
    }
    if let Some(footer) = &choice.footer {
        some_at_most("footer", footer, MAX_SUBTITLE)?;
        card["subtitle"] = literal("footer", footer)?.into();
    }
    Ok(())
}

/// The address of the medium on a card.
fn above(blanks: &mut Blanks, channel: Channel, medium: &OutboundMedia) -> Result<String, SendError> {
    not_carried("media_type_not_carried", matches!(medium.kind(), "audio" | "sticker"))?;
    media::fits(channel, std::slice::from_ref(medium))?;
    let url = medium.url.as_deref().ok_or(SendError::Unsupported("media_without_url"))?;
    blanks.put_url("header_media", url)
}

/// What comes back must tell which one it was.
fn distinct<'a>(buttons: impl IntoIterator<Item = &'a Button>) -> Result<(), SendError> {
    let mut seen = HashSet::new();
    if buttons.into_iter().all(|button| seen.insert(button.id.as_str())) {
        Ok(())
    } else {
        Err(refused("button_id", "occurs twice"))
    }
}
