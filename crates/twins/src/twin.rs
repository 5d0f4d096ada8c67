//! The shape of a twin, and the desk that all twins work at.
//!
//! A twin is one folder plus two lines in `lib.rs`. It brings its routes (the carrier's API),
//! its fixtures, and how a status callback looks; the [`Desk`] brings the rest: faults, ids,
//! the log, time, and the courier. The order of a send is always the same:
//!
//! ```text
//! admit ─► credentials ─► validate ─► strike (reserved numbers) ─► take ─► answer
//!   faults    the twin's own dialect         429, 5xx               │
//!                                                     callbacks ◄───┘
//! ```

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use omni_core::time::{Clock, Timestamp};
use parking_lot::RwLock;
use serde_json::Value;
use tokio::time::Instant;

use crate::callbacks::{Callback, Courier};
use crate::dice::{Dice, Ids, Throw};
use crate::events::TwinEvent;
use crate::faults::{Faults, Strike};
use crate::fixtures::{Fixture, Params, TriggerError};
use crate::receipts::{Journey, Manner, lay_out};
use crate::record::{Log, Receipt, Record};
use crate::reserved::{Fate, Memory};
use crate::server::Cord;

/// What a carrier's folder exports.
pub(crate) struct Plugin {
    pub(crate) name: &'static str,
    pub(crate) fixtures: &'static [Fixture],
    pub(crate) open: fn(Desk) -> Opened,
}

/// A twin that is ready to be served.
pub(crate) struct Opened {
    pub(crate) twin: Arc<dyn Twin>,
    /// The carrier's API, below `/{name}`.
    pub(crate) routes: Router,
}

/// One carrier's twin.
pub(crate) trait Twin: Send + Sync + 'static {
    fn desk(&self) -> &Desk;

    /// The settings of an adapter connection that fits this twin.
    fn connection_settings(&self) -> Value;

    /// The settings for another of the carrier's APIs or kinds of credentials, where it has
    /// several; `None` for a name that it does not know.
    fn variant_settings(&self, variant: &str) -> Option<Value> {
        let _only_one = variant;
        None
    }

    /// The variants that a sandbox has beside the usual one: those whose callbacks another
    /// connection could not verify.
    fn sandbox_variants(&self) -> &'static [&'static str] {
        &[]
    }

    /// Whether each further try of a status callback is signed anew (a time in the signature,
    /// a token for one use); otherwise it has the same bytes.
    fn signs_each_try(&self) -> bool {
        false
    }

    /// The callback that reports `receipt`, signed (or, if `forged`, signed wrongly). `None`
    /// if this message's sender asked for no callbacks.
    fn status_callback(
        &self,
        record: &Record,
        receipt: Receipt,
        happened: Timestamp,
        forged: bool,
    ) -> Option<Callback>;

    /// The callback of a fixture of this carrier; `event` is its name without the carrier.
    fn play(&self, event: &'static str, params: &Params) -> Result<Callback, TriggerError>;

    /// The GET with which the carrier proves that a webhook URL is ours, and what the
    /// answer must hold. `None` if the carrier knows no such thing.
    fn handshake(&self) -> Option<Challenge> {
        None
    }
}

/// A question to the webhook URL.
pub(crate) struct Challenge {
    pub(crate) url: String,
    /// The body that proves the URL.
    pub(crate) expect: String,
}

/// What every twin works with.
pub(crate) struct Desk {
    pub(crate) carrier: &'static str,
    /// Where this twin serves, without a slash at the end: `http://127.0.0.1:4711/twilio`.
    pub(crate) base_url: String,
    pub(crate) seed: u64,
    pub(crate) ids: Ids,
    pub(crate) log: Log,
    pub(crate) courier: Arc<Courier>,
    clock: Arc<dyn Clock>,
    faults: RwLock<Faults>,
    dice: Dice,
    memory: Memory,
    pace: Pace,
}

