use super::*;

fn now() -> Timestamp {
    Timestamp::parse("2026-01-01T00:00:00Z").unwrap()
}

/// A good request with some members changed; `null` takes a member out.
fn request(changes: &Value) -> Object {
    let mut body = json!({
        "personalizations": [{ "to": [{ "email": "ana@customer.example" }] }],
        "from": { "email": "hello@acmetravel.test", "name": "Acme" },
        "subject": "Hello",
        "content": [{ "type": "text/plain", "value": "hi" }],
    });
    let body = body.as_object_mut().unwrap();
    for (name, value) in changes.as_object().unwrap() {
        body.insert(name.clone(), value.clone());
        if value.is_null() {
            body.remove(name);
        }
    }
    body.clone()
}

fn refusal(changes: &Value) -> (u16, Option<String>) {
    let error = Submission::read(&request(changes), now()).unwrap_err();
    (error.status, error.problems.into_iter().next().unwrap().field)
}

fn to(emails: &[&str]) -> Value {
    emails.iter().map(|email| json!({ "email": email })).collect()
}

#[test]
fn requests_that_are_refused() {
    let many: Vec<_> = (0..1_001).map(|n| json!({ "email": format!("a{n}@x.example") })).collect();
    let plain = json!({ "type": "text/plain", "value": "hi" });
    let html = json!({ "type": "text/html", "value": "<p>hi" });
    let file = |changes: Value| {
        let mut file = json!({ "content": "aGk=", "filename": "a.txt" });
        for (name, value) in changes.as_object().unwrap() {
            file[name] = value.clone();
        }
        json!({ "attachments": [file] })
    };
    let categories: Vec<_> = (0..11).map(|n| n.to_string()).collect();
    #[rustfmt::skip]
    let cases = [
        ("nobody to send to",         json!({ "personalizations": null }),                             400, "personalizations"),
        ("an empty list",             json!({ "personalizations": [] }),                               400, "personalizations"),
        ("one without to",            json!({ "personalizations": [{ "cc": to(&["a@x.example"]) }] }), 400, "personalizations.0.to"),
        ("an address that is none",   json!({ "personalizations": [{ "to": to(&["a@x.example", "rosa"]) }] }), 400, "personalizations.0.to.1.email"),
        ("the same address twice",    json!({ "personalizations": [{ "to": to(&["a@x.example"]), "bcc": to(&["A@x.example"]) }] }), 400, "personalizations.0"),
        ("too many recipients",       json!({ "personalizations": [{ "to": many }] }),                 400, "personalizations"),
        ("no sender",                 json!({ "from": null }),                                         400, "from.email"),
        ("a sender that is none",     json!({ "from": { "email": "acme" } }),                          400, "from.email"),
        ("another's domain",          json!({ "from": { "email": "ceo@bank.example" } }),              403, "from"),
        ("two ways to answer",        json!({ "reply_to": { "email": "a@x.example" }, "reply_to_list": to(&["b@x.example"]) }), 400, "reply_to"),
        ("an answer to nobody",       json!({ "reply_to": { "email": "" } }),                          400, "reply_to.email"),
        ("no subject",                json!({ "subject": null }),                                      400, "subject"),
        ("an empty subject",          json!({ "subject": "" }),                                        400, "subject"),
        ("no content",                json!({ "content": null }),                                      400, "content"),
        ("an empty part",             json!({ "content": [{ "type": "text/plain", "value": "" }] }),   400, "content.0.value"),
        ("a part without type",       json!({ "content": [{ "value": "hi" }] }),                       400, "content.0.type"),
        ("HTML before plain text",    json!({ "content": [html, plain] }),                             400, "content"),
        ("a template that is none",   json!({ "template_id": "d-1" }),                                 400, "template_id"),
        ("a file that is no base64",  file(json!({ "content": "%" })),                                 400, "attachments.0.content"),
        ("an empty file",             file(json!({ "content": "" })),                                  400, "attachments.0.content"),
        ("a file without name",       file(json!({ "filename": null })),                               400, "attachments.0.filename"),
        ("an unknown disposition",    file(json!({ "disposition": "hidden" })),                        400, "attachments.0.disposition"),
        ("a name with a semicolon",   file(json!({ "filename": "a;b.txt" })),                          400, "attachments.0.filename"),
        ("a type with parameters",    file(json!({ "type": "text/plain; charset=utf-8" })),            400, "attachments.0.type"),
        ("a content id of two lines", file(json!({ "content_id": "a\r\nb" })),                         400, "attachments.0.content_id"),
        ("a reserved header",         json!({ "headers": { "Reply-To": "a@x.example" } }),             400, "headers.Reply-To"),
        ("a header with two lines",   json!({ "headers": { "X-A": "a\r\nBcc: b@x.example" } }),        400, "headers.X-A"),
        ("custom arguments no texts", json!({ "custom_args": { "a": 1 } }),                            400, "personalizations.0.custom_args"),
        ("too much of them",          json!({ "custom_args": { "a": "a".repeat(10_000) } }),           400, "personalizations.0.custom_args"),
        ("eleven categories",         json!({ "categories": categories }),                             400, "categories"),
        ("the same category twice",   json!({ "categories": ["a", "a"] }),                             400, "categories"),
        ("a category in umlauts",     json!({ "categories": ["ä"] }),                                  400, "categories"),
        ("a pool with a short name",  json!({ "ip_pool_name": "a" }),                                  400, "ip_pool_name"),
        ("a batch that is no text",   json!({ "batch_id": 1 }),                                        400, "batch_id"),
        ("a switch in words",         json!({ "mail_settings": { "footer": { "enable": "yes" } } }),   400, "mail_settings.footer.enable"),
        ("a footer that is no text",  json!({ "mail_settings": { "footer": { "text": 1 } } }),         400, "mail_settings.footer.text"),
        ("settings that are none",    json!({ "tracking_settings": [] }),                              400, "tracking_settings"),
        ("two bypasses",              json!({ "mail_settings": { "bypass_list_management": { "enable": true }, "bypass_spam_management": { "enable": true } } }), 400, "mail_settings.bypass_list_management"),
        ("too many groups to show",   json!({ "asm": { "group_id": 1, "groups_to_display": vec![1; 26] } }), 400, "asm.groups_to_display"),
        ("groups in words",           json!({ "asm": { "group_id": 1, "groups_to_display": ["a"] } }), 400, "asm.groups_to_display"),
        ("values that are no object", json!({ "personalizations": [{ "to": to(&["a@x.example"]), "dynamic_template_data": "x" }] }), 400, "personalizations.0.dynamic_template_data"),
        ("a copy to nobody",          json!({ "personalizations": [{ "to": to(&["a@x.example"]), "cc": to(&["rosa"]) }] }), 400, "personalizations.0.cc.0.email"),
        ("scheduled too late",        json!({ "send_at": 1_767_225_600 + 72 * 3_600 + 1 }),            400, "send_at"),
        ("scheduled in words",        json!({ "send_at": "soon" }),                                    400, "send_at"),
        ("a group that is none",      json!({ "asm": {} }),                                            400, "asm.group_id"),
    ];
    for (name, changes, status, field) in cases {
        assert_eq!(refusal(&changes), (status, Some(field.to_owned())), "{name}");
    }
}

