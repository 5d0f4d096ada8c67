//! Inbound Parse: a mail as a form, and what it means to us.

use omni_core::address::Address;
use omni_core::carrier::Parsed;
use omni_core::event::{CarrierEvent, Channel, InboundMessage, MediaRef, MessageType};
use omni_core::webhook::{Malformed, WebhookRequest};
use serde_json::{Map, Value, json};

use super::content::{Attachment, Form};
use super::mail::{self, Headers};
use super::mailbox::{self, Mailbox};
use super::{NAME, Settings, mime, quote};
use crate::shared::{hmac, html, loose, multipart, text};

/// Most hosts that one mail is delivered to: each gets a copy of its text.
const MOST_HOSTS: usize = 20;

/// The routing key of a domain.
pub(super) fn tenant_key(host: &str) -> String {
    format!("email:{}", host.to_lowercase())
}

/// Reads one mail; it is one message to each of our domains among its recipients.
pub(super) fn parse(settings: &Settings, request: &WebhookRequest) -> Result<Parsed, Malformed> {
    let content_type = request.header("content-type").unwrap_or_default();
    let parts = multipart::parse(content_type, &request.body).map_err(|bad| Malformed(bad.0))?;
    let mail = Mail::read(&Form::new(parts))?;
    let hosts = hosts(settings, &mail);
    let event = |host: &String| CarrierEvent::Message(Box::new(mail.addressed(settings, host)));
    Ok(Parsed { events: hosts.iter().map(event).collect(), quarantined: Vec::new() })
}

fn host_of(address: &Address) -> String {
    address.expose().rsplit('@').next().unwrap_or_default().to_lowercase()
}

/// Whether we send as this address, or take mail at its domain: an automatic answer would
/// come back to us.
fn is_ours(settings: &Settings, from: &Address) -> bool {
    let sending = settings.from.iter().chain(&settings.reply_to);
    let mut sending = sending.filter_map(|address| mailbox::address(address));
    sending.any(|address| address.expose().eq_ignore_ascii_case(from.expose()))
        || !settings.domains.is_empty() && settings.owns_host(&host_of(from))
}

/// The hosts that the mail is for, ours first. What the envelope names was accepted for that
/// host, so another connection may own it; headers name strangers, too, and count only if
/// none of ours is among them.
fn hosts(settings: &Settings, mail: &Mail) -> Vec<String> {
    let mut hosts: Vec<String> = Vec::new();
    for host in mail.recipients.iter().map(host_of) {
        if !hosts.contains(&host) && hosts.len() < MOST_HOSTS {
            hosts.push(host);
        }
    }
    let (ours, others): (Vec<_>, Vec<_>) = hosts.into_iter().partition(|host| settings.owns_host(host));
    if mail.by_envelope || ours.is_empty() { [ours, others].concat() } else { ours }
}

/// A mail, before it is addressed to one of our domains.
struct Mail {
    base: InboundMessage,
    recipients: Vec<Address>,
    /// The recipients are the envelope's, not what the headers claim.
    by_envelope: bool,
    /// Nothing but the sender's being one of us can forbid an answer any more.
    answerable: bool,
}

impl Mail {
    fn read(form: &Form<'_>) -> Result<Self, Malformed> {
        let raw = form.bytes("email").or_else(|| form.bytes("rawEmail")).map(mime::read);
        let head =
            raw.as_ref().map(|raw| raw.head.clone()).or_else(|| form.text("headers")).unwrap_or_default();
        let headers = Headers::parse(&head);
        let envelope = Envelope::read(form);
        let recipients = envelope.recipients(form, &headers);
        if recipients.is_empty() {
            return Err(Malformed("mail_without_recipient"));
        }
        let sender = sender(form, &headers, &envelope);
        let mut base = InboundMessage {
            carrier: NAME.0.into(),
            channel: Some(Channel::Email),
            sent_at: headers.date(),
            subject: form
                .word("subject")
                .or_else(|| raw.as_ref()?.subject.clone())
                .or_else(|| headers.get("subject").map(mail::decoded))
                .map(|subject| one_line(&subject)),
            reply_to: headers.in_reply_to(),
            from_name: sender.as_ref().and_then(|sender| sender.name.clone()),
            from_address: sender.map(|sender| sender.address),
            ..InboundMessage::default()
        };
        let attributes = &mut base.attributes;
        add_thread(attributes, &headers, &recipients);
        add_trust(attributes, form, base.from_address.as_ref());
        let (plain, html, attachments) = match raw {
            Some(raw) => {
                attributes.insert("raw".into(), json!(true));
                (raw.text, raw.html, raw.attachments)
            }
            None => (form.text("text"), form.text("html"), form.attachments()),
        };
        add_text(&mut base, plain, html);
        add_attachments(&mut base, &attachments);
        add_id(&mut base, &headers, form);
        base.conversation_ref = base.attributes.get("thread_hint").and_then(Value::as_str).map(str::to_owned);
        let answerable = add_manners(&mut base, &headers, &envelope);
        Ok(Self { base, recipients, by_envelope: !envelope.to.is_empty(), answerable })
    }

