//! `omni dev`: everything on one machine, nothing to configure, no carrier contacted.
//!
//! A temporary store, a demo tenant, and twins of the carriers that speak their real APIs
//! over loopback. Each message that passes is shown with the steps it took.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use async_trait::async_trait;
use omni_adapters::carriers;
use omni_core::account::Account;
use omni_core::id::{MessageId, TenantId};
use omni_core::message::{Direction, Message};
use omni_core::problem::{self, Problem};
use omni_core::store::{LoggedEvent, StoreExt as _};
use omni_core::time::Timestamp;
use omni_local::Options;
use omni_pipeline::directory::{Connection, Directory};
use omni_pipeline::engine::Engine;
use omni_server::{Keys, Sandbox};
use omni_twins::{Faults, Twins};
use serde_json::{Map, Value, json};
use tokio::net::TcpListener;

use crate::cli::DevArgs;
use crate::dev_state::DevState;
use crate::signals::Stop;
use crate::system::random;
use crate::wiring::{self, Gateway, Parts, open_store};
use crate::{dev_state, output};

/// The demo's tenant and account.
const DEMO: &str = "acme-travel";
/// Jobs worked on at once.
const CONCURRENCY: usize = 256;
/// How long requests and jobs under way may take at Ctrl-C.
const DRAIN: Duration = Duration::from_secs(5);

/// Runs the sandbox until Ctrl-C or SIGTERM.
pub async fn run(args: DevArgs) -> anyhow::Result<()> {
    let stop = Stop::listen()?;
    let listener = listen(&args).await?;
    let address = listener.local_addr()?;
    let url = format!("http://{address}");
    let data = Data::prepare(&args)?;
    let store = open_store(&data.dir, Options::default())?;
    let seed = args.seed.unwrap_or_else(|| u64::from_le_bytes(random()));
    let twins = Twins::start(omni_twins::Settings {
        webhook_base: url.clone(),
        auto_receipts: !args.no_receipts,
        receipt_delay: Duration::from_millis(100),
        seed,
        ..omni_twins::Settings::default()
    })
    .await
    .context("the twins could not start")?;
    let twins = Arc::new(twins);
    let tenant: TenantId = DEMO.parse().expect("a plain name");
    let directory = demo(&tenant, &twins, &url)?;
    let (key, api_key) = omni_server::auth::generate("dev", tenant.clone(), true, random());
    let connections = directory.connections().len();
    let rules = directory.accounts_of(&tenant).first().map_or(0, |account| account.rules.len());
    let parts = Parts {
        store: store.clone(),
        directory,
        keys: Keys::new(vec![api_key]),
        server: omni_server::Settings::for_url(&url),
        sandbox: Some(Arc::new(TwinSandbox(Arc::clone(&twins)))),
        concurrency: CONCURRENCY,
    };
    let gateway = Gateway::start(parts, listener, DRAIN)?;
    let state =
        DevState { url: url.clone(), key: key.clone(), tenant: DEMO.to_owned(), pid: std::process::id() };
    let written = dev_state::write(&state);
    if let Err(error) = &written {
        eprintln!(
            "  note: `omni trigger` will need --url and --key, because the state file could not be written: {error}"
        );
    }
    if args.json {
        let line = json!({ "url": url, "key": key, "tenant": DEMO, "pid": state.pid, "data": data.dir });
        output::line(&line.to_string());
    } else {
        banner(&url, &key, &data, connections, rules);
    }
    let quiet = args.json || args.quiet;
    let shown = (!quiet).then(|| tokio::spawn(show(Arc::clone(&gateway.engine), tenant)));
    stop.requested().await;
    if !quiet {
        output::line("\n  stopping: finishing what is under way …");
    }
    if written.is_ok() {
        dev_state::remove(state.pid);
    }
    if let Some(shown) = shown {
        shown.abort();
    }
    gateway.drain().await?;
    drop(twins);
    store.close().await.context("the store could not be closed")?;
    data.remove();
    Ok(())
}

async fn listen(args: &DevArgs) -> anyhow::Result<TcpListener> {
    let address: SocketAddr = match (args.port, args.listen) {
        (Some(port), _) => SocketAddr::from(([127, 0, 0, 1], port)),
        (None, Some(listen)) => listen,
        (None, None) => SocketAddr::from(([127, 0, 0, 1], 7070)),
    };
    wiring::listen(address, "Another `omni dev`? Use --port 0 for any free port.").await
}

/// Where the sandbox keeps its data, and whether it is removed on exit.
struct Data {
    dir: PathBuf,
    temporary: bool,
}

