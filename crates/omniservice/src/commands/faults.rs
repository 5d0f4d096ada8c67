//! `omni faults`: what goes wrong at a carrier of the sandbox.

use omni_core::problem::{self, Problem};
use reqwest::Method;
use serde_json::{Map, Value, json};

use crate::cli::FaultsArgs;
use crate::client::Client;
use crate::output::{self, Format};

/// Shows the faults of a carrier's twin, after setting those that are given.
pub async fn run(args: FaultsArgs) -> anyhow::Result<()> {
    let client = Client::find(&args.server)?;
    let path = format!("/v1/sandbox/faults/{}", args.carrier);
    let mut faults = if args.clear { json!({}) } else { client.get(&path).await? };
    for (name, value) in &args.set {
        set(&mut faults, name, value)?;
    }
    if args.clear || !args.set.is_empty() {
        faults = client.json(Method::PUT, &path, Some(&faults)).await?;
    }
    if args.server.format() == Format::Table {
        let mut rows = Vec::new();
        flat("", &faults, &mut rows);
        output::table(&["FAULT", "VALUE"], &rows);
        eprintln!("  next: omni faults {0} errorRate=30 · omni faults {0} --clear", args.carrier);
    } else {
        output::json(&faults);
    }
    Ok(())
}

/// Sets `receipts.lost` to a number or a truth value; whether there is such a fault the
/// server knows.
fn set(faults: &mut Value, name: &str, value: &str) -> Result<(), Problem> {
    let value = serde_json::from_str(value).unwrap_or_else(|_| json!(value));
    let mut place = faults;
    for word in name.split('.') {
        if place.is_null() {
            *place = Value::Object(Map::new());
        }
        let Some(table) = place.as_object_mut() else {
            let detail = format!("`{name}`: there can be no `{word}` below a single value");
            return Err(Problem::new(problem::VALIDATION_FAILED, detail));
        };
        place = table.entry(word).or_insert(Value::Null);
    }
    *place = value;
    Ok(())
}

fn flat(prefix: &str, faults: &Value, rows: &mut Vec<Vec<String>>) {
    for (name, value) in faults.as_object().into_iter().flatten() {
        let name = format!("{prefix}{name}");
        if value.is_object() {
            flat(&format!("{name}."), value, rows);
        } else {
            rows.push(vec![name, value.to_string()]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_named_with_dots() {
        let cases = [
            ("errorRate", "30", Some(r#"{"errorRate":30,"receipts":{"lost":0}}"#)),
            ("outage", "true", Some(r#"{"errorRate":0,"outage":true,"receipts":{"lost":0}}"#)),
            ("receipts.lost", "5", Some(r#"{"errorRate":0,"receipts":{"lost":5}}"#)),
            ("a.b", "x", Some(r#"{"a":{"b":"x"},"errorRate":0,"receipts":{"lost":0}}"#)),
            ("errorRate.x", "1", None),
        ];
        for (name, value, expect) in cases {
            let mut faults = json!({ "errorRate": 0, "receipts": { "lost": 0 } });
            let outcome = set(&mut faults, name, value).map(|()| faults.to_string());
            assert_eq!(outcome.ok().as_deref(), expect, "{name}");
        }
    }
}
