//! Delivery of signed callbacks, with the carrier's own rule for trying again.
//!
//! A twin builds a [`Callback`]; the one [`Courier`] sends it over a pooled client: `POST`, or
//! `GET` where everything stands in the URL and there is no body. The first
//! try is awaited, so the callbacks of one message leave in order; further tries run on
//! their own, as at the real carriers, and may be overtaken. Everything is bounded: so many
//! requests at once, so many tasks waiting; what comes on top is dropped with a
//! [`TwinEvent::CallbackDropped`], never queued without limit.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use parking_lot::RwLock;
use tokio::sync::{Semaphore, broadcast};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use url::{Host, Url};

use crate::bearer::Bearers;
use crate::events::TwinEvent;

/// Requests under way at once.
const AT_ONCE: usize = 128;
/// Tasks (a message's callbacks, or one callback's further tries) waiting at once.
const WAITING: usize = 20_000;

/// One signed request to the gateway; without a body it is a `GET`.
#[derive(Clone)]
pub(crate) struct Callback {
    /// What it reports, for events: `sent`, `text`.
    pub(crate) what: &'static str,
    /// The message that it is about.
    pub(crate) id: String,
    pub(crate) url: String,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Bytes,
    pub(crate) rule: RetryRule,
}

/// When a carrier tries again.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RetryRule {
    /// Waits before the second, third, … try; after the last one the carrier gives up.
    pub(crate) waits: &'static [Duration],
    /// How long one try may take.
    pub(crate) timeout: Duration,
    /// No further try starts later than this after the first.
    pub(crate) total: Duration,
    /// Only 200 is success, as for Meta; otherwise any 2xx is.
    pub(crate) only_200: bool,
    /// What is worth another try.
    pub(crate) on: RetryOn,
}

/// Failures that are worth another try.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct RetryOn {
    pub(crate) not_connected: bool,
    pub(crate) no_answer: bool,
    pub(crate) client_error: bool,
    pub(crate) server_error: bool,
}

impl RetryOn {
    pub(crate) const ANYTHING: Self =
        Self { not_connected: true, no_answer: true, client_error: true, server_error: true };
}

/// How one try ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    Answered(u16),
    NotConnected,
    TimedOut,
    NoAnswer,
}

impl RetryRule {
    pub(crate) fn is_success(&self, ending: Ending) -> bool {
        match ending {
            Ending::Answered(status) if self.only_200 => status == 200,
            Ending::Answered(status) => (200..300).contains(&status),
            Ending::NotConnected | Ending::TimedOut | Ending::NoAnswer => false,
        }
    }

    fn is_worth_another_try(&self, ending: Ending) -> bool {
        match ending {
            _ if self.is_success(ending) => false,
            Ending::Answered(500..) => self.on.server_error,
            Ending::Answered(_) => self.on.client_error,
            Ending::NotConnected => self.on.not_connected,
            Ending::TimedOut | Ending::NoAnswer => self.on.no_answer,
        }
    }
}

impl Ending {
    pub(crate) const fn reason(self) -> &'static str {
        match self {
            Self::Answered(_) => "refused",
            Self::NotConnected => "not connected",
            Self::TimedOut => "timed out",
            Self::NoAnswer => "no answer",
        }
    }
}

/// Sends callbacks for all twins.
pub(crate) struct Courier {
    client: reqwest::Client,
    /// Which callbacks show a bearer token.
    pub(crate) bearers: Bearers,
    webhook_base: RwLock<Arc<str>>,
    at_once: Semaphore,
    waiting: AtomicUsize,
    tasks: TaskTracker,
    stop: CancellationToken,
    events: broadcast::Sender<TwinEvent>,
}

impl Courier {
    pub(crate) fn new(webhook_base: &str) -> Self {
        let (events, _) = broadcast::channel(4_096);
        Self {
            client: client(),
            bearers: Bearers::default(),
            webhook_base: RwLock::new(webhook_base.trim_end_matches('/').into()),
            at_once: Semaphore::new(AT_ONCE),
            waiting: AtomicUsize::new(0),
            tasks: TaskTracker::new(),
            stop: CancellationToken::new(),
            events,
        }
    }

