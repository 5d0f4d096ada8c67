//! `omni trigger`: a twin sends a real, signed callback.

use std::time::Duration;

use clap::Parser as _;
use omni_core::problem::{self, Problem};
use omni_core::time::Clock as _;
use reqwest::Method;
use serde_json::{Map, Value, json};

use super::{send, tail, why};
use crate::cli::TriggerArgs;
use crate::client::Client;
use crate::exit::Exit;
use crate::output::{self, Format, cut, text};
use crate::system::SystemClock;

/// How long between two looks at what is waited for.
const LOOK: Duration = Duration::from_millis(50);

/// Triggers an event, or lists what can be triggered.
pub async fn run(args: TriggerArgs) -> anyhow::Result<()> {
    let (args, params) = sorted(args)?;
    let client = Client::find(&args.server)?;
    if args.list {
        let events = client.get("/v1/sandbox/events").await?;
        list(&events, args.server.format());
        return Ok(());
    }
    let event = args.event.as_deref().ok_or_else(|| {
        Problem::new(
            problem::EVENT_UNKNOWN,
            "name an event, like whatsapp.text; `omni trigger --list` shows all",
        )
    })?;
    let before = if args.wait { tail::newest(&client).await? } else { 0 };
    let body = json!({ "event": event, "params": params });
    let mut triggered = client.json(Method::POST, "/v1/sandbox/trigger", Some(&body)).await?;
    let status = triggered["status"].as_u64().unwrap_or_default();
    let taken = (200..300).contains(&status);
    if args.server.format() == Format::Table {
        let elapsed = output::micros(triggered["elapsedMicros"].as_u64().unwrap_or_default());
        let mark = output::mark(taken);
        let id = text(&triggered, "id");
        output::line(&format!("{mark} {event}: the gateway answered {status} after {elapsed}  {id}"));
    }
    let found = if args.wait && taken {
        answered(&client, before, text(&triggered, "id"), args.timeout).await?
    } else {
        None
    };
    let waited_in_vain = args.wait && taken && found.is_none();
    match (args.server.format(), found) {
        (Format::Table, Some((message, replies))) => show(&client, &message, &replies).await?,
        (Format::Table, None) if !taken => eprintln!("  next: omni quarantine list"),
        (Format::Table, None) if !args.wait => eprintln!("  next: omni messages list · omni tail --since 0"),
        (Format::Table, None) => {}
        (_, found) => {
            if let Some((message, replies)) = found {
                triggered["message"] = message;
                triggered["replies"] = Value::Array(replies);
            }
            output::json(&triggered);
        }
    }
    if waited_in_vain {
        eprintln!("  × no message was routed in time: `omni tail --since 1m` shows what happened");
        return Err(Exit(7).into());
    }
    if taken { Ok(()) } else { Err(Exit(1).into()) }
}

/// Waits until the message that the carrier calls `carrier_id` was routed; answers it and the
/// automatic answers to it, at their ends. `None` if the time is over.
async fn answered(
    client: &Client,
    before: u64,
    carrier_id: &str,
    patience: Duration,
) -> anyhow::Result<Option<(Value, Vec<Value>)>> {
    let end = SystemClock.now() + patience;
    loop {
        let page = client.get(&format!("/v1/events?types=message.routed&limit=200&after={before}")).await?;
        for routed in page["data"].as_array().into_iter().flatten() {
            let id = text(&routed["data"], "messageId");
            let message = client.get(&format!("/v1/messages/{id}")).await?;
            // LiveChat's ids are unique in their chat only: ours begins with the chat.
            let id = text(&message, "carrierMessageId");
            if id == carrier_id || id.rsplit_once('/').is_some_and(|(_, id)| id == carrier_id) {
                let replies = replies(client, &message, patience).await?;
                return Ok(Some((message, replies)));
            }
        }
        if SystemClock.now() >= end {
            return Ok(None);
        }
        tokio::time::sleep(LOOK).await;
    }
}

async fn replies(client: &Client, message: &Value, patience: Duration) -> anyhow::Result<Vec<Value>> {
    let (id, conversation) = (text(message, "id"), text(message, "conversationId"));
    if conversation.is_empty() {
        return Ok(Vec::new());
    }
    let page = client.get(&format!("/v1/messages?conversationId={conversation}&limit=50")).await?;
    let mut replies = Vec::new();
    for reply in page["data"].as_array().into_iter().flatten().filter(|reply| reply["inReplyTo"] == id) {
        replies.push(send::follow(client, text(reply, "id"), patience).await?);
    }
    Ok(replies)
}

async fn show(client: &Client, message: &Value, replies: &[Value]) -> anyhow::Result<()> {
    let trace = client.get(&format!("/v1/messages/{}/trace", text(message, "id"))).await?;
    for line in why::lines(&trace) {
        output::line(&line);
    }
    for reply in replies {
        let (id, status, words) = (text(reply, "id"), text(reply, "status"), cut(text(reply, "text"), 60));
        output::line(&format!("\n  → {id}  {status}  \"{words}\""));
    }
    Ok(())
}

