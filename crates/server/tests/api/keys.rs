//! Who may call.

use crate::app::App;

#[tokio::test]
async fn only_our_keys_open_the_api_and_a_401_says_what_is_wrong() {
    let app = App::new();
    let mistyped = format!("{}x", &app.key[..app.key.len() - 1]);
    let cases = [
        ("no header", None, "Authorization"),
        ("not bearer", Some("Basic abc".to_owned()), "Authorization"),
        ("foreign", Some("Bearer sk_live_1".to_owned()), "not an omniservice key"),
        ("mistyped", Some(format!("Bearer {mistyped}")), "mistyped"),
        ("unknown", Some(format!("Bearer {}", unknown_key())), "unknown"),
    ];
    for (what, header, words) in cases {
        let mut call = app.get("/v1/messages").no_key();
        if let Some(header) = &header {
            call = call.header("authorization", header);
        }
        let answer = call.send().await;
        assert_eq!(answer.status, 401, "{what}");
        answer.is("UNAUTHORIZED");
        assert!(answer.header("www-authenticate").starts_with("Bearer"), "{what}");
        assert!(answer.text().contains(words), "{what}: {}", answer.text());
        assert!(!answer.text().contains(&mistyped), "a key is never echoed");
    }
    let twice = app.get("/v1/messages").no_key();
    let bearer = format!("Bearer {}", app.key);
    twice.header("authorization", &bearer).header("authorization", &bearer).send().await.is("UNAUTHORIZED");
    let lower_case = app.get("/v1/messages").no_key().header("authorization", &format!("bearer {}", app.key));
    assert_eq!(lower_case.send().await.status, 200);
}

fn unknown_key() -> String {
    omni_server::auth::generate("other", omni_testkit::samples::acme(), true, [9; 16]).0
}

#[tokio::test]
async fn every_operation_but_the_systems_own_wants_a_key() {
    let app = App::new();
    let document = serde_json::to_value(omni_server::openapi()).unwrap();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let path = path.replace("{id}", "msg_1").replace("{carrier}", "paper");
            let answer = app.call(&method.to_uppercase(), &path).no_key().send().await;
            let open = operation["security"].as_array().is_some_and(Vec::is_empty);
            assert_eq!(open, !path.starts_with("/v1/"), "{path}");
            assert_eq!(answer.status == 401, !open, "{method} {path}: {}", answer.status);
        }
    }
}

#[tokio::test]
async fn a_live_key_does_not_reach_sandbox_numbers_nor_a_test_key_the_world() {
    let app = App::new();
    let body = |to: &str| serde_json::json!({ "to": to, "text": "hi" });
    let live = app.post("/v1/messages", &body("+15550001001")).key(&app.live).send().await;
    assert_eq!(live.is("SANDBOX_ADDRESS").json["errors"][0]["pointer"], "/to/phoneNumber");
    let live = app.post("/v1/messages", &body("+13035550177")).key(&app.live).send().await;
    assert_eq!(live.status, 202, "{}", live.text());
    let only_live = App::with_connections(&["paper-live"], |_| {});
    only_live.post("/v1/messages", &body("+15550001001")).send().await.is("NO_ROUTE");
}
