//! What a carrier takes from us: as it says, and as its request builder does.

use std::collections::BTreeMap;

use omni_core::address::Address;
use omni_core::carrier::{Capabilities, Carrier, MediaLimit};
use omni_core::content::{
    Button, Custom, Email, Flow, Interactive, OutboundContent, OutboundMedia, ProductSection, Products,
    Template, TemplateButton, TemplateButtonKind, TemplateHeader,
};
use omni_core::event::{Channel, Location};
use omni_core::failure::SendError;
use serde_json::{Value, json};

use super::{samples_of, table, thousands};
use crate::support::outbound::message;

/// Longest text that is tried.
const MOST: usize = 1 << 15;

/// The channels of a connection, each with an address that sends there.
fn lines(carrier: &dyn Carrier) -> Vec<(Channel, Address)> {
    let senders = carrier.senders();
    let of = |channel: Channel| {
        let sms = senders.iter().find(|(other, _)| *other == channel.conversation_channel());
        let found = senders.iter().find(|(other, _)| *other == channel).or(sms);
        found.map(|(_, from)| (channel, from.clone()))
    };
    carrier.capabilities().channels.iter().filter_map(|channel| of(*channel)).collect()
}

/// The page's section.
pub(crate) fn section(carrier: &str) -> String {
    let mut text = String::from(
        "Said by `capabilities()` of a sample connection, then found out by building requests.\n",
    );
    for sample in samples_of(carrier) {
        let connection = sample.build();
        if !sample.kind.is_empty() && samples_of(carrier).len() > 1 {
            text.push_str(&format!("\n### {}\n", sample.kind));
        }
        text.push_str(&format!("\n{}", said(connection.capabilities())));
        text.push_str(&format!("\n{}", taken(&*connection)));
        text.push_str(&format!("\n{}", limits(&*connection)));
    }
    text
}

fn said(can: &Capabilities) -> String {
    let channels = |list: &[Channel]| match list {
        [] => "none".to_owned(),
        list => list.iter().map(|channel| channel.as_str()).collect::<Vec<_>>().join(", "),
    };
    let yes = |flag: bool| if flag { "yes" } else { "no" }.to_owned();
    let types: Vec<String> = can.media_types.iter().map(|kind| format!("`{kind}`")).collect();
    let rows = [
        ("channels", channels(&can.channels)),
        (
            "longest text at once",
            format!("{} characters; longer ones are split", thousands(can.max_text as u64)),
        ),
        (
            "media",
            format!("{} of at most {} bytes{}", can.max_media, thousands(can.max_media_bytes), of_types(can)),
        ),
        ("media types", types.join(", ")),
        ("buttons, list entries", format!("{}, {}", can.max_buttons, can.max_list_entries)),
        ("reports delivery", yes(can.delivery_receipts)),
        ("reports reading", yes(can.read_receipts)),
        ("needs an open 24-hour window", channels(&can.service_window)),
        ("hands our reference back", yes(can.echoes_reference)),
        ("can be asked about a lost answer", yes(can.look_up)),
        ("honours an idempotency key", yes(can.idempotent)),
        ("handles STOP itself", yes(can.handles_stop)),
        ("keeps files for later messages", yes(can.uploads)),
        ("shows that we read", channels(&can.read_marks)),
        ("shows that somebody writes", channels(&can.typing)),
    ];
    table(&["", "said"], &rows.map(|(name, value)| vec![name.to_owned(), value]))
}

/// What is smaller than the rest.
fn of_types(can: &Capabilities) -> String {
    let one = |limit: &MediaLimit| format!("; `{}` {}", limit.media_type, thousands(limit.bytes));
    can.media_limits.iter().map(one).collect()
}

fn picture(n: usize) -> OutboundMedia {
    OutboundMedia {
        url: Some(format!("https://files.gw.example.net/{n}.png")),
        mime: Some("image/png".into()),
        ..OutboundMedia::default()
    }
}

fn button(n: usize) -> Button {
    Button {
        id: format!("id{n}"),
        title: format!("No. {n}"),
        description: None,
        url: None,
        ..Button::default()
    }
}

