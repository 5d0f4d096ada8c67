//! Recipients with a fixed fate: the numbers +1 555 000 1001 to +1 555 000 2010.
//!
//! | number | fate |
//! |---|---|
//! | +1 555 000 1001 | delivered, and read where the channel has receipts |
//! | +1 555 000 1002 | delivered, never read |
//! | +1 555 000 2001 | refused by the API |
//! | +1 555 000 2002 | taken, then undeliverable |
//! | +1 555 000 2003 | 429 with `Retry-After`; taken by the first try after that wait |
//! | +1 555 000 2004 | twice a 5xx, then taken |
//! | +1 555 000 2005 | taken, with callbacks, but the API's answer never comes |
//! | +1 555 000 2006 | the first callback comes before the API's answer |
//! | +1 555 000 2007 | every callback comes twice |
//! | +1 555 000 2008 | opted out |
//! | +1 555 000 2009 | outside the 24-hour window (WhatsApp; templates pass) |
//! | +1 555 000 2010 | callbacks with a wrong signature |
//!
//! Every other number is delivered, and read where the channel has receipts.
//!
//! Mail has the same fates as names `…@sim.test` (a `+tag` is ignored): `unread`, `refused`,
//! `bounce` (undeliverable), `busy` (429), `flaky`, `timeout`, `early`, `twice`, `optout` and
//! `forged`. The e-mail twin adds some of its own, such as `complaint`.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

use crate::faults::Strike;

/// What happens to a message because of whom it is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    Read,
    NeverRead,
    Refused,
    Undeliverable,
    TooMany,
    Flaky,
    NoAnswer,
    CallbackFirst,
    CallbacksTwice,
    OptedOut,
    OutsideWindow,
    BadSignature,
}

/// The fate of an address; any prefix such as `whatsapp:` and any plus sign is ignored.
pub(crate) fn fate(address: &str) -> Fate {
    if let Some(name) = mail_name(address) {
        return fate_of_mail(&name);
    }
    let number = address.rsplit(':').next().unwrap_or_default();
    match number.strip_prefix('+').unwrap_or(number).strip_prefix("1555000") {
        Some("1002") => Fate::NeverRead,
        Some("2001") => Fate::Refused,
        Some("2002") => Fate::Undeliverable,
        Some("2003") => Fate::TooMany,
        Some("2004") => Fate::Flaky,
        Some("2005") => Fate::NoAnswer,
        Some("2006") => Fate::CallbackFirst,
        Some("2007") => Fate::CallbacksTwice,
        Some("2008") => Fate::OptedOut,
        Some("2009") => Fate::OutsideWindow,
        Some("2010") => Fate::BadSignature,
        _ => Fate::Read,
    }
}

/// The name of a reserved mail address: `bounce` for `Bounce+7@sim.test`.
pub(crate) fn mail_name(address: &str) -> Option<String> {
    let (local, host) = address.rsplit_once('@')?;
    let name = local.split('+').next().unwrap_or_default();
    host.eq_ignore_ascii_case("sim.test").then(|| name.to_ascii_lowercase())
}

fn fate_of_mail(name: &str) -> Fate {
    match name {
        "unread" => Fate::NeverRead,
        "refused" => Fate::Refused,
        "bounce" => Fate::Undeliverable,
        "busy" => Fate::TooMany,
        "flaky" => Fate::Flaky,
        "timeout" => Fate::NoAnswer,
        "early" => Fate::CallbackFirst,
        "twice" => Fate::CallbacksTwice,
        "optout" => Fate::OptedOut,
        "forged" => Fate::BadSignature,
        _ => Fate::Read,
    }
}

/// `Retry-After` of `…2003`.
const WAIT: Duration = Duration::from_secs(2);

/// What the numbers with a history (`…2003`, `…2004`) remember, per twin.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    failures: AtomicU32,
    opens_at: Mutex<Option<Instant>>,
}

impl Memory {
    /// Whether this send ends here.
    pub(crate) fn strike(&self, fate: Fate, now: Instant) -> Option<Strike> {
        match fate {
            Fate::Flaky => {
                let turn = self.failures.fetch_add(1, Ordering::Relaxed);
                [Some(500), Some(503), None][(turn % 3) as usize].map(Strike::Failing)
            }
            Fate::TooMany => self.too_many(now),
            _ => None,
        }
    }

    fn too_many(&self, now: Instant) -> Option<Strike> {
        let mut opens_at = self.opens_at.lock();
        match *opens_at {
            Some(at) if at <= now => {
                *opens_at = None;
                None
            }
            Some(at) => Some(Strike::TooMany((at - now).as_secs_f64().ceil() as u64)),
            None => {
                *opens_at = Some(now + WAIT);
                Some(Strike::TooMany(WAIT.as_secs()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_its_numbers_in_every_spelling() {
        let cases = [
            ("+15550001001", Fate::Read),
            ("15550001002", Fate::NeverRead),
            ("whatsapp:+15550002001", Fate::Refused),
            ("rcs:+15550002008", Fate::OptedOut),
            ("+15550002010", Fate::BadSignature),
            ("+445550002001", Fate::Read),
            ("+155500020011", Fate::Read),
            ("+15550009999", Fate::Read),
            ("whatsapp:GB.7Qk20Xd3aLm", Fate::Read),
            ("bounce@sim.test", Fate::Undeliverable),
            ("Timeout+17@SIM.test", Fate::NoAnswer),
            ("complaint@sim.test", Fate::Read),
            ("bounce@customer.example", Fate::Read),
            ("+15550002001@sim.test", Fate::Read),
            ("", Fate::Read),
        ];
        for (address, expect) in cases {
            assert_eq!(fate(address), expect, "{address}");
        }
    }

    #[test]
    fn the_flaky_number_fails_twice_then_takes() {
        let memory = Memory::default();
        let now = Instant::now();
        for round in 0..3 {
            assert_eq!(memory.strike(Fate::Flaky, now), Some(Strike::Failing(500)), "{round}");
            assert_eq!(memory.strike(Fate::Flaky, now), Some(Strike::Failing(503)), "{round}");
            assert_eq!(memory.strike(Fate::Flaky, now), None, "{round}");
        }
    }

    #[test]
    fn the_busy_number_takes_who_waited() {
        let memory = Memory::default();
        let now = Instant::now();
        assert_eq!(memory.strike(Fate::TooMany, now), Some(Strike::TooMany(2)));
        let early = now + Duration::from_millis(1_100);
        assert_eq!(memory.strike(Fate::TooMany, early), Some(Strike::TooMany(1)));
        assert_eq!(memory.strike(Fate::TooMany, now + WAIT), None);
        assert_eq!(memory.strike(Fate::TooMany, now + WAIT), Some(Strike::TooMany(2)));
    }

    #[test]
    fn other_fates_never_strike() {
        assert_eq!(Memory::default().strike(Fate::Read, Instant::now()), None);
        assert_eq!(Memory::default().strike(Fate::Refused, Instant::now()), None);
    }
}
