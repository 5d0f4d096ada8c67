//! Fixtures: named callbacks that can be triggered, with parameters and defaults.

use std::collections::HashMap;
use std::time::Duration;

use serde::Serialize;
use serde_json::{Map, Value};

/// One callback that [`crate::Twins::trigger`] can play.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Fixture {
    /// Carrier and event: `whatsapp.text`.
    pub name: &'static str,
    /// The carrier that would send it.
    pub carrier: &'static str,
    /// What it stands for, in one line.
    pub description: &'static str,
    /// What can be varied.
    pub params: &'static [Param],
}

/// One parameter of a fixture. All values are text; numbers and booleans are taken too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Param {
    /// As given to `trigger`.
    pub name: &'static str,
    /// Used when it is not given; empty means "chosen by the twin" or "left out".
    pub default: &'static str,
    /// What it does, in one line.
    pub description: &'static str,
}

impl Param {
    pub(crate) const fn new(name: &'static str, default: &'static str, description: &'static str) -> Self {
        Self { name, default, description }
    }
}

/// What somebody writes.
pub(crate) const fn text_param(default: &'static str) -> Param {
    Param::new("text", default, "what they write")
}

/// A carrier's fixtures: each an event (`whatsapp.` goes before it), a description, and
/// parameters.
macro_rules! fixtures {
    ($carrier:literal: $(($event:literal, $description:literal, [$($param:expr),* $(,)?])),* $(,)?) => {
        &[$(Fixture {
            name: concat!($carrier, ".", $event),
            carrier: $carrier,
            description: $description,
            params: &[$($param),*],
        }),*]
    };
}
pub(crate) use fixtures;

/// The result of a trigger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Triggered {
    /// The fixture.
    pub event: &'static str,
    /// The carrier that spoke.
    pub carrier: &'static str,
    /// The carrier's id of the message (or of the message that the status is about).
    pub id: String,
    /// The HTTP status that the gateway answered.
    pub status: u16,
    /// How long the gateway took, in microseconds.
    #[serde(rename = "elapsedMicros", serialize_with = "micros")]
    pub elapsed: Duration,
}

fn micros<S: serde::Serializer>(elapsed: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX))
}

/// Why nothing was triggered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TriggerError {
    /// No fixture has this name.
    #[error("unknown event `{event}`{}", did_you_mean(*suggestion))]
    UnknownEvent {
        /// As asked for.
        event: String,
        /// The nearest name, if one is near.
        suggestion: Option<&'static str>,
    },
    /// The fixture has no such parameter.
    #[error("`{event}` has no parameter `{param}`{}; it takes {}", did_you_mean(*suggestion), known.join(", "))]
    UnknownParam {
        /// The fixture.
        event: &'static str,
        /// As given.
        param: String,
        /// The nearest name, if one is near.
        suggestion: Option<&'static str>,
        /// All that it takes.
        known: Vec<&'static str>,
    },
    /// A value cannot be used.
    #[error("parameter `{param}` must be {expected}")]
    WrongValue {
        /// The parameter.
        param: &'static str,
        /// What it must be.
        expected: &'static str,
    },
    /// The gateway could not be reached.
    #[error("the callback could not be delivered: {reason}")]
    Undelivered {
        /// `not connected`, `timed out` or `no answer`.
        reason: &'static str,
    },
}

fn did_you_mean(suggestion: Option<&'static str>) -> String {
    suggestion.map(|name| format!(" (did you mean `{name}`?)")).unwrap_or_default()
}

