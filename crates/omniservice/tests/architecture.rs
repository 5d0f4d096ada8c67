//! The picture in ARCHITECTURE.md, held against what cargo knows. Prose that a test reads
//! cannot drift.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use serde_json::Value;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn metadata() -> &'static Value {
    static METADATA: OnceLock<Value> = OnceLock::new();
    METADATA.get_or_init(|| {
        let output = Command::new(env!("CARGO"))
            .args([
                "metadata",
                "--format-version",
                "1",
                "--locked",
                "--filter-platform",
                "x86_64-unknown-linux-gnu",
            ])
            .current_dir(root())
            .output()
            .expect("cargo runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).expect("cargo metadata is JSON")
    })
}

fn packages() -> &'static Vec<Value> {
    metadata()["packages"].as_array().expect("packages")
}

/// `| server | core, pipeline |` rows of the table under "Who knows whom".
fn pictured() -> BTreeMap<String, BTreeSet<String>> {
    let text = std::fs::read_to_string(root().join("ARCHITECTURE.md")).expect("ARCHITECTURE.md");
    let table = text
        .split("## Who knows whom")
        .nth(1)
        .expect("the section")
        .split("\n## ")
        .next()
        .unwrap_or_default();
    let mut edges = BTreeMap::new();
    for row in table.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let names = |cell: &str| -> BTreeSet<String> {
            cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
        };
        let name = names(cells[0]).into_iter().next().expect("a crate");
        edges.insert(name, names(cells[1]));
    }
    edges
}

fn short(package: &str) -> String {
    package.strip_prefix("omni-").unwrap_or(package).to_owned()
}

#[test]
fn crates_know_whom_the_picture_says() {
    let mut real = BTreeMap::new();
    for package in packages().iter().filter(|package| package["source"].is_null()) {
        let knows: BTreeSet<String> = package["dependencies"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|dependency| dependency["kind"].is_null() && dependency["path"].is_string())
            .map(|dependency| short(dependency["name"].as_str().unwrap()))
            .collect();
        real.insert(short(package["name"].as_str().unwrap()), knows);
    }
    assert_eq!(real, pictured(), "left: Cargo.toml files; right: ARCHITECTURE.md");
}

#[test]
fn the_default_build_names_no_cloud_sdk() {
    let clouds: Vec<&str> = packages()
        .iter()
        .filter_map(|package| package["name"].as_str())
        .filter(|name| name.starts_with("aws-") || name.contains("lambda_runtime"))
        .collect();
    assert!(clouds.is_empty(), "{clouds:?}");
}

#[test]
fn carriers_on_disk_are_carriers_in_the_registry() {
    let folder = root().join("crates/adapters/src/carriers");
    let on_disk: BTreeSet<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    let registered: BTreeSet<String> =
        omni_adapters::carriers::REGISTRY.iter().map(|plugin| plugin.name.to_string()).collect();
    assert_eq!(on_disk, registered);
}

/// Licences that `deny.toml` allows.
fn allowed() -> BTreeSet<String> {
    let text = std::fs::read_to_string(root().join("deny.toml")).expect("deny.toml");
    let list = text.split("allow = [").nth(1).expect("an allow list").split(']').next().unwrap_or_default();
    list.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn every_dependency_has_an_allowed_licence() {
    let allowed = allowed();
    let refused: Vec<String> = packages()
        .iter()
        .filter(|package| !package["source"].is_null())
        .filter_map(|package| {
            let licence = package["license"].as_str().unwrap_or("none");
            let fine = Spdx { words: words(licence), at: 0 }.any_of(&allowed);
            (!fine).then(|| format!("{} ({licence})", package["name"]))
        })
        .collect();
    assert!(refused.is_empty(), "not in deny.toml: {refused:?}");
}

/// The words and brackets of an SPDX expression; the old `MIT/Apache-2.0` means `OR`.
fn words(expression: &str) -> Vec<String> {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    spaced.split_whitespace().map(str::to_owned).collect()
}

struct Spdx {
    words: Vec<String>,
    at: usize,
}

impl Spdx {
    fn next_is(&mut self, word: &str) -> bool {
        let is = self.words.get(self.at).is_some_and(|next| next == word);
        self.at += usize::from(is);
        is
    }

    fn any_of(&mut self, allowed: &BTreeSet<String>) -> bool {
        let mut fine = self.all_of(allowed);
        while self.next_is("OR") {
            fine |= self.all_of(allowed);
        }
        fine
    }

    fn all_of(&mut self, allowed: &BTreeSet<String>) -> bool {
        let mut fine = self.one(allowed);
        while self.next_is("AND") {
            fine &= self.one(allowed);
        }
        fine
    }

    fn one(&mut self, allowed: &BTreeSet<String>) -> bool {
        if self.next_is("(") {
            let fine = self.any_of(allowed);
            assert!(self.next_is(")"), "unbalanced licence");
            return fine;
        }
        let word = self.words.get(self.at).cloned().unwrap_or_default();
        self.at += 1;
        if self.next_is("WITH") {
            self.at += 1;
        }
        allowed.contains(&word)
    }
}

#[test]
fn licence_expressions_are_read_right() {
    let allowed: BTreeSet<String> = ["MIT".to_owned(), "Unicode-3.0".to_owned()].into();
    let cases = [
        ("MIT", true),
        ("GPL-3.0", false),
        ("GPL-3.0 OR MIT", true),
        ("MIT/Apache-2.0", true),
        ("(GPL-3.0 OR MIT) AND Unicode-3.0", true),
        ("MIT AND GPL-3.0", false),
        ("MIT AND (GPL-3.0 OR X)", false),
        ("MIT WITH LLVM-exception", true),
    ];
    for (expression, expect) in cases {
        assert_eq!(Spdx { words: words(expression), at: 0 }.any_of(&allowed), expect, "{expression}");
    }
}

#[test]
fn the_documents_name_files_that_exist() {
    for document in ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"] {
        let text = std::fs::read_to_string(root().join(document)).expect(document);
        for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let target = target.split('#').next().unwrap();
            if target.is_empty() || target.contains("://") {
                continue;
            }
            assert!(root().join(target).exists(), "{document} names {target}");
        }
    }
}

/// The table that says where things are names files by path, in backticks.
#[test]
fn the_map_names_files_that_exist() {
    let text = std::fs::read_to_string(root().join("ARCHITECTURE.md")).expect("ARCHITECTURE.md");
    let quoted = text.split('`').skip(1).step_by(2);
    let paths: Vec<&str> =
        quoted.filter(|word| word.starts_with("crates/") && !word.contains(['<', '{', '*'])).collect();
    assert!(paths.len() > 10, "{paths:?}");
    for path in paths {
        assert!(root().join(path).exists(), "ARCHITECTURE.md names {path}");
    }
}
