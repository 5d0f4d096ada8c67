//! SMS, MMS and the Conversations API.

use omni_twins::Faults;
use reqwest::Method;
use serde_json::{Value, json};

use super::{call, chat, claims, get, parameter, post, signed, signed_for, sms, status};
use crate::harness::{Arrived, Bench, nothing};

#[tokio::test]
async fn an_sms_goes_out_and_is_reported_by_get() {
    let bench = Bench::start().await;
    let mut body = sms("15550001001");
    body["body"] = "ж".repeat(71).into();
    body["reportUrl"] = format!("{}/webhooks/messagebird/sim?x=%C3%A9", bench.gateway).into();
    let (http, answer) = post(&bench, "rest", "/messages", body).await;
    assert_eq!(http, 201);
    assert_eq!((&answer["direction"], &answer["datacoding"]), (&json!("mt"), &json!("unicode")));
    let item = &answer["recipients"]["items"][0];
    assert_eq!((&item["recipient"], &item["status"]), (&json!(15_550_001_001_u64), &json!("sent")));
    assert_eq!(item["messagePartCount"], 2);
    for state in ["sent", "delivered"] {
        let arrived = bench.next().await;
        assert!(arrived.body.is_empty() && !arrived.headers.contains_key("content-type"), "a GET");
        assert!(arrived.path.starts_with("/webhooks/messagebird/sim?x=%C3%A9&id="), "{}", arrived.path);
        assert!(signed(&bench, &arrived, &arrived.path), "{state}");
        assert_eq!(status(&arrived), (state.to_owned(), None));
        for (name, expect) in
            [("id", answer["id"].as_str().unwrap()), ("reference", "r1"), ("recipient", "15550001001")]
        {
            assert_eq!(parameter(&arrived, name).as_deref(), Some(expect), "{name}");
        }
        let price = (state == "delivered").then(|| "0.09".to_owned());
        assert_eq!(parameter(&arrived, "price[amount]"), price, "{state}");
    }
    let (_, shown) = get(&bench, "rest", &format!("/messages/{}", answer["id"].as_str().unwrap())).await;
    assert_eq!(shown["recipients"]["totalDeliveredCount"], 1);
    let messages = bench.twins.messages("messagebird");
    assert_eq!((messages.len(), messages[0].client_reference.as_deref()), (1, Some("r1")));
    assert_eq!(messages[0].to.expose(), "+15550001001");
}

#[tokio::test]
async fn reserved_numbers_of_the_first_generation() {
    let bench = Bench::start().await;
    let way = |states: &[(&str, Option<&str>)]| {
        states.iter().map(|(state, code)| ((*state).to_owned(), code.map(str::to_owned))).collect::<Vec<_>>()
    };
    let (sent, delivered, read) = (("sent", None), ("delivered", None), ("read", None));
    #[rustfmt::skip]
    let cases = [
        ("/messages", "15550001001",  201, None,     way(&[sent, delivered])),
        ("/messages", "+15550001002", 201, None,     way(&[sent, delivered])),
        ("/messages", "15550002001",  422, Some(9),  way(&[])),
        ("/messages", "15550002002",  201, None,     way(&[sent, ("delivery_failed", Some("1"))])),
        ("/messages", "15550002003",  429, Some(21), way(&[])),
        ("/messages", "15550002004",  500, Some(99), way(&[])),
        ("/messages", "15550002004",  503, Some(98), way(&[])),
        ("/messages", "15550002004",  201, None,     way(&[sent, delivered])),
        ("/messages", "15550002007",  201, None,     way(&[sent, sent, delivered, delivered])),
        ("/messages", "15550002008",  201, None,     way(&[("delivery_failed", Some("103"))])),
        ("/messages", "15550002009",  201, None,     way(&[sent, delivered])),
        ("/mms",      "15550001001",  201, None,     way(&[sent, delivered])),
        ("/send",     "15550001001",  202, None,     way(&[sent, delivered, read])),
        ("/send",     "+15550001002", 202, None,     way(&[sent, delivered])),
        ("/send",     "+15550002001", 422, Some(21), way(&[])),
        ("/send",     "+15550002002", 202, None,     way(&[sent, ("failed", Some("1"))])),
        ("/send",     "+15550002008", 202, None,     way(&[("failed", Some("103"))])),
        ("/send",     "+15550002009", 202, None,     way(&[("failed", Some("301"))])),
    ];
    for (path, to, http, code, expect) in cases {
        let (path, body) = match path {
            "/send" => ("/conversations/v1/send", chat(&bench, to, &nothing())),
            path => (path, sms(to)),
        };
        let (status_code, answer, headers) =
            call(&bench, "rest", (Method::POST, path), Some(body), &[]).await;
        assert_eq!((status_code, answer["errors"][0]["code"].as_u64()), (http, code), "{path} {to}");
        assert_eq!(headers.contains_key("retry-after"), http == 429, "{path} {to}");
        let arrived = bench.rest().await;
        assert!(arrived.iter().all(|arrived| signed(&bench, arrived, &arrived.path)), "{path} {to}");
        assert_eq!(arrived.iter().map(status).collect::<Vec<_>>(), expect, "{path} {to}");
    }
    assert_eq!(post(&bench, "rest", "/messages", sms("15550002010")).await.0, 201);
    let forged = bench.rest().await;
    assert!(forged.len() == 2 && forged.iter().all(|arrived| !signed(&bench, arrived, &arrived.path)));
}

