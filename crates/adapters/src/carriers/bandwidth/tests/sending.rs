//! What becomes of text and picture messages.

use omni_core::content::{Custom, OutboundMedia};
use omni_core::time::Timestamp;

use super::*;

const NUMBER: &str = "+17205550142";

fn text(text: &str) -> OutboundContent {
    OutboundContent::Text { text: text.into() }
}

pub(super) fn medium(url: &str) -> OutboundMedia {
    OutboundMedia { url: Some(url.into()), ..OutboundMedia::default() }
}

fn pictures(media: Vec<OutboundMedia>) -> OutboundContent {
    OutboundContent::Media { media, text: None }
}

pub(super) fn own_shape(carrier: &str, object: &Value) -> OutboundContent {
    let object = object.as_object().unwrap().clone();
    OutboundContent::Custom(Custom { carrier: carrier.into(), object, ..Custom::default() })
}

fn body(message: &OutboundMessage) -> Value {
    let request = carrier().request(message).unwrap();
    assert_eq!(request.url, "https://messaging.bandwidth.com/api/v2/users/5500123/messages");
    assert!(request.headers.contains(&("authorization", "Basic dTpw".into())));
    serde_json::from_slice(&request.body).unwrap()
}

#[test]
fn messages_become_requests() {
    let sized = |size: u64| OutboundMedia { size: Some(size), ..medium("https://f/1.png") };
    let to = json!(["+13035550177"]);
    #[rustfmt::skip]
    let cases = [
        ("words", Channel::Sms, NUMBER, text("Hi"),
            json!({"applicationId": "app-1", "from": NUMBER, "to": to, "text": "Hi", "tag": "msg_1"})),
        ("of a name", Channel::Sms, "alpha:Acme", text("Hi"),
            json!({"applicationId": "app-1", "from": "Acme", "to": to, "text": "Hi", "tag": "msg_1"})),
        ("pictures", Channel::Mms, "55512", pictures(vec![medium("https://f/1.png"), sized(1_000_000)]),
            json!({"applicationId": "app-1", "from": "55512", "to": to, "text": "", "media": ["https://f/1.png", "https://f/1.png"], "tag": "msg_1"})),
        ("just not too large", Channel::Mms, NUMBER, pictures(vec![sized(1_750_000), sized(1_750_000)]),
            json!({"applicationId": "app-1", "from": NUMBER, "to": to, "text": "", "media": ["https://f/1.png", "https://f/1.png"], "tag": "msg_1"})),
        ("Bandwidth's own shape", Channel::Sms, NUMBER, own_shape("bandwidth", &json!({"text": "Hi", "priority": "high", "expiration": "2026-01-01T00:00:00Z"})),
            json!({"applicationId": "app-1", "from": NUMBER, "to": to, "text": "Hi", "tag": "msg_1", "priority": "high", "expiration": "2026-01-01T00:00:00Z"})),
        ("its own shape overrides nothing of ours", Channel::Mms, NUMBER,
            own_shape("bandwidth", &json!({"media": ["https://f/1.png"], "from": "+19195550100", "to": ["+19195550101"], "tag": "x", "applicationId": "x"})),
            json!({"applicationId": "app-1", "from": NUMBER, "to": to, "media": ["https://f/1.png"], "tag": "msg_1"})),
    ];
    for (name, channel, from, content, expect) in cases {
        assert_eq!(body(&outbound(channel, from, content)), expect, "{name}");
    }
}

#[test]
fn our_end_comes_before_that_of_an_object() {
    let at = Timestamp::parse("2026-01-01T00:00:00Z").unwrap();
    for content in
        [text("Hi"), own_shape("bandwidth", &json!({"text": "Hi", "expiration": "2027-01-01T00:00:00Z"}))]
    {
        let message = OutboundMessage { expires_at: Some(at), ..outbound(Channel::Sms, NUMBER, content) };
        assert_eq!(body(&message)["expiration"], "2026-01-01T00:00:00Z");
    }
}

#[test]
fn what_a_text_message_cannot_say_is_refused() {
    let sized = |size: u64| OutboundMedia { size: Some(size), ..medium("https://f/1.png") };
    let interactive = OutboundContent::Interactive(omni_core::content::Interactive::default());
    #[rustfmt::skip]
    let cases = [
        ("too long",                       Channel::Sms,   NUMBER,         text(&"x".repeat(2_049)),                       "too long"),
        ("eleven pictures",                Channel::Mms,   NUMBER,         pictures(vec![medium("https://f/1.png"); 11]),  "one to ten"),
        ("no picture",                     Channel::Mms,   NUMBER,         pictures(vec![]),                               "one to ten"),
        ("together too large",             Channel::Mms,   NUMBER,         pictures(vec![sized(1_750_000), sized(1_750_001)]), "3.5 MB"),
        ("sizes that overflow",            Channel::Mms,   NUMBER,         pictures(vec![sized(u64::MAX), sized(u64::MAX)]), "3.5 MB"),
        ("too large for a toll-free number", Channel::Mms, "+18445550100", pictures(vec![sized(525_001)]),                 "525 KB"),
        ("an upload id",                   Channel::Mms,   NUMBER,         pictures(vec![OutboundMedia::default()]),       "public URL"),
        ("a file in the address",          Channel::Mms,   NUMBER,         pictures(vec![medium("data:text/plain,x")]),    "public URL"),
        ("an address of 4,097",            Channel::Mms,   NUMBER,         pictures(vec![medium(&format!("https://f/{}", "u".repeat(4_087)))]), "public URL"),
        ("buttons",                        Channel::Sms,   NUMBER,         interactive,                                    "words and media"),
        ("where are you",                  Channel::Sms,   NUMBER,         OutboundContent::LocationRequest { text: "?".into() }, "words and media"),
        ("another carrier's shape",        Channel::Sms,   NUMBER,         own_shape("twilio", &json!({"text": "x"})),     "another carrier"),
        ("its own shape of nothing",       Channel::Sms,   NUMBER,         own_shape("bandwidth", &json!({"priority": "high"})), "`text` or `media`"),
        ("another channel",                Channel::Email, NUMBER,         text("x"),                                      "SMS, MMS and RCS"),
    ];
    for (name, channel, from, content, words) in cases {
        match send::request(&settings(), &outbound(channel, from, content)) {
            Err(SendError::Unsupported(why)) => assert!(why.contains(words), "{name}: {why}"),
            other => panic!("{name}: {other:?}"),
        }
    }
    let fits = outbound(Channel::Mms, "+18445550100", pictures(vec![sized(525_000)]));
    assert!(send::request(&settings(), &fits).is_ok());
}
