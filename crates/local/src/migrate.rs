//! The schema and its history.
//!
//! Each step is a pair of SQL files under `migrations/`, embedded in the binary, and runs
//! in one transaction with its line in `schema_migration`. Opening a store brings its file
//! to the newest schema; the functions here are for people: `omni schema status`,
//! `migrate`, `rollback`, `validate`.
//!
//! To change the schema: add `NNN_name.up.sql` and `.down.sql` and one line to [`ALL`].
//! Never edit a step that was released: [`validate`] would call every older file wrong.

use std::collections::BTreeMap;
use std::path::Path;

use omni_core::store::StoreError;
use rusqlite::{Connection, OptionalExtension};
use serde::Serialize;

use crate::error::from_sqlite;
use crate::sqlite::files;

/// One step of the schema's history.
#[derive(Debug, Clone, Copy)]
struct Migration {
    version: u32,
    name: &'static str,
    up: &'static str,
    down: &'static str,
}

/// Every step, in order; versions count from 1 without gaps.
const ALL: [Migration; 2] = [
    Migration {
        version: 1,
        name: "001_core",
        up: include_str!("../migrations/001_core.up.sql"),
        down: include_str!("../migrations/001_core.down.sql"),
    },
    Migration {
        version: 2,
        name: "002_rare_state_indexes",
        up: include_str!("../migrations/002_rare_state_indexes.up.sql"),
        down: include_str!("../migrations/002_rare_state_indexes.down.sql"),
    },
];

/// The version that this program works with.
pub const NEWEST: u32 = ALL[ALL.len() - 1].version;

const LEDGER: &str = "CREATE TABLE IF NOT EXISTS schema_migration (
  version INTEGER PRIMARY KEY,
  name    TEXT NOT NULL
)";

/// What was done, or would be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Whether everything went well.
    pub success: bool,
    /// `status`, `migrate`, `rollback` or `validate`.
    pub action: &'static str,
    /// The schema's version now.
    pub version: u32,
    /// Nothing was changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dry_run: Option<bool>,
    /// Steps that are still to be taken (in a dry run: that would be taken), in order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pending_migrations: Option<Vec<&'static str>>,
    /// Steps (or checks), in order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub results: Option<Vec<StepResult>>,
}

/// One step, or one check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StepResult {
    /// Its name.
    pub name: String,
    /// `success` or `failed`.
    pub status: &'static str,
    /// What went wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

impl StepResult {
    fn new(name: impl Into<String>, outcome: Result<(), String>) -> Self {
        let error = outcome.err();
        let status = if error.is_none() { "success" } else { "failed" };
        Self { name: name.into(), status, error }
    }
}

/// The version of the store in `dir`, and what is pending. Works while it is in use.
pub fn status(dir: &Path) -> Result<Report, StoreError> {
    let version = version(&files::read_only(dir)?)?;
    let pending = ALL.iter().filter(|step| step.version > version).map(|step| step.name).collect();
    Ok(Report {
        success: version <= NEWEST,
        action: "status",
        version,
        dry_run: None,
        pending_migrations: Some(pending),
        results: None,
    })
}

/// Brings the store in `dir` up to `target` (the newest, if `None`), making it if there is
/// none. Refused while it is in use. Does nothing if it is there or beyond.
pub fn migrate(dir: &Path, target: Option<u32>, dry_run: bool) -> Result<Report, StoreError> {
    let _lock = files::lock(dir)?;
    let mut connection = files::read_write(dir)?;
    let version = version(&connection)?;
    let wanted = version + 1..=target.unwrap_or(NEWEST);
    let steps: Vec<_> = ALL.iter().filter(|step| wanted.contains(&step.version)).collect();
    run(&mut connection, "migrate", &steps, dry_run, up)
}

/// Takes the store in `dir` back to `target`. The steps that go lose what only they held:
/// below version 1 that is everything. Refused while the store is in use.
pub fn rollback(dir: &Path, target: u32, dry_run: bool) -> Result<Report, StoreError> {
    let _lock = files::lock(dir)?;
    let mut connection = files::read_write(dir)?;
    let version = version(&connection)?;
    refuse_newer(version)?;
    let gone = |step: &&Migration| step.version > target && step.version <= version;
    let steps: Vec<_> = ALL.iter().filter(gone).rev().collect();
    run(&mut connection, "rollback", &steps, dry_run, down)
}

/// Compares the schema in `dir` with what its version should have, and lets SQLite check
/// the file. Works while it is in use.
pub fn validate(dir: &Path) -> Result<Report, StoreError> {
    let connection = files::read_only(dir)?;
    let version = version(&connection)?;
    let checks = vec![
        StepResult::new("version", refuse_newer(version).map_err(|error| error.to_string())),
        StepResult::new("schema", compare(&connection, version)?),
        StepResult::new("integrity", integrity(&connection)?),
    ];
    Ok(Report {
        success: checks.iter().all(|check| check.error.is_none()),
        action: "validate",
        version,
        dry_run: None,
        pending_migrations: None,
        results: Some(checks),
    })
}

