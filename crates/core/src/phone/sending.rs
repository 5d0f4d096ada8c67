//! Which numbers are never written to, whoever asks.

use serde::Serialize;

use super::{AddressKind, NumberType, Parsed, number_type};
use crate::address::Address;

/// Satellite networks and numbers of no country: a minute of them costs what a month of
/// others does, which is what pumping fraud lives on.
const SATELLITE: [&str; 4] = ["+881", "+882", "+883", "+870"];

/// Emergency numbers. `112` and `911` reach help in nearly every mobile network, so they
/// are refused everywhere; the rest only in their own region.
const EMERGENCY_EVERYWHERE: [&str; 2] = ["112", "911"];
const EMERGENCY: &[(&str, &[&str])] = &[
    ("AE", &["997", "998", "999"]),
    ("AR", &["100", "101", "107"]),
    ("AT", &["122", "133", "144"]),
    ("AU", &["000", "106"]),
    ("BE", &["100", "101"]),
    ("BR", &["190", "192", "193"]),
    ("CH", &["117", "118", "144"]),
    ("CL", &["131", "132", "133"]),
    ("CN", &["110", "119", "120"]),
    ("DE", &["110"]),
    ("ES", &["061", "080", "091"]),
    ("FR", &["114"]),
    ("GB", &["999"]),
    ("HK", &["999"]),
    ("ID", &["110", "118", "119"]),
    ("IE", &["999"]),
    ("IL", &["100", "101", "102"]),
    ("IN", &["100", "101", "102", "108"]),
    ("IT", &["113", "115", "118"]),
    ("JP", &["110", "118", "119"]),
    ("KE", &["999"]),
    ("KR", &["119"]),
    ("MY", &["999"]),
    ("NG", &["199"]),
    ("NO", &["110", "113"]),
    ("NZ", &["111"]),
    ("PL", &["997", "998", "999"]),
    ("RU", &["101", "102", "103"]),
    ("SA", &["997", "998", "999"]),
    ("SG", &["995", "999"]),
    ("TH", &["191", "199"]),
    ("TR", &["110", "155"]),
    ("TW", &["110", "119"]),
    ("UA", &["101", "102", "103"]),
    ("US", &["988"]),
    ("CA", &["988"]),
    ("ZA", &["10111", "10177"]),
];

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

/// Whether a short code reaches the emergency services of `region` (ISO 3166 alpha-2).
pub fn is_emergency(address: &Address, region: &str) -> bool {
    let code = address.expose();
    let local = EMERGENCY.iter().find(|(country, _)| country.eq_ignore_ascii_case(region));
    EMERGENCY_EVERYWHERE.contains(&code) || local.is_some_and(|(_, codes)| codes.contains(&code))
}

/// Whether it is a toll-free number. In North America its network handles STOP by itself
/// and wants the sender verified; told by the area code there, because not every toll-free
/// number is assigned in the plan yet.
pub fn is_toll_free(address: &Address) -> bool {
    const AREAS: [&str; 7] = ["800", "833", "844", "855", "866", "877", "888"];
    match address.expose().strip_prefix("+1") {
        Some(national) => national.len() == 10 && AREAS.iter().any(|area| national.starts_with(area)),
        None => number_type(address) == NumberType::TollFree,
    }
}
