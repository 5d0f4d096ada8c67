//! Who wrote?
//!
//! Every address has an *identity form*: phone numbers on the phone networks are E.164,
//! on WhatsApp `wa:` + E.164, business-scoped ids `bsuid:…`, chat visitors `lc:…`, e-mail
//! in lower case. A person is found by any of theirs; all that one message shows belong
//! together. Somebody unknown becomes an anonymous customer at once, so nothing waits.

use std::collections::HashSet;

use omni_core::address::Address;
use omni_core::customer::{Customer, CustomerType, Evidence, Identifier, Preferences, Profile};
use omni_core::event::Channel;
use omni_core::id::{CustomerId, IdSource, TenantId};
use omni_core::message::{Author, Content, Message};
use omni_core::phone;
use omni_core::store::{Changes, Expect, Pointer, Versioned};
use omni_core::time::Timestamp;

/// Most addresses of one person.
const MOST_IDENTIFIERS: usize = 50;
/// A person's last contact is written down at most this often: it is for people, and the
/// conversation has the exact time.
const CONTACT_GRAIN_SECS: u64 = 3_600;

/// The identity form of an address on a channel; `None` where the carrier withholds it.
pub fn identity_form(channel: Channel, address: &Address) -> Option<Address> {
    let text = address.expose();
    if text.is_empty() || text == "anonymous" {
        return None;
    }
    Some(match channel {
        Channel::Whatsapp if address.is_phone() => Address::new(format!("wa:{text}")),
        Channel::Email => Address::new(text.to_lowercase()),
        _ => address.clone(),
    })
}

/// The identity forms of an address: its own, and those of the other spellings of a phone's
/// number (WhatsApp still writes some as old plans had them).
pub fn identity_forms(channel: Channel, address: &Address) -> Vec<Address> {
    let own = identity_form(channel, address);
    let others = phone::aliases(address);
    own.into_iter().chain(others.iter().filter_map(|other| identity_form(channel, other))).collect()
}

/// The identity forms that a message shows, the writer's first, without doubles.
pub fn identities(message: &Message) -> Vec<(Address, Evidence)> {
    let mut seen = HashSet::new();
    let mut found = Vec::new();
    let mut add = |address: &Address, evidence| {
        if let Some(form) = identity_form(message.channel, address)
            && seen.insert(form.clone())
        {
            found.push((form, evidence));
        }
    };
    let written = if message.author == Author::Customer { Evidence::Carrier } else { Evidence::Linked };
    add(&message.customer_address, written);
    if let (Content::Inbound(inbound), Author::Customer) = (&message.content, message.author) {
        for alternative in &inbound.alt_addresses {
            add(alternative, Evidence::Linked);
        }
    }
    // WhatsApp still writes some numbers as old plans had them; the phone is the same.
    for alias in phone::aliases(&message.customer_address) {
        add(&alias, Evidence::Linked);
    }
    found
}

/// What the store knows about those addresses.
#[derive(Debug, Default)]
pub struct Snapshot {
    /// Which of the addresses belong to somebody.
    pub owners: Vec<(Address, CustomerId)>,
    /// The person found by the first of them.
    pub customer: Option<Versioned<Customer>>,
}

/// Who it is.
#[derive(Debug)]
pub struct Identified {
    /// The person.
    pub customer: Customer,
    /// `known`, `anonymous`, or `new` if they were unknown until this message.
    pub customer_type: CustomerType,
}

/// Decides who wrote; writes the person and their addresses into `changes`.
pub fn decide(
    tenant: &TenantId,
    message: &Message,
    addresses: &[(Address, Evidence)],
    snapshot: Snapshot,
    ids: &dyn IdSource,
    now: Timestamp,
    changes: &mut Changes,
) -> Identified {
    let known = snapshot.customer;
    let (mut customer, version) = match known {
        Some(Versioned { value, version }) => (value, Some(version)),
        None => (newcomer(tenant, ids, now), None),
    };
    let mut changed = version.is_none();
    for (address, evidence) in addresses {
        let owned = snapshot.owners.iter().any(|(owned, _)| owned == address);
        if owned || customer.identifiers.len() >= MOST_IDENTIFIERS {
            continue;
        }
        customer.identifiers.push(Identifier { value: address.clone(), evidence: *evidence, since: now });
        changes.point(&Pointer::identifier(address.expose()), &customer.id, Expect::Absent, None);
        changed = true;
    }
    if let Content::Inbound(inbound) = &message.content
        && message.author == Author::Customer
        && customer.profile.display_name.is_none()
        && inbound.from_name.is_some()
    {
        customer.profile.display_name.clone_from(&inbound.from_name);
        changed = true;
    }
    if now.since(customer.last_contact_at).as_secs() >= CONTACT_GRAIN_SECS {
        customer.last_contact_at = now;
        changed = true;
    }
    if changed {
        changes.put(&customer, version.map_or(Expect::Absent, Expect::Version));
    }
    let customer_type = if version.is_none() { CustomerType::New } else { customer.customer_type };
    Identified { customer, customer_type }
}

fn newcomer(tenant: &TenantId, ids: &dyn IdSource, now: Timestamp) -> Customer {
    Customer {
        id: CustomerId::make(ids, now),
        tenant: tenant.clone(),
        customer_type: CustomerType::Anonymous,
        identifiers: Vec::new(),
        profile: Profile::default(),
        preferences: Preferences::default(),
        created_at: now,
        last_contact_at: now,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_have_one_identity_form() {
        let cases = [
            (Channel::Sms, "+13035550177", Some("+13035550177")),
            (Channel::Mms, "+13035550177", Some("+13035550177")),
            (Channel::Whatsapp, "+447700900461", Some("wa:+447700900461")),
            (Channel::Whatsapp, "bsuid:GB.7Qk", Some("bsuid:GB.7Qk")),
            (Channel::Chat, "lc:7d3f", Some("lc:7d3f")),
            (Channel::Email, "Rosa@Customer.example", Some("rosa@customer.example")),
            (Channel::Sms, "anonymous", None),
            (Channel::Sms, "", None),
        ];
        for (channel, address, expect) in cases {
            let form = identity_form(channel, &Address::from(address));
            assert_eq!(form.as_ref().map(Address::expose), expect, "{channel:?} {address}");
        }
    }

    #[test]
    fn a_phone_of_two_spellings_is_one_person() {
        let cases: [(Channel, &str, &[&str]); 3] = [
            (Channel::Whatsapp, "+551161234567", &["wa:+551161234567", "wa:+5511961234567"]),
            (Channel::Sms, "+5491123456789", &["+5491123456789", "+541123456789"]),
            (Channel::Sms, "+13035550177", &["+13035550177"]),
        ];
        for (channel, from, expect) in cases {
            let mut message = crate::testing::inbound(channel, "hi");
            message.customer_address = from.into();
            let found = identities(&message);
            let forms: Vec<&str> = found.iter().map(|(form, _)| form.expose()).collect();
            assert_eq!(forms, expect, "{from}");
        }
    }
}
