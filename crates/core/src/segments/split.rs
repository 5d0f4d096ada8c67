//! Splitting a text that is too long for one message.

use unicode_segmentation::UnicodeSegmentation;

/// How far beyond the limit we look to see whether a grapheme goes on: longer than any
/// emoji or letter with marks that a person writes.
const LOOK_AHEAD: usize = 64;

/// Splits `text` into parts of at most `limit` characters, without cutting a grapheme (an
/// emoji of several characters, a letter with its marks). Parts end where a line ends, else
/// a sentence, else a word, if there is such a place in their second half. Blanks at the
/// places of splitting are dropped; nothing else is. A grapheme longer than `limit` is cut,
/// because nothing else is left to do.
pub fn split(text: &str, limit: usize) -> Vec<String> {
    let limit = limit.max(1);
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(end) = byte_at(rest, limit) {
        let (part, tail) = rest.split_at(best_break(rest, end, limit));
        push_trimmed(&mut parts, part);
        rest = tail.trim_start();
    }
    if parts.is_empty() {
        parts.push(rest.to_owned());
    } else {
        push_trimmed(&mut parts, rest);
    }
    parts
}

fn push_trimmed(parts: &mut Vec<String>, part: &str) {
    let part = part.trim_end();
    if !part.is_empty() {
        parts.push(part.to_owned());
    }
}

/// The byte at which character number `limit` begins; `None` if there are no more than
/// `limit` characters.
fn byte_at(text: &str, limit: usize) -> Option<usize> {
    text.char_indices().nth(limit).map(|(at, _)| at)
}

/// Where to break a text whose first `limit` characters end at byte `end`.
fn best_break(text: &str, end: usize, limit: usize) -> usize {
    let seen = byte_at(text, limit + LOOK_AHEAD).map_or(text, |at| &text[..at]);
    let whole = seen
        .grapheme_indices(true)
        .map(|(at, grapheme)| at + grapheme.len())
        .take_while(|at| *at <= end)
        .last();
    let Some(end) = whole else { return end };
    let window = &text[..end];
    let half = end / 2;
    let sentence = |c: char| matches!(c, '.' | '!' | '?' | '。' | '！' | '？' | '…');
    last_after(window, half, |c, _| c == '\n')
        .or_else(|| last_after(window, half, |c, before| c.is_whitespace() && before.is_some_and(sentence)))
        .or_else(|| after_word(text, end, half))
        .unwrap_or(end)
}

/// The end of the last character in `window` that `wanted` names (given the one before it),
/// if it lies behind `half`.
fn last_after(window: &str, half: usize, wanted: impl Fn(char, Option<char>) -> bool) -> Option<usize> {
    let mut following = window.char_indices().rev().peekable();
    while let Some((at, c)) = following.next() {
        if at < half {
            return None;
        }
        if wanted(c, following.peek().map(|(_, before)| *before)) {
            return Some(at + c.len_utf8());
        }
    }
    None
}

/// The end of the last whole word: `end` itself if a blank follows there.
fn after_word(text: &str, end: usize, half: usize) -> Option<usize> {
    if text[end..].starts_with(char::is_whitespace) {
        return Some(end);
    }
    last_after(&text[..end], half, |c, _| c.is_whitespace())
}
