//! The SendGrid twin.

use std::time::Duration;

use axum::http::HeaderMap;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use p256::ecdsa::signature::Verifier;
use p256::ecdsa::{Signature, VerifyingKey};
use p256::pkcs8::DecodePublicKey;
use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Arrived, Bench, nothing};

mod oauth;

fn request(bench: &Bench, method: Method, path: &str) -> reqwest::RequestBuilder {
    let url = format!("{}/v3/{path}", bench.setting("sendgrid", "base_url"));
    bench.client.request(method, url).bearer_auth(bench.setting("sendgrid", "api_key"))
}

async fn answer(request: reqwest::RequestBuilder) -> (u16, Value, HeaderMap) {
    let response = request.send().await.expect("an answer");
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let bytes = response.bytes().await.expect("a body");
    (status, serde_json::from_slice(&bytes).unwrap_or_default(), headers)
}

async fn call(bench: &Bench, method: Method, path: &str, body: &Value) -> (u16, Value, HeaderMap) {
    let request = request(bench, method, path).header("content-type", "application/json");
    answer(request.body(body.to_string())).await
}

async fn get(bench: &Bench, path: &str) -> (u16, Value, HeaderMap) {
    answer(request(bench, Method::GET, path)).await
}

/// A mail with some members changed.
fn mail(to: &str, changes: &Value) -> Value {
    let mut body = json!({
        "personalizations": [{ "to": [{ "email": to }], "custom_args": { "omni_msg_id": "0193" } }],
        "from": { "email": "hello@acmetravel.test" },
        "subject": "Hello",
        "content": [{ "type": "text/plain", "value": "hi" }],
    });
    for (name, value) in changes.as_object().expect("an object") {
        body[name] = value.clone();
    }
    body
}

async fn send(bench: &Bench, to: &str, changes: Value) -> (u16, Value, HeaderMap) {
    call(bench, Method::POST, "mail/send", &mail(to, &changes)).await
}

/// Whether this was signed by the key of the webhook that it came to.
pub(crate) fn signed(bench: &Bench, arrived: &Arrived) -> bool {
    let settings = bench.twins.connection_settings("sendgrid").expect("a carrier");
    let token = bench.setting("sendgrid", "path_token");
    let key = if arrived.path == format!("/webhooks/sendgrid/events/{token}") {
        &settings["public_keys"][0]
    } else if arrived.path == format!("/webhooks/sendgrid/inbound/{token}") {
        &settings["public_keys"][1]
    } else {
        return false;
    };
    let header = |name: &str| arrived.headers[&format!("x-twilio-email-event-webhook-{name}")].clone();
    let der = STANDARD.decode(key.as_str().expect("a key")).expect("base64");
    let key = VerifyingKey::from_public_key_der(&der).expect("a P-256 key");
    let signature = Signature::from_der(&STANDARD.decode(header("signature")).expect("base64")).expect("DER");
    let message = [header("timestamp").as_bytes(), &arrived.body].concat();
    key.verify(&message, &signature).is_ok()
}

/// The only event of a callback.
fn event(arrived: &Arrived) -> Value {
    let Value::Array(mut events) = arrived.json() else { panic!("an array") };
    assert_eq!(events.len(), 1);
    events.remove(0)
}

/// Event, with its type or its reason if it has one.
fn told(arrived: &Arrived) -> String {
    let event = event(arrived);
    let name = event["event"].as_str().expect("a name");
    match (name, event["type"].as_str(), event["reason"].as_str()) {
        ("bounce", Some(kind), _) => format!("bounce/{kind}"),
        ("dropped", _, Some(reason)) => format!("dropped/{reason}"),
        _ => name.to_owned(),
    }
}

/// The text of a field of a form.
fn field(arrived: &Arrived, name: &str) -> Option<String> {
    let body = String::from_utf8_lossy(&arrived.body);
    let head = format!("Content-Disposition: form-data; name=\"{name}\"\r\n\r\n");
    let (_, rest) = body.split_once(&head)?;
    Some(rest.split_once("\r\n--xYzZY")?.0.to_owned())
}

