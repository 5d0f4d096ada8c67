//! Who calls, what else can be done in a chat, and what others do there.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Caller, VISITOR, action, call, chat_with, credentials, kind};
use crate::harness::{Bench, nothing};

#[tokio::test]
async fn who_calls_and_from_where() {
    let bench = Bench::start().await;
    let list = |headers: Vec<(&'static str, String)>| {
        let bench = &bench;
        async move {
            let headers: Vec<(&str, &str)> =
                headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
            let (status, answer) =
                call(bench, "agent/action/list_chats", json!({ "limit": 1 }), &headers).await;
            (status, kind(&answer).to_owned(), answer["error"]["data"]["region"].clone())
        }
    };
    for variant in ["bot", "personal", "frankfurt", "oauth"] {
        let authorization = credentials(&bench, variant).await;
        let home = if matches!(variant, "frankfurt" | "oauth") { "fra" } else { "dal" };
        for region in ["dal", "fra"] {
            let headers = vec![("authorization", authorization.clone()), ("x-region", region.to_owned())];
            let expect = if region == home {
                (200, String::new(), Value::Null)
            } else {
                (421, "misdirected_request".to_owned(), json!(home))
            };
            assert_eq!(list(headers).await, expect, "{variant} at {region}");
        }
    }
    for wrong in ["Bearer dal:wrong", "Basic d3Jvbmc6d3Jvbmc=", "nonsense"] {
        let (status, error, _) = list(vec![("authorization", wrong.to_owned())]).await;
        assert_eq!((status, error.as_str()), (401, "authentication"), "{wrong}");
    }
    assert_eq!(list(Vec::new()).await.0, 401);
    let mut body = bench.twins.connection_settings("livechat").unwrap()["bot"].clone();
    body["organization_id"] = bench.setting("livechat", "organization_id").into();
    body["bot_secret"] = "wrong".into();
    let (status, answer) = call(&bench, "configuration/action/issue_bot_token", body, &[]).await;
    assert_eq!((status, kind(&answer)), (401, "authentication"));
    let old = bench.setting("livechat", "base_url");
    let old = bench.client.post(format!("{old}/v3.1/agent/action/list_chats")).send().await.unwrap();
    let answer: Value = serde_json::from_slice(&old.bytes().await.unwrap()).unwrap();
    assert_eq!(kind(&answer), "unsupported_version");
    assert_eq!(bench.twins.connection_settings_for("livechat", "carrier-pigeon"), None);
}

#[tokio::test]
async fn chats_are_listed() {
    let bench = Bench::start().await;
    let bot = Caller::bot(&bench).await;
    let first = chat_with(&bench, "+15550001001").await;
    let second = chat_with(&bench, "+15550001002").await;
    bench.trigger("livechat.chat_ended", nothing()).await;
    chat_with(&bench, "+15550001001").await;
    let ids = |answer: &Value, list: &str| -> Vec<String> {
        let items = answer[list].as_array().expect("a list");
        items.iter().map(|item| item["id"].as_str().expect("an id").to_owned()).collect()
    };
    let (_, chats) = bot.act("list_chats", json!({})).await;
    assert_eq!(ids(&chats, "chats_summary"), [second.clone(), first.clone()]);
    assert_eq!(chats["chats_summary"][0]["last_event_per_type"]["message"]["event"]["type"], "message");
    let (_, newest) = bot.act("list_chats", json!({ "limit": 1 })).await;
    let (_, page) = bot.act("list_chats", json!({ "page_id": newest["next_page_id"] })).await;
    assert_eq!((ids(&page, "chats_summary"), &page["found_chats"]), (vec![first.clone()], &json!(2)));
    let (_, threads) = bot.act("list_threads", json!({ "chat_id": first })).await;
    let shown: Vec<_> =
        threads["threads"].as_array().unwrap().iter().map(|thread| thread["active"].clone()).collect();
    assert_eq!(shown, [json!(true), json!(false)]);
    assert_eq!(threads["threads"][0]["previous_thread_id"], threads["threads"][1]["id"]);
    let later = json!({ "chat_id": first, "filters": { "from": "2099-01-01T00:00:00Z" } });
    assert_eq!(bot.act("list_threads", later).await.1["found_threads"], 0);
    for (events, threads) in [(1, 1), (2, 2), (100, 2)] {
        let (_, shown) =
            bot.act("list_threads", json!({ "chat_id": first, "min_events_count": events })).await;
        assert_eq!(shown["threads"].as_array().unwrap().len(), threads, "{events} events");
    }
    let (_, customer) = bot.act("get_customer", json!({ "id": VISITOR })).await;
    assert_eq!((&customer["id"], &customer["chat_ids"]), (&json!(VISITOR), &json!([first])));
    let (_, chat) = bot.act("get_chat", json!({ "chat_id": first })).await;
    assert_eq!((&chat["id"], &chat["thread"]["active"]), (&json!(first), &json!(true)));
    let (_, archives) = bot.act("list_archives", json!({})).await;
    assert_eq!(
        (ids(&archives, "chats"), &archives["chats"][0]["thread"]["active"]),
        (vec![first], &json!(false))
    );
    for (action, body, http) in [
        ("list_chats", json!({ "limit": 101 }), 400),
        ("list_threads", json!({}), 400),
        ("list_threads", json!({ "chat_id": "X", "min_events_count": 1, "limit": 1 }), 404),
        ("list_chats", json!({ "limit": 1, "page_id": newest["next_page_id"] }), 400),
        ("get_customer", json!({ "id": "X" }), 404),
        ("get_chat", json!({ "chat_id": "X" }), 404),
        ("juggle", json!({}), 404),
    ] {
        assert_eq!(bot.act(action, body).await.0, http, "{action}");
    }
}