    /// Where omni listens, without a slash at the end.
    pub(crate) fn webhook_base(&self) -> Arc<str> {
        Arc::clone(&self.webhook_base.read())
    }

    pub(crate) fn set_webhook_base(&self, url: &str) {
        *self.webhook_base.write() = url.trim_end_matches('/').into();
    }

    pub(crate) fn subscribe(&self) -> broadcast::Receiver<TwinEvent> {
        self.events.subscribe()
    }

    /// Tells subscribers; the event is only made if somebody listens.
    pub(crate) fn tell(&self, event: impl FnOnce() -> TwinEvent) {
        if self.events.receiver_count() > 0 {
            drop(self.events.send(event()));
        }
    }

    /// Runs `work` until it ends or the twins stop. `false`: too much is waiting already,
    /// and `work` was dropped.
    pub(crate) fn spawn(self: &Arc<Self>, work: impl Future<Output = ()> + Send + 'static) -> bool {
        if self.waiting.fetch_add(1, Ordering::Relaxed) >= WAITING {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
            return false;
        }
        let courier = Arc::clone(self);
        self.tasks.spawn(async move {
            tokio::select! {
                () = courier.stop.cancelled() => {}
                () = work => {}
            }
            courier.waiting.fetch_sub(1, Ordering::Relaxed);
        });
        true
    }

    /// Makes the first try and, by the carrier's rule, starts further ones with the same bytes.
    pub(crate) async fn deliver(self: &Arc<Self>, carrier: &'static str, callback: Callback) {
        self.deliver_signing_anew(carrier, callback, || None).await;
    }

    /// As [`Courier::deliver`], but before each further try `sign_anew` may give the callback
    /// with a new signature.
    pub(crate) async fn deliver_signing_anew(
        self: &Arc<Self>,
        carrier: &'static str,
        callback: Callback,
        sign_anew: impl Fn() -> Option<Callback> + Send + Sync + 'static,
    ) {
        let started = Instant::now();
        let ending = self.attempt(carrier, &callback, 1).await;
        if callback.rule.is_success(ending) {
            return;
        }
        if callback.rule.waits.is_empty() || !callback.rule.is_worth_another_try(ending) {
            self.give_up(carrier, &callback, 1, ending);
            return;
        }
        let (what, id) = (callback.what, callback.id.clone());
        let courier = Arc::clone(self);
        if !self.spawn(async move { courier.try_again(carrier, callback, started, sign_anew).await }) {
            self.dropped(carrier, what, &id);
        }
    }

    async fn try_again(
        &self,
        carrier: &'static str,
        mut callback: Callback,
        started: Instant,
        sign_anew: impl Fn() -> Option<Callback>,
    ) {
        let rule = callback.rule;
        let (mut attempt, mut ending) = (1, Ending::NoAnswer);
        for wait in rule.waits {
            tokio::time::sleep(*wait).await;
            if started.elapsed() > rule.total {
                break;
            }
            attempt += 1;
            callback = sign_anew().unwrap_or(callback);
            ending = self.attempt(carrier, &callback, attempt).await;
            if rule.is_success(ending) {
                return;
            }
            if !rule.is_worth_another_try(ending) {
                break;
            }
        }
        self.give_up(carrier, &callback, attempt, ending);
    }

    /// One try, reported to subscribers.
    pub(crate) async fn attempt(&self, carrier: &'static str, callback: &Callback, attempt: u32) -> Ending {
        // The semaphore is never closed, so this waits at most for its turn.
        let _turn = self.at_once.acquire().await;
        let started = Instant::now();
        let ending = self.send(callback).await;
        let status = if let Ending::Answered(status) = ending { Some(status) } else { None };
        self.tell(|| TwinEvent::CallbackTried {
            carrier,
            what: callback.what,
            id: callback.id.clone(),
            status,
            attempt,
            elapsed: started.elapsed(),
        });
        ending
    }

