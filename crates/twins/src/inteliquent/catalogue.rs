//! The fixtures of this twin: names, descriptions, parameters.

use super::NUMBER;
use crate::fixtures::{Fixture, Param, fixtures, text_param};

const FROM: Param = Param::new("from", "15550001001", "who writes: 10 or 11 digits, or with a plus");
const TO: Param = Param::new("to", NUMBER, "our number");
const RECIPIENT: Param = Param::new("from", "15550001001", "whom it was for, if the message is unknown");
const MESSAGE: Param = Param::new("message", "", "the message meant; empty: the last one sent");

#[rustfmt::skip]
pub(super) const CATALOGUE: &[Fixture] = fixtures!["inteliquent":
    ("text", "a text message", [text_param("Hello, is my booking 4711 confirmed?"), FROM, TO]),
    ("mms", "a photo with words and its layout", [text_param("look"), FROM, TO]),
    ("group", "a text to us and others", [text_param("team dinner?"), Param::new("members", "15550001002,15550001003", "the others, with commas between"), FROM, TO]),
    ("short_code", "a text from a short code, which nobody reads", [text_param("Your code is 123456"), Param::new("from", "72345", "the short code"), TO]),
    ("stop", "STOP", [text_param("STOP"), FROM, TO]),
    ("start", "START", [text_param("START"), FROM, TO]),
    ("help", "HELP", [text_param("HELP"), FROM, TO]),
    ("no_reference", "a text without referenceId", [text_param("who am I?"), FROM, TO]),
    ("alias", "a text in the names that other descriptions use: messageId, body, attachments", [text_param("hello"), FROM, TO]),
    ("sinch_text", "a text in the shape of Sinch's SMS API", [text_param("hello"), FROM, TO]),
    ("sinch_binary", "a binary message in that shape: nothing that people write", [FROM, TO]),
    ("sinch_report", "a delivery report in that shape", [Param::new("status", "Delivered", "Delivered, Failed, Rejected, …"), Param::new("code", "0", "its code"), MESSAGE, RECIPIENT]),
    ("receipt_delivered", "a receipt without a word: delivery is to be assumed", [MESSAGE, RECIPIENT]),
    ("receipt_confirmed", "a receipt that says DELIVRD", [MESSAGE, RECIPIENT]),
    ("receipt_enroute", "a receipt that says ENROUTE", [MESSAGE, RECIPIENT]),
    ("receipt_failed", "a receipt that says UNDELIV", [Param::new("code", "34", "SMPP's error number"), MESSAGE, RECIPIENT]),
    ("receipt_expired", "a receipt that says EXPIRED", [MESSAGE, RECIPIENT]),
    ("receipt_rejected", "a receipt with members for status and reason", [Param::new("reason", "Blocked", "why"), MESSAGE, RECIPIENT]),
    ("receipt_unknown", "a receipt that says UNKNOWN: it may have arrived", [MESSAGE, RECIPIENT]),
    ("bad_signature", "a text whose token is wrong", [text_param("believe me"), FROM, TO]),
];