#[tokio::test]
async fn a_mail_is_taken_and_goes_its_way() {
    let bench = Bench::start().await;
    let headers = json!({ "headers": { "Message-ID": "<0193@acmetravel.test>" }, "categories": ["support"] });
    let (http, body, answered) = send(&bench, "ana@customer.example", headers).await;
    assert_eq!((http, body), (202, Value::Null));
    let id = answered["x-message-id"].to_str().unwrap();
    let mut events = Vec::new();
    for state in ["processed", "delivered", "open"] {
        let arrived = bench.next().await;
        assert!(signed(&bench, &arrived), "{state}");
        assert!(arrived.body.ends_with(b"]\r\n"));
        events.push(event(&arrived));
        assert_eq!(events.last().unwrap()["event"], state);
    }
    for event in &events {
        assert_eq!(event["sg_message_id"].as_str().unwrap().split('.').next(), Some(id));
        for (name, expect) in [
            ("email", json!("ana@customer.example")),
            ("omni_msg_id", json!("0193")),
            ("smtp-id", json!("<0193@acmetravel.test>")),
            ("category", json!(["support"])),
        ] {
            assert_eq!(event[name], expect, "{name}");
        }
    }
    assert_ne!(events[0]["sg_event_id"], events[1]["sg_event_id"]);
    let messages = bench.twins.messages("sendgrid");
    assert_eq!((messages[0].id.as_str(), messages[0].client_reference.as_deref()), (id, Some("0193")));
    assert_eq!((messages[0].content["subject"].as_str(), messages[0].state), (Some("Hello"), "open"));
}

#[tokio::test]
async fn reserved_names_have_their_fates() {
    let bench = Bench::start().await;
    let silent = json!({ "tracking_settings": { "open_tracking": { "enable": false } } });
    let plain = json!({});
    #[rustfmt::skip]
    let cases = [
        ("delivered@sim.test",   &plain,  202, vec!["processed", "delivered", "open"]),
        ("delivered@sim.test",   &silent, 202, vec!["processed", "delivered"]),
        ("unread@sim.test",      &plain,  202, vec!["processed", "delivered"]),
        ("refused@sim.test",     &plain,  400, vec![]),
        ("bounce@sim.test",      &plain,  202, vec!["processed", "bounce/bounce"]),
        ("bounce@sim.test",      &plain,  202, vec!["processed", "bounce/bounce"]),
        ("blocked@sim.test",     &plain,  202, vec!["processed", "bounce/blocked"]),
        ("complaint@sim.test",   &plain,  202, vec!["processed", "delivered", "spamreport"]),
        ("unsubscribe@sim.test", &plain,  202, vec!["processed", "delivered", "unsubscribe"]),
        ("deferred@sim.test",    &plain,  202, vec!["processed", "deferred", "delivered"]),
        ("click@sim.test",       &plain,  202, vec!["processed", "delivered", "open", "click"]),
        ("optout@sim.test",      &plain,  202, vec!["dropped/Unsubscribed Address"]),
        ("suppressed@sim.test",  &plain,  202, vec!["dropped/Bounced Address"]),
        ("spam@sim.test",        &plain,  202, vec!["dropped/Spam Content"]),
        ("busy@sim.test",        &plain,  429, vec![]),
        ("flaky@sim.test",       &plain,  500, vec![]),
        ("flaky@sim.test",       &plain,  503, vec![]),
        ("flaky@sim.test",       &silent, 202, vec!["processed", "delivered"]),
        ("twice@sim.test",       &silent, 202, vec!["processed", "processed", "delivered", "delivered"]),
    ];
    for (to, changes, http, expect) in cases {
        let (status, body, headers) = send(&bench, to, changes.clone()).await;
        assert_eq!(status, http, "{to} {body}");
        assert_eq!(body["errors"].is_array(), http != 202, "{to}");
        assert_eq!(headers.contains_key("x-ratelimit-reset"), http == 429, "{to}");
        let arrived = bench.rest().await;
        assert!(arrived.iter().all(|arrived| signed(&bench, arrived)), "{to}");
        assert_eq!(arrived.iter().map(told).collect::<Vec<_>>(), expect, "{to}");
    }
    assert_eq!(send(&bench, "forged@sim.test", silent).await.0, 202);
    let forged = bench.rest().await;
    assert!(forged.len() == 2 && forged.iter().all(|arrived| !signed(&bench, arrived)));
}

