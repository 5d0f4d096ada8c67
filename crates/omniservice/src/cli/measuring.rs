//! What can be typed to check and to measure.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::ServerArgs;
use crate::words;

/// `omni health`.
#[derive(Debug, Args)]
pub struct HealthArgs {
    /// Keep asking this long: 30s, 2m.
    #[arg(long, value_parser = words::duration)]
    pub wait: Option<Duration>,
    /// Which server.
    #[command(flatten)]
    pub server: ServerArgs,
}

/// `omni conformance`.
#[derive(Debug, Args)]
pub struct ConformanceArgs {
    /// JSON files, each an array of cases.
    #[arg(required = true)]
    pub files: Vec<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// `omni explain`.
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// The code; all of them are listed without one.
    pub code: Option<String>,
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
