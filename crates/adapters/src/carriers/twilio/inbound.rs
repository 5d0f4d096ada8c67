//! Messages that came in.

use omni_core::address::Address;
use omni_core::event::{Channel, InboundMessage, Location, MediaRef, MessageType};
use omni_core::webhook::Malformed;
use serde_json::{Map, Value};

use super::params::{Params, tenant_key};
use super::{Settings, address, consent};
use crate::shared::{cart, json};

/// Most media in one message.
const MAX_MEDIA: usize = 10;

pub(super) fn read(settings: &Settings, params: &Params, sid: String) -> Result<InboundMessage, Malformed> {
    let from = params.address("From").unwrap_or_default();
    let to = params.address("To").ok_or(Malformed("recipient_missing"))?;
    let media = media(settings, params);
    let mut event = InboundMessage {
        carrier: super::NAME.to_string(),
        channel: channel(&from, &to, &sid, !media.is_empty()),
        tenant_key: whose(settings, params, &to),
        external_id: sid,
        from_address: address::ours(&from),
        from_name: params.get_or_context("ProfileName").map(str::to_owned),
        to_address: address::ours(&to),
        text: params.owned("Body"),
        segments: params.get("NumSegments").and_then(|count| count.parse().ok()),
        reply_to: params.owned("OriginalRepliedMessageSid"),
        forwarded: forwarded(params),
        referral: referral(params),
        attributes: attributes(params),
        media,
        ..InboundMessage::default()
    };
    event.alt_addresses = other_addresses(params, event.from_address.as_ref());
    if event.from_address.is_none() {
        event.auto_reply_allowed = Some(false);
    }
    read_kind(&mut event, params);
    read_consent(&mut event, params, &to);
    Ok(event)
}

/// The sender's key is (account, number); of a number that only our messaging service knows,
/// (account, service).
fn whose(settings: &Settings, params: &Params, to: &str) -> String {
    let account = params.get("AccountSid").unwrap_or_default();
    let service = params.get("MessagingServiceSid").filter(|sid| {
        settings.messaging_service_sid.as_deref() == Some(*sid) && !settings.numbers.iter().any(|n| n == to)
    });
    tenant_key(account, service.unwrap_or(to))
}

/// The address's prefix names the channel; without one it is MMS if there are media (or an
/// `MM…` id), else SMS. `None` for a channel that we do not know.
fn channel(from: &str, to: &str, sid: &str, has_media: bool) -> Option<Channel> {
    let named = address::channel(to).and_then(|to| Ok(to.or(address::channel(from)?))).ok()?;
    Some(named.unwrap_or(if has_media || sid.starts_with("MM") { Channel::Mms } else { Channel::Sms }))
}

/// `NumMedia` is not to be relied upon: what counts is the addresses that are there.
fn media(settings: &Settings, params: &Params) -> Vec<MediaRef> {
    let medium = |at: usize| {
        let url = params.get(&format!("MediaUrl{at}"))?;
        let mime = params.owned(&format!("MediaContentType{at}"));
        let mut medium = MediaRef {
            kind: mime.as_deref().map(|mime| kind_of(mime, params).to_owned()),
            blocked: !may_fetch(settings, url),
            url: Some(url.to_owned()),
            mime,
            ..MediaRef::default()
        };
        if medium.blocked {
            medium.attributes.insert("fetch".into(), "refused".into());
        }
        Some(medium)
    };
    (0..MAX_MEDIA).filter_map(medium).collect()
}

fn kind_of(mime: &str, params: &Params) -> &'static str {
    match mime.split('/').next().unwrap_or_default() {
        _ if params.get("MessageType") == Some("sticker") => "sticker",
        "image" => "image",
        "video" => "video",
        "audio" => "audio",
        _ => "document",
    }
}

/// Our credentials go along with a fetch, so only Twilio's API (or what stands in for it)
/// may be asked, even by a request with a right signature.
fn may_fetch(settings: &Settings, url: &str) -> bool {
    let Ok(url) = url::Url::parse(url) else { return false };
    if !url.username().is_empty() || url.password().is_some() {
        return false;
    }
    let is_twilio =
        url.scheme() == "https" && url.host_str() == Some("api.twilio.com") && url.port().is_none();
    is_twilio || url::Url::parse(&settings.base_url).is_ok_and(|base| base.origin() == url.origin())
}

fn forwarded(params: &Params) -> Option<String> {
    let is = |name: &str| params.get_or_context(name).is_some_and(|word| word.eq_ignore_ascii_case("true"));
    match (is("FrequentlyForwarded"), is("Forwarded")) {
        (true, _) => Some("many".to_owned()),
        (false, true) => Some("once".to_owned()),
        (false, false) => None,
    }
}

/// Every parameter named here that there is, by our names.
fn gather(params: &Params, names: &[(&str, &str)]) -> Map<String, Value> {
    let found =
        names.iter().filter_map(|(ours, theirs)| Some(((*ours).to_owned(), params.get(theirs)?.into())));
    found.collect()
}

