//! `omni`: a messaging gateway in one binary.

mod cli;
mod commands;
mod dev_state;
mod output;
mod signals;
mod system;
mod wiring;

use clap::Parser as _;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    match cli::Cli::parse().command {
        cli::Command::Dev(args) => commands::dev::run(args).await,
        cli::Command::Bench(args) => commands::bench::run(args).await,
    }
}
