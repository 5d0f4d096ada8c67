use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use omni_core::carrier::{Accepted, Carrier, Found, LookUp};
use omni_core::event::ReportedState;
use omni_core::failure::{ErrorClass, Retry, SendError};
use omni_core::http::{HttpClient, HttpError, HttpRequest, HttpResponse};
use omni_core::time::Timestamp;

use super::super::super::{PLUGIN, send};
use super::super::{NOW, account, settings};
use super::{reaction, sms, text, whatsapp};

fn response(status: u16, body: &str) -> HttpResponse {
    HttpResponse { status, headers: Vec::new(), body: body.to_owned().into() }
}

/// An outcome in short: what was taken, or the class and code of the refusal.
fn summary(result: Result<Accepted, SendError>) -> String {
    match result {
        Ok(a) => format!("taken {} {:?}", a.carrier_message_id, a.state),
        Err(error) => format!("{} {}", error.class().as_str(), error.code()),
    }
}

#[test]
fn answers_become_outcomes() {
    let item = r#"{"id":"m1","recipients":{"items":[{"recipient":31612345678,"status":"sent","messagePartCount":2}]}}"#;
    let error = |code: u32| format!(r#"{{"errors":[{{"code":{code},"description":"no"}}]}}"#);
    let platform = |code: &str, kind: &str, name: &str| {
        format!(r#"{{"error":{{"code":"{code}","type":"{kind}","name":"{name}","message":"no"}}}}"#)
    };
    let rest = || sms(text("x"));
    let cases = [
        ("rest", rest(), 201, item.to_owned(), "taken m1 Sent"),
        ("rest", rest(), 201, r#"{"id":"m1"}"#.to_owned(), "taken m1 Queued"),
        ("rest", rest(), 201, "<html>".to_owned(), "ambiguous ambiguous"),
        ("rest", rest(), 201, "{}".to_owned(), "ambiguous ambiguous"),
        ("rest", rest(), 401, error(2), "auth 2"),
        ("rest", rest(), 422, error(2), "auth 2"),
        ("rest", rest(), 422, error(9), "bad_request 9"),
        ("rest", rest(), 422, error(10), "bad_request 10"),
        ("rest", rest(), 404, error(20), "bad_request 20"),
        ("rest", rest(), 422, error(21), "bad_request 21"),
        ("rest", rest(), 422, error(25), "account 25"),
        ("rest", rest(), 422, error(98), "transient 98"),
        ("rest", rest(), 500, error(99), "transient 99"),
        ("rest", rest(), 429, String::new(), "throttled 429"),
        ("rest", rest(), 503, "oops".to_owned(), "transient 503"),
        ("rest", rest(), 504, String::new(), "ambiguous ambiguous"),
        ("rest", rest(), 403, String::new(), "permission 403"),
        (
            "rest",
            whatsapp(text("x")),
            202,
            r#"{"id":"c1","status":"accepted"}"#.to_owned(),
            "taken c1 Queued",
        ),
        (
            "rest",
            whatsapp(text("x")),
            202,
            r#"{"id":"c1","status":"rejected"}"#.to_owned(),
            "rejected rejected",
        ),
        ("rest", whatsapp(text("x")), 400, error(301), "window_closed 301"),
        ("bird", rest(), 202, r#"{"id":"b1","status":"accepted"}"#.to_owned(), "taken b1 Queued"),
        (
            "bird",
            rest(),
            422,
            r#"{"code":"InvalidPayload","message":"no"}"#.to_owned(),
            "bad_request InvalidPayload",
        ),
        (
            "platform",
            rest(),
            202,
            r#"{"id":"sms_1","status":"accepted","segments":{"count":3}}"#.to_owned(),
            "taken sms_1 Queued",
        ),
        ("platform", rest(), 409, platform("E01004", "conflict_error", ""), "transient E01004"),
        ("platform", rest(), 409, platform("E01005", "conflict_error", ""), "bad_request E01005"),
        ("platform", rest(), 503, platform("E01033", "service_unavailable_error", ""), "transient E01033"),
        ("platform", rest(), 429, platform("E01003", "rate_limit_error", ""), "throttled E01003"),
        (
            "platform",
            rest(),
            422,
            platform("E02000", "validation_error", "SMSInvalidRecipient"),
            "invalid_recipient E02000",
        ),
        (
            "platform",
            rest(),
            422,
            platform("E02001", "validation_error", "SMSSenderNotConfigured"),
            "registration E02001",
        ),
        ("platform", rest(), 402, platform("E03000", "billing_error", ""), "account E03000"),
        ("platform", rest(), 421, platform("E00001", "misdirected_error", ""), "permission E00001"),
        ("platform", rest(), 418, "tea".to_owned(), "rejected 418"),
        ("platform", whatsapp(reaction("")), 202, String::new(), "taken  Queued"),
    ];
    for (generation, message, status, body, expect) in cases {
        let got = send::outcome(&account(generation), &message, &response(status, &body));
        assert_eq!(summary(got), expect, "{generation} {status} {body}");
    }
}

#[test]
fn the_carriers_words_keep_nobodys_number_and_its_wait_counts() {
    let mut answer = response(429, r#"{"errors":[{"code":42,"description":"too many to 31612345678"}]}"#);
    answer.headers.push(("retry-after".into(), "17".into()));
    let error = send::outcome(&account("rest"), &sms(text("x")), &answer).unwrap_err();
    assert!(!error.to_string().contains("31612345678"), "{error}");
    assert_eq!(error.retry(), Retry::After(Duration::from_secs(17)));
    let busy = response(409, r#"{"error":{"code":"E01004"}}"#);
    let error = send::outcome(&account("platform"), &sms(text("x")), &busy).unwrap_err();
    assert_eq!(error.retry(), Retry::After(Duration::from_secs(2)), "a send under way is asked for again");
}

#[test]
fn an_accepted_message_says_who_really_gets_it() {
    let item = r#"{"id":"m1","recipients":{"items":[{"recipient":31612345678,"status":"sent","messagePartCount":2}]}}"#;
    let accepted = send::outcome(&account("rest"), &sms(text("x")), &response(201, item)).unwrap();
    assert_eq!(accepted.recipient, Some("+31612345678".into()));
    assert_eq!((accepted.segments, accepted.state), (Some(2), ReportedState::Sent));
}

/// Answers requests from a list and keeps their first lines.
struct Scripted {
    answers: Mutex<Vec<HttpResponse>>,
    asked: Mutex<Vec<String>>,
}

impl Scripted {
    fn new(answers: &[(u16, &str)]) -> Self {
        let answers = answers.iter().rev().map(|(status, body)| response(*status, body)).collect();
        Self { answers: Mutex::new(answers), asked: Mutex::default() }
    }
}

#[async_trait]
impl HttpClient for Scripted {
    async fn execute(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        self.asked.lock().unwrap().push(format!("{} {}", request.method, request.url));
        self.answers.lock().unwrap().pop().ok_or(HttpError::Connect("no answer left".into()))
    }
}

fn built(generation: &str) -> std::sync::Arc<dyn Carrier> {
    (PLUGIN.build)(settings(generation)).unwrap()
}

fn query() -> LookUp {
    LookUp {
        client_ref: "msg_1".into(),
        from: "+12025550143".into(),
        to: "+13035550177".into(),
        text: None,
        since: Timestamp::from_secs(NOW),
        conversation_ref: None,
    }
}

#[tokio::test]
async fn the_carriers_record_settles_an_ambiguous_send() {
    let taken = Some(Found::Taken(Accepted::with_id("m1")));
    type Answers = &'static [(u16, &'static str)];
    let cases: [(&str, &str, Answers, Option<Found>); 6] = [
        (
            "rest",
            "it is in the list",
            &[(200, r#"{"items":[{"id":"m0","reference":"other"},{"id":"m1","reference":"msg_1"}]}"#)],
            taken.clone(),
        ),
        ("rest", "absence proves nothing", &[(200, r#"{"items":[]}"#)], Some(Found::Unclear)),
        ("bird", "no record to ask", &[], None),
        (
            "platform",
            "it is among the SMS",
            &[(200, r#"{"data":[{"id":"m1","status":"accepted","metadata":{"ref":"msg_1"}}]}"#)],
            taken.clone(),
        ),
        (
            "platform",
            "it is among the WhatsApp messages",
            &[
                (200, r#"{"data":[]}"#),
                (200, r#"{"data":[{"id":"m1","status":"accepted","metadata":{"ref":"msg_1"}}]}"#),
            ],
            taken,
        ),
        (
            "platform",
            "it is nowhere, and repeating is safe",
            &[(200, r#"{"data":[]}"#), (200, r#"{"data":[]}"#)],
            Some(Found::NotTaken),
        ),
    ];
    for (generation, name, answers, expect) in cases {
        let http = Scripted::new(answers);
        assert_eq!(built(generation).look_up(&http, &query()).await.unwrap(), expect, "{name}");
    }
    let http = Scripted::new(&[(401, "{}")]);
    let error = built("rest").look_up(&http, &query()).await.unwrap_err();
    assert_eq!(error.class(), ErrorClass::Auth, "a refusal is not an absence");
}

#[tokio::test]
async fn a_check_says_whether_the_key_works() {
    let cases = [
        ("rest", "GET https://rest.messagebird.com/balance", 200, true),
        ("rest", "GET https://rest.messagebird.com/balance", 401, false),
        ("bird", "GET https://api.bird.com/workspaces/ws%201/channels/sms1", 403, false),
        ("platform", "GET https://eu1.platform.bird.com/v1/sms/messages?limit=1", 500, false),
    ];
    for (generation, line, status, ok) in cases {
        let http = Scripted::new(&[(status, "{}")]);
        let health = built(generation).check(&http).await.unwrap();
        assert_eq!((health.ok, http.asked.lock().unwrap().first().map(String::as_str)), (ok, Some(line)));
        assert!(!health.detail.contains("secret"));
    }
}
