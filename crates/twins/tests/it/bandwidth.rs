//! The Bandwidth twin.

use axum::http::HeaderMap;
use base64::Engine as _;
use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Arrived, Bench, nothing};

const NUMBER: &str = "+15550100011";
const AGENT: &str = "AcmeTravel";

fn settings(bench: &Bench) -> Value {
    bench.twins.connection_settings("bandwidth").expect("a carrier")
}

fn application(bench: &Bench) -> String {
    settings(bench)["applications"]
        .as_object()
        .expect("as documented")
        .keys()
        .next()
        .expect("as documented")
        .clone()
}

/// A URL below our account.
fn url(bench: &Bench, path: &str) -> String {
    let account = bench.setting("bandwidth", "account_id");
    format!("{}/users/{account}/{path}", bench.setting("bandwidth", "base_url"))
}

fn request(bench: &Bench, method: Method, url: &str) -> reqwest::RequestBuilder {
    let password = bench.setting("bandwidth", "api_password");
    bench.client.request(method, url).basic_auth(bench.setting("bandwidth", "api_user"), Some(password))
}

async fn answer(request: reqwest::RequestBuilder) -> (u16, Value, HeaderMap) {
    let response = request.send().await.expect("an answer");
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let bytes = response.bytes().await.expect("a body");
    (status, serde_json::from_slice(&bytes).unwrap_or_default(), headers)
}

async fn post(bench: &Bench, path: &str, body: &Value) -> (u16, Value, HeaderMap) {
    let request = request(bench, Method::POST, &url(bench, path));
    answer(request.header("content-type", "application/json").body(body.to_string())).await
}

async fn send(bench: &Bench, to: &[&str], changes: Value) -> (u16, Value, HeaderMap) {
    let mut body =
        json!({ "applicationId": application(bench), "from": NUMBER, "to": to, "text": "hi", "tag": "0193" });
    for (name, value) in changes.as_object().expect("as documented") {
        body[name] = value.clone();
    }
    post(bench, "messages", &body).await
}

async fn get(bench: &Bench, path: &str) -> (u16, Value, HeaderMap) {
    answer(request(bench, Method::GET, &url(bench, path))).await
}

/// Whether Bandwidth presented the credential of the URL that it called.
pub(crate) fn signed(bench: &Bench, arrived: &Arrived) -> bool {
    let settings = settings(bench);
    let token = settings["path_token"].as_str().expect("as documented");
    let slot = if arrived.path == format!("/webhooks/bandwidth/status/{token}") {
        "status_credentials"
    } else if arrived.path == format!("/webhooks/bandwidth/inbound/{token}") {
        "inbound_credentials"
    } else {
        return false;
    };
    let credential = &settings[slot][0];
    let pair = format!(
        "{}:{}",
        credential["user"].as_str().expect("as documented"),
        credential["password"].as_str().expect("as documented")
    );
    let expect = format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(pair));
    arrived.headers.get("authorization") == Some(&expect)
}

/// The only event of a callback.
fn event(arrived: &Arrived) -> Value {
    let Value::Array(mut events) = arrived.json() else { panic!("an array") };
    assert_eq!(events.len(), 1);
    events.remove(0)
}

/// Type, and error code if it failed.
fn status(arrived: &Arrived) -> (String, Option<u64>) {
    let event = event(arrived);
    (
        event["type"].as_str().expect("as documented").trim_start_matches("message-").to_owned(),
        event["errorCode"].as_u64(),
    )
}

