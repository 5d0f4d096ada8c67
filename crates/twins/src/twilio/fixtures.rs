//! What people do, and what Twilio reports: the fixtures of this twin.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::callbacks::Fields;
use super::request::{Channel, is_e164};
use super::{SMS_NUMBER, Twilio};
use crate::callbacks::Callback;
use crate::fixtures::{Params, TriggerError};
use crate::record::{Direction, Receipt, Record};
use crate::samples::{self, Sample};

/// Builds the callback of a fixture.
pub(super) fn play(twin: &Twilio, event: &'static str, params: &Params) -> Result<Callback, TriggerError> {
    match event {
        "status_sent" => status(twin, params, Receipt::new("sent")),
        "status_delivered" => status(twin, params, Receipt::new("delivered")),
        "status_read" => status(twin, params, Receipt::new("read")),
        "status_failed" => {
            let state = match params.text("status") {
                "undelivered" => "undelivered",
                "failed" => "failed",
                _ => return Err(wrong("status", "undelivered or failed")),
            };
            status(twin, params, Receipt::failed(state, params.number("code", 1..=99_999, "an error code")?))
        }
        "voice" => voice(twin, event, params),
        _ => message(twin, event, params),
    }
}

const fn wrong(param: &'static str, expected: &'static str) -> TriggerError {
    TriggerError::WrongValue { param, expected }
}

/// From and to, each with the prefix of its channel.
fn pair(params: &Params) -> Result<(String, String), TriggerError> {
    let to = params.text("to");
    let from = params.text("from");
    let number = from.split_once(':').map_or(from, |(_, number)| number);
    if !is_e164(number) {
        return Err(wrong("from", "a phone number like +15550001001"));
    }
    let from = match Channel::of(to) {
        Channel::WhatsApp => format!("whatsapp:{number}"),
        Channel::Rcs => format!("rcs:{number}"),
        Channel::Sms => number.to_owned(),
    };
    Ok((from, to.to_owned()))
}

/// A message from a person.
fn message(twin: &Twilio, event: &'static str, params: &Params) -> Result<Callback, TriggerError> {
    let (from, to) = pair(params)?;
    let sample = attached(event);
    let sid = twin.sid(if sample.is_some() { "MM" } else { "SM" });
    let mut fields = common(twin, &sid, &from, &to);
    let body = body(event, params);
    fields.push(("Body", body.to_owned()));
    fields.push(("NumSegments", crate::segments::count(body).to_string()));
    fields.push(("NumMedia", usize::from(sample.is_some()).to_string()));
    if let Some(sample) = sample {
        attach(twin, &mut fields, &sid, sample);
    }
    match Channel::of(&to) {
        Channel::WhatsApp => whatsapp(twin, event, params, &from, &mut fields)?,
        Channel::Sms => sms(params, &mut fields),
        Channel::Rcs => rcs(event, params, &mut fields),
    }
    let forged = event == "bad_signature";
    if !forged {
        remember(twin, event, &sid, (&from, &to), body);
    }
    Ok(twin.callback(event, sid, &twin.number_url(), &fields, forged))
}

fn attached(event: &str) -> Option<Sample> {
    match event {
        "mms" | "whatsapp_image" => Some(samples::PHOTO),
        "whatsapp_voice" => Some(samples::VOICE),
        "whatsapp_document" => Some(samples::VOUCHER),
        _ => None,
    }
}

fn body<'a>(event: &str, params: &'a Params) -> &'a str {
    if event == "whatsapp_list" { params.text("title") } else { params.text("text") }
}

/// What every message brings.
fn common(twin: &Twilio, sid: &str, from: &str, to: &str) -> Fields {
    vec![
        ("SmsMessageSid", sid.to_owned()),
        ("SmsSid", sid.to_owned()),
        ("SmsStatus", "received".to_owned()),
        ("MessageSid", sid.to_owned()),
        ("AccountSid", twin.account_sid.clone()),
        ("From", from.to_owned()),
        ("To", to.to_owned()),
        ("ApiVersion", "2010-04-01".to_owned()),
    ]
}

fn attach(twin: &Twilio, fields: &mut Fields, sid: &str, sample: Sample) {
    let media = twin.sid("ME");
    twin.media.lock().insert(&media, sample);
    let (base_url, account) = (&twin.desk.base_url, &twin.account_sid);
    let url = format!("{base_url}/2010-04-01/Accounts/{account}/Messages/{sid}/Media/{media}");
    fields.push(("MediaUrl0", url));
    // WhatsApp's codecs parameter does not reach Twilio's customers.
    let essence = sample.mime.split(';').next().unwrap_or_default();
    fields.push(("MediaContentType0", essence.to_owned()));
}

fn sms(params: &Params, fields: &mut Fields) {
    for name in ["FromCity", "FromState", "FromZip", "ToCity", "ToState", "ToZip"] {
        fields.push((name, String::new()));
    }
    fields.push(("FromCountry", "US".to_owned()));
    fields.push(("ToCountry", "US".to_owned()));
    if let Some(kind) = params.given("opt_out_type") {
        fields.push(("OptOutType", kind.to_owned()));
    }
}

/// No places here, they belong to phone numbers.
fn rcs(event: &str, params: &Params, fields: &mut Fields) {
    if event == "rcs_button" {
        fields.push(("ButtonText", params.text("text").to_owned()));
        fields.push(("ButtonPayload", params.text("payload").to_owned()));
    }
    if let Some(kind) = params.given("opt_out_type") {
        fields.push(("OptOutType", kind.to_owned()));
    }
}

