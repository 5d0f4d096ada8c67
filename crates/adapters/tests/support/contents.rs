//! Content with a shape of its own, one of each kind.

use omni_core::carrier::Upload;
use omni_core::content::{
    Button, Custom, Email, Flow, Interactive, OutboundContent, OutboundMedia, ProductSection, Products,
    Template, TemplateButton, TemplateButtonKind, TemplateHeader,
};
use serde_json::{Value, json};

/// Kinds that few carriers take, each with what can vary; the rest refuse them.
pub(crate) fn rich(carrier: &str) -> Vec<(&'static str, OutboundContent)> {
    let mut all = vec![
        ("a question for a place", OutboundContent::LocationRequest { text: "Where are you?".into() }),
        ("a voice note", voice_note()),
        ("a mail with a subject", OutboundContent::Email(Box::new(mail()))),
    ];
    all.extend(choices());
    all.extend(forms());
    all.extend(products());
    all.extend(templates());
    for object in own_shapes(carrier).into_iter().filter_map(|shape| shape.as_object().cloned()) {
        let custom = Custom { carrier: carrier.into(), object, ..Custom::default() };
        all.push(("the carrier's own shape", OutboundContent::Custom(custom)));
    }
    all
}

/// A file to leave with a carrier.
pub(crate) fn upload() -> Upload {
    Upload { bytes: "hello".into(), mime: "text/plain".into(), filename: "a.txt".into() }
}

/// What one carrier takes and nobody else has a word for; of carriers with several APIs, one
/// for each.
fn own_shapes(carrier: &str) -> Vec<Value> {
    match carrier {
        "whatsapp" => vec![json!({
            "type": "interactive",
            "interactive": {
                "type": "call_permission_request",
                "body": { "text": "May we call you?" },
                "action": { "name": "call_permission_request" },
            },
        })],
        "livechat" => vec![json!({
            "type": "form",
            "form_id": "1",
            "fields": [{ "type": "email", "id": "1", "label": "Your e-mail" }],
        })],
        "bandwidth" => vec![json!({ "text": "hello", "priority": "high" })],
        "twilio" => vec![json!({
            "ContentSid": "HX0123456789abcdef0123456789abcdef",
            "ContentVariables": { "1": "Maya" },
        })],
        "messagebird" => vec![
            json!({ "body": "hello", "type": "flash" }),
            json!({ "type": "text", "content": { "text": "hello" }, "ttl": "1h" }),
            carousel(),
            json!({ "text": { "body": "hello", "preview_url": false } }),
            json!({ "text": "hello", "options": { "smart_encoding": true } }),
        ],
        _ => Vec::new(),
    }
}

/// Cards to swipe through, as Bird's Channels API has them.
fn carousel() -> Value {
    let card = |title: &str| {
        let link = json!({ "text": "Open", "url": "https://acme.example/" });
        json!({ "title": title, "mediaUrl": "https://files.gw.example.net/a.jpg", "actions": [{ "type": "link", "link": link }] })
    };
    json!({ "type": "carousel", "carousel": { "text": "Well?", "items": [card("No. 1"), card("No. 2")] } })
}

fn file(mime: &str, name: &str) -> OutboundMedia {
    OutboundMedia {
        url: Some(format!("https://files.gw.example.net/{name}")),
        mime: Some(mime.into()),
        filename: Some(name.into()),
        ..OutboundMedia::default()
    }
}

fn voice_note() -> OutboundContent {
    let note = OutboundMedia { voice: true, ..file("audio/ogg", "a.ogg") };
    OutboundContent::Media { media: vec![note], text: None }
}

fn mail() -> Email {
    Email { subject: Some("Hi".into()), text: Some("hello".into()), ..Email::default() }
}

fn choices() -> Vec<(&'static str, OutboundContent)> {
    let entry = |n: usize, section: Option<&str>| Button {
        id: format!("id{n}"),
        title: format!("No. {n}"),
        section: section.map(Into::into),
        ..Button::default()
    };
    let choice = |buttons| Interactive { text: "Well?".into(), buttons, ..Interactive::default() };
    let under = |medium| {
        let header_media = Some(Box::new(medium));
        OutboundContent::Interactive(Interactive { header_media, ..choice(vec![entry(1, None)]) })
    };
    let sections = vec![entry(1, Some("A")), entry(2, Some("A")), entry(3, Some("B"))];
    vec![
        ("a list in sections", OutboundContent::Interactive(choice(sections))),
        ("buttons under a picture", under(file("image/png", "a.png"))),
        ("buttons under a film", under(file("video/mp4", "a.mp4"))),
        ("buttons under a document", under(file("application/pdf", "a.pdf"))),
    ]
}

fn forms() -> Vec<(&'static str, OutboundContent)> {
    let form = |flow_id: Option<&str>, flow_name: Option<&str>| Flow {
        text: "Book".into(),
        flow_id: flow_id.map(Into::into),
        flow_name: flow_name.map(Into::into),
        label: "Open".into(),
        ..Flow::default()
    };
    let full = Flow {
        header: Some("Above".into()),
        footer: Some("Below".into()),
        token: Some("t-1".into()),
        screen: Some("SEATS".into()),
        data: Some(json!({ "free": 2 })),
        draft: true,
        ..form(Some("1"), None)
    };
    vec![
        ("a form", OutboundContent::Flow(Box::new(form(None, Some("booking"))))),
        ("a form with a first screen", OutboundContent::Flow(Box::new(full))),
    ]
}

fn products() -> Vec<(&'static str, OutboundContent)> {
    let section = |title: Option<&str>, products: &[&str]| ProductSection {
        title: title.map(Into::into),
        products: products.iter().map(|id| (*id).to_owned()).collect(),
    };
    let of = |header: Option<&str>, sections: Vec<ProductSection>, thumbnail: Option<&str>| {
        OutboundContent::Products(Products {
            text: Some("Ours".into()),
            header: header.map(Into::into),
            catalog_id: Some("5501".into()),
            sections,
            thumbnail: thumbnail.map(Into::into),
            ..Products::default()
        })
    };
    let several = vec![section(Some("A"), &["sku-1", "sku-2"]), section(Some("B"), &["sku-3"])];
    vec![
        ("a product", of(None, vec![section(None, &["sku-1"])], None)),
        ("several products", of(Some("New"), several, None)),
        ("the whole catalogue", of(None, vec![], Some("sku-1"))),
    ]
}

fn templates() -> Vec<(&'static str, OutboundContent)> {
    let with = |header: Option<TemplateHeader>, buttons: Vec<TemplateButtonKind>| {
        let at = |(index, kind)| TemplateButton { index, kind };
        OutboundContent::Template(Template {
            template_id: "order_update".into(),
            language: Some("en_GB".into()),
            header,
            buttons: (0..).zip(buttons).map(at).collect(),
            ..Template::default()
        })
    };
    let picture = TemplateHeader::Media(Box::new(file("image/jpeg", "a.jpg")));
    let buttons = vec![
        TemplateButtonKind::Url { text: "4711".into() },
        TemplateButtonKind::QuickReply { payload: "yes".into() },
    ];
    let code = vec![TemplateButtonKind::CopyCode { code: "SAVE20".into() }];
    let form = vec![TemplateButtonKind::Flow { token: Some("t-1".into()), data: None }];
    vec![
        ("a template with words above", with(Some(TemplateHeader::Text("Maya".into())), vec![])),
        ("a template with a picture above", with(Some(picture), vec![])),
        ("a template with values in buttons", with(None, buttons)),
        ("a template with a code to copy", with(None, code)),
        ("a template with a form", with(None, form)),
    ]
}