/// Tells our own flags from the event's parameters: `--text hi --json -p from=+1555…` may
/// stand in any order.
fn sorted(args: TriggerArgs) -> anyhow::Result<(TriggerArgs, Map<String, Value>)> {
    let mut params: Map<String, Value> =
        args.params.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
    let mut ours: Vec<String> = Vec::new();
    let mut rest = args.rest.iter();
    while let Some(word) = rest.next() {
        let (name, attached) = match word.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (word.as_str(), None),
        };
        match name {
            "--wait" | "--json" | "--list" => ours.push(word.clone()),
            // What it says was found before.
            "--color" => drop(attached.is_none().then(|| rest.next())),
            "--url" | "--key" | "--key-file" | "--timeout" | "--output" | "-o" | "--param" | "-p" => {
                ours.push(word.clone());
                ours.extend(attached.is_none().then(|| rest.next().cloned()).flatten());
            }
            _ => {
                let name = name.strip_prefix("--").filter(|name| !name.is_empty()).ok_or_else(|| {
                    let detail = format!("`{word}` is no parameter; write --name value");
                    Problem::new(problem::VALIDATION_FAILED, detail)
                })?;
                let value = attached.map(str::to_owned).or_else(|| rest.next().cloned());
                let value = value.ok_or_else(|| {
                    Problem::new(problem::VALIDATION_FAILED, format!("--{name} lacks a value"))
                })?;
                params.insert(name.to_owned(), Value::String(value));
            }
        }
    }
    if ours.is_empty() {
        return Ok((args, params));
    }
    let timed = ours.iter().any(|word| word.starts_with("--timeout"));
    ours.extend(args.event.clone());
    let late = TriggerArgs::try_parse_from(ours).unwrap_or_else(|error| error.exit());
    params.extend(late.params.iter().map(|(name, value)| (name.clone(), json!(value))));
    let mut merged = args;
    merged.list |= late.list;
    merged.wait |= late.wait;
    merged.server.json |= late.server.json;
    merged.server.output = merged.server.output.or(late.server.output);
    merged.server.url = late.server.url.or(merged.server.url);
    merged.server.key = late.server.key.or(merged.server.key);
    merged.server.key_file = late.server.key_file.or(merged.server.key_file);
    if timed {
        merged.timeout = late.timeout;
    }
    Ok((merged, params))
}

fn list(events: &Value, format: Format) {
    let list = events.as_array().or_else(|| events["data"].as_array()).map(Vec::as_slice).unwrap_or_default();
    match format {
        Format::Json => output::json(events),
        Format::Jsonl => list.iter().for_each(|event| output::line(&event.to_string())),
        Format::Table => {
            let row = |event: &Value| {
                let params = event["params"].as_array().into_iter().flatten();
                let names: Vec<&str> = params.map(|param| text(param, "name")).collect();
                vec![text(event, "name").to_owned(), cut(text(event, "description"), 60), names.join(" ")]
            };
            let rows: Vec<Vec<String>> = list.iter().map(row).collect();
            output::table(&["EVENT", "WHAT HAPPENS", "PARAMETERS"], &rows);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_and_parameters_stand_in_any_order() {
        let cases = [
            ("whatsapp.text --text hi --json", r#"{"text":"hi"}"#, true, false),
            ("--json whatsapp.text --text hi", r#"{"text":"hi"}"#, true, false),
            ("whatsapp.text --text=a=b --wait", r#"{"text":"a=b"}"#, false, true),
            (
                "whatsapp.text -p from=+1 --text hi -p name=Ana",
                r#"{"from":"+1","name":"Ana","text":"hi"}"#,
                false,
                false,
            ),
            ("whatsapp.text --text hi --color never --wait", r#"{"text":"hi"}"#, false, true),
            ("whatsapp.text --color=always --text hi --json", r#"{"text":"hi"}"#, true, false),
            ("whatsapp.text --text --json", r#"{"text":"--json"}"#, false, false),
        ];
        for (line, expect, as_json, wait) in cases {
            let args = TriggerArgs::try_parse_from(line.split(' ')).unwrap();
            let (args, params) = sorted(args).unwrap();
            assert_eq!(Value::Object(params).to_string(), expect, "{line}");
            assert_eq!(
                (args.server.json, args.wait, args.event.as_deref()),
                (as_json, wait, Some("whatsapp.text")),
                "{line}"
            );
        }
        for bad in ["whatsapp.text --text", "whatsapp.text -x 1", "whatsapp.text loose"] {
            let args = TriggerArgs::try_parse_from(bad.split(' ')).unwrap();
            assert!(sorted(args).is_err(), "{bad}");
        }
    }
}
