//! Which numbers are never written to, whoever asks.

use serde::Serialize;

use super::{AddressKind, NumberType, Parsed, is_emergency};
use crate::address::Address;

/// Satellite networks and numbers of no country: a minute of them costs what a month of
/// others does, which is what pumping fraud lives on.
const SATELLITE: [&str; 4] = ["+881", "+882", "+883", "+870"];

/// Why a recipient is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SendingRefusal {
    /// Nothing that could be an address, or the network withheld it.
    NoAddress,
    /// It exists in no numbering plan. An operator may override this one.
    InvalidNumber,
    /// A name cannot be answered.
    Unanswerable,
    /// It reaches the police or an ambulance.
    Emergency,
    /// The recipient would pay for being called.
    PremiumRate,
    /// A satellite network.
    Satellite,
}

impl SendingRefusal {
    /// In a few words, after "we cannot send to it:".
    pub const fn reason(self) -> &'static str {
        match self {
            Self::NoAddress => "it is not an address",
            Self::InvalidNumber => "no numbering plan has this number",
            Self::Unanswerable => "it is a name, and names cannot be answered",
            Self::Emergency => "it is an emergency number",
            Self::PremiumRate => "the recipient would pay for it",
            Self::Satellite => "it is a satellite network",
        }
    }
}

/// Why nothing may be sent to `recipient`, seen from `region`; `None` if it may.
pub fn sending_refusal(recipient: &Parsed, region: &str) -> Option<SendingRefusal> {
    let address = match (&recipient.address, recipient.kind) {
        (_, AddressKind::Alpha) => return Some(SendingRefusal::Unanswerable),
        (None, _) | (_, AddressKind::Invalid | AddressKind::Anonymous) => {
            return Some(SendingRefusal::NoAddress);
        }
        (Some(address), _) => address,
    };
    match recipient.kind {
        AddressKind::ShortCode => is_emergency(address, region).then_some(SendingRefusal::Emergency),
        AddressKind::Phone if SATELLITE.iter().any(|prefix| address.expose().starts_with(prefix)) => {
            Some(SendingRefusal::Satellite)
        }
        AddressKind::Phone if recipient.number_type == Some(NumberType::PremiumRate) => {
            Some(SendingRefusal::PremiumRate)
        }
        AddressKind::Phone if !recipient.valid => Some(SendingRefusal::InvalidNumber),
        _ => None,
    }
}

/// Whether it is a toll-free number of North America, whose network handles STOP by itself
/// and wants the sender verified. Told by the area code: not every toll-free number is
/// assigned in the plan yet. Elsewhere a toll-free number is like any other.
pub fn is_toll_free(address: &Address) -> bool {
    const AREAS: [&str; 7] = ["800", "833", "844", "855", "866", "877", "888"];
    let national = address.expose().strip_prefix("+1").filter(|national| national.len() == 10);
    national.is_some_and(|national| AREAS.iter().any(|area| national.starts_with(area)))
}
