//! The process under test.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use axum::Router;
use axum::body::Bytes;
use axum::routing::post;
use omni_adapters::carriers;
use omni_core::account::Account;
use omni_core::id::TenantId;
use omni_core::store::Store;
use omni_local::{MemoryStore, Options};
use omni_pipeline::directory::{Connection, Directory};
use omni_server::Keys;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio::net::TcpListener;
use tokio::process::{Child, Command};

use super::load::{PHONE_NUMBER_ID, SECRET};
use crate::cli::BenchArgs;
use crate::system::SystemClock;
use crate::wiring::{Gateway, Parts, open_store};

/// What is under test.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Answers 200 to everything.
    Noop,
    /// The gateway over the embedded store.
    Sqlite,
    /// The gateway over a store that keeps nothing.
    Null,
}

impl Kind {
    /// As printed and passed to the child.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Noop => "noop",
            Self::Sqlite => "sqlite",
            Self::Null => "null",
        }
    }
}

/// What a process used so far.
#[derive(Debug, Clone, Copy, Default)]
pub struct Usage {
    /// CPU time, user and system.
    pub cpu: Duration,
    /// Bytes handed to the disk.
    pub written: u64,
}

/// A child process under test.
pub struct Target {
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
    /// From spawning to listening.
    pub ready_after: Duration,
}

impl Target {
    /// Starts a target with its data in `dir`; with a `sink` it also works and sends there.
    pub async fn start(kind: Kind, dir: &Path, sink: Option<&str>) -> anyhow::Result<Self> {
        let begin = Instant::now();
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["bench", "target", "--store", kind.name(), "--data"]).arg(dir);
        if let Some(sink) = sink {
            command.args(["--sink", sink]);
        }
        // The child ends when its standard input closes, so it never outlives the benchmark.
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().context("the target could not be started")?;
        let stdout = child.stdout.take().context("the target has no output")?;
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line).await?;
        let ready_after = begin.elapsed();
        let hello: Value = serde_json::from_str(&line).context("the target did not say where it listens")?;
        let address = hello["address"].as_str().context("no address")?.parse()?;
        Ok(Self { child, address, ready_after })
    }

    /// What it used so far; zeros where the system does not tell.
    pub fn usage(&self) -> Usage {
        let Some(pid) = self.child.id() else { return Usage::default() };
        Usage { cpu: cpu(pid).unwrap_or_default(), written: written(pid).unwrap_or_default() }
    }

    /// Memory it holds now.
    pub fn rss_bytes(&self) -> u64 {
        self.child.id().and_then(|pid| proc_value(&format!("/proc/{pid}/status"), "VmRSS:")).unwrap_or(0)
            * 1_024
    }

    /// Ends it.
    pub async fn stop(&mut self) -> anyhow::Result<()> {
        drop(self.child.stdin.take());
        if tokio::time::timeout(Duration::from_secs(20), self.child.wait()).await.is_err() {
            self.child.kill().await?;
        }
        Ok(())
    }
}

fn proc_value(path: &str, name: &str) -> Option<u64> {
    let text = std::fs::read_to_string(path).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

fn written(pid: u32) -> Option<u64> {
    proc_value(&format!("/proc/{pid}/io"), "write_bytes:")
}

fn cpu(pid: u32) -> Option<Duration> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name may hold blanks; the fields after it do not. Times are in hundredths.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks: u64 = fields.get(11)?.parse::<u64>().ok()? + fields.get(12)?.parse::<u64>().ok()?;
    Some(Duration::from_millis(ticks * 10))
}

/// The child's side: serves until its standard input closes.
pub async fn serve(args: &BenchArgs) -> anyhow::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let dir = args.data.clone().context("a target needs --data")?;
    match args.store.as_deref() {
        Some("noop") => {
            let router = Router::new().fallback(post(|_: Bytes| async { "" }));
            let server = tokio::spawn(async move { axum::serve(listener, router).await });
            hello(address);
            input_closed().await;
            server.abort();
        }
        store => {
            let sqlite = match store {
                Some("null") => None,
                _ => Some(open_store(&dir, Options::default())?),
            };
            let store: Arc<dyn Store> = match &sqlite {
                Some(store) => Arc::clone(store) as Arc<dyn Store>,
                None => MemoryStore::null(Arc::new(SystemClock)),
            };
            let gateway = Gateway::start(
                parts(store, args.sink.as_deref(), address)?,
                listener,
                Duration::from_secs(1),
            )?;
            hello(address);
            input_closed().await;
            // Whatever still waits is thrown away with the directory.
            drop(gateway);
        }
    }
    std::process::exit(0);
}

fn hello(address: SocketAddr) {
    use std::io::Write as _;
    let mut out = std::io::stdout().lock();
    let _parent_gone = writeln!(out, "{}", json!({ "address": address })).and_then(|()| out.flush());
}

async fn input_closed() {
    let mut byte = [0; 1];
    while tokio::io::stdin().read(&mut byte).await.is_ok_and(|read| read > 0) {}
}

fn parts(store: Arc<dyn Store>, sink: Option<&str>, address: SocketAddr) -> anyhow::Result<Parts> {
    let tenant: TenantId = "bench".parse()?;
    let mut account = Account::new(tenant.clone(), "bench".parse()?);
    account.rules = serde_json::from_value(json!([{
        "id": "booking", "name": "", "priority": 1,
        "conditions": [{ "field": "contentAnalysis.intent", "operator": "contains", "value": "booking" }],
        "actions": [{ "type": "auto_respond", "content": "Thanks {{name}}, we are looking at it." }],
    }]))?;
    let plugin = carriers::find("whatsapp").context("no whatsapp adapter")?;
    let carrier = (plugin.build)(json!({
        "phone_number_id": PHONE_NUMBER_ID, "display_number": "+447700900100", "access_token": "bench",
        "app_secrets": [SECRET], "verify_token": "bench", "base_url": sink.unwrap_or("http://127.0.0.1:1"),
    }))?;
    let mut connection = Connection::new(tenant, "bench".parse()?, "bench".parse()?, carrier);
    connection.sandbox = true;
    Ok(Parts {
        store,
        directory: Directory::new(vec![account], vec![connection]),
        keys: Keys::new(Vec::new()),
        server: omni_server::Settings::for_url(&format!("http://{address}")),
        sandbox: None,
        // Without a sink nothing is worked on: receiving alone is measured.
        concurrency: if sink.is_some() { 512 } else { 0 },
    })
}
