use serde_json::json;

use super::*;
use crate::whatsapp::media::File;

mod components;

fn shelf() -> Shelf {
    let shelf = Shelf::default();
    shelf.put("771", File::new("image/png", "x".into()));
    shelf.put("772", File::new("audio/ogg; codecs=opus", "x".into()));
    shelf.put("773", File::new("application/pdf", "x".into()));
    shelf
}

fn verdict(kind: &str, content: &Value) -> Result<Kind, u32> {
    let mut body = json!({ "messaging_product": "whatsapp", "to": "+15550001001", "type": kind });
    body[kind] = content.clone();
    let body = body.as_object().unwrap();
    read(body, &shelf()).map(|submission| submission.kind).map_err(|error| error.code)
}

#[test]
fn contents_within_and_beyond_the_limits() {
    let free = Ok(Kind::FreeForm);
    let long = |characters: usize| "é".repeat(characters);
    let button = |id: &str, title: &str| json!({"type": "reply", "reply": {"id": id, "title": title}});
    let buttons =
        |buttons: Value| json!({"type": "button", "body": {"text": "?"}, "action": {"buttons": buttons}});
    let row = |id: &str, title: &str| json!({"id": id, "title": title});
    let list = |sections: Value| json!({"type": "list", "body": {"text": "?"}, "action": {"button": "Choose", "sections": sections}});
    let rows = |count: usize| -> Value { (0..count).map(|n| row(&n.to_string(), "t")).collect() };
    let link = |url: &str| {
        json!({"type": "cta_url", "body": {"text": "?"},
               "action": {"name": "cta_url", "parameters": {"display_text": "Go", "url": url}}})
    };
    let name = json!({"formatted_name": "Ben Ode", "first_name": "Ben"});
    #[rustfmt::skip]
    let cases = vec![
        ("text at the limit",              "text", json!({"body": long(4_096)}), free),
        ("text beyond the limit",          "text", json!({"body": long(4_097)}), Err(100)),
        ("text without body",              "text", json!({}), Err(131_008)),
        ("empty text",                     "text", json!({"body": ""}), Err(131_009)),
        ("text is not an object",          "text", json!("hi"), Err(131_009)),
        ("image by id",                    "image", json!({"id": "771", "caption": long(1_024)}), free),
        ("image by link",                  "image", json!({"link": "https://x.example/a.png"}), free),
        ("image with an unknown id",       "image", json!({"id": "778"}), Err(131_009)),
        ("image by a file link",           "image", json!({"link": "file:///etc/passwd"}), Err(131_009)),
        ("image by id and link",           "image", json!({"id": "771", "link": "https://x.example/"}), Err(131_009)),
        ("image by nothing",               "image", json!({}), Err(131_008)),
        ("caption beyond the limit",       "image", json!({"id": "771", "caption": long(1_025)}), Err(131_009)),
        ("audio takes no caption",         "audio", json!({"id": "771", "caption": "x"}), Err(100)),
        ("voice note",                     "audio", json!({"id": "772", "voice": true}), free),
        ("document with a name",           "document", json!({"id": "771", "filename": "a.pdf"}), free),
        ("image takes no file name",       "image", json!({"id": "771", "filename": "a.png"}), Err(100)),
        ("location in numbers",            "location", json!({"latitude": 51.5, "longitude": -0.1}), free),
        ("location in text",               "location", json!({"latitude": "51.5", "longitude": "-0.1"}), free),
        ("location off the globe",         "location", json!({"latitude": 91, "longitude": 0}), Err(131_009)),
        ("location is not a number",       "location", json!({"latitude": "NaN", "longitude": 0}), Err(131_009)),
        ("location without longitude",     "location", json!({"latitude": 1}), Err(131_008)),
        ("contact card",                   "contacts", json!([{"name": name}]), free),
        ("contact with one name part",     "contacts", json!([{"name": {"formatted_name": "Ben"}}]), Err(131_008)),
        ("no contacts",                    "contacts", json!([]), Err(131_009)),
        ("reaction",                       "reaction", json!({"message_id": "wamid.x", "emoji": "👍"}), Ok(Kind::Reaction)),
        ("reaction taken back",            "reaction", json!({"message_id": "wamid.x", "emoji": ""}), Ok(Kind::Reaction)),
        ("reaction to nothing",            "reaction", json!({"emoji": "👍"}), Err(131_008)),
        ("three buttons",                  "interactive", buttons(json!([button("1", "a"), button("2", "b"), button("3", "c")])), free),
        ("four buttons",                   "interactive", buttons(json!([button("1", "a"), button("2", "b"), button("3", "c"), button("4", "d")])), Err(131_009)),
        ("no buttons",                     "interactive", buttons(json!([])), Err(131_009)),
        ("button title at the limit",      "interactive", buttons(json!([button("1", &long(20))])), free),
        ("button title beyond the limit",  "interactive", buttons(json!([button("1", &long(21))])), Err(131_009)),
        ("two buttons of one title",       "interactive", buttons(json!([button("1", "a"), button("2", "a")])), Err(131_009)),
        ("list of ten rows",               "interactive", list(json!([{"rows": rows(10)}])), free),
        ("list of eleven rows",            "interactive", list(json!([{"rows": rows(11)}])), Err(131_009)),
        ("eleven rows in two sections",    "interactive", list(json!([{"title": "a", "rows": rows(10)}, {"title": "b", "rows": [row("x", "t")]}])), Err(131_009)),
        ("list of no rows",                "interactive", list(json!([{"rows": []}])), Err(131_009)),
        ("two sections need titles",       "interactive", list(json!([{"rows": rows(1)}, {"rows": [row("x", "t")]}])), Err(131_008)),
        ("row title beyond the limit",     "interactive", list(json!([{"rows": [row("1", &long(25))]}])), Err(131_009)),
        ("two rows of one id",             "interactive", list(json!([{"rows": [row("1", "a"), row("1", "b")]}])), Err(131_009)),
        ("link button",                    "interactive", link("https://acme.example/"), free),
        ("link button to no web page",     "interactive", link("javascript:alert(1)"), Err(131_009)),
        ("location request",               "interactive", json!({"type": "location_request_message", "body": {"text": "?"}, "action": {"name": "send_location"}}), free),
        ("an unknown interactive",         "interactive", json!({"type": "carousel_of_doom", "action": {}}), Err(131_009)),
        ("a template of the tenant",       "template", json!({"name": "anything_goes", "language": {"code": "en_GB"}}), Ok(Kind::Template)),
        ("template without language",      "template", json!({"name": "anything_goes"}), Err(131_008)),
        ("a missing template",             "template", json!({"name": "missing_template", "language": {"code": "en"}}), Err(132_001)),
        ("a name that cannot be",          "template", json!({"name": "Not A Name", "language": {"code": "en"}}), Err(132_001)),
        ("a paused template",              "template", json!({"name": "paused_template", "language": {"code": "en"}}), Err(132_015)),
        ("too few parameters",             "template", json!({"name": "order_update", "language": {"code": "en"}}), Err(132_000)),
        ("enough parameters",              "template", json!({"name": "order_update", "language": {"code": "en"}, "components": [{"type": "body", "parameters": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}]}), Ok(Kind::Template)),
        ("an unknown type",                "hologram", json!({}), Err(100)),
    ];
    for (name, kind, content, expect) in cases {
        assert_eq!(verdict(kind, &content), expect, "{name}");
    }
}

