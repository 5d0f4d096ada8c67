//! A message.

use omni_core::address::Address;
use omni_core::message::{DeliveryError, Direction, Message, Purpose};
use serde::Serialize;
use utoipa::ToSchema;

use super::content::ContentView;
use super::{When, words};

/// One unit in a conversation.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Message, example = json!({
    "id": "msg_01K5D00000000000000000M5G0", "direction": "outbound", "author": "api", "status": "delivered",
    "channel": "sms", "carrier": "twilio", "connection": "twilio-main", "accountId": "main",
    "conversationId": "conv_01K5D0000000000000000C0NV0", "customerId": "cus_01K5D00000000000000000C0S0",
    "from": "+12065550100", "to": "+15550001001", "type": "text", "text": "Your table is ready.",
    "content": { "type": "text", "text": "Your table is ready." }, "carrierMessageId": "SM8f2c41",
    "attempts": 1, "tags": [], "sequence": 7, "correlationId": "trc_01K5D0000000000000000000RQ",
    "priority": "normal", "createdAt": "2026-11-20T10:00:00Z", "updatedAt": "2026-11-20T10:00:02Z",
}))]
pub struct MessageView {
    /// Its id.
    pub id: String,
    /// Which way it goes.
    #[schema(schema_with = words::direction)]
    pub direction: &'static str,
    /// Who wrote it.
    #[schema(schema_with = words::author)]
    pub author: &'static str,
    /// Where it stands; it only moves forward.
    #[schema(schema_with = words::status)]
    pub status: &'static str,
    /// What the person uses.
    #[schema(schema_with = words::channel)]
    pub channel: &'static str,
    /// The carrier it came by, or goes (or went) by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub carrier: Option<String>,
    /// The connection it came by, or goes (or went) by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connection: Option<String>,
    /// Which brand or project.
    pub account_id: String,
    /// Its conversation, once found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conversation_id: Option<String>,
    /// The person, once identified.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer_id: Option<String>,
    /// Who sends; left out until a sender is chosen.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub from: Option<Address>,
    /// Who receives.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub to: Option<Address>,
    /// What kind of thing it is: `text`, `media`, `template`, `location`, …
    #[serde(rename = "type")]
    #[schema(value_type = String)]
    pub kind: omni_core::event::MessageType,
    /// The words in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// All that it says.
    pub content: ContentView,
    /// The carrier's id, once known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub carrier_message_id: Option<String>,
    /// Why it failed, or what went wrong last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorView>,
    /// How often it was handed (or tried to be handed) to a carrier, all parts counted.
    pub attempts: usize,
    /// Labels that rules gave it.
    pub tags: Vec<String>,
    /// Its place in the conversation, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sequence: Option<u64>,
    /// Ties together everything that one request or message caused.
    pub correlation_id: String,
    /// How urgent (outbound).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = words::priority)]
    pub priority: Option<&'static str>,
    /// What it is for (outbound), if that was said.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = words::purpose)]
    pub purpose: Option<&'static str>,
    /// Not sent before (outbound).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scheduled_at: Option<When>,
    /// Not sent after (outbound).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expire_at: Option<When>,
    /// The message this one answers (outbound).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub in_reply_to: Option<String>,
    /// When it was written, as the carrier says (inbound).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sent_at: Option<When>,
    /// When we stored it.
    pub created_at: When,
    /// When it last changed.
    pub updated_at: When,
}

impl From<&Message> for MessageView {
    fn from(message: &Message) -> Self {
        let sending = message.sending.as_ref();
        let theirs = Some(message.customer_address.clone());
        let ours = message.our_address.clone().or_else(|| sending.and_then(|sending| sending.sender.clone()));
        let (from, to) = match message.direction {
            Direction::Inbound => (theirs, ours),
            Direction::Outbound => (ours, theirs),
        };
        Self {
            id: message.id.to_string(),
            direction: message.direction.as_str(),
            author: words::author_word(message.author),
            status: message.status.as_str(),
            channel: message.channel.as_str(),
            carrier: message.carrier.clone(),
            connection: message.connection.as_ref().map(ToString::to_string),
            account_id: message.account.to_string(),
            conversation_id: message.conversation.map(|id| id.to_string()),
            customer_id: message.customer.map(|id| id.to_string()),
            from,
            to,
            kind: message.message_type(),
            text: message.text().map(str::to_owned),
            content: (&message.content).into(),
            carrier_message_id: message.carrier_message_id.clone(),
            error: message.error.as_ref().map(ErrorView::from),
            attempts: message.attempts.len(),
            tags: message.tags.clone(),
            sequence: message.sequence,
            correlation_id: message.correlation.to_string(),
            priority: sending.map(|sending| words::priority_word(sending.priority)),
            purpose: sending.and_then(|sending| sending.purpose).map(Purpose::as_str),
            scheduled_at: sending.and_then(|sending| sending.scheduled_at).map(When),
            expire_at: sending.and_then(|sending| sending.expire_at).map(When),
            in_reply_to: sending.and_then(|sending| sending.in_reply_to).map(|id| id.to_string()),
            sent_at: message.sent_at.map(When),
            created_at: message.created_at.into(),
            updated_at: message.updated_at.into(),
        }
    }
}

/// Why something was not delivered.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DeliveryError, example = json!({
    "code": "21610", "class": "opted_out", "message": "unsubscribed recipient",
    "agentText": "The person opted out; nothing more may be sent to them.", "retryable": false,
}))]
pub struct ErrorView {
    /// The carrier's code, or ours.
    pub code: String,
    /// What it means.
    #[schema(schema_with = words::error_class)]
    pub class: &'static str,
    /// The carrier's words, or ours.
    pub message: String,
    /// What to tell an agent.
    pub agent_text: &'static str,
    /// Whether trying again may help.
    pub retryable: bool,
}

impl From<&DeliveryError> for ErrorView {
    fn from(error: &DeliveryError) -> Self {
        Self {
            code: error.code.clone(),
            class: error.class.as_str(),
            message: error.message.clone(),
            agent_text: error.class.agent_text(),
            retryable: error.retryable,
        }
    }
}
