//! How fast a sender may send: a token bucket per sender, charged by segments.

use std::collections::HashMap;
use std::time::Duration;

use omni_core::id::ConnectionId;
use omni_core::time::Timestamp;
use parking_lot::Mutex;

/// Most buckets that are kept; full ones are forgotten first.
const MOST: usize = 50_000;

#[derive(Debug, Clone, Copy)]
struct Bucket {
    tokens: f64,
    at: Timestamp,
}

/// All buckets. In memory: after a restart every sender starts with one second's worth.
#[derive(Debug, Default)]
pub struct Limiter {
    buckets: Mutex<HashMap<(ConnectionId, String), Bucket>>,
}

impl Limiter {
    /// Takes `cost` segments from the bucket of `sender`, which fills at `rate` a second
    /// and holds one second's worth (at least one message). `Err` says how long to wait.
    pub fn take(
        &self,
        connection: &ConnectionId,
        sender: &str,
        rate: f64,
        cost: f64,
        now: Timestamp,
    ) -> Result<(), Duration> {
        let most = rate.max(cost).max(1.0);
        let mut buckets = self.buckets.lock();
        if buckets.len() >= MOST {
            buckets.retain(|_, bucket| now.since(bucket.at) < Duration::from_secs(10));
        }
        let bucket = buckets
            .entry((connection.clone(), sender.to_owned()))
            .or_insert(Bucket { tokens: most, at: now });
        bucket.tokens = (bucket.tokens + now.since(bucket.at).as_secs_f64() * rate).min(most);
        bucket.at = now;
        if bucket.tokens >= cost {
            bucket.tokens -= cost;
            return Ok(());
        }
        Err(Duration::from_secs_f64(((cost - bucket.tokens) / rate).clamp(0.001, 3_600.0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_refills_with_time_and_charges_segments() {
        let limiter = Limiter::default();
        let connection: ConnectionId = "tw".parse().unwrap();
        let take = |cost, ms| limiter.take(&connection, "+1", 2.0, cost, Timestamp::from_millis(ms));
        assert_eq!(take(1.0, 0), Ok(()));
        assert_eq!(take(1.0, 0), Ok(()));
        assert_eq!(take(1.0, 0), Err(Duration::from_millis(500)));
        assert_eq!(take(1.0, 500), Ok(()));
        assert_eq!(take(3.0, 500), Err(Duration::from_millis(1_500)), "three segments cost three");
        assert_eq!(
            limiter.take(&connection, "+2", 2.0, 1.0, Timestamp::EPOCH),
            Ok(()),
            "each sender has its own"
        );
    }
}
