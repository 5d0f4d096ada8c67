//! What we say arrives whole or not at all.

use omni_core::address::Address;
use omni_core::carrier::{Carrier, OutboundMessage};
use omni_core::content::{Button, Interactive, OutboundContent, OutboundMedia, Template};
use omni_core::event::{Channel, MessageType};
use omni_core::failure::SendError;
use omni_core::http::{HttpClient, HttpError, HttpRequest, HttpResponse};
use omni_core::segments;
use serde_json::Value;

use crate::support::{contents, outbound, samples};

/// A message to somebody who can be reached on `channel`.
pub(super) fn message(channel: Channel, from: Address, content: OutboundContent) -> OutboundMessage {
    let status_url = Some("https://gw.example.net/webhooks/x/status".into());
    OutboundMessage { status_url, ..outbound::message(channel, from, content) }
}

pub(super) fn text(text: &str) -> OutboundContent {
    OutboundContent::Text { text: text.into() }
}

/// Every string in a request's body, decoded.
fn strings(request: &HttpRequest) -> Vec<String> {
    fn collect(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::String(text) => found.push(text.clone()),
            Value::Array(values) => values.iter().for_each(|value| collect(value, found)),
            Value::Object(members) => members.values().for_each(|value| collect(value, found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    match serde_json::from_slice::<Value>(&request.body) {
        Ok(value) => collect(&value, &mut found),
        Err(_) => {
            found.extend(url::form_urlencoded::parse(&request.body).map(|(_, value)| value.into_owned()));
        }
    }
    found
}

fn says(request: &HttpRequest, words: &str) -> bool {
    strings(request).iter().any(|text| text.contains(words))
}

/// Each sample with each of its senders.
fn senders() -> Vec<(String, std::sync::Arc<dyn Carrier>, Channel, Address)> {
    let mut all = Vec::new();
    for sample in samples::all("s") {
        let carrier = sample.build();
        for (channel, from) in carrier.senders() {
            all.push((
                format!("{} {}", sample.name(), channel.as_str()),
                carrier.clone(),
                channel,
                from.clone(),
            ));
            if channel == Channel::Sms && carrier.capabilities().channels.contains(&Channel::Mms) {
                all.push((format!("{} mms", sample.name()), carrier.clone(), Channel::Mms, from));
            }
        }
    }
    all
}

/// Letters that cost one, two and more units, alone and mixed.
const LETTERS: &[&str] = &["a", "[", "ж", "漢", "😀", "a😀", "e\u{301}"];

#[test]
fn every_carrier_sends_text_over_every_channel() {
    let mut reached = std::collections::BTreeSet::new();
    for (name, carrier, channel, from) in senders() {
        let request =
            carrier.request(&message(channel, from, text("hello"))).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert!(says(&request, "hello"), "{name}");
        reached.insert((carrier.name().0, channel));
    }
    for sample in samples::all("s") {
        for channel in &sample.build().capabilities().channels {
            assert!(
                reached.contains(&(sample.carrier, *channel)),
                "no sender of {} on {channel:?}",
                sample.name()
            );
        }
    }
}

/// The engine splits by `max_text`, so each part must fit, whatever it is written in.
#[test]
fn a_text_that_is_split_fits_part_by_part() {
    for (name, carrier, channel, from) in senders() {
        let most = carrier.capabilities().max_text;
        for letters in LETTERS {
            let long = letters.repeat(2 * most / letters.chars().count() + 7);
            for part in segments::split(&long, most) {
                let sent = carrier.request(&message(channel, from.clone(), text(&part)));
                let request =
                    sent.unwrap_or_else(|e| panic!("{name}: {} of {letters:?}: {e}", part.chars().count()));
                assert!(says(&request, &part), "{name} changed a text of {letters:?}");
            }
        }
    }
}

/// A content that says `words`, by the place where it says them.
fn saying(words: &str) -> Vec<(&'static str, OutboundContent)> {
    let button = |title: &str| Button {
        id: "yes".into(),
        title: title.into(),
        description: None,
        url: None,
        ..Button::default()
    };
    let choice = |text: &str, header: Option<&str>, footer: Option<&str>, buttons: Vec<Button>| {
        OutboundContent::Interactive(Interactive {
            text: text.into(),
            header: header.map(Into::into),
            footer: footer.map(Into::into),
            buttons,
            list_label: None,
            ..Interactive::default()
        })
    };
    let picture = OutboundMedia {
        url: Some("https://files.gw.example.net/menu.png".into()),
        mime: Some("image/png".into()),
        ..OutboundMedia::default()
    };
    let linked = Button { url: Some("https://acme.example/".into()), ..button(words) };
    vec![
        ("text", text(words)),
        ("caption", OutboundContent::Media { media: vec![picture], text: Some(words.into()) }),
        ("words over buttons", choice(words, None, None, vec![button("Yes")])),
        ("header", choice("Well?", Some(words), None, vec![button("Yes")])),
        ("footer", choice("Well?", None, Some(words), vec![button("Yes")])),
        ("button", choice("Well?", None, None, vec![button(words)])),
        ("link", choice("Well?", None, None, vec![linked])),
    ]
}

#[test]
fn words_over_a_limit_are_refused_and_never_cut() {
    for (name, carrier, channel, from) in senders() {
        for length in [1, 20, 21, 25, 26, 60, 61, 80, 300, 1_000, 1_025, 1_601, 2_049, 4_097, 16_385, 70_000]
        {
            for letter in ["a", "ж", "😀"] {
                let words = format!("{}Z", letter.repeat(length - 1));
                for (place, content) in saying(&words) {
                    let kind = content.message_type();
                    let Ok(request) = carrier.request(&message(channel, from.clone(), content)) else {
                        continue;
                    };
                    assert!(says(&request, &words), "{name}: {place} of {length} {letter} was cut");
                    assert!(
                        carrier.capabilities().content.contains(&kind),
                        "{name} takes {kind:?} and does not say so"
                    );
                }
            }
        }
    }
}

fn pictures(count: usize) -> OutboundContent {
    let picture = |n| OutboundMedia {
        url: Some(format!("https://files.gw.example.net/{n}.png")),
        mime: Some("image/png".into()),
        ..OutboundMedia::default()
    };
    OutboundContent::Media { media: (0..count).map(picture).collect(), text: None }
}

fn choices(count: usize) -> OutboundContent {
    let button = |n| Button {
        id: format!("id{n}."),
        title: format!("No {n}."),
        description: None,
        url: None,
        ..Button::default()
    };
    OutboundContent::Interactive(Interactive {
        text: "Well?".into(),
        header: None,
        footer: None,
        buttons: (0..count).map(button).collect(),
        list_label: None,
        ..Interactive::default()
    })
}

#[test]
fn more_media_or_buttons_than_it_takes_are_refused_and_never_dropped() {
    for (name, carrier, channel, from) in senders() {
        for count in 1..40 {
            if let Ok(request) = carrier.request(&message(channel, from.clone(), pictures(count))) {
                assert!(
                    (0..count).all(|n| says(&request, &format!("/{n}.png"))),
                    "{name} dropped one of {count} media"
                );
            }
            if let Ok(request) = carrier.request(&message(channel, from.clone(), choices(count))) {
                assert!(
                    (0..count).all(|n| says(&request, &format!("No {n}."))),
                    "{name} dropped one of {count} buttons"
                );
            }
        }
    }
}

#[test]
fn as_many_media_and_buttons_as_it_says_are_taken() {
    for sample in samples::all("s") {
        let carrier = sample.build();
        let takes = |content: OutboundContent| {
            carrier
                .senders()
                .into_iter()
                .any(|(channel, from)| carrier.request(&message(channel, from, content.clone())).is_ok())
        };
        let can = carrier.capabilities();
        assert!(takes(pictures(can.max_media)), "{}: {} media", sample.name(), can.max_media);
        let most = can.max_buttons.max(can.max_list_entries);
        if can.content.contains(&MessageType::Interactive) {
            assert!(takes(choices(most)), "{}: {most} buttons", sample.name());
        }
    }
}

/// A carrier that says it takes a kind takes it on some channel; the selection relies on it.
#[test]
fn what_a_carrier_says_it_takes_it_takes() {
    let place = omni_core::event::Location { lat: 51.5, lon: -0.08, name: None, address: None };
    let card = serde_json::json!([{ "name": { "formatted_name": "Maya", "first_name": "Maya" } }]);
    let params = std::collections::BTreeMap::from([("1".to_owned(), "Maya".to_owned())]);
    let template = |id: &str| {
        OutboundContent::Template(Template {
            template_id: id.into(),
            language: Some("en_GB".into()),
            params: params.clone(),
            ..Template::default()
        })
    };
    let mut kinds: Vec<OutboundContent> = saying("Yes").into_iter().map(|(_, content)| content).collect();
    kinds.extend(["HX0123456789abcdef0123456789abcdef", "order_update"].map(template));
    kinds.push(OutboundContent::Location { location: place });
    kinds.push(OutboundContent::Reaction { target: "wamid.1".into(), emoji: "👍".into() });
    kinds.push(OutboundContent::Contacts { contacts: card });
    for sample in samples::all("s") {
        let carrier = sample.build();
        let rich = contents::rich(sample.carrier).into_iter().map(|(_, content)| content);
        let kinds: Vec<OutboundContent> = kinds.iter().cloned().chain(rich).collect();
        let takes = |kind: MessageType| {
            let of_kind = kinds.iter().filter(|content| content.message_type() == kind);
            let senders = carrier.senders();
            of_kind.flat_map(|content| senders.iter().map(move |sender| (content, sender))).any(
                |(content, (channel, from))| {
                    carrier.request(&message(*channel, from.clone(), content.clone())).is_ok()
                },
            )
        };
        for kind in &carrier.capabilities().content {
            assert!(takes(*kind), "{} says it takes {kind:?}", sample.name());
        }
    }
}

/// Answers that nobody is there.
struct Down;

#[async_trait::async_trait]
impl HttpClient for Down {
    async fn execute(&self, _: HttpRequest) -> Result<HttpResponse, HttpError> {
        Err(HttpError::Connect("nobody is there".into()))
    }
}

/// Who keeps files asks for it, everybody else says so.
#[tokio::test]
async fn files_are_left_where_a_carrier_keeps_them() {
    for sample in samples::all("s") {
        let carrier = sample.build();
        let error = carrier.upload(&Down, &contents::upload()).await.unwrap_err();
        let tried = matches!(error, SendError::NotSent(_));
        assert_eq!(tried, carrier.capabilities().uploads, "{}: {error}", sample.name());
    }
}
