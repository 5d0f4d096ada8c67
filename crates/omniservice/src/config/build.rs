//! Settings become connections, keys and a server.

use std::path::Path;

use omni_adapters::carriers;
use omni_core::carrier::SettingsError;
use omni_core::id::TenantId;
use omni_core::problem::{self, Code};
use omni_pipeline::directory::{Connection, Directory};
use omni_server::{ApiKey, Keys};
use serde_json::Value;

use super::load::Layers;
use super::report::{Mistake, Place, Report};
use super::{Config, ConnectionConfig, KeyConfig, secrets};

/// Why a connection cannot be built.
pub enum Unbuilt {
    /// No such carrier.
    UnknownCarrier,
    /// Secrets that cannot be read.
    Secrets(Vec<secrets::Unreadable>),
    /// The carrier refuses its settings.
    Settings(SettingsError),
}

/// Builds one connection; secrets are read relative to `base`.
pub fn connection(config: &ConnectionConfig, public_url: &str, base: &Path) -> Result<Connection, Unbuilt> {
    let plugin = carriers::find(&config.carrier).ok_or(Unbuilt::UnknownCarrier)?;
    let written = Value::Object(config.settings.clone().into_iter().collect());
    let (settings, unreadable) = secrets::resolve(&written, base);
    if !unreadable.is_empty() {
        return Err(Unbuilt::Secrets(unreadable));
    }
    let carrier = (plugin.build)(settings).map_err(Unbuilt::Settings)?;
    let mut built =
        Connection::new(config.tenant.clone(), config.account.clone(), config.id.clone(), carrier);
    built.verify = config.verify;
    built.rank = config.rank;
    built.cost_micros = config.cost_micros;
    built.rate_per_sender = config.rate_per_sender;
    built.sandbox = config.sandbox;
    built.status_url = Some(format!("{public_url}/webhooks/{}/{}", config.carrier, config.id));
    Ok(built)
}

/// All accounts and connections of a checked configuration. Secrets are read again.
///
/// # Errors
/// If a secret cannot be read any more.
pub fn directory(config: &Config, layers: &Layers) -> Result<Directory, Report> {
    let (mut connections, mut report) = (Vec::new(), Report::default());
    for settings in &config.connections {
        match connection(settings, &config.server.public_url, &layers.base) {
            Ok(built) => connections.push(built),
            Err(unbuilt) => {
                let why = match unbuilt {
                    Unbuilt::UnknownCarrier => format!("there is no carrier `{}`", settings.carrier),
                    Unbuilt::Settings(error) => error.message,
                    Unbuilt::Secrets(unreadable) => {
                        unreadable.into_iter().map(|one| one.reason).collect::<Vec<_>>().join("; ")
                    }
                };
                report.mistakes.push(afterwards(
                    problem::CONFIG_SECRET,
                    &format!("connections.{}", settings.id),
                    &why,
                ));
            }
        }
    }
    if report.mistakes.is_empty() {
        Ok(Directory::new(config.accounts.clone(), connections))
    } else {
        Err(report)
    }
}

/// A mistake that was not there when the configuration was checked.
fn afterwards(code: Code, key: &str, why: &str) -> Mistake {
    Mistake::new(code, key, format!("`{key}`: {why}"), Place::outside("(while starting)"))
}

/// What is wrong with an API key's entry.
pub struct WrongKey {
    /// The setting to blame; empty for the whole entry.
    pub key: &'static str,
    /// What kind of mistake.
    pub code: Code,
    /// What is wrong.
    pub message: String,
}

/// One API key of a tenant.
pub fn api_key(config: &KeyConfig, tenant: &TenantId, base: &Path) -> Result<ApiKey, WrongKey> {
    let wrong = |key, code, message: &str| WrongKey { key, code, message: message.to_owned() };
    match (&config.sha256, &config.key) {
        (Some(_), Some(_)) => {
            Err(wrong("", problem::CONFIG_INVALID_VALUE, "give either `sha256` or `key`, not both"))
        }
        (None, None) => Err(wrong("", problem::CONFIG_MISSING, "it needs `sha256` or `key`")),
        (Some(hex), None) => {
            let sha256 = omni_adapters::shared::hmac::unhex::<32>(hex).ok_or_else(|| {
                wrong("sha256", problem::CONFIG_SECRET, "`sha256` must be 64 hexadecimal digits")
            })?;
            let (name, tenant) = (config.name.clone(), tenant.clone());
            Ok(ApiKey { name, tenant, sha256, sandbox: config.test, last4: String::new() })
        }
        (None, Some(written)) => {
            let (resolved, unreadable) = secrets::resolve(written, base);
            if let Some(first) = unreadable.first() {
                return Err(wrong("key", problem::CONFIG_SECRET, &first.reason));
            }
            let text = resolved.as_str().unwrap_or_default();
            ApiKey::of(text, config.name.clone(), tenant.clone()).ok_or_else(|| {
                wrong("key", problem::CONFIG_SECRET, "what `key` names is not a key of ours, or mistyped")
            })
        }
    }
}

/// All API keys of a checked configuration.
///
/// # Errors
/// If a key cannot be read any more.
pub fn keys(config: &Config, layers: &Layers) -> Result<Keys, Report> {
    let (mut keys, mut report) = (Vec::new(), Report::default());
    for tenant in &config.tenants {
        for key in &tenant.api_keys {
            match api_key(key, &tenant.id, &layers.base) {
                Ok(key) => keys.push(key),
                Err(wrong) => {
                    let name = format!("tenants.{}.api_keys.{}", tenant.id, key.name);
                    report.mistakes.push(afterwards(wrong.code, &name, &wrong.message));
                }
            }
        }
    }
    if report.mistakes.is_empty() { Ok(Keys::new(keys)) } else { Err(report) }
}

/// How the server behaves.
///
/// # Errors
/// If a network cannot be read; a checked configuration has none such.
pub fn server(config: &Config) -> Result<omni_server::Settings, Report> {
    let mut settings = omni_server::Settings::for_url(&config.server.public_url);
    settings.webhook_body_limit = config.server.webhook_body_limit_bytes;
    for network in &config.server.trusted_proxies {
        let wrong = |_| {
            let why = format!("`{network}` is not a network");
            Report::of(afterwards(problem::CONFIG_INVALID_VALUE, "server.trusted_proxies", &why))
        };
        settings.trusted_proxies.push(network.parse().map_err(wrong)?);
    }
    Ok(settings)
}
