//! Buttons, lists and products on WhatsApp, in the shape of Conversations: a button has its
//! id and title directly, and a medium its `url`.

use omni_core::content::{Button, Interactive, ProductSection, Products};
use omni_core::failure::SendError;
use serde_json::{Value, json};

use super::super::{is_list, sections};
use super::hsm;

/// Buttons, or a list to pick from.
pub(super) fn choice(choice: &Interactive) -> Result<Value, SendError> {
    let Interactive { text, header, header_media, footer, buttons, list_label } = choice;
    if buttons.iter().any(|button| button.url.is_some()) {
        return Err(SendError::Unsupported("link buttons need a template here"));
    }
    let (kind, action) = if is_list(buttons, list_label.as_ref()) {
        ("list", list(buttons, list_label.as_deref()))
    } else {
        ("button", json!({ "buttons": replies(buttons) }))
    };
    let mut wire = framed(kind, header.as_deref(), Some(text), footer.as_deref(), &action);
    if let Some(media) = header_media {
        wire["header"] = hsm::above(media)?;
    }
    Ok(wire)
}

fn framed(
    kind: &str,
    header: Option<&str>,
    text: Option<&str>,
    footer: Option<&str>,
    action: &Value,
) -> Value {
    let mut wire = json!({ "type": kind, "action": action });
    if let Some(header) = header {
        wire["header"] = json!({ "type": "text", "text": header });
    }
    for (name, words) in [("body", text), ("footer", footer)] {
        if let Some(words) = words {
            wire[name] = json!({ "text": words });
        }
    }
    wire
}

fn replies(buttons: &[Button]) -> Vec<Value> {
    buttons.iter().map(|b| json!({ "id": b.id, "type": "reply", "title": b.title })).collect()
}

fn list(buttons: &[Button], label: Option<&str>) -> Value {
    let label = label.unwrap_or("Options");
    json!({ "button": label, "sections": sections::of_rows(buttons, label, row) })
}

fn row(entry: &Button) -> Value {
    match &entry.description {
        Some(description) => json!({ "id": entry.id, "title": entry.title, "description": description }),
        None => json!({ "id": entry.id, "title": entry.title }),
    }
}

/// One product, or several under a header and titles. A whole catalogue is not documented.
pub(super) fn offer(offer: &Products) -> Result<Value, SendError> {
    let Products { text, header, footer, catalog_id, sections, thumbnail: _ } = offer;
    let catalogue = catalog_id.as_deref().ok_or(SendError::Unsupported("products need their catalogId"))?;
    if let [ProductSection { products, .. }] = sections.as_slice()
        && let [product] = products.as_slice()
    {
        if header.is_some() {
            return Err(SendError::Unsupported("a single product has no header"));
        }
        let action = json!({ "catalog_id": catalogue, "product_retailer_id": product });
        return Ok(framed("product", None, text.as_deref(), footer.as_deref(), &action));
    }
    if sections.is_empty() {
        return Err(SendError::Unsupported("the Conversations API documents no whole catalogues"));
    }
    if text.is_none() || header.is_none() {
        return Err(SendError::Unsupported("several products need a text and a header"));
    }
    let wire: Option<Vec<Value>> =
        sections.iter().map(|section| product_section(section, sections.len() > 1)).collect();
    let sections = wire.ok_or(SendError::Unsupported("several sections need a title each"))?;
    let action = json!({ "catalog_id": catalogue, "sections": sections });
    Ok(framed("product_list", header.as_deref(), text.as_deref(), footer.as_deref(), &action))
}

/// `None` if a title is missing that must be there.
fn product_section(section: &ProductSection, needs_title: bool) -> Option<Value> {
    let items: Vec<Value> = section.products.iter().map(|id| json!({ "product_retailer_id": id })).collect();
    match &section.title {
        Some(title) => Some(json!({ "title": title, "product_items": items })),
        None if needs_title => None,
        None => Some(json!({ "product_items": items })),
    }
}
