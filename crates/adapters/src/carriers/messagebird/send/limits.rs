//! How long what may be. WhatsApp's own limits hold whichever API carries a message there.

use omni_core::content::{Button, Interactive, OutboundContent};
use omni_core::event::Channel;
use omni_core::failure::SendError;

use super::is_list;

/// Longest text of a WhatsApp message.
const WHATSAPP_TEXT: usize = 4_096;

/// The longest text that all of `channels` take, given that of an SMS.
pub(super) fn longest_text(channels: &[Channel], sms: usize) -> usize {
    let phone = channels.iter().any(|channel| matches!(channel, Channel::Sms | Channel::Mms));
    if phone { sms } else { WHATSAPP_TEXT }
}

/// Refuses what a channel would not take: an SMS holds the texts that `fits` says, everything
/// else is measured as on WhatsApp, the narrowest of the chats.
pub(super) fn check(
    channel: Channel,
    content: &OutboundContent,
    fits: impl Fn(&str) -> bool,
) -> Result<(), SendError> {
    match channel {
        Channel::Sms | Channel::Mms if content.text().is_some_and(|text| !fits(text)) => {
            Err(SendError::Unsupported("the text is too long for an SMS"))
        }
        Channel::Sms | Channel::Mms => Ok(()),
        _ => whatsapp(content),
    }
}

/// Refuses what WhatsApp would not take.
pub(super) fn whatsapp(content: &OutboundContent) -> Result<(), SendError> {
    match content {
        OutboundContent::Text { text } => at_most(text, WHATSAPP_TEXT, "a text has at most 4,096 characters"),
        OutboundContent::Media { text: Some(caption), .. } => {
            at_most(caption, 1_024, "a caption has at most 1,024 characters")
        }
        OutboundContent::Interactive(Interactive { text, header, footer, buttons, list_label, .. }) => {
            for edge in [header, footer].into_iter().flatten() {
                at_most(edge, 60, "a header or footer has at most 60 characters")?;
            }
            if is_list(buttons, list_label.as_ref()) {
                at_most(list_label.as_deref().unwrap_or_default(), 20, "a list's label has at most 20")?;
                at_most(text, WHATSAPP_TEXT, "the words over a list have at most 4,096 characters")?;
                entries(buttons)
            } else {
                at_most(text, 1_024, "the words over buttons have at most 1,024 characters")?;
                buttons.iter().try_for_each(|button| {
                    at_most(&button.id, 256, "a button's id has at most 256 characters")?;
                    at_most(&button.title, 20, "a button's title has at most 20 characters")
                })
            }
        }
        _ => Ok(()),
    }
}

fn entries(rows: &[Button]) -> Result<(), SendError> {
    if rows.len() > 10 {
        return Err(SendError::Unsupported("a list has at most ten entries"));
    }
    rows.iter().try_for_each(|row| {
        at_most(&row.id, 200, "an entry's id has at most 200 characters")?;
        at_most(&row.title, 24, "an entry's title has at most 24 characters")?;
        let description = row.description.as_deref().unwrap_or_default();
        at_most(description, 72, "an entry's description has at most 72 characters")
    })
}

fn at_most(text: &str, most: usize, refusal: &'static str) -> Result<(), SendError> {
    if text.chars().count() <= most { Ok(()) } else { Err(SendError::Unsupported(refusal)) }
}
