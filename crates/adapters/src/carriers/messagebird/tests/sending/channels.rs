use omni_core::content::{OutboundContent, OutboundMedia, Products};
use omni_core::event::Location;
use serde_json::json;

use super::{
    above, buttons, check_bodies, check_refusals, file, quick_reply, rich_template, sections, under,
};

#[test]
fn bodies_have_the_members_of_the_description_and_no_others() {
    let postback = |n: u8| json!({ "type": "postback", "postback": { "text": format!("B{n}"), "payload": format!("b{n}") } });
    let pick =
        |id: &str| json!({ "type": "postback", "postback": { "text": id.to_uppercase(), "payload": id } });
    let mut first = pick("a");
    first["postback"]["metadata"] = json!({ "description": { "label": "first" } });
    let image = json!({ "mediaUrl": "https://m.example/a" });
    let film = json!({ "mediaUrl": "https://m.example/a", "contentType": "video/mp4", "filename": "a.bin" });
    let voice = OutboundMedia { voice: true, ..file("audio/ogg") };
    let media = |media: Vec<OutboundMedia>| OutboundContent::Media { media, text: Some("c".into()) };
    let bare = Location { lat: 1.0, lon: 2.0, name: None, address: None };
    check_bodies(
        "bird",
        "body",
        vec![
            (
                "the question for a place",
                OutboundContent::LocationRequest { text: "Where?".into() },
                json!({ "type": "text", "text": { "text": "Where?", "actions": [{ "type": "locationRequest" }] } }),
            ),
            (
                "a picture above buttons",
                under("image/png", buttons(2, None, None)),
                json!({ "type": "image", "image": { "images": [image], "text": "Which?", "actions": [postback(1), postback(2)] } }),
            ),
            (
                "a film above buttons",
                under("video/mp4", buttons(1, None, None)),
                json!({ "type": "file", "file": { "files": [film], "text": "Which?", "actions": [postback(1)] } }),
            ),
            (
                "a list of three sections",
                sections(),
                json!({ "type": "list", "list": {
                    "title": "Head",
                    "text": "Which?\n\nFoot",
                    "items": [
                        { "title": "One", "actions": [first, pick("b")] },
                        { "title": "Two", "actions": [pick("c")] },
                        { "title": "Pick", "actions": [pick("d")] },
                    ],
                    "metadata": { "button": { "label": "Pick" } },
                } }),
            ),
            (
                "several pictures",
                media(vec![file("image/png"), file("image/jpeg")]),
                json!({ "type": "image", "image": { "images": [image, image], "text": "c" } }),
            ),
            (
                "a picture among files is a file",
                media(vec![file("image/png"), file("video/mp4")]),
                json!({ "type": "file", "file": { "files": [{ "mediaUrl": "https://m.example/a", "contentType": "image/png", "filename": "a.bin" }, film], "text": "c" } }),
            ),
            (
                "a voice note is a file of sound",
                OutboundContent::Media { media: vec![voice], text: None },
                json!({ "type": "file", "file": { "files": [{ "mediaUrl": "https://m.example/a", "contentType": "audio/ogg", "filename": "a.bin" }] } }),
            ),
            (
                "a place without name",
                OutboundContent::Location { location: bare },
                json!({ "type": "location", "location": { "coordinates": { "latitude": 1.0, "longitude": 2.0 } } }),
            ),
        ],
    );
}

#[test]
fn what_channels_does_not_have_is_refused() {
    check_refusals(
        "bird",
        vec![
            ("a header: it is a variable", rich_template(above("image/png"), vec![], &[])),
            ("a button: it is a variable", rich_template(None, vec![quick_reply("yes")], &[])),
            ("a form", OutboundContent::Flow(Box::default())),
            ("products", OutboundContent::Products(Products::default())),
            ("a picture above a list", under("image/png", buttons(4, None, Some("Pick")))),
            ("two links", buttons(2, Some("https://a.example"), None)),
            ("a link in a list", buttons(4, Some("https://a.example"), None)),
            ("a mail", OutboundContent::Email(Box::default())),
        ],
    );
}
