//! What rules and step conditions look at, and how they compare.

use std::borrow::Cow;

use omni_core::rules::{Condition, Operator};
use serde_json::Value;

use super::content::{holds_phrase, words};

/// Whether all `conditions` hold for `facts`; no condition holds always.
pub fn all_hold(conditions: &[Condition], facts: &Value) -> bool {
    conditions.iter().all(|condition| holds(condition, facts))
}

/// Whether one condition holds. A fact that is not there equals nothing, contains nothing
/// and is in no list.
pub fn holds(condition: &Condition, facts: &Value) -> bool {
    let fact = look_up(facts, &condition.field);
    let wanted = &condition.value;
    match condition.operator {
        Operator::Equals => same(fact, wanted),
        Operator::NotEquals => !same(fact, wanted),
        Operator::Contains => contains(fact, wanted),
        Operator::NotContains => !contains(fact, wanted),
        Operator::StartsWith => text(fact).is_some_and(|f| text(wanted).is_some_and(|w| f.starts_with(&*w))),
        Operator::EndsWith => text(fact).is_some_and(|f| text(wanted).is_some_and(|w| f.ends_with(&*w))),
        Operator::MatchesWords => matches_words(fact, wanted),
        Operator::In => among(fact, wanted),
        Operator::NotIn => !among(fact, wanted),
        Operator::GreaterThan => numbers(fact, wanted).is_some_and(|(f, w)| f > w),
        Operator::LessThan => numbers(fact, wanted).is_some_and(|(f, w)| f < w),
        Operator::Exists => is_there(fact),
        Operator::NotExists => !is_there(fact),
    }
}

fn look_up<'a>(facts: &'a Value, path: &str) -> &'a Value {
    path.split('.').fold(facts, |value, name| value.get(name).unwrap_or(&Value::Null))
}

/// Text compares without regard to case.
fn text(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::String(text) => Some(text.to_lowercase().into()),
        Value::Number(number) => Some(number.to_string().into()),
        Value::Bool(flag) => Some(if *flag { "true" } else { "false" }.into()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

fn same(fact: &Value, wanted: &Value) -> bool {
    match (text(fact), text(wanted)) {
        (Some(fact), Some(wanted)) => fact == wanted,
        _ => !fact.is_null() && fact == wanted,
    }
}

fn contains(fact: &Value, wanted: &Value) -> bool {
    match (fact, wanted) {
        (_, Value::Array(wanted)) => wanted.iter().any(|one| contains(fact, one)),
        (Value::Array(list), _) => list.iter().any(|item| same(item, wanted)),
        _ => text(fact).is_some_and(|f| text(wanted).is_some_and(|w| f.contains(&*w))),
    }
}

fn matches_words(fact: &Value, wanted: &Value) -> bool {
    let Value::String(fact) = fact else { return false };
    let fact = words(fact);
    match wanted {
        Value::Array(list) => list.iter().filter_map(Value::as_str).any(|phrase| holds_phrase(&fact, phrase)),
        Value::String(list) => list.split(',').any(|phrase| holds_phrase(&fact, phrase)),
        _ => false,
    }
}

fn among(fact: &Value, wanted: &Value) -> bool {
    match wanted {
        Value::Array(list) => list.iter().any(|item| same(fact, item)),
        _ => same(fact, wanted),
    }
}

fn numbers(fact: &Value, wanted: &Value) -> Option<(f64, f64)> {
    let number = |value: &Value| value.as_f64().or_else(|| value.as_str()?.parse().ok());
    Some((number(fact)?, number(wanted)?))
}

fn is_there(fact: &Value) -> bool {
    match fact {
        Value::Null => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(list) => !list.is_empty(),
        Value::Bool(_) | Value::Number(_) | Value::Object(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn operators_compare_as_written() {
        let facts = json!({
            "message": { "text": "Where is my Refund?", "mediaCount": 2 },
            "identity": { "profile": { "tags": ["VIP", "de"] } }, "channel": "sms", "empty": "",
        });
        #[rustfmt::skip]
        let cases = [
            ("channel", Operator::Equals, json!("SMS"), true),
            ("channel", Operator::NotEquals, json!("sms"), false),
            ("nothing", Operator::Equals, json!(null), false),
            ("nothing", Operator::NotEquals, json!("x"), true),
            ("identity.profile.tags", Operator::Contains, json!("vip"), true),
            ("identity.profile.tags", Operator::NotContains, json!("fr"), true),
            ("message.text", Operator::Contains, json!("REFUND"), true),
            ("message.text", Operator::Contains, json!(["bill", "refund"]), true),
            ("message.text", Operator::MatchesWords, json!("fund, bill"), false),
            ("message.text", Operator::MatchesWords, json!(["money back", "my refund"]), true),
            ("message.text", Operator::StartsWith, json!("where"), true),
            ("message.text", Operator::EndsWith, json!("refund?"), true),
            ("channel", Operator::In, json!(["sms", "mms"]), true),
            ("channel", Operator::NotIn, json!(["sms"]), false),
            ("message.mediaCount", Operator::GreaterThan, json!(1), true),
            ("message.mediaCount", Operator::LessThan, json!("2"), false),
            ("message.mediaCount", Operator::Equals, json!("2"), true),
            ("empty", Operator::Exists, json!(null), false),
            ("nothing.at.all", Operator::NotExists, json!(null), true),
        ];
        for (field, operator, value, expect) in cases {
            let condition = Condition { field: field.into(), operator, value };
            assert_eq!(holds(&condition, &facts), expect, "{condition:?}");
        }
    }
}
