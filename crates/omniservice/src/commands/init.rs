//! `omni init`: a first configuration, and the key for it.

use std::fs;
use std::io::{self, BufRead as _, IsTerminal as _, Write as _};
use std::path::Path;

use anyhow::Context as _;
use omni_adapters::carriers;
use omni_adapters::shared::hmac;
use omni_core::id::{AccountId, TenantId};
use omni_core::problem::{self, Problem, did_you_mean};

use crate::cli::InitArgs;
use crate::output;
use crate::system::random;

/// Writes `omni.toml` and empty secret files; asks what is missing on a terminal.
pub fn run(args: InitArgs) -> anyhow::Result<()> {
    let config = args.dir.join("omni.toml");
    if config.exists() && !args.force {
        let detail = format!("{} exists; use --force to overwrite it", config.display());
        return Err(Problem::new(problem::STATE_CONFLICT, detail).into());
    }
    let asks = !args.yes && io::stdin().is_terminal();
    let tenant = answer(asks, "Name of the company", args.tenant, "acme")?;
    let account = answer(asks, "Name of the brand or project", args.account, &tenant)?;
    let carrier = answer(asks, "First carrier", args.carrier, "whatsapp")?;
    let public_url = answer(
        asks,
        "Address at which carriers reach this gateway",
        args.public_url,
        "https://gw.example.com",
    )?;
    let region = answer(asks, "Region of numbers written without a country", args.region, "US")?;
    let id: TenantId = tenant
        .parse()
        .map_err(|error| Problem::new(problem::VALIDATION_FAILED, format!("`{tenant}`: {error}")))?;
    let Some(plugin) = carriers::find(&carrier) else {
        let names: Vec<&str> = carriers::REGISTRY.iter().map(|plugin| plugin.name.0).collect();
        let near =
            did_you_mean(&carrier, names.iter().copied()).map(|near| format!(" Did you mean `{near}`?"));
        let detail = format!(
            "There is no carrier `{carrier}`.{} There are: {}.",
            near.unwrap_or_default(),
            names.join(", ")
        );
        return Err(Problem::new(problem::VALIDATION_FAILED, detail).into());
    };
    for (what, text) in [("--public-url", &public_url), ("--region", &region)] {
        if text.chars().any(|c| c.is_control() || matches!(c, '"' | '\\')) {
            let detail = format!("{what}: neither quotes nor control characters");
            return Err(Problem::new(problem::VALIDATION_FAILED, detail).into());
        }
    }
    if let Err(error) = account.parse::<AccountId>() {
        return Err(Problem::new(problem::VALIDATION_FAILED, format!("`{account}`: {error}")).into());
    }
    let (key, kept) = omni_server::auth::generate("first", id, false, random());
    let settings = plugin.starter;
    let hash = hmac::hex(&kept.sha256);
    let text = format!(
        "# omniservice. Check with `omni check`, run with `omni serve`.
# Every key and its default: omni.example.toml; more in docs/configuration.md.

[server]
listen = \"127.0.0.1:7070\"
# As carriers call it: their signatures cover it.
public_url = \"{public_url}\"

[data]
dir = \"omni-data\"

[[tenants]]
id = \"{tenant}\"
api_keys = [{{ name = \"first\", sha256 = \"{hash}\" }}]

[[accounts]]
id = \"{account}\"
tenant = \"{tenant}\"
default_region = \"{region}\"

[[connections]]
id = \"{carrier}-main\"
tenant = \"{tenant}\"
account = \"{account}\"
carrier = \"{carrier}\"

[connections.settings]
{settings}"
    );
    fs::create_dir_all(args.dir.join("secrets"))
        .with_context(|| format!("cannot write into {}", args.dir.display()))?;
    for secret in secret_files(settings) {
        private_file(&args.dir.join("secrets").join(secret))?;
    }
    fs::write(&config, text).with_context(|| format!("cannot write {}", config.display()))?;
    output::line(&key);
    eprintln!("  your API key: shown once, only its hash is in {}", config.display());
    eprintln!(
        "  next: put the carrier's secrets into {}/secrets/, fill in its settings, then",
        args.dir.display()
    );
    eprintln!("        omni check --config {} && omni serve --config {}", config.display(), config.display());
    eprintln!(
        "        and give the carrier this webhook address: {public_url}/webhooks/{carrier}/{carrier}-main"
    );
    Ok(())
}

/// The flag, else what is typed, else the default.
fn answer(asks: bool, question: &str, given: Option<String>, default: &str) -> anyhow::Result<String> {
    if let Some(given) = given {
        return Ok(given);
    }
    if !asks {
        return Ok(default.to_owned());
    }
    eprint!("{question} [{default}]: ");
    io::stderr().flush()?;
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line)?;
    let typed = line.trim();
    Ok(if typed.is_empty() { default.to_owned() } else { typed.to_owned() })
}

/// An empty file that only its owner can read; one that is there is left alone.
fn private_file(path: &Path) -> anyhow::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error).with_context(|| format!("cannot write {}", path.display())),
    }
}

/// The secret files that a carrier's settings name.
fn secret_files(settings: &str) -> impl Iterator<Item = &str> {
    settings.split("\"secrets/").skip(1).filter_map(|rest| rest.split('"').next())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_carrier_has_its_settings_written() {
        for plugin in carriers::REGISTRY {
            let name = plugin.name.0;
            assert!(secret_files(plugin.starter).count() > 0, "{name}");
            for secret in secret_files(plugin.starter) {
                assert!(secret.starts_with(name), "{secret}");
                assert!(plugin.starter.contains(&format!("{{ file = \"secrets/{secret}\" }}")), "{secret}");
            }
        }
    }
}
