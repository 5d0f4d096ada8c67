//! The three ways to prove to Twilio who sends.

use super::*;

fn oauth() -> Arc<dyn Carrier> {
    with(json!({ "oauth": { "client_id": "OQ1", "client_secret": "oauth-secret" } }))
}

fn issued(token: &str) -> (u16, Value) {
    (200, json!({ "access_token": token, "token_type": "Bearer", "expires_in": 3_600 }))
}

fn taken() -> (u16, Value) {
    (201, json!({ "sid": "SM1", "status": "queued" }))
}

fn refused() -> (u16, Value) {
    (401, json!({ "code": 20_003, "message": "Authenticate", "status": 401 }))
}

const TOKEN: &str = "POST https://oauth.twilio.com/v2/token";

#[test]
fn each_kind_has_its_header() {
    let basic = |pair: &str| format!("Basic {}", STANDARD.encode(pair));
    #[rustfmt::skip]
    let cases = [
        ("the auth token", json!({}), Ok(basic(&format!("{ACCOUNT}:{}", TOKENS[0])))),
        ("an API key", json!({ "api_key_sid": "SK1", "api_key_secret": "key" }), Ok(basic("SK1:key"))),
        ("only shared keys", json!({ "auth_tokens": [] }), Err("unsupported")),
        ("an OAuth app before its first token", json!({ "oauth": { "client_id": "OQ1", "client_secret": "x" } }), Err("no_credentials")),
    ];
    for (name, changes, expect) in cases {
        let request = with(changes).request(&message(Channel::Sms, text("hi")));
        let got = request.map(|request| request.headers[1].1.clone());
        assert_eq!(got.as_ref().map_err(SendError::code), expect.as_ref().map_err(|code| *code), "{name}");
    }
}

#[tokio::test]
async fn a_token_is_used_until_it_is_refused() {
    let carrier = oauth();
    let sms = message(Channel::Sms, text("hi"));
    let twilio = Script::of([issued("one"), taken(), taken(), refused(), issued("two"), taken()]);
    for _ in 0..3 {
        assert_eq!(carrier.send(&twilio, &sms).await.unwrap().carrier_message_id, "SM1");
    }
    let send = format!("POST https://api.twilio.com/2010-04-01/Accounts/{ACCOUNT}/Messages.json");
    assert_eq!(twilio.lines(), [TOKEN, &send, &send, &send, TOKEN, &send]);
    assert_eq!(twilio.proofs(), ["", "Bearer one", "Bearer one", "Bearer one", "", "Bearer two"]);
    assert_eq!(twilio.body(0), "client_id=OQ1&client_secret=oauth-secret&grant_type=client_credentials");
    // With a token at hand the pure builder has one, too.
    let built = carrier.request(&sms).unwrap();
    assert!(built.headers.contains(&("authorization", "Bearer two".into())));
}

#[tokio::test]
async fn a_token_that_is_refused_twice_is_wrong() {
    let twilio = Script::of([issued("one"), refused(), issued("two"), refused()]);
    let error = oauth().send(&twilio, &message(Channel::Sms, text("hi"))).await.unwrap_err();
    assert_eq!((error.class(), error.code()), (ErrorClass::Auth, "20003"));
}

#[tokio::test]
async fn without_a_token_nothing_was_sent() {
    let no_answer = || Err(HttpError::NoAnswer("reset".into()));
    #[rustfmt::skip]
    let cases = [
        ("no answer", no_answer(), (ErrorClass::Transient, "connect")),
        ("no token in it", Ok(answer(200, "{}")), (ErrorClass::Transient, "connect")),
        ("a gateway in between", Ok(answer(504, "")), (ErrorClass::Transient, "connect")),
        ("a wrong client", Ok(answer(401, r#"{"code":20003,"message":"no"}"#)), (ErrorClass::Auth, "20003")),
        ("a wrong client, as OAuth says it", Ok(answer(400, r#"{"error":"invalid_client"}"#)), (ErrorClass::Auth, "invalid_client")),
        ("too often", Ok(answer(429, "")), (ErrorClass::Throttled, "429")),
    ];
    for (name, token, expect) in cases {
        let twilio = Script::with([token]);
        let error = oauth().send(&twilio, &message(Channel::Sms, text("hi"))).await.unwrap_err();
        assert_eq!((error.class(), error.code()), expect, "{name}");
        assert!(!error.to_string().contains("oauth-secret"), "{name}");
    }
}

#[tokio::test]
async fn everything_else_is_asked_with_the_token_too() {
    let query = LookUp {
        client_ref: "msg_1".into(),
        from: "+17205550142".into(),
        to: "+13035550177".into(),
        text: Some("hello".into()),
        since: Timestamp::EPOCH,
        conversation_ref: None,
    };
    let presence = Presence {
        channel: Channel::Whatsapp,
        external_id: "SM9".into(),
        conversation_ref: None,
        read_up_to: Timestamp::EPOCH,
        typing: true,
    };
    let listed = (200, json!({ "messages": [] }));
    let twilio = Script::of([issued("one"), listed.clone(), (200, json!({ "success": true })), listed]);
    let carrier = oauth();
    assert_eq!(carrier.look_up(&twilio, &query).await.unwrap(), Some(Found::NotTaken));
    assert!(carrier.show(&twilio, &presence).await.unwrap());
    assert!(carrier.check(&twilio).await.unwrap().ok);
    assert_eq!(twilio.proofs(), ["", "Bearer one", "Bearer one", "Bearer one"]);
    assert_eq!(twilio.lines()[2], "POST https://messaging.twilio.com/v3/Indicators/Typing.json");
}

#[tokio::test]
async fn the_check_says_what_is_wrong_with_the_credentials() {
    let nobody = Script::of([]);
    let health = with(json!({ "auth_tokens": [] })).check(&nobody).await.unwrap();
    assert!(!health.ok && health.detail.contains("shared keys"), "{}", health.detail);
    let health = oauth().check(&Script::of([refused()])).await.unwrap();
    assert!(!health.ok && health.detail.contains("issued no token"), "{}", health.detail);
    let lost = Script::with([Err(HttpError::Connect("refused".into()))]);
    assert!(oauth().check(&lost).await.is_err(), "an unreachable Twilio says nothing about us");
}
