//! Pages, cursors, filters, and the walls between tenants.

use crate::app::App;

#[tokio::test]
async fn pages_follow_each_other_without_gaps_or_doubles() {
    let app = App::new();
    let mut sent = Vec::new();
    for n in 0..7 {
        app.clock.advance(std::time::Duration::from_secs(1));
        sent.push(app.sent(&n.to_string()).await);
    }
    sent.reverse();
    let mut seen: Vec<String> = Vec::new();
    let mut path = "/v1/messages?limit=3".to_owned();
    let mut pages = 0;
    loop {
        let page = app.get(&path).send().await;
        seen.extend(page.ids().into_iter().map(str::to_owned));
        pages += 1;
        let Some(next) = page.json["nextCursor"].as_str() else { break };
        path = format!("/v1/messages?cursor={next}&limit=3");
    }
    assert_eq!((seen, pages), (sent, 3));
    assert!(app.get("/v1/messages").send().await.json["nextCursor"].is_null());
}

#[tokio::test]
async fn a_cursor_belongs_to_its_listing() {
    let app = App::new();
    for n in 0..3 {
        app.sent(&n.to_string()).await;
        let foreign = serde_json::json!({ "to": "+15550001001", "text": "theirs" });
        app.post("/v1/messages", &foreign).key(&app.foreign).send().await;
    }
    let page = app.get("/v1/messages?limit=1&status=queued").send().await;
    let cursor = page.json["nextCursor"].as_str().unwrap();
    let again = app.get(&format!("/v1/messages?status=queued&limit=2&cursor={cursor}")).send().await;
    assert_eq!(again.data().len(), 2, "the limit is not part of a listing");
    for other in [
        format!("/v1/messages?cursor={cursor}"),
        format!("/v1/messages?status=sent&cursor={cursor}"),
        format!("/v1/conversations?cursor={cursor}"),
        format!("/v1/events?cursor={cursor}"),
        format!("/v1/journal?cursor={cursor}"),
        format!("/v1/messages?status=queued&cursor=A{cursor}"),
        "/v1/dead-letters?cursor=".to_owned(),
    ] {
        assert_eq!(app.get(&other).send().await.is("CURSOR_INVALID").status, 400, "{other}");
    }
    let theirs = app.get(&format!("/v1/messages?status=queued&cursor={cursor}")).key(&app.foreign);
    theirs.send().await.is("CURSOR_INVALID");
}

#[tokio::test]
async fn filters_choose_and_unknown_parameters_are_errors() {
    let app = App::new();
    let first = app.sent("a").await;
    app.call("POST", &format!("/v1/messages/{first}/cancel")).send().await;
    let second = app.sent("b").await;
    let conversation = app.get(&format!("/v1/messages/{second}")).send().await.json["conversationId"].clone();
    let conversation = conversation.as_str().unwrap();
    let cases = [
        ("status=canceled".to_owned(), vec![&first]),
        ("status=queued&direction=outbound".to_owned(), vec![&second]),
        ("direction=inbound".to_owned(), vec![]),
        (format!("conversationId={conversation}"), vec![&second, &first]),
        (format!("conversationId={conversation}&status=canceled"), vec![&first]),
    ];
    for (query, expect) in cases {
        let page = app.get(&format!("/v1/messages?{query}")).send().await;
        assert_eq!(page.ids(), expect, "{query}");
    }
    let wrong = app.get("/v1/messages?stauts=sent&limit=0&direction=up").send().await;
    let pointers: Vec<_> =
        wrong.is("QUERY_INVALID").json["errors"].as_array().unwrap().iter().map(|e| &e["pointer"]).collect();
    assert_eq!(pointers, ["?stauts", "?direction", "?limit"]);
    assert!(wrong.text().contains("Did you mean `status`?"));
    app.get("/v1/messages?conversationId=msg_1").send().await.is("ID_WRONG_TYPE");
    app.get("/v1/connections?limit=1").send().await.is("QUERY_INVALID");
    let body = serde_json::json!({ "to": "+15550001001", "text": "hi" });
    app.post("/v1/messages?dryRun=true", &body).send().await.is("QUERY_INVALID");
}

#[tokio::test]
async fn ids_tell_what_they_name() {
    let app = App::new();
    let ulid = "01K5D00000000000000000M5G0";
    for (path, code) in [
        (format!("/v1/messages/conv_{ulid}"), "ID_WRONG_TYPE"),
        (format!("/v1/messages/{ulid}"), "ID_WRONG_TYPE"),
        (format!("/v1/messages/msg_{ulid}"), "NOT_FOUND"),
        ("/v1/messages/msg_nonsense".to_owned(), "NOT_FOUND"),
        ("/v1/messages/%ff".to_owned(), "NOT_FOUND"),
        (format!("/v1/conversations/msg_{ulid}/messages"), "ID_WRONG_TYPE"),
        (format!("/v1/customers/msg_{ulid}"), "ID_WRONG_TYPE"),
        (format!("/v1/dead-letters/msg_{ulid}"), "ID_WRONG_TYPE"),
        (format!("/v1/journal/msg_{ulid}"), "ID_WRONG_TYPE"),
    ] {
        app.get(&path).send().await.is(code);
    }
}

