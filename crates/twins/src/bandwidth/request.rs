//! What a send request must look like: Bandwidth's rules for the fields of a message.

use omni_core::time::Timestamp;
use serde_json::{Map, Value};
use url::Url;

use super::errors::{ApiError, FieldError};
use super::{APPLICATION, NUMBER, rich};

/// Longest text, tag and media address, in characters; most recipients.
const MAX_TEXT: usize = 2_048;
const MAX_TAG: usize = 1_024;
const MAX_MEDIA_URL: usize = 4_096;
const MAX_RECIPIENTS: usize = 10;

/// What carries a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Channel {
    Sms,
    Mms,
    Rbm,
}

/// A valid request.
#[derive(Debug, PartialEq)]
pub(super) struct Submission {
    pub(super) to: Vec<String>,
    pub(super) from: String,
    pub(super) channel: Channel,
    pub(super) text: String,
    pub(super) media: Vec<String>,
    pub(super) tag: Option<String>,
    pub(super) priority: Option<String>,
    pub(super) expiration: Option<String>,
    /// The content of an RCS message.
    pub(super) rich: Option<Value>,
}

/// The members of a request, and what is wrong with them.
pub(super) struct Fields<'a> {
    body: &'a Map<String, Value>,
    pub(super) errors: Vec<FieldError>,
}

impl<'a> Fields<'a> {
    pub(super) fn of(body: &'a Map<String, Value>) -> Self {
        Self { body, errors: Vec::new() }
    }

    pub(super) fn wrong(&mut self, field: impl Into<String>, description: impl Into<String>) {
        self.errors.push(FieldError { field_name: field.into(), description: description.into() });
    }

    /// A text of at most `most` characters, if there is one.
    pub(super) fn text(&mut self, name: &str, most: usize) -> Option<&'a str> {
        let value = self.body.get(name).filter(|value| !value.is_null())?;
        let Some(text) = value.as_str() else {
            self.wrong(name, format!("'{name}' must be a string"));
            return None;
        };
        if text.chars().count() > most {
            self.wrong(name, format!("'{name}' must be {most} characters or less"));
        }
        Some(text)
    }

    /// A list of texts; a bare text counts as a list of one.
    fn texts(&mut self, name: &str) -> Vec<&'a str> {
        match self.body.get(name) {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::String(text)) => vec![text],
            Some(Value::Array(values)) if values.iter().all(Value::is_string) => {
                values.iter().filter_map(Value::as_str).collect()
            }
            Some(_) => {
                self.wrong(name, format!("'{name}' must be an array of strings"));
                Vec::new()
            }
        }
    }

    /// What both kinds of request share: tag, priority, expiration.
    pub(super) fn manners(&mut self, now: Timestamp) -> [Option<String>; 3] {
        let tag = self.text("tag", MAX_TAG);
        let priority = self.text("priority", 20);
        if priority.is_some_and(|priority| !matches!(priority, "default" | "high")) {
            self.wrong("priority", "'priority' must be one of default, high");
        }
        let expiration = self.text("expiration", 64);
        if let Some(at) = expiration {
            match Timestamp::parse(at) {
                Ok(at) if at > now => {}
                Ok(_) => self.wrong("expiration", "'expiration' must be in the future"),
                Err(_) => self.wrong("expiration", "'expiration' must be a valid RFC-3339 value"),
            }
        }
        [tag, priority, expiration].map(|text| text.map(str::to_owned))
    }

    pub(super) fn application(&mut self) {
        match self.text("applicationId", 64) {
            None => self.wrong("applicationId", "'applicationId' is required"),
            Some(APPLICATION) => {}
            Some(_) => self.wrong("applicationId", "The application does not exist on this account"),
        }
    }

    fn recipients(&mut self) -> Vec<String> {
        let named = self.texts("to");
        if named.is_empty() && !self.errors.iter().any(|error| error.field_name == "to") {
            self.wrong("to", "'to' is required");
        }
        if named.len() > MAX_RECIPIENTS {
            self.wrong("to", "'to' must have 10 numbers or less");
        }
        let mut to: Vec<String> = Vec::new();
        for (place, number) in named.iter().enumerate() {
            if !is_e164(number) {
                self.wrong(format!("to[{place}]"), not_a_number(number));
            } else if !to.iter().any(|known| known == number) {
                to.push((*number).to_owned());
            }
        }
        to
    }

    fn media(&mut self) -> Vec<String> {
        let urls = self.texts("media");
        for (place, url) in urls.iter().enumerate() {
            if url.len() > MAX_MEDIA_URL || !is_web(url) {
                self.wrong(format!("media[{place}]"), "'media' must be a URL of 4096 characters or less");
            }
        }
        urls.into_iter().map(str::to_owned).collect()
    }
}

impl Submission {
    /// A request to `/messages`.
    pub(super) fn read(body: &Map<String, Value>, now: Timestamp) -> Result<Self, ApiError> {
        let mut fields = Fields::of(body);
        fields.application();
        let from = fields.text("from", 32).unwrap_or_default();
        if from.is_empty() {
            fields.wrong("from", "'from' is required");
        } else if !is_e164(from) && !is_short_code(from) && !is_alphanumeric(from) {
            fields.wrong("from", not_a_number(from));
        }
        let to = fields.recipients();
        if to.iter().any(|number| number == from) {
            fields.wrong("to", "'to' must not be the sender");
        }
        let text = fields.text("text", MAX_TEXT).unwrap_or_default();
        let media = fields.media();
        if text.is_empty() && media.is_empty() && fields.errors.is_empty() {
            fields.wrong("text", "Either 'text' or 'media' is required");
        }
        let [tag, priority, expiration] = fields.manners(now);
        if !fields.errors.is_empty() {
            return Err(ApiError::invalid(fields.errors));
        }
        if from != NUMBER {
            return Err(ApiError::forbidden("The 'from' number is not assigned to this account"));
        }
        let channel = if media.is_empty() && to.len() == 1 { Channel::Sms } else { Channel::Mms };
        let (from, text) = (from.to_owned(), text.to_owned());
        Ok(Self { to, from, channel, text, media, tag, priority, expiration, rich: None })
    }

    /// A request to `/messages/multiChannel`.
    pub(super) fn read_multi(body: &Map<String, Value>, now: Timestamp) -> Result<Self, ApiError> {
        let mut fields = Fields::of(body);
        let to = fields.text("to", 32).unwrap_or_default();
        if !is_e164(to) {
            fields.wrong("to", not_a_number(to));
        }
        let first = rich::first_channel(&mut fields, body.get("channelList"));
        let [tag, priority, expiration] = fields.manners(now);
        let Some(first) = first.filter(|_| fields.errors.is_empty()) else {
            return Err(ApiError::invalid(fields.errors));
        };
        let rich::Choice { from, channel, text, media, content } = first;
        let to = vec![to.to_owned()];
        Ok(Self { to, from, channel, text, media, tag, priority, expiration, rich: Some(content) })
    }
}

fn not_a_number(text: &str) -> String {
    format!("'{text}' must be replaced with a valid E164 formatted telephone number")
}

pub(super) fn is_e164(text: &str) -> bool {
    let Some(digits) = text.strip_prefix('+') else { return false };
    (7..=15).contains(&digits.len())
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && !digits.starts_with('0')
}

fn is_short_code(text: &str) -> bool {
    (3..=8).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_alphanumeric(text: &str) -> bool {
    text.len() <= 11
        && text.bytes().any(|byte| byte.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b" -+_&".contains(&byte))
}

pub(super) fn is_web(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https"))
}

#[cfg(test)]
#[path = "request_tests.rs"]
mod tests;