#[test]
fn what_a_request_says() {
    let changes = json!({
        "personalizations": [
            { "to": to(&["ana@customer.example"]), "cc": to(&["leo@customer.example"]), "custom_args": { "a": "2" } },
            { "to": to(&["eva@customer.example"]), "subject": "For Eva", "send_at": 1_767_225_660 },
        ],
        "custom_args": { "a": "1", "b": "1" },
        "attachments": [{ "content": "aGk=", "filename": "a.txt" }],
        "asm": { "group_id": 7 },
        "tracking_settings": { "open_tracking": { "enable": false } },
    });
    let read = Submission::read(&request(&changes), now()).unwrap();
    let letters: Vec<_> =
        read.letters.iter().map(|letter| (letter.to.as_str(), letter.due_in.as_secs())).collect();
    assert_eq!(
        letters,
        [("ana@customer.example", 0), ("leo@customer.example", 0), ("eva@customer.example", 60)]
    );
    assert_eq!(Value::from(read.letters[1].custom_args.clone()), json!({ "a": "2", "b": "1" }));
    assert_eq!(read.letters[2].content["subject"], "For Eva");
    assert_eq!(read.letters[0].content["attachments"], json!([{ "filename": "a.txt", "bytes": 2 }]));
    assert_eq!((read.asm_group, read.sandbox, read.bypass), (Some(7), false, false));
    assert_eq!(read.tracking, Tracking { opens: false, clicks: true });
}

#[test]
fn a_template_needs_neither_subject_nor_content() {
    let id = format!("d-{}", "0a".repeat(16));
    assert!(
        Submission::read(&request(&json!({ "template_id": id, "subject": null, "content": null })), now())
            .is_ok()
    );
}

#[test]
fn addresses() {
    #[rustfmt::skip]
    let cases = [
        ("ana@customer.example", true), ("a+b_c@x.co.uk", true), ("ana@localhost", false), ("ana", false),
        ("@x.example", false), ("ana@", false), ("a b@x.example", false), ("ana@x..example", false),
        ("Ana <ana@x.example>", false), ("a@b@x.example", false), ("ana@x.example\r\n", false),
    ];
    for (text, expect) in cases {
        assert_eq!(is_email(text), expect, "{text}");
    }
}
