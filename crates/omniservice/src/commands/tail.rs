//! `omni tail`: every change as it happens; resumes where it was cut off.

use std::time::Duration;

use omni_core::time::Timestamp;
use reqwest::Method;
use serde_json::Value;

use crate::cli::TailArgs;
use crate::client::{Client, query};
use crate::output::{self, clock_time, text};

/// How long to rest before connecting again.
const REST: Duration = Duration::from_secs(1);

/// Prints events until Ctrl-C, or until `--limit` of them.
pub async fn run(args: TailArgs) -> anyhow::Result<()> {
    let client = Client::find(&args.server)?;
    let (mut after, mut shown) = (args.since, 0);
    loop {
        let since = after.map(|after| after.to_string());
        let path = format!(
            "/v1/events/stream{}",
            query([("types", args.types.as_deref()), ("after", since.as_deref())])
        );
        let mut response = client.send(Method::GET, &path, None, &[("accept", "text/event-stream")]).await?;
        let mut stream = Lines::default();
        // A stream that breaks off is taken up again after the last event seen.
        while let Ok(Some(chunk)) = response.chunk().await {
            for data in stream.push(&chunk) {
                let Ok(event) = serde_json::from_str::<Value>(&data) else { continue };
                after = event["sequence"].as_u64().or(after);
                show(&event, args.server.json);
                shown += 1;
                if args.limit.is_some_and(|limit| shown >= limit) {
                    return Ok(());
                }
            }
        }
        tokio::time::sleep(REST).await;
    }
}

/// Takes a server-sent event stream apart: the `data:` of each event.
#[derive(Default)]
struct Lines {
    buffer: Vec<u8>,
    data: String,
}

impl Lines {
    fn push(&mut self, chunk: &[u8]) -> Vec<String> {
        self.buffer.extend_from_slice(chunk);
        let mut events = Vec::new();
        while let Some(end) = self.buffer.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.buffer.drain(..=end).collect();
            let line = String::from_utf8_lossy(&line);
            let line = line.trim_end_matches(['\r', '\n']);
            if line.is_empty() && !self.data.is_empty() {
                events.push(std::mem::take(&mut self.data));
            } else if let Some(data) = line.strip_prefix("data:") {
                self.data.push_str(data.trim_start());
            }
        }
        events
    }
}

fn show(event: &Value, as_json: bool) {
    if as_json {
        output::line(&event.to_string());
        return;
    }
    let at = Timestamp::parse(text(event, "at")).map(clock_time).unwrap_or_default();
    let data = &event["data"];
    let mut facts = Vec::new();
    for (name, value) in data.as_object().into_iter().flatten() {
        match value {
            Value::String(text) => facts.push(format!("{name}={text}")),
            Value::Null | Value::Object(_) | Value::Array(_) => {}
            other => facts.push(format!("{name}={other}")),
        }
    }
    output::line(&format!("{at}  {:<28} {}", text(event, "type"), facts.join(" ")));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_put_together_over_chunks() {
        let mut lines = Lines::default();
        assert!(lines.push(b": hi\n\nid: 1\nevent: a\nda").is_empty());
        assert_eq!(lines.push(b"ta: {\"x\":1}\r\n\r\ndata: 2\n\n"), ["{\"x\":1}", "2"]);
    }
}
