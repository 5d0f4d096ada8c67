//! What can be typed to look at things: lists, one of them, and what can be done with it.

use clap::{Args, Subcommand};

use super::ServerArgs;
use crate::words::{self, Moment};

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