impl Data {
    fn prepare(args: &DevArgs) -> anyhow::Result<Self> {
        if let Some(dir) = &args.data {
            return Ok(Self { dir: dir.clone(), temporary: false });
        }
        let dir = tempfile::Builder::new().prefix("omni-dev-").tempdir().context("no temporary directory")?;
        Ok(Self { dir: dir.keep(), temporary: !args.keep })
    }

    fn remove(&self) {
        if self.temporary
            && let Err(error) = std::fs::remove_dir_all(&self.dir)
        {
            eprintln!("  note: {} could not be removed: {error}", self.dir.display());
        }
    }
}

/// The demo tenant: one account, connections to each twin, and rules that show something.
fn demo(tenant: &TenantId, twins: &Twins, url: &str) -> anyhow::Result<Directory> {
    let rules = include_str!("dev_rules.json");
    let mut account = Account::new(tenant.clone(), DEMO.parse().expect("a plain name"));
    account.name = "Acme Travel".to_owned();
    account.rules = serde_json::from_str(rules).context("the demo's rules")?;
    // An ambiguous send settles, or is given up, while somebody is still looking.
    account.reconcile_after_secs = 30;
    // Who plays here writes often, and from one number.
    account.answers_per_hour = 0;
    let mut connections = Vec::new();
    for plugin in carriers::REGISTRY {
        for (name, settings) in twins.sandbox_connections(plugin.name.0) {
            let built = (plugin.build)(settings).with_context(|| format!("the {name} twin's settings"))?;
            let id = format!("sim-{name}").parse().context("a plain name")?;
            let mut connection = Connection::new(tenant.clone(), account.id.clone(), id, built);
            connection.sandbox = true;
            connection.status_url = Some(format!("{url}/webhooks/{}/{}", plugin.name.0, connection.id));
            connections.push(connection);
        }
    }
    Ok(Directory::new(vec![account], connections))
}

fn banner(url: &str, key: &str, data: &Data, connections: usize, rules: usize) {
    let kept =
        if data.temporary { "temporary, removed on exit (--keep, or --data ./omni-data)" } else { "kept" };
    let version = env!("CARGO_PKG_VERSION");
    let names: Vec<&str> = carriers::REGISTRY.iter().map(|plugin| plugin.name.0).collect();
    let address = url.trim_start_matches("http://");
    output::line(&format!(
        "
  omniservice {version}   sandbox: no real carrier is contacted
  ✓ data      {kept}: {}
  ✓ tenant    \"Acme Travel\": {connections} connections, {rules} rules
  ✓ carriers  simulated: {}
  API         {url}/v1              reference at {url}/docs
  Test key    {key}
  Try         omni trigger whatsapp.text --text \"where is my booking 4711?\"
              curl -s {address}/v1/messages -H \"Authorization: Bearer {key}\" -H 'content-type: application/json' -d '{{\"to\":\"+15550001001\",\"text\":\"hi\"}}'
  Fail        omni send +15550002002 \"hi\" --wait · omni faults bandwidth outage=true   (docs/sandbox.md)
  See         omni tail · omni messages list · omni why <id>
  Ctrl-C stops. Not for production: see `omni init`.
",
        data.dir.display(),
        names.join(" "),
    ));
}

/// Shows each message as it passes.
async fn show(engine: Arc<Engine>, tenant: TenantId) {
    let mut after = 0;
    let mut started: HashMap<MessageId, Timestamp> = HashMap::new();
    loop {
        let events = engine.store.events(&tenant, after, 100, Duration::from_secs(5)).await;
        let Ok(events) = events else { return };
        for event in events {
            after = event.sequence;
            show_event(&engine, &tenant, &event, &mut started).await;
        }
    }
}

