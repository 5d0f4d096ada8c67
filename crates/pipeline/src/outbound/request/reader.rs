//! Reads fields and notes what is wrong with them.

use omni_core::problem::{FieldError, did_you_mean};
use omni_core::time::Timestamp;
use serde_json::{Map, Value};
use url::Url;

/// Most mistakes that are told at once.
const MOST_MISTAKES: usize = 100;
/// Most characters of a field's name that are told.
const LONGEST_SHOWN: usize = 100;

/// Collects the mistakes of one body.
#[derive(Default)]
pub(super) struct Reader {
    pub(super) errors: Vec<FieldError>,
}

/// A field's name as it is told: a stranger's may be a megabyte long.
fn shown(name: &str) -> &str {
    name.char_indices().nth(LONGEST_SHOWN).map_or(name, |(end, _)| &name[..end])
}

/// The JSON pointer (RFC 6901) to a member of the object at `at`.
pub(super) fn member(at: &str, name: &str) -> String {
    format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"))
}

/// A JSON object.
pub(super) type Object = Map<String, Value>;

impl Reader {
    pub(super) fn wrong(&mut self, pointer: &str, code: &str, detail: impl Into<String>) {
        // A body can hold more mistakes than anybody reads.
        if self.errors.len() < MOST_MISTAKES {
            self.errors.push(FieldError::new(pointer, code, detail));
        }
    }

    pub(super) fn known(&mut self, at: &str, object: &Object, fields: &[&str]) {
        let unknown = object.keys().filter(|name| !fields.contains(&name.as_str()));
        for name in unknown.take(MOST_MISTAKES.saturating_sub(self.errors.len())) {
            let hint = did_you_mean(name, fields.iter().copied());
            let hint = hint.map(|near| format!(" Did you mean `{near}`?")).unwrap_or_default();
            let detail = format!("There is no field `{}` here.{hint}", shown(name));
            self.wrong(&member(at, shown(name)), "unknown_field", detail);
        }
    }

    pub(super) fn text(&mut self, at: &str, object: &Object, name: &str) -> Option<String> {
        match object.get(name) {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) => Some(text.clone()),
            Some(_) => {
                self.wrong(&format!("{at}/{name}"), "wrong_type", format!("`{name}` must be a string."));
                None
            }
        }
    }

    pub(super) fn required(&mut self, at: &str, object: &Object, name: &str) -> String {
        let before = self.errors.len();
        match self.text(at, object, name) {
            Some(text) if !text.is_empty() => text,
            Some(_) => {
                self.wrong(&format!("{at}/{name}"), "empty", format!("`{name}` must not be empty."));
                String::new()
            }
            None => {
                if self.errors.len() == before {
                    self.wrong(&format!("{at}/{name}"), "required", format!("`{name}` is missing."));
                }
                String::new()
            }
        }
    }

    pub(super) fn parsed<T: std::str::FromStr>(
        &mut self,
        at: &str,
        object: &Object,
        name: &str,
        what: &str,
    ) -> Option<T> {
        let text = self.text(at, object, name)?;
        match text.parse() {
            Ok(value) => Some(value),
            Err(_) => {
                self.wrong(&format!("{at}/{name}"), "invalid", format!("`{name}` is not {what}."));
                None
            }
        }
    }

    /// The members of a list; of a missing one none.
    pub(super) fn list<'a>(&mut self, at: &str, object: &'a Object, name: &str) -> &'a [Value] {
        match object.get(name) {
            None | Some(Value::Null) => &[],
            Some(Value::Array(members)) => members,
            Some(_) => {
                self.wrong(&format!("{at}/{name}"), "wrong_type", format!("`{name}` must be a list."));
                &[]
            }
        }
    }

    /// A whole number, not negative.
    pub(super) fn count(&mut self, at: &str, object: &Object, name: &str) -> Option<u64> {
        let value = object.get(name).filter(|value| !value.is_null())?;
        let count = value.as_u64();
        if count.is_none() {
            let detail = format!("`{name}` must be a whole number.");
            self.wrong(&format!("{at}/{name}"), "wrong_type", detail);
        }
        count
    }

    /// `true` or `false`; left out, `false`.
    pub(super) fn flag(&mut self, at: &str, object: &Object, name: &str) -> bool {
        match object.get(name) {
            None | Some(Value::Null) => false,
            Some(Value::Bool(flag)) => *flag,
            Some(_) => {
                let detail = format!("`{name}` must be true or false.");
                self.wrong(&format!("{at}/{name}"), "wrong_type", detail);
                false
            }
        }
    }

    pub(super) fn time(&mut self, at: &str, object: &Object, name: &str) -> Option<Timestamp> {
        let text = self.text(at, object, name)?;
        let parsed = Timestamp::parse(&text);
        if parsed.is_err() {
            let detail = format!("`{name}` is not an RFC 3339 date and time, like 2026-11-20T10:00:00Z.");
            self.wrong(&format!("{at}/{name}"), "invalid_time", detail);
        }
        parsed.ok()
    }

    pub(super) fn url(&mut self, pointer: &str, text: &str) {
        let fine =
            Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "https" | "http") && url.has_host());
        if !fine || text.len() > 4_096 {
            self.wrong(pointer, "invalid_url", "Not an http or https address of at most 4096 characters.");
        }
    }

    pub(super) fn object<'a>(&mut self, pointer: &str, value: &'a Value) -> Option<&'a Object> {
        if value.as_object().is_none() {
            self.wrong(pointer, "wrong_type", "This must be an object.");
        }
        value.as_object()
    }
}
