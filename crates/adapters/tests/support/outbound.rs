//! A message of ours to somebody who can be reached.

use omni_core::address::Address;
use omni_core::carrier::OutboundMessage;
use omni_core::content::OutboundContent;
use omni_core::event::Channel;
use omni_core::id::MessageId;

/// Somebody who can be reached on `channel`.
pub(crate) fn recipient(channel: Channel) -> Address {
    match channel {
        Channel::Email => "rosa@customer.example",
        Channel::Chat => "lc:7d3f9c1e-2b4a-4c6d-8e0f-1a2b3c4d5e6f",
        _ => "+13035550177",
    }
    .into()
}

/// A message over one channel of a connection, with nothing that may be left out.
pub(crate) fn message(channel: Channel, from: Address, content: OutboundContent) -> OutboundMessage {
    let id: MessageId = "msg_01KAHTX5Z0E8R9S7T44VH8RT9M".parse().expect("an id");
    OutboundMessage {
        message_id: id,
        client_ref: id.to_string(),
        channel,
        from,
        to: recipient(channel),
        content,
        reply_to: None,
        conversation_ref: None,
        status_url: None,
        expires_at: None,
    }
}
