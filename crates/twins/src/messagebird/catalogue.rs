//! The fixtures of this twin: names, descriptions, parameters.
//!
//! Those that begin with `bird_` and `platform_` need a connection of that generation; the
//! others speak the first one.

use super::{SHORT_CODE, SMS_NUMBER};
use crate::fixtures::{Fixture, Param};

const FROM: Param = Param::new("from", "+15550001001", "who writes");
const TO: Param = Param::new("to", SMS_NUMBER, "our number");
const NAME: Param = Param::new("name", "Ana Ruiz", "their first name");
const ABOUT: Param = Param::new("from", "+15550001001", "whom the message went to, if nobody knows it");
const MESSAGE: Param = Param::new("message", "", "the message meant; empty: the last one sent");
const CODE: Param = Param::new("code", "1", "MessageBird's error code");

const fn text_param(default: &'static str) -> Param {
    Param::new("text", default, "what they write")
}

macro_rules! fixture {
    ($event:literal, $description:literal, [$($param:expr),* $(,)?]) => {
        Fixture {
            name: concat!("messagebird.", $event),
            carrier: "messagebird",
            description: $description,
            params: &[$($param),*],
        }
    };
}

#[rustfmt::skip]
pub(super) const CATALOGUE: &[Fixture] = &[
    fixture!("sms", "a text message", [text_param("Hello, is my booking 4711 confirmed?"), FROM, TO]),
    fixture!("sms_json", "a text message as Flow Builder posts it", [text_param("Hello, is my booking 4711 confirmed?"), FROM, TO]),
    fixture!("sms_short_code", "a text message to a short code, whose fields have other names", [text_param("VOTE 3"), FROM, Param::new("to", SHORT_CODE, "our short code")]),
    fixture!("sms_alpha_sender", "a text message from a name, which cannot be answered", [text_param("Your parcel is on its way"), Param::new("from", "PostNL", "who writes"), TO]),
    fixture!("mms", "a photo that can be fetched from the twin with the access key", [text_param("look"), Param::new("subject", "", "its subject"), FROM, TO]),
    fixture!("stop", "STOP: nobody but the gateway answers it", [text_param("STOP"), FROM, TO]),
    fixture!("start", "START", [text_param("START"), FROM, TO]),
    fixture!("help", "HELP", [text_param("HELP"), FROM, TO]),
    fixture!("status_sent", "an SMS left", [MESSAGE, ABOUT]),
    fixture!("status_delivered", "an SMS arrived", [MESSAGE, ABOUT]),
    fixture!("status_failed", "an SMS did not arrive", [CODE, MESSAGE, ABOUT]),
    fixture!("status_expired", "an SMS could not be delivered in time", [MESSAGE, ABOUT]),
    fixture!("bad_signature", "a text whose token is signed with a wrong key", [text_param("believe me"), FROM, TO]),
    fixture!("expired_token", "a text whose token was good ten minutes ago", [text_param("sorry, I am late"), FROM, TO]),
    fixture!("whatsapp", "a WhatsApp text (Conversations API)", [text_param("Hello, is my booking 4711 confirmed?"), FROM, NAME]),
    fixture!("whatsapp_image", "a WhatsApp photo", [text_param(""), FROM, NAME]),
    fixture!("whatsapp_voice", "a WhatsApp recording", [FROM, NAME]),
    fixture!("whatsapp_document", "a PDF on WhatsApp", [text_param(""), FROM, NAME]),
    fixture!("whatsapp_location", "a place", [Param::new("latitude", "51.50335", "degrees north"), Param::new("longitude", "-0.119519", "degrees east"), FROM, NAME]),
    fixture!("whatsapp_button", "a tap on a button", [Param::new("id", "slot:0900", "the button's id"), text_param("9:00"), FROM, NAME]),
    fixture!("whatsapp_list", "a choice from a list", [Param::new("id", "dept-3", "the row's id"), text_param("Billing"), FROM, NAME]),
    fixture!("whatsapp_order", "an order from the catalogue", [Param::new("product", "SKU-1", "what is ordered"), Param::new("quantity", "2", "how many"), text_param("please"), FROM, NAME]),
    fixture!("whatsapp_unsupported", "a type of message that nobody has heard of", [FROM, NAME]),
    fixture!("inbox_reply", "an agent answers in MessageBird's own inbox", [text_param("I will look into it"), FROM]),
    fixture!("conversation_started", "a conversation begins", [FROM]),
    fixture!("conversation_archived", "a conversation ends", [FROM]),
    fixture!("whatsapp_status_delivered", "a WhatsApp message arrived", [MESSAGE, ABOUT]),
    fixture!("whatsapp_status_read", "a WhatsApp message was read", [MESSAGE, ABOUT]),
    fixture!("whatsapp_status_failed", "a WhatsApp message did not arrive", [Param::new("code", "301", "301: outside the window"), MESSAGE, ABOUT]),
    fixture!("replayed_token", "the last callback of the first generation again, token and all (a new one if there is none)", [text_param("once more"), FROM, TO]),
    fixture!("bird_sms", "a text message over the Channels API", [text_param("Hello, is my booking 4711 confirmed?"), FROM]),
    fixture!("bird_whatsapp", "a WhatsApp text over the Channels API", [text_param("Hello, is my booking 4711 confirmed?"), FROM, NAME]),
    fixture!("bird_whatsapp_image", "a WhatsApp photo over the Channels API", [text_param(""), FROM, NAME]),
    fixture!("bird_whatsapp_button", "a tap on a button over the Channels API", [text_param("9:00"), Param::new("payload", "slot:0900", "the button's payload"), FROM, NAME]),
    fixture!("bird_unsupported", "a type that nobody has heard of, over the Channels API", [FROM]),
    fixture!("bird_status_delivered", "a message of the Channels API arrived", [MESSAGE, ABOUT]),
    fixture!("bird_status_failed", "a message of the Channels API did not arrive", [CODE, MESSAGE, ABOUT]),
    fixture!("bird_bad_signature", "a text over the Channels API whose signature is wrong", [text_param("believe me"), FROM]),
    fixture!("platform_sms", "a text message over the platform", [text_param("Hello, is my booking 4711 confirmed?"), FROM]),
    fixture!("platform_stop", "STOP: the platform suppresses the person for our number", [text_param("STOP"), FROM]),
    fixture!("platform_suppression", "the platform tells that somebody is suppressed", [FROM]),
    fixture!("platform_suppression_lifted", "the platform tells that somebody is no longer suppressed", [FROM]),
    fixture!("platform_whatsapp", "a WhatsApp text over the platform", [text_param("Hello, is my booking 4711 confirmed?"), FROM, Param::new("user_id", "", "their WhatsApp user id instead of a number")]),
    fixture!("platform_whatsapp_image", "a WhatsApp photo over the platform", [text_param(""), FROM]),
    fixture!("platform_whatsapp_document", "a PDF on WhatsApp over the platform", [text_param(""), FROM]),
    fixture!("platform_whatsapp_button", "a tap on a button over the platform", [Param::new("id", "slot:0900", "the button's slug"), text_param("9:00"), FROM]),
    fixture!("platform_whatsapp_unsupported", "a type that nobody has heard of, over the platform", [FROM]),
    fixture!("platform_reaction", "a reaction to a WhatsApp message of ours", [Param::new("emoji", "👍", "the reaction"), MESSAGE, FROM]),
    fixture!("platform_status_delivered", "an SMS of the platform arrived", [MESSAGE, ABOUT]),
    fixture!("platform_status_failed", "an SMS of the platform did not arrive", [CODE, MESSAGE, ABOUT]),
    fixture!("platform_whatsapp_status_read", "a WhatsApp message of the platform was read", [MESSAGE, ABOUT]),
    fixture!("platform_bad_signature", "a text over the platform whose signature is wrong", [text_param("believe me"), FROM]),
    fixture!("platform_repeated", "the platform's last event again, with its id (a new one if there is none)", [text_param("once more"), FROM]),
];
