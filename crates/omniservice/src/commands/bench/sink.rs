//! The carrier's end: takes WhatsApp sends, answers like the API, and tells who waits.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

/// Who waits for an answer to whom.
type Waiting = Arc<Mutex<HashMap<u64, oneshot::Sender<()>>>>;

/// A running sink; it ends with the benchmark.
pub(super) struct Sink {
    url: String,
    waiting: Waiting,
    task: tokio::task::JoinHandle<()>,
}

/// Lets one connection wait for its answers.
#[derive(Clone)]
pub(super) struct Waiter(Waiting);

impl Waiter {
    /// Completes when the sink takes a message to `person`.
    pub(super) fn expect(&self, person: u64) -> oneshot::Receiver<()> {
        let (sender, receiver) = oneshot::channel();
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(person, sender);
        receiver
    }
}

#[derive(Deserialize)]
struct Send {
    to: String,
}

impl Sink {
    pub(super) async fn start() -> anyhow::Result<Self> {
        let waiting = Waiting::default();
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let router =
            Router::new().route("/{version}/{number}/messages", post(take)).with_state(Arc::clone(&waiting));
        let task = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, router).await {
                eprintln!("  the sink ended: {error}");
            }
        });
        Ok(Self { url, waiting, task })
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    pub(super) fn waiter(&self) -> Waiter {
        Waiter(Arc::clone(&self.waiting))
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn take(State(waiting): State<Waiting>, Json(send): Json<Send>) -> Json<Value> {
    let digits = send.to.trim_start_matches('+');
    let person = digits.parse::<u64>().unwrap_or_default().saturating_sub(15_550_000_000);
    let waiter = waiting.lock().unwrap_or_else(PoisonError::into_inner).remove(&person);
    if let Some(waiter) = waiter {
        // Whoever waited may have given up.
        let _gave_up = waiter.send(());
    }
    let id = format!("wamid.HBgLc2luaw{person:012}{:08x}AA", next_number());
    Json(json!({ "messaging_product": "whatsapp",
                 "contacts": [{ "input": send.to, "wa_id": digits }],
                 "messages": [{ "id": id, "message_status": "accepted" }] }))
}

/// Makes ids of one person differ without a random source: a counter.
fn next_number() -> u32 {
    static COUNT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
    COUNT.fetch_add(1, std::sync::atomic::Ordering::Relaxed)
}
