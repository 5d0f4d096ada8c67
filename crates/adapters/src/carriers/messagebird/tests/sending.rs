mod answers;
mod channels;
mod conversations;
mod limits;
mod own_shape;
mod platform;
mod requests;

use std::collections::BTreeMap;

use omni_core::carrier::OutboundMessage;
use omni_core::content::{
    Button, Interactive, OutboundContent, OutboundMedia, Template, TemplateButton, TemplateButtonKind,
    TemplateHeader,
};
use omni_core::event::{Channel, Location};
use omni_core::failure::SendError;
use omni_core::id::MessageId;
use serde_json::Value;

use super::super::send;
use super::account;

fn message(channel: Channel, from: &str, to: &str, content: OutboundContent) -> OutboundMessage {
    OutboundMessage {
        client_ref: "msg_1".into(),
        status_url: Some("https://gw.example.net/status".into()),
        ..OutboundMessage::new(MessageId::from_bytes([7; 16]), channel, from.into(), to.into(), content)
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

/// A medium of a kind, with a name and a size that fits.
fn file(mime: &str) -> OutboundMedia {
    OutboundMedia {
        url: Some("https://m.example/a".into()),
        mime: Some(mime.into()),
        filename: Some("a.bin".into()),
        size: Some(1),
        ..OutboundMedia::default()
    }
}

/// A template with a header and buttons.
fn rich_template(
    header: Option<TemplateHeader>,
    buttons: Vec<TemplateButtonKind>,
    params: &[(&str, &str)],
) -> OutboundContent {
    let OutboundContent::Template(plain) = template("t1", params) else { unreachable!("it is one") };
    let buttons = (0..).zip(buttons).map(|(index, kind)| TemplateButton { index, kind }).collect();
    OutboundContent::Template(Template { header, buttons, ..plain })
}

fn above(mime: &str) -> Option<TemplateHeader> {
    Some(TemplateHeader::Media(Box::new(file(mime))))
}

fn quick_reply(payload: &str) -> TemplateButtonKind {
    TemplateButtonKind::QuickReply { payload: payload.into() }
}

/// Four entries: two of a section, one of another, one of none.
fn sections() -> OutboundContent {
    let entry = |id: &str, section: Option<&str>| Button {
        id: id.into(),
        title: id.to_uppercase(),
        description: (id == "a").then(|| "first".to_owned()),
        section: section.map(Into::into),
        ..Button::default()
    };
    let entries = [("a", Some("One")), ("b", Some("One")), ("c", Some("Two")), ("d", None)];
    OutboundContent::Interactive(Interactive {
        text: "Which?".into(),
        header: Some("Head".into()),
        footer: Some("Foot".into()),
        buttons: entries.map(|(id, section)| entry(id, section)).to_vec(),
        list_label: Some("Pick".into()),
        ..Interactive::default()
    })
}

/// Buttons below a medium.
fn under(mime: &str, choice: OutboundContent) -> OutboundContent {
    let OutboundContent::Interactive(choice) = choice else { unreachable!("it is one") };
    OutboundContent::Interactive(Interactive {
        header: None,
        header_media: Some(Box::new(file(mime))),
        ..choice
    })
}

/// The body of the request, or why there is none.
fn body_of(generation: &str, message: &OutboundMessage) -> Result<Value, &'static str> {
    match send::request(&account(generation), message) {
        Ok(request) => Ok(serde_json::from_slice(&request.body).expect("requests are JSON")),
        Err(SendError::Unsupported(why)) => Err(why),
        Err(other) => panic!("{other}"),
    }
}

/// Holds whole members of request bodies against what is expected of them.
fn check_bodies(generation: &str, member: &str, cases: Vec<(&str, OutboundContent, Value)>) {
    for (name, content, expect) in cases {
        let body = body_of(generation, &whatsapp(content)).unwrap_or_else(|why| panic!("{name}: {why}"));
        let got = if member.is_empty() { &body } else { &body[member] };
        assert_eq!(*got, expect, "{generation} {name}");
    }
}

/// Everything here is refused before a request is built.
fn check_refusals(generation: &str, cases: Vec<(&str, OutboundContent)>) {
    for (name, content) in cases {
        assert!(body_of(generation, &whatsapp(content)).is_err(), "{generation} {name}");
    }
}
