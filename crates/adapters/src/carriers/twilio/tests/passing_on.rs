//! Twilio's own parameters, passed on.

use super::*;

type Pairs<'a> = &'a [(&'a str, &'a str)];

fn custom(object: Value) -> OutboundMessage {
    let Value::Object(object) = object else { panic!("an object") };
    let custom = Custom { carrier: "twilio".into(), object, ..Custom::default() };
    OutboundMessage {
        status_url: Some("https://gw.example.net/s".into()),
        ..message(Channel::Whatsapp, OutboundContent::Custom(custom))
    }
}

#[test]
fn allowed_parameters_are_passed_on() {
    #[rustfmt::skip]
    let cases: [(&str, Value, Pairs<'_>); 4] = [
        ("content with values", json!({"ContentSid":"HX1","ContentVariables":{"1":"Maya"}}),
            &[("ContentSid", "HX1"), ("ContentVariables", r#"{"1":"Maya"}"#)]),
        ("values as Twilio writes them", json!({"ContentSid":"HX1","ContentVariables":"{\"1\":\"Maya\"}"}),
            &[("ContentSid", "HX1"), ("ContentVariables", r#"{"1":"Maya"}"#)]),
        ("switches", json!({"Body":"hi","ShortenUrls":true,"SmartEncoded":false,"MaxPrice":0.5,"RiskCheck":"disable","AddressRetention":"obfuscate"}),
            &[("AddressRetention", "obfuscate"), ("Body", "hi"), ("MaxPrice", "0.5"), ("RiskCheck", "disable"), ("ShortenUrls", "true"), ("SmartEncoded", "false")]),
        ("a place", json!({"Body":"Hall","MediaUrl":["https://m.example/1"],"PersistentAction":["geo:1,2"]}),
            &[("Body", "Hall"), ("MediaUrl", "https://m.example/1"), ("PersistentAction", "geo:1,2")]),
    ];
    for (name, object, expect) in cases {
        let got = pairs(&carrier().request(&custom(object)).unwrap());
        let ours = [("To", "whatsapp:+447700900461"), ("From", "whatsapp:+447700900100")];
        let status = "https://gw.example.net/s?m=msg_1.2#rc=5&rp=all&ct=2000&rt=5000&tt=14000";
        let theirs = [("StatusCallback", status)];
        let expect = ours.iter().chain(expect).chain(&theirs);
        let expect: Vec<(String, String)> =
            expect.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        assert_eq!(got, expect, "{name}");
    }
}

#[test]
fn nothing_else_is() {
    #[rustfmt::skip]
    let cases = [
        ("the recipient", json!({"Body":"x","To":"+1"}), "object"),
        ("the sender", json!({"Body":"x","From":"+1"}), "object"),
        ("the service", json!({"Body":"x","MessagingServiceSid":"MG1"}), "object"),
        ("where statuses go", json!({"Body":"x","StatusCallback":"https://evil.example"}), "object"),
        ("an application with its own callback", json!({"Body":"x","ApplicationSid":"AP1"}), "object"),
        ("a time", json!({"Body":"x","SendAt":"2030-01-01T00:00:00Z"}), "object"),
        ("how long", json!({"Body":"x","ValidityPeriod":1}), "object"),
        ("other letters", json!({"body":"x"}), "object"),
        ("nothing", json!({}), "object"),
        ("nothing said", json!({"ShortenUrls":true}), "object"),
        ("two contents", json!({"ContentSid":"HX1","types":{"twilio/text":{"body":"x"}}}), "object"),
        ("no types", json!({"types":{}}), "types"),
        ("a list for a text", json!({"Body":["x"]}), "Body"),
        ("an object for a switch", json!({"Body":"x","ShortenUrls":{}}), "ShortenUrls"),
        ("null", json!({"Body":null}), "Body"),
        ("too many words", json!({"Body":"x".repeat(1_601)}), "text"),
        ("two media on WhatsApp", json!({"MediaUrl":["https://a.example/1","https://a.example/2"]}), "too_many_media"),
        ("a language that is none", json!({"types":{"twilio/text":{"body":"x"}},"language":7}), "language"),
        ("values that are no object", json!({"types":{"twilio/text":{"body":"x"}},"ContentVariables":"{}"}), "ContentVariables"),
    ];
    for (name, object, expect) in cases {
        assert_eq!(refusal(&carrier().request(&custom(object)).unwrap_err()), expect, "{name}");
    }
    let other = Custom { carrier: "whatsapp".into(), ..Custom::default() };
    let error = carrier().request(&message(Channel::Whatsapp, OutboundContent::Custom(other))).unwrap_err();
    assert_eq!(refusal(&error), "content_type_not_carried");
    let error = carrier().request(&custom(json!({ "+13035550177": "x" }))).unwrap_err();
    assert!(!error.to_string().contains("3035550177"), "{error}");
}

#[tokio::test]
async fn a_definition_of_the_callers_is_stored_like_ours() {
    let carousel = json!({
        "types": { "twilio/carousel": { "body": "{{1}}", "cards": [] } },
        "language": "de",
        "ContentVariables": { "1": "Hallo", "n": 7 },
    });
    let twilio = Script::of([
        (200, json!({ "contents": [] })),
        (201, json!({ "sid": "HX3" })),
        (201, json!({ "sid": "MM1", "status": "queued" })),
    ]);
    carrier().send(&twilio, &custom(carousel.clone())).await.unwrap();
    let stored: Value = serde_json::from_str(&twilio.body(1)).unwrap();
    assert_eq!((&stored["types"], &stored["language"]), (&carousel["types"], &json!("de")));
    assert_eq!(stored["variables"], json!({ "1": "value 1", "n": "value n" }));
    let sent = form::decode(twilio.body(2).as_bytes());
    assert!(sent.contains(&("ContentSid".into(), "HX3".into())));
    assert!(sent.contains(&("ContentVariables".into(), r#"{"1":"Hallo","n":"7"}"#.into())));
    assert!(!sent.iter().any(|(name, _)| name == "types" || name == "language"));
}