/// Whether and how fast status callbacks come.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    pub(crate) auto_receipts: bool,
    pub(crate) delay: Duration,
}

/// A validated message, about to be taken.
pub(crate) struct Order {
    pub(crate) record: Record,
    /// The states that follow acceptance.
    pub(crate) way: Vec<Receipt>,
    pub(crate) manner: Manner,
    /// How long until it is due, if it is scheduled.
    pub(crate) due_in: Duration,
}

impl Desk {
    pub(crate) fn new(
        carrier: &'static str,
        base_url: String,
        seed: u64,
        pace: Pace,
        clock: Arc<dyn Clock>,
        courier: Arc<Courier>,
    ) -> Self {
        Self {
            carrier,
            base_url,
            seed,
            ids: Ids::new(seed, carrier, clock.now()),
            log: Log::default(),
            courier,
            clock,
            faults: RwLock::new(Faults::default()),
            dice: Dice::new(seed, carrier),
            memory: Memory::default(),
            pace,
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(crate) fn faults(&self) -> Faults {
        *self.faults.read()
    }

    pub(crate) fn set_faults(&self, faults: Faults) {
        *self.faults.write() = faults;
    }

    /// Where this carrier's callbacks go by default.
    pub(crate) fn webhook_url(&self) -> String {
        format!("{}/webhooks/{}", self.courier.webhook_base(), self.carrier)
    }

    /// The beginning of every API call: latency, then the faults that need no reading.
    pub(crate) async fn admit(&self) -> Result<(), Strike> {
        let faults = self.faults();
        if faults.latency_ms > 0 {
            tokio::time::sleep(faults.latency()).await;
        }
        if faults.outage {
            return Err(Strike::Failing(503));
        }
        if self.dice.hits(Throw::TooMany, faults.rate_429) {
            return Err(Strike::TooMany(faults.retry_after_secs));
        }
        if self.dice.hits(Throw::Error, faults.error_rate) {
            return Err(Strike::Failing(faults.status()));
        }
        Ok(())
    }

    /// What the reserved numbers do to a valid send.
    pub(crate) fn strike(&self, fate: Fate) -> Result<(), Strike> {
        self.memory.strike(fate, Instant::now()).map_or(Ok(()), Err)
    }

    /// Tells that a send was refused.
    pub(crate) fn refused(&self, status: u16, code: u32) {
        self.courier.tell(|| TwinEvent::Refused { carrier: self.carrier, status, code });
    }
}

/// Takes a message: remembers it, starts its callbacks, and returns when the answer may
/// leave. Where no answer is to come, the connection has been cut by then.
pub(crate) async fn take<T: Twin>(twin: &Arc<T>, order: Order, cord: &Cord) -> Arc<Record> {
    let desk = twin.desk();
    let faults = desk.faults();
    let record = Arc::new(order.record);
    desk.log.push(&record);
    desk.courier.tell(|| TwinEvent::Accepted {
        carrier: desk.carrier,
        id: record.id.clone(),
        client_reference: record.client_reference.clone(),
    });
    if desk.pace.auto_receipts {
        let doubled = order.manner.doubled;
        let steps = lay_out(&order.way, desk.pace.delay, doubled, &faults.receipts, &desk.dice);
        let mut journey = Journey {
            twin: Arc::clone(twin),
            record: Arc::clone(&record),
            steps: steps.into_iter(),
            forged: order.manner.forged,
            starts: Instant::now() + order.due_in,
            starts_at: record.at + order.due_in,
        };
        if order.manner.first_before_answer {
            journey.first_step().await;
        }
        if !desk.courier.spawn(journey.run()) {
            desk.courier.dropped(desk.carrier, "all", &record.id);
        }
    }
    if order.manner.no_answer || desk.dice.hits(Throw::TimeOut, faults.timeout_rate) {
        tokio::time::sleep(faults.hold()).await;
        cord.cut();
    }
    record
}
