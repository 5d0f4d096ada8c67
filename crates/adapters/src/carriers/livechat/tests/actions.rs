//! What becomes of a chat beside the words in it, and which facts are the same.

use serde_json::{Value, json};

use super::receiving::{callback, check, event, parse};
use super::{BOT, CUSTOMER, contains};

#[test]
fn actions_become_events() {
    let chat = |more: Value| {
        let mut payload = json!({ "chat_id": "C1", "thread_id": "T1" });
        payload.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        payload
    };
    let agent = "lena@acme.example";
    let cases = [
        (
            "chat_deactivated",
            chat(json!({ "user_id": agent })),
            json!([{ "kind": "conversation_ended", "by": "agent:lena@acme.example", "external_id": "C1/T1#ended" }]),
        ),
        (
            "chat_deactivated",
            chat(json!({ "user_id": CUSTOMER })),
            json!([{ "by": format!("customer:{CUSTOMER}") }]),
        ),
        (
            "chat_transferred",
            chat(
                json!({ "reason": "manual", "requester_id": BOT, "transferred_to": { "group_ids": [7] }, "queue": { "position": 1 } }),
            ),
            json!([{ "kind": "handoff", "reason": "manual", "group_ids": [7], "agent_ids": null, "queue": { "position": 1 }, "by": format!("bot:{BOT}") }]),
        ),
        (
            "user_removed_from_chat",
            chat(json!({ "user_id": agent, "user_type": "agent", "reason": "manual" })),
            json!([{ "kind": "participant_left", "who": "agent:lena@acme.example" }]),
        ),
        (
            "user_added_to_chat",
            chat(json!({ "user": { "id": CUSTOMER }, "user_type": "customer" })),
            json!([{ "kind": "participant_joined", "who": format!("customer:{CUSTOMER}") }]),
        ),
        (
            "user_added_to_chat",
            chat(json!({ "user": { "id": BOT, "type": "agent" } })),
            json!([{ "who": format!("bot:{BOT}") }]),
        ),
        (
            "events_marked_as_seen",
            json!({ "chat_id": "C1", "user_id": CUSTOMER, "seen_up_to": "2025-11-20T15:01:00.000000Z" }),
            json!([{ "kind": "status_up_to", "conversation_ref": "C1", "state": "read", "up_to": "2025-11-20T15:01:00Z" }]),
        ),
        (
            "chat_access_updated",
            json!({ "id": "C1", "access": { "group_ids": [0] } }),
            json!([{ "kind": "system", "conversation_ref": "C1", "group_ids": [0] }]),
        ),
        (
            "routing_status_set",
            json!({ "agent_id": BOT, "status": "not accepting chats" }),
            json!([{ "kind": "account_event", "value": "not accepting chats", "our_bot": true }]),
        ),
        (
            "event_deleted",
            chat(json!({ "event_id": "T1_2" })),
            json!([{ "kind": "revoke", "target": "C1/T1_2", "conversation_ref": "C1" }]),
        ),
        (
            "event_updated",
            event(CUSTOMER, &json!({ "type": "message", "text": "better" })),
            json!([{ "kind": "edit", "target": "C1/T1_2", "text": "better", "type": "text", "from_address": format!("lc:{CUSTOMER}") }]),
        ),
        (
            "event_updated",
            event(agent, &json!({ "type": "message", "text": "secret", "visibility": "agents" })),
            json!([{ "kind": "note", "text": "secret" }]),
        ),
        ("event_updated", event(BOT, &json!({ "type": "message", "text": "ours" })), json!([])),
        (
            "incoming_rich_message_postback",
            chat(json!({ "user_id": agent, "event_id": "T1_2", "postback": { "id": "p", "toggled": true } })),
            json!([]),
        ),
        ("thread_tagged", json!({}), json!([])),
        ("agent_created", json!({}), json!([])),
    ];
    for (action, payload, expect) in cases {
        check(action, &callback(action, &payload), Ok(expect));
    }
    let bad = [
        (
            "events_marked_as_seen",
            json!({ "chat_id": "C1", "user_id": CUSTOMER, "seen_up_to": "soon" }),
            "time_unreadable",
        ),
        ("user_added_to_chat", json!({ "chat_id": "C1" }), "participant_without_id"),
        (
            "incoming_rich_message_postback",
            chat(json!({ "user_id": CUSTOMER, "event_id": "T1_2" })),
            "postback_without_id",
        ),
        ("incoming_chat", json!({ "chat": { "thread": {} } }), "chat_without_id"),
    ];
    for (action, payload, expect) in bad {
        check(action, &callback(action, &payload), Err(expect));
    }
}

