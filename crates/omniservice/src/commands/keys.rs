//! `omni keys new`: an API key, shown once.

use omni_adapters::shared::hmac;
use omni_core::problem::{self, Problem};
use serde_json::json;

use crate::cli::KeysCommand;
use crate::output;
use crate::system::random;

/// Makes a key; only its hash belongs into the configuration.
pub fn run(command: KeysCommand) -> anyhow::Result<()> {
    let KeysCommand::New { tenant: whose, name, test, json: as_json } = command;
    // The key itself does not tell whose it is: its place in the configuration does.
    let tenant = whose
        .as_deref()
        .unwrap_or("tenant")
        .parse()
        .map_err(|error| Problem::new(problem::VALIDATION_FAILED, format!("--tenant: {error}")))?;
    if name.chars().any(|c| c.is_control() || matches!(c, '"' | '\\')) {
        let detail = "--name: neither quotes nor control characters";
        return Err(Problem::new(problem::VALIDATION_FAILED, detail).into());
    }
    let (key, kept) = omni_server::auth::generate(name.as_str(), tenant, test, random());
    let hash = hmac::hex(&kept.sha256);
    if as_json {
        output::json(&json!({ "key": key, "name": name, "tenant": whose, "sha256": hash, "test": test }));
        return Ok(());
    }
    output::line(&key);
    let below = whose.map_or_else(|| "its tenant".to_owned(), |whose| format!("the tenant `{whose}`"));
    eprintln!("  shown once; keep it where secrets are kept. In omni.toml, below {below}:");
    let test = if test { ", test = true" } else { "" };
    eprintln!("  api_keys = [{{ name = \"{name}\", sha256 = \"{hash}\"{test} }}]");
    Ok(())
}
