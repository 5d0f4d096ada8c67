use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use omni_core::carrier::{Accepted, Carrier, Found, LookUp, OutboundMessage};
use omni_core::content::{Button, Interactive, OutboundContent, OutboundMedia, Template};
use omni_core::event::{Channel, Location, ReportedState};
use omni_core::failure::{ErrorClass, Retry, SendError};
use omni_core::http::{HttpClient, HttpError, HttpRequest, HttpResponse};
use omni_core::id::MessageId;
use omni_core::time::Timestamp;
use serde_json::{Value, json};

use super::super::send;
use super::{account, contains, settings};

fn message(channel: Channel, from: &str, to: &str, content: OutboundContent) -> OutboundMessage {
    OutboundMessage {
        message_id: MessageId::from_bytes([7; 16]),
        client_ref: "msg_1".into(),
        channel,
        from: from.into(),
        to: to.into(),
        content,
        reply_to: None,
        conversation_ref: None,
        status_url: Some("https://gw.example.net/status".into()),
        expires_at: None,
    }
}

fn sms(content: OutboundContent) -> OutboundMessage {
    message(Channel::Sms, "+12025550143", "+13035550177", content)
}

fn whatsapp(content: OutboundContent) -> OutboundMessage {
    message(Channel::Whatsapp, "+31970102030", "+31612345678", content)
}

fn text(words: &str) -> OutboundContent {
    OutboundContent::Text { text: words.into() }
}

fn medium(mime: &str, caption: Option<&str>) -> OutboundContent {
    let media = OutboundMedia {
        url: Some("https://m.example/a".into()),
        mime: Some(mime.into()),
        ..OutboundMedia::default()
    };
    OutboundContent::Media { media: vec![media], text: caption.map(str::to_owned) }
}

fn template(id: &str, params: &[(&str, &str)]) -> OutboundContent {
    let params: BTreeMap<String, String> = params.iter().map(|(n, v)| ((*n).into(), (*v).into())).collect();
    OutboundContent::Template(Template {
        template_id: id.into(),
        language: Some("en".into()),
        params,
        ..Template::default()
    })
}

fn buttons(count: usize, url: Option<&str>, label: Option<&str>) -> OutboundContent {
    let button = |n| Button {
        id: format!("b{n}"),
        title: format!("B{n}"),
        description: None,
        url: url.map(str::to_owned),
        ..Button::default()
    };
    OutboundContent::Interactive(Interactive {
        text: "Which?".into(),
        header: Some("Head".into()),
        footer: None,
        buttons: (1..=count).map(button).collect(),
        list_label: label.map(str::to_owned),
        ..Interactive::default()
    })
}

fn place() -> OutboundContent {
    OutboundContent::Location {
        location: Location { lat: 52.37, lon: 4.89, name: Some("HQ".into()), address: None },
    }
}

fn reaction(emoji: &str) -> OutboundContent {
    OutboundContent::Reaction { target: "wam_1".into(), emoji: emoji.into() }
}

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
            json!({ "body": { "type": "list", "list": { "text": "Head\n\nWhich?", "items": [{ "title": "Pick", "actions": [{ "type": "postback", "postback": { "text": "B1", "payload": "b1" } }] }], "metadata": { "button": { "label": "Pick" } } } } }),
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

