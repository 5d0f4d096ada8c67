//! A whole session: `omni dev` in one terminal, the client commands in another.

#![expect(clippy::unwrap_used, reason = "whatever fails here fails the test")]

mod support;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Stdio};
use std::time::Duration;

use serde_json::Value;
use support::{Ran, Workplace};

/// A running `omni dev`; ended when dropped.
struct Dev {
    child: Child,
    url: String,
    key: String,
}

impl Dev {
    fn start(place: &Workplace) -> Self {
        let mut command = place.command(&["dev", "--port", "0", "--json", "--seed", "7"]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let told: Value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
        let text = |name: &str| told[name].as_str().unwrap().to_owned();
        Self { child, url: text("url"), key: text("key") }
    }
}

impl Drop for Dev {
    fn drop(&mut self) {
        // It may have ended already.
        let _gone = self.child.kill();
        let _reaped = self.child.wait();
    }
}

fn json(ran: &Ran) -> Value {
    assert_eq!(ran.code, 0, "{ran:?}");
    serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {ran:?}"))
}

#[test]
fn a_session() {
    let place = Workplace::new();
    std::fs::create_dir(place.path().join("run")).unwrap();
    let mut dev = Dev::start(&place);

    assert_eq!(place.omni(&["health", "--wait", "10s"]).code, 0);
    let events = json(&place.omni(&["trigger", "--list", "--json"]));
    assert!(events.as_array().unwrap().iter().any(|event| event["name"] == "whatsapp.text"));

    // A person writes; the message is routed and answered.
    let said = "where is my booking 4711?";
    let triggered = json(&place.omni(&["trigger", "whatsapp.text", "--text", said, "--wait", "--json"]));
    let message = triggered["message"]["id"].as_str().unwrap().to_owned();
    assert_eq!(triggered["message"]["text"], said);

    // It explains itself.
    let why = place.omni(&["why", &message]);
    assert_eq!(why.code, 0, "{why:?}");
    for part in [message.as_str(), "inbound", "workFlowIdentityLookup", "workFlowPreRoute"] {
        assert!(why.out.contains(part), "{part}: {}", why.out);
    }
    assert_eq!(json(&place.omni(&["why", &message, "--json"]))["messageId"], message.as_str());

    // We write; it arrives, or it is said why not.
    let sent = place.omni(&["send", "+15550001001", "Your table is ready", "--wait", "--channel", "sms"]);
    assert_eq!(sent.code, 0, "{sent:?}");
    let refused = place.omni(&["send", "+15550002001", "hi", "--wait", "--channel", "sms"]);
    assert!(refused.code == 1 && refused.err.contains("omni explain "), "{refused:?}");
    let forged = place.omni(&["trigger", "twilio.bad_signature"]);
    assert!(forged.code == 1 && forged.err.contains("omni quarantine list"), "{forged:?}");
    let invalid = place.omni(&["send", "not an address", "hi"]);
    assert!(invalid.code == 2 && invalid.err.contains("omni explain"), "{invalid:?}");
    // What is wrong is told once, with its place.
    assert_eq!(invalid.err.matches("We cannot send to").count(), 1, "{invalid:?}");
    let wordless = place.omni(&["send", "+15550001001"]);
    assert!(wordless.code == 2 && wordless.err.contains("--template"), "{wordless:?}");
    let again = ["send", "+15550001001", "once", "--channel", "sms", "--idempotency-key", "k1", "--json"];
    let (first, second) = (json(&place.omni(&again)), json(&place.omni(&again)));
    assert_eq!(first["messageId"], second["messageId"]);

    let doctor = json(&place.omni(&["doctor", "--json"]));
    assert_eq!(doctor["ok"], true, "{doctor}");
    assert!(doctor["findings"].as_array().unwrap().len() > 7, "{doctor}");
    lists(&place, &message);
    tails(&place);
    keys(&place, &dev);
    counts(&dev);

    // Its end is noticed, and told.
    dev.child.kill().unwrap();
    dev.child.wait().unwrap();
    let ran = place.omni(&["messages", "list"]);
    assert!(ran.code == 7 && ran.err.contains("is gone"), "{ran:?}");
}

fn lists(place: &Workplace, message: &str) {
    let inbound = json(&place.omni(&["messages", "list", "--direction", "inbound", "--json"]));
    assert_eq!(inbound["data"][0]["id"], message, "{inbound}");
    let all = place.omni(&["messages", "list", "--limit", "1", "--all", "-o", "jsonl"]);
    assert!(all.code == 0 && all.out.lines().count() >= 4, "{all:?}");
    assert!(all.out.lines().all(|line| serde_json::from_str::<Value>(line).is_ok()));
    let page = place.omni(&["messages", "list", "--limit", "1"]);
    assert!(page.out.lines().count() == 1 && page.out.contains('\t'), "{page:?}");
    assert!(page.err.contains("--cursor"), "{page:?}");
    for list in ["conversations", "dead-letters", "quarantine", "connections", "events"] {
        let page = json(&place.omni(&[list, "list", "--json"]));
        assert!(page["data"].is_array(), "{list}: {page}");
    }
    assert_eq!(json(&place.omni(&["messages", "show", message, "--json"]))["id"], message);
    let later = [
        "send",
        "+15550001001",
        "later",
        "--schedule",
        "1h",
        "--expire",
        "2h",
        "--priority",
        "low",
        "--json",
    ];
    let later = json(&place.omni(&later))["messageId"].as_str().unwrap().to_owned();
    let shown = place.omni(&["conversations", "list"]);
    assert!(shown.out.contains("+15550001001"), "{shown:?}");
    let canceled = place.omni(&["messages", "cancel", &later]);
    assert!(canceled.code == 0 && canceled.out.contains("canceled"), "{canceled:?}");
    let kept = json(&place.omni(&["messages", "show", &later, "--json"]));
    assert_eq!((&kept["status"], &kept["priority"]), (&"canceled".into(), &"low".into()), "{kept}");
    let customer = kept["customerId"].as_str().unwrap();
    assert_eq!(json(&place.omni(&["customers", "show", customer, "--json"]))["id"], customer);
    assert_eq!(json(&place.omni(&["connections", "show", "sim-twilio", "--json"]))["id"], "sim-twilio");
    assert_eq!(json(&place.omni(&["events", "show", "1", "--json"]))["sequence"], 1);
    let cases = [
        (["messages", "cancel", "msg_00000000000000000000000000"], 4),
        (["connections", "show", "sim-nobody"], 4),
        (["events", "show", "99999"], 4),
        (["messages", "show", "msg_00000000000000000000000000"], 4),
        (["messages", "show", "conv_00000000000000000000000000"], 2),
        (["dead-letters", "redrive", "job_00000000000000000000000000"], 4),
        (["quarantine", "replay", "jrn_00000000000000000000000000"], 4),
    ];
    for (arguments, code) in cases {
        let ran = place.omni(&arguments);
        assert_eq!(ran.code, code, "{arguments:?}: {ran:?}");
    }
    assert_eq!(
        place.omni(&["dead-letters", "redrive", "--all", "--json"]).code,
        0,
        "there is none to ask about"
    );
    let none = place.omni(&["dead-letters", "list"]);
    assert!(none.out.is_empty() && none.err.contains("no dead letters"), "{none:?}");
    let none = place.omni(&["messages", "list", "--status", "expired"]);
    assert!(none.out.is_empty() && none.err.contains("none like that"), "{none:?}");
}

fn tails(place: &Workplace) {
    let tail = place.omni(&["tail", "--since", "0", "--types", "message.received", "--limit", "1", "--json"]);
    let event: Value = serde_json::from_str(&tail.out).unwrap();
    assert_eq!(event["type"], "message.received");
    let since_an_hour = place.omni(&["events", "list", "--since", "1h", "--all", "-o", "jsonl"]);
    let since_the_start = place.omni(&["events", "list", "--since", "0", "--all", "-o", "jsonl"]);
    assert!(since_the_start.out.lines().count() > 10, "{since_the_start:?}");
    assert_eq!(since_an_hour.out, since_the_start.out);
    // Nothing lies ahead: the last event is found by halving.
    let last: Value = serde_json::from_str(since_the_start.out.lines().last().unwrap()).unwrap();
    let before_last = (last["sequence"].as_u64().unwrap() - 1).to_string();
    let ran = place.omni(&["events", "list", "--since", &before_last, "-o", "jsonl"]);
    assert_eq!(ran.out.lines().count(), 1, "{ran:?}");
    let ahead = place.omni(&["events", "list", "--since", "2999-01-01T00:00:00Z", "-o", "jsonl"]);
    assert_eq!((ahead.code, ahead.out.as_str()), (0, ""), "{ahead:?}");
}

/// Whoever looks at `/metrics` need not guess what a number means.
fn counts(dev: &Dev) {
    let mut stream = TcpStream::connect(dev.url.trim_start_matches("http://")).unwrap();
    stream.write_all(b"GET /metrics HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").unwrap();
    let mut page = String::new();
    stream.read_to_string(&mut page).unwrap();
    let named = |what: &str| -> Vec<String> {
        let lines = page.lines().filter_map(|line| line.strip_prefix(&format!("# {what} ")));
        lines.filter_map(|line| Some(line.split(' ').next()?.to_owned())).collect()
    };
    let (types, helps) = (named("TYPE"), named("HELP"));
    assert!(types.len() > 8, "{page}");
    for name in types {
        assert!(helps.contains(&name), "{name}");
    }
}

fn keys(place: &Workplace, dev: &Dev) {
    let elsewhere = Workplace::new();
    let by_flag = elsewhere.omni(&["messages", "list", "--url", &dev.url, "--key", &dev.key]);
    assert_eq!(by_flag.code, 0, "{by_flag:?}");
    let by_variable =
        elsewhere.omni_in(&[("OMNI_URL", &dev.url), ("OMNI_KEY", &dev.key)], &["messages", "list"]);
    assert_eq!(by_variable.code, 0, "{by_variable:?}");
    elsewhere.write("key", &format!("{}\n", dev.key));
    let by_file = elsewhere.omni(&["messages", "list", "--url", &dev.url, "--key-file", "key"]);
    assert_eq!(by_file.code, 0, "{by_file:?}");
    let without = elsewhere.omni(&["messages", "list", "--url", &dev.url]);
    assert!(without.code == 5 && without.err.contains("UNAUTHORIZED"), "{without:?}");
    assert!(without.err.contains("--key-file"), "{without:?}");
    let wrong = place.omni(&["messages", "list", "--key", "omni_sk_test_x"]);
    assert!(wrong.code == 5 && !wrong.err.contains("omni_sk_test_x"), "{wrong:?}");
}

#[test]
fn it_tidies_up_behind_itself() {
    let place = Workplace::new();
    std::fs::create_dir(place.path().join("run")).unwrap();
    let dev = Dev::start(&place);
    let state = place.path().join("run/omni/dev.json");
    assert!(state.exists());
    // It answers, so it listens to signals, too.
    assert_eq!(place.omni(&["health", "--wait", "10s"]).code, 0);
    let pid = rustix::process::Pid::from_raw(i32::try_from(dev.child.id()).unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    let mut dev = dev;
    for _ in 0..200 {
        if dev.child.try_wait().unwrap().is_some() {
            break;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(dev.child.try_wait().unwrap().is_some_and(|status| status.success()));
    assert!(!state.exists());
}

#[test]
fn reserved_numbers_have_the_fate_that_the_manual_says() {
    let place = Workplace::new();
    let _dev = Dev::start(&place);
    let manual = std::fs::read_to_string(support::repository().join("docs/sandbox.md")).unwrap();
    let rows = manual.lines().filter_map(|line| {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let number = cells.first()?.strip_prefix("`+")?.strip_suffix('`')?;
        Some((format!("+{number}"), (*cells.last()?).to_owned()))
    });
    // One takes up to a minute.
    let rows: Vec<_> = rows.filter(|(number, _)| !number.ends_with("2003")).collect();
    assert_eq!(rows.len(), 10, "{rows:?}");
    std::thread::scope(|scope| {
        for (number, expect) in &rows {
            let place = &place;
            scope.spawn(move || {
                // What ends as `sent` is waited for in vain.
                let patience = if expect == "sent" { "3s" } else { "30s" };
                let send =
                    ["send", number, "hi", "--channel", "sms", "--wait", "--timeout", patience, "--json"];
                let ran = place.omni(&send);
                let message: Value = serde_json::from_str(&ran.out).unwrap_or_else(|_| panic!("{ran:?}"));
                assert_eq!(message["status"], expect.as_str(), "{number}: {message}");
            });
        }
    });
}

#[test]
fn a_twin_fails_on_request() {
    let place = Workplace::new();
    let _dev = Dev::start(&place);
    let set = json(&place.omni(&["faults", "twilio", "errorRate=100", "receipts.lost=7", "--json"]));
    assert_eq!((&set["errorRate"], &set["receipts"]["lost"]), (&100.into(), &7.into()), "{set}");
    let shown = place.omni(&["faults", "twilio"]);
    assert!(shown.out.contains("errorRate\t100") && shown.out.contains("receipts.lost\t7"), "{shown:?}");
    let kept = json(&place.omni(&["faults", "twilio", "latencyMs=1", "--json"]));
    assert_eq!((&kept["errorRate"], &kept["latencyMs"]), (&100.into(), &1.into()), "what was set stays");
    let cleared = json(&place.omni(&["faults", "twilio", "--clear", "--json"]));
    assert_eq!((&cleared["errorRate"], &cleared["receipts"]["lost"]), (&0.into(), &0.into()), "{cleared}");
    for (arguments, code) in [(["faults", "nobody", "--clear"], 4), (["faults", "twilio", "eror=1"], 2)] {
        let ran = place.omni(&arguments);
        assert_eq!(ran.code, code, "{arguments:?}: {ran:?}");
    }
}

#[test]
fn all_that_was_given_up_is_redriven_only_if_somebody_is_sure() {
    let place = Workplace::new();
    let _dev = Dev::start(&place);
    for carrier in ["bandwidth", "inteliquent", "messagebird", "twilio"] {
        assert_eq!(place.omni(&["faults", carrier, "outage=true"]).code, 0);
    }
    let sent = place.omni(&["send", "+15550001001", "hi", "--channel", "sms", "--wait", "--timeout", "60s"]);
    assert!(sent.code == 1 && sent.err.contains("given up after "), "{sent:?}");
    let letters = || json(&place.omni(&["dead-letters", "list", "--status", "open", "--json"]));
    assert_eq!(letters()["data"].as_array().map(Vec::len), Some(1));
    let unsure = place.omni(&["dead-letters", "redrive", "--all", "--json"]);
    assert!(unsure.code == 2 && unsure.err.contains("--yes") && unsure.out.is_empty(), "{unsure:?}");
    assert_eq!(letters()["data"].as_array().map(Vec::len), Some(1), "nobody said yes");
    let sure = json(&place.omni(&["dead-letters", "redrive", "--all", "--yes", "--json"]));
    assert_eq!(sure["redriven"], 1);
}

/// What the gateway must refuse: everything else that a carrier sends is taken.
const FORGED: [&str; 3] = ["bad_signature", "expired_token", "replayed_token"];

#[test]
fn every_event_of_every_carrier_is_taken_and_forged_ones_are_refused() {
    let place = Workplace::new();
    let _dev = Dev::start(&place);
    let events = json(&place.omni(&["trigger", "--list", "--json"]));
    let names: Vec<&str> = events.as_array().unwrap().iter().filter_map(|e| e["name"].as_str()).collect();
    assert!(names.len() >= 7 * 10, "{}", names.len());
    for name in names {
        let ran = place.omni(&["trigger", name, "--json"]);
        let forged = FORGED.iter().any(|forged| name.ends_with(forged));
        assert_eq!(ran.code, i32::from(forged), "{name}: {ran:?}");
    }
    let letters = json(&place.omni(&["dead-letters", "list", "--json"]));
    assert_eq!(letters["data"], serde_json::json!([]));
    // What was refused can be looked at.
    let refused = json(&place.omni(&["quarantine", "list", "--json"]));
    let refused: Vec<_> = refused["data"].as_array().unwrap().iter().map(|r| r["id"].as_str()).collect();
    assert!(refused.len() >= 7, "{refused:?}");
    for id in refused.into_iter().flatten() {
        assert_eq!(json(&place.omni(&["quarantine", "show", id, "--json"]))["id"], id);
    }
}
