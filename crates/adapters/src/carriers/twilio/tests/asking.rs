//! Twilio's own record, and the health of the account.

use super::*;

async fn ask(carrier: &dyn Carrier, query: &LookUp, bodies: &[Value]) -> (Found, Vec<String>) {
    let twilio = Script::of(bodies.iter().map(|body| (200, body.clone())));
    let found = carrier.look_up(&twilio, query).await.unwrap().unwrap();
    (found, twilio.asked.lock().unwrap().iter().map(|request| request.url.clone()).collect())
}

fn query() -> LookUp {
    LookUp {
        client_ref: "msg_1".into(),
        from: "+17205550142".into(),
        to: "+13035550177".into(),
        text: Some("hello".into()),
        since: Timestamp::parse("2025-11-20T15:00:00Z").unwrap(),
        conversation_ref: None,
    }
}

#[tokio::test]
async fn twilios_list_settles_an_ambiguous_send() {
    let listed = |sid: &str, body: &str, at: &str| json!({"sid":sid,"body":body,"status":"sent","direction":"outbound-api","date_created":format!("Thu, 20 Nov 2025 {at} +0000")});
    let before = listed("SM0", "hello", "14:59:50");
    let same = listed("SM1", "hello", "15:00:01");
    let other = listed("SM2", "bye", "15:00:01");
    let trial = listed("SM4", "Sent from your Twilio trial account - hello", "15:00:01");
    let unfilled = json!({"sid":"SM5","body":null,"status":"accepted","direction":"outbound-api","date_created":"Thu, 20 Nov 2025 15:00:01 +0000"});
    let answered = json!({"sid":"SM3","body":"hello","direction":"inbound","date_created":"Thu, 20 Nov 2025 15:00:02 +0000"});
    let page = |messages: Value, next: Value| json!({ "messages": messages, "next_page_uri": next });
    let no_text = LookUp { text: None, ..query() };
    let none = Value::Null;
    #[rustfmt::skip]
    let cases = [
        ("there it is", query(), page(json!([other, same, before]), none.clone()), Some("SM1")),
        ("the same words, just before ours", query(), page(json!([listed("SM6", "hello", "14:59:58")]), none.clone()), None),
        ("only an older one", query(), page(json!([before]), none.clone()), Some("")),
        ("only other words", query(), page(json!([other]), none.clone()), Some("")),
        ("our words behind a notice", query(), page(json!([trial, other]), none.clone()), None),
        ("content that is not filled in yet", query(), page(json!([unfilled, other]), none.clone()), None),
        ("the person's own words", query(), page(json!([answered]), none.clone()), Some("")),
        ("two of them", query(), page(json!([same, same]), none.clone()), None),
        ("more than one page since", query(), page(json!([other]), json!("/next")), None),
        ("nothing to compare", no_text.clone(), page(json!([same]), none.clone()), None),
        ("nothing there to compare", no_text, page(json!([]), none.clone()), Some("")),
        ("no list", query(), json!({}), None),
    ];
    for (name, query, body, expect) in cases {
        let (found, urls) = ask(&*carrier(), &query, &[body]).await;
        let expect = match expect {
            Some("") => Found::NotTaken,
            Some(sid) => Found::Taken(Accepted { state: ReportedState::Sent, ..Accepted::with_id(sid) }),
            None => Found::Unclear,
        };
        assert_eq!(found, expect, "{name}");
        assert_eq!(
            urls,
            [format!(
                "https://api.twilio.com/2010-04-01/Accounts/{ACCOUNT}/Messages.json?To=%2B13035550177&From=%2B17205550142&PageSize=100"
            )]
        );
    }
}

#[tokio::test]
async fn it_asks_where_the_addresses_may_have_met() {
    let empty = json!({ "messages": [] });
    let any = with(json!({ "numbers": [] }));
    let (found, urls) = ask(&*any, &query(), &[empty.clone(), empty.clone(), empty.clone()]).await;
    assert_eq!((found, urls.len()), (Found::NotTaken, 3));
    let user = LookUp { from: "+447700900100".into(), to: "bsuid:GB.1".into(), ..query() };
    let (_, urls) = ask(&*carrier(), &user, std::slice::from_ref(&empty)).await;
    assert!(
        urls[0].ends_with("?To=whatsapp%3AGB.1&From=whatsapp%3A%2B447700900100&PageSize=100"),
        "{}",
        urls[0]
    );
    let service = LookUp { from: "".into(), to: "bsuid:GB.1".into(), ..query() };
    let (_, urls) = ask(&*carrier(), &service, &[empty]).await;
    assert!(urls[0].ends_with("?To=whatsapp%3AGB.1&PageSize=100"), "{}", urls[0]);
    let mail = LookUp { to: "a@b.example".into(), ..query() };
    assert_eq!(ask(&*carrier(), &mail, &[]).await, (Found::Unclear, vec![]));
}

#[test]
fn a_suspended_account_is_not_healthy() {
    #[rustfmt::skip]
    let cases = [
        (200, r#"{"status":"active"}"#, true, "active"),
        (200, r#"{"status":"suspended"}"#, false, "suspended"),
        (200, r#"{"messages":[]}"#, true, "credentials"),
        (401, r#"{"code":20003,"message":"Authenticate"}"#, false, "401 (auth). Authenticate"),
    ];
    for (status, body, ok, words) in cases {
        let health = account::health(&answer(status, body));
        assert_eq!(health.ok, ok, "{}", health.detail);
        assert!(health.detail.contains(words), "{}", health.detail);
    }
    let mut settings: Settings = serde_json::from_value(settings()).unwrap();
    assert!(account::check_request(&settings).url.ends_with(&format!("/Accounts/{ACCOUNT}.json")));
    settings.oauth =
        Some(serde_json::from_value(json!({ "client_id": "OQ1", "client_secret": "x" })).unwrap());
    assert!(account::check_request(&settings).url.ends_with("/Messages.json?PageSize=1"));
    settings.oauth = None;
    settings.api_key_sid = Some("SK1".into());
    assert!(account::check_request(&settings).url.ends_with("/Messages.json?PageSize=1"));
}
