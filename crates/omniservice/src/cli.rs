//! What can be typed.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// The command line.
#[derive(Debug, Parser)]
#[command(name = "omni", version, about = "Self-hosted omnichannel messaging gateway")]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Try everything on this machine; no carrier is contacted.
    Dev(DevArgs),
    /// Measure this machine; ratios within one run.
    Bench(BenchArgs),
}

/// `omni dev`.
#[derive(Debug, Args)]
pub struct DevArgs {
    /// Where to listen.
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

/// `omni bench`.
#[derive(Debug, Args)]
pub struct BenchArgs {
    /// What to measure.
    pub what: BenchWhat,
    /// Connections, one run each.
    #[arg(long, value_delimiter = ',', default_value = "1,16,64,256")]
    pub connections: Vec<usize>,
    /// Seconds a run.
    #[arg(long, default_value_t = 5.0)]
    pub seconds: f64,
    /// At most this many messages a run.
    #[arg(long)]
    pub messages: Option<u64>,
    /// Distinct conversations.
    #[arg(long, default_value_t = 10_000)]
    pub conversations: u64,
    /// `null`: leave the embedded store out.
    #[arg(long)]
    pub store: Option<String>,
    /// Where the store's files go.
    #[arg(long)]
    pub data: Option<PathBuf>,
    /// Rounds; the report has their medians.
    #[arg(long, default_value_t = 3)]
    pub rounds: usize,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
    /// Where a target sends (inner use).
    #[arg(long, hide = true)]
    pub sink: Option<String>,
}

/// What to measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum BenchWhat {
    /// Callbacks over loopback, each durable before its 200.
    Ingest,
    /// Callback in to automatic answer out.
    Pipeline,
    /// The process under test (inner use).
    #[value(hide = true)]
    Target,
}
