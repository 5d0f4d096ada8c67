use omni_core::secret::Secret;
use omni_core::webhook::Refusal;

use super::super::signature::{verify, without_secret};
use super::{request, settings};

fn word(url: &str, body: &str) -> &'static str {
    verify(&settings(), &request(url, body)).map_or_else(|refusal: Refusal| refusal.reason(), |_| "verified")
}

#[test]
fn only_the_webhooks_own_secret_opens() {
    let deep = format!(
        r#"{{"webhook_id":"w1","secret_key":"s3cret-one","payload":{}{}}}"#,
        "[".repeat(200),
        "]".repeat(200)
    );
    let wide =
        format!(r#"{{"webhook_id":"w1","secret_key":"s3cret-one","payload":"{}"}}"#, "x".repeat(1 << 20));
    let cases = [
        ("as it should be", r#"{"webhook_id":"w1","secret_key":"s3cret-one"}"#, "verified"),
        ("the secret before", r#"{"webhook_id":"w1","secret_key":"s3cret-old"}"#, "verified"),
        (
            "in any order, escaped",
            r#"{"payload":{"a":[1,2.5,null,true,-1,"x"]},"secret_key":"s3cret\u002done","webhook_id":"w1"}"#,
            "verified",
        ),
        (
            "with half an emoji in a text",
            r#"{"webhook_id":"w1","secret_key":"s3cret-one","payload":{"text":"cut \ud83d"}}"#,
            "verified",
        ),
        ("another webhook's", r#"{"webhook_id":"w1","secret_key":"s3cret-two"}"#, "secret_wrong"),
        ("a longer one", r#"{"webhook_id":"w1","secret_key":"s3cret-one "}"#, "secret_wrong"),
        ("an unknown webhook", r#"{"webhook_id":"w9","secret_key":"s3cret-one"}"#, "webhook_unknown"),
        ("no webhook", r#"{"secret_key":"s3cret-one"}"#, "webhook_unknown"),
        ("no secret", r#"{"webhook_id":"w1"}"#, "secret_missing"),
        ("an empty one", r#"{"webhook_id":"w1","secret_key":""}"#, "secret_wrong"),
        ("an empty one for an empty setting", r#"{"webhook_id":"w3","secret_key":""}"#, "secret_wrong"),
        ("null", r#"{"webhook_id":"w1","secret_key":null}"#, "body_unreadable"),
        ("a number", r#"{"webhook_id":"w1","secret_key":1}"#, "body_unreadable"),
        ("an array", r#"{"webhook_id":"w1","secret_key":["s3cret-one"]}"#, "body_unreadable"),
        (
            "twice",
            r#"{"webhook_id":"w1","secret_key":"s3cret-one","secret_key":"s3cret-one"}"#,
            "body_unreadable",
        ),
        (
            "twice, once escaped",
            r#"{"webhook_id":"w1","secret_key":"s3cret-one","secret\u005fkey":"x"}"#,
            "body_unreadable",
        ),
        (
            "two webhooks",
            r#"{"webhook_id":"w1","webhook_id":"w2","secret_key":"s3cret-one"}"#,
            "body_unreadable",
        ),
        (
            "inside the payload",
            r#"{"webhook_id":"w1","payload":{"secret_key":"s3cret-one"}}"#,
            "secret_missing",
        ),
        ("inside an array", r#"[{"webhook_id":"w1","secret_key":"s3cret-one"}]"#, "body_unreadable"),
        ("cut", r#"{"webhook_id":"w1","secret_key":"s3cret-one""#, "body_unreadable"),
        ("with something behind", r#"{"webhook_id":"w1","secret_key":"s3cret-one"} x"#, "body_unreadable"),
        ("a form", "secret_key=s3cret-one", "body_unreadable"),
        ("nothing", "", "body_unreadable"),
        ("too deep", &deep, "body_unreadable"),
        ("too large", &wide, "body_too_large"),
    ];
    for (name, body, expect) in cases {
        assert_eq!(word("https://h/webhooks/livechat/x", body), expect, "{name}");
    }
    let mut get = request("https://h/", r#"{"webhook_id":"w1","secret_key":"s3cret-one"}"#);
    get.method = "GET".into();
    assert_eq!(verify(&settings(), &get), Err(Refusal::Method));
}

#[test]
fn a_path_token_must_end_the_path() {
    let mut settings = settings();
    settings.path_token = Some(Secret::new("h3Kd"));
    let body = r#"{"webhook_id":"w1","secret_key":"s3cret-one"}"#;
    let cases = [
        ("https://h/webhooks/livechat/h3Kd", true),
        ("https://h/webhooks/livechat/main/h3Kd/", true),
        ("https://h/webhooks/livechat/h3Kd?x=/y", true),
        ("https://h/webhooks/livechat/h3Kd/x", false),
        ("https://h/webhooks/livechat/H3KD", false),
        ("https://h/webhooks/livechat", false),
        ("https://h/webhooks/livechat/x?h3Kd", false),
    ];
    for (url, expect) in cases {
        assert_eq!(verify(&settings, &request(url, body)).is_ok(), expect, "{url}");
    }
}

#[test]
fn what_is_kept_holds_no_secret() {
    let cases = [
        r#"{"webhook_id":"w1","secret_key":"s3cret-one","payload":{"text":"my s3cret-two"}}"#,
        r#"{"webhook_id":"w1","secret_key":"s3cret\u002done"}"#,
        r#"{"webhook_id":"w1","secret_key":["s3cret-one"]}"#,
        r#"{"webhook_id":"w1","secret_key":"s3cret\u002done","payload":{"text":"cut \ud83d"}}"#,
        "secret_key=s3cret-old&action=x",
        r#"{"secret_key":"s3cret-one""#,
    ];
    for body in cases {
        let kept = without_secret(&settings(), &body.to_owned().into());
        let kept = String::from_utf8(kept.to_vec()).unwrap();
        assert!(!kept.contains("s3cret"), "{body} -> {kept}");
        assert!(kept.contains("***"), "{body} -> {kept}");
    }
}
