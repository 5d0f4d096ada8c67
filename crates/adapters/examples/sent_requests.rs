//! Prints every request that the adapters make for messages of every kind, as JSON lines:
//! `cargo run -p omni-adapters --example sent_requests`. Nothing is sent. The lines are what
//! `crates/adapters/openapi-checks/check.py` holds against the carriers' own descriptions.

#[path = "../tests/support/mod.rs"]
#[expect(dead_code, reason = "the contract test uses the rest")]
mod support;

use std::collections::BTreeSet;
use std::io::Write as _;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use omni_adapters::shared;
use omni_core::address::Address;
use omni_core::carrier::{Carrier, LookUp, OutboundMessage, Presence};
use omni_core::content::{
    Button, Custom, Interactive, OutboundContent, OutboundMedia, ProductSection, Products, Template,
};
use omni_core::event::{Channel, Location};
use omni_core::http::{HttpClient, HttpError, HttpRequest, HttpResponse};
use omni_core::time::Timestamp;
use serde_json::{Value, json};
use support::contents;
use support::outbound::{self, recipient};
use support::samples::{self, Sample};

/// Headers whose values are no secret.
const PUBLIC_HEADERS: [&str; 4] = ["accept", "content-type", "idempotency-key", "x-region"];

/// An id of Twilio's content.
const CONTENT: &str = "HX0123456789abcdef0123456789abcdef";

/// Keeps the requests instead of sending them; answers that all is well and nothing found. What
/// is stored first (Twilio's content) gets an id, so that the message itself follows.
#[derive(Default)]
struct Recorder(Mutex<Vec<HttpRequest>>);

