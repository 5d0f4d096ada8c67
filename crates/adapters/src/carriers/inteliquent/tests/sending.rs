//! What becomes of messages.

use omni_core::content::{OutboundContent, OutboundMedia};
use omni_core::id::MessageId;

use super::*;

fn outbound(channel: Channel, content: OutboundContent) -> OutboundMessage {
    OutboundMessage {
        message_id: MessageId::from_bytes([0; 16]),
        client_ref: "msg_1".into(),
        channel,
        from: "+17205550142".into(),
        to: "+13035550177".into(),
        content,
        reply_to: None,
        conversation_ref: None,
        status_url: None,
        expires_at: None,
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
    for (name, message) in [
        ("too long", outbound(Channel::Sms, OutboundContent::Text { text: "x".repeat(1_601) })),
        ("too many", outbound(Channel::Mms, pictures(11))),
        ("none", outbound(Channel::Mms, pictures(0))),
        ("no URL", outbound(Channel::Mms, OutboundContent::Media { media: vec![media(None)], text: None })),
        ("another channel", outbound(Channel::Rcs, OutboundContent::Text { text: "x".into() })),
    ] {
        assert!(matches!(send::request(&settings(), &message), Err(SendError::Unsupported(_))), "{name}");
    }
}
