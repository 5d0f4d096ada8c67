//! A mail that a person (or a machine) sends us, as SendGrid's servers see it.

use crate::samples::Sample;

/// One file in it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Attachment {
    pub(super) sample: Sample,
    /// Set if the HTML shows it (`cid:…`).
    pub(super) content_id: Option<&'static str>,
}

/// A mail and what its envelope said.
#[derive(Debug, Clone, Default)]
pub(super) struct Mail {
    /// Without brackets.
    pub(super) message_id: String,
    pub(super) from: String,
    pub(super) from_name: String,
    /// The header, which may lie.
    pub(super) to: String,
    pub(super) subject: String,
    pub(super) text: Option<String>,
    pub(super) html: Option<String>,
    /// Further headers, in order.
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) attachments: Vec<Attachment>,
    /// Whom SMTP was asked to deliver to.
    pub(super) envelope_to: String,
    /// Empty for bounces.
    pub(super) envelope_from: String,
    pub(super) spf: &'static str,
    /// `pass` or `fail`.
    pub(super) dkim: &'static str,
    pub(super) spam_score: Option<&'static str>,
    /// Text in latin-1 instead of UTF-8.
    pub(super) is_latin: bool,
}

impl Mail {
    /// `Ana Ruiz <ana@customer.example>`.
    pub(super) fn sender(&self) -> String {
        if self.from_name.is_empty() {
            self.from.clone()
        } else {
            format!("{} <{}>", self.from_name, self.from)
        }
    }

    /// The header block, ending in a line end.
    pub(super) fn head(&self, date: &str, content_type: &str) -> String {
        let mut head = format!(
            "Received: by mx.sim.test with SMTP id {}; {date}\r\nMIME-Version: 1.0\r\nDate: {date}\r\n\
             From: {}\r\nTo: {}\r\nSubject: {}\r\nMessage-ID: <{}>\r\n",
            self.message_id.split('@').next().unwrap_or_default(),
            self.sender(),
            self.to,
            self.subject,
            self.message_id,
        );
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str(&format!("Content-Type: {content_type}\r\n"));
        head
    }

    /// The whole message (RFC 5322) with its parts.
    pub(super) fn mime(&self, date: &str) -> String {
        const BOUNDARY: &str = "=_sim_part";
        let mut mime = self.head(date, &format!("multipart/mixed; boundary=\"{BOUNDARY}\""));
        let mut part = |head: &str, body: &str| {
            mime.push_str(&format!("\r\n--{BOUNDARY}\r\n{head}\r\n\r\n{body}"));
        };
        let words = [("text/plain", &self.text), ("text/html", &self.html)];
        for (kind, words) in words {
            if let Some(words) = words {
                let head = format!("Content-Type: {kind}; charset=utf-8\r\nContent-Transfer-Encoding: 8bit");
                part(&head, words);
            }
        }
        for file in &self.attachments {
            let (mime, name) = (file.sample.mime, file.sample.filename);
            let head = format!(
                "Content-Type: {mime}; name=\"{name}\"\r\nContent-Transfer-Encoding: base64\r\n\
                 Content-Disposition: attachment; filename=\"{name}\"",
            );
            part(&head, &base64_lines(file.sample.bytes));
        }
        mime.push_str(&format!("\r\n--{BOUNDARY}--\r\n"));
        mime
    }
}

/// Base64 in lines of 76.
fn base64_lines(bytes: &[u8]) -> String {
    use base64::Engine as _;
    let chunks = bytes.chunks(57).map(|line| base64::engine::general_purpose::STANDARD.encode(line));
    chunks.collect::<Vec<_>>().join("\r\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::VOUCHER;

    #[test]
    fn writes_mime() {
        let mail = Mail {
            message_id: "1@mail.customer.example".into(),
            from: "ana@customer.example".into(),
            from_name: "Ana Ruiz".into(),
            to: "support@in.acmetravel.test".into(),
            subject: "Hello".into(),
            text: Some("hi".into()),
            headers: vec![("In-Reply-To", "<0@acmetravel.test>".into())],
            attachments: vec![Attachment { sample: VOUCHER, content_id: None }],
            ..Mail::default()
        };
        let mime = mail.mime("Thu, 20 Nov 2025 15:00:00 +0000");
        let (head, rest) = mime.split_once("\r\n\r\n").unwrap();
        for line in [
            "From: Ana Ruiz <ana@customer.example>",
            "Message-ID: <1@mail.customer.example>",
            "In-Reply-To: <0@acmetravel.test>",
            "Date: Thu, 20 Nov 2025 15:00:00 +0000",
        ] {
            assert!(head.lines().any(|given| given == line), "{line}");
        }
        assert_eq!(rest.matches("--=_sim_part\r\n").count(), 2);
        assert!(rest.ends_with("\r\n--=_sim_part--\r\n"));
        assert!(rest.lines().all(|line| line.len() <= 76));
    }
}
