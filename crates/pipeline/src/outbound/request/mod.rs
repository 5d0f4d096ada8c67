//! Reads the seeds' `OutboundMessageRequest`: all mistakes at once, each with its pointer.

mod content;
mod reader;
mod rich;

use omni_core::address::Address;
use omni_core::content::OutboundContent;
use omni_core::event::Channel;
use omni_core::id::{AccountId, ConversationId, MessageId};
use omni_core::message::{Priority, Purpose};
use omni_core::problem::{self, FieldError, Problem};
use omni_core::time::Timestamp;
use serde_json::Value;

use reader::{Object, Reader};

/// A request that can be carried out.
#[derive(Debug, Clone, PartialEq)]
pub struct SendRequest {
    /// As written: normalised once the account's region is known.
    pub to: String,
    /// The channel, if the client says.
    pub channel: Option<Channel>,
    /// The carrier the client would like.
    pub preferred_carrier: Option<String>,
    /// The sender the client names.
    pub from: Option<Address>,
    /// The account, where a tenant has several.
    pub account: Option<AccountId>,
    /// The conversation to go on with, instead of `to`.
    pub conversation: Option<ConversationId>,
    /// The message it answers.
    pub in_reply_to: Option<MessageId>,
    /// What to say.
    pub content: OutboundContent,
    /// How urgent.
    pub priority: Priority,
    /// What it is for.
    pub purpose: Option<Purpose>,
    /// Not before.
    pub scheduled_at: Option<Timestamp>,
    /// Not after.
    pub expire_at: Option<Timestamp>,
    /// Where to report status changes.
    pub callback_url: Option<String>,
}

/// Reads a request body.
///
/// # Errors
/// [`problem::VALIDATION_FAILED`] with every mistake that it has.
pub fn read(body: &Value, now: Timestamp) -> Result<SendRequest, Problem> {
    let mut reader = Reader::default();
    let request = reader.request(body, now);
    match request {
        Some(request) if reader.errors.is_empty() => Ok(request),
        _ => Err(invalid(reader.errors)),
    }
}

/// The problem that lists those mistakes.
pub fn invalid(errors: Vec<FieldError>) -> Problem {
    let detail = match errors.as_slice() {
        [one] => one.detail.clone(),
        many => format!("{} mistakes; see `errors`.", many.len()),
    };
    Problem { code: problem::VALIDATION_FAILED, detail, errors }
}

impl Reader {
    fn request(&mut self, body: &Value, now: Timestamp) -> Option<SendRequest> {
        let body = self.object("", body)?;
        self.known(
            "",
            body,
            &["to", "from", "content", "text", "options", "accountId", "conversationId", "inReplyTo"],
        );
        let conversation = self.parsed("", body, "conversationId", "a `conv_…` id");
        let recipient = self.recipient(body, conversation.is_some());
        let from = self.sender(body);
        let content = self.content(body);
        let options = self.options(body, now);
        Some(SendRequest {
            to: recipient.address,
            channel: recipient.channel,
            preferred_carrier: recipient.preferred_carrier,
            from,
            account: self.parsed("", body, "accountId", "an account's name"),
            conversation,
            in_reply_to: self.parsed("", body, "inReplyTo", "a `msg_…` id"),
            content: content?,
            priority: options.priority,
            purpose: options.purpose,
            scheduled_at: options.scheduled_at,
            expire_at: options.expire_at,
            callback_url: options.callback_url,
        })
    }

    fn recipient(&mut self, body: &Object, in_conversation: bool) -> Recipient {
        let mut recipient = Recipient::default();
        match body.get("to") {
            None | Some(Value::Null) if in_conversation => {}
            None | Some(Value::Null) => {
                self.wrong(
                    "/to",
                    "required",
                    "`to` is missing: a phone number, an address, or an object with one.",
                );
            }
            Some(Value::String(text)) => recipient.address.clone_from(text),
            Some(value) => {
                if let Some(to) = self.object("/to", value) {
                    self.known(
                        "/to",
                        to,
                        &["phoneNumber", "address", "email", "channel", "preferredCarrier"],
                    );
                    recipient.address = ["phoneNumber", "address", "email"]
                        .iter()
                        .find_map(|name| self.text("/to", to, name))
                        .unwrap_or_default();
                    recipient.channel = self.parsed_channel(to);
                    recipient.preferred_carrier = self.text("/to", to, "preferredCarrier");
                    if recipient.address.is_empty() && !in_conversation {
                        let detail = "One of `phoneNumber`, `address` and `email` is needed.";
                        self.wrong("/to/phoneNumber", "required", detail);
                    }
                }
            }
        }
        recipient
    }

    fn parsed_channel(&mut self, to: &Object) -> Option<Channel> {
        self.parsed("/to", to, "channel", "a channel: sms, mms, whatsapp, rcs, chat or email")
    }

    fn sender(&mut self, body: &Object) -> Option<Address> {
        match body.get("from") {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) => Some(Address::from(text.as_str())),
            Some(value) => {
                let from = self.object("/from", value)?;
                self.known("/from", from, &["phoneNumber", "senderId"]);
                let number = self.text("/from", from, "phoneNumber");
                number.or_else(|| self.text("/from", from, "senderId")).map(Address::from)
            }
        }
    }

    fn purpose(&mut self, options: &Object) -> Option<Purpose> {
        let word = self.text("/options", options, "purpose")?;
        let purpose = Purpose::ALL.into_iter().find(|purpose| purpose.as_str() == word);
        if purpose.is_none() {
            let words = Purpose::ALL.map(Purpose::as_str).join(", ");
            self.wrong("/options/purpose", "invalid", format!("`purpose` is one of {words}."));
        }
        purpose
    }

    fn options(&mut self, body: &Object, now: Timestamp) -> Options {
        let mut options = Options::default();
        let Some(value) = body.get("options").filter(|value| !value.is_null()) else { return options };
        let Some(given) = self.object("/options", value) else { return options };
        let fields = ["priority", "purpose", "scheduledAt", "expireAt", "expiresAt", "callbackUrl"];
        self.known("/options", given, &fields);
        options.purpose = self.purpose(given);
        options.priority = match self.text("/options", given, "priority").as_deref() {
            None | Some("normal") => Priority::Normal,
            Some("high") => Priority::High,
            Some("low") => Priority::Low,
            Some(_) => {
                self.wrong("/options/priority", "invalid", "`priority` is one of high, normal and low.");
                Priority::Normal
            }
        };
        options.scheduled_at = self.time("/options", given, "scheduledAt");
        let expires = self.time("/options", given, "expireAt");
        options.expire_at = expires.or_else(|| self.time("/options", given, "expiresAt"));
        if let Some(expires) = options.expire_at
            && expires <= options.scheduled_at.unwrap_or(now).max(now)
        {
            self.wrong(
                "/options/expireAt",
                "in_the_past",
                "`expireAt` must lie after now and after `scheduledAt`.",
            );
        }
        options.callback_url = self.text("/options", given, "callbackUrl");
        if let Some(url) = options.callback_url.clone() {
            self.url("/options/callbackUrl", &url);
        }
        options
    }
}

#[derive(Default)]
struct Recipient {
    address: String,
    channel: Option<Channel>,
    preferred_carrier: Option<String>,
}

#[derive(Default)]
struct Options {
    priority: Priority,
    purpose: Option<Purpose>,
    scheduled_at: Option<Timestamp>,
    expire_at: Option<Timestamp>,
    callback_url: Option<String>,
}

#[cfg(test)]
mod tests;
