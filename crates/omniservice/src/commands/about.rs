//! What the program says of itself.

use clap::CommandFactory as _;

use crate::cli::Cli;
use crate::output;

/// `omni version`
pub fn version() -> anyhow::Result<()> {
    output::line(&format!("omniservice {}", env!("CARGO_PKG_VERSION")));
    Ok(())
}

/// `omni openapi`
pub fn openapi() -> anyhow::Result<()> {
    output::json(&serde_json::to_value(omni_server::openapi())?);
    Ok(())
}

/// `omni completions`
pub fn completions(shell: clap_complete::Shell) -> anyhow::Result<()> {
    clap_complete::generate(shell, &mut Cli::command(), "omni", &mut std::io::stdout());
    Ok(())
}