fn whatsapp(
    twin: &Twilio,
    event: &str,
    params: &Params,
    from: &str,
    fields: &mut Fields,
) -> Result<(), TriggerError> {
    let kind = match event {
        "whatsapp_image" => "image",
        "whatsapp_voice" => "audio",
        "whatsapp_document" => "document",
        "whatsapp_button" => "button",
        "whatsapp_list" => "interactive",
        "whatsapp_location" => "location",
        _ => "text",
    };
    let wa_id = from.rsplit(['+', ':']).next().unwrap_or_default();
    fields.push(("ProfileName", params.text("name").to_owned()));
    fields.push(("WaId", wa_id.to_owned()));
    fields.push(("MessageType", kind.to_owned()));
    match event {
        "whatsapp_button" => {
            fields.push(("ButtonText", params.text("text").to_owned()));
            fields.push(("ButtonPayload", params.text("payload").to_owned()));
            quoted(twin, params, from, fields);
        }
        "whatsapp_reply" => quoted(twin, params, from, fields),
        "whatsapp_list" => {
            fields.push(("ListId", params.text("id").to_owned()));
            fields.push(("ListTitle", params.text("title").to_owned()));
        }
        "whatsapp_location" => place(params, fields)?,
        "whatsapp_referral" => {
            fields.push(("ReferralHeadline", params.text("headline").to_owned()));
            fields.push(("ReferralBody", "20% off".to_owned()));
            fields.push(("ReferralSourceType", "ad".to_owned()));
            fields.push(("ReferralSourceId", "120300000001".to_owned()));
            fields.push(("ReferralSourceUrl", "https://fb.me/omnidemo".to_owned()));
            fields.push(("ReferralCtwaClid", "ARdemo-clid".to_owned()));
        }
        _ => {}
    }
    Ok(())
}

/// The message that a reply quotes, if there is one.
fn quoted(twin: &Twilio, params: &Params, from: &str, fields: &mut Fields) {
    let last = || {
        let is_for_them = |record: &Record| record.direction == Direction::Outbound && record.to == from;
        twin.desk.log.newest(is_for_them).map(|record| record.id.clone())
    };
    if let Some(sid) = params.given("message").map(str::to_owned).or_else(last) {
        fields.push(("OriginalRepliedMessageSid", sid));
        fields.push(("OriginalRepliedMessageSender", params.text("to").to_owned()));
    }
}

fn place(params: &Params, fields: &mut Fields) -> Result<(), TriggerError> {
    for (name, param) in [("Latitude", "latitude"), ("Longitude", "longitude")] {
        let degrees = params.text(param);
        if !degrees.parse::<f64>().is_ok_and(f64::is_finite) {
            return Err(wrong(param, "degrees like 51.5"));
        }
        fields.push((name, degrees.to_owned()));
    }
    fields.push(("Label", params.text("place").to_owned()));
    fields.push(("Address", params.text("address").to_owned()));
    Ok(())
}

/// Twilio lists what it received, opens the window, and minds STOP and START.
fn remember(twin: &Twilio, event: &str, sid: &str, (from, to): (&str, &str), body: &str) {
    let mut record = Record::new(sid.to_owned(), Direction::Inbound, "received", twin.desk.now());
    (record.from, record.to) = (from.to_owned(), to.to_owned());
    let content: Map<String, Value> = [("Body".to_owned(), body.into())].into_iter().collect();
    record.content = content.into();
    twin.desk.log.push(&Arc::new(record));
    twin.heard_from(from, to);
    match event {
        "stop" => twin.stop(from, to),
        "start" => twin.start(from, to),
        _ => {}
    }
}

fn voice(twin: &Twilio, event: &'static str, params: &Params) -> Result<Callback, TriggerError> {
    let (from, to) = pair(params)?;
    let sid = twin.sid("CA");
    let fields: Fields = vec![
        ("CallSid", sid.clone()),
        ("AccountSid", twin.account_sid.clone()),
        ("From", from.clone()),
        ("To", to.clone()),
        ("Caller", from),
        ("Called", to),
        ("CallStatus", "ringing".to_owned()),
        ("Direction", "inbound".to_owned()),
        ("ApiVersion", "2010-04-01".to_owned()),
    ];
    Ok(twin.callback(event, sid, &twin.number_url(), &fields, false))
}

/// The status of a message that was sent to the twin, or of one that nobody knows. It goes to
/// the message's own callback URL, or else to the number's.
fn status(twin: &Twilio, params: &Params, receipt: Receipt) -> Result<Callback, TriggerError> {
    let is_sent = |record: &Record| record.direction == Direction::Outbound;
    let known = match params.given("message") {
        Some(sid) => twin.desk.log.get(sid),
        None => twin.desk.log.newest(is_sent),
    };
    let from = params.text("from");
    if !is_e164(from) {
        return Err(wrong("from", "a phone number like +15550001001"));
    }
    let now = twin.desk.now();
    let sid = params.given("message").map_or_else(|| twin.sid("SM"), str::to_owned);
    let mut reported = Record::new(sid, Direction::Outbound, "queued", now);
    (reported.from, reported.to) = (SMS_NUMBER.to_owned(), from.to_owned());
    reported.callback_url = Some(twin.number_url());
    if let Some(record) = known {
        record.advance(usize::MAX, receipt, now);
        reported.id.clone_from(&record.id);
        (reported.from, reported.to) = (record.from.clone(), record.to.clone());
        reported.callback_url = record.callback_url.clone().or(reported.callback_url);
    }
    Ok(twin.status(&reported, receipt, false).expect("it has a callback URL"))
}
