use omni_core::content::{
    OutboundContent, OutboundMedia, ProductSection, Products, TemplateButtonKind, TemplateHeader,
};
use omni_core::event::{Channel, Location};
use serde_json::json;

use super::{
    above, body_of, buttons, check_bodies, check_refusals, file, medium, message, place, quick_reply,
    rich_template, sections, under,
};

fn offer(header: Option<&str>, sections: &[(Option<&str>, &[&str])]) -> OutboundContent {
    let section = |(title, products): &(Option<&str>, &[&str])| ProductSection {
        title: title.map(Into::into),
        products: products.iter().map(|id| (*id).to_owned()).collect(),
    };
    OutboundContent::Products(Products {
        text: Some("New".into()),
        header: header.map(Into::into),
        footer: Some("Foot".into()),
        catalog_id: Some("c1".into()),
        sections: sections.iter().map(section).collect(),
        thumbnail: None,
    })
}

#[test]
fn templates_fill_headers_and_buttons_by_components() {
    let head = json!({ "namespace": "ns_1", "templateName": "t1", "language": { "policy": "deterministic", "code": "en" } });
    let hsm = |components: serde_json::Value| {
        let mut hsm = head.clone();
        hsm["components"] = components;
        json!({ "hsm": hsm })
    };
    let mut plain = head.clone();
    plain["params"] = json!([{ "default": "Ann" }]);
    let body = json!({ "type": "body", "parameters": [{ "type": "text", "text": "Ann" }] });
    let link = TemplateButtonKind::Url { text: "?id=1".into() };
    let code = TemplateButtonKind::CopyCode { code: "SAVE10".into() };
    check_bodies(
        "rest",
        "content",
        vec![
            (
                "a body alone goes as params",
                rich_template(None, vec![], &[("1", "Ann")]),
                json!({ "hsm": plain }),
            ),
            (
                "a picture above",
                rich_template(above("image/jpeg"), vec![], &[("1", "Ann")]),
                hsm(
                    json!([{ "type": "header", "parameters": [{ "type": "image", "image": { "url": "https://m.example/a" } }] }, body]),
                ),
            ),
            (
                "a film above, and nothing to fill in",
                rich_template(above("video/mp4"), vec![], &[]),
                hsm(
                    json!([{ "type": "header", "parameters": [{ "type": "video", "video": { "url": "https://m.example/a" } }] }]),
                ),
            ),
            (
                "a document above",
                rich_template(above("application/pdf"), vec![], &[]),
                hsm(
                    json!([{ "type": "header", "parameters": [{ "type": "document", "document": { "url": "https://m.example/a" } }] }]),
                ),
            ),
            (
                "words above",
                rich_template(Some(TemplateHeader::Text("May".into())), vec![], &[]),
                hsm(json!([{ "type": "header", "parameters": [{ "type": "text", "text": "May" }] }])),
            ),
            (
                "three kinds of buttons",
                rich_template(None, vec![quick_reply("yes"), link, code], &[("1", "Ann")]),
                hsm(json!([
                    body,
                    { "type": "button", "sub_type": "quick_reply", "index": 0, "parameters": [{ "type": "payload", "payload": "yes" }] },
                    { "type": "button", "sub_type": "url", "index": 1, "parameters": [{ "type": "text", "text": "?id=1" }] },
                    { "type": "button", "sub_type": "copy_code", "index": 2, "parameters": [{ "type": "coupon_code", "coupon_code": "SAVE10" }] },
                ])),
            ),
        ],
    );
}

