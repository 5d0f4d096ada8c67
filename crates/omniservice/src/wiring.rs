//! Where concrete types meet: store, carriers, pipeline and server become one process.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use metrics_exporter_prometheus::PrometheusBuilder;
use omni_adapters::http::Http;
use omni_core::problem::{self, Problem};
use omni_core::store::Store;
use omni_core::time::Clock;
use omni_local::{Options, SqliteStore};
use omni_pipeline::directory::Directory;
use omni_pipeline::engine::Engine;
use omni_pipeline::worker;
use omni_server::{Api, Keys, Sandbox};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::system::{RandomIds, SystemClock};

/// How long one exchange with a carrier may take.
const CARRIER_TIMEOUT: Duration = Duration::from_secs(15);
/// How often old journal entries, events and expired keys are swept out.
const SWEEP: Duration = Duration::from_secs(600);

/// Everything a gateway is made of.
pub struct Parts {
    /// What we remember.
    pub store: Arc<dyn Store>,
    /// Who is who.
    pub directory: Directory,
    /// Who may call the API.
    pub keys: Keys,
    /// How the server behaves.
    pub server: omni_server::Settings,
    /// The sandbox's controls, if there is one.
    pub sandbox: Option<Arc<dyn Sandbox>>,
    /// Jobs worked on at once.
    pub concurrency: usize,
}

/// A gateway that runs.
pub struct Gateway {
    /// The pipeline.
    pub engine: Arc<Engine>,
    stop: CancellationToken,
    work: CancellationToken,
    server: JoinHandle<std::io::Result<()>>,
    worker: JoinHandle<()>,
}

impl Gateway {
    /// Starts serving on `listener` and working.
    pub fn start(parts: Parts, listener: TcpListener, drain: Duration) -> anyhow::Result<Self> {
        // Beside the start, not before it.
        std::thread::spawn(omni_core::phone::warm_up);
        let metrics = metrics()?;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let http = Arc::new(Http::new(CARRIER_TIMEOUT));
        let directory = Arc::new(parts.directory);
        let engine =
            Arc::new(Engine::new(parts.store, directory, clock, Arc::new(RandomIds::default()), http));
        let (stop, work) = (CancellationToken::new(), CancellationToken::new());
        let api = Arc::new(Api {
            engine: Arc::clone(&engine),
            keys: parts.keys,
            room: omni_server::Room::new(&parts.server),
            settings: parts.server,
            sandbox: parts.sandbox,
            metrics: Some(metrics),
            draining: stop.clone(),
        });
        let server = tokio::spawn(omni_server::serve(listener, api, stop.clone(), drain));
        let worker = tokio::spawn(worker::run(Arc::clone(&engine), parts.concurrency, work.clone()));
        Ok(Self { engine, stop, work, server, worker })
    }

    /// Stops taking requests, finishes those under way, then the jobs under way.
    pub async fn drain(self) -> anyhow::Result<()> {
        self.stop.cancel();
        self.server.await.context("the server panicked")?.context("the server failed")?;
        self.work.cancel();
        self.worker.await.context("the worker panicked")
    }
}

/// Renders the process's metrics. The recorder is global, so it is installed once.
fn metrics() -> anyhow::Result<Arc<dyn Fn() -> String + Send + Sync>> {
    static HANDLE: std::sync::OnceLock<metrics_exporter_prometheus::PrometheusHandle> =
        std::sync::OnceLock::new();
    let handle = match HANDLE.get() {
        Some(handle) => handle.clone(),
        None => {
            let buckets = [0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 30.0];
            let handle = PrometheusBuilder::new()
                .set_buckets(&buckets)
                .context("histogram buckets")?
                .install_recorder()
                .context("a metrics recorder is installed already")?;
            crate::measures::describe();
            HANDLE.get_or_init(|| handle).clone()
        }
    };
    metrics::gauge!("omni_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
    Ok(Arc::new(move || {
        handle.run_upkeep();
        handle.render()
    }))
}

/// Listens on `address`; `help` says what to do where somebody else does so already.
pub async fn listen(address: SocketAddr, help: &str) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.map_err(|error| {
        let help = match error.kind() {
            ErrorKind::AddrInUse => help,
            ErrorKind::PermissionDenied => "Ports below 1024 need a privilege: choose a higher one.",
            _ => "Is it an address of this machine?",
        };
        let detail = format!("cannot listen on {address}: {error}. {help}");
        Problem::new(problem::PORT_IN_USE, detail).into()
    })
}

/// Opens the embedded store in `dir`, made if it is not there, and keeps it swept.
pub fn open_store(dir: &Path, options: Options) -> anyhow::Result<Arc<SqliteStore>> {
    std::fs::create_dir_all(dir)
        .with_context(|| format!("cannot make the data directory {}", dir.display()))?;
    let store = SqliteStore::open(dir, options, Arc::new(SystemClock))?;
    let sweeper = Arc::downgrade(&store);
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(SWEEP).await;
            let Some(store) = sweeper.upgrade() else { return };
            if let Err(error) = store.sweep(SystemClock.now()).await {
                tracing::warn!(error = %error, "old records could not be swept out");
            }
        }
    });
    Ok(store)
}
