//! Secrets in a configuration: written out, or from a file or the environment.

use std::path::Path;

use serde_json::{Map, Value};

use super::tree::Segment;

/// A secret cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// The path below the value that was resolved.
    pub path: Vec<Segment>,
    /// Why, and what to do.
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
        Value::Object(map) => match reference(map) {
            Some(reference) => Value::String(reference.read(base).unwrap_or_else(|reason| {
                unreadable.push(Unreadable { path: path.clone(), reason });
                String::new()
            })),
            None => {
                let mut resolved = Map::new();
                for (key, value) in map {
                    path.push(Segment::from(key.as_str()));
                    resolved.insert(key.clone(), resolve_at(value, base, path, unreadable));
                    path.pop();
                }
                Value::Object(resolved)
            }
        },
        Value::Array(list) => {
            let mut resolved = Vec::new();
            for (at, value) in list.iter().enumerate() {
                path.push(Segment::from(at));
                resolved.push(resolve_at(value, base, path, unreadable));
                path.pop();
            }
            Value::Array(resolved)
        }
        other => other.clone(),
    }
}

enum Reference<'a> {
    File(&'a str),
    Environment(&'a str),
}

/// A table of nothing but `file` or `env` stands for a secret.
fn reference(map: &Map<String, Value>) -> Option<Reference<'_>> {
    let mut entries = map.iter();
    let ((key, value), None) = (entries.next()?, entries.next()) else { return None };
    match key.as_str() {
        "file" => Some(Reference::File(value.as_str()?)),
        "env" => Some(Reference::Environment(value.as_str()?)),
        _ => None,
    }
}

impl Reference<'_> {
    fn read(&self, base: &Path) -> Result<String, String> {
        let (name, text) = match self {
            Self::File(name) => (*name, read_file(&base.join(name))?),
            Self::Environment(name) => {
                let text = super::env::variable(name);
                (*name, text.ok_or_else(|| format!("the environment variable {name} is not set"))?)
            }
        };
        let text = trimmed(&text);
        if text.is_empty() {
            Err(format!("{name} is empty: put the secret into it"))
        } else {
            Ok(text.to_owned())
        }
    }
}

/// Reads a file that holds one value.
pub fn read_file(path: &Path) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|error| {
        let why = match error.kind() {
            std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
            std::io::ErrorKind::PermissionDenied => "this user may not read it".to_owned(),
            std::io::ErrorKind::InvalidData => "it is not UTF-8 text".to_owned(),
            _ => error.to_string(),
        };
        format!("{}: {why}", path.display())
    })
}

/// Without one newline at the end, which editors and `echo` add.
pub fn trimmed(text: &str) -> &str {
    text.strip_suffix('\n').map_or(text, |text| text.strip_suffix('\r').unwrap_or(text))
}

/// Whether a setting holds a secret, by its name or one around it: its value is never shown.
pub fn is_secret(path: &[Segment]) -> bool {
    let mut keys = path.iter().filter_map(|segment| match segment {
        Segment::Key(key) => Some(key.as_str()),
        Segment::Index(_) => None,
    });
    let Some(last) = keys.clone().next_back() else { return false };
    // What merely names a place or a person is no secret, also next to one.
    let plain = ["file", "env", "name", "user", "api_keys", "public_keys"].contains(&last);
    !plain && keys.any(is_secret_name)
}

/// Whether a name sounds like a secret's.
pub fn is_secret_name(name: &str) -> bool {
    const WORDS: [&str; 7] =
        ["secret", "token", "password", "credential", "sha256", "signed_userinfo", "keys"];
    const PLAIN: [&str; 2] = ["api_keys", "public_keys"];
    let key = name == "key" || name.ends_with("_key");
    !PLAIN.contains(&name) && (key || WORDS.iter().any(|word| name.contains(word)))
}

/// A line of a file with the texts in it blanked, if it may show a secret.
pub fn blanked(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let (mut quote, mut word, mut named) = (None, String::new(), false);
    for c in line.chars() {
        match (quote, c) {
            (None, '"' | '\'') => {
                quote = Some(c);
                named = ["file", "env", "name", "user", "id"].contains(&word.as_str());
                out.push(c);
            }
            (Some(open), _) if c == open => {
                quote = None;
                word.clear();
                out.push(c);
            }
            (Some(_), _) => out.push(if named { c } else { '•' }),
            (None, _) => {
                match c {
                    'a'..='z' | 'A'..='Z' | '0'..='9' | '_' => word.push(c),
                    '=' | ' ' | '\t' => {}
                    _ => word.clear(),
                }
                out.push(c);
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::tree::way;
    use super::*;
    use serde_json::json;

    #[test]
    fn files_lose_their_last_newline_and_missing_ones_are_named() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("token"), "s3cret\r\n").unwrap();
        std::fs::write(dir.path().join("empty"), "\n").unwrap();
        let value = json!({
            "a": { "file": "token" }, "b": [{ "file": "nowhere" }, { "file": "empty" }],
            "c": { "env": "OMNI_TEST_NO_SUCH_VARIABLE" }, "d": 1, "e": { "file": "token", "x": 1 },
        });
        let (resolved, unreadable) = resolve(&value, dir.path());
        assert_eq!(resolved["a"], "s3cret");
        assert_eq!(resolved["e"]["file"], "token", "a table with more in it is no reference");
        let paths: Vec<_> = unreadable.into_iter().map(|unreadable| unreadable.path).collect();
        assert_eq!(paths, [way!["b", 0], way!["b", 1], way!["c"]]);
    }

    #[test]
    fn what_must_not_be_shown_is_known_by_its_name() {
        let cases = [
            (way!["settings", "access_token"], true),
            (way!["settings", "app_secrets", 0], true),
            (way!["settings", "shared_keys", "k1"], true),
            (way!["settings", "inbound_credentials", 0, "password"], true),
            (way!["settings", "inbound_credentials", 0, "user"], false),
            (way!["settings", "access_token", "file"], false),
            (way!["tenants", 0, "api_keys", 0, "sha256"], true),
            (way!["tenants", 0, "api_keys", 0, "name"], false),
            (way!["tenants", 0, "api_keys", 0, "test"], false),
            (way!["settings", "phone_number_id"], false),
            (way!["settings", "api_key_sid"], false),
        ];
        for (path, expect) in cases {
            assert_eq!(is_secret(&path), expect, "{path:?}");
        }
    }

    #[test]
    fn a_shown_line_keeps_its_columns_and_no_secret() {
        let cases = [
            ("access_token = \"s3cret\" # x", "access_token = \"••••••\" # x"),
            (
                "auth_tokens = ['ab', { file = \"secrets/x\" }]",
                "auth_tokens = ['••', { file = \"secrets/x\" }]",
            ),
            ("{ user = \"u\", password = \"é\" }", "{ user = \"u\", password = \"•\" }"),
        ];
        for (line, expect) in cases {
            assert_eq!(blanked(line), expect);
            assert_eq!(blanked(line).chars().count(), line.chars().count());
        }
    }
}
