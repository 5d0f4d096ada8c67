//! The Twilio twin.

use serde_json::{Value, json};

use crate::harness::{Arrived, Bench, nothing};

pub(crate) const US: (&str, &str) = ("From", "+15550100001");
pub(crate) const WHATSAPP: (&str, &str) = ("From", "whatsapp:+15550100002");

/// State, and error code if it failed.
pub(crate) fn status(arrived: &Arrived) -> (String, Option<String>) {
    (arrived.field("MessageStatus").unwrap_or_default(), arrived.field("ErrorCode"))
}

#[tokio::test]
async fn a_text_is_queued_and_goes_its_way() {
    let bench = Bench::start().await;
    let url = format!("{}/webhooks/twilio?x=%C3%A9&m=0193", bench.gateway);
    let callback = format!("{url}#rc=2&rp=all");
    let fields = [("To", "+15550001001"), US, ("Body", "Olá"), ("StatusCallback", &callback)];
    let (http, answer, _) = bench.twilio(&fields).await;
    assert_eq!(http, 201);
    assert_eq!(
        (&answer["status"], &answer["num_segments"], &answer["price"]),
        (&json!("queued"), &json!("1"), &Value::Null)
    );
    assert_eq!(answer["direction"], "outbound-api");
    let sid = answer["sid"].as_str().unwrap();
    assert!(sid.starts_with("SM") && sid.len() == 34);
    for state in ["sent", "delivered"] {
        let arrived = bench.next().await;
        assert!(bench.twilio_signed(&arrived, &url), "{state}");
        assert_eq!(arrived.path, "/webhooks/twilio?x=%C3%A9&m=0193");
        assert_eq!(status(&arrived), (state.to_owned(), None));
        assert_eq!(arrived.field("MessageSid").as_deref(), Some(sid));
        assert_eq!(arrived.field("AccountSid"), Some(bench.setting("twilio", "account_sid")));
    }
    let (http, shown) = bench.twilio_get(&format!("/Messages/{sid}.json")).await;
    assert_eq!((http, &shown["status"], &shown["price"]), (200, &json!("delivered"), &json!("-0.00790")));
    let messages = bench.twins.messages("twilio");
    assert_eq!((messages.len(), messages[0].client_reference.as_deref()), (1, Some("0193")));
    assert_eq!(messages[0].content, json!({ "Body": "Olá" }));
}

#[tokio::test]
async fn reserved_numbers_have_their_fates() {
    let bench = Bench::start().await;
    let callback = format!("{}/webhooks/twilio", bench.gateway);
    let way = |states: &[(&str, Option<&str>)]| {
        states.iter().map(|(state, code)| ((*state).to_owned(), code.map(str::to_owned))).collect::<Vec<_>>()
    };
    let (sent, delivered, read) = (("sent", None), ("delivered", None), ("read", None));
    #[rustfmt::skip]
    let cases = [
        ("+15550001001",          201, None,         way(&[sent, delivered])),
        ("+15550001002",          201, None,         way(&[sent, delivered])),
        ("whatsapp:+15550001001", 201, None,         way(&[sent, delivered, read])),
        ("whatsapp:+15550001002", 201, None,         way(&[sent, delivered])),
        ("+15550002001",          400, Some(21_211), way(&[])),
        ("+15550002002",          201, None,         way(&[sent, ("undelivered", Some("30005"))])),
        ("whatsapp:+15550002002", 201, None,         way(&[sent, ("undelivered", Some("63024"))])),
        ("+15550002003",          429, Some(20_429), way(&[])),
        ("+15550002004",          500, Some(20_500), way(&[])),
        ("+15550002004",          503, Some(20_503), way(&[])),
        ("+15550002004",          201, None,         way(&[sent, delivered])),
        ("+15550002007",          201, None,         way(&[sent, sent, delivered, delivered])),
        ("+15550002008",          400, Some(21_610), way(&[])),
        ("+15550002009",          201, None,         way(&[sent, delivered])),
        ("whatsapp:+15550002009", 201, None,         way(&[("failed", Some("63016"))])),
    ];
    for (to, http, code, expect) in cases {
        let from = if to.starts_with("whatsapp") { WHATSAPP } else { US };
        let fields = [("To", to), from, ("Body", "hi"), ("StatusCallback", &callback)];
        let (status_code, answer, headers) = bench.twilio(&fields).await;
        assert_eq!((status_code, answer["code"].as_u64()), (http, code), "{to}");
        assert_eq!(headers.contains_key("retry-after"), http == 429, "{to}");
        let arrived = bench.rest().await;
        assert!(arrived.iter().all(|arrived| bench.twilio_signed(arrived, &callback)), "{to}");
        assert_eq!(arrived.iter().map(status).collect::<Vec<_>>(), expect, "{to}");
    }
    let fields = [("To", "+15550002010"), US, ("Body", "hi"), ("StatusCallback", &callback)];
    assert_eq!(bench.twilio(&fields).await.0, 201);
    let forged = bench.rest().await;
    assert!(forged.len() == 2 && forged.iter().all(|arrived| !bench.twilio_signed(arrived, &callback)));
}