fn choice(buttons: Vec<Button>, list_label: Option<&str>) -> OutboundContent {
    OutboundContent::Interactive(Interactive {
        text: "Well?".into(),
        header: None,
        footer: None,
        buttons,
        list_label: list_label.map(Into::into),
        ..Interactive::default()
    })
}

fn template(id: &str) -> Template {
    Template {
        template_id: id.into(),
        language: Some("en_GB".into()),
        params: BTreeMap::from([("1".to_owned(), "Maya".to_owned())]),
        ..Template::default()
    }
}

fn media(count: usize, text: Option<String>) -> OutboundContent {
    OutboundContent::Media { media: (0..count).map(picture).collect(), text }
}

/// What is tried: of each kind samples of which one must be taken.
fn kinds(carrier: &str) -> Vec<(&'static str, Vec<OutboundContent>)> {
    let mut kinds = plain_kinds();
    kinds.extend(rich_kinds(carrier));
    kinds
}

fn plain_kinds() -> Vec<(&'static str, Vec<OutboundContent>)> {
    let link = Button { url: Some("https://acme.example/".into()), ..button(1) };
    let place = Location { lat: 51.5, lon: -0.08, name: Some("City Hall".into()), address: None };
    let card = json!([{ "name": { "formatted_name": "Maya", "first_name": "Maya" } }]);
    let under_picture = Interactive {
        text: "Well?".into(),
        header_media: Some(Box::new(picture(1))),
        buttons: vec![button(1)],
        ..Interactive::default()
    };
    vec![
        ("text", vec![OutboundContent::Text { text: "hello".into() }]),
        ("a picture", vec![media(1, None)]),
        ("a picture with words", vec![media(1, Some("hello".into()))]),
        ("buttons", vec![choice(vec![button(1), button(2)], None)]),
        ("buttons under a picture", vec![OutboundContent::Interactive(under_picture)]),
        ("a list", vec![choice((0..5).map(button).collect(), Some("Choose"))]),
        ("a button with a link", vec![choice(vec![link], None)]),
        ("a place", vec![OutboundContent::Location { location: place }]),
        (
            "the question for a place",
            vec![OutboundContent::LocationRequest { text: "Where are you?".into() }],
        ),
        ("a reaction", vec![OutboundContent::Reaction { target: "1".into(), emoji: "👍".into() }]),
        ("contact cards", vec![OutboundContent::Contacts { contacts: card }]),
    ]
}

fn rich_kinds(carrier: &str) -> Vec<(&'static str, Vec<OutboundContent>)> {
    let ids = ["HX0123456789abcdef0123456789abcdef", "order_update"];
    let varied = |change: fn(&mut Template)| {
        let varied = |id: &&str| {
            let mut template = template(id);
            change(&mut template);
            OutboundContent::Template(template)
        };
        ids.iter().map(varied).collect::<Vec<_>>()
    };
    let flow = Flow {
        text: "Book".into(),
        flow_id: Some("1".into()),
        label: "Open".into(),
        screen: Some("FIRST".into()),
        ..Flow::default()
    };
    let section = ProductSection { title: None, products: vec!["sku-1".into()] };
    let products = Products { catalog_id: Some("1".into()), sections: vec![section], ..Products::default() };
    let email = Email { subject: Some("Hi".into()), text: Some("hello".into()), ..Email::default() };
    let objects = [
        json!({ "type": "text", "text": { "body": "hello" } }),
        json!({ "type": "message", "text": "hello" }),
        json!({ "type": "text", "content": { "text": "hello" } }),
        json!({ "ContentSid": "HX0123456789abcdef0123456789abcdef" }),
        json!({ "content": { "text": "hello" } }),
        json!({ "text": "hello" }),
        json!({ "body": "hello" }),
        json!({ "subject": "Hi", "content": [{ "type": "text/plain", "value": "hello" }] }),
    ];
    let custom = |object: &Value| {
        let object = object.as_object().cloned().unwrap_or_default();
        OutboundContent::Custom(Custom { carrier: carrier.to_owned(), object, ..Custom::default() })
    };
    vec![
        ("a template", varied(|_| {})),
        (
            "a template with a picture above",
            varied(|template| template.header = Some(TemplateHeader::Media(Box::new(picture(1))))),
        ),
        (
            "a template with values in buttons",
            varied(|template| {
                let kind = TemplateButtonKind::QuickReply { payload: "yes".into() };
                template.buttons = vec![TemplateButton { index: 0, kind }];
            }),
        ),
        ("a form", vec![OutboundContent::Flow(Box::new(flow))]),
        ("a product", vec![OutboundContent::Products(products)]),
        ("a mail with a subject", vec![OutboundContent::Email(Box::new(email))]),
        ("the carrier's own shape", objects.iter().map(custom).collect()),
    ]
}

