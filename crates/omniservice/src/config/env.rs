//! The environment as a layer: `OMNI__SERVER__LISTEN=…`, `OMNI__CONNECTIONS__WA_MAIN__RANK=…`.
//!
//! Two underscores part the keys; an element of a list is named by its number or its `id`
//! (`-` written as `_`). With `_FILE` at the end the variable names a file that holds the
//! value. Values are text; where a setting wants a number, a truth value, a list or a table,
//! they are read as TOML.

use std::path::Path;

use omni_core::problem;
use serde_json::Value;
use toml::de::DeValue;

use super::report::{Mistake, Place};
use super::secrets;
use super::tree::{Kind, Node, Origin, Segment};

/// What our variables begin with.
const PREFIX: &str = "OMNI__";

/// A variable of the environment.
pub fn variable(name: &str) -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "configuration is where the environment is read")]
    std::env::var(name).ok()
}

/// Whether the user wants no colours (<https://no-color.org>).
pub fn no_colour() -> bool {
    variable("NO_COLOR").is_some_and(|set| !set.is_empty())
}

/// Our variables, sorted by name.
pub fn variables() -> Vec<(String, String)> {
    let ours = std::env::vars_os().filter_map(|(name, value)| {
        let name = name.into_string().ok().filter(|name| name.starts_with(PREFIX))?;
        // What is not UTF-8 is no possible value and shows up as such.
        Some((name, value.to_string_lossy().into_owned()))
    });
    let mut ours: Vec<_> = ours.collect();
    ours.sort();
    ours
}

/// Whether the variable `name` sets the setting at `path`, or a table that it is in.
pub fn is_of(name: &str, path: &[&str]) -> bool {
    let words = name.strip_prefix(PREFIX).unwrap_or_default().to_ascii_uppercase();
    let words = words.strip_suffix("_FILE").unwrap_or(&words);
    !words.is_empty() && words.split("__").zip(path).all(|(word, key)| word == *key)
}

/// Lays `variables` over `root`; files are relative to `base`.
pub fn apply(root: &mut Node, variables: Vec<(String, String)>, base: &Path) -> Vec<Mistake> {
    let mut mistakes = Vec::new();
    for (name, value) in variables {
        if let Err(mistake) = apply_one(root, &name, value, base) {
            mistakes.push(*mistake);
        }
    }
    mistakes
}

fn apply_one(root: &mut Node, name: &str, value: String, base: &Path) -> Result<(), Box<Mistake>> {
    let place = || Place::outside(format!("environment variable {name}"));
    let words = name.strip_prefix(PREFIX).unwrap_or_default();
    let (words, value) = match words.strip_suffix("_FILE") {
        Some(words) => {
            let read = secrets::read_file(&base.join(&value));
            let read =
                read.map_err(|why| Box::new(Mistake::new(problem::CONFIG_SECRET, name, why, place())))?;
            (words, secrets::trimmed(&read).to_owned())
        }
        None => (words, value),
    };
    let path = find(root, words).ok_or_else(|| {
        let message = format!("{name} names no setting");
        let help = "write it as OMNI__SECTION__KEY; elements of lists go by number or id";
        Box::new(Mistake::new(problem::CONFIG_UNKNOWN_KEY, name, message, place()).help(help))
    })?;
    let origin = Origin::Environment(name.to_owned());
    let node = structured(&origin, &value).unwrap_or_else(|| Node::leaf(origin, Value::String(value)));
    root.put(&path, node);
    Ok(())
}

/// The way that `SECTION__KEY` means. Keys that exist are found whatever their case.
fn find(root: &Node, words: &str) -> Option<Vec<Segment>> {
    let mut path: Vec<Segment> = Vec::new();
    let mut node = Some(root);
    for word in words.split("__") {
        if word.is_empty() {
            return None;
        }
        let segment = match node.map(|node| &node.kind) {
            Some(Kind::List(list)) => Segment::from(element(list, word)?),
            Some(Kind::Table(table)) => {
                let known = table.keys().find(|key| same(key, word));
                Segment::Key(known.cloned().unwrap_or_else(|| word.to_lowercase()))
            }
            Some(Kind::Leaf(_)) | None => Segment::Key(word.to_lowercase()),
        };
        node = node.and_then(|node| node.child(&segment));
        path.push(segment);
    }
    Some(path)
}

fn element(list: &[Node], word: &str) -> Option<usize> {
    let by_id = list.iter().position(|node| node.text("id").is_some_and(|id| same(id, word)));
    by_id.or_else(|| word.parse().ok().filter(|at| *at < list.len()))
}

fn same(key: &str, word: &str) -> bool {
    key.replace('-', "_").eq_ignore_ascii_case(word)
}

/// A list or a table, written in TOML.
fn structured(origin: &Origin, text: &str) -> Option<Node> {
    if !text.trim_start().starts_with(['[', '{']) {
        return None;
    }
    parsed(origin, text)
}

/// The text as a TOML value, if it is one.
pub fn parsed(origin: &Origin, text: &str) -> Option<Node> {
    let value = DeValue::parse(text.trim()).ok()?;
    Some(Node::of_text(origin, value.get_ref()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use toml::de::DeTable;

    #[test]
    fn variables_find_their_setting() {
        let text = "[[connections]]\nid = 'wa-main'\n[connections.settings]\nappSecrets = ['x']\n[server]\n";
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("url"), "https://gw.example\n").unwrap();
        let cases = [
            ("OMNI__SERVER__LISTEN", "0.0.0.0:80", json!(["server", "listen", "0.0.0.0:80"])),
            ("OMNI__SERVER__PUBLIC_URL_FILE", "url", json!(["server", "public_url", "https://gw.example"])),
            ("OMNI__CONNECTIONS__WA_MAIN__RANK", "7", json!(["connections", 0, "rank", "7"])),
            ("OMNI__CONNECTIONS__0__RANK", "7", json!(["connections", 0, "rank", "7"])),
            (
                "OMNI__CONNECTIONS__WA_MAIN__SETTINGS__APPSECRETS",
                "['a', 'b']",
                json!(["connections", 0, "settings", "appSecrets", ["a", "b"]]),
            ),
        ];
        for (name, value, expect) in cases {
            let mut root = Node::of_file(0, &DeTable::parse(text).unwrap());
            let mistakes = apply(&mut root, vec![(name.into(), value.into())], dir.path());
            assert_eq!(mistakes, [], "{name}");
            let mut words = expect.as_array().unwrap().clone();
            let wanted = words.pop().unwrap();
            let tree = root.to_value();
            let got = words.iter().fold(&tree, |value, word| match word.as_u64() {
                Some(at) => &value[usize::try_from(at).unwrap()],
                None => &value[word.as_str().unwrap()],
            });
            assert_eq!(*got, wanted, "{name}");
        }
    }

    #[test]
    fn what_cannot_be_placed_is_told() {
        for name in ["OMNI__CONNECTIONS__NOBODY__RANK", "OMNI__SERVER____LISTEN", "OMNI__X_FILE"] {
            let mut root = Node::of_file(0, &DeTable::parse("[[connections]]\nid = 'a'").unwrap());
            let mistakes = apply(&mut root, vec![(name.into(), "1".into())], Path::new("/nowhere"));
            assert_eq!(mistakes.len(), 1, "{name}");
        }
    }
}
