//! Inbound Parse: a mail as SendGrid posts it.

use std::time::Duration;

use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::SendGrid;
use super::mail::Mail;
use crate::callbacks::{Callback, RetryOn, RetryRule};
use crate::dates::rfc_2822;

/// SendGrid goes on for three days where the server fails or is silent; a 4xx is final.
const RETRIES: RetryRule = RetryRule {
    waits: &[
        Duration::from_secs(1),
        Duration::from_secs(10),
        Duration::from_secs(60),
        Duration::from_secs(300),
        Duration::from_secs(600),
    ],
    timeout: Duration::from_secs(20),
    total: Duration::from_secs(3_600),
    only_200: false,
    on: RetryOn { not_connected: true, no_answer: true, client_error: false, server_error: true },
};

const BOUNDARY: &str = "xYzZY";

/// Parts, or the whole message in one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    Parts,
    Raw,
}

impl SendGrid {
    /// The callback that brings a mail.
    pub(super) fn inbound(&self, what: &'static str, mail: &Mail, mode: Mode, forged: bool) -> Callback {
        let date = rfc_2822(self.desk.now());
        let headers = vec![
            ("content-type", format!("multipart/form-data; boundary={BOUNDARY}")),
            ("user-agent", "Sendgrid/1.0".to_owned()),
        ];
        let url = format!("{}/inbound/{}", self.desk.webhook_url(), self.path_token.expose());
        let (id, body) = (mail.message_id.clone(), form(mail, mode, &date));
        let callback = Callback { what, id, url, headers, body, rule: RETRIES };
        if self.policies.lock().signs() { self.signed(callback, &self.parse_key, forged) } else { callback }
    }
}

/// A multipart form that is being written.
#[derive(Default)]
struct Form(Vec<u8>);

impl Form {
    fn part(&mut self, head: &str, body: &[u8]) {
        self.0.extend_from_slice(format!("--{BOUNDARY}\r\n{head}\r\n\r\n").as_bytes());
        self.0.extend_from_slice(body);
        self.0.extend_from_slice(b"\r\n");
    }

    fn bytes(&mut self, name: &str, body: &[u8]) {
        self.part(&format!("Content-Disposition: form-data; name=\"{name}\""), body);
    }

    fn field(&mut self, name: &str, text: &str) {
        self.bytes(name, text.as_bytes());
    }

    fn finish(mut self) -> Bytes {
        self.0.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
        self.0.into()
    }
}

fn form(mail: &Mail, mode: Mode, date: &str) -> Bytes {
    let mut form = Form::default();
    if mode == Mode::Parts {
        form.field("headers", &mail.head(date, "multipart/mixed; boundary=\"=_sim_part\""));
    }
    let host = mail.from.rsplit('@').next().unwrap_or_default();
    form.field("dkim", &format!("{{@{host} : {}}}", mail.dkim));
    form.field("to", &mail.to);
    form.field("from", &mail.sender());
    form.field("subject", &mail.subject);
    form.field("sender_ip", "198.51.100.23");
    let envelope = json!({ "to": [mail.envelope_to], "from": mail.envelope_from });
    form.field("envelope", &envelope.to_string());
    form.field("SPF", mail.spf);
    if let Some(score) = mail.spam_score {
        form.field("spam_score", score);
        form.field("spam_report", "Spam detection software, running on the system \"mx.sim.test\"");
    }
    match mode {
        Mode::Raw => form.field("email", &mail.mime(date)),
        Mode::Parts => add_parts(&mut form, mail),
    }
    form.field("charsets", &charsets(mail).to_string());
    form.finish()
}

fn charsets(mail: &Mail) -> Value {
    let words = if mail.is_latin { "iso-8859-1" } else { "UTF-8" };
    let mut charsets = json!({ "to": "UTF-8", "from": "UTF-8", "subject": "UTF-8" });
    for (name, present) in [("text", mail.text.is_some()), ("html", mail.html.is_some())] {
        if present {
            charsets[name] = json!(words);
        }
    }
    charsets
}

fn add_parts(form: &mut Form, mail: &Mail) {
    for (name, words) in [("text", &mail.text), ("html", &mail.html)] {
        let Some(words) = words else { continue };
        if mail.is_latin { form.bytes(name, &latin(words)) } else { form.field(name, words) }
    }
    form.field("attachments", &mail.attachments.len().to_string());
    let (mut info, mut ids) = (Map::new(), Map::new());
    for (number, file) in (1..).zip(&mail.attachments) {
        let (name, sample) = (format!("attachment{number}"), file.sample);
        let mime = sample.mime.split(';').next().unwrap_or_default();
        let head = format!(
            "Content-Disposition: form-data; name=\"{name}\"; filename=\"{}\"\r\nContent-Type: {mime}",
            sample.filename
        );
        form.part(&head, sample.bytes);
        let mut known = json!({ "filename": sample.filename, "name": sample.filename, "type": mime });
        if let Some(id) = file.content_id {
            known["content-id"] = json!(id);
            ids.insert(id.to_owned(), json!(name));
        }
        info.insert(name, known);
    }
    if !info.is_empty() {
        form.field("attachment-info", &Value::from(info).to_string());
    }
    if !ids.is_empty() {
        form.field("content-ids", &Value::from(ids).to_string());
    }
}

/// Characters beyond latin-1 become question marks.
fn latin(text: &str) -> Vec<u8> {
    text.chars().map(|c| u8::try_from(c).unwrap_or(b'?')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::multipart;
    use crate::samples::PHOTO;
    use crate::sendgrid::mail::Attachment;

    fn parts(mail: &Mail, mode: Mode) -> Vec<(String, Option<String>, Bytes)> {
        let body = form(mail, mode, "Thu, 20 Nov 2025 15:00:00 +0000");
        let parts = multipart::parts("multipart/form-data; boundary=xYzZY", &body).unwrap();
        parts.into_iter().map(|part| (part.name, part.filename, part.body)).collect()
    }

    fn mail() -> Mail {
        Mail {
            from: "ana@customer.example".into(),
            to: "support@in.acmetravel.test".into(),
            text: Some("Olá €".into()),
            html: Some("<img src=\"cid:ii_1\">".into()),
            attachments: vec![Attachment { sample: PHOTO, content_id: Some("ii_1") }],
            ..Mail::default()
        }
    }

    #[test]
    fn a_mail_in_parts() {
        let parts = parts(&Mail { is_latin: true, ..mail() }, Mode::Parts);
        let part = |name: &str| parts.iter().find(|part| part.0 == name).map(|part| part.2.clone()).unwrap();
        let text = |name: &str| String::from_utf8(part(name).to_vec()).unwrap();
        assert_eq!(part("text"), &b"Ol\xe1 ?"[..]);
        assert_eq!(part("attachment1"), PHOTO.bytes);
        assert_eq!(text("content-ids"), r#"{"ii_1":"attachment1"}"#);
        assert_eq!(text("attachments"), "1");
        assert!(text("charsets").contains(r#""text":"iso-8859-1""#));
        assert!(text("dkim").starts_with("{@customer.example : "));
        assert!(parts.iter().any(|part| part.1.as_deref() == Some("photo.png")));
        assert!(parts.iter().all(|part| part.0 != "email"));
    }

    #[test]
    fn a_mail_in_one() {
        let parts = parts(&mail(), Mode::Raw);
        let names: Vec<_> = parts.iter().map(|part| part.0.as_str()).collect();
        assert!(names.contains(&"email"));
        assert!(!names.contains(&"headers") && !names.contains(&"text") && !names.contains(&"attachment1"));
    }
}
