//! Requests of people who mean harm: answers stay small and quick, and nothing panics.

use axum::http::HeaderValue;

use omni_server::{Room, Settings};
use serde_json::json;

use crate::app::App;

/// Far more than any good answer here has.
const SMALL: usize = 300_000;

#[tokio::test]
async fn long_and_many_names_make_no_long_answers() {
    let app = App::new();
    let long = "x".repeat(60_000);
    let many: String = (0..8_000).map(|n| format!("p{n}=1&")).collect();
    for query in [format!("{long}=1"), format!("limit={long}"), many, "&=&=%&%f&a=%ff".to_owned()] {
        let answer = app.get(&format!("/v1/messages?{query}")).send().await;
        answer.is("QUERY_INVALID");
        assert!(answer.body.len() < SMALL, "{}", answer.body.len());
    }
    app.get(&format!("/v1/{long}")).send().await.is("NOT_FOUND");
    app.get(&format!("/v1/messages/msg_{long}")).send().await.is("NOT_FOUND");
    app.get(&format!("/v1/messages?cursor={long}")).send().await.is("CURSOR_INVALID");
    app.get("/v1/messages").key(&long).send().await.is("UNAUTHORIZED");

    let fields: serde_json::Map<_, _> = (0..50_000).map(|n| (format!("f{n}"), json!(1))).collect();
    let answer = app.post("/v1/messages", &fields.into()).send().await;
    assert!(answer.is("VALIDATION_FAILED").body.len() < SMALL, "{}", answer.body.len());
    let answer = app.post("/v1/messages", &json!({ long: 1 })).send().await;
    assert!(answer.is("VALIDATION_FAILED").body.len() < SMALL, "{}", answer.body.len());
}

#[tokio::test]
async fn odd_paths_and_headers_are_refused_and_nothing_else() {
    let app = App::new();
    for path in [
        "/webhooks//",
        "/webhooks/%00",
        "/webhooks/paper/%2e%2e/%2e%2e/v1",
        "/webhooks/paper//",
        "/webhooks/paper/paper-test?%",
        "/v1/messages/%00",
        "/v1/messages/msg_%F0%9F%92%A9",
        "/v1/sandbox/faults/%2F",
        "/errors/%C3%A9",
        "/docs/../v1",
    ] {
        for method in ["GET", "POST"] {
            let status = app.call(method, path).send().await.status.as_u16();
            assert!((400..500).contains(&status), "{method} {path}: {status}");
        }
    }
    let odd = HeaderValue::from_bytes(b"\xff\xfe").unwrap();
    for name in ["authorization", "idempotency-key", "x-request-id", "last-event-id", "content-type"] {
        let call = app.post("/v1/messages", &json!({ "to": "+15550001001", "text": "hi" }));
        let status = call.raw_header(name, &odd).send().await.status.as_u16();
        assert!(status < 500, "{name}: {status}");
    }
}

#[tokio::test]
async fn what_takes_up_too_much_is_turned_away_and_small_callbacks_still_pass() {
    let none = Settings { large_bodies: 0, streams: 1, ..Settings::for_url("https://gw.example.net") };
    let app = App::with(|api| api.room = Room::new(&none));
    let callback = |text: &str| {
        let body = json!({ "id": "c-1", "text": text }).to_string();
        app.call("POST", "/webhooks/paper").no_key().header("x-word", "please").body(body)
    };
    let full = callback(&"x".repeat(20_000)).send().await;
    full.is("OVERLOADED");
    assert_eq!(full.headers["retry-after"], "1");
    assert_eq!(callback("short").send().await.status, 200);
    let api = app.post("/v1/messages", &json!({ "to": "+15550001001", "text": "x".repeat(20_000) }));
    api.send().await.is("OVERLOADED");

    let first = app.get("/v1/events/stream").respond().await;
    app.get("/v1/events/stream").send().await.is("OVERLOADED");
    drop(first);
    assert_eq!(app.get("/v1/events/stream").respond().await.status(), 200);
}
