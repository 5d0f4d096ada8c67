//! `omni`: a messaging gateway in one binary.
//!
//! The only crate that knows all the others. [`wiring`] puts them together, [`config`] reads
//! what is configured, `commands` holds one file for each command.

#![expect(unreachable_pub, reason = "a binary has no outside: `pub` says what a module offers to the others")]

mod cli;
mod client;
mod colour;
mod commands;
mod config;
mod confirm;
mod dev_state;
mod examples;
mod exit;
mod logging;
mod measures;
mod output;
mod signals;
mod system;
mod wiring;
mod words;

use std::process::ExitCode;

use crate::cli::Command;
use crate::commands as run;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    exit::on_panic();
    let Some(command) = cli::parse().command else {
        run::about::welcome();
        return ExitCode::SUCCESS;
    };
    // A task of its own: a panic ends as an exit code, like every other failure.
    let outcome = tokio::spawn(dispatch(command)).await;
    outcome.map_or(ExitCode::FAILURE, exit::code)
}

async fn dispatch(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Dev(args) => run::dev::run(args).await,
        Command::Serve(args) => run::serve::run(args).await,
        Command::Init(args) => run::init::run(args),
        Command::Check(args) => run::check::run(&args),
        Command::Doctor(args) => run::doctor::run(args).await,
        Command::Config(command) => run::config::run(command),
        Command::Keys(command) => run::keys::run(command),
        Command::Schema(args) => run::schema::run(&args),
        Command::Send(args) => run::send::run(*args).await,
        Command::Upload(args) => run::upload::run(args).await,
        Command::Trigger(args) => run::trigger::run(args).await,
        Command::Faults(args) => run::faults::run(args).await,
        Command::Tail(args) => run::tail::run(args).await,
        Command::Why(args) => run::why::run(args).await,
        Command::Messages(command) => run::resources::messages(command).await,
        Command::Conversations(command) => run::resources::conversations(command).await,
        Command::DeadLetters(command) => run::resources::dead_letters(command).await,
        Command::Quarantine(command) => run::resources::quarantine(command).await,
        Command::Connections(command) => run::resources::connections(command).await,
        Command::Customers(command) => run::resources::customers(command).await,
        Command::Events(command) => run::resources::events(command).await,
        Command::Health(args) => run::health::run(args).await,
        Command::Conformance(args) => run::conformance::run(&args),
        Command::Explain(args) => run::explain::run(&args),
        Command::Bench(args) => run::bench::run(args).await,
        Command::Openapi => run::about::openapi(),
        Command::Completions { shell } => run::about::completions(shell),
        Command::Version => run::about::version(),
    }
}