#[test]
fn choices_have_headers_and_sections() {
    let one = json!({ "buttons": [{ "id": "b1", "type": "reply", "title": "B1" }] });
    let under_kind = |kind: &str| json!({ "interactive": { "type": "button", "header": { "type": kind, kind: { "url": "https://m.example/a" } }, "body": { "text": "Which?" }, "action": one } });
    check_bodies(
        "rest",
        "content",
        vec![
            ("a picture above buttons", under("image/png", buttons(1, None, None)), under_kind("image")),
            ("a film above buttons", under("video/mp4", buttons(1, None, None)), under_kind("video")),
            (
                "a document above buttons",
                under("application/pdf", buttons(1, None, None)),
                under_kind("document"),
            ),
            (
                "a list of three sections",
                sections(),
                json!({ "interactive": {
                    "type": "list",
                    "header": { "type": "text", "text": "Head" },
                    "body": { "text": "Which?" },
                    "footer": { "text": "Foot" },
                    "action": { "button": "Pick", "sections": [
                        { "title": "One", "rows": [{ "id": "a", "title": "A", "description": "first" }, { "id": "b", "title": "B" }] },
                        { "title": "Two", "rows": [{ "id": "c", "title": "C" }] },
                        { "title": "Pick", "rows": [{ "id": "d", "title": "D" }] },
                    ] },
                } }),
            ),
            (
                "one product",
                offer(None, &[(None, &["sku-1"])]),
                json!({ "interactive": { "type": "product", "body": { "text": "New" }, "footer": { "text": "Foot" }, "action": { "catalog_id": "c1", "product_retailer_id": "sku-1" } } }),
            ),
            (
                "several products",
                offer(Some("Head"), &[(Some("One"), &["sku-1", "sku-2"]), (Some("Two"), &["sku-3"])]),
                json!({ "interactive": { "type": "product_list", "header": { "type": "text", "text": "Head" }, "body": { "text": "New" }, "footer": { "text": "Foot" }, "action": { "catalog_id": "c1", "sections": [
                    { "title": "One", "product_items": [{ "product_retailer_id": "sku-1" }, { "product_retailer_id": "sku-2" }] },
                    { "title": "Two", "product_items": [{ "product_retailer_id": "sku-3" }] },
                ] } } }),
            ),
        ],
    );
}

#[test]
fn what_the_api_does_not_document_is_refused() {
    let location = Location { lat: 1.0, lon: 2.0, name: None, address: None };
    let form = TemplateButtonKind::Flow { token: None, data: None };
    let no_catalogue = match offer(None, &[(None, &["sku-1"])]) {
        OutboundContent::Products(offer) => OutboundContent::Products(Products { catalog_id: None, ..offer }),
        other => other,
    };
    check_refusals(
        "rest",
        vec![
            (
                "a place above a template",
                rich_template(Some(TemplateHeader::Location(location)), vec![], &[]),
            ),
            ("sound above a template", rich_template(above("audio/ogg"), vec![], &[])),
            ("a form in a template", rich_template(None, vec![form], &[])),
            ("named values", rich_template(above("image/png"), vec![], &[("name", "x")])),
            ("a picture above a list", under("image/png", buttons(4, None, Some("Pick")))),
            ("a sticker above buttons", under("image/webp", buttons(1, None, None))),
            ("the question for a place", OutboundContent::LocationRequest { text: "Where?".into() }),
            ("a whole catalogue", offer(None, &[])),
            ("products without catalogue", no_catalogue),
            ("a product with a header", offer(Some("Head"), &[(None, &["sku-1"])])),
            ("several products without header", offer(None, &[(None, &["a", "b"])])),
            ("several sections without titles", offer(Some("Head"), &[(None, &["a"]), (None, &["b"])])),
        ],
    );
}

#[test]
fn a_voice_note_goes_as_sound() {
    let voice = OutboundMedia { voice: true, ..file("audio/ogg") };
    let content = OutboundContent::Media { media: vec![voice], text: None };
    check_bodies(
        "rest",
        "content",
        vec![("voice", content, json!({ "audio": { "url": "https://m.example/a" } }))],
    );
}

#[test]
fn an_mms_stays_in_north_america_and_within_its_bounds() {
    let mms = |from: &str, to: &str, content| body_of("rest", &message(Channel::Mms, from, to, content));
    let large = |bytes| {
        let media = OutboundMedia { size: Some(bytes), ..file("image/png") };
        OutboundContent::Media { media: vec![media], text: None }
    };
    let words = |count: usize| medium("image/png", Some(&"a".repeat(count)));
    #[rustfmt::skip]
    let cases = [
        ("to the US",          "+12025550143", "+13035550177", words(2_000),   true),
        ("to Canada",          "+12025550143", "+16135550177", words(1),       true),
        ("to the Netherlands", "+12025550143", "+31612345678", words(1),       false),
        ("to Jamaica",         "+12025550143", "+18765550177", words(1),       false),
        ("from a name",        "PostNL",       "+13035550177", words(1),       false),
        ("too many words",     "+12025550143", "+13035550177", words(2_001),   false),
        ("900 KiB",            "+12025550143", "+13035550177", large(921_600), true),
        ("one byte more",      "+12025550143", "+13035550177", large(921_601), false),
        ("a place",            "+12025550143", "+13035550177", place(),        false),
    ];
    for (name, from, to, content, is_taken) in cases {
        assert_eq!(mms(from, to, content).is_ok(), is_taken, "{name}");
    }
}