    async fn send(&self, callback: &Callback) -> Ending {
        let everything_in_url = callback.body.is_empty();
        let url = &callback.url;
        let request = if everything_in_url { self.client.get(url) } else { self.client.post(url) };
        let request = request.timeout(callback.rule.timeout);
        let request =
            callback.headers.iter().fold(request, |request, (name, value)| request.header(*name, value));
        let bearer = self.bearers.source(url);
        let request = match &bearer {
            None => request,
            Some(source) => {
                let base = self.webhook_base();
                let token = source.token(&self.client, |endpoint| reachable(endpoint, &base)).await;
                // Without a token nothing leaves, and a later try asks for one again.
                let Some(token) = token else { return Ending::NoAnswer };
                request.bearer_auth(token)
            }
        };
        match request.body(callback.body.clone()).send().await {
            Ok(mut response) => {
                read(&mut response).await; // so that the connection can be used again
                let status = response.status().as_u16();
                if let Some(source) = bearer.filter(|_| status == 401) {
                    source.forget().await;
                }
                Ending::Answered(status)
            }
            Err(error) => ending_of(&error),
        }
    }

    /// GETs `url` and gives back status and body (at most 64 KiB).
    pub(crate) async fn ask(&self, url: &str) -> Result<(u16, Vec<u8>), Ending> {
        let response = self.client.get(url).timeout(Duration::from_secs(10)).send().await;
        let mut response = response.map_err(|error| ending_of(&error))?;
        let body = read(&mut response).await;
        Ok((response.status().as_u16(), body))
    }

    fn give_up(&self, carrier: &'static str, callback: &Callback, attempts: u32, ending: Ending) {
        tracing::debug!(
            carrier,
            what = callback.what,
            attempts,
            reason = ending.reason(),
            "callback given up"
        );
        self.tell(|| TwinEvent::CallbackGivenUp {
            carrier,
            what: callback.what,
            id: callback.id.clone(),
            attempts,
            reason: ending.reason(),
        });
    }

    pub(crate) fn dropped(&self, carrier: &'static str, what: &'static str, id: &str) {
        tracing::warn!(carrier, what, "too many callbacks are waiting: dropped");
        self.tell(|| TwinEvent::CallbackDropped { carrier, what, id: id.to_owned() });
    }

    /// Stops all tasks and waits for them.
    pub(crate) async fn stop(&self) {
        self.halt();
        self.tasks.wait().await;
    }

    /// Stops all tasks without waiting.
    pub(crate) fn halt(&self) {
        self.stop.cancel();
        self.tasks.close();
    }
}

async fn read(response: &mut reqwest::Response) -> Vec<u8> {
    let mut body = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        body.extend_from_slice(&chunk);
        if body.len() > 64 << 10 {
            body.truncate(64 << 10);
            break;
        }
    }
    body
}

fn ending_of(error: &reqwest::Error) -> Ending {
    if error.is_connect() || error.is_builder() {
        Ending::NotConnected
    } else if error.is_timeout() {
        Ending::TimedOut
    } else {
        Ending::NoAnswer
    }
}

/// Where the request really goes: a URL that is not on this machine keeps path and query but
/// goes to omni itself, as if through its public name.
pub(crate) fn reachable(url: &str, webhook_base: &str) -> String {
    let Ok(parsed) = Url::parse(url) else { return url.to_owned() };
    let here = match parsed.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    if here {
        return url.to_owned();
    }
    let after_host = url.split_once("://").map_or("", |(_, rest)| rest);
    let path = after_host.find(['/', '?']).and_then(|at| after_host.get(at..)).unwrap_or("/");
    format!("{webhook_base}{path}")
}

