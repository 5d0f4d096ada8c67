//! `multipart/form-data` (RFC 7578), over a body that is already whole.
//!
//! Strict where strictness protects (CRLF, a closing delimiter, bounded headers) and
//! binary-safe: the bytes of a part may hold line ends and look-alikes of the delimiter.
//! Parts borrow from the body; nothing is copied.

/// Most parts that a body may have.
const MAX_PARTS: usize = 1_000;
/// Longest header block of a part.
const MAX_PART_HEADERS: usize = 16 * 1024;
/// Longest delimiter (RFC 2046 allows 70 characters; some senders do more).
const MAX_BOUNDARY: usize = 200;

/// One field or file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part<'a> {
    /// The field's name.
    pub name: String,
    /// The file name, exactly as claimed: never use it as a path.
    pub filename: Option<String>,
    /// The media type, lower case, without parameters.
    pub media_type: Option<String>,
    /// The content.
    pub data: &'a [u8],
}

/// Why a body cannot be read: a stable word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadMultipart(pub &'static str);

/// Reads a body by the boundary that its `Content-Type` names.
pub fn parse<'a>(content_type: &str, body: &'a [u8]) -> Result<Vec<Part<'a>>, BadMultipart> {
    let boundary = boundary(content_type).ok_or(BadMultipart("multipart_without_boundary"))?;
    let delimiter = format!("--{boundary}").into_bytes();
    let mut parts = Vec::new();
    let mut open = None;
    for mark in Delimiters::new(body, &delimiter) {
        if let Some(start) = open {
            // Two delimiter lines in a row share a line end: nothing is between them.
            parts.push(part(body.get(start..mark.before).unwrap_or_default())?);
        }
        if mark.is_last {
            return Ok(parts);
        }
        if parts.len() >= MAX_PARTS {
            return Err(BadMultipart("multipart_too_many_parts"));
        }
        open = Some(mark.after);
    }
    Err(BadMultipart("multipart_not_closed"))
}

/// The boundary parameter, plain or quoted.
fn boundary(content_type: &str) -> Option<String> {
    let (media_type, parameters) = content_type.split_once(';')?;
    if !media_type.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let boundary = parameter(parameters, "boundary")?;
    let allowed = |b: u8| b.is_ascii_graphic() || b == b' ';
    let fits = (1..=MAX_BOUNDARY).contains(&boundary.len()) && !boundary.ends_with(' ');
    (fits && boundary.bytes().all(allowed)).then_some(boundary)
}

/// The value of a parameter in `a=b; c="d"`, quotes and their escapes resolved.
fn parameter(parameters: &str, wanted: &str) -> Option<String> {
    let mut rest = parameters;
    loop {
        rest = rest.trim_start_matches([';', ' ', '\t', '\r', '\n']);
        let (name, after) = rest.split_once('=')?;
        let (value, after) = match after.strip_prefix('"') {
            Some(quoted) => quoted_value(quoted),
            None => {
                let end = after.find(';').unwrap_or(after.len());
                (after[..end].trim().to_owned(), &after[end..])
            }
        };
        if name.trim().eq_ignore_ascii_case(wanted) {
            return Some(value);
        }
        rest = after;
    }
}

/// The text up to the closing quote, and what follows it. Browsers escape a quote as `%22`
/// or `\"`, and write the backslashes of file names plainly: only `\"` is an escape.
fn quoted_value(text: &str) -> (String, &str) {
    let mut value = String::new();
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return (value, &text[at + 1..]),
            '\\' if chars.peek().is_some_and(|(_, next)| *next == '"') => {
                value.push('"');
                chars.next();
            }
            _ => value.push(c),
        }
    }
    (value, "")
}

/// A delimiter line in the body.
struct Mark {
    /// Where the content before it ends.
    before: usize,
    /// Where the part after it begins.
    after: usize,
    is_last: bool,
}

/// Finds delimiters: at the start of the body or after CRLF, followed by blanks and CRLF, or
/// by `--`. Every byte is looked at once, apart from comparing a delimiter.
struct Delimiters<'a> {
    body: &'a [u8],
    delimiter: &'a [u8],
    at: usize,
}

impl<'a> Delimiters<'a> {
    const fn new(body: &'a [u8], delimiter: &'a [u8]) -> Self {
        Self { body, delimiter, at: 0 }
    }

    /// The delimiter whose dashes begin at `start`, if there is one.
    fn mark_at(&self, start: usize) -> Option<Mark> {
        let rest = self.body.get(start..)?.strip_prefix(self.delimiter)?;
        let before = start.saturating_sub(2);
        if rest.starts_with(b"--") {
            return Some(Mark { before, after: start, is_last: true });
        }
        let blanks = rest.iter().take(64).take_while(|b| matches!(b, b' ' | b'\t')).count();
        let line_end = rest.get(blanks..)?.starts_with(b"\r\n");
        line_end.then(|| Mark { before, after: start + self.delimiter.len() + blanks + 2, is_last: false })
    }
}

impl Iterator for Delimiters<'_> {
    type Item = Mark;

    fn next(&mut self) -> Option<Mark> {
        while self.at < self.body.len() {
            let start = match self.at {
                0 if self.body.starts_with(b"--") => 0,
                at => at + self.body[at..].windows(2).position(|pair| pair == b"\r\n")? + 2,
            };
            // The CRLF before the next delimiter may be the one that ends this line.
            self.at = start.max(1);
            if let Some(mark) = self.mark_at(start) {
                self.at = if mark.is_last { self.body.len() } else { mark.after - 2 };
                return Some(mark);
            }
        }
        None
    }
}

