//! Randomness as a function of the seed: secrets, ids and the throws that decide faults.

use std::sync::atomic::{AtomicU64, Ordering};

use omni_core::time::Timestamp;
use sha2::{Digest, Sha256};

/// What a throw decides. Each kind has its own sequence, so switching one fault on never
/// changes when another one strikes.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Throw {
    Error,
    TooMany,
    TimeOut,
    Lost,
    Late,
    Doubled,
    Reordered,
}

/// The dice of one twin.
#[derive(Debug)]
pub(crate) struct Dice {
    seed: u64,
    thrown: [AtomicU64; 7],
}

impl Dice {
    pub(crate) fn new(seed: u64, carrier: &str) -> Self {
        Self { seed: seed ^ first_u64(carrier.as_bytes()), thrown: Default::default() }
    }

    /// Whether the next throw of this kind falls within `percent` of 100.
    pub(crate) fn hits(&self, throw: Throw, percent: u8) -> bool {
        if percent == 0 {
            return false;
        }
        let kind = throw as usize;
        let turn = self.thrown[kind].fetch_add(1, Ordering::Relaxed);
        let sequence = mix(self.seed.wrapping_add(kind as u64));
        mix(sequence.wrapping_add(turn)) % 100 < u64::from(percent)
    }
}

/// Makes the ids of one twin. They differ from run to run even under one seed: a gateway
/// with a lasting store would otherwise take yesterday's ids for repetitions.
#[derive(Debug)]
pub(crate) struct Ids {
    base: u64,
    next: AtomicU64,
}

impl Ids {
    pub(crate) fn new(seed: u64, carrier: &str, started: Timestamp) -> Self {
        let run = started.as_micros().unsigned_abs();
        Self { base: mix(seed ^ run) ^ first_u64(carrier.as_bytes()), next: AtomicU64::new(0) }
    }

    /// 16 bytes that this run never gives again.
    pub(crate) fn bytes(&self) -> [u8; 16] {
        let turn = self.next.fetch_add(1, Ordering::Relaxed);
        // The first half alone is unique: `mix` is a bijection.
        let first = mix(self.base.wrapping_add(turn));
        let second = mix(first ^ self.base);
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&first.to_be_bytes());
        bytes[8..].copy_from_slice(&second.to_be_bytes());
        bytes
    }

    /// 32 lower-case hexadecimal digits.
    pub(crate) fn hex(&self) -> String {
        hex(&self.bytes())
    }

    /// 15 decimal digits without a leading zero, like Meta's object ids.
    pub(crate) fn decimal(&self) -> String {
        let value = u128::from_be_bytes(self.bytes()) % 900_000_000_000_000;
        (value + 100_000_000_000_000).to_string()
    }
}

/// A secret of `digits` hexadecimal digits (at most 64), the same for the same seed.
pub(crate) fn secret(seed: u64, label: &str, digits: usize) -> String {
    let digest = Sha256::digest(format!("omni twin/{label}/{seed}"));
    let mut text = hex(&digest);
    text.truncate(digits);
    text
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |half: u8| char::from(DIGITS[usize::from(half & 15)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(*byte)]).collect()
}

fn first_u64(bytes: &[u8]) -> u64 {
    let digest = Sha256::digest(bytes);
    digest.iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// The finaliser of splitmix64: spreads neighbouring numbers over all 64 bits.
const fn mix(number: u64) -> u64 {
    let number = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn throws(dice: &Dice, throw: Throw, percent: u8) -> Vec<bool> {
        (0..400).map(|_| dice.hits(throw, percent)).collect()
    }

    #[test]
    fn the_same_seed_throws_the_same() {
        let first = throws(&Dice::new(7, "twilio"), Throw::Lost, 30);
        assert_eq!(first, throws(&Dice::new(7, "twilio"), Throw::Lost, 30));
        assert_ne!(first, throws(&Dice::new(8, "twilio"), Throw::Lost, 30));
        assert_ne!(first, throws(&Dice::new(7, "whatsapp"), Throw::Lost, 30));
        assert_ne!(first, throws(&Dice::new(7, "twilio"), Throw::Late, 30));
    }

    #[test]
    fn percentages_are_kept() {
        let dice = Dice::new(1, "twilio");
        for (percent, least, most) in [(0, 0, 0), (30, 80, 160), (100, 400, 400)] {
            let hits = throws(&dice, Throw::Error, percent).into_iter().filter(|hit| *hit).count();
            assert!((least..=most).contains(&hits), "{percent} %: {hits} of 400");
        }
    }

    #[test]
    fn ids_never_repeat_within_and_across_runs() {
        let mut seen = HashSet::new();
        for started in [1, 2] {
            let ids = Ids::new(7, "twilio", Timestamp::from_secs(started));
            assert!((0..1_000).all(|_| seen.insert(ids.hex())), "run {started}");
            assert_eq!(ids.decimal().len(), 15);
        }
    }

    #[test]
    fn secrets_follow_the_seed() {
        assert_eq!(secret(1, "a", 32), secret(1, "a", 32));
        assert_ne!(secret(1, "a", 32), secret(2, "a", 32));
        assert_ne!(secret(1, "a", 32), secret(1, "b", 32));
        assert_eq!(secret(1, "a", 40).len(), 40);
    }
}
