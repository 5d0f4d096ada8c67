//! Forms (flows) and products of the catalogue that is connected to the business account.

use omni_core::content::{Flow, FlowAction, ProductSection, Products};
use omni_core::failure::SendError;
use serde_json::{Map, Value, json};

use super::choice::{footer, text_header};
use super::limits::{BODY, FORM_LABEL, PRODUCTS, SECTION_TITLE, SECTIONS, refused, some_at_most};

/// The only version of messages with forms that Meta takes.
const FLOW_MESSAGE_VERSION: &str = "3";

/// The `interactive` object that opens a form.
pub(super) fn flow(flow: &Flow) -> Result<Value, SendError> {
    some_at_most("text", &flow.text, BODY)?;
    let action = json!({ "name": "flow", "parameters": flow_parameters(flow)? });
    let mut object = json!({ "type": "flow", "body": { "text": flow.text }, "action": action });
    if let Some(header) = &flow.header {
        object["header"] = text_header(header)?;
    }
    footer(&mut object, flow.footer.as_deref())?;
    Ok(object)
}

fn flow_parameters(flow: &Flow) -> Result<Value, SendError> {
    some_at_most("label", &flow.label, FORM_LABEL)?;
    let (name, which) = match (&flow.flow_id, &flow.flow_name) {
        (Some(id), None) => ("flow_id", id),
        (None, Some(name)) => ("flow_name", name),
        _ => return Err(refused("flow", "needs either its id or its name")),
    };
    some_at_most("flow", which, usize::MAX)?;
    let mut parameters = json!({
        "flow_message_version": FLOW_MESSAGE_VERSION,
        name: which,
        "flow_cta": flow.label,
        "flow_action": match flow.action {
            FlowAction::Navigate => "navigate",
            FlowAction::DataExchange => "data_exchange",
        },
    });
    if let Some(token) = &flow.token {
        parameters["flow_token"] = token.as_str().into();
    }
    if flow.draft {
        parameters["mode"] = "draft".into();
    }
    if let Some(payload) = first_screen(flow)? {
        parameters["flow_action_payload"] = payload;
    }
    Ok(parameters)
}

/// Without a screen Meta takes the form's first one; without either there is no payload.
fn first_screen(flow: &Flow) -> Result<Option<Value>, SendError> {
    let mut payload = Map::new();
    if let Some(screen) = &flow.screen {
        some_at_most("screen", screen, usize::MAX)?;
        payload.insert("screen".into(), screen.as_str().into());
    }
    if let Some(data) = &flow.data {
        if data.as_object().is_none_or(Map::is_empty) {
            return Err(refused("data", "must be an object that is not empty"));
        }
        payload.insert("data".into(), data.clone());
    }
    if !payload.is_empty() && flow.action == FlowAction::DataExchange {
        return Err(refused("screen", "comes from the form's endpoint with data_exchange"));
    }
    Ok((!payload.is_empty()).then(|| payload.into()))
}

/// The `interactive` object: the whole catalogue, one product, or a list. One product has no
/// header, so with a header it is a list of one.
pub(super) fn products(products: &Products) -> Result<Value, SendError> {
    let mut object = match products.sections.as_slice() {
        [] => catalogue(products)?,
        _ if products.thumbnail.is_some() => {
            return Err(refused("thumbnail", "stands for the whole catalogue only"));
        }
        [ProductSection { products: only, .. }] if only.len() == 1 && products.header.is_none() => {
            one_product(products, &only[0])?
        }
        sections => product_list(products, sections)?,
    };
    footer(&mut object, products.footer.as_deref())?;
    Ok(object)
}

/// There is one catalogue to a business account, so its id is not asked for; its header is
/// Meta's own.
fn catalogue(products: &Products) -> Result<Value, SendError> {
    if products.header.is_some() {
        return Err(refused("header", "the whole catalogue has a header of its own"));
    }
    let mut action = json!({ "name": "catalog_message" });
    if let Some(thumbnail) = &products.thumbnail {
        some_at_most("thumbnail", thumbnail, usize::MAX)?;
        action["parameters"] = json!({ "thumbnail_product_retailer_id": thumbnail });
    }
    Ok(json!({ "type": "catalog_message", "body": body(products)?, "action": action }))
}

fn one_product(products: &Products, product: &str) -> Result<Value, SendError> {
    some_at_most("product", product, usize::MAX)?;
    let action = json!({ "catalog_id": catalog_id(products)?, "product_retailer_id": product });
    let mut object = json!({ "type": "product", "action": action });
    if products.text.is_some() {
        object["body"] = body(products)?;
    }
    Ok(object)
}

fn product_list(products: &Products, sections: &[ProductSection]) -> Result<Value, SendError> {
    let header = products.header.as_deref().ok_or_else(|| refused("header", "a product list needs one"))?;
    let count: usize = sections.iter().map(|section| section.products.len()).sum();
    if sections.len() > SECTIONS || count > PRODUCTS {
        return Err(refused("products", format!("more than {SECTIONS} sections or {PRODUCTS} products")));
    }
    let only = sections.len() == 1;
    let sections = sections.iter().map(|one| section(one, only)).collect::<Result<Vec<_>, _>>()?;
    Ok(json!({
        "type": "product_list",
        "header": text_header(header)?,
        "body": body(products)?,
        "action": { "catalog_id": catalog_id(products)?, "sections": sections },
    }))
}

fn section(section: &ProductSection, only: bool) -> Result<Value, SendError> {
    if section.products.is_empty() {
        return Err(refused("products", "a section without products"));
    }
    for product in &section.products {
        some_at_most("product", product, usize::MAX)?;
    }
    let item = |product: &String| json!({ "product_retailer_id": product });
    let items: Vec<Value> = section.products.iter().map(item).collect();
    let mut object = json!({ "product_items": items });
    match &section.title {
        Some(title) => {
            some_at_most("section", title, SECTION_TITLE)?;
            object["title"] = title.as_str().into();
        }
        None if only => {}
        None => return Err(refused("section", "needs a title where there are several")),
    }
    Ok(object)
}

fn body(products: &Products) -> Result<Value, SendError> {
    let text = products.text.as_deref().unwrap_or_default();
    some_at_most("text", text, BODY)?;
    Ok(json!({ "text": text }))
}

fn catalog_id(products: &Products) -> Result<&str, SendError> {
    let id = products.catalog_id.as_deref().filter(|id| !id.is_empty());
    id.ok_or_else(|| refused("catalog_id", "is missing"))
}
