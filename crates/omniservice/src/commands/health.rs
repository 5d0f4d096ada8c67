//! `omni health`: is a server ready? For containers and scripts.

use std::time::Duration;

use omni_core::time::Clock as _;

use crate::cli::HealthArgs;
use crate::client::Client;
use crate::output::{self, Format};
use crate::system::SystemClock;

/// Asks until it is ready, or `--wait` is over.
pub async fn run(args: HealthArgs) -> anyhow::Result<()> {
    let client = Client::find_or_usual(&args.server)?;
    let end = SystemClock.now() + args.wait.unwrap_or_default();
    loop {
        match client.get("/readyz?verbose").await {
            Ok(report) => {
                if args.server.format() != Format::Table {
                    output::json(&report);
                } else {
                    output::line("✓ ready");
                }
                return Ok(());
            }
            Err(error) if SystemClock.now() >= end => return Err(error),
            Err(_) => tokio::time::sleep(Duration::from_millis(200)).await,
        }
    }
}