#[tokio::test]
async fn repeated_events_have_the_same_id() {
    let bench = Bench::start().await;
    send(&bench, "twice@sim.test", json!({})).await;
    let ids: Vec<_> =
        bench.rest().await.iter().map(|arrived| event(arrived)["sg_event_id"].clone()).collect();
    assert!(ids.len() == 6 && ids[0] == ids[1] && ids[1] != ids[2] && ids[2] == ids[3], "{ids:?}");
}

#[tokio::test]
async fn a_throttled_answer_names_the_moment() {
    let bench = Bench::start().await;
    let (http, body, headers) = send(&bench, "busy@sim.test", json!({})).await;
    assert_eq!((http, &body["errors"][0]["message"]), (429, &json!("too many requests")));
    let reset: u64 = headers["x-ratelimit-reset"].to_str().unwrap().parse().unwrap();
    let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs();
    assert!((now..=now + 3).contains(&reset), "{reset} {now}");
    assert!(headers["date"].to_str().unwrap().ends_with(" GMT"));
}

#[tokio::test]
async fn refused_before_anything_is_taken() {
    let bench = Bench::start().await;
    let typed = |request: reqwest::RequestBuilder| request.header("content-type", "application/json");
    let root = format!("{}/v3/mail/send", bench.setting("sendgrid", "base_url"));
    let body = mail("ana@customer.example", &json!({})).to_string();
    let foreign =
        mail("ana@customer.example", &json!({ "from": { "email": "ceo@bank.example" } })).to_string();
    let huge = mail("ana@customer.example", &json!({ "subject": "a".repeat(30_000_000) })).to_string();
    let post = |body: &str| typed(request(&bench, Method::POST, "mail/send")).body(body.to_owned());
    #[rustfmt::skip]
    let cases = [
        ("anonymous",        typed(bench.client.post(&root)).body(body.clone()),                   401, Value::Null),
        ("a wrong key",      typed(bench.client.post(&root)).bearer_auth("x").body(body.clone()),  401, Value::Null),
        ("no JSON",          post("{"),                                                            400, Value::Null),
        ("a form",           request(&bench, Method::POST, "mail/send").body(body.clone()),        415, Value::Null),
        ("another's domain", post(&foreign),                                                       403, json!("from")),
        ("nobody",           post("{}"),                                                           400, json!("personalizations")),
        ("a wrong method",   request(&bench, Method::GET, "mail/send"),                            405, Value::Null),
        ("no such path",     request(&bench, Method::GET, "contacts"),                             404, Value::Null),
    ];
    for (name, request, http, field) in cases {
        let (status, error, _) = answer(request).await;
        assert_eq!((status, &error["errors"][0]["field"]), (http, &field), "{name} {error}");
        assert!(error["errors"][0]["message"].is_string(), "{name}");
    }
    let response = post(&huge).send().await.unwrap();
    assert_eq!(response.status().as_u16(), 413);
    assert!(response.headers()["content-type"].to_str().unwrap().starts_with("text/html"));
    assert!(bench.twins.messages("sendgrid").is_empty());
}

