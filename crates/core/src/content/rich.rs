//! Content with a shape of its own: choices, forms, products, mails.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::OutboundMedia;
use crate::address::Address;

/// Words with buttons or a list.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Interactive {
    /// The words.
    pub text: String,
    /// Short text above.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header: Option<String>,
    /// A medium above, instead of text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header_media: Option<Box<OutboundMedia>>,
    /// Small text below.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub footer: Option<String>,
    /// The choices; never empty.
    pub buttons: Vec<Button>,
    /// The label that opens a list; with it, or with more buttons than a carrier shows, the
    /// choices become a list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub list_label: Option<String>,
}

/// One button or list entry.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Button {
    /// What comes back when it is pressed.
    pub id: String,
    /// What the person sees.
    pub title: String,
    /// More words (lists).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Opens this address instead of answering.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The title of the section it stands in (lists); neighbours with the same one form it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub section: Option<String>,
}

/// A form of the carrier's (WhatsApp calls it a flow).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Flow {
    /// The words that invite.
    pub text: String,
    /// Short text above.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header: Option<String>,
    /// Small text below.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub footer: Option<String>,
    /// The carrier's id of the form; this or the name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flow_id: Option<String>,
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flow_name: Option<String>,
    /// The label of the button that opens it.
    pub label: String,
    /// Comes back with the answers; our own choice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// Where its first screen comes from.
    #[serde(default)]
    pub action: FlowAction,
    /// Its first screen (for [`FlowAction::Navigate`]).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub screen: Option<String>,
    /// What that screen is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<Value>,
    /// Whether the unpublished draft is sent, to try it out.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub draft: bool,
}

/// Where a form's first screen comes from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FlowAction {
    /// The message names it.
    #[default]
    Navigate,
    /// The form's own endpoint is asked.
    DataExchange,
}

/// Products of a catalogue that the carrier knows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Products {
    /// The words; only a single product can do without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Short text above.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header: Option<String>,
    /// Small text below.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub footer: Option<String>,
    /// The carrier's id of the catalogue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub catalog_id: Option<String>,
    /// Which products; empty for the whole catalogue.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sections: Vec<ProductSection>,
    /// The product whose picture stands for the whole catalogue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thumbnail: Option<String>,
}

/// Products under one title.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProductSection {
    /// The title; needed where there are several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Our ids of the products, as in the catalogue.
    pub products: Vec<String>,
}

/// A mail with a subject of its own.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Email {
    /// The subject; without one the connection's own is taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// The words. With HTML alone they are taken from there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The same as HTML.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub html: Option<String>,
    /// Files: a `data:` URL travels in the mail, any other is a link.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<OutboundMedia>,
    /// Who gets a copy.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cc: Vec<Address>,
    /// Who gets a copy that nobody sees.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bcc: Vec<Address>,
}

/// Content in one carrier's own shape. The carrier's adapter adds the recipient, the sender
/// and our reference itself; the object can override none of them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Custom {
    /// The carrier's name, as in the configuration; only its connections take it.
    pub carrier: String,
    /// What it wants to read.
    pub object: Map<String, Value>,
    /// The client's word that this is a template which the carrier approved, so that it may
    /// leave outside a service window.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub template: bool,
}
