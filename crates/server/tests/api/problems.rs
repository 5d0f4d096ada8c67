//! What every request has: an id, and problems where something is wrong.

use crate::app::App;

#[tokio::test]
async fn unknown_addresses_and_methods_are_problems_too() {
    let app = App::new();
    for path in ["/", "/v2/messages", "/v1/messages/", "/v1", "/v1/nothing?x=1"] {
        let answer = app.get(path).no_key().send().await;
        assert_eq!(answer.is("NOT_FOUND").status, 404, "{path}");
    }
    assert!(app.get("/v1/mesages").send().await.text().contains("/v1/messages?"));
    for (method, path, allow) in [
        ("DELETE", "/v1/messages", "GET,HEAD,POST"),
        ("POST", "/v1/connections", "GET,HEAD"),
        ("GET", "/v1/messages/x/cancel", "POST"),
        ("PUT", "/livez", "GET,HEAD"),
        ("POST", "/docs", "GET,HEAD"),
    ] {
        let answer = app.call(method, path).send().await;
        assert_eq!(answer.is("METHOD_NOT_ALLOWED").status, 405, "{method} {path}");
        let mut allowed: Vec<_> = answer.header("allow").split(',').collect();
        allowed.sort_unstable();
        assert_eq!(allowed.join(","), allow, "{method} {path}");
    }
}

#[tokio::test]
async fn a_request_has_an_id_the_clients_or_ours() {
    let app = App::new();
    let theirs = app.get("/v1/nothing").header("x-request-id", "abc-123").send().await;
    assert_eq!((theirs.header("x-request-id"), &theirs.json["requestId"]), ("abc-123", &"abc-123".into()));
    assert_eq!(theirs.json["instance"], "/v1/nothing");
    for bad in ["", "with space", "<script>", &"x".repeat(129)] {
        let ours = app.get("/v1/nothing").header("x-request-id", bad).send().await;
        assert!(ours.header("x-request-id").starts_with("trc_"), "{bad}");
        assert_eq!(ours.json["requestId"], ours.header("x-request-id"));
    }
    assert!(app.get("/livez").send().await.header("x-request-id").starts_with("trc_"));
}

#[tokio::test]
async fn every_kind_of_error_has_its_page() {
    let app = App::new();
    for code in omni_core::problem::ALL {
        let page = app.get(&format!("/errors/{}", code.code)).no_key().send().await;
        assert_eq!(page.status, 200, "{}", code.code);
        assert!(page.text().contains(code.code));
    }
    app.get("/errors/NO_SUCH").no_key().send().await.is("NOT_FOUND");
}