#[test]
fn recipients() {
    let phone =
        |input: &str, wa_id: &str| Ok(Recipient::Phone { input: input.to_owned(), wa_id: wa_id.to_owned() });
    let user = || Ok(Recipient::User("GB.7Qk20Xd3aLm".into()));
    #[rustfmt::skip]
    let cases = vec![
        ("with a plus",          json!({"to": "+447700900461"}), phone("+447700900461", "447700900461")),
        ("with blanks",          json!({"to": "+44 7700-900461"}), phone("+44 7700-900461", "447700900461")),
        ("a user id",            json!({"recipient": "GB.7Qk20Xd3aLm"}), user()),
        ("a user id in `to`",    json!({"to": "GB.7Qk20Xd3aLm"}), user()),
        ("`to` wins",            json!({"to": "+447700900461", "recipient": "GB.7Qk20Xd3aLm"}), phone("+447700900461", "447700900461")),
        ("a group",              json!({"to": "Y2FwaQ", "recipient_type": "group"}), Ok(Recipient::Group("Y2FwaQ".into()))),
        ("nobody",               json!({}), Err(131_008)),
        ("letters",              json!({"to": "hello"}), Err(131_009)),
        ("too short",            json!({"to": "+123"}), Err(131_009)),
        ("too long",             json!({"to": "+1234567890123456"}), Err(131_009)),
        ("a broken user id",     json!({"recipient": "gb.7Q"}), Err(131_009)),
        ("ourselves",            json!({"to": "+15550100003"}), Err(131_021)),
        ("an unknown type",      json!({"to": "+447700900461", "recipient_type": "herd"}), Err(131_009)),
    ];
    for (name, body, expect) in cases {
        assert_eq!(recipient(body.as_object().unwrap()).map_err(|error| error.code), expect, "{name}");
    }
}

#[test]
fn a_reference_has_at_most_512_characters() {
    for (characters, expect) in [(512, Ok(())), (513, Err(131_009))] {
        let body = json!({ "to": "+447700900461", "text": {"body": "x"}, "biz_opaque_callback_data": "r".repeat(characters) });
        let verdict = read(body.as_object().unwrap(), &shelf());
        assert_eq!(verdict.map(|_| ()).map_err(|error| error.code), expect, "{characters}");
    }
}
