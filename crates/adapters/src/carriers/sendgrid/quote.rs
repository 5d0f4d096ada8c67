//! Telling what somebody wrote from what their mail program quoted.

/// The text before the quoted mail; `None` if nothing is quoted, or nothing else is there.
pub(super) fn new_text(text: &str) -> Option<&str> {
    let lines: Vec<(usize, &str)> = offsets(text).collect();
    let first_of_tail = lines.iter().rposition(|(_, line)| !is_quoted(line)).map_or(0, |last| last + 1);
    let intro = (0..lines.len()).find(|at| begins_quote(&lines, *at));
    // A tail of nothing but quoted lines is quoted; empty lines alone are not.
    let tail = lines[first_of_tail..].iter().any(|(_, line)| line.starts_with('>')).then_some(first_of_tail);
    let cut = [intro, tail].into_iter().flatten().min()?;
    let written = text[..lines[cut].0].trim_end();
    (!written.is_empty()).then_some(written)
}

/// Lines with the byte at which each begins.
fn offsets(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.split_inclusive('\n').scan(0, |at, line| {
        let start = *at;
        *at += line.len();
        Some((start, line.trim_end()))
    })
}

fn is_quoted(line: &str) -> bool {
    line.is_empty() || line.starts_with('>')
}

/// Whether a quoted mail begins at this line, in the words of the usual mail programs.
fn begins_quote(lines: &[(usize, &str)], at: usize) -> bool {
    let line = lines[at].1.trim();
    let next = |ahead: usize| lines.get(at + ahead).map_or("", |(_, line)| line.trim());
    is_attribution(line)
        || !line.is_empty()
            && line.len() <= 200
            && starts_attribution(line)
            && is_attribution(&format!("{line} {}", next(1)))
        || line.len() > 10 && line.starts_with("-----") && line.ends_with("-----")
        || line.len() >= 20 && line.bytes().all(|b| b == b'_') && is_header(next(1))
        || is_header(line) && is_header(next(1)) && is_header(next(2))
}

/// How the line that introduces a quote begins, and what it says, by language.
const ATTRIBUTIONS: [(&str, &str); 7] = [
    ("On ", "wrote"),
    ("Am ", "schrieb"),
    ("Le ", "a écrit"),
    ("El ", "escribió"),
    ("Op ", "schreef"),
    ("Il ", "ha scritto"),
    ("Em ", "escreveu"),
];

fn starts_attribution(line: &str) -> bool {
    ATTRIBUTIONS.iter().any(|(start, _)| line.starts_with(start))
}

fn is_attribution(line: &str) -> bool {
    line.len() <= 400
        && line.ends_with(':')
        && ATTRIBUTIONS.iter().any(|(start, verb)| line.starts_with(start) && line.contains(verb))
}

fn is_header(line: &str) -> bool {
    const NAMES: [&str; 14] = [
        "From:",
        "Sent:",
        "Date:",
        "To:",
        "Cc:",
        "Subject:",
        "Von:",
        "Gesendet:",
        "An:",
        "Betreff:",
        "De :",
        "Envoyé :",
        "À :",
        "Objet :",
    ];
    let line = line.trim_start_matches('*');
    NAMES.iter().any(|name| line.starts_with(name))
}
