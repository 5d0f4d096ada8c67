//! Accepting connections, and stopping without dropping anybody.
//!
//! Written on hyper rather than `axum::serve` for two things that a server facing the
//! internet needs: a limit on how long a request's head may take (else a few thousand idle
//! sockets hold it), and a deadline for stopping.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

use crate::Api;
use crate::router::router;

/// How long a client may take for the head of a request, or stay silent between two.
const HEAD_TIMEOUT: Duration = Duration::from_secs(60);
/// Most bytes of a request's head.
const HEAD_LIMIT: usize = 64 * 1024;
/// A pause when the system has no more sockets for us.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Serves `api` until `stop`. Then it accepts nobody new, ends event streams, lets the
/// requests in flight finish, and after `drain` cuts those that still run.
///
/// # Errors
/// None today: a failing `accept` is logged and tried again.
pub async fn serve(
    listener: TcpListener,
    api: Arc<Api>,
    stop: CancellationToken,
    drain: Duration,
) -> io::Result<()> {
    let router = router(Arc::clone(&api));
    let (connections, cut) = (TaskTracker::new(), CancellationToken::new());
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => {
                let served = connection(stream, peer, router.clone(), stop.clone(), cut.clone());
                connections.spawn(served);
            }
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "could not accept a connection");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    drop(listener);
    api.draining.cancel();
    connections.close();
    if tokio::time::timeout(drain, connections.wait()).await.is_err() {
        tracing::warn!(open = connections.len(), "requests still ran at the end of the drain time; cut");
        cut.cancel();
        connections.wait().await;
    }
    Ok(())
}

async fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    stop: CancellationToken,
    cut: CancellationToken,
) {
    // Answers are small and wanted at once.
    if stream.set_nodelay(true).is_err() {
        return;
    }
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        router.clone().oneshot(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_buf_size(HEAD_LIMIT)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    tokio::select! {
        ended = connection.as_mut() => return trace_end(ended),
        () = stop.cancelled() => connection.as_mut().graceful_shutdown(),
    }
    tokio::select! {
        ended = connection => trace_end(ended),
        () = cut.cancelled() => {}
    }
}

fn trace_end(ended: hyper::Result<()>) {
    // Clients go away as they like; that is nobody's fault.
    if let Err(error) = ended {
        tracing::trace!(error = &error as &dyn std::error::Error, "a connection ended early");
    }
}
