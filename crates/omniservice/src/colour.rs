//! Whether output may have colours: `--color`, `NO_COLOR`, and what is at the other end.

use std::io::IsTerminal;
use std::sync::OnceLock;

use clap::{ColorChoice, ValueEnum};

/// When to colour.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum When {
    /// On a terminal, unless the environment says `NO_COLOR` or `TERM=dumb`.
    #[default]
    Auto,
    /// Even into a pipe or a file.
    Always,
    /// Not at all.
    Never,
}

/// What was asked for, once for the process.
static ASKED: OnceLock<When> = OnceLock::new();

/// Decides for the whole process; only the first call counts.
pub fn decide(when: When) {
    ASKED.get_or_init(|| when);
}

/// Whether what goes to `stream` may have colours.
pub fn on(stream: &impl IsTerminal) -> bool {
    let when = ASKED.get().copied().unwrap_or_default();
    let dumb = || crate::config::variable("TERM").is_some_and(|term| term == "dumb");
    wanted(when, stream.is_terminal() && !crate::config::no_colour() && !dumb())
}

fn wanted(when: When, suits: bool) -> bool {
    match when {
        When::Auto => suits,
        When::Always => true,
        When::Never => false,
    }
}

/// `text` in a colour (or weight) of the terminal, if `on`; the code is that of "select
/// graphic rendition", like `1;31` for bold red. What matters is never told by colour alone.
pub fn dye(on: bool, code: &str, text: &str) -> String {
    if on { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
}

/// What the arguments ask for, found before they are read as a whole: the parser's own
/// messages have colours, too. What is no possible value is left for the parser to tell.
pub fn asked(mut words: impl Iterator<Item = String>) -> When {
    let mut found = When::default();
    while let Some(word) = words.next() {
        let value = match word.split_once('=') {
            Some(("--color", value)) => Some(value.to_owned()),
            None if word == "--" => break,
            None if word == "--color" => words.next(),
            _ => None,
        };
        found = value.and_then(|value| When::from_str(&value, false).ok()).unwrap_or(found);
    }
    found
}

impl From<When> for ColorChoice {
    fn from(when: When) -> Self {
        match when {
            When::Auto => Self::Auto,
            When::Always => Self::Always,
            When::Never => Self::Never,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_flag_beats_what_suits() {
        let cases = [
            (When::Auto, true, true),
            (When::Auto, false, false),
            (When::Always, false, true),
            (When::Never, true, false),
        ];
        for (when, suits, expect) in cases {
            assert_eq!(wanted(when, suits), expect, "{when:?} {suits}");
        }
    }

    #[test]
    fn the_flag_is_found_wherever_it_stands() {
        let cases = [
            ("omni check", When::Auto),
            ("omni --color never check", When::Never),
            ("omni check --color=always", When::Always),
            ("omni trigger whatsapp.text --text hi --color never", When::Never),
            ("omni check --color", When::Auto),
            ("omni check --color pink", When::Auto),
            ("omni send +1 -- --color=never", When::Auto),
        ];
        for (line, expect) in cases {
            assert_eq!(asked(line.split(' ').map(str::to_owned)), expect, "{line}");
        }
    }
}
