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
    if carriers::find(&carrier).is_none() {
        let names: Vec<&str> = carriers::REGISTRY.iter().map(|plugin| plugin.name.0).collect();
        let near =
            did_you_mean(&carrier, names.iter().copied()).map(|near| format!(" Did you mean `{near}`?"));
        let detail = format!(
            "There is no carrier `{carrier}`.{} There are: {}.",
            near.unwrap_or_default(),
            names.join(", ")
        );
        return Err(Problem::new(problem::VALIDATION_FAILED, detail).into());
    }
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
    let (settings, secrets) = settings(&carrier);
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
    for secret in secrets {
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

/// The settings to fill in, and the secret files that they name.
fn settings(carrier: &str) -> (&'static str, &'static [&'static str]) {
    match carrier {
        "whatsapp" => (
            "phone_number_id = \"\"       # WhatsApp Manager > API setup
# display_number = \"+447700900123\"   # the number people see
# business_account_id = \"\"
access_token = { file = \"secrets/whatsapp_access_token\" }
app_secrets = [{ file = \"secrets/whatsapp_app_secret\" }]   # several while rotating
verify_token = { file = \"secrets/whatsapp_verify_token\" }  # your own choice; Meta presents it once
",
            &["whatsapp_access_token", "whatsapp_app_secret", "whatsapp_verify_token"],
        ),
        "twilio" => (
            "account_sid = \"\"           # AC and 32 digits
auth_tokens = [{ file = \"secrets/twilio_auth_token\" }]     # primary first, several while rotating
numbers = []                # like [\"+12025550143\", \"whatsapp:+12025550143\"]; empty: any
",
            &["twilio_auth_token"],
        ),
        "bandwidth" => (
            "account_id = \"\"            # the account's number
applications = {}           # our numbers by application id: { \"93de…\" = [\"+19195550112\"] }
api_user = \"\"
api_password = { file = \"secrets/bandwidth_api_password\" }
inbound_credentials = [{ user = \"omni\", password = { file = \"secrets/bandwidth_callback_password\" } }]
",
            &["bandwidth_api_password", "bandwidth_callback_password"],
        ),
        "inteliquent" => (
            "numbers = []                # like [\"+13125550100\"]
api_key = { file = \"secrets/inteliquent_api_key\" }         # sends, and verifies callbacks
",
            &["inteliquent_api_key"],
        ),
        "livechat" => (
            "# organization_id = \"\"
webhook_secrets = { \"your-webhook-id\" = [{ file = \"secrets/livechat_webhook_secret\" }] }
account_id = \"\"             # whose token it is
personal_access_token = { file = \"secrets/livechat_access_token\" }
bot_agent_ids = []          # agent ids of our bots
",
            &["livechat_webhook_secret", "livechat_access_token"],
        ),
        "messagebird" => (
            "generation = \"rest\"         # or bird, platform: which of the three APIs
access_key = { file = \"secrets/messagebird_access_key\" }
signing_keys = [{ file = \"secrets/messagebird_signing_key\" }]
numbers = []                # like [\"+31970102030\"]
",
            &["messagebird_access_key", "messagebird_signing_key"],
        ),
        "sendgrid" => (
            "api_key = { file = \"secrets/sendgrid_api_key\" }
public_keys = [{ file = \"secrets/sendgrid_public_key\" }]  # of the Event Webhook and the Parse policy
domains = []                # domains whose mail is ours; empty: all that verifies
# from = \"hello@example.com\"
",
            &["sendgrid_api_key", "sendgrid_public_key"],
        ),
        _ => ("# see omni.example.toml for what this carrier needs\n", &[]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_carrier_has_its_settings_written() {
        for plugin in carriers::REGISTRY {
            let (text, secrets) = settings(plugin.name.0);
            assert!(!secrets.is_empty(), "{}", plugin.name);
            for secret in secrets {
                assert!(text.contains(&format!("{{ file = \"secrets/{secret}\" }}")), "{secret}");
            }
        }
    }
}
