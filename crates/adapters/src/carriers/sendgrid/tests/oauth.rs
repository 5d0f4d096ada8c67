//! The token endpoint, and the bearer tokens that it gives.

use super::*;
use crate::carriers::sendgrid::token::mint;

const URL: &str = "acme-mail/oauth/token";
const CLIENT: &str = "sendgrid-acme";
const SECRET: &str = "n3w+secret/with=odd&signs";
const OLD_SECRET: &str = "the-old-secret";
const FORM: &str = "application/x-www-form-urlencoded";
/// The client's credentials in a form.
const IN_FORM: &str = "client_id=sendgrid-acme&client_secret=n3w%2Bsecret%2Fwith%3Dodd%26signs";

fn oauth(extra: &Value) -> Value {
    let mut oauth =
        json!({ "client_id": CLIENT, "client_secret": SECRET, "previous_client_secret": OLD_SECRET });
    oauth.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    json!({ "oauth": oauth })
}

fn basic(user: &str, password: &str) -> (&'static str, String) {
    ("authorization", format!("Basic {}", STANDARD.encode(format!("{user}:{password}"))))
}

/// A request of the endpoint.
fn asking(body: &str, headers: &[(&str, String)]) -> WebhookRequest {
    let mut all = vec![("content-type", FORM.to_owned())];
    all.extend(headers.iter().cloned());
    request(URL, Bytes::copy_from_slice(body.as_bytes()), &all)
}

fn answered(settings: &Value, request: &WebhookRequest) -> (u16, Value, WebhookReply) {
    let reply = carrier(settings).handshake(request).expect("the token URL");
    (reply.status, serde_json::from_slice(&reply.body).expect("JSON"), reply)
}

fn token(settings: &Value) -> String {
    let (status, body, _) =
        answered(settings, &asking(&format!("grant_type=client_credentials&{IN_FORM}"), &[]));
    assert_eq!(status, 200, "{body}");
    body["access_token"].as_str().unwrap().to_owned()
}

fn showing(request: WebhookRequest, token: &str) -> WebhookRequest {
    let mut request = request;
    request.headers.push(("authorization".into(), format!("Bearer {token}").into()));
    request
}

#[test]
fn tokens_are_given_to_who_knows_a_secret() {
    let grant = "grant_type=client_credentials";
    let in_form = format!("{grant}&{IN_FORM}");
    #[rustfmt::skip]
    let cases = [
        ("credentials in the form",       in_form.clone(), vec![]),
        ("the old secret",                format!("{grant}&client_id={CLIENT}&client_secret={OLD_SECRET}"), vec![]),
        ("Basic, encoded",                grant.into(), vec![basic(CLIENT, "n3w%2Bsecret%2Fwith%3Dodd%26signs")]),
        ("Basic, plain",                  grant.into(), vec![basic(CLIENT, SECRET)]),
        ("Basic, scheme in lower case",   grant.into(), vec![("authorization", basic(CLIENT, OLD_SECRET).1.replace("Basic", "basic"))]),
        ("Basic, the id in the form too", format!("{grant}&client_id={CLIENT}"), vec![basic(CLIENT, SECRET)]),
        ("an empty scope",                format!("{in_form}&scope="), vec![]),
        ("a parameter that we ignore",    format!("{in_form}&audience=https%3A%2F%2Fgw.example.net"), vec![]),
    ];
    for (name, body, headers) in cases {
        let (status, body, reply) = answered(&oauth(&json!({})), &asking(&body, &headers));
        assert_eq!(
            (status, &body["token_type"], &body["expires_in"]),
            (200, &json!("Bearer"), &json!(3_600)),
            "{name}"
        );
        assert_eq!(body.get("scope"), None, "{name}");
        assert_eq!(reply.content_type, Some("application/json"));
        assert!(reply.headers.contains(&("cache-control", "no-store".into())), "{name}");
    }
}

