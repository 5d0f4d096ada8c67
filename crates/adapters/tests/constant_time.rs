//! Proofs are compared in constant time: a comparison that stops at the first difference
//! tells a stranger, byte by byte, what the right proof is.
//!
//! Times cannot be measured reliably in a test, so this reads the source instead: in the
//! carriers and what they share, nothing that is named like a secret or a proof may be an
//! operand of `==`, `!=` or a comparing method; what compares is `subtle`, behind
//! `shared::hmac::equal` and `Secret::matches`. It goes by names and by lines, so it can be
//! fooled on purpose, but not by a slip of the keyboard.

#![expect(clippy::unwrap_used, reason = "a source that cannot be read must fail the test")]

use std::path::{Path, PathBuf};

/// Parts of names that mean a secret, or what is compared with one.
const SECRET_NAMES: &[&str] = &[
    "authorization",
    "credential",
    "digest",
    "expected",
    "hash",
    "hmac",
    "jwt",
    "key",
    "keys",
    "mac",
    "password",
    "presented",
    "proof",
    "secret",
    "secrets",
    "sign",
    "signature",
    "token",
    "tokens",
];

/// What may be asked about a secret with an ordinary comparison: nothing of its content.
const HARMLESS: &[&str] = &[".len()", ".is_some()", ".is_none()", ".is_empty()", ".count()"];

/// The comparing methods.
const METHODS: &[&str] =
    &[".eq(", ".ne(", ".cmp(", ".starts_with(", ".ends_with(", ".contains(", ".eq_ignore_ascii_case("];

/// Lines that compare something so named and yet no secret, each with the reason.
const KNOWN: &[(&str, &str)] = &[
    (
        r#"let unsigned = request.header_count(&signature_name) == 0 && request.header_count(&timestamp_name) == 0;"#,
        "whether the header is there at all",
    ),
    (r#".find(|(name, _)| name.eq_ignore_ascii_case(signature::SETTINGS_HEADER))"#, "a header's name"),
    (
        r#"if !positions.keys().copied().eq(1..=u32::try_from(params.len()).unwrap_or(u32::MAX)) {"#,
        "positions of template parameters",
    ),
];

/// The operands of `code`, a line without comments and texts, that look like secrets.
fn suspects(code: &str) -> Vec<String> {
    let mut operands = Vec::new();
    for operator in ["==", "!="] {
        for (at, _) in code.match_indices(operator) {
            operands.extend(code[..at].split_whitespace().next_back());
            operands.extend(code[at + 2..].split_whitespace().next());
        }
    }
    for method in METHODS {
        for (at, _) in code.match_indices(method) {
            operands.extend(code[..at].split_whitespace().next_back());
            operands.extend(code[at + method.len()..].split(')').next());
        }
    }
    operands.retain(|operand| is_secret(operand));
    operands.into_iter().map(str::to_owned).collect()
}

fn is_secret(operand: &str) -> bool {
    let operand = operand.trim_end_matches([')', ';', ',', '{']);
    let harmless = HARMLESS.iter().any(|ending| operand.ends_with(ending.trim_end_matches(')')));
    let mut words = operand.split(|c: char| !c.is_ascii_alphanumeric());
    !harmless && words.any(|word| SECRET_NAMES.contains(&word.to_ascii_lowercase().as_str()))
}

/// A line without its comment, and with its texts emptied.
fn code_of(line: &str) -> String {
    let mut code = String::new();
    for (at, part) in line.split('"').enumerate() {
        if at % 2 == 0 {
            match part.find("//") {
                Some(comment) => return code + &part[..comment],
                None => code.push_str(part),
            }
        } else {
            code.push_str("\"\"");
        }
    }
    code
}

/// Every source file below a folder, tests left out.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && name != "tests" {
            found.extend(sources(&path));
        } else if name.ends_with(".rs") && name != "tests.rs" {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The part of a file that is no test.
fn read(path: &Path) -> String {
    let text = std::fs::read_to_string(path).unwrap();
    let end = text.find("#[cfg(test)]\nmod tests {").unwrap_or(text.len());
    text[..end].to_owned()
}

fn src() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

#[test]
fn no_secret_and_no_proof_is_compared_byte_by_byte() {
    let (mut found, mut used) = (Vec::new(), 0);
    for path in sources(&src()) {
        for (number, line) in read(&path).lines().enumerate() {
            let known = KNOWN.iter().any(|(known, _)| line.trim() == *known);
            let suspects = suspects(&code_of(line));
            used += usize::from(known);
            if !suspects.is_empty() && !known {
                let file = path.strip_prefix(src()).unwrap().display();
                found.push(format!("{file}:{}: {suspects:?}", number + 1));
            }
        }
    }
    assert!(found.is_empty(), "compare with hmac::equal or Secret::matches:\n{}", found.join("\n"));
    assert_eq!(used, KNOWN.len(), "a known line is gone: {KNOWN:?}");
}

#[test]
fn every_carrier_proves_by_a_comparison_in_constant_time() {
    const WAYS: &[&str] = &["hmac::equal(", ".matches(", "basic_auth::verify(", ".verify_digest("];
    for entry in std::fs::read_dir(src().join("carriers")).unwrap() {
        let folder = entry.unwrap().path();
        if folder.is_dir() {
            let code: String = sources(&folder).iter().map(|path| read(path)).collect();
            assert!(
                WAYS.iter().any(|way| code.contains(way)),
                "{} compares in its own way",
                folder.display()
            );
        }
    }
}

#[test]
fn the_shared_comparison_is_subtles() {
    let code = read(&src().join("shared/hmac.rs"));
    let (_, body) = code.split_once("pub fn equal(").unwrap();
    let body = body.split("\n}").next().unwrap();
    assert!(body.contains(".ct_eq("), "{body}");
}

/// The reader of sources, tried on lines that it must and must not find.
#[test]
fn the_search_finds_what_it_is_for() {
    let cases = [
        ("if signature == expected {", true),
        ("if presented.as_bytes() != mac.as_slice() {", true),
        ("keys.iter().any(|key| key == token)", true),
        ("header.starts_with(secret.expose())", true),
        ("settings.path_token.as_deref() == Some(segment)", true),
        ("a.eq(&self.verify_token)", true),
        ("if signature.len() == 32 {", false),
        ("if request.method != \"POST\" { // a == secret", false),
        ("claims.iss != \"MessageBird\"", false),
        ("hmac::equal(&expected, &signature)", false),
        ("api_key_sid.is_some() != self.api_key_secret.is_some()", false),
    ];
    for (line, expect) in cases {
        assert_eq!(!suspects(&code_of(line)).is_empty(), expect, "{line}: {:?}", suspects(&code_of(line)));
    }
}
