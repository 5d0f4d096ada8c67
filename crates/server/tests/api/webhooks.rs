//! Callbacks of carriers.

use crate::app::App;
use serde_json::json;

const BODY: &str = r#"{"id":"m-1","text":"hello"}"#;

#[tokio::test]
async fn a_callback_is_stored_once_and_answered_by_its_carrier() {
    let app = App::new();
    let call =
        || app.call("POST", "/webhooks/paper/paper-test").no_key().header("x-word", "please").body(BODY);
    assert_eq!(call().send().await.status, 200);
    assert_eq!(call().send().await.status, 200, "the carrier's repetition");
    let page = app.get("/v1/messages?direction=inbound").send().await;
    let [message] = &page.data()[..] else { panic!("{}", page.text()) };
    assert_eq!(message["text"], "hello");
    assert_eq!(message["from"], "+13035550177");
    assert_eq!(message["content"], json!({ "type": "text", "text": "hello" }));
    assert_eq!(message["connection"], "paper-test");
}

#[tokio::test]
async fn the_path_says_whom_a_callback_is_for() {
    let app = App::new();
    let cases = [
        ("/webhooks/paper", 200),
        ("/webhooks/paper/", 200),
        ("/webhooks/paper/paper-test", 200),
        ("/webhooks/paper/paper-test/status", 200),
        ("/webhooks/paper/status", 200),
        ("/webhooks/paper/inbound/token", 200),
        ("/webhooks/paper/paper-tset", 404),
        ("/webhooks/plastic", 404),
        ("/webhooks/plastic/paper-test", 404),
        ("/webhooks/", 404),
        ("/webhooks", 404),
    ];
    for (path, status) in cases {
        let answer = app.call("POST", path).no_key().header("x-word", "please").body(BODY).send().await;
        assert_eq!(answer.status, status, "{path}");
        match path {
            "/webhooks" | "/webhooks/" => drop(answer.is("NOT_FOUND")),
            _ if status == 404 => drop(answer.is("CONNECTION_UNKNOWN")),
            _ => {}
        }
    }
    for method in ["GET", "PUT", "DELETE", "HEAD", "OPTIONS", "PROPFIND"] {
        let call =
            app.call(method, "/webhooks/paper/paper-test").no_key().header("x-word", "please").body(BODY);
        assert_eq!(call.send().await.status, 200, "{method}: the carrier decides, not the router");
    }
}

#[tokio::test]
async fn a_carrier_sees_the_request_as_it_was_made() {
    let app = App::new();
    let path = "/webhooks/paper/paper-test/a%20b%2F?x=%7B1%7D&&y#";
    let call = app.call("POST", path.trim_end_matches('#')).no_key().header("x-word", "please");
    let call = call.header("X-Twice", "1").header("X-Twice", "2").from("198.51.100.20").body(BODY);
    call.send().await;
    let seen = app.seen.take().unwrap();
    assert_eq!(seen.method, "POST");
    assert_eq!(seen.url, "https://gw.example.net/webhooks/paper/paper-test/a%20b%2F?x=%7B1%7D&&y");
    assert_eq!(seen.header_count("x-twice"), 2);
    assert_eq!(seen.header("x-word"), Some("please"));
    assert_eq!(&seen.body[..], BODY.as_bytes());
    assert_eq!(seen.received_at.to_string(), "2026-11-20T10:00:00Z");
    assert_eq!(seen.peer, Some("198.51.100.20".parse().unwrap()));
}

#[tokio::test]
async fn the_peer_is_whom_trusted_proxies_name() {
    let app = App::with(|api| api.settings.trusted_proxies = vec!["10.0.0.0/8".parse().unwrap()]);
    let cases = [
        ("10.1.2.3", "198.51.100.20, 10.9.9.9", Some("198.51.100.20")),
        ("203.0.113.66", "198.51.100.20", Some("203.0.113.66")),
        ("10.1.2.3", "nonsense", None),
    ];
    for (peer, forwarded, expect) in cases {
        let call = app.call("POST", "/webhooks/paper/paper-test").no_key().from(peer);
        call.header("x-forwarded-for", forwarded).body(BODY).send().await;
        let seen = app.seen.take().unwrap().peer;
        assert_eq!(seen, expect.map(|address| address.parse().unwrap()), "{peer} {forwarded}");
    }
}

#[tokio::test]
async fn what_goes_wrong_is_a_problem_and_never_a_panic() {
    let app = App::with(|api| api.settings.webhook_body_limit = 40);
    let call = |body: &str| {
        let call = app.call("POST", "/webhooks/paper/paper-test").no_key().header("x-word", "please");
        call.body(body.to_owned())
    };
    assert_eq!(call(&"x".repeat(41)).send().await.is("BODY_TOO_LARGE").status, 413);
    assert_eq!(call("not JSON").send().await.status, 200, "the carrier's answer to a quarantined request");
    let panicked = call(r#"{"panic":true}"#).send().await;
    assert_eq!(panicked.is("INTERNAL").status, 500);
    assert!(!panicked.text().contains("asked for"));
    let refused = app.call("POST", "/webhooks/paper/paper-test").no_key().body("x").send().await;
    assert_eq!(refused.status, 401);
}

#[tokio::test]
async fn what_a_person_wrote_is_marked_as_read_where_the_carrier_shows_it() {
    let app = App::new();
    app.call("POST", "/webhooks/paper/paper-test")
        .no_key()
        .header("x-word", "please")
        .body(BODY)
        .send()
        .await;
    let page = app.get("/v1/messages?direction=inbound").send().await;
    let path = format!("/v1/messages/{}/read", page.ids()[0]);
    let typing = app.post(&path, &json!({ "typing": true })).send().await;
    assert_eq!(typing.json, json!({ "shown": true }));
    let plain = app.call("POST", &path).send().await;
    assert_eq!((plain.status.as_u16(), &plain.json["shown"]), (200, &false.into()), "{}", plain.json);
    app.post(&path, &json!({ "typign": true })).send().await.is("VALIDATION_FAILED");
    app.post(&path, &json!({})).key(&app.foreign).send().await.is("NOT_FOUND");
    let ours = format!("/v1/messages/{}/read", app.sent("hi").await);
    app.call("POST", &ours).send().await.is("VALIDATION_FAILED");
}
