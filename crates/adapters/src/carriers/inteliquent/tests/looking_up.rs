//! What message detail records prove.

use omni_core::event::ReportedState;
use omni_core::failure::ErrorClass;
use omni_core::time::Timestamp;

use super::*;

pub(super) fn with_services() -> Settings {
    let services = json!({ "key": "company", "secret": "s-secret-2", "private_key": "p-secret-3" });
    Settings::read(json!({ "api_key": "k-secret-1", "numbers": ["17205550142"], "services": services }))
        .unwrap()
}

fn query() -> LookUp {
    LookUp {
        client_ref: "msg_1".into(),
        from: "+17205550142".into(),
        to: "+13035550177".into(),
        text: None,
        since: Timestamp::parse("2025-11-20T15:00:00.250Z").unwrap(),
        conversation_ref: None,
    }
}

#[test]
fn records_are_asked_for_by_who_and_when() {
    let settings = with_services();
    assert!(capabilities(&settings).look_up && !capabilities(&super::settings()).look_up);
    let request = look_up::request(settings.services.as_ref().unwrap(), &query());
    assert_eq!(request.url, "https://services.inteliquent.com/Services/2.0.0/messageDetailSearch");
    assert!(request.headers.contains(&("authorization", "Basic Y29tcGFueTpzLXNlY3JldC0y".into())));
    let expect = json!({
        "privateKey": "p-secret-3", "direction": "Outbound",
        "startDate": "2025-11-20T14:59:55.250Z", "endDate": "2025-11-20T15:02:00.250Z",
        "sourceTn": "17205550142", "destinationTn": "13035550177",
    });
    assert_eq!(serde_json::from_slice::<Value>(&request.body).unwrap(), expect);
    let midnight = LookUp { since: Timestamp::from_secs(1_763_650_800), ..query() };
    let request = look_up::request(settings.services.as_ref().unwrap(), &midnight);
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    assert_eq!(body["startDate"], "2025-11-20T14:59:55.000Z");
}

#[test]
fn only_a_lone_record_of_that_time_settles_a_send() {
    use ReportedState::{Delivered, Failed, Sent, Unknown};
    let record = |at: &str, status: &str| {
        json!({
            "source": "17205550142", "destination": "3035550177", "direction": "Outbound",
            "timeStamp": at, "status": status,
        })
    };
    let ours = record("2025-11-20T15:00:01Z", "Enroute");
    let changed = |key: &str, value: Value| {
        let mut record = ours.clone();
        record[key] = value;
        record
    };
    #[rustfmt::skip]
    let cases = [
        ("on its way",           json!([ours]),                                              Some(Sent)),
        ("arrived",              json!([changed("status", json!("Successful"))]),            Some(Delivered)),
        ("blocked",              json!([changed("status", json!("Blocked"))]),               Some(Failed)),
        ("a word nobody knows",  json!([changed("status", json!("Folded"))]),                Some(Unknown)),
        ("one of another time",  json!([ours, record("2025-11-20T14:00:00Z", "Failed")]),    Some(Sent)),
        ("one to somebody else", json!([ours, changed("destination", json!("13035550178"))]), Some(Sent)),
        ("one that came in",     json!([ours, changed("direction", json!("Inbound"))]),      Some(Sent)),
        ("in the same second",   json!([record("2025-11-20T15:00:00Z", "Enroute")]),         Some(Sent)),
        ("the message before",   json!([record("2025-11-20T15:00:00.100Z", "Enroute")]),     None),
        ("a second before",      json!([record("2025-11-20T14:59:59Z", "Enroute")]),         None),
        ("two",                  json!([ours, ours]),                                        None),
        ("one without a time",   json!([changed("timeStamp", Value::Null)]),                 None),
        ("a time of nowhere",    json!([changed("timeStamp", json!("11/20/2025 15:00"))]),   None),
        ("none",                 json!([]),                                                  None),
        ("no list",              Value::Null,                                                None),
    ];
    for (name, records, expect) in cases {
        let body = json!({ "status": "Success", "statusCode": "200", "messageDetails": records });
        let expect =
            expect.map_or(Found::Unclear, |state| Found::Taken(Accepted { state, ..Accepted::with_id("") }));
        assert_eq!(look_up::read(&response(200, &body.to_string()), &query()), Ok(expect), "{name}");
    }
    for (status, class) in
        [(401, ErrorClass::Auth), (411, ErrorClass::BadRequest), (503, ErrorClass::Transient)]
    {
        let error = look_up::read(&response(status, "<ams:fault>"), &query()).unwrap_err();
        assert_eq!(error.class(), class, "{status}");
    }
}
