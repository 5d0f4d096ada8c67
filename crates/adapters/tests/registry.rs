//! The registry against the folders on disk: a carrier that is not listed does not exist.

use std::collections::BTreeSet;
use std::path::Path;

use omni_adapters::carriers::{REGISTRY, find};

#[test]
fn every_folder_is_registered() {
    let carriers = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/carriers");
    let folders: BTreeSet<String> = std::fs::read_dir(carriers)
        .unwrap()
        .map(Result::unwrap)
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    let registered: BTreeSet<String> = REGISTRY.iter().map(|plugin| plugin.name.to_string()).collect();
    assert_eq!(folders, registered);
    assert_eq!(registered.len(), REGISTRY.len(), "a name is registered twice");
}

#[test]
fn carriers_are_found_by_name() {
    for plugin in REGISTRY {
        assert_eq!(find(plugin.name.0).unwrap().name, plugin.name);
    }
    assert!(find("pigeon").is_none());
}
