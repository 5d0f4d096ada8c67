//! `omni check`: every mistake of a configuration, offline.

use serde_json::json;

use crate::cli::CheckArgs;
use crate::colour;
use crate::config::{Config, Mistake, Overrides, Report};
use crate::exit::Exit;
use crate::output;

/// Checks; exit code 3 if anything is wrong.
pub fn run(args: &CheckArgs) -> anyhow::Result<()> {
    let outcome = Config::load(&args.config, Overrides::default());
    if args.json {
        let (ok, found): (bool, &[Mistake]) = match &outcome {
            Ok(loaded) => (true, &loaded.warnings),
            Err(report) => (false, &report.mistakes),
        };
        output::json(&json!({ "ok": ok, "mistakes": found }));
        return if ok { Ok(()) } else { Err(Exit(3).into()) };
    }
    let loaded = outcome?;
    if !loaded.warnings.is_empty() {
        eprintln!("{}", Report { mistakes: loaded.warnings }.render(colour::on(&std::io::stderr())));
    }
    let config = loaded.config;
    output::line(&format!(
        "{} {}: no mistakes ({}, {}, {})",
        output::mark(true),
        args.config.display(),
        output::count(config.tenants.len(), "tenant"),
        output::count(config.accounts.len(), "account"),
        output::count(config.connections.len(), "connection")
    ));
    output::line(&format!("  next: omni serve --config {}", args.config.display()));
    Ok(())
}