#[test]
fn two_edits_of_one_event_are_two_facts() {
    let edit = |text: &str| {
        let body = callback("event_updated", &event(CUSTOMER, &json!({ "type": "message", "text": text })));
        parse(&body).unwrap().0[0].identity().unwrap()
    };
    assert_eq!(edit("a"), edit("a"), "a retry is the same edit");
    assert_ne!(edit("a"), edit("b"));
}

/// Most actions have no id of their own: an equal payload is the carrier's retry.
#[test]
fn a_retry_is_the_same_fact() {
    let identity = |action: &str, payload: &Value| {
        parse(&callback(action, payload)).unwrap().0[0].identity().unwrap_or_default()
    };
    let seen = |at: &str| json!({ "chat_id": "C1", "user_id": CUSTOMER, "seen_up_to": at });
    let (one, other) = (seen("2025-11-20T15:00:00Z"), seen("2025-11-20T15:01:00Z"));
    assert_eq!(identity("events_marked_as_seen", &one), identity("events_marked_as_seen", &one));
    assert_ne!(identity("events_marked_as_seen", &one), identity("events_marked_as_seen", &other));
    let joined =
        json!({ "chat_id": "C1", "thread_id": "T1", "user_type": "agent", "user_id": "a@b.example" });
    assert_ne!(identity("user_added_to_chat", &joined), identity("user_removed_from_chat", &joined));
    let ended = json!({ "chat_id": "C1", "thread_id": "T1" });
    let by_agent = json!({ "chat_id": "C1", "thread_id": "T1", "user_id": "a@b.example" });
    assert_eq!(identity("chat_deactivated", &ended), identity("chat_deactivated", &by_agent));
    let status = json!({ "agent_id": BOT, "status": "offline" });
    assert_eq!(identity("routing_status_set", &status), "", "an alarm is never taken for a retry");
}

#[test]
fn a_chat_begins_with_what_it_holds() {
    let odd = "00000000-odd-customer-id";
    let chat = json!({ "requester_id": "lena@acme.example", "chat": { "id": "C1",
        "users": [{ "id": odd, "type": "customer", "name": "Ann", "visit": { "ip": "203.0.113.9" } }, { "id": "strange-agent", "type": "agent" }],
        "thread": { "id": "T1", "events": [
            { "id": "T1_1", "type": "message", "author_id": odd, "text": "hi" },
            { "type": "message", "author_id": odd, "text": "no id" },
            { "id": "T1_3", "type": "message", "author_id": "strange-agent", "visibility": "all", "text": "hello" },
        ] } } });
    let (events, quarantined) = parse(&callback("incoming_chat", &chat)).unwrap();
    assert_eq!(quarantined, ["event_without_id"], "one bad element costs only itself");
    let got = serde_json::to_value(&events).unwrap();
    let expect = json!([
        { "kind": "conversation_started", "initiator": "agent:lena@acme.example", "external_id": "C1/T1#started", "customer": { "name": "Ann", "visit": null } },
        { "kind": "message", "from_name": "Ann", "from_address": format!("lc:{odd}") },
        { "kind": "echo", "author": "agent:strange-agent", "to_address": format!("lc:{odd}") },
    ]);
    assert!(contains(&expect, &got), "{got:#}");
    assert!(!got.to_string().contains("203.0.113.9"), "where a visitor comes from is not kept");
}
