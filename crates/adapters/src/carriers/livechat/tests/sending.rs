use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use omni_core::carrier::{Accepted, Carrier, Found, LookUp, OutboundMessage};
use omni_core::content::{Button, Interactive, OutboundContent, OutboundMedia};
use omni_core::event::{Channel, Location};
use omni_core::failure::{ErrorClass, SendError};
use omni_core::http::{HttpClient, HttpError, HttpRequest, HttpResponse};
use omni_core::id::MessageId;
use omni_core::time::Timestamp;
use serde_json::{Value, json};

use super::super::errors::by_type;
use super::{BOT, CUSTOMER, contains, table};

fn carrier(change: impl FnOnce(&mut Value)) -> Arc<dyn Carrier> {
    let mut table = table();
    change(&mut table);
    (super::super::PLUGIN.build)(table).unwrap()
}

fn message(content: OutboundContent) -> OutboundMessage {
    OutboundMessage {
        message_id: MessageId::from_bytes([7; 16]),
        client_ref: "msg_1".into(),
        channel: Channel::Chat,
        from: "lc:org-1".into(),
        to: format!("lc:{CUSTOMER}").into(),
        content,
        reply_to: None,
        conversation_ref: Some("C1".into()),
        status_url: None,
        expires_at: None,
    }
}

fn text(words: &str) -> OutboundContent {
    OutboundContent::Text { text: words.into() }
}

fn media(urls: &[&str], caption: Option<&str>) -> OutboundContent {
    let one = |url: &&str| OutboundMedia {
        url: Some((*url).to_owned()),
        filename: Some("a.png".into()),
        ..OutboundMedia::default()
    };
    OutboundContent::Media { media: urls.iter().map(one).collect(), text: caption.map(str::to_owned) }
}

fn buttons(count: usize, url: Option<&str>) -> OutboundContent {
    let button = |n| Button {
        id: format!("b{n}"),
        title: format!("B{n}"),
        description: None,
        url: url.map(str::to_owned),
        ..Button::default()
    };
    OutboundContent::Interactive(Interactive {
        text: "Which?".into(),
        header: Some("Head".into()),
        footer: None,
        buttons: (1..=count).map(button).collect(),
        list_label: None,
        ..Interactive::default()
    })
}

