//! What was found, one line each, with what to do about it.

use serde_json::{Value, json};

use crate::output;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// As it should be.
    Good,
    /// It works, for now.
    Doubtful,
    /// It does not work.
    Broken,
}

impl Mark {
    const fn sign(self) -> &'static str {
        match self {
            Self::Good => "✓",
            Self::Doubtful => "!",
            Self::Broken => "✗",
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Good => "ok",
            Self::Doubtful => "warning",
            Self::Broken => "failed",
        }
    }
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What was looked at: `schema`, `credentials wa-main`.
    pub about: String,
    pub mark: Mark,
    /// What was seen; no secret.
    pub seen: String,
    /// What to do; nothing if all is well.
    pub fix: Option<String>,
}

impl Finding {
    pub fn good(about: impl Into<String>, seen: impl Into<String>) -> Self {
        Self { about: about.into(), mark: Mark::Good, seen: seen.into(), fix: None }
    }

    pub fn doubtful(about: impl Into<String>, seen: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { about: about.into(), mark: Mark::Doubtful, seen: seen.into(), fix: Some(fix.into()) }
    }

    pub fn broken(about: impl Into<String>, seen: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { about: about.into(), mark: Mark::Broken, seen: seen.into(), fix: Some(fix.into()) }
    }

    /// The answer of a carrier's check of our credentials.
    pub fn credentials(connection: &str, carrier: &str, ok: bool, detail: &str) -> Self {
        let about = format!("credentials {connection}");
        if ok {
            return Self::good(about, format!("{carrier}: {detail}"));
        }
        let fix = format!(
            "correct the settings of connection `{connection}`; docs/carriers/{carrier}.md says where each comes from"
        );
        Self::broken(about, format!("{carrier}: {detail}"), fix)
    }

    pub fn to_json(&self) -> Value {
        json!({ "about": self.about, "status": self.mark.word(), "seen": self.seen, "fix": self.fix })
    }
}

/// All findings.
#[derive(Debug, Default)]
pub struct Report {
    pub findings: Vec<Finding>,
}

impl Report {
    pub fn add(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    fn count(&self, mark: Mark) -> usize {
        self.findings.iter().filter(|finding| finding.mark == mark).count()
    }

    /// Whether nothing is broken.
    pub fn ok(&self) -> bool {
        self.count(Mark::Broken) == 0
    }

    pub fn to_json(&self) -> Value {
        let findings: Vec<Value> = self.findings.iter().map(Finding::to_json).collect();
        json!({ "ok": self.ok(), "findings": findings })
    }

    pub fn print(&self) {
        let wide = self.findings.iter().map(|finding| finding.about.chars().count()).max().unwrap_or(0);
        for Finding { about, mark, seen, fix } in &self.findings {
            output::line(&format!("{} {about:<wide$}  {seen}", mark.sign()));
            if let Some(fix) = fix {
                output::line(&format!("  {:<wide$}  fix: {fix}", ""));
            }
        }
        let (doubtful, broken) = (self.count(Mark::Doubtful), self.count(Mark::Broken));
        output::line(&match (broken, doubtful) {
            (0, 0) => "all is well".to_owned(),
            (0, doubtful) => format!("nothing is broken, {doubtful} to look at"),
            (broken, doubtful) => format!("{broken} broken, {doubtful} to look at"),
        });
    }
}
