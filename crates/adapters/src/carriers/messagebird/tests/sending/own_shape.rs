use omni_core::carrier::OutboundMessage;
use omni_core::content::{Custom, OutboundContent};
use omni_core::event::Channel;
use serde_json::{Value, json};

use super::super::contains;
use super::{body_of, message, sms, whatsapp};

fn own(object: &Value) -> OutboundContent {
    let object = object.as_object().expect("an object").clone();
    OutboundContent::Custom(Custom { carrier: "messagebird".into(), object, ..Custom::default() })
}

fn mms(content: OutboundContent) -> OutboundMessage {
    message(Channel::Mms, "+12025550143", "+13035550177", content)
}

/// Each generation, what carries it, an object of its own shape, and what becomes of it.
fn shapes() -> Vec<(&'static str, &'static str, OutboundMessage, Value)> {
    let carousel = json!({ "type": "carousel", "carousel": { "text": "x", "items": [] } });
    let flash = json!({ "body": "hi", "type": "flash" });
    let picture = json!({ "subject": "s", "mediaUrls": ["https://m.example/a"] });
    let catalogue =
        json!({ "type": "interactive", "content": { "interactive": { "type": "catalog" } }, "ttl": "1h" });
    let cards = json!({ "interactive": { "type": "carousel", "cards": [] }, "metadata": { "order": 7 } });
    let tagged = json!({ "text": "hi", "tags": [{ "name": "a", "value": "b" }] });
    vec![
        (
            "a flash SMS",
            "rest",
            sms(own(&flash)),
            json!({ "body": "hi", "type": "flash", "originator": "12025550143", "recipients": ["13035550177"], "reference": "msg_1" }),
        ),
        (
            "an MMS with a subject",
            "rest",
            mms(own(&picture)),
            json!({ "subject": "s", "mediaUrls": ["https://m.example/a"], "reference": "msg_1" }),
        ),
        (
            "Conversations",
            "rest",
            whatsapp(own(&catalogue)),
            json!({ "to": "+31612345678", "from": "wa1", "type": "interactive", "content": { "interactive": { "type": "catalog" } }, "ttl": "1h", "source": { "ref": "msg_1" } }),
        ),
        (
            "a carousel of Channels",
            "bird",
            whatsapp(own(&carousel)),
            json!({ "body": carousel, "reference": "msg_1" }),
        ),
        (
            "a carousel of the platform",
            "platform",
            whatsapp(own(&cards)),
            json!({ "to": "+31612345678", "from": "+31970102030", "interactive": { "type": "carousel" }, "metadata": { "order": 7, "ref": "msg_1" } }),
        ),
        (
            "a tagged SMS of the platform",
            "platform",
            sms(own(&tagged)),
            json!({ "text": "hi", "category": "transactional", "tags": [{}], "metadata": { "ref": "msg_1" } }),
        ),
    ]
}

#[test]
fn an_object_of_the_carrier_goes_as_it_is() {
    for (name, generation, message, expect) in shapes() {
        let body = body_of(generation, &message).unwrap_or_else(|why| panic!("{name}: {why}"));
        assert!(contains(&expect, &body), "{name}: {body:#}");
    }
}

#[test]
fn it_says_nothing_of_what_we_say() {
    let ours = [
        "to",
        "from",
        "recipients",
        "originator",
        "groupIds",
        "reference",
        "reportUrl",
        "source",
        "trackId",
        "replyTo",
        "receiver",
        "sender",
        "notification",
        "in_reply_to_message_id",
    ];
    for (name, generation, message, _) in shapes() {
        let before = body_of(generation, &message).unwrap();
        for member in ours {
            let OutboundContent::Custom(mut custom) = message.content.clone() else {
                unreachable!("it is one")
            };
            custom.object.insert(member.into(), json!("+19995550199"));
            let message = OutboundMessage { content: OutboundContent::Custom(custom), ..message.clone() };
            // Refused, or not this API's word for anything: then it changes none of ours.
            if let Ok(body) = body_of(generation, &message) {
                assert!(before.get(member).is_none(), "{name} {member}: {body:#}");
            }
        }
    }
}

#[test]
fn an_object_that_is_none_of_its_generation_is_refused() {
    let other = OutboundContent::Custom(Custom { carrier: "twilio".into(), ..Custom::default() });
    let cases = [
        ("another carrier's, rest", "rest", sms(other.clone())),
        ("another carrier's, Conversations", "rest", whatsapp(other.clone())),
        ("another carrier's, Channels", "bird", whatsapp(other.clone())),
        ("another carrier's, platform", "platform", whatsapp(other)),
        ("no type", "rest", whatsapp(own(&json!({ "content": {} })))),
        ("no content", "rest", whatsapp(own(&json!({ "type": "text" })))),
        ("no body type", "bird", whatsapp(own(&json!({ "text": { "text": "x" } })))),
        ("a type without its member", "bird", whatsapp(own(&json!({ "type": "text" })))),
        (
            "an older generation's",
            "platform",
            whatsapp(own(&json!({ "type": "text", "text": { "text": "x" } }))),
        ),
        ("an older generation's SMS", "platform", sms(own(&json!({ "body": "x", "type": "flash" })))),
        ("an SMS without words", "rest", sms(own(&json!({ "mediaUrls": [] })))),
        ("an MMS of nothing", "rest", mms(own(&json!({ "subject": "x" })))),
        ("metadata that is none", "platform", sms(own(&json!({ "text": "x", "metadata": "y" })))),
    ];
    for (name, generation, message) in cases {
        assert!(body_of(generation, &message).is_err(), "{name}");
    }
}
