//! How the program ends: stable exit codes, and errors a person can act on.
//!
//! | code | meaning |
//! |---|---|
//! | 0 | done |
//! | 1 | failed |
//! | 2 | wrong usage (also what the parser of arguments answers) |
//! | 3 | configuration |
//! | 4 | not found |
//! | 5 | not allowed |
//! | 6 | conflict |
//! | 7 | unavailable or timed out |
//! | 8 | partly done |
//! | 130 | interrupted |

use std::process::ExitCode;

use omni_core::problem::{self, Problem};
use omni_core::store::StoreError;

use crate::client::Refused;
use crate::colour;
use crate::config::Report;

/// A command that printed its findings and only wants an exit code.
#[derive(Debug, thiserror::Error)]
#[error("exit code {0}")]
pub struct Exit(pub u8);

/// Prints an error, if there is one, and answers the exit code.
pub fn code(outcome: anyhow::Result<()>) -> ExitCode {
    let Err(error) = outcome else { return ExitCode::SUCCESS };
    if let Some(Exit(code)) = error.downcast_ref() {
        return ExitCode::from(*code);
    }
    if let Some(report) = error.downcast_ref::<Report>() {
        eprintln!("{}", report.render(colour::on(&std::io::stderr())));
        if let Some(first) = report.mistakes.first() {
            eprintln!("  omni explain {}", first.code);
        }
        return ExitCode::from(3);
    }
    let cross = colour::dye(colour::on(&std::io::stderr()), "1;31", "×");
    let (code, status) = if let Some(problem) = error.downcast_ref::<Problem>() {
        eprintln!("  {cross} {}\n    {}", problem.code.title, problem.detail);
        for mistake in &problem.errors {
            eprintln!("    {}: {}", mistake.pointer, mistake.detail);
        }
        (problem.code.code.to_owned(), u64::from(problem.code.status))
    } else if let Some(refused) = error.downcast_ref::<Refused>() {
        eprintln!("  {cross} {refused}");
        (refused.code().to_owned(), refused.status())
    } else if let Some(store) = error.downcast_ref::<StoreError>() {
        let problem = of_store(store);
        eprintln!("  {cross} {}\n    {store}", problem.title);
        (problem.code.to_owned(), u64::from(problem.status))
    } else {
        eprintln!("  {cross} {error:#}");
        return ExitCode::FAILURE;
    };
    eprintln!("    code: {code}   omni explain {code}");
    ExitCode::from(of_status(&code, status))
}

/// What a store that cannot be opened means to whoever typed the command.
fn of_store(error: &StoreError) -> problem::Code {
    match error {
        StoreError::Locked(_) => problem::DATA_LOCKED,
        StoreError::TooNew(_) => problem::SCHEMA_TOO_NEW,
        StoreError::Corrupt(_) => problem::SCHEMA_INVALID,
        StoreError::ReadOnly(_)
        | StoreError::Unavailable(_)
        | StoreError::TooLarge(_)
        | StoreError::Other(_) => problem::STORE_UNAVAILABLE,
    }
}

fn of_status(code: &str, status: u64) -> u8 {
    if code.starts_with("CONFIG_") {
        return 3;
    }
    match status {
        400 | 413 | 422 => 2,
        401 | 403 => 5,
        404 => 4,
        409 => 6,
        429 | 503 | 504 => 7,
        _ => 1,
    }
}

/// A panic is a fault of ours: say so without a wall of frames.
pub fn on_panic() {
    std::panic::set_hook(Box::new(|info| {
        let place = info.location().map(|at| format!(" at {}:{}", at.file(), at.line())).unwrap_or_default();
        eprintln!(
            "  × a fault of omniservice itself{place}; please report it (omni version: {})",
            env!("CARGO_PKG_VERSION")
        );
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exit_codes_follow_what_happened() {
        let cases = [
            ("CONFIG_MISSING", 422, 3),
            ("VALIDATION_FAILED", 422, 2),
            ("UNAUTHORIZED", 401, 5),
            ("NOT_FOUND", 404, 4),
            ("WINDOW_CLOSED", 409, 6),
            ("STORE_UNAVAILABLE", 503, 7),
            ("INTERNAL", 500, 1),
        ];
        for (code, status, expect) in cases {
            assert_eq!(of_status(code, status), expect, "{code}");
        }
    }
}
