//! What came in on the wire, and taking it in once more.

use crate::app::App;

async fn callback(app: &App, word: &str, body: &str) -> u16 {
    let call = app.call("POST", "/webhooks/paper/paper-test?x=1").no_key().header("x-word", word);
    call.header("authorization", "Basic c2VjcmV0").body(body.to_owned()).send().await.status.as_u16()
}

const BODY: &str = r#"{"id":"m-1","text":"hello"}"#;

#[tokio::test]
async fn requests_are_kept_and_shown_without_credentials() {
    let app = App::new();
    callback(&app, "please", BODY).await;
    let page = app.get("/v1/journal").send().await;
    let [id] = page.ids()[..] else { panic!("{}", page.text()) };
    assert_eq!(
        (&page.data()[0]["outcome"], &page.data()[0]["bytes"]),
        (&"accept".into(), &BODY.len().into())
    );
    assert!(app.get("/v1/journal?setAside=true").send().await.data().is_empty());
    let whole = app.get(&format!("/v1/journal/{id}")).send().await;
    assert_eq!((&whole.json["body"], &whole.json["bodyEncoding"]), (&BODY.into(), &"text".into()));
    assert_eq!(whole.json["head"]["url"], "https://gw.example.net/webhooks/paper/paper-test?x=1");
    assert_eq!(whole.json["head"]["method"], "POST");
    assert!(!whole.text().contains("c2VjcmV0"), "credentials are blanked");
    app.get(&format!("/v1/journal/{id}")).key(&app.foreign).send().await.is("NOT_FOUND");
    assert!(app.get("/v1/journal").key(&app.foreign).send().await.data().is_empty());
}

#[tokio::test]
async fn a_replay_believes_what_was_verified_and_stores_nothing_twice() {
    let app = App::new();
    // What proves this one is blanked in the journal, so it cannot verify a second time.
    let call = app.call("POST", "/webhooks/paper").no_key().header("authorization", "Basic cGxlYXNl");
    assert_eq!(call.body(BODY).send().await.status, 200);
    let id = app.get("/v1/journal").send().await.ids()[0].to_owned();
    let replayed = app.call("POST", &format!("/v1/journal/{id}/replay")).send().await;
    assert_eq!(replayed.json, serde_json::json!({ "outcome": "accept", "messageIds": [], "duplicates": 1 }));
    assert_eq!(app.get("/v1/messages").send().await.data().len(), 1);

    callback(&app, "please", "not JSON").await;
    let page = app.get("/v1/journal?setAside=true").send().await;
    assert_eq!(
        (&page.data()[0]["outcome"], &page.data()[0]["reasons"][0]),
        (&"quarantine".into(), &"not_json".into())
    );
    let replayed = app.call("POST", &format!("/v1/journal/{}/replay", page.ids()[0])).send().await;
    assert_eq!(replayed.json["outcome"], "quarantine", "as unreadable as before");
}

#[tokio::test]
async fn a_refused_request_is_shown_where_it_can_be_nobody_elses_and_must_verify() {
    let app = App::new();
    assert_eq!(callback(&app, "wrong", BODY).await, 401);
    let page = app.get("/v1/journal?setAside=true").send().await;
    let [id] = page.ids()[..] else { panic!("{}", page.text()) };
    assert_eq!(page.data()[0]["reasons"][0], "word_wrong");
    assert_eq!(app.get(&format!("/v1/journal/{id}")).send().await.json["body"], BODY);
    let replayed = app.call("POST", &format!("/v1/journal/{id}/replay")).send().await;
    assert_eq!(
        (&replayed.json["outcome"], &replayed.json["messageIds"]),
        (&"reject".into(), &serde_json::json!([]))
    );
    app.get(&format!("/v1/journal/{id}")).key(&app.foreign).send().await.is("NOT_FOUND");

    let shared = App::with_connections(&["paper-test", "globex-test"], |_| {});
    assert_eq!(callback(&shared, "wrong", BODY).await, 401);
    for key in [&shared.key, &shared.foreign] {
        assert!(shared.get("/v1/journal").key(key).send().await.data().is_empty(), "it may be the other's");
    }
}

#[tokio::test]
async fn bodies_that_are_no_text_and_pages() {
    let app = App::new();
    let call = app.call("POST", "/webhooks/paper/paper-test").no_key().header("x-word", "please");
    call.body(&b"\xff\xfe"[..]).send().await;
    for n in 0..4 {
        app.clock.advance(std::time::Duration::from_secs(1));
        callback(&app, if n % 2 == 0 { "please" } else { "wrong" }, &format!(r#"{{"id":"m-{n}"}}"#)).await;
    }
    let all = app.get("/v1/journal").send().await;
    assert_eq!(all.data().len(), 5);
    let (mut seen, mut path) = (Vec::new(), "/v1/journal?limit=2".to_owned());
    loop {
        let page = app.get(&path).send().await;
        seen.extend(page.ids().into_iter().map(str::to_owned));
        let Some(next) = page.json["nextCursor"].as_str() else { break };
        path = format!("/v1/journal?limit=2&cursor={next}");
    }
    assert_eq!(seen, all.ids());
    let binary = app.get(&format!("/v1/journal/{}", seen[4])).send().await;
    assert_eq!((&binary.json["body"], &binary.json["bodyEncoding"]), (&"//4=".into(), &"base64".into()));
}