fn part(bytes: &[u8]) -> Result<Part<'_>, BadMultipart> {
    let (head, data) = match bytes.strip_prefix(b"\r\n") {
        Some(data) => (&b""[..], data),
        None => {
            let end = bytes.windows(4).take(MAX_PART_HEADERS).position(|four| four == b"\r\n\r\n");
            let end = end.ok_or(BadMultipart("multipart_part_without_headers"))?;
            (&bytes[..end], &bytes[end + 4..])
        }
    };
    let head = String::from_utf8_lossy(head).replace("\r\n ", " ").replace("\r\n\t", " ");
    let header = |wanted: &str| {
        head.split("\r\n").find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.trim().eq_ignore_ascii_case(wanted).then(|| value.trim().to_owned())
        })
    };
    let disposition = header("content-disposition").unwrap_or_default();
    let parameters = disposition.split_once(';').map(|(_, parameters)| parameters).unwrap_or_default();
    let name = parameter(parameters, "name").ok_or(BadMultipart("multipart_part_without_name"))?;
    let media_type = header("content-type")
        .map(|value| value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase());
    Ok(Part { name, filename: filename(parameters), media_type, data })
}

/// `filename*=UTF-8''…` (RFC 5987) before `filename="…"`.
fn filename(parameters: &str) -> Option<String> {
    let extended = parameter(parameters, "filename*").and_then(|value| {
        let (charset, rest) = value.split_once('\'')?;
        let (_, encoded) = rest.split_once('\'')?;
        let decoded = percent_encoding::percent_decode_str(encoded);
        charset.eq_ignore_ascii_case("utf-8").then(|| decoded.decode_utf8_lossy().into_owned())
    });
    extended.or_else(|| parameter(parameters, "filename"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(content_type: &str, body: &[u8]) -> Result<Vec<(String, Vec<u8>)>, &'static str> {
        let parts = parse(content_type, body).map_err(|bad| bad.0)?;
        Ok(parts.into_iter().map(|part| (part.name, part.data.to_vec())).collect())
    }

    const TYPE: &str = "multipart/form-data; boundary=xYz";

    #[test]
    fn parts_come_out_byte_by_byte() {
        let body = b"preamble\r\n--xYz\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n2\r\n--xYzz\r\n--xY\x00\xff\r\n--xYz  \r\nContent-Disposition: form-data; name=b; filename=\"..\\x.bin\"\r\nContent-Type: Image/PNG; x=y\r\n\r\n\r\n--xYz\r\ncontent-disposition: form-data;\r\n name=c\r\n\r\n\r\n--xYz--\r\nepilogue";
        let got = fields(TYPE, body).unwrap();
        let expect: [(&str, &[u8]); 3] = [("a", b"1\r\n2\r\n--xYzz\r\n--xY\x00\xff"), ("b", b""), ("c", b"")];
        assert!(got.iter().map(|(n, d)| (n.as_str(), d.as_slice())).eq(expect), "{got:?}");
        let parts = parse(TYPE, body).unwrap();
        assert_eq!(parts[1].filename.as_deref(), Some("..\\x.bin"));
        assert_eq!(parts[1].media_type.as_deref(), Some("image/png"));
    }

    #[test]
    fn what_is_broken_is_refused_with_a_word() {
        let good_head = "--xYz\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1";
        let cases = [
            (TYPE, String::new(), "multipart_not_closed"),
            (TYPE, good_head.into(), "multipart_not_closed"),
            (TYPE, format!("{good_head}\r\n--xYz"), "multipart_not_closed"),
            (TYPE, "--xYz\r\nno headers\r\n--xYz--".into(), "multipart_part_without_headers"),
            (TYPE, "--xYz\r\nA: b\r\n\r\n1\r\n--xYz--".into(), "multipart_part_without_name"),
            ("multipart/form-data", String::new(), "multipart_without_boundary"),
            ("multipart/form-data; boundary=", String::new(), "multipart_without_boundary"),
            ("multipart/mixed; boundary=xYz", String::new(), "multipart_without_boundary"),
            (TYPE, "--xYz\r\n".repeat(1_100) + "--xYz--", "multipart_part_without_headers"),
        ];
        for (content_type, body, word) in cases {
            assert_eq!(fields(content_type, body.as_bytes()), Err(word), "{content_type} {body:.60}");
        }
        let many = "--xYz\r\nContent-Disposition: form-data; name=a\r\n\r\n\r\n".repeat(1_002) + "--xYz--";
        assert_eq!(fields(TYPE, many.as_bytes()), Err("multipart_too_many_parts"));
    }

    #[test]
    fn boundaries_may_be_quoted_and_names_escaped() {
        let body = b"--a b\r\nContent-Disposition: form-data; filename=\"f\\\"g\"; name=\"x;y=z\"\r\n\r\n1\r\n--a b--";
        let parts = parse("Multipart/Form-Data; charset=utf-8; Boundary=\"a b\"", body).unwrap();
        assert_eq!((parts[0].name.as_str(), parts[0].filename.as_deref()), ("x;y=z", Some("f\"g")));
        let body = b"--b\r\nContent-Disposition: form-data; name=n; filename=\"a\"; filename*=UTF-8''M%C3%A4rz\r\n\r\n1\r\n--b--";
        assert_eq!(
            parse("multipart/form-data; boundary=b", body).unwrap()[0].filename.as_deref(),
            Some("März")
        );
    }

    #[test]
    fn an_empty_form_is_empty() {
        assert_eq!(fields(TYPE, b"--xYz--\r\n"), Ok(vec![]));
    }
}
