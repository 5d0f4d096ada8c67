//! The checks of which all content is made, and Meta's words when one fails.

use serde_json::{Map, Value};
use url::Url;

use crate::whatsapp::errors::GraphError;

pub(super) type Object = Map<String, Value>;
pub(super) type Check = Result<(), GraphError>;

/// An object that must be there.
pub(super) fn object<'a>(value: Option<&'a Value>, name: &str) -> Result<&'a Object, GraphError> {
    match value {
        Some(Value::Object(object)) => Ok(object),
        Some(_) => Err(not_valid(name)),
        None => Err(missing(name)),
    }
}

/// A text that is not empty.
pub(super) fn filled(object: &Object, name: &str) -> Check {
    at_most(object, name, usize::MAX)
}

/// A text of 1 to `most` characters.
pub(super) fn at_most(object: &Object, name: &str, most: usize) -> Check {
    match object.get(name) {
        Some(Value::String(text)) if text.is_empty() => Err(not_valid(&format!("{name}: empty"))),
        // Characters are never more than bytes, so most texts need no counting.
        Some(Value::String(text)) if text.len() <= most || text.chars().count() <= most => Ok(()),
        Some(Value::String(_)) => {
            let details = format!("Param {name} must be at most {most} characters long.");
            Err(GraphError::new(if name == "body" { 100 } else { 131_009 }).details(details))
        }
        Some(_) => Err(not_valid(name)),
        None => Err(missing(name)),
    }
}

pub(super) fn is_web_url(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}

pub(super) fn missing(name: &str) -> GraphError {
    GraphError::new(131_008).details(format!("The parameter {name} is required."))
}

pub(super) fn not_valid(name: &str) -> GraphError {
    GraphError::new(131_009).details(format!("Param {name} is not valid."))
}

pub(super) fn unexpected(name: &str) -> GraphError {
    GraphError::new(100).details(format!("Unexpected key {name}."))
}

/// A list of at least one and at most so many.
pub(super) fn some_of<'a>(parent: &'a Object, name: &str, most: usize) -> Result<&'a [Value], GraphError> {
    let list = parent.get(name).and_then(Value::as_array).ok_or_else(|| missing(name))?;
    if (1..=most).contains(&list.len()) { Ok(list) } else { Err(not_valid(&format!("{name}: 1 to {most}"))) }
}

/// A word out of a fixed set.
pub(super) fn one_of<'a>(
    parent: &'a Object,
    name: &str,
    path: &str,
    words: &[&str],
) -> Result<&'a str, GraphError> {
    let given = parent.get(name).ok_or_else(|| missing(path))?;
    let known = given.as_str().filter(|given| words.iter().any(|word| word.eq_ignore_ascii_case(given)));
    known.ok_or_else(|| {
        let all = words.join(", ").to_ascii_uppercase();
        GraphError::new(100).details(format!("Param {path} must be one of {{{all}}} - got {given}."))
    })
}
