//! Which MIME messages are read at all.
//!
//! Anybody can send us one, and its reader takes memory for every header and every part, stack
//! for every message within a message, and a look at all that follows for every multipart. So
//! what would cost far more than its own size is not read; one pass over the bytes tells.

/// Most lines that may be headers or delimiters.
const MOST_MARKED_LINES: usize = 200_000;
/// Most headers that say what a part is: each may begin a message within the one before.
const MOST_TYPES: usize = 1_000;
/// Most headers that say how a part is shown.
const MOST_DISPOSITIONS: usize = 1_000;
/// Longest of either, with its parameters.
const LONGEST_HEADER: usize = 4_096;
/// Most bytes that may be looked at to find the delimiters of all multiparts.
const MOST_STEPS: usize = 1 << 29;

/// Whether `raw` can be read in time and memory that fit its size.
pub(super) fn is_readable(raw: &[u8]) -> bool {
    let is_marked = |line: &&[u8]| line.contains(&b':') || line.windows(2).any(|two| two == b"--");
    let marked = raw.split(|b| *b == b'\n').filter(is_marked).take(MOST_MARKED_LINES + 1).count();
    if marked > MOST_MARKED_LINES {
        return false;
    }
    let (Some(types), Some(_)) =
        (values(raw, b"content-type:", MOST_TYPES), values(raw, b"content-disposition:", MOST_DISPOSITIONS))
    else {
        return false;
    };
    let is_multipart = |value: &&&[u8]| value.to_ascii_lowercase().windows(8).any(|word| word == b"boundary");
    types.iter().filter(is_multipart).count().saturating_mul(raw.len()) <= MOST_STEPS
}

/// The values of what may be a header of that name, wherever it stands; `None` if one is too
/// long, or there are too many. The reader takes a name in any case, with blanks in it, and
/// begins in the middle of a line if a delimiter ends there.
fn values<'a>(raw: &'a [u8], name: &[u8], most: usize) -> Option<Vec<&'a [u8]>> {
    let mut values = Vec::new();
    let mut matched = 0;
    for (at, byte) in raw.iter().enumerate() {
        matched = match byte.to_ascii_lowercase() {
            b'\n' => 0,
            blank if blank.is_ascii_whitespace() => matched,
            same if name.get(matched) == Some(&same) => matched + 1,
            // No name holds its first letter twice.
            first if name.first() == Some(&first) => 1,
            _ => 0,
        };
        if matched == name.len() {
            matched = 0;
            values.push(value(&raw[at + 1..])?);
            if values.len() > most {
                return None;
            }
        }
    }
    Some(values)
}

/// Up to the first line that is not continued; `None` if that is too far.
fn value(rest: &[u8]) -> Option<&[u8]> {
    let near = &rest[..rest.len().min(LONGEST_HEADER)];
    let is_end = |at: &usize| near[*at] == b'\n' && !matches!(rest.get(at + 1), Some(b' ' | b'\t'));
    match (0..near.len()).find(is_end) {
        Some(end) => Some(&near[..end]),
        None if near.len() == rest.len() => Some(near),
        None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_costs_more_than_its_size_is_not_read() {
        let multipart = |n: usize| "--b\nContent-Type: multipart/mixed; boundary=nowhere\n\n".repeat(n);
        let long = |n: usize| format!("Content-Type: text/plain{}\n\nhi", ";a*1=b".repeat(n));
        #[rustfmt::skip]
        let cases = [
            ("nothing", String::new(), true),
            ("a mail", "From: a@b\nContent-Type: text/plain;\n charset=utf-8\n\nhi".into(), true),
            ("a thousand parts", "--b\nContent-Type: text/plain\n\nhi\n".repeat(1_000), true),
            ("more", "--b\nContent-Type: text/plain\n\nhi\n".repeat(1_001), false),
            ("names in any case with blanks", "--b\nCONTENT - t y p e : text/plain\n\n".repeat(1_001), false),
            ("names behind a delimiter", "a: b--bContent-Type: text/plain\n\n".repeat(1_001), false),
            ("names behind half a name", "contentcontent-disposition: inline\n\n".repeat(1_001), false),
            ("messages in messages", "Content-Type: message/rfc822\n\n".repeat(1_001), false),
            ("empty parts", "--b\n\n".repeat(200_001), false),
            ("headers", "X:\n".repeat(200_001), false),
            ("parameters", long(600), true),
            ("many parameters", long(700), false),
            ("parameters on lines of their own", format!("Content-Type: a/b{}\n\n", ";\n\ta=b".repeat(700)), false),
            ("a long header at the end", format!("Content-Disposition: {}", "a".repeat(5_000)), false),
            ("multiparts", multipart(100), true),
            ("multiparts in a large mail", [multipart(500), "a".repeat(3 << 20)].concat(), false),
            ("one multipart in a large mail", [multipart(1), "a".repeat(20 << 20)].concat(), true),
        ];
        for (name, raw, expect) in cases {
            assert_eq!(is_readable(raw.as_bytes()), expect, "{name}");
        }
    }
}
