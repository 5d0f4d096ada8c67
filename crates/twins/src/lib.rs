//! Carriers' twins: in-process servers that speak each carrier's real API over loopback HTTP
//! and send real, signed callbacks.
//!
//! ```text
//!            POST /whatsapp/v24.0/{number}/messages
//!  adapter ───────────────────────────────────────────►  twin ── log, faults, reserved numbers
//!            ◄───────────────────── the carrier's own answer │
//!                                                            │ after `receipt_delay`
//!  omni    ◄── POST /webhooks/whatsapp, signed ──────── courier ── the carrier's own retries
//! ```
//!
//! Adapters do not know that they talk to a twin: only their `base_url` and credentials
//! differ ([`Twins::connection_settings`]). The sandbox, the tests, the documentation and the
//! benchmark use the same twins.
//!
//! * The answer depends on the recipient for a dozen reserved numbers (+1 555 000 1001 to
//!   +1 555 000 2010: refused, undeliverable, 429, time-out after acceptance, …), and on
//!   [`Faults`], which can be set per carrier while running.
//! * What people write is played from fixtures: [`Twins::trigger`], [`Twins::catalogue`].
//! * A carrier is one folder plus two lines below; `whatsapp` is the sibling to copy.
//!
//! Deliberately absent: any code of the adapters. Wire types and signatures are written a
//! second time here, because a shared mistake would hide. And nothing ever leaves the
//! machine: a status callback for a public URL is signed for that URL but delivered to
//! [`Settings::webhook_base`].

mod bandwidth; // 1
mod bearer;
mod bounded;
mod callbacks;
mod dates;
mod dice;
mod events;
mod faults;
mod fixtures;
mod inteliquent; // 1
mod livechat; // 1
mod messagebird; // 1
mod multipart;
mod receipts;
mod record;
mod reserved;
mod samples;
mod segments;
mod sendgrid; // 1
mod server;
mod twilio; // 1
mod twin;
mod whatsapp; // 1

use std::collections::HashMap;
use std::future::IntoFuture;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use omni_core::time::{Clock, Timestamp};
use serde_json::{Map, Value};
use tokio::net::TcpListener;
use tokio::sync::broadcast;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub use crate::events::TwinEvent;
pub use crate::faults::{Faults, ReceiptFaults, UnknownCarrier};
pub use crate::fixtures::{Fixture, Param, TriggerError, Triggered};
pub use crate::record::TwinMessage;

use crate::callbacks::{Courier, Ending};
use crate::fixtures::{Params, nearest};
use crate::server::{Cord, Harbour};
use crate::twin::{Desk, Pace, Plugin, Twin};

/// The carriers that have a twin.
const REGISTRY: &[Plugin] = &[
    bandwidth::PLUGIN,   // 2
    inteliquent::PLUGIN, // 2
    sendgrid::PLUGIN,    // 2
    livechat::PLUGIN,    // 2
    messagebird::PLUGIN, // 2
    twilio::PLUGIN,      // 2
    whatsapp::PLUGIN,    // 2
];

/// Longer waits between receipts count as this.
const LONGEST_DELAY: Duration = Duration::from_secs(24 * 3_600);

/// How the twins start.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where to listen; `127.0.0.1:0` takes any free port.
    pub listen: SocketAddr,
    /// Where omni listens, e.g. `http://127.0.0.1:7070`; callbacks go to
    /// `{webhook_base}/webhooks/{carrier}`.
    pub webhook_base: String,
    /// Whether status callbacks follow a send.
    pub auto_receipts: bool,
    /// The time between a send and its first status callback, and between each and the next; at
    /// most a day.
    pub receipt_delay: Duration,
    /// Credentials and the choice of struck calls follow from it.
    pub seed: u64,
}

impl Default for Settings {
    /// Any free loopback port, omni on its default port, quick receipts, seed 0.
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            webhook_base: "http://127.0.0.1:7070".into(),
            auto_receipts: true,
            receipt_delay: Duration::from_millis(150),
            seed: 0,
        }
    }
}

/// The running twins. Dropping it stops them; [`Twins::shutdown`] also waits.
pub struct Twins {
    address: SocketAddr,
    twins: HashMap<&'static str, Arc<dyn Twin>>,
    courier: Arc<Courier>,
    stop: CancellationToken,
    server: Option<JoinHandle<()>>,
}

/// The answer to a handshake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Handshake {
    /// The HTTP status that the gateway answered.
    pub status: u16,
    /// Whether the carrier would be satisfied: status 200 and the challenge word for word.
    pub proven: bool,
}

