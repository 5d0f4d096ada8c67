//! How a text travels as SMS: its alphabet, its segments, and how to split what is too long.
//!
//! After 3GPP TS 23.038 (alphabets) and 23.040 (concatenation). A text goes in GSM-7 if
//! every character is in that alphabet, else in UCS-2 (in fact UTF-16):
//!
//! | alphabet | one segment | each of several | never torn apart |
//! |----------|-------------|------------------|------------------|
//! | GSM-7    | 160 septets | 153 septets      | escape + character (`€`, `{`, …) |
//! | UCS-2    | 70 units    | 67 units         | surrogate pairs (`😀`) |
//!
//! So one typographic apostrophe more than halves what fits: see [`smart_encode`]. The count
//! is an estimate; where a carrier reports its own, that one bills.

mod gsm7;
mod split;

pub use split::split;

use serde::Serialize;
use unicode_normalization::UnicodeNormalization;

/// The alphabet a text travels in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Encoding {
    /// Seven bits a character, Western letters only.
    Gsm7,
    /// Sixteen bits a unit, everything.
    Ucs2,
}

impl Encoding {
    /// Units in a message of one segment, and in each segment of a longer one.
    const fn limits(self) -> (usize, usize) {
        match self {
            Self::Gsm7 => (160, 153),
            Self::Ucs2 => (70, 67),
        }
    }

    /// Units that a character takes; it is in the alphabet.
    fn width(self, c: char) -> usize {
        match self {
            Self::Gsm7 => gsm7::septets(c).unwrap_or(1),
            Self::Ucs2 => c.len_utf16(),
        }
    }
}

/// How a text travels.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Segmentation {
    /// Its alphabet.
    pub encoding: Encoding,
    /// Septets or UTF-16 units, without headers.
    pub units: usize,
    /// Segments, as carriers bill them. An empty text is one.
    pub segments: usize,
    /// The units of each segment.
    pub units_per_segment: Vec<usize>,
    /// Unicode characters.
    pub code_points: usize,
}

/// Counts a text exactly as it is given: give it what will be sent, composed by [`compose`]
/// (a decomposed `é` costs the whole text its GSM-7).
pub fn count(text: &str) -> Segmentation {
    let encoding = encoding(text);
    let widths = || text.chars().map(|c| encoding.width(c));
    let units = widths().sum();
    let (single, multi) = encoding.limits();
    let units_per_segment = if units <= single { vec![units] } else { pack(widths(), multi) };
    Segmentation {
        encoding,
        units,
        segments: units_per_segment.len(),
        units_per_segment,
        code_points: text.chars().count(),
    }
}

/// The alphabet that a text needs.
pub fn encoding(text: &str) -> Encoding {
    if text.chars().all(|c| gsm7::septets(c).is_some()) { Encoding::Gsm7 } else { Encoding::Ucs2 }
}

/// Fills segments one after another; a character that does not fit opens the next one.
fn pack(widths: impl Iterator<Item = usize>, limit: usize) -> Vec<usize> {
    let mut segments = vec![0];
    for width in widths {
        match segments.last_mut() {
            Some(last) if *last + width <= limit => *last += width,
            _ => segments.push(width),
        }
    }
    segments
}

/// The composed form (Unicode NFC), in which every text is counted and sent.
pub fn compose(text: &str) -> String {
    text.nfc().collect()
}

/// Replaces typographic look-alikes (`’ “ – …`, exotic blanks, zero-width marks) if that
/// brings the whole text into GSM-7; else answers it composed and otherwise unchanged,
/// because nothing would be won. For SMS only.
pub fn smart_encode(text: &str) -> String {
    let composed = compose(text);
    let plain: String = composed.chars().flat_map(|c| gsm7::look_alike(c).chars(c)).collect();
    if encoding(&plain) == Encoding::Gsm7 { plain } else { composed }
}

/// Whether a character only steers layout (Unicode general category Cf): nobody sees it, but
/// it makes two equal-looking texts differ.
pub(crate) const fn is_format_char(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}' | '\u{890}'..='\u{891}'
        | '\u{8e2}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{2064}' | '\u{2066}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
        | '\u{110bd}' | '\u{110cd}' | '\u{13430}'..='\u{1343f}' | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0001}' | '\u{e0020}'..='\u{e007f}')
}

#[cfg(test)]
mod tests;
