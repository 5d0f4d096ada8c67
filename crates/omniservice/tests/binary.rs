//! The real binary, as a user runs it: the sandbox round trip, refusals over HTTP, and
//! `kill -9` under load.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use omni_adapters::shared::hmac;
use serde_json::Value;

const OMNI: &str = env!("CARGO_BIN_EXE_omni");
const PATIENCE: Duration = Duration::from_secs(30);

/// A running `omni`, killed when the test ends.
struct Server {
    child: Child,
    url: String,
    key: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn dev(runtime: &Path) -> Server {
    let mut child = Command::new(OMNI)
        .args(["dev", "--port", "0", "--json", "--seed", "7"])
        .env("XDG_RUNTIME_DIR", runtime)
        .stdout(Stdio::piped())
        .spawn()
        .expect("omni starts");
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("its output")).read_line(&mut line).expect("one line");
    let hello: Value = serde_json::from_str(&line).expect("one JSON object");
    let text = |name: &str| hello[name].as_str().expect(name).to_owned();
    assert_eq!(text("tenant"), "acme-travel");
    Server { child, url: text("url"), key: text("key") }
}

fn omni(runtime: &Path, args: &[&str]) -> Output {
    Command::new(OMNI).args(args).env("XDG_RUNTIME_DIR", runtime).output().expect("omni runs")
}

fn json(output: &Output) -> Value {
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{error}");
    serde_json::from_slice(&output.stdout).expect("JSON on standard output")
}

/// One HTTP exchange over a connection of its own: status and body.
fn http(
    url: &str,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> std::io::Result<(u16, String)> {
    let mut stream = TcpStream::connect(url.trim_start_matches("http://"))?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut head = format!(
        "{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {}\r\n",
        body.len()
    );
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");
    stream.write_all(head.as_bytes())?;
    // A refusal may come before all of a large body is read.
    stream.write_all(body).ok();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok());
    let status = status.ok_or_else(|| std::io::Error::other("no whole answer"))?;
    Ok((status, answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default()))
}

fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let begin = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(begin.elapsed() < PATIENCE, "{what} did not happen");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_newcomer_gets_a_message_round_the_loop() {
    let runtime = tempfile::tempdir().expect("a directory");
    let _server = dev(runtime.path());
    for (event, channel, last) in [("whatsapp.text", "whatsapp", "read"), ("twilio.sms", "sms", "delivered")]
    {
        let text = "where is my booking 4711?";
        let triggered = json(&omni(runtime.path(), &["trigger", event, "--json", "--text", text]));
        assert_eq!(triggered["status"], 200, "{event}");
        let reply = wait_for("the end of the reply", || {
            let listed =
                json(&omni(runtime.path(), &["messages", "list", "--json", "--direction", "outbound"]));
            let found =
                listed["data"].as_array()?.iter().find(|m| m["channel"] == channel && m["status"] == last)?;
            Some(found["id"].as_str()?.to_owned())
        });
        let why = omni(runtime.path(), &["why", &reply]);
        let why = String::from_utf8_lossy(&why.stdout).into_owned();
        for part in ["carriers considered", "attempts", "accepted", "receipts"] {
            assert!(why.contains(part), "{part} in:\n{why}");
        }
    }
    let conversations = json(&omni(runtime.path(), &["conversations", "list", "--json"]));
    assert_eq!(conversations["data"].as_array().map(Vec::len), Some(2));
}

