//! What becomes of RCS messages.

use omni_core::content::{Button, Interactive, OutboundMedia};
use omni_core::event::Location;

use super::sending::{medium, own_shape};
use super::*;

const AGENT: &str = "AcmeRBM";

fn button(id: &str, title: &str) -> Button {
    Button { id: id.into(), title: title.into(), ..Button::default() }
}

fn reply(id: &str, title: &str) -> Value {
    json!({ "type": "REPLY", "text": title, "postbackData": STANDARD.encode(id) })
}

fn link(url: &str) -> Button {
    Button { url: Some(url.into()), ..button("go", "Go") }
}

fn choices(buttons: Vec<Button>) -> Interactive {
    Interactive { text: "Choose".into(), buttons, ..Interactive::default() }
}

fn many(count: usize) -> Vec<Button> {
    (0..count).map(|n| button(&n.to_string(), &n.to_string())).collect()
}

fn media(media: Vec<OutboundMedia>, text: Option<&str>) -> OutboundContent {
    OutboundContent::Media { media, text: text.map(Into::into) }
}

fn of_type(mime: &str) -> OutboundMedia {
    OutboundMedia { mime: Some(mime.into()), ..medium("https://f/1") }
}

fn place(name: Option<&str>, address: Option<&str>) -> OutboundContent {
    let (name, address) = (name.map(Into::into), address.map(Into::into));
    OutboundContent::Location { location: Location { lat: 51.5, lon: -0.0801, name, address } }
}

#[test]
fn content_becomes_what_the_description_has() {
    let picture = json!({ "fileUrl": "https://f/1", "height": "MEDIUM" });
    let entry = |n: usize, section: &str| Button {
        description: Some(format!("more {n}")),
        section: Some(section.into()),
        ..button(&n.to_string(), &format!("No. {n}"))
    };
    let with_media = |buttons: Vec<Button>| {
        OutboundContent::Interactive(Interactive {
            header: Some("Above".into()),
            header_media: Some(Box::new(of_type("image/png"))),
            footer: Some("Below".into()),
            ..choices(buttons)
        })
    };
    let five: Vec<_> = (0..5).map(|n| reply(&n.to_string(), &n.to_string())).collect();
    #[rustfmt::skip]
    let cases = [
        ("words", OutboundContent::Text { text: "x".repeat(3_270) }, json!({"text": "x".repeat(3_270)})),
        ("a file", media(vec![of_type("application/pdf")], None), json!({"media": [{"fileUrl": "https://f/1"}]})),
        ("a file without words", media(vec![of_type("application/pdf")], Some("")), json!({"media": [{"fileUrl": "https://f/1"}]})),
        ("a picture with words", media(vec![of_type("image/png")], Some("see")),
            json!({"orientation": "VERTICAL", "cardContent": {"description": "see", "media": picture}})),
        ("suggestions", OutboundContent::Interactive(choices(vec![button("ok", "As long as a title may be"), link("https://acme.example"), link("tel:+1 (303) 555-0177")])),
            json!({"text": "Choose", "suggestions": [
                reply("ok", "As long as a title may be"),
                {"type": "OPEN_URL", "text": "Go", "postbackData": "Z28=", "url": "https://acme.example", "application": "BROWSER"},
                {"type": "DIAL_PHONE", "text": "Go", "postbackData": "Z28=", "phoneNumber": "+13035550177"}]})),
        ("words around", OutboundContent::Interactive(Interactive { header: Some("Above".into()), footer: Some("Below".into()), ..choices(many(1)) }),
            json!({"text": "Above\n\nChoose\n\nBelow", "suggestions": [reply("0", "0")]})),
        ("a list", OutboundContent::Interactive(Interactive { list_label: Some("Open".into()), ..choices(vec![entry(1, "A"), entry(2, "A"), entry(3, "B")]) }),
            json!({"text": "Choose\n\nA\nNo. 1: more 1\nNo. 2: more 2\nB\nNo. 3: more 3", "suggestions": [reply("1", "No. 1"), reply("2", "No. 2"), reply("3", "No. 3")]})),
        ("a card", with_media(many(1)),
            json!({"orientation": "VERTICAL", "cardContent": {"title": "Above", "description": "Choose\n\nBelow", "media": picture, "suggestions": [reply("0", "0")]}})),
        ("a card with more suggestions than it holds", with_media(many(5)),
            json!({"orientation": "VERTICAL", "cardContent": {"title": "Above", "description": "Choose\n\nBelow", "media": picture}, "suggestions": five})),
        ("where are you", OutboundContent::LocationRequest { text: "Where are you?".into() },
            json!({"text": "Where are you?", "suggestions": [{"type": "REQUEST_LOCATION", "text": "Share location", "postbackData": "bG9jYXRpb25fcmVxdWVzdA=="}]})),
        ("a place", place(Some("City Hall"), Some("London SE1")),
            json!({"text": "City Hall\nLondon SE1", "suggestions": [{"type": "SHOW_LOCATION", "text": "City Hall", "postbackData": "bG9jYXRpb24=", "latitude": "51.5", "longitude": "-0.0801", "label": "City Hall"}]})),
        ("a place without a name", place(None, None),
            json!({"text": "51.5, -0.0801", "suggestions": [{"type": "SHOW_LOCATION", "text": "51.5, -0.0801", "postbackData": "bG9jYXRpb24=", "latitude": "51.5", "longitude": "-0.0801"}]})),
        ("a place with a long name", place(Some("The Worshipful Company of Clockmakers"), None),
            json!({"text": "The Worshipful Company of Clockmakers", "suggestions": [{"type": "SHOW_LOCATION", "text": "51.5, -0.0801", "postbackData": "bG9jYXRpb24=", "latitude": "51.5", "longitude": "-0.0801", "label": "The Worshipful Company of Clockmakers"}]})),
        ("Bandwidth's own shape", own_shape("bandwidth", &json!({"cardWidth": "SMALL", "cardContents": [{"title": "A"}, {"title": "B"}]})),
            json!({"cardWidth": "SMALL", "cardContents": [{"title": "A"}, {"title": "B"}]})),
    ];
    for (name, content, expect) in cases {
        let request = carrier().request(&outbound(Channel::Rcs, AGENT, content)).unwrap();
        assert_eq!(request.url, "https://messaging.bandwidth.com/api/v2/users/5500123/messages/multiChannel");
        let body: Value = serde_json::from_slice(&request.body).unwrap();
        let channel = json!({ "from": AGENT, "applicationId": "app-2", "channel": "RBM", "content": expect });
        let expect = json!({ "to": "+13035550177", "tag": "msg_1", "channelList": [channel] });
        assert_eq!(body, expect, "{name}");
    }
}

