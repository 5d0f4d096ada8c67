//! What a send request must look like: Twilio's rules for the parameters of a message.

use std::time::Duration;

use omni_core::time::Timestamp;
use serde_json::{Map, Value};
use url::Url;

use super::content;
use super::errors::ApiError;
use super::{RCS_SENDER, SMS_NUMBER, WHATSAPP_NUMBER};

/// A decoded form.
#[derive(Debug, Default)]
pub(super) struct Form(Vec<(String, String)>);

impl Form {
    pub(super) fn read(bytes: &[u8]) -> Self {
        Self(url::form_urlencoded::parse(bytes).into_owned().collect())
    }

    /// The first value of a parameter, unless it is empty.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.has(name).filter(|value| !value.is_empty())
    }

    /// The first value of a parameter, even if it is empty.
    pub(super) fn has(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// All but the addressing, as JSON; what occurs twice becomes a list.
    fn content(&self) -> Value {
        let mut content = Map::new();
        for (name, value) in &self.0 {
            if matches!(name.as_str(), "To" | "From" | "MessagingServiceSid" | "StatusCallback") {
                continue;
            }
            match content.get_mut(name) {
                None if name == "MediaUrl" => {
                    content.insert(name.clone(), Value::Array(vec![value.as_str().into()]));
                }
                None => {
                    content.insert(name.clone(), value.as_str().into());
                }
                Some(Value::Array(values)) => values.push(value.as_str().into()),
                Some(first) => *first = Value::Array(vec![first.take(), value.as_str().into()]),
            }
        }
        Value::Object(content)
    }
}

/// What carries a message, by the prefix of its addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Channel {
    Sms,
    WhatsApp,
    Rcs,
}

impl Channel {
    pub(super) fn of(address: &str) -> Self {
        match address.split_once(':') {
            Some(("whatsapp", _)) => Self::WhatsApp,
            Some(("rcs", _)) => Self::Rcs,
            _ => Self::Sms,
        }
    }

    /// The twin's own sender, which its messaging services pick.
    const fn sender(self) -> &'static str {
        match self {
            Self::Sms => SMS_NUMBER,
            Self::WhatsApp => WHATSAPP_NUMBER,
            Self::Rcs => RCS_SENDER,
        }
    }
}

/// Content that a message names, and the values for it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) sid: String,
    pub(super) values: Map<String, Value>,
}

/// A valid request.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Submission {
    pub(super) to: String,
    pub(super) from: String,
    pub(super) channel: Channel,
    /// Whether it names a messaging service (its first state is `accepted`).
    pub(super) by_service: bool,
    /// The content it names.
    pub(super) rich: Option<Named>,
    pub(super) status_callback: Option<String>,
    /// Our reference: the `m` of the callback URL's query.
    pub(super) reference: Option<String>,
    pub(super) due_in: Duration,
    pub(super) content: Value,
}

impl Submission {
    pub(super) fn read(form: &Form, now: Timestamp) -> Result<Self, ApiError> {
        let to = form.get("To").ok_or_else(|| ApiError::new(21_604))?;
        let channel = Channel::of(to);
        check_to(to, channel)?;
        let service = service(form)?;
        let from = match (form.get("From"), service) {
            (Some(from), _) => check_from(from, channel)?,
            (None, true) => channel.sender(),
            (None, false) => return Err(ApiError::new(21_603)),
        };
        check_content(form)?;
        let status_callback = status_callback(form)?;
        Ok(Self {
            to: to.to_owned(),
            from: from.to_owned(),
            channel,
            by_service: service,
            rich: rich(form)?,
            reference: status_callback.as_ref().and_then(reference),
            status_callback: status_callback
                .map(|_| form.get("StatusCallback").unwrap_or_default().to_owned()),
            due_in: due_in(form, service, now)?,
            content: form.content(),
        })
    }
}

/// Numbers that answer with an error by agreement, as with Twilio's test credentials.
const MAGIC_TO: &[(&str, u32)] = &[
    ("+15005550001", 21_211),
    ("+15005550002", 21_612),
    ("+15005550003", 21_408),
    ("+15005550004", 21_610),
    ("+15005550009", 21_614),
];
const MAGIC_FROM: &[(&str, u32)] =
    &[("+15005550001", 21_212), ("+15005550007", 21_606), ("+15005550008", 21_611)];

fn check_to(to: &str, channel: Channel) -> Result<(), ApiError> {
    if let Some((_, code)) = MAGIC_TO.iter().find(|(number, _)| *number == to) {
        return Err(ApiError::new(*code));
    }
    let number = to.split_once(':').map_or(to, |(_, number)| number);
    if is_e164(number) || (channel == Channel::WhatsApp && is_user_id(number)) {
        return Ok(());
    }
    Err(ApiError::new(21_211))
}