#[tokio::test]
async fn a_retry_is_signed_anew() {
    let bench = Bench::start().await;
    bench.answer_once_with(503);
    post(&bench, "rest", "/messages", sms("15550001001")).await;
    let mut sent = Vec::new();
    while sent.len() < 2 {
        let arrived = bench.next().await;
        assert!(signed(&bench, &arrived, &arrived.path));
        if status(&arrived).0 == "sent" {
            sent.push(arrived);
        }
    }
    assert_eq!(sent[0].path, sent[1].path);
    let jti = |arrived: &Arrived| claims(&bench, arrived).unwrap()["jti"].clone();
    assert_ne!(jti(&sent[0]), jti(&sent[1]), "a token is good for one use");
}

#[tokio::test]
async fn without_a_reference_there_is_no_report() {
    let bench = Bench::start().await;
    let mut body = sms("15550001001");
    body["reference"] = Value::Null;
    assert_eq!(post(&bench, "rest", "/messages", body).await.0, 201);
    assert!(bench.rest().await.is_empty());
    assert_eq!(bench.twins.messages("messagebird")[0].state, "delivered");
}

#[tokio::test]
async fn a_public_report_url_is_signed_as_given_and_stays_here() {
    let bench = Bench::start().await;
    let mut body = sms("15550001001");
    body["reportUrl"] = "https://gw.example.net/webhooks/messagebird".into();
    post(&bench, "rest", "/messages", body).await;
    let arrived = bench.next().await;
    assert!(signed_for(&bench, &arrived, &format!("https://gw.example.net{}", arrived.path)));
    assert!(!signed(&bench, &arrived, &arrived.path));
}

#[tokio::test]
async fn several_recipients_share_an_id() {
    let bench = Bench::start().await;
    let mut body = sms("15550001001");
    body["recipients"] = json!(["15550001001", "15550002002"]);
    let (_, answer) = post(&bench, "rest", "/messages", body).await;
    assert_eq!(answer["recipients"]["totalCount"], 2);
    let arrived = bench.rest().await;
    assert_eq!(arrived.len(), 4);
    assert!(arrived.iter().all(|arrived| parameter(arrived, "id").as_deref() == answer["id"].as_str()));
    let (_, list) = get(&bench, "rest", "/messages").await;
    assert_eq!(list["totalCount"], 1);
    let recipients = &list["items"][0]["recipients"];
    assert_eq!(
        (&recipients["totalDeliveredCount"], &recipients["totalDeliveryFailedCount"]),
        (&json!(1), &json!(1))
    );
}

#[tokio::test]
async fn a_scheduled_sms_can_be_taken_back_once() {
    let bench = Bench::start().await;
    let mut body = sms("15550001001");
    body["scheduledDatetime"] = "2099-01-01T00:00:00Z".into();
    let (_, answer) = post(&bench, "rest", "/messages", body).await;
    assert_eq!(answer["recipients"]["items"][0]["status"], "scheduled");
    let path = format!("/messages/{}", answer["id"].as_str().unwrap());
    for expect in [204, 404] {
        assert_eq!(call(&bench, "rest", (Method::DELETE, &path), None, &[]).await.0, expect);
    }
    assert!(bench.rest().await.is_empty());
    assert_eq!(bench.twins.messages("messagebird")[0].state, "canceled");
}

