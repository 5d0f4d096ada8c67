//! Runs vector files against carriers, through the same [`take_in`] that the server uses.
//!
//! A file is a JSON array of cases. Two kinds concern carriers: *signature* cases (`expect`
//! is a boolean, or the case is a handshake) and *inbound* cases (`expect` names the HTTP
//! status, the outcome and the events). Expected events are the minimum to match: every
//! named fact must be there, `null` means absent, `sha256:*` any synthetic id. The clock and
//! the secrets come from the case. Cases without a `config` of their own are read as of a
//! gateway whose senders are those that the file's events name (`tenant_key`), so what is for
//! any other sender is unroutable; a case that does not say whose its events are (a captured
//! request, a status) is read as of one that serves every sender.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;

use base64::Engine as _;
use bytes::Bytes;
use omni_core::carrier::CarrierPlugin;
use omni_core::event::CarrierEvent;
use omni_core::time::Timestamp;
use omni_core::webhook::{Outcome, WebhookRequest};
use serde_json::{Map, Value, json};

use crate::directory::Connection;
use crate::inbound::intake::{Intake, take_in};
use crate::inbound::replay::ReplayCache;

/// When a case does not say: 2025-11-20T15:00:00Z, the date of the vectors.
const DEFAULT_NOW: i64 = 1_763_650_800;

/// How a file fared.
#[derive(Debug, Default)]
pub struct Report {
    /// Cases that came out as expected.
    pub passed: usize,
    /// Those that did not.
    pub failures: Vec<Failure>,
}

/// One case that came out otherwise.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Failure {
    /// The case's name.
    pub case: String,
    /// The field that differs, as a path (`events[0].text`).
    pub field: String,
    /// What the case expects.
    pub expected: String,
    /// What came out.
    pub got: String,
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}: expected {}, got {}", self.case, self.field, self.expected, self.got)
    }
}

impl Failure {
    fn new(field: impl Into<String>, expected: &Value, got: &Value) -> Self {
        Self { case: String::new(), field: field.into(), expected: brief(expected), got: brief(got) }
    }

    fn problem(field: &str, problem: impl Into<String>) -> Self {
        Self {
            case: String::new(),
            field: field.into(),
            expected: "a usable case".into(),
            got: problem.into(),
        }
    }
}

/// A value on one line, long ones cut.
fn brief(value: &Value) -> String {
    let text = value.to_string();
    if text.chars().count() <= 200 { text } else { text.chars().take(200).chain("…".chars()).collect() }
}

/// Runs every case of one file; `file_name` helps to find the carrier of cases that do not
/// say. `Err` if the file is no array of cases.
pub fn run(plugins: &[CarrierPlugin], file_name: &str, json: &[u8]) -> Result<Report, String> {
    let cases: Vec<Value> =
        serde_json::from_slice(json).map_err(|e| format!("not a JSON array of cases: {e}"))?;
    let mut report = Report::default();
    let senders = senders(&cases);
    for case in &cases {
        let name = case["name"].as_str().unwrap_or("(unnamed case)");
        match run_case(plugins, file_name, &cases, &senders, case) {
            Ok(()) => report.passed += 1,
            Err(failure) => report.failures.push(Failure { case: name.to_owned(), ..failure }),
        }
    }
    Ok(report)
}

fn run_case(
    plugins: &[CarrierPlugin],
    file_name: &str,
    all: &[Value],
    senders: &[String],
    case: &Value,
) -> Result<(), Failure> {
    let plugin = plugin_of(plugins, file_name, case)
        .ok_or_else(|| Failure::problem("url", "no carrier of ours in the URL, the case or the file name"))?;
    let replays = ReplayCache::default();
    for earlier in case["after"].as_array().into_iter().flatten() {
        // A captured request that was seen before, without the case it names, repeats itself.
        let earlier = all.iter().find(|other| other["name"] == *earlier).unwrap_or(case);
        play(plugin, earlier, senders, &replays)?;
    }
    if case["expect"].is_boolean() {
        check_signature(case, &play(plugin, case, senders, &replays)?)
    } else {
        let mut intake = play(plugin, case, senders, &replays)?;
        for _ in 1..case["repeat"].as_u64().unwrap_or(1) {
            merge_repetition(&mut intake, play(plugin, case, senders, &replays)?);
        }
        check_inbound(case, &intake)
    }
}

