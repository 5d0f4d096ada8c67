//! Reading a connection's table, with errors that quote no value: the value that stands in
//! the wrong place may be a secret.

use omni_core::carrier::SettingsError;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Reads `table`. The error names the setting to blame and what is expected there.
pub fn read<T: DeserializeOwned>(table: Value) -> Result<T, SettingsError> {
    let error = match T::deserialize(&table) {
        Ok(settings) => return Ok(settings),
        Err(error) => error.to_string(),
    };
    let message = without_values(&error);
    let named = ["missing field", "unknown field"].iter().any(|kind| message.starts_with(kind));
    let key = if named { message.split('`').nth(1).map(str::to_owned) } else { culprit::<T>(table, &error) };
    Err(match key {
        Some(key) if !named => SettingsError { message: format!("{key}: {message}"), key: Some(key) },
        key => SettingsError { key, message },
    })
}

/// The secrets of a conformance case that are not empty: an empty one must open nothing. A
/// case without any wants to see that nothing verifies, so it gets one that nobody signed with.
pub fn case_secrets(case: &Value) -> Vec<Value> {
    let listed = case["secrets"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut secrets: Vec<Value> = listed
        .iter()
        .filter(|secret| secret.as_str().is_some_and(|text| !text.is_empty()))
        .cloned()
        .collect();
    if secrets.is_empty() {
        secrets.push("this case names no secret".into());
    }
    secrets
}

/// The setting without which the error would be another one, or none.
fn culprit<T: DeserializeOwned>(table: Value, error: &str) -> Option<String> {
    let Value::Object(members) = table else { return None };
    let differs = |name: &&String| {
        let mut rest = members.clone();
        rest.remove(name.as_str());
        T::deserialize(Value::Object(rest)).err().is_none_or(|other| other.to_string() != error)
    };
    members.keys().find(differs).cloned()
}

/// serde's words without what it found: it writes texts in double quotes, and numbers and
/// words of a choice in back-ticks.
fn without_values(error: &str) -> String {
    let found_in_ticks = ["integer `", "floating point `", "boolean `", "character `", "unknown variant `"];
    let mut kept = String::with_capacity(error.len());
    let mut rest = error;
    while let Some(c) = rest.chars().next() {
        let start = found_in_ticks.iter().find(|start| rest.starts_with(**start));
        let (shown, hidden) = match start {
            Some(start) => (
                start.trim_end_matches([' ', '`']),
                rest[start.len()..].find('`').map(|n| start.len() + n + 1),
            ),
            None if c == '"' => ("…", Some(quoted(rest))),
            None => ("", None),
        };
        match hidden {
            Some(length) => {
                kept.push_str(shown);
                rest = &rest[length..];
            }
            None => {
                kept.push(c);
                rest = &rest[c.len_utf8()..];
            }
        }
    }
    kept
}

/// How long the quoted text is that `text` begins with, both quotes and all escapes counted.
fn quoted(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            '"' if !escaped => return at + 1,
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use omni_core::secret::Secret;
    use serde::Deserialize;
    use serde_json::json;
    use url::Url;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Choice {
        One,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only read")]
    struct Settings {
        key: Secret,
        #[serde(default)]
        keys: Vec<Secret>,
        #[serde(default)]
        choice: Option<Choice>,
        #[serde(default)]
        url: Option<Url>,
    }

    #[test]
    fn errors_name_the_setting_and_not_its_value() {
        let cases = [
            ("a number", json!({ "key": 5_550_123 }), "key", "key: invalid type: integer, expected a string"),
            (
                "no list",
                json!({ "key": "k", "keys": "hush\"\\ hush" }),
                "keys",
                "keys: invalid type: string …, expected a sequence",
            ),
            (
                "in a list",
                json!({ "key": "k", "keys": [1.5] }),
                "keys",
                "keys: invalid type: floating point, expected a string",
            ),
            (
                "a choice",
                json!({ "key": "k", "choice": "hush" }),
                "choice",
                "choice: unknown variant, expected `one`",
            ),
            (
                "an address",
                json!({ "key": "k", "url": "hush" }),
                "url",
                "url: relative URL without a base: …",
            ),
            ("missing", json!({}), "key", "missing field `key`"),
            (
                "unknown",
                json!({ "key": "k", "kye": "hush" }),
                "kye",
                "unknown field `kye`, expected one of `key`, `keys`, `choice`, `url`",
            ),
        ];
        for (name, table, key, message) in cases {
            let error = read::<Settings>(table).unwrap_err();
            assert_eq!((error.key.as_deref(), error.message.as_str()), (Some(key), message), "{name}");
        }
        assert!(read::<Settings>(json!({ "key": "k", "choice": "one" })).is_ok());
        assert_eq!(
            read::<Settings>(json!("hush")).unwrap_err().message,
            "invalid type: string …, expected struct Settings"
        );
    }
}
