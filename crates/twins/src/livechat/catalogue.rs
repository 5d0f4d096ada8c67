//! The fixtures of this twin: names, descriptions, parameters.

use super::team::LENA;
use crate::fixtures::{Fixture, Param, fixtures, text_param};

const FROM: Param = Param::new("from", "+15550001001", "the visitor: their phone number or customer id");
const NAME: Param = Param::new("name", "Rosa Díaz", "their name");
const AGENT: Param = Param::new("agent", LENA, "the agent");
const EVENT: Param = Param::new("event", "", "the event meant; empty: the last one that fits");

#[rustfmt::skip]
pub(super) const CATALOGUE: &[Fixture] = fixtures!["livechat":
    ("chat_started", "a visitor fills the form in and asks; both come inside the new thread", [text_param("Where is my parcel?"), FROM, NAME]),
    ("message", "a visitor writes; into a chat that slept, this begins a thread", [text_param("Hello, is my booking 4711 confirmed?"), FROM, NAME]),
    ("file", "a visitor sends a photo that can be fetched from the twin", [FROM, NAME]),
    ("form", "a visitor fills a form in after the chat", [Param::new("rating", "good", "their answer"), FROM, NAME]),
    ("quick_reply", "a visitor presses a quick reply, which is also a message", [text_param("Yes"), Param::new("id", "action_yes", "the button's postback id"), Param::new("value", "yes", "its value"), EVENT, FROM, NAME]),
    ("postback", "a visitor presses a button of a card", [Param::new("id", "slot_0900", "the button's postback id"), Param::new("value", "9:00", "its value"), Param::new("toggled", "true", "false: they let go of it"), EVENT, FROM, NAME]),
    ("custom", "an event whose content is a matter between two programs", [FROM, NAME]),
    ("unsupported", "a type of event that nobody has heard of", [FROM, NAME]),
    ("edited", "a visitor's last message is changed", [text_param("Hello, is my booking 4712 confirmed?"), EVENT, FROM, NAME]),
    ("deleted", "a visitor's last message is deleted", [EVENT, FROM, NAME]),
    ("seen", "a visitor has seen everything so far", [FROM, NAME]),
    ("seen_by_agent", "an agent has seen everything so far", [AGENT, FROM, NAME]),
    ("agent_message", "a human agent answers", [text_param("I will check for you"), AGENT, FROM, NAME]),
    ("agent_card", "a human agent answers with a card", [Param::new("title", "Return label", "its title"), AGENT, FROM, NAME]),
    ("note", "a remark for agents only: it must never reach the visitor", [text_param("careful, he was rude last time"), AGENT, FROM, NAME]),
    ("agent_joined", "a human agent joins the chat", [AGENT, FROM, NAME]),
    ("agent_left", "a human agent leaves the chat", [AGENT, FROM, NAME]),
    ("transferred", "the chat is passed on to a group", [Param::new("group", "3", "its id"), FROM, NAME]),
    ("chat_ended", "the thread ends; replies need resume_chat", [Param::new("by", "", "who ended it; empty: the router, for want of activity"), FROM, NAME]),
    ("access_updated", "other groups see the chat", [Param::new("group", "3", "the group's id"), FROM, NAME]),
    ("system_message", "a line that the platform writes into the chat", [text_param("Chat assigned to Lena because of inactivity"), FROM, NAME]),
    ("system_event", "a line of version 3.6, whose details are JSON within JSON", [text_param("Customer asks about a late parcel"), FROM, NAME]),
    ("thread_tagged", "an action that says nothing to a gateway", [Param::new("tag", "parcel", "the tag"), FROM, NAME]),
    ("routing_status", "our bot stops (or begins) to take chats", [Param::new("status", "offline", "offline, `not accepting chats` or `accepting chats`")]),
    ("bad_signature", "a message with a wrong secret", [text_param("believe me"), FROM, NAME]),
];
