//! What users type, and what they get: exit codes, standard output, standard error.

mod support;

use std::fs;

use serde_json::Value;
use support::{Workplace, repository};

/// Runs in a fresh directory.
fn omni(arguments: &[&str]) -> support::Ran {
    Workplace::new().omni(arguments)
}

#[test]
fn alone_it_says_where_to_begin() {
    let ran = omni(&[]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    assert!((8..=16).contains(&ran.out.lines().count()), "{}", ran.out);
    assert!(ran.out.contains("omni dev") && ran.out.contains("omni explain"), "{}", ran.out);
}

#[test]
fn exit_codes_tell_what_kind_of_failure_it_was() {
    let cases: [(&[&str], i32, &str); 11] = [
        (&["nonsense"], 2, "unrecognized subcommand"),
        (&["send"], 2, "required"),
        (&["send", "+15550001001", "hi", "--schedule", "soon"], 2, "15m"),
        (&["send", "+15550001001", "hi", "-p", "x", "--template", "t"], 2, "name=value"),
        (&["check", "--config", "nowhere.toml"], 3, "CONFIG_NOT_FOUND"),
        (&["serve", "--config", "nowhere.toml"], 3, "CONFIG_NOT_FOUND"),
        (&["explain", "NO_SUCH_CODE"], 4, "omni explain"),
        (&["messages", "list"], 7, "SERVER_UNREACHABLE"),
        (&["dev", "--listen", "192.0.2.1:7070"], 6, "address of this machine"),
        (&["health", "--url", "http://127.0.0.1:1"], 7, "SERVER_UNREACHABLE"),
        (&["conformance", "nowhere.json"], 2, "nowhere.json"),
    ];
    for (arguments, code, says) in cases {
        let ran = omni(arguments);
        assert_eq!(ran.code, code, "{arguments:?}: {ran:?}");
        assert!(ran.err.contains(says), "{arguments:?}: {ran:?}");
        assert!(!ran.err.contains("panicked") && !ran.err.contains("RUST_BACKTRACE"), "{ran:?}");
    }
}

#[test]
fn errors_are_explained_from_inside_the_binary() {
    let cases = [
        ("WINDOW_CLOSED", "WINDOW_CLOSED"),
        ("window_closed", "WINDOW_CLOSED"),
        ("CONFIG_REFERENCE", "CONFIG_REFERENCE"),
        ("opted_out", "The person opted out"),
    ];
    for (code, says) in cases {
        let ran = omni(&["explain", code]);
        assert_eq!(ran.code, 0, "{code}");
        assert!(ran.out.contains(says) && ran.out.lines().count() >= 4, "{code}: {}", ran.out);
    }
    let all = omni(&["explain"]);
    assert!(all.out.contains("invalid_recipient\t"), "{}", all.out);
    let near = omni(&["explain", "invalid_recipent"]);
    assert!(near.code == 4 && near.err.contains("invalid_recipient"), "{near:?}");
    assert!(all.out.lines().count() > 40 && all.out.contains("RECIPIENT_OPTED_OUT\t"), "{}", all.out);
}

#[test]
fn every_class_of_carrier_errors_is_explained() {
    for class in omni_core::failure::ErrorClass::ALL {
        let ran = omni(&["explain", class.as_str()]);
        // A class that shares its name with a code shows the code's page.
        let code = omni_core::problem::find(class.as_str()).is_some();
        assert!(ran.code == 0 && (code || ran.out.contains(class.agent_text())), "{ran:?}");
    }
}

#[test]
fn vectors_run_on_the_command_line() {
    let root = repository();
    let carriers = root.join("crates/adapters/tests/vectors");
    let core = root.join("crates/core/tests/vectors");
    let files: Vec<String> = [carriers, core]
        .iter()
        .flat_map(|folder| fs::read_dir(folder).unwrap())
        .map(|entry| entry.unwrap().path().display().to_string())
        .collect();
    let cases: usize = files
        .iter()
        .map(|file| serde_json::from_slice::<Vec<Value>>(&fs::read(file).unwrap()).unwrap().len())
        .sum();
    let arguments: Vec<&str> = ["conformance"].into_iter().chain(files.iter().map(String::as_str)).collect();
    let ran = omni(&arguments);
    assert_eq!((ran.code, ran.out.trim()), (0, format!("{cases} passed, 0 failed").as_str()), "{}", ran.err);
}

#[test]
fn a_case_that_differs_is_named_with_the_field() {
    let place = Workplace::new();
    let texts = [
        r#"{ "name": "plain", "text": "hi", "expect": { "encoding": "gsm7", "segments": 1 } }"#,
        r#"{ "name": "two", "text": "hi", "expect": { "encoding": "gsm7", "segments": 2 } }"#,
    ];
    // The kind is told by the fields, not by the file's name.
    place.write("captured.json", &format!("[{}]", texts.join(",")));
    place.write(
        "phones.json",
        r#"[{ "name": "p", "input": "+14155552671", "default_region": "US",
        "expect": { "kind": "phone", "address": "+14155552672" } }]"#,
    );
    place.write("words.json", r#"[{ "name": "stop", "channel": "sms", "number_kind": "10dlc", "text": "STOP",
        "carrier_handles_stop": false, "opted_out_before": false, "expect": { "keyword": "start", "opted_out_after": true } }]"#);
    place.write(
        "twilio.json",
        r#"[{ "name": "unsigned", "url": "https://gw.example/webhooks/twilio/x",
        "headers": {}, "body": "A=1", "config": {}, "secrets": ["s"], "expect": true }]"#,
    );
    let ran = place.omni(&["conformance", "captured.json", "phones.json", "words.json", "twilio.json"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    let lines: Vec<&str> = ran.out.lines().collect();
    assert_eq!(lines.last(), Some(&"1 passed, 4 failed"));
    let parts = [["two", "segments"], ["p", "address"], ["stop", "keyword"], ["unsigned", "expect"]];
    for (line, parts) in lines.iter().zip(parts) {
        assert!(parts.iter().all(|part| line.contains(part)), "{line}");
    }
    let ran = place.omni(&["conformance", "captured.json", "--json"]);
    let report: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!((&report["passed"], &report["failed"]), (&1.into(), &1.into()), "{report}");
    place.write("object.json", "{}");
    let ran = place.omni(&["conformance", "object.json", "captured.json"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert_eq!(ran.out.lines().last(), Some("1 passed, 1 failed"));
}

#[test]
fn a_new_key_is_shown_once_and_its_hash_opens_the_door() {
    let place = Workplace::new();
    for (flag, begins) in [(&[][..], "omni_sk_live_"), (&["--test"][..], "omni_sk_test_")] {
        let arguments = [&["keys", "new", "--tenant", "acme", "--name", "ci"], flag].concat();
        let ran = place.omni(&arguments);
        assert_eq!(ran.code, 0);
        let key = ran.out.trim();
        assert!(key.starts_with(begins) && key.len() == 45, "{key}");
        let line = ran.err.lines().last().unwrap().trim();
        assert!(line.starts_with("api_keys = [{ name = \"ci\", sha256 = \""), "{line}");
        place.write("omni.toml", &format!("[[tenants]]\nid = \"acme\"\n{line}\n"));
        assert_eq!(place.omni(&["check"]).code, 0);
    }
    let first = place.new_key();
    assert_ne!(first, place.new_key());
    assert_eq!(place.omni(&["keys", "new", "--tenant", "Not A Name"]).code, 2);
}

/// A point on P-256 as SendGrid shows its public keys.
const PUBLIC_KEY: &str = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEaxfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpZP40Li/hp/m47n60p8D54WK84zV2sxXs7LtkBoN79R9Q==";

#[test]
fn what_init_writes_passes_once_the_secrets_are_filled_in() {
    for plugin in omni_adapters::carriers::REGISTRY {
        let carrier = plugin.name.0;
        let place = Workplace::new();
        let asked = [
            "init",
            "--tenant",
            "acme",
            "--public-url",
            "https://gw.example.com",
            "--yes",
            "--carrier",
            carrier,
        ];
        let ran = place.omni(&asked);
        assert_eq!(ran.code, 0, "{ran:?}");
        let key = ran.out.trim();
        let text = fs::read_to_string(place.path().join("omni.toml")).unwrap();
        assert!(key.starts_with("omni_sk_live_") && !text.contains(key), "{carrier}");
        let ran = place.omni(&["check"]);
        assert!(ran.code == 3 && ran.err.contains("CONFIG_SECRET"), "{carrier}: {ran:?}");
        for entry in fs::read_dir(place.path().join("secrets")).unwrap() {
            use std::os::unix::fs::PermissionsExt as _;
            let file = entry.unwrap();
            assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
            let public = file.file_name().to_string_lossy().contains("public_key");
            fs::write(file.path(), if public { PUBLIC_KEY } else { "s3cret" }).unwrap();
        }
        let ran = place.omni(&["check"]);
        assert_eq!(ran.code, 0, "{carrier}: {ran:?}");
        // What is still to be filled in is told with its line, every one of it.
        let text = fs::read_to_string(place.path().join("omni.toml")).unwrap();
        let blank = text.lines().filter(|line| !line.starts_with('#') && line.contains("= \"\"")).count();
        assert_eq!(ran.err.matches("is empty").count(), blank, "{carrier}: {ran:?}");
        let again = place.omni(&asked);
        assert_eq!(again.code, 6, "{carrier}: nothing is overwritten: {again:?}");
    }
    assert_eq!(omni(&["init", "--yes", "--carrier", "twillio"]).code, 2);
}

#[test]
fn the_schema_is_looked_at_moved_and_checked() {
    let place = Workplace::new();
    let run = |arguments: &[&str]| {
        let ran = place.omni(&[&["schema"], arguments, &["--data", "data", "--json"]].concat());
        (ran.code, serde_json::from_str::<Value>(&ran.out).unwrap_or_default())
    };
    fs::create_dir(place.path().join("data")).unwrap();
    let (code, planned) = run(&["migrate", "--dry-run"]);
    assert_eq!((code, &planned["version"]), (0, &0.into()), "{planned}");
    let (code, migrated) = run(&["migrate"]);
    let newest = migrated["version"].as_u64().unwrap();
    assert!(
        code == 0 && newest >= 1 && migrated["results"].as_array().is_some_and(|r| !r.is_empty()),
        "{migrated}"
    );
    assert_eq!(run(&["validate"]).0, 0);
    let unsure = place.omni(&["schema", "rollback", "--to", "1", "--data", "data"]);
    assert!(unsure.code == 2 && unsure.err.contains("--yes"), "{unsure:?}");
    assert_eq!(run(&["status"]).1["version"], newest, "nobody said yes");
    assert_eq!(run(&["rollback", "--to", "1", "--dry-run"]).0, 0, "a plan needs no yes");
    let (code, back) = run(&["rollback", "--to", "1", "--yes"]);
    assert_eq!((code, &back["version"]), (0, &1.into()), "{back}");
    let (code, status) = run(&["status"]);
    assert_eq!((code, status["pendingMigrations"].as_array().map(Vec::len)), (0, Some(newest as usize - 1)));
    assert_eq!(status["appliedMigrations"], serde_json::json!(["001_core"]));
    let shown = place.omni(&["schema", "status", "--data", "data"]);
    let lines: Vec<Vec<&str>> = shown.out.lines().map(|line| line.split_whitespace().collect()).collect();
    assert!(lines.contains(&vec!["applied", "001_core"]), "{shown:?}");
    assert!(lines.contains(&vec!["pending", "002_rare_state_indexes"]), "{shown:?}");
}

#[test]
fn the_schema_is_found_without_the_carriers_secrets() {
    let place = Workplace::new();
    let text = r#"
        [data]
        dir = "kept"
        [[connections]]
        id = "wa"
        carrier = "whatsapp"
        [connections.settings]
        access_token = { env = "NOT_SET_TONIGHT" }
        app_secrets = [{ file = "not/here" }]
    "#;
    place.write("etc/omni.toml", text);
    assert_eq!(place.omni(&["check", "--config", "etc/omni.toml"]).code, 3);
    let schema = ["schema", "status", "--config", "etc/omni.toml"];
    let missing = place.omni(&schema);
    assert!(missing.code == 4 && missing.err.contains("no store in etc/kept"), "{missing:?}");
    let planned = place.omni(&["schema", "migrate", "--dry-run", "--config", "etc/omni.toml"]);
    assert!(planned.code == 0 && planned.out.contains("001_core"), "{planned:?}");
    assert!(!place.path().join("etc/kept").exists(), "a plan makes nothing");
    assert_eq!(place.omni(&["schema", "migrate", "--config", "etc/omni.toml"]).code, 0);
    assert_eq!(place.omni(&schema).code, 0);
    // The environment still counts where it names the directory, and nowhere else.
    for name in ["OMNI__DATA__DIR", "OMNI__data__dir"] {
        let ran = place.omni_in(&[(name, "other"), ("OMNI__CONNECTIONS__NOBODY__RANK", "1")], &schema);
        assert!(ran.code == 4 && ran.err.contains("no store in etc/other"), "{name}: {ran:?}");
    }
    place.write("etc/omni.toml", "[data]\ndir = 7\n");
    let wrong = place.omni(&schema);
    assert!(wrong.code == 3 && wrong.err.contains("omni.toml:2:7"), "{wrong:?}");
    let nothing = place.omni(&["schema", "status"]);
    assert!(nothing.code == 3 && nothing.err.contains("--data"), "{nothing:?}");
}

#[test]
fn colours_are_for_terminals_unless_asked_for() {
    let place = Workplace::new();
    place.write("omni.toml", "[log]\nlevle = 'info'\n");
    let cases: [(&[&str], bool); 6] = [
        (&["check"], false),
        (&["check", "--color", "always"], true),
        (&["--color=always", "check"], true),
        (&["check", "--color", "never"], false),
        (&["explain", "NO_SUCH_CODE", "--color", "always"], true),
        (&["nonsense", "--color", "always"], true),
    ];
    for (arguments, expect) in cases {
        // The flag is asked for in this very command, so it beats the variable.
        for environment in [&[][..], &[("NO_COLOR", "1")]] {
            let ran = place.omni_in(environment, arguments);
            assert_eq!(ran.err.contains('\u{1b}'), expect, "{arguments:?} {environment:?}: {ran:?}");
        }
    }
    assert_eq!(place.omni(&["check", "--color", "pink"]).code, 2);
}

#[test]
fn small_things() {
    assert!(omni(&["version"]).out.contains(env!("CARGO_PKG_VERSION")));
    assert!(omni(&["completions", "bash"]).out.contains("_omni"));
    let document: Value = serde_json::from_str(&omni(&["openapi"]).out).unwrap();
    assert!(
        document["openapi"].as_str().unwrap().starts_with("3.1")
            && document["paths"]["/v1/messages"].is_object()
    );
}
