//! The fields of an Inbound Parse form, each in its own charset.

use std::collections::HashMap;

use encoding_rs::{Encoding, UTF_8};
use serde_json::{Map, Value, json};

use crate::shared::loose::{self, Object};
use crate::shared::multipart::Part;
use crate::shared::text;

/// Longest JSON in a field: a thousand recipients or attachments need half of it.
const LONGEST_JSON: usize = 1 << 20;

/// The form.
pub(super) struct Form<'a> {
    parts: Vec<Part<'a>>,
    charsets: Object,
}

impl<'a> Form<'a> {
    pub(super) fn new(parts: Vec<Part<'a>>) -> Self {
        let mut form = Self { parts, charsets: Object::new() };
        form.charsets = form.json("charsets");
        form
    }

    /// The bytes of a field; the first if it is repeated.
    pub(super) fn bytes(&self, name: &str) -> Option<&'a [u8]> {
        self.parts.iter().find(|part| part.name == name).map(|part| part.data)
    }

    /// A field as text, in the charset that `charsets` names for it (by WHATWG's labels),
    /// else UTF-8; what cannot be read is replaced.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        let label = loose::word(&self.charsets, name).unwrap_or_default();
        let encoding = Encoding::for_label(label.as_bytes()).unwrap_or(UTF_8);
        Some(encoding.decode(self.bytes(name)?).0.into_owned())
    }

    /// A field as one line without blanks around; `None` if nothing is left.
    pub(super) fn word(&self, name: &str) -> Option<String> {
        self.text(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
    }

    /// A field that holds a JSON object; empty if it does not, or is far longer than any.
    pub(super) fn json(&self, name: &str) -> Object {
        let bytes = self.bytes(name).filter(|bytes| bytes.len() <= LONGEST_JSON);
        bytes.and_then(|bytes| serde_json::from_slice(bytes).ok()).unwrap_or_default()
    }

    /// The attachments that are there, whatever number the form claims.
    pub(super) fn attachments(&self) -> Vec<Attachment> {
        let infos = self.json("attachment-info");
        let content_ids = self.json("content-ids");
        let by_field: HashMap<&str, &String> =
            content_ids.iter().filter_map(|(id, field)| Some((field.as_str()?, id))).collect();
        let files = self.parts.iter().filter(|part| is_attachment(&part.name));
        files.map(|part| Attachment::read(part, &infos, by_field.get(part.name.as_str()).copied())).collect()
    }
}

fn is_attachment(name: &str) -> bool {
    name.strip_prefix("attachment")
        .is_some_and(|n| (1..=6).contains(&n.len()) && n.bytes().all(|b| b.is_ascii_digit()))
}

/// What is known of an attachment. The bytes stay in the request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Attachment {
    /// Where its bytes are: the form's field, or `email#2` for a part of a MIME message.
    pub(super) field: String,
    /// A name without a path; never trusted.
    pub(super) filename: String,
    pub(super) mime: String,
    pub(super) bytes: usize,
    pub(super) content_id: Option<String>,
}

impl Attachment {
    fn read(part: &Part<'_>, infos: &Object, listed_id: Option<&String>) -> Self {
        let none = Object::new();
        let info = loose::object(infos, &part.name).unwrap_or(&none);
        let filename = loose::word(info, "filename")
            .or_else(|| loose::word(info, "name"))
            .or_else(|| part.filename.clone())
            .and_then(|name| text::base_name(&name));
        Self {
            field: part.name.clone(),
            filename: filename.unwrap_or_else(|| part.name.clone()),
            mime: loose::word(info, "type")
                .map(|mime| mime.to_ascii_lowercase())
                .or_else(|| part.media_type.clone())
                .unwrap_or_else(|| "application/octet-stream".into()),
            bytes: part.data.len(),
            content_id: loose::word(info, "content-id").or_else(|| listed_id.cloned()),
        }
    }

    /// As in events.
    pub(super) fn to_json(&self) -> Value {
        let mut object = Map::new();
        object.insert("field".into(), json!(self.field));
        object.insert("filename".into(), json!(self.filename));
        object.insert("mime".into(), json!(self.mime));
        object.insert("bytes".into(), json!(self.bytes));
        object.insert("inline".into(), json!(self.content_id.is_some()));
        if let Some(id) = &self.content_id {
            object.insert("content_id".into(), json!(id));
        }
        Value::Object(object)
    }
}
