//! The Channels API, the platform, and what holds for all three.

use std::time::Duration;

use omni_twins::Faults;
use reqwest::Method;
use serde_json::{Value, json};

use super::{
    SMS_NUMBER, WHATSAPP_NUMBER, call, channel, chat, contact, get, platform_sms, platform_whatsapp, post,
    settings, signed, sms, status,
};
use crate::harness::{Bench, nothing};

#[tokio::test]
async fn reserved_numbers_of_the_other_generations() {
    let bench = Bench::start().await;
    let (sms_path, chat_path) =
        (format!("{}/messages", channel(&bench, "sms")), format!("{}/messages", channel(&bench, "whatsapp")));
    #[rustfmt::skip]
    let cases = [
        ("bird", sms_path.as_str(),  "+15550001001", 202, vec![("sent", None), ("delivered", None)]),
        ("bird", sms_path.as_str(),  "+15550002001", 422, vec![]),
        ("bird", sms_path.as_str(),  "+15550002002", 202, vec![("sent", None), ("delivery_failed", Some("1"))]),
        ("bird", sms_path.as_str(),  "+15550002008", 202, vec![("delivery_failed", Some("103"))]),
        ("bird", chat_path.as_str(), "+15550001001", 202, vec![("sent", None), ("delivered", None), ("read", None)]),
        ("bird", chat_path.as_str(), "+15550002009", 202, vec![("sending_failed", Some("131047"))]),
        ("platform", "/v1/sms/messages", "+15550001001", 202, vec![("sms.accepted", None), ("sms.sent", None), ("sms.delivered", None)]),
        ("platform", "/v1/sms/messages", "+15550002001", 422, vec![]),
        ("platform", "/v1/sms/messages", "+15550002002", 202, vec![("sms.accepted", None), ("sms.sent", None), ("sms.undelivered", Some("invalid_destination"))]),
        ("platform", "/v1/sms/messages", "+15550002003", 429, vec![]),
        ("platform", "/v1/sms/messages", "+15550002008", 202, vec![("sms.accepted", None), ("sms.rejected", Some("recipient_opted_out"))]),
        ("platform", "/v1/whatsapp/messages", "+15550001001", 202, vec![("whatsapp.accepted", None), ("whatsapp.sent", None), ("whatsapp.delivered", None), ("whatsapp.read", None)]),
        ("platform", "/v1/whatsapp/messages", "+15550002009", 202, vec![("whatsapp.accepted", None), ("whatsapp.rejected", Some("service_window_expired"))]),
    ];
    for (generation, path, to, http, expect) in cases {
        let body = match (generation, path) {
            ("bird", _) => contact(to),
            (_, "/v1/sms/messages") => platform_sms(to),
            _ => platform_whatsapp(to),
        };
        assert_eq!(post(&bench, generation, path, body).await.0, http, "{path} {to}");
        let arrived = bench.rest().await;
        assert!(
            arrived.iter().all(|arrived| signed(&bench, arrived, "/webhooks/messagebird")),
            "{path} {to}"
        );
        let states: Vec<_> = arrived.iter().map(status).collect();
        let states: Vec<_> = states.iter().map(|(state, code)| (state.as_str(), code.as_deref())).collect();
        assert_eq!(states, expect, "{path} {to}");
    }
}

#[tokio::test]
async fn refused_before_anything_is_read() {
    let bench = Bench::start().await;
    let base = bench.setting("messagebird", "base_url");
    let bird = channel(&bench, "sms");
    let cases = [
        (
            "/messages".to_owned(),
            json!({ "errors": [{ "code": 2, "description": "Request not allowed (incorrect access_key)", "parameter": "access_key" }] }),
        ),
        (
            "/conversations/v1/send".to_owned(),
            json!({ "errors": [{ "code": 2, "description": "Request not allowed (incorrect access_key)", "parameter": "access_key" }] }),
        ),
        (
            format!("/bird{bird}/messages"),
            json!({ "code": "Unauthorized", "message": "the access key is not valid", "details": {} }),
        ),
        (
            "/platform/v1/sms/messages".to_owned(),
            json!({ "error": { "type": "auth_error", "code": "E01001", "name": "InvalidAPIKey", "message": "The API key is not valid.", "param": null, "request_id": "req_sandbox" } }),
        ),
    ];
    for (path, expect) in cases {
        for key in [None, Some("AccessKey wrong"), Some("Bearer bk_us1_wrong")] {
            let request = bench.client.post(format!("{base}{path}")).body("{");
            let request = if let Some(key) = key { request.header("authorization", key) } else { request };
            let response = request.send().await.unwrap();
            assert_eq!(response.status().as_u16(), 401, "{path}");
            let answer: Value = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap();
            assert_eq!(answer, expect, "{path}");
        }
    }
    for (generation, path) in
        [("rest", "/messages"), ("bird", &format!("{bird}/messages")), ("platform", "/v1/sms/messages")]
    {
        let status = post(&bench, generation, path, json!([])).await.0;
        assert!((400..=422).contains(&status), "{generation}: {status}");
        assert_eq!(get(&bench, generation, "/nowhere").await.0, 404, "{generation}");
    }
    assert_eq!(
        post(&bench, "bird", "/workspaces/x/channels/y/messages", contact("+15550001001")).await.0,
        404
    );
    assert!(bench.twins.messages("messagebird").is_empty());
}

