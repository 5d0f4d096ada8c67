//! The list of channels in which a multi-channel message may go, and the content of each.

use serde_json::{Map, Value};

use super::request::{Channel, Fields, is_web};
use super::suggestions;
use super::{AGENT, APPLICATION, NUMBER};

/// Most channels to try.
const MAX_CHANNELS: usize = 4;
/// Longest texts of RCS and of text messages; longest address of a file.
const MAX_RBM_TEXT: usize = 3_270;
const MAX_TEXT: usize = 2_048;
const MAX_FILE_URL: usize = 1_000;
/// Most suggestions below a message and on a card.
const MAX_BELOW: usize = 11;
const MAX_ON_CARD: usize = 4;
/// Longest title and description of a card; how many cards a carousel has.
const MAX_TITLE: usize = 200;
const MAX_DESCRIPTION: usize = 2_000;
const CARDS: std::ops::RangeInclusive<usize> = 2..=10;

/// The channel that a message takes.
pub(super) struct Choice {
    pub(super) from: String,
    pub(super) channel: Channel,
    pub(super) text: String,
    pub(super) media: Vec<String>,
    pub(super) content: Value,
}

/// Checks all channels and gives the first.
pub(super) fn first_channel(fields: &mut Fields<'_>, list: Option<&Value>) -> Option<Choice> {
    let entries = list.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    if !(1..=MAX_CHANNELS).contains(&entries.len()) {
        fields.wrong("channelList", "'channelList' must have 1 to 4 channels");
        return None;
    }
    let mut first = None;
    for (place, entry) in entries.iter().enumerate() {
        let choice = choice(fields, place, entry);
        first = first.or(choice);
    }
    first
}

fn choice(fields: &mut Fields<'_>, place: usize, entry: &Value) -> Option<Choice> {
    let name = |field: &str| format!("channelList[{place}].{field}");
    let text_of = |key: &str| entry.get(key).and_then(Value::as_str);
    let channel = match text_of("channel") {
        Some("RBM") => Channel::Rbm,
        Some("SMS") => Channel::Sms,
        Some("MMS") => Channel::Mms,
        _ => {
            fields.wrong(name("channel"), "'channel' must be one of RBM, SMS, MMS");
            return None;
        }
    };
    if text_of("applicationId") != Some(APPLICATION) {
        fields.wrong(name("applicationId"), "The application does not exist on this account");
    }
    let sender = if channel == Channel::Rbm { AGENT } else { NUMBER };
    if text_of("from") != Some(sender) {
        fields.wrong(name("from"), "'from' is not assigned to this account");
    }
    let content = entry.get("content").and_then(Value::as_object);
    let Some(content) = content.filter(|content| !content.is_empty()) else {
        fields.wrong(name("content"), "'content' is required");
        return None;
    };
    let checked = match channel {
        Channel::Rbm => rbm(content),
        Channel::Mms => mms(content),
        Channel::Sms => text(content, MAX_TEXT),
    };
    if let Err(Wrong { at, what }) = checked {
        fields.wrong(name(&join("content", &at)), what);
    }
    let text = content.get("text").and_then(Value::as_str).unwrap_or_default().to_owned();
    let (from, media) = (sender.to_owned(), files(content));
    Some(Choice { from, channel, text, media, content: content.clone().into() })
}

/// The addresses of files: of those in the message, and on its cards.
fn files(content: &Map<String, Value>) -> Vec<String> {
    let url = |file: &Value| file.get("fileUrl").and_then(Value::as_str).map(str::to_owned);
    let listed = |name: &str| content.get(name).and_then(Value::as_array).into_iter().flatten();
    let cards = listed("cardContents").chain(content.get("cardContent"));
    listed("media").chain(cards.filter_map(|card| card.get("media"))).filter_map(url).collect()
}

/// What is wrong, and at which member below the content.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Wrong {
    pub(super) at: String,
    pub(super) what: &'static str,
}

pub(super) type Checked = Result<(), Wrong>;

pub(super) fn wrong<T>(at: impl Into<String>, what: &'static str) -> Result<T, Wrong> {
    Err(Wrong { at: at.into(), what })
}

fn join(outer: &str, inner: &str) -> String {
    match inner {
        "" => outer.to_owned(),
        inner if inner.starts_with('[') => format!("{outer}{inner}"),
        inner => format!("{outer}.{inner}"),
    }
}

/// Puts `outer` before the place of a complaint.
pub(super) fn within(outer: &str, checked: Checked) -> Checked {
    checked.map_err(|Wrong { at, what }| Wrong { at: join(outer, &at), what })
}

