//! Definitions at Twilio: found, made, remembered, made again.

use super::*;

fn choice(count: usize) -> OutboundMessage {
    let button = |n| Button { id: format!("id{n}"), title: format!("No. {n}"), ..Button::default() };
    let buttons = (0..count).map(button).collect();
    message(
        Channel::Whatsapp,
        OutboundContent::Interactive(Interactive { text: "Well?".into(), buttons, ..Interactive::default() }),
    )
}

/// The name of the definition that a message needs.
fn name(message: &OutboundMessage) -> String {
    let settings = serde_json::from_value(settings()).unwrap();
    send::draft(&settings, message).unwrap().definition.unwrap().name
}

fn listed(contents: &Value) -> (u16, Value) {
    (200, json!({ "contents": contents, "meta": { "next_page_url": null } }))
}

fn made(sid: &str) -> (u16, Value) {
    (201, json!({ "sid": sid }))
}

fn taken() -> (u16, Value) {
    (201, json!({ "sid": "MM1", "status": "queued" }))
}

fn gone() -> (u16, Value) {
    (400, json!({ "code": 21_655, "message": "The ContentSid is Invalid", "status": 400 }))
}

fn messages() -> String {
    format!("POST https://api.twilio.com/2010-04-01/Accounts/{ACCOUNT}/Messages.json")
}

fn search(name: &str) -> String {
    format!("GET https://content.twilio.com/v2/Content?ContentName={name}&PageSize=50")
}

const CREATE: &str = "POST https://content.twilio.com/v1/Content";

fn sid(body: &str) -> Option<String> {
    form::decode(body.as_bytes()).into_iter().find(|(name, _)| name == "ContentSid").map(|(_, sid)| sid)
}

#[tokio::test]
async fn a_definition_is_made_once() {
    let (carrier, message) = (carrier(), choice(2));
    let name = name(&message);
    let other = json!([{ "friendly_name": format!("{name}_old"), "sid": "HX0" }]);
    let twilio = Script::of([listed(&other), made("HX1"), taken(), taken()]);
    assert_eq!(carrier.send(&twilio, &message).await.unwrap().carrier_message_id, "MM1");
    assert_eq!(carrier.send(&twilio, &message).await.unwrap().carrier_message_id, "MM1");
    assert_eq!(twilio.lines(), [search(&name), CREATE.to_owned(), messages(), messages()]);
    assert!(twilio.proofs().iter().all(|proof| proof.starts_with("Basic ")));
    let body: Value = serde_json::from_str(&twilio.body(1)).unwrap();
    assert_eq!((&body["friendly_name"], &body["language"]), (&json!(name), &json!("en")));
    assert!(body["types"]["twilio/quick-reply"].is_object());
    assert!(!twilio.body(1).contains("Well?"), "nobody's words lie at Twilio");
    for at in [2, 3] {
        assert_eq!(sid(&twilio.body(at)).as_deref(), Some("HX1"));
    }
    // From now on the pure builder knows it, too; before, the name stands in its place.
    let sid_of = |carrier: &dyn Carrier| field(&carrier.request(&message).unwrap(), "ContentSid").unwrap();
    assert_eq!((sid_of(&*carrier), sid_of(&*self::carrier())), ("HX1".into(), name));
}

#[tokio::test]
async fn after_a_restart_it_is_found() {
    let message = choice(3);
    let name = name(&message);
    let twilio = Script::of([listed(&json!([{ "friendly_name": name, "sid": "HX9" }])), taken()]);
    carrier().send(&twilio, &message).await.unwrap();
    assert_eq!(twilio.lines(), [search(&name), messages()]);
    assert_eq!(sid(&twilio.body(1)).as_deref(), Some("HX9"));
}

#[tokio::test]
async fn what_was_deleted_at_twilio_is_made_again_once() {
    let (carrier, message) = (carrier(), choice(1));
    let none = || listed(&json!([]));
    let twilio = Script::of([none(), made("HX1"), taken(), gone(), none(), made("HX2"), taken()]);
    carrier.send(&twilio, &message).await.unwrap();
    assert_eq!(carrier.send(&twilio, &message).await.unwrap().carrier_message_id, "MM1");
    assert_eq!(sid(&twilio.body(6)).as_deref(), Some("HX2"));
    let stubborn = Script::of([none(), made("HX1"), gone(), none(), made("HX2"), gone()]);
    let error = self::carrier().send(&stubborn, &message).await.unwrap_err();
    assert_eq!((error.class(), error.code()), (ErrorClass::Template, "21655"));
    // A template that the caller named is not ours to make.
    let template = OutboundContent::Template(Template { template_id: "HX5".into(), ..Template::default() });
    let twilio = Script::of([gone()]);
    let error = carrier.send(&twilio, &self::message(Channel::Whatsapp, template)).await.unwrap_err();
    assert_eq!(error.code(), "21655");
}

/// Nothing that goes wrong before the message's own request may count as perhaps sent.
#[tokio::test]
async fn no_content_no_message() {
    let lost = || Err(HttpError::NoAnswer("reset".into()));
    let says = |status: u16, body: Value| Ok(answer(status, &body.to_string()));
    let none = || says(200, json!({ "contents": [] }));
    #[rustfmt::skip]
    let cases = [
        ("the search is lost", vec![lost()], (ErrorClass::Transient, "connect")),
        ("the search meets a gateway", vec![says(504, json!("x"))], (ErrorClass::Transient, "connect")),
        ("the search is refused", vec![says(401, json!({"code":20_003}))], (ErrorClass::Auth, "20003")),
        ("the making is lost", vec![none(), lost()], (ErrorClass::Transient, "connect")),
        ("the making meets a gateway", vec![none(), says(502, json!("x"))], (ErrorClass::Transient, "connect")),
        ("made without an id", vec![none(), says(201, json!({}))], (ErrorClass::Transient, "connect")),
        ("the making is refused", vec![none(), says(400, json!({"code":60_200,"message":"no"}))], (ErrorClass::BadRequest, "60200")),
        ("too fast", vec![none(), says(429, json!({"code":20_429}))], (ErrorClass::Throttled, "20429")),
        ("the message itself is lost", vec![none(), says(201, json!({"sid":"HX1"})), lost()], (ErrorClass::Ambiguous, "ambiguous")),
    ];
    for (name, answers, expect) in cases {
        let error = carrier().send(&Script::with(answers), &choice(1)).await.unwrap_err();
        assert_eq!((error.class(), error.code()), expect, "{name}");
    }
}

#[tokio::test]
async fn two_first_messages_make_one_definition() {
    let (carrier, message) = (carrier(), choice(1));
    let twilio = Script::of([listed(&json!([])), made("HX1"), taken(), taken()]);
    let (one, two) = tokio::join!(carrier.send(&twilio, &message), carrier.send(&twilio, &message));
    assert!(one.is_ok() && two.is_ok());
    assert_eq!(twilio.lines().iter().filter(|line| *line == CREATE).count(), 1);
}

#[tokio::test]
async fn what_stands_in_for_twilio_has_one_host() {
    let sandbox = with(json!({ "base_url": "http://127.0.0.1:9/" }));
    let twilio = Script::of([listed(&json!([])), made("HX1"), taken()]);
    sandbox.send(&twilio, &choice(1)).await.unwrap();
    assert!(twilio.lines().iter().all(|line| line.contains(" http://127.0.0.1:9/")), "{:?}", twilio.lines());
}
