//! Settings for conformance cases.

use serde_json::{Map, Value, json};

/// Reads a case's webhook secrets (beside it or in its configuration), organization, bots
/// and path token.
pub(super) fn settings(case: &Value) -> Value {
    let config = &case["config"];
    let mut table = Map::new();
    for name in ["organization_id", "bot_agent_ids"] {
        if !config[name].is_null() {
            table.insert(name.into(), config[name].clone());
        }
    }
    if case["path_token"].is_string() {
        table.insert("path_token".into(), case["path_token"].clone());
    }
    let secrets = if case["secrets"].is_object() { &case["secrets"] } else { &config["webhook_secrets"] };
    let secrets: Map<String, Value> = secrets
        .as_object()
        .into_iter()
        .flatten()
        .map(|(id, one)| (id.clone(), if one.is_array() { one.clone() } else { json!([one]) }))
        .collect();
    table.insert("webhook_secrets".into(), Value::Object(secrets));
    Value::Object(table)
}
