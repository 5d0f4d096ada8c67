//! Where a running `omni dev` leaves its address and key for the client commands.
//!
//! The file lies in a directory that only this user may read: it holds a key, if only one of
//! a sandbox.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::config::variable;

/// What a running `omni dev` tells.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
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

impl std::fmt::Debug for DevState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DevState").field("url", &self.url).field("pid", &self.pid).finish_non_exhaustive()
    }
}

/// The file: `$XDG_RUNTIME_DIR/omni/dev.json`, or `omni-<uid>/dev.json` in the directory for
/// temporary files.
pub fn dev_state_path() -> PathBuf {
    let runtime = variable("XDG_RUNTIME_DIR").filter(|dir| Path::new(dir).is_dir());
    let dir = match runtime {
        Some(dir) => Path::new(&dir).join("omni"),
        None => std::env::temp_dir().join(format!("omni-{}", user())),
    };
    dir.join("dev.json")
}

fn user() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// Writes it, whole or not at all.
pub fn write(state: &DevState) -> io::Result<()> {
    write_to(&dev_state_path(), state)
}

fn write_to(path: &Path, state: &DevState) -> io::Result<()> {
    let dir = path.parent().unwrap_or(Path::new("."));
    if let Err(error) = DirBuilder::new().mode(0o700).create(dir)
        && error.kind() != io::ErrorKind::AlreadyExists
    {
        return Err(error);
    }
    ours_alone(dir)?;
    let fresh = path.with_extension(format!("{}.tmp", state.pid));
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&fresh)?;
    file.write_all(&serde_json::to_vec(state)?)?;
    fs::rename(&fresh, path)
}

/// In a directory that everybody shares, somebody else may have been first.
fn ours_alone(dir: &Path) -> io::Result<()> {
    let found = fs::symlink_metadata(dir)?;
    if found.is_dir() && found.uid() == user() && found.mode() & 0o077 == 0 {
        return Ok(());
    }
    let why = format!("{} does not belong to this user alone", dir.display());
    Err(io::Error::new(io::ErrorKind::PermissionDenied, why))
}

/// What was found of a running `omni dev`.
#[derive(Debug, PartialEq, Eq)]
pub enum Found {
    /// It runs.
    Running(DevState),
    /// It ran, and ended without tidying up.
    Gone(DevState),
    /// There is no trace of one.
    Nothing,
}

/// Looks for a running `omni dev` of this user.
pub fn read() -> Found {
    read_from(&dev_state_path())
}

fn read_from(path: &Path) -> Found {
    let trusted = path.parent().is_some_and(|dir| ours_alone(dir).is_ok());
    let text = if trusted { fs::read(path).ok() } else { None };
    let Some(state) = text.and_then(|text| serde_json::from_slice::<DevState>(&text).ok()) else {
        return Found::Nothing;
    };
    if is_alive(state.pid) { Found::Running(state) } else { Found::Gone(state) }
}

fn is_alive(pid: u32) -> bool {
    let pid = i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw);
    pid.is_some_and(|pid| rustix::process::test_kill_process(pid).is_ok())
}

/// Removes it, if it is still that of process `pid`.
pub fn remove(pid: u32) {
    remove_from(&dev_state_path(), pid);
}

fn remove_from(path: &Path, pid: u32) {
    if let Found::Running(state) | Found::Gone(state) = read_from(path)
        && state.pid == pid
    {
        // Without it nothing is lost: its process is known to be gone.
        let _gone_already = fs::remove_file(path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    fn state(pid: u32) -> DevState {
        DevState {
            url: "http://127.0.0.1:1".into(),
            key: "omni_sk_test_x".into(),
            tenant: "acme".into(),
            pid,
        }
    }

    #[test]
    fn what_is_written_is_found_and_only_its_owner_removes_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("omni").join("dev.json");
        assert_eq!(read_from(&path), Found::Nothing);
        let ours = state(std::process::id());
        write_to(&path, &ours).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        assert_eq!(fs::metadata(path.parent().unwrap()).unwrap().mode() & 0o777, 0o700);
        assert_eq!(read_from(&path), Found::Running(ours.clone()));
        remove_from(&path, ours.pid + 1);
        assert!(path.exists());
        remove_from(&path, ours.pid);
        assert_eq!(read_from(&path), Found::Nothing);
    }

    #[test]
    fn a_process_that_is_gone_is_told_from_one_that_runs() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("omni").join("dev.json");
        // Beyond the greatest process id of any system we run on.
        let gone = state(0x7fff_fff0);
        write_to(&path, &gone).unwrap();
        assert_eq!(read_from(&path), Found::Gone(gone));
    }

    #[test]
    fn a_directory_that_others_can_read_is_not_trusted() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("omni").join("dev.json");
        write_to(&path, &state(1)).unwrap();
        fs::set_permissions(path.parent().unwrap(), fs::Permissions::from_mode(0o755)).unwrap();
        assert_eq!(read_from(&path), Found::Nothing);
        assert!(write_to(&path, &state(1)).is_err());
    }

    #[test]
    fn debug_shows_no_key() {
        assert!(!format!("{:?}", state(1)).contains("omni_sk"));
    }
}
