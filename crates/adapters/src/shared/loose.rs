//! Reading JSON from carriers that are loose with types: numbers where strings belong,
//! single values where lists belong, flags in quotes.

use serde_json::{Map, Value};

/// A JSON object.
pub type Object = Map<String, Value>;

/// A string, or a number or flag as text; `None` for everything else and for nothing at all.
pub fn text(object: &Object, key: &str) -> Option<String> {
    scalar(object.get(key)?)
}

/// The text of a scalar value.
pub fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// As [`text`], without blanks around it; `None` if nothing is left.
pub fn word(object: &Object, key: &str) -> Option<String> {
    let text = text(object, key)?;
    let word = text.trim();
    (!word.is_empty()).then(|| word.to_owned())
}

/// A number, or digits in quotes.
pub fn number(object: &Object, key: &str) -> Option<f64> {
    let value = match object.get(key)? {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    value.filter(|value: &f64| value.is_finite())
}

/// A small count; `None` if it is none or does not fit.
pub fn count(object: &Object, key: &str) -> Option<u32> {
    match object.get(key)? {
        Value::Number(number) => u32::try_from(number.as_u64()?).ok(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// A flag, also in quotes or as 0 and 1; anything else is no.
pub fn flag(object: &Object, key: &str) -> bool {
    match object.get(key) {
        Some(Value::Bool(flag)) => *flag,
        Some(Value::String(text)) => {
            matches!(text.trim().to_ascii_lowercase().as_str(), "true" | "1" | "yes")
        }
        Some(Value::Number(number)) => number.as_u64() == Some(1),
        _ => false,
    }
}

/// The scalars of a list; a single scalar counts as a list of one.
pub fn texts(object: &Object, key: &str) -> Vec<String> {
    match object.get(key) {
        Some(Value::Array(values)) => values.iter().filter_map(scalar).collect(),
        Some(value) => scalar(value).into_iter().collect(),
        None => Vec::new(),
    }
}

/// The object under a key.
pub fn object<'a>(parent: &'a Object, key: &str) -> Option<&'a Object> {
    parent.get(key)?.as_object()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_forgiven() {
        let json = r#"{"s":" a ","n":17205550142,"f":"-104.9903","c":"3","t":"True","one":1,"l":[1,"b",null,{}],"z":null,"big":1e99}"#;
        let object: Object = serde_json::from_str(json).unwrap();
        assert_eq!(word(&object, "s").as_deref(), Some("a"));
        assert_eq!(text(&object, "n").as_deref(), Some("17205550142"));
        assert_eq!(number(&object, "f"), Some(-104.9903));
        assert_eq!((count(&object, "c"), count(&object, "big"), count(&object, "s")), (Some(3), None, None));
        assert_eq!((flag(&object, "t"), flag(&object, "one"), flag(&object, "s")), (true, true, false));
        assert_eq!(texts(&object, "l"), ["1", "b"]);
        assert_eq!(texts(&object, "n"), ["17205550142"]);
        assert_eq!((text(&object, "z"), text(&object, "absent")), (None, None));
    }
}
