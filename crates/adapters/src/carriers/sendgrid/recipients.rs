//! To whom a mail goes, and how its events are told apart.

use std::collections::HashSet;

use omni_core::address::Address;
use omni_core::carrier::OutboundMessage;
use omni_core::content::OutboundContent;
use omni_core::failure::SendError;
use serde_json::{Value, json};

use super::{mailbox, send};
use crate::shared::hmac;

/// Over to, cc and bcc together (Mail Send v3).
const MOST_RECIPIENTS: usize = 1_000;

/// The recipients with our reference, which all their events bring back. Each address stands
/// there once, as SendGrid wants it: what is in `to` is in no copy, and `cc` goes before `bcc`.
pub(super) fn personalization(message: &OutboundMessage) -> Result<Value, SendError> {
    let to = send::email(&message.to);
    let mut part = json!({
        "to": [{ "email": to }],
        "custom_args": { "omni_msg_id": message.client_ref },
    });
    let OutboundContent::Email(email) = &message.content else { return Ok(part) };
    let mut seen = HashSet::from([to.to_lowercase()]);
    for (name, copies) in [("cc", &email.cc), ("bcc", &email.bcc)] {
        let listed = listed(copies, &mut seen)?;
        if !listed.is_empty() {
            part[name] = json!(listed);
        }
    }
    if seen.len() > MOST_RECIPIENTS {
        return Err(SendError::Unsupported("a mail has at most 1,000 recipients"));
    }
    if seen.len() > 1 {
        part["custom_args"]["omni_to"] = json!(fingerprint(to));
    }
    Ok(part)
}

fn listed(copies: &[Address], seen: &mut HashSet<String>) -> Result<Vec<Value>, SendError> {
    let mut listed = Vec::new();
    for copy in copies {
        let address = mailbox::address(send::email(copy));
        let address = address.ok_or(SendError::Unsupported("a copy goes to no e-mail address"))?;
        if seen.insert(address.expose().to_lowercase()) {
            listed.push(json!({ "email": address.expose() }));
        }
    }
    Ok(listed)
}

/// Stands for the recipient in events, because those of copies bring the same arguments back.
/// Not the address itself: custom arguments are no place for personal data.
pub(super) fn fingerprint(address: &str) -> String {
    let lower = address.to_lowercase();
    // A domain in other letters has two spellings, and events need not bring ours.
    let spelled = lower.rsplit_once('@').and_then(|(local, domain)| {
        let host = url::Host::parse(domain).ok()?;
        Some(format!("{local}@{host}"))
    });
    let digest = hmac::digest(spelled.unwrap_or(lower).as_bytes());
    hmac::hex(&digest[..8])
}