#[tokio::test]
async fn each_recipient_gets_their_own_events() {
    let bench = Bench::start().await;
    let to = json!([{ "email": "unread@sim.test" }, { "email": "bounce@sim.test" }]);
    let (http, _, headers) = send(&bench, "x@sim.test", json!({ "personalizations": [{ "to": to }] })).await;
    assert_eq!(http, 202);
    let mut seen = Vec::new();
    for arrived in bench.rest().await {
        let event = event(&arrived);
        let id = event["sg_message_id"].as_str().unwrap().to_owned();
        assert!(id.starts_with(&format!("{}.", headers["x-message-id"].to_str().unwrap())));
        seen.push(format!("{} {}", event["email"].as_str().unwrap(), event["event"].as_str().unwrap()));
    }
    seen.sort();
    assert_eq!(
        seen,
        [
            "bounce@sim.test bounce",
            "bounce@sim.test processed",
            "unread@sim.test delivered",
            "unread@sim.test processed"
        ]
    );
}

#[tokio::test]
async fn suppressed_addresses_are_dropped_until_they_are_taken_off() {
    let bench = Bench::start().await;
    let silent = json!({ "tracking_settings": { "open_tracking": { "enable": false } } });
    let fate = async || {
        assert_eq!(send(&bench, "leo@customer.example", silent.clone()).await.0, 202);
        bench.rest().await.last().map(told).unwrap()
    };
    #[rustfmt::skip]
    let cases = [
        ("sendgrid.bounce",      "suppression/bounces",       "dropped/Bounced Address"),
        ("sendgrid.spam_report", "suppression/spam_reports",  "dropped/Spam Reporting Address"),
        ("sendgrid.unsubscribe", "asm/suppressions/global",   "dropped/Unsubscribed Address"),
        ("sendgrid.blocked",     "suppression/blocks",        "delivered"),
    ];
    assert_eq!(fate().await, "delivered");
    for (event, list, expect) in cases {
        bench.trigger(event, nothing()).await;
        bench.next().await;
        assert_eq!(fate().await, expect, "{event}");
        let path = format!("{list}/leo@customer.example");
        assert!(get(&bench, &path).await.1.to_string().contains("leo@customer.example"), "{path}");
        assert_eq!(call(&bench, Method::DELETE, &path, &json!({})).await.0, 204, "{path}");
        assert_eq!(call(&bench, Method::DELETE, &path, &json!({})).await.0, 404, "{path}");
    }
    assert_eq!(fate().await, "delivered");
}

#[tokio::test]
async fn a_group_is_only_about_its_own_mail() {
    let bench = Bench::start().await;
    let emails = json!({ "recipient_emails": ["leo@customer.example"] });
    assert_eq!(call(&bench, Method::POST, "asm/groups/7/suppressions", &emails).await.0, 201);
    let fate = async |group: u64| {
        send(&bench, "leo@customer.example", json!({ "asm": { "group_id": group } })).await;
        told(&bench.rest().await[0])
    };
    assert_eq!(fate(7).await, "dropped/Unsubscribed Address");
    assert_eq!(fate(8).await, "processed");
    assert_eq!(get(&bench, "asm/groups/7/suppressions").await.1, json!(["leo@customer.example"]));
    bench.trigger("sendgrid.group_resubscribe", json!({ "group": 7 })).await;
    assert_eq!(event(&bench.next().await)["asm_group_id"], 7);
    assert_eq!(fate(7).await, "processed");
}

