//! `rest.messagebird.com`: inbound SMS and MMS by `POST`, status reports by `GET`.

use omni_core::address::Address;
use omni_core::event::{CarrierEvent, Channel, InboundMessage, MessageType, ReportedState, StatusUpdate};
use omni_core::failure::ErrorClass;
use omni_core::time::Timestamp;
use omni_core::webhook::{Malformed, WebhookRequest};
use serde_json::{Value, json};

use super::super::account::{Account, number_key};
use super::super::errors::{self, Reason};
use super::super::{NAME, status};
use super::{address, conversations, failed, from_person, media};
use crate::shared::{form, json, words};

pub(super) fn parse(account: &Account, request: &WebhookRequest) -> Result<Vec<CarrierEvent>, Malformed> {
    if request.method == "GET" {
        return report(&Fields(form::decode(request.query().as_bytes())));
    }
    let first = request.body.iter().find(|b| !b.is_ascii_whitespace());
    if !request.media_type().ends_with("json") && first != Some(&b'{') {
        return read(&Fields(form::decode(&request.body)));
    }
    let body = json::parse(&request.body)?;
    if body["message"].is_object() || body["type"].is_string() && body["originator"].is_null() {
        conversations::parse(account, &body)
    } else {
        // Flow Builder posts the form's fields as JSON, numbers as numbers.
        read(&Fields::of_object(&body)?)
    }
}

/// A message, or a status report that comes in a body: it has a state and nobody wrote it.
fn read(fields: &Fields) -> Result<Vec<CarrierEvent>, Malformed> {
    match (fields.get(&["originator"]), fields.get(&["status"])) {
        (None, Some(_)) => report(fields),
        _ => Ok(vec![message(fields)?]),
    }
}

/// Form fields in order; names may repeat.
struct Fields(Vec<(String, String)>);

impl Fields {
    fn of_object(body: &Value) -> Result<Self, Malformed> {
        let members = body.as_object().ok_or(Malformed("not_an_object"))?;
        let mut fields = Vec::new();
        for (name, value) in members {
            let several = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
            let texts = several.iter().filter_map(|one| match one {
                Value::String(text) => Some(text.clone()),
                other => json::id(other),
            });
            fields.extend(texts.map(|text| (name.clone(), text)));
        }
        Ok(Self(fields))
    }

    /// The values of a name, in order.
    fn all<'a, 'n>(&'a self, name: &'n str) -> impl Iterator<Item = &'a str> + use<'a, 'n> {
        self.0.iter().filter(move |(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// The first value of the first of these names that has one, empty or not.
    fn raw(&self, names: &[&str]) -> Option<&str> {
        names.iter().find_map(|name| self.all(name).next())
    }

    /// The first value of the first of these names whose first value is not empty.
    fn get(&self, names: &[&str]) -> Option<&str> {
        names.iter().find_map(|name| self.all(name).next().filter(|value| !value.is_empty()))
    }
}

/// An SMS or MMS; short codes use other names for the same fields.
fn message(fields: &Fields) -> Result<CarrierEvent, Malformed> {
    let id = fields.get(&["id", "mid"]).ok_or(Malformed("message_without_id"))?;
    let to: Option<Address> = fields.get(&["recipient", "shortcode", "receiver"]).and_then(address);
    let to = to.ok_or(Malformed("message_without_recipient"))?;
    let from = fields.get(&["originator"]).ok_or(Malformed("message_without_sender"))?;
    let urls = ["mediaUrls", "mediaURLs", "mediaUrls[]"].into_iter().flat_map(|name| fields.all(name));
    let media: Vec<_> = urls.filter(|url| !url.is_empty()).map(|url| media(url, None)).collect();
    let subject = fields.get(&["subject"]).map(str::to_owned);
    let is_mms = !media.is_empty() || subject.is_some();
    let mut message = InboundMessage {
        channel: Some(if is_mms { Channel::Mms } else { Channel::Sms }),
        external_id: id.to_owned(),
        tenant_key: number_key(&to),
        message_type: if media.is_empty() { MessageType::Text } else { MessageType::Media },
        from_address: address(from),
        to_address: Some(to),
        sent_at: sent_at(fields),
        text: fields.raw(&["body", "message"]).map(str::to_owned),
        subject,
        media,
        ..InboundMessage::default()
    };
    if fields.all("id").count() > 1 {
        message.attributes.insert("ambiguous".into(), json!(true));
    }
    Ok(from_person(message, false))
}

fn sent_at(fields: &Fields) -> Option<Timestamp> {
    let written = fields.get(&["createdDatetime"]).and_then(datetime);
    written.or_else(|| compact(fields.get(&["receive_datetime"])?))
}

/// RFC 3339. The plus of an offset that nobody escaped has become a blank.
fn datetime(text: &str) -> Option<Timestamp> {
    Timestamp::parse(text).or_else(|_| Timestamp::parse(&text.replace(' ', "+"))).ok()
}

/// `YYYYMMDDhhmmss` in UTC.
fn compact(text: &str) -> Option<Timestamp> {
    if text.len() != 14 || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let (date, time) = text.split_at(8);
    let (year, month, day) = (&date[..4], &date[4..6], &date[6..]);
    let (hour, minute, second) = (&time[..2], &time[2..4], &time[4..]);
    Timestamp::parse(&format!("{year}-{month}-{day}T{hour}:{minute}:{second}Z")).ok()
}

/// A status report. They come only for messages with a `reference`, which is ours.
fn report(fields: &Fields) -> Result<Vec<CarrierEvent>, Malformed> {
    let (id, reference) = (fields.get(&["id"]), fields.get(&["reference"]));
    if id.or(reference).is_none() {
        return Err(Malformed("report_without_id"));
    }
    let word = fields.get(&["status"]).unwrap_or_default();
    let Some(state) = status::rest(word) else { return Ok(Vec::new()) };
    let reason = fields.get(&["statusReason"]);
    let price = fields.get(&["price[amount]"]);
    let mut update = StatusUpdate {
        carrier: NAME.into(),
        external_id: id.unwrap_or_default().to_owned(),
        client_ref: reference.map(str::to_owned),
        state,
        occurred_at: fields.get(&["statusDatetime"]).and_then(datetime),
        to_address: fields.get(&["recipient"]).and_then(address),
        detail: reason.map(words::masked),
        segments: fields.get(&["messagePartCount"]).and_then(|count| count.parse().ok()),
        price: price.map(|amount| json!({ "amount": amount, "currency": fields.get(&["price[currency]"]) })),
        ..StatusUpdate::default()
    };
    if state == ReportedState::Failed {
        explain(&mut update, word, reason.unwrap_or_default(), fields.get(&["statusErrorCode"]));
    }
    Ok(vec![CarrierEvent::Status(Box::new(update))])
}

/// Why it failed: the code if we know it, else the reason, which may even say that it did not.
fn explain(update: &mut StatusUpdate, word: &str, reason: &str, code: Option<&str>) {
    let by_code = code.and_then(errors::sms_code);
    let class = match by_code {
        _ if word == "expired" => ErrorClass::Expired,
        Some(class) => class,
        None => match errors::sms_reason(reason) {
            Reason::Class(class) => class,
            Reason::State(state) => {
                update.state = state;
                update.error_code = code.map(str::to_owned);
                return;
            }
        },
    };
    failed(update, class, code.map(str::to_owned));
}
