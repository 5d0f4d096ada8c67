//! `omni config show`: the effective values, and where they come from.

use std::path::Path;

use crate::cli::ConfigCommand;
use crate::config::{Config, Severity, effective};
use crate::output;

/// Shows the configuration.
pub fn run(command: ConfigCommand) -> anyhow::Result<()> {
    let ConfigCommand::Show { config, origin, json: as_json } = command;
    let loaded = Config::load_to_show(&config)?;
    let refused = loaded.warnings.iter().any(|mistake| mistake.severity == Severity::Error);
    let rows = effective(&loaded);
    if as_json {
        output::json(&serde_json::to_value(rows)?);
        return note(refused, &config);
    }
    for row in rows {
        let from = if origin { format!("   # {}", row.origin) } else { String::new() };
        output::line(&format!("{} = {}{from}", row.key, row.value));
    }
    note(refused, &config)
}

/// Says that the server would not start with this here.
fn note(refused: bool, config: &Path) -> anyhow::Result<()> {
    if refused {
        eprintln!("  there are mistakes in it: omni check --config {}", config.display());
    }
    Ok(())
}
