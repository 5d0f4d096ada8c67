//! Everything that can be wrong with a configuration without asking anybody.

mod accounts;
mod connections;
mod rules;
mod server;
mod tenants;

use omni_core::problem::{self, Code, did_you_mean};

use super::Config;
use super::load::Layers;
use super::report::{Mistake, Severity};
use super::tree::Segment;

/// Finds every mistake beyond the shape, and what is probably not meant so.
pub fn everything(config: &Config, layers: &Layers) -> Vec<Mistake> {
    let mut checker = Checker { config, layers, found: Vec::new() };
    checker.server();
    checker.tenants();
    checker.accounts();
    checker.connections();
    checker.found
}

struct Checker<'a> {
    config: &'a Config,
    layers: &'a Layers,
    found: Vec<Mistake>,
}

impl Checker<'_> {
    /// Notes a mistake at a value; `help` may be empty.
    fn wrong(&mut self, code: Code, path: &[Segment], message: impl Into<String>, help: &str) {
        let mistake = self.layers.mistake(code, path, message);
        self.found.push(if help.is_empty() { mistake } else { mistake.help(help) });
    }

    /// Notes a value that cannot be.
    fn invalid(&mut self, path: &[Segment], message: impl Into<String>, help: &str) {
        self.wrong(problem::CONFIG_INVALID_VALUE, path, message, help);
    }

    /// Notes what works but is probably not meant so.
    fn warn(&mut self, code: Code, path: &[Segment], message: impl Into<String>, help: &str) {
        self.wrong(code, path, message, help);
        if let Some(last) = self.found.last_mut() {
            last.severity = Severity::Warning;
        }
    }

    /// Notes a name that nothing has.
    fn known(&mut self, what: &str, name: &str, known: &[&str], path: &[Segment]) {
        if known.contains(&name) || self.layers.lost.contains(name) {
            return;
        }
        let help = suggestion(name, known);
        self.wrong(problem::CONFIG_REFERENCE, path, format!("there is no {what} `{name}`"), &help);
    }

    /// Notes a text that says nothing.
    fn filled(&mut self, text: &str, path: &[Segment]) {
        if text.trim().is_empty() {
            let name = self.layers.name(path);
            self.wrong(problem::CONFIG_MISSING, path, format!("`{name}` is empty"), "");
        }
    }
}

fn suggestion(name: &str, known: &[&str]) -> String {
    match did_you_mean(name, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if known.is_empty() => String::new(),
        None => format!("there are: {}", known.join(", ")),
    }
}
