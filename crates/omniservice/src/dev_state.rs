//! Where a running `omni dev` leaves its address and key for the client commands.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// What a running `omni dev` tells.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DevState {
    /// Where it listens.
    pub url: String,
    /// A key for its API.
    pub key: String,
    /// Its tenant.
    pub tenant: String,
    /// Its process.
    pub pid: u32,
}

/// The file.
pub fn dev_state_path() -> PathBuf {
    std::env::temp_dir().join("omni-dev.json")
}

/// Writes it.
pub fn write(state: &DevState) -> std::io::Result<()> {
    std::fs::write(dev_state_path(), serde_json::to_vec(state)?)
}

/// Removes it, if it is still ours.
pub fn remove(_pid: u32) {
    let _ = std::fs::remove_file(dev_state_path());
}
