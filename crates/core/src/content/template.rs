//! Templates: what a carrier approved, and what we fill in.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::OutboundMedia;
use crate::event::Location;

/// A template and its values.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Template {
    /// Its name (WhatsApp) or id (Twilio `HX…`, SendGrid `d-…`).
    #[serde(rename = "templateId")]
    pub template_id: String,
    /// Language code, like `en_GB`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// Values of its body by parameter name or position (`"1"`, `"2"`).
    #[serde(default, rename = "templateParams", skip_serializing_if = "BTreeMap::is_empty")]
    pub params: BTreeMap<String, String>,
    /// What its header shows, where that varies.
    #[serde(default, rename = "templateHeader", skip_serializing_if = "Option::is_none")]
    pub header: Option<TemplateHeader>,
    /// What its buttons carry, where that varies.
    #[serde(default, rename = "templateButtons", skip_serializing_if = "Vec::is_empty")]
    pub buttons: Vec<TemplateButton>,
}

/// The variable part of a template's header.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TemplateHeader {
    /// The value of its one variable.
    Text(String),
    /// Its picture, film or document.
    Media(Box<OutboundMedia>),
    /// Its place.
    Location(Location),
}

/// The variable part of one button of a template.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TemplateButton {
    /// Which button, from 0, in the order of the template.
    pub index: u8,
    /// What it carries.
    #[serde(flatten)]
    pub kind: TemplateButtonKind,
}

/// What a button of a template carries.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum TemplateButtonKind {
    /// A quick reply.
    QuickReply {
        /// What comes back when it is pressed.
        payload: String,
    },
    /// A link with a variable ending.
    Url {
        /// The ending.
        text: String,
    },
    /// A code to be copied.
    CopyCode {
        /// The code.
        code: String,
    },
    /// A form.
    Flow {
        /// Comes back with the answers.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        token: Option<String>,
        /// What its first screen is given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        data: Option<Value>,
    },
}
