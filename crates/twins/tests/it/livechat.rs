//! The LiveChat twin.

use std::time::Duration;

use omni_twins::Faults;
use serde_json::{Value, json};

use crate::harness::{Arrived, Bench, nothing};

/// The visitor behind +1 555 000 1001, and what comes before the number in all of these ids.
const VISITOR: &str = "7d3f1c22-0a55-4b1e-8c66-015550001001";
const VISITORS: &str = "7d3f1c22-0a55-4b1e-8c66-0";

/// Whether LiveChat sent this: the webhook's secret is in the body.
pub(crate) fn signed(bench: &Bench, arrived: &Arrived) -> bool {
    let settings = bench.twins.connection_settings("livechat").expect("a carrier");
    let body = arrived.json();
    let secrets = &settings["webhook_secrets"][body["webhook_id"].as_str().expect("an id")];
    body["organization_id"] == settings["organization_id"]
        && secrets.as_array().expect("registered").contains(&body["secret_key"])
}

/// Whether a webhook is about a chat as a whole, and so has no id of its own.
pub(crate) fn is_about_a_chat(arrived: &Arrived) -> bool {
    let body: Value = serde_json::from_slice(&arrived.body).unwrap_or_default();
    body["secret_key"].is_string()
        && !matches!(body["action"].as_str(), Some("incoming_event" | "incoming_chat"))
}

/// The `Authorization` header of a kind of connection.
async fn credentials(bench: &Bench, variant: &str) -> String {
    let settings = bench.twins.connection_settings_for("livechat", variant).expect("a variant");
    let text = |name: &str| settings[name].as_str().map(str::to_owned);
    if let Some(token) = text("access_token") {
        return format!("Bearer {token}");
    }
    if let Some(token) = text("personal_access_token") {
        use base64::Engine as _;
        let pair = format!("{}:{token}", text("account_id").expect("an account"));
        return format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(pair));
    }
    let mut body = settings["bot"].clone();
    body["organization_id"] = settings["organization_id"].clone();
    let (status, answer) = call(bench, "configuration/action/issue_bot_token", body, &[]).await;
    assert_eq!(status, 200);
    format!("Bearer {}", answer["token"].as_str().expect("a token"))
}

async fn call(bench: &Bench, path: &str, body: Value, headers: &[(&str, &str)]) -> (u16, Value) {
    let url = format!("{}/v3.6/{path}", bench.setting("livechat", "base_url"));
    let mut request = bench.client.post(url).body(body.to_string());
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = request.send().await.expect("an answer");
    let status = response.status().as_u16();
    let bytes = response.bytes().await.expect("a body");
    (status, serde_json::from_slice(&bytes).expect("JSON"))
}

/// Somebody who calls the agent chat API.
struct Caller<'a> {
    bench: &'a Bench,
    authorization: String,
    region: &'static str,
}

impl<'a> Caller<'a> {
    async fn bot(bench: &'a Bench) -> Self {
        Self { bench, authorization: credentials(bench, "bot").await, region: "dal" }
    }

    async fn act(&self, action: &str, body: Value) -> (u16, Value) {
        let headers = [("authorization", self.authorization.as_str()), ("x-region", self.region)];
        call(self.bench, &format!("agent/action/{action}"), body, &headers).await
    }

    async fn say(&self, chat: &str, text: &str) -> (u16, Value) {
        let event = json!({ "type": "message", "text": text, "visibility": "all", "custom_id": "r1" });
        self.act("send_event", json!({ "chat_id": chat, "event": event })).await
    }
}

fn kind(answer: &Value) -> &str {
    answer["error"]["type"].as_str().unwrap_or_default()
}

/// The visitor behind a phone number writes; gives back the id of their chat.
async fn chat_with(bench: &Bench, from: &str) -> String {
    bench.trigger("livechat.message", json!({ "from": from })).await;
    let payload = bench.next().await.json()["payload"].clone();
    let id = payload["chat"]["id"].as_str().or(payload["chat_id"].as_str());
    id.expect("a chat").to_owned()
}

fn action(arrived: &Arrived) -> String {
    arrived.json()["action"].as_str().unwrap_or_default().to_owned()
}

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
        ("a filled form",      json!({ "type": "filled_form" }),                         400, "validation"),
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
    let (_, page) = bot.act("list_chats", json!({ "limit": 1, "page_id": "page-1" })).await;
    assert_eq!((ids(&page, "chats_summary"), &page["found_chats"]), (vec![first.clone()], &json!(2)));
    let (_, threads) = bot.act("list_threads", json!({ "chat_id": first })).await;
    let shown: Vec<_> =
        threads["threads"].as_array().unwrap().iter().map(|thread| thread["active"].clone()).collect();
    assert_eq!(shown, [json!(true), json!(false)]);
    assert_eq!(threads["threads"][0]["previous_thread_id"], threads["threads"][1]["id"]);
    let later = json!({ "chat_id": first, "filters": { "from": "2099-01-01T00:00:00Z" } });
    assert_eq!(bot.act("list_threads", later).await.1["found_threads"], 0);
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
    let headers = [("authorization", bot.authorization.as_str())];
    let (_, webhooks) = call(&bench, "configuration/action/list_webhooks", json!({}), &headers).await;
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
