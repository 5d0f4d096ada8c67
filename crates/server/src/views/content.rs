//! What a message says.

use omni_core::address::Address;
use omni_core::content::{OutboundContent, Template, TemplateHeader};
use omni_core::event::{InboundMessage, Location, MediaRef, Reaction};
use omni_core::message::Content;
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

/// What a message says: as a carrier delivered it, or as we were asked to send it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
#[schema(as = Content)]
pub enum ContentView {
    /// As the carrier delivered it, in our words.
    Inbound(Box<InboundContentView>),
    /// As in the request that sent it.
    #[schema(value_type = super::send::SendContent)]
    Outbound(Value),
}

impl From<&Content> for ContentView {
    fn from(content: &Content) -> Self {
        match content {
            Content::Inbound(message) => Self::Inbound(Box::new((&**message).into())),
            Content::Outbound(content) => Self::Outbound(as_requested(content)),
        }
    }
}

/// The content of a request that would send the same.
fn as_requested(content: &OutboundContent) -> Value {
    if let OutboundContent::Location { location } = content {
        let mut value = place(location);
        value["type"] = json!("location");
        return value;
    }
    let mut value = serde_json::to_value(content).unwrap_or_default();
    if let OutboundContent::Template(Template { header: Some(TemplateHeader::Location(location)), .. }) =
        content
    {
        value["templateHeader"] = json!({ "location": place(location) });
    }
    value
}

fn place(location: &Location) -> Value {
    let mut value = json!({ "latitude": location.lat, "longitude": location.lon });
    for (name, text) in [("name", &location.name), ("address", &location.address)] {
        if let Some(text) = text {
            value[name] = json!(text);
        }
    }
    value
}

/// A message as a carrier delivered it, in our words.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = InboundContent, example = json!({ "type": "text", "text": "Where is my booking 4711?", "fromName": "Rosa" }))]
pub struct InboundContentView {
    /// What kind of thing it is: `text`, `image`, `location`, `button_reply`, …
    #[serde(rename = "type")]
    #[schema(value_type = String)]
    pub kind: omni_core::event::MessageType,
    /// Its words: text, caption, button title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The subject (e-mail, MMS).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// The name the person shows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from_name: Option<String>,
    /// The user name the person shows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from_username: Option<String>,
    /// Other addresses of the same person, named in the same request.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<String>)]
    pub alt_addresses: Vec<Address>,
    /// All our addresses it went to (e-mail).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<String>)]
    pub to_addresses: Vec<Address>,
    /// Media at the carrier, by reference.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub media: Vec<MediaView>,
    /// `{latitude, longitude, name, address}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub location: Option<Value>,
    /// Contact cards, as the carrier gave them.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub contacts: Option<Value>,
    /// The id behind a pressed button or picked entry.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reply_id: Option<String>,
    /// The carrier's id of the message this one answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<String>,
    /// An emoji on another message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reaction: Option<ReactionView>,
    /// A cart, as the carrier gave it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub order: Option<Value>,
    /// The advertisement that led here.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub referral: Option<Value>,
    /// The answers of a form.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub form: Option<Value>,
    /// `once` or `many`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub forwarded: Option<String>,
    /// The carrier's group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group_id: Option<String>,
    /// The consent keyword that the whole text is: `stop`, `start` or `help`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub consent: Option<omni_core::consent::Keyword>,
    /// Billing segments, as the carrier counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub segments: Option<u32>,
    /// The carrier's word for a kind that we do not know.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unsupported_type: Option<String>,
    /// The text was over our limit and cut.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub truncated: bool,
    /// Everything rare, in the carrier's words.
    #[serde(skip_serializing_if = "Map::is_empty")]
    #[schema(value_type = Object)]
    pub attributes: Map<String, Value>,
}

impl From<&InboundMessage> for InboundContentView {
    fn from(message: &InboundMessage) -> Self {
        let read = message.clone();
        let location = read.location.map(|place| {
            json!({ "latitude": place.lat, "longitude": place.lon, "name": place.name, "address": place.address })
        });
        Self {
            kind: read.message_type,
            text: read.text,
            subject: read.subject,
            from_name: read.from_name,
            from_username: read.from_username,
            alt_addresses: read.alt_addresses,
            to_addresses: read.to_addresses,
            media: read.media.into_iter().map(MediaView::from).collect(),
            location,
            contacts: read.contacts,
            reply_id: read.reply_id,
            reply_to: read.reply_to,
            reaction: read.reaction.map(ReactionView::from),
            order: read.order,
            referral: read.referral,
            form: read.form,
            forwarded: read.forwarded,
            group_id: read.group_id,
            consent: read.consent,
            segments: read.segments,
            unsupported_type: read.unsupported_type,
            truncated: read.truncated,
            attributes: read.attributes,
        }
    }
}

/// A medium at a carrier.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Media)]
pub struct MediaView {
    /// Where it lies; most carriers want their credentials for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The carrier's media id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The media type the carrier claims.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mime: Option<String>,
    /// `image`, `video`, `audio`, `voice`, `document` or `sticker`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// The file name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filename: Option<String>,
    /// Bytes, as the carrier claims.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// The address is not one that we may fetch from.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub blocked: bool,
}

impl From<MediaRef> for MediaView {
    fn from(media: MediaRef) -> Self {
        let MediaRef { url, id, mime, kind, filename, size, blocked, attributes: _ } = media;
        Self { url, id, mime, kind, filename, size, blocked }
    }
}

/// An emoji on another message.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Reaction)]
pub struct ReactionView {
    /// The carrier's id of the message reacted to.
    pub target: String,
    /// The emoji.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub emoji: Option<String>,
    /// Whether it was taken back.
    pub removed: bool,
}

impl From<Reaction> for ReactionView {
    fn from(Reaction { target, emoji, removed }: Reaction) -> Self {
        Self { target, emoji, removed }
    }
}