/// What a second delivery adds: nothing that the first had (the store sees to that by the
/// same identity), but its answer and outcome count.
fn merge_repetition(first: &mut Intake, again: Intake) {
    let known: Vec<_> = first.events.iter().filter_map(|routed| routed.event.identity()).collect();
    first.reply = again.reply;
    let fresh = again.events.into_iter().filter(|r| r.event.identity().is_none_or(|i| !known.contains(&i)));
    first.events.extend(fresh);
}

fn plugin_of<'a>(plugins: &'a [CarrierPlugin], file_name: &str, case: &Value) -> Option<&'a CarrierPlugin> {
    let url = case["url"].as_str().or(case["path"].as_str()).unwrap_or_default();
    let by = |test: &dyn Fn(&str) -> bool| plugins.iter().find(|plugin| test(plugin.name.0));
    by(&|name| url.contains(&format!("/webhooks/{name}")))
        .or_else(|| by(&|name| case["carrier"] == name))
        .or_else(|| by(&|name| file_name.contains(name)))
}

/// Every sender that the events of a file are for, as routing keys.
fn senders(cases: &[Value]) -> Vec<String> {
    let events = cases.iter().filter_map(|case| case["expect"]["events"].as_array()).flatten();
    let keys: BTreeSet<&str> = events.filter_map(|event| event["tenant_key"].as_str()).collect();
    keys.into_iter().map(str::to_owned).collect()
}

/// Whether a case's outcome depends on whose senders there are.
fn says_whose(case: &Value) -> bool {
    let named = |event: &Value| event["tenant_key"].is_string();
    let events = case["expect"]["events"].as_array().filter(|events| !events.is_empty());
    case["config"].is_null()
        && (case["expect"]["outcome"] == "unroutable"
            || events.is_some_and(|events| events.iter().all(named)))
}

fn play(
    plugin: &CarrierPlugin,
    case: &Value,
    senders: &[String],
    replays: &ReplayCache,
) -> Result<Intake, Failure> {
    let senders = if says_whose(case) { senders } else { &[] };
    let mut case = case.clone();
    case["senders"] = json!(senders);
    let case = &case;
    let carrier = (plugin.build)((plugin.case_settings)(case))
        .map_err(|error| Failure::problem("settings", error.to_string()))?;
    let name = "conformance";
    let bad = |_| Failure::problem("settings", "bad name");
    let tenant = name.parse().map_err(bad)?;
    let mut connection =
        Connection::new(tenant, name.parse().map_err(bad)?, name.parse().map_err(bad)?, carrier);
    if connection.routing_keys.is_empty() {
        connection.routing_keys = senders.to_vec();
    }
    let request = request_of(case)?;
    let id = connection.id.clone();
    let mut intake = take_in(&[Arc::new(connection)], &request, replays)
        .ok_or_else(|| Failure::problem("case", "nothing to try"))?;
    if let Some(once) = intake.once.take() {
        replays.remember(&id, once, request.received_at);
    }
    Ok(intake)
}

fn request_of(case: &Value) -> Result<WebhookRequest, Failure> {
    let path = || case["path"].as_str().map(|path| format!("https://gw.example.net{path}"));
    let url = case["url"].as_str().map(str::to_owned).or_else(path);
    let mut url = url.ok_or_else(|| Failure::problem("url", "neither url nor path"))?;
    // Behind a proxy the request is reached at another host than the public one.
    if let Some(base) = case["public_base_url"].as_str()
        && let Some((_, rest)) = url.split_once("://")
    {
        let path = rest.find('/').map_or("", |at| &rest[at..]);
        url = format!("{}{path}", base.trim_end_matches('/'));
    }
    let mut headers = Vec::new();
    for (name, value) in case["headers"].as_object().into_iter().flatten() {
        let values = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
        for value in values.iter().filter_map(Value::as_str) {
            headers.push((name.to_ascii_lowercase(), Bytes::copy_from_slice(value.as_bytes())));
        }
    }
    if let Some(content_type) = case["content_type"].as_str()
        && !headers.iter().any(|(name, _)| name == "content-type")
    {
        headers.push(("content-type".into(), Bytes::copy_from_slice(content_type.as_bytes())));
    }
    let peer: Option<IpAddr> = match case["peer_ip"].as_str() {
        Some(text) => Some(text.parse().map_err(|_| Failure::problem("peer_ip", "not an IP address"))?),
        None => None,
    };
    let now = case["now"].as_f64().map_or(DEFAULT_NOW * 1_000_000, |secs| (secs * 1e6) as i64);
    Ok(WebhookRequest {
        method: case["method"].as_str().unwrap_or("POST").to_owned(),
        url,
        headers,
        body: body_of(case)?,
        peer,
        received_at: Timestamp::from_micros(now),
    })
}