#[test]
fn people_see_that_we_read_and_write_where_their_carrier_shows_it() {
    let runtime = tempfile::tempdir().expect("a directory");
    let server = dev(runtime.path());
    for (event, shown) in [
        ("whatsapp.text", true),
        ("twilio.whatsapp", true),
        ("livechat.chat_started", true),
        ("livechat.message", true),
        ("twilio.sms", false),
        ("sendgrid.email", false),
    ] {
        let triggered = json(&omni(runtime.path(), &["trigger", event, "--wait", "--json"]));
        let message = triggered["message"]["id"].as_str().unwrap_or_else(|| panic!("{event}: {triggered}"));
        let bearer = format!("Bearer {}", server.key);
        let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
        let path = format!("/v1/messages/{message}/read");
        let (status, body) =
            http(&server.url, "POST", &path, &headers, br#"{"typing":true}"#).expect("an answer");
        let answer: Value = serde_json::from_str(&body).expect("JSON");
        assert_eq!((status, &answer["shown"]), (200, &shown.into()), "{event}: {answer}");
    }
}

#[test]
fn refusals_are_what_carriers_and_clients_expect() {
    let runtime = tempfile::tempdir().expect("a directory");
    let server = dev(runtime.path());
    let form = ("content-type", "application/x-www-form-urlencoded");
    let bearer = format!("Bearer {}", server.key);
    let auth = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    let ask = |method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]| {
        http(&server.url, method, path, headers, body).expect("an answer")
    };
    assert_eq!(ask("POST", "/webhooks/whatsapp", &[], b"{}").0, 401);
    assert_eq!(ask("POST", "/webhooks/twilio", &[form, ("x-twilio-signature", "AAAA")], b"Body=hi").0, 403);
    assert_eq!(ask("POST", "/webhooks/nobody", &[], b"{}").0, 404);
    assert_eq!(ask("POST", "/webhooks/whatsapp/no-such", &[], b"{}").0, 404);
    assert_eq!(ask("GET", "/v1/messages", &[], b"").0, 401);
    let five = br#"{"to":{"phoneNumbr":"+1"},"content":{"type":"media","mediaUrl":"ftp://x"},"options":{"priority":"urgent","scheduledAt":"tomorrow"}}"#;
    let (status, body) = ask("POST", "/v1/messages", &auth, five);
    let problem: Value = serde_json::from_str(&body).expect("a problem");
    assert_eq!((status, problem["errors"].as_array().map(Vec::len)), (422, Some(5)), "{body}");
    assert_eq!(ask("POST", "/webhooks/whatsapp", &[], &vec![b' '; 33 << 20]).0, 413);
    let quarantine = json(&omni(runtime.path(), &["quarantine", "list", "--json"]));
    let outcomes: Vec<_> =
        quarantine["data"].as_array().into_iter().flatten().map(|j| j["outcome"].clone()).collect();
    assert_eq!(outcomes, ["reject", "reject"]);
    assert_eq!(omni(runtime.path(), &["why", "msg_01ARZ3NDEKTSV4RRFFQ69G5FAV"]).status.code(), Some(4));
}

const SECRET: &str = "0123456789abcdef0123456789abcdef";

/// A configuration with one WhatsApp connection whose API nobody answers.
fn configure(dir: &Path) {
    let key_hash = hmac::hex(&hmac::digest(b"test-key"));
    let text = format!(
        r#"
[server]
listen = "127.0.0.1:0"
[[tenants]]
id = "acme"
api_keys = [{{ name = "test", sha256 = "{key_hash}" }}]
[[accounts]]
id = "main"
tenant = "acme"
[[connections]]
id = "wa"
tenant = "acme"
account = "main"
carrier = "whatsapp"
[connections.settings]
phone_number_id = "183920475610238"
display_number = "+447700900100"
access_token = "t"
app_secrets = ["{SECRET}"]
verify_token = "v"
base_url = "http://127.0.0.1:9"
"#
    );
    std::fs::write(dir.join("omni.toml"), text).expect("written");
}

/// `omni serve` on a free port, once it says where it listens.
fn serve(dir: &Path) -> Server {
    let mut child = Command::new(OMNI)
        .args(["serve", "--config"])
        .arg(dir.join("omni.toml"))
        .stderr(Stdio::piped())
        .spawn()
        .expect("omni starts");
    let mut lines = BufReader::new(child.stderr.take().expect("its log")).lines();
    let ready = lines.by_ref().map_while(Result::ok).find(|line| line.contains("omniservice is ready"));
    let ready: Value = serde_json::from_str(&ready.expect("it becomes ready")).expect("a JSON log line");
    let listen = ready["fields"]["listen"].as_str().expect("where it listens").to_owned();
    // Somebody must read the log, or the pipe fills up.
    std::thread::spawn(move || lines.for_each(drop));
    Server { child, url: format!("http://{listen}"), key: "test-key".to_owned() }
}

fn callback(id: &str, person: u32) -> Vec<u8> {
    format!(
        r#"{{"object":"whatsapp_business_account","entry":[{{"id":"1","changes":[{{"value":{{"messaging_product":"whatsapp","metadata":{{"display_phone_number":"447700900100","phone_number_id":"183920475610238"}},"contacts":[{{"profile":{{"name":"P"}},"wa_id":"44770090{person:04}"}}],"messages":[{{"from":"44770090{person:04}","id":"{id}","timestamp":"1763650800","type":"text","text":{{"body":"hm"}}}}]}},"field":"messages"}}]}}]}}"#
    )
    .into_bytes()
}

