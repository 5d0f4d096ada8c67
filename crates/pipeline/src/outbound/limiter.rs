//! How fast a sender may send: a token bucket per sender, charged by segments.

use std::collections::HashMap;
use std::time::Duration;

use omni_core::id::ConnectionId;
use omni_core::time::Timestamp;
use parking_lot::Mutex;

/// Most buckets that are kept; full ones are forgotten first.
const MOST: usize = 50_000;

/// The longest wait that is promised.
const LONGEST: Duration = Duration::from_secs(3_600);

#[derive(Debug, Clone, Copy)]
struct Bucket {
    tokens: f64,
    at: Timestamp,
    /// When the next one who has to wait gets its turn.
    turn: Timestamp,
}

/// All buckets. In memory: after a restart every sender starts with one second's worth.
#[derive(Debug, Default)]
pub struct Limiter {
    buckets: Mutex<HashMap<(ConnectionId, String), Bucket>>,
}

impl Limiter {
    /// Takes `cost` segments from the bucket of `sender`, which fills at `rate` a second
    /// and holds one second's worth (at least one segment). `Err` says how long to wait.
    ///
    /// A message passes when one segment is there; a longer one leaves a debt, so that it
    /// is never starved by short ones. Who has to wait gets a turn of its own, and who comes
    /// anew stands behind them; `waited` tells the two apart.
    pub fn take(
        &self,
        connection: &ConnectionId,
        sender: &str,
        rate: f64,
        cost: f64,
        waited: bool,
        now: Timestamp,
    ) -> Result<(), Duration> {
        let most = rate.max(1.0);
        let mut buckets = self.buckets.lock();
        if buckets.len() >= MOST {
            let idle = |bucket: &Bucket| now.since(bucket.at.max(bucket.turn)) >= Duration::from_secs(10);
            buckets.retain(|_, bucket| !idle(bucket));
        }
        let fresh = Bucket { tokens: most, at: now, turn: now };
        let bucket = buckets.entry((connection.clone(), sender.to_owned())).or_insert(fresh);
        bucket.tokens = (bucket.tokens + now.since(bucket.at).as_secs_f64() * rate).min(most);
        bucket.at = now;
        // Who comes a little early or late must not lose its turn for that: it owes the rest.
        let enough = if waited { 0.5 } else { 1.0 };
        if bucket.tokens >= enough && (waited || bucket.turn <= now) {
            bucket.tokens -= cost;
            return Ok(());
        }
        let seconds =
            |segments: f64| Duration::try_from_secs_f64(segments / rate).unwrap_or(LONGEST).min(LONGEST);
        let free = now + seconds((1.0 - bucket.tokens).max(0.0));
        let turn = bucket.turn.max(free).min(now + LONGEST);
        bucket.turn = turn + seconds(cost);
        Err(turn.since(now).max(Duration::from_millis(1)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_refills_with_time_and_charges_segments() {
        let limiter = Limiter::default();
        let connection: ConnectionId = "tw".parse().unwrap();
        let take = |cost, ms| limiter.take(&connection, "+1", 2.0, cost, true, Timestamp::from_millis(ms));
        assert_eq!(take(1.0, 0), Ok(()));
        assert_eq!(take(1.0, 0), Ok(()));
        assert_eq!(take(1.0, 0), Err(Duration::from_millis(500)));
        assert_eq!(take(3.0, 500), Ok(()), "one segment is there, two are owed");
        assert!(take(1.0, 1_500).is_err(), "the debt is paid first");
        assert_eq!(take(1.0, 2_000), Ok(()));
        let other = limiter.take(&connection, "+2", 2.0, 1.0, false, Timestamp::EPOCH);
        assert_eq!(other, Ok(()), "each sender has its own");
    }

    #[test]
    fn who_waits_has_a_turn_and_who_comes_later_stands_behind() {
        let limiter = Limiter::default();
        let connection: ConnectionId = "tw".parse().unwrap();
        let take =
            |waited, secs| limiter.take(&connection, "+1", 1.0, 1.0, waited, Timestamp::from_secs(secs));
        let wait = |secs| Err(Duration::from_secs(secs));
        assert_eq!([take(false, 0), take(false, 0), take(false, 0)], [Ok(()), wait(1), wait(2)]);
        assert_eq!(take(false, 1), wait(2), "not before those who wait");
        assert_eq!([take(true, 1), take(true, 2), take(true, 3)], [Ok(()); 3]);
        assert_eq!(take(false, 10), Ok(()), "nobody waits any more");
    }
}