/// Why a handshake gave no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HandshakeError {
    /// No twin of that name.
    #[error(transparent)]
    UnknownCarrier(#[from] UnknownCarrier),
    /// The carrier proves webhook URLs in no such way.
    #[error("carrier `{0}` has no handshake")]
    None(&'static str),
    /// The gateway could not be reached.
    #[error("the handshake got no answer: {0}")]
    NoAnswer(&'static str),
}

impl Twins {
    /// Binds one listener and serves all twins below `/{carrier}`.
    ///
    /// # Errors
    /// If the address cannot be bound.
    pub async fn start(settings: Settings) -> std::io::Result<Self> {
        Self::start_with(settings, Arc::new(WallClock)).await
    }

    /// Like [`Twins::start`], with a clock of the caller's, so that the sandbox can jump a day.
    /// It dates messages and callbacks; waits are real.
    ///
    /// # Errors
    /// If the address cannot be bound.
    pub async fn start_with(settings: Settings, clock: Arc<dyn Clock>) -> std::io::Result<Self> {
        let listener = TcpListener::bind(settings.listen).await?;
        let address = listener.local_addr()?;
        let courier = Arc::new(Courier::new(&settings.webhook_base));
        let pace =
            Pace { auto_receipts: settings.auto_receipts, delay: settings.receipt_delay.min(LONGEST_DELAY) };
        let (mut twins, mut routes) = (HashMap::new(), Router::new());
        for plugin in REGISTRY {
            let base_url = format!("http://{address}/{}", plugin.name);
            let (clock, courier) = (Arc::clone(&clock), Arc::clone(&courier));
            let desk = Desk::new(plugin.name, base_url, settings.seed, pace, clock, courier);
            let opened = (plugin.open)(desk);
            routes = routes.nest(&format!("/{}", plugin.name), opened.routes);
            twins.insert(plugin.name, opened.twin);
        }
        let stop = CancellationToken::new();
        let server = tokio::spawn(serve(listener, routes, stop.clone()));
        Ok(Self { address, twins, courier, stop, server: Some(server) })
    }

    /// Where the twins listen.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What an adapter takes as its `base_url`: `http://127.0.0.1:PORT/whatsapp`.
    pub fn base_url(&self, carrier: &str) -> Option<String> {
        self.connection_settings(carrier)?["base_url"].as_str().map(str::to_owned)
    }

    /// The settings of an adapter connection that fits this twin: credentials, numbers and
    /// `base_url`.
    pub fn connection_settings(&self, carrier: &str) -> Option<Value> {
        Some(self.twins.get(carrier)?.connection_settings())
    }

    /// As [`Twins::connection_settings`], for another of the carrier's APIs or kinds of
    /// credentials: `messagebird` has `rest`, `bird` and `platform`; `livechat` has `bot`,
    /// `personal`, `oauth` and `frankfurt`. `None` if there is no such carrier or variant.
    pub fn connection_settings_for(&self, carrier: &str, variant: &str) -> Option<Value> {
        self.twins.get(carrier)?.variant_settings(variant)
    }

    /// The connections of a sandbox that can answer to every fixture of `carrier`, by name:
    /// `messagebird`, `messagebird-bird`, …; none if there is no such carrier.
    pub fn sandbox_connections(&self, carrier: &str) -> Vec<(String, Value)> {
        let Some(twin) = self.twins.get(carrier) else { return Vec::new() };
        let others = twin
            .sandbox_variants()
            .iter()
            .filter_map(|variant| Some((format!("{carrier}-{variant}"), twin.variant_settings(variant)?)));
        std::iter::once((carrier.to_owned(), twin.connection_settings())).chain(others).collect()
    }

    /// Sends callbacks elsewhere from now on.
    #[expect(clippy::needless_pass_by_value, reason = "callers build the URL for this call")]
    pub fn set_webhook_base(&self, url: String) {
        self.courier.set_webhook_base(&url);
    }

    /// Plays a fixture: sends its signed callback once and tells what the gateway answered.
    ///
    /// # Errors
    /// If the event or a parameter is unknown, a value is wrong, or the gateway does not answer.
    pub async fn trigger(&self, event: &str, params: Map<String, Value>) -> Result<Triggered, TriggerError> {
        let fixture = find(event)?;
        let params = Params::read(&fixture, &params)?;
        let twin = self.twins.get(fixture.carrier).expect("fixtures come from the same registry");
        let callback = twin.play(event_of(fixture.name), &params)?;
        let started = tokio::time::Instant::now();
        let ending = self.courier.attempt(fixture.carrier, &callback, 1).await;
        let Ending::Answered(status) = ending else {
            return Err(TriggerError::Undelivered { reason: ending.reason() });
        };
        let (event, carrier, id) = (fixture.name, fixture.carrier, callback.id);
        Ok(Triggered { event, carrier, id, status, elapsed: started.elapsed() })
    }

    /// Everything that can be triggered.
    pub fn catalogue() -> Vec<Fixture> {
        all_fixtures().copied().collect()
    }

    /// Asks omni's webhook URL as the carrier does when the URL is set up.
    ///
    /// # Errors
    /// If the carrier is unknown or has no handshake, or the gateway does not answer.
    pub async fn handshake(&self, carrier: &str) -> Result<Handshake, HandshakeError> {
        let twin = self.twins.get(carrier).ok_or_else(|| UnknownCarrier(carrier.to_owned()))?;
        let name = twin.desk().carrier;
        let challenge = twin.handshake().ok_or(HandshakeError::None(name))?;
        let answer = self.courier.ask(&challenge.url).await;
        let (status, body) = answer.map_err(|ending| HandshakeError::NoAnswer(ending.reason()))?;
        Ok(Handshake { status, proven: status == 200 && body == challenge.expect.as_bytes() })
    }

    /// Sets what goes wrong at a carrier.
    ///
    /// # Errors
    /// If no twin speaks for it.
    pub fn set_faults(&self, carrier: &str, faults: Faults) -> Result<(), UnknownCarrier> {
        let twin = self.twins.get(carrier).ok_or_else(|| UnknownCarrier(carrier.to_owned()))?;
        twin.desk().set_faults(faults);
        Ok(())
    }

    /// What goes wrong at a carrier now.
    pub fn faults(&self, carrier: &str) -> Option<Faults> {
        Some(self.twins.get(carrier)?.desk().faults())
    }

    /// The last 10,000 messages that were sent to a twin, newest last; none for an unknown
    /// carrier.
    pub fn messages(&self, carrier: &str) -> Vec<TwinMessage> {
        let Some(twin) = self.twins.get(carrier) else { return Vec::new() };
        let sent = twin.desk().log.all(|record| record.direction == record::Direction::Outbound);
        sent.iter().map(|record| record.snapshot()).collect()
    }

    /// What happens from now on: sends taken and refused, callbacks tried and given up.
    pub fn subscribe(&self) -> broadcast::Receiver<TwinEvent> {
        self.courier.subscribe()
    }

    /// Stops serving and drops what is still to be called back.
    pub async fn shutdown(mut self) {
        self.stop.cancel();
        self.courier.stop().await;
        if let Some(mut server) = self.server.take() {
            // Connections that hold an answer would keep it open: they get a moment.
            if tokio::time::timeout(Duration::from_secs(1), &mut server).await.is_err() {
                server.abort();
            }
        }
    }
}

impl Drop for Twins {
    fn drop(&mut self) {
        self.stop.cancel();
        self.courier.halt();
    }
}

impl std::fmt::Debug for Twins {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Twins").field("address", &self.address).finish_non_exhaustive()
    }
}

async fn serve(listener: TcpListener, routes: Router, stop: CancellationToken) {
    let service = routes.into_make_service_with_connect_info::<Cord>();
    let server = axum::serve(Harbour(listener), service).with_graceful_shutdown(stop.cancelled_owned());
    if let Err(error) = server.into_future().await {
        tracing::error!(%error, "the twins stopped serving");
    }
}

fn all_fixtures() -> impl Iterator<Item = &'static Fixture> {
    REGISTRY.iter().flat_map(|plugin| plugin.fixtures)
}

