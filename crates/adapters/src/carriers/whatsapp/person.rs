//! Who wrote: since 2026 a phone number, a business-scoped user id, or both.

use std::collections::HashMap;

use omni_core::address::Address;
use omni_core::phone::is_bsuid;
use serde_json::Value;

use crate::shared::json;

/// What Meta puts into `from`, `wa_id`, `recipient_id` and their user-id siblings: digits
/// (with or without decoration), or a user id in the place of digits. `None` for neither.
pub(super) fn address(text: &str) -> Option<Address> {
    let text = text.trim();
    if is_bsuid(text) {
        return Some(Address::new(format!("bsuid:{text}")));
    }
    let decoration = |c: &char| !matches!(c, '+' | ' ' | '-' | '(' | ')' | '\u{a0}');
    let digits: String = text.chars().filter(decoration).collect();
    let is_number = (4..=20).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    is_number.then(|| Address::new(format!("+{digits}")))
}

/// `contacts[]` of a change, found by phone or user id: their order means nothing.
pub(super) struct Contacts<'a> {
    by_id: HashMap<String, &'a Value>,
    only: Option<&'a Value>,
}

impl<'a> Contacts<'a> {
    pub(super) fn of(value: &'a Value) -> Self {
        let all = json::items(&value["contacts"]);
        let mut by_id = HashMap::new();
        for contact in all {
            for id in [json::id(&contact["wa_id"]), json::id(&contact["user_id"])].into_iter().flatten() {
                by_id.entry(id).or_insert(contact);
            }
        }
        Self { by_id, only: if all.len() == 1 { all.first() } else { None } }
    }

    /// The contact of the person named by `ids`; of a message that names nobody, the only
    /// contact there is.
    fn find(&self, ids: &[String]) -> Option<&'a Value> {
        if ids.is_empty() {
            return self.only;
        }
        ids.iter().find_map(|id| self.by_id.get(id).copied())
    }
}

/// One person as a message and its contact describe them.
#[derive(Default)]
pub(super) struct Person {
    /// The phone number if it is known, else the user id.
    pub(super) address: Option<Address>,
    /// The other addresses of the same person.
    pub(super) others: Vec<Address>,
    /// The profile's name.
    pub(super) name: Option<String>,
    /// The profile's user name.
    pub(super) username: Option<String>,
    /// The user id towards our parent company.
    pub(super) parent_user_id: Option<String>,
    /// Changes with the person's phone; there only if the number checks identities.
    pub(super) identity_key_hash: Option<String>,
}

/// The author of `message`.
pub(super) fn author(contacts: &Contacts<'_>, message: &Value) -> Person {
    let named: Vec<String> =
        ["from", "from_user_id"].iter().filter_map(|field| json::id(&message[*field])).collect();
    let contact = contacts.find(&named).unwrap_or(&Value::Null);
    let known = ["wa_id", "user_id"].iter().filter_map(|field| json::id(&contact[*field]));
    let mut addresses: Vec<Address> = Vec::new();
    for text in named.iter().cloned().chain(known) {
        if let Some(address) = address(&text)
            && !addresses.contains(&address)
        {
            addresses.push(address);
        }
    }
    // A phone number is the better key: it is the same at every carrier.
    addresses.sort_by_key(|address| !address.is_phone());
    let mut addresses = addresses.into_iter();
    let profile = &contact["profile"];
    Person {
        address: addresses.next(),
        others: addresses.collect(),
        name: json::text(&profile["name"]).map(str::to_owned),
        username: json::text(&profile["username"]).map(str::to_owned),
        parent_user_id: json::text(&message["from_parent_user_id"])
            .or(json::text(&contact["parent_user_id"]))
            .map(str::to_owned),
        identity_key_hash: json::text(&message["identity"]["hash"])
            .or(json::text(&contact["identity_key_hash"]))
            .map(str::to_owned),
    }
}
