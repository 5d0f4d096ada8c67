//! Mistakes in a configuration: what, where, why, and what to do.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

use omni_core::problem::Code;
use serde::Serialize;
use toml_edit::{ImDocument, Item};

/// One mistake.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Mistake {
    /// Stable code; `omni explain CODE`.
    pub code: &'static str,
    /// The setting (`connections[0].carrier`).
    pub key: String,
    /// What is wrong.
    pub message: String,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// Where it is written.
    pub place: Place,
}

/// Where a setting is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Place {
    /// The file, `environment`, or `flag`.
    pub file: String,
    /// Line from 1; 0 if it is written nowhere.
    pub line: usize,
    /// Column from 1.
    pub column: usize,
    /// The line's text.
    #[serde(skip)]
    pub text: String,
    /// Characters to underline.
    #[serde(skip)]
    pub width: usize,
}

/// Every mistake of a configuration.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// In the order of their places.
    pub mistakes: Vec<Mistake>,
}

impl Report {
    /// Whether there is none.
    pub fn is_clean(&self) -> bool {
        self.mistakes.is_empty()
    }

    /// In the order of the file.
    pub fn sort(&mut self) {
        self.mistakes.sort_by(|a, b| {
            (&a.place.file, a.place.line, a.place.column).cmp(&(&b.place.file, b.place.line, b.place.column))
        });
        self.mistakes.dedup();
    }
}

impl std::error::Error for Report {}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for mistake in &self.mistakes {
            writeln!(f, "  × {}", mistake.message)?;
            let Place { file, line, column, text, width } = &mistake.place;
            if *line == 0 {
                writeln!(f, "   ─ {file}")?;
            } else {
                let gutter = line.to_string().len().max(2);
                writeln!(f, "{:gutter$} ╭─[{file}:{line}:{column}]", "")?;
                writeln!(f, "{line:>gutter$} │ {text}")?;
                writeln!(f, "{:gutter$} · {:indent$}{}", "", "", "─".repeat(*width), indent = column - 1)?;
            }
            let help = mistake.help.as_deref().map(|help| format!("help: {help}   ")).unwrap_or_default();
            writeln!(f, "   {help}code: {}\n", mistake.code)?;
        }
        let count = self.mistakes.len();
        write!(f, "{count} mistake{}", if count == 1 { "" } else { "s" })
    }
}

/// One configuration file, with the places of its settings.
pub struct Source {
    /// As the user named it.
    pub path: PathBuf,
    text: String,
    document: Option<ImDocument<String>>,
}

impl Source {
    /// Reads the places in `text`; without any if it is not TOML.
    pub fn new(path: &Path, text: String) -> Self {
        let document = ImDocument::parse(text.clone()).ok();
        Self { path: path.to_owned(), text, document }
    }

    /// The place of a byte range.
    pub fn place(&self, range: Range<usize>) -> Place {
        let start = range.start.min(self.text.len());
        let before = &self.text[..floor(&self.text, start)];
        let line = before.matches('\n').count() + 1;
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let text = self.text[line_start..].lines().next().unwrap_or_default().to_owned();
        let column = before[line_start..].chars().count() + 1;
        let rest = text.chars().count().saturating_sub(column - 1).max(1);
        let end = floor(&self.text, range.end.clamp(start, self.text.len()));
        let width =
            self.text[floor(&self.text, start)..end].lines().next().unwrap_or_default().chars().count();
        Place { file: self.path.display().to_string(), line, column, text, width: width.clamp(1, rest) }
    }

    /// The place of the setting that `path` names, or of the nearest table around it.
    pub fn find(&self, path: &[Segment]) -> Option<Place> {
        let document = self.document.as_ref()?;
        let mut found = None;
        let mut item = document.as_item();
        for segment in path {
            let next = match segment {
                Segment::Key(key) => {
                    item.as_table_like().and_then(|table| table.get_key_value(key)).map(|(key, item)| {
                        found = key.span().or_else(|| item.span()).or_else(|| found.clone());
                        item
                    })
                }
                Segment::Index(at) => element(item, *at),
            };
            match next {
                Some(next) => {
                    if let Segment::Index(_) = segment {
                        found = next.span().or_else(|| found.clone());
                    }
                    item = next;
                }
                None => break,
            }
        }
        found.map(|range| self.place(range))
    }

    /// Whether the whole path is written in this file.
    pub fn has(&self, path: &[Segment]) -> bool {
        let Some(document) = &self.document else { return false };
        let mut item = document.as_item();
        for segment in path {
            let next = match segment {
                Segment::Key(key) => item.as_table_like().and_then(|table| table.get(key)),
                Segment::Index(at) => element(item, *at),
            };
            match next {
                Some(next) => item = next,
                // Values inside inline arrays are not items; their array is near enough.
                None => return item.is_value(),
            }
        }
        true
    }
}

fn element(item: &Item, at: usize) -> Option<&Item> {
    item.get(at)
}

fn floor(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// One step of a path into the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Segment {
    /// A key of a table.
    Key(String),
    /// An element of a list.
    Index(usize),
}

/// `connections[0].carrier`
pub fn dotted(path: &[Segment]) -> String {
    let mut text = String::new();
    for segment in path {
        match segment {
            Segment::Key(key) if text.is_empty() => text.push_str(key),
            Segment::Key(key) => text.push_str(&format!(".{key}")),
            Segment::Index(at) => text.push_str(&format!("[{at}]")),
        }
    }
    text
}

/// A path of keys and indices: `path!["connections", 0, "carrier"]`.
#[macro_export]
macro_rules! config_path {
    ($($segment:expr),* $(,)?) => { [$($crate::config::report::Segment::from($segment)),*] };
}

impl From<&str> for Segment {
    fn from(key: &str) -> Self {
        Self::Key(key.to_owned())
    }
}

impl From<usize> for Segment {
    fn from(at: usize) -> Self {
        Self::Index(at)
    }
}

/// Makes a mistake at a place.
pub fn mistake(
    code: Code,
    path: &[Segment],
    message: impl Into<String>,
    help: Option<String>,
    place: Place,
) -> Mistake {
    Mistake { code: code.code, key: dotted(path), message: message.into(), help, place }
}
