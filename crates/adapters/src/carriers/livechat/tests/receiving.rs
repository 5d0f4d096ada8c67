use omni_core::event::CarrierEvent;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::{signature, webhook};
use super::{BOT, CUSTOMER, contains, request, settings};

pub(super) fn callback(action: &str, payload: &Value) -> String {
    json!({ "action": action, "organization_id": "org-1", "payload": payload }).to_string()
}

pub(super) fn parse(body: &str) -> Result<(Vec<CarrierEvent>, Vec<&'static str>), &'static str> {
    let parsed = webhook::parse(&settings(), &request("https://h/", body)).map_err(|m| m.0)?;
    Ok((parsed.events, parsed.quarantined))
}

pub(super) fn check(name: &str, body: &str, expect: Result<Value, &str>) {
    match (parse(body), expect) {
        (Ok((got, _)), Ok(expect)) => {
            let got = serde_json::to_value(got).unwrap();
            assert!(contains(&expect, &got), "{name}:\nexpected {expect:#}\ngot {got:#}");
        }
        (got, expect) => assert_eq!(got.err(), expect.err(), "{name}"),
    }
}

/// A thread event by `author`, public unless it says otherwise.
pub(super) fn event(author: &str, more: &Value) -> Value {
    let mut event = json!({ "id": "T1_2", "author_id": author, "visibility": "all", "created_at": "2025-11-20T15:00:00.120450Z" });
    event.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!({ "chat_id": "C1", "thread_id": "T1", "event": event })
}

#[test]
fn events_are_what_their_author_makes_them() {
    let text = json!({ "type": "message", "text": "x" });
    let note = json!({ "type": "message", "text": "x", "visibility": "agents" });
    let silent = json!({ "type": "message", "text": "x", "visibility": null });
    let ours = json!({ "type": "message", "text": "x", "custom_id": "msg_1" });
    let our_note = json!({ "type": "message", "text": "x", "custom_id": "msg_1", "visibility": "agents" });
    let agent = "lena@acme.example";
    let other_bot = "00000000000000000000000000000000";
    let cases = [
        (
            "a customer",
            CUSTOMER,
            &text,
            json!([{ "kind": "message", "from_address": format!("lc:{CUSTOMER}"), "to_address": "lc:org-1", "text": "x" }]),
        ),
        ("a customer without visibility", CUSTOMER, &silent, json!([{ "kind": "message" }])),
        (
            "an agent",
            agent,
            &text,
            json!([{ "kind": "echo", "author": "agent:lena@acme.example", "from_address": null }]),
        ),
        ("an agent's note", agent, &note, json!([{ "kind": "note", "author": "agent:lena@acme.example" }])),
        ("an agent without visibility", agent, &silent, json!([{ "kind": "note" }])),
        (
            "another bot",
            other_bot,
            &text,
            json!([{ "kind": "echo", "author": format!("agent:{other_bot}") }]),
        ),
        (
            "our bot",
            BOT,
            &ours,
            json!([{ "kind": "status", "state": "sent", "client_ref": "msg_1", "external_id": "C1/T1_2", "tenant_key": "livechat:org-1" }]),
        ),
        ("our bot's note", BOT, &our_note, json!([{ "kind": "status", "client_ref": "msg_1" }])),
        (
            "our bot's empty form",
            BOT,
            &json!({ "type": "form", "form_id": "1", "custom_id": "msg_1" }),
            json!([{ "kind": "status", "client_ref": "msg_1" }]),
        ),
        (
            "our bot's note from elsewhere",
            BOT,
            &note,
            json!([{ "kind": "note", "author": format!("bot:{BOT}") }]),
        ),
        ("a note that claims to be the customer's", CUSTOMER, &note, json!([{ "kind": "note" }])),
    ];
    for (name, author, more, expect) in cases {
        check(name, &callback("incoming_event", &event(author, more)), Ok(expect));
    }
}

/// An agent's answer belongs to the visitor's conversation; a remark goes to nobody.
#[test]
fn an_answer_of_an_agent_is_to_the_chats_customer() {
    let agent = "lena@acme.example";
    let other = "00000000-0a55-4b1e-8c66-2f9e0d1a3b4c";
    let to = format!("lc:{CUSTOMER}");
    let cases = [
        (
            "told who is there",
            json!([BOT, agent, CUSTOMER]),
            "all",
            json!([{ "kind": "echo", "to_address": to }]),
        ),
        ("not told", json!(null), "all", json!([{ "kind": "echo", "to_address": null }])),
        (
            "only agents are there",
            json!([BOT, agent]),
            "all",
            json!([{ "kind": "echo", "to_address": null }]),
        ),
        (
            "two could be meant",
            json!([CUSTOMER, other]),
            "all",
            json!([{ "kind": "echo", "to_address": null }]),
        ),
        ("not a list of ids", json!([1, {}, CUSTOMER]), "all", json!([{ "kind": "echo", "to_address": to }])),
        ("a remark", json!([agent, CUSTOMER]), "agents", json!([{ "kind": "note", "to_address": null }])),
    ];
    for (name, present, visibility, expect) in cases {
        let payload = event(agent, &json!({ "type": "message", "text": "x", "visibility": visibility }));
        let body = json!({ "action": "incoming_event", "organization_id": "org-1", "payload": payload,
            "additional_data": { "chat_presence_user_ids": present } });
        check(name, &body.to_string(), Ok(expect));
    }
}

#[test]
fn every_kind_of_event_is_read() {
    let file = json!({ "type": "file", "url": "https://files.livechatinc.com/a.png", "name": "a\u{202e}.png", "content_type": "image/png", "width": 1, "alternative_text": "cat" });
    let form = json!({ "type": "filled_form", "form_type": "postchat", "fields": [
        { "id": "1", "label": "Rate", "type": "radio", "answer": { "id": "0", "label": "Good" } }, { "id": "2", "type": "question", "answer": "fine" } ] });
    let cards = json!({ "type": "rich_message", "template_id": "cards", "elements": [{ "title": "A" }, { "subtitle": "B" }, { "title": "C" }] });
    let cases = [
        (
            "a file",
            file,
            json!([{ "type": "media", "media": [{ "kind": "image", "filename": "a.png", "alternative_text": "cat", "blocked": null }] }]),
        ),
        (
            "a file of which nothing is known",
            json!({ "type": "file" }),
            json!([{ "type": "media", "media": [{ "blocked": true, "url": null }] }]),
        ),
        (
            "a form",
            form,
            json!([{ "type": "form_reply", "form": { "Rate": "Good", "2": "fine" }, "form_type": "postchat" }]),
        ),
        ("an empty form", json!({ "type": "form" }), json!([])),
        (
            "a form that asks the same twice",
            json!({ "type": "filled_form", "form_id": "5", "fields": [
                { "id": "1", "label": "Size", "answer": "42" }, { "id": "2", "label": "Size", "answer": "L" }, { "label": "Size", "answers": ["M"] } ] }),
            json!([{ "type": "form_reply", "form": { "Size": ["42", "L", "M"] }, "form_id": "5" }]),
        ),
        (
            "words that were deleted before they came",
            json!({ "type": "message", "text": "x", "deleted": true }),
            json!([]),
        ),
        ("cards", cards, json!([{ "type": "rich", "text": "A\nC", "rich": { "template_id": "cards" } }])),
        (
            "a free object",
            json!({ "type": "custom", "content": { "a": 1 } }),
            json!([{ "type": "custom", "content": { "a": 1 } }]),
        ),
        (
            "a kind that we do not know",
            json!({ "type": "hologram" }),
            json!([{ "kind": "message", "type": "unsupported", "unsupported_type": "hologram" }]),
        ),
        (
            "a pressed quick reply",
            json!({ "type": "message", "text": "Yes", "postback": { "id": "p", "event_id": "T1_1" } }),
            json!([{ "type": "button_reply", "reply_id": "p", "reply_to": "C1/T1_1", "reply_value": null }]),
        ),
        (
            "a product put into the cart",
            json!({ "type": "message", "text": "Buy", "postback": { "id": "buy", "event_id": "T1_1", "type": "message", "value": "sku-1", "ecommerce": { "product_id": "12345", "quantity": 2 } } }),
            json!([{ "type": "button_reply", "text": "Buy", "reply_value": "sku-1", "ecommerce": { "product_id": "12345", "quantity": 2 } }]),
        ),
        (
            "details that are no JSON",
            json!({ "type": "system", "source": "a", "subtype": "b", "details": "{" }),
            json!([{ "kind": "system", "system_type": "a/b", "details": null }]),
        ),
    ];
    for (name, more, expect) in cases {
        check(name, &callback("incoming_event", &event(CUSTOMER, &more)), Ok(expect));
    }
    let bad = [
        (
            "no author",
            json!({ "chat_id": "C1", "event": { "id": "1", "type": "message", "text": "x" } }),
            "event_without_author",
        ),
        ("no id", json!({ "chat_id": "C1", "event": { "type": "message" } }), "event_without_id"),
        ("no type", json!({ "chat_id": "C1", "event": { "id": "1" } }), "event_without_type"),
        ("no chat", json!({ "event": { "id": "1", "type": "message" } }), "payload_incomplete"),
        ("no event", json!({ "chat_id": "C1" }), "event_unreadable"),
        ("no payload", Value::Null, "payload_incomplete"),
    ];
    for (name, payload, expect) in bad {
        check(name, &callback("incoming_event", &payload), Err(expect));
    }
    check("no action", r#"{"payload":{}}"#, Err("callback_without_action"));
}

#[test]
fn a_long_text_is_cut_and_says_so() {
    let words = "a".repeat(70_000);
    let wire = event(CUSTOMER, &json!({ "type": "message", "text": words }));
    let expect = json!([{ "kind": "message", "truncated": true, "text_len": 70_000 }]);
    check("70,000 characters", &callback("incoming_event", &wire), Ok(expect));
}

#[test]
fn only_livechats_own_files_may_be_fetched() {
    let twin = |settings: &mut super::Settings| settings.base_url = "http://127.0.0.1:9001".into();
    let cases = [
        ("https://cdn.livechat-files.com/a.png", true, true),
        ("https://api.livechatinc.com/a.png", true, true),
        ("http://cdn.livechat-files.com/a.png", false, false),
        ("https://livechatinc.com.evil.example/a.png", false, false),
        ("http://127.0.0.1:9001/files/a.png", false, true),
        ("http://127.0.0.1:9002/files/a.png", false, false),
    ];
    for (url, live, at_twin) in cases {
        let body = callback("incoming_event", &event(CUSTOMER, &json!({ "type": "file", "url": url })));
        for (change, expect) in [(false, live), (true, at_twin)] {
            let mut settings = settings();
            if change {
                twin(&mut settings);
            }
            let parsed = webhook::parse(&settings, &request("https://h/", &body)).unwrap();
            let CarrierEvent::Message(message) = &parsed.events[0] else { panic!("{url} is no message") };
            assert_eq!(!message.media[0].blocked, expect, "{url} {change}");
        }
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(body in proptest::collection::vec(any::<u8>(), 0..600)) {
        let mut request = request("https://h/", "");
        request.body = body.into();
        let first = webhook::parse(&settings(), &request);
        prop_assert_eq!(&first, &webhook::parse(&settings(), &request));
        let _verdict = signature::verify(&settings(), &request);
        let _kept = signature::without_secret(&settings(), &request.body);
    }

    #[test]
    fn what_is_for_agents_only_never_becomes_a_message(
        action in 0_usize..3, author in 0_usize..3, kind in "(message|file|filled_form|rich_message|custom|hologram)", text in ".{0,20}", postback in any::<bool>(),
    ) {
        let mut wire = json!({ "id": "T1_2", "type": kind, "text": text, "visibility": "agents",
            "author_id": ([CUSTOMER, "lena@acme.example", BOT][author]) });
        if postback {
            wire["postback"] = json!({ "id": "p", "event_id": "T1_1" });
        }
        let body = match action {
            0 => callback("incoming_event", &json!({ "chat_id": "C1", "thread_id": "T1", "event": wire })),
            1 => callback("event_updated", &json!({ "chat_id": "C1", "thread_id": "T1", "event": wire })),
            _ => callback("incoming_chat", &json!({ "chat": { "id": "C1", "thread": { "id": "T1", "events": [wire] } } })),
        };
        let (events, _) = parse(&body).unwrap();
        let public = events.iter().find(|event| matches!(event, CarrierEvent::Message(_) | CarrierEvent::Echo(_) | CarrierEvent::Edit(_)));
        prop_assert!(public.is_none(), "{:?}", public);
    }

    #[test]
    fn any_value_in_any_place_is_read_or_refused(action in 0_usize..8, member in 0_usize..10, value in arbitrary()) {
        const ACTIONS: [&str; 8] = ["incoming_chat", "incoming_event", "event_updated", "event_deleted", "chat_transferred", "user_added_to_chat", "events_marked_as_seen", "incoming_rich_message_postback"];
        const MEMBERS: [&str; 10] = ["chat_id", "thread_id", "event", "chat", "user", "user_id", "postback", "transferred_to", "seen_up_to", "requester_id"];
        let mut payload = event(CUSTOMER, &json!({ "type": "rich_message", "elements": value.clone(), "fields": value.clone() }));
        payload["chat"] = json!({ "id": "C1", "users": value.clone(), "thread": { "events": value.clone() } });
        payload[MEMBERS[member]] = value;
        let _events = parse(&callback(ACTIONS[action], &payload));
    }
}

fn arbitrary() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from)
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            proptest::collection::vec(
                ("(id|type|text|url|author_id|label|answer|events|session_fields)", inner),
                0..3
            )
            .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}