fn check_from(from: &str, channel: Channel) -> Result<&str, ApiError> {
    if let Some((_, code)) = MAGIC_FROM.iter().find(|(number, _)| *number == from) {
        return Err(ApiError::new(*code));
    }
    let number = from.split_once(':').map_or(from, |(_, number)| number);
    match from {
        _ if Channel::of(from) != channel => Err(ApiError::new(21_910)),
        SMS_NUMBER | WHATSAPP_NUMBER | RCS_SENDER | "+15005550006" => Ok(from),
        _ if channel != Channel::Sms => Err(ApiError::new(63_007)),
        _ if is_e164(number) => Err(ApiError::new(21_606)),
        _ => Err(ApiError::new(21_212)),
    }
}

fn service(form: &Form) -> Result<bool, ApiError> {
    match form.get("MessagingServiceSid") {
        None => Ok(false),
        Some(sid) if is_sid("MG", sid) => Ok(true),
        Some(_) => Err(ApiError::new(21_701)),
    }
}

fn check_content(form: &Form) -> Result<(), ApiError> {
    let body = form.get("Body").unwrap_or_default();
    if body.len() > 1_600 && body.chars().count() > 1_600 {
        return Err(ApiError::new(21_617));
    }
    let mut media = 0;
    for url in form.all("MediaUrl") {
        media += 1;
        if !is_web_url(url) {
            return Err(ApiError::new(21_620));
        }
    }
    if media > 10 {
        return Err(ApiError::new(21_623));
    }
    let has_place = form.get("PersistentAction").is_some();
    if body.is_empty() && media == 0 && form.get("ContentSid").is_none() && !has_place {
        return Err(ApiError::new(21_619));
    }
    match form.get("ValidityPeriod").map(str::parse::<u32>) {
        None | Some(Ok(1..=36_000)) => Ok(()),
        Some(_) => Err(ApiError::new(90_007)),
    }
}

/// Values without content to fill in are as wrong as a sid that is none.
fn rich(form: &Form) -> Result<Option<Named>, ApiError> {
    let values = form.get("ContentVariables").map(content::variables).transpose()?;
    match form.get("ContentSid") {
        None if values.is_some() => Err(ApiError::new(21_654)),
        None => Ok(None),
        Some(sid) if is_sid("HX", sid) => {
            Ok(Some(Named { sid: sid.to_owned(), values: values.unwrap_or_default() }))
        }
        Some(_) => Err(ApiError::new(21_655)),
    }
}

fn status_callback(form: &Form) -> Result<Option<Url>, ApiError> {
    let Some(text) = form.get("StatusCallback") else { return Ok(None) };
    let url = Url::parse(text).ok().filter(|_| text.len() <= 4_000 && is_web_url(text));
    url.map(Some).ok_or_else(|| ApiError::new(21_609))
}

fn reference(url: &Url) -> Option<String> {
    url.query_pairs().find(|(name, _)| name == "m").map(|(_, value)| value.into_owned())
}

fn due_in(form: &Form, service: bool, now: Timestamp) -> Result<Duration, ApiError> {
    const SOONEST: Duration = Duration::from_secs(300);
    const LATEST: Duration = Duration::from_secs(35 * 24 * 3_600);
    match (form.get("ScheduleType"), form.get("SendAt")) {
        (None, None) => Ok(Duration::ZERO),
        _ if !service => Err(ApiError::new(35_118)),
        (Some("fixed"), None) => Err(ApiError::new(35_111)),
        (Some("fixed"), Some(send_at)) => {
            let due_in = Timestamp::parse(send_at).map(|at| at.since(now)).unwrap_or_default();
            if (SOONEST..=LATEST).contains(&due_in) { Ok(due_in) } else { Err(ApiError::new(35_114)) }
        }
        _ => Err(ApiError::new(35_126)),
    }
}

/// `+` and 7 to 15 digits, the first not 0.
pub(super) fn is_e164(text: &str) -> bool {
    let Some(digits) = text.strip_prefix('+') else { return false };
    (7..=15).contains(&digits.len())
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && !digits.starts_with('0')
}

/// A WhatsApp user id: `GB.7Qk20Xd3aLm`.
fn is_user_id(text: &str) -> bool {
    let Some((country, id)) = text.split_once('.') else { return false };
    country.len() == 2
        && country.bytes().all(|byte| byte.is_ascii_uppercase())
        && (1..=132).contains(&id.len())
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.')
}

fn is_sid(prefix: &str, text: &str) -> bool {
    let hexadecimal = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    text.strip_prefix(prefix).is_some_and(|rest| rest.len() == 32 && rest.bytes().all(hexadecimal))
}

fn is_web_url(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}

#[cfg(test)]
#[path = "request_tests.rs"]
mod tests;
