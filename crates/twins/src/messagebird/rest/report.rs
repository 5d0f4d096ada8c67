//! Status reports: a `GET` with everything in its query, if the message has a reference.

use bytes::Bytes;
use omni_core::time::Timestamp;

use super::{message_id, resource};
use crate::callbacks::Callback;
use crate::messagebird::callbacks::Draft;
use crate::messagebird::failures::failure;
use crate::messagebird::{Generation, MessageBird, bare, datetime};
use crate::record::{Receipt, Record};

/// The report of one step.
pub(in crate::messagebird) fn report(
    twin: &MessageBird,
    record: &Record,
    receipt: Receipt,
    happened: Timestamp,
    forged: bool,
) -> Option<Callback> {
    let reference = record.client_reference.as_deref()?;
    let own_url = twin.desk.webhook_url();
    let url = record.callback_url.as_deref().unwrap_or(&own_url);
    let query = query(record, reference, receipt, happened);
    let url = format!("{url}{}{query}", if url.contains('?') { '&' } else { '?' });
    let (id, body) = (message_id(record).to_owned(), Bytes::new());
    let draft = Draft { what: receipt.state, id, url: Some(&url), content_type: "", body, forged };
    Some(twin.signed(Generation::Rest, draft))
}

fn query(record: &Record, reference: &str, receipt: Receipt, happened: Timestamp) -> String {
    let length = resource::length(record);
    let (places, parts) = (length.places.to_string(), length.parts.to_string());
    let (when, price) = (datetime(happened), resource::price(length.parts).to_string());
    let mut query = url::form_urlencoded::Serializer::new(String::with_capacity(400));
    query
        .append_pair("id", message_id(record))
        .append_pair("mccmnc", "310260")
        .append_pair("ported", "0")
        .append_pair("recipient", bare(&record.to))
        .append_pair("reference", reference)
        .append_pair("status", receipt.state)
        .append_pair("statusDatetime", &when)
        .append_pair("messageLength", &places)
        .append_pair("messagePartCount", &parts);
    if let Some(number) = receipt.error {
        query.append_pair("statusReason", failure(number).reason);
        query.append_pair("statusErrorCode", &number.to_string());
    } else if receipt.state == "delivered" {
        query.append_pair("statusReason", "successfully delivered");
        query.append_pair("price[amount]", &price);
        query.append_pair("price[currency]", "EUR");
    }
    query.finish()
}
