//! Texts, file names and reasons from outside, made safe to keep.

use omni_core::event::InboundMessage;
use serde_json::{Value, json};

/// Longest text of a message that an event carries; the whole stays in the journal.
pub const MAX_TEXT: usize = 64 * 1024;

/// A text that fits into an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capped {
    /// The text, or its beginning.
    pub text: String,
    /// How many characters it had, if it was cut.
    pub full_len: Option<usize>,
}

/// Cuts a text to [`MAX_TEXT`] bytes at a character.
pub fn cap(text: String) -> Capped {
    if text.len() <= MAX_TEXT {
        return Capped { text, full_len: None };
    }
    let full_len = Some(text.chars().count());
    let end = (0..=MAX_TEXT).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    Capped { text: text[..end].to_owned(), full_len }
}

impl Capped {
    /// Notes the full length among an event's attributes, if the text was cut.
    pub fn note(&self, attributes: &mut serde_json::Map<String, Value>) {
        if let Some(len) = self.full_len {
            attributes.insert("text_len".into(), json!(len));
        }
    }
}

/// Puts a person's words into a message; what is over [`MAX_TEXT`] is cut, and the message
/// says so.
pub fn put(message: &mut InboundMessage, words: String) {
    let capped = cap(words);
    capped.note(&mut message.attributes);
    message.truncated = capped.full_len.is_some();
    message.text = Some(capped.text);
}

/// The last segment of a file name that may pretend to be a path (of either kind), without
/// control and direction characters, at most 150 characters; `None` if nothing is left.
pub fn base_name(name: &str) -> Option<String> {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let harmless = |c: &char| {
        !c.is_control()
            && !matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let clean: String = last.chars().filter(harmless).take(150).collect();
    let clean = clean.trim();
    (!clean.is_empty() && clean != "." && clean != "..").then(|| clean.to_owned())
}

/// The file name in a URL's path, percent-decoded.
pub fn file_name_of_url(url: &str) -> Option<String> {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let (_, after_scheme) = path.split_once("://")?;
    let (_, last) = after_scheme.rsplit_once('/')?;
    base_name(&percent_encoding::percent_decode_str(last).decode_utf8_lossy())
}

/// Whether a media part is only the layout of a picture message.
pub fn is_smil(url: &str) -> bool {
    let name = file_name_of_url(url).unwrap_or_default().to_ascii_lowercase();
    name.ends_with(".smil") || name.ends_with(".smi") || name == "smil.xml" || name == "smil"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names_lose_their_paths() {
        let cases = [
            ("../../etc/cron.d/x", Some("x")),
            ("..\\..\\evil.exe", Some("evil.exe")),
            ("a\u{0}b\r\n.txt", Some("ab.txt")),
            ("cod\u{202e}fdp.exe", Some("codfdp.exe")),
            ("a/..", None),
            ("", None),
            ("März.pdf", Some("März.pdf")),
        ];
        for (name, expect) in cases {
            assert_eq!(base_name(name).as_deref(), expect, "{name:?}");
        }
    }

    #[test]
    fn urls_name_files() {
        let cases = [
            ("https://h/a/IMG%20%C3%A4.jpg?x=/y", Some("IMG ä.jpg"), false),
            ("https://h/a/0.smil", Some("0.smil"), true),
            ("https://h/a/SMIL.xml", Some("SMIL.xml"), true),
            ("https://h/a/%2e%2e%2fx", Some("x"), false),
            ("https://h", None, false),
            ("x", None, false),
        ];
        for (url, name, smil) in cases {
            assert_eq!((file_name_of_url(url).as_deref(), is_smil(url)), (name, smil), "{url}");
        }
    }

    #[test]
    fn long_texts_are_cut_at_a_character() {
        let capped = cap("é".repeat(MAX_TEXT));
        assert_eq!((capped.text.len(), capped.full_len), (MAX_TEXT, Some(MAX_TEXT)));
        assert_eq!(cap("é".into()).full_len, None);
    }
}
