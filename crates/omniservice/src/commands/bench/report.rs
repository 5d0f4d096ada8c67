//! Figures of a run, as medians over its rounds and ratios to each other.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use super::load::Measured;
use super::target::{Kind, Usage};
use crate::cli::{BenchArgs, BenchWhat};

/// One target under one load, once.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row {
    pub(super) per_second: f64,
    p50: f64,
    p99: f64,
    p999: f64,
    cpu_micros: f64,
    bytes: f64,
    rss: f64,
    ready: f64,
}

impl Row {
    pub(super) fn new(measured: &Measured, before: Usage, after: Usage, rss: u64, ready: Duration) -> Self {
        let messages = measured.micros.len().max(1) as f64;
        let at = |share: f64| {
            let last = measured.micros.len().saturating_sub(1);
            let index = (share * last as f64).round() as usize;
            measured.micros.get(index).copied().unwrap_or_default() as f64 / 1_000.0
        };
        Self {
            per_second: measured.micros.len() as f64 / measured.took.as_secs_f64(),
            p50: at(0.5),
            p99: at(0.99),
            p999: at(0.999),
            cpu_micros: (after.cpu.saturating_sub(before.cpu)).as_micros() as f64 / messages,
            bytes: after.written.saturating_sub(before.written) as f64 / messages,
            rss: rss as f64 / 1_048_576.0,
            ready: ready.as_secs_f64() * 1_000.0,
        }
    }
}

/// All rounds.
pub(super) struct Report {
    what: BenchWhat,
    rows: BTreeMap<(usize, Kind), Vec<Row>>,
    floors: BTreeMap<usize, Vec<f64>>,
}

impl Report {
    pub(super) fn new(args: &BenchArgs) -> Self {
        Self { what: args.what, rows: BTreeMap::new(), floors: BTreeMap::new() }
    }

    pub(super) fn floor(&mut self, connections: usize, per_second: f64) {
        self.floors.entry(connections).or_default().push(per_second);
    }

    pub(super) fn row(&mut self, connections: usize, kind: Kind, row: Row) {
        self.rows.entry((connections, kind)).or_default().push(row);
    }

    fn median(&self, connections: usize, kind: Kind, of: impl Fn(&Row) -> f64) -> Option<f64> {
        median(self.rows.get(&(connections, kind))?.iter().map(of).collect())
    }

    #[expect(clippy::print_stdout, reason = "the report is this command's output")]
    pub(super) fn print(&self, as_json: bool) {
        if as_json {
            println!("{}", self.json());
            return;
        }
        let name = if self.what == BenchWhat::Ingest { "ingest" } else { "pipeline" };
        println!("omni bench {name}: medians over the rounds; the ratios are what counts\n");
        println!(
            "{:>5} {:<7} {:>10} {:>8} {:>8} {:>8} {:>9} {:>9} {:>7} {:>8} {:>8} {:>8}",
            "conns",
            "target",
            "messages/s",
            "p50 ms",
            "p99 ms",
            "p99.9 ms",
            "CPU µs",
            "written",
            "RSS MB",
            "ready ms",
            "/ noop",
            "/ null"
        );
        for (connections, kind) in self.rows.keys() {
            let get = |of: fn(&Row) -> f64| self.median(*connections, *kind, of).unwrap_or_default();
            let ratio =
                |to| self.ratio(*connections, *kind, to).map_or("-".to_owned(), |r| format!("{r:.2}"));
            println!(
                "{:>5} {:<7} {:>10.0} {:>8.2} {:>8.2} {:>8.2} {:>9.1} {:>9.0} {:>7.0} {:>8.0} {:>8} {:>8}",
                connections,
                kind.name(),
                get(|r| r.per_second),
                get(|r| r.p50),
                get(|r| r.p99),
                get(|r| r.p999),
                get(|r| r.cpu_micros),
                get(|r| r.bytes),
                get(|r| r.rss),
                get(|r| r.ready),
                ratio(Kind::Noop),
                ratio(Kind::Null),
            );
        }
        println!();
        for (connections, floors) in &self.floors {
            let floor = median(floors.clone()).unwrap_or_default();
            println!("{connections:>5} disk    {floor:>10.0} 1 kB group commits/s (append + fdatasync)");
        }
    }

    fn ratio(&self, connections: usize, kind: Kind, to: Kind) -> Option<f64> {
        if kind == to {
            return None;
        }
        // Round by round: what ran side by side is compared.
        let ours = self.rows.get(&(connections, kind))?;
        let theirs = self.rows.get(&(connections, to))?;
        median(ours.iter().zip(theirs).map(|(a, b)| a.per_second / b.per_second).collect())
    }

    fn json(&self) -> Value {
        let rows: Vec<Value> = self
            .rows
            .keys()
            .map(|(connections, kind)| {
                let get = |of: fn(&Row) -> f64| self.median(*connections, *kind, of);
                json!({
                    "connections": connections, "target": kind.name(), "messagesPerSecond": get(|r| r.per_second),
                    "p50Ms": get(|r| r.p50), "p99Ms": get(|r| r.p99), "p999Ms": get(|r| r.p999),
                    "cpuMicrosPerMessage": get(|r| r.cpu_micros), "bytesWrittenPerMessage": get(|r| r.bytes),
                    "idleRssMb": get(|r| r.rss), "readyMs": get(|r| r.ready),
                    "ofNoop": self.ratio(*connections, *kind, Kind::Noop),
                    "ofNull": self.ratio(*connections, *kind, Kind::Null),
                })
            })
            .collect();
        let floors: BTreeMap<String, Option<f64>> =
            self.floors.iter().map(|(c, floors)| (c.to_string(), median(floors.clone()))).collect();
        json!({ "rows": rows, "diskGroupCommitsPerSecond": floors })
    }
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    match values.len() {
        0 => None,
        n if n % 2 == 1 => Some(values[n / 2]),
        n => Some(f64::midpoint(values[n / 2 - 1], values[n / 2])),
    }
}
