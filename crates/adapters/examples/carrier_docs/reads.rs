//! What a carrier tells us: every fact that its adapter can make out of a callback, found in
//! the sources that read callbacks.

use std::collections::BTreeSet;

use super::{source, table};

/// The words of an enum that a carrier's receiving side names, as in JSON: `CarrierEvent`,
/// `MessageType`, `ReportedState`.
pub(crate) fn words(carrier: &str, of: &str) -> BTreeSet<String> {
    let start = format!("{of}::");
    let mut found = BTreeSet::new();
    for code in source::receiving(carrier) {
        for (at, _) in code.match_indices(&start) {
            let after = &code[at + start.len()..];
            // `Name::Word`, or an import of several: `Name::{Word, Word}`.
            let named = match after.strip_prefix('{') {
                Some(group) => group.split('}').next().unwrap_or_default(),
                None => after.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default(),
            };
            let words = named.split(',').map(str::trim);
            let words = words.filter(|word| word.starts_with(|c: char| c.is_uppercase()));
            found.extend(words.map(|word| source::snake_case(word, '_')));
        }
    }
    if of == "MessageType" {
        // What a message is unless said otherwise.
        found.insert("text".into());
    }
    found
}

/// The page's section.
pub(crate) fn section(carrier: &str) -> String {
    let listed = |of: &str| {
        let words: Vec<String> = words(carrier, of).into_iter().map(|word| format!("`{word}`")).collect();
        if words.is_empty() { "none".to_owned() } else { words.join(", ") }
    };
    let rows = [
        ("events", listed("CarrierEvent")),
        ("types of messages", listed("MessageType")),
        ("states of ours", listed("ReportedState")),
    ];
    format!(
        "What the sources that read callbacks can make of one. Examples, with what must come out: \
         `crates/adapters/tests/vectors/{carrier}_inbound.json`; of proofs, good and bad: \
         `{carrier}_signatures.json`.\n\n{}",
        table(&["", "read"], &rows.map(|(name, value)| vec![name.to_owned(), value]))
    )
}
