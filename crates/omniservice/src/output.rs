//! How things are printed: data on standard output, tables for people, JSON for programs.

use std::io::{self, IsTerminal as _, Write as _};

use omni_core::time::Timestamp;
use serde_json::Value;

use crate::colour::{self, dye};

/// How results are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For people.
    Table,
    /// One JSON document.
    Json,
    /// One JSON object a line.
    Jsonl,
}

/// Prints one line; a reader that went away is no error.
pub fn line(text: &str) {
    let mut out = io::stdout().lock();
    let _reader_gone = writeln!(out, "{text}").and_then(|()| out.flush());
}

/// Prints JSON: indented on a terminal, one line otherwise.
pub fn json(value: &Value) {
    let text = if io::stdout().is_terminal() {
        serde_json::to_string_pretty(value)
    } else {
        serde_json::to_string(value)
    };
    line(&text.unwrap_or_default());
}

/// A tick or a cross, green or red where standard output may have colours.
pub fn mark(good: bool) -> String {
    let on = colour::on(&io::stdout());
    if good { dye(on, "32", "✓") } else { dye(on, "31", "✗") }
}

/// Prints rows under headings, columns as wide as their widest cell. On a pipe: rows alone,
/// their cells apart by tabs.
pub fn table(headings: &[&str], rows: &[Vec<String>]) {
    if !io::stdout().is_terminal() {
        for row in rows {
            line(&row.join("\t"));
        }
        return;
    }
    let wide = |at: usize| {
        let cells = rows.iter().filter_map(|row| row.get(at)).map(|cell| cell.chars().count());
        cells.chain([headings[at].chars().count()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..headings.len()).map(wide).collect();
    let padded = |cells: &mut dyn Iterator<Item = &str>| {
        let cells: Vec<String> = cells.zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        cells.join("  ").trim_end().to_owned()
    };
    line(&dye(colour::on(&io::stdout()), "1", &padded(&mut headings.iter().copied())));
    for row in rows {
        line(&padded(&mut row.iter().map(String::as_str)));
    }
}

/// `12:00:01.123` of a time, in UTC.
pub fn clock_time(at: Timestamp) -> String {
    let ms = at.as_millis().rem_euclid(86_400_000);
    format!("{:02}:{:02}:{:02}.{:03}", ms / 3_600_000, ms / 60_000 % 60, ms / 1_000 % 60, ms % 1_000)
}

/// The time of day, in UTC; with its date where that is not plain from `now`.
pub fn stamp(at: Timestamp, now: Timestamp) -> String {
    let fresh = now.since(at).as_secs() < 43_200 && at.since(now).as_secs() < 43_200;
    if fresh { clock_time(at) } else { at.to_string().replacen('T', " ", 1) }
}

/// Microseconds for people.
pub fn micros(micros: u64) -> String {
    match micros {
        0..1_000 => format!("{micros} µs"),
        1_000..1_000_000 => format!("{:.1} ms", micros as f64 / 1_000.0),
        _ => format!("{:.2} s", micros as f64 / 1_000_000.0),
    }
}

/// `3 min ago`.
pub fn ago(at: Timestamp, now: Timestamp) -> String {
    match now.since(at).as_secs() {
        0 => "now".to_owned(),
        secs @ 1..60 => format!("{secs} s ago"),
        secs @ 60..3_600 => format!("{} min ago", secs / 60),
        secs @ 3_600..86_400 => format!("{} h ago", secs / 3_600),
        secs => format!("{} d ago", secs / 86_400),
    }
}

/// `1 tenant`, `2 tenants`.
pub fn count(count: usize, word: &str) -> String {
    format!("{count} {word}{}", if count == 1 { "" } else { "s" })
}

/// A text cut to `most` characters, on one line.
pub fn cut(text: &str, most: usize) -> String {
    let flat: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if flat.chars().count() <= most {
        flat
    } else {
        flat.chars().take(most.saturating_sub(1)).chain(['…']).collect()
    }
}

/// A JSON string, or nothing.
pub fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_times_have_their_date() {
        let now = Timestamp::parse("2026-11-21T03:00:00Z").unwrap();
        let cases = [
            ("2026-11-21T02:59:59.250Z", "02:59:59.250"),
            ("2026-11-20T22:00:00Z", "22:00:00.000"),
            ("2026-11-20T02:00:00Z", "2026-11-20 02:00:00Z"),
            ("2026-11-22T02:00:00Z", "2026-11-22 02:00:00Z"),
        ];
        for (at, expect) in cases {
            assert_eq!(stamp(Timestamp::parse(at).unwrap(), now), expect, "{at}");
        }
    }
}
