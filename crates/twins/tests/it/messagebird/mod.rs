//! The MessageBird twin: three generations, each with its own API and signature.

mod first_generation;
mod generations;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hmac::{Hmac, Mac};
use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::harness::{Arrived, Bench};

const SMS_NUMBER: &str = "15550100011";
const WHATSAPP_NUMBER: &str = "+15550100012";

/// Settings of a connection of one generation.
fn settings(bench: &Bench, generation: &str) -> Value {
    bench.twins.connection_settings_for("messagebird", generation).expect("a generation")
}

/// One request with the generation's key.
async fn call(
    bench: &Bench,
    generation: &str,
    (method, path): (Method, &str),
    body: Option<Value>,
    headers: &[(&str, &str)],
) -> (u16, Value, reqwest::header::HeaderMap) {
    let settings = settings(bench, generation);
    let key = settings["access_key"].as_str().expect("a text");
    let authorization =
        if generation == "platform" { format!("Bearer {key}") } else { format!("AccessKey {key}") };
    let url = format!("{}{path}", settings["base_url"].as_str().expect("a text"));
    let mut request = bench.client.request(method, url).header("authorization", authorization);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = if let Some(body) = body { request.body(body.to_string()) } else { request };
    let response = request.send().await.expect("an answer");
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let bytes = response.bytes().await.expect("a body");
    (status, serde_json::from_slice(&bytes).unwrap_or_default(), headers)
}

async fn post(bench: &Bench, generation: &str, path: &str, body: Value) -> (u16, Value) {
    let (status, answer, _) = call(bench, generation, (Method::POST, path), Some(body), &[]).await;
    (status, answer)
}

async fn get(bench: &Bench, generation: &str, path: &str) -> (u16, Value) {
    let (status, answer, _) = call(bench, generation, (Method::GET, path), None, &[]).await;
    (status, answer)
}

fn mac(key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("any key");
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The claims of a token, if it is signed with the account's key.
fn claims(bench: &Bench, arrived: &Arrived) -> Option<Value> {
    let key = bench.setting("messagebird", "signing_keys");
    let token = &arrived.headers["messagebird-signature-jwt"];
    let (signed, signature) = token.rsplit_once('.').expect("three parts");
    let expect = URL_SAFE_NO_PAD.encode(mac(key.as_bytes(), &[signed.as_bytes()]));
    let claims = URL_SAFE_NO_PAD.decode(signed.split_once('.').expect("three parts").1).expect("base64");
    (expect == signature).then(|| serde_json::from_slice(&claims).expect("JSON"))
}

/// Whether MessageBird signed this for the gateway's `path`, whichever generation it is.
pub(crate) fn signed(bench: &Bench, arrived: &Arrived, path: &str) -> bool {
    signed_for(bench, arrived, &format!("{}{path}", bench.gateway))
}

fn signed_for(bench: &Bench, arrived: &Arrived, url: &str) -> bool {
    let header = |name: &str| arrived.headers.get(name).map(String::as_str).unwrap_or_default();
    let digest = Sha256::digest(&arrived.body);
    if arrived.headers.contains_key("messagebird-signature-jwt") {
        let payload = (!arrived.body.is_empty()).then(|| hex(&digest));
        return claims(bench, arrived).is_some_and(|claims| {
            claims["url_hash"] == hex(&Sha256::digest(url))
                && claims["payload_hash"].as_str() == payload.as_deref()
        });
    }
    let generation = if arrived.headers.contains_key("webhook-id") { "platform" } else { "bird" };
    let key = settings(bench, generation)["signing_keys"][0].as_str().expect("a text").to_owned();
    if generation == "bird" {
        let timestamp = header("messagebird-request-timestamp");
        let parts: [&[u8]; 5] = [timestamp.as_bytes(), b"\n", url.as_bytes(), b"\n", &digest];
        return header("messagebird-signature") == STANDARD.encode(mac(key.as_bytes(), &parts));
    }
    let key = STANDARD.decode(key.strip_prefix("whsec_").expect("a prefix")).expect("base64");
    let (id, timestamp) = (header("webhook-id"), header("webhook-timestamp"));
    let parts: [&[u8]; 5] = [id.as_bytes(), b".", timestamp.as_bytes(), b".", &arrived.body];
    header("webhook-signature") == format!("v1,{}", STANDARD.encode(mac(&key, &parts)))
}

/// A parameter of a status report.
fn parameter(arrived: &Arrived, name: &str) -> Option<String> {
    let query = arrived.path.split_once('?').map(|(_, query)| query).unwrap_or_default();
    let mut pairs = url::form_urlencoded::parse(query.as_bytes());
    pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

/// State and error of a callback, whichever API it is from.
fn status(arrived: &Arrived) -> (String, Option<String>) {
    let text =
        |value: &Value| value.as_str().map(str::to_owned).or_else(|| value.as_u64().map(|n| n.to_string()));
    if arrived.body.is_empty() {
        return (parameter(arrived, "status").unwrap_or_default(), parameter(arrived, "statusErrorCode"));
    }
    let body = arrived.json();
    if body["service"] == "channels" {
        return (
            text(&body["payload"]["status"]).expect("a state"),
            text(&body["payload"]["failure"]["source"]["code"]),
        );
    }
    if body["data"].is_object() {
        return (text(&body["type"]).expect("a type"), text(&body["data"]["error"]["code"]));
    }
    (text(&body["message"]["status"]).expect("a state"), text(&body["message"]["error"]["code"]))
}

fn sms(to: &str) -> Value {
    json!({ "originator": SMS_NUMBER, "recipients": [to], "body": "hi", "reference": "r1" })
}

fn chat(bench: &Bench, to: &str, change: &Value) -> Value {
    let channels = settings(bench, "rest")["channels"].clone();
    let channel = channels.as_object().expect("an object").keys().next().expect("it is there").clone();
    let mut body = json!({ "to": to, "from": channel, "type": "text", "content": { "text": "hi" } });
    for (name, value) in change.as_object().expect("an object") {
        body[name] = value.clone();
    }
    body
}

/// The path of a channel of the second generation.
fn channel(bench: &Bench, kind: &str) -> String {
    let settings = settings(bench, "bird");
    let channels = settings["channels"].as_object().expect("an object");
    let (id, _) = channels
        .iter()
        .find(|(_, what)| what.as_str().expect("a text").starts_with(kind))
        .expect("it is there");
    format!("/workspaces/{}/channels/{id}", settings["workspaces"][0].as_str().expect("a text"))
}

fn contact(to: &str) -> Value {
    json!({
        "receiver": { "contacts": [{ "identifierKey": "phonenumber", "identifierValue": to }] },
        "body": { "type": "text", "text": { "text": "hi" } },
        "reference": "r1",
    })
}

fn platform_sms(to: &str) -> Value {
    json!({ "to": to, "from": "+15550100011", "text": "hi", "category": "service", "metadata": { "ref": "r1" } })
}

fn platform_whatsapp(to: &str) -> Value {
    json!({ "to": to, "from": WHATSAPP_NUMBER, "text": { "body": "hi" }, "metadata": { "ref": "r1" } })
}
