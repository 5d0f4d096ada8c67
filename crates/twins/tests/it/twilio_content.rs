//! The Twilio twin's Content API, and messages that name its entries.

use serde_json::{Value, json};

use crate::harness::Bench;
use crate::twilio::{US, WHATSAPP, status};

impl Bench {
    /// Asks the Content API; 204 has no body.
    async fn content(&self, method: reqwest::Method, path: &str, body: &Value) -> (u16, Value) {
        let url = format!("{}{path}", self.setting("twilio", "base_url"));
        let response =
            self.twilio_request(method, &url).body(body.to_string()).send().await.expect("an answer");
        let status = response.status().as_u16();
        (status, serde_json::from_slice(&response.bytes().await.expect("a body")).unwrap_or_default())
    }

    async fn stored(&self, name: &str, types: &Value) -> String {
        let definition = json!({ "friendly_name": name, "language": "en", "types": types });
        let (status, content) = self.content(reqwest::Method::POST, "/v1/Content", &definition).await;
        assert_eq!(status, 201, "{content}");
        content["sid"].as_str().expect("a sid").to_owned()
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
