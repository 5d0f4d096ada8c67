//! The fixtures of this twin: names, descriptions, parameters.

use super::PHONE_NUMBER_ID;
use crate::fixtures::{Fixture, Param, fixtures, text_param};

const FROM: Param = Param::new("from", "+15550001001", "who writes");
const NAME: Param = Param::new("name", "Ana Ruiz", "their profile name");
const TO: Param = Param::new("to", PHONE_NUMBER_ID, "the phone_number_id that they write to");
const REPLY_TO: Param = Param::new("reply_to", "", "the message that it answers; empty: the last one sent");
const MESSAGE: Param = Param::new("message", "", "the message meant; empty: the last one");
const CAPTION: Param = Param::new("caption", "", "the caption; empty for none");

#[rustfmt::skip]
pub(super) const CATALOGUE: &[Fixture] = fixtures!["whatsapp":
    ("text", "a text message", [text_param("Hello, is my booking 4711 confirmed?"), FROM, NAME, TO]),
    ("forwarded", "a text that was forwarded many times", [text_param("Have you seen this?"), FROM, NAME, TO]),
    ("username", "a text from a person who hides the phone number", [text_param("hello"), Param::new("user_id", "US.7Qk20Xd3aLm", "the business-scoped user id"), NAME, TO]),
    ("image", "a photo; its bytes can be fetched from the twin", [CAPTION, FROM, NAME, TO]),
    ("video", "a video", [CAPTION, FROM, NAME, TO]),
    ("document", "a PDF", [Param::new("filename", "voucher.pdf", "its name"), CAPTION, FROM, NAME, TO]),
    ("voice", "a voice note", [FROM, NAME, TO]),
    ("sticker", "a sticker", [FROM, NAME, TO]),
    ("media_unavailable", "media that Meta could not fetch (131052)", [FROM, NAME, TO]),
    ("location", "a place", [Param::new("latitude", "51.50335", "degrees north"), Param::new("longitude", "-0.119519", "degrees east"), Param::new("place", "London Eye", "its name"), Param::new("address", "Westminster Bridge Rd, London", "its address"), FROM, NAME, TO]),
    ("contacts", "a contact card", [Param::new("contact_name", "Ben Ode", "whose card"), Param::new("contact_phone", "+15550001002", "the number on it"), FROM, NAME, TO]),
    ("button_reply", "a tap on a reply button", [Param::new("id", "yes", "the button's id"), Param::new("title", "Yes", "its title"), REPLY_TO, FROM, NAME, TO]),
    ("list_reply", "a choice from a list", [Param::new("id", "dept-3", "the row's id"), Param::new("title", "Billing", "its title"), Param::new("description", "Invoices, refunds", "its description"), REPLY_TO, FROM, NAME, TO]),
    ("template_button", "a tap on a template's quick-reply button", [Param::new("payload", "CONFIRM#5512", "the button's payload"), text_param("Confirm"), REPLY_TO, FROM, NAME, TO]),
    ("form_reply", "a completed flow", [Param::new("response", r#"{"flow_token":"demo","seats":2}"#, "its answers, as JSON text"), REPLY_TO, FROM, NAME, TO]),
    ("reaction", "a reaction to a message; no emoji takes it back", [Param::new("emoji", "👍", "the emoji; empty removes it"), MESSAGE, FROM, NAME, TO]),
    ("order", "an order from the catalogue", [text_param("please gift wrap"), Param::new("product", "SKU-9", "the product"), Param::new("quantity", "2", "how many"), FROM, NAME, TO]),
    ("referral", "a first message from an advertisement", [text_param("Hello from the ad"), Param::new("headline", "Chat now", "the advertisement's headline"), Param::new("ctwa_clid", "ARdemo-clid", "its click id"), FROM, NAME, TO]),
    ("edit", "an edit of a message", [text_param("Hello, is my booking 4712 confirmed?"), Param::new("message", "", "the message edited; empty: their last one"), FROM, NAME, TO]),
    ("revoke", "a message taken back", [Param::new("message", "", "the message taken back; empty: their last one"), FROM, NAME, TO]),
    ("stop_marketing", "a person stops marketing messages", [FROM, NAME, TO]),
    ("resume_marketing", "a person takes marketing messages again", [FROM, NAME, TO]),
    ("number_changed", "a person changes the phone number", [Param::new("new_number", "+15550001003", "the new number"), FROM, NAME, TO]),
    ("user_id_changed", "a person who hides the phone number gets another user id", [Param::new("user_id", "US.7Qk20Xd3aLm", "the user id until now"), Param::new("new_user_id", "US.9Zz81", "the new user id"), NAME, TO]),
    ("unsupported", "a kind of message that the API does not carry", [Param::new("kind", "poll_creation", "what it was"), FROM, NAME, TO]),
    ("echo", "a colleague answers in the WhatsApp Business app", [text_param("I'll look into it"), Param::new("to", "+15550001001", "whom they answer")]),
    ("status_delivered", "a message arrived", [MESSAGE, FROM]),
    ("status_read", "a message was read", [MESSAGE, FROM]),
    ("status_played", "a voice note was listened to", [MESSAGE, FROM]),
    ("status_failed", "a message failed after acceptance", [Param::new("code", "131026", "Meta's error code"), MESSAGE, FROM]),
    ("account_error", "an error of the whole number", [Param::new("code", "130429", "Meta's error code"), TO]),
    ("template_status", "Meta decided about a template", [Param::new("template", "spring_offer", "its name"), Param::new("status", "PAUSED", "APPROVED, REJECTED, PAUSED, DISABLED, …"), Param::new("reason", "NONE", "Meta's reason")]),
    ("batch", "several texts in one request", [Param::new("count", "3", "how many, 1 to 100"), text_param("message"), FROM, NAME, TO]),
    ("bad_signature", "a text whose signature is wrong", [text_param("believe me"), FROM, NAME, TO]),
];
