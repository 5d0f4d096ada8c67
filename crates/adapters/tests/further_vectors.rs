//! Cases of our own, in the form of the conformance vectors and beside them: what the carriers
//! document and the shared vectors leave out. Everything signed was signed by other code than
//! ours (`PyJWT`, Python's `hmac` and `hashlib`); MessageBird's SDK agrees where it has a verifier.

use std::path::Path;

use omni_adapters::carriers::REGISTRY;
use omni_pipeline::conformance;

#[test]
fn every_further_vector_comes_out_as_expected() {
    let mut failures = Vec::new();
    let mut passed = 0;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/further_vectors");
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
