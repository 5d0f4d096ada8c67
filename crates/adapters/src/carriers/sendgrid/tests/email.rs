//! Mails with a subject of their own, with copies and files.

use super::*;

fn mail(change: impl FnOnce(&mut Email)) -> OutboundContent {
    let mut email = Email { text: Some("Hi".into()), ..Email::default() };
    change(&mut email);
    OutboundContent::Email(Box::new(email))
}

fn addresses(list: &[&str]) -> Vec<Address> {
    list.iter().map(|address| (*address).into()).collect()
}

#[test]
fn words_and_subject() {
    #[rustfmt::skip]
    let cases = [
        ("a subject", mail(|m| m.subject = Some("Your order".into())), json!({ "subject": "Your order" })),
        ("a subject on one line", mail(|m| m.subject = Some("Your\r\nBcc: all@x.example  order ".into())), json!({ "subject": "Your Bcc: all@x.example order" })),
        ("no subject: the connection's, as an answer", mail(|_| {}), json!({ "subject": "Re: New message" })),
        ("an empty subject", mail(|m| m.subject = Some(" ".into())), json!({ "subject": "Re: New message" })),
        ("text", mail(|_| {}), json!({ "content": [{ "type": "text/plain", "value": "Hi" }] })),
        ("text before HTML", mail(|m| m.html = Some("<p>Hello".into())), json!({ "content/0/value": "Hi", "content/1/type": "text/html", "content/1/value": "<p>Hello" })),
        ("text from HTML", mail(|m| (m.text, m.html) = (None, Some("<p>Hello</p><p>you".into()))), json!({ "content/0/value": "Hello\n\nyou", "content/1/value": "<p>Hello</p><p>you" })),
        ("HTML without words", mail(|m| (m.text, m.html) = (None, Some("<img src=\"https://x/\">".into()))), json!({ "content": [{ "type": "text/html", "value": "<img src=\"https://x/\">" }] })),
        ("empty HTML", mail(|m| m.html = Some(" ".into())), json!({ "content": [{ "type": "text/plain", "value": "Hi" }] })),
        ("our headers", mail(|_| {}), json!({ "headers/Message-ID": "<msg_1@acme.example>", "headers/In-Reply-To": "<CAF001@c.example>" })),
    ];
    for (name, content, expect) in cases {
        assert_members(name, &body_of(&json!({}), &outbound(content)), &expect);
    }
}

#[test]
fn each_address_stands_once() {
    #[rustfmt::skip]
    let cases = [
        ("both kinds", mail(|m| (m.cc, m.bcc) = (addresses(&["a@x.example"]), addresses(&["b@x.example"]))),
            json!({ "personalizations/0/cc": [{ "email": "a@x.example" }], "personalizations/0/bcc": [{ "email": "b@x.example" }] })),
        ("to goes first", mail(|m| m.cc = addresses(&["R@C.example", "a@x.example"])), json!({ "personalizations/0/cc": [{ "email": "a@x.example" }] })),
        ("cc goes before bcc", mail(|m| (m.cc, m.bcc) = (addresses(&["a@x.example"]), addresses(&["A@X.example"]))),
            json!({ "personalizations/0/cc": [{ "email": "a@x.example" }], "personalizations/0/bcc": null })),
        ("twice in one", mail(|m| m.cc = addresses(&["a@x.example", "email:a@x.example"])), json!({ "personalizations/0/cc": [{ "email": "a@x.example" }] })),
        ("none is left", mail(|m| m.cc = addresses(&["r@c.example"])), json!({ "personalizations/0/cc": null, "personalizations/0/custom_args": { "omni_msg_id": "msg_1" } })),
    ];
    for (name, content, expect) in cases {
        assert_members(name, &body_of(&json!({}), &outbound(content)), &expect);
    }
    let many = |n: usize| (0..n).map(|n| format!("a{n}@x.example").into()).collect();
    assert_eq!(refusal(mail(|m| m.cc = many(999))), "");
    assert_ne!(refusal(mail(|m| m.bcc = many(1_000))), "");
    assert_ne!(refusal(mail(|m| m.cc = addresses(&["nobody"]))), "");
    assert_ne!(refusal(mail(|m| m.cc = addresses(&["a@x.example\r\nBcc: b@x.example"]))), "");
}

