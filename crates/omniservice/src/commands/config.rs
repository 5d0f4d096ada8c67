//! `omni config show`: the effective values, and where they come from.

use serde_json::{Value, json};

use crate::cli::ConfigCommand;
use crate::config::{Config, Overrides, load};
use crate::output;

/// Shows the configuration.
pub fn run(command: ConfigCommand) -> anyhow::Result<()> {
    let ConfigCommand::Show { config, origin, json: as_json } = command;
    let loaded = Config::load(&config, Overrides::default())?;
    let rows = load::show(&loaded);
    if as_json {
        let entries =
            rows.iter().map(|(key, value, origin)| json!({ "key": key, "value": value, "origin": origin }));
        output::json(&Value::Array(entries.collect()));
        return Ok(());
    }
    for (key, value, from) in rows {
        let from = if origin { format!("   # {from}") } else { String::new() };
        output::line(&format!("{key} = {value}{from}"));
    }
    Ok(())
}
