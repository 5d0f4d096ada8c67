//! Tables over what Twilio sends, what it takes, and what it answers. The vectors of
//! `tests/vectors` run beside these.

mod asking;
mod choosing;
mod credentials;
mod library;
mod passing_on;
mod proving;
mod receiving;
mod sending;
mod settings;

use std::collections::VecDeque;
use std::sync::Mutex;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use omni_core::carrier::{Found, LookUp, receive};
use omni_core::content::{
    Button, Custom, Interactive, OutboundContent, OutboundMedia, ProductSection, Products, Template,
    TemplateButton, TemplateButtonKind, TemplateHeader,
};
use omni_core::event::{Location, ReportedState};
use omni_core::failure::{ErrorClass, Retry};
use omni_core::http::HttpError;
use omni_core::id::MessageId;
use omni_core::time::Timestamp;
use proptest::prelude::*;

use super::*;
use crate::shared::{form, hmac};

const ACCOUNT: &str = "AC4e4e4e4e4e4e4e4e4e4e4e4e4e4e4e4e";
const TOKENS: [&str; 2] = ["primary-token", "secondary-token"];
const URL: &str = "https://gw.example.net/webhooks/twilio";

fn settings() -> Value {
    json!({
        "account_sid": ACCOUNT,
        "auth_tokens": TOKENS,
        "shared_keys": { "webhooks_sharedkey_1": "shared-secret" },
        "numbers": ["+17205550142", "12345", "whatsapp:+447700900100", "rcs:acme_agent"],
        "messaging_service_sid": "MG77",
        "signed_userinfo": "user:pass-word",
    })
}

#[expect(clippy::needless_pass_by_value, reason = "calls read better")]
fn with(changes: Value) -> Arc<dyn Carrier> {
    let mut settings = settings();
    settings.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    build(settings).unwrap()
}

fn carrier() -> Arc<dyn Carrier> {
    with(json!({}))
}

fn request(method: &str, url: &str, headers: &[(&str, &str)], body: &[u8]) -> WebhookRequest {
    let header =
        |(name, value): &(&str, &str)| ((*name).to_owned(), Bytes::copy_from_slice(value.as_bytes()));
    WebhookRequest {
        method: method.into(),
        url: url.into(),
        headers: headers.iter().map(header).collect(),
        body: Bytes::copy_from_slice(body),
        peer: None,
        received_at: Timestamp::EPOCH,
    }
}

/// The signature by Twilio's recipe, written here a second time: URL, then name and value of
/// the (distinct) parameters in order.
fn signature(key: &str, url: &str, params: &[(&str, &str)]) -> String {
    let mut params = params.to_vec();
    params.sort_unstable();
    let text: String = params.iter().map(|(name, value)| format!("{name}{value}")).collect();
    STANDARD.encode(hmac::sha1(key.as_bytes(), &[url.as_bytes(), text.as_bytes()]))
}

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded; charset=UTF-8");

fn posted(url: &str, params: &[(&str, &str)]) -> WebhookRequest {
    let signature = signature(TOKENS[0], url, params);
    let body = form::encode(params.iter().copied());
    request("POST", url, &[FORM, ("x-twilio-signature", &signature)], body.as_bytes())
}

fn inbound<'a>(more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut params = vec![
        ("MessageSid", "SM01"),
        ("AccountSid", ACCOUNT),
        ("From", "+13035550177"),
        ("To", "+17205550142"),
    ];
    for (name, value) in more {
        params.retain(|(n, _)| n != name);
        params.push((name, value));
    }
    params
}

/// The only event of a callback, as JSON.
fn read(carrier: &dyn Carrier, request: &WebhookRequest) -> Value {
    let (_, parsed) = receive(carrier, request).unwrap();
    let events = parsed.unwrap().events;
    assert_eq!(events.len(), 1);
    serde_json::to_value(&events[0]).unwrap()
}

/// Each fact of `expected` must be in `got`; `null` means absent.
fn assert_facts(name: &str, expected: &Value, got: &Value) {
    for (field, value) in expected.as_object().unwrap() {
        assert_eq!(got.get(field).unwrap_or(&Value::Null), value, "{name}: {field} in {got}");
    }
}

fn message(channel: Channel, content: OutboundContent) -> OutboundMessage {
    let whatsapp = channel == Channel::Whatsapp;
    let (from, to) =
        if whatsapp { ("+447700900100", "+447700900461") } else { ("+17205550142", "+13035550177") };
    let id = MessageId::from_bytes([0; 16]);
    OutboundMessage {
        client_ref: "msg_1.2".into(),
        ..OutboundMessage::new(id, channel, from.into(), to.into(), content)
    }
}

/// A request's form, name by name.
fn pairs(request: &HttpRequest) -> Vec<(String, String)> {
    form::decode(&request.body)
}

/// The value of one field.
fn field(request: &HttpRequest, name: &str) -> Option<String> {
    pairs(request).into_iter().find(|(n, _)| n == name).map(|(_, value)| value)
}

/// The word or code of a refusal.
fn refusal(error: &SendError) -> String {
    match error {
        SendError::Unsupported(word) => (*word).to_owned(),
        other => other.code().to_owned(),
    }
}

fn text(text: &str) -> OutboundContent {
    OutboundContent::Text { text: text.into() }
}

fn answer(status: u16, body: &str) -> HttpResponse {
    HttpResponse {
        status,
        headers: vec![("retry-after".into(), "7".into())],
        body: Bytes::copy_from_slice(body.as_bytes()),
    }
}

/// Answers each request with what comes next, and remembers what was asked.
struct Script {
    answers: Mutex<VecDeque<Result<HttpResponse, HttpError>>>,
    asked: Mutex<Vec<HttpRequest>>,
}

impl Script {
    fn of(answers: impl IntoIterator<Item = (u16, Value)>) -> Self {
        Self::with(answers.into_iter().map(|(status, body)| Ok(answer(status, &body.to_string()))))
    }

    fn with(answers: impl IntoIterator<Item = Result<HttpResponse, HttpError>>) -> Self {
        Self { answers: Mutex::new(answers.into_iter().collect()), asked: Mutex::default() }
    }

    /// Method and URL of each request.
    fn lines(&self) -> Vec<String> {
        let asked = self.asked.lock().unwrap();
        asked.iter().map(|request| format!("{} {}", request.method, request.url)).collect()
    }

    /// The `Authorization` of each request; empty for none.
    fn proofs(&self) -> Vec<String> {
        let of = |request: &HttpRequest| {
            let found = request.headers.iter().find(|(name, _)| *name == "authorization");
            found.map(|(_, value)| value.clone()).unwrap_or_default()
        };
        self.asked.lock().unwrap().iter().map(of).collect()
    }

    fn body(&self, at: usize) -> String {
        String::from_utf8(self.asked.lock().unwrap()[at].body.to_vec()).unwrap()
    }
}

#[async_trait]
impl HttpClient for Script {
    async fn execute(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        self.asked.lock().unwrap().push(request);
        self.answers.lock().unwrap().pop_front().expect("no further request")
    }
}
