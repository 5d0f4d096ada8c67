//! Rich content as Twilio wants it: a definition that is stored there once (`HX…`), and the
//! values that each message fills in.
//!
//! The words of a message are values, so a definition is only a form: "three replies", "a
//! list of five". An account needs a few dozen, however many messages are sent. Twilio advises
//! the same for messages within the 24 hours, which need no approval. What it takes no variables
//! in stands in the definition itself.

use std::collections::BTreeMap;

use omni_core::failure::{ErrorClass, SendError};
use serde_json::{Value, json};

use crate::shared::hmac;

/// Longest value of a variable (Twilio's error 21658).
pub(super) const MAX_VALUE: usize = 1_600;
/// The language of a definition: it must have one, and holds no words in any.
const LANGUAGE: &str = "en";

/// A definition with the values of one message.
#[derive(Debug, PartialEq)]
pub(super) struct Rich {
    pub(super) definition: Definition,
    /// By variable.
    pub(super) values: BTreeMap<String, String>,
}

/// What Twilio's Content API stores.
#[derive(Debug, PartialEq)]
pub(super) struct Definition {
    /// `omni_` and half a digest of what it says: the same on every machine and after each
    /// restart, so that it is found again and not made again.
    pub(super) name: String,
    language: String,
    types: Value,
    /// Its variables.
    variables: Vec<String>,
}

impl Definition {
    pub(super) fn new<'a>(
        types: Value,
        language: Option<&str>,
        variables: impl Iterator<Item = &'a String>,
    ) -> Self {
        const DIGITS: usize = 32;
        let language = language.unwrap_or(LANGUAGE).to_owned();
        let said = json!([language, types]).to_string();
        let mut digest = hmac::hex(&hmac::digest(said.as_bytes()));
        digest.truncate(DIGITS);
        Self { name: format!("omni_{digest}"), language, types, variables: variables.cloned().collect() }
    }

    /// The body that makes it. Samples are for people who look at it: each variable's name.
    pub(super) fn body(&self) -> Value {
        let sample = |name: &String| (name.clone(), Value::from(format!("value {name}")));
        json!({
            "friendly_name": self.name,
            "language": self.language,
            "variables": self.variables.iter().map(sample).collect::<serde_json::Map<_, _>>(),
            "types": self.types,
        })
    }
}

/// Values put aside while a definition is written.
#[derive(Default)]
pub(super) struct Blanks(BTreeMap<String, String>);

impl Blanks {
    /// Puts a value aside; the answer stands in its place.
    pub(super) fn put(&mut self, value: impl Into<String>) -> String {
        let name = (self.0.len() + 1).to_string();
        let blank = format!("{{{{{name}}}}}");
        self.0.insert(name, value.into());
        blank
    }

    /// As [`Blanks::put`], for an address: Twilio takes variables only behind the host.
    pub(super) fn put_url(&mut self, what: &str, url: &str) -> Result<String, SendError> {
        let parsed = url::Url::parse(url).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
        if parsed.is_none_or(|url| url.host().is_none()) {
            return Err(refused(what, "must be an http or https URL"));
        }
        let host = url.find("://").map_or(0, |at| at + "://".len());
        let end = url.get(host..).and_then(|rest| rest.find(['/', '?', '#'])).map(|at| host + at);
        match end.and_then(|at| url.split_at_checked(at)) {
            // `https://host?x` is `https://host/?x`.
            Some((host, rest)) if rest != "/" => {
                let rest = rest.strip_prefix('/').unwrap_or(rest);
                at_most(what, rest, MAX_VALUE)?;
                Ok(format!("{}/{}", literal(what, host)?, self.put(rest)))
            }
            _ => literal(what, url).map(str::to_owned),
        }
    }

    /// The definition of `types`, with what was put aside for it.
    pub(super) fn into_rich(self, types: Value) -> Rich {
        Rich { definition: Definition::new(types, None, self.0.keys()), values: self.0 }
    }
}

/// A limit of Twilio's that `what` breaks.
pub(super) fn refused(what: &str, why: impl Into<String>) -> SendError {
    SendError::rejected(ErrorClass::BadRequest, what, why)
}

/// Words that stand in the definition itself, where braces would be a variable.
pub(super) fn literal<'a>(what: &str, words: &'a str) -> Result<&'a str, SendError> {
    if words.contains("{{") { Err(refused(what, "may not hold `{{` here")) } else { Ok(words) }
}

pub(super) fn at_most(what: &str, words: &str, most: usize) -> Result<(), SendError> {
    if words.chars().count() > most {
        return Err(refused(what, format!("longer than {most} characters")));
    }
    Ok(())
}

/// Neither too long nor empty: an empty value is none to Twilio (63013).
pub(super) fn some_at_most(what: &str, words: &str, most: usize) -> Result<(), SendError> {
    if words.trim().is_empty() {
        return Err(refused(what, "is empty"));
    }
    at_most(what, words, most)
}
