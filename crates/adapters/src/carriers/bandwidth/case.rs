//! Settings for conformance cases.

use serde_json::{Value, json};

/// Reads a conformance case: `secrets` is a list of credentials for both URLs, or names them
/// by slot; `config` is the account and its applications.
pub(super) fn settings(case: &Value) -> Value {
    let (secrets, config) = (&case["secrets"], &case["config"]);
    let (inbound, status, token) = if secrets.is_array() {
        (secrets.clone(), secrets.clone(), Value::Null)
    } else {
        (secrets["inbound"].clone(), secrets["status"].clone(), secrets["path_token"].clone())
    };
    let or = |value: &Value, otherwise: Value| if value.is_null() { otherwise } else { value.clone() };
    json!({
        "account_id": or(&config["account_id"], json!("1")),
        "applications": or(&config["applications"], json!({})),
        "inbound_credentials": or(&inbound, json!([])),
        "status_credentials": or(&status, json!([])),
        "path_token": or(&token, case["path_token"].clone()),
    })
}
