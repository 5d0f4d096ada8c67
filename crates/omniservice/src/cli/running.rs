//! What can be typed to run a server, and to look after one.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::ServerArgs;

/// `omni dev`.
#[derive(Debug, Args)]
pub struct DevArgs {
    /// Where to listen (127.0.0.1:7070).
    #[arg(long)]
    pub listen: Option<SocketAddr>,
    /// Port on 127.0.0.1; 0 for any free one.
    #[arg(long, conflicts_with = "listen")]
    pub port: Option<u16>,
    /// Keep the data here instead of in a temporary directory.
    #[arg(long)]
    pub data: Option<PathBuf>,
    /// Keep the temporary directory on exit.
    #[arg(long)]
    pub keep: bool,
    /// Print one line of JSON (url, key, tenant), then nothing.
    #[arg(long)]
    pub json: bool,
    /// Do not show messages.
    #[arg(long)]
    pub quiet: bool,
    /// Makes credentials and faults of the twins repeatable.
    #[arg(long)]
    pub seed: Option<u64>,
    /// The twins send no status callbacks.
    #[arg(long)]
    pub no_receipts: bool,
}

/// `omni serve`.
#[derive(Debug, Args)]
pub struct ServeArgs {
    /// The configuration.
    #[arg(long, default_value = "omni.toml")]
    pub config: PathBuf,
    /// Listen here instead.
    #[arg(long)]
    pub listen: Option<SocketAddr>,
    /// Keep data here instead.
    #[arg(long)]
    pub data: Option<PathBuf>,
}

/// `omni init`.
#[derive(Debug, Args)]
pub struct InitArgs {
    /// Where to write.
    #[arg(long, default_value = ".")]
    pub dir: PathBuf,
    /// The company's name, like acme.
    #[arg(long)]
    pub tenant: Option<String>,
    /// The brand or project; the company's name if left out.
    #[arg(long)]
    pub account: Option<String>,
    /// The first carrier.
    #[arg(long)]
    pub carrier: Option<String>,
    /// How carriers will reach this gateway.
    #[arg(long)]
    pub public_url: Option<String>,
    /// Region in which numbers without a country are read.
    #[arg(long)]
    pub region: Option<String>,
    /// Ask nothing; take the defaults for what is not given.
    #[arg(long)]
    pub yes: bool,
    /// Overwrite what is there.
    #[arg(long)]
    pub force: bool,
}

/// `omni check`.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// The configuration.
    #[arg(long, default_value = "omni.toml")]
    pub config: PathBuf,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// `omni doctor`.
#[derive(Debug, Args)]
pub struct DoctorArgs {
    /// The configuration; `omni.toml` if it is here, else a running server is asked.
    #[arg(long, conflicts_with = "url")]
    pub config: Option<PathBuf>,
    /// Which server, and how to print.
    #[command(flatten)]
    pub server: ServerArgs,
}

/// `omni config`.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// The effective values, secrets masked.
    Show {
        /// The configuration.
        #[arg(long, default_value = "omni.toml")]
        config: PathBuf,
        /// Say where each value comes from.
        #[arg(long)]
        origin: bool,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
}

/// `omni keys`.
#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    /// Print a new key, once, and the line for the configuration.
    New {
        /// Whose it will be.
        #[arg(long)]
        tenant: Option<String>,
        /// What people call it.
        #[arg(long, default_value = "key")]
        name: String,
        /// A test key: it reaches sandbox connections only.
        #[arg(long)]
        test: bool,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
}

/// `omni schema`.
#[derive(Debug, Args)]
pub struct SchemaArgs {
    /// What to do.
    pub action: SchemaAction,
    /// The data directory.
    #[arg(long, conflicts_with = "config")]
    pub data: Option<PathBuf>,
    /// The configuration that names it.
    #[arg(long)]
    pub config: Option<PathBuf>,
    /// The version to go to (rollback needs it).
    #[arg(long)]
    pub to: Option<u32>,
    /// Say what would be done.
    #[arg(long)]
    pub dry_run: bool,
    /// Do not ask before a rollback.
    #[arg(long)]
    pub yes: bool,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// What to do with the schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SchemaAction {
    /// Which version it has, and what is pending.
    Status,
    /// Bring it to the newest version, or to `--to`.
    Migrate,
    /// Take it back to `--to`.
    Rollback,
    /// Compare it with what it should be, and check the file.
    Validate,
}
