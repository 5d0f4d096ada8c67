//! `omni schema`: the embedded store's schema (the seeds' schemaManager).

use std::path::PathBuf;

use omni_core::problem::{self, Problem};
use omni_local::migrate;
use serde_json::Value;

use crate::cli::{SchemaAction, SchemaArgs};
use crate::config::{Config, Overrides};
use crate::exit::Exit;
use crate::output::{self, text};

/// Looks at the schema, or changes it; exit code 1 if that did not succeed.
pub fn run(args: &SchemaArgs) -> anyhow::Result<()> {
    let dir = dir(args)?;
    let report = match args.action {
        SchemaAction::Status => migrate::status(&dir),
        SchemaAction::Migrate => migrate::migrate(&dir, args.to, args.dry_run),
        SchemaAction::Rollback => {
            let target = args.to.ok_or_else(|| {
                Problem::new(
                    problem::VALIDATION_FAILED,
                    "a rollback needs --to VERSION; `omni schema status` shows them",
                )
            })?;
            migrate::rollback(&dir, target, args.dry_run)
        }
        SchemaAction::Validate => migrate::validate(&dir),
    };
    let report = serde_json::to_value(report?)?;
    if args.json {
        output::json(&report);
    } else {
        print(&report);
    }
    if report["success"] == true { Ok(()) } else { Err(Exit(1).into()) }
}

fn dir(args: &SchemaArgs) -> anyhow::Result<PathBuf> {
    if let Some(dir) = &args.data {
        return Ok(dir.clone());
    }
    let config = args.config.clone().unwrap_or_else(|| PathBuf::from("omni.toml"));
    Ok(Config::load(&config, Overrides::default())?.config.data.dir)
}

fn print(report: &Value) {
    let mark = if report["success"] == true { "✓" } else { "✗" };
    let dry = if report["dryRun"] == true { " (dry run: nothing was changed)" } else { "" };
    output::line(&format!("{mark} {}{dry}", text(report, "action")));
    for (name, value) in report.as_object().into_iter().flatten() {
        match value {
            Value::Array(list) if !list.is_empty() => {
                output::line(&format!("  {name}"));
                for item in list {
                    let error = item["error"].as_str().map(|error| format!(": {error}")).unwrap_or_default();
                    let shown = item.as_str().map_or_else(
                        || format!("{} {}{error}", text(item, "name"), text(item, "status")),
                        str::to_owned,
                    );
                    output::line(&format!("    {shown}"));
                }
            }
            Value::Number(number) => output::line(&format!("  {name} {number}")),
            _ => {}
        }
    }
}
