//! What can be typed.

mod doing;
mod looking;
mod measuring;
mod running;

use std::path::PathBuf;

use clap::{Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

pub use doing::*;
pub use looking::*;
pub use measuring::*;
pub use running::*;

use crate::colour::{self, When};
use crate::examples;
use crate::output::Format;

/// The command line.
#[derive(Debug, Parser)]
#[command(
    name = "omni",
    version,
    about = "Self-hosted omnichannel messaging gateway: one binary, nothing else to run",
    before_help = "Examples:\n  omni dev\n  omni trigger whatsapp.text --text \"hello\"",
    after_help = "Start here:  omni dev      then, in a second terminal:  omni trigger whatsapp.text --text \"hello\"\n\
                  Go live:     omni init     omni check     omni serve --config omni.toml"
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Colours: `auto` (on a terminal, without `NO_COLOR`), `always` or `never`.
    #[arg(long, value_name = "WHEN", default_value = "auto", global = true, hide_possible_values = true)]
    color: When,
}

/// Reads the command line; what is wrong with it ends the program.
pub fn parse() -> Cli {
    let asked = colour::asked(std::env::args_os().map(|word| word.to_string_lossy().into_owned()));
    colour::decide(asked);
    let matches = examples::add(Cli::command()).color(asked.into()).get_matches();
    Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit())
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Try everything on this machine; no carrier is contacted.
    #[command(
        before_help = "Examples:\n  omni dev\n  omni dev --port 0 --json        # for scripts: one line with url and key"
    )]
    Dev(DevArgs),
    /// Serve with your configuration.
    #[command(
        before_help = "Examples:\n  omni serve --config omni.toml\n  omni serve --listen 0.0.0.0:8080 --data /var/lib/omni"
    )]
    Serve(ServeArgs),
    /// Write a first configuration and an API key.
    #[command(
        before_help = "Examples:\n  omni init\n  omni init --tenant acme --carrier twilio --public-url https://gw.example.com --yes"
    )]
    Init(InitArgs),
    /// Check a configuration without asking anybody: every mistake, with its line.
    #[command(before_help = "Examples:\n  omni check\n  omni check --config /etc/omni/omni.toml --json")]
    Check(CheckArgs),
    /// Ask the carriers and this machine what is wrong: credentials, disk, clock, public URL.
    #[command(
        before_help = "Examples:\n  omni doctor --config omni.toml\n  omni doctor                  # the running server's connections"
    )]
    Doctor(DoctorArgs),
    /// Look at the effective configuration.
    #[command(subcommand, before_help = "Examples:\n  omni config show\n  omni config show --origin")]
    Config(ConfigCommand),
    /// Make an API key.
    #[command(
        subcommand,
        before_help = "Examples:\n  omni keys new --tenant acme\n  omni keys new --tenant acme --test --name ci"
    )]
    Keys(KeysCommand),
    /// The store's schema: status, migrate, rollback, validate.
    #[command(
        before_help = "Examples:\n  omni schema status --data ./omni-data\n  omni schema rollback --to 1 --dry-run --data ./omni-data"
    )]
    Schema(SchemaArgs),
    /// Send one message.
    #[command(
        after_help = "In the sandbox: +15550001001 is delivered, …2001 refused, …2002 undeliverable, …2004 needs three tries,\n\
                      …2005 has an unknown outcome, …2008 opted out, whatsapp:…2009 has a closed window (docs/sandbox.md)",
        before_help = "Examples:\n  omni send +15550001001 \"Your table is ready\"\n  omni send whatsapp:+15550001001 --template booking -p 1=Ana --wait"
    )]
    Send(Box<SendArgs>),
    /// Leave a file with a connection's carrier, for messages that name it by id.
    #[command(
        before_help = "Examples:\n  omni upload menu.pdf --connection whatsapp-main\n  omni upload note.ogg --connection whatsapp-main --type audio/ogg --json"
    )]
    Upload(UploadArgs),
    /// Let a sandbox twin send a real, signed callback.
    #[command(
        before_help = "Examples:\n  omni trigger whatsapp.text --text \"where is my booking 4711?\"\n  omni trigger --list"
    )]
    Trigger(TriggerArgs),
    /// Let a sandbox twin fail: errors, time-outs, lost callbacks.
    #[command(
        before_help = "Examples:\n  omni faults twilio errorRate=30 receipts.lost=10\n  omni faults twilio --clear"
    )]
    Faults(FaultsArgs),
    /// Show every change as it happens.
    #[command(
        before_help = "Examples:\n  omni tail\n  omni tail --types 'message.*' --since 0 --limit 20 --json"
    )]
    Tail(TailArgs),
    /// Explain a message: steps, rules, carriers considered, attempts, receipts, timings.
    #[command(before_help = "Examples:\n  omni why msg_01JD…\n  omni why msg_01JD… --json")]
    Why(WhyArgs),
    /// Messages: list, show, cancel.
    #[command(
        subcommand,
        before_help = "Examples:\n  omni messages list --status failed\n  omni messages show msg_01JD…"
    )]
    Messages(MessagesCommand),
    /// Conversations: list, show.
    #[command(
        subcommand,
        before_help = "Examples:\n  omni conversations list --status ESCALATED\n  omni conversations show conv_01JD…"
    )]
    Conversations(ListShow),
    /// Work that was given up: list, show, redrive.
    #[command(
        subcommand,
        before_help = "Examples:\n  omni dead-letters list --status open\n  omni dead-letters redrive --all"
    )]
    DeadLetters(DeadLettersCommand),
    /// Requests that were set aside: list, show, replay.
    #[command(
        subcommand,
        before_help = "Examples:\n  omni quarantine list\n  omni quarantine replay jrn_01JD…"
    )]
    Quarantine(QuarantineCommand),
    /// Connections: carriers, breakers, webhook URLs.
    #[command(subcommand, before_help = "Examples:\n  omni connections list\n  omni connections list --json")]
    Connections(ListShow),
    /// Customers: show one.
    #[command(
        subcommand,
        before_help = "Examples:\n  omni customers show cus_01JD…\n  omni customers show cus_01JD… --json"
    )]
    Customers(CustomersCommand),
    /// What happened, from the event log.
    #[command(
        subcommand,
        before_help = "Examples:\n  omni events list --since 1h\n  omni events list --types 'message.*' --json"
    )]
    Events(EventsCommand),
    /// Whether a server is ready (for containers).
    #[command(before_help = "Examples:\n  omni health\n  omni health --wait 30s")]
    Health(HealthArgs),
    /// Run vector files or captured requests against the adapters.
    #[command(
        before_help = "Examples:\n  omni conformance crates/adapters/tests/vectors/*.json\n  omni conformance captured.json --json"
    )]
    Conformance(ConformanceArgs),
    /// Explain an error code.
    #[command(before_help = "Examples:\n  omni explain WINDOW_CLOSED\n  omni explain")]
    Explain(ExplainArgs),
    /// Measure this machine; ratios within one run.
    #[command(
        before_help = "Examples:\n  omni bench ingest\n  omni bench pipeline --connections 1,64 --seconds 5 --rounds 3"
    )]
    Bench(BenchArgs),
    /// Print the OpenAPI description.
    #[command(before_help = "Examples:\n  omni openapi > openapi.json\n  omni openapi | jq '.paths | keys'")]
    Openapi,
    /// Print completions for a shell.
    #[command(
        before_help = "Examples:\n  omni completions bash > /etc/bash_completion.d/omni\n  omni completions fish | source"
    )]
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Print the version.
    #[command(before_help = "Examples:\n  omni version\n  omni --version")]
    Version,
}

