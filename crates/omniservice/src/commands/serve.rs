//! `omni serve`: the gateway with your configuration.

use std::time::Duration;

use anyhow::Context as _;
use omni_local::Options;

use crate::cli::ServeArgs;
use crate::config::{Config, Overrides, build};
use crate::signals::Stop;
use crate::wiring::{self, Gateway, Parts, open_store};

/// Serves until SIGTERM or Ctrl-C, then drains.
pub async fn run(args: ServeArgs) -> anyhow::Result<()> {
    let stop = Stop::listen()?;
    let overrides = Overrides { listen: args.listen, data: args.data };
    let loaded = Config::load(&args.config, overrides)?;
    let (config, layers) = (loaded.config, loaded.layers);
    crate::logging::init(&config.log);
    for warning in &loaded.warnings {
        tracing::warn!(code = warning.code, setting = %warning.key, "{}", warning.message);
    }
    let directory = build::directory(&config, &layers)?;
    let options = Options {
        journal_retention: Duration::from_secs(config.data.journal_days * 86_400),
        ..Options::default()
    };
    let store = open_store(&config.data.dir, options)?;
    let listen = config.server.listen;
    let listener = wiring::listen(listen, "Change server.listen or stop what uses it.").await?;
    let address = listener.local_addr()?;
    let connections = directory.connections().len();
    let parts = Parts {
        store: store.clone(),
        directory,
        keys: build::keys(&config, &layers)?,
        server: build::server(&config)?,
        sandbox: None,
        concurrency: config.worker.concurrency,
    };
    let gateway = Gateway::start(parts, listener, Duration::from_secs(config.server.drain_secs))?;
    tracing::info!(listen = %address, public_url = %config.server.public_url, connections, "omniservice is ready");
    stop.requested().await;
    tracing::info!("stopping: finishing what is under way");
    gateway.drain().await?;
    store.close().await.context("the store could not be closed")?;
    tracing::info!("stopped");
    Ok(())
}
