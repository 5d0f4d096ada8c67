//! Security policies, and callbacks that show a bearer token.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::extract::State;
use axum::routing::post;

use super::*;

/// A token endpoint that counts what it gave; the secret `wrong` gets nothing.
async fn endpoint() -> (String, Arc<AtomicUsize>) {
    async fn give(State(given): State<Arc<AtomicUsize>>, form: String) -> (u16, String) {
        let fields: Vec<(String, String)> =
            url::form_urlencoded::parse(form.as_bytes()).into_owned().collect();
        let is = |name: &str, value: &str| fields.contains(&(name.to_owned(), value.to_owned()));
        if !is("grant_type", "client_credentials")
            || !is("client_id", "client_456")
            || !is("client_secret", "s&1")
        {
            return (401, json!({ "error": "invalid_client" }).to_string());
        }
        let number = given.fetch_add(1, Ordering::SeqCst) + 1;
        let token = format!("token-{number}{}", if is("scope", "a b") { "-scoped" } else { "" });
        (200, json!({ "access_token": token, "token_type": "Bearer", "expires_in": 3_600 }).to_string())
    }
    let given = Arc::new(AtomicUsize::new(0));
    let answer = |state, form| async move {
        let (status, body) = give(state, form).await;
        (axum::http::StatusCode::from_u16(status).expect("a status"), body)
    };
    let app = Router::new().route("/token", post(answer)).with_state(Arc::clone(&given));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}/token", listener.local_addr().expect("bound"));
    tokio::spawn(async move { axum::serve(listener, app).await.expect("it serves") });
    (url, given)
}

fn policy(token_url: &str, changes: &Value) -> Value {
    let oauth = json!({ "client_id": "client_456", "client_secret": "s&1", "token_url": token_url });
    let mut policy = json!({ "name": "gw", "signature": { "enabled": true }, "oauth": oauth });
    for (name, value) in changes.as_object().expect("an object") {
        policy[name] = value.clone();
    }
    policy
}

async fn post_policy(bench: &Bench, body: &Value) -> (u16, Value) {
    let (status, body, _) = call(bench, Method::POST, "user/webhooks/security/policies", body).await;
    (status, body)
}

async fn attach(bench: &Bench, id: &str) -> (u16, Value) {
    let body = json!({ "security_policy": id });
    let path = "user/webhooks/parse/settings/in.acmetravel.test";
    let (status, body, _) = call(bench, Method::PATCH, path, &body).await;
    (status, body)
}

fn shown(arrived: &Arrived) -> Option<&str> {
    arrived.headers.get("authorization").map(String::as_str)
}

#[tokio::test]
async fn mail_follows_the_attached_policy() {
    let bench = Bench::start().await;
    let (url, given) = endpoint().await;
    let oauth =
        json!({ "client_id": "client_456", "client_secret": "s&1", "token_url": url, "scopes": ["a", "b"] });
    let (status, made) = post_policy(&bench, &policy(&url, &json!({ "oauth": oauth }))).await;
    assert_eq!((status, &made["policy"]["oauth"]["client_id"]), (201, &json!("client_456")));
    assert!(!made.to_string().contains("s&1"), "no answer shows the secret");
    assert!(made["policy"]["signature"]["public_key"].is_string());
    let id = made["policy"]["id"].as_str().unwrap();
    // Nothing changes before it is attached.
    bench.trigger("sendgrid.email", nothing()).await;
    assert_eq!(shown(&bench.next().await), None);
    assert_eq!(attach(&bench, id).await.1["security_policy"], id);
    for _ in 0..2 {
        bench.trigger("sendgrid.email", nothing()).await;
        let arrived = bench.next().await;
        assert!(signed(&bench, &arrived));
        assert_eq!(shown(&arrived), Some("Bearer token-1-scoped"));
    }
    // Events have a setting of their own.
    bench.trigger("sendgrid.delivered", nothing()).await;
    assert_eq!(shown(&bench.next().await), None);
    assert_eq!(given.load(Ordering::SeqCst), 1, "the token is kept");
    // A refused token is not shown again.
    bench.answer_once_with(401);
    bench.trigger("sendgrid.email", nothing()).await;
    bench.next().await;
    bench.trigger("sendgrid.email", nothing()).await;
    assert_eq!(shown(&bench.next().await), Some("Bearer token-2-scoped"));
}

