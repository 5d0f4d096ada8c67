//! Writes the seeds: `cargo run --example seeds`, from this folder.

use std::path::Path;

fn main() -> std::io::Result<()> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let count =
        omni_fuzz::seeds::write(&here.join("../crates/adapters/tests/vectors"), &here.join("corpus"))?;
    println!("{count} inputs written to corpus/");
    Ok(())
}
