//! The Inteliquent twin.

use axum::http::HeaderMap;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::harness::{Arrived, Bench, nothing};

const NUMBER: &str = "15550100021";

async fn answer(request: reqwest::RequestBuilder) -> (u16, Value, HeaderMap) {
    let response = request.send().await.expect("an answer");
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let bytes = response.bytes().await.expect("a body");
    (status, serde_json::from_slice(&bytes).unwrap_or_default(), headers)
}

async fn call(bench: &Bench, name: &str, body: &Value) -> (u16, Value, HeaderMap) {
    let url = format!("{}/{name}", bench.setting("inteliquent", "base_url"));
    let request = bench.client.post(url).bearer_auth(bench.setting("inteliquent", "api_key"));
    answer(request.header("content-type", "application/json").body(body.to_string())).await
}

async fn send(bench: &Bench, to: &[&str], changes: Value) -> (u16, Value, HeaderMap) {
    let mut body = json!({ "from": NUMBER, "to": to, "text": "hi", "referenceId": "0193" });
    for (name, value) in changes.as_object().expect("an object") {
        body[name] = value.clone();
    }
    call(bench, "publishMessages", &body).await
}

fn digest(key: &str, arrived: &Arrived) -> Option<String> {
    let id = arrived.headers.get("messageid")?;
    let digest = Sha256::digest(format!("{key}{id}"));
    Some(digest.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Whether Inteliquent proved that it knows the key of the company's webhook, at its URL.
pub(crate) fn signed(bench: &Bench, arrived: &Arrived) -> bool {
    let settings = bench.twins.connection_settings("inteliquent").expect("a carrier");
    let key = settings["auth"]["keys"][0].as_str().expect("a key");
    let path = format!("/webhooks/inteliquent/{}", bench.setting("inteliquent", "path_token"));
    arrived.path == path && arrived.headers.get("verificationtoken") == digest(key, arrived).as_ref()
}

#[tokio::test]
async fn a_text_is_taken_and_assumed_delivered() {
    let bench = Bench::start().await;
    let (http, taken, _) = send(&bench, &["15550001001"], json!({})).await;
    assert_eq!((http, &taken["success"], &taken["reason"]), (200, &json!(true), &json!("SUCCESS")));
    let result = &taken["result"];
    let reference = result["referenceId"].as_str().unwrap();
    assert!(reference.len() == 36 && reference != "0193");
    assert_eq!(result["resultResponses"], json!([{ "to": "15550001001", "status": "SUCCESS" }]));
    assert_eq!(result["messageType"], "SMS");
    let arrived = bench.next().await;
    assert!(signed(&bench, &arrived));
    assert_eq!(
        arrived.json(),
        json!({ "referenceId": reference, "from": NUMBER, "to": ["15550001001"], "deliveryReceipt": true })
    );
    let messages = bench.twins.messages("inteliquent");
    assert_eq!((messages.len(), messages[0].client_reference.as_deref()), (1, Some("0193")));
    assert_eq!((messages[0].to.expose(), messages[0].state), ("+15550001001", "delivered"));
}

#[tokio::test]
async fn reserved_numbers_have_their_fates() {
    let bench = Bench::start().await;
    let arrived = Some("plain");
    #[rustfmt::skip]
    let cases = [
        ("15550001001", 200, Some(true),  vec![arrived]),
        ("15550001002", 200, Some(true),  vec![arrived]),
        ("15550002001", 200, Some(false), vec![]),
        ("15550002002", 200, Some(true),  vec![Some("stat:UNDELIV")]),
        ("15550002003", 429, None,        vec![]),
        ("15550002004", 500, None,        vec![]),
        ("15550002004", 503, None,        vec![]),
        ("15550002004", 200, Some(true),  vec![arrived]),
        ("15550002007", 200, Some(true),  vec![arrived, arrived]),
        ("15550002008", 200, Some(false), vec![]),
        ("15550002009", 200, Some(true),  vec![arrived]),
    ];
    for (to, http, success, expect) in cases {
        let (status, answer, headers) = send(&bench, &[to], json!({})).await;
        assert_eq!((status, answer["success"].as_bool()), (http, success), "{to} {answer}");
        assert_eq!(headers.contains_key("retry-after"), http == 429, "{to}");
        let receipts = bench.rest().await;
        assert!(receipts.iter().all(|arrived| signed(&bench, arrived)), "{to}");
        let words: Vec<_> = receipts
            .iter()
            .map(|arrived| {
                let body = arrived.json();
                let text = body["text"].as_str().unwrap_or("plain").to_owned();
                text.split(' ').find(|word| *word == "plain" || word.starts_with("stat:")).map(str::to_owned)
            })
            .collect();
        assert_eq!(words, expect.into_iter().map(|word| word.map(str::to_owned)).collect::<Vec<_>>(), "{to}");
    }
    let (_, refused, _) = send(&bench, &["15550002008"], json!({})).await;
    assert!(refused["detail"].as_str().unwrap().contains("opted out"));
    assert_eq!(send(&bench, &["15550002010"], json!({})).await.0, 200);
    let forged = bench.rest().await;
    assert!(forged.len() == 1 && !signed(&bench, &forged[0]));
}

#[tokio::test]
async fn the_users_error_is_408() {
    let bench = Bench::start().await;
    let (http, error, _) = send(&bench, &["15550001001"], json!({ "from": "15550100099" })).await;
    let words = "The from number is not assigned to your account";
    assert_eq!((http, error), (408, json!({ "statusCode": "408", "status": words })));
    let root = bench.setting("inteliquent", "base_url");
    let anonymous = bench.client.post(format!("{root}/publishMessages")).body("{}");
    let wrong = bench.client.post(format!("{root}/selectAuthorization")).bearer_auth("x");
    for request in [anonymous, wrong] {
        let (http, error, _) = answer(request).await;
        assert_eq!((http, &error["statusCode"]), (401, &json!("401")));
    }
    assert_eq!(answer(bench.client.get(format!("{root}/publishMessages"))).await.0, 405);
    assert_eq!(call(&bench, "nothing", &json!({})).await.0, 404);
    assert!(bench.twins.messages("inteliquent").is_empty());
}

#[tokio::test]
async fn of_a_group_some_may_be_refused() {
    let bench = Bench::start().await;
    let (_, taken, _) = send(&bench, &["15550002001", "15550001001", "15550002002"], json!({})).await;
    let result = &taken["result"];
    assert_eq!((&taken["success"], &result["messageType"]), (&json!(true), &json!("MMS")));
    assert_eq!(result["resultResponses"][0]["status"], "INVALID_DESTINATION");
    let mut receipts: Vec<_> = bench.rest().await.iter().map(Arrived::json).collect();
    receipts.sort_by_key(|receipt| receipt["to"].to_string());
    assert_eq!(receipts.len(), 2);
    assert!(receipts.iter().all(|receipt| receipt["referenceId"] == result["referenceId"]));
    assert_eq!((&receipts[0]["to"], receipts[0].get("text")), (&json!(["15550001001"]), None));
}

#[tokio::test]
async fn a_lost_answer_is_settled_by_the_search() {
    let bench = Bench::start().await;
    for to in ["15550001001", "15550001001", "15550002002"] {
        send(&bench, &[to], json!({})).await;
    }
    bench.rest().await;
    bench.trigger("inteliquent.text", nothing()).await;
    bench.trigger("inteliquent.receipt_rejected", nothing()).await;
    let services = bench.twins.connection_settings("inteliquent").unwrap()["services"].clone();
    let url = format!("{}/messageDetailSearch", services["base_url"].as_str().unwrap());
    let search = async |filter: Value| {
        let mut body = json!({ "privateKey": services["private_key"] });
        for (name, value) in filter.as_object().unwrap() {
            body[name] = value.clone();
        }
        let request = bench.client.post(&url).basic_auth("acme-travel", services["secret"].as_str());
        let request = request.body(body.to_string());
        let (http, found, _) = answer(request).await;
        (http, found["messageDetails"].as_array().map_or(0, Vec::len))
    };
    #[rustfmt::skip]
    let cases = [
        ("everything",            json!({}),                                        (200, 4)),
        ("ten digits",            json!({ "destinationTn": "5550001001" }),         (200, 2)),
        ("with a plus",           json!({ "sourceTn": "+15550100021" }),            (200, 3)),
        ("what people wrote",     json!({ "direction": "Inbound" }),                (200, 1)),
        ("by outcome",            json!({ "disposition": "Blocked" }),              (200, 1)),
        ("later",                 json!({ "startDate": "2100-01-01T00:00:00.000Z" }), (200, 0)),
        ("until then",            json!({ "endDate": "2100-01-01T00:00:00.000Z" }), (200, 4)),
        ("a date that is none",   json!({ "endDate": "today" }),                    (411, 0)),
        ("no key",                json!({ "privateKey": "" }),                      (411, 0)),
        ("a wrong key",           json!({ "privateKey": "x" }),                     (401, 0)),
    ];
    for (name, filter, expect) in cases {
        assert_eq!(search(filter).await, expect, "{name}");
    }
    for (user, password) in [("acme-travel", "x"), ("x", services["secret"].as_str().unwrap())] {
        let request = bench.client.post(&url).basic_auth(user, Some(password)).body("{}");
        let (http, error, _) = answer(request).await;
        assert_eq!((http, &error["statusCode"]), (401, &json!("401001")), "{user}");
    }
}

#[tokio::test]
async fn webhooks_decide_where_callbacks_go() {
    let bench = Bench::start().await;
    let (_, listed, _) = call(&bench, "selectAuthorization", &json!({})).await;
    let entries = listed["authConfig"]["authorizations"].as_array().unwrap();
    assert_eq!(
        (entries.len(), &entries[0]["inboundAuth"], &entries[1]["inboundAuth"]),
        (2, &json!(false), &json!(true))
    );
    let own = json!({ "inboundAuth": true, "webhookUrl": "https://gw.example.net/webhooks/inteliquent/x", "tn": NUMBER, "apiKey": "k" });
    let (http, added, _) = call(&bench, "configureAuthorization", &json!({ "authorizations": [own] })).await;
    assert_eq!((http, &added["authConfig"]["authorizations"][0]["authId"]), (200, &json!("21")));
    bench.trigger("inteliquent.text", nothing()).await;
    let arrived = bench.next().await;
    assert_eq!(arrived.path, "/webhooks/inteliquent/x");
    assert_eq!(arrived.headers.get("verificationtoken"), digest("k", &arrived).as_ref());
    let all = json!({ "authorizations": [{ "authId": "20" }, { "authId": 21 }] });
    assert_eq!(call(&bench, "removeAuthorization", &all).await.0, 200);
    let dropped = bench.twins.trigger("inteliquent.text", serde_json::Map::new()).await.unwrap_err();
    assert_eq!(dropped.to_string(), "the callback could not be delivered: no webhook is configured");
    send(&bench, &["15550001001"], json!({})).await;
    assert!(bench.rest().await.is_empty());
}

#[tokio::test]
async fn each_callback_has_its_own_id_and_a_repetition_keeps_it() {
    let bench = Bench::start().await;
    bench.answer_once_with(503);
    send(&bench, &["15550001001"], json!({})).await;
    let (first, second) = (bench.next().await, bench.next().await);
    assert_eq!(
        (first.headers.get("messageid"), &first.body),
        (second.headers.get("messageid"), &second.body)
    );
    bench.trigger("inteliquent.text", nothing()).await;
    assert_ne!(bench.next().await.headers.get("messageid"), first.headers.get("messageid"));
}

#[tokio::test]
async fn fixtures_bring_their_parameters() {
    let bench = Bench::start().await;
    let play = async |event: &str, params: Value| {
        bench.trigger(&format!("inteliquent.{event}"), params).await;
        bench.next().await.json()
    };
    let group = play("group", json!({ "members": "15550001002" })).await;
    assert_eq!(group["to"], json!([NUMBER, "15550001002"]));
    assert_eq!(play("no_reference", nothing()).await.get("referenceId"), None);
    assert_eq!(play("alias", json!({ "text": "a" })).await["body"], "a");
    assert_eq!(play("sinch_text", nothing()).await["type"], "mo_text");
    let (_, taken, _) = send(&bench, &["15550001001"], json!({})).await;
    bench.rest().await;
    let report = play("sinch_report", json!({ "status": "Failed", "code": 402 })).await;
    assert_eq!(
        (&report["batch_id"], &report["status"], &report["code"]),
        (&taken["result"]["referenceId"], &json!("Failed"), &json!(402))
    );
    assert_eq!(bench.twins.messages("inteliquent")[0].state, "undelivered");
    let failed = play("receipt_failed", json!({ "code": 7 })).await;
    assert!(failed["text"].as_str().unwrap().contains("stat:UNDELIV err:007"));
    let photo = play("mms", nothing()).await["mediaUrls"][1].as_str().unwrap().to_owned();
    let fetched = bench.client.get(photo).send().await.unwrap().bytes().await.unwrap();
    assert!(fetched.starts_with(b"\x89PNG"));
}
