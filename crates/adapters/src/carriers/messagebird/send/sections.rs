//! The sections of a list: neighbours with one title.

use omni_core::content::Button;
use serde_json::{Value, json};

/// Entries under their titles, in order; those without one stand under `label`, because every
/// section of WhatsApp's lists has a title.
pub(super) fn of<'a>(entries: &'a [Button], label: &'a str) -> Vec<(&'a str, &'a [Button])> {
    let title = |button: &'a Button| button.section.as_deref().unwrap_or(label);
    let sections = entries.chunk_by(|a, b| a.section == b.section);
    sections.filter_map(|section| Some((title(section.first()?), section))).collect()
}

/// The same as WhatsApp writes them, with each entry as `row` has it.
pub(super) fn of_rows(entries: &[Button], label: &str, row: fn(&Button) -> Value) -> Vec<Value> {
    let section = |(title, entries): (&str, &[Button])| {
        let rows: Vec<Value> = entries.iter().map(row).collect();
        json!({ "title": title, "rows": rows })
    };
    of(entries, label).into_iter().map(section).collect()
}
