//! Secrets in a configuration: written out, or from a file or the environment.

use std::path::Path;

use serde_json::{Map, Value};

use super::report::Segment;

/// A secret cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// The path below the value that was resolved.
    pub path: Vec<Segment>,
    /// Why.
    pub reason: String,
}

/// Replaces every `{ file = "…" }` and `{ env = "NAME" }` below `value` by what it names.
/// Files are relative to `base`; one newline at the end is not part of the secret.
pub fn resolve(value: &Value, base: &Path) -> (Value, Vec<Unreadable>) {
    let mut unreadable = Vec::new();
    let resolved = resolve_at(value, base, &mut Vec::new(), &mut unreadable);
    (resolved, unreadable)
}

fn resolve_at(
    value: &Value,
    base: &Path,
    path: &mut Vec<Segment>,
    unreadable: &mut Vec<Unreadable>,
) -> Value {
    match value {
        Value::Object(map) => {
            if let Some(read) = reference(map, base) {
                return match read {
                    Ok(secret) => Value::String(secret),
                    Err(reason) => {
                        unreadable.push(Unreadable { path: path.clone(), reason });
                        Value::String(String::new())
                    }
                };
            }
            let mut resolved = Map::new();
            for (key, value) in map {
                path.push(Segment::Key(key.clone()));
                resolved.insert(key.clone(), resolve_at(value, base, path, unreadable));
                path.pop();
            }
            Value::Object(resolved)
        }
        Value::Array(list) => {
            let mut resolved = Vec::new();
            for (at, value) in list.iter().enumerate() {
                path.push(Segment::Index(at));
                resolved.push(resolve_at(value, base, path, unreadable));
                path.pop();
            }
            Value::Array(resolved)
        }
        other => other.clone(),
    }
}

fn reference(map: &Map<String, Value>, base: &Path) -> Option<Result<String, String>> {
    let mut entries = map.iter();
    let ((key, value), None) = (entries.next()?, entries.next()) else { return None };
    let name = value.as_str()?;
    let read = match key.as_str() {
        "file" => std::fs::read_to_string(base.join(name)).map_err(|error| format!("{name}: {error}")),
        "env" => {
            #[expect(clippy::disallowed_methods, reason = "configuration is where the environment is read")]
            let found = std::env::var(name);
            found.map_err(|_| format!("the environment variable {name} is not set"))
        }
        _ => return None,
    };
    Some(read.and_then(|text| {
        let text =
            text.strip_suffix('\n').map_or(text.as_str(), |text| text.strip_suffix('\r').unwrap_or(text));
        if text.is_empty() { Err(format!("{name} is empty")) } else { Ok(text.to_owned()) }
    }))
}

/// Whether a setting holds a secret, by its name: its value is never shown.
pub fn is_secret(path: &[Segment]) -> bool {
    const WORDS: [&str; 6] = ["secret", "token", "password", "key", "credential", "sha256"];
    // What merely names a place or a key is not secret.
    const NAMES: [&str; 4] = ["file", "env", "name", "keys"];
    let mut keys = path.iter().rev().filter_map(|segment| match segment {
        Segment::Key(key) => Some(key.as_str()),
        Segment::Index(_) => None,
    });
    let Some(last) = keys.next() else { return false };
    if NAMES.contains(&last) {
        return false;
    }
    WORDS.iter().any(|word| last.contains(word))
        || keys.next().is_some_and(|parent| parent.contains("credential"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn files_lose_their_last_newline_and_missing_ones_are_named() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("token"), "s3cret\r\n").unwrap();
        std::fs::write(dir.path().join("empty"), "\n").unwrap();
        let value =
            json!({ "a": { "file": "token" }, "b": [{ "file": "nowhere" }, { "file": "empty" }], "c": 1 });
        let (resolved, unreadable) = resolve(&value, dir.path());
        assert_eq!(resolved["a"], "s3cret");
        assert_eq!(resolved["c"], 1);
        let paths: Vec<_> = unreadable.iter().map(|u| super::super::report::dotted(&u.path)).collect();
        assert_eq!(paths, ["b[0]", "b[1]"]);
    }

    #[test]
    fn what_must_not_be_shown_is_known_by_its_name() {
        let cases = [
            ("access_token", true),
            ("app_secrets", true),
            ("auth_tokens", true),
            ("sha256", true),
            ("phone_number_id", false),
            ("api_keys", false),
            ("id", false),
        ];
        for (key, expect) in cases {
            assert_eq!(is_secret(&[Segment::Key(key.to_owned())]), expect, "{key}");
        }
    }
}
