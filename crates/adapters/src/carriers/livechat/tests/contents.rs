use omni_core::carrier::{OutboundMessage, Upload};
use omni_core::content::{Button, Custom, Interactive, OutboundContent, OutboundMedia, Products, Template};
use omni_core::event::{Location, MessageType};
use omni_core::failure::SendError;
use omni_core::http::{HttpError, HttpResponse};
use serde_json::{Value, json};

use super::sending::{Scripted, carrier, error, message, response, text};
use super::{BOT, contains};

fn medium(url: &str) -> OutboundMedia {
    OutboundMedia { url: Some(url.to_owned()), filename: Some("a.png".into()), ..OutboundMedia::default() }
}

fn media(urls: &[&str], caption: Option<&str>) -> OutboundContent {
    let media = urls.iter().map(|url| medium(url)).collect();
    OutboundContent::Media { media, text: caption.map(str::to_owned) }
}

fn button(number: usize) -> Button {
    Button { id: format!("b{number}"), title: format!("B{number}"), ..Button::default() }
}

fn asked(count: usize, change: impl FnOnce(&mut Interactive)) -> OutboundContent {
    let mut asked = Interactive {
        text: "Which?".into(),
        header: Some("Head".into()),
        buttons: (1..=count).map(button).collect(),
        ..Interactive::default()
    };
    change(&mut asked);
    OutboundContent::Interactive(asked)
}

fn own(carrier: &str, object: Value) -> OutboundContent {
    let Value::Object(object) = object else { panic!("{object} is no object") };
    OutboundContent::Custom(Custom { carrier: carrier.into(), object, ..Custom::default() })
}

/// Writes `content` and answers the event.
fn written(content: OutboundContent) -> Result<Value, SendError> {
    let request = carrier(|_| {}).request(&message(content))?;
    assert_eq!(request.url, "https://api.livechatinc.com/v3.6/agent/action/send_event");
    let basic = ("authorization", "Basic YWNjLTE6cGF0LXMzY3JldA==".to_owned());
    assert!(request.headers.contains(&basic));
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    assert_eq!(body["chat_id"], "C1");
    assert_eq!((&body["event"]["visibility"], &body["event"]["custom_id"]), (&json!("all"), &json!("msg_1")));
    Ok(body["event"].clone())
}

fn check(cases: Vec<(&str, OutboundContent, Value)>) {
    for (name, content, expect) in cases {
        let got = written(content).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(contains(&expect, &got), "{name}:\nexpected {expect:#}\ngot {got:#}");
    }
}

#[test]
fn words_and_files() {
    let place = OutboundContent::Location {
        location: Location { lat: 1.5, lon: 2.0, name: Some("HQ".into()), address: None },
    };
    let cdn = "https://cdn.livechat-files.com/a.png";
    let sized =
        OutboundMedia { size: Some(7), mime: Some("image/png".into()), ..medium("https://m.example/a") };
    let voice = OutboundMedia { voice: true, ..medium("https://cdn.livechat-files.com/a.ogg") };
    let one = |medium: OutboundMedia| OutboundContent::Media { media: vec![medium], text: None };
    check(vec![
        ("words", text("Hello"), json!({ "type": "message", "text": "Hello" })),
        ("a place in words", place, json!({ "type": "message", "text": "HQ\n1.5, 2" })),
        ("a file on the CDN", media(&[cdn], None), json!({ "type": "file", "url": cdn, "elements": null })),
        ("a voice note, of which there is no such kind", one(voice), json!({ "type": "file" })),
        (
            "a file on the CDN with a caption, which files have not",
            media(&[cdn], Some("look")),
            json!({ "type": "rich_message", "elements": [{ "title": "look", "image": { "url": cdn } }] }),
        ),
        (
            "a file elsewhere",
            media(&["https://m.example/a.png"], Some("look")),
            json!({ "type": "rich_message", "template_id": "cards", "elements": [{ "title": "look", "image": { "url": "https://m.example/a.png" }, "buttons": [{ "type": "url", "value": "https://m.example/a.png" }] }] }),
        ),
        (
            "all that is known of a picture",
            one(sized),
            json!({ "elements": [{ "image": { "url": "https://m.example/a", "name": "a.png", "content_type": "image/png", "size": 7 } }] }),
        ),
        (
            "two files",
            media(&["https://m.example/1", "https://m.example/2"], Some("look")),
            json!({ "elements": [{ "title": "look" }, { "title": "a.png" }] }),
        ),
    ]);
}

