use std::collections::VecDeque;
use std::sync::Mutex;
use std::time::Duration;

use omni_core::carrier::Found;
use omni_core::content::{Button, Interactive, OutboundContent, OutboundMedia};
use omni_core::failure::{ErrorClass, Retry};
use omni_core::http::HttpError;
use omni_core::id::MessageId;
use omni_core::time::Timestamp;
use serde_json::json;

use super::*;

fn settings() -> Settings {
    Settings::read(json!({
        "account_id": "5500123",
        "applications": { "app-1": ["+17205550142", "55512"], "app-2": ["AcmeRBM"] },
        "api_user": "u", "api_password": "p",
        "inbound_credentials": [{ "user": "acme", "password": "correct-horse-battery" }],
    }))
    .unwrap()
}

fn carrier() -> Bandwidth {
    Bandwidth { settings: settings(), session: Session::default(), capabilities: capabilities() }
}

fn event(body: &Value) -> Value {
    let parsed = webhook::parse(&settings(), body.to_string().as_bytes()).unwrap();
    assert_eq!(parsed.quarantined, Vec::<&str>::new());
    parsed.events.first().map_or(Value::Null, |event| serde_json::to_value(event).unwrap())
}

fn received(extra: &Value) -> Value {
    let mut message = json!({
        "id": "m1", "owner": "+17205550142", "applicationId": "app-1", "direction": "in",
        "to": ["+17205550142"], "from": "+13035550177",
    });
    message.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    json!([{ "type": "message-received", "time": "2025-11-20T15:00:00Z", "to": "+17205550142", "message": message }])
}

#[test]
fn callbacks_become_events() {
    let prefix = "https://messaging.bandwidth.com/api/v2/users/5500123/media";
    #[rustfmt::skip]
    let cases = [
        ("a short code may not be answered", json!({"from": "88222", "text": "hi"}),
            json!({"from_address": "88222", "auto_reply_allowed": false})),
        ("a name may not be answered", json!({"from": "PostNL"}),
            json!({"from_address": "alpha:PostNL", "auto_reply_allowed": false})),
        ("our own number may not be answered", json!({"from": "+17205550142", "text": "x"}),
            json!({"auto_reply_allowed": false})),
        ("a button of RCS", json!({"channel": "RBM", "suggestionResponse": {"text": "Yes", "postbackData": "b2s=", "pairedMessageId": "m0"}}),
            json!({"type": "button_reply", "channel": "rcs", "text": "Yes", "reply_id": "ok", "reply_to": "m0"})),
        ("RCS content", json!({"channel": "RBM", "content": {"text": "see", "media": {"fileUrl": "https://elsewhere.example/a.jpg"}}}),
            json!({"type": "media", "text": "see", "media": [{"url": "https://elsewhere.example/a.jpg", "filename": "a.jpg", "blocked": true}]})),
        ("two files of RCS", json!({"channel": "RBM", "content": {"media": [{"fileUrl": "https://e.example/a.jpg"}, {"fileUrl": "https://e.example/b.jpg"}]}}),
            json!({"type": "media", "media": [{"url": "https://e.example/a.jpg", "filename": "a.jpg", "blocked": true}, {"url": "https://e.example/b.jpg", "filename": "b.jpg", "blocked": true}]})),
        ("only layout is no media", json!({"text": "hi", "media": [format!("{prefix}/x/0.smil")]}),
            json!({"type": "text", "channel": "mms", "skipped_media": 1, "text": "hi"})),
        ("a medium of ours", json!({"media": [format!("{prefix}/a/0/b%20c.png")]}),
            json!({"media": [{"url": format!("{prefix}/a/0/b%20c.png"), "filename": "b c.png", "media_id": "a/0/b%20c.png"}]})),
        ("a path that climbs out", json!({"media": [format!("{prefix}/%2e%2e/x.png")]}),
            json!({"media": [{"url": format!("{prefix}/%2e%2e/x.png"), "filename": "x.png", "blocked": true}]})),
    ];
    for (name, extra, expect) in cases {
        let got = event(&received(&extra));
        for (key, want) in expect.as_object().unwrap() {
            assert_eq!(&got[key], want, "{name}: {key}");
        }
    }
}

