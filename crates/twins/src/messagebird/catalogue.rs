//! The fixtures of this twin: names, descriptions, parameters.
//!
//! Those that begin with `bird_` and `platform_` need a connection of that generation; the
//! others speak the first one.

use super::{SHORT_CODE, SMS_NUMBER};
use crate::fixtures::{Fixture, Param, fixtures, text_param};

const FROM: Param = Param::new("from", "+15550001001", "who writes");
const TO: Param = Param::new("to", SMS_NUMBER, "our number");
const NAME: Param = Param::new("name", "Ana Ruiz", "their first name");
const ABOUT: Param = Param::new("from", "+15550001001", "whom the message went to, if nobody knows it");
const MESSAGE: Param = Param::new("message", "", "the message meant; empty: the last one sent");
const CODE: Param = Param::new("code", "1", "MessageBird's error code");

#[rustfmt::skip]
pub(super) const CATALOGUE: &[Fixture] = fixtures!["messagebird":
    ("sms", "a text message", [text_param("Hello, is my booking 4711 confirmed?"), FROM, TO]),
    ("sms_json", "a text message as Flow Builder posts it", [text_param("Hello, is my booking 4711 confirmed?"), FROM, TO]),
    ("sms_short_code", "a text message to a short code, whose fields have other names", [text_param("VOTE 3"), FROM, Param::new("to", SHORT_CODE, "our short code")]),
    ("sms_alpha_sender", "a text message from a name, which cannot be answered", [text_param("Your parcel is on its way"), Param::new("from", "PostNL", "who writes"), TO]),
    ("mms", "a photo that can be fetched from the twin with the access key", [text_param("look"), Param::new("subject", "", "its subject"), FROM, TO]),
    ("stop", "STOP: nobody but the gateway answers it", [text_param("STOP"), FROM, TO]),
    ("start", "START", [text_param("START"), FROM, TO]),
    ("help", "HELP", [text_param("HELP"), FROM, TO]),
    ("status_sent", "an SMS left", [MESSAGE, ABOUT]),
    ("status_delivered", "an SMS arrived", [MESSAGE, ABOUT]),
    ("status_failed", "an SMS did not arrive", [CODE, MESSAGE, ABOUT]),
    ("status_expired", "an SMS could not be delivered in time", [MESSAGE, ABOUT]),
    ("bad_signature", "a text whose token is signed with a wrong key", [text_param("believe me"), FROM, TO]),
    ("expired_token", "a text whose token was good ten minutes ago", [text_param("sorry, I am late"), FROM, TO]),
    ("whatsapp", "a WhatsApp text (Conversations API)", [text_param("Hello, is my booking 4711 confirmed?"), FROM, NAME]),
    ("whatsapp_image", "a WhatsApp photo", [text_param(""), FROM, NAME]),
    ("whatsapp_voice", "a WhatsApp recording", [FROM, NAME]),
    ("whatsapp_document", "a PDF on WhatsApp", [text_param(""), FROM, NAME]),
    ("whatsapp_location", "a place", [Param::new("latitude", "51.50335", "degrees north"), Param::new("longitude", "-0.119519", "degrees east"), FROM, NAME]),
    ("whatsapp_button", "a tap on a button", [Param::new("id", "slot:0900", "the button's id"), text_param("9:00"), FROM, NAME]),
    ("whatsapp_list", "a choice from a list", [Param::new("id", "dept-3", "the row's id"), text_param("Billing"), FROM, NAME]),
    ("whatsapp_order", "an order from the catalogue", [Param::new("product", "SKU-1", "what is ordered"), Param::new("quantity", "2", "how many"), text_param("please"), FROM, NAME]),
    ("whatsapp_unsupported", "a type of message that nobody has heard of", [FROM, NAME]),
    ("inbox_reply", "an agent answers in MessageBird's own inbox", [text_param("I will look into it"), FROM]),
    ("conversation_started", "a conversation begins", [FROM]),
    ("conversation_archived", "a conversation ends", [FROM]),
    ("whatsapp_status_delivered", "a WhatsApp message arrived", [MESSAGE, ABOUT]),
    ("whatsapp_status_read", "a WhatsApp message was read", [MESSAGE, ABOUT]),
    ("whatsapp_status_failed", "a WhatsApp message did not arrive", [Param::new("code", "301", "301: outside the window"), MESSAGE, ABOUT]),
    ("replayed_token", "the last callback of the first generation again, token and all (a new one if there is none)", [text_param("once more"), FROM, TO]),
    ("bird_sms", "a text message over the Channels API", [text_param("Hello, is my booking 4711 confirmed?"), FROM]),
    ("bird_whatsapp", "a WhatsApp text over the Channels API", [text_param("Hello, is my booking 4711 confirmed?"), FROM, NAME]),
    ("bird_whatsapp_image", "a WhatsApp photo over the Channels API", [text_param(""), FROM, NAME]),
    ("bird_whatsapp_button", "a tap on a button over the Channels API", [text_param("9:00"), Param::new("payload", "slot:0900", "the button's payload"), FROM, NAME]),
    ("bird_unsupported", "a type that nobody has heard of, over the Channels API", [FROM]),
    ("bird_status_delivered", "a message of the Channels API arrived", [MESSAGE, ABOUT]),
    ("bird_status_failed", "a message of the Channels API did not arrive", [CODE, MESSAGE, ABOUT]),
    ("bird_bad_signature", "a text over the Channels API whose signature is wrong", [text_param("believe me"), FROM]),
    ("platform_sms", "a text message over the platform", [text_param("Hello, is my booking 4711 confirmed?"), FROM]),
    ("platform_stop", "STOP: the platform suppresses the person for our number", [text_param("STOP"), FROM]),
    ("platform_start", "START: the platform lets the person through again", [text_param("START"), FROM]),
    ("platform_suppression", "the platform tells that somebody is suppressed", [FROM]),
    ("platform_whatsapp", "a WhatsApp text over the platform", [text_param("Hello, is my booking 4711 confirmed?"), FROM, Param::new("user_id", "", "their WhatsApp user id instead of a number")]),
    ("platform_whatsapp_image", "a WhatsApp photo over the platform", [text_param(""), FROM]),
    ("platform_whatsapp_document", "a PDF on WhatsApp over the platform", [text_param(""), FROM]),
    ("platform_whatsapp_button", "a tap on a button over the platform", [Param::new("id", "slot:0900", "the button's slug"), text_param("9:00"), FROM]),
    ("platform_whatsapp_unsupported", "a type that nobody has heard of, over the platform", [FROM]),
    ("platform_reaction", "a reaction to a WhatsApp message of ours", [Param::new("emoji", "👍", "the reaction"), MESSAGE, FROM]),
    ("platform_status_delivered", "an SMS of the platform arrived", [MESSAGE, ABOUT]),
    ("platform_status_failed", "an SMS of the platform did not arrive", [CODE, MESSAGE, ABOUT]),
    ("platform_whatsapp_status_read", "a WhatsApp message of the platform was read", [MESSAGE, ABOUT]),
    ("platform_bad_signature", "a text over the platform whose signature is wrong", [text_param("believe me"), FROM]),
    ("platform_repeated", "the platform's last event again, with its id (a new one if there is none)", [text_param("once more"), FROM]),
];
