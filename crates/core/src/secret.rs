//! Secrets that cannot be printed by mistake.

use std::fmt;

use serde::{Deserialize, Deserializer};

/// A secret. `Debug` and `Display` print `***`; it is never serialised; equality is
/// constant-time in the content.
#[derive(Clone, Default)]
pub struct Secret(String);

impl Secret {
    /// Wraps `value`.
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// The secret itself. Every call is a place to look at in review.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether nothing is configured; an empty secret never verifies anything.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Constant-time comparison with what somebody presented. An empty secret equals nothing.
    pub fn matches(&self, presented: &[u8]) -> bool {
        !self.0.is_empty() && bool::from(subtle::ConstantTimeEq::ct_eq(self.0.as_bytes(), presented))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        bool::from(subtle::ConstantTimeEq::ct_eq(self.0.as_bytes(), other.0.as_bytes()))
    }
}

impl Eq for Secret {}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn never_prints() {
        let secret = Secret::new("hunter2");
        assert_eq!(format!("{secret} {secret:?}"), "*** ***");
    }

    #[test]
    fn an_empty_secret_matches_nothing() {
        assert!(!Secret::default().matches(b""));
        assert!(Secret::new("a").matches(b"a"));
        assert!(!Secret::new("a").matches(b"b"));
    }
}
