//! `omni send`: one message out.

use std::time::Duration;

use omni_core::problem::{self, Problem};
use omni_core::time::{Clock as _, Timestamp};
use reqwest::Method;
use serde_json::{Map, Value, json};

use crate::cli::SendArgs;
use crate::client::Client;
use crate::output::{self, text};
use crate::system::SystemClock;

/// How long `--wait` waits for the end.
const PATIENCE: Duration = Duration::from_secs(60);

/// Sends one message, and with `--wait` follows it to its end.
pub async fn run(args: SendArgs) -> anyhow::Result<()> {
    let client = Client::find(&args.server)?;
    let body = body(&args)?;
    let key = args.idempotency_key.as_deref();
    let headers: Vec<(&str, &str)> = key.map(|key| ("idempotency-key", key)).into_iter().collect();
    let response = client.send(Method::POST, "/v1/messages", Some(&body), &headers).await?;
    let mut sent: Value = serde_json::from_str(&response.text().await?)?;
    if args.wait {
        sent = follow(&client, text(&sent, "messageId")).await?;
    }
    if args.server.json {
        output::json(&sent);
        return Ok(());
    }
    let id = if args.wait { text(&sent, "id") } else { text(&sent, "messageId") };
    output::line(&format!("{} {} by {}", id, text(&sent, "status"), text(&sent, "carrier")));
    output::line(&format!("  next: omni why {id}"));
    Ok(())
}

async fn follow(client: &Client, id: &str) -> anyhow::Result<Value> {
    let end = SystemClock.now() + PATIENCE;
    loop {
        let message = client.get(&format!("/v1/messages/{id}")).await?;
        let over =
            matches!(text(&message, "status"), "delivered" | "read" | "failed" | "expired" | "canceled");
        if over || SystemClock.now() >= end {
            return Ok(message);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
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
    let words = args.text.clone();
    let content = match (&args.template, args.media.as_slice()) {
        (Some(template), _) => {
            let mut params = Map::new();
            for pair in &args.params {
                let (name, value) = pair.split_once('=').ok_or_else(|| {
                    Problem::new(problem::VALIDATION_FAILED, format!("`{pair}` is not name=value"))
                })?;
                params.insert(name.to_owned(), json!(value));
            }
            json!({ "type": "template", "templateId": template, "templateParams": params })
        }
        (None, []) => json!({ "type": "text", "text": words.unwrap_or_default() }),
        (None, media) => json!({ "type": "media", "mediaUrls": media, "text": words }),
    };
    let mut options = Map::new();
    if let Some(when) = &args.schedule {
        options.insert("scheduledAt".into(), json!(moment(when)?));
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

/// `15m`, `2h`, `30s`, `1d`, or RFC 3339.
fn moment(text: &str) -> Result<Timestamp, Problem> {
    if let Ok(at) = Timestamp::parse(text) {
        return Ok(at);
    }
    let unit = text.chars().last().unwrap_or_default();
    let factor = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        _ => 0,
    };
    let count: Option<u64> = text.strip_suffix(unit).and_then(|count| count.parse().ok());
    match count.and_then(|count| count.checked_mul(factor)) {
        Some(secs) if secs > 0 => Ok(SystemClock.now() + Duration::from_secs(secs)),
        _ => Err(Problem::new(
            problem::VALIDATION_FAILED,
            format!("`{text}` is no time; write 15m, 2h, 1d or 2026-11-20T10:00:00Z"),
        )),
    }
}