fn find(event: &str) -> Result<Fixture, TriggerError> {
    all_fixtures().find(|fixture| fixture.name == event).copied().ok_or_else(|| TriggerError::UnknownEvent {
        event: event.to_owned(),
        suggestion: nearest(event, all_fixtures().map(|fixture| fixture.name)),
    })
}

fn event_of(name: &'static str) -> &'static str {
    name.split_once('.').map_or(name, |(_, event)| event)
}

/// The only real clock of this crate.
struct WallClock;

impl Clock for WallClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the default of `Twins::start`; `start_with` takes a clock"
    )]
    fn now(&self) -> Timestamp {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Timestamp::EPOCH + since
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fixture_belongs_to_its_plugin_once() {
        let mut seen = std::collections::HashSet::new();
        for plugin in REGISTRY {
            for fixture in plugin.fixtures {
                assert_eq!(fixture.carrier, plugin.name);
                assert_eq!(fixture.name.split_once('.').unwrap().0, plugin.name);
                assert!(seen.insert(fixture.name), "{} twice", fixture.name);
            }
        }
    }

    #[test]
    fn an_unknown_event_is_answered_with_the_nearest() {
        let cases = [
            ("whatsapp.txt", Some("whatsapp.text")),
            ("twillio.sms", Some("twilio.sms")),
            ("carrier-pigeon.coo", None),
        ];
        for (event, suggestion) in cases {
            let expect = TriggerError::UnknownEvent { event: event.into(), suggestion };
            assert_eq!(find(event).unwrap_err(), expect);
        }
    }
}
