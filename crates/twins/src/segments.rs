//! How many segments the carriers of text messages count in a text.

/// The characters of GSM 03.38's basic table beyond ASCII letters, digits and the ASCII
/// signs named in [`is_basic`].
const BASIC: &str = "@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ¤¡ÄÖÑÜ§¿äöñüà\n\r";
/// The signs that take two places.
const EXTENDED: &str = "\u{c}^{}\\[~]|€";

fn is_basic(c: char) -> bool {
    c.is_ascii_alphanumeric() || " !\"#%&'()*+,-./:;<=>?".contains(c) || BASIC.contains(c)
}

/// At least 1; 160/153 places in GSM-7, 70/67 UTF-16 units otherwise.
pub(crate) fn count(text: &str) -> usize {
    let mut places = 0;
    for c in text.chars() {
        places += match c {
            _ if is_basic(c) => 1,
            _ if EXTENDED.contains(c) => 2,
            _ => return parts(text.encode_utf16().count(), 70, 67),
        };
    }
    parts(places, 160, 153)
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
}
