//! A page per carrier, from what the code says of itself (module docs, doc comments of the
//! settings) and what it does when asked (capabilities, requests, refusals, errors).

mod checks;
mod errors;
mod face;
mod overview;
mod reads;
mod sends;
pub(crate) mod settings;
mod source;

use std::path::{Path, PathBuf};

use omni_adapters::carriers::REGISTRY;

use crate::support::samples::{self, Sample};

/// The command that writes the pages.
pub(crate) const COMMAND: &str = "cargo run -p omni-adapters --example carrier_docs";

/// Where the pages are.
pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/carriers")
}

/// File names and texts.
pub(crate) fn pages() -> Vec<(String, String)> {
    let names = REGISTRY.iter().map(|plugin| plugin.name.0);
    let mut pages: Vec<_> = names.clone().map(|name| (format!("{name}.md"), page(name))).collect();
    pages.push(("README.md".into(), overview::page(&names.collect::<Vec<_>>())));
    pages
}

/// The samples of a carrier; one of them where they differ only in how callbacks are proven.
pub(crate) fn samples_of(carrier: &str) -> Vec<Sample> {
    let mut all: Vec<Sample> =
        samples::all("sample").into_iter().filter(|sample| sample.carrier == carrier).collect();
    let mut seen = Vec::new();
    all.retain(|sample| {
        let same = (sample.build().capabilities().clone(), sample.build().routing_keys());
        let is_new = !seen.contains(&same);
        seen.push(same);
        is_new
    });
    all
}

fn page(carrier: &str) -> String {
    let face = face::read(carrier);
    let mut page = format!("# {}\n\n", face.title);
    page.push_str(&format!(
        "*Generated from `crates/adapters/src/carriers/{carrier}/` by `{COMMAND}`; a test compares. \
         Change the code, not this page.*\n\n"
    ));
    page.push_str(&face.text);
    page.push_str(&section("Set-up", face.section("Set-up")));
    page.push_str(&section("Settings", &settings::section(carrier)));
    page.push_str(&section("What it sends", &sends::section(carrier)));
    page.push_str(&section("What it reads", &reads::section(carrier)));
    let verified = format!("{}\n\n{}", face.section("What is verified"), checks::section(carrier));
    page.push_str(&section("What is verified", &verified));
    page.push_str(&section("Errors", &errors::section(carrier)));
    page.push_str(&section("Known doubts", face.section("Known doubts")));
    page
}

fn section(title: &str, text: &str) -> String {
    format!("\n## {title}\n\n{}\n", text.trim_end())
}

/// A table; the cells are Markdown already, but for bars and line ends.
pub(crate) fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    let mut text = line(head.iter().map(|cell| (*cell).to_owned()).collect());
    text.push_str(&line(head.iter().map(|_| "---".to_owned()).collect()));
    for row in rows {
        text.push_str(&line(row.iter().map(|cell| cell.replace('|', "\\|").replace('\n', " ")).collect()));
    }
    text
}

/// `12,345`.
pub(crate) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
