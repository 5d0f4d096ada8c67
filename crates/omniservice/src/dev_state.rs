//! Where a running `omni dev` leaves its address and key for the client commands.

use std::fs;
use std::io::{self, Write as _};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// What a running `omni dev` tells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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

/// The file: in the user's runtime directory, else in a private one below the temporary
/// directory.
pub fn dev_state_path() -> PathBuf {
    #[expect(clippy::disallowed_methods, reason = "the place of this file is the environment's business")]
    let runtime = std::env::var("XDG_RUNTIME_DIR").ok().filter(|dir| !dir.is_empty());
    match runtime {
        Some(dir) => PathBuf::from(dir).join("omni").join("dev.json"),
        None => std::env::temp_dir().join(format!("omni-{}", user())).join("dev.json"),
    }
}

/// Tells users of one machine apart.
fn user() -> String {
    #[expect(clippy::disallowed_methods, reason = "the place of this file is the environment's business")]
    let name = std::env::var("USER").unwrap_or_default();
    let plain: String =
        name.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')).collect();
    if plain.is_empty() { "user".to_owned() } else { plain }
}

/// Writes it, readable by its owner only: it holds a key.
pub fn write(state: &DevState) -> io::Result<()> {
    let path = dev_state_path();
    if let Some(dir) = path.parent() {
        make_private(dir)?;
    }
    // Removed first, so that the new file has its own mode, whoever made the old one.
    if let Err(error) = fs::remove_file(&path)
        && error.kind() != io::ErrorKind::NotFound
    {
        return Err(error);
    }
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(&path)?.write_all(&serde_json::to_vec(state)?)
}

fn make_private(dir: &std::path::Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir)
}

/// What the newest `omni dev` told, if it has not been cleaned up.
pub fn read() -> Option<DevState> {
    serde_json::from_slice(&fs::read(dev_state_path()).ok()?).ok()
}

/// Removes the file, if it is still the one of process `pid`.
pub fn remove(pid: u32) {
    if read().is_some_and(|state| state.pid == pid) {
        // Somebody may have cleaned up before us.
        fs::remove_file(dev_state_path()).ok();
    }
}
