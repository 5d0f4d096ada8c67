//! `application/x-www-form-urlencoded`, as carriers write it.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode};

/// Decodes a form or query: pairs in order, `+` and `%XX` resolved, bytes that are not
/// UTF-8 replaced.
pub fn decode(raw: &[u8]) -> Vec<(String, String)> {
    raw.split(|b| *b == b'&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = match pair.iter().position(|b| *b == b'=') {
                Some(at) => (&pair[..at], &pair[at + 1..]),
                None => (pair, &[][..]),
            };
            (decode_component(name), decode_component(value))
        })
        .collect()
}

fn decode_component(raw: &[u8]) -> String {
    let spaced: Vec<u8> = raw.iter().map(|b| if *b == b'+' { b' ' } else { *b }).collect();
    percent_decode(&spaced).decode_utf8_lossy().into_owned()
}

/// What a form leaves unescaped: letters, digits, `*`, `-`, `.` and `_`.
const FORM: &AsciiSet = &NON_ALPHANUMERIC.remove(b'*').remove(b'-').remove(b'.').remove(b'_');

/// What a path segment leaves unescaped.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Encodes pairs as a form.
pub fn encode<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let mut text = String::new();
    for (name, value) in pairs {
        if !text.is_empty() {
            text.push('&');
        }
        push(&mut text, name);
        text.push('=');
        push(&mut text, value);
    }
    text
}

fn push(text: &mut String, component: &str) {
    for (at, word) in component.split(' ').enumerate() {
        if at > 0 {
            text.push('+');
        }
        text.extend(percent_encoding::utf8_percent_encode(word, FORM));
    }
}

/// Encodes one path segment.
pub fn segment(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, SEGMENT).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_round_trips() {
        let pairs = [("Body", "Olá +1 & ok=yes"), ("Empty", ""), ("To", "whatsapp:+447700900100")];
        let text = encode(pairs);
        assert_eq!(text, "Body=Ol%C3%A1+%2B1+%26+ok%3Dyes&Empty=&To=whatsapp%3A%2B447700900100");
        let decoded = decode(text.as_bytes());
        assert!(decoded.iter().map(|(a, b)| (a.as_str(), b.as_str())).eq(pairs));
    }

    #[test]
    fn bad_escapes_stay_as_they_are() {
        assert_eq!(
            decode(b"a=%zz&b=%ff&&c"),
            [("a".into(), "%zz".into()), ("b".into(), "\u{fffd}".into()), ("c".into(), String::new())]
        );
    }
}