#[tokio::test]
async fn a_chat_is_passed_on_and_the_bot_is_out() {
    let bench = Bench::start().await;
    let bot = Caller::bot(&bench).await;
    let chat = chat_with(&bench, "+15550001001").await;
    let target = |kind: &str, id: Value| json!({ "id": chat, "target": { "type": kind, "ids": [id] } });
    #[rustfmt::skip]
    let cases = [
        (target("group", json!(7)),                 422, "group_offline"),
        (target("agent", json!("tom@acme.example")), 422, "agent_offline"),
        (target("group", json!(99)),                400, "validation"),
        (target("planet", json!(3)),                400, "validation"),
        (target("group", json!(3)),                 200, ""),
    ];
    for (body, http, error) in cases {
        let (status, answer) = bot.act("transfer_chat", body.clone()).await;
        assert_eq!((status, kind(&answer)), (http, error), "{body}");
    }
    let arrived = bench.rest().await;
    assert_eq!(
        arrived.iter().map(action).collect::<Vec<_>>(),
        ["chat_transferred", "user_added_to_chat", "user_removed_from_chat"]
    );
    assert_eq!(arrived[0].json()["payload"]["transferred_to"], json!({ "group_ids": [3] }));
    assert_eq!(arrived[1].json()["payload"]["user"]["id"], "lena@acme.example");
    let (status, answer) = bot.say(&chat, "still here?").await;
    assert_eq!((status, kind(&answer)), (403, "authorization"));
    let me = bench.setting("livechat", "bot_agent_ids");
    let join = json!({ "chat_id": chat, "user_id": me, "user_type": "agent", "visibility": "all" });
    assert_eq!(bot.act("add_user_to_chat", join.clone()).await.0, 200);
    assert_eq!(bot.say(&chat, "back").await.0, 200);
    assert_eq!(bot.act("remove_user_from_chat", join).await.0, 200);
    let actions: Vec<_> = bench.rest().await.iter().map(action).collect();
    for expect in ["user_added_to_chat", "user_removed_from_chat"] {
        assert!(actions.iter().any(|action| action == expect), "{expect} in {actions:?}");
    }
}

