//! `omni schema`: the embedded store's schema (the seeds' schemaManager).

use std::path::{Path, PathBuf};

use include_dir::{Dir, include_dir};
use omni_core::problem::{self, Problem};
use omni_local::migrate;
use serde_json::{Value, json};

use crate::cli::{SchemaAction, SchemaArgs};
use crate::config::Config;
use crate::confirm::{self, Sure};
use crate::exit::Exit;
use crate::output::{self, text};

/// Every step of the schema's history, for the names of those that were taken.
static STEPS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../local/migrations");
/// The store's file in the data directory.
const DATABASE: &str = "omni.db";

/// Looks at the schema, or changes it; exit code 1 if that did not succeed.
pub fn run(args: &SchemaArgs) -> anyhow::Result<()> {
    let dir = dir(args)?;
    if args.action != SchemaAction::Migrate {
        must_be_there(&dir)?;
    }
    let report = match args.action {
        SchemaAction::Status => migrate::status(&dir),
        // A plan for a store that is not there must not make one.
        SchemaAction::Migrate if args.dry_run && !dir.join(DATABASE).exists() => {
            migrate::migrate(tempfile::tempdir()?.path(), args.to, true)
        }
        SchemaAction::Migrate => migrate::migrate(&dir, args.to, args.dry_run),
        SchemaAction::Rollback => rollback(args, &dir)?,
        SchemaAction::Validate => migrate::validate(&dir),
    };
    let mut report = serde_json::to_value(report?)?;
    if args.action == SchemaAction::Status {
        report["appliedMigrations"] = json!(applied(report["version"].as_u64().unwrap_or_default()));
    }
    if args.json {
        output::json(&report);
    } else {
        print(&report, &dir);
    }
    if report["success"] == true { Ok(()) } else { Err(Exit(1).into()) }
}

type Outcome = Result<migrate::Report, omni_core::store::StoreError>;

/// Goes back, once somebody is sure: what only the newer steps held is lost.
fn rollback(args: &SchemaArgs, dir: &Path) -> anyhow::Result<Outcome> {
    let target = args.to.ok_or_else(|| {
        let detail = "a rollback needs --to VERSION; `omni schema status` shows them";
        Problem::new(problem::VALIDATION_FAILED, detail)
    })?;
    if !args.dry_run && !args.yes {
        let place = dir.canonicalize().unwrap_or_else(|_| dir.to_owned());
        let name = place.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let lost = if target == 0 { "everything in it" } else { "what only the newer versions hold" };
        let what = format!(
            "Taking the store in {} back to version {target} loses {lost}; --dry-run shows the steps.",
            dir.display()
        );
        confirm::ask(&what, Sure::Typed(&name))?;
    }
    Ok(migrate::rollback(dir, target, args.dry_run))
}

/// The data directory. Nothing else of the configuration is read: whoever looks at a store
/// at night need not have the carriers' secrets.
fn dir(args: &SchemaArgs) -> anyhow::Result<PathBuf> {
    if let Some(dir) = &args.data {
        return Ok(dir.clone());
    }
    let config = args.config.clone().unwrap_or_else(|| PathBuf::from("omni.toml"));
    if args.config.is_none() && !config.exists() {
        let detail = "There is no omni.toml here: name the data directory with --data, or the configuration with --config.";
        return Err(Problem::new(problem::CONFIG_NOT_FOUND, detail).into());
    }
    Ok(Config::data_dir(&config)?)
}

fn must_be_there(dir: &Path) -> anyhow::Result<()> {
    if dir.join(DATABASE).exists() {
        return Ok(());
    }
    let detail = format!(
        "There is no store in {} (no {DATABASE}). `omni serve` makes one when it starts, and `omni schema migrate`.",
        dir.display()
    );
    Err(Problem::new(problem::NOT_FOUND, detail).into())
}

/// The names of the steps up to `version`, in order.
fn applied(version: u64) -> Vec<&'static str> {
    let names = STEPS.files().filter_map(|file| file.path().file_name()?.to_str()?.strip_suffix(".up.sql"));
    let taken = |name: &&str| {
        let number = name.split('_').next().and_then(|number| number.parse::<u64>().ok());
        number.is_some_and(|number| number <= version)
    };
    let mut names: Vec<&str> = names.filter(taken).collect();
    names.sort_unstable();
    names
}

fn print(report: &Value, dir: &Path) {
    let failed = report["success"] != true;
    let dry = if report["dryRun"] == true { ": this would be done, nothing was changed" } else { "" };
    let place = dir.display();
    output::line(&format!("{} {} of {place}{dry}", output::mark(!failed), text(report, "action")));
    output::line(&format!("  version  {}", report["version"]));
    steps("applied", &report["appliedMigrations"], "");
    let none = if report["dryRun"] == true { "nothing to do" } else { "none" };
    steps("pending", &report["pendingMigrations"], none);
    steps("steps", &report["results"], "nothing to do");
    let action = text(report, "action");
    let waiting = report["pendingMigrations"].as_array().is_some_and(|steps| !steps.is_empty());
    if action == "status" && waiting {
        eprintln!("  next: omni schema migrate (`omni serve` does it, too, when it starts)");
    }
}

/// A list below its title; `none` if it is empty. A list that is not there is not shown.
fn steps(title: &str, list: &Value, none: &str) {
    let Some(list) = list.as_array() else { return };
    if list.is_empty() {
        if !none.is_empty() {
            output::line(&format!("  {title:<8} {none}"));
        }
        return;
    }
    for (at, item) in list.iter().enumerate() {
        let title = if at == 0 { title } else { "" };
        let shown = item.as_str().map_or_else(
            || {
                let error = item["error"].as_str().map(|error| format!(": {error}")).unwrap_or_default();
                let good = text(item, "status") == "success";
                format!("{} {}{error}", output::mark(good), text(item, "name"))
            },
            str::to_owned,
        );
        output::line(&format!("  {title:<8} {shown}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_applied_steps_are_those_of_the_store() {
        let dir = tempfile::tempdir().unwrap();
        let all = migrate::migrate(dir.path(), None, true).unwrap().pending_migrations.unwrap();
        assert_eq!(applied(u64::from(migrate::NEWEST)), all);
        assert_eq!((applied(0), applied(1)), (vec![], all[..1].to_vec()));
    }
}