#[tokio::test]
async fn scheduled_mail_can_be_canceled_by_its_batch() {
    let bench = Bench::start().await;
    let (http, batch, _) = call(&bench, Method::POST, "mail/batch", &json!({})).await;
    assert_eq!(http, 201);
    let batch = batch["batch_id"].as_str().unwrap();
    assert_eq!(get(&bench, &format!("mail/batch/{batch}")).await.0, 200);
    assert_eq!(send(&bench, "ana@customer.example", json!({ "batch_id": "x" })).await.0, 400);
    let soon = (std::time::UNIX_EPOCH.elapsed().unwrap() + Duration::from_secs(2)).as_secs();
    let scheduled = json!({ "batch_id": batch, "send_at": soon });
    assert_eq!(send(&bench, "ana@customer.example", scheduled).await.0, 202);
    assert_eq!(bench.twins.messages("sendgrid")[0].state, "scheduled");
    let cancel = json!({ "batch_id": batch, "status": "cancel" });
    assert_eq!(call(&bench, Method::POST, "user/scheduled_sends", &cancel).await.0, 201);
    assert_eq!(call(&bench, Method::POST, "user/scheduled_sends", &cancel).await.0, 400);
    let (_, decided, _) = get(&bench, &format!("user/scheduled_sends/{batch}")).await;
    assert_eq!(decided[0]["status"], "cancel");
    assert_eq!(send(&bench, "ana@customer.example", json!({ "batch_id": batch })).await.0, 202);
    tokio::time::sleep(Duration::from_millis(2_300)).await;
    assert!(bench.rest().await.is_empty());
    assert!(bench.twins.messages("sendgrid").iter().all(|message| message.state == "canceled"));
    let path = format!("user/scheduled_sends/{batch}");
    assert_eq!(call(&bench, Method::DELETE, &path, &json!({})).await.0, 204);
    assert_eq!(send(&bench, "ana@customer.example", json!({ "batch_id": batch })).await.0, 202);
    assert_eq!(told(&bench.next().await), "processed");
}

#[tokio::test]
async fn the_sandbox_mode_checks_and_sends_nothing() {
    let bench = Bench::start().await;
    let sandbox = json!({ "mail_settings": { "sandbox_mode": { "enable": true } } });
    assert_eq!(send(&bench, "ana@customer.example", sandbox.clone()).await.0, 200);
    assert_eq!(send(&bench, "ana", sandbox).await.0, 400);
    assert!(bench.rest().await.is_empty() && bench.twins.messages("sendgrid").is_empty());
}

#[tokio::test]
async fn the_account_tells_its_rights_and_keys() {
    let bench = Bench::start().await;
    let settings = bench.twins.connection_settings("sendgrid").unwrap();
    let (http, scopes, _) = get(&bench, "scopes").await;
    assert!(http == 200 && scopes["scopes"].as_array().unwrap().contains(&json!("mail.send")));
    assert_eq!(get(&bench, "user/credits").await.1["remain"], 100_000);
    let (_, key, _) = get(&bench, "user/webhooks/event/settings/signed").await;
    assert_eq!(key["public_key"], settings["public_keys"][0]);
    let on = json!({ "enabled": true });
    let (http, key, _) = call(&bench, Method::PATCH, "user/webhooks/event/settings/signed/1", &on).await;
    assert_eq!((http, &key["public_key"]), (200, &settings["public_keys"][0]));
    let (_, policies, _) = get(&bench, "user/webhooks/security/policies").await;
    assert_eq!(policies["policies"][0]["signature"]["public_key"], settings["public_keys"][1]);
    let (_, parse, _) = get(&bench, "user/webhooks/parse/settings").await;
    assert_eq!(parse["result"][0]["hostname"], settings["domains"][0]);
    assert_eq!(get(&bench, "suppression/strangers").await.0, 404);
}