#[test]
fn what_is_wrong_is_said_in_the_words_of_the_rfc() {
    let good = format!("grant_type=client_credentials&{IN_FORM}");
    let with = |extra: &str| format!("{good}&{extra}");
    #[rustfmt::skip]
    let cases = [
        ("a wrong secret",           good.replace("odd", "even"),                    vec![], 401, "invalid_client"),
        ("a wrong id",               good.replace("acme", "ACME"),                   vec![], 401, "invalid_client"),
        ("no credentials",           "grant_type=client_credentials".into(),         vec![], 401, "invalid_client"),
        ("an empty secret",          format!("grant_type=client_credentials&client_id={CLIENT}&client_secret="), vec![], 401, "invalid_client"),
        ("Basic with a wrong secret", "grant_type=client_credentials".into(),        vec![basic(CLIENT, "x")], 401, "invalid_client"),
        ("Basic that is none",       "grant_type=client_credentials".into(),         vec![("authorization", "Basic %%%".into())], 401, "invalid_client"),
        ("another scheme",           "grant_type=client_credentials".into(),         vec![("authorization", "Digest x".into())], 401, "invalid_client"),
        ("two ways at once",         good.clone(),                                   vec![basic(CLIENT, SECRET)], 400, "invalid_request"),
        ("two Basic headers",        "grant_type=client_credentials".into(),         vec![basic(CLIENT, SECRET), basic(CLIENT, SECRET)], 400, "invalid_request"),
        ("two ids",                  "grant_type=client_credentials&client_id=x".into(), vec![basic(CLIENT, SECRET)], 400, "invalid_request"),
        ("no grant type",            IN_FORM.into(),                                 vec![], 400, "invalid_request"),
        ("an empty grant type",      good.replace("client_credentials", ""),         vec![], 400, "invalid_request"),
        ("another grant type",       good.replace("client_credentials", "password"), vec![], 400, "unsupported_grant_type"),
        ("a parameter twice",        with("grant_type=client_credentials"),          vec![], 400, "invalid_request"),
        ("a secret twice",           with("client_secret=x"),                        vec![], 400, "invalid_request"),
        ("an unknown scope",         with("scope=webhooks%3Aread+admin"),            vec![], 400, "invalid_scope"),
        ("too long",                 with(&format!("x={}", "y".repeat(20_000))),     vec![], 400, "invalid_request"),
    ];
    let settings = oauth(&json!({ "scopes": ["webhooks:read"] }));
    for (name, body, headers, status, error) in cases {
        let (got, body, reply) = answered(&settings, &asking(&body, &headers));
        assert_eq!((got, body["error"].as_str()), (status, Some(error)), "{name}");
        let challenge = reply.headers.iter().find(|(name, _)| *name == "www-authenticate");
        assert_eq!(challenge.is_some_and(|(_, value)| value.starts_with("Basic ")), status == 401, "{name}");
        assert!(reply.headers.contains(&("cache-control", "no-store".into())), "{name}");
        assert!(!String::from_utf8_lossy(&reply.body).contains("secret/with"), "{name}");
    }
}

#[test]
fn only_a_form_that_is_posted_asks() {
    let good = asking(&format!("grant_type=client_credentials&{IN_FORM}"), &[]);
    let get = WebhookRequest { method: "GET".into(), ..good.clone() };
    let (status, _, reply) = answered(&oauth(&json!({})), &get);
    assert_eq!(status, 405);
    assert!(reply.headers.contains(&("allow", "POST".into())));
    let json = request(URL, Bytes::from_static(b"{}"), &[("content-type", "application/json".into())]);
    assert_eq!(answered(&oauth(&json!({})), &json).0, 400);
    // A secret that comes here by mistake must not be taken for a callback, which is kept.
    assert_eq!(answered(&json!({}), &good).0, 401);
    for path in ["inbound", "events", "oauth/tokens", "oauth", "x/token", ""] {
        let request = WebhookRequest { url: good.url.replace(URL, path), ..good.clone() };
        assert_eq!(carrier(&oauth(&json!({}))).handshake(&request), None, "{path}");
    }
    for path in ["oauth/token", "acme/oauth/token/", "acme/oauth/token?x=1"] {
        let request = WebhookRequest { url: good.url.replace(URL, path), ..good.clone() };
        assert_eq!(answered(&oauth(&json!({})), &request).0, 200, "{path}");
    }
}

