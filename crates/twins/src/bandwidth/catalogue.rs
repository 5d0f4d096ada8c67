//! The fixtures of this twin: names, descriptions, parameters.

use super::{AGENT, NUMBER};
use crate::fixtures::{Fixture, Param, fixtures, text_param};

const FROM: Param = Param::new("from", "+15550001001", "who writes");
const TO: Param = Param::new("to", NUMBER, "our number");
const AGENT_TO: Param = Param::new("to", AGENT, "our RCS agent");
const RECIPIENT: Param = Param::new("from", "+15550001001", "whom it was for, if the message is unknown");
const MESSAGE: Param = Param::new("message", "", "the message meant; empty: the last one sent");

#[rustfmt::skip]
pub(super) const CATALOGUE: &[Fixture] = fixtures!["bandwidth":
    ("text", "a text message", [text_param("Hello, is my booking 4711 confirmed?"), FROM, TO]),
    ("mms", "a photo with words and its layout, which can be fetched from the twin", [text_param("look"), FROM, TO]),
    ("group", "a text to us and others", [text_param("who is bringing snacks?"), Param::new("members", "+15550001002,+15550001003", "the others, with commas between"), FROM, TO]),
    ("short_code", "a text from a short code, which nobody reads", [text_param("Your code is 123456"), Param::new("from", "72345", "the short code"), TO]),
    ("rbm_text", "a text over RCS", [text_param("Hello, is my booking 4711 confirmed?"), FROM, AGENT_TO]),
    ("rbm_file", "a photo over RCS", [FROM, AGENT_TO]),
    ("rbm_button", "a tap on a suggestion", [text_param("Confirm"), Param::new("payload", "CONFIRM#5512", "what the suggestion carried"), MESSAGE, FROM, AGENT_TO]),
    ("rbm_location", "a place that we asked for", [Param::new("latitude", "39.7392", "degrees north"), Param::new("longitude", "-104.9903", "degrees east"), FROM, AGENT_TO]),
    ("stop", "STOP: Bandwidth itself does nothing on a long code", [text_param("STOP"), FROM, TO]),
    ("start", "START", [text_param("START"), FROM, TO]),
    ("help", "HELP", [text_param("HELP"), FROM, TO]),
    ("batch", "several texts in one callback", [Param::new("count", "3", "how many (1 to 50)"), FROM, TO]),
    ("echo", "an event that says that it is outbound", [text_param("from us"), FROM, TO]),
    ("unknown", "a kind of event that came later", [Param::new("type", "message-expired-soon", "its name"), text_param("x"), FROM, TO]),
    ("status_sending", "a message is on its way to the network", [MESSAGE, RECIPIENT]),
    ("status_sent", "a message left (RCS)", [MESSAGE, RECIPIENT]),
    ("status_delivered", "a message arrived", [Param::new("description", "ok", "`Message delivered to carrier.` where the network gives no receipts"), MESSAGE, RECIPIENT]),
    ("status_read", "a message was read (RCS)", [MESSAGE, RECIPIENT]),
    ("status_failed", "a message did not arrive", [Param::new("code", "4770", "Bandwidth's error code"), MESSAGE, RECIPIENT]),
    ("status_unknown", "no receipt came in time (9902): it may have arrived", [MESSAGE, RECIPIENT]),
    ("bad_signature", "a text with a wrong password", [text_param("believe me"), FROM, TO]),
];