#[test]
fn choices() {
    let entry = |number, section: Option<&str>, description: Option<&str>| Button {
        section: section.map(str::to_owned),
        description: description.map(str::to_owned),
        ..button(number)
    };
    let list = asked(0, |asked| {
        asked.buttons = vec![
            entry(1, Some("Today"), Some("8 to 12")),
            entry(2, Some("Today"), None),
            entry(3, Some("Later"), Some("any time")),
            entry(4, None, None),
        ];
        (asked.list_label, asked.footer) = (Some("Choose".into()), Some("Foot".into()));
    });
    let link = |asked: &mut Interactive| asked.buttons[0].url = Some("https://a.example".into());
    let pictured = |asked: &mut Interactive| {
        asked.header_media = Some(Box::new(medium("https://m.example/a.png")));
        asked.header = None;
    };
    check(vec![
        (
            "buttons",
            asked(2, |_| {}),
            json!({ "type": "rich_message", "template_id": "quick_replies", "elements": [{ "title": "Head\nWhich?", "subtitle": null, "buttons": [{ "type": "message", "text": "B1", "value": "B1", "postback_id": "b1", "user_ids": [] }, {}] }] }),
        ),
        (
            "a link",
            asked(1, link),
            json!({ "template_id": "cards", "elements": [{ "title": "Head", "subtitle": "Which?", "buttons": [{ "type": "url", "value": "https://a.example" }] }] }),
        ),
        (
            "under a picture",
            asked(1, pictured),
            json!({ "template_id": "cards", "elements": [{ "title": "Which?", "subtitle": null, "image": { "url": "https://m.example/a.png" }, "buttons": [{ "type": "message" }] }] }),
        ),
        (
            "a list: every entry a button, sections and descriptions in the words",
            list,
            json!({ "template_id": "quick_replies", "elements": [{
                "title": "Head\nWhich?\nToday\n• B1: 8 to 12\n• B2\nLater\n• B3: any time\n• B4\nFoot",
                "buttons": [{ "postback_id": "b1" }, {}, {}, { "postback_id": "b4" }] }] }),
        ),
        (
            "descriptions on a card",
            asked(1, |asked| {
                link(asked);
                asked.buttons[0].description = Some("our shop".into());
            }),
            json!({ "elements": [{ "title": "Head", "subtitle": "Which?\n• B1: our shop" }] }),
        ),
    ]);
}

#[test]
fn events_in_livechats_own_words() {
    let form = json!({ "type": "form", "form_id": "1", "fields": [{ "type": "email", "id": "1", "label": "E-mail" }] });
    let product = json!({ "type": "rich_message", "template_id": "ecommerce", "elements": [{ "ecommerce": { "view_type": "tags", "product_id": "1" } }] });
    let hostile = json!({ "type": "message", "text": "x", "visibility": "agents", "custom_id": "msg_2", "id": "i", "author_id": "a", "created_at": "t" });
    check(vec![
        ("a form", own("livechat", form.clone()), form),
        ("a product", own("livechat", product.clone()), product),
        (
            "an object for a program",
            own("livechat", json!({ "type": "custom", "content": { "a": 1 } })),
            json!({ "type": "custom", "content": { "a": 1 } }),
        ),
        (
            "what is ours to say cannot be said",
            own("livechat", hostile),
            json!({ "type": "message", "text": "x", "id": null, "author_id": null, "created_at": null }),
        ),
    ]);
}

#[test]
fn what_cannot_be_carried_is_refused_before_anything_is_sent() {
    let strange = OutboundMessage { conversation_ref: None, to: "+13035550177".into(), ..message(text("x")) };
    let long = "a".repeat(16_385);
    let film = OutboundMedia { mime: Some("video/mp4".into()), ..medium("https://m.example/a.mp4") };
    let nowhere = || OutboundMedia { id: Some("1".into()), ..OutboundMedia::default() };
    let above = |medium: OutboundMedia| asked(1, |asked| asked.header_media = Some(Box::new(medium)));
    let cases = [
        ("16 KB and one byte", text(&long)),
        ("a caption of 16 KB and one byte", media(&["https://m.example/1"], Some(&long))),
        ("a description of 16 KB", asked(1, |asked| asked.buttons[0].description = Some(long.clone()))),
        ("14 buttons", asked(14, |_| {})),
        ("11 media", media(&["https://m.example/1"; 11], None)),
        ("no media", media(&[], None)),
        ("media without a URL", OutboundContent::Media { media: vec![nowhere()], text: None }),
        ("a film above buttons", above(film)),
        (
            "a picture without a URL above buttons",
            above(OutboundMedia { mime: Some("image/png".into()), ..nowhere() }),
        ),
        ("a reaction", OutboundContent::Reaction { target: "t".into(), emoji: "x".into() }),
        ("contact cards", OutboundContent::Contacts { contacts: json!([]) }),
        ("a template", OutboundContent::Template(Template::default())),
        ("the question for a place", OutboundContent::LocationRequest { text: "Where?".into() }),
        ("a flow", OutboundContent::Flow(Box::default())),
        ("products of a catalogue", OutboundContent::Products(Products::default())),
        ("a mail", OutboundContent::Email(Box::default())),
        ("an object of another carrier", own("twilio", json!({ "type": "message", "text": "x" }))),
        ("an object without a type", own("livechat", json!({ "text": "x" }))),
        ("a type that only customers write", own("livechat", json!({ "type": "filled_form" }))),
        ("a type that only the platform writes", own("livechat", json!({ "type": "system_message" }))),
        ("own words of 16 KB and one byte", own("livechat", json!({ "type": "message", "text": long }))),
    ];
    let messages = cases.map(|(name, content)| (name, message(content)));
    for (name, message) in messages.into_iter().chain([("a person who is no customer of LiveChat", strange)])
    {
        let result = carrier(|_| {}).request(&message);
        assert!(matches!(result, Err(SendError::Unsupported(_))), "{name}: {result:?}");
    }
    assert!(carrier(|_| {}).request(&message(text(&"a".repeat(16_384)))).is_ok());
    assert!(carrier(|_| {}).capabilities().content.contains(&MessageType::Custom));
}

