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
    let cases = [
        ("an unknown channel", json!({ "channel": "FAX" }), "channel"),
        ("another's application", json!({ "applicationId": "x" }), "applicationId"),
        ("a number for RCS", json!({ "from": NUMBER }), "from"),
        ("an agent for SMS", json!({ "channel": "SMS" }), "from"),
        ("no content", json!({ "content": {} }), "content"),
    ];
    for (name, changes, field) in cases {
        let (status, fields) = refusal(Submission::read_multi(&channel(changes), now()));
        assert_eq!((status, fields), (400, vec![format!("channelList[0].{field}")]), "{name}");
    }
    let nowhere = object(json!({ "to": "+15550001001", "channelList": [] }));
    assert_eq!(refusal(Submission::read_multi(&nowhere, now())).1, ["channelList"]);
}

fn reply(text: &str) -> Value {
    json!({ "type": "REPLY", "text": text, "postbackData": "eA==" })
}

/// A text with one suggestion, some members of which are changed.
fn suggesting(changes: Value) -> Value {
    let mut suggestion = object(reply("go"));
    suggestion.extend(object(changes));
    json!({ "text": "x", "suggestions": [suggestion] })
}

#[test]
fn rich_content_that_is_refused() {
    let file = json!({ "fileUrl": "https://x.example/a.png" });
    let card = json!({ "title": "A", "description": "b", "suggestions": [reply("go")] });
    let standing = |card: Value| json!({ "orientation": "VERTICAL", "cardContent": card });
    #[rustfmt::skip]
    let cases = [
        ("a text too long",          json!({ "text": "a".repeat(3_271) }),                                          "text"),
        ("two kinds at once",        json!({ "text": "x", "media": [file] }),                                       ""),
        ("nothing but suggestions",  json!({ "suggestions": [] }),                                                  ""),
        ("twelve suggestions",       json!({ "text": "x", "suggestions": vec![reply("a"); 12] }),                   "suggestions"),
        ("a suggestion too long",    suggesting(json!({ "text": "a".repeat(26) })),                                 "suggestions[0].text"),
        ("a suggestion of no kind",  suggesting(json!({ "type": "FAX" })),                                          "suggestions[0].type"),
        ("no base64",                suggesting(json!({ "postbackData": "x" })),                                    "suggestions[0].postbackData"),
        ("a number that is none",    suggesting(json!({ "type": "DIAL_PHONE", "phoneNumber": "1" })),               "suggestions[0].phoneNumber"),
        ("a place off the globe",    suggesting(json!({ "type": "SHOW_LOCATION", "latitude": "91", "longitude": "0" })), "suggestions[0].latitude"),
        ("an appointment without end", suggesting(json!({ "type": "CREATE_CALENDAR_EVENT", "title": "t", "startTime": "2026-01-01T00:00:00Z" })), "suggestions[0].endTime"),
        ("a link to nowhere",        suggesting(json!({ "type": "OPEN_URL" })),                                     "suggestions[0].url"),
        ("a view without its size",  suggesting(json!({ "type": "OPEN_URL", "url": "https://x.example", "application": "WEBVIEW" })), "suggestions[0].webviewViewMode"),
        ("a size without its view",  suggesting(json!({ "type": "OPEN_URL", "url": "https://x.example", "webviewViewMode": "FULL" })), "suggestions[0].webviewViewMode"),
        ("one file outside a list",  json!({ "media": file }),                                                      "media"),
        ("a file that is none",      json!({ "media": [file, { "fileUrl": "a.png" }] }),                            "media[1].fileUrl"),
        ("a thumbnail that is none", json!({ "media": [{ "fileUrl": "https://x.example/a", "thumbnailUrl": 1 }] }), "media[0].thumbnailUrl"),
        ("a card with no way up",    json!({ "cardContent": card }),                                                "orientation"),
        ("a card that lies, with no side", json!({ "orientation": "HORIZONTAL", "cardContent": card }),             "thumbnailImageAlignment"),
        ("an empty card",            standing(json!({ "suggestions": [] })),                                        "cardContent"),
        ("a card's title too long",  standing(json!({ "title": "a".repeat(201) })),                                 "cardContent.title"),
        ("a picture of no height",   standing(json!({ "media": file })),                                            "cardContent.media.height"),
        ("five suggestions on a card", standing(json!({ "title": "A", "suggestions": vec![reply("a"); 5] })),       "cardContent.suggestions"),
        ("a carousel of one",        json!({ "cardWidth": "SMALL", "cardContents": [card] }),                       "cardContents"),
        ("a carousel of no width",   json!({ "cardContents": [card, card] }),                                       "cardWidth"),
        ("a bad card of two",        json!({ "cardWidth": "SMALL", "cardContents": [card, {}] }),                   "cardContents[1]"),
    ];
    for (name, content, at) in cases {
        let refused = refusal(Submission::read_multi(&channel(json!({ "content": content })), now()));
        let at = if at.is_empty() { String::new() } else { format!(".{at}") };
        assert_eq!(refused, (400, vec![format!("channelList[0].content{at}")]), "{name}");
    }
}

#[test]
fn rich_content_that_is_taken() {
    let file = json!({ "fileUrl": "https://x.example/a.png", "height": "TALL" });
    let card = json!({ "title": "A", "media": file, "suggestions": vec![reply("a"); 4] });
    #[rustfmt::skip]
    let cases = [
        ("all actions", json!({ "text": "x", "suggestions": [
            reply("a"),
            { "type": "REQUEST_LOCATION", "text": "a", "postbackData": "" },
            { "type": "DIAL_PHONE", "text": "a", "postbackData": "", "phoneNumber": "+15550001001" },
            { "type": "SHOW_LOCATION", "text": "a", "postbackData": "", "latitude": "-90", "longitude": "180.0", "label": "Pole" },
            { "type": "CREATE_CALENDAR_EVENT", "text": "a", "postbackData": "", "title": "t", "startTime": "2026-01-01T00:00:00Z", "endTime": "2026-01-01T01:00:00Z" },
            { "type": "OPEN_URL", "text": "a", "postbackData": "", "url": "https://x.example", "application": "WEBVIEW", "webviewViewMode": "HALF" },
        ] })),
        ("files",             json!({ "media": [file, file], "suggestions": [reply("a")] })),
        ("a card",            json!({ "orientation": "HORIZONTAL", "thumbnailImageAlignment": "LEFT", "cardContent": card })),
        ("a carousel of ten", json!({ "cardWidth": "MEDIUM", "cardContents": vec![card; 10], "suggestions": [reply("a")] })),
    ];
    for (name, content) in cases {
        let read = Submission::read_multi(&channel(json!({ "content": content })), now());
        assert_eq!(read.unwrap().rich, Some(content), "{name}");
    }
}

#[test]
fn the_first_channel_is_taken() {
    let read = Submission::read_multi(&channel(json!({})), now()).unwrap();
    assert_eq!((read.channel, read.from.as_str(), read.text.as_str()), (Channel::Rbm, "AcmeTravel", "hi"));
    assert_eq!(read.rich, Some(json!({ "text": "hi" })));
}