#[tokio::test]
async fn small_signs_and_checks() {
    let bench = Bench::start().await;
    let bot = Caller::bot(&bench).await;
    let chat = chat_with(&bench, "+15550001001").await;
    for action in ["send_typing_indicator", "send_thinking_indicator", "send_event_preview"] {
        assert_eq!(bot.act(action, json!({ "chat_id": chat, "is_typing": true })).await, (200, json!({})));
    }
    assert!(bench.rest().await.is_empty());
    bot.act("mark_events_as_seen", json!({ "chat_id": chat, "seen_up_to": "2026-01-01T00:00:00.5Z" })).await;
    assert_eq!(bench.next().await.json()["payload"]["seen_up_to"], "2026-01-01T00:00:00.500000Z");
    bot.act("set_routing_status", json!({ "status": "not_accepting_chats" })).await;
    assert_eq!(bench.next().await.json()["payload"]["status"], "not accepting chats");
    let personal = credentials(&bench, "personal").await;
    let agent = Caller { bench: &bench, authorization: personal.clone(), region: "dal" };
    let (_, statuses) = agent.act("list_routing_statuses", json!({})).await;
    let of = |agent: &str| {
        statuses.as_array().unwrap().iter().find(|one| one["agent_id"] == agent).unwrap()["status"].clone()
    };
    assert_eq!(of(&bench.setting("livechat", "bot_agent_ids")), "not_accepting_chats");
    assert_eq!(
        (of("lena@acme.example"), of("tom@acme.example")),
        (json!("accepting_chats"), json!("offline"))
    );
    assert_eq!(
        kind(&bot.act("list_routing_statuses", json!({})).await.1),
        "authorization",
        "no scope for it"
    );
    let list = async |authorization: &str, body: Value| {
        let headers = [("authorization", authorization)];
        call(&bench, "configuration/action/list_webhooks", body, &headers).await
    };
    let client = bench.twins.connection_settings_for("livechat", "personal").unwrap()["client_id"].clone();
    let ours = json!({ "owner_client_id": client });
    assert_eq!(kind(&list(&bot.authorization, ours.clone()).await.1), "authorization", "no scope for it");
    assert_eq!(list(&personal, json!({})).await.0, 400);
    assert_eq!(list(&personal, json!({ "owner_client_id": "another" })).await, (200, json!([])));
    let (_, webhooks) = list(&personal, ours).await;
    let settings = bench.twins.connection_settings("livechat").unwrap();
    let known = settings["webhook_secrets"].as_object().unwrap();
    let webhooks = webhooks.as_array().unwrap();
    assert!(
        webhooks.len() == known.len()
            && webhooks.iter().all(|one| known.contains_key(one["id"].as_str().unwrap()))
    );
    let info = bench.client.get(format!("{}/v2/info", bench.setting("livechat", "base_url")));
    let info = info.header("authorization", &bot.authorization).send().await.unwrap();
    let info: Value = serde_json::from_slice(&info.bytes().await.unwrap()).unwrap();
    assert_eq!(info["organization_id"], bench.setting("livechat", "organization_id"));
}

#[tokio::test]
async fn whoever_calls_first_may_answer() {
    for (variant, region) in [("bot", "dal"), ("personal", "dal"), ("oauth", "fra")] {
        let bench = Bench::start().await;
        let chat = chat_with(&bench, "+15550001001").await;
        let caller = Caller { bench: &bench, authorization: credentials(&bench, variant).await, region };
        assert_eq!(caller.say(&chat, "hi").await.0, 200, "{variant}");
        let author = bench.next().await.json()["payload"]["event"]["author_id"].clone();
        let settings = bench.twins.connection_settings_for("livechat", variant).unwrap();
        assert_eq!(author, settings["bot_agent_ids"][0], "{variant}");
    }
}

#[tokio::test]
async fn a_bot_token_is_good_for_a_day() {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicI64, Ordering};

    use omni_core::time::{Clock, Timestamp};

    struct Jumping(AtomicI64);
    impl Clock for Jumping {
        fn now(&self) -> Timestamp {
            Timestamp::from_secs(self.0.load(Ordering::SeqCst))
        }
    }
    let clock = Arc::new(Jumping(AtomicI64::new(1_763_650_800)));
    let mut bench = Bench::start().await;
    let settings =
        omni_twins::Settings { webhook_base: bench.gateway.clone(), ..omni_twins::Settings::default() };
    bench.twins =
        omni_twins::Twins::start_with(settings, Arc::clone(&clock) as Arc<dyn Clock>).await.unwrap();
    let bot = Caller::bot(&bench).await;
    assert_eq!(bot.act("list_chats", json!({})).await.0, 200);
    clock.0.fetch_add(24 * 3_600, Ordering::SeqCst);
    assert_eq!(kind(&bot.act("list_chats", json!({})).await.1), "authentication");
    assert_eq!(Caller::bot(&bench).await.act("list_chats", json!({})).await.0, 200);
}

#[tokio::test]
async fn only_200_will_do() {
    let bench = Bench::start().await;
    let mut events = bench.twins.subscribe();
    let bot = Caller::bot(&bench).await;
    let chat = chat_with(&bench, "+15550001002").await;
    bench.answer_once_with(204);
    bot.say(&chat, "hi").await;
    bench.next().await;
    let again = tokio::time::timeout(Duration::from_secs(12), async {
        loop {
            let event = events.recv().await.expect("the twins live");
            if let omni_twins::TwinEvent::CallbackTried { attempt: 2, status, .. } = event {
                return status;
            }
        }
    });
    assert_eq!(again.await.expect("a second try after ten seconds"), Some(200));
}

