//! What people do, and what SendGrid reports: the fixtures of this twin.

use std::sync::Arc;

use serde_json::{Value, json};

use super::events::{event, message_id};
use super::fates::{BLOCKED, BOUNCE, Dropped};
use super::inbound::Mode;
use super::mail::{Attachment, Mail};
use super::request::is_email;
use super::suppressions::group;
use super::{FROM, SendGrid};
use crate::callbacks::Callback;
use crate::fixtures::{Params, TriggerError};
use crate::record::{Direction, Receipt, Record};
use crate::samples::{PHOTO, VOUCHER};

/// Builds the callback of a fixture.
pub(super) fn play(twin: &SendGrid, name: &'static str, params: &Params) -> Result<Callback, TriggerError> {
    match name {
        "processed" | "deferred" | "delivered" | "unsubscribe" => {
            happening(twin, params, Receipt::new(name), |_| {})
        }
        "spam_report" => happening(twin, params, Receipt::new("spamreport"), |_| {}),
        "bounce" => happening(twin, params, BOUNCE, |_| {}),
        "blocked" => happening(twin, params, BLOCKED, |_| {}),
        "dropped" => {
            let reason = Dropped::named(params.text("reason"));
            let reason = reason.ok_or_else(|| wrong("reason", "one of SendGrid's reasons"))?;
            happening(twin, params, reason.receipt(), |_| {})
        }
        "open" => {
            let machine = params.text("machine") == "true";
            happening(twin, params, Receipt::new("open"), |event| event["sg_machine_open"] = json!(machine))
        }
        "click" => {
            let url = params.text("url");
            happening(twin, params, Receipt::new("click"), |event| event["url"] = json!(url))
        }
        "group_unsubscribe" | "group_resubscribe" => about_group(twin, name, params),
        "batch" => batch(twin, params),
        "unknown" => about_account(twin, name, params),
        _ => mail(twin, name, params),
    }
}

const fn wrong(param: &'static str, expected: &'static str) -> TriggerError {
    TriggerError::WrongValue { param, expected }
}

fn address<'a>(params: &'a Params, name: &'static str) -> Result<&'a str, TriggerError> {
    let address = params.text(name);
    if is_email(address) { Ok(address) } else { Err(wrong(name, "an address like ana@customer.example")) }
}

// What people write.

fn mail(twin: &SendGrid, name: &'static str, params: &Params) -> Result<Callback, TriggerError> {
    let (from, to) = (address(params, "from")?, address(params, "to")?);
    let mut mail = Mail {
        message_id: format!("{}@mail.{}", twin.desk.ids.hex(), host(from)),
        from: from.to_owned(),
        from_name: one_line(params.text("name")),
        to: to.to_owned(),
        subject: one_line(params.text("subject")),
        text: Some(params.text("text").to_owned()),
        html: Some(format!("<p>{}</p>", escaped(params.text("text")))),
        envelope_to: to.to_owned(),
        envelope_from: from.to_owned(),
        spf: "pass",
        dkim: "pass",
        ..Mail::default()
    };
    shape(twin, name, params, &mut mail);
    let mode = if name == "raw" { Mode::Raw } else { Mode::Parts };
    let forged = name == "bad_signature";
    if !forged {
        remember(twin, &mail);
    }
    Ok(twin.inbound(name, &mail, mode, forged))
}

/// What is special about the mail of a fixture.
fn shape(twin: &SendGrid, name: &str, params: &Params, mail: &mut Mail) {
    match name {
        "html_only" => mail.text = None,
        "reply" => answer(twin, params, mail),
        "plus_address" => {
            let (local, host) = mail.to.split_once('@').unwrap_or_default();
            mail.envelope_to = format!("{local}+{}@{host}", params.text("token"));
            mail.to.clone_from(&mail.envelope_to);
        }
        "attachment" | "raw" => mail.attachments = vec![Attachment { sample: VOUCHER, content_id: None }],
        "inline_image" => {
            mail.attachments = vec![Attachment { sample: PHOTO, content_id: Some("ii_photo1") }];
            mail.html = mail.html.take().map(|html| format!("{html}<img src=\"cid:ii_photo1\">"));
        }
        "latin" => mail.is_latin = true,
        "bcc" => mail.to = one_line(params.text("header_to")),
        "spam" => (mail.spf, mail.dkim, mail.spam_score) = ("fail", "fail", Some("7.4")),
        "auto_reply" => {
            mail.headers = vec![
                ("Auto-Submitted", "auto-replied".to_owned()),
                ("X-Auto-Response-Suppress", "All".to_owned()),
                ("Precedence", "bulk".to_owned()),
            ];
        }
        "list" => {
            let id = format!("News <news.{}>", host(&mail.from));
            mail.headers = vec![("List-Id", id), ("Precedence", "list".to_owned())];
        }
        "bounce_mail" => {
            "Undelivered Mail Returned to Sender".clone_into(&mut mail.subject);
            mail.headers = vec![("Auto-Submitted", "auto-replied".to_owned())];
            mail.envelope_from = String::new();
        }
        _ => {}
    }
}

