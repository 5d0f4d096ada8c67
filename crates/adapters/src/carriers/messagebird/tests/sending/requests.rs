use omni_core::carrier::OutboundMessage;
use omni_core::content::OutboundContent;
use omni_core::event::Channel;
use omni_core::message::Purpose;
use serde_json::{Value, json};

use super::super::super::send;
use super::super::{account, contains};
use super::{buttons, medium, message, place, reaction, sms, template, text, whatsapp};

#[test]
fn requests_say_what_each_api_wants() {
    let cases = [
        (
            "rest",
            "an SMS",
            sms(text("Ja")),
            "POST https://rest.messagebird.com/messages",
            json!({ "originator": "12025550143", "recipients": ["13035550177"], "body": "Ja", "reference": "msg_1", "datacoding": "auto", "reportUrl": "https://gw.example.net/status" }),
        ),
        (
            "rest",
            "an SMS from a name",
            message(Channel::Sms, "alpha:PostNL", "+31612345678", text("x")),
            "POST https://rest.messagebird.com/messages",
            json!({ "originator": "PostNL", "recipients": ["31612345678"] }),
        ),
        (
            "rest",
            "an MMS",
            message(Channel::Mms, "+12025550143", "+13035550177", medium("image/png", Some("x"))),
            "POST https://rest.messagebird.com/mms",
            json!({ "originator": "12025550143", "mediaUrls": ["https://m.example/a"], "body": "x", "reference": "msg_1" }),
        ),
        (
            "rest",
            "a WhatsApp text",
            whatsapp(text("x")),
            "POST https://conversations.messagebird.com/v1/send",
            json!({ "to": "+31612345678", "from": "wa1", "type": "text", "content": { "text": "x" }, "source": { "ref": "msg_1" }, "reportUrl": "https://gw.example.net/status" }),
        ),
        (
            "rest",
            "a WhatsApp picture",
            whatsapp(medium("image/png", Some("c"))),
            "POST https://conversations.messagebird.com/v1/send",
            json!({ "type": "image", "content": { "image": { "url": "https://m.example/a", "caption": "c" } } }),
        ),
        (
            "rest",
            "a WhatsApp sticker",
            whatsapp(medium("image/webp", None)),
            "POST https://conversations.messagebird.com/v1/send",
            json!({ "type": "whatsappSticker", "content": { "whatsappSticker": { "link": "https://m.example/a" } } }),
        ),
        (
            "rest",
            "a template with ten values in their order",
            whatsapp(template("hi", &[("10", "j"), ("2", "b"), ("1", "a")])),
            "POST https://conversations.messagebird.com/v1/send",
            json!({ "type": "hsm", "content": { "hsm": { "namespace": "ns_1", "templateName": "hi", "language": { "policy": "deterministic", "code": "en" }, "params": [{ "default": "a" }, { "default": "b" }, { "default": "j" }] } } }),
        ),
        (
            "rest",
            "buttons",
            whatsapp(buttons(2, None, None)),
            "POST https://conversations.messagebird.com/v1/send",
            json!({ "type": "interactive", "content": { "interactive": { "type": "button", "header": { "type": "text", "text": "Head" }, "body": { "text": "Which?" }, "action": { "buttons": [{ "id": "b1", "type": "reply", "title": "B1" }, {}] } } } }),
        ),
        (
            "rest",
            "four buttons are a list",
            whatsapp(buttons(4, None, None)),
            "POST https://conversations.messagebird.com/v1/send",
            json!({ "content": { "interactive": { "type": "list", "action": { "button": "Options", "sections": [{ "rows": [{ "id": "b1", "title": "B1" }, {}, {}, {}] }] } } } }),
        ),
        (
            "rest",
            "a place",
            whatsapp(place()),
            "POST https://conversations.messagebird.com/v1/send",
            json!({ "type": "location", "content": { "location": { "latitude": 52.37, "longitude": 4.89 } } }),
        ),
        (
            "bird",
            "an SMS",
            sms(text("x")),
            "POST https://api.bird.com/workspaces/ws%201/channels/sms1/messages",
            json!({ "receiver": { "contacts": [{ "identifierKey": "phonenumber", "identifierValue": "+13035550177" }] }, "body": { "type": "text", "text": { "text": "x" } }, "reference": "msg_1", "notification": { "url": "https://gw.example.net/status" } }),
        ),
        (
            "bird",
            "a picture",
            whatsapp(medium("image/png", Some("c"))),
            "POST https://api.bird.com/workspaces/ws%201/channels/wa1/messages",
            json!({ "body": { "type": "image", "image": { "images": [{ "mediaUrl": "https://m.example/a" }], "text": "c" } } }),
        ),
        (
            "bird",
            "a file",
            whatsapp(medium("application/pdf", None)),
            "POST https://api.bird.com/workspaces/ws%201/channels/wa1/messages",
            json!({ "body": { "type": "file", "file": { "files": [{ "mediaUrl": "https://m.example/a", "contentType": "application/pdf" }] } } }),
        ),
        (
            "bird",
            "a template of a version",
            whatsapp(template("p1:v2", &[("name", "Ann")])),
            "POST https://api.bird.com/workspaces/ws%201/channels/wa1/messages",
            json!({ "body": null, "template": { "projectId": "p1", "version": "v2", "locale": "en", "variables": { "name": "Ann" } } }),
        ),
        (
            "bird",
            "a template of the living version",
            whatsapp(template("p1", &[])),
            "POST https://api.bird.com/workspaces/ws%201/channels/wa1/messages",
            json!({ "template": { "projectId": "p1", "version": "latest" } }),
        ),
        (
            "bird",
            "buttons",
            whatsapp(buttons(1, None, None)),
            "POST https://api.bird.com/workspaces/ws%201/channels/wa1/messages",
            json!({ "body": { "type": "text", "text": { "text": "Head\n\nWhich?", "actions": [{ "type": "postback", "postback": { "text": "B1", "payload": "b1" } }] } } }),
        ),
        (
            "bird",
            "a link",
            whatsapp(buttons(1, Some("https://a.example"), None)),
            "POST https://api.bird.com/workspaces/ws%201/channels/wa1/messages",
            json!({ "body": { "text": { "actions": [{ "type": "link", "link": { "text": "B1", "url": "https://a.example" } }] } } }),
        ),
        (
            "bird",
            "a list",
            whatsapp(buttons(1, None, Some("Pick"))),
            "POST https://api.bird.com/workspaces/ws%201/channels/wa1/messages",
            json!({ "body": { "type": "list", "list": { "title": "Head", "text": "Which?", "items": [{ "title": "Pick", "actions": [{ "type": "postback", "postback": { "text": "B1", "payload": "b1" } }] }], "metadata": { "button": { "label": "Pick" } } } } }),
        ),
        (
            "bird",
            "a place",
            whatsapp(place()),
            "POST https://api.bird.com/workspaces/ws%201/channels/wa1/messages",
            json!({ "body": { "type": "location", "location": { "coordinates": { "latitude": 52.37 }, "location": { "label": "HQ" } } } }),
        ),
        (
            "bird",
            "a text to a person without number",
            message(Channel::Whatsapp, "+31970102030", "bsuid:NL.1", text("x")),
            "POST https://api.bird.com/workspaces/ws%201/channels/wa1/messages",
            json!({ "receiver": { "contacts": [{ "identifierKey": "whatsappbsuid", "identifierValue": "NL.1" }] } }),
        ),
        (
            "platform",
            "an SMS",
            sms(text("x")),
            "POST https://eu1.platform.bird.com/v1/sms/messages",
            json!({ "to": "+13035550177", "from": "+12025550143", "text": "x", "category": "transactional", "metadata": { "ref": "msg_1" } }),
        ),
        (
            "platform",
            "an SMS with a purpose",
            OutboundMessage { purpose: Some(Purpose::Marketing), ..sms(text("x")) },
            "POST https://eu1.platform.bird.com/v1/sms/messages",
            json!({ "text": "x", "category": "marketing" }),
        ),
        (
            "platform",
            "an SMS template",
            sms(template("smt_1", &[("code", "1")])),
            "POST https://eu1.platform.bird.com/v1/sms/messages",
            json!({ "template": { "id": "smt_1", "language": "en", "parameters": { "code": "1" } }, "text": null, "category": null }),
        ),
        (
            "platform",
            "a WhatsApp text to a person without number",
            message(Channel::Whatsapp, "+31970102030", "bsuid:NL.1", text("x")),
            "POST https://eu1.platform.bird.com/v1/whatsapp/messages",
            json!({ "to": "NL.1", "text": { "body": "x" }, "metadata": { "ref": "msg_1" } }),
        ),
        (
            "platform",
            "a film",
            whatsapp(medium("video/mp4", Some("c"))),
            "POST https://eu1.platform.bird.com/v1/whatsapp/messages",
            json!({ "video": { "url": "https://m.example/a", "caption": "c" } }),
        ),
        (
            "platform",
            "a template by slug",
            whatsapp(template("hello", &[("2", "b"), ("1", "a")])),
            "POST https://eu1.platform.bird.com/v1/whatsapp/messages",
            json!({ "template": { "slug": "hello", "language": "en", "components": [{ "type": "body", "parameters": [{ "type": "text", "text": "a" }, { "text": "b" }] }] } }),
        ),
        (
            "platform",
            "a template with names",
            whatsapp(template("wat_1", &[("first", "Ann")])),
            "POST https://eu1.platform.bird.com/v1/whatsapp/messages",
            json!({ "template": { "id": "wat_1", "components": [{ "parameters": [{ "name": "first", "text": "Ann" }] }] } }),
        ),
        (
            "platform",
            "buttons",
            whatsapp(buttons(2, None, None)),
            "POST https://eu1.platform.bird.com/v1/whatsapp/messages",
            json!({ "interactive": { "type": "button", "body_text": "Which?", "header": { "type": "text", "text": "Head" }, "buttons": [{ "type": "quick_reply", "quick_reply": { "slug": "b1", "text": "B1" } }, {}] } }),
        ),
        (
            "platform",
            "a link",
            whatsapp(buttons(1, Some("https://a.example"), None)),
            "POST https://eu1.platform.bird.com/v1/whatsapp/messages",
            json!({ "interactive": { "type": "cta_url", "cta_url": { "text": "B1", "url": "https://a.example" } } }),
        ),
        (
            "platform",
            "a list",
            whatsapp(buttons(5, None, Some("Pick"))),
            "POST https://eu1.platform.bird.com/v1/whatsapp/messages",
            json!({ "interactive": { "type": "list", "list": { "button_text": "Pick", "sections": [{ "rows": [{ "slug": "b1" }, {}, {}, {}, {}] }] } } }),
        ),
        (
            "platform",
            "a place",
            whatsapp(place()),
            "POST https://eu1.platform.bird.com/v1/whatsapp/messages",
            json!({ "location": { "latitude": 52.37, "name": "HQ" } }),
        ),
        (
            "platform",
            "a reaction",
            whatsapp(reaction("👍")),
            "PUT https://eu1.platform.bird.com/v1/whatsapp/messages/wam_1/reaction",
            json!({ "emoji": "👍" }),
        ),
        (
            "platform",
            "a reaction taken back",
            whatsapp(reaction("")),
            "DELETE https://eu1.platform.bird.com/v1/whatsapp/messages/wam_1/reaction",
            Value::Null,
        ),
        (
            "platform",
            "cards",
            whatsapp(OutboundContent::Contacts { contacts: json!([{ "name": {} }]) }),
            "POST https://eu1.platform.bird.com/v1/whatsapp/messages",
            json!({ "contact_cards": [{ "name": {} }] }),
        ),
    ];
    for (generation, name, message, line, body) in cases {
        let request = send::request(&account(generation), &message).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(format!("{} {}", request.method, request.url), line, "{generation} {name}");
        let got: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        assert!(contains(&body, &got), "{generation} {name}: {got:#}");
        let header =
            |wanted: &str| request.headers.iter().find(|(name, _)| *name == wanted).map(|(_, v)| v.as_str());
        let key = if generation == "platform" { "Bearer bk_eu1_secret" } else { "AccessKey live_access" };
        assert_eq!(header("authorization"), Some(key), "{name}");
        assert_eq!(header("idempotency-key"), (generation == "platform").then_some("msg_1"), "{name}");
        assert!(!format!("{request:?}").contains("secret"), "{name}");
    }
}
