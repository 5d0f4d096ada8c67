//! The carrier's own words: the `//!` of its `mod.rs`.

use std::collections::BTreeMap;

use super::source;

/// What a face says.
pub(crate) struct Face {
    /// Its first sentence.
    pub(crate) title: String,
    /// What follows, up to the first heading.
    pub(crate) text: String,
    sections: BTreeMap<String, String>,
}

impl Face {
    /// The text under a heading. Every carrier has them all.
    pub(crate) fn section(&self, title: &str) -> &str {
        self.sections.get(title).unwrap_or_else(|| panic!("{}: no section `# {title}`", self.title))
    }

    /// The rows of its table whose first cell begins so, with those that go on below: what
    /// stands in their other cells.
    pub(crate) fn rows(&self, begins: &str) -> Vec<String> {
        let mut rows: Vec<String> = Vec::new();
        let mut on = false;
        for line in self.text.lines().filter(|line| line.starts_with('|')) {
            let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
            let first = cells.first().copied().unwrap_or_default();
            let goes_on = on && first.is_empty();
            on = goes_on || first.starts_with(begins);
            match rows.last_mut() {
                Some(row) if goes_on => *row = format!("{row} {}", cells[1..].join(" ")),
                _ if on => rows.push(cells[1..].join("; ")),
                _ => {}
            }
        }
        rows
    }
}

/// Reads the face of a carrier.
pub(crate) fn read(carrier: &str) -> Face {
    let text = source::file(carrier, "mod.rs");
    let lines = text.lines().map_while(|line| line.strip_prefix("//!"));
    let lines: Vec<&str> = lines.map(|line| line.strip_prefix(' ').unwrap_or(line)).collect();
    let (title, rest) = lines.split_first().expect("a face begins with //!");
    let (mut body, mut sections) = (String::new(), BTreeMap::<String, String>::new());
    let mut heading = None;
    for line in rest {
        if let Some(title) = line.strip_prefix("# ") {
            heading = Some(title.to_owned());
            continue;
        }
        let text = match &heading {
            Some(title) => sections.entry(title.clone()).or_default(),
            None => &mut body,
        };
        text.push_str(line);
        text.push('\n');
    }
    let sections = sections.into_iter().map(|(title, text)| (title, text.trim().to_owned())).collect();
    Face { title: title.trim_end_matches('.').to_owned(), text: format!("{}\n", body.trim()), sections }
}
