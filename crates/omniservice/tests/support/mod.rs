//! Runs the built binary as a user would, in a directory of its own.

#![allow(dead_code, reason = "each test file uses its part")]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What came of a command.
#[derive(Debug)]
pub(crate) struct Ran {
    /// Its exit code.
    pub(crate) code: i32,
    /// Standard output.
    pub(crate) out: String,
    /// Standard error.
    pub(crate) err: String,
}

/// A temporary directory to work in.
pub(crate) struct Workplace {
    dir: tempfile::TempDir,
}

impl Workplace {
    /// An empty one.
    pub(crate) fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }

    /// Writes a file, with directories as needed.
    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// `omni` in this directory, with nothing of this machine's environment.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_omni"));
        command.args(arguments).current_dir(self.path()).env_clear().stdin(Stdio::null());
        command.env("XDG_RUNTIME_DIR", self.path().join("run")).env("TMPDIR", self.path());
        command
    }

    /// Runs `omni`.
    pub(crate) fn omni(&self, arguments: &[&str]) -> Ran {
        self.omni_in(&[], arguments)
    }

    /// Runs `omni` with these variables.
    pub(crate) fn omni_in(&self, environment: &[(&str, &str)], arguments: &[&str]) -> Ran {
        let output = self.command(arguments).envs(environment.iter().copied()).output().unwrap();
        Ran {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// A fresh API key.
    pub(crate) fn new_key(&self) -> String {
        let ran = self.omni(&["keys", "new", "--tenant", "acme", "--json"]);
        let made: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
        made["key"].as_str().unwrap().to_owned()
    }
}

/// The root of the repository.
pub(crate) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}
