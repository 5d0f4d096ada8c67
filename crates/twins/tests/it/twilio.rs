//! The Twilio twin.

use serde_json::{Value, json};

use crate::harness::{Arrived, Bench, nothing};

const US: (&str, &str) = ("From", "+15550100001");
const WHATSAPP: (&str, &str) = ("From", "whatsapp:+15550100002");

/// State, and error code if it failed.
fn status(arrived: &Arrived) -> (String, Option<String>) {
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

impl Bench {
    /// Asks the Content API; 204 has no body.
    async fn content(&self, method: reqwest::Method, path: &str, body: &Value) -> (u16, Value) {
        let url = format!("{}{path}", self.setting("twilio", "base_url"));
        let response = self.twilio_request(method, &url).body(body.to_string()).send().await.unwrap();
        let status = response.status().as_u16();
        (status, serde_json::from_slice(&response.bytes().await.unwrap()).unwrap_or_default())
    }

    async fn stored(&self, name: &str, types: &Value) -> String {
        let definition = json!({ "friendly_name": name, "language": "en", "types": types });
        let (status, content) = self.content(reqwest::Method::POST, "/v1/Content", &definition).await;
        assert_eq!(status, 201, "{content}");
        content["sid"].as_str().unwrap().to_owned()
    }
}

fn replies(count: usize) -> Value {
    let action = |n| json!({ "type": "QUICK_REPLY", "title": format!("No. {n}"), "id": format!("id{n}") });
    json!({ "twilio/quick-reply": { "body": "{{1}}", "actions": (0..count).map(action).collect::<Vec<_>>() } })
}

#[tokio::test]
async fn content_is_stored_found_and_deleted() {
    use reqwest::Method;
    let bench = Bench::start().await;
    let sid = bench.stored("omni_abc", &replies(2)).await;
    for n in 0..3 {
        bench.stored(&format!("other_{n}"), &replies(1)).await;
    }
    let get = async |path: &str| bench.content(Method::GET, path, &Value::Null).await;
    let (http, shown) = get(&format!("/v1/Content/{sid}")).await;
    assert_eq!((http, &shown["friendly_name"], &shown["types"]), (200, &json!("omni_abc"), &replies(2)));
    let names = |page: &Value| {
        let contents = page["contents"].as_array().unwrap().iter();
        contents.map(|content| content["friendly_name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let cases = [
        ("/v2/Content?ContentName=omni_abc&PageSize=50", vec!["omni_abc"], false),
        ("/v2/Content?ContentName=OMNI", vec!["omni_abc"], false),
        ("/v2/Content?ContentName=nobody", vec![], false),
        ("/v1/Content?PageSize=2", vec!["other_2", "other_1"], true),
        ("/v1/Content?PageSize=2&Page=1", vec!["other_0", "omni_abc"], true),
        ("/v1/Content?PageSize=2&Page=2", vec!["booking_update"], false),
    ];
    for (path, expect, more) in cases {
        let (http, page) = get(path).await;
        assert_eq!(
            (http, names(&page)),
            (200, expect.iter().map(|name| (*name).to_owned()).collect()),
            "{path}"
        );
        assert_eq!(page["meta"]["next_page_url"].is_string(), more, "{path}");
    }
    assert_eq!(get("/v1/Content?PageSize=0").await.0, 400);
    assert_eq!(bench.content(Method::DELETE, &format!("/v1/Content/{sid}"), &Value::Null).await.0, 204);
    for method in [Method::GET, Method::DELETE] {
        let (http, body) = bench.content(method, &format!("/v1/Content/{sid}"), &Value::Null).await;
        assert_eq!((http, &body["code"]), (404, &json!(20_404)));
    }
    let url = format!("{}/v1/Content", bench.setting("twilio", "base_url"));
    assert_eq!(bench.client.get(url).send().await.unwrap().status().as_u16(), 401);
}

#[tokio::test]
async fn definitions_that_twilio_refuses() {
    let bench = Bench::start().await;
    let long = |length: usize| "é".repeat(length);
    let list =
        |item: Value| json!({ "twilio/list-picker": { "body": "x", "button": "Go", "items": [item] } });
    let link = |action: Value| json!({ "twilio/call-to-action": { "body": "x", "actions": [action] } });
    let card = |more: Value| {
        let mut card = json!({ "title": "x" });
        card.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({ "twilio/card": card })
    };
    #[rustfmt::skip]
    let cases = [
        ("no types", json!({})),
        ("an unknown type", json!({ "twilio/pigeon": { "body": "x" } })),
        ("a type that is no object", json!({ "twilio/text": "x" })),
        ("an unknown member", json!({ "twilio/text": { "body": "x", "text": "x" } })),
        ("no words", json!({ "twilio/text": {} })),
        ("too many words", json!({ "twilio/text": { "body": long(1_601) } })),
        ("no replies", replies(0)),
        ("eleven replies", replies(11)),
        ("a long title", json!({ "twilio/quick-reply": { "body": "x", "actions": [{ "title": long(21) }] } })),
        ("a reply that is a link", json!({ "twilio/quick-reply": { "body": "x", "actions": [{ "title": "x", "type": "URL" }] } })),
        ("an entry without an id", list(json!({ "item": "x" }))),
        ("a long entry", list(json!({ "item": long(25), "id": "1" }))),
        ("a long description", list(json!({ "item": "x", "id": "1", "description": long(73) }))),
        ("a list without a button", json!({ "twilio/list-picker": { "body": "x", "items": [{ "item": "x", "id": "1" }] } })),
        ("a link to nowhere", link(json!({ "type": "URL", "title": "x" }))),
        ("a button of no kind", link(json!({ "title": "x", "url": "https://a.example" }))),
        ("too many words over a link", json!({ "twilio/call-to-action": { "body": long(641), "actions": [{ "type": "URL", "title": "x", "url": "https://a.example" }] } })),
        ("a card of a title alone", card(json!({}))),
        ("a long subtitle", card(json!({ "subtitle": long(61) }))),
        ("media that are no addresses", card(json!({ "media": ["x.png"] }))),
        ("a place by words", json!({ "twilio/location": { "latitude": "here", "longitude": "there" } })),
    ];
    for (name, types) in cases {
        let definition = json!({ "friendly_name": "x", "language": "en", "types": types });
        let (http, body) = bench.content(reqwest::Method::POST, "/v1/Content", &definition).await;
        assert_eq!((http, &body["code"]), (400, &json!(60_200)), "{name}");
    }
    let text = json!({ "twilio/text": { "body": "x" } });
    #[rustfmt::skip]
    let around = [
        ("no language", json!({ "types": text })),
        ("a name that is none", json!({ "types": text, "language": "en", "friendly_name": 7 })),
        ("a sample that is a number", json!({ "types": text, "language": "en", "variables": { "1": 7 } })),
        ("a variable with a blank", json!({ "types": text, "language": "en", "variables": { "id name": "x" } })),
    ];
    for (name, definition) in around {
        assert_eq!(bench.content(reqwest::Method::POST, "/v1/Content", &definition).await.0, 400, "{name}");
    }
}

#[tokio::test]
async fn a_message_names_content_that_its_channel_shows() {
    let bench = Bench::start().await;
    let callback = format!("{}/webhooks/twilio", bench.gateway);
    let three = bench.stored("three", &replies(3)).await;
    let four = bench.stored("four", &replies(4)).await;
    let link = json!({ "type": "URL", "title": "Open", "url": "https://a.example/{{1}}" });
    let call = json!({ "type": "PHONE_NUMBER", "title": "Call", "phone": "+15550001001" });
    let card = |actions: Value| json!({ "twilio/card": { "title": "{{1}}", "actions": actions } });
    let one_link = bench.stored("one_link", &card(json!([link]))).await;
    let two_links = bench.stored("two_links", &card(json!([link, link]))).await;
    let calling = bench.stored("calling", &card(json!([call]))).await;
    let (whatsapp, sms, rcs) = (
        ("whatsapp:+15550001001", WHATSAPP.1),
        ("+15550001001", US.1),
        ("rcs:+15550001001", "rcs:acme_travel_agent"),
    );
    let unknown = format!("HX{}", "0a".repeat(16));
    let sample = "HX0123456789abcdef0123456789abcdef";
    let long = format!(r#"{{"1":"{}"}}"#, "x".repeat(1_025));
    let hi = r#"{"1":"Hi"}"#;
    #[rustfmt::skip]
    let cases = [
        ("three replies",              whatsapp, three.as_str(),    hi,              Ok(("Hi", None))),
        ("four replies",               whatsapp, four.as_str(),     hi,              Ok(("Hi", Some("63021")))),
        ("one link",                   whatsapp, one_link.as_str(), hi,              Ok(("Hi", None))),
        ("two links",                  whatsapp, two_links.as_str(), hi,             Ok(("Hi", Some("63021")))),
        ("two links on RCS",           rcs,      two_links.as_str(), hi,             Ok(("Hi", None))),
        ("a call",                     whatsapp, calling.as_str(),  hi,              Ok(("Hi", Some("63021")))),
        ("words too long when filled", whatsapp, three.as_str(),    long.as_str(),   Ok((long[6..1_031].trim(), Some("63021")))),
        ("an empty value",             whatsapp, three.as_str(),    r#"{"1":" "}"#,  Ok((" ", Some("63013")))),
        ("no value",                   whatsapp, three.as_str(),    "{}",            Err(21_656)),
        ("replies by SMS",             sms,      three.as_str(),    hi,              Err(216_602)),
        ("replies on RCS",             rcs,      three.as_str(),    hi,              Err(216_602)),
        ("content of nobody",          whatsapp, unknown.as_str(),  hi,              Err(21_655)),
        ("the approved template",      whatsapp, sample,            hi,              Ok(("Hi Hi, your booking 4711 is confirmed.", None))),
        ("the template by SMS",        sms,      sample,            hi,              Ok(("Hi Hi, your booking 4711 is confirmed.", None))),
    ];
    for (name, (to, from), sid, variables, expect) in cases {
        let fields = [
            ("To", to),
            ("From", from),
            ("ContentSid", sid),
            ("ContentVariables", variables),
            ("StatusCallback", &callback),
        ];
        let (http, answer, _) = bench.twilio(&fields).await;
        match expect {
            Err(code) => assert_eq!((http, &answer["code"]), (400, &json!(code)), "{name}"),
            Ok((body, code)) => {
                assert_eq!((http, answer["body"].as_str()), (201, Some(body)), "{name}");
                let first = status(&bench.next().await);
                let expect =
                    code.map_or(("sent".to_owned(), None), |code| ("failed".into(), Some(code.to_owned())));
                assert_eq!(first, expect, "{name}");
                while code.is_none()
                    && status(&bench.next().await).0 != if to.contains(':') { "read" } else { "delivered" }
                {
                }
            }
        }
    }
}

#[tokio::test]
async fn whatsapp_approves_what_may_open_a_conversation() {
    let bench = Bench::start().await;
    let replies = bench.stored("replies", &replies(4)).await;
    let list = json!({ "twilio/list-picker": { "body": "x", "button": "Go", "items": [{ "item": "x", "id": "1" }] } });
    let list = bench.stored("list", &list).await;
    let ask = async |sid: &str, request: Value| {
        let path = format!("/v1/Content/{sid}/ApprovalRequests/whatsapp");
        bench.content(reqwest::Method::POST, &path, &request).await.0
    };
    let good = json!({ "name": "four_replies", "category": "UTILITY" });
    assert_eq!(ask(&list, good.clone()).await, 400, "a list shows within the 24 hours only");
    assert_eq!(ask(&replies, json!({ "name": "Four", "category": "UTILITY" })).await, 400);
    assert_eq!(ask(&replies, json!({ "name": "four", "category": "SPAM" })).await, 400);
    assert_eq!(ask(&replies, good).await, 201);
    let path = format!("/v1/Content/{replies}/ApprovalRequests");
    let shown = bench.content(reqwest::Method::GET, &path, &Value::Null).await.1;
    assert_eq!(shown["whatsapp"]["status"], "approved");
    let callback = format!("{}/webhooks/twilio", bench.gateway);
    let fields = [
        ("To", "whatsapp:+15550002009"),
        WHATSAPP,
        ("ContentSid", &replies),
        ("ContentVariables", r#"{"1":"Hi"}"#),
        ("StatusCallback", &callback),
    ];
    assert_eq!(bench.twilio(&fields).await.0, 201);
    assert_eq!(status(&bench.next().await).0, "sent", "outside the 24 hours, with four replies");
}
