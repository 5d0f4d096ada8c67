//! What becomes of messages.

use omni_core::content::{Button, OutboundMedia};

use super::*;

#[test]
fn messages_become_requests() {
    let text = |text: &str| OutboundContent::Text { text: text.into() };
    let media = |url: &str| OutboundMedia { url: Some(url.into()), ..OutboundMedia::default() };
    let pictures =
        |count: usize| OutboundContent::Media { media: vec![media("https://f/1.png"); count], text: None };
    let button = |id: &str, url: Option<&str>| Button {
        id: id.into(),
        title: "As long as a title may be".into(),
        description: None,
        url: url.map(Into::into),
    };
    #[rustfmt::skip]
    let cases = [
        ("words", outbound(Channel::Sms, "+17205550142", text("Hi")), "messages",
            json!({"applicationId": "app-1", "from": "+17205550142", "to": ["+13035550177"], "text": "Hi", "tag": "msg_1"})),
        ("pictures", outbound(Channel::Mms, "55512", OutboundContent::Media { media: vec![media("https://f/1.png")], text: None }), "messages",
            json!({"applicationId": "app-1", "from": "55512", "to": ["+13035550177"], "text": "", "media": ["https://f/1.png"], "tag": "msg_1"})),
        ("a file of RCS", outbound(Channel::Rcs, "AcmeRBM", OutboundContent::Media { media: vec![media("https://f/1.png")], text: None }), "messages/multiChannel",
            json!({"to": "+13035550177", "tag": "msg_1", "channelList": [{"from": "AcmeRBM", "applicationId": "app-2", "channel": "RBM", "content": {"media": [{"fileUrl": "https://f/1.png"}]}}]})),
        ("suggestions", outbound(Channel::Rcs, "AcmeRBM", OutboundContent::Interactive {
                text: "Choose".into(), header: None, footer: None, list_label: None,
                buttons: vec![button("ok", None), button("go", Some("https://acme.example"))] }), "messages/multiChannel",
            json!({"to": "+13035550177", "tag": "msg_1", "channelList": [{"from": "AcmeRBM", "applicationId": "app-2", "channel": "RBM", "content": {
                "text": "Choose", "suggestions": [
                    {"type": "REPLY", "text": "As long as a title may be", "postbackData": "b2s="},
                    {"type": "OPEN_URL", "text": "As long as a title may be", "postbackData": "Z28=", "url": "https://acme.example", "application": "BROWSER"}]}}]})),
    ];
    for (name, message, path, expect) in cases {
        let request = carrier().request(&message).unwrap();
        assert_eq!(
            request.url,
            format!("https://messaging.bandwidth.com/api/v2/users/5500123/{path}"),
            "{name}"
        );
        assert!(request.headers.contains(&("authorization", "Basic dTpw".into())), "{name}");
        assert_eq!(serde_json::from_slice::<Value>(&request.body).unwrap(), expect, "{name}");
    }
    for (from, wire) in [("alpha:Acme", "Acme"), ("55512", "55512")] {
        let request = send::request(&settings(), &outbound(Channel::Sms, from, text("Hi"))).unwrap();
        assert_eq!(serde_json::from_slice::<Value>(&request.body).unwrap()["from"], wire);
    }
    for (name, message) in [
        ("too long", outbound(Channel::Sms, "+17205550142", text(&"x".repeat(2_049)))),
        (
            "a file with a URL of 1,001",
            outbound(
                Channel::Rcs,
                "AcmeRBM",
                OutboundContent::Media { media: vec![media(&"u".repeat(1_001))], text: None },
            ),
        ),
        ("eleven pictures", outbound(Channel::Mms, "+17205550142", pictures(11))),
        ("no picture", outbound(Channel::Mms, "+17205550142", pictures(0))),
        (
            "a postback over 2,048",
            outbound(
                Channel::Rcs,
                "AcmeRBM",
                OutboundContent::Interactive {
                    text: "Choose".into(),
                    header: None,
                    footer: None,
                    list_label: None,
                    buttons: vec![button(&"x".repeat(1_537), None)],
                },
            ),
        ),
        (
            "a title of 26 characters",
            outbound(
                Channel::Rcs,
                "AcmeRBM",
                OutboundContent::Interactive {
                    text: "Choose".into(),
                    header: None,
                    footer: None,
                    list_label: None,
                    buttons: vec![Button { title: "x".repeat(26), ..button("ok", None) }],
                },
            ),
        ),
        ("another channel", outbound(Channel::Email, "+17205550142", text("x"))),
        (
            "an upload id",
            outbound(
                Channel::Mms,
                "+17205550142",
                OutboundContent::Media { media: vec![OutboundMedia::default()], text: None },
            ),
        ),
    ] {
        assert!(matches!(send::request(&settings(), &message), Err(SendError::Unsupported(_))), "{name}");
    }
}
