//! What the list of messages proves.

use omni_core::carrier::Found;
use omni_core::event::ReportedState;
use omni_core::time::Timestamp;

use super::*;

#[test]
fn only_a_lone_message_of_that_time_settles_a_send() {
    let query = LookUp {
        client_ref: "msg_1".into(),
        from: "+17205550142".into(),
        to: "+13035550177".into(),
        conversation_ref: None,
        text: None,
        since: Timestamp::parse("2025-11-20T15:00:00Z").unwrap(),
    };
    let item = |id: &str, at: &str| {
        json!({
            "messageId": id, "receiveTime": at, "messageStatus": "DELIVERED", "messageDirection": "OUTBOUND",
            "sourceTn": "+17205550142", "destinationTn": "+13035550177",
        })
    };
    let changed = |mut item: Value, key: &str, value: &str| {
        item[key] = json!(value);
        item
    };
    let ours = item("a", "2025-11-20T15:00:01Z");
    let theirs = |key, value| changed(item("b", "2025-11-20T15:00:02Z"), key, value);
    let early = ("date".to_owned(), "Thu, 20 Nov 2025 15:00:30 GMT".to_owned());
    let late = ("date".to_owned(), "Thu, 20 Nov 2025 15:01:30 GMT".to_owned());
    let cases = [
        ("one", json!([item("a", "2025-11-20T15:00:01Z")]), &late, "taken"),
        (
            "one, and one of another time",
            json!([item("a", "2025-11-20T15:00:01Z"), item("b", "2025-11-20T14:00:01Z")]),
            &late,
            "taken",
        ),
        (
            "two",
            json!([item("a", "2025-11-20T15:00:01Z"), item("b", "2025-11-20T15:00:02Z")]),
            &late,
            "unclear",
        ),
        (
            "one, and one of a longer number",
            json!([ours, theirs("sourceTn", "+172055501421")]),
            &late,
            "taken",
        ),
        (
            "one, and one to somebody else",
            json!([ours, theirs("destinationTn", "+13035550178")]),
            &late,
            "taken",
        ),
        ("one, and one that came in", json!([ours, theirs("messageDirection", "INBOUND")]), &late, "taken"),
        ("one without an id", json!([{ "receiveTime": "2025-11-20T15:00:01Z" }]), &late, "unclear"),
        ("one without a time", json!([{ "messageId": "a" }]), &late, "unclear"),
        ("the message before ours", json!([item("b", "2025-11-20T14:59:58.400Z")]), &late, "unclear"),
        (
            "the message before ours, and ours",
            json!([item("a", "2025-11-20T15:00:01Z"), item("b", "2025-11-20T14:59:58Z")]),
            &late,
            "unclear",
        ),
        ("none yet", json!([]), &early, "unclear"),
        ("none after a minute", json!([]), &late, "not taken"),
    ];
    for (name, messages, date, expect) in cases {
        let body = json!({ "messages": messages }).to_string();
        let answer = HttpResponse { headers: vec![date.clone()], ..response(200, &body) };
        let got = match look_up::read(&answer, &query).unwrap() {
            Found::Taken(accepted) if accepted.carrier_message_id == "a" => "taken",
            Found::Taken(_) => "taken wrongly",
            Found::NotTaken => "not taken",
            Found::Unclear => "unclear",
        };
        assert_eq!(got, expect, "{name}");
    }
    let url = look_up::request(&settings(), &query).url;
    assert!(url.contains("sourceTn=%2B17205550142&destinationTn=%2B13035550177"), "{url}");
    // Later messages of a lively conversation must not push ours off the page.
    assert!(url.contains("&toDateTime=2025-11-20T15%3A02%3A00Z"), "{url}");
    for pages in [json!({ "nextPage": "https://x.example/?pageToken=a" }), json!({ "nextPageToken": "a" })] {
        let body = json!({ "messages": [], "pageInfo": pages }).to_string();
        let answer = HttpResponse { headers: vec![late.clone()], ..response(200, &body) };
        assert_eq!(look_up::read(&answer, &query), Ok(Found::Unclear), "there are more pages");
    }
    let body = json!({ "messages": [], "pageInfo": { "nextPage": null } }).to_string();
    let answer = HttpResponse { headers: vec![late.clone()], ..response(200, &body) };
    assert_eq!(look_up::read(&answer, &query), Ok(Found::NotTaken), "this was the last");
}

#[test]
fn the_lists_words_have_states() {
    let query = LookUp {
        client_ref: "msg_1".into(),
        from: "alpha:Acme".into(),
        to: "+13035550177".into(),
        conversation_ref: None,
        text: None,
        since: Timestamp::EPOCH,
    };
    let cases = [
        ("QUEUED", 0, ReportedState::Queued),
        ("ACCEPTED", 0, ReportedState::Queued),
        ("SENDING", 0, ReportedState::Sent),
        ("SENT", 0, ReportedState::Sent),
        ("DELIVERED", 0, ReportedState::Delivered),
        ("UNDELIVERED", 4770, ReportedState::Failed),
        ("FAILED", 4720, ReportedState::Failed),
        ("FAILED", 9902, ReportedState::Unknown),
        ("DLR_EXPIRED", 9902, ReportedState::Unknown),
        ("FOLDED", 0, ReportedState::Queued),
    ];
    for (word, code, state) in cases {
        let item = json!({
            "messageId": "a", "messageStatus": word, "errorCode": code, "sourceTn": "Acme",
            "receiveTime": "1970-01-01T00:00:00Z",
        });
        let got = look_up::read(&response(200, &json!({ "messages": [item] }).to_string()), &query).unwrap();
        let expect = Accepted { state, ..Accepted::with_id("a") };
        assert_eq!(got, Found::Taken(expect), "{word} {code}");
    }
    assert!(look_up::request(&settings(), &query).url.contains("sourceTn=Acme&"));
}
