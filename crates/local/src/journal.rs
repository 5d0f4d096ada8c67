//! Journal entries as they are stored: head as text, body compressed if that helps.

use std::cell::RefCell;

use bytes::Bytes;
use lz4_flex::block::{CompressTable, compress_into_with_table, get_maximum_output_size};
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
        let packed = compress(&entry.body).filter(|packed| packed.len() < entry.body.len());
        let unpacked = packed.is_some().then_some(entry.body.len());
        if let Some(packed) = packed {
            entry.body = packed;
        }
        Self { entry, reasons, unpacked }
    }
}

/// LZ4 with a table that each thread keeps: making and clearing one anew for every request
/// costs more than the compression itself. `None` if it cannot be done.
fn compress(body: &[u8]) -> Option<Bytes> {
    thread_local! {
        static TABLE: RefCell<CompressTable> = RefCell::new(CompressTable::small());
    }
    // A large table would have to be cleared for every small request after it.
    if body.len() >= usize::from(u16::MAX) {
        return Some(lz4_flex::block::compress(body).into());
    }
    let mut packed = vec![0; get_maximum_output_size(body.len())];
    let length = TABLE.with_borrow_mut(|table| compress_into_with_table(body, &mut packed, table)).ok()?;
    packed.truncate(length);
    Some(packed.into())
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
        let text = |times| b"{\"a\":1}".repeat(times);
        let cases = [
            ("empty", vec![]),
            ("text", text(100)),
            ("noise", noise),
            ("beyond the kept table", text(20_000)),
            ("text after it", text(101)),
        ];
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
