use omni_core::carrier::{Found, LookUp};
use omni_core::failure::ErrorClass;
use omni_core::http::{HttpError, HttpResponse};
use omni_core::time::Timestamp;
use serde_json::{Value, json};

use super::sending::{Scripted, carrier, error, response};
use super::{BOT, CUSTOMER};

/// A token of Frankfurt is healthy before its first send, too.
#[tokio::test]
async fn look_up_and_check_go_to_the_region_they_are_told() {
    let elsewhere =
        || Ok(response(421, r#"{"error":{"type":"misdirected_request","data":{"region":"fra"}}}"#));
    let token = |table: &mut Value| table["access_token"] = json!("token-without-region");
    let http = Scripted::new(vec![elsewhere(), Ok(response(200, "{}"))]);
    let health = carrier(token).check(&http).await.unwrap();
    assert!(health.ok, "{}", health.detail);
    assert_eq!(http.header(1, "x-region").as_deref(), Some("fra"));

    let http = Scripted::new(vec![elsewhere(), Ok(dated(LATE, r#"{"threads":[]}"#))]);
    let found = carrier(token).look_up(&http, &query(Some("C1"))).await.unwrap();
    assert_eq!((found, http.actions()), (Some(Found::NotTaken), vec!["list_threads".to_owned(); 2]));

    let http = Scripted::new(vec![elsewhere(), elsewhere()]);
    assert!(!carrier(token).check(&http).await.unwrap().ok, "sent on once, not for ever");

    let bot = json!({ "bot_id": BOT, "bot_secret": "bot-s3cret", "client_id": "client" });
    let only_bot = |table: &mut Value| {
        table["bot"] = bot;
        table["personal_access_token"] = json!("");
    };
    let answers = [elsewhere(), Ok(response(200, r#"{"token":"t"}"#)), Ok(response(200, "{}"))];
    let http = Scripted::new(answers.into());
    assert!(carrier(only_bot).check(&http).await.unwrap().ok);
    assert_eq!(http.actions(), ["issue_bot_token", "issue_bot_token", "list_chats"]);
    assert_eq!(http.header(2, "x-region").as_deref(), Some("fra"));
}

fn query(chat: Option<&str>) -> LookUp {
    LookUp {
        client_ref: "msg_1".into(),
        from: "lc:org-1".into(),
        to: format!("lc:{CUSTOMER}").into(),
        text: None,
        since: Timestamp::from_secs(1_763_650_800),
        conversation_ref: chat.map(str::to_owned),
    }
}

/// A minute after the attempt began, and while LiveChat may still be at work at it.
const LATE: &str = "Thu, 20 Nov 2025 15:01:00 GMT";
const EARLY: &str = "Thu, 20 Nov 2025 15:00:15 GMT";

fn dated(date: &str, body: &str) -> HttpResponse {
    HttpResponse { headers: vec![("date".into(), date.into())], ..response(200, body) }
}

#[tokio::test]
async fn what_is_not_there_yet_may_still_come() {
    let answer = |date| dated(date, r#"{"threads":[{"events":[{"id":"T1_1"}]}]}"#);
    let cases = [
        (answer(LATE), Found::NotTaken),
        (answer(EARLY), Found::Unclear),
        (answer("yesterday"), Found::Unclear),
        (HttpResponse { headers: Vec::new(), ..answer(LATE) }, Found::Unclear),
    ];
    for (answer, expect) in cases {
        let date = answer.header("date").map(str::to_owned);
        let http = Scripted::new(vec![Ok(answer)]);
        assert_eq!(carrier(|_| {}).look_up(&http, &query(Some("C1"))).await, Ok(Some(expect)), "{date:?}");
    }
}

#[tokio::test]
async fn the_threads_settle_an_ambiguous_send() {
    let with = r#"{"threads":[{"events":[{"id":"T1_1","custom_id":"other"}]},{"events":[{"id":"T0_9","custom_id":"msg_1"}]}]}"#;
    let without = r#"{"threads":[{"events":[{"id":"T1_1"}]}]}"#;
    let closed = r#"{"threads":[{"events":[{"id":"T1_1"}]},{"restricted_access":"group"}]}"#;
    let chats = r#"{"chat_ids":["C7","C8"]}"#;
    let cases = [
        ("it is there", Some("C1"), vec![with], "taken C1/T0_9", vec!["list_threads"]),
        ("it is not", Some("C1"), vec![without], "not taken", vec!["list_threads"]),
        ("a chat without threads", Some("C1"), vec![r#"{"threads":[]}"#], "not taken", vec!["list_threads"]),
        ("a thread that we may not see", Some("C1"), vec![closed], "unclear", vec!["list_threads"]),
        ("an answer of another form", Some("C1"), vec!["{}"], "unclear", vec!["list_threads"]),
        (
            "a new chat, found among the person's",
            None,
            vec![chats, without, with],
            "taken C7/T0_9",
            vec!["get_customer", "list_threads", "list_threads"],
        ),
        (
            "a new chat that is not among them yet",
            None,
            vec![chats, without, without],
            "unclear",
            vec!["get_customer", "list_threads", "list_threads"],
        ),
        ("a person without chats", None, vec!["{}"], "unclear", vec!["get_customer"]),
    ];
    for (name, chat, bodies, expect, actions) in cases {
        let http = Scripted::new(bodies.into_iter().map(|body| Ok(dated(LATE, body))).collect());
        let found = match carrier(|_| {}).look_up(&http, &query(chat)).await.unwrap().unwrap() {
            Found::Taken(accepted) => format!("taken {}", accepted.carrier_message_id),
            Found::NotTaken => "not taken".to_owned(),
            Found::Unclear => "unclear".to_owned(),
        };
        assert_eq!(
            (found.as_str(), http.actions()),
            (expect, actions.iter().map(|a| (*a).to_owned()).collect()),
            "{name}"
        );
    }
    for chat in [Some("C1"), None] {
        let http = Scripted::new(vec![Ok(response(400, &error("too_many_requests")))]);
        let error = carrier(|_| {}).look_up(&http, &query(chat)).await.unwrap_err();
        assert_eq!(error.class(), ErrorClass::Throttled, "a refusal is not an absence");
    }
}

#[tokio::test]
async fn a_check_says_whether_the_credentials_work() {
    for (status, body, ok) in [(200, "{}".to_owned(), true), (401, error("authentication"), false)] {
        let http = Scripted::new(vec![Ok(response(status, &body))]);
        let health = carrier(|_| {}).check(&http).await.unwrap();
        assert_eq!((health.ok, http.actions()), (ok, vec!["list_chats".to_owned()]));
        assert!(!health.detail.contains("s3cret"));
    }
}

/// Nine webhooks as they should be; `change` takes some away or adds some.
fn webhooks(change: impl FnOnce(&mut Vec<Value>)) -> String {
    let actions = [
        "incoming_chat",
        "incoming_event",
        "event_updated",
        "chat_deactivated",
        "chat_transferred",
        "user_added_to_chat",
        "user_removed_from_chat",
        "events_marked_as_seen",
        "incoming_rich_message_postback",
    ];
    let mut all: Vec<Value> =
        actions.iter().map(|action| json!({ "id": "w1", "action": action, "type": "bot" })).collect();
    change(&mut all);
    Value::from(all).to_string()
}

type Change = Box<dyn Fn(&mut Value)>;
/// Name, settings, answers, the end of what is said, how many calls.
type Case = (&'static str, Change, Vec<Result<HttpResponse, HttpError>>, &'static str, usize);

#[tokio::test]
async fn a_check_compares_the_webhooks_where_it_may() {
    let agent = |table: &mut Value| table["client_id"] = json!("client");
    let tokened = |table: &mut Value| {
        table["client_id"] = json!("client");
        table["path_token"] = json!("path-s3cret");
    };
    let bot = |table: &mut Value| {
        table["bot"] = json!({ "bot_id": BOT, "bot_secret": "bot-s3cret", "client_id": "client" });
    };
    let no_agent = move |table: &mut Value| {
        bot(table);
        table["personal_access_token"] = json!("");
    };
    let ok = |body: &str| Ok(response(200, body));
    let status = |word: &str| {
        json!([{ "agent_id": "lena@acme.example", "status": "offline" }, { "agent_id": BOT, "status": word }])
            .to_string()
    };
    let of_license = |all: &mut Vec<Value>| all[0]["type"] = json!("license");
    let well = "Its webhooks are registered as they should be.";
    #[rustfmt::skip]
    let cases: Vec<Case> = vec![
        ("no client id", Box::new(|_| {}), vec![ok("{}")], "LiveChat accepts the credentials.", 1),
        ("only a bot's token", Box::new(no_agent), vec![ok(r#"{"token":"t"}"#), ok("{}")], "LiveChat accepts the credentials.", 2),
        ("a bot's and an agent's token", Box::new(bot), vec![ok(r#"{"token":"t"}"#), ok("{}"), ok(&webhooks(|_| {})), ok(&status("accepting_chats"))], well, 4),
        (
            "the bot sleeps", Box::new(bot), vec![ok(r#"{"token":"t"}"#), ok("{}"), ok(&webhooks(|_| {})), ok(&status("offline"))],
            "A bot of ours is offline: no chat comes to it (set_routing_status).", 4,
        ),
        ("statuses without the scope", Box::new(bot), vec![ok(r#"{"token":"t"}"#), ok("{}"), ok(&webhooks(|_| {})), Ok(response(403, &error("authorization")))], well, 4),
        ("of the license, enabled", Box::new(agent), vec![ok("{}"), ok(&webhooks(of_license)), ok(r#"{"license_webhooks_enabled":true}"#)], well, 3),
        (
            "of the license, disabled", Box::new(agent), vec![ok("{}"), ok(&webhooks(of_license)), ok(r#"{"license_webhooks_enabled":false}"#)],
            "But they are disabled (enable_license_webhooks).", 3,
        ),
        ("of the license, state unknown", Box::new(agent), vec![ok("{}"), ok(&webhooks(of_license)), Ok(response(403, "{}"))], well, 3),
        ("as they should be", Box::new(agent), vec![ok("{}"), ok(&webhooks(|_| {}))], well, 2),
        (
            "one is missing", Box::new(agent), vec![ok("{}"), ok(&webhooks(|all| drop(all.remove(1))))],
            "No webhook that we could take is registered for incoming_event.", 2,
        ),
        (
            "one of no secret of ours", Box::new(agent), vec![ok("{}"), ok(&webhooks(|all| all[0]["id"] = json!("w9")))],
            "No webhook that we could take is registered for incoming_chat. Callbacks of incoming_chat come with secrets that webhook_secrets lacks.", 2,
        ),
        (
            "one of an empty secret", Box::new(agent), vec![ok("{}"), ok(&webhooks(|all| all[0]["id"] = json!("w3")))],
            "Callbacks of incoming_chat come with", 2,
        ),
        (
            "one of another address", Box::new(tokened), vec![ok("{}"), ok(&webhooks(|all| all[3]["url"] = json!("https://h.example/webhooks/livechat/old?x=/path-s3cret")))],
            "No webhook that we could take is registered for chat_deactivated. Callbacks of chat_deactivated go to an address without our path_token.", 2,
        ),
        ("one of our address", Box::new(tokened), vec![ok("{}"), ok(&webhooks(|all| all[3]["url"] = json!("https://h.example/webhooks/livechat/path-s3cret/")))], well, 2),
        ("none", Box::new(agent), vec![ok("{}"), ok("[]")], "is registered for incoming_chat, incoming_event, ", 2),
        (
            "without the scope", Box::new(agent), vec![ok("{}"), Ok(response(403, &error("authorization")))],
            "could not be listed (authorization): that takes the scope webhooks.configuration:rw.", 2,
        ),
        ("no answer", Box::new(agent), vec![ok("{}")], "Its webhooks could not be listed.", 2),
    ];
    for (name, change, answers, expect, calls) in cases {
        let http = Scripted::new(answers);
        let health = carrier(change).check(&http).await.unwrap();
        assert!(health.ok, "{name}: webhooks keep no message of ours back");
        assert!(
            health.detail.ends_with(expect) || health.detail.contains(expect),
            "{name}: {}",
            health.detail
        );
        assert_eq!(http.actions().len(), calls, "{name}");
        assert!(!health.detail.contains("s3cret"), "{name}");
    }
    let elsewhere = r#"{"error":{"type":"misdirected_request","data":{"region":"fra"}}}"#;
    let http = Scripted::new(vec![ok("{}"), Ok(response(421, elsewhere)), ok(&webhooks(|_| {}))]);
    assert!(carrier(agent).check(&http).await.unwrap().detail.ends_with(well));
    assert_eq!(http.header(2, "x-region").as_deref(), Some("fra"));
    let asked: Value = serde_json::from_slice(&http.asked.lock().unwrap()[2].body).unwrap();
    assert_eq!(asked, json!({ "owner_client_id": "client" }));
}
