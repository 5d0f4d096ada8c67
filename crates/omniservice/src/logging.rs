//! Log lines: JSON on a pipe, readable on a terminal.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;

use crate::colour;
use crate::config::{LogConfig, LogFormat};

/// Installs the process's log output on standard error.
pub fn init(config: &LogConfig) {
    let filter = EnvFilter::try_new(&config.level).unwrap_or_else(|_| EnvFilter::new("info"));
    let json = match config.format {
        LogFormat::Json => true,
        LogFormat::Pretty => false,
        LogFormat::Auto => !std::io::stderr().is_terminal(),
    };
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(colour::on(&std::io::stderr()));
    // A second installation (tests) is harmless.
    let _installed_before =
        if json { builder.json().try_init() } else { builder.with_target(false).try_init() };
}
