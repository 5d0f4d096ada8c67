//! Visitors of the web site.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::chats::{Chat, micros};
use crate::dice::hex;
use crate::reserved::{Fate, fate};

/// What the ids of visitors with a phone number begin with.
const VISITORS: &str = "7d3f1c22-0a55-4b1e-8c66-";

/// A visitor of the web site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Customer {
    /// A UUID.
    pub(super) id: String,
    pub(super) name: String,
    pub(super) phone: Option<String>,
}

impl Customer {
    /// The visitor behind a phone number, whose digits end their id, or of a UUID.
    pub(super) fn of(text: &str, name: &str) -> Option<Self> {
        let name = name.to_owned();
        if is_uuid(text) {
            return Some(Self { id: text.to_ascii_lowercase(), name, phone: None });
        }
        let digits = text.strip_prefix('+')?;
        if !(7..=15).contains(&digits.len()) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let ending = if digits.len() <= 12 {
            format!("{digits:0>12}")
        } else {
            let digest = hex(&Sha256::digest(digits));
            format!("f{}", digest.get(..11).unwrap_or_default())
        };
        Some(Self { id: format!("{VISITORS}{ending}"), name, phone: Some(text.to_owned()) })
    }
}

/// The fate of messages to a customer: that of the phone number in their id.
pub(super) fn fate_of(customer: &str) -> Fate {
    let digits = customer.strip_prefix(VISITORS).unwrap_or_default();
    fate(digits.trim_start_matches('0'))
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// A customer as chats show them. Their visit is there so that nobody forgets not to keep it.
pub(super) fn customer_json(chat: &Chat) -> Value {
    let customer = &chat.customer;
    let email =
        format!("{}@customer.example", customer.name.split(' ').next().unwrap_or_default().to_lowercase());
    json!({
        "id": customer.id,
        "type": "customer",
        "name": customer.name,
        "email": email,
        "email_verified": false,
        "phone_number": customer.phone,
        "present": true,
        "created_at": micros(chat.created),
        "session_fields": [{ "order": "5512" }],
        "visit": {
            "started_at": micros(chat.created),
            "ip": "203.0.113.9",
            "user_agent": "Mozilla/5.0",
            "geolocation": { "country": "United States", "country_code": "US", "city": "Denver" },
            "last_pages": [{ "opened_at": micros(chat.created), "url": "https://shop.acme.example/cart", "title": "Cart" }],
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn customers_of_phone_numbers_and_uuids() {
        let id = |text: &str| Customer::of(text, "").map(|customer| customer.id);
        let cases = [
            ("+15550002003", Some("7d3f1c22-0a55-4b1e-8c66-015550002003")),
            ("+447700900461", Some("7d3f1c22-0a55-4b1e-8c66-447700900461")),
            ("7D3F1C22-0A55-4B1E-8C66-2F9E0D1A3B4C", Some("7d3f1c22-0a55-4b1e-8c66-2f9e0d1a3b4c")),
            ("15550002003", None),
            ("Ana", None),
            ("+123", None),
        ];
        for (text, expect) in cases {
            assert_eq!(id(text).as_deref(), expect, "{text}");
        }
        assert!(is_uuid(&id("+123456789012345").unwrap()));
        assert_eq!(fate_of("7d3f1c22-0a55-4b1e-8c66-015550002003"), Fate::TooMany);
        assert_eq!(fate_of("00000000-0a55-4b1e-8c66-015550002003"), Fate::Read);
    }
}
