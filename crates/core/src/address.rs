//! Where a person (or we) can be reached.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// One normalised address: E.164 (`+13035550177`), a short code (`55512`), an e-mail
/// address, or a prefixed opaque id (`bsuid:GB.7Qk…`, `lc:7d3f…`, `alpha:PostNL`, `rcs:…`).
///
/// `Display` and `Debug` mask it (`+1303•••0177`): an address reaches a log only masked.
/// [`Address::expose`] gives the whole text, and JSON (our API, our store) carries it whole.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Address(Arc<str>);

impl Address {
    /// Wraps an address that is already normalised.
    pub fn new(text: impl Into<Arc<str>>) -> Self {
        Self(text.into())
    }

    /// The whole address.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether this is an E.164 phone number.
    pub fn is_phone(&self) -> bool {
        self.0.len() > 4 && self.0.starts_with('+') && self.0[1..].bytes().all(|b| b.is_ascii_digit())
    }

    /// Whether this is a short code (3 to 8 digits, no plus).
    pub fn is_short_code(&self) -> bool {
        let digits = self.0.strip_prefix("shortcode:").unwrap_or(&self.0);
        (3..=8).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit())
    }

    /// Whether this is an e-mail address.
    pub fn is_email(&self) -> bool {
        self.0.contains('@')
    }
}

impl From<&str> for Address {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl From<String> for Address {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = &*self.0;
        if let Some((local, domain)) = text.split_once('@') {
            let first = local.chars().next().map(String::from).unwrap_or_default();
            return write!(f, "{first}•••@{domain}");
        }
        let chars: Vec<char> = text.chars().collect();
        match chars.len() {
            0..=4 => f.write_str("•••"),
            5..=9 => write!(f, "{}•••", chars[..2].iter().collect::<String>()),
            n => {
                let (head, tail) = (&chars[..5], &chars[n - 4..]);
                write!(f, "{}•••{}", head.iter().collect::<String>(), tail.iter().collect::<String>())
            }
        }
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_masked() {
        let cases = [
            ("+13035550177", "+1303•••0177"),
            ("rosa@customer.example", "r•••@customer.example"),
            ("55512", "55•••"),
            ("bsuid:GB.7Qk20Xd3aLm", "bsuid•••3aLm"),
            ("", "•••"),
        ];
        for (address, expect) in cases {
            assert_eq!(Address::from(address).to_string(), expect);
        }
    }
}
