//! Sending, looking, explaining, cancelling.

use crate::app::App;
use omni_core::id::AttemptId;
use omni_core::message::{Attempt, AttemptOutcome};
use omni_core::store::{Changes, Expect, StoreExt};
use omni_testkit::samples::acme;
use serde_json::json;

#[tokio::test]
async fn a_message_is_accepted_located_and_shown() {
    let app = App::new();
    let body = json!({
        "to": { "phoneNumber": "+15550001001", "channel": "sms" }, "content": { "type": "text", "text": "hi" },
        "options": { "priority": "high" },
    });
    let accepted = app.post("/v1/messages", &body).send().await;
    assert_eq!(accepted.status, 202, "{}", accepted.text());
    assert_eq!(accepted.json["status"], "queued");
    assert_eq!(accepted.json["carrier"], "paper");
    let location = accepted.header("location").to_owned();
    assert_eq!(location, format!("/v1/messages/{}", accepted.json["messageId"].as_str().unwrap()));

    let message = app.get(&location).send().await.json;
    for (name, expect) in [
        ("direction", json!("outbound")),
        ("author", json!("api")),
        ("status", json!("queued")),
        ("channel", json!("sms")),
        ("accountId", json!("main")),
        ("to", json!("+15550001001")),
        ("type", json!("text")),
        ("text", json!("hi")),
        ("content", json!({ "type": "text", "text": "hi" })),
        ("attempts", json!(0)),
        ("priority", json!("high")),
        ("sequence", json!(1)),
        ("conversationId", accepted.json["conversationId"].clone()),
        ("createdAt", json!("2026-11-20T10:00:00Z")),
    ] {
        assert_eq!(message[name], expect, "{name} in {message}");
    }
    let customer = format!("/v1/customers/{}", message["customerId"].as_str().unwrap());
    let customer = app.get(&customer).send().await.json;
    assert_eq!(customer["identifiers"][0]["value"], "+15550001001");

    let trace = app.get(&format!("{location}/trace")).send().await.json;
    assert_eq!(trace["steps"][0]["step"], "publishOutbound");
    assert_eq!(trace["candidates"][0]["connection"], "paper-test");
    assert_eq!(trace["timings"]["createdAt"], "2026-11-20T10:00:00Z");
    assert_eq!(trace["correlationId"], message["correlationId"]);
}

#[tokio::test]
async fn five_mistakes_show_five_pointers() {
    let app = App::new();
    let body = json!({
        "to": { "phoneNumbr": "+1" }, "content": { "type": "media", "mediaUrl": "ftp://x" },
        "options": { "priority": "urgent", "scheduledAt": "tomorrow" },
    });
    let answer = app.post("/v1/messages", &body).send().await;
    assert_eq!(answer.status, 422);
    let errors = answer.is("VALIDATION_FAILED").json["errors"].as_array().unwrap().clone();
    let pointers: Vec<_> = errors.iter().map(|error| error["pointer"].as_str().unwrap()).collect();
    let expect = [
        "/to/phoneNumbr",
        "/to/phoneNumber",
        "/content/mediaUrl",
        "/options/priority",
        "/options/scheduledAt",
    ];
    assert_eq!(pointers, expect);
    assert_eq!(errors[0]["code"], "unknown_field");
    assert!(errors[0]["detail"].as_str().unwrap().contains("Did you mean `phoneNumber`?"));
}

#[tokio::test]
async fn a_key_repeats_an_answer_and_never_a_message() {
    let app = App::new();
    let body = json!({ "to": "+15550001001", "text": "once" });
    let send =
        |body: &serde_json::Value, key: &str| app.post("/v1/messages", body).header("idempotency-key", key);
    let first = send(&body, "order-1").send().await;
    assert_eq!((first.status.as_u16(), first.header("idempotency-replayed")), (202, ""));
    for key in ["order-1", "\"order-1\""] {
        let again = send(&body, key).send().await;
        assert_eq!((again.status.as_u16(), again.header("idempotency-replayed")), (202, "true"), "{key}");
        assert_eq!(again.json, first.json);
        assert_eq!(again.header("location"), first.header("location"));
    }
    let other = json!({ "to": "+15550001001", "text": "twice" });
    let reused = send(&other, "order-1").send().await;
    assert_eq!(reused.is("IDEMPOTENCY_KEY_REUSED").status, 422);
    for bad in ["", "\"\"", &"x".repeat(256)] {
        assert_eq!(send(&body, bad).send().await.is("IDEMPOTENCY_KEY_INVALID").status, 400, "{bad}");
    }
    send(&body, "a").header("idempotency-key", "b").send().await.is("IDEMPOTENCY_KEY_INVALID");
    assert_eq!(app.get("/v1/messages").send().await.data().len(), 1);

    let of_others = send(&body, "order-1").key(&app.foreign).send().await;
    assert_ne!(of_others.json["messageId"], first.json["messageId"], "keys are a tenant's own");
}