impl Recorder {
    fn take(&self) -> Vec<HttpRequest> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[async_trait]
impl HttpClient for Recorder {
    async fn execute(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let is_stored = request.method == "POST" && request.url.starts_with("https://content.twilio.com/");
        let body = if is_stored { format!(r#"{{"sid":"{CONTENT}"}}"#) } else { "{}".into() };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(request);
        Ok(HttpResponse { status: 200, headers: Vec::new(), body: body.into() })
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<()> {
    let (mut out, mut printed) = (std::io::stdout().lock(), BTreeSet::new());
    for sample in samples::all("sample") {
        for line in lines(&sample).await {
            // Samples that differ only in how callbacks are proven send alike.
            if printed.insert(line.to_string()) {
                writeln!(out, "{line}")?;
            }
        }
    }
    Ok(())
}

/// All requests of one connection. A kind of content that it says it takes and then refuses
/// in every form would go unchecked, so that ends the program.
async fn lines(sample: &Sample) -> Vec<Value> {
    let (carrier, http) = (sample.build(), Recorder::default());
    let (mut lines, mut taken) = (Vec::new(), Vec::new());
    let mut keep = |case: String| {
        let requests = http.take();
        lines.extend(requests.iter().map(|request| line(sample, &case, request)));
        !requests.is_empty()
    };
    for (channel, from) in senders(&*carrier) {
        for (name, content) in contents(sample.carrier, channel) {
            for (with, message) in messages(sample.carrier, channel, &from, &content) {
                // What is refused makes no request; what comes back is the recorder's word.
                drop(carrier.send(&http, &message).await);
                if keep(format!("{name} over {}{with}", channel.as_str())) {
                    taken.push(content.message_type());
                }
            }
        }
        drop(carrier.look_up(&http, &look_up(channel, from)).await);
        keep(format!("look-up over {}", channel.as_str()));
        for typing in [false, true] {
            drop(carrier.show(&http, &presence(sample.carrier, channel, typing)).await);
            keep(format!("{} over {}", if typing { "typing" } else { "read mark" }, channel.as_str()));
        }
    }
    if carrier.capabilities().uploads {
        drop(carrier.upload(&http, &contents::upload()).await);
        keep("an upload".into());
    }
    drop(carrier.check(&http).await);
    keep("check of the credentials".into());
    for kind in &carrier.capabilities().content {
        assert!(taken.contains(kind), "{}: no request with {kind:?}", sample.name());
    }
    lines
}

/// A request as a line: a form as pairs, one with files as an object, a file as text, any other
/// body as JSON.
fn line(sample: &Sample, case: &str, request: &HttpRequest) -> Value {
    let header = |name: &str| request.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name));
    let content_type = header("content-type").map(|(_, value)| value.as_str());
    let mut line =
        json!({ "carrier": sample.carrier, "case": case, "method": request.method, "url": request.url });
    line["headers"] = request.headers.iter().map(|(name, value)| shown(name, value)).collect();
    line["content_type"] = json!(content_type);
    match content_type {
        None => {}
        Some("application/x-www-form-urlencoded") => {
            line["form"] = json!(url::form_urlencoded::parse(&request.body).collect::<Vec<_>>());
        }
        Some(multipart) if multipart.starts_with("multipart/form-data") => {
            let parts = shared::multipart::parse(multipart, &request.body).expect("a form");
            let text = |data: &[u8]| String::from_utf8_lossy(data).into_owned();
            line["body"] = parts.iter().map(|part| (part.name.clone(), text(part.data))).collect();
        }
        Some(_) if request.method == "PUT" => {
            line["body"] = json!(String::from_utf8_lossy(&request.body));
        }
        Some(_) => {
            line["body"] = serde_json::from_slice(&request.body).expect("adapters send forms and JSON");
        }
    }
    let text = line.to_string();
    for secret in sample.secrets() {
        assert!(!text.contains(&secret), "{}: a secret outside the headers", sample.name());
    }
    line
}

fn shown(name: &str, value: &str) -> (String, Value) {
    let name = name.to_ascii_lowercase();
    let is_public = PUBLIC_HEADERS.contains(&name.as_str());
    (name, json!(if is_public { value } else { "***" }))
}

/// Every address that sends, with every channel that it serves.
fn senders(carrier: &dyn Carrier) -> Vec<(Channel, Address)> {
    let channels = &carrier.capabilities().channels;
    let serves = |own: Channel| channels.iter().filter(move |channel| channel.conversation_channel() == own);
    let of = |(own, from): (Channel, Address)| serves(own).map(move |channel| (*channel, from.clone()));
    carrier.senders().into_iter().flat_map(of).collect()
}

/// The bare message and one with everything that a message can have; where there is such a
/// thing, one that leaves the sender to the carrier and one to a person who hides the number.
fn messages(
    carrier: &str,
    channel: Channel,
    from: &Address,
    content: &OutboundContent,
) -> Vec<(&'static str, OutboundMessage)> {
    let conversation_ref = (channel == Channel::Chat).then(|| "PJ0MRSHTDG".into());
    let bare =
        OutboundMessage { conversation_ref, ..outbound::message(channel, from.clone(), content.clone()) };
    let made = i64::try_from(bare.message_id.ulid().timestamp_ms()).expect("a time");
    let full = OutboundMessage {
        reply_to: Some(received(carrier, channel).into()),
        conversation_ref: Some("PJ0MRSHTDG".into()),
        status_url: Some("https://gw.example.net/webhooks/status".into()),
        expires_at: Some(Timestamp::from_millis(made + 600_000)),
        ..bare.clone()
    };
    let mut all = Vec::new();
    if carrier == "twilio" {
        all.push((", without a sender", OutboundMessage { from: "".into(), ..bare.clone() }));
    }
    if channel == Channel::Whatsapp {
        let to = "bsuid:GB.1A2B3C4D5E6F7G8H9J0K".into();
        all.push((", to a user id", OutboundMessage { to, ..bare.clone() }));
    }
    all.extend([("", bare), (", with everything", full)]);
    all
}

/// The carrier's id of a message that we got.
fn received(carrier: &str, channel: Channel) -> &'static str {
    match (carrier, channel) {
        ("messagebird", _) => "wam_01kahtx5z0e8r9s7t44vh8rt9m",
        ("twilio", _) => "SM0123456789abcdef0123456789abcdef",
        (_, Channel::Email) => "CAF1a2b3c@customer.example",
        _ => "wamid.HBgLMTMwMzU1NTAxNzcVAgASGBQzQTdCMUMyRDNFNEY1QTZCN0M4RAA=",
    }
}

fn time(text: &str) -> Timestamp {
    Timestamp::parse(text).expect("a time")
}

fn look_up(channel: Channel, from: Address) -> LookUp {
    LookUp {
        client_ref: "msg_01KAHTX5Z0E8R9S7T44VH8RT9M".into(),
        from,
        to: recipient(channel),
        text: Some("hello".into()),
        since: time("2026-11-21T12:00:00Z"),
        conversation_ref: (channel == Channel::Chat).then(|| "PJ0MRSHTDG".into()),
    }
}

fn presence(carrier: &str, channel: Channel, typing: bool) -> Presence {
    Presence {
        channel,
        external_id: received(carrier, channel).into(),
        conversation_ref: (channel == Channel::Chat).then(|| "PJ0MRSHTDG".into()),
        read_up_to: time("2026-11-21T12:00:00Z"),
        typing,
    }
}

/// Contents of every kind; where a carrier shapes them differently, several.
fn contents(carrier: &str, channel: Channel) -> Vec<(&'static str, OutboundContent)> {
    let text = |text: &str| OutboundContent::Text { text: text.into() };
    let cards = json!([{
        "name": { "formatted_name": "Maya Lindqvist", "first_name": "Maya" },
        "phones": [{ "phone": "+13035550188", "type": "WORK" }],
    }]);
    let place = |name: Option<&str>| Location {
        lat: 51.5,
        lon: -0.08,
        name: name.map(Into::into),
        address: name.map(|_| "London SE1".into()),
    };
    let reaction = |emoji: &str| OutboundContent::Reaction {
        target: received(carrier, channel).into(),
        emoji: emoji.into(),
    };
    let approved = match carrier {
        "twilio" => CONTENT,
        "sendgrid" => "d-0123456789abcdef0123456789abcdef",
        _ => "order_update",
    };
    let mut all = vec![
        ("text", text("hello")),
        ("text with a link", text("see https://acme.example/ 👍")),
        ("a place", OutboundContent::Location { location: place(Some("City Hall")) }),
        ("a place without a name", OutboundContent::Location { location: place(None) }),
        ("a reaction", reaction("👍")),
        ("a reaction taken back", reaction("")),
        ("contact cards", OutboundContent::Contacts { contacts: cards }),
        ("a template", template(approved, &["1", "2"])),
        ("a template without values", template(approved, &[])),
        ("a template with named values", template(approved, &["name"])),
    ];
    all.extend(media(channel));
    all.extend(choices());
    if carrier == "twilio" {
        all.extend(at_twilio());
    }
    all.extend(contents::rich(carrier));
    if carrier == "sendgrid" {
        all.extend(outbound::mails());
    }
    all
}

/// Rich content in all of Twilio's types, and its own parameters.
fn at_twilio() -> Vec<(&'static str, OutboundContent)> {
    let reply = Button { id: "yes".into(), title: "Yes".into(), ..Button::default() };
    let link = Button { url: Some("https://acme.example/track?id=7".into()), ..reply.clone() };
    let picture = OutboundMedia {
        url: Some("https://files.gw.example.net/menu.png".into()),
        mime: Some("image/png".into()),
        ..OutboundMedia::default()
    };
    let choice = |button: &Button| Interactive {
        text: "Well?".into(),
        buttons: vec![button.clone()],
        ..Interactive::default()
    };
    let card = |button: &Button| Interactive {
        header_media: Some(Box::new(picture.clone())),
        footer: Some("Below".into()),
        ..choice(button)
    };
    let products = |count: usize| Products {
        text: Some("Look".into()),
        header: Some("Fruit".into()),
        catalog_id: Some("1017234312776586".into()),
        thumbnail: Some("sku-0".into()),
        sections: vec![ProductSection {
            title: Some("Ripe".into()),
            products: (0..count).map(|n| format!("sku-{n}")).collect(),
        }],
        ..Products::default()
    };
    let own = |object: Value| {
        let object = object.as_object().cloned().unwrap_or_default();
        OutboundContent::Custom(Custom { carrier: "twilio".into(), object, ..Custom::default() })
    };
    vec![
        ("a link alone", OutboundContent::Interactive(choice(&link))),
        ("a reply under a picture", OutboundContent::Interactive(card(&reply))),
        ("a link under a picture", OutboundContent::Interactive(card(&link))),
        ("a product", OutboundContent::Products(products(1))),
        ("products", OutboundContent::Products(products(3))),
        ("a whole catalogue", OutboundContent::Products(Products { sections: vec![], ..products(0) })),
        ("content by its id", own(json!({ "ContentSid": CONTENT, "ContentVariables": { "1": "Maya" } }))),
        (
            "own parameters",
            own(
                json!({ "Body": "hello", "ShortenUrls": true, "SmartEncoded": true, "RiskCheck": "disable" }),
            ),
        ),
        ("an own definition", own(json!({ "types": { "twilio/text": { "body": "hello" } } }))),
    ]
}

fn template(id: &str, names: &[&str]) -> OutboundContent {
    OutboundContent::Template(Template {
        template_id: id.into(),
        language: Some("en_GB".into()),
        params: names.iter().map(|name| ((*name).to_owned(), format!("value of {name}"))).collect(),
        ..Template::default()
    })
}

fn media(channel: Channel) -> Vec<(&'static str, OutboundContent)> {
    let medium = |mime: &str, name: &str| OutboundMedia {
        url: Some(format!("https://files.gw.example.net/{name}")),
        mime: Some(mime.into()),
        filename: Some(name.into()),
        ..OutboundMedia::default()
    };
    let of = |media: Vec<OutboundMedia>, text: Option<&str>| OutboundContent::Media {
        media,
        text: text.map(Into::into),
    };
    let picture = || medium("image/jpeg", "a.jpg");
    let uploaded = OutboundMedia { url: None, id: Some("1013859600285441".into()), ..picture() };
    let inline = OutboundMedia {
        url: Some("data:text/plain;base64,aGVsbG8=".into()),
        ..medium("text/plain", "a.txt")
    };
    let mut all = vec![
        ("a picture", of(vec![picture()], None)),
        ("a picture with words", of(vec![picture()], Some("hello"))),
        ("two pictures with words", of(vec![picture(), medium("image/png", "b.png")], Some("hello"))),
        ("an uploaded picture", of(vec![uploaded], Some("hello"))),
        ("a film", of(vec![medium("video/mp4", "a.mp4")], Some("hello"))),
        ("a sound", of(vec![medium("audio/mpeg", "a.mp3")], None)),
        ("a sticker", of(vec![medium("image/webp", "a.webp")], None)),
        ("a document", of(vec![medium("application/pdf", "a.pdf")], Some("hello"))),
    ];
    if channel == Channel::Email {
        // Elsewhere carriers fetch media; only a mail brings them along.
        all.push(("a file in the message", of(vec![inline], Some("hello"))));
    }
    all
}

fn choices() -> Vec<(&'static str, OutboundContent)> {
    let button = |n: usize| Button {
        id: format!("id{n}"),
        title: format!("No. {n}"),
        description: None,
        url: None,
        ..Button::default()
    };
    let link = Button { url: Some("https://acme.example/".into()), ..button(1) };
    let entry = |n: usize| Button { description: Some("More words".into()), ..button(n) };
    let of = |buttons: Vec<Button>, label: Option<&str>, around: bool| {
        OutboundContent::Interactive(Interactive {
            text: "Well?".into(),
            header: around.then(|| "Above".into()),
            footer: around.then(|| "Below".into()),
            buttons,
            list_label: label.map(Into::into),
            ..Interactive::default()
        })
    };
    vec![
        ("buttons", of(vec![button(1), button(2)], None, false)),
        ("buttons with words around", of(vec![button(1), button(2)], None, true)),
        ("a button with a link", of(vec![link.clone()], None, true)),
        ("buttons and a link", of(vec![button(2), link], None, false)),
        ("a list", of((1..=5).map(entry).collect(), Some("Choose"), true)),
        ("a list without label", of((1..=5).map(button).collect(), None, false)),
    ]
}