#[tokio::test]
async fn fixtures_say_what_was_asked_for() {
    let bench = Bench::start().await;
    let bot = Caller::bot(&bench).await;
    let play = async |event: &str, params: Value| -> (String, Value) {
        bench.trigger(&format!("livechat.{event}"), params).await;
        let body = bench.next().await.json();
        (body["action"].as_str().unwrap().to_owned(), body["payload"].clone())
    };
    let (action, started) = play("chat_started", json!({ "text": "Olá?", "name": "Zoë" })).await;
    assert_eq!(action, "incoming_chat");
    let chat = &started["chat"];
    assert_eq!((&chat["users"][0]["name"], &chat["users"][0]["id"]), (&json!("Zoë"), &json!(VISITOR)));
    assert_eq!(chat["thread"]["events"][0]["form_type"], "prechat");
    assert_eq!(chat["thread"]["events"][1]["text"], "Olá?");
    assert_eq!(started["requester_id"], Value::Null);

    let card = json!({
        "type": "rich_message", "template_id": "quick_replies",
        "elements": [{ "title": "Right?", "buttons": [{ "type": "message", "text": "Yes", "value": "yes", "postback_id": "y", "user_ids": [] }] }],
    });
    let (_, sent) = bot.act("send_event", json!({ "chat_id": chat["id"], "event": card })).await;
    bench.rest().await;
    #[rustfmt::skip]
    let cases = [
        ("quick_reply",   json!({ "id": "y" }), "incoming_event", "/event/postback", json!({ "id": "y", "thread_id": chat["thread"]["id"], "event_id": sent["event_id"], "type": "message", "value": "yes" })),
        ("postback",      json!({ "toggled": false }), "incoming_rich_message_postback", "/postback/toggled", json!(false)),
        ("postback",      nothing(), "incoming_rich_message_postback", "/event_id", sent["event_id"].clone()),
        ("message",       json!({ "text": "first" }), "incoming_event", "/event/text", json!("first")),
        ("edited",        json!({ "text": "second" }), "event_updated", "/event/text", json!("second")),
        ("file",          nothing(), "incoming_event", "/event/content_type", json!("image/png")),
        ("form",          json!({ "rating": "bad" }), "incoming_event", "/event/fields/0/answer/label", json!("bad")),
        ("agent_message", nothing(), "incoming_event", "/event/author_id", json!("lena@acme.example")),
        ("note",          nothing(), "incoming_event", "/event/visibility", json!("agents")),
        ("system_message", nothing(), "incoming_event", "/event/author_id", Value::Null),
        ("system_event",  json!({ "text": "sum" }), "incoming_event", "/event/details", json!("{\"summary\":\"sum\"}")),
        ("unsupported",   nothing(), "incoming_event", "/event/type", json!("hologram")),
        ("agent_joined",  nothing(), "user_added_to_chat", "/user/id", json!("lena@acme.example")),
        ("agent_left",    nothing(), "user_removed_from_chat", "/user_id", json!("lena@acme.example")),
        ("transferred",   json!({ "group": 7 }), "chat_transferred", "/transferred_to/group_ids/0", json!(7)),
        ("access_updated", nothing(), "chat_access_updated", "/access/group_ids/0", json!(3)),
        ("seen_by_agent", nothing(), "events_marked_as_seen", "/user_id", json!("lena@acme.example")),
        ("routing_status", nothing(), "routing_status_set", "/agent_id", json!(bench.setting("livechat", "bot_agent_ids"))),
        ("chat_ended",    json!({ "by": "lena@acme.example" }), "chat_deactivated", "/user_id", json!("lena@acme.example")),
        ("agent_message", nothing(), "incoming_chat", "/requester_id", json!("lena@acme.example")),
    ];
    for (event, params, expect_action, path, expect) in cases {
        let (action, payload) = play(event, params).await;
        assert_eq!(action, expect_action, "{event}");
        assert_eq!(payload.pointer(path).unwrap_or(&Value::Null), &expect, "{event} {path}");
        let of = payload["chat_id"].as_str().or(payload["id"].as_str()).or(payload["chat"]["id"].as_str());
        assert!(event == "routing_status" || of == chat["id"].as_str(), "{event}: the visitor's chat");
    }
}

#[tokio::test]
async fn an_edit_and_a_deletion_are_about_the_same_message() {
    let bench = Bench::start().await;
    chat_with(&bench, "+15550001001").await;
    let id = bench.trigger("livechat.message", json!({ "text": "typo" })).await.id;
    bench.next().await;
    for (event, path) in [("edited", "/payload/event/id"), ("deleted", "/payload/event_id")] {
        bench.trigger(&format!("livechat.{event}"), nothing()).await;
        assert_eq!(bench.next().await.json().pointer(path), Some(&json!(id)), "{event}");
    }
    let bot = Caller::bot(&bench).await;
    let chat = chat_with(&bench, "+15550001001").await;
    let (_, threads) = bot.act("list_threads", json!({ "chat_id": chat })).await;
    assert!(!threads.to_string().contains(&format!("\"{id}\"")), "it is gone");
}
