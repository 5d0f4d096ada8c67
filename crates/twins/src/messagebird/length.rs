//! How long a text is on the air.

use serde::Serialize;

/// The characters of GSM 03.38's basic table beyond ASCII letters and digits.
const BASIC: &str = " !\"#%&'()*+,-./:;<=>?@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ¤¡ÄÖÑÜ§¿äöñüà\n\r";
/// The signs that take two places.
const EXTENDED: &str = "\u{c}^{}\\[~]|€";

/// The alphabet that carries a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(super) enum Encoding {
    #[serde(rename = "GSM_7BIT")]
    Gsm7,
    #[serde(rename = "UCS2")]
    Ucs2,
}

/// The length of a text in places of its alphabet, and in parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Length {
    pub(super) encoding: Encoding,
    pub(super) places: usize,
    pub(super) parts: usize,
}

/// Measures a text; even an empty one is a part.
pub(super) fn measure(text: &str) -> Length {
    let mut places = 0;
    for c in text.chars() {
        places += match c {
            _ if c.is_ascii_alphanumeric() || BASIC.contains(c) => 1,
            _ if EXTENDED.contains(c) => 2,
            _ => {
                let units = text.encode_utf16().count();
                return Length { encoding: Encoding::Ucs2, places: units, parts: parts(units, 70, 67) };
            }
        };
    }
    Length { encoding: Encoding::Gsm7, places, parts: parts(places, 160, 153) }
}

fn parts(length: usize, alone: usize, joined: usize) -> usize {
    if length <= alone { 1 } else { length.div_ceil(joined) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths() {
        use Encoding::{Gsm7, Ucs2};
        #[rustfmt::skip]
        let cases = [
            ("nothing",           String::new(),    Gsm7, 0,   1),
            ("160 letters",       "a".repeat(160),  Gsm7, 160, 1),
            ("161 letters",       "a".repeat(161),  Gsm7, 161, 2),
            ("81 brackets",       "[".repeat(81),   Gsm7, 162, 2),
            ("umlauts are basic", "ü".repeat(160),  Gsm7, 160, 1),
            ("71 cyrillic",       "ж".repeat(71),   Ucs2, 71,  2),
            ("35 emoji",          "🎉".repeat(35),  Ucs2, 70,  1),
        ];
        for (name, text, encoding, places, parts) in cases {
            assert_eq!(measure(&text), Length { encoding, places, parts }, "{name}");
        }
    }
}
