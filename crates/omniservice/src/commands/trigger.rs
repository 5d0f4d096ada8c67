//! `omni trigger`: a twin sends a real, signed callback.

use omni_core::problem::{self, Problem};
use reqwest::Method;
use serde_json::{Map, Value, json};

use crate::cli::TriggerArgs;
use crate::client::Client;
use crate::output::{self, cut, text};

/// Triggers an event, or lists what can be triggered.
pub async fn run(args: TriggerArgs) -> anyhow::Result<()> {
    let client = Client::find(&args.server)?;
    if args.list {
        let events = client.get("/v1/sandbox/events").await?;
        return list(&events, args.server.json);
    }
    let event = args.event.as_deref().ok_or_else(|| {
        Problem::new(
            problem::EVENT_UNKNOWN,
            "name an event, like whatsapp.text; `omni trigger --list` shows all",
        )
    })?;
    let body = json!({ "event": event, "params": params(&args)? });
    let triggered = client.json(Method::POST, "/v1/sandbox/trigger", Some(&body)).await?;
    if args.server.json {
        output::json(&triggered);
    } else {
        let status = triggered["status"].as_u64().unwrap_or_default();
        let mark = if (200..300).contains(&status) { "✓" } else { "✗" };
        let elapsed = triggered["elapsedMs"].as_f64().unwrap_or_default();
        output::line(&format!(
            "{mark} {event}: the gateway answered {status} after {elapsed:.1} ms  {}",
            text(&triggered, "id")
        ));
        output::line("  next: omni messages list · omni tail --since 0");
    }
    Ok(())
}

/// `--text hi -p from=+1555… --any thing` become the event's parameters.
fn params(args: &TriggerArgs) -> anyhow::Result<Map<String, Value>> {
    let mut params = Map::new();
    for pair in &args.params {
        let (name, value) = pair
            .split_once('=')
            .ok_or_else(|| Problem::new(problem::VALIDATION_FAILED, format!("`{pair}` is not name=value")))?;
        params.insert(name.to_owned(), Value::String(value.to_owned()));
    }
    let mut rest = args.rest.iter();
    while let Some(flag) = rest.next() {
        let name = flag.strip_prefix("--").ok_or_else(|| {
            Problem::new(
                problem::VALIDATION_FAILED,
                format!("`{flag}` is not a parameter; write --name value"),
            )
        })?;
        let (name, value) = match name.split_once('=') {
            Some((name, value)) => (name, value.to_owned()),
            None => {
                let value = rest.next().ok_or_else(|| {
                    Problem::new(problem::VALIDATION_FAILED, format!("--{name} lacks a value"))
                })?;
                (name, value.clone())
            }
        };
        params.insert(name.to_owned(), Value::String(value));
    }
    Ok(params)
}

fn list(events: &Value, as_json: bool) -> anyhow::Result<()> {
    if as_json {
        output::json(events);
        return Ok(());
    }
    let list = events.as_array().or_else(|| events["data"].as_array());
    let rows: Vec<Vec<String>> = list
        .into_iter()
        .flatten()
        .map(|event| {
            let params = event["params"].as_array().into_iter().flatten();
            let names: Vec<&str> = params.map(|param| text(param, "name")).collect();
            vec![text(event, "name").to_owned(), cut(text(event, "description"), 60), names.join(" ")]
        })
        .collect();
    output::table(&["EVENT", "WHAT HAPPENS", "PARAMETERS"], &rows);
    Ok(())
}