#[tokio::test]
async fn an_event_keeps_its_id_in_a_retry() {
    let bench = Bench::start().await;
    bench.answer_once_with(503);
    post(&bench, "platform", "/v1/sms/messages", platform_sms("+15550001001")).await;
    tokio::time::sleep(Duration::from_secs(5)).await;
    let all = bench.rest().await;
    let accepted: Vec<_> = all.iter().filter(|arrived| status(arrived).0 == "sms.accepted").collect();
    assert_eq!(accepted.len(), 2);
    assert_eq!(accepted[0].headers["webhook-id"], accepted[1].headers["webhook-id"]);
    assert_ne!(accepted[0].headers["webhook-timestamp"], accepted[1].headers["webhook-timestamp"]);
    assert!(accepted.iter().all(|arrived| signed(&bench, arrived, &arrived.path)));
}

#[tokio::test]
async fn a_lost_answer_is_settled_by_the_lists() {
    let bench = Bench::start().await;
    for reference in ["r1", "r2"] {
        let mut body = sms("15550001001");
        body["reference"] = reference.into();
        post(&bench, "rest", "/messages", body).await;
        let mut body = platform_sms("+15550001001");
        body["metadata"]["ref"] = reference.into();
        post(&bench, "platform", "/v1/sms/messages", body).await;
        let mut body = contact("+15550001001");
        body["reference"] = reference.into();
        post(&bench, "bird", &format!("{}/messages", channel(&bench, "sms")), body).await;
    }
    bench.trigger("messagebird.sms", nothing()).await;
    bench.trigger("messagebird.platform_sms", nothing()).await;
    let references = async |generation: &str, path: &str, list: &str, reference: &str| -> Vec<String> {
        let (http, answer) = get(&bench, generation, path).await;
        assert_eq!(http, 200, "{path}");
        let items = answer[list].as_array().unwrap();
        items
            .iter()
            .map(|item| item.pointer(reference).unwrap().as_str().unwrap_or_default().to_owned())
            .collect()
    };
    let bird = format!("{}/messages", channel(&bench, "sms"));
    let one = format!("{bird}?reference=r1");
    let all = vec!["r2".to_owned(), "r1".to_owned()];
    #[rustfmt::skip]
    let cases = [
        ("rest",     "/messages?recipient=15550001001&from=2020-01-01T00:00:00Z&limit=50", "items", "/reference", all.clone()),
        ("rest",     "/messages?recipient=15550001001&limit=1&offset=1", "items", "/reference", vec!["r1".into()]),
        ("rest",     "/messages?recipient=15550001002", "items", "/reference", vec![]),
        ("rest",     "/messages?until=2020-01-01T00:00:00Z", "items", "/reference", vec![]),
        ("rest",     "/messages?direction=mo", "items", "/direction", vec!["mo".into()]),
        ("platform", "/v1/sms/messages?direction=outbound&to=%2B15550001001&created_after=2020-01-01T00:00:00Z&limit=50", "data", "/metadata/ref", all.clone()),
        ("platform", "/v1/sms/messages?direction=outbound&limit=1", "data", "/metadata/ref", vec!["r2".into()]),
        ("platform", "/v1/sms/messages?direction=inbound", "data", "/direction", vec!["inbound".into()]),
        ("platform", "/v1/whatsapp/messages", "data", "/id", vec![]),
        ("bird",     &bird, "results", "/reference", all),
        ("bird",     &one, "results", "/reference", vec!["r1".into()]),
    ];
    for (generation, path, list, reference, expect) in cases {
        assert_eq!(references(generation, path, list, reference).await, expect, "{path}");
    }
    assert_eq!(get(&bench, "rest", "/messages?from=yesterday").await.0, 422);
    assert_eq!(get(&bench, "platform", "/v1/sms/messages?created_after=yesterday").await.0, 422);
    let first = get(&bench, "platform", "/v1/sms/messages?direction=outbound&limit=1").await.1;
    let next = format!(
        "/v1/sms/messages?limit=1&direction=outbound&starting_after={}",
        first["next_cursor"].as_str().unwrap()
    );
    let (_, second) = get(&bench, "platform", &next).await;
    assert_eq!((&second["data"][0]["metadata"]["ref"], &second["next_cursor"]), (&json!("r1"), &Value::Null));
    assert_eq!(get(&bench, "platform", "/v1/sms/messages?starting_after=sms_x").await.0, 422);
    assert_eq!(bench.twins.messages("messagebird").len(), 6, "what people wrote is not listed here");
}