    fn addressed(&self, settings: &Settings, host: &str) -> InboundMessage {
        let ours: Vec<_> = self.recipients.iter().filter(|to| host_of(to) == host).cloned().collect();
        let from_ourselves = self.base.from_address.as_ref().is_some_and(|from| is_ours(settings, from));
        let answerable = self.answerable && !from_ourselves;
        InboundMessage {
            tenant_key: tenant_key(host),
            to_address: ours.first().cloned(),
            to_addresses: ours,
            auto_reply_allowed: if answerable { None } else { Some(false) },
            ..self.base.clone()
        }
    }
}

/// Who was really asked to take the mail, and from whom: what SMTP said.
struct Envelope {
    to: Vec<Address>,
    /// `Some("")` is the null sender of bounces.
    from: Option<String>,
}

impl Envelope {
    fn read(form: &Form<'_>) -> Self {
        let envelope = form.json("envelope");
        let to =
            loose::texts(&envelope, "to").iter().filter_map(|to| mailbox::address(to)).take(1_000).collect();
        Self { to, from: loose::text(&envelope, "from").map(|from| from.trim().to_owned()) }
    }

    /// Falls back to what the headers claim.
    fn recipients(&self, form: &Form<'_>, headers: &Headers) -> Vec<Address> {
        if !self.to.is_empty() {
            return self.to.clone();
        }
        let claimed = form.text("to").or_else(|| headers.get("to").map(str::to_owned)).unwrap_or_default();
        mailbox::parse_list(&claimed).into_iter().map(|mailbox| mailbox.address).collect()
    }

    fn is_bounce(&self) -> bool {
        self.from.as_deref().is_some_and(|from| matches!(from, "" | "<>"))
    }
}

fn sender(form: &Form<'_>, headers: &Headers, envelope: &Envelope) -> Option<Mailbox> {
    let first = |field: &str| mailbox::parse_list(field).into_iter().next();
    let in_header = || {
        let sender = first(headers.get("from")?)?;
        Some(Mailbox { name: sender.name.map(|name| mail::decoded(&name)), ..sender })
    };
    let named = form.text("from").and_then(|from| first(&from)).or_else(in_header);
    named.or_else(|| {
        let address = mailbox::address(envelope.from.as_deref()?)?;
        Some(Mailbox { name: None, address })
    })
}

fn one_line(text: &str) -> String {
    text.split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .chars()
        .filter(|c| !c.is_control())
        .take(998)
        .collect()
}

/// The parent and the ancestors, and the token behind the plus of our address.
fn add_thread(attributes: &mut Map<String, Value>, headers: &Headers, recipients: &[Address]) {
    if let Some(parent) = headers.in_reply_to() {
        attributes.insert("in_reply_to".into(), json!(parent));
    }
    let references = headers.references();
    if !references.is_empty() {
        attributes.insert("references".into(), json!(references));
    }
    let token = recipients.iter().find_map(|to| {
        let (local, _) = to.expose().rsplit_once('@')?;
        local.split_once('+').map(|(_, token)| token).filter(|token| !token.is_empty())
    });
    if let Some(token) = token {
        attributes.insert("thread_hint".into(), json!(token));
    }
}

/// What the receiving server found out about the mail. None of it proves the sender.
fn add_trust(attributes: &mut Map<String, Value>, form: &Form<'_>, from: Option<&Address>) {
    if let Some(spf) = form.word("SPF").or_else(|| form.word("spf")) {
        attributes.insert("spf".into(), json!(spf.to_lowercase()));
    }
    if let Some(dkim) = form.word("dkim") {
        let (summary, aligned) = dkim_summary(&dkim, from);
        attributes.insert("dkim".into(), json!(summary));
        attributes.insert("dkim_aligned".into(), json!(aligned));
    }
    if let Some(score) =
        form.word("spam_score").and_then(|score| score.parse::<f64>().ok()).filter(|s| s.is_finite())
    {
        attributes.insert("spam_score".into(), json!(score));
    }
}

