//! Journal entries as they are stored: head as text, body compressed if that helps.

use bytes::Bytes;
use omni_core::store::{JournalEntry, StoreError};
use omni_core::webhook::Outcome;

/// The largest body that is ever unpacked: far beyond what a webhook may be.
const MOST_UNPACKED: usize = 256 << 20;

/// An entry whose body is ready to be written.
#[derive(Debug)]
pub(crate) struct Packed {
    /// Everything else.
    pub(crate) entry: JournalEntry,
    /// `reasons` as JSON.
    pub(crate) reasons: String,
    /// The length of the body before compression; `None` if it is stored as it is.
    pub(crate) unpacked: Option<usize>,
}

impl Packed {
    /// Compresses the body, unless it would not get smaller.
    pub(crate) fn new(mut entry: JournalEntry) -> Self {
        let reasons = if entry.reasons.is_empty() {
            String::from("[]")
        } else {
            serde_json::to_string(&entry.reasons).expect("strings serialise")
        };
        let packed = lz4_flex::block::compress(&entry.body);
        let unpacked = (packed.len() < entry.body.len()).then_some(entry.body.len());
        if unpacked.is_some() {
            entry.body = Bytes::from(packed);
        }
        Self { entry, reasons, unpacked }
    }
}

/// The body as it came in.
pub(crate) fn unpack(stored: &[u8], unpacked: Option<usize>) -> Result<Bytes, StoreError> {
    let Some(length) = unpacked else { return Ok(Bytes::copy_from_slice(stored)) };
    // LZ4 never grows data by more than a factor of 255.
    if length > MOST_UNPACKED || length > stored.len().saturating_mul(255) {
        return Err(StoreError::Corrupt("journal body of an impossible length".to_owned()));
    }
    let body = lz4_flex::block::decompress(stored, length);
    body.map(Bytes::from).map_err(|error| StoreError::Corrupt(error.to_string()))
}

/// The word for an outcome, as in JSON.
pub(crate) const fn outcome_name(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Accept => "accept",
        Outcome::Ignore => "ignore",
        Outcome::Quarantine => "quarantine",
        Outcome::Unroutable => "unroutable",
        Outcome::Reject => "reject",
    }
}

/// The outcome of that name.
pub(crate) fn outcome_named(name: &str) -> Option<Outcome> {
    use Outcome::{Accept, Ignore, Quarantine, Reject, Unroutable};
    [Accept, Ignore, Quarantine, Unroutable, Reject].into_iter().find(|o| outcome_name(*o) == name)
}

/// Whether such a request was set aside, for somebody to look at.
pub(crate) const fn is_set_aside(outcome: Outcome) -> bool {
    matches!(outcome, Outcome::Quarantine | Outcome::Unroutable | Outcome::Reject)
}

#[cfg(test)]
mod tests {
    use omni_core::id::JournalId;
    use omni_core::time::Timestamp;

    use super::*;

    fn entry(body: Bytes) -> JournalEntry {
        JournalEntry {
            id: JournalId::from_bytes([1; 16]),
            tenant: None,
            carrier: "whatsapp".to_owned(),
            connection: None,
            outcome: Outcome::Accept,
            reasons: Vec::new(),
            head: Bytes::from_static(b"{}"),
            body,
            received_at: Timestamp::EPOCH,
        }
    }

    #[test]
    fn a_body_comes_back_as_it_was() {
        let noise: Vec<u8> = (0..400u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        let cases = [("empty", vec![]), ("text", b"{\"a\":1}".repeat(100)), ("noise", noise)];
        for (name, body) in cases {
            let packed = Packed::new(entry(body.clone().into()));
            assert!(packed.entry.body.len() <= body.len(), "{name}");
            assert_eq!(unpack(&packed.entry.body, packed.unpacked).unwrap(), body, "{name}");
        }
    }

    #[test]
    fn a_broken_row_is_corrupt_and_claims_no_memory() {
        for (stored, length) in [(&b"xx"[..], usize::MAX), (b"xx", 1 << 30), (b"", 1), (b"\xff\xff\xff", 9)] {
            assert!(matches!(unpack(stored, Some(length)), Err(StoreError::Corrupt(_))), "{length}");
        }
    }

    #[test]
    fn outcomes_have_their_json_names() {
        for outcome in
            [Outcome::Accept, Outcome::Ignore, Outcome::Quarantine, Outcome::Unroutable, Outcome::Reject]
        {
            assert_eq!(serde_json::to_value(outcome).unwrap(), outcome_name(outcome));
            assert_eq!(outcome_named(outcome_name(outcome)), Some(outcome));
        }
    }
}
