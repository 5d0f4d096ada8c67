//! The fixtures of this twin: names, descriptions, parameters.

use super::INBOX;
use crate::fixtures::{Fixture, Param, fixtures, text_param};

const FROM: Param = Param::new("from", "ana@sim.test", "who writes");
const NAME: Param = Param::new("name", "Ana Ruiz", "their name");
const TO: Param = Param::new("to", INBOX, "our address");
const SUBJECT: Param = Param::new("subject", "Booking 4711", "the subject");
const RECIPIENT: Param = Param::new("from", "ana@sim.test", "whom it was for, if the mail is unknown");
const MESSAGE: Param = Param::new("message", "", "the mail meant; empty: the last one sent");
const GROUP: Param = Param::new("group", "7", "the unsubscribe group");

#[rustfmt::skip]
pub(super) const CATALOGUE: &[Fixture] = fixtures!["sendgrid":
    ("email", "a mail as text and HTML", [text_param("Hello, is my booking 4711 confirmed?"), SUBJECT, FROM, NAME, TO]),
    ("html_only", "a mail without plain text", [text_param("Hello, is my booking 4711 confirmed?"), SUBJECT, FROM, NAME, TO]),
    ("reply", "an answer to a mail of ours, which it quotes", [text_param("Yes, that one."), Param::new("subject", "Re: Booking 4711", "the subject"), MESSAGE, FROM, NAME, TO]),
    ("plus_address", "a mail to an address with a conversation's token", [text_param("And the second question?"), Param::new("token", "c-0193b0c1", "the token behind the plus"), SUBJECT, FROM, NAME, TO]),
    ("attachment", "a mail with a PDF", [text_param("My voucher is attached."), SUBJECT, FROM, NAME, TO]),
    ("inline_image", "a mail that shows a photo", [text_param("Look at this:"), SUBJECT, FROM, NAME, TO]),
    ("raw", "a mail as one MIME message (send_raw)", [text_param("Hello, is my booking 4711 confirmed?"), SUBJECT, FROM, NAME, TO]),
    ("latin", "a mail in iso-8859-1", [text_param("Grüße aus São Paulo"), SUBJECT, FROM, NAME, TO]),
    ("bcc", "a mail that names us only in its envelope", [text_param("For your records."), SUBJECT, Param::new("header_to", "team@sim.test", "whom its header names"), FROM, NAME, TO]),
    ("spam", "a mail that fails SPF and DKIM and looks like spam", [text_param("You have won."), SUBJECT, FROM, NAME, TO]),
    ("auto_reply", "an out-of-office note", [text_param("I am away until Monday."), Param::new("subject", "Automatic reply: Booking 4711", "the subject"), FROM, NAME, TO]),
    ("list", "a mail from a mailing list", [text_param("This week's news."), Param::new("subject", "News", "the subject"), FROM, NAME, TO]),
    ("bounce_mail", "a report of non-delivery as a mail, with an empty sender in its envelope", [text_param("The following message could not be delivered."), Param::new("from", "mailer-daemon@sim.test", "who writes"), TO]),
    ("processed", "a mail was taken on", [MESSAGE, RECIPIENT]),
    ("deferred", "the receiving server asks to come back", [MESSAGE, RECIPIENT]),
    ("delivered", "the receiving server took a mail", [MESSAGE, RECIPIENT]),
    ("open", "a mail was opened", [Param::new("machine", "false", "true: by a machine"), MESSAGE, RECIPIENT]),
    ("click", "a link was followed", [Param::new("url", "https://acmetravel.test/trips/4711", "the link"), MESSAGE, RECIPIENT]),
    ("bounce", "the receiving server does not know the address: it is suppressed", [MESSAGE, RECIPIENT]),
    ("blocked", "the receiving server refuses this time", [MESSAGE, RECIPIENT]),
    ("dropped", "SendGrid did not try", [Param::new("reason", "Bounced Address", "Bounced Address, Unsubscribed Address, Spam Reporting Address, Invalid, Spam Content or Recipient List over Package Quota"), MESSAGE, RECIPIENT]),
    ("spam_report", "a mail was reported as spam: the address is suppressed", [MESSAGE, RECIPIENT]),
    ("unsubscribe", "somebody unsubscribed from everything", [MESSAGE, RECIPIENT]),
    ("group_unsubscribe", "somebody unsubscribed from a group", [GROUP, MESSAGE, RECIPIENT]),
    ("group_resubscribe", "somebody subscribed to a group again", [GROUP, MESSAGE, RECIPIENT]),
    ("batch", "processed, delivered and opened in one callback, the last first", [MESSAGE, RECIPIENT]),
    ("unknown", "an event about the account, not about a mail", [Param::new("type", "account_status_change", "its name"), RECIPIENT]),
    ("bad_signature", "a mail whose signature is of another key", [text_param("believe me"), SUBJECT, FROM, NAME, TO]),
];