#[tokio::test]
async fn refused_before_anything_is_read() {
    let bench = Bench::start().await;
    let url = bench.account("/Messages.json");
    let anonymous = bench.client.post(&url).send().await.unwrap();
    let wrong = bench.client.post(&url).basic_auth("AC1", Some("wrong")).send().await.unwrap();
    for response in [anonymous, wrong] {
        assert_eq!(response.status().as_u16(), 401);
        let answer: Value = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap();
        assert_eq!((&answer["code"], &answer["status"]), (&json!(20_003), &json!(401)));
    }
    let other = url.replace(&bench.setting("twilio", "account_sid"), "AC00000000000000000000000000000000");
    let response = bench.twilio_request(reqwest::Method::POST, &other).send().await.unwrap();
    assert_eq!(response.status().as_u16(), 404);
    assert!(bench.twins.messages("twilio").is_empty());
}

#[tokio::test]
async fn stop_blocks_until_start() {
    let bench = Bench::start().await;
    let send = || bench.twilio(&[("To", "+15550001009"), US, ("Body", "hi")]);
    let from = json!({ "from": "+15550001009" });
    assert_eq!(send().await.0, 201);
    bench.trigger("twilio.stop", json!({ "from": "+15550001009", "opt_out_type": "STOP" })).await;
    let arrived = bench.next().await;
    assert_eq!(
        (arrived.field("Body").as_deref(), arrived.field("OptOutType").as_deref()),
        (Some("STOP"), Some("STOP"))
    );
    assert_eq!(send().await.1["code"], 21_610);
    assert_eq!(
        bench.twilio(&[("To", "+15550001008"), US, ("Body", "hi")]).await.0,
        201,
        "others are not blocked"
    );
    bench.trigger("twilio.start", from).await;
    assert_eq!(send().await.0, 201);
}

#[tokio::test]
async fn without_a_status_callback_there_is_none() {
    let bench = Bench::start().await;
    assert_eq!(bench.twilio(&[("To", "+15550001001"), US, ("Body", "hi")]).await.0, 201);
    assert!(bench.rest().await.is_empty());
    assert_eq!(bench.twins.messages("twilio")[0].state, "delivered");
}

#[tokio::test]
async fn a_public_callback_url_is_signed_as_given_and_stays_here() {
    let bench = Bench::start().await;
    let url = "https://gw.example.net/webhooks/twilio?m=7";
    let fields = [("To", "+15550001001"), US, ("Body", "hi"), ("StatusCallback", url)];
    assert_eq!(bench.twilio(&fields).await.0, 201);
    let arrived = bench.next().await;
    assert_eq!(arrived.path, "/webhooks/twilio?m=7");
    assert!(bench.twilio_signed(&arrived, url));
}

#[tokio::test]
async fn a_5xx_is_only_tried_again_on_request() {
    let bench = Bench::start().await;
    let plain = format!("{}/webhooks/twilio", bench.gateway);
    let persistent = format!("{plain}#rc=2&rp=5xx");
    for (callback, expect) in
        [(&plain, vec!["delivered", "sent"]), (&persistent, vec!["delivered", "sent", "sent"])]
    {
        bench.answer_once_with(503);
        let fields = [("To", "+15550001001"), US, ("Body", "hi"), ("StatusCallback", callback.as_str())];
        assert_eq!(bench.twilio(&fields).await.0, 201);
        let all = bench.rest().await;
        let mut states: Vec<_> = all.iter().map(|arrived| status(arrived).0).collect();
        states.sort();
        assert_eq!(states, expect, "{callback}");
        let tokens: Vec<_> = all
            .iter()
            .filter(|arrived| status(arrived).0 == "sent")
            .map(|arrived| &arrived.headers["i-twilio-idempotency-token"])
            .collect();
        assert!(tokens.windows(2).all(|pair| pair[0] == pair[1]), "{callback}");
    }
}