#[test]
fn kill_nine_under_load_loses_nothing_that_was_acknowledged() {
    let dir = tempfile::tempdir().expect("a directory");
    configure(dir.path());
    let mut acknowledged: Vec<String> = Vec::new();
    for round in 0..3 {
        let mut server = serve(dir.path());
        let url = server.url.clone();
        let count = Arc::new(AtomicUsize::new(0));
        let senders: Vec<_> = (0..4)
            .map(|sender| {
                let (url, count) = (url.clone(), Arc::clone(&count));
                std::thread::spawn(move || {
                    let mut done = Vec::new();
                    for number in 0..2_000 {
                        let id = format!("wamid.{round}.{sender}.{number}");
                        let body = callback(&id, sender * 100 + number % 50);
                        let signature =
                            format!("sha256={}", hmac::hex(&hmac::sha256(SECRET.as_bytes(), &[&body])));
                        let headers = [
                            ("x-hub-signature-256", signature.as_str()),
                            ("content-type", "application/json"),
                        ];
                        match http(&url, "POST", "/webhooks/whatsapp", &headers, &body) {
                            Ok((200, _)) => {
                                done.push(id);
                                count.fetch_add(1, Ordering::Relaxed);
                            }
                            // Killed in the middle: whatever was not acknowledged may be repeated.
                            Ok(_) | Err(_) => break,
                        }
                    }
                    done
                })
            })
            .collect();
        wait_for("some load", || (count.load(Ordering::Relaxed) >= 100).then_some(()));
        server.child.kill().expect("SIGKILL");
        server.child.wait().expect("it is gone");
        for sender in senders {
            acknowledged.extend(sender.join().expect("a sender"));
        }
    }
    let server = serve(dir.path());
    let url = format!("--url={}", server.url);
    let key = format!("--key={}", server.key);
    // Every acknowledged message is there exactly once, and goes on: each gets its conversation.
    wait_for("every message handled", || {
        let args =
            ["messages", "list", "--json", "--all", "--limit", "200", "--direction", "inbound", &url, &key];
        let listed = json(&omni(dir.path(), &args));
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        let mut open = 0;
        for message in listed["data"].as_array()? {
            *seen.entry(message["carrierMessageId"].as_str()?.to_owned()).or_default() += 1;
            open += usize::from(message["conversationId"].is_null());
        }
        assert!(seen.values().all(|count| *count == 1), "a message was stored twice");
        let missing = acknowledged.iter().filter(|id| !seen.contains_key(*id)).count();
        assert_eq!(missing, 0, "acknowledged messages are gone");
        (open == 0).then_some(())
    });
}

#[test]
fn sigterm_drains_and_the_data_directory_belongs_to_one_process() {
    let dir = tempfile::tempdir().expect("a directory");
    configure(dir.path());
    let mut server = serve(dir.path());
    assert_eq!(http(&server.url, "GET", "/livez", &[], b"").expect("an answer").0, 200);
    assert_eq!(http(&server.url, "GET", "/readyz", &[], b"").expect("an answer").0, 200);
    let metrics = http(&server.url, "GET", "/metrics", &[], b"").expect("an answer").1;
    assert!(metrics.contains("omni_build_info"), "{metrics}");
    let config = dir.path().join("omni.toml");
    let second = Command::new(OMNI).args(["serve", "--config"]).arg(&config).output().expect("omni runs");
    assert_eq!(second.status.code(), Some(6));
    assert!(String::from_utf8_lossy(&second.stderr).contains("DATA_LOCKED"));
    let pid = server.child.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().expect("kill runs").success());
    assert!(server.child.wait().expect("it ends").success());
}

#[test]
fn every_mistake_of_a_configuration_is_shown_with_its_line() {
    #[rustfmt::skip]
    let cases: &[(&str, &str, usize)] = &[
        ("[server]\nlisen = \"127.0.0.1:1\"\n", "CONFIG_UNKNOWN_KEY", 2),
        ("[server\n", "CONFIG_SYNTAX", 1),
        ("[server]\nlisten = \"nowhere\"\n", "CONFIG_INVALID_VALUE", 2),
        ("[server]\npublic_url = \"gw.example.com\"\n", "CONFIG_INVALID_VALUE", 2),
        ("[server]\ntrusted_proxies = [\"10.0.0.0/99\"]\n", "CONFIG_INVALID_VALUE", 2),
        ("[worker]\nconcurrency = 0\n", "CONFIG_INVALID_VALUE", 2),
        ("[log]\nformat = \"xml\"\n", "CONFIG_INVALID_VALUE", 2),
        ("[[tenants]]\nid = \"Acme\"\n", "CONFIG_INVALID_VALUE", 2),
        ("[[tenants]]\nid = \"a\"\n[[tenants]]\nid = \"a\"\n", "CONFIG_DUPLICATE", 4),
        ("[[tenants]]\nid = \"a\"\napi_keys = [{ name = \"k\" }]\n", "CONFIG_MISSING", 3),
        ("[[accounts]]\nid = \"m\"\ntenant = \"nobody\"\n", "CONFIG_REFERENCE", 3),
        ("[[tenants]]\nid = \"a\"\n[[accounts]]\nid = \"m\"\ntenant = \"a\"\ndefault_region = \"us\"\n", "CONFIG_INVALID_VALUE", 6),
        ("[[tenants]]\nid = \"a\"\n[[accounts]]\nid = \"m\"\ntenant = \"a\"\n[[connections]]\nid = \"c\"\ntenant = \"a\"\naccount = \"m\"\ncarrier = \"whatsap\"\n", "CONFIG_REFERENCE", 10),
        ("[[tenants]]\nid = \"a\"\n[[accounts]]\nid = \"m\"\ntenant = \"a\"\n[[accounts.rules]]\nid = \"r\"\nactions = [{ type = \"add_tag\", tag = \"x\" }]\nconditions = [{ field = \"mesage.text\", operator = \"exists\" }]\n", "CONFIG_REFERENCE", 9),
    ];
    for (text, code, line) in cases {
        let dir = tempfile::tempdir().expect("a directory");
        std::fs::write(dir.path().join("omni.toml"), text).expect("written");
        let config = dir.path().join("omni.toml");
        let output = Command::new(OMNI)
            .args(["check", "--json", "--config"])
            .arg(&config)
            .output()
            .expect("omni runs");
        assert_eq!(output.status.code(), Some(3), "{text}");
        let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let found: Vec<_> = report["mistakes"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|m| (m["code"].as_str().unwrap_or_default(), m["line"].as_u64().unwrap_or_default()))
            .collect();
        assert!(found.contains(&(*code, *line as u64)), "{text}\n{found:?}");
    }
}

