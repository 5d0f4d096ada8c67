//! The header block of a mail, and what it says about threads and machines.

use omni_core::time::Timestamp;

/// Most header lines that are read.
const MOST: usize = 2_000;
/// Most characters of a field that are decoded.
const MOST_DECODED: usize = 8_000;
/// Most ancestors that are kept.
const MOST_REFERENCES: usize = 50;

/// The headers, unfolded, in order.
pub(super) struct Headers(Vec<(String, String)>);

impl Headers {
    /// Reads a block up to its first empty line, with either kind of line end.
    pub(super) fn parse(block: &str) -> Self {
        let mut headers: Vec<(String, String)> = Vec::new();
        for line in block.trim_start_matches(['\r', '\n']).lines().take(MOST) {
            if line.is_empty() {
                break;
            }
            if line.starts_with([' ', '\t']) {
                if let Some((_, value)) = headers.last_mut() {
                    value.push(' ');
                    value.push_str(line.trim());
                }
            } else if let Some((name, value)) = line.split_once(':') {
                headers.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
            }
        }
        Self(headers)
    }

    /// The first header of that name, lower case.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// The mail's own id, without its brackets.
    pub(super) fn message_id(&self) -> Option<String> {
        ids(self.get("message-id")?).next()
    }

    /// The id of the mail that this one answers.
    pub(super) fn in_reply_to(&self) -> Option<String> {
        ids(self.get("in-reply-to")?).next()
    }

    /// Its ancestors, the oldest first; the latest fifty.
    pub(super) fn references(&self) -> Vec<String> {
        // From the end: a hostile header may name millions.
        let latest = ids(self.get("references").unwrap_or_default()).rev().take(MOST_REFERENCES);
        let mut references: Vec<_> = latest.collect();
        references.reverse();
        references
    }

    /// When it was written.
    pub(super) fn date(&self) -> Option<Timestamp> {
        parse_date(self.get("date")?)
    }

    /// Whether a machine says that it wrote the mail by itself (RFC 3834).
    pub(super) fn is_auto_submitted(&self) -> bool {
        let value = self.get("auto-submitted").unwrap_or("no");
        !value.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("no")
    }

    /// Whether an automatic answer could start or feed a loop.
    pub(super) fn speak_against_answers(&self) -> bool {
        let precedence = self.get("precedence").unwrap_or_default().trim().to_ascii_lowercase();
        let suppress = self.get("x-auto-response-suppress").unwrap_or_default().trim();
        self.is_auto_submitted()
            || matches!(precedence.as_str(), "bulk" | "list" | "junk" | "auto_reply")
            || !matches!(suppress.to_ascii_lowercase().as_str(), "" | "none")
            || self.get("list-id").is_some()
    }
}

/// The ids in a header: `<a@b> <c@d>`; without brackets, its words.
fn ids(value: &str) -> impl DoubleEndedIterator<Item = String> + '_ {
    value
        .split(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | ','))
        .filter(|id| !id.is_empty() && id.len() <= 998 && !id.chars().any(char::is_control))
        .map(str::to_owned)
}

/// The words of a header field as people read them: its encoded words (RFC 2047) resolved.
pub(super) fn decoded(field: &str) -> String {
    let field: String = field.chars().take(MOST_DECODED).collect();
    if !field.contains("=?") {
        return field;
    }
    let line = format!("Subject: {}\r\n\r\n", field.replace(['\r', '\n'], " "));
    let message = mail_parser::MessageParser::default().parse(line.as_bytes());
    let words = message.as_ref().and_then(|message| message.subject());
    words.map_or(field, str::to_owned)
}

/// A date of RFC 5322.
pub(super) fn parse_date(text: &str) -> Option<Timestamp> {
    let date = mail_parser::DateTime::parse_rfc822(text.get(..100).unwrap_or(text))?;
    date.is_valid().then(|| Timestamp::from_secs(date.to_timestamp()))
}

/// Senders that no person reads.
pub(super) fn is_machine(address: &str) -> bool {
    let local = address.split('@').next().unwrap_or_default().to_ascii_lowercase();
    let local = local.split('+').next().unwrap_or_default();
    let names = ["mailer-daemon", "postmaster", "bounce", "bounces"];
    let plain: String = local.chars().filter(char::is_ascii_alphanumeric).collect();
    names.contains(&local) || plain.starts_with("noreply") || plain.starts_with("donotreply")
}
