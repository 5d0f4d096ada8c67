//! RCS ("RBM") content: words with suggestions, a file, a card.
//!
//! Up to four suggestions stand on a card, more of them below it. RCS has no lists: what an
//! entry of a list says beside its title goes among the words.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use omni_core::address::Address;
use omni_core::content::{Button, Interactive, OutboundContent, OutboundMedia};
use omni_core::event::Location;
use omni_core::failure::SendError;
use serde_json::{Value, json};

use super::send::fitting;
use super::{Settings, media};

/// Longest words (description of `rbmMessageContentText`).
const MAX_TEXT: usize = 3_270;
/// Longest title and description of a card (description of `rbmCardContent`).
const MAX_TITLE: usize = 200;
const MAX_DESCRIPTION: usize = 2_000;
/// Most suggestions below a message and on a card; the longest title of one, the longest
/// thing that it carries in base64, the longest link behind one (descriptions of
/// `multiChannelFullActions`, `rbmCardContent`, `rbmActionBase`, `rbmActionOpenUrl`).
pub(super) const MAX_SUGGESTIONS: usize = 11;
const MAX_ON_CARD: usize = 4;
pub(super) const MAX_SUGGESTION: usize = 25;
const MAX_POSTBACK: usize = 2_048;
const MAX_LINK: usize = 2_048;
/// Longest label of a place (description of `rbmActionViewLocation`).
const MAX_LABEL: usize = 100;
/// What comes back if somebody taps the question where they are, or a place.
const ASKED_FOR_PLACE: &str = "location_request";
const SHOWN_PLACE: &str = "location";

/// What an RCS message says.
pub(super) fn content(settings: &Settings, content: &OutboundContent) -> Result<Value, SendError> {
    match content {
        OutboundContent::Text { text } => Ok(json!({ "text": fitting(text, MAX_TEXT)? })),
        OutboundContent::Interactive(choices) => interactive(choices),
        OutboundContent::Media { media, text } => match media.as_slice() {
            [medium] => file(medium, text.as_deref().filter(|text| !text.is_empty())),
            _ => Err(SendError::Unsupported("an RCS message has one medium")),
        },
        OutboundContent::Location { location } => Ok(place(location)),
        OutboundContent::LocationRequest { text } => Ok(json!({
            "text": fitting(text, MAX_TEXT)?,
            "suggestions": [{
                "type": "REQUEST_LOCATION",
                "text": settings.location_label,
                "postbackData": STANDARD.encode(ASKED_FOR_PLACE),
            }],
        })),
        OutboundContent::Template(_) => Err(SendError::Unsupported("Bandwidth knows no templates")),
        OutboundContent::Reaction { .. } => {
            Err(SendError::Unsupported("RCS at Bandwidth knows no reactions"))
        }
        _ => Err(SendError::Unsupported("RCS carries words, suggestions, media and places only")),
    }
}

/// A file alone; a picture or film with words is a card.
fn file(medium: &OutboundMedia, words: Option<&str>) -> Result<Value, SendError> {
    match words {
        None => Ok(json!({ "media": [{ "fileUrl": media::of_rcs(medium)? }] })),
        Some(words) => {
            card(None, words, medium, &[], "a file other than a picture or film stands alone in RCS")
        }
    }
}

fn interactive(choices: &Interactive) -> Result<Value, SendError> {
    if choices.buttons.len() > MAX_SUGGESTIONS {
        return Err(SendError::Unsupported("at most 11 suggestions under an RCS message"));
    }
    let suggestions = choices.buttons.iter().map(suggestion).collect::<Result<Vec<_>, _>>()?;
    let explained = explained(&choices.buttons);
    let below = [explained.as_deref(), choices.footer.as_deref()];
    if let Some(medium) = choices.header_media.as_deref() {
        let words = joined([Some(choices.text.as_str())].into_iter().chain(below));
        let title = choices.header.as_deref();
        return card(title, &words, medium, &suggestions, "a card of RCS shows a picture or a film");
    }
    let words = joined([choices.header.as_deref(), Some(choices.text.as_str())].into_iter().chain(below));
    Ok(json!({ "text": fitting(&words, MAX_TEXT)?, "suggestions": suggestions }))
}

fn joined<'a>(parts: impl Iterator<Item = Option<&'a str>>) -> String {
    parts.flatten().collect::<Vec<_>>().join("\n\n")
}

