//! How many segments the carriers of text messages count in a text.

/// The characters of GSM 03.38's basic table beyond ASCII letters, digits and the ASCII
/// signs named in [`is_basic`].
const BASIC: &str = "@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ¤¡ÄÖÑÜ§¿äöñüà\n\r";
/// The signs that take two places.
const EXTENDED: &str = "\u{c}^{}\\[~]|€";

fn is_basic(c: char) -> bool {
    c.is_ascii_alphanumeric() || " !\"#%&'()*+,-./:;<=>?".contains(c) || BASIC.contains(c)
}

/// The alphabet that carries a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    Gsm7,
    Ucs2,
}

/// The length of a text in places of its alphabet, and in segments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Length {
    pub(crate) encoding: Encoding,
    pub(crate) places: usize,
    pub(crate) segments: usize,
}

/// Measures a text; even an empty one is a segment. 160/153 places in GSM-7, 70/67 UTF-16
/// units otherwise.
pub(crate) fn measure(text: &str) -> Length {
    let mut places = 0;
    for c in text.chars() {
        places += match c {
            _ if is_basic(c) => 1,
            _ if EXTENDED.contains(c) => 2,
            _ => {
                let units = text.encode_utf16().count();
                return Length { encoding: Encoding::Ucs2, places: units, segments: parts(units, 70, 67) };
            }
        };
    }
    Length { encoding: Encoding::Gsm7, places, segments: parts(places, 160, 153) }
}

/// How many segments a text is; at least 1.
pub(crate) fn count(text: &str) -> usize {
    measure(text).segments
}

fn parts(length: usize, alone: usize, joined: usize) -> usize {
    if length <= alone { 1 } else { length.div_ceil(joined) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts() {
        #[rustfmt::skip]
        let cases = [
            ("nothing",                 String::new(),          1),
            ("160 letters",             "a".repeat(160),        1),
            ("161 letters",             "a".repeat(161),        2),
            ("80 brackets",             "[".repeat(80),         1),
            ("81 brackets",             "[".repeat(81),         2),
            ("70 cyrillic",             "ж".repeat(70),         1),
            ("71 cyrillic",             "ж".repeat(71),         2),
            ("35 emoji are 70 units",   "🎉".repeat(35),        1),
            ("36 emoji",                "🎉".repeat(36),        2),
            ("umlauts are basic",       "ü".repeat(160),        1),
            ("the small cedilla isn't", "ç".repeat(71),         2),
        ];
        for (name, text, expect) in cases {
            assert_eq!(count(&text), expect, "{name}");
        }
    }

    #[test]
    fn measures() {
        use Encoding::{Gsm7, Ucs2};
        #[rustfmt::skip]
        let cases = [
            ("brackets take two", "a[b]".to_owned(), Gsm7, 6,  1),
            ("cyrillic",          "ж".repeat(71),    Ucs2, 71, 2),
            ("emoji take two",    "a🎉".to_owned(),  Ucs2, 3,  1),
        ];
        for (name, text, encoding, places, segments) in cases {
            assert_eq!(measure(&text), Length { encoding, places, segments }, "{name}");
        }
    }
}
