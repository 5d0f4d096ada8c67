//! What a message of ours says.

mod media;
mod rich;
mod template;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use media::OutboundMedia;
pub use rich::{Button, Custom, Email, Flow, FlowAction, Interactive, ProductSection, Products};
pub use template::{Template, TemplateButton, TemplateButtonKind, TemplateHeader};

use crate::event::{Location, MessageType};

/// The content of an outbound message, before any carrier shapes it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum OutboundContent {
    /// Words.
    Text {
        /// The words.
        text: String,
    },
    /// One or several media, with or without words.
    Media {
        /// What to send; never empty.
        media: Vec<OutboundMedia>,
        /// The caption, or the words of an MMS.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        text: Option<String>,
    },
    /// A template that the carrier approved.
    Template(Template),
    /// Words with buttons or a list.
    Interactive(Interactive),
    /// A place.
    Location {
        /// The place.
        location: Location,
    },
    /// An emoji on an earlier message.
    Reaction {
        /// The carrier's id of that message.
        target: String,
        /// The emoji; empty takes it back.
        emoji: String,
    },
    /// Contact cards, in the carrier's own shape.
    Contacts {
        /// The cards.
        contacts: Value,
    },
    /// Asks the person where they are.
    LocationRequest {
        /// The words of the question.
        text: String,
    },
    /// A form that the person fills in without leaving the conversation.
    Flow(Box<Flow>),
    /// Products of a catalogue that the carrier knows.
    Products(Products),
    /// A mail with a subject of its own.
    Email(Box<Email>),
    /// What has no word of ours, in one carrier's own shape.
    Custom(Custom),
}

impl OutboundContent {
    /// The kind, as stored and selected on.
    pub const fn message_type(&self) -> MessageType {
        match self {
            Self::Text { .. } => MessageType::Text,
            Self::Media { .. } => MessageType::Media,
            Self::Template(_) => MessageType::Template,
            Self::Interactive(_) => MessageType::Interactive,
            Self::Location { .. } => MessageType::Location,
            Self::Reaction { .. } => MessageType::Reaction,
            Self::Contacts { .. } => MessageType::Contacts,
            Self::LocationRequest { .. } => MessageType::LocationRequest,
            Self::Flow(_) => MessageType::Flow,
            Self::Products(_) => MessageType::Products,
            Self::Email(_) => MessageType::Email,
            Self::Custom(_) => MessageType::Custom,
        }
    }

    /// The words in it, if there are any.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text { text } | Self::LocationRequest { text } => Some(text),
            Self::Interactive(interactive) => Some(&interactive.text),
            Self::Flow(flow) => Some(&flow.text),
            Self::Media { text, .. } => text.as_deref(),
            Self::Products(products) => products.text.as_deref(),
            Self::Email(email) => email.text.as_deref(),
            Self::Template(_)
            | Self::Location { .. }
            | Self::Reaction { .. }
            | Self::Contacts { .. }
            | Self::Custom(_) => None,
        }
    }

    /// The media in it, wherever they stand.
    pub fn media(&self) -> impl Iterator<Item = &OutboundMedia> {
        let (several, one): (&[OutboundMedia], Option<&OutboundMedia>) = match self {
            Self::Media { media, .. } => (media, None),
            Self::Email(email) => (&email.attachments, None),
            Self::Interactive(interactive) => (&[], interactive.header_media.as_deref()),
            Self::Template(Template { header: Some(TemplateHeader::Media(media)), .. }) => (&[], Some(media)),
            _ => (&[], None),
        };
        several.iter().chain(one)
    }

    /// Whether it may leave outside a 24-hour service window.
    pub const fn is_template(&self) -> bool {
        matches!(self, Self::Template(_) | Self::Custom(Custom { template: true, .. }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_approved_needs_no_open_window() {
        let custom = |template| OutboundContent::Custom(Custom { template, ..Custom::default() });
        let cases = [
            (OutboundContent::Template(Template::default()), true),
            (custom(true), true),
            (custom(false), false),
            (OutboundContent::Text { text: "hi".into() }, false),
        ];
        for (content, expect) in cases {
            assert_eq!(content.is_template(), expect, "{content:?}");
        }
    }
}