#[tokio::test]
async fn a_conversation_is_started_answered_and_archived() {
    let bench = Bench::start().await;
    let mut body = chat(&bench, "+15550001001", &json!({ "source": { "ref": "r7" } }));
    body["channelId"] = body["from"].take();
    let (http, conversation) = post(&bench, "rest", "/conversations/v1/conversations/start", body).await;
    assert_eq!((http, &conversation["status"]), (201, &json!("active")));
    let updated = bench.next().await.json();
    assert_eq!(
        (&updated["type"], &updated["message"]["source"]["ref"]),
        (&json!("message.updated"), &json!("r7"))
    );
    assert_eq!(updated["conversation"]["id"], conversation["id"]);
    assert_eq!(updated["contact"]["msisdn"], 15_550_001_001_u64);
    bench.rest().await;

    let path = format!("/conversations/v1/conversations/{}", conversation["id"].as_str().unwrap());
    let reply = json!({ "type": "text", "content": { "text": "again" } });
    let (http, message) = post(&bench, "rest", &format!("{path}/messages"), reply).await;
    assert_eq!((http, &message["content"]), (201, &json!({ "text": "again" })));
    bench.rest().await;
    let shown = format!("/conversations/v1/messages/{}", message["id"].as_str().unwrap());
    assert_eq!(get(&bench, "rest", &shown).await.1["status"], "read");
    let (_, messages) = get(&bench, "rest", &format!("{path}/messages")).await;
    assert_eq!((&messages["totalCount"], &messages["items"][0]["id"]), (&json!(2), &message["id"]));
    let (_, all) = get(&bench, "rest", "/conversations/v1/conversations").await;
    assert_eq!(all["items"][0]["id"], conversation["id"]);

    let archive = json!({ "status": "archived" });
    let (http, archived, _) = call(&bench, "rest", (Method::PATCH, &path), Some(archive), &[]).await;
    assert_eq!((http, &archived["status"]), (200, &json!("archived")));
    let arrived = bench.next().await;
    assert!(signed(&bench, &arrived, "/webhooks/messagebird"));
    assert_eq!(arrived.json()["conversation"]["status"], "archived");
    // Whoever writes next begins a new one.
    bench.trigger("messagebird.whatsapp", nothing()).await;
    assert_ne!(bench.next().await.json()["conversation"]["id"], conversation["id"]);
}

#[tokio::test]
async fn the_whatsapp_window_is_kept_in_strict_mode() {
    let bench = Bench::start().await;
    bench.twins.set_faults("messagebird", Faults { strict_window: true, ..Faults::default() }).unwrap();
    let send = || post(&bench, "rest", "/conversations/v1/send", chat(&bench, "+15550001003", &nothing()));
    send().await;
    assert_eq!(status(&bench.next().await), ("failed".into(), Some("301".into())));
    let language = json!({ "policy": "deterministic", "code": "en" });
    let hsm = json!({ "hsm": { "namespace": "n", "templateName": "t", "language": language } });
    let template = chat(&bench, "+15550001003", &json!({ "type": "hsm", "content": hsm }));
    post(&bench, "rest", "/conversations/v1/send", template).await;
    assert_eq!(status(&bench.next().await).0, "sent");
    bench.rest().await;
    bench.trigger("messagebird.whatsapp", json!({ "from": "+15550001003" })).await;
    bench.next().await;
    send().await;
    assert_eq!(status(&bench.next().await).0, "sent");
}

#[tokio::test]
async fn tokens_are_replayed_and_expire() {
    let bench = Bench::start().await;
    bench.trigger("messagebird.sms", json!({ "text": "first" })).await;
    let first = bench.next().await;
    bench.trigger("messagebird.bad_signature", nothing()).await;
    assert_eq!(claims(&bench, &bench.next().await), None);
    bench.trigger("messagebird.replayed_token", nothing()).await;
    let replayed = bench.next().await;
    assert_eq!(replayed.headers["messagebird-signature-jwt"], first.headers["messagebird-signature-jwt"]);
    assert_eq!(replayed.body, first.body);
    bench.trigger("messagebird.expired_token", nothing()).await;
    let expired = claims(&bench, &bench.next().await).expect("well signed");
    let fresh = claims(&bench, &first).unwrap();
    assert_eq!(fresh["exp"].as_i64().unwrap() - fresh["nbf"].as_i64().unwrap(), 60);
    assert!(expired["exp"].as_i64().unwrap() < fresh["nbf"].as_i64().unwrap() - 300);
}
