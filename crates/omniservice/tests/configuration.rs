//! Broken configurations and what `omni check` says about each.
//!
//! `broken/*.toml` begin with what is expected: `# expect CODE:LINE CODE:LINE`, all of it and
//! nothing else. To add a case, add a file.

#![expect(clippy::unwrap_used, reason = "whatever fails here fails the test")]

mod support;

use std::fs;
use std::path::Path;

use serde_json::Value;
use support::{Workplace, repository};

/// `CODE:LINE` of every mistake, in order.
fn found(report: &Value) -> Vec<String> {
    let mistakes = report["mistakes"].as_array().expect("a list of mistakes").iter();
    let errors = mistakes.filter(|mistake| mistake["severity"] == "error");
    errors.map(|mistake| format!("{}:{}", mistake["code"].as_str().unwrap(), mistake["line"])).collect()
}

#[test]
fn every_mistake_is_found_in_its_line() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/broken");
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() >= 30, "{}", files.len());
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        let head = text.lines().next().unwrap().strip_prefix("# expect ").expect("what is expected");
        let place = Workplace::new();
        place.write("omni.toml", &text);
        place.write("token", "s3cret\n");
        place.write("empty", "\n");
        let ran = place.omni(&["check", "--json"]);
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        assert_eq!(ran.code, 3, "{name}: {ran:?}");
        let report: Value = serde_json::from_str(&ran.out).unwrap();
        assert_eq!(found(&report).join(" "), head, "{name}: {report:#}");
        for mistake in report["mistakes"].as_array().unwrap() {
            assert!(mistake["column"].as_u64().unwrap() >= 1, "{name}: {mistake}");
        }
    }
}

const GOOD: &str = r#"[[tenants]]
id = "acme"
api_keys = [{ name = "shop", sha256 = "0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f" }]

[[accounts]]
id = "main"
tenant = "acme"

[[connections]]
id = "wa-main"
tenant = "acme"
account = "main"
carrier = "twilio"
settings = { account_sid = "AC1", auth_tokens = [{ file = "token" }] }
"#;

fn good() -> Workplace {
    let place = Workplace::new();
    place.write("omni.toml", GOOD);
    place.write("token", "s3cret\n");
    place
}

