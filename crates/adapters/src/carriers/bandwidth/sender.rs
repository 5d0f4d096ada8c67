//! Our own senders: numbers, short codes, names, and RCS agents.
//!
//! Bandwidth writes a name and an agent alike, as bare words. We keep them apart: a name that
//! stands over text messages is configured as `alpha:Acme`, an agent as `AcmeTravel` (or
//! `rcs:AcmeTravel`).

use omni_core::address::Address;
use omni_core::carrier::SettingsError;
use omni_core::event::Channel;

use crate::shared::people;

/// What a name over text messages begins with in our addresses.
const NAME: &str = "alpha:";
/// Longest name over text messages, and what it may hold besides letters and digits
/// (Bandwidth's description of `from`).
const MAX_NAME: usize = 11;
const NAME_MARKS: &[u8] = b" -+_&";

/// A sender as configured, as our addresses write it. An error if it is a name that no
/// network takes.
pub(super) fn read(raw: &str, region: &str) -> Result<Address, SettingsError> {
    let raw = raw.trim();
    let raw = raw.strip_prefix("rcs:").unwrap_or(raw);
    match raw.strip_prefix(NAME) {
        Some(name) if is_name(name) => Ok(raw.into()),
        Some(_) => Err(SettingsError::new(
            "applications",
            "applications: a name after `alpha:` has at most 11 letters, digits, blanks and -+_&, one of them a letter",
        )),
        None => Ok(people::number(raw, region)),
    }
}

fn is_name(name: &str) -> bool {
    name.len() <= MAX_NAME
        && name.bytes().any(|byte| byte.is_ascii_alphabetic())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || NAME_MARKS.contains(&byte))
}

/// The name that Bandwidth writes as a bare word, as our addresses write it.
pub(super) fn named(word: &Address) -> Address {
    format!("{NAME}{}", word.expose()).into()
}

/// A sender as Bandwidth writes it.
pub(super) fn on_the_wire(sender: &Address) -> &str {
    let sender = sender.expose();
    [NAME, "rcs:", "shortcode:"].into_iter().find_map(|prefix| sender.strip_prefix(prefix)).unwrap_or(sender)
}

/// What a sender sends: what is neither a number nor a name over text messages is an agent.
pub(super) fn channel(sender: &Address) -> Channel {
    let is_text = sender.is_phone() || sender.is_short_code() || sender.expose().starts_with(NAME);
    if is_text { Channel::Sms } else { Channel::Rcs }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn senders_are_told_apart() {
        let cases = [
            ("+17205550142", Some(("+17205550142", "+17205550142", Channel::Sms))),
            ("(720) 555-0142", Some(("+17205550142", "+17205550142", Channel::Sms))),
            ("55512", Some(("55512", "55512", Channel::Sms))),
            ("alpha:Acme & Co", Some(("alpha:Acme & Co", "Acme & Co", Channel::Sms))),
            ("AcmeTravel", Some(("AcmeTravel", "AcmeTravel", Channel::Rcs))),
            ("rcs:AcmeTravel", Some(("AcmeTravel", "AcmeTravel", Channel::Rcs))),
            ("alpha:AcmeTravels1", None),
            ("alpha:12345", None),
            ("alpha:Acme!", None),
            ("alpha:", None),
        ];
        for (raw, expect) in cases {
            let got = read(raw, "US").ok();
            let got = got.as_ref().map(|own| (own.expose(), on_the_wire(own), channel(own)));
            assert_eq!(got, expect, "{raw}");
        }
    }
}
