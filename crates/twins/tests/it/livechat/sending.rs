//! Writing into chats, and what comes of it.

use omni_twins::Faults;
use serde_json::{Value, json};

use super::{Caller, VISITOR, VISITORS, action, chat_with, kind, signed};
use crate::harness::{Arrived, Bench, nothing};

#[tokio::test]
async fn an_event_comes_back_and_is_seen() {
    let bench = Bench::start().await;
    let bot = Caller::bot(&bench).await;
    let chat = chat_with(&bench, "+15550001001").await;
    let (http, answer) = bot.say(&chat, "Grüße").await;
    assert_eq!(http, 200);
    let back = bench.next().await;
    assert!(signed(&bench, &back));
    assert_eq!(back.path, "/webhooks/livechat");
    let body = back.json();
    let payload = &body["payload"];
    assert_eq!((&body["action"], &payload["chat_id"]), (&json!("incoming_event"), &json!(chat)));
    let event = &payload["event"];
    assert_eq!((&event["id"], &event["custom_id"]), (&answer["event_id"], &json!("r1")));
    assert_eq!((&event["text"], &event["visibility"]), (&json!("Grüße"), &json!("all")));
    let settings = bench.twins.connection_settings("livechat").unwrap();
    assert_eq!(event["author_id"], settings["bot_agent_ids"][0]);
    assert_eq!(event["created_at"].as_str().unwrap().len(), "2025-11-20T15:00:00.120450Z".len());
    assert!(event["id"].as_str().unwrap().starts_with(payload["thread_id"].as_str().unwrap()));
    let seen = bench.next().await.json();
    assert_eq!(
        (&seen["action"], &seen["payload"]["user_id"]),
        (&json!("events_marked_as_seen"), &json!(VISITOR))
    );
    assert!(seen["payload"]["seen_up_to"].as_str() > event["created_at"].as_str());
    let messages = bench.twins.messages("livechat");
    assert_eq!((messages.len(), messages[0].state), (1, "seen"));
    assert_eq!((messages[0].to.expose(), messages[0].client_reference.as_deref()), (VISITOR, Some("r1")));
    assert_eq!(messages[0].content, json!({ "type": "message", "text": "Grüße", "visibility": "all" }));
}

#[tokio::test]
async fn reserved_customers_have_their_fates() {
    let bench = Bench::start().await;
    let bot = Caller::bot(&bench).await;
    const SENT: &str = "incoming_event";
    const SEEN: &str = "events_marked_as_seen";
    #[rustfmt::skip]
    let cases = [
        ("1001", 200, "",                    vec![SENT, SEEN]),
        ("1002", 200, "",                    vec![SENT]),
        ("2001", 400, "validation",          vec![]),
        ("2002", 200, "",                    vec![SENT, "chat_deactivated"]),
        ("2003", 429, "too_many_requests",   vec![]),
        ("2004", 500, "internal",            vec![]),
        ("2004", 503, "service_unavailable", vec![]),
        ("2004", 200, "",                    vec![SENT, SEEN]),
        ("2007", 200, "",                    vec![SENT, SENT, SEEN, SEEN]),
        ("2008", 200, "",                    vec![SENT, SEEN]),
        ("2009", 200, "",                    vec![SENT, SEEN]),
        ("2010", 200, "",                    vec![SENT, SEEN]),
    ];
    for (number, http, error, expect) in cases {
        let chat = chat_with(&bench, &format!("+1555000{number}")).await;
        let (status, answer) = bot.say(&chat, "hi").await;
        assert_eq!((status, kind(&answer)), (http, error), "{number}");
        let arrived = bench.rest().await;
        assert!(arrived.iter().all(|arrived| signed(&bench, arrived) == (number != "2010")), "{number}");
        assert_eq!(arrived.iter().map(action).collect::<Vec<_>>(), expect, "{number}");
    }
    let chat = chat_with(&bench, "+15550002002").await;
    assert_eq!(bot.say(&chat, "back again?").await.0, 200, "who writes again is there again");
}