/// Which server, and how to print.
#[derive(Debug, Clone, Args)]
pub struct ServerArgs {
    /// The server; a running `omni dev` is found by itself.
    #[arg(long, env = "OMNI_URL", global = true)]
    pub url: Option<String>,
    /// The API key.
    #[arg(long, env = "OMNI_KEY", hide_env_values = true, global = true)]
    pub key: Option<String>,
    /// A file that holds the key: other users of this machine can see flags.
    #[arg(long, value_name = "FILE", conflicts_with = "key", global = true)]
    pub key_file: Option<PathBuf>,
    /// `table`, `json`, or `jsonl`: an object a line.
    #[arg(short, long, value_name = "FORMAT", global = true)]
    pub output: Option<Format>,
    /// Short for `-o json`.
    #[arg(long, conflicts_with = "output", global = true)]
    pub json: bool,
}

impl ServerArgs {
    /// How to print.
    pub fn format(&self) -> Format {
        if self.json { Format::Json } else { self.output.unwrap_or(Format::Table) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_help_begins_with_two_examples() {
        let mut open: Vec<clap::Command> = examples::add(Cli::command()).get_subcommands().cloned().collect();
        let mut seen = 0;
        while let Some(command) = open.pop() {
            let help = command.clone().render_long_help().to_string();
            let lines: Vec<&str> = help.lines().map(str::trim).take(4).collect();
            let name = command.get_name();
            assert_eq!(lines[0], "Examples:", "{name}");
            for example in &lines[1..3] {
                assert!(example.starts_with("omni ") && example.contains(name), "{name}: {lines:?}");
            }
            assert_eq!(lines[3], "", "{name}");
            open.extend(command.get_subcommands().cloned());
            seen += 1;
        }
        assert!(seen > 30, "{seen}");
    }

    #[test]
    fn every_example_can_be_typed() {
        let mut open: Vec<clap::Command> = examples::add(Cli::command()).get_subcommands().cloned().collect();
        while let Some(command) = open.pop() {
            let help = command.get_before_help().unwrap_or_default().to_string();
            for line in help.lines().skip(1) {
                // What a shell would do with quotes, redirections and pipes.
                let typed = line.split(['>', '|', '#']).next().unwrap_or_default().replace(['"', '\''], "");
                let typed = typed
                    .replace("Your table is ready", "ready")
                    .replace("where is my booking 4711?", "where");
                let read = Cli::try_parse_from(typed.split_whitespace());
                let fine = read.as_ref().map_or_else(|error| error.exit_code() == 0, |_| true);
                assert!(fine, "{line}: {:?}", read.err());
            }
            open.extend(command.get_subcommands().cloned());
        }
    }
}