fn body_of(case: &Value) -> Result<Bytes, Failure> {
    let encoded = case["body_base64"].as_str().or(case["body_b64"].as_str());
    match encoded {
        Some(text) => base64::engine::general_purpose::STANDARD
            .decode(text)
            .map(Bytes::from)
            .map_err(|_| Failure::problem("body_base64", "not base64")),
        None => Ok(Bytes::copy_from_slice(case["body"].as_str().unwrap_or_default().as_bytes())),
    }
}

fn check_signature(case: &Value, intake: &Intake) -> Result<(), Failure> {
    if case["kind"] == "handshake" {
        let got = json!({
            "status": intake.reply.status,
            "body": if intake.reply.status == 200 { String::from_utf8_lossy(&intake.reply.body) } else { "".into() },
        });
        let mut expected = case["expect_response"].clone();
        if expected["status"] != 200 {
            expected["body"] = json!("");
        }
        return matches("expect_response", &expected, &got);
    }
    let verified = intake.outcome != Outcome::Reject;
    if case["expect"] == verified {
        Ok(())
    } else {
        let got = json!({ "verified": verified, "reason": intake.set_aside });
        Err(Failure::new("expect", &case["expect"], &got))
    }
}

fn check_inbound(case: &Value, intake: &Intake) -> Result<(), Failure> {
    let expect = &case["expect"];
    let expected = expect["events"].as_array().map(Vec::as_slice).unwrap_or_default();
    let events = told(expected, intake);
    let only_news = events.is_empty() && !intake.events.is_empty();
    let outcome = match intake.outcome {
        Outcome::Accept if only_news && expect["outcome"] == "ignore" => Outcome::Ignore,
        outcome => outcome,
    };
    matches("outcome", &expect["outcome"], &serde_json::to_value(outcome).expect("a word"))?;
    matches("http_status", &expect["http_status"], &json!(intake.reply.status))?;
    if let Some(body) = expect.get("response_body") {
        matches("response_body", body, &json!(String::from_utf8_lossy(&intake.reply.body)))?;
    }
    if let Some(count) = case.get("partial_quarantine") {
        matches("partial_quarantine", count, &json!(intake.set_aside.len()))?;
    }
    let got: Vec<Value> = events.into_iter().map(view).collect();
    if expected.len() != got.len() {
        return Err(Failure::new("events", &json!(expected), &json!(got)));
    }
    for (at, (expected, got)) in expected.iter().zip(&got).enumerate() {
        matches(&format!("events[{at}]"), expected, got)?;
    }
    Ok(())
}

/// The events that a case is about. News of our account at the carrier (a template was
/// approved, a number was throttled) is for operators; no person and no message is in it. So
/// a case that names none says nothing about them, and may count a request with nothing else
/// in it as ignored.
fn told<'a>(expected: &[Value], intake: &'a Intake) -> Vec<&'a CarrierEvent> {
    let names_news = expected.iter().any(|event| event["kind"] == "account_event");
    let events = intake.events.iter().map(|routed| &routed.event);
    events.filter(|event| names_news || !matches!(event, CarrierEvent::AccountEvent(_))).collect()
}

/// An event as cases see it: its JSON, plus the measures that cases name for long texts.
fn view(event: &CarrierEvent) -> Value {
    let mut value = serde_json::to_value(event).expect("events serialise");
    let object: &mut Map<String, Value> = value.as_object_mut().expect("events are objects");
    if let Some(text) = object.get("text").and_then(Value::as_str) {
        let (chars, bytes) = (text.chars().count(), text.len());
        // A carrier that had to cut the text says itself how long it was.
        object.entry("text_len").or_insert_with(|| json!(chars));
        object.entry("text_bytes").or_insert_with(|| json!(bytes));
    }
    value
}

