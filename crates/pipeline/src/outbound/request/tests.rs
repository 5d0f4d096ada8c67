use super::*;
use serde_json::json;

#[test]
fn five_mistakes_show_five_pointers() {
    let body = json!({
        "to": { "phoneNumbr": "+1" }, "content": { "type": "media", "mediaUrl": "ftp://x" },
        "options": { "priority": "urgent", "scheduledAt": "tomorrow" },
    });
    let problem = read(&body, Timestamp::EPOCH).unwrap_err();
    let pointers: Vec<_> = problem.errors.iter().map(|error| error.pointer.as_str()).collect();
    assert_eq!(
        pointers,
        [
            "/to/phoneNumbr",
            "/to/phoneNumber",
            "/content/mediaUrl",
            "/options/priority",
            "/options/scheduledAt"
        ]
    );
    assert!(problem.errors[0].detail.contains("Did you mean `phoneNumber`?"));
}

#[test]
fn the_seeds_shape_and_the_short_one_are_read() {
    let short = read(&json!({ "to": "+15550001001", "text": "hi" }), Timestamp::EPOCH).unwrap();
    let long = json!({
        "to": { "phoneNumber": "+15550001001" }, "from": {}, "content": { "type": "text", "text": "hi" },
        "options": { "priority": "normal" },
    });
    assert_eq!(read(&long, Timestamp::EPOCH).unwrap(), short);
}

fn content(content: &Value) -> Result<OutboundContent, Vec<(String, String)>> {
    let body = json!({ "to": "+15550001001", "content": content });
    match read(&body, Timestamp::EPOCH) {
        Ok(request) => Ok(request.content),
        Err(problem) => Err(problem.errors.into_iter().map(|e| (e.pointer, e.code)).collect()),
    }
}

#[test]
fn what_was_read_is_stored_and_read_again_the_same() {
    let cases = [
        ("words", json!({ "type": "text", "text": "hi" })),
        (
            "a template with all its parts",
            json!({ "type": "template", "templateId": "t", "language": "en", "templateParams": { "1": "Maya" },
            "templateHeader": { "media": { "id": "77", "filename": "a.pdf", "size": 9 } },
            "templateButtons": [
                { "type": "quick_reply", "index": 2, "payload": "yes" }, { "type": "url", "index": 0, "text": "4711" },
                { "type": "copy_code", "index": 1, "code": "SAVE" },
                { "type": "flow", "index": 3, "token": "t", "data": { "a": 1 } },
            ] }),
        ),
        (
            "a template's text",
            json!({ "type": "template", "templateId": "t", "templateHeader": { "text": "4711" } }),
        ),
        (
            "a list under a picture",
            json!({ "type": "interactive", "text": "Well?", "headerMedia": { "url": "https://a.example/b.png" },
            "buttons": [{ "id": "1", "title": "One", "section": "Numbers" }], "listLabel": "Pick" }),
        ),
        ("where are you", json!({ "type": "location_request", "text": "Where?" })),
        (
            "a form",
            json!({ "type": "flow", "text": "Book", "flowId": "1", "label": "Open", "action": "data_exchange",
            "token": "t", "screen": "S", "data": { "a": [1] }, "draft": true }),
        ),
        (
            "products",
            json!({ "type": "products", "text": "See", "catalogId": "c",
            "sections": [{ "title": "New", "products": ["a", "b"] }], "thumbnail": "a" }),
        ),
        (
            "a mail",
            json!({ "type": "email", "subject": "Hi", "text": "t", "html": "<p>t</p>", "cc": ["a@b.example"],
            "bcc": ["c@d.example"], "attachments": [{ "url": "data:text/plain;base64,aGk=", "filename": "a.txt" }] }),
        ),
        (
            "a carrier's own",
            json!({ "type": "custom", "carrier": "whatsapp", "object": { "type": "text" }, "template": true }),
        ),
        (
            "a voice note",
            json!({ "type": "media", "media": [{ "url": "https://a.example/b.ogg", "mime": "audio/ogg", "voice": true }] }),
        ),
    ];
    for (what, body) in cases {
        let read = content(&body).unwrap_or_else(|errors| panic!("{what}: {errors:?}"));
        let stored = serde_json::to_value(&read).unwrap();
        assert_eq!(stored, body, "{what}");
        assert_eq!(serde_json::from_value::<OutboundContent>(stored).unwrap(), read, "{what}");
    }
}

