//! What this crate's tests share: a carrier that can be told what it carries, and messages.

use async_trait::async_trait;
use omni_core::account::Account;
use omni_core::address::Address;
use omni_core::carrier::{Accepted, Capabilities, Carrier, CarrierName, OutboundMessage, Parsed};
use omni_core::content::OutboundContent;
use omni_core::event::{Channel, InboundMessage, MessageType};
use omni_core::failure::{ErrorClass, SendError};
use omni_core::http::{HttpRequest, HttpResponse};
use omni_core::id::{MessageId, TraceId};
use omni_core::message::{Author, Content, Direction, Message, Sending};
use omni_core::status::Status;
use omni_core::time::Timestamp;
use omni_core::webhook::{Malformed, Proof, Refusal, WebhookRequest};

use crate::directory::Connection;

/// A carrier that only has capabilities.
pub(crate) struct Paper {
    pub(crate) name: &'static str,
    pub(crate) capabilities: Capabilities,
}

impl Paper {
    pub(crate) fn text(name: &'static str, channel: Channel) -> Self {
        let content = vec![MessageType::Text, MessageType::Template];
        Self {
            name,
            capabilities: Capabilities {
                channels: vec![channel],
                content,
                max_text: 1_600,
                ..Capabilities::NONE
            },
        }
    }
}

#[async_trait]
impl Carrier for Paper {
    fn name(&self) -> CarrierName {
        CarrierName(self.name)
    }
    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }
    fn routing_keys(&self) -> Vec<String> {
        Vec::new()
    }
    fn verify(&self, _: &WebhookRequest) -> Result<Proof, Refusal> {
        Ok(Proof::default())
    }
    fn parse(&self, _: &WebhookRequest) -> Result<Parsed, Malformed> {
        Ok(Parsed::default())
    }
    /// Templates by their name: `odd` it does not know how to say, `long` is too long for it.
    fn request(&self, message: &OutboundMessage) -> Result<HttpRequest, SendError> {
        match &message.content {
            OutboundContent::Template(t) if t.template_id == "odd" => Err(SendError::Unsupported("odd")),
            OutboundContent::Template(t) if t.template_id == "long" => {
                Err(SendError::rejected(ErrorClass::BadRequest, "title", "longer than 20 characters"))
            }
            OutboundContent::Template(t) if t.template_id == "nokey" => {
                Err(SendError::rejected(ErrorClass::Auth, "no_credentials", "none yet"))
            }
            _ => Ok(HttpRequest::new("POST", "http://carrier.invalid/")),
        }
    }
    fn outcome(&self, _: &OutboundMessage, _: &HttpResponse) -> Result<Accepted, SendError> {
        Ok(Accepted::with_id("c-1"))
    }
}

pub(crate) fn account() -> Account {
    Account::new("acme".parse().unwrap(), "main".parse().unwrap())
}

pub(crate) fn connection(id: &str, carrier: Paper) -> Connection {
    let channel = carrier.capabilities.channels[0];
    let (tenant, account) = ("acme".parse().unwrap(), "main".parse().unwrap());
    let mut connection = Connection::new(tenant, account, id.parse().unwrap(), std::sync::Arc::new(carrier));
    connection.senders = vec![(channel, Address::from("+15550100001"))];
    connection
}

pub(crate) fn inbound(channel: Channel, text: &str) -> Message {
    let read =
        InboundMessage { text: Some(text.to_owned()), external_id: "x".into(), ..InboundMessage::default() };
    message(Direction::Inbound, channel, Content::Inbound(Box::new(read)))
}

pub(crate) fn outbound(channel: Channel, text: &str) -> Message {
    message(Direction::Outbound, channel, Content::Outbound(OutboundContent::Text { text: text.to_owned() }))
}

fn message(direction: Direction, channel: Channel, content: Content) -> Message {
    Message {
        id: MessageId::from_bytes([1; 16]),
        tenant: "acme".parse().unwrap(),
        account: "main".parse().unwrap(),
        direction,
        author: if direction == Direction::Inbound { Author::Customer } else { Author::Api },
        channel,
        connection: Some("one".parse().unwrap()),
        carrier: Some("paper".into()),
        customer_address: Address::from("+13035550177"),
        our_address: Some(Address::from("+17205550142")),
        customer: None,
        conversation: None,
        sequence: None,
        status: if direction == Direction::Inbound { Status::Received } else { Status::Queued },
        content,
        carrier_message_id: None,
        sending: Some(Sending::default()).filter(|_| direction == Direction::Outbound),
        attempts: Vec::new(),
        receipts: Vec::new(),
        error: None,
        trace: Vec::new(),
        tags: Vec::new(),
        correlation: TraceId::from_bytes([2; 16]),
        journal: None,
        sent_at: None,
        created_at: Timestamp::EPOCH,
        updated_at: Timestamp::EPOCH,
    }
}
