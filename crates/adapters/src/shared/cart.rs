//! Carts in WhatsApp's shape, whoever hands them on.

use serde_json::{Value, json};

use super::json;

/// A cart, with prices as decimal text: they come as numbers or text.
pub fn read(object: &Value) -> Option<Value> {
    let items = object["product_items"].as_array()?;
    let items: Vec<Value> = items
        .iter()
        .map(|item| {
            let quantity = json::integer(&item["quantity"]).map(Value::from);
            json!({
                "sku": json::id(&item["product_retailer_id"]),
                "qty": quantity.unwrap_or_else(|| item["quantity"].clone()),
                "price": json::id(&item["item_price"]),
                "currency": json::text(&item["currency"]),
            })
        })
        .collect();
    Some(json!({ "catalog_id": json::id(&object["catalog_id"]), "items": items }))
}
