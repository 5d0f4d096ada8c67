//! The words of an HTML message, for people and machines that read text.
//!
//! Not a browser: tags are dropped, a few of them break lines, scripts and styles vanish.
//! One pass over the text.

/// The text of `html`: entities resolved, blanks collapsed, at most one empty line in a row.
pub fn to_text(html: &str) -> String {
    let mut writer = Writer::default();
    let mut rest = html;
    while let Some(at) = rest.find(['<', '&']) {
        writer.words(&rest[..at]);
        rest = &rest[at..];
        rest = if rest.starts_with('&') { entity(rest, &mut writer) } else { tag(rest, &mut writer) };
    }
    writer.words(rest);
    writer.text.trim().to_owned()
}

/// Elements whose content nobody reads.
const HIDDEN: [&str; 5] = ["script", "style", "head", "title", "template"];
/// Elements that stand on lines of their own.
const BLOCKS: [&str; 24] = [
    "address",
    "article",
    "blockquote",
    "dd",
    "div",
    "dl",
    "dt",
    "fieldset",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "li",
    "ol",
    "pre",
    "section",
    "table",
    "tr",
    "ul",
];

#[derive(Default)]
struct Writer {
    text: String,
    /// Line breaks to write before the next word.
    breaks: usize,
    /// A blank to write before the next word.
    blank: bool,
}

impl Writer {
    fn words(&mut self, text: &str) {
        for c in text.chars() {
            self.push(c);
        }
    }

    fn push(&mut self, c: char) {
        if c.is_whitespace() && c != '\u{a0}' {
            self.blank = true;
            return;
        }
        if self.breaks > 0 && !self.text.is_empty() {
            self.text.push_str(if self.breaks > 1 { "\n\n" } else { "\n" });
        } else if self.blank && !self.text.is_empty() {
            self.text.push(' ');
        }
        (self.breaks, self.blank) = (0, false);
        self.text.push(if c == '\u{a0}' { ' ' } else { c });
    }

    fn at_least_breaks(&mut self, breaks: usize) {
        self.breaks = self.breaks.max(breaks);
    }
}

/// Reads a tag or comment at the start of `text`; answers what follows.
fn tag<'a>(text: &'a str, writer: &mut Writer) -> &'a str {
    if let Some(comment) = text.strip_prefix("<!--") {
        return comment.split_once("-->").map_or("", |(_, rest)| rest);
    }
    let inside = &text[1..];
    let closing = inside.starts_with('/');
    let name_and_more = inside.trim_start_matches('/');
    if !name_and_more.starts_with(|c: char| c.is_ascii_alphabetic() || c == '!' || c == '?') {
        writer.push('<');
        return inside;
    }
    let end_of_name = name_and_more.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(name_and_more.len());
    let name = name_and_more[..end_of_name].to_ascii_lowercase();
    let after = end_of_tag(&name_and_more[end_of_name..]);
    match name.as_str() {
        "br" => writer.breaks += 1,
        "p" => writer.at_least_breaks(2),
        "hr" => writer.at_least_breaks(1),
        "td" | "th" => writer.blank = true,
        "li" if !closing => {
            writer.at_least_breaks(1);
            writer.words("- ");
        }
        name if BLOCKS.contains(&name) => writer.at_least_breaks(1),
        name if HIDDEN.contains(&name) && !closing => return after_element(after, name),
        _ => {}
    }
    after
}

/// What follows the `>` of a tag; quoted attributes may hold one.
fn end_of_tag(text: &str) -> &str {
    let mut quote = None;
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (None, '>') => return &text[at + 1..],
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), c) if open == c => quote = None,
            _ => {}
        }
    }
    ""
}

/// What follows `</name>`; nothing if the element is never closed.
fn after_element<'a>(text: &'a str, name: &str) -> &'a str {
    let mut rest = text;
    while let Some(at) = rest.find("</") {
        rest = &rest[at + 2..];
        if rest.get(..name.len()).is_some_and(|head| head.eq_ignore_ascii_case(name)) {
            return end_of_tag(&rest[name.len()..]);
        }
    }
    ""
}

