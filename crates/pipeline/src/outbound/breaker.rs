//! A circuit breaker per connection: closed, open, half-open.
//!
//! Opened by failures of the carrier, never by errors of a message
//! ([`ErrorClass::counts_for_breaker`]). While open, the connection is not selected; after
//! the cool-down (half-open) the carrier is asked whether it takes us, then one send goes
//! through, and its outcome closes or re-opens it.

use std::collections::HashMap;
use std::time::Duration;

use omni_core::failure::ErrorClass;
use omni_core::id::ConnectionId;
use omni_core::time::Timestamp;
use parking_lot::Mutex;

/// Failures in a row that open a breaker.
const THRESHOLD: u32 = 5;
/// First cool-down; doubled by every failed probe.
const COOL_DOWN: Duration = Duration::from_secs(10);
/// Longest cool-down.
const LONGEST: Duration = Duration::from_secs(300);
/// A probe that never reports back is forgotten after this.
const PROBE_LOST: Duration = Duration::from_secs(60);

/// Where a breaker stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BreakerState {
    /// All is well.
    Closed,
    /// One send may probe.
    HalfOpen,
    /// Nobody sends.
    Open,
}

#[derive(Debug, Default, Clone, Copy)]
struct Breaker {
    failures: u32,
    open_until: Option<Timestamp>,
    cool_down: Duration,
    probing_since: Option<Timestamp>,
}

impl Breaker {
    fn state(&self, now: Timestamp) -> BreakerState {
        match self.open_until {
            None => BreakerState::Closed,
            Some(until) if now < until => BreakerState::Open,
            // One probes already: nobody else before that is known.
            Some(_) if self.probing_since.is_some_and(|since| now.since(since) < PROBE_LOST) => {
                BreakerState::Open
            }
            Some(_) => BreakerState::HalfOpen,
        }
    }
}

/// All breakers.
#[derive(Debug, Default)]
pub struct Breakers {
    breakers: Mutex<HashMap<ConnectionId, Breaker>>,
}

impl Breakers {
    /// Where the breaker of `connection` stands.
    pub fn state(&self, connection: &ConnectionId, now: Timestamp) -> BreakerState {
        self.breakers.lock().get(connection).map_or(BreakerState::Closed, |breaker| breaker.state(now))
    }

    /// When an open breaker lets a probe through.
    pub fn open_until(&self, connection: &ConnectionId) -> Option<Timestamp> {
        self.breakers.lock().get(connection).and_then(|breaker| breaker.open_until)
    }

    /// Asks to send now: the last look. Half-open lets one probe through at a time.
    pub fn admit(&self, connection: &ConnectionId, now: Timestamp) -> bool {
        let mut breakers = self.breakers.lock();
        let Some(breaker) = breakers.get_mut(connection) else { return true };
        match breaker.state(now) {
            BreakerState::Closed => true,
            BreakerState::Open => false,
            BreakerState::HalfOpen => {
                breaker.probing_since = Some(now);
                true
            }
        }
    }

    /// Whether a probe is under way: for whoever was just admitted, whether they are it.
    pub fn is_probing(&self, connection: &ConnectionId) -> bool {
        self.breakers.lock().get(connection).is_some_and(|breaker| breaker.probing_since.is_some())
    }

    /// What was admitted is not sent after all: another one may probe.
    pub fn withdraw(&self, connection: &ConnectionId) {
        if let Some(breaker) = self.breakers.lock().get_mut(connection) {
            breaker.probing_since = None;
        }
    }

    /// A send went well (or failed for reasons of its message): the carrier answers.
    pub fn succeeded(&self, connection: &ConnectionId) {
        let mut breakers = self.breakers.lock();
        if breakers.contains_key(connection) {
            breakers.remove(connection);
            record(connection, BreakerState::Closed);
        }
    }

    /// A send failed; opens the breaker if that is the carrier's failure and one too many.
    /// Returns whether it opened now.
    pub fn failed(&self, connection: &ConnectionId, class: ErrorClass, now: Timestamp) -> bool {
        if !class.counts_for_breaker() {
            return false;
        }
        let mut breakers = self.breakers.lock();
        let breaker = breakers.entry(connection.clone()).or_default();
        if breaker.open_until.is_some_and(|until| now < until) {
            // It was under way when the breaker opened: the same trouble, not a new one.
            return false;
        }
        breaker.failures += 1;
        let probe_failed = breaker.probing_since.take().is_some();
        if breaker.failures < THRESHOLD && !probe_failed && !class.opens_breaker_at_once() {
            return false;
        }
        breaker.cool_down =
            if breaker.cool_down.is_zero() { COOL_DOWN } else { (breaker.cool_down * 2).min(LONGEST) };
        breaker.open_until = Some(now + breaker.cool_down);
        record(connection, BreakerState::Open);
        true
    }
}

fn record(connection: &ConnectionId, state: BreakerState) {
    let value = match state {
        BreakerState::Closed => 0.0,
        BreakerState::HalfOpen => 1.0,
        BreakerState::Open => 2.0,
    };
    metrics::gauge!("omni_carrier_breaker_state", "connection" => connection.to_string()).set(value);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opens_on_the_carriers_failures_only_and_heals_by_a_probe() {
        let breakers = Breakers::default();
        let connection: ConnectionId = "wa".parse().unwrap();
        let at = |secs| Timestamp::from_secs(secs);
        for _ in 0..20 {
            assert!(!breakers.failed(&connection, ErrorClass::InvalidRecipient, at(0)));
        }
        for n in 1..=5 {
            assert_eq!(breakers.failed(&connection, ErrorClass::Transient, at(0)), n == 5);
        }
        assert_eq!(breakers.state(&connection, at(9)), BreakerState::Open);
        assert!(!breakers.admit(&connection, at(9)));
        assert!(breakers.admit(&connection, at(10)), "one probe");
        assert!(!breakers.admit(&connection, at(10)), "and only one");
        assert!(breakers.failed(&connection, ErrorClass::Transient, at(11)), "a failed probe re-opens");
        assert!(!breakers.admit(&connection, at(30)), "for twice as long");
        assert!(breakers.admit(&connection, at(31)));
        breakers.succeeded(&connection);
        assert_eq!(breakers.state(&connection, at(31)), BreakerState::Closed);
    }

    #[test]
    fn sends_that_fail_together_open_it_once() {
        let breakers = Breakers::default();
        let connection: ConnectionId = "wa".parse().unwrap();
        let opened =
            (0..64).filter(|_| breakers.failed(&connection, ErrorClass::Transient, Timestamp::EPOCH));
        assert_eq!(opened.count(), 1);
        assert!(breakers.admit(&connection, Timestamp::from_secs(10)), "after the first cool-down");
    }

    #[test]
    fn a_probe_that_is_not_sent_leaves_room_for_another() {
        let breakers = Breakers::default();
        let connection: ConnectionId = "wa".parse().unwrap();
        breakers.failed(&connection, ErrorClass::Auth, Timestamp::EPOCH);
        let later = Timestamp::from_secs(10);
        assert!(breakers.admit(&connection, later) && !breakers.admit(&connection, later));
        breakers.withdraw(&connection);
        assert!(breakers.admit(&connection, later));
    }

    #[test]
    fn bad_credentials_open_at_once() {
        let breakers = Breakers::default();
        let connection: ConnectionId = "wa".parse().unwrap();
        assert!(breakers.failed(&connection, ErrorClass::Auth, Timestamp::EPOCH));
    }
}
