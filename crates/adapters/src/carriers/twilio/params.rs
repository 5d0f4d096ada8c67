//! The parameters of a callback, decoded.

use omni_core::webhook::{Malformed, WebhookRequest};
use serde_json::Value;

use super::NAME;
use crate::shared::{form, json};

/// Twilio sends some thirty parameters; far more is an attack on our memory.
const MAX_PARAMETERS: usize = 1_000;

/// What must not have two different values: which of them is meant is anybody's guess.
const UNIQUE: &[&str] = &[
    "MessageSid",
    "SmsMessageSid",
    "SmsSid",
    "AccountSid",
    "MessagingServiceSid",
    "MessageStatus",
    "SmsStatus",
    "From",
    "To",
    "Body",
];

/// Whether Twilio calls this with a form (`GET` has its parameters in the query).
pub(super) fn is_form(request: &WebhookRequest) -> bool {
    request.media_type() == "application/x-www-form-urlencoded"
}

/// Decodes a form; `None` if it has too many parameters.
pub(super) fn decode(raw: &[u8]) -> Option<Vec<(String, String)>> {
    let separators = raw.iter().filter(|b| **b == b'&').count();
    (separators < MAX_PARAMETERS).then(|| form::decode(raw))
}

/// The routing key of one of our senders, as Twilio writes both.
pub(super) fn tenant_key(account: &str, sender: &str) -> String {
    format!("{NAME}:{account}:{sender}")
}

/// A callback's parameters; empty ones count as absent.
pub(super) struct Params {
    pairs: Vec<(String, String)>,
    /// What WhatsApp said about the message (`ChannelMetadata`), should a parameter of its
    /// own be missing.
    context: Value,
}

impl Params {
    /// Reads the form, or the query of a `GET`.
    pub(super) fn of(request: &WebhookRequest) -> Result<Self, Malformed> {
        let raw: &[u8] = match request.method.as_str() {
            "GET" => request.query().as_bytes(),
            _ if is_form(request) => &request.body,
            _ => return Err(Malformed("not_a_form")),
        };
        let pairs = decode(raw).ok_or(Malformed("too_many_parameters"))?;
        for name in UNIQUE {
            let mut values = pairs.iter().filter(|(n, _)| n == name).map(|(_, value)| value);
            if let Some(first) = values.next()
                && values.any(|value| value != first)
            {
                return Err(Malformed("parameter_repeated"));
            }
        }
        let mut params = Self { pairs, context: Value::Null };
        if let Some(metadata) =
            params.get("ChannelMetadata").and_then(|text| json::parse(text.as_bytes()).ok())
        {
            params.context = metadata["data"]["context"].clone();
        }
        Ok(params)
    }

    /// A parameter that is not empty.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let (_, value) = self.pairs.iter().find(|(n, _)| n == name)?;
        Some(value.as_str()).filter(|value| !value.is_empty())
    }

    /// A parameter that is not empty, as a fact to store.
    pub(super) fn owned(&self, name: &str) -> Option<String> {
        self.get(name).map(str::to_owned)
    }

    /// A parameter, or the entry of the same name that WhatsApp's metadata holds.
    pub(super) fn get_or_context(&self, name: &str) -> Option<&str> {
        self.get(name).or_else(|| json::text(&self.context[name]))
    }

    /// A parameter that holds an address. An unescaped `+` arrives as a blank, so a leading
    /// blank before digits is one.
    pub(super) fn address(&self, name: &str) -> Option<String> {
        let value = self.get(name)?;
        let (prefix, rest) =
            value.split_once(':').map_or(("", value), |(_, rest)| (&value[..value.len() - rest.len()], rest));
        let digits = rest.trim();
        let lost_plus =
            rest.starts_with(' ') && !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
        Some(if lost_plus { format!("{prefix}+{digits}") } else { value.trim().to_owned() })
    }

    /// The message's id: `MessageSid`, or one of its older names.
    pub(super) fn message_sid(&self) -> Option<String> {
        const MAX_SID: usize = 512;
        let sid = ["MessageSid", "SmsMessageSid", "SmsSid"].iter().find_map(|name| self.get(name))?;
        (sid.len() <= MAX_SID).then(|| sid.to_owned())
    }
}