#[test]
fn files_are_attached_or_linked() {
    let with = |files: Vec<OutboundMedia>| mail(|m| m.attachments = files);
    let typed =
        |mime: &str| OutboundMedia { mime: Some(mime.into()), ..medium("data:;base64,AAAA", Some("a.bin")) };
    let html = "<p>See <img src=\"cid:logo.png\"> and cid:logo.png.old";
    #[rustfmt::skip]
    let cases = [
        ("base64", with(vec![medium("data:application/pdf;base64,AAAA", Some("a.pdf"))]),
            json!({ "attachments": [{ "content": "AAAA", "filename": "a.pdf", "type": "application/pdf", "disposition": "attachment" }] })),
        ("nothing but a file", mail(|m| (m.text, m.attachments) = (None, vec![medium("data:;base64,AAAA", Some("a.pdf"))])), json!({ "attachments/0/filename": "a.pdf", "content": [{ "type": "text/plain", "value": "See the attachment." }] })),
        ("percent-encoded", with(vec![medium("data:text/plain;charset=utf-8,hi%20there", None)]),
            json!({ "attachments": [{ "content": "aGkgdGhlcmU=", "filename": "attachment", "type": "text/plain", "disposition": "attachment" }] })),
        ("a path as its name", with(vec![medium("data:;base64,AAAA", Some("..\\..\\a\r\n.pdf"))]), json!({ "attachments/0/filename": "a.pdf", "attachments/0/type": "application/octet-stream" })),
        ("signs that SendGrid refuses", with(vec![medium("data:;base64,AAAA", Some("a;b,c.pdf"))]), json!({ "attachments/0/filename": "a_b_c.pdf" })),
        ("the medium's type goes first", with(vec![typed("Image/PNG; q=1")]), json!({ "attachments/0/type": "image/png" })),
        ("a type that is none", with(vec![typed("image/png\r\nX-A: b")]), json!({ "attachments/0/type": "application/octet-stream" })),
        ("a link", with(vec![medium("https://f/a?b&c", Some("a.pdf"))]), json!({ "attachments": null, "content": [{ "type": "text/plain", "value": "Hi\n\na.pdf: https://f/a?b&c" }] })),
        ("a link in HTML", mail(|m| (m.html, m.attachments) = (Some("<p>Hi</p>".into()), vec![medium("https://f/a?b&c", Some("<a>"))])),
            json!({ "content/1/value": "<p>Hi</p><p><a href=\"https://f/a?b&amp;c\">&lt;a&gt;</a></p>" })),
        ("what the HTML shows is inline", mail(|m| (m.html, m.attachments) = (Some(html.into()), vec![medium("data:image/png;base64,AAAA", Some("logo.png")), medium("data:image/png;base64,AAAA", Some("logo.pn"))])),
            json!({ "attachments/0/disposition": "inline", "attachments/0/content_id": "logo.png", "attachments/1/disposition": "attachment", "attachments/1/content_id": null })),
    ];
    for (name, content, expect) in cases {
        assert_members(name, &body_of(&json!({}), &outbound(content)), &expect);
    }
    for (name, url) in [
        ("broken base64", "data:application/pdf;base64,A"),
        ("base64 with blanks", "data:application/pdf;base64,AA AA"),
        ("empty", "data:application/pdf;base64,"),
        ("without a comma", "data:application/pdf;base64"),
        ("a file of ours", "file:///etc/passwd"),
        ("nothing", ""),
    ] {
        assert_ne!(refusal(with(vec![medium(url, None)])), "", "{name}");
    }
    let large = |bytes: usize| with(vec![medium(&format!("data:;base64,{}", "A".repeat(bytes)), None)]);
    assert_eq!(refusal(large(29_000_000)), "");
    assert_eq!(refusal(large(30_000_000)), "a mail has at most 30 MB");
}

#[test]
fn a_copys_fate_is_not_the_mails() {
    let body = body_of(&json!({}), &outbound(mail(|m| m.cc = addresses(&["a@x.example"]))));
    let arguments = body["personalizations"][0]["custom_args"].clone();
    assert_eq!(arguments["omni_msg_id"], "msg_1");
    assert!(!arguments.to_string().contains("c.example"), "no address in the arguments: {arguments}");
    let event = |email: &str, changes: Value| {
        let mut event =
            json!({ "email": email, "timestamp": NOW, "sg_message_id": "abc.x", "sg_event_id": "e" });
        for (name, value) in arguments.as_object().unwrap().iter().chain(changes.as_object().unwrap()) {
            event[name] = value.clone();
        }
        let parsed = events::parse(event.to_string().as_bytes()).unwrap();
        serde_json::to_value(&parsed.events[0]).unwrap()
    };
    let dropped = json!({ "event": "dropped", "reason": "Unsubscribed Address" });
    #[rustfmt::skip]
    let cases = [
        ("the mail", "R@c.example", json!({ "event": "delivered" }), json!({ "state": "delivered", "of_copy": null })),
        ("the mail's loss", "r@c.example", dropped.clone(), json!({ "state": "failed", "error_class": "opted_out", "consent": "stop" })),
        ("a copy", "a@x.example", json!({ "event": "delivered" }), json!({ "state": "unknown", "of_copy": true, "detail": "a copy: delivered", "client_ref": "msg_1" })),
        ("a copy's loss", "a@x.example", dropped, json!({ "state": "unknown", "error_class": null, "consent": null, "detail": "a copy: dropped" })),
        ("a copy's reader says no", "a@x.example", json!({ "event": "unsubscribe" }), json!({ "kind": "consent", "value": "stop", "address": "a@x.example" })),
    ];
    for (name, email, changes, expect) in cases {
        assert_members(name, &event(email, changes), &expect);
    }
}

#[test]
fn one_address_has_one_fingerprint() {
    let of = recipients::fingerprint;
    assert_eq!(of("Rosa@B\u{fc}cher.example"), of("rosa@xn--bcher-kva.example"));
    assert_ne!(of("rosa@b\u{fc}cher.example"), of("rosa@bucher.example"));
    assert_ne!(of("rosa@c.example"), of("rose@c.example"));
}
