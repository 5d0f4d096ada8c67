//! What `POST /v1/messages` takes and answers.
//!
//! The request types here only describe: the pipeline reads bodies by hand, so that every
//! mistake is told at once. A test holds the two together.

use omni_pipeline::outbound::publish::SendResponse;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;
use utoipa::ToSchema;

use super::{When, words};

/// A message to send.
#[derive(Debug, ToSchema)]
#[schema(as = OutboundMessageRequest, rename_all = "camelCase", example = json!({
    "to": { "phoneNumber": "+15550001001" },
    "content": { "type": "text", "text": "Your table is ready." },
    "options": { "priority": "high", "expireAt": "2026-11-20T12:00:00Z" },
}))]
pub struct SendBody {
    /// Who receives: an object, or just the address (`"to": "+15550001001"`). Needed unless
    /// `conversationId` is given.
    pub to: Option<SendTo>,
    /// Who sends, if it matters: an object, or just one of our numbers or sender ids.
    pub from: Option<SendFrom>,
    /// What to say.
    pub content: Option<SendContent>,
    /// Short for `content` with words only.
    pub text: Option<String>,
    /// When and how.
    pub options: Option<SendOptions>,
    /// The account, where a tenant has several.
    pub account_id: Option<String>,
    /// The conversation to go on with, instead of `to`.
    pub conversation_id: Option<String>,
    /// The message it answers.
    pub in_reply_to: Option<String>,
}

/// Who receives.
#[derive(Debug, ToSchema)]
#[serde(untagged)]
#[schema(as = To)]
pub enum SendTo {
    /// Just the address: `+15550001001`, `whatsapp:+44…`, `rosa@example.com`.
    Address(String),
    /// The address and how to reach it.
    Recipient(SendRecipient),
}

/// An address and how to reach it.
#[derive(Debug, ToSchema)]
#[schema(as = Recipient, rename_all = "camelCase")]
pub struct SendRecipient {
    /// A phone number, best as `+<country><number>`.
    pub phone_number: Option<String>,
    /// Any other address, with its prefix: `whatsapp:+44…`, `lc:…`, `bsuid:…`.
    pub address: Option<String>,
    /// An e-mail address.
    pub email: Option<String>,
    /// The channel, where the address allows several.
    #[schema(schema_with = words::channel)]
    pub channel: Option<String>,
    /// The carrier you would like.
    pub preferred_carrier: Option<String>,
}

/// Who sends.
#[derive(Debug, ToSchema)]
#[serde(untagged)]
#[schema(as = From)]
pub enum SendFrom {
    /// One of our numbers or sender ids.
    Address(String),
    /// The same, saying which it is.
    Sender(SendSender),
}

/// One of our addresses.
#[derive(Debug, ToSchema)]
#[schema(as = SenderChoice, rename_all = "camelCase")]
pub struct SendSender {
    /// One of our numbers.
    pub phone_number: Option<String>,
    /// One of our sender ids.
    pub sender_id: Option<String>,
}