#[tokio::test]
async fn a_key_sends_once() {
    let bench = Bench::start().await;
    let send = async |key: &str, to: &str| {
        let target = (Method::POST, "/v1/sms/messages");
        call(&bench, "platform", target, Some(platform_sms(to)), &[("idempotency-key", key)]).await
    };
    let (http, first, headers) = send("k1", "+15550001001").await;
    assert!(http == 202 && !headers.contains_key("idempotency-replay"));
    let (http, again, headers) = send("k1", "+15550001001").await;
    assert_eq!((http, headers["idempotency-replay"].to_str().unwrap()), (202, "true"));
    assert_eq!(first, again);
    assert_eq!(bench.rest().await.len(), 3, "one message, one set of events");
    let (http, reused, _) = send("k1", "+15550001002").await;
    assert_eq!((http, &reused["error"]["code"]), (409, &json!("E01005")));
    // A failure is not remembered: the same key may try again.
    for expect in [500, 503, 202] {
        assert_eq!(send("k2", "+15550002004").await.0, expect);
    }
    assert_eq!(bench.twins.messages("messagebird").len(), 2);
}

#[tokio::test]
async fn a_lost_answer_is_given_again_to_the_same_key() {
    let bench = Bench::start().await;
    bench.twins.set_faults("messagebird", Faults { hold_ms: 400, ..Faults::default() }).unwrap();
    let settings = settings(&bench, "platform");
    let url = format!("{}/v1/sms/messages", settings["base_url"].as_str().unwrap());
    let request = || {
        let request = bench.client.post(&url).bearer_auth(settings["access_key"].as_str().unwrap());
        request.header("idempotency-key", "k1").body(platform_sms("+15550002005").to_string())
    };
    let lost = tokio::spawn(request().timeout(Duration::from_millis(200)).send());
    tokio::time::sleep(Duration::from_millis(100)).await;
    let in_progress = request().send().await.unwrap();
    assert_eq!(in_progress.status().as_u16(), 409);
    assert!(lost.await.unwrap().unwrap_err().is_timeout());
    tokio::time::sleep(Duration::from_millis(500)).await;
    let answer = request().send().await.unwrap();
    assert_eq!(
        (answer.status().as_u16(), answer.headers()["idempotency-replay"].to_str().unwrap()),
        (202, "true")
    );
    assert_eq!(bench.twins.messages("messagebird").len(), 1);
}

#[tokio::test]
async fn the_platform_suppresses_who_says_stop() {
    let bench = Bench::start().await;
    let outcome = async || {
        post(&bench, "platform", "/v1/sms/messages", platform_sms("+15550001009")).await;
        status(bench.rest().await.last().unwrap())
    };
    let who = json!({ "from": "+15550001009" });
    assert_eq!(outcome().await.0, "sms.delivered");
    bench.trigger("messagebird.platform_stop", who.clone()).await;
    assert_eq!(bench.next().await.json()["data"]["text"], "STOP");
    assert_eq!(outcome().await, ("sms.rejected".into(), Some("recipient_suppressed".into())));
    bench.trigger("messagebird.platform_start", who.clone()).await;
    bench.next().await;
    assert_eq!(outcome().await.0, "sms.delivered");
    bench.trigger("messagebird.platform_suppression", who).await;
    assert_eq!(bench.next().await.json()["type"], "sms_suppression.created");
    assert_eq!(outcome().await.0, "sms.rejected");
}