#[tokio::test]
async fn bodies_that_are_no_json_are_told_where() {
    let app = App::new();
    let send = |content_type: &str, body: &str| {
        let call = app.call("POST", "/v1/messages").header("content-type", content_type);
        call.body(body.to_owned())
    };
    let broken = send("application/json", "{\"to\": \"+1\",\n \"text\": }").send().await;
    assert!(broken.is("BODY_UNREADABLE").text().contains("line 2 column 10"), "{}", broken.text());
    send("text/plain", "{}").send().await.is("BODY_UNREADABLE");
    send("application/x-www-form-urlencoded", "to=1").send().await.is("BODY_UNREADABLE");
    let curl = send("application/x-www-form-urlencoded", r#"{"to":"+15550001001","text":"hi"}"#).send().await;
    assert_eq!(curl.status, 202, "{}", curl.text());
    let deep = "[".repeat(200_000);
    send("application/json", &deep).send().await.is("BODY_UNREADABLE");

    let small = App::with(|api| api.settings.api_body_limit = 64);
    let text = "x".repeat(100);
    let large = small.post("/v1/messages", &json!({ "to": "+15550001001", "text": text })).send().await;
    assert_eq!(large.is("BODY_TOO_LARGE").status, 413);
}

#[tokio::test]
async fn a_message_can_be_cancelled_until_a_carrier_was_offered_it() {
    let app = App::new();
    let cancel = |id: &str| app.call("POST", &format!("/v1/messages/{id}/cancel"));
    let queued = app.sent("one").await;
    let cancelled = cancel(&queued).send().await;
    assert_eq!((cancelled.status.as_u16(), &cancelled.json["status"]), (200, &json!("canceled")));
    assert_eq!(cancel(&queued).send().await.is("NOT_CANCELABLE").status, 409);
    let events = app.get("/v1/events?types=message.canceled").send().await;
    assert_eq!(events.data()[0]["data"]["messageId"], queued.as_str());

    let later =
        json!({ "to": "+15550001001", "text": "x", "options": { "scheduledAt": "2026-11-21T10:00:00Z" } });
    let scheduled = app.post("/v1/messages", &later).send().await;
    assert_eq!(scheduled.json["status"], "scheduled");
    let id = scheduled.json["messageId"].as_str().unwrap();
    assert_eq!(cancel(id).send().await.status, 200);

    let offered = app.sent("two").await;
    let id = offered.parse().unwrap();
    let found = app.store().message(&acme(), id).await.unwrap().unwrap();
    let mut message = found.value;
    message.attempts.push(Attempt {
        id: AttemptId::from_bytes([1; 16]),
        number: 1,
        connection: "paper-test".parse().unwrap(),
        carrier: "paper".into(),
        part: 1,
        parts: 1,
        client_ref: offered.clone(),
        started_at: app.samples.now(),
        ended_at: None,
        outcome: AttemptOutcome::Started,
        carrier_message_id: None,
        error: None,
        status: None,
    });
    let mut changes = Changes::new(acme());
    changes.put(&message, Expect::Version(found.version));
    app.commit(changes).await;
    assert!(cancel(&offered).send().await.is("NOT_CANCELABLE").text().contains("offered"));
    let missing = "msg_01K5D00000000000000000M5G0";
    assert_eq!(cancel(missing).send().await.is("NOT_FOUND").status, 404);
}

/// The described request is the one that is read: no field is unknown, and the example works.
#[tokio::test]
async fn what_the_document_says_of_a_request_is_what_is_read() {
    let app = App::new();
    let document = serde_json::to_value(omni_server::openapi()).unwrap();
    let schemas = &document["components"]["schemas"];
    let request = &schemas["OutboundMessageRequest"];
    let answer = app.post("/v1/messages", &request["example"]).send().await;
    assert_eq!(answer.status, 202, "{}", answer.text());
    let fields = |name: &str| schemas[name]["properties"].as_object().unwrap().keys().cloned();
    let post = &app;
    let unknown = |body: serde_json::Value| async move {
        let errors = post.post("/v1/messages", &body).send().await.json["errors"].clone();
        let errors = errors.as_array().cloned().unwrap_or_default();
        errors.into_iter().filter(|error| error["code"] == "unknown_field").collect::<Vec<_>>()
    };
    let nulls =
        |name: &str| fields(name).map(|field| (field, json!(null))).collect::<serde_json::Map<_, _>>();
    assert_eq!(unknown(nulls("OutboundMessageRequest").into()).await, Vec::<serde_json::Value>::new());
    for (at, name) in [("to", "Recipient"), ("from", "SenderChoice"), ("options", "SendOptions")] {
        assert_eq!(unknown(json!({ at: nulls(name) })).await, Vec::<serde_json::Value>::new(), "{name}");
    }
    // Each field of the content belongs to some type of content.
    let said = &schemas["OutboundContent"]["properties"]["type"]["description"];
    let words = said.as_str().unwrap().split('`').skip(1).step_by(2);
    let kinds: Vec<&str> = words.collect();
    assert!(kinds.contains(&"email") && kinds.contains(&"location_request"), "{kinds:?}");
    for field in fields("OutboundContent").filter(|field| field != "type") {
        let mut known = false;
        for kind in &kinds {
            let errors = unknown(json!({ "content": { "type": kind, &field: null } })).await;
            known |= errors.is_empty();
        }
        assert!(known, "{field}");
    }
}