#[test]
fn what_init_writes_passes_the_check_once_its_secrets_are_filled() {
    let dir = tempfile::tempdir().expect("a directory");
    for carrier in ["whatsapp", "twilio"] {
        let output = Command::new(OMNI)
            .args(["init", "--yes", "--force", "--carrier", carrier, "--dir"])
            .arg(dir.path())
            .output()
            .expect("omni runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert!(String::from_utf8_lossy(&output.stdout).starts_with("omni_sk_live_"));
        for secret in std::fs::read_dir(dir.path().join("secrets")).expect("secrets") {
            std::fs::write(secret.expect("a file").path(), "filled\n").expect("written");
        }
        let config = dir.path().join("omni.toml");
        let text = std::fs::read_to_string(&config).expect("omni.toml");
        let filled = text
            .replace("phone_number_id = \"\"", "phone_number_id = \"183920475610238\"")
            .replace("account_sid = \"\"", "account_sid = \"AC4e4e4e4e4e4e4e4e4e4e4e4e4e4e4e4e\"")
            .replace("numbers = []", "numbers = [\"+12025550143\"]");
        std::fs::write(&config, filled).expect("written");
        let check = Command::new(OMNI).args(["check", "--config"]).arg(&config).output().expect("omni runs");
        assert!(check.status.success(), "{carrier}: {}", String::from_utf8_lossy(&check.stderr));
    }
}

#[test]
fn conformance_counts_and_answers_with_its_exit_code() {
    let vectors =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../adapters/tests/vectors/whatsapp_signatures.json");
    let run = |file: &Path| Command::new(OMNI).arg("conformance").arg(file).output().expect("omni runs");
    let good = run(&vectors);
    let last = String::from_utf8_lossy(&good.stdout).lines().last().map(str::to_owned).unwrap_or_default();
    assert!(good.status.success() && last.ends_with(" passed, 0 failed"), "{last}");
    let dir = tempfile::tempdir().expect("a directory");
    let bent =
        std::fs::read_to_string(&vectors).expect("vectors").replace("\"expect\": true", "\"expect\": false");
    let file = dir.path().join("whatsapp_bent.json");
    std::fs::write(&file, bent).expect("written");
    assert_eq!(run(&file).status.code(), Some(1));
    std::fs::write(&file, "{}").expect("written");
    assert_eq!(run(&file).status.code(), Some(2));
}

#[test]
fn the_doctor_names_what_is_broken_and_what_to_do() {
    let dir = tempfile::tempdir().expect("a directory");
    configure(dir.path());
    let config = dir.path().join("omni.toml");
    let examined = omni(dir.path(), &["doctor", "--config", config.to_str().expect("UTF-8"), "--json"]);
    assert_eq!(examined.status.code(), Some(1), "a carrier that nobody reaches is broken");
    let report: Value = serde_json::from_slice(&examined.stdout).expect("JSON");
    let finding = |about: &str| {
        let all = report["findings"].as_array().expect("findings");
        all.iter().find(|finding| finding["about"] == about).unwrap_or_else(|| panic!("{about}: {report}"))
    };
    assert_eq!(finding("credentials wa")["status"], "failed");
    assert!(finding("credentials wa")["fix"].as_str().is_some_and(|fix| fix.contains("internet")));
    assert_eq!(finding("public URL")["status"], "warning", "no carrier reaches a loopback address");
    assert_eq!(finding("schema")["status"], "ok");
    assert_eq!(report["ok"], false);
}
