//! Writes `crates/server/openapi.json`, the committed snapshot of the API's description.
//!
//! `cargo run -p omni-server --example openapi`

use std::path::Path;

fn main() -> std::io::Result<()> {
    let json = omni_server::openapi().to_pretty_json().map_err(std::io::Error::other)?;
    std::fs::write(Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi.json"), json + "\n")
}