/// Reads a character reference at the start of `text`; answers what follows.
fn entity<'a>(text: &'a str, writer: &mut Writer) -> &'a str {
    let inside = &text[1..];
    let end = inside.bytes().take(12).position(|b| b == b';');
    let resolved = end.and_then(|end| Some((resolve(&inside[..end])?, &inside[end + 1..])));
    match resolved {
        Some((c, rest)) => {
            writer.push(c);
            rest
        }
        None => {
            writer.push('&');
            inside
        }
    }
}

fn resolve(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok()?,
            None => number.parse().ok()?,
        };
        return char::from_u32(code).filter(|c| !c.is_control() || c.is_whitespace());
    }
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => '\u{a0}',
        "euro" => '€',
        "pound" => '£',
        "yen" => '¥',
        "cent" => '¢',
        "sect" => '§',
        "deg" => '°',
        "copy" => '©',
        "reg" => '®',
        "trade" => '™',
        "hellip" => '…',
        "ndash" => '–',
        "mdash" => '—',
        "lsquo" => '‘',
        "rsquo" => '’',
        "sbquo" => '‚',
        "ldquo" => '“',
        "rdquo" => '”',
        "bdquo" => '„',
        "laquo" => '«',
        "raquo" => '»',
        "bull" => '•',
        "middot" => '·',
        "times" => '×',
        "auml" => 'ä',
        "ouml" => 'ö',
        "uuml" => 'ü',
        "Auml" => 'Ä',
        "Ouml" => 'Ö',
        "Uuml" => 'Ü',
        "szlig" => 'ß',
        "agrave" => 'à',
        "aacute" => 'á',
        "acirc" => 'â',
        "atilde" => 'ã',
        "aring" => 'å',
        "aelig" => 'æ',
        "ccedil" => 'ç',
        "egrave" => 'è',
        "eacute" => 'é',
        "ecirc" => 'ê',
        "euml" => 'ë',
        "iacute" => 'í',
        "icirc" => 'î',
        "iuml" => 'ï',
        "ntilde" => 'ñ',
        "oacute" => 'ó',
        "ocirc" => 'ô',
        "otilde" => 'õ',
        "oslash" => 'ø',
        "ugrave" => 'ù',
        "uacute" => 'ú',
        "ucirc" => 'û',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn html_reads_as_text() {
        let cases = [
            ("<style>p{}</style><p>Hi<br>there &amp; more</p><script>x()</script>", "Hi\nthere & more"),
            ("<p>One</p>\n<p>Two</p>", "One\n\nTwo"),
            ("<div>a</div><div>b<br><br><br>c</div>", "a\nb\n\nc"),
            ("a   b\n c<b>d</b>", "a b cd"),
            ("<ul><li>x</li><li>y</li></ul>", "- x\n- y"),
            ("1 < 2 &lt; 3 & 4 &unknown; &#x41;&#66;&#xd800;", "1 < 2 < 3 & 4 &unknown; AB&#xd800;"),
            ("<a href=\"x>y\">link</a><!-- <p>no</p> -->!", "link!"),
            ("a&nbsp;b", "a b"),
            ("<SCRIPT>if (a</b) {}</SCRIPT >ok", "ok"),
            ("<script>never closed", ""),
            ("<p", ""),
            ("tail <", "tail <"),
            ("&", "&"),
            ("", ""),
        ];
        for (html, expect) in cases {
            assert_eq!(to_text(html), expect, "{html}");
        }
    }

    #[test]
    fn hostile_html_ends() {
        for html in
            ["<".repeat(200_000), "&".repeat(200_000), "<script></".repeat(20_000), "<a '".repeat(50_000)]
        {
            assert!(to_text(&html).len() <= html.len());
        }
    }
}
