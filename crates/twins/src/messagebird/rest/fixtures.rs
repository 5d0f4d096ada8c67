//! What people text to the first generation.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::callbacks::Callback;
use crate::fixtures::{Params, TriggerError};
use crate::messagebird::api::phone_number;
use crate::messagebird::callbacks::Draft;
use crate::messagebird::fixtures::{person, wrong};
use crate::messagebird::{Generation, MessageBird, api_name, bare, datetime};
use crate::record::{Direction, Record};
use crate::samples;

/// Fields of a form, in the order in which they are written.
type Fields = Vec<(&'static str, String)>;

/// An SMS or MMS from a person.
pub(in crate::messagebird) fn message(
    twin: &MessageBird,
    event: &'static str,
    params: &Params,
) -> Result<Callback, TriggerError> {
    let from = sender(event, params)?;
    let to = params.text("to");
    let id = twin.desk.ids.hex();
    let words = params.text("text");
    let mut fields = match event {
        "sms_short_code" => short_code(twin, &id, &from, to, words),
        _ => plain(twin, &id, &from, to, words),
    };
    if event == "mms" {
        fields.push(("mediaUrls", twin.attach(samples::PHOTO)));
        fields.extend(params.given("subject").map(|subject| ("subject", subject.to_owned())));
    }
    let draft = match event {
        "sms_json" => Draft::json(event, id.clone(), None, &as_json(&fields)),
        _ => form(event, id.clone(), &fields),
    };
    let forged = event == "bad_signature";
    if !forged {
        remember(twin, id, &from, to, words);
    }
    Ok(match event {
        "expired_token" => {
            let long_ago = twin.desk.now() - std::time::Duration::from_secs(600);
            twin.signed_at(Generation::Rest, draft, long_ago)
        }
        _ => twin.signed(Generation::Rest, draft.forged(forged)),
    })
}

/// A number, or a name that cannot be answered.
fn sender(event: &str, params: &Params) -> Result<String, TriggerError> {
    let from = params.text("from");
    if event != "sms_alpha_sender" {
        return person(params);
    }
    let is_name = phone_number(from).is_none() && (1..=11).contains(&from.len());
    if is_name { Ok(from.to_owned()) } else { Err(wrong("from", "a name of up to 11 characters")) }
}

fn plain(twin: &MessageBird, id: &str, from: &str, to: &str, words: &str) -> Fields {
    let now = twin.desk.now();
    vec![
        ("id", id.to_owned()),
        ("recipient", bare(to).to_owned()),
        ("originator", bare(from).to_owned()),
        ("body", words.to_owned()),
        ("createdDatetime", datetime(now)),
        ("date", now.as_secs().to_string()),
        ("date_utc", now.as_secs().to_string()),
        ("receiver", bare(to).to_owned()),
    ]
}

/// The same in the words of short codes.
fn short_code(twin: &MessageBird, id: &str, from: &str, to: &str, words: &str) -> Fields {
    let digits = |text: &str| text.bytes().filter(u8::is_ascii_digit).take(14).map(char::from).collect();
    vec![
        ("shortcode", to.to_owned()),
        ("mid", id.to_owned()),
        ("originator", bare(from).to_owned()),
        ("message", words.to_owned()),
        ("receive_datetime", digits(&datetime(twin.desk.now()))),
    ]
}

fn form(event: &'static str, id: String, fields: &Fields) -> Draft<'static> {
    let body =
        url::form_urlencoded::Serializer::new(String::with_capacity(300)).extend_pairs(fields).finish();
    let content_type = "application/x-www-form-urlencoded";
    Draft { what: event, id, url: None, content_type, body: body.into(), forged: false }
}

/// As Flow Builder posts it: numbers are numbers.
fn as_json(fields: &Fields) -> Value {
    let fields = fields.iter().map(|(name, value)| {
        let number = if *name == "originator" { value.parse::<u64>().ok() } else { None };
        ((*name).to_owned(), number.map_or_else(|| json!(value), Value::from))
    });
    Value::Object(fields.collect::<Map<_, _>>())
}

/// The API lists what it received, too.
fn remember(twin: &MessageBird, id: String, from: &str, to: &str, words: &str) {
    let mut record = Record::new(id, Direction::Inbound, "received", twin.desk.now());
    record.api = api_name::SMS;
    (record.from, record.to) = (from.to_owned(), to.to_owned());
    record.content = json!({ "body": words });
    twin.desk.log.push(&Arc::new(record));
}
