//! A message of ours to somebody who can be reached.

use omni_core::address::Address;
use omni_core::carrier::OutboundMessage;
use omni_core::content::{Custom, Email, OutboundContent, OutboundMedia};
use omni_core::event::Channel;
use omni_core::id::MessageId;
use serde_json::{Value, json};

/// Somebody who can be reached on `channel`.
pub(crate) fn recipient(channel: Channel) -> Address {
    match channel {
        Channel::Email => "rosa@customer.example",
        Channel::Chat => "lc:7d3f9c1e-2b4a-4c6d-8e0f-1a2b3c4d5e6f",
        _ => "+13035550177",
    }
    .into()
}

/// A message over one channel of a connection, with nothing that may be left out.
pub(crate) fn message(channel: Channel, from: Address, content: OutboundContent) -> OutboundMessage {
    let id: MessageId = "msg_01KAHTX5Z0E8R9S7T44VH8RT9M".parse().expect("an id");
    OutboundMessage::new(id, channel, from, recipient(channel), content)
}

/// Mails with copies and files, and in SendGrid's own shape.
pub(crate) fn mails() -> Vec<(&'static str, OutboundContent)> {
    let file = |mime: &str, name: &str| OutboundMedia {
        url: Some(format!("data:{mime};base64,SGVsbG8=")),
        filename: Some(name.into()),
        ..OutboundMedia::default()
    };
    let whole = Email {
        subject: Some("Your order".into()),
        text: Some("hello".into()),
        html: Some("<p>hello <img src=\"cid:logo.png\"></p>".into()),
        attachments: vec![file("application/pdf", "order.pdf"), file("image/png", "logo.png")],
        cc: vec!["leo@customer.example".into()],
        bcc: vec!["archive@acme.example".into()],
    };
    let html = Email { html: Some("<p>hello</p>".into()), ..Email::default() };
    let own = json!({
        "subject": "Hi",
        "content": [{ "type": "text/plain", "value": "hello" }],
        "categories": ["orders"],
        "asm": { "group_id": 7, "groups_to_display": [7] },
        "headers": { "X-Campaign": "autumn" },
        "mail_settings": { "footer": { "enable": false } },
        "tracking_settings": { "open_tracking": { "enable": true } },
    });
    let nested = json!({
        "template_id": "d-0123456789abcdef0123456789abcdef",
        "dynamic_template_data": { "user": { "name": "Maya" }, "items": [{ "n": 1 }] },
    });
    let custom = |object: Value| {
        let object = object.as_object().cloned().unwrap_or_default();
        OutboundContent::Custom(Custom { carrier: "sendgrid".into(), object, ..Custom::default() })
    };
    vec![
        ("a mail with copies and files", OutboundContent::Email(Box::new(whole))),
        ("a mail of HTML", OutboundContent::Email(Box::new(html))),
        ("a mail in its own shape", custom(own)),
        ("a template in its own shape", custom(nested)),
    ]
}
