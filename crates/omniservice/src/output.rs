//! Output helpers.

use omni_core::time::Timestamp;

/// `12:00:01.123` of a time, UTC.
pub fn clock_time(at: Timestamp) -> String {
    let ms = at.as_millis().rem_euclid(86_400_000);
    format!("{:02}:{:02}:{:02}.{:03}", ms / 3_600_000, ms / 60_000 % 60, ms / 1_000 % 60, ms % 1_000)
}

/// Microseconds for people.
pub fn micros(micros: u64) -> String {
    if micros < 1_000 { format!("{micros} µs") } else { format!("{:.1} ms", micros as f64 / 1_000.0) }
}
