//! `omni tail`: every change as it happens; resumes where it was cut off.

use std::io::IsTerminal as _;
use std::time::Duration;

use omni_core::time::{Clock as _, Timestamp};
use reqwest::Method;
use serde_json::Value;

use crate::cli::TailArgs;
use crate::client::{Client, query};
use crate::exit::Exit;
use crate::output::{self, Format, stamp, text};
use crate::system::SystemClock;
use crate::words::Moment;

/// How long to rest before connecting again.
const REST: Duration = Duration::from_secs(1);

/// Prints events until Ctrl-C, or until `--limit` of them.
pub async fn run(args: TailArgs) -> anyhow::Result<()> {
    let client = Client::find(&args.server)?;
    if std::io::stderr().is_terminal() {
        // Nothing may happen for long: whoever waits should know that it works.
        eprintln!("  {}: what happens shows here; Ctrl-C ends", client.url);
    }
    tokio::select! {
        biased;
        interrupted = tokio::signal::ctrl_c() => {
            interrupted?;
            Err(Exit(130).into())
        }
        ended = follow(&client, &args) => ended,
    }
}

async fn follow(client: &Client, args: &TailArgs) -> anyhow::Result<()> {
    let mut after = match args.since {
        Some(since) => Some(sequence(client, since).await?),
        None => None,
    };
    let (mut shown, mut connected) = (0, false);
    loop {
        let since = after.map(|after| after.to_string());
        let wanted = query([("types", args.types.as_deref()), ("after", since.as_deref())]);
        let path = format!("/v1/events/stream{wanted}");
        let answer = client.send(Method::GET, &path, None, &[("accept", "text/event-stream")]).await;
        let mut response = match answer {
            Ok(response) => response,
            // A server that was there comes back; one that says no does not change its mind.
            Err(error) if connected && error.downcast_ref::<crate::client::Refused>().is_none() => {
                tokio::time::sleep(REST).await;
                continue;
            }
            Err(error) => return Err(error),
        };
        connected = true;
        let mut stream = Lines::default();
        // A stream that breaks off is taken up again after the last event seen.
        while let Ok(Some(chunk)) = response.chunk().await {
            for data in stream.push(&chunk) {
                let Ok(event) = serde_json::from_str::<Value>(&data) else { continue };
                after = event["sequence"].as_u64().or(after);
                if event.get("type").is_none() {
                    eprintln!("  the log was restored or swept; going on with its newest event");
                    continue;
                }
                show(&event, args.server.format() != Format::Table);
                shown += 1;
                if args.limit.is_some_and(|limit| shown >= limit) {
                    return Ok(());
                }
            }
        }
        if after.is_none() {
            // Nothing was seen yet, but nothing may be missed from here on.
            after = Some(newest(client).await.unwrap_or_default()).filter(|newest| *newest > 0);
        }
        tokio::time::sleep(REST).await;
    }
}

/// The number of the last event before a moment.
pub async fn sequence(client: &Client, since: Moment) -> anyhow::Result<u64> {
    let at = match since {
        Moment::Sequence(sequence) => return Ok(sequence),
        Moment::At(at) => at,
        Moment::Distance(distance) => SystemClock.now() - distance,
    };
    search(client, |event| Timestamp::parse(text(event, "at")).is_ok_and(|happened| happened >= at)).await
}

/// The number of the newest event.
pub async fn newest(client: &Client) -> anyhow::Result<u64> {
    search(client, |_| false).await
}

/// The greatest number such that the event after it is `late` (or is not there): the log is
/// ordered, so doubling and halving finds it in a few requests.
async fn search(client: &Client, late: impl Fn(&Value) -> bool) -> anyhow::Result<u64> {
    // `Ok(n)`: the event after `at` is early and has number `n`. `Err`: it is late or missing.
    let early = async |at: u64| -> anyhow::Result<Option<u64>> {
        let page = client.get(&format!("/v1/events?limit=1&after={at}")).await?;
        let event = &page["data"][0];
        Ok(event["sequence"].as_u64().filter(|_| !late(event)))
    };
    let (mut low, mut step) = (0, 1_u64);
    while let Some(number) = early(low + step - 1).await? {
        low = number;
        step = step.saturating_mul(2);
    }
    // The answer lies in low..low + step.
    let mut high = low + step - 1;
    while low < high {
        let middle = low + (high - low) / 2;
        match early(middle).await? {
            Some(number) => low = number.max(middle + 1),
            None => high = middle,
        }
    }
    Ok(low)
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

/// Prints one event.
pub fn show(event: &Value, as_json: bool) {
    if as_json {
        output::line(&event.to_string());
        return;
    }
    let at = Timestamp::parse(text(event, "at")).map(|at| stamp(at, SystemClock.now())).unwrap_or_default();
    let data = &event["data"];
    let mut facts = Vec::new();
    for (name, value) in data.as_object().into_iter().flatten() {
        match value {
            Value::String(text) => facts.push(format!("{name}={}", output::cut(text, 80))),
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