/// `{@customer.example : pass, @other.example : fail}` is not JSON. The result of the
/// sender's own domain counts; without one, the worst. The flag says whether the sender's
/// own domain passed.
fn dkim_summary(field: &str, from: Option<&Address>) -> (String, bool) {
    let inner = field.trim().trim_start_matches('{').trim_end_matches('}');
    let results: Vec<(String, String)> = inner
        .split(',')
        .filter_map(|entry| entry.rsplit_once(':'))
        .map(|(domain, result)| {
            (domain.trim().trim_start_matches('@').to_lowercase(), result.trim().to_lowercase())
        })
        .take(100)
        .collect();
    let Some((_, first)) = results.first() else { return (inner.trim().to_lowercase(), false) };
    let host = from.map(host_of).unwrap_or_default();
    let own: Vec<_> = results.iter().filter(|(domain, _)| is_aligned(&host, domain)).collect();
    let aligned = own.iter().any(|(_, result)| result == "pass");
    let own_word = own.iter().find(|(_, result)| result == "pass").or(own.first()).map(|(_, result)| result);
    let worst = results.iter().map(|(_, result)| result).find(|result| *result != "pass");
    (own_word.or(worst).unwrap_or(first).clone(), aligned)
}

/// The signing domain is the sender's, or one above it.
fn is_aligned(host: &str, domain: &str) -> bool {
    !domain.is_empty()
        && (host == domain
            || host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.') && domain.contains('.')))
}

fn add_text(message: &mut InboundMessage, plain: Option<String>, html: Option<String>) {
    let html = html.filter(|html| !html.trim().is_empty());
    let plain = plain.filter(|plain| !plain.trim().is_empty());
    if html.is_some() {
        message.attributes.insert("has_html".into(), json!(true));
    }
    if plain.is_none() && html.is_some() {
        message.attributes.insert("text_derived_from_html".into(), json!(true));
    }
    let Some(words) = plain.or_else(|| html.map(|html| html::to_text(&html))) else { return };
    let words = words.replace("\r\n", "\n");
    let capped = text::cap(words.trim().to_owned());
    capped.note(&mut message.attributes);
    message.truncated = capped.full_len.is_some();
    if let Some(written) = quote::new_text(&capped.text) {
        message.attributes.insert("new_text".into(), json!(written));
    }
    message.text = Some(capped.text);
}

fn add_attachments(message: &mut InboundMessage, attachments: &[Attachment]) {
    if attachments.is_empty() {
        return;
    }
    message.message_type = MessageType::Media;
    let listed: Vec<_> = attachments.iter().map(Attachment::to_json).collect();
    message.attributes.insert("attachments".into(), json!(listed));
    message.media = attachments
        .iter()
        .map(|attachment| MediaRef {
            id: Some(attachment.field.clone()),
            mime: Some(attachment.mime.clone()),
            filename: Some(attachment.filename.clone()),
            size: u64::try_from(attachment.bytes).ok(),
            ..MediaRef::default()
        })
        .collect();
}

/// Without a `Message-ID` the id is made from what a repetition has in common.
fn add_id(message: &mut InboundMessage, headers: &Headers, form: &Form<'_>) {
    if let Some(id) = headers.message_id() {
        message.external_id = id;
        return;
    }
    let fields = ["envelope", "subject", "text", "html", "email", "rawEmail"];
    let mut seed = headers.get("date").unwrap_or_default().as_bytes().to_vec();
    for field in fields {
        seed.push(0);
        seed.extend_from_slice(&hmac::digest(form.bytes(field).unwrap_or_default()));
    }
    message.external_id = format!("sha256:{}", hmac::hex(&hmac::digest(&seed)));
    message.synthetic_id = true;
}

/// Whether a machine may answer: two that answer each other never stop.
fn add_manners(message: &mut InboundMessage, headers: &Headers, envelope: &Envelope) -> bool {
    if headers.is_auto_submitted() {
        message.attributes.insert("auto_submitted".into(), json!(true));
    }
    let from_machine = message.from_address.as_ref().is_none_or(|from| mail::is_machine(from.expose()));
    !headers.speak_against_answers() && !envelope.is_bounce() && !from_machine
}