#[tokio::test]
async fn an_inactive_chat_is_resumed() {
    let bench = Bench::start().await;
    let bot = Caller::bot(&bench).await;
    let chat = chat_with(&bench, "+15550001001").await;
    bench.trigger("livechat.chat_ended", nothing()).await;
    let ended = bench.next().await.json();
    assert_eq!((&ended["action"], &ended["payload"]["user_id"]), (&json!("chat_deactivated"), &Value::Null));
    let (http, answer) = bot.say(&chat, "hi").await;
    assert_eq!((http, kind(&answer)), (422, "chat_inactive"));
    let event = json!({ "type": "message", "text": "late", "custom_id": "r0" });
    let late = json!({ "chat_id": chat, "event": event, "attach_to_last_thread": true });
    assert_eq!(bot.act("send_event", late).await.0, 200);
    bench.rest().await;

    let (http, resumed) = bot.act("resume_chat", json!({ "chat": { "id": chat }, "active": true })).await;
    assert_eq!((http, &resumed["event_ids"]), (200, &json!([])));
    let arrived = bench.next().await.json();
    assert_eq!(
        (&arrived["action"], &arrived["payload"]["chat"]["thread"]["id"]),
        (&json!("incoming_chat"), &resumed["thread_id"])
    );
    assert_ne!(resumed["thread_id"], ended["payload"]["thread_id"]);
    let again = bot.act("resume_chat", json!({ "chat": { "id": chat } })).await;
    assert_eq!((again.0, kind(&again.1)), (400, "validation"));
    assert_eq!(bot.say(&chat, "hi").await.0, 200);
    assert_eq!(bench.rest().await.len(), 2);

    // With the event in it, resuming is one call, and the event comes with the thread.
    bot.act("deactivate_chat", json!({ "id": chat })).await;
    assert_eq!(bench.next().await.json()["payload"]["user_id"], bench.setting("livechat", "bot_agent_ids"));
    let event = json!({ "type": "message", "text": "one", "custom_id": "r9" });
    let body = json!({ "chat": { "id": chat, "thread": { "events": [event] } } });
    let (_, resumed) = bot.act("resume_chat", body).await;
    let arrived: Vec<_> = bench.rest().await.iter().map(Arrived::json).collect();
    assert_eq!(arrived.len(), 2);
    assert_eq!(arrived[0]["payload"]["chat"]["thread"]["events"][0]["custom_id"], "r9");
    assert_eq!(arrived[0]["payload"]["chat"]["thread"]["events"][0]["id"], resumed["event_ids"][0]);
    assert_eq!(arrived[1]["action"], "events_marked_as_seen");
}

#[tokio::test]
async fn a_chat_is_started_with_a_visitor() {
    let bench = Bench::start().await;
    let bot = Caller::bot(&bench).await;
    let event = json!({ "type": "message", "text": "Your parcel is here", "custom_id": "r1" });
    let start = |id: &str| json!({ "chat": { "users": [{ "id": id, "type": "customer" }], "thread": { "events": [event] } }, "active": true });
    let (http, answer) = bot.act("start_chat", start(VISITOR)).await;
    assert_eq!(http, 200);
    let arrived = bench.next().await.json();
    let chat = &arrived["payload"]["chat"];
    assert_eq!((&arrived["action"], &chat["id"]), (&json!("incoming_chat"), &answer["chat_id"]));
    assert_eq!(arrived["payload"]["requester_id"], bench.setting("livechat", "bot_agent_ids"));
    assert_eq!((&chat["users"][0]["id"], &chat["thread"]["id"]), (&json!(VISITOR), &answer["thread_id"]));
    assert_eq!(chat["thread"]["events"][0]["id"], answer["event_ids"][0]);
    assert_eq!(action(&bench.next().await), "events_marked_as_seen");
    // The visitor answers in the same chat.
    assert_eq!(chat_with(&bench, "+15550001001").await, answer["chat_id"].as_str().unwrap());

    for users in ["", "somebody"] {
        let (http, answer) = bot.act("start_chat", start(users)).await;
        assert_eq!((http, kind(&answer)), (400, "validation"), "{users}");
    }
    let (http, _) = bot.act("start_chat", start(&format!("{VISITORS}15550002003"))).await;
    assert_eq!(http, 429);
}