#[test]
fn delivered_to_the_carrier_is_only_sent() {
    let status = |kind: &str, description: &str| {
        event(&json!({
            "type": kind, "description": description, "to": "+13035550177", "eventTime": "2025-11-20T15:00:09Z",
            "message": { "id": "m1", "owner": "+17205550142", "applicationId": "app-1", "direction": "out" },
        }))
    };
    let got = status("message-delivered", "Message delivered to carrier.");
    assert_eq!((&got["state"], &got["detail"]), (&json!("sent"), &json!("handed_to_carrier")));
    assert_eq!(got["occurred_at"], "2025-11-20T15:00:09Z");
    for words in ["delivered-to-carrier", "Delivered to the carrier"] {
        assert_eq!(status("message-delivered", words)["state"], "sent", "{words}");
    }
    assert_eq!(status("message-delivered", "ok")["state"], "delivered");
    assert_eq!(status("message-failed", "?")["error_class"], "rejected");
}

#[test]
fn codes_have_classes() {
    use ErrorClass::*;
    let cases = [
        ("4001", BadRequest, false),
        ("4406", InvalidRecipient, false),
        ("4701", Unreachable, false),
        ("4753", Unreachable, false),
        ("4404", Permission, false),
        ("4408", Account, false),
        ("4795", Registration, false),
        ("4771", Filtered, false),
        ("4775", OptedOut, false),
        ("4781", Throttled, true),
        ("4411", Media, false),
        ("4360", Expired, false),
        ("4401", Rejected, false),
        ("4999", Rejected, false),
        ("5620", Transient, true),
        ("5777", Transient, true),
        ("9902", Ambiguous, false),
        ("9999", Ambiguous, false),
        ("", Rejected, false),
    ];
    for (code, class, retryable) in cases {
        assert_eq!((errors::class_of(code), errors::is_retryable(code)), (class, retryable), "{code}");
    }
    assert_eq!((errors::max_retries("5600"), errors::max_retries("5620")), (Some(1), Some(3)));
}

fn outbound(channel: Channel, from: &str, content: OutboundContent) -> OutboundMessage {
    OutboundMessage {
        message_id: MessageId::from_bytes([0; 16]),
        client_ref: "msg_1".into(),
        channel,
        from: from.into(),
        to: "+13035550177".into(),
        content,
        reply_to: None,
        conversation_ref: None,
        status_url: None,
        expires_at: None,
    }
}