#[tokio::test]
async fn people_write_mail() {
    let bench = Bench::start().await;
    let play = async |event: &str, params: Value| {
        bench.trigger(&format!("sendgrid.{event}"), params).await;
        let arrived = bench.next().await;
        assert!(signed(&bench, &arrived), "{event}");
        arrived
    };
    let arrived = play("email", json!({ "text": "Olá <b>", "name": "Zoë" })).await;
    assert_eq!(field(&arrived, "from").as_deref(), Some("Zoë <ana@sim.test>"));
    assert_eq!(field(&arrived, "text").as_deref(), Some("Olá <b>"));
    assert_eq!(field(&arrived, "html").as_deref(), Some("<p>Olá &lt;b&gt;</p>"));
    let envelope: Value = serde_json::from_str(&field(&arrived, "envelope").unwrap()).unwrap();
    assert_eq!(envelope, json!({ "to": ["support@in.acmetravel.test"], "from": "ana@sim.test" }));
    assert_eq!(field(&play("html_only", nothing()).await, "text"), None);
    assert_eq!(field(&play("attachment", nothing()).await, "attachments").as_deref(), Some("1"));
    assert!(field(&play("raw", nothing()).await, "email").unwrap().contains("voucher.pdf"));
    assert_eq!(field(&play("spam", nothing()).await, "SPF").as_deref(), Some("fail"));
    let arrived = play("bcc", nothing()).await;
    assert_eq!(field(&arrived, "to").as_deref(), Some("team@sim.test"));
    assert!(field(&arrived, "envelope").unwrap().contains("support@in.acmetravel.test"));
    let arrived = play("plus_address", json!({ "token": "c-7" })).await;
    assert!(field(&arrived, "envelope").unwrap().contains("support+c-7@in.acmetravel.test"));
    let arrived = play("bounce_mail", nothing()).await;
    assert!(field(&arrived, "envelope").unwrap().contains("\"from\":\"\""));
    assert!(
        field(&play("auto_reply", nothing()).await, "headers")
            .unwrap()
            .contains("Auto-Submitted: auto-replied")
    );
    let arrived = play("latin", nothing()).await;
    assert!(arrived.body.windows(5).any(|bytes| bytes == b"Gr\xfc\xdfe"));
    let arrived = play("email", json!({ "subject": "a\r\nX-Evil: 1" })).await;
    assert!(field(&arrived, "headers").unwrap().contains("Subject: a  X-Evil: 1\r\n"));
}

#[tokio::test]
async fn an_answer_refers_to_our_mail() {
    let bench = Bench::start().await;
    let headers = json!({ "headers": { "message-id": "<0193@acmetravel.test>" } });
    send(&bench, "ana@sim.test", headers).await;
    bench.rest().await;
    bench.trigger("sendgrid.reply", nothing()).await;
    let arrived = bench.next().await;
    let head = field(&arrived, "headers").unwrap();
    assert!(head.contains("In-Reply-To: <0193@acmetravel.test>\r\nReferences: <0193@acmetravel.test>\r\n"));
    assert!(field(&arrived, "text").unwrap().ends_with("wrote:\r\n> hi\r\n"));
}

#[tokio::test]
async fn refused_events_come_again_and_fixtures_do_not() {
    let bench = Bench::start().await;
    bench.answer_once_with(503);
    bench.trigger("sendgrid.email", nothing()).await;
    assert_eq!(bench.rest().await.len(), 1);
    bench.answer_once_with(401);
    send(&bench, "unread@sim.test", json!({})).await;
    let mut seen = vec![told(&bench.next().await), told(&bench.next().await), told(&bench.next().await)];
    seen.sort();
    assert_eq!(seen, ["delivered", "processed", "processed"]);
}

#[tokio::test]
async fn fixtures_bring_their_parameters() {
    let bench = Bench::start().await;
    let play = async |event: &str, params: Value| {
        bench.trigger(&format!("sendgrid.{event}"), params).await;
        bench.next().await
    };
    assert_eq!(event(&play("open", json!({ "machine": true })).await)["sg_machine_open"], true);
    assert_eq!(
        event(&play("click", json!({ "url": "https://x.example/" })).await)["url"],
        "https://x.example/"
    );
    assert_eq!(told(&play("dropped", json!({ "reason": "invalid" })).await), "dropped/Invalid");
    assert_eq!(event(&play("unknown", json!({ "type": "new_thing" })).await)["event"], "new_thing");
    let known = play("delivered", json!({ "message": "m-1", "from": "eva@customer.example" })).await;
    assert!(event(&known)["sg_message_id"].as_str().unwrap().starts_with("m-1."));
    assert_eq!(event(&known)["email"], "eva@customer.example");
    let Value::Array(batch) = play("batch", nothing()).await.json() else { panic!("an array") };
    let names: Vec<_> = batch.iter().map(|event| event["event"].as_str().unwrap()).collect();
    assert_eq!(names, ["open", "delivered", "processed"]);
}
