//! What a carrier's codes and words mean to us. The candidates are the literals of its
//! sources; the meaning is what the adapter answers when a carrier says one of them.

use std::collections::{BTreeMap, BTreeSet};

use omni_core::carrier::Carrier;
use omni_core::event::CarrierEvent;
use omni_core::failure::{ErrorClass, Retry};
use omni_core::http::HttpResponse;
use omni_core::time::Timestamp;
use omni_core::webhook::WebhookRequest;
use serde_json::{Value, json};

use super::{samples_of, source, table};
use crate::support::outbound::message;
use crate::support::sign::NOW;

/// A way in which a carrier names failures.
struct Dialect {
    title: &'static str,
    /// Which sample connection hears it.
    kind: &'static str,
    /// Where the literals stand.
    sources: &'static [&'static str],
    /// What is no literal of its own: words that only count together.
    also: &'static [&'static str],
    heard: Heard,
}

enum Heard {
    /// As the body of an answer with this status.
    Answer(u16, fn(&str) -> Value),
    /// In a callback with this JSON body.
    Callback(fn(&str) -> Value),
    /// In a callback by `GET`, with this query.
    Query(fn(&str) -> String),
}

/// A status that says nothing by itself.
const NEUTRAL: u16 = 302;

fn number(code: &str) -> Value {
    code.parse::<u64>().map_or(Value::Null, |code| json!(code))
}

fn dialects(carrier: &str) -> Vec<Dialect> {
    let one = |title, heard| Dialect { title, kind: "", sources: &["errors.rs"], also: &[], heard };
    match carrier {
        "whatsapp" => vec![one(
            "Codes, in answers and failed statuses",
            Heard::Answer(NEUTRAL, |code| json!({ "error": { "code": number(code) } })),
        )],
        "twilio" => vec![one(
            "Codes, in answers and status callbacks",
            Heard::Answer(NEUTRAL, |code| json!({ "code": number(code) })),
        )],
        "bandwidth" => bandwidth(),
        "livechat" => {
            vec![one("Error types", Heard::Answer(NEUTRAL, |kind| json!({ "error": { "type": kind } })))]
        }
        "inteliquent" => vec![Dialect {
            also: &["invalid destination", "invalid to", "invalid number"],
            ..one(
                "Words of a refusal",
                Heard::Answer(200, |words| json!({ "success": false, "reason": words })),
            )
        }],
        "sendgrid" => sendgrid(),
        "messagebird" => messagebird(),
        other => panic!("how does {other} name failures? Add it here"),
    }
}

fn bandwidth() -> Vec<Dialect> {
    let failed = |code: &str| {
        json!([{ "type": "message-failed", "time": "2025-11-20T15:00:00Z", "to": "+13035550177",
            "description": "failed", "errorCode": code, "message": { "id": "1", "owner": "+17205550142",
            "applicationId": "5f0c1d2e-7a8b-4c9d-8e1f-2a3b4c5d6e7f", "direction": "out",
            "to": ["+13035550177"], "from": "+17205550142" } }])
    };
    let field = |name: &str| json!({ "type": "request-validation", "fieldErrors": [{ "fieldName": name, "description": "bad" }] });
    let source = |name: &str| json!({ "data": null, "errors": [{ "type": "request-validation", "description": "bad", "source": { "field": name } }] });
    let one = |title, sources, heard| Dialect { title, kind: "", sources, also: &[], heard };
    let nested = &["channelList[0].content.media[0].fileUrl", "channelList[0].from"];
    vec![
        one("Codes in `message-failed`", &["errors.rs"], Heard::Callback(failed)),
        one("The field that a 400 blames", &["outcome.rs"], Heard::Answer(400, field)),
        Dialect {
            also: nested,
            ..one("The field that a 400 of the multi-channel API blames", &[], Heard::Answer(400, source))
        },
    ]
}

fn sendgrid() -> Vec<Dialect> {
    let dropped = |reason: &str| {
        json!([{ "event": "dropped", "sg_event_id": "e", "sg_message_id": "m.recvd", "timestamp": NOW,
            "email": "rosa@customer.example", "reason": reason }])
    };
    let bounced = |kind: &str| {
        json!([{ "event": "bounce", "sg_event_id": "e", "sg_message_id": "m.recvd", "timestamp": NOW,
            "email": "rosa@customer.example", "type": kind }])
    };
    let blamed = |field: &str| json!({ "errors": [{ "message": "bad", "field": field }] });
    let said = |message: &str| json!({ "errors": [{ "message": message }] });
    let one = |title, heard| Dialect { title, kind: "", sources: &["errors.rs"], also: &[], heard };
    vec![
        one("Reasons of `dropped`", Heard::Callback(dropped)),
        Dialect { sources: &["events.rs"], ..one("Kinds of `bounce`", Heard::Callback(bounced)) },
        Dialect {
            also: &["personalizations.0.to.0.email", "attachments.0.content", "template_id"],
            ..one("The field that a 400 blames", Heard::Answer(400, blamed))
        },
        one("Words of a 401", Heard::Answer(401, said)),
        one("Words of a 400", Heard::Answer(400, said)),
    ]
}

