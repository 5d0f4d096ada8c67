//! `omni check`: every mistake of a configuration, offline.

use serde_json::json;

use crate::cli::CheckArgs;
use crate::config::{Config, Overrides};
use crate::exit::Exit;
use crate::output;

/// Checks; exit code 3 if anything is wrong.
pub fn run(args: &CheckArgs) -> anyhow::Result<()> {
    let outcome = Config::load(&args.config, Overrides::default());
    if args.json {
        let mistakes = outcome.as_ref().err().map(|report| report.mistakes.clone()).unwrap_or_default();
        output::json(&json!({ "ok": mistakes.is_empty(), "mistakes": mistakes }));
        return if mistakes.is_empty() { Ok(()) } else { Err(Exit(3).into()) };
    }
    let config = outcome?.config;
    output::line(&format!(
        "{}: no mistakes ({} tenants, {} accounts, {} connections)",
        args.config.display(),
        config.tenants.len(),
        config.accounts.len(),
        config.connections.len()
    ));
    output::line(&format!("  next: omni serve --config {}", args.config.display()));
    Ok(())
}
