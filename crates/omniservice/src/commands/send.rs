//! `omni send`: one message out.

use std::time::Duration;

use anyhow::Context as _;
use omni_core::problem::{self, Problem};
use omni_core::time::Clock as _;
use reqwest::Method;
use serde_json::{Map, Value, json};

use crate::cli::SendArgs;
use crate::client::Client;
use crate::exit::Exit;
use crate::output::{self, Format, text};
use crate::system::SystemClock;

/// How long between two looks at a message that is waited for.
const LOOK: Duration = Duration::from_millis(100);

/// Sends one message, and with `--wait` follows it to its end.
pub async fn run(args: SendArgs) -> anyhow::Result<()> {
    let client = Client::find(&args.server)?;
    let body = body(&args)?;
    let key = args.idempotency_key.as_deref();
    let headers: Vec<(&str, &str)> = key.map(|key| ("idempotency-key", key)).into_iter().collect();
    let response = client.send(Method::POST, "/v1/messages", Some(&body), &headers).await?;
    let text_body = response.text().await.context("the answer broke off")?;
    let mut sent: Value = serde_json::from_str(&text_body).context("the answer is not JSON")?;
    if args.wait {
        sent = follow(&client, text(&sent, "messageId"), args.timeout).await?;
    }
    let status = text(&sent, "status").to_owned();
    if args.server.format() == Format::Table {
        let id = if args.wait { text(&sent, "id") } else { text(&sent, "messageId") };
        let by = sent["carrier"].as_str().map(|carrier| format!(" by {carrier}")).unwrap_or_default();
        output::line(&format!("{id} {status}{by}"));
        let outcome = if args.wait { ended(&sent, &status) } else { Ok(()) };
        eprintln!("  next: omni why {id}");
        return outcome;
    }
    output::json(&sent);
    if args.wait { ended(&sent, &status) } else { Ok(()) }
}

/// What the end of a message that was waited for means for the exit code.
fn ended(message: &Value, status: &str) -> anyhow::Result<()> {
    match status {
        "delivered" | "read" => Ok(()),
        "failed" | "expired" | "canceled" => {
            let error = &message["error"];
            if error.is_object() {
                let (class, code) = (text(error, "class"), text(error, "code"));
                // "We keep trying" is over once the message failed.
                let tries = match message["attempts"].as_u64() {
                    Some(tries) if tries > 1 => format!("given up after {tries} attempts: "),
                    _ => String::new(),
                };
                eprintln!("  × {tries}{} ({code})", text(error, "agentText"));
                eprintln!("    omni explain {class}");
            }
            Err(Exit(1).into())
        }
        _ => {
            eprintln!("  × still {status} after the time given; it goes on without us");
            Err(Exit(7).into())
        }
    }
}

/// Waits until a message is at its end, or the time is over.
pub async fn follow(client: &Client, id: &str, patience: Duration) -> anyhow::Result<Value> {
    let end = SystemClock.now() + patience;
    loop {
        let message = client.get(&format!("/v1/messages/{id}")).await?;
        let over =
            matches!(text(&message, "status"), "delivered" | "read" | "failed" | "expired" | "canceled");
        if over || SystemClock.now() >= end {
            return Ok(message);
        }
        tokio::time::sleep(LOOK).await;
    }
}

fn body(args: &SendArgs) -> anyhow::Result<Value> {
    let mut to = Map::new();
    to.insert("address".into(), json!(args.to));
    if let Some(channel) = &args.channel {
        to.insert("channel".into(), json!(channel));
    }
    if let Some(carrier) = &args.carrier {
        to.insert("preferredCarrier".into(), json!(carrier));
    }
    let content = content(args)?;
    let mut options = Map::new();
    if let Some(when) = args.schedule {
        let at = when.ahead(SystemClock.now()).ok_or_else(|| {
            Problem::new(problem::VALIDATION_FAILED, "--schedule: write 15m, 2h, or 2026-11-20T10:00:00Z")
        })?;
        options.insert("scheduledAt".into(), json!(at));
    }
    if let Some(when) = args.expire {
        let at = when.ahead(SystemClock.now()).ok_or_else(|| {
            Problem::new(problem::VALIDATION_FAILED, "--expire: write 15m, 2h, or 2026-11-20T10:00:00Z")
        })?;
        options.insert("expireAt".into(), json!(at));
    }
    if let Some(purpose) = &args.purpose {
        options.insert("purpose".into(), json!(purpose));
    }
    if let Some(priority) = &args.priority {
        options.insert("priority".into(), json!(priority));
    }
    let mut body = json!({ "to": to, "content": content, "options": options });
    if let Some(from) = &args.from {
        body["from"] = json!({ "phoneNumber": from });
    }
    if let Some(account) = &args.account {
        body["accountId"] = json!(account);
    }
    Ok(body)
}

fn content(args: &SendArgs) -> anyhow::Result<Value> {
    let words = &args.text;
    Ok(match (&args.content, &args.template, args.media.as_slice()) {
        (Some(content), _, _) => given(content)?,
        (None, Some(template), _) => {
            let params: Map<String, Value> =
                args.params.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
            json!({ "type": "template", "templateId": template, "templateParams": params })
        }
        (None, None, []) => match words {
            Some(text) => json!({ "type": "text", "text": text }),
            None => {
                let detail = "say what: the words after the address, --template, --media, or --content";
                return Err(Problem::new(problem::VALIDATION_FAILED, detail).into());
            }
        },
        (None, None, media) => json!({ "type": "media", "mediaUrls": media, "text": words }),
    })
}

/// `--content`: JSON, the name of a file with it, or `@-`.
fn given(content: &str) -> anyhow::Result<Value> {
    let text = match content.strip_prefix('@') {
        None => content.to_owned(),
        Some("-") => std::io::read_to_string(std::io::stdin()).context("standard input cannot be read")?,
        Some(file) => std::fs::read_to_string(file).with_context(|| format!("{file} cannot be read"))?,
    };
    serde_json::from_str(&text).map_err(|error| {
        let detail = format!("--content is not JSON: {error}");
        Problem::new(problem::VALIDATION_FAILED, detail).into()
    })
}