#[test]
fn scopes_are_granted_as_configured() {
    let body = |scope: &str| format!("grant_type=client_credentials&{IN_FORM}{scope}");
    let both = json!({ "scopes": ["webhooks:read", "webhooks:write"] });
    let cases = [
        ("none asked", &both, "", Some("webhooks:read webhooks:write")),
        ("one asked", &both, "&scope=webhooks%3Aread", Some("webhooks:read")),
        ("any is good", &json!({}), "&scope=a+b", Some("a b")),
        ("none at all", &json!({}), "", None),
    ];
    for (name, extra, scope, expect) in cases {
        let (status, got, _) = answered(&oauth(extra), &asking(&body(scope), &[]));
        assert_eq!((status, got["scope"].as_str()), (200, expect), "{name}");
    }
    let quoted = asking(&body("&scope=a%22b"), &[]);
    assert_eq!(answered(&oauth(&json!({})), &quoted).1["error"], "invalid_scope");
}

#[test]
fn callbacks_show_a_good_token() {
    let with = oauth(&json!({}));
    let good = token(&with);
    let callback = || signed("events", &NOW.to_string(), b"[]");
    let repeated = showing(showing(callback(), &good), &good);
    let mut basic_only = callback();
    basic_only.headers.push(("authorization".into(), basic(CLIENT, SECRET).1.into()));
    let flipped =
        if good.ends_with('A') { good.replace(&good[53..], "B") } else { format!("{}A", &good[..53]) };
    let minted =
        |client: &str, secret: &str| mint(client, &Secret::new(secret), Timestamp::from_secs(NOW + 60));
    #[rustfmt::skip]
    let cases = [
        ("a good one",           showing(callback(), &good), Ok(())),
        ("of the old secret",    showing(callback(), &minted(CLIENT, OLD_SECRET)), Ok(())),
        ("none",                 callback(), Err("bearer_missing")),
        ("another scheme",       basic_only, Err("bearer_missing")),
        ("twice",                repeated, Err("bearer_repeated")),
        ("empty",                showing(callback(), ""), Err("bearer_malformed")),
        ("cut",                  showing(callback(), &good[..53]), Err("bearer_malformed")),
        ("longer",               showing(callback(), &format!("{good}A")), Err("bearer_malformed")),
        ("no base64",            showing(callback(), &"é".repeat(27)), Err("bearer_malformed")),
        ("changed",              showing(callback(), &flipped), Err("bearer_wrong")),
        ("of another secret",    showing(callback(), &minted(CLIENT, "another")), Err("bearer_wrong")),
        ("of another client",    showing(callback(), &minted("somebody", SECRET)), Err("bearer_wrong")),
        ("of no secret",         showing(callback(), &minted(CLIENT, "")), Err("bearer_wrong")),
        ("with a bad signature", WebhookRequest { body: Bytes::from_static(b"{}"), ..showing(callback(), &good) }, Err("signature_wrong")),
        ("without a signature",  showing(request("events", Bytes::from_static(b"[]"), &[]), &good), Err("signature_missing")),
    ];
    for (name, request, expect) in cases {
        assert_eq!(verdict(&with, &request), expect, "{name}");
    }
}

#[test]
fn tokens_end() {
    let settings = oauth(&json!({ "lifetime_s": 60 }));
    let good = token(&settings);
    for (after, expect) in
        [(0, Ok(())), (359, Ok(())), (360, Err("bearer_expired")), (86_400, Err("bearer_expired"))]
    {
        let at = NOW + after;
        let callback = signed("events", &at.to_string(), b"[]");
        let callback = WebhookRequest { received_at: Timestamp::from_secs(at), ..showing(callback, &good) };
        assert_eq!(verdict(&settings, &callback), expect, "after {after} s");
    }
    let replaced = json!({ "oauth": { "client_id": CLIENT, "client_secret": "a-newer-one" } });
    assert_eq!(
        verdict(&replaced, &showing(signed("events", &NOW.to_string(), b"[]"), &good)),
        Err("bearer_wrong")
    );
}

