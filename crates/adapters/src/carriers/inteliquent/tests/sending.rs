//! What becomes of messages.

use omni_core::content::{Custom, Interactive, OutboundContent, OutboundMedia, Products, Template};
use omni_core::event::Location;
use omni_core::id::MessageId;

use super::*;

fn outbound(channel: Channel, content: OutboundContent) -> OutboundMessage {
    OutboundMessage {
        client_ref: "msg_1".into(),
        ..OutboundMessage::new(
            MessageId::from_bytes([0; 16]),
            channel,
            "+17205550142".into(),
            "+13035550177".into(),
            content,
        )
    }
}

#[test]
fn messages_become_requests() {
    let media = |url: Option<&str>| OutboundMedia { url: url.map(Into::into), ..OutboundMedia::default() };
    let pictures = |count: usize| OutboundContent::Media {
        media: vec![media(Some("https://f/1.png")); count],
        text: None,
    };
    let request =
        send::request(&settings(), &outbound(Channel::Sms, OutboundContent::Text { text: "Hi".into() }))
            .unwrap();
    assert_eq!(request.url, "https://messagebroker.inteliquent.com/msgbroker/rest/publishMessages");
    assert!(request.headers.contains(&("authorization", "Bearer k-secret-1".into())));
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    assert_eq!(
        body,
        json!({"from": "17205550142", "to": ["13035550177"], "text": "Hi", "referenceId": "msg_1"})
    );
    let request = send::request(&settings(), &outbound(Channel::Mms, pictures(1))).unwrap();
    assert_eq!(
        serde_json::from_slice::<Value>(&request.body).unwrap()["mediaUrls"],
        json!(["https://f/1.png"])
    );
}

#[test]
fn what_a_text_message_cannot_say_is_refused() {
    let of = |media: Vec<OutboundMedia>| OutboundContent::Media { media, text: None };
    let medium = |url: &str| OutboundMedia { url: Some(url.into()), ..OutboundMedia::default() };
    let sized = |size: u64| OutboundMedia { size: Some(size), ..medium("https://f/1.png") };
    let location = Location { lat: 51.5, lon: 0.0, name: None, address: None };
    let text = |text: &str| OutboundContent::Text { text: text.into() };
    #[rustfmt::skip]
    let cases = [
        ("too long",             Channel::Sms, text(&"x".repeat(1_601)),                              "too long"),
        ("too many",             Channel::Mms, of(vec![sized(1); 11]),                                "one to ten"),
        ("none",                 Channel::Mms, of(vec![]),                                            "one to ten"),
        ("together too large",   Channel::Mms, of(vec![sized(250_000), sized(250_001)]),              "500 KB"),
        ("sizes that overflow",  Channel::Mms, of(vec![sized(u64::MAX), sized(u64::MAX)]),            "500 KB"),
        ("an upload id",         Channel::Mms, of(vec![OutboundMedia::default()]),                    "public URL"),
        ("a file in the address", Channel::Mms, of(vec![medium("data:text/plain,x")]),                "public URL"),
        ("another channel",      Channel::Rcs, text("x"),                                             "SMS and MMS only"),
        ("a template",           Channel::Sms, OutboundContent::Template(Template::default()),        "templates"),
        ("buttons",              Channel::Sms, OutboundContent::Interactive(Interactive::default()),  "buttons"),
        ("a place",              Channel::Sms, OutboundContent::Location { location },                "places"),
        ("where are you",        Channel::Sms, OutboundContent::LocationRequest { text: "?".into() }, "ask for a place"),
        ("a reaction",           Channel::Sms, OutboundContent::Reaction { target: "r".into(), emoji: "👍".into() }, "reactions"),
        ("contact cards",        Channel::Sms, OutboundContent::Contacts { contacts: json!([]) },     "contact cards"),
        ("a form",               Channel::Sms, OutboundContent::Flow(Box::default()),                 "forms"),
        ("products",             Channel::Sms, OutboundContent::Products(Products::default()),        "catalogue"),
        ("a mail",               Channel::Sms, OutboundContent::Email(Box::default()),                "mail"),
        ("its own shape",        Channel::Sms, OutboundContent::Custom(Custom { carrier: "inteliquent".into(), ..Custom::default() }), "beyond words"),
    ];
    for (name, channel, content, words) in cases {
        match send::request(&settings(), &outbound(channel, content)) {
            Err(SendError::Unsupported(why)) => assert!(why.contains(words), "{name}: {why}"),
            other => panic!("{name}: {other:?}"),
        }
    }
    let most = outbound(Channel::Mms, of(vec![sized(250_000); 2]));
    assert!(send::request(&settings(), &most).is_ok());
}
