//! `omni keys new`: an API key, shown once.

use omni_adapters::shared::hmac;
use serde_json::json;

use crate::cli::KeysCommand;
use crate::output;
use crate::system::random;

/// Makes a key; only its hash belongs into the configuration.
pub fn run(command: KeysCommand) -> anyhow::Result<()> {
    let KeysCommand::New { name, test, json: as_json } = command;
    let tenant = "none".parse()?;
    let (key, kept) = omni_server::auth::generate(name.as_str(), tenant, test, random());
    let hash = hmac::hex(&kept.sha256);
    if as_json {
        output::json(&json!({ "key": key, "name": name, "sha256": hash, "test": test }));
        return Ok(());
    }
    output::line(&key);
    eprintln!("  shown once; keep it where secrets are kept. In omni.toml, below its tenant:");
    let test = if test { ", test = true" } else { "" };
    eprintln!("  api_keys = [{{ name = \"{name}\", sha256 = \"{hash}\"{test} }}]");
    Ok(())
}