#[tokio::test]
async fn nobody_sees_another_tenants_things() {
    let app = App::new();
    let message = app.get(&format!("/v1/messages/{}", app.sent("ours").await)).send().await.json;
    let text = |name: &str| message[name].as_str().unwrap().to_owned();
    let (id, conversation, customer) = (text("id"), text("conversationId"), text("customerId"));
    for (method, path) in [
        ("GET", format!("/v1/messages/{id}")),
        ("GET", format!("/v1/messages/{id}/trace")),
        ("POST", format!("/v1/messages/{id}/cancel")),
        ("GET", format!("/v1/conversations/{conversation}")),
        ("GET", format!("/v1/conversations/{conversation}/messages")),
        ("GET", format!("/v1/customers/{customer}")),
    ] {
        assert_eq!(
            app.call(method, &path).key(&app.foreign).send().await.is("NOT_FOUND").status,
            404,
            "{path}"
        );
        assert_eq!(app.call(method, &path).send().await.status, 200, "{path}");
    }
    for path in ["/v1/messages", "/v1/conversations", "/v1/events", "/v1/connections"] {
        assert!(app.get(path).key(&app.foreign).send().await.data().is_empty(), "{path}");
        assert!(!app.get(path).send().await.data().is_empty(), "{path}");
    }
    let into_theirs = serde_json::json!({ "conversationId": conversation, "text": "hi" });
    let answer = app.post("/v1/messages", &into_theirs).key(&app.foreign).send().await;
    answer.is("NOT_FOUND");
}

#[tokio::test]
async fn a_connection_is_checked_at_its_carrier_for_its_tenant_only() {
    let app = App::new();
    let checked = app.call("POST", "/v1/connections/paper-test/check").send().await;
    assert_eq!((checked.status.as_u16(), &checked.json["ok"]), (200, &false.into()), "{}", checked.json);
    assert!(checked.json["detail"].as_str().unwrap().contains("no network in tests"), "{}", checked.json);
    app.call("POST", "/v1/connections/paper-test/check").key(&app.foreign).send().await.is("NOT_FOUND");
    app.call("POST", "/v1/connections/paper-tset/check").send().await.is("NOT_FOUND");
    app.get("/v1/connections/paper-test/check").send().await.is("METHOD_NOT_ALLOWED");
}

#[tokio::test]
async fn a_file_is_left_with_a_carrier_that_keeps_files() {
    let app = App::new();
    let upload = |connection: &str, name: &str, kind: &str, bytes: usize| {
        let call = app.call("POST", &format!("/v1/connections/{connection}/media?filename={name}"));
        call.header("content-type", kind).body(vec![b'x'; bytes])
    };
    let kept = upload("paper-test", "a%2Fposter.png", "image/png; a=b", 1_000).send().await;
    assert_eq!(kept.status, 201, "{}", kept.text());
    let expect =
        serde_json::json!({ "id": "77", "mime": "image/png", "filename": "poster.png", "size": 1_000 });
    assert_eq!(kept.json, expect);
    let cases = [
        ("too large", "paper-test", "poster.png", "image/png", 1_001, "BODY_TOO_LARGE"),
        ("empty", "paper-test", "poster.png", "image/png", 0, "BODY_UNREADABLE"),
        ("of no kind", "paper-test", "poster.png", "application/x-www-form-urlencoded", 9, "BODY_UNREADABLE"),
        ("refused", "paper-test", "worm.exe", "image/png", 9, "UPLOAD_REFUSED"),
        ("nobody there", "paper-test", "late.png", "image/png", 9, "UPLOAD_FAILED"),
        ("a test key on a live connection", "paper-live", "poster.png", "image/png", 9, "FORBIDDEN"),
        ("a typing mistake", "paper-tset", "poster.png", "image/png", 9, "NOT_FOUND"),
        ("an unknown parameter", "paper-test", "poster.png&name=x", "image/png", 9, "QUERY_INVALID"),
    ];
    for (what, connection, name, kind, bytes, code) in cases {
        let answer = upload(connection, name, kind, bytes).send().await;
        assert_eq!(answer.json["code"], code, "{what}: {}", answer.text());
    }
    let live = upload("paper-live", "poster.png", "image/png", 9).key(&app.live).send().await;
    assert!(live.is("UPLOAD_REFUSED").text().contains("keeps no files"));
    upload("paper-test", "poster.png", "image/png", 9).key(&app.foreign).send().await.is("NOT_FOUND");
}

#[tokio::test]
async fn connections_show_where_to_point_the_carrier_and_how_they_are() {
    let app = App::new();
    let now = app.samples.now();
    let id = "paper-live".parse().unwrap();
    app.api.engine.breakers.failed(&id, omni_core::failure::ErrorClass::Auth, now);
    let page = app.get("/v1/connections").send().await;
    assert_eq!(page.ids(), ["paper-live", "paper-test"]);
    let [live, test] = [&page.data()[0], &page.data()[1]];
    assert_eq!(live["webhookUrl"], "https://gw.example.net/webhooks/paper/paper-live");
    assert_eq!(live["breaker"], "open");
    assert_eq!(live["retriesAt"], "2026-11-20T10:00:10Z");
    assert_eq!(test["breaker"], "closed");
    assert_eq!(test["senders"][0], serde_json::json!({ "channel": "sms", "address": "+12065550100" }));
    assert_eq!((&live["sandbox"], &test["sandbox"]), (&false.into(), &true.into()));
    assert_eq!(test["capabilities"]["maxText"], 1600);
    assert_eq!(&app.get("/v1/connections/paper-live").send().await.json, live);
    app.get("/v1/connections/paper-nowhere").send().await.is("NOT_FOUND");
    app.get("/v1/connections/paper-live").key(&app.foreign).send().await.is("NOT_FOUND");
}
