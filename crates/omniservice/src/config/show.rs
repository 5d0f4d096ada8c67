//! The settings in force, for people: secrets masked, each with its origin.

use serde::Serialize;
use serde_json::Value;

use super::load::Loaded;
use super::report;
use super::secrets;
use super::tree::{Node, Segment};

/// One setting in force.
#[derive(Debug, Serialize)]
pub struct Row {
    /// Its name.
    pub key: String,
    /// Its value; `***` for a secret.
    pub value: Value,
    /// `default`, `omni.toml:7`, a variable or a flag.
    pub origin: String,
}

/// Every setting of `loaded`.
pub fn effective(loaded: &Loaded) -> Vec<Row> {
    let mut rows = Vec::new();
    let value = serde_json::to_value(&loaded.config).unwrap_or_default();
    walk(loaded, &value, &mut Vec::new(), &mut rows);
    rows
}

fn walk(loaded: &Loaded, value: &Value, path: &mut Vec<Segment>, rows: &mut Vec<Row>) {
    match value {
        Value::Null => {}
        Value::Object(map) => {
            for (key, value) in map {
                path.push(Segment::from(key.as_str()));
                walk(loaded, value, path, rows);
                path.pop();
            }
        }
        Value::Array(list) if list.iter().any(Value::is_object) => {
            for (at, value) in list.iter().enumerate() {
                path.push(Segment::from(at));
                walk(loaded, value, path, rows);
                path.pop();
            }
        }
        other => {
            let secret = secrets::is_secret(path) && (other.is_string() || other.is_array());
            let value = if secret { Value::from("***") } else { other.clone() };
            rows.push(Row { key: loaded.layers.name(path), value, origin: origin(loaded, path) });
        }
    }
}

fn origin(loaded: &Loaded, path: &[Segment]) -> String {
    let Some(Node { value, .. }) = loaded.layers.root.get(path) else { return "default".to_owned() };
    let place = report::place(&loaded.layers.sources, value);
    if place.line == 0 { place.file } else { format!("{}:{}", place.file, place.line) }
}
