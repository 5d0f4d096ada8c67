//! MessageBird's callbacks, and what they mean to us: one reader per API.

mod bird;
mod conversations;
mod platform;
mod rest;

use omni_core::address::Address;
use omni_core::consent::{self, Context, Keyword};
use omni_core::event::{
    CarrierEvent, Channel, InboundMessage, Location, MediaRef, ReportedState, StatusUpdate,
};
use omni_core::failure::ErrorClass;
use omni_core::phone::{self, Role};
use omni_core::time::Timestamp;
use omni_core::webhook::{Malformed, WebhookRequest};
use serde_json::Value;

use super::account::{Account, Generation};
use super::{NAME, Parsed, errors};
use crate::shared::{fetchable, json, text};

/// Where the carrier keeps received media. It wants our key there, so we go nowhere else.
const MEDIA_HOSTS: &[&str] = &["*.messagebird.com", "*.bird.com"];

/// Reads a verified callback.
pub(super) fn parse(account: &Account, request: &WebhookRequest) -> Result<Parsed, Malformed> {
    let mut events = match account.generation() {
        Generation::Rest => rest::parse(account, request)?,
        Generation::Bird => bird::parse(account, request)?,
        Generation::Platform => platform::parse(account, request)?,
    };
    for event in &mut events {
        if let CarrierEvent::Message(message) | CarrierEvent::Echo(message) = event {
            finish(account, message);
        }
    }
    Ok(Parsed { events, quarantined: Vec::new() })
}

/// What holds for the messages of every API: words of a size that we keep, media that may be
/// fetched or not, and nobody who talks with themselves.
fn finish(account: &Account, message: &mut InboundMessage) {
    if let Some(words) = message.text.take() {
        text::put(message, words);
    }
    for medium in &mut message.media {
        let may = |url: &String| fetchable::allowed(url, MEDIA_HOSTS) || account.serves(url);
        medium.blocked = !medium.url.as_ref().is_none_or(may);
    }
    if message.from_address.as_ref().is_some_and(|from| account.owns(from)) {
        message.auto_reply_allowed = Some(false);
    }
}

/// A person's or our own address as the carrier writes it: digits without plus, a short
/// code, a name. `None` if it is withheld or no address.
fn address(raw: &str) -> Option<Address> {
    phone::parse(raw, "", Role::International).address
}

/// An identifier with its kind, as Conversations' platforms and Channels' contacts have it:
/// phone numbers and e-mail addresses are normalised, anything else is the platform's own id
/// and keeps the platform as its prefix.
fn identifier(kind: &str, value: &str) -> Option<Address> {
    match kind {
        _ if value.is_empty() => None,
        "bsuid" | "whatsappbsuid" => Some(format!("bsuid:{value}").into()),
        "phonenumber" | "sms" | "mms" | "whatsapp" | "rcs" | "emailaddress" | "email" => address(value),
        other => Some(format!("{other}:{value}").into()),
    }
}

/// The channel behind the carrier's word for a platform: what is no channel of ours is a chat.
fn channel(platform: &str) -> Channel {
    platform.parse().unwrap_or(Channel::Chat)
}

/// A date and time with any offset; `None` if it cannot be read.
fn time(value: &Value) -> Option<Timestamp> {
    Timestamp::parse(value.as_str()?).ok()
}

/// A medium at `url`. Whether it may be fetched is judged at the end.
fn media(url: &str, kind: Option<&str>) -> MediaRef {
    MediaRef { url: Some(url.to_owned()), kind: kind.map(str::to_owned), ..MediaRef::default() }
}

/// A place with its coordinates, name and address side by side.
fn place(wire: &Value) -> Option<Location> {
    let text = |name: &str| json::text(&wire[name]).map(str::to_owned);
    let (lat, lon) = (json::number(&wire["latitude"])?, json::number(&wire["longitude"])?);
    Some(Location { lat, lon, name: text("name"), address: text("address") })
}

/// Completes a message that a person wrote: consent keywords, and whether an automatic
/// answer would be right. `stop_is_answered`: the carrier reacts to keywords by itself.
fn from_person(mut message: InboundMessage, stop_is_answered: bool) -> CarrierEvent {
    message.carrier = NAME.into();
    let text = message.text.as_deref().unwrap_or_default();
    if message.channel.is_some_and(consent::applies_to) {
        message.consent = consent::match_keyword(text, &Context::default());
    }
    let answerable = |from: &Address| !from.expose().starts_with("alpha:") && !from.is_short_code();
    if !message.from_address.as_ref().is_some_and(answerable) {
        message.auto_reply_allowed = Some(false);
    } else if message.consent.is_some() {
        let network_answers = message.to_address.as_ref().is_some_and(phone::is_toll_free)
            && consent::toll_free_network_answers(text);
        message.auto_reply_allowed = Some(!stop_is_answered && !network_answers);
    }
    CarrierEvent::Message(Box::new(message))
}

/// Writes down why a message failed, and what that proves about consent.
fn failed(status: &mut StatusUpdate, class: ErrorClass, code: Option<String>) {
    status.state = ReportedState::Failed;
    status.error_code = code;
    status.error_class = Some(class);
    status.retryable = Some(errors::receipt_is_retryable(class));
    if class.writes_opt_out() {
        status.consent = Some(Keyword::Stop);
        status.address.clone_from(&status.to_address);
    }
}
