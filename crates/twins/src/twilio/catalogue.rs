//! The fixtures of this twin: names, descriptions, parameters.

use super::{RCS_SENDER, SMS_NUMBER, WHATSAPP_NUMBER};
use crate::fixtures::{Fixture, Param, fixtures, text_param};

const FROM: Param = Param::new("from", "+15550001001", "who writes");
const TO: Param = Param::new("to", SMS_NUMBER, "our number");
const WHATSAPP_TO: Param = Param::new("to", WHATSAPP_NUMBER, "our WhatsApp sender");
const RCS_TO: Param = Param::new("to", RCS_SENDER, "our RCS sender");
const NAME: Param = Param::new("name", "Ana Ruiz", "their profile name");
const MESSAGE: Param = Param::new("message", "", "the message meant; empty: the last one sent");
const OPT_OUT_TYPE: Param =
    Param::new("opt_out_type", "", "set with Advanced Opt-Out: STOP, START or HELP; empty: left out");

#[rustfmt::skip]
pub(super) const CATALOGUE: &[Fixture] = fixtures!["twilio":
    ("sms", "a text message", [text_param("Hello, is my booking 4711 confirmed?"), FROM, TO]),
    ("mms", "a text message with a photo that can be fetched from the twin", [text_param("look"), FROM, TO]),
    ("whatsapp", "a WhatsApp text", [text_param("Hello, is my booking 4711 confirmed?"), FROM, NAME, WHATSAPP_TO]),
    ("whatsapp_image", "a WhatsApp photo", [text_param(""), FROM, NAME, WHATSAPP_TO]),
    ("whatsapp_voice", "a WhatsApp voice note", [FROM, NAME, WHATSAPP_TO]),
    ("whatsapp_document", "a PDF on WhatsApp", [text_param(""), FROM, NAME, WHATSAPP_TO]),
    ("whatsapp_button", "a tap on a quick-reply button", [text_param("Confirm"), Param::new("payload", "CONFIRM#5512", "the button's payload"), MESSAGE, FROM, NAME, WHATSAPP_TO]),
    ("whatsapp_list", "a choice from a list", [Param::new("id", "dept-3", "the item's id"), Param::new("title", "Billing", "its title"), FROM, NAME, WHATSAPP_TO]),
    ("whatsapp_location", "a place", [Param::new("latitude", "51.50335", "degrees north"), Param::new("longitude", "-0.119519", "degrees east"), Param::new("place", "London Eye", "its name"), Param::new("address", "Westminster Bridge Rd, London", "its address"), FROM, NAME, WHATSAPP_TO]),
    ("whatsapp_reply", "an answer that quotes a message", [text_param("yes, that one"), MESSAGE, FROM, NAME, WHATSAPP_TO]),
    ("whatsapp_referral", "a first message from an advertisement", [text_param("Hello from the ad"), Param::new("headline", "Chat now", "the advertisement's headline"), FROM, NAME, WHATSAPP_TO]),
    ("rcs", "an RCS text", [text_param("Hello, is my booking 4711 confirmed?"), FROM, RCS_TO]),
    ("rcs_button", "a tap on a suggested reply", [text_param("Confirm"), Param::new("payload", "CONFIRM#5512", "the reply's payload"), FROM, RCS_TO]),
    ("stop", "STOP: Twilio blocks the pair, sends to it fail with 21610", [text_param("STOP"), OPT_OUT_TYPE, FROM, TO]),
    ("start", "START: Twilio lifts the block", [text_param("START"), OPT_OUT_TYPE, FROM, TO]),
    ("help", "HELP", [text_param("HELP"), OPT_OUT_TYPE, FROM, TO]),
    ("status_sent", "a message left", [MESSAGE, FROM]),
    ("status_delivered", "a message arrived", [MESSAGE, FROM]),
    ("status_read", "a message was read", [MESSAGE, FROM]),
    ("status_failed", "a message did not arrive", [Param::new("code", "30003", "Twilio's error code"), Param::new("status", "undelivered", "undelivered or failed"), MESSAGE, FROM]),
    ("voice", "an incoming call", [FROM, TO]),
    ("bad_signature", "a text whose signature is wrong", [text_param("believe me"), FROM, TO]),
];
