//! Twilio's addresses and ours: `whatsapp:+447700900461` is `+447700900461` on WhatsApp.

use omni_core::address::Address;
use omni_core::event::Channel;
use omni_core::failure::SendError;
use omni_core::phone::is_bsuid;

use super::Settings;

/// What networks write where a caller hides the number; the last spells "ANONYMOUS".
const WITHHELD: &[&str] = &["anonymous", "restricted", "unknown", "unavailable", "+266696687"];

/// The channel that an address's prefix names; phone numbers say nothing (SMS or MMS).
/// `Err`: a channel that we do not know.
pub(super) fn channel(wire: &str) -> Result<Option<Channel>, ()> {
    match wire.split_once(':') {
        None => Ok(None),
        Some(("whatsapp", _)) => Ok(Some(Channel::Whatsapp)),
        Some(("rcs", _)) => Ok(Some(Channel::Rcs)),
        Some(_) => Err(()),
    }
}

/// Twilio's address as ours; `None` if the network withholds it.
pub(super) fn ours(wire: &str) -> Option<Address> {
    let (prefix, bare) = match wire.split_once(':') {
        Some((prefix @ ("whatsapp" | "rcs"), bare)) => (prefix, bare.trim()),
        _ => ("", wire.trim()),
    };
    if bare.is_empty() || WITHHELD.iter().any(|word| bare.eq_ignore_ascii_case(word)) {
        return None;
    }
    let digits = bare.strip_prefix('+').unwrap_or(bare);
    let is_number = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    Some(match prefix {
        _ if is_bsuid(bare) => Address::new(format!("bsuid:{bare}")),
        _ if is_number && bare.starts_with('+') => bare.into(),
        "" if is_number && digits.len() <= 8 => Address::new(format!("shortcode:{digits}")),
        "" | "whatsapp" if is_number => Address::new(format!("+{digits}")),
        "" if !bare.contains(':') => Address::new(format!("alpha:{bare}")),
        _ => wire.into(),
    })
}

/// Our senders, as configured; for a channel without one, the messaging service (its id in
/// the place of an address), which picks a sender itself.
pub(super) fn senders(settings: &Settings) -> Vec<(Channel, Address)> {
    let sender = |number: &String| Some((channel(number).ok()?.unwrap_or(Channel::Sms), ours(number)?));
    let mut senders: Vec<(Channel, Address)> = settings.numbers.iter().filter_map(sender).collect();
    if let Some(service) = &settings.messaging_service_sid {
        for channel in [Channel::Sms, Channel::Whatsapp, Channel::Rcs] {
            if !senders.iter().any(|(of, _)| *of == channel) {
                senders.push((channel, Address::from(service.as_str())));
            }
        }
    }
    senders
}

/// Our address as Twilio's on `channel`. Alphanumeric names can send, but nobody can answer
/// them; so they are no recipients, which Twilio itself refuses.
pub(super) fn wire(channel: Channel, address: &Address) -> Result<String, SendError> {
    let text = address.expose();
    let text = text.strip_prefix("whatsapp:").unwrap_or(text);
    let phone = Address::from(text).is_phone();
    let wire = match channel {
        Channel::Sms | Channel::Mms if phone => Some(text.to_owned()),
        Channel::Sms | Channel::Mms if address.is_short_code() => {
            Some(text.trim_start_matches("shortcode:").to_owned())
        }
        Channel::Sms | Channel::Mms => text.strip_prefix("alpha:").map(str::to_owned),
        Channel::Whatsapp if phone => Some(format!("whatsapp:{text}")),
        Channel::Whatsapp => text.strip_prefix("bsuid:").map(|id| format!("whatsapp:{id}")),
        Channel::Rcs if phone => Some(format!("rcs:{text}")),
        Channel::Rcs => text.starts_with("rcs:").then(|| text.to_owned()),
        Channel::Chat | Channel::Email | Channel::Voice => {
            return Err(SendError::Unsupported("channel_not_carried"));
        }
    };
    wire.ok_or(SendError::Unsupported("address_not_on_this_channel"))
}
