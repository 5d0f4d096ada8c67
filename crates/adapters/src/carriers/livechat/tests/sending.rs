use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use omni_core::carrier::{Accepted, Carrier, OutboundMessage};
use omni_core::content::OutboundContent;
use omni_core::event::Channel;
use omni_core::failure::{ErrorClass, SendError};
use omni_core::http::{HttpClient, HttpError, HttpRequest, HttpResponse};
use omni_core::id::MessageId;
use serde_json::{Value, json};

use super::super::errors::by_type;
use super::{BOT, CUSTOMER, contains, table};

pub(super) fn carrier(change: impl FnOnce(&mut Value)) -> Arc<dyn Carrier> {
    let mut table = table();
    change(&mut table);
    (super::super::PLUGIN.build)(table).unwrap()
}

pub(super) fn message(content: OutboundContent) -> OutboundMessage {
    OutboundMessage {
        client_ref: "msg_1".into(),
        conversation_ref: Some("C1".into()),
        ..OutboundMessage::new(
            MessageId::from_bytes([7; 16]),
            Channel::Chat,
            "lc:org-1".into(),
            format!("lc:{CUSTOMER}").into(),
            content,
        )
    }
}

pub(super) fn text(words: &str) -> OutboundContent {
    OutboundContent::Text { text: words.into() }
}

