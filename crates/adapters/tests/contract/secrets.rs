//! No secret in what may be printed: `Debug`, errors, URLs, health, the journal.

use async_trait::async_trait;
use omni_adapters::carriers::{
    self, bandwidth, inteliquent, livechat, messagebird, sendgrid, twilio, whatsapp,
};
use omni_core::http::{HttpClient, HttpError, HttpRequest, HttpResponse};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::texts::{message, text};
use crate::support::samples::{self, Sample};
use crate::support::sign::{request, sign};

/// The settings, read and printed.
fn printed(sample: &Sample) -> String {
    fn of<T: DeserializeOwned + std::fmt::Debug>(settings: &Value) -> String {
        format!("{:?}", serde_json::from_value::<T>(settings.clone()).unwrap())
    }
    let settings = &sample.settings;
    match sample.carrier {
        "bandwidth" => of::<bandwidth::Settings>(settings),
        "inteliquent" => of::<inteliquent::Settings>(settings),
        "livechat" => of::<livechat::Settings>(settings),
        "messagebird" => of::<messagebird::Settings>(settings),
        "sendgrid" => of::<sendgrid::Settings>(settings),
        "twilio" => of::<twilio::Settings>(settings),
        "whatsapp" => of::<whatsapp::Settings>(settings),
        other => panic!("{other} has settings that nobody prints here"),
    }
}

fn assert_silent(sample: &Sample, what: &str, printed: &str) {
    for secret in sample.secrets() {
        assert!(!printed.contains(&secret), "{}: {what} holds a secret: {printed}", sample.name());
    }
}

#[test]
fn settings_print_without_their_secrets() {
    for sample in samples::all("s3cr3t") {
        assert!(!sample.secrets().is_empty(), "{}", sample.name());
        assert_silent(&sample, "Debug of the settings", &printed(&sample));
    }
}

/// Wrong settings are reported with what was found there: not when it may be a secret.
#[test]
fn errors_about_settings_quote_no_value() {
    const WORD: &str = "hunter2-misplaced";
    const NUMBER: i64 = 7_700_112_233;
    let wrong =
        [json!(WORD), json!(NUMBER), json!([WORD]), json!([NUMBER]), json!({ "a": WORD }), json!([[WORD]])];
    for sample in samples::all("s3cr3t") {
        let build = carriers::find(sample.carrier).unwrap().build;
        for path in paths(&sample.settings) {
            for value in &wrong {
                let mut settings = sample.settings.clone();
                *settings.pointer_mut(&path).unwrap() = value.clone();
                let Err(error) = build(settings) else { continue };
                let said = format!("{error} {error:?}");
                assert_silent(&sample, "an error about settings", &said);
                assert!(!said.contains(WORD) && !said.contains(&NUMBER.to_string()), "{path}: {said}");
            }
        }
    }
}

/// Pointers to every value in a table, but not to the table itself.
fn paths(value: &Value) -> Vec<String> {
    let children: Vec<(String, &Value)> = match value {
        Value::Object(members) => {
            members.iter().map(|(name, child)| (name.replace('~', "~0").replace('/', "~1"), child)).collect()
        }
        Value::Array(items) => items.iter().enumerate().map(|(at, child)| (at.to_string(), child)).collect(),
        _ => Vec::new(),
    };
    let mut all = Vec::new();
    for (name, child) in children {
        all.push(format!("/{name}"));
        all.extend(paths(child).into_iter().map(|below| format!("/{name}{below}")));
    }
    all
}

#[test]
fn requests_print_and_point_nowhere_with_secrets() {
    for sample in samples::all("s3cr3t") {
        let carrier = sample.build();
        for (channel, from) in carrier.senders() {
            let message = message(channel, from, text("a body that nobody may print"));
            let Ok(request) = carrier.request(&message) else { continue };
            let printed = format!("{request:?}");
            assert_silent(&sample, "Debug of a request", &printed);
            assert_silent(&sample, "the URL of a request", &request.url);
            assert!(!printed.contains("a body that nobody"), "{}", sample.name());
        }
    }
}

/// An API that answers everything in one way.
struct Answers(Result<HttpResponse, HttpError>);

#[async_trait]
impl HttpClient for Answers {
    async fn execute(&self, _: HttpRequest) -> Result<HttpResponse, HttpError> {
        self.0.clone()
    }
}

fn answers() -> Vec<Answers> {
    let response = |status, body: &str| {
        Answers(Ok(HttpResponse { status, headers: Vec::new(), body: body.to_owned().into() }))
    };
    vec![
        response(200, "{}"),
        response(200, "not JSON"),
        response(
            401,
            r#"{"error":{"type":"authentication","message":"no"},"errors":[{"code":2}],"code":20003}"#,
        ),
        response(403, "<html>"),
        response(500, ""),
        Answers(Err(HttpError::Connect("refused".into()))),
        Answers(Err(HttpError::NoAnswer("reset".into()))),
    ]
}

#[tokio::test]
async fn answers_and_health_tell_no_secret() {
    for sample in samples::all("s3cr3t") {
        let carrier = sample.build();
        for api in answers() {
            assert_silent(&sample, "health", &format!("{:?}", carrier.check(&api).await));
            for (channel, from) in carrier.senders() {
                let outcome = carrier.send(&api, &message(channel, from, text("hello"))).await;
                assert_silent(&sample, "the outcome of a send", &format!("{outcome:?}"));
            }
        }
    }
}

#[test]
fn a_refused_callback_tells_no_secret() {
    for sample in samples::all("s3cr3t") {
        let mut request = request("POST", sample.url(), "application/json", r#"{"id":"1"}"#);
        sign(&sample, &mut request);
        request.headers.retain(|(name, _)| name == "content-type");
        if let Err(refusal) = sample.build().verify(&request) {
            assert_silent(&sample, "a refusal", &format!("{refusal} {refusal:?} {}", refusal.reason()));
        }
        assert_silent(&sample, "Debug of a callback", &format!("{:?}", strip_path_token(&sample, &request)));
    }
}

/// A secret in the path is our own choice of address; who prints paths prints it.
fn strip_path_token(sample: &Sample, request: &omni_core::webhook::WebhookRequest) -> String {
    let token = sample.settings["path_token"].as_str().unwrap_or("no token");
    format!("{request:?}").replace(token, "")
}

#[test]
fn what_a_callback_carries_in_the_clear_is_known_to_the_journal() {
    for sample in samples::all("s3cr3t") {
        let (mut request, carrier) =
            (request("POST", sample.url(), "application/json", r#"{"id":"1"}"#), sample.build());
        sign(&sample, &mut request);
        let mut shown = format!("{} {:?}", request.url, request.headers);
        for secret in carrier.secrets_in_callbacks() {
            shown = shown.replace(secret.expose(), "");
        }
        assert_silent(&sample, "URL and headers in the journal", &shown);
    }
}

#[test]
fn the_journal_keeps_no_secret_of_the_body() {
    for sample in samples::all("s3cr3t") {
        let mut request = request("POST", sample.url(), "application/json", r#"{"id":"1"}"#);
        sign(&sample, &mut request);
        let kept = sample.build().journal_body(&request);
        assert_silent(&sample, "the journal", &String::from_utf8_lossy(&kept));
    }
}
