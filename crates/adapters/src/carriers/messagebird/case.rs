//! Settings for conformance cases.

use serde_json::{Map, Value, json};

/// Reads a case's generation (named, or told by its scheme or path), keys, numbers and
/// tolerances.
pub(super) fn settings(case: &Value) -> Value {
    let generation = generation(case);
    let mut table = Map::new();
    table.insert("generation".into(), json!(generation));
    table.insert("signing_keys".into(), keys(&case["secrets"], generation));
    table.insert("legacy_signature".into(), json!(case["scheme"] == "messagebird-legacy"));
    for name in ["leeway_s", "tolerance_s"] {
        if case[name].is_u64() {
            table.insert(name.into(), case[name].clone());
        }
    }
    let config = &case["config"];
    let (numbers, channels) = match generation {
        "rest" => (&config["numbers"], &config["conversation_channels"]),
        "bird" => (&Value::Null, &config["bird_channels"]),
        _ => (&config["numbers"], &Value::Null),
    };
    for (name, value) in
        [("numbers", numbers), ("channels", channels), ("workspaces", &config["bird_workspaces"])]
    {
        if !value.is_null() {
            table.insert(name.into(), value.clone());
        }
    }
    Value::Object(table)
}

fn generation(case: &Value) -> &'static str {
    if let Some(number) = case["generation"].as_u64() {
        return ["rest", "bird", "platform"].get(number.saturating_sub(1) as usize).unwrap_or(&"rest");
    }
    match case["generation"].as_str().or(case["scheme"].as_str()).unwrap_or_default() {
        "messagebird-rest" | "messagebird-jwt" | "messagebird-legacy" | "rest" => "rest",
        "bird-channels" | "bird-notifications" | "bird" => "bird",
        "bird-platform" | "bird-standard-webhooks" | "platform" => "platform",
        _ => {
            let path = case["url"].as_str().unwrap_or_default().split('?').next().unwrap_or_default();
            match path.rsplit('/').next() {
                Some("bird") => "bird",
                Some("v1") => "platform",
                _ => "rest",
            }
        }
    }
}

/// One key or several; in a table, those of the generation.
fn keys(secrets: &Value, generation: &str) -> Value {
    let name = match generation {
        "rest" => "messagebird_signing_key",
        "bird" => "bird_signing_key",
        _ => "bird_webhook_secret",
    };
    match secrets {
        Value::Object(table) => keys(table.get(name).unwrap_or(&Value::Null), generation),
        Value::Array(_) => secrets.clone(),
        Value::String(_) => json!([secrets]),
        _ => json!([]),
    }
}
