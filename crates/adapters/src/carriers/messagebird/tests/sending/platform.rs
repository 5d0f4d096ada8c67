use omni_core::content::{
    OutboundContent, OutboundMedia, Products, Template, TemplateButton, TemplateButtonKind, TemplateHeader,
};
use omni_core::event::Location;
use serde_json::json;

use super::{
    above, body_of, buttons, check_bodies, check_refusals, file, quick_reply, rich_template, sections, sms,
    under,
};

#[test]
fn templates_are_parts_in_order() {
    let link = TemplateButtonKind::Url { text: "?id=1".into() };
    let code = TemplateButtonKind::CopyCode { code: "SAVE10".into() };
    let location = Location { lat: 1.0, lon: 2.0, name: Some("HQ".into()), address: None };
    let template =
        |components: serde_json::Value| json!({ "slug": "t1", "language": "en", "components": components });
    let text = |words: &str| json!({ "type": "text", "text": words });
    let url = "https://m.example/a";
    let OutboundContent::Template(reversed) = rich_template(None, vec![], &[]) else {
        unreachable!("it is one")
    };
    let reversed = OutboundContent::Template(Template {
        buttons: vec![
            TemplateButton { index: 2, kind: code.clone() },
            TemplateButton { index: 0, kind: link.clone() },
        ],
        ..reversed
    });
    check_bodies(
        "platform",
        "template",
        vec![
            (
                "nothing to fill in",
                rich_template(None, vec![], &[]),
                json!({ "slug": "t1", "language": "en" }),
            ),
            (
                "a picture above",
                rich_template(above("image/png"), vec![], &[("1", "Ann")]),
                template(
                    json!([{ "type": "header", "parameters": [{ "type": "image", "url": url }] }, { "type": "body", "parameters": [text("Ann")] }]),
                ),
            ),
            (
                "a document above, with its name",
                rich_template(above("application/pdf"), vec![], &[]),
                template(
                    json!([{ "type": "header", "parameters": [{ "type": "document", "url": url, "filename": "a.bin" }] }]),
                ),
            ),
            (
                "a place above",
                rich_template(Some(TemplateHeader::Location(location)), vec![], &[]),
                template(
                    json!([{ "type": "header", "parameters": [{ "type": "location", "location": { "latitude": 1.0, "longitude": 2.0, "name": "HQ" } }] }]),
                ),
            ),
            (
                "words above, a link and a code",
                rich_template(Some(TemplateHeader::Text("May".into())), vec![link, code], &[]),
                template(
                    json!([{ "type": "header", "parameters": [text("May")] }, { "type": "button", "parameters": [text("?id=1")] }, { "type": "button", "parameters": [text("SAVE10")] }]),
                ),
            ),
            (
                "buttons in the order of their places",
                reversed,
                template(
                    json!([{ "type": "button", "parameters": [text("?id=1")] }, { "type": "button", "parameters": [text("SAVE10")] }]),
                ),
            ),
        ],
    );
}

#[test]
fn interactive_kinds_of_the_published_models() {
    let reply = |n: u8| json!({ "type": "quick_reply", "quick_reply": { "slug": format!("b{n}"), "text": format!("B{n}") } });
    let header = |kind: &str| json!({ "type": kind, "url": "https://m.example/a" });
    check_bodies(
        "platform",
        "interactive",
        vec![
            (
                "the question for a place",
                OutboundContent::LocationRequest { text: "Where?".into() },
                json!({ "type": "location_request_message", "body_text": "Where?" }),
            ),
            (
                "a film above buttons",
                under("video/mp4", buttons(2, None, None)),
                json!({ "type": "button", "header": header("video"), "body_text": "Which?", "buttons": [reply(1), reply(2)] }),
            ),
            (
                "a picture above a link",
                under("image/png", buttons(1, Some("https://a.example"), None)),
                json!({ "type": "cta_url", "header": header("image"), "body_text": "Which?", "cta_url": { "text": "B1", "url": "https://a.example" } }),
            ),
            (
                "a list of three sections",
                sections(),
                json!({
                    "type": "list",
                    "header": { "type": "text", "text": "Head" },
                    "body_text": "Which?",
                    "footer_text": "Foot",
                    "list": { "button_text": "Pick", "sections": [
                        { "title": "One", "rows": [{ "slug": "a", "text": "A", "description": "first" }, { "slug": "b", "text": "B" }] },
                        { "title": "Two", "rows": [{ "slug": "c", "text": "C" }] },
                        { "title": "Pick", "rows": [{ "slug": "d", "text": "D" }] },
                    ] },
                }),
            ),
        ],
    );
}

#[test]
fn sound_may_be_a_voice_note() {
    let sound = |voice| OutboundContent::Media {
        media: vec![OutboundMedia { voice, ..file("audio/ogg") }],
        text: None,
    };
    check_bodies(
        "platform",
        "audio",
        vec![
            ("sound", sound(false), json!({ "url": "https://m.example/a" })),
            ("a voice note", sound(true), json!({ "url": "https://m.example/a", "voice": true })),
        ],
    );
}

#[test]
fn what_the_platform_does_not_have_is_refused() {
    let form = TemplateButtonKind::Flow { token: None, data: None };
    let twice = match buttons(2, None, None) {
        OutboundContent::Interactive(mut choice) => {
            choice.buttons.iter_mut().for_each(|button| button.title = "Same".into());
            OutboundContent::Interactive(choice)
        }
        other => other,
    };
    let cards =
        |count: usize| OutboundContent::Contacts { contacts: vec![json!({ "name": {} }); count].into() };
    check_refusals(
        "platform",
        vec![
            ("a payload of one's own", rich_template(None, vec![quick_reply("yes")], &[])),
            ("a form in a template", rich_template(None, vec![form], &[])),
            ("sound above a template", rich_template(above("audio/ogg"), vec![], &[])),
            ("a form", OutboundContent::Flow(Box::default())),
            ("products", OutboundContent::Products(Products::default())),
            ("one label twice", twice),
            ("no cards", cards(0)),
            ("six cards", cards(6)),
            ("a picture above a list", under("image/png", buttons(4, None, Some("Pick")))),
        ],
    );
    assert!(
        body_of("platform", &sms(rich_template(above("image/png"), vec![], &[]))).is_err(),
        "SMS has no header"
    );
}