fn messagebird() -> Vec<Dialect> {
    let one = |title, kind, heard| Dialect { title, kind, sources: &["errors.rs"], also: &[], heard };
    vec![
        one("`statusErrorCode` of SMS reports", "rest", Heard::Query(|code| report("statusErrorCode", code))),
        one("`statusReason` of SMS reports", "rest", Heard::Query(|words| report("statusReason", words))),
        one(
            "Words of Conversations errors",
            "rest",
            Heard::Callback(|words| conversations_update(&json!({ "code": 1, "description": words }))),
        ),
        one(
            "Codes of Conversations errors",
            "rest",
            Heard::Callback(|code| conversations_update(&json!({ "code": number(code) }))),
        ),
        one(
            "Codes of answers",
            "rest",
            Heard::Answer(NEUTRAL, |code| json!({ "errors": [{ "code": number(code) }] })),
        ),
        Dialect {
            also: &["11000", "12000"],
            ..one(
                "`failure.code` (11xxx and 12xxx by their first digits)",
                "bird",
                Heard::Callback(bird_failure),
            )
        },
        one(
            "`error.code` of events",
            "platform",
            Heard::Callback(|code| {
                json!({ "type": "sms.failed", "timestamp": "2025-11-20T15:00:00Z", "data": { "sms_id": "s1",
                    "workspace_id": "ws_01kahtx5z0e8r9s7t44vh8rt9m", "from": "+12025550143",
                    "to": "+13035550177", "error": { "code": code } } })
            }),
        ),
        one(
            "`error.type` of answers",
            "platform",
            Heard::Answer(NEUTRAL, |kind| json!({ "error": { "type": kind } })),
        ),
        one(
            "`error.code` of answers",
            "platform",
            Heard::Answer(NEUTRAL, |code| json!({ "error": { "code": code } })),
        ),
        one(
            "Parts of `error.name` of answers",
            "platform",
            Heard::Answer(NEUTRAL, |name| json!({ "error": { "name": name } })),
        ),
    ]
}

fn report(member: &str, value: &str) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs([("id", "m1"), ("reference", "r1"), ("recipient", "31612345678")]);
    query.extend_pairs([("status", "delivery_failed"), (member, value)]).finish()
}

fn conversations_update(error: &Value) -> Value {
    json!({ "type": "message.updated", "conversation": { "id": "v1" }, "message": { "id": "m1",
        "conversationId": "v1", "platform": "whatsapp", "to": "+31612345678", "from": "+31970102030",
        "channelId": "9a8b7c6d5e4f40312233445566778899", "type": "text", "direction": "sent",
        "status": "failed", "error": error } })
}

fn bird_failure(code: &str) -> Value {
    json!({ "service": "channels", "event": "sms.outbound", "payload": { "id": "m1",
        "channelId": "1b2c3d4e-5f60-4718-9a2b-3c4d5e6f7081", "status": "delivery_failed",
        "failure": { "code": number(code) } } })
}

/// What a connection makes of a word in this dialect.
fn meaning(carrier: &dyn Carrier, path: &str, heard: &Heard, word: &str) -> Option<ErrorClass> {
    let (method, query, body) = match heard {
        Heard::Answer(status, body) => return answer(carrier, *status, body(word).to_string()),
        Heard::Callback(body) => ("POST", String::new(), body(word).to_string()),
        Heard::Query(query) => ("GET", format!("?{}", query(word)), String::new()),
    };
    let request = WebhookRequest {
        method: method.into(),
        url: format!("https://gw.example.net/webhooks/{}{path}{query}", carrier.name()),
        headers: vec![("content-type".into(), "application/json".into())],
        body: body.into(),
        peer: None,
        received_at: Timestamp::from_secs(NOW),
    };
    carrier.parse(&request).ok()?.events.into_iter().find_map(|event| match event {
        CarrierEvent::Status(status) => status.error_class,
        _ => None,
    })
}

/// What an answer to a send means.
fn answer(carrier: &dyn Carrier, status: u16, body: String) -> Option<ErrorClass> {
    let (channel, from) = carrier.senders().into_iter().next()?;
    let message = message(channel, from, omni_core::content::OutboundContent::Text { text: "hello".into() });
    let response = HttpResponse { status, headers: Vec::new(), body: body.into() };
    carrier.outcome(&message, &response).err().map(|error| error.class())
}

