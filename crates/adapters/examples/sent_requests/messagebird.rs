//! What only MessageBird's three generations shape in their own ways: headers and buttons of
//! templates, media above buttons, sections, products, and each generation's own shape.

use omni_core::content::{
    Button, Custom, Interactive, OutboundContent, OutboundMedia, ProductSection, Products, Template,
    TemplateButton, TemplateButtonKind, TemplateHeader,
};
use omni_core::event::{Channel, Location};
use serde_json::{Value, json};

type Named = (&'static str, OutboundContent);

/// All of it; each generation refuses what is none of its own.
pub(super) fn contents(channel: Channel) -> Vec<Named> {
    [templates(), choices(), products(), own(channel)].concat()
}

fn file(mime: &str, name: &str) -> OutboundMedia {
    OutboundMedia {
        url: Some(format!("https://files.gw.example.net/{name}")),
        mime: Some(mime.into()),
        filename: Some(name.into()),
        ..OutboundMedia::default()
    }
}

fn templates() -> Vec<Named> {
    let of = |header: Option<TemplateHeader>, kinds: Vec<TemplateButtonKind>| {
        OutboundContent::Template(Template {
            template_id: "order_update".into(),
            language: Some("en_GB".into()),
            params: [("1".to_owned(), "Maya".to_owned())].into(),
            header,
            buttons: (0..).zip(kinds).map(|(index, kind)| TemplateButton { index, kind }).collect(),
        })
    };
    let above = |mime: &str, name: &str| Some(TemplateHeader::Media(Box::new(file(mime, name))));
    let place = Location { lat: 51.5, lon: -0.08, name: Some("City Hall".into()), address: None };
    let link = TemplateButtonKind::Url { text: "?id=1".into() };
    let code = TemplateButtonKind::CopyCode { code: "SAVE10".into() };
    vec![
        ("a template with a picture above", of(above("image/jpeg", "a.jpg"), vec![])),
        ("a template with a film above", of(above("video/mp4", "a.mp4"), vec![])),
        ("a template with a document above", of(above("application/pdf", "a.pdf"), vec![])),
        ("a template with words above", of(Some(TemplateHeader::Text("May".into())), vec![])),
        ("a template with a place above", of(Some(TemplateHeader::Location(place)), vec![])),
        ("a template with a link and a code", of(None, vec![link, code])),
        (
            "a template with a payload",
            of(None, vec![TemplateButtonKind::QuickReply { payload: "yes".into() }]),
        ),
    ]
}

fn choices() -> Vec<Named> {
    let button = |n: usize, section: Option<&str>| Button {
        id: format!("id{n}"),
        title: format!("No. {n}"),
        section: section.map(Into::into),
        ..Button::default()
    };
    let under = |media: OutboundMedia, buttons: Vec<Button>| {
        OutboundContent::Interactive(Interactive {
            text: "Well?".into(),
            header_media: Some(Box::new(media)),
            footer: Some("Below".into()),
            buttons,
            ..Interactive::default()
        })
    };
    let link = Button { url: Some("https://acme.example/".into()), ..button(1, None) };
    let sections = OutboundContent::Interactive(Interactive {
        text: "Well?".into(),
        header: Some("Above".into()),
        buttons: vec![button(1, Some("First")), button(2, Some("Second")), button(3, None)],
        list_label: Some("Choose".into()),
        ..Interactive::default()
    });
    let voice = OutboundMedia { voice: true, ..file("audio/ogg", "a.ogg") };
    vec![
        ("buttons under a picture", under(file("image/jpeg", "a.jpg"), vec![button(1, None)])),
        ("buttons under a film", under(file("video/mp4", "a.mp4"), vec![button(1, None)])),
        ("a link under a document", under(file("application/pdf", "a.pdf"), vec![link])),
        ("a list with sections", sections),
        ("the question for a place", OutboundContent::LocationRequest { text: "Where are you?".into() }),
        ("a voice note", OutboundContent::Media { media: vec![voice], text: None }),
    ]
}

fn products() -> Vec<Named> {
    let of = |header: Option<&str>, sections: Vec<ProductSection>| {
        OutboundContent::Products(Products {
            text: Some("New".into()),
            header: header.map(Into::into),
            catalog_id: Some("1".into()),
            sections,
            ..Products::default()
        })
    };
    let section = |title: Option<&str>, products: &[&str]| ProductSection {
        title: title.map(Into::into),
        products: products.iter().map(|id| (*id).to_owned()).collect(),
    };
    let several = vec![section(Some("First"), &["sku-1", "sku-2"]), section(Some("Second"), &["sku-3"])];
    vec![
        ("a product", of(None, vec![section(None, &["sku-1"])])),
        ("several products", of(Some("Above"), several)),
    ]
}

/// An object of each generation's own shape.
fn own(channel: Channel) -> Vec<Named> {
    let custom = |object: Value| {
        let object = object.as_object().cloned().unwrap_or_default();
        OutboundContent::Custom(Custom { carrier: "messagebird".into(), object })
    };
    let link = json!([{ "type": "link", "link": { "text": "Open", "url": "https://acme.example/" } }]);
    let card = |n: usize| json!({ "title": format!("No. {n}"), "mediaUrl": "https://files.gw.example.net/a.jpg", "actions": link });
    let carousel =
        json!({ "type": "carousel", "carousel": { "text": "Well?", "items": [card(1), card(2)] } });
    let conversations = json!({ "type": "text", "content": { "text": "hello" }, "ttl": "1h" });
    let platform = match channel {
        Channel::Whatsapp => json!({ "text": { "body": "hello", "preview_url": false } }),
        _ => json!({ "text": "hello", "options": { "smart_encoding": true } }),
    };
    vec![
        ("a carousel in Channels' own shape", custom(carousel)),
        ("a text in Conversations' own shape", custom(conversations)),
        ("a text in the platform's own shape", custom(platform)),
        ("a flash SMS in the oldest shape", custom(json!({ "body": "hello", "type": "flash" }))),
    ]
}
