//! What can be typed to send, to try out, and to see what becomes of it.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser};

use super::ServerArgs;
use crate::words::{self, Moment};

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
#[derive(Debug, Args)]
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