/// The words of a list's entries and sections, line by line; `None` if there are none.
fn explained(buttons: &[Button]) -> Option<String> {
    let mut lines = Vec::new();
    let mut section = None;
    for button in buttons {
        if button.section != section {
            section.clone_from(&button.section);
            lines.extend(section.clone());
        }
        if let Some(words) = &button.description {
            lines.push(format!("{}: {words}", button.title));
        }
    }
    (!lines.is_empty()).then(|| lines.join("\n"))
}

fn card(
    title: Option<&str>,
    words: &str,
    medium: &OutboundMedia,
    suggestions: &[Value],
    otherwise: &'static str,
) -> Result<Value, SendError> {
    if !is_shown(medium) {
        return Err(SendError::Unsupported(otherwise));
    }
    let mut shown = json!({
        "description": fitting(words, MAX_DESCRIPTION)?,
        "media": { "fileUrl": media::of_rcs(medium)?, "height": "MEDIUM" },
    });
    if let Some(title) = title {
        shown["title"] = json!(fitting(title, MAX_TITLE)?);
    }
    let on_card = suggestions.len() <= MAX_ON_CARD;
    if on_card && !suggestions.is_empty() {
        shown["suggestions"] = json!(suggestions);
    }
    let mut content = json!({ "orientation": "VERTICAL", "cardContent": shown });
    if !on_card {
        content["suggestions"] = json!(suggestions);
    }
    Ok(content)
}

/// Whether a card can show it: a picture or film, if its type is known.
fn is_shown(medium: &OutboundMedia) -> bool {
    let family = medium.mime.as_deref().and_then(|mime| mime.split('/').next());
    family.is_none_or(|family| matches!(family.trim(), "image" | "video"))
}

fn suggestion(button: &Button) -> Result<Value, SendError> {
    let title = &button.title;
    if title.chars().count() > MAX_SUGGESTION {
        return Err(SendError::Unsupported("the title of a suggestion has at most 25 characters"));
    }
    let postback = STANDARD.encode(&button.id);
    if postback.len() > MAX_POSTBACK {
        return Err(SendError::Unsupported("the id of a suggestion has at most 1,536 bytes"));
    }
    let of = |kind: &str| json!({ "type": kind, "text": title, "postbackData": postback });
    let Some(url) = &button.url else { return Ok(of("REPLY")) };
    if let Some(number) = url.strip_prefix("tel:") {
        let mut dial = of("DIAL_PHONE");
        dial["phoneNumber"] = json!(dialled(number)?);
        return Ok(dial);
    }
    if url.len() > MAX_LINK || !media::is_web(url) {
        return Err(SendError::Unsupported(
            "the link of a suggestion is a web address of at most 2,048 characters",
        ));
    }
    let mut link = of("OPEN_URL");
    (link["url"], link["application"]) = (json!(url), json!("BROWSER"));
    Ok(link)
}

/// The number of a `tel:` link, which may have signs for the eye.
fn dialled(number: &str) -> Result<String, SendError> {
    let digits: String = number.chars().filter(|c| !matches!(c, ' ' | '-' | '.' | '(' | ')')).collect();
    if Address::from(digits.as_str()).is_phone() {
        Ok(digits)
    } else {
        Err(SendError::Unsupported("a suggestion dials an international number: tel:+13035550177"))
    }
}

/// Words, and a suggestion that shows the place on a map.
fn place(location: &Location) -> Value {
    let Location { lat, lon, name, address } = location;
    let (lat, lon) = (degrees(*lat), degrees(*lon));
    let pair = format!("{lat}, {lon}");
    let words: Vec<&str> = [name.as_deref(), address.as_deref()].into_iter().flatten().collect();
    let words = if words.is_empty() { pair.clone() } else { words.join("\n") };
    let title = name.as_ref().filter(|name| name.chars().count() <= MAX_SUGGESTION).unwrap_or(&pair);
    let mut show = json!({
        "type": "SHOW_LOCATION",
        "text": title,
        "postbackData": STANDARD.encode(SHOWN_PLACE),
        "latitude": lat,
        "longitude": lon,
    });
    if let Some(name) = name.as_ref().filter(|name| name.chars().count() <= MAX_LABEL) {
        show["label"] = json!(name);
    }
    json!({ "text": words, "suggestions": [show] })
}

/// Degrees as Bandwidth writes them, to a tenth of a metre.
fn degrees(value: f64) -> String {
    let text = format!("{value:.6}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
