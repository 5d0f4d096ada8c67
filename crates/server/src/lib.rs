//! HTTP in: carriers' webhooks, the REST API, health and metrics.
//!
//! ```text
//! /webhooks/{carrier}[/…]  ─► webhooks ─► receive (pipeline) ─► the carrier's own dialect
//! /v1/…                    ─► finish (request id, problems, panics) ─► auth ─► api::v1::…
//! /livez /readyz /metrics /version /openapi.json /docs
//! ```
//!
//! Handlers are thin: they read the request, ask the engine or the store of *their tenant*,
//! and answer with a view. Whatever goes wrong is a [`Problem`] and leaves as RFC 9457
//! `application/problem+json`, rendered in one place (`error`).
//!
//! To add an endpoint: one handler in the file of its resource under `api/v1`, with its
//! `#[utoipa::path]`, and one line in that file's `routes`. The OpenAPI document, its error
//! responses and `/docs` follow from that; the snapshot test says how to write them down.
//!
//! Deliberately absent: any decision about a message (the pipeline's), any knowledge of a
//! carrier or a database, the real clock, configuration files.
//!
//! [`Problem`]: omni_core::problem::Problem

use std::sync::Arc;
use std::time::Duration;

use omni_core::peer::Cidr;
use omni_pipeline::engine::Engine;
use tokio_util::sync::CancellationToken;

pub mod api;
pub mod auth;
mod body;
mod cursor;
mod docs;
pub mod error;
mod health;
mod listing;
mod openapi;
mod params;
mod room;
mod router;
pub mod sandbox;
mod serve;
mod sse;
pub mod views;
mod webhooks;

pub use auth::{ApiKey, Keys};
pub use openapi::openapi;
pub use room::Room;
pub use router::router;
pub use sandbox::Sandbox;
pub use serve::serve;

/// How the server behaves.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How the world reaches us, without a slash at the end: `https://gw.example.net`.
    /// Callbacks' URLs are rebuilt as this plus the raw path and query, because signatures
    /// cover them.
    pub public_url: String,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<Cidr>,
    /// Most bytes of a callback's body.
    pub webhook_body_limit: usize,
    /// Most bytes of an API request's body.
    pub api_body_limit: usize,
    /// Most bytes that the large bodies among all requests take up together; see [`Room`].
    pub large_bodies: usize,
    /// Most event streams at a time.
    pub streams: usize,
    /// How often a silent event stream says that it is alive.
    pub stream_heartbeat: Duration,
    /// Our version, as `/version` tells it.
    pub version: &'static str,
}

impl Settings {
    /// Everything at its default, for a server that the world reaches under `public_url`.
    pub fn for_url(public_url: &str) -> Self {
        Self {
            public_url: public_url.trim_end_matches('/').to_owned(),
            trusted_proxies: Vec::new(),
            webhook_body_limit: 32 << 20,
            api_body_limit: 1 << 20,
            large_bodies: 256 << 20,
            streams: 1_024,
            stream_heartbeat: Duration::from_secs(15),
            version: env!("CARGO_PKG_VERSION"),
        }
    }
}

/// Renders all metrics in the text format of Prometheus.
pub type RenderMetrics = dyn Fn() -> String + Send + Sync;

/// Everything that handlers need.
pub struct Api {
    /// The pipeline, with its store and directory.
    pub engine: Arc<Engine>,
    /// Who may call.
    pub keys: Keys,
    /// How the server behaves.
    pub settings: Settings,
    /// The carriers' twins, if this server has them.
    pub sandbox: Option<Arc<dyn Sandbox>>,
    /// What `/metrics` answers; `None` for no such page.
    pub metrics: Option<Arc<RenderMetrics>>,
    /// What requests may take up.
    pub room: Room,
    /// Cancelled when the server is about to stop: `/readyz` fails, event streams end.
    pub draining: CancellationToken,
}

impl Api {
    /// An API without keys, sandbox or metrics.
    pub fn new(engine: Arc<Engine>, settings: Settings) -> Self {
        Self {
            engine,
            keys: Keys::default(),
            room: Room::new(&settings),
            settings,
            sandbox: None,
            metrics: None,
            draining: CancellationToken::new(),
        }
    }
}

impl std::fmt::Debug for Api {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Api").field("settings", &self.settings).finish_non_exhaustive()
    }
}
