//! `omni why`: what happened to a message, and why. The view for three in the morning.

use omni_core::time::{Clock as _, Timestamp};
use serde_json::Value;

use crate::cli::WhyArgs;
use crate::client::Client;
use crate::output::{self, Format, micros, stamp, text};
use crate::system::SystemClock;

/// Explains one message.
pub async fn run(args: WhyArgs) -> anyhow::Result<()> {
    let client = Client::find(&args.server)?;
    let trace = client.get(&format!("/v1/messages/{}/trace", args.id)).await?;
    if args.server.format() != Format::Table {
        output::json(&trace);
        return Ok(());
    }
    for line in lines(&trace) {
        output::line(&line);
    }
    Ok(())
}

/// The story of a message, for people.
pub fn lines(trace: &Value) -> Vec<String> {
    let mut lines = Vec::new();
    let carrier = trace["carrier"].as_str().map(|carrier| format!(" · {carrier}")).unwrap_or_default();
    // All other times are distances from this one.
    let begin = trace["steps"][0]["at"].as_str().map(|at| format!(" · {at}")).unwrap_or_default();
    lines.push(format!(
        "{}  {} · {}{carrier} · {}{begin}",
        text(trace, "messageId"),
        text(trace, "direction"),
        text(trace, "channel"),
        text(trace, "status"),
    ));
    if let Some(error) = trace["error"].as_object() {
        let get = |name: &str| error.get(name).and_then(Value::as_str).unwrap_or_default();
        lines.push(format!("  ✗ {} ({}): {}", get("code"), get("class"), get("message")));
    }
    lines.push(String::new());
    steps(trace, &mut lines);
    let width = longest(trace);
    section(trace, "candidates", "carriers considered, best first", &mut lines, |candidate| {
        let mark = if candidate["eligible"] == true { "✓" } else { "–" };
        format!("{mark} {:<width$}  {}", text(candidate, "connection"), text(candidate, "reason"))
    });
    section(trace, "attempts", "attempts", &mut lines, |attempt| {
        let part = match attempt["parts"].as_u64() {
            Some(parts) if parts > 1 => format!(" part {}/{parts}", attempt["part"]),
            _ => String::new(),
        };
        let error = &attempt["error"];
        let why = error["code"]
            .as_str()
            .map(|code| format!("  {code} ({})", text(error, "class")))
            .unwrap_or_default();
        let took = between(attempt, "startedAt", "endedAt");
        format!(
            "#{} {:<width$}{part}  {} {took}{why}  {}",
            attempt["number"],
            text(attempt, "connection"),
            text(attempt, "outcome"),
            text(attempt, "carrierMessageId")
        )
    });
    section(trace, "receipts", "receipts", &mut lines, |receipt| {
        let at = Timestamp::parse(text(receipt, "receivedAt"));
        let at = at.map(|at| stamp(at, SystemClock.now())).unwrap_or_default();
        let effect = if receipt["applied"] == true { "" } else { "  (changed nothing)" };
        let code = receipt["errorCode"].as_str().map(|code| format!("  {code}")).unwrap_or_default();
        format!("{at} {}{code}{effect}", text(receipt, "state"))
    });
    lines
}

fn steps(trace: &Value, lines: &mut Vec<String>) {
    let steps = trace["steps"].as_array().map(Vec::as_slice).unwrap_or_default();
    let begin = steps.first().and_then(|step| Timestamp::parse(text(step, "at")).ok());
    for step in steps {
        let at = Timestamp::parse(text(step, "at")).ok();
        let since = match (begin, at) {
            (Some(begin), Some(at)) => {
                format!("+{}", micros(u64::try_from(at.since(begin).as_micros()).unwrap_or(u64::MAX)))
            }
            _ => String::new(),
        };
        let took = micros(step["micros"].as_u64().unwrap_or_default());
        lines.push(format!("  {since:>10}  {:<24} {}  ({took})", text(step, "step"), text(step, "verdict")));
        for (name, value) in step["facts"].as_object().into_iter().flatten() {
            if value.is_null() || value.as_array().is_some_and(Vec::is_empty) || name == "candidates" {
                continue;
            }
            let shown = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            lines.push(format!("  {:>10}    {name}: {}", "", output::cut(&shown, 100)));
        }
    }
}

fn section(trace: &Value, name: &str, title: &str, lines: &mut Vec<String>, row: impl Fn(&Value) -> String) {
    let rows = trace[name].as_array().map(Vec::as_slice).unwrap_or_default();
    if rows.is_empty() {
        return;
    }
    lines.push(String::new());
    lines.push(format!("  {title}"));
    lines.extend(rows.iter().map(|value| format!("    {}", row(value).trim_end())));
}

/// The length of the longest connection's name: what follows it stands in one column.
fn longest(trace: &Value) -> usize {
    let lists = ["candidates", "attempts"].into_iter().filter_map(|name| trace[name].as_array());
    lists.flatten().map(|value| text(value, "connection").chars().count()).max().unwrap_or_default()
}

fn between(value: &Value, from: &str, to: &str) -> String {
    match (Timestamp::parse(text(value, from)), Timestamp::parse(text(value, to))) {
        (Ok(from), Ok(to)) => micros(u64::try_from(to.since(from).as_micros()).unwrap_or(u64::MAX)),
        _ => "no outcome yet".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn reasons_stand_in_one_column() {
        let candidate =
            |name: &str, reason: &str| json!({ "connection": name, "eligible": true, "reason": reason });
        let trace = json!({
            "messageId": "msg_1", "direction": "outbound", "channel": "sms", "status": "failed",
            "steps": [{ "at": "2026-11-20T10:00:00Z", "step": "receive", "verdict": "stored", "micros": 1 }],
            "candidates": [candidate("a", "capable"), candidate("a-name-that-is-rather-long", "healthy")],
            "attempts": [{ "number": 1, "connection": "a", "outcome": "rejected" }],
        });
        let lines = lines(&trace);
        let column =
            |word: &str| lines.iter().find_map(|line| Some(line.split_once(word)?.0.chars().count()));
        assert!(lines[0].ends_with("2026-11-20T10:00:00Z"), "{lines:#?}");
        assert_eq!(column("capable"), column("healthy"), "{lines:#?}");
        assert!(lines.iter().all(|line| line.trim_end() == line), "{lines:#?}");
    }
}
