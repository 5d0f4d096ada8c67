//! `omni doctor`: what only asking can tell. It changes nothing and sends nobody anything.
//!
//! With a configuration it looks from here: data directory, schema, limits, public URL, and
//! every connection's credentials at its carrier. Without one it asks a running server (a
//! sandbox, or `--url`) to do the same with its own connections.

mod findings;
mod from_here;
mod server;

use std::path::Path;

use self::findings::Report;
use crate::cli::DoctorArgs;
use crate::exit::Exit;
use crate::output::{self, Format};

/// The configuration that is taken if none is named and no server either.
const USUAL: &str = "omni.toml";

/// Examines; exit code 1 if something is broken.
pub async fn run(args: DoctorArgs) -> anyhow::Result<()> {
    let usual = Path::new(USUAL);
    let config = match &args.config {
        Some(path) => Some(path.as_path()),
        None if args.server.url.is_none() && usual.exists() => Some(usual),
        None => None,
    };
    let report: Report = match config {
        Some(path) => from_here::examine(path).await?,
        None => server::examine(&args.server).await?,
    };
    match args.server.format() {
        Format::Table => report.print(),
        Format::Json => output::json(&report.to_json()),
        Format::Jsonl => {
            for finding in &report.findings {
                output::line(&finding.to_json().to_string());
            }
        }
    }
    if report.ok() { Ok(()) } else { Err(Exit(1).into()) }
}