/// The advertisement that led here.
fn referral(params: &Params) -> Option<Value> {
    let facts = gather(
        params,
        &[
            ("source_type", "ReferralSourceType"),
            ("source_id", "ReferralSourceId"),
            ("source_url", "ReferralSourceUrl"),
            ("headline", "ReferralHeadline"),
            ("body", "ReferralBody"),
            ("ctwa_clid", "ReferralCtwaClid"),
            ("media_id", "ReferralMediaId"),
            ("media_type", "ReferralMediaContentType"),
            ("media_url", "ReferralMediaUrl"),
        ],
    );
    (!facts.is_empty()).then(|| facts.into())
}

fn attributes(params: &Params) -> Map<String, Value> {
    let mut facts =
        gather(params, &[("account", "AccountSid"), ("messaging_service", "MessagingServiceSid")]);
    let geo = gather(
        params,
        &[("country", "FromCountry"), ("state", "FromState"), ("city", "FromCity"), ("zip", "FromZip")],
    );
    if !geo.is_empty() {
        facts.insert("geo".into(), geo.into());
    }
    facts
}

/// The person's user id beside the number, or the number beside the user id.
fn other_addresses(params: &Params, from: Option<&Address>) -> Vec<Address> {
    let user = params.address("ExternalUserId").and_then(|text| address::ours(&text));
    let phone = params.get_or_context("WaId").and_then(|id| address::ours(&format!("whatsapp:{id}")));
    let mut others: Vec<Address> = Vec::new();
    for address in [user, phone].into_iter().flatten() {
        if Some(&address) != from && !others.contains(&address) {
            others.push(address);
        }
    }
    others
}

/// Kinds of WhatsApp messages that Twilio has no parameters for.
const NOT_CARRIED: &[&str] = &["reaction", "edit", "revoke", "order", "system", "unsupported", "unknown"];

/// What it is: media before everything, then what its parameters show; `MessageType` (only on
/// WhatsApp) decides the rest.
fn read_kind(event: &mut InboundMessage, params: &Params) {
    let said = params.get("MessageType").unwrap_or_default();
    let button = ["ButtonPayload", "ButtonText"].iter().any(|name| params.get_or_context(name).is_some());
    let list = ["ListId", "ListTitle"].iter().any(|name| params.get_or_context(name).is_some());
    event.location = location(params);
    event.order = order(params, said);
    event.message_type = if event.order.is_some() {
        MessageType::Order
    } else if !event.media.is_empty() {
        MessageType::Media
    } else if event.location.is_some() {
        MessageType::Location
    } else if list || (said == "interactive" && !button) {
        event.reply_id = params.get_or_context("ListId").map(str::to_owned);
        event.text = event.text.take().or_else(|| params.owned("ListTitle"));
        MessageType::ListReply
    } else if button {
        event.reply_id = params.get_or_context("ButtonPayload").map(str::to_owned);
        event.text = event.text.take().or_else(|| params.get_or_context("ButtonText").map(str::to_owned));
        MessageType::ButtonReply
    } else if NOT_CARRIED.contains(&said) || !(said.is_empty() || said == "text" || event.text.is_some()) {
        event.unsupported_type = Some(said.to_owned());
        MessageType::Unsupported
    } else {
        MessageType::Text
    };
}

/// A shopping cart. The facts sheet of 2026 has Twilio deliver none; its page on catalogues
/// names a parameter for it, in WhatsApp's own shape.
fn order(params: &Params, said: &str) -> Option<Value> {
    if said != "order" {
        return None;
    }
    cart::read(&json::parse(params.get("ProductRetailerId")?.as_bytes()).ok()?)
}

fn location(params: &Params) -> Option<Location> {
    let degrees =
        |name: &str| params.get(name)?.trim().parse().ok().filter(|number: &f64| number.is_finite());
    Some(Location {
        lat: degrees("Latitude")?,
        lon: degrees("Longitude")?,
        name: params.owned("Label"),
        address: params.owned("Address"),
    })
}

/// Twilio says so itself where Advanced Opt-Out is on; else its default keywords apply on
/// the phone networks (on WhatsApp they are ordinary words).
fn read_consent(event: &mut InboundMessage, params: &Params, to: &str) {
    if let Some(keyword) = params.get("OptOutType").and_then(consent::opt_out_type) {
        event.consent = Some(keyword);
        event.auto_reply_allowed = Some(false);
        return;
    }
    if !matches!(event.channel, Some(Channel::Sms | Channel::Mms | Channel::Rcs)) {
        return;
    }
    let Some(text) = event.text.as_deref() else { return };
    event.consent = consent::keyword(text, consent::is_toll_free(to));
    if event.consent.is_some() {
        event.auto_reply_allowed = Some(false);
    }
}