#[tokio::test]
async fn fixtures_say_what_was_asked_for() {
    let bench = Bench::start().await;
    bench.trigger("messagebird.mms", json!({ "text": "Olá + 1", "subject": "s" })).await;
    let arrived = bench.next().await;
    for (name, expect) in
        [("originator", "15550001001"), ("recipient", SMS_NUMBER), ("body", "Olá + 1"), ("subject", "s")]
    {
        assert_eq!(arrived.field(name).as_deref(), Some(expect), "{name}");
    }
    let url = arrived.field("mediaUrls").unwrap();
    assert_eq!(bench.client.get(&url).send().await.unwrap().status().as_u16(), 401);
    let path = url.strip_prefix(&bench.setting("messagebird", "base_url")).unwrap();
    let key = format!("AccessKey {}", bench.setting("messagebird", "access_key"));
    let photo = bench.client.get(&url).header("authorization", key).send().await.unwrap();
    assert_eq!(photo.headers()["content-type"], "image/png", "{path}");

    let mut played = Vec::new();
    for (event, params) in [
        ("sms_short_code", nothing()),
        ("sms_alpha_sender", nothing()),
        ("sms_json", nothing()),
        ("whatsapp_button", json!({ "id": "slot:1", "text": "9:00" })),
        ("inbox_reply", json!({ "text": "by hand" })),
        ("bird_whatsapp_button", json!({ "payload": "slot:1", "name": "Zoë" })),
        ("platform_whatsapp", json!({ "user_id": "GB.7Qk20Xd3aLm" })),
    ] {
        bench.trigger(&format!("messagebird.{event}"), params).await;
        played.push(bench.next().await);
    }
    assert_eq!(played[0].field("shortcode").as_deref(), Some("51515"));
    assert_eq!(played[0].field("receive_datetime").unwrap().len(), 14);
    assert_eq!(played[1].field("originator").as_deref(), Some("PostNL"));
    assert_eq!(played[2].json()["originator"], 15_550_001_001_u64);
    let button = &played[3].json()["message"];
    assert_eq!(button["content"]["interactive"]["reply"], json!({ "id": "slot:1", "text": "9:00" }));
    assert_eq!((&button["from"], &button["to"]), (&json!("+15550001001"), &json!(WHATSAPP_NUMBER)));
    let echo = &played[4].json()["message"];
    assert_eq!((&echo["direction"], &echo["origin"]), (&json!("sent"), &json!("inbox")));
    let tapped = &played[5].json()["payload"];
    assert_eq!(tapped["body"]["text"]["actions"][0]["postback"]["payload"], "slot:1");
    assert_eq!(tapped["sender"]["contact"]["annotations"]["name"], "Zoë");
    let data = &played[6].json()["data"];
    assert_eq!(
        (&data["from"], &data["direction"]),
        (&json!({ "bsuid": "GB.7Qk20Xd3aLm" }), &json!("inbound"))
    );
}

#[tokio::test]
async fn a_status_can_be_triggered_for_a_message_of_ours() {
    let bench = Bench::with(|settings| settings.auto_receipts = false).await;
    let (_, rest) = post(&bench, "rest", "/messages", sms("15550001001")).await;
    let (_, talk) =
        post(&bench, "rest", "/conversations/v1/send", chat(&bench, "+15550001001", &nothing())).await;
    let (_, bird) =
        post(&bench, "bird", &format!("{}/messages", channel(&bench, "sms")), contact("+15550001001")).await;
    let (_, platform) = post(&bench, "platform", "/v1/sms/messages", platform_sms("+15550001001")).await;
    assert!(bench.rest().await.is_empty());
    #[rustfmt::skip]
    let cases = [
        ("status_failed", json!({ "code": 27 }),  &rest,     "delivery_failed", "27"),
        ("whatsapp_status_failed", nothing(),     &talk,     "failed",          "301"),
        ("bird_status_failed", nothing(),         &bird,     "delivery_failed", "1"),
        ("platform_status_failed", nothing(),     &platform, "sms.undelivered", "invalid_destination"),
    ];
    for (event, params, sent, state, code) in cases {
        let triggered = bench.trigger(&format!("messagebird.{event}"), params).await;
        assert_eq!(Some(triggered.id.as_str()), sent["id"].as_str(), "{event}");
        assert_eq!(status(&bench.next().await), (state.to_owned(), Some(code.to_owned())), "{event}");
    }
    let states: Vec<_> = bench.twins.messages("messagebird").iter().map(|message| message.state).collect();
    assert_eq!(states, ["delivery_failed", "failed", "delivery_failed", "undelivered"]);
}

