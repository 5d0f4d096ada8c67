//! What a carrier tells us: every fact that its vectors bring.

use std::collections::{BTreeMap, BTreeSet};

use omni_core::event::CarrierEvent;
use serde_json::Value;

use super::table;
use crate::support::cases::{self, Case};

/// The genuine requests of a carrier's inbound vectors.
fn genuine(carrier: &str) -> Vec<Case> {
    let all = cases::of("_inbound.json").into_iter().filter(|case| case.plugin.name.0 == carrier);
    all.filter(Case::is_genuine).collect()
}

/// The events in them.
pub(crate) fn events(carrier: &str) -> Vec<CarrierEvent> {
    let parsed = genuine(carrier).into_iter().filter_map(|case| case.carrier.parse(&case.request).ok());
    parsed.flat_map(|parsed| parsed.events).collect()
}

/// A member of every event of a kind, as words.
pub(crate) fn words(events: &[CarrierEvent], kind: &str, member: &str) -> BTreeSet<String> {
    let of_kind = events.iter().filter(|event| event.kind() == kind);
    let json = of_kind.map(|event| serde_json::to_value(event).expect("events serialise"));
    json.filter_map(|event| event[member].as_str().map(str::to_owned)).collect()
}

/// The page's section.
pub(crate) fn section(carrier: &str) -> String {
    let cases = genuine(carrier);
    let events = events(carrier);
    let mut found: BTreeMap<&str, (usize, BTreeSet<String>)> = BTreeMap::new();
    for event in &events {
        let (count, details) = found.entry(event.kind()).or_default();
        *count += 1;
        let json = serde_json::to_value(event).expect("events serialise");
        let members = ["type", "state", "value"].map(|member| &json[member]);
        details.extend(members.into_iter().filter_map(Value::as_str).map(|word| format!("`{word}`")));
    }
    let rows: Vec<Vec<String>> = found
        .into_iter()
        .map(|(kind, (count, details))| {
            let details: Vec<String> = details.into_iter().collect();
            vec![format!("`{kind}`"), count.to_string(), details.join(", ")]
        })
        .collect();
    let signatures = cases::of("_signatures.json").into_iter().filter(|case| case.plugin.name.0 == carrier);
    let signatures: Vec<bool> = signatures.map(|case| case.is_genuine()).collect();
    format!(
        "The facts in the {} requests of `tests/vectors/{carrier}_inbound.json` that verify, as the adapter \
         reads them. `{carrier}_signatures.json` adds {} requests, of which {} prove themselves.\n\n{}",
        cases.len(),
        signatures.len(),
        signatures.iter().filter(|genuine| **genuine).count(),
        table(&["event", "times", "type, state or value"], &rows)
    )
}
