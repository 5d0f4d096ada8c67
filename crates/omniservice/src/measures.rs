//! What `/metrics` measures, in words: each metric has its `# HELP` line.
//!
//! A metric is counted where it happens; its name and meaning stand here and in
//! `docs/operations.md`. A test asks for both.

/// What a number does.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// It only grows.
    Counter,
    /// It goes up and down.
    Gauge,
    /// Durations, sorted into buckets.
    Histogram,
}

use Kind::{Counter, Gauge, Histogram};

/// Every metric: kind, name, meaning.
pub const ALL: [(Kind, &str, &str); 17] = [
    (Gauge, "omni_build_info", "1; the label says which version runs"),
    (Gauge, "omni_carrier_breaker_state", "Breaker of a connection: 0 closed, 1 half open, 2 open"),
    (Histogram, "omni_carrier_request_duration_seconds", "Time a carrier took to answer a send"),
    (Counter, "omni_dead_letters_total", "Jobs that were given up, by step and error code"),
    (Histogram, "omni_http_request_duration_seconds", "Time of answers of the API, webhooks aside"),
    (Counter, "omni_http_requests_total", "Requests to the API, webhooks aside"),
    (Counter, "omni_messages_total", "Messages that a carrier accepted"),
    (Counter, "omni_outbound_ambiguous_total", "Sends without a known outcome"),
    (Gauge, "omni_queue_depth", "Jobs that are ready, or wait for their time"),
    (Gauge, "omni_queue_in_flight", "Jobs being worked on"),
    (Gauge, "omni_queue_oldest_age_seconds", "Age of the oldest job that is ready"),
    (Gauge, "omni_sse_clients", "Open event streams"),
    (Histogram, "omni_step_duration_seconds", "Time of a step of the workflow"),
    (Counter, "omni_step_errors_total", "Failed runs of a step; most are tried again"),
    (Gauge, "omni_store_bytes", "Size of the store's files"),
    (Gauge, "omni_store_written_bytes", "Bytes written to the store since the start"),
    (Counter, "omni_webhooks_received_total", "Callbacks of carriers, by what became of them"),
];

/// Tells the recorder what everything means.
pub fn describe() {
    for (kind, name, meaning) in ALL {
        match kind {
            Counter => metrics::describe_counter!(name, meaning),
            Gauge => metrics::describe_gauge!(name, meaning),
            Histogram => metrics::describe_histogram!(name, meaning),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    /// The names of all metrics in the sources below `dir`, each with its kind.
    fn counted(dir: &Path, found: &mut BTreeSet<(String, String)>) {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                counted(&path, found);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                for kind in ["counter", "gauge", "histogram"] {
                    for call in text.split(&format!("metrics::{kind}!(")).skip(1) {
                        let name =
                            call.trim_start().strip_prefix('"').and_then(|rest| rest.split('"').next());
                        found.extend(name.map(|name| (kind.to_owned(), name.to_owned())));
                    }
                }
            }
        }
    }

    #[test]
    fn what_is_counted_is_described_and_documented() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let mut found = BTreeSet::new();
        for name in ["adapters", "core", "local", "omniservice", "pipeline", "server"] {
            counted(&root.join(name).join("src"), &mut found);
        }
        let described = ALL.map(|(kind, name, _)| (format!("{kind:?}").to_lowercase(), name.to_owned()));
        assert_eq!(found, BTreeSet::from(described));
        let manual = fs::read_to_string(root.join("../docs/operations.md")).unwrap();
        for (_, name, _) in ALL {
            assert!(manual.contains(&format!("`{name}`")), "{name}");
        }
    }
}