/// Checks each element of a list at `name`.
pub(super) fn each(name: &str, list: &[Value], check: impl Fn(&Value) -> Checked) -> Checked {
    list.iter().enumerate().try_for_each(|(place, value)| within(&format!("{name}[{place}]"), check(value)))
}

/// One of the four kinds of RCS content; suggestions may stand below any of them.
fn rbm(content: &Map<String, Value>) -> Checked {
    let kinds = ["text", "media", "cardContent", "cardContents"];
    let given: Vec<_> = kinds.into_iter().filter(|kind| content.contains_key(*kind)).collect();
    match given.as_slice() {
        ["text"] => text(content, MAX_RBM_TEXT)?,
        ["media"] => media(content)?,
        ["cardContent"] => standalone(content)?,
        ["cardContents"] => carousel(content)?,
        _ => return wrong("", "'content' must be exactly one of a text, media, a card and a carousel"),
    }
    below(content, MAX_BELOW)
}

fn below(holder: &Map<String, Value>, most: usize) -> Checked {
    match holder.get("suggestions").map(Value::as_array) {
        None => Ok(()),
        Some(Some(list)) if list.len() <= most => each("suggestions", list, suggestions::check),
        Some(_) => wrong("suggestions", "there are too many suggestions"),
    }
}

fn mms(content: &Map<String, Value>) -> Checked {
    at_most(content, "text", MAX_TEXT)?;
    if content.contains_key("media") { media(content) } else { text(content, MAX_TEXT) }
}

fn text(content: &Map<String, Value>, most: usize) -> Checked {
    if !content.get("text").is_some_and(Value::is_string) {
        return wrong("text", "'text' is required");
    }
    at_most(content, "text", most)
}

fn media(content: &Map<String, Value>) -> Checked {
    match content.get("media").and_then(Value::as_array) {
        Some(files) if !files.is_empty() => each("media", files, file),
        _ => wrong("media", "'media' must be an array of files"),
    }
}

fn file(file: &Value) -> Checked {
    let is_url = |url: &Value| url.as_str().is_some_and(|url| url.len() <= MAX_FILE_URL && is_web(url));
    if !file.get("fileUrl").is_some_and(is_url) {
        return wrong("fileUrl", "'fileUrl' must be a URL of 1000 characters or less");
    }
    if !file.get("thumbnailUrl").is_none_or(is_url) {
        return wrong("thumbnailUrl", "'thumbnailUrl' must be a URL of 1000 characters or less");
    }
    Ok(())
}

fn standalone(content: &Map<String, Value>) -> Checked {
    let orientation = one_of(content, "orientation", &["HORIZONTAL", "VERTICAL"])?;
    if orientation == "HORIZONTAL" || content.contains_key("thumbnailImageAlignment") {
        one_of(content, "thumbnailImageAlignment", &["LEFT", "RIGHT"])?;
    }
    within("cardContent", content.get("cardContent").map_or(Ok(()), card))
}

fn carousel(content: &Map<String, Value>) -> Checked {
    one_of(content, "cardWidth", &["SMALL", "MEDIUM"])?;
    match content.get("cardContents").and_then(Value::as_array) {
        Some(cards) if CARDS.contains(&cards.len()) => each("cardContents", cards, card),
        _ => wrong("cardContents", "a carousel has 2 to 10 cards"),
    }
}

fn card(card: &Value) -> Checked {
    let Some(card) = card.as_object() else { return wrong("", "a card must be an object") };
    if !["title", "description", "media"].iter().any(|member| card.contains_key(*member)) {
        return wrong("", "a card must have at least one of title, description and media");
    }
    at_most(card, "title", MAX_TITLE)?;
    at_most(card, "description", MAX_DESCRIPTION)?;
    if let Some(shown) = card.get("media") {
        within("media", file(shown))?;
        let Some(shown) = shown.as_object() else { return wrong("media", "'media' must be an object") };
        within("media", one_of(shown, "height", &["SHORT", "MEDIUM", "TALL"]).map(|_| ()))?;
    }
    below(card, MAX_ON_CARD)
}

/// A text that is there is one, and not too long.
pub(super) fn at_most(holder: &Map<String, Value>, name: &str, most: usize) -> Checked {
    match holder.get(name) {
        None | Some(Value::Null) => Ok(()),
        Some(Value::String(text)) if text.chars().count() <= most => Ok(()),
        Some(_) => wrong(name, "is no text, or too long"),
    }
}

/// A word that must be there, of a few.
pub(super) fn one_of<'a>(
    holder: &'a Map<String, Value>,
    name: &str,
    words: &[&str],
) -> Result<&'a str, Wrong> {
    let word = holder.get(name).and_then(Value::as_str).filter(|word| words.contains(word));
    word.map_or_else(|| wrong(name, "is not one of the allowed values"), Ok)
}
