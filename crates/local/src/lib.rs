//! SQLite and files: every platform port on one machine.
//!
//! * [`SqliteStore`] is the store that everything runs on by default: one file, one writer
//!   thread, group commit, readable by any `sqlite3`.
//! * [`MemoryStore`] keeps the same promises in memory, for tests, and with
//!   [`MemoryStore::null`] measures what the pipeline costs without a disk.
//! * [`migrate`] is the schema and its history; [`floor`] measures what the disk itself can
//!   do, so that a benchmark has something to stand on.
//!
//! How a commit flows: the caller's task serialises and compresses ([`prepare`]), the
//! writer thread takes everything that waits, checks and writes it in one transaction
//! ([`sqlite`]), and only after the disk has it does the work queue ([`queue`]) learn of
//! new jobs and do the callers get their answers.
//!
//! Deliberately absent: several processes on one file (a lock file refuses the second),
//! a cache that could answer with something that was never durable, and SQL outside this
//! crate.

mod cache;
mod error;
pub mod floor;
mod journal;
mod memory;
pub mod migrate;
mod options;
mod prepare;
mod queue;
mod sqlite;
mod tenants;

pub use memory::MemoryStore;
pub use options::{Checkpointing, Options};
pub use sqlite::{SqliteStore, Swept};
