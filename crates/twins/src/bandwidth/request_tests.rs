use serde_json::json;

use super::*;

fn now() -> Timestamp {
    Timestamp::parse("2026-01-01T00:00:00Z").unwrap()
}

fn object(value: Value) -> Map<String, Value> {
    let Value::Object(object) = value else { panic!("an object") };
    object
}

/// A good request with some members changed; `null` takes a member out.
fn request(changes: Value) -> Map<String, Value> {
    let mut body = object(json!({
        "applicationId": APPLICATION, "from": NUMBER, "to": ["+15550001001"], "text": "hi",
    }));
    body.extend(object(changes));
    body
}

fn channel(changes: Value) -> Map<String, Value> {
    let mut entry = object(json!({
        "from": super::super::AGENT, "applicationId": APPLICATION, "channel": "RBM", "content": { "text": "hi" },
    }));
    entry.extend(object(changes));
    object(json!({ "to": "+15550001001", "channelList": [entry] }))
}

/// Status and blamed fields.
fn refusal(read: Result<Submission, ApiError>) -> (u16, Vec<String>) {
    let error = read.unwrap_err();
    (error.status, error.fields.into_iter().map(|field| field.field_name).collect())
}

#[test]
fn requests_that_are_refused() {
    let numbers: Vec<_> = (0..11).map(|last| format!("+155500011{last:02}")).collect();
    #[rustfmt::skip]
    let cases = [
        ("no application",            json!({ "applicationId": null }),                   400, vec!["applicationId"]),
        ("another's application",     json!({ "applicationId": "x" }),                    400, vec!["applicationId"]),
        ("no sender",                 json!({ "from": null }),                            400, vec!["from"]),
        ("a sender that is none",     json!({ "from": "+12" }),                           400, vec!["from"]),
        ("another's number",          json!({ "from": "+15550100012" }),                  403, vec![]),
        ("another's short code",      json!({ "from": "72345" }),                         403, vec![]),
        ("a name we may not use",     json!({ "from": "Acme" }),                          403, vec![]),
        ("a name of twelve letters",  json!({ "from": "AcmeTravels1" }),                  400, vec!["from"]),
        ("nobody to send to",         json!({ "to": null }),                              400, vec!["to"]),
        ("an empty list",             json!({ "to": [] }),                                400, vec!["to"]),
        ("recipients that are none",  json!({ "to": ["+15550001001", "5550001002", 7] }), 400, vec!["to"]),
        ("one bad recipient",         json!({ "to": ["+15550001001", "5550001002"] }),    400, vec!["to[1]"]),
        ("eleven recipients",         json!({ "to": numbers }),                           400, vec!["to"]),
        ("to ourselves",              json!({ "to": [NUMBER] }),                          400, vec!["to"]),
        ("nothing to send",           json!({ "text": null }),                            400, vec!["text"]),
        ("an empty text",             json!({ "text": "" }),                              400, vec!["text"]),
        ("a text that is none",       json!({ "text": 7 }),                               400, vec!["text"]),
        ("a text too long",           json!({ "text": "ж".repeat(2_049) }),               400, vec!["text"]),
        ("media that is no URL",      json!({ "media": ["https://x.example/a", "a.png"] }), 400, vec!["media[1]"]),
        ("media of another scheme",   json!({ "media": "file:///etc/hosts" }),            400, vec!["media[0]"]),
        ("a tag too long",            json!({ "tag": "t".repeat(1_025) }),                400, vec!["tag"]),
        ("an unknown priority",       json!({ "priority": "urgent" }),                    400, vec!["priority"]),
        ("an end that is past",       json!({ "expiration": "2025-12-31T23:59:59Z" }),    400, vec!["expiration"]),
        ("an end that is no date",    json!({ "expiration": "soon" }),                    400, vec!["expiration"]),
        ("several things at once",    json!({ "tag": 1, "priority": 2 }),                 400, vec!["tag", "priority"]),
    ];
    for (name, changes, status, fields) in cases {
        let fields = fields.into_iter().map(str::to_owned).collect();
        assert_eq!(refusal(Submission::read(&request(changes), now())), (status, fields), "{name}");
    }
}

#[test]
fn what_a_request_says() {
    let cases = [
        ("a text", json!({}), Channel::Sms, 1),
        ("the longest text", json!({ "text": "ж".repeat(2_048) }), Channel::Sms, 1),
        ("a photo", json!({ "text": null, "media": ["https://x.example/a"] }), Channel::Mms, 1),
        ("a group", json!({ "to": ["+15550001001", "+15550001002"] }), Channel::Mms, 2),
        ("a bare recipient", json!({ "to": "+15550001001" }), Channel::Sms, 1),
        ("the same twice", json!({ "to": ["+15550001001", "+15550001001"] }), Channel::Sms, 1),
        ("with an end", json!({ "expiration": "2026-01-01T00:00:01Z", "priority": "high" }), Channel::Sms, 1),
    ];
    for (name, changes, channel, recipients) in cases {
        let read = Submission::read(&request(changes), now()).unwrap();
        assert_eq!((read.channel, read.to.len()), (channel, recipients), "{name}");
    }
}

#[test]
fn channels_that_are_refused() {
    let suggestion = |text: &str| json!({ "type": "REPLY", "text": text, "postbackData": "eA==" });
    let card = json!({ "title": "A", "description": "b", "suggestions": [suggestion("go")] });
    #[rustfmt::skip]
    let cases = [
        ("an unknown channel",        json!({ "channel": "FAX" }),                                             "channel"),
        ("another's application",     json!({ "applicationId": "x" }),                                         "applicationId"),
        ("a number for RCS",          json!({ "from": NUMBER }),                                               "from"),
        ("an agent for SMS",          json!({ "channel": "SMS" }),                                             "from"),
        ("no content",                json!({ "content": {} }),                                                "content"),
        ("a text too long",           json!({ "content": { "text": "a".repeat(3_271) } }),                     "content"),
        ("twelve suggestions",        json!({ "content": { "text": "x", "suggestions": vec![suggestion("a"); 12] } }), "content"),
        ("a suggestion too long",     json!({ "content": { "text": "x", "suggestions": [suggestion(&"a".repeat(26))] } }), "content"),
        ("a suggestion of no kind",   json!({ "content": { "text": "x", "suggestions": [{ "text": "a", "postbackData": "" }] } }), "content"),
        ("a file that is none",       json!({ "content": { "media": { "fileUrl": "a.png" } } }),               "content"),
        ("a carousel of one",         json!({ "content": { "cardContents": [card] } }),                        "content"),
        ("a card's title too long",   json!({ "content": { "cardContent": { "title": "a".repeat(201) } } }),   "content"),
    ];
    for (name, changes, field) in cases {
        let (status, fields) = refusal(Submission::read_multi(&channel(changes), now()));
        assert_eq!((status, fields), (400, vec![format!("channelList[0].{field}")]), "{name}");
    }
    let nowhere = object(json!({ "to": "+15550001001", "channelList": [] }));
    assert_eq!(refusal(Submission::read_multi(&nowhere, now())).1, ["channelList"]);
}

#[test]
fn the_first_channel_is_taken() {
    let read = Submission::read_multi(&channel(json!({})), now()).unwrap();
    assert_eq!((read.channel, read.from.as_str(), read.text.as_str()), (Channel::Rbm, "AcmeTravel", "hi"));
    assert_eq!(read.rich, Some(json!({ "text": "hi" })));
}