#[tokio::test]
async fn a_text_is_queued_and_delivered() {
    let bench = Bench::start().await;
    let (http, taken, _) = send(&bench, &["+15550001001"], json!({ "text": "Olá" })).await;
    assert_eq!(http, 202);
    let id = taken["id"].as_str().expect("as documented");
    assert_eq!(id.len(), 29);
    for (name, expect) in [
        ("owner", json!(NUMBER)),
        ("from", json!(NUMBER)),
        ("to", json!(["+15550001001"])),
        ("applicationId", json!(application(&bench))),
        ("segmentCount", json!(1)),
        ("direction", json!("out")),
        ("text", json!("Olá")),
        ("tag", json!("0193")),
    ] {
        assert_eq!(taken[name], expect, "{name}");
    }
    let arrived = bench.next().await;
    assert!(signed(&bench, &arrived));
    assert_eq!(arrived.headers["user-agent"], "BandwidthAPI/v2");
    let event = event(&arrived);
    assert_eq!((&event["type"], &event["to"]), (&json!("message-delivered"), &json!("+15550001001")));
    let message = &event["message"];
    assert_eq!(
        (&message["id"], &message["tag"], &message["text"]),
        (&taken["id"], &json!("0193"), &json!(""))
    );
    assert_eq!(message["time"], taken["time"]);
    let messages = bench.twins.messages("bandwidth");
    assert_eq!((messages.len(), messages[0].client_reference.as_deref()), (1, Some("0193")));
    assert_eq!(messages[0].content, json!({ "text": "Olá" }));
    assert_eq!(messages[0].state, "delivered");
}

#[tokio::test]
async fn reserved_numbers_have_their_fates() {
    let bench = Bench::start().await;
    let (sms, delivered) = (json!({}), ("delivered", None));
    let mms = json!({ "media": ["https://files.example.net/a.png"] });
    #[rustfmt::skip]
    let cases = [
        ("+15550001001", &sms, 202, vec![delivered]),
        ("+15550001001", &mms, 202, vec![("sending", None), delivered]),
        ("+15550002001", &sms, 400, vec![]),
        ("+15550002002", &sms, 202, vec![("failed", Some(4720))]),
        ("+15550002003", &sms, 429, vec![]),
        ("+15550002004", &sms, 500, vec![]),
        ("+15550002004", &sms, 503, vec![]),
        ("+15550002004", &sms, 202, vec![delivered]),
        ("+15550002007", &sms, 202, vec![delivered, delivered]),
        ("+15550002008", &sms, 202, vec![("failed", Some(4775))]),
        ("+15550002009", &sms, 202, vec![delivered]),
    ];
    for (to, changes, http, expect) in cases {
        let (status_code, answer, headers) = send(&bench, &[to], changes.clone()).await;
        assert_eq!(status_code, http, "{to} {answer}");
        assert_eq!(headers.contains_key("retry-after"), http == 429, "{to}");
        assert_eq!(answer.get("type").is_some(), http != 202, "{to}");
        let arrived = bench.rest().await;
        assert!(arrived.iter().all(|arrived| signed(&bench, arrived)), "{to}");
        let expect: Vec<_> = expect.into_iter().map(|(kind, code)| (kind.to_owned(), code)).collect();
        assert_eq!(arrived.iter().map(status).collect::<Vec<_>>(), expect, "{to}");
    }
    assert_eq!(send(&bench, &["+15550002010"], sms).await.0, 202);
    let forged = bench.rest().await;
    assert!(forged.len() == 1 && !signed(&bench, &forged[0]));
}

#[tokio::test]
async fn a_group_has_one_id_and_a_status_for_each_member() {
    let bench = Bench::start().await;
    let (http, taken, _) = send(&bench, &["+15550001001", "+15550002002"], json!({})).await;
    assert_eq!((http, &taken["segmentCount"]), (202, &json!(1)));
    let mut seen = Vec::new();
    for arrived in bench.rest().await {
        let event = event(&arrived);
        assert_eq!(event["message"]["id"], taken["id"]);
        assert_eq!(event["message"]["to"], json!(["+15550001001", "+15550002002"]));
        let kind = event["type"].as_str().unwrap().to_owned();
        seen.push(format!("{} {kind}", event["to"].as_str().unwrap()));
    }
    seen.sort();
    assert_eq!(
        seen,
        [
            "+15550001001 message-delivered",
            "+15550001001 message-sending",
            "+15550002002 message-failed",
            "+15550002002 message-sending"
        ]
    );
    let id = taken["id"].as_str().unwrap();
    let (_, page, _) = get(&bench, &format!("messages?messageId={id}")).await;
    assert_eq!(page["totalCount"], 2);
}