/// Which kinds of content requests are built for, by channel.
fn taken(carrier: &dyn Carrier) -> String {
    let lines = lines(carrier);
    let cell = |contents: &[OutboundContent], line: &(Channel, Address)| {
        let tried =
            contents.iter().map(|content| carrier.request(&message(line.0, line.1.clone(), content.clone())));
        let mut refusals = Vec::new();
        for outcome in tried {
            match outcome {
                Ok(_) => return "yes".to_owned(),
                Err(error) => refusals.push(format!("no: {}", why(&error))),
            }
        }
        refusals.pop().unwrap_or_default()
    };
    let rows: Vec<Vec<String>> = kinds(carrier.name().0)
        .iter()
        .map(|(name, contents)| {
            let cells = lines.iter().map(|line| cell(contents, line));
            std::iter::once((*name).to_owned()).chain(cells).collect()
        })
        .collect();
    let head: Vec<&str> = std::iter::once("sent over").chain(lines.iter().map(|(c, _)| c.as_str())).collect();
    table(&head, &rows)
}

fn why(error: &SendError) -> String {
    match error {
        SendError::Unsupported(reason) => (*reason).replace('_', " "),
        SendError::Rejected { code, reason, .. } => format!("{code} {reason}"),
        other => other.to_string(),
    }
}

/// The largest number that is taken, up to `most`; `None` if all are.
fn largest(most: usize, takes: impl Fn(usize) -> bool) -> Option<usize> {
    let (mut good, mut bad) = (0, most + 1);
    while bad - good > 1 {
        let middle = usize::midpoint(good, bad);
        if takes(middle) { good = middle } else { bad = middle }
    }
    (good < most).then_some(good)
}

/// Where request builders begin to refuse.
fn limits(carrier: &dyn Carrier) -> String {
    let mut rows = Vec::new();
    for (channel, from) in lines(carrier) {
        let takes =
            |content: OutboundContent| carrier.request(&message(channel, from.clone(), content)).is_ok();
        let text = |letter: &str| largest(MOST, |n| takes(OutboundContent::Text { text: letter.repeat(n) }));
        let caption = largest(MOST, |n| takes(media(1, Some("a".repeat(n)))));
        let titled = |n: usize| vec![Button { title: "a".repeat(n), ..button(1) }];
        let counts = [
            text("a"),
            text("ж"),
            text("😀"),
            if takes(media(1, Some("a".into()))) { caption } else { Some(0) },
            largest(50, |n| takes(media(n, None))),
            largest(50, |n| takes(choice((0..n).map(button).collect(), None))),
            largest(MOST, |n| takes(choice(titled(n), None))),
        ];
        let cells = counts.map(|count| match count {
            None => "none found".to_owned(),
            Some(0) => "not taken".to_owned(),
            Some(count) => thousands(count as u64),
        });
        rows.push(std::iter::once(channel.as_str().to_owned()).chain(cells).collect());
    }
    let head = [
        "most",
        "text in `a`",
        "in `ж`",
        "in 😀",
        "words with a picture",
        "media",
        "choices",
        "a choice's title",
    ];
    format!(
        "Where a request is refused instead of cut (tried up to {} characters and 50 pieces):\n\n{}",
        thousands(MOST as u64),
        table(&head, &rows)
    )
}
