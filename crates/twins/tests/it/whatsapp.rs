//! The WhatsApp twin.

use std::time::Duration;

use omni_twins::Faults;
use serde_json::{Value, json};

use crate::harness::{Arrived, Bench, nothing};

fn value(arrived: &Arrived) -> Value {
    arrived.json()["entry"][0]["changes"][0]["value"].clone()
}

/// State, and error code if it failed.
fn status(arrived: &Arrived) -> (String, Option<u64>) {
    let status = value(arrived)["statuses"][0].clone();
    (status["status"].as_str().unwrap_or_default().to_owned(), status["errors"][0]["code"].as_u64())
}

#[tokio::test]
async fn a_text_is_accepted_and_goes_its_way() {
    let bench = Bench::start().await;
    let body = json!({ "type": "text", "text": { "body": "Grüße" }, "biz_opaque_callback_data": "msg:é/1" });
    let (http, answer, _) = bench.whatsapp("+15550001001", body).await;
    assert_eq!(http, 200);
    assert_eq!(answer["messaging_product"], "whatsapp");
    assert_eq!(answer["contacts"], json!([{ "input": "+15550001001", "wa_id": "15550001001" }]));
    assert_eq!(answer["messages"][0]["message_status"], "accepted");
    let id = answer["messages"][0]["id"].as_str().unwrap();
    assert!(id.starts_with("wamid."));
    for state in ["sent", "delivered", "read"] {
        let arrived = bench.next().await;
        assert!(bench.meta_signed(&arrived), "{state}");
        assert_eq!(arrived.path, "/webhooks/whatsapp");
        assert_eq!(arrived.headers["content-type"], "application/json");
        let raw = std::str::from_utf8(&arrived.body).unwrap();
        assert!(raw.is_ascii() && raw.contains(r#""biz_opaque_callback_data":"msg:\u00e9\/1""#), "{raw}");
        let value = value(&arrived);
        assert_eq!(value["metadata"]["phone_number_id"], bench.setting("whatsapp", "phone_number_id"));
        let status = &value["statuses"][0];
        assert_eq!((&status["id"], &status["status"]), (&json!(id), &json!(state)));
        assert_eq!(status["recipient_id"], "15550001001");
        assert!(status["timestamp"].as_str().unwrap().parse::<u64>().unwrap() > 1_700_000_000);
        assert_eq!(
            status["pricing"]["category"],
            if state == "read" { Value::Null } else { json!("service") }
        );
    }
    let messages = bench.twins.messages("whatsapp");
    assert_eq!(messages.len(), 1);
    assert_eq!((messages[0].id.as_str(), messages[0].state), (id, "read"));
    assert_eq!(messages[0].to.expose(), "+15550001001");
    assert_eq!(messages[0].client_reference.as_deref(), Some("msg:é/1"));
    assert_eq!(messages[0].content, json!({ "type": "text", "text": { "body": "Grüße" } }));
}

#[tokio::test]
async fn reserved_numbers_have_their_fates() {
    let bench = Bench::start().await;
    let way = |states: &[(&str, Option<u64>)]| {
        states.iter().map(|(state, code)| ((*state).to_owned(), *code)).collect::<Vec<_>>()
    };
    let (sent, delivered, read) = (("sent", None), ("delivered", None), ("read", None));
    #[rustfmt::skip]
    let cases = [
        ("15550001001",   200, None,          way(&[sent, delivered, read])),
        ("+15550001002",  200, None,          way(&[sent, delivered])),
        ("+15550002001",  400, Some(131_030), way(&[])),
        ("+15550002002",  200, None,          way(&[sent, ("failed", Some(131_026))])),
        ("+15550002003",  429, Some(130_429), way(&[])),
        ("+15550002004",  500, Some(131_000), way(&[])),
        ("+15550002004",  503, Some(2),       way(&[])),
        ("+15550002004",  200, None,          way(&[sent, delivered, read])),
        ("+15550002007",  200, None,          way(&[sent, sent, delivered, delivered, read, read])),
        ("+15550002008",  200, None,          way(&[("failed", Some(131_050))])),
        ("+15550002009",  200, None,          way(&[("failed", Some(131_047))])),
        ("+447700900461", 200, None,          way(&[sent, delivered, read])),
    ];
    for (to, http, code, expect) in cases {
        let (status_code, answer, headers) = bench.whatsapp_text(to).await;
        assert_eq!((status_code, answer["error"]["code"].as_u64()), (http, code), "{to}");
        assert_eq!(headers.contains_key("retry-after"), http == 429, "{to}");
        let arrived = bench.rest().await;
        assert!(arrived.iter().all(|arrived| bench.meta_signed(arrived)), "{to}");
        assert_eq!(arrived.iter().map(status).collect::<Vec<_>>(), expect, "{to}");
    }
}

#[tokio::test]
async fn a_template_reaches_people_outside_the_window() {
    let bench = Bench::start().await;
    let template =
        json!({ "type": "template", "template": { "name": "hello_world", "language": { "code": "en_US" } } });
    assert_eq!(bench.whatsapp("+15550002009", template).await.0, 200);
    assert_eq!(bench.rest().await.len(), 3);
}

#[tokio::test]
async fn the_callback_may_come_before_the_answer() {
    let bench = Bench::with(|settings| settings.receipt_delay = Duration::from_secs(3_600)).await;
    bench.whatsapp_text("+15550001001").await;
    let (http, answer, _) = bench.whatsapp_text("+15550002006").await;
    assert_eq!(http, 200);
    // One is here although no receipt is due within the hour.
    let arrived = bench.rest().await;
    assert_eq!(arrived.len(), 1);
    assert_eq!(value(&arrived[0])["statuses"][0]["id"], answer["messages"][0]["id"]);
}

#[tokio::test]
async fn callbacks_may_be_forged() {
    let bench = Bench::start().await;
    bench.whatsapp_text("+15550002010").await;
    let forged = bench.rest().await;
    assert_eq!(forged.len(), 3);
    assert!(forged.iter().all(|arrived| !bench.meta_signed(arrived)));
}

#[tokio::test]
async fn refused_before_anything_is_read() {
    let bench = Bench::start().await;
    let url = bench.messages_url();
    let token = bench.setting("whatsapp", "access_token");
    let wrong_number = bench.graph("1234567/messages");
    let cases = [
        ("no token", &url, "", "{}", 401, 190),
        ("wrong token", &url, "EAAGwrong", "{}", 401, 190),
        ("wrong number", &wrong_number, &token, "{}", 400, 100),
        ("no JSON", &url, &token, "text=hi", 400, 100),
        ("no product", &url, &token, r#"{"to":"+15550001001","text":{"body":"x"}}"#, 400, 100),
    ];
    for (name, url, token, body, http, code) in cases {
        let request = bench.client.post(url.as_str()).body(body.to_owned());
        let request = if token.is_empty() { request } else { request.bearer_auth(token) };
        let response = request.send().await.unwrap();
        assert_eq!(response.status().as_u16(), http, "{name}");
        let answer: Value = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap();
        assert_eq!(answer["error"]["code"], code, "{name}");
        assert_eq!(answer["error"]["type"], "OAuthException", "{name}");
    }
    assert!(bench.twins.messages("whatsapp").is_empty());
}

#[tokio::test]
async fn mark_read_and_typing() {
    let bench = Bench::start().await;
    let wamid = bench.trigger("whatsapp.text", nothing()).await.id;
    let cases = [
        (json!({ "status": "read", "message_id": wamid }), 200),
        (json!({ "status": "read", "message_id": wamid, "typing_indicator": { "type": "text" } }), 200),
        (json!({ "status": "read", "message_id": wamid, "typing_indicator": { "type": "song" } }), 400),
        (json!({ "status": "read" }), 400),
        (json!({ "status": "unread", "message_id": wamid }), 400),
    ];
    for (body, expect) in cases {
        let (http, answer, _) = bench.whatsapp("", body.clone()).await;
        assert_eq!(http, expect, "{body}");
        assert_eq!(answer["success"] == true, http == 200, "{body}");
    }
    assert!(bench.twins.messages("whatsapp").is_empty());
}

#[tokio::test]
async fn the_window_is_kept_in_strict_mode() {
    let bench = Bench::start().await;
    bench.twins.set_faults("whatsapp", Faults { strict_window: true, ..Faults::default() }).unwrap();
    bench.whatsapp_text("+15550001003").await;
    assert_eq!(status(&bench.next().await), ("failed".into(), Some(131_047)));
    bench.trigger("whatsapp.text", json!({ "from": "+15550001003" })).await;
    bench.next().await;
    bench.whatsapp_text("+15550001003").await;
    assert_eq!(status(&bench.next().await), ("sent".into(), None));
}

#[tokio::test]
async fn media_goes_up_and_comes_down() {
    let bench = Bench::start().await;
    let token = bench.setting("whatsapp", "access_token");
    let number = bench.setting("whatsapp", "phone_number_id");
    let form = "--b\r\nContent-Disposition: form-data; name=\"messaging_product\"\r\n\r\nwhatsapp\r\n--b\r\n\
                Content-Disposition: form-data; name=\"file\"; filename=\"a.png\"\r\nContent-Type: image/png\r\n\
                \r\npixels\r\n--b--\r\n";
    let upload = bench.client.post(bench.graph(&format!("{number}/media"))).bearer_auth(&token);
    let upload = upload.header("content-type", "multipart/form-data; boundary=b").body(form);
    let answer: Value = serde_json::from_slice(&upload.send().await.unwrap().bytes().await.unwrap()).unwrap();
    let id = answer["id"].as_str().unwrap();
    assert_eq!(
        bench.whatsapp("+15550001001", json!({ "type": "image", "image": { "id": id } })).await.0,
        200
    );

    let get = |url: String, token: &str| bench.client.get(url).bearer_auth(token.to_owned()).send();
    let shown = get(bench.graph(&format!("{id}?phone_number_id={number}")), &token).await.unwrap();
    let shown: Value = serde_json::from_slice(&shown.bytes().await.unwrap()).unwrap();
    assert_eq!((&shown["mime_type"], &shown["file_size"]), (&json!("image/png"), &json!(6)));
    let url = shown["url"].as_str().unwrap();
    assert_eq!(get(url.into(), "wrong").await.unwrap().status().as_u16(), 401);
    let expired = url.split("&ext=").next().unwrap();
    assert_eq!(get(format!("{expired}&ext=1"), &token).await.unwrap().status().as_u16(), 404);
    let bytes = get(url.into(), &token).await.unwrap().bytes().await.unwrap();
    assert_eq!(&bytes[..], b"pixels");

    let deleted = bench.client.delete(bench.graph(id)).bearer_auth(&token).send().await.unwrap();
    assert_eq!(deleted.status().as_u16(), 200);
    assert_eq!(get(bench.graph(id), &token).await.unwrap().status().as_u16(), 400);
}

#[tokio::test]
async fn a_file_sent_as_another_kind_fails_after_acceptance() {
    let bench = Bench::start().await;
    let id = upload(&bench, "text/plain", "a.txt").await.1["id"].as_str().unwrap().to_owned();
    let body = json!({ "type": "image", "image": { "id": id } });
    assert_eq!(bench.whatsapp("+15550001001", body).await.0, 200);
    assert_eq!(status(&bench.next().await), ("failed".into(), Some(131_053)));
}

#[tokio::test]
async fn an_archive_is_refused_in_metas_words() {
    let bench = Bench::start().await;
    let (status, answer) = upload(&bench, "application/zip", "a.zip").await;
    assert_eq!((status, &answer["error"]["code"]), (400, &json!(100)));
    let details = answer["error"]["error_data"]["details"].as_str().unwrap();
    assert!(details.starts_with("Param file must be a file with one of the following types: audio/aac"));
    assert!(details.ends_with("Received file of type 'application/zip'."), "{details}");
}

/// The answer to an upload of that type.
async fn upload(bench: &Bench, mime: &str, name: &str) -> (u16, Value) {
    let form = format!(
        "--b\r\nContent-Disposition: form-data; name=\"messaging_product\"\r\n\r\nwhatsapp\r\n--b\r\n\
         Content-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: {mime}\r\n\
         \r\ncontent\r\n--b--\r\n"
    );
    let number = bench.setting("whatsapp", "phone_number_id");
    let request = bench.client.post(bench.graph(&format!("{number}/media"))).body(form);
    let request = request.bearer_auth(bench.setting("whatsapp", "access_token"));
    let answer = request.header("content-type", "multipart/form-data; boundary=b").send().await;
    let answer = answer.expect("the twin answers");
    let (status, body) = (answer.status().as_u16(), answer.bytes().await.expect("a body"));
    (status, serde_json::from_slice(&body).expect("JSON"))
}

#[tokio::test]
async fn a_template_wants_the_values_of_its_buttons() {
    let bench = Bench::start().await;
    let send = async |components: Value| {
        let template =
            json!({ "name": "login_code", "language": { "code": "en_US" }, "components": components });
        let (status, answer, _) =
            bench.whatsapp("+15550001001", json!({ "type": "template", "template": template })).await;
        (status, answer["error"]["error_data"]["details"].clone())
    };
    let code = json!({ "type": "text", "text": "123456" });
    let body = json!({ "type": "body", "parameters": [code] });
    let button = json!({ "type": "button", "sub_type": "url", "index": "0", "parameters": [code] });
    let missing = json!("buttons: Button at index 0 of type Url requires a parameter");
    assert_eq!(send(json!([body])).await, (400, missing));
    assert_eq!(send(json!([body, button])).await, (200, Value::Null));
}

#[tokio::test]
async fn a_wrong_proof_of_the_secret_is_refused() {
    use hmac::{Hmac, Mac as _};
    let bench = Bench::start().await;
    let token = bench.setting("whatsapp", "access_token");
    let number = bench.setting("whatsapp", "phone_number_id");
    let secret = bench.setting("whatsapp", "app_secrets");
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(token.as_bytes());
    let right: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    for (proof, expect) in [(right.as_str(), 200), ("00", 400)] {
        let url = bench.graph(&format!("{number}?appsecret_proof={proof}"));
        let answer = bench.client.get(url).bearer_auth(&token).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), expect, "{proof}");
    }
}

#[tokio::test]
async fn a_photo_can_be_fetched_and_its_hash_fits() {
    use base64::Engine as _;
    use sha2::Digest as _;
    let bench = Bench::start().await;
    bench.trigger("whatsapp.image", json!({ "caption": "look" })).await;
    let message = value(&bench.next().await)["messages"][0].clone();
    assert_eq!(message["image"]["caption"], "look");
    let id = message["image"]["id"].as_str().unwrap();
    let token = bench.setting("whatsapp", "access_token");
    let shown = bench.client.get(bench.graph(id)).bearer_auth(&token).send().await.unwrap();
    let shown: Value = serde_json::from_slice(&shown.bytes().await.unwrap()).unwrap();
    let bytes = bench.client.get(shown["url"].as_str().unwrap()).bearer_auth(&token).send().await.unwrap();
    let digest = sha2::Sha256::digest(bytes.bytes().await.unwrap());
    assert_eq!(message["image"]["sha256"], base64::engine::general_purpose::STANDARD.encode(digest));
    let hexadecimal: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(shown["sha256"], hexadecimal);
}

#[tokio::test]
async fn fixtures_say_what_was_asked_for() {
    let bench = Bench::start().await;
    let first = bench.trigger("whatsapp.text", json!({ "text": "hé/llo", "name": "Zoë" })).await.id;
    let arrived = bench.next().await;
    assert!(std::str::from_utf8(&arrived.body).unwrap().contains(r#""body":"h\u00e9\/llo""#));
    let arrived = value(&arrived);
    assert_eq!(arrived["contacts"], json!([{ "profile": { "name": "Zoë" }, "wa_id": "15550001001" }]));
    assert_eq!(arrived["messages"][0]["from"], "15550001001");
    assert_eq!(arrived["messages"][0]["id"], first);

    let answer = bench.whatsapp_text("+15550001001").await.1;
    let sent = answer["messages"][0]["id"].clone();
    bench.rest().await;
    let mut played = Vec::new();
    for (event, params) in [
        ("edit", json!({ "text": "hello" })),
        ("revoke", nothing()),
        ("reaction", json!({ "emoji": "" })),
        ("button_reply", json!({ "id": "slot:1", "title": "Fri 9:00" })),
        ("username", json!({ "user_id": "GB.7Qk20Xd3aLm" })),
        ("unsupported", nothing()),
        ("batch", json!({ "count": 4 })),
    ] {
        bench.trigger(&format!("whatsapp.{event}"), params).await;
        played.push(value(&bench.next().await)["messages"].clone());
    }
    assert_eq!(played[0][0]["edit"]["original_message_id"], first);
    assert_eq!(played[0][0]["edit"]["message"]["text"]["body"], "hello");
    assert_eq!(played[1][0]["revoke"]["original_message_id"], first);
    assert_eq!(played[2][0]["reaction"], json!({ "message_id": sent, "emoji": "" }));
    assert_eq!(played[3][0]["context"]["id"], sent);
    assert_eq!(played[3][0]["interactive"]["button_reply"], json!({ "id": "slot:1", "title": "Fri 9:00" }));
    assert_eq!(
        (&played[4][0]["from"], &played[4][0]["from_user_id"]),
        (&Value::Null, &json!("GB.7Qk20Xd3aLm"))
    );
    assert_eq!(played[5][0]["errors"][0]["code"], 131_051);
    assert_eq!(played[6].as_array().unwrap().len(), 4);
}

#[tokio::test]
async fn a_failure_can_be_triggered_for_a_message_of_ours() {
    let bench = Bench::with(|settings| settings.auto_receipts = false).await;
    let answer = bench
        .whatsapp("+15550001001", json!({ "text": { "body": "x" }, "biz_opaque_callback_data": "r1" }))
        .await
        .1;
    assert!(bench.rest().await.is_empty());
    let triggered = bench.trigger("whatsapp.status_failed", json!({ "code": 131_049 })).await;
    assert_eq!(triggered.id, answer["messages"][0]["id"]);
    let status = value(&bench.next().await)["statuses"][0].clone();
    assert_eq!((&status["status"], &status["errors"][0]["code"]), (&json!("failed"), &json!(131_049)));
    assert_eq!(status["biz_opaque_callback_data"], "r1");
    assert_eq!(bench.twins.messages("whatsapp")[0].state, "failed");
}

#[tokio::test]
async fn the_number_the_history_and_the_templates_can_be_read() {
    let bench = Bench::start().await;
    let token = bench.setting("whatsapp", "access_token");
    let number = bench.setting("whatsapp", "phone_number_id");
    let account = bench.setting("whatsapp", "business_account_id");
    let get = async |path: String| -> Value {
        let response = bench.client.get(bench.graph(&path)).bearer_auth(&token).send().await.unwrap();
        serde_json::from_slice(&response.bytes().await.unwrap()).unwrap()
    };
    let shown = get(format!("{number}?fields=quality_rating,health_status")).await;
    assert_eq!(shown["health_status"]["can_send_message"], "AVAILABLE");
    assert_eq!(shown.as_object().unwrap().len(), 3, "{shown}");
    let id = bench.whatsapp_text("+15550002002").await.1["messages"][0]["id"].as_str().unwrap().to_owned();
    bench.rest().await;
    let id: String = url::form_urlencoded::byte_serialize(id.as_bytes()).collect();
    let history = get(format!("{number}/message_history?message_id={id}")).await;
    let events = history["data"][0]["events"]["data"].as_array().unwrap();
    let states: Vec<_> = events.iter().map(|event| event["delivery_status"].as_str().unwrap()).collect();
    assert_eq!(states, ["SENT", "FAILED"]);
    assert_eq!(get(format!("{number}/message_history?message_id=wamid.x")).await, json!({ "data": [] }));
    let templates = get(format!("{account}/message_templates?name=order_update")).await;
    assert_eq!(templates["data"][0]["status"], "APPROVED");
    assert_eq!(get("nowhere/at/all".into()).await["error"]["code"], 100);
}

#[tokio::test]
async fn anything_but_200_is_tried_again() {
    let bench = Bench::start().await;
    bench.answer_once_with(204);
    bench.whatsapp_text("+15550001001").await;
    let all = bench.rest().await;
    let mut states: Vec<_> = all.iter().map(|arrived| status(arrived).0).collect();
    states.sort();
    assert_eq!(states, ["delivered", "read", "sent", "sent"]);
    let first: Vec<_> = all.iter().filter(|arrived| status(arrived).0 == "sent").collect();
    assert_eq!(first[0].body, first[1].body, "a repetition has the same bytes");
}
