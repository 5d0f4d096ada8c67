//! What can be typed.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand, ValueEnum};

use crate::colour::{self, When};
use crate::examples;
use crate::output::Format;
use crate::words::{self, Moment};

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

/// `omni send`.
#[derive(Debug, Args)]
pub struct SendArgs {
    /// Phone number, e-mail address, or `whatsapp:+…`.
    pub to: String,
    /// The words.
    pub text: Option<String>,
    /// Our sender.
    #[arg(long)]
    pub from: Option<String>,
    /// sms, mms, whatsapp, rcs, chat or email.
    #[arg(long)]
    pub channel: Option<String>,
    /// The carrier to try first.
    #[arg(long)]
    pub carrier: Option<String>,
    /// The account, where there are several.
    #[arg(long)]
    pub account: Option<String>,
    /// Address of a medium; may be repeated.
    #[arg(long)]
    pub media: Vec<String>,
    /// A template's name or id.
    #[arg(long)]
    pub template: Option<String>,
    /// Any content as the API takes it: JSON, or @FILE, or @- for standard input.
    #[arg(long, conflicts_with_all = ["text", "media", "template"])]
    pub content: Option<String>,
    /// A template's value, name=value; may be repeated.
    #[arg(short = 'p', long = "param", value_parser = words::pair, requires = "template")]
    pub params: Vec<(String, String)>,
    /// Not before: 15m, 2h, or RFC 3339.
    #[arg(long, value_parser = words::moment)]
    pub schedule: Option<Moment>,
    /// high, normal or low.
    #[arg(long)]
    pub priority: Option<String>,
    /// transactional, marketing, authentication or service.
    #[arg(long)]
    pub purpose: Option<String>,
    /// Not after: 15m, 2h, or RFC 3339.
    #[arg(long, value_parser = words::moment)]
    pub expire: Option<Moment>,
    /// Send at most once under this key.
    #[arg(long)]
    pub idempotency_key: Option<String>,
    /// Wait until it is delivered, read or failed.
    #[arg(long)]
    pub wait: bool,
    /// How long to wait.
    #[arg(long, value_parser = words::duration, default_value = "60s")]
    pub timeout: Duration,
    /// Which server.
    #[command(flatten)]
    pub server: ServerArgs,
}

/// `omni upload`.
#[derive(Debug, clap::Args)]
pub struct UploadArgs {
    /// The file.
    pub file: PathBuf,
    /// The connection whose carrier keeps it.
    #[arg(long)]
    pub connection: String,
    /// Its media type; from the name's ending if left out.
    #[arg(long = "type")]
    pub mime: Option<String>,
    /// Which server.
    #[command(flatten)]
    pub server: ServerArgs,
}

/// `omni trigger`.
#[derive(Debug, Parser)]
#[command(no_binary_name = true)]
pub struct TriggerArgs {
    /// The event, like whatsapp.text.
    pub event: Option<String>,
    /// Show every event and its parameters.
    #[arg(long)]
    pub list: bool,
    /// A parameter, name=value; may be repeated.
    #[arg(short = 'p', long = "param", value_parser = words::pair)]
    pub params: Vec<(String, String)>,
    /// Wait until the message is routed and answered, and show that.
    #[arg(long)]
    pub wait: bool,
    /// How long to wait.
    #[arg(long, value_parser = words::duration, default_value = "10s")]
    pub timeout: Duration,
    /// Which server.
    #[command(flatten)]
    pub server: ServerArgs,
    /// Parameters as --name value.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    pub rest: Vec<String>,
}

/// `omni faults`.
#[derive(Debug, Args)]
pub struct FaultsArgs {
    /// The carrier, like twilio.
    pub carrier: String,
    /// Faults, name=value; percentages are 0 to 100.
    #[arg(value_name = "NAME=VALUE", value_parser = words::pair)]
    pub set: Vec<(String, String)>,
    /// Take all faults back (before those that are given).
    #[arg(long)]
    pub clear: bool,
    /// Which server.
    #[command(flatten)]
    pub server: ServerArgs,
}