#[tokio::test]
async fn rcs_goes_by_the_multi_channel_api() {
    let bench = Bench::start().await;
    let suggestion = json!({ "type": "REPLY", "text": "Yes", "postbackData": "eWVz" });
    let mut body = json!({
        "to": "+15550001001",
        "channelList": [{
            "from": AGENT, "applicationId": application(&bench), "channel": "RBM",
            "content": { "text": "Confirm?", "suggestions": [suggestion] },
        }],
        "tag": "0194",
    });
    let (http, taken, _) = post(&bench, "messages/multiChannel", &body).await;
    assert_eq!(http, 202);
    let data = &taken["data"];
    assert_eq!((&data["tag"], &data["channelList"][0]["owner"]), (&json!("0194"), &json!(AGENT)));
    let arrived = bench.rest().await;
    let kinds: Vec<_> = arrived.iter().map(|arrived| status(arrived).0).collect();
    assert_eq!(kinds, ["sent", "delivered", "read"]);
    assert!(event(&arrived[2])["eventTime"].is_string());
    assert_eq!(event(&arrived[0])["message"]["channel"], "RBM");
    bench.trigger("bandwidth.rbm_button", json!({ "payload": "yes" })).await;
    let response = &event(&bench.next().await)["message"]["suggestionResponse"];
    assert_eq!(
        response,
        &json!({ "text": "Confirm", "postbackData": "eWVz", "pairedMessageId": data["id"] })
    );
    body["channelList"][0]["channel"] = json!("FAX");
    let (http, error, _) = post(&bench, "messages/multiChannel", &body).await;
    assert_eq!((http, &error["data"], error.get("fieldErrors")), (400, &Value::Null, None));
    let source = json!({ "field": "channelList[0].channel" });
    assert_eq!(error["errors"][0]["source"], source);
    assert_eq!(error["errors"][0]["type"], "request-validation");
    let reserved = [("+15550002001", 400, "to"), ("+15550002003", 429, "")];
    for (to, status, field) in reserved {
        (body["to"], body["channelList"][0]["channel"]) = (json!(to), json!("RBM"));
        let (http, error, _) = post(&bench, "messages/multiChannel", &body).await;
        let at = error["errors"][0]["source"]["field"].as_str().unwrap_or_default();
        assert_eq!((http, at), (status, field), "{to} {error}");
    }
}

#[tokio::test]
async fn refused_before_anything_is_read() {
    let bench = Bench::start().await;
    let messages = url(&bench, "messages");
    let body = "{\"text\":\"hi\"}";
    let typed = |request: reqwest::RequestBuilder| request.header("content-type", "application/json");
    let elsewhere = messages.replace("/5550011/", "/5550012/");
    #[rustfmt::skip]
    let cases = [
        ("anonymous",        typed(bench.client.post(&messages)).body(body),                          401, "unauthorized"),
        ("a wrong password", typed(bench.client.post(&messages)).basic_auth("x", Some("y")).body(body), 401, "unauthorized"),
        ("another account",  typed(request(&bench, Method::POST, &elsewhere)).body(body),             403, "forbidden"),
        ("a form",           request(&bench, Method::POST, &messages).body("text=hi"),                415, "unsupported-content-type"),
        ("no JSON",          typed(request(&bench, Method::POST, &messages)).body("{"),               400, "request-validation"),
        ("an array",         typed(request(&bench, Method::POST, &messages)).body("[]"),              400, "request-validation"),
        ("a wrong method",   request(&bench, Method::DELETE, &messages),                              405, "method-not-allowed"),
        ("no such path",     request(&bench, Method::GET, &url(&bench, "calls")),                     404, "not-found"),
    ];
    for (name, request, http, kind) in cases {
        let (status, error, headers) = answer(request).await;
        assert_eq!((status, error["type"].as_str()), (http, Some(kind)), "{name}");
        assert_eq!(headers.contains_key("www-authenticate"), http == 401, "{name}");
    }
    assert!(bench.twins.messages("bandwidth").is_empty());
}

