//! To whom, and over what: the address that a request means, and the channel that it leaves by.

use std::sync::Arc;

use omni_core::account::Account;
use omni_core::address::Address;
use omni_core::content::OutboundContent;
use omni_core::conversation::Conversation;
use omni_core::event::Channel;
use omni_core::phone::{self, Role};
use omni_core::problem::{self, FieldError, Problem};

use super::breaker::BreakerState;
use super::publish::Caller;
use super::request::SendRequest;
use crate::directory::Connection;

/// The normalised recipient and the channel.
pub(super) fn recipient(
    request: &SendRequest,
    account: &Account,
    conversation: Option<&Conversation>,
    connections: &[(Arc<Connection>, BreakerState)],
) -> Result<(Address, Channel), Problem> {
    if let (Some(conversation), true) = (conversation, request.to.is_empty()) {
        let channel = widened(conversation.channel, &request.content);
        return Ok((conversation.customer_address.clone(), channel));
    }
    let (raw, by_prefix) = without_channel(&request.to);
    let opaque = raw.starts_with("lc:") || raw.starts_with("bsuid:");
    let address = if by_prefix == Some(Channel::Whatsapp) && phone::is_bsuid(raw) {
        Address::new(format!("bsuid:{raw}"))
    } else if raw.contains('@') && !opaque {
        phone::email(raw).ok_or_else(|| invalid_recipient("it is not an e-mail address"))?
    } else {
        let parsed = phone::parse(raw, &account.default_region, Role::Typed);
        if let Some(why) = phone_refusal(&parsed, account) {
            return Err(invalid_recipient(&why));
        }
        parsed.address.ok_or_else(|| invalid_recipient("it is not a phone number"))?
    };
    let said =
        request.channel.or(by_prefix).or_else(|| conversation.map(|conversation| conversation.channel));
    let channel = said.unwrap_or_else(|| likely_channel(&address, request, connections));
    Ok((address, widened(channel, &request.content)))
}

/// The address that is meant, and the channel that is written before it, in any case. Ids of
/// chat visitors and WhatsApp people keep their prefix: it is part of the address.
fn without_channel(to: &str) -> (&str, Option<Channel>) {
    let to = to.trim();
    let Some((prefix, rest)) = to.split_once(':') else { return (to, None) };
    match prefix.to_ascii_lowercase().as_str() {
        "whatsapp" => (rest, Some(Channel::Whatsapp)),
        "rcs" => (rest, Some(Channel::Rcs)),
        "sms" => (rest, Some(Channel::Sms)),
        "email" | "mailto" => (rest, Some(Channel::Email)),
        "lc" => (to, Some(Channel::Chat)),
        "bsuid" => (to, Some(Channel::Whatsapp)),
        _ => (to, None),
    }
}

/// Sandbox numbers (+1 555 000 xxxx) are in no numbering plan and are fine where only
/// twins listen; everything else must be a number that can be dialled.
fn phone_refusal(parsed: &phone::Parsed, account: &Account) -> Option<String> {
    let sandbox = parsed.address.as_ref().is_some_and(is_sandbox_number);
    if sandbox {
        return None;
    }
    phone::sending_refusal(parsed, &account.default_region).map(|refusal| refusal.reason().to_owned())
}

/// Whether it is one of the sandbox's reserved numbers.
fn is_sandbox_number(address: &Address) -> bool {
    address.expose().starts_with("+1555000") && address.is_phone()
}

/// Test and live never mix: nobody in the world has a sandbox number.
pub(super) fn refuse_sandbox(caller: &Caller, recipient: &Address) -> Result<(), Problem> {
    if caller.sandbox || !is_sandbox_number(recipient) {
        return Ok(());
    }
    let detail =
        "+1 555 000 xxxx are the sandbox's numbers; use a test key (`omni_sk_test_…`), or a real number.";
    let error = FieldError::new("/to/phoneNumber", "sandbox_address", detail);
    Err(Problem { code: problem::SANDBOX_ADDRESS, detail: detail.to_owned(), errors: vec![error] })
}

fn invalid_recipient(why: &str) -> Problem {
    let detail =
        format!("We cannot send to `to`: {why}. Phone numbers are best written as +<country><number>.");
    let error = FieldError::new("/to/phoneNumber", "invalid_recipient", detail.clone());
    Problem { code: problem::RECIPIENT_INVALID, detail, errors: vec![error] }
}

/// Pictures over the phone network are MMS.
const fn widened(channel: Channel, content: &OutboundContent) -> Channel {
    match (channel, content) {
        (Channel::Sms, OutboundContent::Media { .. }) => Channel::Mms,
        (channel, _) => channel,
    }
}

/// The channel when nobody says: what the named carrier or sender has, else the first of
/// SMS and WhatsApp that a connection carries.
fn likely_channel(
    address: &Address,
    request: &SendRequest,
    connections: &[(Arc<Connection>, BreakerState)],
) -> Channel {
    if address.is_email() {
        return Channel::Email;
    }
    let preferred = connections.iter().filter(|(connection, _)| {
        request.preferred_carrier.as_deref().is_none_or(|name| connection.carrier.name().0 == name)
    });
    let mut channels = Vec::new();
    for (connection, _) in preferred {
        for (channel, sender) in &connection.senders {
            if request.from.as_ref().is_none_or(|from| from == sender) {
                channels.push(channel.conversation_channel());
            }
        }
    }
    [Channel::Sms, Channel::Whatsapp, Channel::Rcs]
        .into_iter()
        .find(|channel| channels.contains(channel))
        .or_else(|| channels.first().copied())
        .unwrap_or(Channel::Sms)
}