#[test]
fn a_token_may_stand_for_a_signature_where_the_settings_say_so() {
    let good = token(&oauth(&json!({})));
    let plain = |path: &str| request(path, Bytes::from_static(b"[]"), &[]);
    let shown = |path: &str| showing(plain(path), &good);
    let settings = |mode: &str, extra: Value| {
        let mut settings = oauth(&json!({ "mode": mode }));
        settings.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        settings
    };
    let (relaxed, by_path) =
        (json!({ "event_signature": "if_present" }), json!({ "inbound_signature": "path_secret_only" }));
    let optional = json!({ "inbound_signature": "if_present", "path_token": "t-1" });
    #[rustfmt::skip]
    let cases = [
        ("events, a token",                  settings("required", relaxed.clone()),   shown("events"),      Ok(())),
        ("events, no token",                 settings("required", relaxed.clone()),   plain("events"),      Err("bearer_missing")),
        ("events, no token needed",          settings("if_present", relaxed),         plain("events"),      Err("signature_missing")),
        ("events, a signature is needed",    settings("required", json!({})),         shown("events"),      Err("signature_missing")),
        ("mail, a token",                    settings("required", by_path.clone()),   shown("inbound"),     Ok(())),
        ("mail, no token",                   settings("required", by_path.clone()),   plain("inbound"),     Err("bearer_missing")),
        ("mail, nothing proves it",          settings("if_present", by_path),         plain("inbound"),     Err("path_token_not_configured")),
        ("mail, the path",                   settings("if_present", optional.clone()), plain("inbound/t-1"), Ok(())),
        ("mail, the path is not enough",     settings("required", optional.clone()),  plain("inbound/t-1"), Err("bearer_missing")),
        ("mail, a token on a wrong path",    settings("required", optional),          shown("inbound/t-2"), Err("path_token_wrong")),
        ("signed, no token needed",          settings("if_present", json!({})),       signed("events", &NOW.to_string(), b"[]"), Ok(())),
        ("signed, a wrong token",            settings("if_present", json!({})),       showing(signed("events", &NOW.to_string(), b"[]"), "x"), Err("bearer_malformed")),
    ];
    for (name, settings, request, expect) in cases {
        assert_eq!(verdict(&settings, &request), expect, "{name}");
    }
}

#[test]
fn a_callback_without_a_good_token_hears_why() {
    let carrier = carrier(&oauth(&json!({})));
    let challenge = |reason| {
        let reply = carrier.refuse(&Refusal::Unverified(reason));
        assert_eq!(reply.status, 401);
        reply.headers.into_iter().find(|(name, _)| *name == "www-authenticate").map(|(_, value)| value)
    };
    assert_eq!(challenge("bearer_missing").as_deref(), Some(r#"Bearer realm="omniservice webhooks""#));
    assert!(challenge("bearer_expired").unwrap().ends_with(r#"error="invalid_token""#));
    assert_eq!(challenge("signature_wrong"), None);
    assert_eq!(carrier.refuse(&Refusal::Method).status, 405);
}

#[test]
fn settings_that_would_let_anybody_in_are_refused() {
    #[rustfmt::skip]
    let cases = [
        ("no id",              json!({ "oauth": { "client_id": "", "client_secret": "x" } }), "oauth"),
        ("no secret",          json!({ "oauth": { "client_id": "a", "client_secret": "" } }), "oauth"),
        ("a secret is missing", json!({ "oauth": { "client_id": "a" } }), "client_secret"),
        ("too short a life",   oauth(&json!({ "lifetime_s": 59 })), "oauth"),
        ("too long a life",    oauth(&json!({ "lifetime_s": 86_401 })), "oauth"),
        ("a scope with blanks", oauth(&json!({ "scopes": ["a b"] })), "oauth"),
        ("nothing proves events", json!({ "event_signature": "if_present" }), "event_signature"),
    ];
    for (name, settings, key) in cases {
        let error = (PLUGIN.build)(settings).err().expect(name);
        assert_eq!(error.key.as_deref(), Some(key), "{name}");
        assert!(!error.to_string().contains(SECRET), "{name}");
    }
}

#[test]
fn the_journal_knows_all_secrets() {
    let odd = "A+b/ c=";
    let carrier = carrier(&oauth(&json!({ "client_secret": odd, "previous_client_secret": OLD_SECRET })));
    let known: Vec<_> = carrier.secrets_in_callbacks().into_iter().map(Secret::expose).collect();
    let written = ["A%2Bb%2F%20c%3D", "A%2Bb%2F+c%3D", "A%2bb%2f%20c%3d", "A%2bb%2f+c%3d"];
    assert_eq!(known, [&[odd, OLD_SECRET], &written[..]].concat());
}
