//! Serves the twins for programs in other languages, such as the checks in `sdk-checks`.
//!
//! ```text
//! serve [WEBHOOK_BASE [LISTEN]]
//! ```
//! The first line on stdout is JSON: the address, and each carrier's connection settings. Then
//! every line on stdin plays a fixture (`twilio.sms {"text":"hi"}`) and is answered by one line
//! of JSON. It ends when stdin does.

use std::io::{self, BufRead, Write};

use omni_twins::{Settings, Twins};
use serde_json::{Map, Value, json};

fn settings() -> Result<Settings, String> {
    let mut settings = Settings::default();
    let mut arguments = std::env::args().skip(1);
    if let Some(webhook_base) = arguments.next() {
        settings.webhook_base = webhook_base;
    }
    if let Some(listen) = arguments.next() {
        settings.listen =
            listen.parse().map_err(|_| format!("`{listen}` is no address like 127.0.0.1:7080"))?;
    }
    Ok(settings)
}

/// One line, so that a reader knows when it is complete.
fn say(value: &Value) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{value}")?;
    out.flush()
}

fn next_line() -> io::Result<Option<String>> {
    let mut line = String::new();
    let read = io::stdin().lock().read_line(&mut line)?;
    Ok((read > 0).then_some(line))
}

async fn play(twins: &Twins, line: &str) -> Value {
    let (event, params) = line.trim().split_once(' ').unwrap_or((line.trim(), "{}"));
    let Ok(params) = serde_json::from_str::<Map<String, Value>>(params) else {
        return json!({ "error": "the parameters are no JSON object" });
    };
    match twins.trigger(event, params).await {
        Ok(triggered) => json!(triggered),
        Err(error) => json!({ "error": error.to_string() }),
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let twins = Twins::start(settings()?).await?;
    let mut carriers: Vec<_> = Twins::catalogue().iter().map(|fixture| fixture.carrier).collect();
    carriers.dedup();
    let connections: Map<String, Value> = carriers
        .into_iter()
        .filter_map(|carrier| Some((carrier.to_owned(), twins.connection_settings(carrier)?)))
        .collect();
    say(&json!({ "address": twins.address().to_string(), "connections": connections }))?;
    while let Some(line) = tokio::task::spawn_blocking(next_line).await?? {
        say(&play(&twins, &line).await)?;
    }
    twins.shutdown().await;
    Ok(())
}