#[test]
fn without_a_chat_one_begins() {
    let new = OutboundMessage { conversation_ref: None, ..message(text("Hello")) };
    let request = carrier(|_| {}).request(&new).unwrap();
    assert!(request.url.ends_with("/start_chat"));
    let got: Value = serde_json::from_slice(&request.body).unwrap();
    let expect = json!({ "active": true, "chat": { "users": [{ "id": CUSTOMER, "type": "customer" }], "thread": { "events": [{ "text": "Hello", "custom_id": "msg_1" }] } } });
    assert!(contains(&expect, &got), "{got:#}");
    let answer = response(200, r#"{"chat_id":"C9","thread_id":"T1","event_ids":["T1_1"]}"#);
    assert_eq!(carrier(|_| {}).outcome(&new, &answer).unwrap().carrier_message_id, "C9/T1_1");
}

pub(super) fn response(status: u16, body: &str) -> HttpResponse {
    HttpResponse { status, headers: Vec::new(), body: body.to_owned().into() }
}

pub(super) fn error(kind: &str) -> String {
    json!({ "error": { "type": kind, "message": "no" } }).to_string()
}

#[test]
fn error_types_mean_what_the_sheet_says() {
    use ErrorClass::*;
    let cases = [
        ("authentication", Auth),
        ("authorization", Permission),
        ("missing_access", Permission),
        ("not_allowed", Permission),
        ("requester_suspended", Permission),
        ("requester_awaiting_approval", Permission),
        ("wrong_product_version", Permission),
        ("license_expired", Account),
        ("license_not_found", Account),
        ("limit_reached", Account),
        ("users_limit_reached", Account),
        ("seats_limit_exceeded", Account),
        ("validation", BadRequest),
        ("unsupported_version", BadRequest),
        ("entity_too_large", BadRequest),
        ("not_found", BadRequest),
        ("group_not_found", BadRequest),
        ("chat_inactive", Rejected),
        ("agent_offline", Unreachable),
        ("group_offline", Unreachable),
        ("groups_offline", Unreachable),
        ("group_unavailable", Unreachable),
        ("too_many_requests", Throttled),
        ("internal", Transient),
        ("service_unavailable", Transient),
        ("request_timeout", Ambiguous),
        ("misdirected_request", Permission),
        ("customer_banned", Rejected),
        ("chat_anonymized", Rejected),
    ];
    for (kind, class) in cases {
        assert_eq!(by_type(kind), Some(class), "{kind}");
        let got = carrier(|_| {}).outcome(&message(text("x")), &response(400, &error(kind))).unwrap_err();
        assert_eq!(got.class(), class, "{kind}");
    }
    assert_eq!(by_type("flux_capacitor_empty"), None, "an unknown word is not guessed");
    let by_status = [
        (401, Auth),
        (403, Permission),
        (404, BadRequest),
        (429, Throttled),
        (500, Transient),
        (504, Ambiguous),
        (418, Rejected),
    ];
    for (status, class) in by_status {
        let got = carrier(|_| {}).outcome(&message(text("x")), &response(status, "<html>")).unwrap_err();
        assert_eq!(got.class(), class, "{status}");
    }
    let unnamed = carrier(|_| {}).outcome(&message(text("x")), &response(200, "{}")).unwrap_err();
    assert_eq!(unnamed.class(), Ambiguous, "taken, but as what?");
}

/// Answers calls from a list and keeps what was asked.
pub(super) struct Scripted {
    answers: Mutex<Vec<Result<HttpResponse, HttpError>>>,
    pub(super) asked: Mutex<Vec<HttpRequest>>,
}

impl Scripted {
    pub(super) fn new(answers: Vec<Result<HttpResponse, HttpError>>) -> Self {
        Self { answers: Mutex::new(answers.into_iter().rev().collect()), asked: Mutex::default() }
    }

    /// The last segments of the addresses called, in order.
    pub(super) fn actions(&self) -> Vec<String> {
        let asked = self.asked.lock().unwrap();
        asked.iter().map(|request| request.url.rsplit('/').next().unwrap().to_owned()).collect()
    }

    pub(super) fn header(&self, call: usize, name: &str) -> Option<String> {
        let asked = self.asked.lock().unwrap();
        asked[call].headers.iter().find(|(n, _)| *n == name).map(|(_, value)| value.clone())
    }
}

#[async_trait]
impl HttpClient for Scripted {
    async fn execute(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        self.asked.lock().unwrap().push(request);
        self.answers.lock().unwrap().pop().unwrap_or_else(|| Err(HttpError::Connect("no answer left".into())))
    }
}

pub(super) fn summary(result: Result<Accepted, SendError>) -> String {
    match result {
        Ok(accepted) => accepted.carrier_message_id,
        Err(error) => format!("{} {}", error.class().as_str(), error.code()),
    }
}

#[tokio::test]
async fn a_send_wakes_a_sleeping_chat_once() {
    let ok = || Ok(response(200, r#"{"event_id":"T2_1"}"#));
    let resumed = || Ok(response(200, r#"{"thread_id":"T2"}"#));
    let refused = |kind: &str| Ok(response(400, &error(kind)));
    let lost = || Err(HttpError::NoAnswer("reset".into()));
    let cases = [
        ("awake", vec![ok()], "C1/T2_1", vec!["send_event"]),
        (
            "asleep",
            vec![refused("chat_inactive"), resumed(), ok()],
            "C1/T2_1",
            vec!["send_event", "resume_chat", "send_event"],
        ),
        (
            "woken by the visitor in between",
            vec![refused("chat_inactive"), refused("validation"), ok()],
            "C1/T2_1",
            vec!["send_event", "resume_chat", "send_event"],
        ),
        (
            "cannot be woken, and sleeps on",
            vec![refused("chat_inactive"), refused("not_found"), refused("chat_inactive")],
            "bad_request not_found",
            vec!["send_event", "resume_chat", "send_event"],
        ),
        (
            "asleep again at once",
            vec![refused("chat_inactive"), resumed(), refused("chat_inactive")],
            "rejected chat_inactive",
            vec!["send_event", "resume_chat", "send_event"],
        ),
        (
            "cannot be woken",
            vec![refused("chat_inactive"), refused("license_expired")],
            "account license_expired",
            vec!["send_event", "resume_chat"],
        ),
        (
            "waking got no answer: surely not sent",
            vec![refused("chat_inactive"), lost()],
            "transient connect",
            vec!["send_event", "resume_chat"],
        ),
        (
            "waking timed out there: surely not sent",
            vec![refused("chat_inactive"), refused("request_timeout")],
            "transient connect",
            vec!["send_event", "resume_chat"],
        ),
        ("no answer", vec![lost()], "ambiguous ambiguous", vec!["send_event"]),
        ("timed out there", vec![refused("request_timeout")], "ambiguous ambiguous", vec!["send_event"]),
        (
            "a refused access token",
            vec![refused("authentication")],
            "auth authentication",
            vec!["send_event"],
        ),
    ];
    for (name, answers, expect, actions) in cases {
        let http = Scripted::new(answers);
        let got = carrier(|_| {}).send(&http, &message(text("x"))).await;
        assert_eq!(summary(got), expect, "{name}");
        assert_eq!(http.actions(), actions, "{name}");
    }
}

/// Two messages to somebody who has not answered yet must not make two chats.
#[tokio::test]
async fn a_chat_begins_only_with_somebody_who_has_none() {
    let ok = |body: &str| Ok(response(200, body));
    let refused = |kind: &str| Ok(response(400, &error(kind)));
    let begun = || ok(r#"{"chat_id":"C9","thread_id":"T1","event_ids":["T1_1"]}"#);
    let written = || ok(r#"{"event_id":"T2_1"}"#);
    let cases = [
        ("somebody new", vec![ok("{}"), begun()], "C9/T1_1", vec!["get_customer", "start_chat"]),
        (
            "somebody with a chat",
            vec![ok(r#"{"chat_ids":["C7"]}"#), written()],
            "C7/T2_1",
            vec!["get_customer", "send_event"],
        ),
        (
            "somebody whose chat sleeps",
            vec![ok(r#"{"chat_ids":["C7"]}"#), refused("chat_inactive"), ok("{}"), written()],
            "C7/T2_1",
            vec!["get_customer", "send_event", "resume_chat", "send_event"],
        ),
        (
            "a token that may not ask",
            vec![refused("authorization"), begun()],
            "C9/T1_1",
            vec!["get_customer", "start_chat"],
        ),
        (
            "a question without answer: surely not sent",
            vec![Err(HttpError::NoAnswer("reset".into()))],
            "transient connect",
            vec!["get_customer"],
        ),
        (
            "too many questions",
            vec![refused("too_many_requests")],
            "throttled too_many_requests",
            vec!["get_customer"],
        ),
    ];
    for (name, answers, expect, actions) in cases {
        let http = Scripted::new(answers);
        let new = OutboundMessage { conversation_ref: None, ..message(text("x")) };
        assert_eq!(summary(carrier(|_| {}).send(&http, &new).await), expect, "{name}");
        assert_eq!(http.actions(), actions, "{name}");
    }
    let strange = OutboundMessage { conversation_ref: None, to: "+13035550177".into(), ..message(text("x")) };
    let http = Scripted::new(Vec::new());
    assert!(matches!(carrier(|_| {}).send(&http, &strange).await, Err(SendError::Unsupported(_))));
    assert!(http.actions().is_empty());
}

#[tokio::test]
async fn a_send_goes_to_the_region_it_is_told_and_stays_there() {
    let elsewhere = r#"{"error":{"type":"misdirected_request","message":"x","data":{"region":"fra"}}}"#;
    let carrier = carrier(|table| table["access_token"] = json!("dal:token"));
    let http = Scripted::new(vec![
        Ok(response(421, elsewhere)),
        Ok(response(200, r#"{"event_id":"1"}"#)),
        Ok(response(200, r#"{"event_id":"2"}"#)),
        Ok(response(421, elsewhere)),
    ]);
    for expect in ["C1/1", "C1/2", "permission misdirected_request"] {
        assert_eq!(summary(carrier.send(&http, &message(text("x"))).await), expect);
    }
    let regions: Vec<_> = (0..4).map(|call| http.header(call, "x-region")).collect();
    assert_eq!(regions, [None, Some("fra".into()), Some("fra".into()), Some("fra".into())]);
}

#[test]
fn a_token_names_its_region() {
    let cases = [
        ("an OAuth token of Frankfurt", "access_token", "fra:x", Some("fra")),
        ("a personal token of Frankfurt", "personal_access_token", "fra:x", Some("fra")),
        ("one of Dallas, where nameless requests go", "access_token", "dal:x", None),
        ("one without", "access_token", "x", None),
        ("what is no name of a region", "access_token", "a b\r\n:x", None),
    ];
    for (name, key, token, region) in cases {
        let request = carrier(|table| table[key] = json!(token)).request(&message(text("x"))).unwrap();
        let header = request.headers.iter().find(|(name, _)| *name == "x-region");
        assert_eq!(header.map(|(_, value)| value.as_str()), region, "{name}");
    }
}

#[tokio::test]
async fn a_bot_token_is_issued_when_needed_and_renewed_once() {
    let bot = json!({ "bot_id": BOT, "bot_secret": "bot-s3cret", "client_id": "client" });
    let carrier = carrier(|table| table["bot"] = bot);
    let token = |text: &str| Ok(response(200, &json!({ "token": text }).to_string()));
    let http = Scripted::new(vec![
        token("fra:one"),
        Ok(response(200, r#"{"event_id":"1"}"#)),
        Ok(response(401, &error("authentication"))),
        token("fra:two"),
        Ok(response(200, r#"{"event_id":"2"}"#)),
        Ok(response(401, "<html>")),
        token("fra:three"),
        Ok(response(401, "<html>")),
    ]);
    for expect in ["C1/1", "C1/2", "auth 401"] {
        assert_eq!(summary(carrier.send(&http, &message(text("x"))).await), expect);
    }
    assert_eq!(
        http.actions(),
        [
            "issue_bot_token",
            "send_event",
            "send_event",
            "issue_bot_token",
            "send_event",
            "send_event",
            "issue_bot_token",
            "send_event"
        ]
    );
    assert_eq!(http.header(4, "authorization").as_deref(), Some("Bearer fra:two"));
    assert_eq!(http.header(4, "x-region").as_deref(), Some("fra"));

    let http = Scripted::new(vec![Err(HttpError::NoAnswer("reset".into()))]);
    let fresh =
        self::carrier(|table| table["bot"] = json!({ "bot_id": BOT, "bot_secret": "x", "client_id": "c" }));
    assert_eq!(
        summary(fresh.send(&http, &message(text("x"))).await),
        "transient connect",
        "nothing was sent yet"
    );
}

#[tokio::test]
async fn without_credentials_nothing_leaves() {
    let carrier = (super::super::PLUGIN.build)(json!({})).unwrap();
    let http = Scripted::new(Vec::new());
    assert_eq!(summary(carrier.send(&http, &message(text("x"))).await), "auth no_credentials");
    assert!(http.actions().is_empty());
}