#[tokio::test]
async fn a_bearer_token_is_as_good_as_the_password() {
    let bench = Bench::start().await;
    let root = bench.setting("bandwidth", "base_url").replace("/api/v2", "/api/v1/oauth2/token");
    let (http, error, _) = answer(request(&bench, Method::POST, &root).body("grant_type=password")).await;
    assert_eq!((http, &error["type"]), (400, &json!("bad-request")));
    let form = "grant_type=client_credentials";
    let (_, granted, _) = answer(request(&bench, Method::POST, &root).body(form)).await;
    let token = granted["access_token"].as_str().unwrap();
    let list = url(&bench, "messages?limit=1");
    assert_eq!(answer(bench.client.get(&list).bearer_auth(token)).await.0, 200);
    assert_eq!(answer(bench.client.get(&list).bearer_auth("x")).await.0, 401);
    assert_eq!(answer(bench.client.post(&root).body(form)).await.0, 401);
}

#[tokio::test]
async fn a_lost_answer_is_settled_by_the_list() {
    let bench = Bench::start().await;
    for to in ["+15550001001", "+15550001001", "+15550002002"] {
        send(&bench, &[to], json!({})).await;
    }
    bench.rest().await;
    bench.trigger("bandwidth.text", nothing()).await;
    let count = async |query: &str| get(&bench, &format!("messages?{query}")).await.1["totalCount"].clone();
    #[rustfmt::skip]
    let cases = [
        ("sourceTn=%2B15550100011&destinationTn=%2B15550001001&messageDirection=OUTBOUND&fromDateTime=2020-01-01T00:00:00Z&limit=20", 2),
        ("fromDateTime=2100-01-01T00:00:00Z",  0),
        ("toDateTime=2100-01-01T00:00:00Z",    4),
        ("destinationTn=%2B1555000",           3),
        ("messageStatus=DELIVERED",            2),
        ("messageStatus=failed&errorCode=4720", 1),
        ("messageDirection=INBOUND",           1),
        ("messageType=mms",                    0),
    ];
    for (query, expect) in cases {
        assert_eq!(count(query).await, json!(expect), "{query}");
    }
    let (_, page, _) = get(&bench, "messages?limit=3&sort=receiveTime:asc").await;
    let token = page["pageInfo"]["nextPageToken"].as_str().unwrap();
    let (_, last, _) = get(&bench, &format!("messages?limit=3&sort=receiveTime:asc&pageToken={token}")).await;
    assert_eq!(
        (page["messages"].as_array().unwrap().len(), last["messages"].as_array().unwrap().len()),
        (3, 1)
    );
    assert_eq!(last["messages"][0]["messageStatus"], "RECEIVED");
    assert!(last["pageInfo"]["nextPage"].is_null() && last["pageInfo"]["prevPage"].is_string());
    for query in ["", "?limit=0", "?fromDateTime=today", "?pageToken=x", "?limit=10001"] {
        assert_eq!(get(&bench, &format!("messages{query}")).await.0, 400, "{query}");
    }
}

#[tokio::test]
async fn media_come_from_people_and_from_us() {
    let bench = Bench::start().await;
    bench.trigger("bandwidth.mms", nothing()).await;
    let message = event(&bench.next().await)["message"].clone();
    let photo = message["media"][1].as_str().unwrap();
    assert!(photo.starts_with(&url(&bench, "media/")), "{photo}");
    assert_eq!(bench.client.get(photo).send().await.unwrap().status().as_u16(), 401);
    let fetched = request(&bench, Method::GET, photo).send().await.unwrap();
    assert_eq!(fetched.headers()["content-type"], "image/png");
    assert!(fetched.bytes().await.unwrap().starts_with(b"\x89PNG"));

    let menu = url(&bench, "media/menus/today.txt");
    let put =
        |body: Vec<u8>| request(&bench, Method::PUT, &menu).header("content-type", "text/plain").body(body);
    assert_eq!(put(b"soup".to_vec()).send().await.unwrap().status().as_u16(), 204);
    assert_eq!(put(b"fish".to_vec()).send().await.unwrap().status().as_u16(), 204);
    assert_eq!(put(vec![0; 3_750_001]).send().await.unwrap().status().as_u16(), 413);
    for mime in ["application/x-msdownload", "text/plain-ish", ""] {
        let request = request(&bench, Method::PUT, &menu).header("content-type", mime).body("x");
        let (http, error, _) = answer(request).await;
        assert_eq!((http, &error["type"]), (415, &json!("unsupported-content-type")), "{mime}");
    }
    assert_eq!(request(&bench, Method::GET, &menu).send().await.unwrap().text().await.unwrap(), "fish");
    let (_, listed, _) = get(&bench, "media").await;
    let names: Vec<_> = listed.as_array().unwrap().iter().map(|file| file["mediaName"].clone()).collect();
    assert!(names.contains(&json!("menus/today.txt")) && names.len() == 3, "{names:?}");
    assert_eq!(request(&bench, Method::DELETE, &menu).send().await.unwrap().status().as_u16(), 204);
    assert_eq!(get(&bench, "media/menus/today.txt").await.0, 404);
}