#[tokio::test]
async fn a_policy_of_oauth_alone_signs_nothing() {
    let bench = Bench::start().await;
    let (url, _) = endpoint().await;
    let (_, made) = post_policy(&bench, &policy(&url, &json!({ "signature": { "enabled": false } }))).await;
    assert_eq!(made["policy"].get("signature"), None);
    attach(&bench, made["policy"]["id"].as_str().unwrap()).await;
    bench.trigger("sendgrid.email", nothing()).await;
    let arrived = bench.next().await;
    assert_eq!(shown(&arrived), Some("Bearer token-1"));
    assert!(!arrived.headers.contains_key("x-twilio-email-event-webhook-signature"));
}

#[tokio::test]
async fn events_show_a_token_once_it_is_set_up() {
    let bench = Bench::start().await;
    let (url, _) = endpoint().await;
    let change = async |body: Value| {
        let (status, body, _) = call(&bench, Method::PATCH, "user/webhooks/event/settings/1", &body).await;
        (status, body)
    };
    let whole =
        json!({ "oauth_client_id": "client_456", "oauth_client_secret": "s&1", "oauth_token_url": url });
    assert_eq!(change(json!({ "oauth_client_id": "client_456" })).await.0, 400);
    assert_eq!(change(json!({ "oauth_client_id": "client_456", "oauth_token_url": url })).await.0, 400);
    let (status, shown_settings) = change(whole).await;
    assert_eq!((status, &shown_settings["oauth_client_id"]), (200, &json!("client_456")));
    assert_eq!(shown_settings.get("oauth_client_secret"), None);
    bench.trigger("sendgrid.delivered", nothing()).await;
    let arrived = bench.next().await;
    assert!(signed(&bench, &arrived));
    assert_eq!(shown(&arrived), Some("Bearer token-1"));
    // The secret is known by now; without a token nothing is sent.
    let (status, _) = change(json!({ "oauth_client_id": "somebody", "oauth_token_url": url })).await;
    assert_eq!(status, 200);
    assert!(bench.twins.trigger("sendgrid.delivered", serde_json::Map::new()).await.is_err());
    assert_eq!(change(json!({ "oauth_client_id": "" })).await.0, 200);
    bench.trigger("sendgrid.delivered", nothing()).await;
    assert_eq!(shown(&bench.next().await), None);
}

#[tokio::test]
async fn policies_are_kept_as_the_api_says() {
    let bench = Bench::start().await;
    let url = "https://gw.example.net/webhooks/sendgrid/oauth/token";
    #[rustfmt::skip]
    let cases = [
        ("neither",         json!({ "signature": null, "oauth": null }), "oauth"),
        ("no name",         json!({ "name": "" }), "name"),
        ("no secret",       json!({ "oauth": { "client_id": "a", "token_url": url } }), "oauth.client_secret"),
        ("no token URL",    json!({ "oauth": { "client_id": "a", "client_secret": "b" } }), "oauth.token_url"),
        ("no URL",          json!({ "oauth": { "client_id": "a", "client_secret": "b", "token_url": "x" } }), "oauth.token_url"),
    ];
    for (name, changes, field) in cases {
        let (status, body) = post_policy(&bench, &policy(url, &changes)).await;
        assert_eq!((status, body["errors"][0]["field"].as_str()), (400, Some(field)), "{name}");
    }
    assert_eq!(post_policy(&bench, &json!({ "name": "gw" })).await.0, 400);
    let (_, made) = post_policy(&bench, &policy(url, &json!({}))).await;
    let path = format!("user/webhooks/security/policies/{}", made["policy"]["id"].as_str().unwrap());
    let (status, changed, _) = call(&bench, Method::PATCH, &path, &json!({ "name": "other" })).await;
    assert_eq!((status, &changed["policy"]["name"]), (200, &json!("other")));
    assert_eq!(get(&bench, &path).await.1["policy"]["name"], "other");
    assert_eq!(
        get(&bench, "user/webhooks/security/policies").await.1["policies"].as_array().unwrap().len(),
        2
    );
    assert_eq!(attach(&bench, "nobody").await.0, 400);
    assert_eq!(attach(&bench, made["policy"]["id"].as_str().unwrap()).await.0, 200);
    let delete = async |path: &str| answer(super::request(&bench, Method::DELETE, path)).await.0;
    assert_eq!(delete(&path).await, 400, "it is attached");
    assert_eq!(attach(&bench, "7c1e5a90-3b42-4d6f-9a1c-5e0d8b7f2a36").await.0, 200);
    assert_eq!((delete(&path).await, delete(&path).await), (204, 404));
    assert_eq!(get(&bench, &path).await.0, 404);
    assert_eq!(get(&bench, "user/webhooks/parse/settings/other.example").await.0, 404);
}