#[tokio::test]
async fn a_read_whatsapp_message_is_delivered_and_has_a_time() {
    let bench = Bench::start().await;
    let (_, sent) =
        post(&bench, "platform", "/v1/whatsapp/messages", platform_whatsapp("+15550001001")).await;
    assert_eq!(sent["to"], json!({ "phone_number": "+15550001001" }));
    bench.rest().await;
    let (_, read) =
        get(&bench, "platform", &format!("/v1/whatsapp/messages/{}", sent["id"].as_str().unwrap())).await;
    assert_eq!(read["status"], "delivered");
    assert!(read["sent_at"].as_str() < read["read_at"].as_str(), "{read}");
}

#[tokio::test]
async fn keys_and_places_can_be_checked() {
    let bench = Bench::start().await;
    assert_eq!(get(&bench, "rest", "/balance").await.1["payment"], "prepaid");
    assert_eq!(get(&bench, "rest", "/lookup/15550001001").await.1["type"], "mobile");
    assert_eq!(get(&bench, "rest", "/lookup/hello").await.0, 422);
    assert_eq!(get(&bench, "rest", "/lookup/15550002002/hlr").await.1["status"], "unknown");
    assert_eq!(get(&bench, "bird", &channel(&bench, "whatsapp")).await.1["identifier"], WHATSAPP_NUMBER);
    assert_eq!(get(&bench, "platform", "/v1/sms/messages?limit=1").await.0, 200);
    assert_eq!(
        bench.twins.connection_settings_for("messagebird", "rest"),
        bench.twins.connection_settings("messagebird")
    );
    assert_eq!(bench.twins.connection_settings_for("messagebird", "telex"), None);
    assert_eq!(bench.twins.connection_settings_for("twilio", "rest"), None);
}

#[tokio::test]
async fn a_received_whatsapp_message_can_be_reacted_to_and_marked_as_read() {
    let bench = Bench::start().await;
    let theirs = bench.trigger("messagebird.platform_whatsapp", nothing()).await.id;
    let (_, sent) =
        post(&bench, "platform", "/v1/whatsapp/messages", platform_whatsapp("+15550001001")).await;
    let ours = sent["id"].as_str().unwrap();
    let emoji = |emoji: &str| Some(json!({ "emoji": emoji }));
    let typing = |typing: Value| Some(json!({ "typing_indicator": typing }));
    #[rustfmt::skip]
    let cases = [
        ("a reaction",              Method::PUT,    theirs.as_str(), "reaction", emoji("👍"),        202),
        ("no emoji",                Method::PUT,    theirs.as_str(), "reaction", emoji(""),          422),
        ("taken back",              Method::DELETE, theirs.as_str(), "reaction", None,               202),
        ("on one of ours",          Method::PUT,    ours,            "reaction", emoji("👍"),        422),
        ("on none",                 Method::PUT,    "wam_x",         "reaction", emoji("👍"),        404),
        ("read",                    Method::POST,   theirs.as_str(), "read",     None,               202),
        ("read, and typing",        Method::POST,   theirs.as_str(), "read",     typing(json!(true)), 202),
        ("typing that is none",     Method::POST,   theirs.as_str(), "read",     typing(json!("x")), 422),
        ("read by ourselves",       Method::POST,   ours,            "read",     None,               422),
        ("read nothing",            Method::POST,   "wam_x",         "read",     None,               404),
    ];
    for (name, method, id, what, body, status) in cases {
        let path = format!("/v1/whatsapp/messages/{id}/{what}");
        assert_eq!(call(&bench, "platform", (method, &path), body, &[]).await.0, status, "{name}");
    }
    let path = format!("/v1/whatsapp/messages/{theirs}/read");
    let (_, answer) = post(&bench, "platform", &path, json!({ "typing_indicator": true })).await;
    assert_eq!(answer, json!({ "typing_indicator": true }));
}
