//! Products of a WhatsApp catalogue (`twilio/catalog`). Within the 24 hours no approval is
//! needed; Twilio itself picks the kind of message by the number of products.

use omni_core::content::Products;
use omni_core::event::Channel;
use omni_core::failure::SendError;
use serde_json::{Value, json};

use super::rich::{Blanks, MAX_VALUE, Rich, at_most, literal, refused, some_at_most};

/// Most products in one message.
const MAX_PRODUCTS: usize = 30;
/// Longest title of the message, of a section, and id of a product.
const MAX_TITLE: usize = 60;
const MAX_SECTION: usize = 24;
const MAX_ID: usize = 100;
/// Longest words.
const MAX_BODY: usize = 1_024;
/// Longest small text (WhatsApp's footer; Twilio's page repeats the number of the body).
const MAX_SUBTITLE: usize = 60;

pub(super) fn rich(channel: Channel, products: &Products) -> Result<Rich, SendError> {
    if channel != Channel::Whatsapp {
        return Err(SendError::Unsupported("content_type_not_carried"));
    }
    let catalog = products.catalog_id.as_deref().unwrap_or_default();
    some_at_most("catalogId", catalog, MAX_ID)?;
    let items = items(products)?;
    if items.len() > 1 && products.header.is_none() {
        return Err(refused("header", "is needed over several products"));
    }
    let mut blanks = Blanks::default();
    let mut shape = json!({ "id": blanks.put(catalog) });
    let parts = [
        ("title", "header", &products.header, MAX_TITLE),
        ("body", "text", &products.text, MAX_BODY),
        ("subtitle", "footer", &products.footer, MAX_SUBTITLE),
    ];
    for (theirs, ours, words, most) in parts {
        let Some(words) = words else { continue };
        some_at_most(ours, words, most)?;
        shape[theirs] = blanks.put(words.as_str()).into();
    }
    if let Some(thumbnail) = &products.thumbnail {
        some_at_most("thumbnail", thumbnail, MAX_ID)?;
        shape["thumbnail_item_id"] = literal("thumbnail", thumbnail)?.into();
    }
    if !items.is_empty() {
        let items = Value::from(items).to_string();
        at_most("sections", &items, MAX_VALUE)?;
        shape["dynamic_items"] = blanks.put(items).into();
    }
    Ok(blanks.into_rich(json!({ "twilio/catalog": shape })))
}

/// The products in order, each with the title of its section.
fn items(products: &Products) -> Result<Vec<Value>, SendError> {
    let count = products.sections.iter().map(|section| section.products.len()).sum::<usize>();
    if count > MAX_PRODUCTS {
        return Err(refused("sections", format!("more than {MAX_PRODUCTS} products")));
    }
    let mut items = Vec::with_capacity(count);
    for section in &products.sections {
        for product in &section.products {
            some_at_most("product", product, MAX_ID)?;
            let mut item = json!({ "id": product });
            match &section.title {
                Some(title) => {
                    some_at_most("section_title", title, MAX_SECTION)?;
                    item["section_title"] = title.as_str().into();
                }
                None if count > 1 => return Err(refused("section_title", "is needed for several products")),
                None => {}
            }
            items.push(item);
        }
    }
    Ok(items)
}
