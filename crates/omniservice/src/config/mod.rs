//! Configuration: defaults < `omni.toml` < `conf.d/*.toml` < environment < flags.
//!
//! * Here: the settings, each with its default.
//! * [`tree`]: values that remember where they were written.
//! * [`load`]: the layers, put together and read as settings; [`mod@env`] is one of them.
//! * [`check`]: everything that can be wrong without asking anybody.
//! * [`report`]: mistakes, shown with the line in question.
//! * [`build`]: settings become connections, keys and a server.
//!
//! A key that nothing reads is a mistake, never ignored. Mistakes are told all at once.
//!
//! To add a setting: a field here with its default, its line in `omni.example.toml` (a test
//! asks for it) and in `docs/configuration.md`, and its check in [`check`].

pub mod build;
mod check;
mod env;
mod load;
mod report;
mod secrets;
mod show;
mod tree;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;

use omni_core::account::Account;
use omni_core::id::{AccountId, ConnectionId, TenantId};
use omni_pipeline::directory::VerifyMode;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use env::{no_colour, variable};
pub use load::Overrides;
pub use report::{Mistake, Report, Severity};
pub use show::effective;

/// Everything that can be set.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// How to be reached.
    pub server: ServerConfig,
    /// Where data lives.
    pub data: DataConfig,
    /// Log lines.
    pub log: LogConfig,
    /// How much is done at once.
    pub worker: WorkerConfig,
    /// The companies.
    pub tenants: Vec<TenantConfig>,
    /// Their brands or projects.
    pub accounts: Vec<Account>,
    /// Their carrier endpoints.
    pub connections: Vec<ConnectionConfig>,
}

/// `[server]`
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ServerConfig {
    /// Address and port to listen on.
    pub listen: SocketAddr,
    /// How carriers reach us, without a slash at the end: signatures cover it. If it is not
    /// set: `http://` and the address to listen on.
    pub public_url: String,
    /// Networks whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<String>,
    /// How long requests under way may take at a stop.
    pub drain_secs: u64,
    /// Largest callback.
    pub webhook_body_limit_bytes: usize,
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 7070)),
            public_url: String::new(),
            trusted_proxies: Vec::new(),
            drain_secs: 20,
            webhook_body_limit_bytes: 32 << 20,
        }
    }
}

/// `[data]`
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DataConfig {
    /// The data directory; relative to the configuration file.
    pub dir: PathBuf,
    /// How long requests are kept as they came in.
    pub journal_days: u64,
}

impl Default for DataConfig {
    fn default() -> Self {
        Self { dir: PathBuf::from("omni-data"), journal_days: 7 }
    }
}

/// `[log]`
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LogConfig {
    /// `auto` is JSON on a pipe and readable on a terminal.
    pub format: LogFormat,
    /// `error`, `warn`, `info`, `debug` or a filter like `info,omni_pipeline=debug`.
    pub level: String,
}

impl Default for LogConfig {
    fn default() -> Self {
        Self { format: LogFormat::Auto, level: "info".to_owned() }
    }
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// JSON on a pipe, readable on a terminal.
    Auto,
    /// One JSON object a line.
    Json,
    /// For people.
    Pretty,
}

/// `[worker]`
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WorkerConfig {
    /// Jobs worked on at once.
    pub concurrency: usize,
}

impl Default for WorkerConfig {
    fn default() -> Self {
        Self { concurrency: 256 }
    }
}

/// `[[tenants]]`
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TenantConfig {
    /// Its name.
    pub id: TenantId,
    /// For people.
    #[serde(default)]
    pub name: String,
    /// Who may call the API for it.
    #[serde(default)]
    pub api_keys: Vec<KeyConfig>,
}

/// One API key: its hash, or the key itself from a file or the environment.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyConfig {
    /// For people and the log.
    pub name: String,
    /// SHA-256 of the key in hexadecimal (`omni keys new` prints it).
    #[serde(default)]
    pub sha256: Option<String>,
    /// The key: `{ file = "…" }` or `{ env = "…" }`.
    #[serde(default)]
    pub key: Option<Value>,
    /// A test key: it reaches sandbox connections only, a live key the others.
    #[serde(default)]
    pub test: bool,
}

/// `[[connections]]`
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConnectionConfig {
    /// Its name, unique over all tenants: it is part of webhook URLs.
    pub id: ConnectionId,
    /// Whose.
    pub tenant: TenantId,
    /// Which brand or project.
    pub account: AccountId,
    /// `whatsapp`, `twilio`, …
    pub carrier: String,
    /// `enforce`, or `observe` to take what does not verify, and mark it.
    #[serde(default)]
    pub verify: VerifyMode,
    /// Preferred among equals: lowest first.
    #[serde(default)]
    pub rank: i32,
    /// Price of one message in millionths of your currency.
    #[serde(default)]
    pub cost_micros: u64,
    /// Segments a second that one sender may send.
    #[serde(default)]
    pub rate_per_sender: Option<f64>,
    /// It talks to a twin: only test keys reach it.
    #[serde(default)]
    pub sandbox: bool,
    /// The carrier's own settings; see its page in docs/carriers.
    #[serde(default)]
    pub settings: BTreeMap<String, Value>,
}

impl std::fmt::Debug for KeyConfig {
    /// Neither the key nor its hash.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeyConfig").field("name", &self.name).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for ConnectionConfig {
    /// No settings: they may hold secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ConnectionConfig")
            .field("id", &self.id)
            .field("tenant", &self.tenant)
            .field("carrier", &self.carrier)
            .finish_non_exhaustive()
    }
}