async fn show_event(
    engine: &Engine,
    tenant: &TenantId,
    event: &LoggedEvent,
    started: &mut HashMap<MessageId, Timestamp>,
) {
    let data = &event.event.data;
    let id: Option<MessageId> = data["messageId"].as_str().and_then(|id| id.parse().ok());
    let Some(id) = id else { return };
    let kind = event.event.event_type.as_str();
    if !matches!(
        kind,
        "message.routed" | "message.sent" | "message.delivered" | "message.read" | "message.failed"
    ) {
        return;
    }
    let Ok(Some(found)) = engine.store.message(tenant, id).await else { return };
    let message = found.value;
    if kind == "message.routed" {
        if started.len() > 10_000 {
            started.clear();
        }
        output::line(&arrival(&message));
        return;
    }
    let caused = message.sending.as_ref().and_then(|sending| sending.in_reply_to);
    let since = match caused {
        Some(cause) => match started.get(&cause) {
            Some(at) => *at,
            None => {
                let cause_at =
                    engine.store.message(tenant, cause).await.ok().flatten().map(|m| m.value.created_at);
                let at = cause_at.unwrap_or(message.created_at);
                started.insert(cause, at);
                at
            }
        },
        None => message.created_at,
    };
    let took = event.event.at.since(since);
    if kind == "message.sent" {
        output::line(&format!("            → {:<9} {}  {id}", message.channel.as_str(), quoted(&message)));
    }
    let detail = message.error.as_ref().filter(|_| kind == "message.failed");
    let tries = match message.attempts.len() {
        0 | 1 => String::new(),
        tries => format!("given up after {tries} attempts: "),
    };
    let why = detail
        .map(|error| format!("  {tries}{} ({})", error.class.agent_text(), error.code))
        .unwrap_or_default();
    let word = message_word(kind);
    // Several messages may be under way: the end of the id tells whose line it is.
    let id = id.to_string();
    let whose = id.get(id.len().saturating_sub(6)..).unwrap_or_default();
    output::line(&format!("              {word:<12} +{} ms  …{whose}{why}", took.as_millis()));
}

fn message_word(kind: &str) -> &str {
    match kind {
        "message.sent" => "✓ sent",
        "message.delivered" => "✓✓ delivered",
        "message.read" => "✓✓ read",
        _ => "✗ failed",
    }
}

/// An inbound message with the steps it took.
fn arrival(message: &Message) -> String {
    let arrow = if message.direction == Direction::Inbound { "←" } else { "↺" };
    let at = output::clock_time(message.created_at);
    let mut text = format!(
        "  {at}  {arrow} {:<9} {} {}  {}\n            ",
        message.channel.as_str(),
        message.customer_address,
        quoted(message),
        message.id
    );
    let steps: Vec<String> = message
        .trace
        .iter()
        .map(|step| format!("{} {} {}", short(&step.step), step.verdict, output::micros(step.micros)))
        .collect();
    text.push_str(&steps.join(" · "));
    let rules = message.trace.iter().find_map(|step| step.facts.get("rules")).and_then(Value::as_array);
    for rule in rules.into_iter().flatten().filter_map(Value::as_str) {
        text.push_str(&format!("\n            rule \"{rule}\" matched"));
    }
    text
}

fn short(step: &str) -> &str {
    match step {
        "workFlowIdentityLookup" => "identity",
        "workFlowBiDirectional" => "conversation",
        "workFlowPreRoute" => "route",
        other => other,
    }
}

/// The sandbox shows what was said: its people do not exist.
fn quoted(message: &Message) -> String {
    let text = message.text().unwrap_or_default();
    let cut: String = text.chars().take(60).collect();
    let dots = if text.chars().count() > 60 { "…" } else { "" };
    if text.is_empty() {
        format!("[{:?}]", message.message_type()).to_lowercase()
    } else {
        format!("\"{cut}{dots}\"")
    }
}

/// The twins, as the server's sandbox routes need them.
struct TwinSandbox(Arc<Twins>);

#[async_trait]
impl Sandbox for TwinSandbox {
    fn catalogue(&self) -> Value {
        serde_json::to_value(Twins::catalogue()).unwrap_or_default()
    }

    async fn trigger(&self, event: &str, params: Map<String, Value>) -> Result<Value, Problem> {
        match self.0.trigger(event, params).await {
            Ok(triggered) => Ok(serde_json::to_value(triggered).unwrap_or_default()),
            Err(error) => Err(Problem::new(problem::EVENT_UNKNOWN, error.to_string())),
        }
    }

    fn faults(&self, carrier: &str) -> Result<Value, Problem> {
        let faults = self.0.faults(carrier).ok_or_else(|| unknown_twin(carrier))?;
        Ok(serde_json::to_value(faults).unwrap_or_default())
    }

    fn set_faults(&self, carrier: &str, faults: Value) -> Result<Value, Problem> {
        let faults: Faults = serde_json::from_value(faults).map_err(|error| {
            Problem::new(problem::VALIDATION_FAILED, format!("These faults cannot be set: {error}."))
        })?;
        self.0.set_faults(carrier, faults).map_err(|_| unknown_twin(carrier))?;
        self.faults(carrier)
    }
}

fn unknown_twin(carrier: &str) -> Problem {
    Problem::new(problem::NOT_FOUND, format!("There is no twin of `{carrier}` in this sandbox."))
}