#[test]
fn messages_become_requests() {
    let text = |text: &str| OutboundContent::Text { text: text.into() };
    let media = |url: &str| OutboundMedia { url: Some(url.into()), ..OutboundMedia::default() };
    let pictures =
        |count: usize| OutboundContent::Media { media: vec![media("https://f/1.png"); count], text: None };
    let button = |id: &str, url: Option<&str>| Button {
        id: id.into(),
        title: "As long as a title may be".into(),
        description: None,
        url: url.map(Into::into),
        ..Button::default()
    };
    #[rustfmt::skip]
    let cases = [
        ("words", outbound(Channel::Sms, "+17205550142", text("Hi")), "messages",
            json!({"applicationId": "app-1", "from": "+17205550142", "to": ["+13035550177"], "text": "Hi", "tag": "msg_1"})),
        ("pictures", outbound(Channel::Mms, "55512", OutboundContent::Media { media: vec![media("https://f/1.png")], text: None }), "messages",
            json!({"applicationId": "app-1", "from": "55512", "to": ["+13035550177"], "text": "", "media": ["https://f/1.png"], "tag": "msg_1"})),
        ("a file of RCS", outbound(Channel::Rcs, "AcmeRBM", OutboundContent::Media { media: vec![media("https://f/1.png")], text: None }), "messages/multiChannel",
            json!({"to": "+13035550177", "tag": "msg_1", "channelList": [{"from": "AcmeRBM", "applicationId": "app-2", "channel": "RBM", "content": {"media": [{"fileUrl": "https://f/1.png"}]}}]})),
        ("suggestions", outbound(Channel::Rcs, "AcmeRBM", OutboundContent::Interactive(Interactive {
                text: "Choose".into(), header: None, footer: None, list_label: None,
                buttons: vec![button("ok", None), button("go", Some("https://acme.example"))], ..Interactive::default() })), "messages/multiChannel",
            json!({"to": "+13035550177", "tag": "msg_1", "channelList": [{"from": "AcmeRBM", "applicationId": "app-2", "channel": "RBM", "content": {
                "text": "Choose", "suggestions": [
                    {"type": "REPLY", "text": "As long as a title may be", "postbackData": "b2s="},
                    {"type": "OPEN_URL", "text": "As long as a title may be", "postbackData": "Z28=", "url": "https://acme.example", "application": "BROWSER"}]}}]})),
    ];
    for (name, message, path, expect) in cases {
        let request = carrier().request(&message).unwrap();
        assert_eq!(
            request.url,
            format!("https://messaging.bandwidth.com/api/v2/users/5500123/{path}"),
            "{name}"
        );
        assert!(request.headers.contains(&("authorization", "Basic dTpw".into())), "{name}");
        assert_eq!(serde_json::from_slice::<Value>(&request.body).unwrap(), expect, "{name}");
    }
    for (name, message) in [
        ("too long", outbound(Channel::Sms, "+17205550142", text(&"x".repeat(2_049)))),
        (
            "a file with a URL of 1,001",
            outbound(
                Channel::Rcs,
                "AcmeRBM",
                OutboundContent::Media { media: vec![media(&"u".repeat(1_001))], text: None },
            ),
        ),
        ("eleven pictures", outbound(Channel::Mms, "+17205550142", pictures(11))),
        ("no picture", outbound(Channel::Mms, "+17205550142", pictures(0))),
        (
            "a postback over 2,048",
            outbound(
                Channel::Rcs,
                "AcmeRBM",
                OutboundContent::Interactive(Interactive {
                    text: "Choose".into(),
                    header: None,
                    footer: None,
                    list_label: None,
                    buttons: vec![button(&"x".repeat(1_537), None)],
                    ..Interactive::default()
                }),
            ),
        ),
        (
            "a title of 26 characters",
            outbound(
                Channel::Rcs,
                "AcmeRBM",
                OutboundContent::Interactive(Interactive {
                    text: "Choose".into(),
                    header: None,
                    footer: None,
                    list_label: None,
                    buttons: vec![Button { title: "x".repeat(26), ..button("ok", None) }],
                    ..Interactive::default()
                }),
            ),
        ),
        ("another channel", outbound(Channel::Email, "+17205550142", text("x"))),
        (
            "an upload id",
            outbound(
                Channel::Mms,
                "+17205550142",
                OutboundContent::Media { media: vec![OutboundMedia::default()], text: None },
            ),
        ),
    ] {
        assert!(matches!(send::request(&settings(), &message), Err(SendError::Unsupported(_))), "{name}");
    }
}

fn response(status: u16, body: &str) -> HttpResponse {
    HttpResponse { status, headers: vec![], body: body.to_owned().into() }
}

