//! Media by address: how many, and how large where that is known.

use omni_core::content::OutboundMedia;
use omni_core::event::Channel;
use omni_core::failure::SendError;

use super::rich::refused;

/// Most media in an MMS or RCS message; WhatsApp takes one.
pub(super) const MAX_MEDIA: usize = 10;
/// Most bytes of one message's media together.
pub(super) const MAX_BYTES: u64 = 5 << 20;
/// The same on WhatsApp; a picture there has the limit of the others.
pub(super) const MAX_WHATSAPP_BYTES: u64 = 16 << 20;

/// The addresses that Twilio is to fetch.
pub(super) fn urls(channel: Channel, media: &[OutboundMedia]) -> Result<Vec<String>, SendError> {
    if media.is_empty() {
        return Err(refused("media", "is empty"));
    }
    if media.len() > most(channel) {
        return Err(SendError::Unsupported("too_many_media"));
    }
    fits(channel, media)?;
    let url = |medium: &OutboundMedia| medium.url.clone();
    media.iter().map(|medium| url(medium).ok_or(SendError::Unsupported("media_without_url"))).collect()
}

/// Most media of one message.
pub(super) const fn most(channel: Channel) -> usize {
    if matches!(channel, Channel::Whatsapp) { 1 } else { MAX_MEDIA }
}

/// Whether media of known size are small enough, together.
pub(super) fn fits(channel: Channel, media: &[OutboundMedia]) -> Result<(), SendError> {
    let bytes = media.iter().filter_map(|medium| medium.size).fold(0, u64::saturating_add);
    let pictures = media.iter().all(|medium| medium.kind() == "image");
    let most = if channel == Channel::Whatsapp && !pictures { MAX_WHATSAPP_BYTES } else { MAX_BYTES };
    if bytes > most { Err(SendError::Unsupported("media_too_large")) } else { Ok(()) }
}