#[test]
fn what_cannot_be_carried_is_refused_before_anything_is_sent() {
    let no_url = OutboundContent::Media { media: vec![OutboundMedia::default()], text: None };
    let two = |content: OutboundContent| match content {
        OutboundContent::Media { media, text } => {
            OutboundContent::Media { media: [media.clone(), media].concat(), text }
        }
        other => other,
    };
    let cases = [
        ("rest", "1,378 plain characters", sms(text(&"a".repeat(1_378)))),
        ("rest", "604 others", sms(text(&"ж".repeat(604)))),
        ("rest", "a place on SMS", sms(place())),
        (
            "rest",
            "media without a URL",
            message(Channel::Mms, "+12025550143", "+13035550177", no_url.clone()),
        ),
        (
            "rest",
            "a sender that is not ours",
            message(Channel::Whatsapp, "+31000000000", "+31612345678", text("x")),
        ),
        ("rest", "two media on WhatsApp", whatsapp(two(medium("image/png", None)))),
        ("rest", "sound with words", whatsapp(medium("audio/ogg", Some("x")))),
        ("rest", "named template values", whatsapp(template("hi", &[("name", "x")]))),
        ("rest", "link buttons", whatsapp(buttons(1, Some("https://a.example"), None))),
        ("rest", "a reaction", whatsapp(reaction("👍"))),
        ("bird", "a reaction", whatsapp(reaction("👍"))),
        ("rest", "298 emoji", sms(text(&"😀".repeat(298)))),
        ("platform", "397 emoji", sms(text(&"😀".repeat(397)))),
        ("platform", "1,837 plain characters", sms(text(&"a".repeat(1_837)))),
        ("platform", "media on SMS", sms(medium("image/png", None))),
        (
            "platform",
            "an MMS",
            message(Channel::Mms, "+12025550143", "+13035550177", medium("image/png", None)),
        ),
        ("platform", "two links", whatsapp(buttons(2, Some("https://a.example"), None))),
        ("platform", "a caption of 1,025", whatsapp(medium("image/png", Some(&"a".repeat(1_025))))),
    ];
    for (generation, name, message) in cases {
        let result = send::request(&account(generation), &message);
        assert!(matches!(result, Err(SendError::Unsupported(_))), "{generation} {name}: {result:?}");
    }
    // WhatsApp's limits, whichever API carries the message; one less of each is taken.
    let choice = |words: usize, header: usize, footer: usize, title: usize, id: usize, rows: usize| {
        let button = Button {
            id: "i".repeat(id),
            title: "t".repeat(title),
            description: (rows > 3).then(|| "d".repeat(rows)),
            url: None,
            ..Button::default()
        };
        whatsapp(OutboundContent::Interactive(Interactive {
            text: "w".repeat(words),
            header: Some("h".repeat(header)),
            footer: Some("f".repeat(footer)),
            buttons: vec![button],
            list_label: (rows > 3).then(|| "Pick".to_owned()),
            ..Interactive::default()
        }))
    };
    let limits = [
        ("a text", whatsapp(text(&"ж".repeat(4_096))), whatsapp(text(&"ж".repeat(4_097)))),
        (
            "a caption",
            whatsapp(medium("image/png", Some(&"a".repeat(1_024)))),
            whatsapp(medium("image/png", Some(&"a".repeat(1_025)))),
        ),
        ("words", choice(1_024, 60, 60, 20, 256, 0), choice(1_025, 60, 60, 20, 256, 0)),
        ("a header", choice(1_024, 60, 60, 20, 256, 0), choice(1_024, 61, 60, 20, 256, 0)),
        ("a footer", choice(1_024, 60, 60, 20, 256, 0), choice(1_024, 60, 61, 20, 256, 0)),
        ("a title", choice(1_024, 60, 60, 20, 256, 0), choice(1_024, 60, 60, 21, 256, 0)),
        ("an id", choice(1_024, 60, 60, 20, 256, 0), choice(1_024, 60, 60, 20, 257, 0)),
        ("words over a list", choice(4_096, 60, 60, 24, 200, 72), choice(4_097, 60, 60, 24, 200, 72)),
        ("an entry", choice(4_096, 60, 60, 24, 200, 72), choice(4_096, 60, 60, 25, 200, 72)),
        ("an entry's id", choice(4_096, 60, 60, 24, 200, 72), choice(4_096, 60, 60, 24, 201, 72)),
        ("a description", choice(4_096, 60, 60, 24, 200, 72), choice(4_096, 60, 60, 24, 200, 73)),
        ("eleven entries", whatsapp(buttons(10, None, None)), whatsapp(buttons(11, None, None))),
    ];
    for (name, fits, too_long) in limits {
        for generation in ["rest", "bird", "platform"] {
            let account = account(generation);
            assert!(send::request(&account, &fits).is_ok(), "{generation} {name}");
            let result = send::request(&account, &too_long);
            assert!(matches!(result, Err(SendError::Unsupported(_))), "{generation} {name}: {result:?}");
        }
    }
    let long_sms = sms(text(&"a".repeat(1_378)));
    assert!(send::request(&account("bird"), &long_sms).is_err(), "an SMS over Channels");
    assert!(send::request(&account("rest"), &sms(text(&"a".repeat(1_377)))).is_ok(), "nine segments fit");
    assert!(send::request(&account("rest"), &sms(text(&"ж".repeat(603)))).is_ok(), "nine segments fit");
}

fn response(status: u16, body: &str) -> HttpResponse {
    HttpResponse { status, headers: Vec::new(), body: body.to_owned().into() }
}

/// An outcome in short: what was taken, or the class and code of the refusal.
fn summary(result: Result<Accepted, SendError>) -> String {
    match result {
        Ok(a) => format!("taken {} {:?}", a.carrier_message_id, a.state),
        Err(error) => format!("{} {}", error.class().as_str(), error.code()),
    }
}

