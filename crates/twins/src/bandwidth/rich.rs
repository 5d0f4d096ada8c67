//! RCS content, and the list of channels in which a multi-channel message may go.

use serde_json::{Map, Value};

use super::request::{Channel, Fields, is_web};
use super::{AGENT, APPLICATION, NUMBER};

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
    if !(1..=4).contains(&entries.len()) {
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
    if let Err(what) = check(channel, content) {
        fields.wrong(name("content"), what);
    }
    let text = content.get("text").and_then(Value::as_str).unwrap_or_default().to_owned();
    let (from, media) = (sender.to_owned(), files(content));
    Some(Choice { from, channel, text, media, content: content.clone().into() })
}

/// The addresses of files: one object for RBM, a list for MMS.
fn files(content: &Map<String, Value>) -> Vec<String> {
    let url = |file: &Value| file.get("fileUrl").and_then(Value::as_str).map(str::to_owned);
    match content.get("media") {
        Some(Value::Array(files)) => files.iter().filter_map(url).collect(),
        Some(file) => url(file).into_iter().collect(),
        None => Vec::new(),
    }
}

type Checked = Result<(), &'static str>;

fn check(channel: Channel, content: &Map<String, Value>) -> Checked {
    let most = if channel == Channel::Rbm { 3_270 } else { 2_048 };
    within(content.get("text"), most, "'text' is too long")?;
    if files(content).iter().any(|url| url.len() > 1_000 || !is_web(url)) {
        return Err("'fileUrl' must be a URL of 1000 characters or less");
    }
    if channel != Channel::Rbm {
        return Ok(());
    }
    suggestions(content.get("suggestions"), 11)?;
    if let Some(card) = content.get("cardContent") {
        card_content(card)?;
    }
    match content.get("cardContents").map(Value::as_array) {
        None => Ok(()),
        Some(Some(cards)) if (2..=10).contains(&cards.len()) => cards.iter().try_for_each(card_content),
        Some(_) => Err("a carousel has 2 to 10 cards"),
    }
}

fn card_content(card: &Value) -> Checked {
    within(card.get("title"), 200, "'title' must be 200 characters or less")?;
    within(card.get("description"), 2_000, "'description' must be 2000 characters or less")?;
    suggestions(card.get("suggestions"), 4)
}

fn suggestions(list: Option<&Value>, most: usize) -> Checked {
    const ACTIONS: [&str; 6] =
        ["REPLY", "DIAL_PHONE", "SHOW_LOCATION", "CREATE_CALENDAR_EVENT", "OPEN_URL", "REQUEST_LOCATION"];
    let Some(list) = list else { return Ok(()) };
    let Some(list) = list.as_array().filter(|list| list.len() <= most) else {
        return Err("there are too many suggestions");
    };
    for action in list {
        if !action.get("type").and_then(Value::as_str).is_some_and(|kind| ACTIONS.contains(&kind)) {
            return Err("a suggestion's 'type' is unknown");
        }
        if action.get("text").is_none() || action.get("postbackData").is_none() {
            return Err("a suggestion needs 'text' and 'postbackData'");
        }
        within(action.get("text"), 25, "a suggestion's 'text' must be 25 characters or less")?;
        within(action.get("postbackData"), 2_048, "'postbackData' must be 2048 characters or less")?;
    }
    Ok(())
}

/// A text that is there is one, and not too long.
fn within(value: Option<&Value>, most: usize, otherwise: &'static str) -> Checked {
    match value {
        None | Some(Value::Null) => Ok(()),
        Some(Value::String(text)) if text.chars().count() <= most => Ok(()),
        Some(_) => Err(otherwise),
    }
}