#[test]
fn requests_write_events() {
    let place = OutboundContent::Location {
        location: Location { lat: 1.5, lon: 2.0, name: Some("HQ".into()), address: None },
    };
    let cases = [
        (
            "words",
            text("Hello"),
            json!({ "type": "message", "text": "Hello", "visibility": "all", "custom_id": "msg_1" }),
        ),
        (
            "a file on the CDN",
            media(&["https://cdn.livechat-files.com/a.png"], None),
            json!({ "type": "file", "url": "https://cdn.livechat-files.com/a.png", "custom_id": "msg_1" }),
        ),
        (
            "a file elsewhere",
            media(&["https://m.example/a.png"], Some("look")),
            json!({ "type": "rich_message", "template_id": "cards", "elements": [{ "title": "look", "image": { "url": "https://m.example/a.png" }, "buttons": [{ "type": "url", "value": "https://m.example/a.png" }] }] }),
        ),
        (
            "two files",
            media(&["https://m.example/1", "https://m.example/2"], Some("look")),
            json!({ "elements": [{ "title": "look" }, { "title": "a.png" }] }),
        ),
        (
            "buttons",
            buttons(2, None),
            json!({ "type": "rich_message", "template_id": "quick_replies", "elements": [{ "title": "Head\nWhich?", "buttons": [{ "type": "message", "text": "B1", "value": "B1", "postback_id": "b1" }, {}] }] }),
        ),
        (
            "a link",
            buttons(1, Some("https://a.example")),
            json!({ "template_id": "cards", "elements": [{ "title": "Head", "subtitle": "Which?", "buttons": [{ "type": "url", "value": "https://a.example" }] }] }),
        ),
        ("a place in words", place, json!({ "type": "message", "text": "HQ\n1.5, 2" })),
    ];
    for (name, content, event) in cases {
        let request = carrier(|_| {}).request(&message(content)).unwrap();
        assert_eq!(request.url, "https://api.livechatinc.com/v3.6/agent/action/send_event", "{name}");
        let got: Value = serde_json::from_slice(&request.body).unwrap();
        assert!(contains(&json!({ "chat_id": "C1", "event": event }), &got), "{name}: {got:#}");
        let basic = ("authorization", "Basic YWNjLTE6cGF0LXMzY3JldA==".to_owned());
        assert!(request.headers.contains(&basic), "{name}");
    }
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

#[test]
fn what_cannot_be_carried_is_refused_before_anything_is_sent() {
    let strange = OutboundMessage { conversation_ref: None, to: "+13035550177".into(), ..message(text("x")) };
    let cases = [
        ("16 KB and one byte", message(text(&"a".repeat(16_385)))),
        (
            "a caption of 16 KB and one byte",
            message(media(&["https://m.example/1"], Some(&"a".repeat(16_385)))),
        ),
        ("14 buttons", message(buttons(14, None))),
        ("11 media", message(media(&["https://m.example/1"; 11], None))),
        ("no media", message(media(&[], None))),
        (
            "media without a URL",
            message(OutboundContent::Media { media: vec![OutboundMedia::default()], text: None }),
        ),
        ("a reaction", message(OutboundContent::Reaction { target: "t".into(), emoji: "x".into() })),
        ("a person who is no customer of LiveChat", strange),
    ];
    for (name, message) in cases {
        let result = carrier(|_| {}).request(&message);
        assert!(matches!(result, Err(SendError::Unsupported(_))), "{name}: {result:?}");
    }
    assert!(carrier(|_| {}).request(&message(text(&"a".repeat(16_384)))).is_ok());
}

fn response(status: u16, body: &str) -> HttpResponse {
    HttpResponse { status, headers: Vec::new(), body: body.to_owned().into() }
}

fn error(kind: &str) -> String {
    json!({ "error": { "type": kind, "message": "no" } }).to_string()
}

#[test]
fn error_types_mean_what_the_sheet_says() {
    use ErrorClass::*;
    let cases = [
        ("authentication", Auth),
        ("authorization", Permission),
        ("missing_access", Permission),
        ("wrong_product_version", Permission),
        ("license_expired", Account),
        ("license_not_found", Account),
        ("limit_reached", Account),
        ("validation", BadRequest),
        ("unsupported_version", BadRequest),
        ("entity_too_large", BadRequest),
        ("not_found", BadRequest),
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
struct Scripted {
    answers: Mutex<Vec<Result<HttpResponse, HttpError>>>,
    asked: Mutex<Vec<HttpRequest>>,
}

impl Scripted {
    fn new(answers: Vec<Result<HttpResponse, HttpError>>) -> Self {
        Self { answers: Mutex::new(answers.into_iter().rev().collect()), asked: Mutex::default() }
    }

    /// The last segments of the addresses called, in order.
    fn actions(&self) -> Vec<String> {
        let asked = self.asked.lock().unwrap();
        asked.iter().map(|request| request.url.rsplit('/').next().unwrap().to_owned()).collect()
    }

    fn header(&self, call: usize, name: &str) -> Option<String> {
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

fn summary(result: Result<Accepted, SendError>) -> String {
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

/// A token of Frankfurt is healthy before its first send, too.
#[tokio::test]
async fn look_up_and_check_go_to_the_region_they_are_told() {
    let elsewhere =
        || Ok(response(421, r#"{"error":{"type":"misdirected_request","data":{"region":"fra"}}}"#));
    let token = |table: &mut Value| table["access_token"] = json!("token-without-region");
    let http = Scripted::new(vec![elsewhere(), Ok(response(200, "{}"))]);
    let health = carrier(token).check(&http).await.unwrap();
    assert!(health.ok, "{}", health.detail);
    assert_eq!(http.header(1, "x-region").as_deref(), Some("fra"));

    let http = Scripted::new(vec![elsewhere(), Ok(response(200, r#"{"threads":[]}"#))]);
    let found = carrier(token).look_up(&http, &query(Some("C1"))).await.unwrap();
    assert_eq!((found, http.actions()), (Some(Found::NotTaken), vec!["list_threads".to_owned(); 2]));

    let http = Scripted::new(vec![elsewhere(), elsewhere()]);
    assert!(!carrier(token).check(&http).await.unwrap().ok, "sent on once, not for ever");

    let bot = json!({ "bot_id": BOT, "bot_secret": "bot-s3cret", "client_id": "client" });
    let answers = [elsewhere(), Ok(response(200, r#"{"token":"t"}"#)), Ok(response(200, "{}"))];
    let http = Scripted::new(answers.into());
    assert!(carrier(|table| table["bot"] = bot).check(&http).await.unwrap().ok);
    assert_eq!(http.actions(), ["issue_bot_token", "issue_bot_token", "list_chats"]);
    assert_eq!(http.header(2, "x-region").as_deref(), Some("fra"));
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
        Ok(response(401, &error("authentication"))),
        token("fra:three"),
        Ok(response(401, &error("authentication"))),
    ]);
    for expect in ["C1/1", "C1/2", "auth authentication"] {
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

fn query(chat: Option<&str>) -> LookUp {
    LookUp {
        client_ref: "msg_1".into(),
        from: "lc:org-1".into(),
        to: format!("lc:{CUSTOMER}").into(),
        text: None,
        since: Timestamp::EPOCH,
        conversation_ref: chat.map(str::to_owned),
    }
}

#[tokio::test]
async fn the_threads_settle_an_ambiguous_send() {
    let with = r#"{"threads":[{"events":[{"id":"T1_1","custom_id":"other"}]},{"events":[{"id":"T0_9","custom_id":"msg_1"}]}]}"#;
    let cases = [
        ("it is there", Some("C1"), with, "taken C1/T0_9"),
        ("it is not", Some("C1"), r#"{"threads":[{"events":[{"id":"T1_1"}]}]}"#, "not taken"),
        ("an answer of another form", Some("C1"), "{}", "unclear"),
        ("no chat to look in", None, with, "unclear"),
    ];
    for (name, chat, body, expect) in cases {
        let http = Scripted::new(vec![Ok(response(200, body))]);
        let found = match carrier(|_| {}).look_up(&http, &query(chat)).await.unwrap().unwrap() {
            Found::Taken(accepted) => format!("taken {}", accepted.carrier_message_id),
            Found::NotTaken => "not taken".to_owned(),
            Found::Unclear => "unclear".to_owned(),
        };
        assert_eq!(found, expect, "{name}");
    }
    let http = Scripted::new(vec![Ok(response(400, &error("too_many_requests")))]);
    let error = carrier(|_| {}).look_up(&http, &query(Some("C1"))).await.unwrap_err();
    assert_eq!(error.class(), ErrorClass::Throttled, "a refusal is not an absence");
}

#[tokio::test]
async fn a_check_says_whether_the_credentials_work() {
    for (status, body, ok) in [(200, "{}".to_owned(), true), (401, error("authentication"), false)] {
        let http = Scripted::new(vec![Ok(response(status, &body))]);
        let health = carrier(|_| {}).check(&http).await.unwrap();
        assert_eq!((health.ok, http.actions()), (ok, vec!["list_chats".to_owned()]));
        assert!(!health.detail.contains("s3cret"));
    }
}
