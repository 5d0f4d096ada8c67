//! What the program says of itself.

use clap::CommandFactory as _;

use crate::cli::Cli;
use crate::output;

/// `omni` alone: where to begin.
pub fn welcome() {
    output::line(concat!(
        "omniservice ",
        env!("CARGO_PKG_VERSION"),
        ": a messaging gateway in one binary

  omni dev                          try everything here; no carrier is contacted
  omni trigger whatsapp.text --text \"hello\"       a person writes (second terminal)
  omni send +15550001001 \"Your table is ready\"    you write
  omni tail                         watch what happens
  omni why <message>                every step, carrier, attempt and receipt of it
  omni dead-letters list            what was given up, and `redrive`

  omni init · omni check · omni serve               for real use
  omni explain <CODE>               what an error means
  omni --help                       all commands; each --help begins with examples"
    ));
}

/// `omni version`
pub fn version() -> anyhow::Result<()> {
    output::line(&format!("omniservice {}", env!("CARGO_PKG_VERSION")));
    Ok(())
}

/// `omni openapi`
pub fn openapi() -> anyhow::Result<()> {
    output::json(&serde_json::to_value(omni_server::openapi())?);
    Ok(())
}

/// `omni completions`
pub fn completions(shell: clap_complete::Shell) -> anyhow::Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "omni", &mut script);
    output::line(String::from_utf8_lossy(&script).trim_end());
    Ok(())
}