/// The words of a dialect that mean something else than any other word would, by class.
fn meanings(carrier: &str, dialect: &Dialect) -> BTreeMap<&'static str, Vec<String>> {
    let sample = samples_of(carrier).into_iter().find(|sample| sample.kind == dialect.kind);
    let sample = sample.or_else(|| samples_of(carrier).into_iter().next()).expect("a sample");
    let connection = sample.build();
    let path = if carrier == "sendgrid" { "/events" } else { sample.path };
    let mean = |word: &str| meaning(&*connection, path, &dialect.heard, word);
    let candidates = dialect.sources.iter().flat_map(|name| source::literals(&source::file(carrier, name)));
    let candidates: BTreeSet<String> =
        candidates.chain(dialect.also.iter().map(|w| (*w).to_owned())).collect();
    // A number where words belong means what any unknown word means, and the reverse.
    let other = [mean("pelican"), mean("987654321")];
    let mut classes: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for word in candidates.into_iter().filter(|word| !word.trim().is_empty()) {
        if let Some(class) = mean(&word).filter(|class| !other.contains(&Some(*class))) {
            classes.entry(class.as_str()).or_default().push(word);
        }
    }
    classes.values_mut().for_each(drop_longer);
    classes
}

/// Where a part of a text counts, a word of another dialect may hold that part: only the
/// part itself is listed.
fn drop_longer(words: &mut Vec<String>) {
    let all = words.clone();
    let is_text = |word: &str| word.parse::<u64>().is_err();
    words.retain(|word| {
        !is_text(word)
            || !all.iter().any(|part| is_text(part) && part != word && word.contains(part.as_str()))
    });
}

/// The page's section.
pub(crate) fn section(carrier: &str) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut text = String::new();
    for dialect in dialects(carrier) {
        let classes = meanings(carrier, &dialect);
        let rows: Vec<Vec<String>> = ErrorClass::ALL
            .iter()
            .filter_map(|class| Some((class, classes.get(class.as_str())?)))
            .map(|(class, words)| vec![format!("`{}`", class.as_str()), shortened(words)])
            .collect();
        for (class, words) in &classes {
            *counts.entry(class).or_default() += parts(words).len();
        }
        let kind = if dialect.kind.is_empty() { String::new() } else { format!("`{}`: ", dialect.kind) };
        text.push_str(&format!(
            "\n### {kind}{}\n\n{}",
            dialect.title,
            table(&["class", "carrier says"], &rows)
        ));
    }
    for sample in samples_of(carrier) {
        let kind = if samples_of(carrier).len() > 1 { format!("`{}`: ", sample.kind) } else { String::new() };
        let connection = sample.build();
        let rows = by_status(&*connection);
        text.push_str(&format!("\n### {kind}HTTP status of an answer that says no more\n\n{rows}"));
    }
    format!(
        "How many codes and words of the carrier stand for a class (a range counts once), and what the \
         engine does then. Whatever is not listed below means what its HTTP status says, and in callbacks `rejected`.\n\n{}{text}",
        totals(&counts)
    )
}

fn totals(counts: &BTreeMap<&str, usize>) -> String {
    let rows: Vec<Vec<String>> = ErrorClass::ALL
        .iter()
        .filter_map(|class| Some((class, counts.get(class.as_str())?)))
        .map(|(class, count)| vec![format!("`{}`", class.as_str()), count.to_string(), action(*class)])
        .collect();
    table(&["class", "known", "what happens next"], &rows)
}

fn action(class: ErrorClass) -> String {
    match class.retry() {
        Retry::Backoff => "again here, with growing waits".into(),
        Retry::After(wait) => format!("again here, after {} s at the earliest", wait.as_secs()),
        Retry::OtherCarrier => "another carrier".into(),
        Retry::Never => "the message has failed".into(),
        Retry::Reconcile => "waits for the carrier's own record".into(),
    }
}

fn by_status(carrier: &dyn Carrier) -> String {
    let mut classes: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for status in 400..=599 {
        if let Some(class) = answer(carrier, status, String::new()) {
            classes.entry(class.as_str()).or_default().push(status.to_string());
        }
    }
    let rows: Vec<Vec<String>> =
        classes.into_iter().map(|(class, list)| vec![format!("`{class}`"), shortened(&list)]).collect();
    table(&["class", "statuses"], &rows)
}

fn shortened(words: &[String]) -> String {
    parts(words).join(", ")
}

/// Words in ticks; three consecutive numbers and more as one range.
fn parts(words: &[String]) -> Vec<String> {
    let mut numbers: Vec<u64> = words.iter().filter_map(|word| word.parse().ok()).collect();
    numbers.sort_unstable();
    let mut parts: Vec<String> = Vec::new();
    let mut rest = numbers.as_slice();
    while let Some(first) = rest.first() {
        let run = rest.iter().zip(*first..).take_while(|(number, expected)| *number == expected).count();
        let last = rest[run - 1];
        if run < 3 {
            parts.extend(rest[..run].iter().map(u64::to_string));
        } else {
            parts.push(format!("{first}–{last}"));
        }
        rest = &rest[run..];
    }
    parts.extend(words.iter().filter(|word| word.parse::<u64>().is_err()).map(|word| format!("`{word}`")));
    parts
}
