//! Reading the carriers' source: no compiler, only what these pages need.

use std::collections::BTreeSet;
use std::path::Path;

/// A file of a carrier's folder, if it is there.
pub(crate) fn find(carrier: &str, name: &str) -> Option<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/carriers").join(carrier).join(name);
    std::fs::read_to_string(path).ok()
}

/// A file of a carrier's folder that must be there.
pub(crate) fn file(carrier: &str, name: &str) -> String {
    find(carrier, name).unwrap_or_else(|| panic!("{carrier} has no readable {name}"))
}

/// The sources of a carrier that read callbacks: all but its face, its settings, its sending
/// side and its tests.
pub(crate) fn receiving(carrier: &str) -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/carriers").join(carrier);
    below(&folder)
}

fn below(folder: &Path) -> Vec<String> {
    const OTHERS: &[&str] =
        &["account", "case", "check", "errors", "look_up", "mod", "outcome", "send", "session", "tests"];
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a carrier's folder") {
        let path = entry.expect("a readable folder").path();
        let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        if OTHERS.contains(&stem.as_str()) {
            continue;
        }
        if path.is_dir() {
            found.extend(below(&path));
        } else {
            found.push(std::fs::read_to_string(&path).expect("a readable file"));
        }
    }
    found
}

/// `StaticHeader` as `static_header`, with any sign between the words.
pub(crate) fn snake_case(name: &str, between: char) -> String {
    let mut text = String::new();
    for c in name.chars() {
        if c.is_uppercase() && !text.is_empty() {
            text.push(between);
        }
        text.extend(c.to_lowercase());
    }
    text
}

/// A file that several carriers share.
pub(crate) fn shared(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/shared").join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Texts and whole numbers that are written in a source; `a..=b` stands for all between.
pub(crate) fn literals(source: &str) -> BTreeSet<String> {
    let code = source.split("#[cfg(test)]").next().unwrap_or_default();
    let mut found = BTreeSet::new();
    for line in code.lines() {
        let mut rest = line.trim_start();
        let mut before = ' ';
        while let Some(c) = rest.chars().next() {
            let used = match c {
                '/' if rest.starts_with("//") => break,
                '"' => text(rest, &mut found),
                '0'..='9' if !(before.is_alphanumeric() || before == '_') => numbers(rest, &mut found),
                _ => c.len_utf8(),
            };
            before = rest[..used].chars().last().unwrap_or(' ');
            rest = &rest[used..];
        }
    }
    found
}

/// A literal text without escapes; answers its length in the source.
fn text(rest: &str, found: &mut BTreeSet<String>) -> usize {
    let inner = &rest[1..];
    let end = inner.find('"').unwrap_or(inner.len());
    found.insert(inner[..end].to_owned());
    (end + 2).min(rest.len())
}

/// A number or a range of them; answers its length in the source.
fn numbers(rest: &str, found: &mut BTreeSet<String>) -> usize {
    let (first, length) = number(rest);
    let Some(after) = rest[length..].strip_prefix("..=") else {
        found.insert(first.to_string());
        return length;
    };
    let (last, more) = number(after);
    // A range of codes; longer ones are bounds of something else.
    if last.saturating_sub(first) <= 2_000 {
        found.extend((first..=last).map(|number| number.to_string()));
    }
    length + "..=".len() + more
}

fn number(rest: &str) -> (u64, usize) {
    let length = rest.find(|c: char| !c.is_ascii_digit() && c != '_').unwrap_or(rest.len());
    (rest[..length].replace('_', "").parse().unwrap_or_default(), length)
}