#[test]
fn a_good_one_passes_and_says_what_is_next() {
    let ran = good().omni(&["check"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{ran:?}");
    assert!(ran.out.contains("no mistakes") && ran.out.contains("omni serve"), "{ran:?}");
}

#[test]
fn what_is_probably_not_meant_so_is_told_where_it_is_seen() {
    let place = good();
    place.write("omni.toml", &GOOD.replace("AC1", ""));
    let ran = place.omni(&["check"]);
    assert!(ran.code == 0 && ran.out.contains("no mistakes"), "{ran:?}");
    assert!(ran.err.contains("`account_sid` is empty") && ran.err.contains("omni.toml:14:28"), "{ran:?}");
    // A server that starts all the same says it in its log; this one then finds the port taken.
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let listen = taken.local_addr().unwrap().to_string();
    let ran = place.omni(&["serve", "--listen", &listen]);
    assert!(ran.code == 6 && ran.err.contains("\"level\":\"WARN\""), "{ran:?}");
    assert!(ran.err.contains("`account_sid` is empty"), "{ran:?}");
}

#[test]
fn what_is_set_is_shown_where_a_secret_is_missing() {
    let place = good();
    std::fs::remove_file(place.path().join("token")).unwrap();
    assert_eq!(place.omni(&["check"]).code, 3);
    for arguments in [&["config", "show"][..], &["config", "show", "--json"]] {
        let ran = place.omni(arguments);
        assert!(ran.code == 0 && ran.out.contains("server.listen"), "{ran:?}");
        assert!(ran.err.contains("omni check --config omni.toml"), "{ran:?}");
    }
    place.write("omni.toml", "[server]\nlistn = 1\n");
    let ran = place.omni(&["config", "show"]);
    assert!(ran.code == 3 && ran.out.is_empty(), "{ran:?}");
}

#[test]
fn a_missing_way_to_the_data_is_told_with_what_makes_it() {
    let place = good();
    let ran = place.omni(&["serve", "--data", "no/such/data"]);
    assert!(ran.code == 3 && ran.err.contains("mkdir -p ") && ran.err.contains("flag --data"), "{ran:?}");
    assert!(!place.path().join("no").exists());
}

#[test]
fn a_mistake_shows_its_line_and_what_to_do() {
    let place = good();
    place.write("omni.toml", &GOOD.replace("\"twilio\"", "\"twillio\""));
    let ran = place.omni(&["check"]);
    assert_eq!(ran.code, 3);
    assert_eq!(
        ran.err,
        "  × there is no carrier `twillio`
    ╭─[omni.toml:13:11]
 13 │ carrier = \"twillio\"
    ·           ─────────
  help: did you mean `twilio`?
  code: CONFIG_REFERENCE

1 mistake
  omni explain CONFIG_REFERENCE
"
    );
}

#[test]
fn later_layers_beat_earlier_ones_and_lists_of_tables_grow() {
    let place = good();
    let second = "[[connections]]\nid = \"second\"\ntenant = \"acme\"\naccount = \"main\"\ncarrier = \"twilio\"\n\
                  settings = { account_sid = \"AC1\", auth_tokens = [{ file = \"token\" }] }\n";
    place.write("omni.toml", &format!("[log]\nlevel = \"warn\"\n[worker]\nconcurrency = 7\n{GOOD}"));
    place.write("conf.d/10.toml", &format!("log.level = \"debug\"\n{second}"));
    place.write("conf.d/ignored.txt", "not toml");
    place.write("url", "https://gw.example.com/\n");
    let environment = [
        ("OMNI__WORKER__CONCURRENCY", "9"),
        ("OMNI__SERVER__PUBLIC_URL_FILE", "url"),
        ("OMNI__CONNECTIONS__WA_MAIN__RANK", "-3"),
        ("OMNI__CONNECTIONS__SECOND__SANDBOX", "true"),
        ("OMNI__SERVER__TRUSTED_PROXIES", "[\"10.0.0.0/8\"]"),
    ];
    let ran = place.omni_in(&environment, &["config", "show", "--json"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let rows: Vec<Value> = serde_json::from_str(&ran.out).unwrap();
    let row =
        |key: &str| rows.iter().find(|row| row["key"] == key).unwrap_or_else(|| panic!("{key}: {rows:#?}"));
    let cases = [
        ("log.level", "\"debug\"", "conf.d/10.toml:1"),
        ("worker.concurrency", "9", "environment variable OMNI__WORKER__CONCURRENCY"),
        (
            "server.public_url",
            "\"https://gw.example.com\"",
            "environment variable OMNI__SERVER__PUBLIC_URL_FILE",
        ),
        ("server.drain_secs", "20", "default"),
        ("server.trusted_proxies", "[\"10.0.0.0/8\"]", "environment variable OMNI__SERVER__TRUSTED_PROXIES"),
        ("connections.wa-main.rank", "-3", "environment variable OMNI__CONNECTIONS__WA_MAIN__RANK"),
        ("connections.second.sandbox", "true", "environment variable OMNI__CONNECTIONS__SECOND__SANDBOX"),
        ("connections.second.carrier", "\"twilio\"", "conf.d/10.toml:6"),
        ("connections.second.settings.auth_tokens.1.file", "\"token\"", "conf.d/10.toml:7"),
    ];
    for (key, value, origin) in cases {
        let row = row(key);
        assert_eq!(row["value"].to_string(), value, "{key}");
        assert!(row["origin"].as_str().unwrap().ends_with(origin), "{key}: {row}");
    }
}

#[test]
fn mistakes_in_the_environment_name_the_variable() {
    let cases = [
        ("OMNI__WORKER__CONCURRENCY", "many", "CONFIG_INVALID_VALUE"),
        ("OMNI__WORKER__CONCURENCY", "9", "CONFIG_UNKNOWN_KEY"),
        ("OMNI__CONNECTIONS__NOBODY__RANK", "1", "CONFIG_UNKNOWN_KEY"),
        ("OMNI__SERVER__PUBLIC_URL_FILE", "nowhere", "CONFIG_SECRET"),
    ];
    for (name, value, code) in cases {
        let ran = good().omni_in(&[(name, value)], &["check", "--json"]);
        let report: Value = serde_json::from_str(&ran.out).unwrap();
        let mistake = &report["mistakes"][0];
        assert_eq!((ran.code, &mistake["code"]), (3, &Value::from(code)), "{name}: {report}");
        assert!(mistake["file"].as_str().unwrap().contains(name), "{name}: {mistake}");
    }
}

#[test]
fn no_secret_is_ever_shown() {
    let secret = "hunter2hunter2";
    let with = |settings: &str| {
        let place = good();
        place.write(
            "omni.toml",
            &GOOD.replace(
                "settings = { account_sid = \"AC1\", auth_tokens = [{ file = \"token\" }] }",
                settings,
            ),
        );
        place
    };
    let texts = [
        format!("settings = {{ account_sid = \"AC1\", auth_tokens = \"{secret}\" }}"),
        format!("settings = {{ account_sid = \"AC1\", auth_tokens = [\"{secret}\"], colour = 1 }}"),
        format!("settings = {{ account_sid = \"AC1\", auth_tokens = [\"{secret}\"] }}"),
        format!("settings = {{ account_sid = \"AC1\", auth_tokens = [\"{secret}\" }}"),
    ];
    for text in texts {
        let place = with(&text);
        for arguments in
            [&["check"][..], &["check", "--json"], &["config", "show"], &["config", "show", "--json"]]
        {
            let ran = place.omni(arguments);
            assert!(!ran.out.contains(secret) && !ran.err.contains(secret), "{text} {arguments:?}: {ran:?}");
        }
    }
}

#[test]
fn a_missing_file_is_told_with_what_to_do() {
    let ran = Workplace::new().omni(&["check"]);
    assert_eq!(ran.code, 3);
    assert!(ran.err.contains("CONFIG_NOT_FOUND") && ran.err.contains("omni init"), "{ran:?}");
}

/// The example names every key, and passes once its secrets are there.
#[test]
fn the_example_is_complete_and_right() {
    let text = fs::read_to_string(repository().join("omni.example.toml")).unwrap();
    let place = Workplace::new();
    place.write("omni.toml", &text);
    for quoted in
        text.lines().filter(|line| !line.starts_with('#')).flat_map(|line| line.split("file = \"").skip(1))
    {
        let name = quoted.split('"').next().unwrap();
        let content = if name.ends_with("api_key") { place.new_key() } else { "s3cret".to_owned() };
        place.write(name, &content);
    }
    let ran = place.omni(&["check"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let ran = place.omni(&["config", "show", "--json"]);
    let rows: Vec<Value> = serde_json::from_str(&ran.out).unwrap();
    for row in rows {
        let key = row["key"].as_str().unwrap();
        let last = key.rsplit('.').find(|word| word.parse::<u32>().is_err()).unwrap();
        assert!(text.contains(last), "omni.example.toml does not name {key}");
    }
}