#[test]
fn answers_become_outcomes() {
    let item = r#"{"id":"m1","recipients":{"items":[{"recipient":31612345678,"status":"sent","messagePartCount":2}]}}"#;
    let error = |code: u32| format!(r#"{{"errors":[{{"code":{code},"description":"no"}}]}}"#);
    let platform = |code: &str, kind: &str, name: &str| {
        format!(r#"{{"error":{{"code":"{code}","type":"{kind}","name":"{name}","message":"no"}}}}"#)
    };
    let rest = || sms(text("x"));
    let cases = [
        ("rest", rest(), 201, item.to_owned(), "taken m1 Sent"),
        ("rest", rest(), 201, r#"{"id":"m1"}"#.to_owned(), "taken m1 Queued"),
        ("rest", rest(), 201, "<html>".to_owned(), "ambiguous ambiguous"),
        ("rest", rest(), 201, "{}".to_owned(), "ambiguous ambiguous"),
        ("rest", rest(), 401, error(2), "auth 2"),
        ("rest", rest(), 422, error(2), "auth 2"),
        ("rest", rest(), 422, error(9), "bad_request 9"),
        ("rest", rest(), 422, error(10), "bad_request 10"),
        ("rest", rest(), 404, error(20), "bad_request 20"),
        ("rest", rest(), 422, error(21), "bad_request 21"),
        ("rest", rest(), 422, error(25), "account 25"),
        ("rest", rest(), 422, error(98), "transient 98"),
        ("rest", rest(), 500, error(99), "transient 99"),
        ("rest", rest(), 429, String::new(), "throttled 429"),
        ("rest", rest(), 503, "oops".to_owned(), "transient 503"),
        ("rest", rest(), 504, String::new(), "ambiguous ambiguous"),
        ("rest", rest(), 403, String::new(), "permission 403"),
        (
            "rest",
            whatsapp(text("x")),
            202,
            r#"{"id":"c1","status":"accepted"}"#.to_owned(),
            "taken c1 Queued",
        ),
        (
            "rest",
            whatsapp(text("x")),
            202,
            r#"{"id":"c1","status":"rejected"}"#.to_owned(),
            "rejected rejected",
        ),
        ("rest", whatsapp(text("x")), 400, error(301), "window_closed 301"),
        ("bird", rest(), 202, r#"{"id":"b1","status":"accepted"}"#.to_owned(), "taken b1 Queued"),
        (
            "bird",
            rest(),
            422,
            r#"{"code":"InvalidPayload","message":"no"}"#.to_owned(),
            "bad_request InvalidPayload",
        ),
        (
            "platform",
            rest(),
            202,
            r#"{"id":"sms_1","status":"accepted","segments":{"count":3}}"#.to_owned(),
            "taken sms_1 Queued",
        ),
        ("platform", rest(), 409, platform("E01004", "conflict_error", ""), "transient E01004"),
        ("platform", rest(), 409, platform("E01005", "conflict_error", ""), "bad_request E01005"),
        ("platform", rest(), 503, platform("E01033", "service_unavailable_error", ""), "transient E01033"),
        ("platform", rest(), 429, platform("E01003", "rate_limit_error", ""), "throttled E01003"),
        (
            "platform",
            rest(),
            422,
            platform("E02000", "validation_error", "SMSInvalidRecipient"),
            "invalid_recipient E02000",
        ),
        (
            "platform",
            rest(),
            422,
            platform("E02001", "validation_error", "SMSSenderNotConfigured"),
            "registration E02001",
        ),
        ("platform", rest(), 402, platform("E03000", "billing_error", ""), "account E03000"),
        ("platform", rest(), 421, platform("E00001", "misdirected_error", ""), "permission E00001"),
        ("platform", rest(), 418, "tea".to_owned(), "rejected 418"),
        ("platform", whatsapp(reaction("")), 202, String::new(), "taken  Queued"),
    ];
    for (generation, message, status, body, expect) in cases {
        let got = send::outcome(&account(generation), &message, &response(status, &body));
        assert_eq!(summary(got), expect, "{generation} {status} {body}");
    }
}

#[test]
fn the_carriers_words_keep_nobodys_number_and_its_wait_counts() {
    let mut answer = response(429, r#"{"errors":[{"code":42,"description":"too many to 31612345678"}]}"#);
    answer.headers.push(("retry-after".into(), "17".into()));
    let error = send::outcome(&account("rest"), &sms(text("x")), &answer).unwrap_err();
    assert!(!error.to_string().contains("31612345678"), "{error}");
    assert_eq!(error.retry(), Retry::After(Duration::from_secs(17)));
    let busy = response(409, r#"{"error":{"code":"E01004"}}"#);
    let error = send::outcome(&account("platform"), &sms(text("x")), &busy).unwrap_err();
    assert_eq!(error.retry(), Retry::After(Duration::from_secs(2)), "a send under way is asked for again");
}

#[test]
fn an_accepted_message_says_who_really_gets_it() {
    let item = r#"{"id":"m1","recipients":{"items":[{"recipient":31612345678,"status":"sent","messagePartCount":2}]}}"#;
    let accepted = send::outcome(&account("rest"), &sms(text("x")), &response(201, item)).unwrap();
    assert_eq!(accepted.recipient, Some("+31612345678".into()));
    assert_eq!((accepted.segments, accepted.state), (Some(2), ReportedState::Sent));
}

/// Answers requests from a list and keeps their first lines.
struct Scripted {
    answers: Mutex<Vec<HttpResponse>>,
    asked: Mutex<Vec<String>>,
}

impl Scripted {
    fn new(answers: &[(u16, &str)]) -> Self {
        let answers = answers.iter().rev().map(|(status, body)| response(*status, body)).collect();
        Self { answers: Mutex::new(answers), asked: Mutex::default() }
    }
}

#[async_trait]
impl HttpClient for Scripted {
    async fn execute(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        self.asked.lock().unwrap().push(format!("{} {}", request.method, request.url));
        self.answers.lock().unwrap().pop().ok_or(HttpError::Connect("no answer left".into()))
    }
}

fn built(generation: &str) -> std::sync::Arc<dyn Carrier> {
    (super::super::PLUGIN.build)(settings(generation)).unwrap()
}

fn query() -> LookUp {
    LookUp {
        client_ref: "msg_1".into(),
        from: "+12025550143".into(),
        to: "+13035550177".into(),
        text: None,
        since: Timestamp::from_secs(super::NOW),
        conversation_ref: None,
    }
}

#[tokio::test]
async fn the_carriers_record_settles_an_ambiguous_send() {
    let taken = Some(Found::Taken(Accepted::with_id("m1")));
    type Answers = &'static [(u16, &'static str)];
    let cases: [(&str, &str, Answers, Option<Found>); 6] = [
        (
            "rest",
            "it is in the list",
            &[(200, r#"{"items":[{"id":"m0","reference":"other"},{"id":"m1","reference":"msg_1"}]}"#)],
            taken.clone(),
        ),
        ("rest", "absence proves nothing", &[(200, r#"{"items":[]}"#)], Some(Found::Unclear)),
        ("bird", "no record to ask", &[], None),
        (
            "platform",
            "it is among the SMS",
            &[(200, r#"{"data":[{"id":"m1","status":"accepted","metadata":{"ref":"msg_1"}}]}"#)],
            taken.clone(),
        ),
        (
            "platform",
            "it is among the WhatsApp messages",
            &[
                (200, r#"{"data":[]}"#),
                (200, r#"{"data":[{"id":"m1","status":"accepted","metadata":{"ref":"msg_1"}}]}"#),
            ],
            taken,
        ),
        (
            "platform",
            "it is nowhere, and repeating is safe",
            &[(200, r#"{"data":[]}"#), (200, r#"{"data":[]}"#)],
            Some(Found::NotTaken),
        ),
    ];
    for (generation, name, answers, expect) in cases {
        let http = Scripted::new(answers);
        assert_eq!(built(generation).look_up(&http, &query()).await.unwrap(), expect, "{name}");
    }
    let http = Scripted::new(&[(401, "{}")]);
    let error = built("rest").look_up(&http, &query()).await.unwrap_err();
    assert_eq!(error.class(), ErrorClass::Auth, "a refusal is not an absence");
}

#[tokio::test]
async fn a_check_says_whether_the_key_works() {
    let cases = [
        ("rest", "GET https://rest.messagebird.com/balance", 200, true),
        ("rest", "GET https://rest.messagebird.com/balance", 401, false),
        ("bird", "GET https://api.bird.com/workspaces/ws%201/channels/sms1", 403, false),
        ("platform", "GET https://eu1.platform.bird.com/v1/sms/messages?limit=1", 500, false),
    ];
    for (generation, line, status, ok) in cases {
        let http = Scripted::new(&[(status, "{}")]);
        let health = built(generation).check(&http).await.unwrap();
        assert_eq!((health.ok, http.asked.lock().unwrap().first().map(String::as_str)), (ok, Some(line)));
        assert!(!health.detail.contains("secret"));
    }
}
