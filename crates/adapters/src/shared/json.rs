//! JSON as carriers write it: fields come and go without notice, numbers arrive as strings,
//! and text is cut in the middle of an emoji. One odd field must not cost a whole batch, so
//! carriers with such habits read a [`Value`] through these lenient accessors.

use omni_core::webhook::Malformed;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// Parses a body. Halves of surrogate pairs (a carrier cut an emoji) become U+FFFD; anything
/// else that is not JSON, or nested deeper than 128, is [`Malformed`].
pub fn parse(body: &[u8]) -> Result<Value, Malformed> {
    read(body)
}

/// As [`parse`], into a type that keeps less.
pub fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Malformed> {
    if let Ok(value) = serde_json::from_slice(body) {
        return Ok(value);
    }
    let repaired = replace_lone_surrogates(body).ok_or(Malformed("not_json"))?;
    serde_json::from_slice(&repaired).map_err(|_| Malformed("not_json"))
}

/// The body with every lone `\uD8xx` or `\uDCxx` escape replaced; `None` if there is none.
fn replace_lone_surrogates(body: &[u8]) -> Option<Vec<u8>> {
    let mut repaired = Vec::with_capacity(body.len());
    let mut changed = false;
    let mut rest = body;
    while let Some(at) = rest.iter().position(|b| *b == b'\\') {
        let (before, escape) = rest.split_at(at);
        repaired.extend_from_slice(before);
        let (kept, length): (&[u8], usize) = match code_unit(escape) {
            Some(0xd800..=0xdbff) if is_low(code_unit(escape.get(6..).unwrap_or_default())) => {
                (&escape[..12], 12)
            }
            Some(0xd800..=0xdfff) => {
                changed = true;
                (br"\ufffd", 6)
            }
            _ => {
                let length = escape.len().min(2);
                (&escape[..length], length)
            }
        };
        repaired.extend_from_slice(kept);
        rest = &escape[length..];
    }
    repaired.extend_from_slice(rest);
    changed.then_some(repaired)
}

fn is_low(unit: Option<u32>) -> bool {
    matches!(unit, Some(0xdc00..=0xdfff))
}

/// The number in `\uXXXX` at the start of `escape`.
fn code_unit(escape: &[u8]) -> Option<u32> {
    let digits = escape.strip_prefix(br"\u")?.get(..4)?;
    digits.iter().try_fold(0, |number, digit| Some(number << 4 | char::from(*digit).to_digit(16)?))
}

/// The members of an object; none of anything else.
pub fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(object) => object,
        _ => Map::new(),
    }
}

/// The elements of an array; none if it is no array.
pub fn items(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

/// Text that is not empty.
pub fn text(value: &Value) -> Option<&str> {
    value.as_str().filter(|text| !text.is_empty())
}

/// An id: text that is not empty, or a number.
pub fn id(value: &Value) -> Option<String> {
    match value {
        Value::Number(number) => Some(number.to_string()),
        other => text(other).map(str::to_owned),
    }
}

/// A finite number, written as a number or as text.
pub fn number(value: &Value) -> Option<f64> {
    let number = match value {
        Value::String(text) => text.trim().parse().ok()?,
        other => other.as_f64()?,
    };
    number.is_finite().then_some(number)
}

/// A whole number, written as a number or as text.
pub fn integer(value: &Value) -> Option<i64> {
    match value {
        Value::String(text) => text.trim().parse().ok(),
        other => other.as_i64(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn half_an_emoji_costs_one_character_only() {
        let cases = [
            (r#"{"a":"cut \ud83d"}"#, "cut \u{fffd}"),
            (r#"{"a":"\udf0d cut"}"#, "\u{fffd} cut"),
            (r#"{"a":"\ud83c\ud83c\udf0d"}"#, "\u{fffd}🌍"),
            (r#"{"a":"\ud83c\udf0d \\ud83c"}"#, r"🌍 \ud83c"),
        ];
        for (body, expect) in cases {
            assert_eq!(parse(body.as_bytes()).unwrap()["a"], expect, "{body}");
        }
    }

    #[test]
    fn refuses_what_is_not_json() {
        let deep = format!("{}{}", "[".repeat(500), "]".repeat(500));
        for bad in ["", "{", r#"{"a":"\ud83"#, r#"{"a":"\"#, "{\"a\":\"\u{1}\"}", &deep] {
            assert_eq!(parse(bad.as_bytes()), Err(Malformed("not_json")), "{bad}");
        }
        assert!(parse(b"\"\xff\"").is_err());
    }

    #[test]
    fn reads_numbers_written_either_way() {
        assert_eq!(number(&json!("-33.86")), Some(-33.86));
        assert_eq!(number(&json!(12)), Some(12.0));
        assert_eq!(number(&json!("NaN")), None);
        assert_eq!(integer(&json!("1763650800")), Some(1_763_650_800));
        assert_eq!(integer(&json!(1.5)), None);
        assert_eq!(id(&json!(447_700_900_461_u64)).as_deref(), Some("447700900461"));
        assert_eq!(id(&json!("")), None);
    }
}