#[test]
fn each_mistake_in_rich_content_is_told_where_it_is() {
    let cases = [
        (
            "a header with two things",
            json!({ "type": "template", "templateId": "t", "templateHeader": { "text": "a", "media": { "id": "1" } } }),
            "/content/templateHeader",
            "invalid",
        ),
        (
            "a header with nothing",
            json!({ "type": "template", "templateId": "t", "templateHeader": {} }),
            "/content/templateHeader",
            "invalid",
        ),
        (
            "a header's place",
            json!({ "type": "template", "templateId": "t", "templateHeader": { "location": { "latitude": 1 } } }),
            "/content/templateHeader/location/longitude",
            "invalid",
        ),
        (
            "a button's kind",
            json!({ "type": "template", "templateId": "t", "templateButtons": [{ "type": "call" }] }),
            "/content/templateButtons/0/type",
            "invalid",
        ),
        (
            "a button's place",
            json!({ "type": "template", "templateId": "t", "templateButtons": [{ "type": "url", "text": "a", "index": 256 }] }),
            "/content/templateButtons/0/index",
            "invalid",
        ),
        (
            "a button without its value",
            json!({ "type": "template", "templateId": "t", "templateButtons": [{ "type": "quick_reply", "text": "a" }] }),
            "/content/templateButtons/0/text",
            "unknown_field",
        ),
        (
            "two headers",
            json!({ "type": "interactive", "text": "a", "header": "b", "headerMedia": { "id": "1" }, "buttons": [{ "title": "c" }] }),
            "/content/headerMedia",
            "ambiguous",
        ),
        (
            "a value's name is escaped",
            json!({ "type": "template", "templateId": "t", "templateParams": { "a/b": [] } }),
            "/content/templateParams/a~1b",
            "wrong_type",
        ),
        ("no form", json!({ "type": "flow", "text": "a", "label": "b" }), "/content/flowId", "required"),
        (
            "a form's action",
            json!({ "type": "flow", "text": "a", "label": "b", "flowId": "1", "action": "jump" }),
            "/content/action",
            "invalid",
        ),
        (
            "no products",
            json!({ "type": "products", "sections": [{ "products": [] }] }),
            "/content/sections/0/products",
            "required",
        ),
        ("no list", json!({ "type": "products", "sections": "all" }), "/content/sections", "wrong_type"),
        ("an empty mail", json!({ "type": "email", "text": " " }), "/content/text", "required"),
        (
            "a copy to nobody",
            json!({ "type": "email", "text": "a", "cc": ["rosa"] }),
            "/content/cc/0",
            "invalid",
        ),
        (
            "a copy that is no list",
            json!({ "type": "email", "text": "a", "bcc": "a@b.example" }),
            "/content/bcc",
            "wrong_type",
        ),
        (
            "media within an SMS",
            json!({ "type": "media", "media": [{ "url": "data:text/plain;base64,aGk=" }] }),
            "/content/media/0/url",
            "invalid_url",
        ),
        (
            "a size",
            json!({ "type": "media", "media": [{ "id": "1", "size": -1 }] }),
            "/content/media/0/size",
            "wrong_type",
        ),
        (
            "an empty object",
            json!({ "type": "custom", "carrier": "whatsapp", "object": {} }),
            "/content/object",
            "required",
        ),
    ];
    for (what, body, pointer, code) in cases {
        let errors = content(&body).expect_err(what);
        assert!(errors.contains(&(pointer.to_owned(), code.to_owned())), "{what}: {errors:?}");
    }
}

#[test]
fn no_shape_panics() {
    let bodies = [
        json!(null),
        json!([]),
        json!({}),
        json!({ "to": 1, "content": [] }),
        json!({ "to": "+1", "content": { "type": "interactive", "text": 1, "buttons": [1, {}, { "title": "" }] } }),
        json!({ "to": "+1", "content": { "type": "location", "latitude": 91 } }),
        json!({ "to": "+1", "content": { "type": "reaction" } }),
        json!({ "to": "+1", "content": { "type": "template", "templateParams": { "a": [] } } }),
    ];
    for body in bodies {
        let problem = read(&body, Timestamp::EPOCH).unwrap_err();
        assert!(!problem.errors.is_empty(), "{body}");
    }
}

#[test]
fn what_is_told_of_a_hostile_body_is_short() {
    let many: Value =
        (0..70_000).map(|n| (format!("x{n}"), json!(1))).collect::<serde_json::Map<_, _>>().into();
    let long: Value = serde_json::Map::from_iter([("\u{1f600}".repeat(200_000), json!(1))]).into();
    for (body, most) in [(many, 100), (long, 3)] {
        let problem = read(&body, Timestamp::EPOCH).unwrap_err();
        assert!(problem.errors.len() <= most);
        assert!(problem.errors.iter().all(|error| error.pointer.len() + error.detail.len() < 1_000));
    }
}
