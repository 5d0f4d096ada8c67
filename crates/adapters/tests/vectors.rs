//! The conformance vectors, against every carrier that has some.

use std::path::Path;

use omni_adapters::carriers::REGISTRY;
use omni_pipeline::conformance;

/// Runs every file in `tests/vectors`; prints each field that came out otherwise.
#[test]
fn every_vector_comes_out_as_expected() {
    let mut failures = Vec::new();
    let mut passed = 0;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors");
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let file = path.file_name().unwrap().to_string_lossy().into_owned();
        let report = conformance::run(REGISTRY, &file, &std::fs::read(&path).unwrap()).unwrap();
        assert!(report.passed + report.failures.len() > 0, "{file} holds no case");
        passed += report.passed;
        failures.extend(report.failures.iter().map(|failure| format!("{file}: {failure}")));
    }
    assert!(failures.is_empty(), "{passed} passed, {} failed:\n{}", failures.len(), failures.join("\n"));
}

/// A file whose carrier is not registered would be a promise that nobody keeps.
#[test]
fn every_vector_file_names_a_carrier() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors");
    for entry in std::fs::read_dir(folder).unwrap() {
        let file = entry.unwrap().file_name().to_string_lossy().into_owned();
        assert!(REGISTRY.iter().any(|plugin| file.starts_with(plugin.name.0)), "{file}");
    }
}
