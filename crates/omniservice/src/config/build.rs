//! Settings become connections, keys and a server.

use omni_adapters::carriers;
use omni_core::carrier::SettingsError;
use omni_pipeline::directory::{Connection, Directory};
use omni_server::{ApiKey, Keys};
use serde_json::Value;

use super::load::Layers;
use super::secrets;
use super::{Config, ConnectionConfig, KeyConfig};

/// Why a connection cannot be built.
pub enum Unbuilt {
    /// No such carrier.
    UnknownCarrier,
    /// Secrets that cannot be read.
    Secrets(Vec<secrets::Unreadable>),
    /// The carrier refuses its settings.
    Settings(SettingsError),
}

/// Builds one connection.
pub fn connection(
    config: &ConnectionConfig,
    public_url: &str,
    layers: &Layers,
) -> Result<Connection, Unbuilt> {
    let plugin = carriers::find(&config.carrier).ok_or(Unbuilt::UnknownCarrier)?;
    let written = Value::Object(config.settings.clone().into_iter().collect());
    let (settings, unreadable) = secrets::resolve(&written, &layers.base);
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

/// All accounts and connections of a checked configuration.
pub fn directory(config: &Config, layers: &Layers) -> anyhow::Result<Directory> {
    let public_url = config.server.public_url.trim_end_matches('/');
    let mut connections = Vec::new();
    for connection in &config.connections {
        let built = self::connection(connection, public_url, layers);
        connections.push(
            built.map_err(|_| anyhow::anyhow!("connection `{}` changed while it was read", connection.id))?,
        );
    }
    Ok(Directory::new(config.accounts.clone(), connections))
}

/// The hash of one key.
pub fn key_hash(key: &KeyConfig, layers: &Layers) -> Result<([u8; 32], String), String> {
    if let Some(hex) = &key.sha256 {
        let hash =
            omni_adapters::shared::hmac::unhex::<32>(hex).ok_or("`sha256` must be 64 hexadecimal digits")?;
        return Ok((hash, String::new()));
    }
    let Some(value) = &key.key else {
        return Err("needs `sha256`, or `key` from a file or the environment".into());
    };
    let (resolved, unreadable) = secrets::resolve(value, &layers.base);
    if let Some(first) = unreadable.first() {
        return Err(first.reason.clone());
    }
    let text = resolved.as_str().ok_or("`key` must be { file = \"…\" } or { env = \"…\" }")?;
    let last4 = text.get(text.len().saturating_sub(4)..).unwrap_or_default().to_owned();
    Ok((omni_adapters::shared::hmac::digest(text.as_bytes()), last4))
}

/// All API keys of a checked configuration.
pub fn keys(config: &Config, layers: &Layers) -> anyhow::Result<Keys> {
    let mut keys = Vec::new();
    for tenant in &config.tenants {
        for key in &tenant.api_keys {
            let (sha256, last4) =
                key_hash(key, layers).map_err(|why| anyhow::anyhow!("api key `{}`: {why}", key.name))?;
            let (name, tenant) = (key.name.clone(), tenant.id.clone());
            keys.push(ApiKey { name, tenant, sha256, sandbox: key.test, last4 });
        }
    }
    Ok(Keys::new(keys))
}

/// How the server behaves.
pub fn server(config: &Config) -> anyhow::Result<omni_server::Settings> {
    let mut settings = omni_server::Settings::for_url(config.server.public_url.trim_end_matches('/'));
    settings.webhook_body_limit = config.server.webhook_body_limit_bytes;
    for network in &config.server.trusted_proxies {
        settings
            .trusted_proxies
            .push(network.parse().map_err(|_| anyhow::anyhow!("`{network}` is not a network"))?);
    }
    Ok(settings)
}
