//! `omni conformance`: vector files and captured requests against the adapters.

use std::path::Path;

use omni_adapters::carriers::REGISTRY;
use omni_core::phone::Role;
use omni_core::{consent, phone, segments};
use omni_pipeline::conformance::{self, Failure, Report};
use serde_json::{Value, json};

use crate::cli::ConformanceArgs;
use crate::exit::Exit;
use crate::output;

/// Runs every file; a line for each failure, and a last line with the sums. Exit code 1 if
/// a case failed, 2 if a file cannot be run.
pub fn run(args: &ConformanceArgs) -> anyhow::Result<()> {
    let (mut passed, mut failed, mut unusable) = (0, 0, 0);
    let mut files = Vec::new();
    for file in &args.files {
        match run_file(file) {
            Ok(report) => {
                passed += report.passed;
                failed += report.failures.len();
                if !args.json {
                    for failure in &report.failures {
                        output::line(&format!("{}: {failure}", file.display()));
                    }
                }
                files.push(json!({ "file": file, "passed": report.passed, "failures": report.failures }));
            }
            Err(reason) => {
                unusable += 1;
                eprintln!("{}: {reason}", file.display());
                files.push(json!({ "file": file, "error": reason }));
            }
        }
    }
    if args.json {
        output::json(&json!({ "passed": passed, "failed": failed, "files": files }));
    } else {
        output::line(&format!("{passed} passed, {failed} failed"));
    }
    match (unusable, failed) {
        (0, 0) => Ok(()),
        (0, _) => Err(Exit(1).into()),
        _ => Err(Exit(2).into()),
    }
}

fn run_file(file: &Path) -> Result<Report, String> {
    let bytes = std::fs::read(file).map_err(|error| format!("cannot be read: {error}"))?;
    let cases: Vec<Value> =
        serde_json::from_slice(&bytes).map_err(|error| format!("not a JSON array of cases: {error}"))?;
    let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    match cases.first().and_then(rule_of) {
        Some(rule) => Ok(run_rule(rule, &cases)),
        None => conformance::run(REGISTRY, &name, &bytes),
    }
}

/// Answers what a case of a rule that belongs to no carrier comes to.
type Rule = fn(&Value) -> Value;

/// Which rule a case is about, by the fields that it has.
fn rule_of(case: &Value) -> Option<Rule> {
    let expects = |name: &str| case["expect"].get(name).is_some();
    if expects("units_per_segment") || expects("encoding") {
        Some(|case| json!(segments::count(case["text"].as_str().unwrap_or_default())))
    } else if case.get("input").is_some() && expects("kind") {
        Some(|case| {
            let region = case["default_region"].as_str().unwrap_or_default();
            json!(phone::parse(case["input"].as_str().unwrap_or_default(), region, Role::Any))
        })
    } else if expects("opted_out_after") {
        Some(|case| match serde_json::from_value::<consent::Inbound>(case.clone()) {
            Ok(inbound) => json!(consent::decide(&inbound)),
            Err(error) => json!({ "unreadable": error.to_string() }),
        })
    } else {
        None
    }
}

fn run_rule(rule: Rule, cases: &[Value]) -> Report {
    let mut report = Report::default();
    for case in cases {
        let name = case["name"].as_str().unwrap_or("(unnamed case)");
        let got = rule(case);
        match conformance::compare("expect", &case["expect"], &got) {
            Ok(()) => report.passed += 1,
            Err(failure) => report.failures.push(Failure { case: name.to_owned(), ..failure }),
        }
    }
    report
}