/// `omni tail`.
#[derive(Debug, Args)]
pub struct TailArgs {
    /// Only these: message.*,conversation.created
    #[arg(long)]
    pub types: Option<String>,
    /// What happened since, too: `15m` ago, a time, or an event's number (0 for all that is kept).
    #[arg(long, value_parser = words::moment)]
    pub since: Option<Moment>,
    /// End after this many.
    #[arg(long)]
    pub limit: Option<usize>,
    /// Which server.
    #[command(flatten)]
    pub server: ServerArgs,
}

/// `omni why`.
#[derive(Debug, Args)]
pub struct WhyArgs {
    /// The message's id.
    pub id: String,
    /// Which server.
    #[command(flatten)]
    pub server: ServerArgs,
}

/// What a listing takes.
#[derive(Debug, Clone, Args)]
pub struct ListArgs {
    /// Only this status: failed, delivered (messages), ESCALATED (conversations), open (dead letters).
    #[arg(long)]
    pub status: Option<String>,
    /// Only inbound or outbound (messages).
    #[arg(long)]
    pub direction: Option<String>,
    /// Only this conversation (messages).
    #[arg(long)]
    pub conversation: Option<String>,
    /// How many.
    #[arg(long, default_value_t = 20)]
    pub limit: usize,
    /// Go on after a listing's nextCursor.
    #[arg(long)]
    pub cursor: Option<String>,
    /// Follow the cursors to the end.
    #[arg(long)]
    pub all: bool,
    /// Which server.
    #[command(flatten)]
    pub server: ServerArgs,
}

/// One thing.
#[derive(Debug, Clone, Args)]
pub struct ShowArgs {
    /// Its id.
    pub id: String,
    /// Which server.
    #[command(flatten)]
    pub server: ServerArgs,
}

/// List or show.
#[derive(Debug, Subcommand)]
pub enum ListShow {
    /// The newest first.
    List(ListArgs),
    /// One of them.
    Show(ShowArgs),
}

/// `omni messages`.
#[derive(Debug, Subcommand)]
pub enum MessagesCommand {
    /// The newest first.
    List(ListArgs),
    /// One of them.
    Show(ShowArgs),
    /// Take one back that was not sent yet.
    Cancel(ShowArgs),
}

/// `omni customers`.
#[derive(Debug, Subcommand)]
pub enum CustomersCommand {
    /// One of them; conversations and messages name it.
    Show(ShowArgs),
}

/// `omni dead-letters`.
#[derive(Debug, Subcommand)]
pub enum DeadLettersCommand {
    /// The newest first.
    List(ListArgs),
    /// One of them.
    Show(ShowArgs),
    /// Put one back to work, or all open ones.
    Redrive {
        /// Which; all open ones with --all.
        id: Option<String>,
        /// All open ones.
        #[arg(long, conflicts_with = "id")]
        all: bool,
        /// Do not ask before --all.
        #[arg(long)]
        yes: bool,
        /// Which server.
        #[command(flatten)]
        server: ServerArgs,
    },
}

/// `omni quarantine`.
#[derive(Debug, Subcommand)]
pub enum QuarantineCommand {
    /// The newest first.
    List(ListArgs),
    /// One of them, with headers and body.
    Show(ShowArgs),
    /// Take the request in again.
    Replay(ShowArgs),
}

/// `omni events`.
#[derive(Debug, Subcommand)]
pub enum EventsCommand {
    /// The oldest first.
    List {
        /// Only these: message.*,conversation.created
        #[arg(long)]
        types: Option<String>,
        /// Only later: `15m` ago, a time, or an event's number.
        #[arg(long, value_parser = words::moment)]
        since: Option<Moment>,
        /// How many.
        #[arg(long, default_value_t = 50)]
        limit: usize,
        /// Go on after a listing's nextCursor.
        #[arg(long)]
        cursor: Option<String>,
        /// Follow the cursors to the end.
        #[arg(long)]
        all: bool,
        /// Which server.
        #[command(flatten)]
        server: ServerArgs,
    },
    /// One of them, by its number.
    Show(ShowArgs),
}

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
