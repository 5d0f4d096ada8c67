//! How much of what. WhatsApp's own limits hold whichever API carries a message there.

use omni_core::content::{Button, Interactive, OutboundContent, OutboundMedia, Products, TemplateHeader};
use omni_core::event::Channel;
use omni_core::failure::SendError;

use super::is_list;

/// Longest text of a WhatsApp message.
const WHATSAPP_TEXT: usize = 4_096;

/// Longest words beside anything else: under media, over buttons, forms and products.
const BESIDE: usize = 1_024;

/// Longest header and footer.
const EDGE: usize = 60;

/// Most sections, entries and products in one message; WhatsApp's.
const MOST_SECTIONS: usize = 10;
const MOST_ENTRIES: usize = 10;
const MOST_PRODUCTS: usize = 30;

/// Largest file of a kind on WhatsApp, in bytes (`WhatsAppImageSend` and its kin in
/// messagebird-sdk 0.106.0; stickers that move, the larger of two bounds).
const LARGEST: [(&str, u64); 5] = [
    ("image", 5 * MIB),
    ("video", 16 * MIB),
    ("audio", 16 * MIB),
    ("sticker", 500 * 1_024),
    ("document", WHATSAPP_FILE),
];

/// Largest file of any kind on WhatsApp: a document.
const WHATSAPP_FILE: u64 = 100 * MIB;

const MIB: u64 = 1_024 * 1_024;

/// The longest text that all of `channels` take, given that of an SMS.
pub(super) fn longest_text(channels: &[Channel], sms: usize) -> usize {
    if channels.iter().any(|channel| is_phone(*channel)) { sms } else { WHATSAPP_TEXT }
}

/// The largest file that any of `channels` takes, given that of an MMS.
pub(super) fn largest_file(channels: &[Channel], mms: u64) -> u64 {
    if channels.iter().all(|channel| is_phone(*channel)) { mms } else { WHATSAPP_FILE }
}

/// The phone networks' own.
const fn is_phone(channel: Channel) -> bool {
    matches!(channel, Channel::Sms | Channel::Mms)
}

/// Refuses what a channel would not take: an SMS holds the texts that `fits` says, everything
/// else is measured as on WhatsApp, the narrowest of the chats.
pub(super) fn check(
    channel: Channel,
    content: &OutboundContent,
    fits: impl Fn(&str) -> bool,
) -> Result<(), SendError> {
    if !is_phone(channel) {
        return whatsapp(content);
    }
    match content.text() {
        Some(text) if !fits(text) => Err(SendError::Unsupported("the text is too long for an SMS")),
        _ => Ok(()),
    }
}

/// Refuses what WhatsApp would not take.
pub(super) fn whatsapp(content: &OutboundContent) -> Result<(), SendError> {
    content.media().try_for_each(file)?;
    match content {
        OutboundContent::Text { text } => at_most(text, WHATSAPP_TEXT, "a text has at most 4,096 characters"),
        OutboundContent::Media { text: Some(caption), .. } => {
            at_most(caption, BESIDE, "a caption has at most 1,024 characters")
        }
        OutboundContent::LocationRequest { text } => {
            at_most(text, BESIDE, "the question has at most 1,024 characters")
        }
        OutboundContent::Interactive(choice) => choices(choice),
        OutboundContent::Products(offer) => products(offer),
        OutboundContent::Template(template) => match &template.header {
            Some(TemplateHeader::Text(text)) => at_most(text, EDGE, "a header has at most 60 characters"),
            Some(TemplateHeader::Media(media)) if !above(media) => Err(NOT_ABOVE),
            _ => Ok(()),
        },
        _ => Ok(()),
    }
}

/// Refuses a file whose size is known to be too large for its kind.
fn file(media: &OutboundMedia) -> Result<(), SendError> {
    let largest = LARGEST.iter().find(|(kind, _)| *kind == media.kind()).map_or(0, |(_, bytes)| *bytes);
    match media.size {
        Some(size) if size > largest => Err(SendError::Unsupported("the file is too large for WhatsApp")),
        _ => Ok(()),
    }
}

const NOT_ABOVE: SendError =
    SendError::Unsupported("above the words stand pictures, films and documents only");

/// Whether a medium may stand above the words of a message.
fn above(media: &OutboundMedia) -> bool {
    matches!(media.kind(), "image" | "video" | "document")
}

fn choices(choice: &Interactive) -> Result<(), SendError> {
    let Interactive { text, header, header_media, footer, buttons, list_label } = choice;
    edges(header.as_deref(), footer.as_deref())?;
    if header_media.as_deref().is_some_and(|media| !above(media)) {
        return Err(NOT_ABOVE);
    }
    if is_list(buttons, list_label.as_ref()) {
        if header_media.is_some() {
            return Err(SendError::Unsupported("above a list stands text only"));
        }
        at_most(list_label.as_deref().unwrap_or_default(), 20, "a list's label has at most 20")?;
        at_most(text, WHATSAPP_TEXT, "the words over a list have at most 4,096 characters")?;
        return entries(buttons);
    }
    at_most(text, BESIDE, "the words over buttons have at most 1,024 characters")?;
    if buttons.iter().any(|button| button.url.is_some()) && buttons.len() > 1 {
        return Err(SendError::Unsupported("WhatsApp takes one link button and nothing beside it"));
    }
    buttons.iter().try_for_each(|button| {
        at_most(button.url.as_deref().unwrap_or_default(), 2_000, "a link has at most 2,000 characters")?;
        at_most(&button.id, 256, "a button's id has at most 256 characters")?;
        at_most(&button.title, 20, "a button's title has at most 20 characters")
    })
}

fn edges(header: Option<&str>, footer: Option<&str>) -> Result<(), SendError> {
    let mut edges = [header, footer].into_iter().flatten();
    edges.try_for_each(|edge| at_most(edge, EDGE, "a header or footer has at most 60 characters"))
}

fn entries(rows: &[Button]) -> Result<(), SendError> {
    if rows.len() > MOST_ENTRIES {
        return Err(SendError::Unsupported("a list has at most ten entries"));
    }
    if rows.iter().any(|row| row.url.is_some()) {
        return Err(SendError::Unsupported("an entry of a list opens no link"));
    }
    rows.iter().try_for_each(|row| {
        at_most(row.section.as_deref().unwrap_or_default(), 24, "a section's title has at most 24")?;
        at_most(&row.id, 200, "an entry's id has at most 200 characters")?;
        at_most(&row.title, 24, "an entry's title has at most 24 characters")?;
        let description = row.description.as_deref().unwrap_or_default();
        at_most(description, 72, "an entry's description has at most 72 characters")
    })
}

fn products(offer: &Products) -> Result<(), SendError> {
    edges(offer.header.as_deref(), offer.footer.as_deref())?;
    at_most(offer.text.as_deref().unwrap_or_default(), BESIDE, "the words have at most 1,024 characters")?;
    let products: usize = offer.sections.iter().map(|section| section.products.len()).sum();
    if products > MOST_PRODUCTS || offer.sections.len() > MOST_SECTIONS {
        return Err(SendError::Unsupported("an offer has at most 30 products in ten sections"));
    }
    let titles = offer.sections.iter().filter_map(|section| section.title.as_deref());
    titles.into_iter().try_for_each(|title| at_most(title, 24, "a section's title has at most 24"))
}

fn at_most(text: &str, most: usize, refusal: &'static str) -> Result<(), SendError> {
    if text.chars().count() <= most { Ok(()) } else { Err(SendError::Unsupported(refusal)) }
}