#[test]
fn answers_become_outcomes() {
    let backoff_a_minute = Retry::After(Duration::from_secs(60));
    #[rustfmt::skip]
    let cases = [
        (202, r#"{"id":"m9","segmentCount":2}"#, Ok(("m9", Some(2)))),
        (202, r#"{"data":{"id":"m9"}}"#, Ok(("m9", None))),
        (202, "<html>", Err((ErrorClass::Ambiguous, Retry::Reconcile))),
        (400, r#"{"type":"request-validation","fieldErrors":[{"fieldName":"to","description":"'+13035550177' bad"}]}"#, Err((ErrorClass::InvalidRecipient, Retry::Never))),
        (400, r#"{"type":"request-validation","description":"no"}"#, Err((ErrorClass::BadRequest, Retry::Never))),
        (401, "", Err((ErrorClass::Auth, Retry::OtherCarrier))),
        (403, "", Err((ErrorClass::Permission, Retry::OtherCarrier))),
        (415, "", Err((ErrorClass::BadRequest, Retry::Never))),
        (429, r#"{"type":"max-message-queue-size-exceeded"}"#, Err((ErrorClass::Throttled, backoff_a_minute))),
        (503, "", Err((ErrorClass::Transient, Retry::Backoff))),
        (504, "", Err((ErrorClass::Ambiguous, Retry::Reconcile))),
    ];
    for (status, body, expect) in cases {
        let got = send::outcome(&response(status, body));
        if let Err(error) = &got {
            assert!(!error.to_string().contains("3035550177"), "{error}");
        }
        let got = got.map(|a| (a.carrier_message_id, a.segments)).map_err(|e| (e.class(), e.retry()));
        assert_eq!(got, expect.map(|(id, segments)| (id.to_owned(), segments)), "{status} {body}");
    }
    // A full queue: at least a minute, longer if Bandwidth says so.
    for (said, wait) in [("5", 60), ("120", 120), ("soon", 60)] {
        let headers = vec![("retry-after".to_owned(), said.to_owned())];
        let got = send::outcome(&HttpResponse { headers, ..response(429, "{}") }).unwrap_err();
        assert_eq!(got.retry(), Retry::After(Duration::from_secs(wait)), "{said}");
    }
}

/// Answers in order, and keeps what was asked.
struct Scripted {
    answers: Mutex<VecDeque<(u16, &'static str)>>,
    asked: Mutex<Vec<(String, String)>>,
}

#[async_trait]
impl HttpClient for Scripted {
    async fn execute(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let proof = request.headers.iter().find(|(name, _)| *name == "authorization");
        let proof = proof.map(|(_, value)| value.clone()).unwrap_or_default();
        self.asked.lock().unwrap().push((request.url.rsplit('/').next().unwrap().to_owned(), proof));
        let answer = self.answers.lock().unwrap().pop_front();
        let (status, body) = answer.ok_or_else(|| HttpError::NoAnswer("reset".into()))?;
        Ok(response(status, body))
    }
}

/// A token is issued once, used until it is refused, and renewed once in a send.
#[tokio::test]
async fn client_credentials_are_exchanged_for_a_token() {
    const ONE: (u16, &str) = (200, r#"{"access_token":"one","token_type":"Bearer","expires_in":3600}"#);
    const TWO: (u16, &str) = (200, r#"{"access_token":"two"}"#);
    const TAKEN: (u16, &str) = (202, r#"{"id":"m9"}"#);
    const REFUSED: (u16, &str) = (401, "{}");
    let (token, first, second) =
        (("token", "Basic Y2xpZW50OnMzY3JldA=="), ("messages", "Bearer one"), ("messages", "Bearer two"));
    #[rustfmt::skip]
    let cases = [
        ("issued", vec![ONE, TAKEN], "m9", vec![token, first]),
        ("renewed", vec![ONE, REFUSED, TWO, TAKEN], "m9", vec![token, first, token, second]),
        ("refused for good", vec![ONE, REFUSED, TWO, REFUSED], "auth 401", vec![token, first, token, second]),
        ("a wrong client", vec![(400, r#"{"error":"invalid_client"}"#)], "auth invalid_client", vec![token]),
        ("no token in it: nothing was sent", vec![(200, "{}")], "transient connect", vec![token]),
        ("no answer: nothing was sent", vec![], "transient connect", vec![token]),
        ("no answer to the send", vec![ONE], "ambiguous ambiguous", vec![token, first]),
    ];
    for (name, answers, expect, asked) in cases {
        let mut carrier = carrier();
        carrier.settings.oauth =
            serde_json::from_value(json!({ "client_id": "client", "client_secret": "s3cret" })).unwrap();
        assert!(!format!("{:?}", carrier.settings).contains("s3cret"), "{name}");
        let http = Scripted { answers: Mutex::new(answers.into()), asked: Mutex::default() };
        let message = outbound(Channel::Sms, "+17205550142", OutboundContent::Text { text: "Hi".into() });
        let got = match carrier.send(&http, &message).await {
            Ok(accepted) => accepted.carrier_message_id,
            Err(error) => format!("{} {}", error.class().as_str(), error.code()),
        };
        assert_eq!(got, expect, "{name}");
        let asked: Vec<_> =
            asked.into_iter().map(|(url, proof)| (url.to_owned(), proof.to_owned())).collect();
        assert_eq!(*http.asked.lock().unwrap(), asked, "{name}");
    }
}

#[test]
fn only_a_lone_message_of_that_time_settles_a_send() {
    let query = LookUp {
        client_ref: "msg_1".into(),
        from: "+17205550142".into(),
        to: "+13035550177".into(),
        conversation_ref: None,
        text: None,
        since: Timestamp::parse("2025-11-20T15:00:00Z").unwrap(),
    };
    let item = |id: &str, at: &str| json!({ "messageId": id, "receiveTime": at, "messageStatus": "DELIVERED", "messageDirection": "OUTBOUND" });
    let early = ("date".to_owned(), "Thu, 20 Nov 2025 15:00:30 GMT".to_owned());
    let late = ("date".to_owned(), "Thu, 20 Nov 2025 15:01:30 GMT".to_owned());
    let cases = [
        ("one", json!([item("a", "2025-11-20T15:00:01Z")]), &late, "taken"),
        (
            "one, and one of another time",
            json!([item("a", "2025-11-20T15:00:01Z"), item("b", "2025-11-20T14:00:01Z")]),
            &late,
            "taken",
        ),
        (
            "two",
            json!([item("a", "2025-11-20T15:00:01Z"), item("b", "2025-11-20T15:00:02Z")]),
            &late,
            "unclear",
        ),
        ("none yet", json!([]), &early, "unclear"),
        ("none after a minute", json!([]), &late, "not taken"),
    ];
    for (name, messages, date, expect) in cases {
        let body = json!({ "messages": messages }).to_string();
        let answer = HttpResponse { headers: vec![date.clone()], ..response(200, &body) };
        let got = match look_up::read(&answer, &query).unwrap() {
            Found::Taken(accepted) if accepted.carrier_message_id == "a" => "taken",
            Found::Taken(_) => "taken wrongly",
            Found::NotTaken => "not taken",
            Found::Unclear => "unclear",
        };
        assert_eq!(got, expect, "{name}");
    }
    assert!(
        look_up::request(&settings(), &query)
            .url
            .contains("sourceTn=%2B17205550142&destinationTn=%2B13035550177")
    );
}

#[test]
fn numbers_send_texts_and_agents_send_rcs() {
    let carrier = carrier();
    let expect = [(Channel::Sms, "+17205550142"), (Channel::Sms, "55512"), (Channel::Rcs, "AcmeRBM")];
    assert_eq!(carrier.senders(), expect.map(|(channel, address)| (channel, address.into())));
    assert_eq!(carrier.routing_keys()[2], "bandwidth:app-2:AcmeRBM");
}

#[test]
fn no_secret_shows() {
    let shown = format!("{:?}", settings());
    assert!(!shown.contains("correct-horse-battery"), "{shown}");
}