/// Brings an open database to the newest schema.
pub(crate) fn to_newest(connection: &mut Connection) -> Result<(), StoreError> {
    let version = version(connection)?;
    refuse_newer(version)?;
    for step in ALL.iter().filter(|step| step.version > version) {
        up(connection, step).map_err(from_sqlite)?;
        tracing::info!(migration = step.name, "store migrated");
    }
    Ok(())
}

fn run(
    connection: &mut Connection,
    action: &'static str,
    steps: &[&Migration],
    dry_run: bool,
    take: fn(&mut Connection, &Migration) -> rusqlite::Result<()>,
) -> Result<Report, StoreError> {
    let mut report = Report {
        success: true,
        action,
        version: 0,
        dry_run: dry_run.then_some(true),
        pending_migrations: None,
        results: None,
    };
    if dry_run {
        report.pending_migrations = Some(steps.iter().map(|step| step.name).collect());
    } else {
        let mut results = Vec::new();
        for step in steps {
            let outcome = take(connection, step).map_err(|error| error.to_string());
            report.success = outcome.is_ok();
            results.push(StepResult::new(step.name, outcome));
            if !report.success {
                break;
            }
        }
        report.results = Some(results);
    }
    report.version = version(connection)?;
    Ok(report)
}

fn up(connection: &mut Connection, step: &Migration) -> rusqlite::Result<()> {
    let transaction = connection.transaction()?;
    transaction.execute_batch(LEDGER)?;
    transaction.execute_batch(step.up)?;
    transaction
        .execute("INSERT INTO schema_migration (version, name) VALUES (?1, ?2)", (step.version, step.name))?;
    transaction.commit()
}

fn down(connection: &mut Connection, step: &Migration) -> rusqlite::Result<()> {
    let transaction = connection.transaction()?;
    transaction.execute_batch(step.down)?;
    transaction.execute("DELETE FROM schema_migration WHERE version = ?1", [step.version])?;
    transaction.commit()
}

fn version(connection: &Connection) -> Result<u32, StoreError> {
    let read = || -> rusqlite::Result<u32> {
        let ledger = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'schema_migration'";
        if connection.query_row(ledger, [], |_| Ok(())).optional()?.is_none() {
            return Ok(0);
        }
        connection.query_row("SELECT coalesce(max(version), 0) FROM schema_migration", [], |row| row.get(0))
    };
    read().map_err(from_sqlite)
}

fn refuse_newer(version: u32) -> Result<(), StoreError> {
    if version > NEWEST {
        return Err(StoreError::TooNew(format!(
            "its schema is version {version}, this program knows up to {NEWEST}; start a newer omni"
        )));
    }
    Ok(())
}

fn integrity(connection: &Connection) -> Result<Result<(), String>, StoreError> {
    let found: String =
        connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0)).map_err(from_sqlite)?;
    Ok(if found == "ok" { Ok(()) } else { Err(found) })
}

/// The first difference between the live schema and that of `version`.
fn compare(connection: &Connection, version: u32) -> Result<Result<(), String>, StoreError> {
    let expected = || -> rusqlite::Result<_> {
        let mut fresh = Connection::open_in_memory()?;
        for step in ALL.iter().filter(|step| step.version <= version) {
            up(&mut fresh, step)?;
        }
        objects(&fresh)
    };
    let expected = expected().map_err(from_sqlite)?;
    let live = objects(connection).map_err(from_sqlite)?;
    for (name, sql) in &expected {
        match live.get(name) {
            None => return Ok(Err(format!("{name} is missing"))),
            Some(found) if found != sql => return Ok(Err(format!("{name} differs"))),
            Some(_) => {}
        }
    }
    // Tables of the user's own are no fault; a changed or missing one of ours is.
    Ok(Ok(()))
}

/// Everything in a schema: its kind and name, and how it was made, blanks aside.
fn objects(connection: &Connection) -> rusqlite::Result<BTreeMap<String, String>> {
    let mut statement =
        connection.prepare("SELECT type || ' ' || name, sql FROM sqlite_master WHERE sql IS NOT NULL")?;
    let rows = statement.query_map([], |row| {
        let sql: String = row.get(1)?;
        Ok((row.get(0)?, sql.split_whitespace().collect::<Vec<_>>().join(" ")))
    })?;
    rows.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_count_from_one_and_match_their_names() {
        for (index, step) in ALL.iter().enumerate() {
            assert_eq!(step.version as usize, index + 1);
            assert!(step.name.starts_with(&format!("{:03}_", step.version)), "{}", step.name);
        }
    }

    #[test]
    fn every_step_can_be_taken_back() {
        let mut connection = Connection::open_in_memory().unwrap();
        let mut before = Vec::new();
        for step in &ALL {
            before.push(objects(&connection).unwrap());
            up(&mut connection, step).unwrap();
        }
        for (step, before) in ALL.iter().zip(before).rev() {
            down(&mut connection, step).unwrap();
            let mut after = objects(&connection).unwrap();
            if step.version == 1 {
                after.remove("table schema_migration");
            }
            assert_eq!(after, before, "{}", step.name);
        }
    }
}