/// What an object says about the way stands beside the channels; it names nobody.
#[test]
fn an_object_of_its_own_shape_overrides_nothing() {
    let object = json!({
        "text": "x", "priority": "high", "expiration": "2026-01-01T00:00:00Z",
        "to": "+19195550101", "tag": "x", "channelList": [],
    });
    let message = outbound(Channel::Rcs, AGENT, own_shape("bandwidth", &object));
    let request = send::request(&settings(), &message).unwrap();
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    for (name, expect) in [
        ("to", json!("+13035550177")),
        ("tag", json!("msg_1")),
        ("priority", json!("high")),
        ("expiration", json!("2026-01-01T00:00:00Z")),
    ] {
        assert_eq!(body[name], expect, "{name}");
    }
    assert_eq!(
        (&body["channelList"][0]["from"], body["channelList"].as_array().unwrap().len()),
        (&json!(AGENT), 1)
    );
}

#[test]
fn what_rcs_cannot_say_is_refused() {
    let of = |choices: Interactive| OutboundContent::Interactive(choices);
    let header = |medium: OutboundMedia| Some(Box::new(medium));
    let long = |url: &str, length: usize| format!("{url}{}", "u".repeat(length - url.len()));
    let sized = OutboundMedia { size: Some(100_000_001), ..of_type("video/mp4") };
    #[rustfmt::skip]
    let cases = [
        ("words too long",          OutboundContent::Text { text: "x".repeat(3_271) },                          "too long"),
        ("two files",               media(vec![medium("https://f/1"), medium("https://f/2")], None),            "one medium"),
        ("no file",                 media(vec![], None),                                                        "one medium"),
        ("a document with words",   media(vec![of_type("application/pdf")], Some("see")),                       "stands alone"),
        ("an address of 1,001",     media(vec![medium(&long("https://f/", 1_001))], None),                      "1,000"),
        ("an upload id",            media(vec![OutboundMedia::default()], None),                                "public URL"),
        ("a file too large",        media(vec![sized], None),                                                   "100 MB"),
        ("twelve suggestions",      of(choices(many(12))),                                                      "11 suggestions"),
        ("a title of 26",           of(choices(vec![button("x", &"x".repeat(26))])),                            "25 characters"),
        ("a postback over 2,048",   of(choices(vec![button(&"x".repeat(1_537), "x")])),                         "1,536 bytes"),
        ("a link too long",         of(choices(vec![link(&long("https://f/", 2_049))])),                        "web address"),
        ("a link of another kind",  of(choices(vec![link("javascript:alert(1)")])),                             "web address"),
        ("a national number",       of(choices(vec![link("tel:3035550177")])),                                  "international number"),
        ("a card's title too long", of(Interactive { header: Some("x".repeat(201)), header_media: header(of_type("image/png")), ..choices(many(1)) }), "too long"),
        ("a card's words too long", of(Interactive { text: "x".repeat(2_001), header_media: header(of_type("image/png")), ..choices(many(1)) }), "too long"),
        ("a card with a document",  of(Interactive { header_media: header(of_type("application/pdf")), ..choices(many(1)) }), "picture or a film"),
        ("a reaction",              OutboundContent::Reaction { target: "m".into(), emoji: "👍".into() },       "reactions"),
        ("a template",              OutboundContent::Template(omni_core::content::Template::default()),         "templates"),
        ("contact cards",           OutboundContent::Contacts { contacts: json!([]) },                          "words, suggestions"),
        ("its own shape of nothing", own_shape("bandwidth", &json!({"priority": "high"})), "has content"),
        ("another carrier's shape", own_shape("whatsapp", &json!({"text": "x"})),                               "another carrier"),
    ];
    for (name, content, words) in cases {
        match send::request(&settings(), &outbound(Channel::Rcs, AGENT, content)) {
            Err(SendError::Unsupported(why)) => assert!(why.contains(words), "{name}: {why}"),
            other => panic!("{name}: {other:?}"),
        }
    }
}

#[test]
fn the_label_of_the_question_is_a_setting() {
    let of = |label: &str| {
        let mut table = table();
        table["location_label"] = json!(label);
        Settings::read(table)
    };
    let content = OutboundContent::LocationRequest { text: "?".into() };
    let content = super::super::rich::content(&of("Standort senden").unwrap(), &content).unwrap();
    assert_eq!(content["suggestions"][0]["text"], "Standort senden");
    for label in ["", "This label is far too long"] {
        assert_eq!(of(label).unwrap_err().key.as_deref(), Some("location_label"), "{label}");
    }
}