/// Whether `got` has at least all that `expected` names; the first field that differs.
pub fn compare(field: &str, expected: &Value, got: &Value) -> Result<(), Failure> {
    matches(field, expected, got)
}

fn matches(field: &str, expected: &Value, got: &Value) -> Result<(), Failure> {
    let differs = || Err(Failure::new(field, expected, got));
    match (expected, got) {
        (Value::Object(expected), Value::Object(got)) => {
            for (name, value) in expected {
                matches(&format!("{field}.{name}"), value, got.get(name).unwrap_or(&Value::Null))?;
            }
            Ok(())
        }
        (Value::Array(expected), Value::Array(got)) if expected.len() == got.len() => {
            for (at, (expected, got)) in expected.iter().zip(got).enumerate() {
                matches(&format!("{field}[{at}]"), expected, got)?;
            }
            Ok(())
        }
        (Value::String(pattern), Value::String(got))
            if pattern == "sha256:*" && got.starts_with("sha256:") =>
        {
            Ok(())
        }
        (Value::Number(a), Value::Number(b)) if a.as_f64() == b.as_f64() => Ok(()),
        (Value::Bool(false), Value::Null) => Ok(()),
        _ if expected == got => Ok(()),
        _ => differs(),
    }
}

#[cfg(test)]
mod tests {
    use omni_core::event::Channel;
    use omni_core::webhook::WebhookReply;

    use super::*;
    use crate::inbound::intake::Routed;
    use crate::testing::{self, Paper};

    #[test]
    fn expected_facts_are_the_minimum() {
        let got = json!({ "a": 1, "b": [{ "c": "x", "d": 2 }], "id": "sha256:00" });
        let good = [
            json!({}),
            json!({ "a": 1.0 }),
            json!({ "b": [{ "c": "x" }] }),
            json!({ "z": null }),
            json!({ "id": "sha256:*" }),
        ];
        for expected in good {
            assert!(matches("", &expected, &got).is_ok(), "{expected}");
        }
        let bad = [json!({ "a": 2 }), json!({ "a": null }), json!({ "b": [] }), json!({ "z": 1 })];
        for expected in bad {
            assert!(matches("", &expected, &got).is_err(), "{expected}");
        }
    }

    #[test]
    fn a_case_without_a_carrier_fails() {
        let report =
            run(&[], "x.json", br#"[{"name":"n","url":"https://h/webhooks/nobody","expect":true}]"#).unwrap();
        assert_eq!((report.passed, report.failures.len()), (0, 1));
        assert!(run(&[], "x.json", b"{}").is_err());
    }

    #[test]
    fn a_case_may_say_nothing_of_the_accounts_news() {
        let connection = Arc::new(testing::connection("one", Paper::text("alpha", Channel::Sms)));
        let of = |events: Vec<CarrierEvent>| Intake {
            outcome: Outcome::Accept,
            reply: WebhookReply::empty(200),
            events: events
                .into_iter()
                .map(|event| Routed { connection: Arc::clone(&connection), event })
                .collect(),
            set_aside: Vec::new(),
            verified_by: None,
            observed: None,
            once: None,
            handshake: false,
        };
        let news = || CarrierEvent::AccountEvent(Box::default());
        let said = || CarrierEvent::System(Box::default());
        let cases = [
            ("news that are named", vec![news()], "accept", json!([{ "kind": "account_event" }]), true),
            ("news that are not", vec![news()], "accept", json!([]), true),
            ("news that count for nothing", vec![news()], "ignore", json!([]), true),
            ("news beside others", vec![said(), news()], "accept", json!([{ "kind": "system" }]), true),
            (
                "news that are named and missing",
                vec![],
                "accept",
                json!([{ "kind": "account_event" }]),
                false,
            ),
            ("anything else counts", vec![said()], "ignore", json!([]), false),
        ];
        for (name, events, outcome, expected, fine) in cases {
            let case = json!({ "expect": { "outcome": outcome, "http_status": 200, "events": expected } });
            assert_eq!(check_inbound(&case, &of(events)).is_ok(), fine, "{name}");
        }
    }
}
