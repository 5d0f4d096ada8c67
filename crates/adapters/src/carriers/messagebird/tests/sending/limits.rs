use omni_core::content::{Button, Interactive, OutboundContent, OutboundMedia};
use omni_core::event::{Channel, MessageType};
use omni_core::failure::SendError;
use serde_json::{Value, json};

use super::super::super::send;
use super::super::{account, settings};
use super::{buttons, file, medium, message, place, reaction, sms, template, text, whatsapp};

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
    let sized = |mime: &str, bytes: u64| {
        let media = OutboundMedia { size: Some(bytes), ..file(mime) };
        whatsapp(OutboundContent::Media { media: vec![media], text: None })
    };
    let section = |letters: usize| {
        let section = Some("s".repeat(letters));
        let entry = Button { id: "i".into(), title: "t".into(), section, ..Button::default() };
        whatsapp(OutboundContent::Interactive(Interactive {
            text: "w".into(),
            buttons: vec![entry],
            list_label: Some("Pick".into()),
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
        ("a picture", sized("image/png", 5 << 20), sized("image/png", (5 << 20) + 1)),
        ("a film", sized("video/mp4", 16 << 20), sized("video/mp4", (16 << 20) + 1)),
        ("sound", sized("audio/ogg", 16 << 20), sized("audio/ogg", (16 << 20) + 1)),
        ("a sticker", sized("image/webp", 500 << 10), sized("image/webp", (500 << 10) + 1)),
        ("a document", sized("application/pdf", 100 << 20), sized("application/pdf", (100 << 20) + 1)),
        ("a section's title", section(24), section(25)),
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

#[test]
fn a_connection_says_what_it_takes() {
    use MessageType::{
        Contacts, Custom, Interactive, Location, LocationRequest, Media, Products, Reaction, Template, Text,
    };
    let can = |generation: &str, table: Value| {
        let mut settings = settings(generation);
        settings.as_object_mut().unwrap().extend(table.as_object().unwrap().clone());
        (super::super::super::PLUGIN.build)(settings).unwrap().capabilities().clone()
    };
    let common = vec![Text, Media, Template, Interactive, Location, Custom];
    let with = |more: &[MessageType]| [common.as_slice(), more].concat();
    #[rustfmt::skip]
    let cases = [
        ("rest",     json!({}),                                       with(&[Products]),                            100 << 20),
        ("rest",     json!({ "channels": {} }),                       vec![Text, Media, Custom],                    900 << 10),
        ("bird",     json!({}),                                       with(&[LocationRequest]),                     100 << 20),
        ("bird",     json!({ "channels": { "s": "sms:+12025550143" } }), with(&[LocationRequest]),                  900 << 10),
        ("platform", json!({}),                                       with(&[Reaction, Contacts, LocationRequest]), 100 << 20),
    ];
    for (generation, table, content, bytes) in cases {
        let can = can(generation, table);
        assert_eq!((can.content, can.max_media_bytes), (content, bytes), "{generation}");
    }
}
