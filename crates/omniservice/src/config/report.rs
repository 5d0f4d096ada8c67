//! Mistakes in a configuration: what, where, why, and what to do.

use std::fmt;
use std::ops::Range;
use std::path::PathBuf;

use omni_core::problem::Code;
use serde::Serialize;

use super::tree::Origin;
use crate::output::count;

/// Whether a finding stops the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// It must be mended.
    Error,
    /// It works, but is probably not meant so.
    Warning,
}

/// One mistake.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Mistake {
    /// Stable code; `omni explain CODE`.
    pub code: &'static str,
    /// Whether it stops the program.
    pub severity: Severity,
    /// The setting (`connections.wa-main.carrier`).
    pub key: String,
    /// What is wrong.
    pub message: String,
    /// A few words at the place itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// Where it is written.
    #[serde(flatten)]
    pub place: Place,
}

impl Mistake {
    /// An error at a place.
    pub fn new(code: Code, key: impl Into<String>, message: impl Into<String>, place: Place) -> Self {
        Self {
            code: code.code,
            severity: Severity::Error,
            key: key.into(),
            message: message.into(),
            label: None,
            help: None,
            place,
        }
    }

    /// The same, with what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// Where a setting is written.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Place {
    /// The file, or the variable or flag.
    pub file: String,
    /// Line from 1; 0 if it is written in no file.
    pub line: usize,
    /// Column from 1, in characters; 0 if it is written in no file.
    pub column: usize,
    /// The line's text.
    #[serde(skip)]
    pub text: String,
    /// Characters to underline.
    #[serde(skip)]
    pub width: usize,
}

impl Place {
    /// A place that is in no file.
    pub fn outside(what: impl Into<String>) -> Self {
        Self { file: what.into(), line: 0, column: 0, text: String::new(), width: 0 }
    }
}

/// One configuration file.
#[derive(Debug, Clone)]
pub struct Source {
    /// As the user named it.
    pub path: PathBuf,
    /// Its text.
    pub text: String,
}

impl Source {
    /// The place of a range of bytes.
    pub fn place(&self, span: Range<usize>) -> Place {
        let start = floor(&self.text, span.start);
        let line_start = self.text[..start].rfind('\n').map_or(0, |at| at + 1);
        let line = self.text[..line_start].matches('\n').count() + 1;
        let text = self.text[line_start..].lines().next().unwrap_or_default();
        let column = self.text[line_start..start].chars().count() + 1;
        let marked = &self.text[start..floor(&self.text, span.end.max(start))];
        let width = marked.lines().next().unwrap_or_default().trim_end().chars().count();
        let rest = text.chars().count().saturating_sub(column - 1);
        Place {
            file: self.path.display().to_string(),
            line,
            column,
            text: text.to_owned(),
            width: width.clamp(1, rest.max(1)),
        }
    }
}

/// The place of an origin.
pub fn place(sources: &[Source], origin: &Origin) -> Place {
    match origin {
        Origin::File(file, span) => match sources.get(*file) {
            Some(source) => source.place(span.clone()),
            None => Place::outside("(no file)"),
        },
        Origin::Environment(name) => Place::outside(format!("environment variable {name}")),
        Origin::Flag(name) => Place::outside(format!("flag {name}")),
    }
}

fn floor(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// Every mistake of a configuration.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// In the order of their places.
    pub mistakes: Vec<Mistake>,
}

impl Report {
    /// A report of one mistake.
    pub fn of(mistake: Mistake) -> Self {
        Self { mistakes: vec![mistake] }
    }

    /// How many of its findings stop the program.
    pub fn errors(&self) -> usize {
        self.mistakes.iter().filter(|mistake| mistake.severity == Severity::Error).count()
    }

    /// In the order of the files, each finding once.
    pub fn sort(&mut self) {
        self.mistakes.sort_by(|a, b| (&a.place, &a.message).cmp(&(&b.place, &b.message)));
        self.mistakes.dedup();
    }

    /// As text with the lines in question; with colours if `colour`.
    pub fn render(&self, colour: bool) -> String {
        let paint = Paint { colour };
        let mut out = String::new();
        for mistake in &self.mistakes {
            paint.mistake(mistake, &mut out).expect("a string takes everything");
        }
        out.push_str(&self.summary());
        out
    }

    fn summary(&self) -> String {
        let errors = self.errors();
        match (errors, self.mistakes.len() - errors) {
            (errors, 0) => count(errors, "mistake"),
            (0, warnings) => count(warnings, "warning"),
            (errors, warnings) => format!("{}, {}", count(errors, "mistake"), count(warnings, "warning")),
        }
    }
}

impl std::error::Error for Report {}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}

struct Paint {
    colour: bool,
}

impl Paint {
    fn dye(&self, code: &str, text: &str) -> String {
        if self.colour { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    fn mistake(&self, mistake: &Mistake, out: &mut impl fmt::Write) -> fmt::Result {
        let (glyph, colour) = match mistake.severity {
            Severity::Error => ("×", "1;31"),
            Severity::Warning => ("⚠", "1;33"),
        };
        writeln!(out, "  {} {}", self.dye(colour, glyph), mistake.message)?;
        self.source(mistake, colour, out)?;
        if let Some(help) = &mistake.help {
            writeln!(out, "  {} {help}", self.dye("36", "help:"))?;
        }
        writeln!(out, "  {} {}\n", self.dye("2", "code:"), mistake.code)
    }

    fn source(&self, mistake: &Mistake, colour: &str, out: &mut impl fmt::Write) -> fmt::Result {
        let Place { file, line, column, text, width } = &mistake.place;
        if *line == 0 {
            return writeln!(out, "    ─ {file}");
        }
        let gutter = line.to_string().len().max(2);
        // Tabs would put the marks below the wrong words.
        let shown = text.replace('\t', " ");
        let indent = column - 1;
        let mark = self.dye(colour, &"─".repeat(*width));
        let label = mistake.label.as_deref().map(|label| format!(" {label}")).unwrap_or_default();
        writeln!(out, " {:gutter$} ╭─[{file}:{line}:{column}]", "")?;
        writeln!(out, " {line:>gutter$} │ {shown}")?;
        writeln!(out, " {:gutter$} · {:indent$}{mark}{label}", "", "")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_lines_and_characters() {
        let source = Source { path: "omni.toml".into(), text: "a = 1\nü = \"käse\" # x\nlast".into() };
        let cases = [
            (0..1, (1, 1, 1)),
            (6..8, (2, 1, 1)),
            (11..18, (2, 5, 6)),
            (11..400, (2, 5, 10)),
            (23..27, (3, 1, 4)),
            (7..8, (2, 1, 1)),
            (900..999, (3, 5, 1)),
        ];
        for (span, expect) in cases {
            let place = source.place(span.clone());
            assert_eq!((place.line, place.column, place.width), expect, "{span:?}");
        }
    }

    #[test]
    fn a_mistake_shows_its_line() {
        let source = Source { path: "omni.toml".into(), text: "[log]\n\tlevle = \"info\"\n".into() };
        let mistake = Mistake::new(
            omni_core::problem::CONFIG_UNKNOWN_KEY,
            "log.levle",
            "nothing reads log.levle",
            source.place(7..12),
        );
        let report = Report::of(mistake.help("did you mean `level`?"));
        let expect = "  × nothing reads log.levle
    ╭─[omni.toml:2:2]
  2 │  levle = \"info\"
    ·  ─────
  help: did you mean `level`?
  code: CONFIG_UNKNOWN_KEY

1 mistake";
        assert_eq!(report.to_string(), expect);
        assert!(report.render(true).contains("\u{1b}[1;31m×"));
    }
}
