//! Cases of our own, beside the given vectors and in their format: each field, word, error
//! code and oddity that the facts sheets name for the carriers. Signatures were made with the
//! carriers' own SDKs (Twilio, SendGrid), with a token library whose result MessageBird's own
//! SDK verified, or with plain digests (the others), not with our code.

use std::path::Path;

use omni_adapters::carriers::REGISTRY;
use omni_pipeline::conformance;

#[test]
fn every_case_comes_out_as_the_sheets_say() {
    let mut failures = Vec::new();
    let mut passed = 0;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/more_vectors");
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let file = path.file_name().unwrap().to_string_lossy().into_owned();
        let report = conformance::run(REGISTRY, &file, &std::fs::read(&path).unwrap()).unwrap();
        passed += report.passed;
        failures.extend(report.failures.iter().map(|failure| format!("{file}: {failure}")));
    }
    assert!(failures.is_empty(), "{passed} passed, {} failed:\n{}", failures.len(), failures.join("\n"));
    assert!(passed > 1_000, "only {passed} cases ran");
}