/// What to say: the fields of one type.
#[derive(Debug, ToSchema)]
#[schema(as = OutboundContent, rename_all = "camelCase", example = json!({ "type": "text", "text": "Your table is ready." }))]
pub struct SendContent {
    /// `text`, `media`, `template`, `interactive`, `location`, `reaction`, `contacts`,
    /// `location_request`, `flow`, `products`, `email` or `custom`.
    #[schema(rename = "type")]
    pub kind: String,
    /// The words (text, interactive, `location_request`, flow, products, email), or the caption
    /// (media).
    pub text: Option<String>,
    /// One medium by address (media).
    pub media_url: Option<String>,
    /// Its media type.
    pub media_type: Option<String>,
    /// Its file name.
    pub filename: Option<String>,
    /// Several media by address (media).
    pub media_urls: Option<Vec<String>>,
    /// Several media as `{url | id, mime, filename, size, voice}` (media).
    #[schema(value_type = Option<Vec<Object>>)]
    pub media: Option<Vec<Value>>,
    /// The approved template (template).
    pub template_id: Option<String>,
    /// Its values by name or position (template).
    pub template_params: Option<BTreeMap<String, String>>,
    /// Its language, like `en_GB` (template).
    pub language: Option<String>,
    /// What its header shows, as `{text}`, `{media: {url | id, …}}` or
    /// `{location: {latitude, longitude, …}}` (template).
    #[schema(value_type = Option<Object>)]
    pub template_header: Option<Value>,
    /// What its buttons carry, as `{type, index, …}`: `quick_reply` with `payload`, `url` with
    /// `text`, `copy_code` with `code`, `flow` with `token` and `data` (template).
    #[schema(value_type = Option<Vec<Object>>)]
    pub template_buttons: Option<Vec<Value>>,
    /// Short text above (interactive, flow, products).
    pub header: Option<String>,
    /// A medium above, instead of text (interactive).
    #[schema(value_type = Option<Object>)]
    pub header_media: Option<Value>,
    /// Small text below (interactive, flow, products).
    pub footer: Option<String>,
    /// The choices as `{id, title, description, url, section}` (interactive).
    #[schema(value_type = Option<Vec<Object>>)]
    pub buttons: Option<Vec<Value>>,
    /// The label that opens a list (interactive).
    pub list_label: Option<String>,
    /// Degrees north (location).
    pub latitude: Option<f64>,
    /// Degrees east (location).
    pub longitude: Option<f64>,
    /// What is there (location).
    pub name: Option<String>,
    /// Its postal address (location).
    pub address: Option<String>,
    /// The carrier's id of the message reacted to (reaction).
    pub target: Option<String>,
    /// The emoji; empty takes it back (reaction).
    pub emoji: Option<String>,
    /// Contact cards in the carrier's own shape (contacts).
    #[schema(value_type = Option<Vec<Object>>)]
    pub contacts: Option<Vec<Value>>,
    /// The carrier's id of the form (flow).
    pub flow_id: Option<String>,
    /// Its name, instead of the id (flow).
    pub flow_name: Option<String>,
    /// The label of the button that opens it (flow).
    pub label: Option<String>,
    /// Comes back with the answers (flow).
    pub token: Option<String>,
    /// `navigate` to `screen`, or `data_exchange` with the form's own endpoint (flow).
    pub action: Option<String>,
    /// Its first screen (flow).
    pub screen: Option<String>,
    /// What that screen is given (flow).
    #[schema(value_type = Option<Object>)]
    pub data: Option<Value>,
    /// Send the unpublished draft, to try it out (flow).
    pub draft: Option<bool>,
    /// The carrier's id of the catalogue (products).
    pub catalog_id: Option<String>,
    /// Which products, as `{title, products: […]}`; none for the whole catalogue (products).
    #[schema(value_type = Option<Vec<Object>>)]
    pub sections: Option<Vec<Value>>,
    /// The product whose picture stands for the catalogue (products).
    pub thumbnail: Option<String>,
    /// The subject (email).
    pub subject: Option<String>,
    /// The words as HTML (email).
    pub html: Option<String>,
    /// Files as `{url, mime, filename}`: a `data:` URL travels in the mail (email).
    #[schema(value_type = Option<Vec<Object>>)]
    pub attachments: Option<Vec<Value>>,
    /// Who gets a copy (email).
    pub cc: Option<Vec<String>>,
    /// Who gets a copy that nobody sees (email).
    pub bcc: Option<Vec<String>>,
    /// Whose shape `object` has (custom).
    pub carrier: Option<String>,
    /// Content in that carrier's own shape, for what has no word here (custom).
    #[schema(value_type = Option<Object>)]
    pub object: Option<Value>,
    /// It is a template that the carrier approved, so it needs no open window (custom).
    pub template: Option<bool>,
}

/// When and how to send.
#[derive(Debug, ToSchema)]
#[schema(as = SendOptions, rename_all = "camelCase")]
pub struct SendOptions {
    /// How urgent; `normal` if left out.
    #[schema(schema_with = words::priority)]
    pub priority: Option<String>,
    /// What it is for: who refused marketing still gets the rest.
    #[schema(schema_with = words::purpose)]
    pub purpose: Option<String>,
    /// Not before.
    pub scheduled_at: Option<When>,
    /// Not after.
    pub expire_at: Option<When>,
    /// Where to report status changes.
    pub callback_url: Option<String>,
}

/// A message was accepted: it is durable, and will be sent.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = OutboundMessageResponse, example = json!({
    "messageId": "msg_01K5D00000000000000000M5G0", "status": "queued", "carrier": "twilio",
    "timestamp": "2026-11-20T10:00:00Z", "conversationId": "conv_01K5D0000000000000000C0NV0",
}))]
pub struct AcceptedView {
    /// Its id.
    pub message_id: String,
    /// `queued` or `scheduled`.
    #[schema(schema_with = words::status)]
    pub status: &'static str,
    /// The carrier that will be tried first.
    pub carrier: String,
    /// The carrier's id; not known yet when a message is accepted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub carrier_message_id: Option<String>,
    /// When it was accepted.
    pub timestamp: When,
    /// When it is to leave, if it was scheduled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub estimated_delivery_time: Option<When>,
    /// The conversation it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conversation_id: Option<String>,
}

impl From<SendResponse> for AcceptedView {
    fn from(response: SendResponse) -> Self {
        Self {
            message_id: response.message_id.to_string(),
            status: response.status.as_str(),
            carrier: response.carrier,
            carrier_message_id: response.carrier_message_id,
            timestamp: response.timestamp.into(),
            estimated_delivery_time: response.estimated_delivery_time.map(When),
            conversation_id: response.conversation_id.map(|id| id.to_string()),
        }
    }
}