/// The parameters of one call, defaults filled in.
#[derive(Debug)]
pub(crate) struct Params(HashMap<&'static str, String>);

impl Params {
    /// Reads `given` against what `fixture` takes.
    pub(crate) fn read(fixture: &Fixture, given: &Map<String, Value>) -> Result<Self, TriggerError> {
        let mut values: HashMap<_, _> =
            fixture.params.iter().map(|param| (param.name, param.default.to_owned())).collect();
        for (name, value) in given {
            let Some(param) = fixture.params.iter().find(|param| param.name == name) else {
                let known: Vec<_> = fixture.params.iter().map(|param| param.name).collect();
                let suggestion = nearest(name, known.iter().copied());
                return Err(TriggerError::UnknownParam {
                    event: fixture.name,
                    param: name.clone(),
                    suggestion,
                    known,
                });
            };
            values.insert(param.name, text_of(param.name, value)?);
        }
        Ok(Self(values))
    }

    /// A parameter's text; empty for one that the fixture does not have.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.0.get(name).map(String::as_str).unwrap_or_default()
    }

    /// The text unless it is empty.
    pub(crate) fn given(&self, name: &str) -> Option<&str> {
        Some(self.text(name)).filter(|text| !text.is_empty())
    }

    /// A whole number within `range`.
    pub(crate) fn number(
        &self,
        name: &'static str,
        range: std::ops::RangeInclusive<u32>,
        expected: &'static str,
    ) -> Result<u32, TriggerError> {
        let number = self.text(name).parse().ok().filter(|number| range.contains(number));
        number.ok_or(TriggerError::WrongValue { param: name, expected })
    }
}

fn text_of(param: &'static str, value: &Value) -> Result<String, TriggerError> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) => Ok(number.to_string()),
        Value::Bool(truth) => Ok(truth.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => {
            Err(TriggerError::WrongValue { param, expected: "text, a number or a boolean" })
        }
    }
}

/// The name most like `wanted`, if it is close enough to be a slip of the fingers.
pub(crate) fn nearest(wanted: &str, names: impl Iterator<Item = &'static str>) -> Option<&'static str> {
    if wanted.len() > 64 {
        return None;
    }
    let allowed = wanted.chars().count() / 3 + 1;
    names.map(|name| (distance(wanted, name), name)).filter(|(far, _)| *far <= allowed).min().map(|(_, n)| n)
}

/// Levenshtein's distance.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, from) in left.chars().enumerate() {
        let mut diagonal = i;
        row[0] = i + 1;
        for (j, to) in right.iter().enumerate() {
            let replaced = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[right.len()]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const FIXTURE: Fixture = Fixture {
        name: "pelican.text",
        carrier: "pelican",
        description: "a text",
        params: &[Param::new("text", "hello", "what"), Param::new("count", "2", "how many")],
    };

    fn read(given: &Value) -> Result<Params, TriggerError> {
        Params::read(&FIXTURE, given.as_object().unwrap())
    }

    #[test]
    fn defaults_fill_in() {
        let params = read(&json!({"count": 5})).unwrap();
        assert_eq!((params.text("text"), params.number("count", 1..=9, "1 to 9")), ("hello", Ok(5)));
        assert_eq!(read(&json!({"text": ""})).unwrap().given("text"), None);
    }

    #[test]
    fn an_unknown_parameter_is_named_with_what_would_do() {
        let error = read(&json!({"txt": "x"})).unwrap_err().to_string();
        assert_eq!(
            error,
            "`pelican.text` has no parameter `txt` (did you mean `text`?); it takes text, count"
        );
        let error = read(&json!({"colour": "x"})).unwrap_err().to_string();
        assert_eq!(error, "`pelican.text` has no parameter `colour`; it takes text, count");
    }

    #[test]
    fn wrong_values_are_refused() {
        assert!(matches!(read(&json!({"text": []})), Err(TriggerError::WrongValue { param: "text", .. })));
        let params = read(&json!({"count": "ten"})).unwrap();
        assert!(params.number("count", 1..=9, "1 to 9").is_err());
    }

    #[test]
    fn distances() {
        for (left, right, expect) in
            [("", "", 0), ("a", "", 1), ("kitten", "sitting", 3), ("text", "txet", 2), ("é", "e", 1)]
        {
            assert_eq!(distance(left, right), expect, "{left} {right}");
        }
    }
}