/// What was left here is looked at when a message names it, and what is wrong is told by a
/// callback, after the message was taken.
#[tokio::test]
async fn media_that_were_left_here_are_looked_at() {
    let bench = Bench::start().await;
    let left = async |name: &str, bytes: usize| {
        let url = url(&bench, &format!("media/{name}"));
        let put = request(&bench, Method::PUT, &url).header("content-type", "image/png");
        assert_eq!(put.body(vec![0; bytes]).send().await.unwrap().status().as_u16(), 204);
        url
    };
    let (small, large) = (left("a b.png", 10).await, left("large.png", 3_500_000).await);
    let missing = url(&bench, "media/nothing.png");
    let elsewhere = "https://files.example.net/a.png".to_owned();
    let arrived = vec![("sending", None), ("delivered", None)];
    let cases = [
        ("there", vec![small.clone(), elsewhere.clone()], arrived.clone()),
        ("just not too large", vec![large.clone(), elsewhere], arrived),
        ("too large together", vec![small, large], vec![("failed", Some(4411))]),
        ("not there", vec![missing], vec![("failed", Some(4410))]),
    ];
    for (name, media, expect) in cases {
        let (http, ..) = send(&bench, &["+15550001001"], json!({ "media": media })).await;
        assert_eq!(http, 202, "{name}");
        let seen: Vec<_> = bench.rest().await.iter().map(status).collect();
        let expect: Vec<_> = expect.into_iter().map(|(kind, code)| (kind.to_owned(), code)).collect();
        assert_eq!(seen, expect, "{name}");
    }
    let card = json!({ "media": { "fileUrl": url(&bench, "media/gone.png"), "height": "SHORT" } });
    let body = json!({ "to": "+15550001001", "channelList": [{
        "from": AGENT, "applicationId": application(&bench), "channel": "RBM",
        "content": { "orientation": "VERTICAL", "cardContent": card },
    }] });
    assert_eq!(post(&bench, "messages/multiChannel", &body).await.0, 202);
    assert_eq!(status(&bench.next().await), ("failed".to_owned(), Some(4410)));
}

#[tokio::test]
async fn a_refused_callback_comes_again() {
    let bench = Bench::start().await;
    bench.answer_once_with(401);
    send(&bench, &["+15550001001"], json!({})).await;
    let (first, second) = (bench.next().await, bench.next().await);
    assert_eq!(first.body, second.body);
    assert!(signed(&bench, &second));
}

#[tokio::test]
async fn fixtures_bring_their_parameters() {
    let bench = Bench::start().await;
    bench.trigger("bandwidth.group", json!({ "members": "+15550001002" })).await;
    let arrived = event(&bench.next().await);
    assert_eq!(arrived["message"]["to"], json!([NUMBER, "+15550001002"]));
    bench.trigger("bandwidth.batch", json!({ "count": 5 })).await;
    assert_eq!(bench.next().await.json().as_array().unwrap().len(), 5);
    bench.trigger("bandwidth.unknown", json!({ "type": "message-folded" })).await;
    assert_eq!(event(&bench.next().await)["type"], "message-folded");
    let (_, taken, _) = send(&bench, &["+15550001001"], json!({})).await;
    bench.rest().await;
    bench.trigger("bandwidth.status_failed", json!({ "code": 5600 })).await;
    let failed = event(&bench.next().await);
    assert_eq!(
        (&failed["message"]["id"], &failed["errorCode"], &failed["description"]),
        (&taken["id"], &json!(5600), &json!("destination-carrier-queue-full"))
    );
    assert_eq!(bench.twins.messages("bandwidth")[0].state, "failed");
}