/// A client of its own: the twins share nothing with the adapters.
fn client() -> reqwest::Client {
    // reqwest wants a provider even for plain HTTP. It is process-wide; a second
    // installation is harmless.
    let _already_installed = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .connect_timeout(Duration::from_secs(2))
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .pool_max_idle_per_host(AT_ONCE)
        .tcp_nodelay(true)
        .no_proxy()
        .build()
        .expect("static client options are valid")
}

#[cfg(test)]
mod tests {
    use super::*;

    const META: RetryRule = RetryRule {
        waits: &[],
        timeout: Duration::from_secs(1),
        total: Duration::from_secs(1),
        only_200: true,
        on: RetryOn::ANYTHING,
    };

    #[test]
    fn rules_tell_success_and_what_to_try_again() {
        let connect_only = RetryOn { not_connected: true, ..RetryOn::default() };
        let twilio = RetryRule { only_200: false, on: connect_only, ..META };
        #[rustfmt::skip]
        let cases = [
            ("200",                     META,   Ending::Answered(200), true,  false),
            ("meta takes only 200",     META,   Ending::Answered(204), false, true),
            ("meta retries 4xx",        META,   Ending::Answered(401), false, true),
            ("meta retries 5xx",        META,   Ending::Answered(503), false, true),
            ("twilio takes 204",        twilio, Ending::Answered(204), true,  false),
            ("twilio drops on 5xx",     twilio, Ending::Answered(503), false, false),
            ("twilio drops on timeout", twilio, Ending::TimedOut,      false, false),
            ("twilio tries to connect", twilio, Ending::NotConnected,  false, true),
        ];
        for (name, rule, ending, success, again) in cases {
            assert_eq!(rule.is_success(ending), success, "{name}");
            assert_eq!(rule.is_worth_another_try(ending), again, "{name}");
        }
    }

    #[test]
    fn nothing_leaves_the_machine() {
        let base = "http://127.0.0.1:7070";
        let cases = [
            ("http://127.0.0.1:9/webhooks/twilio?m=1", "http://127.0.0.1:9/webhooks/twilio?m=1"),
            ("http://localhost:9/x", "http://localhost:9/x"),
            ("http://[::1]:9/x", "http://[::1]:9/x"),
            ("https://gw.example.net/webhooks/twilio?m=1", "http://127.0.0.1:7070/webhooks/twilio?m=1"),
            ("https://gw.example.net", "http://127.0.0.1:7070/"),
            ("https://user:pw@gw.example.net:8443/a%20b", "http://127.0.0.1:7070/a%20b"),
        ];
        for (url, expect) in cases {
            assert_eq!(reachable(url, base), expect);
        }
    }

    #[tokio::test]
    async fn more_than_the_limit_is_not_queued() {
        let courier = Arc::new(Courier::new("http://127.0.0.1:1/"));
        for _ in 0..WAITING {
            assert!(courier.spawn(std::future::pending()));
        }
        assert!(!courier.spawn(std::future::pending()));
        courier.stop().await;
        assert_eq!(courier.waiting.load(Ordering::Relaxed), 0);
    }

    #[tokio::test]
    async fn an_unreachable_gateway_is_reported_once_per_try() {
        let courier = Arc::new(Courier::new("http://127.0.0.1:1"));
        let mut events = courier.subscribe();
        let rule = RetryRule { waits: &[Duration::ZERO], ..META };
        let url = "http://127.0.0.1:1/webhooks/x".into();
        let (headers, body) = (Vec::new(), Bytes::new());
        courier.deliver("x", Callback { what: "sent", id: "m".into(), url, headers, body, rule }).await;
        let mut seen = Vec::new();
        while seen.len() < 3 {
            seen.push(events.recv().await.unwrap());
        }
        assert!(matches!(seen[0], TwinEvent::CallbackTried { status: None, attempt: 1, .. }), "{seen:?}");
        assert!(matches!(seen[1], TwinEvent::CallbackTried { status: None, attempt: 2, .. }), "{seen:?}");
        assert!(
            matches!(seen[2], TwinEvent::CallbackGivenUp { attempts: 2, reason: "not connected", .. }),
            "{seen:?}"
        );
    }
}