/// Refers to our mail and quotes it.
fn answer(twin: &SendGrid, params: &Params, mail: &mut Mail) {
    let parent =
        known(twin, params).filter(|record| params.given("message").is_some() || record.to == mail.from);
    let (parent, words) = match &parent {
        Some(record) => (message_id(record), words_of(record)),
        None => ("<unknown@acmetravel.test>".to_owned(), "Which booking do you mean?".to_owned()),
    };
    mail.headers = vec![("In-Reply-To", parent.clone()), ("References", parent)];
    let quoted: Vec<String> = words.lines().map(|line| format!("> {line}")).collect();
    mail.text = Some(format!(
        "{}\r\n\r\nOn Thu, Nov 20, 2025 at 3:00 PM Acme Travel <{FROM}> wrote:\r\n{}\r\n",
        params.text("text"),
        quoted.join("\r\n"),
    ));
    mail.html = None;
}

fn words_of(record: &Record) -> String {
    let words = record.content.pointer("/content/0/value").and_then(Value::as_str);
    words.unwrap_or_default().to_owned()
}

fn host(address: &str) -> &str {
    address.rsplit('@').next().unwrap_or_default()
}

/// Nothing that is given becomes a header of its own.
fn one_line(text: &str) -> String {
    text.replace(['\r', '\n'], " ")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn remember(twin: &SendGrid, mail: &Mail) {
    let mut record = Record::new(mail.message_id.clone(), Direction::Inbound, "received", twin.desk.now());
    (record.from, record.to) = (mail.from.clone(), mail.envelope_to.clone());
    record.content = json!({ "subject": mail.subject, "text": mail.text });
    twin.desk.log.push(&Arc::new(record));
}

// What SendGrid reports.

/// The mail meant, if the twin knows it.
fn known(twin: &SendGrid, params: &Params) -> Option<Arc<Record>> {
    match params.given("message") {
        Some(id) => twin.desk.log.get(id),
        None => twin.desk.log.newest(|record| record.direction == Direction::Outbound),
    }
}

/// The mail meant, or one that nobody knows.
fn meant(twin: &SendGrid, params: &Params) -> Result<Arc<Record>, TriggerError> {
    if let Some(record) = known(twin, params) {
        return Ok(record);
    }
    let to = address(params, "from")?;
    let id = params.given("message").map_or_else(|| twin.id(), str::to_owned);
    let mut record = Record::new(id, Direction::Outbound, "queued", twin.desk.now());
    (record.from, record.to) = (FROM.to_owned(), to.to_owned());
    Ok(Arc::new(record))
}

/// One event about a mail, also for the suppression lists.
fn happening(
    twin: &SendGrid,
    params: &Params,
    receipt: Receipt,
    change: impl FnOnce(&mut Value),
) -> Result<Callback, TriggerError> {
    let (record, now) = (meant(twin, params)?, twin.desk.now());
    record.advance(usize::MAX, receipt, now);
    twin.suppressions.note(receipt, &record.to, now);
    let mut event = event(&record, receipt, now);
    change(&mut event);
    Ok(twin.events(receipt.state, record.wire_id().to_owned(), &[event], false))
}

fn about_group(twin: &SendGrid, name: &'static str, params: &Params) -> Result<Callback, TriggerError> {
    let id = params.number("group", 1..=u32::MAX, "a number")?;
    let to = meant(twin, params)?.to.clone();
    if name == "group_unsubscribe" {
        twin.suppressions.add(&group(id), &to, twin.desk.now());
    } else {
        twin.suppressions.remove(&group(id), &to);
    }
    happening(twin, params, Receipt::new(name), |event| event["asm_group_id"] = json!(id))
}

fn batch(twin: &SendGrid, params: &Params) -> Result<Callback, TriggerError> {
    let (record, now) = (meant(twin, params)?, twin.desk.now());
    let mut events = Vec::new();
    for (rank, state) in ["processed", "delivered", "open"].into_iter().enumerate() {
        record.advance(rank, Receipt::new(state), now);
        events.insert(0, event(&record, Receipt::new(state), now));
    }
    Ok(twin.events("batch", record.wire_id().to_owned(), &events, false))
}

fn about_account(twin: &SendGrid, name: &'static str, params: &Params) -> Result<Callback, TriggerError> {
    let (email, id) = (address(params, "from")?, twin.id());
    let event = json!({
        "event": params.text("type"),
        "email": email,
        "timestamp": twin.desk.now().as_secs(),
        "sg_event_id": id,
        "type": "compliance_suspend",
    });
    Ok(twin.events(name, id, &[event], false))
}