#[tokio::test]
async fn events_that_are_refused() {
    let bench = Bench::start().await;
    let bot = Caller::bot(&bench).await;
    let chat = chat_with(&bench, "+15550001001").await;
    let long = "a".repeat(16 * 1_024 + 1);
    #[rustfmt::skip]
    let cases = [
        ("nothing",            json!(null),                                              400, "validation"),
        ("no text",            json!({ "type": "message" }),                             400, "validation"),
        ("too long a text",    json!({ "type": "message", "text": long }),               413, "entity_too_large"),
        ("a type of its own",  json!({ "type": "hologram" }),                            400, "validation"),
        ("an empty form",      json!({ "type": "filled_form" }),                         400, "validation"),
        ("a line of no kind",  json!({ "type": "system_message", "text": "x" }),          400, "validation"),
        ("a system event",     json!({ "type": "system", "details": "{}" }),              400, "validation"),
        ("words as content",   json!({ "type": "custom", "content": "x" }),               400, "validation"),
        ("a file from afar",   json!({ "type": "file", "url": "https://x.example/a" }),  400, "validation"),
        ("a visibility",       json!({ "type": "message", "text": "x", "visibility": "me" }), 400, "validation"),
        ("an id of its own",   json!({ "type": "message", "text": "x", "custom_id": 1 }), 400, "validation"),
        ("a rich message",     json!({ "type": "rich_message", "template_id": "cards", "elements": [] }), 400, "validation"),
    ];
    for (name, event, http, error) in cases {
        let (status, answer) = bot.act("send_event", json!({ "chat_id": chat, "event": event })).await;
        assert_eq!((status, kind(&answer)), (http, error), "{name}");
    }
    let (status, answer) = bot.say("NOSUCHCHAT", "hi").await;
    assert_eq!((status, kind(&answer)), (404, "not_found"));
    assert!(bench.rest().await.is_empty() && bench.twins.messages("livechat").is_empty());
}

#[tokio::test]
async fn a_note_is_seen_by_nobody_outside() {
    let bench = Bench::start().await;
    let bot = Caller::bot(&bench).await;
    let chat = chat_with(&bench, "+15550001001").await;
    let event = json!({ "type": "message", "text": "for us", "visibility": "agents" });
    bot.act("send_event", json!({ "chat_id": chat, "event": event })).await;
    let arrived = bench.rest().await;
    assert_eq!(arrived.len(), 1, "it is not marked as seen");
    assert_eq!(arrived[0].json()["payload"]["event"]["visibility"], "agents");
}

#[tokio::test]
async fn a_lost_answer_is_settled_by_the_threads() {
    let bench = Bench::start().await;
    bench.twins.set_faults("livechat", Faults { hold_ms: 100, ..Faults::default() }).unwrap();
    let bot = Caller::bot(&bench).await;
    let chat = chat_with(&bench, "+15550002005").await;
    let url = format!("{}/v3.6/agent/action/send_event", bench.setting("livechat", "base_url"));
    let event = json!({ "type": "message", "text": "hi", "custom_id": "r5" });
    let request = bench.client.post(url).header("authorization", &bot.authorization);
    let error =
        request.body(json!({ "chat_id": chat, "event": event }).to_string()).send().await.unwrap_err();
    assert!(error.status().is_none(), "{error}");
    let asked = json!({ "chat_id": chat, "sort_order": "desc", "limit": 3 });
    let (_, answer) = bot.act("list_threads", asked).await;
    let events = answer["threads"][0]["events"].as_array().unwrap();
    assert_eq!(events.iter().filter(|event| event["custom_id"] == "r5").count(), 1);
    assert_eq!(bench.twins.messages("livechat").len(), 1, "it was taken exactly once");
}

#[tokio::test]
async fn a_file_goes_up_and_into_a_chat() {
    let bench = Bench::start().await;
    let bot = Caller::bot(&bench).await;
    let chat = chat_with(&bench, "+15550001001").await;
    let upload = async |name: &str| {
        let form = format!(
            "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: image/png\r\n\r\npixels\r\n--b--\r\n"
        );
        let url = format!("{}/v3.6/agent/action/upload_file", bench.setting("livechat", "base_url"));
        let request = bench.client.post(url).header("authorization", &bot.authorization);
        let request = request.header("content-type", "multipart/form-data; boundary=b").body(form);
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        (status, serde_json::from_slice::<Value>(&response.bytes().await.unwrap()).unwrap())
    };
    assert_eq!(upload("virus.exe").await.0, 400);
    let (http, answer) = upload("a b.png").await;
    assert_eq!(http, 200);
    let url = answer["url"].as_str().unwrap();
    let file = bench.client.get(url).send().await.unwrap();
    assert_eq!(file.headers()["content-type"], "image/png");
    assert_eq!(&file.bytes().await.unwrap()[..], b"pixels");
    let event = json!({ "type": "file", "url": url });
    assert_eq!(bot.act("send_event", json!({ "chat_id": chat, "event": event })).await.0, 200);
}
