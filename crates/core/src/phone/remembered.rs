//! What the number library said before.
//!
//! It tries dozens of regular expressions on a number (up to 50 µs; most on a number of no
//! country), and a gateway sees the same numbers again and again. What it says of a number
//! never changes while the program runs, so remembering it changes nothing but the time.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use super::{Libphonenumber, NumberType, PhoneNormalizer as _};

/// Numbers in one generation; there are two, of about 100 bytes a number.
const MOST: usize = 16_384;

/// Country and kind of line; `None` for what is no number.
pub(super) type Line = Option<(Option<String>, NumberType)>;

/// Numbers by age: those used since the last turn-over, and those that were not.
#[derive(Default)]
struct Generations {
    hot: HashMap<Box<str>, Line>,
    cold: HashMap<Box<str>, Line>,
}

impl Generations {
    fn get(&mut self, number: &str) -> Option<Line> {
        if let Some(line) = self.hot.get(number) {
            return Some(line.clone());
        }
        let (number, line) = self.cold.remove_entry(number)?;
        self.put(number, line.clone());
        Some(line)
    }

    fn put(&mut self, number: Box<str>, line: Line) {
        if self.hot.len() >= MOST {
            self.cold = std::mem::take(&mut self.hot);
        }
        self.hot.insert(number, line);
    }
}

/// What the library says of a number in E.164.
pub(super) fn line(number: &str) -> Line {
    static SEEN: Mutex<Option<Generations>> = Mutex::new(None);
    let seen = || SEEN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(line) = seen().get_or_insert_default().get(number) {
        return line;
    }
    // Not under the lock: others need not wait for it.
    let line = Libphonenumber.read(number, "").map(|facts| (facts.country, facts.number_type));
    seen().get_or_insert_default().put(number.into(), line.clone());
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_says_the_same_again_and_forgets_what_is_not_used() {
        let (first, again) = (line("+14155552671"), line("+14155552671"));
        assert_eq!(first, again);
        assert_eq!(first.and_then(|(country, _)| country).as_deref(), Some("US"));

        let mut seen = Generations::default();
        for number in 0..=MOST * 2 {
            seen.put(number.to_string().into(), None);
            assert_eq!(seen.get("0"), Some(None), "used each time: never forgotten ({number})");
        }
        assert_eq!(seen.get("1"), None, "the oldest that nobody asked for");
        assert!(seen.hot.len() + seen.cold.len() <= MOST * 2);
    }
}
