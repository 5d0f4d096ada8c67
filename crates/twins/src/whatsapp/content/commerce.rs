//! Flows, products and catalogues: the limits of Meta's own description of its API (v23.0) and
//! of its pages on sharing products.

use serde_json::Value;

use super::checks::{
    Check, Object, at_most, filled, missing, not_valid, object, one_of, some_of, unexpected,
};
use super::interactive::{body, named};

/// Products over all sections of a list.
const MOST_PRODUCTS: usize = 30;

/// The button that opens a form.
pub(super) fn flow(action: &Object) -> Check {
    named(action, "flow")?;
    let parameters = object(action.get("parameters"), "parameters")?;
    one_of(parameters, "flow_message_version", "parameters['flow_message_version']", &["3"])?;
    match (parameters.contains_key("flow_id"), parameters.contains_key("flow_name")) {
        (true, false) => filled(parameters, "flow_id")?,
        (false, true) => filled(parameters, "flow_name")?,
        (true, true) => return Err(not_valid("parameters: give flow_id or flow_name, not both")),
        (false, false) => return Err(missing("flow_id")),
    }
    at_most(parameters, "flow_cta", 30)?;
    for (name, words) in [("mode", ["draft", "published"]), ("flow_action", ["navigate", "data_exchange"])] {
        if parameters.contains_key(name) {
            one_of(parameters, name, &format!("parameters['{name}']"), &words)?;
        }
    }
    if parameters.contains_key("flow_token") {
        filled(parameters, "flow_token")?;
    }
    let Some(payload) = parameters.get("flow_action_payload") else { return Ok(()) };
    if parameters.get("flow_action").and_then(Value::as_str) == Some("data_exchange") {
        return Err(unexpected("parameters['flow_action_payload']"));
    }
    first_screen(object(Some(payload), "flow_action_payload")?)
}

fn first_screen(payload: &Object) -> Check {
    if payload.contains_key("screen") {
        filled(payload, "screen")?;
    }
    match payload.get("data") {
        None => Ok(()),
        Some(Value::Object(data)) if !data.is_empty() => Ok(()),
        Some(_) => Err(not_valid("flow_action_payload['data']: must be a non-empty object")),
    }
}

/// One product; it has no header, and words only if wished.
pub(super) fn product(content: &Object, action: &Object) -> Check {
    if content.contains_key("header") {
        return Err(unexpected("interactive['header']"));
    }
    if content.contains_key("body") {
        body(content, 1_024)?;
    }
    filled(action, "catalog_id")?;
    filled(action, "product_retailer_id")
}

/// Several products in sections, below a header.
pub(super) fn product_list(content: &Object, action: &Object) -> Check {
    if !content.contains_key("header") {
        return Err(missing("interactive['header']"));
    }
    filled(action, "catalog_id")?;
    let sections = some_of(action, "sections", 10)?;
    let mut count = 0;
    for section in sections {
        let section = object(Some(section), "section")?;
        if sections.len() > 1 || section.contains_key("title") {
            at_most(section, "title", 24)?;
        }
        let items = some_of(section, "product_items", MOST_PRODUCTS)?;
        for item in items {
            filled(object(Some(item), "product_items")?, "product_retailer_id")?;
        }
        count += items.len();
    }
    if count <= MOST_PRODUCTS { Ok(()) } else { Err(not_valid("product_items: 1 to 30 in all sections")) }
}

/// The whole catalogue.
pub(super) fn catalog(action: &Object) -> Check {
    named(action, "catalog_message")?;
    match action.get("parameters") {
        None => Ok(()),
        Some(parameters) => filled(object(Some(parameters), "parameters")?, "thumbnail_product_retailer_id"),
    }
}
