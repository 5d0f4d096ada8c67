//! Writes `docs/carriers/`: `cargo run -p omni-adapters --example carrier_docs`.

#[path = "carrier_docs/mod.rs"]
mod carrier_docs;
#[path = "../tests/support/mod.rs"]
#[expect(dead_code, reason = "the contract test uses the rest")]
mod support;

fn main() -> std::io::Result<()> {
    let folder = carrier_docs::folder();
    std::fs::create_dir_all(&folder)?;
    for (name, text) in carrier_docs::pages() {
        std::fs::write(folder.join(name), text)?;
    }
    Ok(())
}
