//! `omni config show`: the effective values, and where they come from.

use crate::cli::ConfigCommand;
use crate::config::{Config, Overrides, effective};
use crate::output;

/// Shows the configuration.
pub fn run(command: ConfigCommand) -> anyhow::Result<()> {
    let ConfigCommand::Show { config, origin, json: as_json } = command;
    let rows = effective(&Config::load(&config, Overrides::default())?);
    if as_json {
        output::json(&serde_json::to_value(rows)?);
        return Ok(());
    }
    for row in rows {
        let from = if origin { format!("   # {}", row.origin) } else { String::new() };
        output::line(&format!("{} = {}{from}", row.key, row.value));
    }
    Ok(())
}