fn file(bytes: usize) -> Upload {
    Upload { bytes: vec![b'x'; bytes].into(), mime: "image/png".into(), filename: "a \"b\".png".into() }
}

#[tokio::test]
async fn an_upload_is_a_form_and_its_answer_a_file() {
    let url = "https://cdn.livechat-files.com/api/file/lc/att/1/a.png";
    let http = Scripted::new(vec![Ok(response(200, &json!({ "url": url }).to_string()))]);
    let kept = carrier(|_| {}).upload(&http, &file(3)).await.unwrap();
    let expect = OutboundMedia {
        url: Some(url.into()),
        mime: Some("image/png".into()),
        filename: Some("a \"b\".png".into()),
        size: Some(3),
        ..OutboundMedia::default()
    };
    assert_eq!((&kept, http.actions()), (&expect, vec!["upload_file".to_owned()]));
    let request = &http.asked.lock().unwrap()[0];
    assert!(http_header(request, "content-type").starts_with("multipart/form-data; boundary="));
    let form = String::from_utf8(request.body.to_vec()).unwrap();
    assert!(
        form.contains("name=\"file\"; filename=\"a %22b%22.png\"\r\nContent-Type: image/png\r\n\r\nxxx\r\n"),
        "{form}"
    );
    let sent = written(OutboundContent::Media { media: vec![kept], text: None }).unwrap();
    assert!(contains(&json!({ "type": "file", "url": url }), &sent), "{sent}");
}

fn http_header<'a>(request: &'a omni_core::http::HttpRequest, name: &str) -> &'a str {
    request.headers.iter().find(|(n, _)| *n == name).map_or("", |(_, value)| value)
}

/// Name, size, answers, what comes of it, what was called.
type UploadCase =
    (&'static str, usize, Vec<Result<HttpResponse, HttpError>>, &'static str, Vec<&'static str>);

#[tokio::test]
async fn an_upload_that_fails_sent_nobody_anything() {
    let refused = |status, kind| Ok(response(status, &error(kind)));
    let cases: Vec<UploadCase> = vec![
        ("10 MB", 10 << 20, vec![Ok(response(200, r#"{"url":"https://x"}"#))], "", vec!["upload_file"]),
        ("10 MB and a byte", (10 << 20) + 1, vec![], "unsupported media_too_large", vec![]),
        ("an executable", 1, vec![refused(400, "validation")], "bad_request validation", vec!["upload_file"]),
        (
            "too large for them",
            1,
            vec![refused(413, "entity_too_large")],
            "bad_request entity_too_large",
            vec!["upload_file"],
        ),
        (
            "timed out there",
            1,
            vec![refused(504, "request_timeout")],
            "transient upload",
            vec!["upload_file"],
        ),
        (
            "an answer without address",
            1,
            vec![Ok(response(200, "{}"))],
            "transient upload",
            vec!["upload_file"],
        ),
    ];
    for (name, bytes, answers, expect, actions) in cases {
        let http = Scripted::new(answers);
        let got = match carrier(|_| {}).upload(&http, &file(bytes)).await {
            Ok(_) => String::new(),
            Err(SendError::Unsupported(why)) => format!("unsupported {why}"),
            Err(error) => format!("{} {}", error.class().as_str(), error.code()),
        };
        assert_eq!(
            (got.as_str(), http.actions()),
            (expect, actions.iter().map(|a| (*a).to_owned()).collect()),
            "{name}"
        );
    }
}

#[tokio::test]
async fn an_upload_gets_a_bot_token_and_finds_its_region() {
    let elsewhere = r#"{"error":{"type":"misdirected_request","data":{"region":"fra"}}}"#;
    let http = Scripted::new(vec![
        Ok(response(200, r#"{"token":"one"}"#)),
        Ok(response(401, &error("authentication"))),
        Ok(response(200, r#"{"token":"two"}"#)),
        Ok(response(421, elsewhere)),
        Ok(response(200, r#"{"url":"https://cdn.livechat-files.com/a"}"#)),
    ]);
    let bot = json!({ "bot_id": BOT, "bot_secret": "bot-s3cret", "client_id": "client" });
    carrier(|table| table["bot"] = bot).upload(&http, &file(1)).await.unwrap();
    let calls = ["issue_bot_token", "upload_file", "issue_bot_token", "upload_file", "upload_file"];
    assert_eq!(http.actions(), calls);
    assert_eq!(http.header(4, "authorization").as_deref(), Some("Bearer two"));
    assert_eq!(http.header(4, "x-region").as_deref(), Some("fra"));
}
