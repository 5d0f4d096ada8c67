//! Asking before what cannot be taken back. A script is never asked: it says `--yes`.

use std::io::{self, BufRead, IsTerminal as _, Write as _};

use omni_core::problem::{self, Problem};

use crate::exit::Exit;

/// How sure somebody must be.
#[derive(Debug, Clone, Copy)]
pub enum Sure<'a> {
    /// A `y` will do.
    Yes,
    /// The name of what is lost must be typed.
    Typed(&'a str),
}

/// Asks on a terminal whether to go on with `what` (a sentence).
///
/// # Errors
/// [`problem::VALIDATION_FAILED`] where nobody can be asked; exit code 1 if the answer is no.
pub fn ask(what: &str, sure: Sure<'_>) -> anyhow::Result<()> {
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        let detail =
            format!("{what} This is no terminal, so nobody can be asked: say --yes if that is meant.");
        return Err(Problem::new(problem::VALIDATION_FAILED, detail).into());
    }
    eprintln!("  {what}");
    match sure {
        Sure::Yes => eprint!("  Go on? [y/N] "),
        Sure::Typed(name) => eprint!("  To go on, type its name ({name}): "),
    }
    io::stderr().flush()?;
    if agreed(&mut io::stdin().lock(), sure)? {
        return Ok(());
    }
    eprintln!("  nothing was changed");
    Err(Exit(1).into())
}

fn agreed(input: &mut impl BufRead, sure: Sure<'_>) -> io::Result<bool> {
    let mut line = String::new();
    input.read_line(&mut line)?;
    let typed = line.trim();
    Ok(match sure {
        Sure::Yes => typed.eq_ignore_ascii_case("y") || typed.eq_ignore_ascii_case("yes"),
        Sure::Typed(name) => typed == name,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_clear_answer_counts() {
        let name = Sure::Typed("omni-data");
        let cases = [
            ("y\n", Sure::Yes, true),
            ("YES\n", Sure::Yes, true),
            ("\n", Sure::Yes, false),
            ("", Sure::Yes, false),
            ("n\n", Sure::Yes, false),
            ("yesterday\n", Sure::Yes, false),
            ("omni-data\n", name, true),
            ("omni\n", name, false),
            ("y\n", name, false),
            ("", name, false),
        ];
        for (typed, sure, expect) in cases {
            assert_eq!(agreed(&mut typed.as_bytes(), sure).unwrap(), expect, "{typed:?} {sure:?}");
        }
    }
}