#[tokio::test]
async fn a_lost_answer_is_settled_by_the_list() {
    let bench = Bench::start().await;
    for body in ["one", "two", "three"] {
        bench.twilio(&[("To", "+15550001001"), US, ("Body", body)]).await;
    }
    bench.twilio(&[("To", "+15550001002"), US, ("Body", "other")]).await;
    bench.trigger("twilio.sms", json!({ "text": "in", "from": "+15550001001" })).await;
    let bodies = async |query: &str| -> Vec<String> {
        let (_, page) = bench.twilio_get(&format!("/Messages.json?{query}")).await;
        let messages = page["messages"].as_array().unwrap();
        messages.iter().map(|message| message["body"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(bodies("To=%2B15550001001&From=%2B15550100001").await, ["three", "two", "one"]);
    assert_eq!(bodies("To=%2B15550001001&PageSize=2&Page=1").await, ["one"]);
    assert_eq!(bodies("From=%2B15550001001").await, ["in"]);
    assert_eq!(bodies("DateSent%3E=2020-01-01&To=%2B15550001002").await, ["other"]);
    assert!(bodies("DateSent%3C=2020-01-01").await.is_empty());
    let (_, page) = bench.twilio_get("/Messages.json?To=%2B15550001001&PageSize=2").await;
    let next = page["next_page_uri"].as_str().unwrap();
    assert!(next.ends_with("/Messages.json?To=%2B15550001001&PageSize=2&Page=1"), "{next}");
    assert_eq!(bench.twins.messages("twilio").len(), 4, "what people wrote is not listed here");
}

#[tokio::test]
async fn a_scheduled_message_can_be_canceled_once() {
    let bench = Bench::start().await;
    let callback = format!("{}/webhooks/twilio", bench.gateway);
    let soon = omni_core::time::Timestamp::EPOCH + std::time::Duration::from_secs(now() + 3_600);
    let fields = [
        ("To", "+15550001001"),
        ("MessagingServiceSid", "MG0123456789abcdef0123456789abcdef"),
        ("Body", "hi"),
        ("ScheduleType", "fixed"),
        ("SendAt", &soon.to_string()),
        ("StatusCallback", &callback),
    ];
    let (http, answer, _) = bench.twilio(&fields).await;
    assert_eq!((http, &answer["status"]), (201, &json!("scheduled")));
    let url = bench.account(&format!("/Messages/{}.json", answer["sid"].as_str().unwrap()));
    let cancel = || bench.twilio_request(reqwest::Method::POST, &url).body("Status=canceled").send();
    assert_eq!(cancel().await.unwrap().status().as_u16(), 200);
    assert_eq!(status(&bench.next().await).0, "canceled");
    assert_eq!(cancel().await.unwrap().status().as_u16(), 409);
}

fn now() -> u64 {
    let since = std::time::UNIX_EPOCH.elapsed();
    since.expect("after 1970").as_secs()
}

#[tokio::test]
async fn a_photo_is_fetched_through_a_redirect() {
    let bench = Bench::start().await;
    bench.trigger("twilio.mms", nothing()).await;
    let arrived = bench.next().await;
    assert_eq!(arrived.field("NumMedia").as_deref(), Some("1"));
    assert_eq!(arrived.field("MediaContentType0").as_deref(), Some("image/png"));
    let url = arrived.field("MediaUrl0").unwrap();
    assert_eq!(bench.client.get(&url).send().await.unwrap().status().as_u16(), 401);
    let redirect = bench.twilio_request(reqwest::Method::GET, &url).send().await.unwrap();
    assert_eq!(redirect.status().as_u16(), 307);
    let location = redirect.headers()["location"].to_str().unwrap().to_owned();
    let photo = bench.client.get(location).send().await.unwrap();
    assert_eq!(photo.headers()["content-type"], "image/png");
    assert!(photo.bytes().await.unwrap().starts_with(b"\x89PNG"));
}

#[tokio::test]
async fn account_balance_content_and_typing() {
    let bench = Bench::start().await;
    assert_eq!(bench.twilio_get(".json").await.1["status"], "active");
    assert_eq!(bench.twilio_get("/Balance.json").await.1["currency"], "USD");
    assert_eq!(bench.twilio_get("/Messages/SM1.json").await.1["code"], 20_404);
    let base = bench.setting("twilio", "base_url");
    let post = async |path: &str, body: &str| -> (u16, Value) {
        let request =
            bench.twilio_request(reqwest::Method::POST, &format!("{base}{path}")).body(body.to_owned());
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        (status, serde_json::from_slice(&response.bytes().await.unwrap()).unwrap())
    };
    let content = r#"{"language":"en","types":{"twilio/text":{"body":"hi"}}}"#;
    let (http, created) = post("/v1/Content", content).await;
    assert_eq!(http, 201);
    let sid = created["sid"].as_str().unwrap();
    let sent = bench.twilio(&[("To", "whatsapp:+15550002009"), WHATSAPP, ("ContentSid", sid)]).await;
    assert_eq!(sent.0, 201);
    assert_eq!(post("/v1/Content", r#"{"language":"en","types":{}}"#).await.0, 400);
    assert_eq!(post("/v3/Indicators/Typing.json", "{}").await.1, json!({ "success": true }));
    assert_eq!(post("/v4/Indicators/Typing.json", "{}").await.0, 404);
}

#[tokio::test]
async fn whatsapp_fixtures_bring_their_parameters() {
    let bench = Bench::start().await;
    let answer = bench.twilio(&[("To", "whatsapp:+15550001001"), WHATSAPP, ("Body", "Confirm?")]).await.1;
    bench.trigger("twilio.whatsapp_button", json!({ "payload": "YES", "name": "Zoë" })).await;
    let arrived = bench.next().await;
    for (name, expect) in [
        ("From", "whatsapp:+15550001001"),
        ("To", "whatsapp:+15550100002"),
        ("WaId", "15550001001"),
        ("ProfileName", "Zoë"),
        ("ButtonText", "Confirm"),
        ("ButtonPayload", "YES"),
        ("MessageType", "button"),
        ("OriginalRepliedMessageSid", answer["sid"].as_str().unwrap()),
    ] {
        assert_eq!(arrived.field(name).as_deref(), Some(expect), "{name}");
    }
    bench.trigger("twilio.status_failed", json!({ "code": 30_007 })).await;
    let arrived = bench.next().await;
    assert_eq!(status(&arrived), ("undelivered".into(), Some("30007".into())));
    assert_eq!(arrived.field("MessageSid").as_deref(), answer["sid"].as_str());
}

#[tokio::test]
async fn a_token_is_issued_for_the_apps_credentials() {
    let bench = Bench::start().await;
    let base = bench.setting("twilio", "base_url");
    let (account, secret) = (bench.setting("twilio", "account_sid"), bench.setting("twilio", "auth_tokens"));
    let app = account.replacen("AC", "OQ", 1);
    let ask = async |id: &str, secret: &str, grant: &str| -> (u16, Value) {
        let fields = [("client_id", id), ("client_secret", secret), ("grant_type", grant)];
        let form = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let response = bench.client.post(format!("{base}/v2/token")).body(form).send().await.unwrap();
        let status = response.status().as_u16();
        (status, serde_json::from_slice(&response.bytes().await.unwrap()).unwrap())
    };
    for (id, secret, grant) in [
        (app.as_str(), "wrong", "client_credentials"),
        (&account, &secret, "client_credentials"),
        (&app, &secret, "password"),
    ] {
        assert_eq!(ask(id, secret, grant).await.0, 400, "{id} {grant}");
    }
    let (http, issued) = ask(&app, &secret, "client_credentials").await;
    assert_eq!((http, &issued["token_type"], &issued["expires_in"]), (200, &json!("Bearer"), &json!(3_600)));
    let list = bench.account("/Messages.json");
    for (token, expect) in [(issued["access_token"].as_str().unwrap(), 200), ("other", 401), ("", 401)] {
        let response = bench.client.get(&list).bearer_auth(token).send().await.unwrap();
        assert_eq!(response.status().as_u16(), expect, "{token}");
    }
}

#[tokio::test]
async fn rcs_has_its_own_sender() {
    let bench = Bench::start().await;
    let callback = format!("{}/webhooks/twilio", bench.gateway);
    let (to, from) = ("rcs:+15550001001", "rcs:acme_travel_agent");
    let fields = [("To", to), ("From", from), ("Body", "hi"), ("StatusCallback", &callback)];
    assert_eq!(bench.twilio(&fields).await.0, 201);
    for state in ["sent", "delivered", "read"] {
        let arrived = bench.next().await;
        assert_eq!(status(&arrived), (state.to_owned(), None));
        assert_eq!(arrived.field("ChannelPrefix").as_deref(), Some("rcs"));
    }
    let other = [("To", to), ("From", "rcs:somebody_else"), ("Body", "hi")];
    assert_eq!(bench.twilio(&other).await.1["code"], 63_007);
    let pair = [("To", to), US, ("Body", "hi")];
    assert_eq!(bench.twilio(&pair).await.1["code"], 21_910);
    bench.trigger("twilio.rcs_button", json!({ "payload": "YES" })).await;
    let arrived = bench.next().await;
    for (name, expect) in
        [("From", Some(to)), ("To", Some(from)), ("ButtonPayload", Some("YES")), ("FromCity", None)]
    {
        assert_eq!(arrived.field(name).as_deref(), expect, "{name}");
    }
}
