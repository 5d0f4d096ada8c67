//! Mails and events, and what they mean to us.

use super::*;

/// A form field and its bytes.
type Field<'a> = (&'a str, &'a [u8]);

fn form(fields: &[Field<'_>]) -> WebhookRequest {
    let mut body = Vec::new();
    for (name, data) in fields {
        body.extend(format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n").bytes());
        body.extend(*data);
        body.extend(b"\r\n");
    }
    body.extend(b"--b--\r\n");
    request("inbound", body.into(), &[("content-type", "multipart/form-data; boundary=b".into())])
}

fn mails(fields: &[Field<'_>]) -> Vec<Value> {
    let settings = settings(&json!({ "from": "support@acme.test" }));
    let parsed = inbound::parse(&settings, &form(fields)).unwrap();
    parsed.events.iter().map(|event| serde_json::to_value(event).unwrap()).collect()
}

#[test]
fn mails_become_events() {
    const ENVELOPE: (&str, &[u8]) = ("envelope", br#"{"to":["s@in.acme.example"],"from":"r@c.example"}"#);
    const FROM: (&str, &[u8]) = ("from", b"Rosa <r@C.example>");
    const TEXT: (&str, &[u8]) = ("text", b"hi");
    #[rustfmt::skip]
    let cases: Vec<(&str, Vec<Field<'_>>, Value)> = vec![
        ("each field has its charset", vec![ENVELOPE, FROM, ("charsets", br#"{"text":"iso-8859-1","subject":"windows-1251"}"#), ("text", b"Caf\xe9"), ("subject", b"\xcf\xf0\xe8")],
            json!({"text": "Café", "subject": "При", "from_address": "r@c.example", "from_name": "Rosa"})),
        ("a charset that nobody knows", vec![ENVELOPE, FROM, ("charsets", br#"{"text":"x-klingon"}"#), ("text", "é\u{0}".as_bytes())],
            json!({"text": "é\u{0}"})),
        ("a broken envelope", vec![("envelope", b"{"), FROM, TEXT, ("to", b"\"S, T\" <s@in.acme.example>, x@other.example")],
            json!({"to_addresses": ["s@in.acme.example"], "tenant_key": "email:in.acme.example"})),
        ("a thread", vec![ENVELOPE, FROM, ("headers", b"Message-ID: <m3@c>\r\nIn-Reply-To: <m2@acme>\r\nReferences: <m1@acme>\r\n <m2@acme>\r\n"), ("text", b"Thanks!\r\n\r\nOn Thu, Acme <s@in.acme.example>\r\nwrote:\r\n> Sunday is fine")],
            json!({"external_id": "m3@c", "reply_to": "m2@acme", "in_reply_to": "m2@acme", "references": ["m1@acme", "m2@acme"], "new_text": "Thanks!", "auto_reply_allowed": null})),
        ("known by its headers only", vec![ENVELOPE, TEXT, ("headers", b"From: =?utf-8?q?D=C3=ADaz=2C_Rosa?= <r@c.example>\r\nSubject: =?utf-8?b?T3JkZXIg4piV?=\r\n")],
            json!({"from_name": "Díaz, Rosa", "from_address": "r@c.example", "subject": "Order ☕"})),
        ("no id", vec![ENVELOPE, FROM, TEXT], json!({"synthetic_id": true})),
        ("a mailing list", vec![ENVELOPE, FROM, TEXT, ("headers", b"List-Id: <x>\n")], json!({"auto_reply_allowed": false})),
        ("a person who says no", vec![ENVELOPE, FROM, TEXT, ("headers", b"Auto-Submitted: no\n")], json!({"auto_reply_allowed": null, "auto_submitted": null})),
        ("a sender that nobody reads", vec![ENVELOPE, ("from", b"no-reply@c.example"), TEXT], json!({"auto_reply_allowed": false})),
        ("one of ourselves", vec![ENVELOPE, ("from", b"a@in.acme.example"), TEXT], json!({"auto_reply_allowed": false})),
        ("the address we send as", vec![ENVELOPE, ("from", b"Acme <Support@acme.test>"), TEXT], json!({"auto_reply_allowed": false})),
        ("a colleague outside our domains", vec![ENVELOPE, ("from", b"rosa@acme.test"), TEXT], json!({"auto_reply_allowed": null})),
        ("a null sender", vec![("envelope", br#"{"to":["s@in.acme.example"],"from":"<>"}"#), FROM, TEXT], json!({"auto_reply_allowed": false})),
        ("signed by the sender's own domain", vec![ENVELOPE, FROM, TEXT, ("dkim", b"{@mailer.example : fail, @c.example : pass}")], json!({"dkim": "pass", "dkim_aligned": true})),
        ("signed by somebody else", vec![ENVELOPE, FROM, TEXT, ("dkim", b"{@mailer.example : pass}")], json!({"dkim": "pass", "dkim_aligned": false})),
        ("signed by a longer name", vec![ENVELOPE, FROM, TEXT, ("dkim", b"{@evilc.example : pass}")], json!({"dkim_aligned": false})),
        ("nobody's", vec![("envelope", br#"{"to":["x@other.example"]}"#), FROM, TEXT], json!({"tenant_key": "email:other.example"})),
        ("raw, with HTML and a file", vec![ENVELOPE, ("rawEmail", b"From: =?utf-8?Q?Ros=C3=A1?= <r@c.example>\r\nSubject: =?utf-8?B?w6k=?=\r\nMessage-ID: <m@c>\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: text/html\r\n\r\n<p>Hi</p>\r\n--x\r\nContent-Type: application/pdf; name=\"../a.pdf\"\r\nContent-Disposition: attachment\r\nContent-Transfer-Encoding: base64\r\n\r\nAAAA\r\n--x--\r\n")],
            json!({"raw": true, "text": "Hi", "text_derived_from_html": true, "subject": "é", "from_address": "r@c.example", "type": "media",
                "attachments": [{"field": "email#1", "filename": "a.pdf", "mime": "application/pdf", "bytes": 3, "inline": false}]})),
    ];
    for (name, fields, expect) in cases {
        let got = mails(&fields).remove(0);
        for (key, want) in expect.as_object().unwrap() {
            assert_eq!(got.get(key).unwrap_or(&Value::Null), want, "{name}: {key}");
        }
    }
}

#[test]
fn a_mail_to_two_of_our_domains_is_two_messages() {
    let envelope = br#"{"to":["a@in.acme.example","b@in.acme.test","c@in.acme.example","d@other.example"],"from":"r@c.example"}"#;
    let got = mails(&[("envelope", envelope), ("from", b"r@c.example"), ("text", b"x")]);
    let to: Vec<_> = got.iter().map(|mail| mail["to_addresses"].clone()).collect();
    // What the envelope names was accepted for that host: a neighbour's connection may own it.
    let expect = [
        json!(["a@in.acme.example", "c@in.acme.example"]),
        json!(["b@in.acme.test"]),
        json!(["d@other.example"]),
    ];
    assert_eq!(to, expect);
    assert_eq!(got[0]["external_id"], got[1]["external_id"]);
}

#[test]
fn what_is_no_mail_is_set_aside() {
    let parse = |request: &WebhookRequest| inbound::parse(&settings(&json!({})), request).unwrap_err().0;
    assert_eq!(parse(&form(&[("text", b"x")])), "mail_without_recipient");
    assert_eq!(parse(&request("inbound", Bytes::new(), &[])), "multipart_without_boundary");
}

#[test]
fn addresses_are_read_as_mail_programs_write_them() {
    type Named<'a> = (Option<&'a str>, &'a str);
    let cases: [(&str, &[Named<'_>]); 8] = [
        ("a@B.c", &[(None, "a@b.c")]),
        ("Rosa <a@b.c>", &[(Some("Rosa"), "a@b.c")]),
        ("\"D, \\\"R\\\"\" <a@b.c>, x@y.z (work)", &[(Some("D, \"R\""), "a@b.c"), (None, "x@y.z")]),
        ("Team: a@b.c, d@e.f;", &[(None, "a@b.c"), (None, "d@e.f")]),
        ("\"Rosa\r\nBcc: all@acme.example\" <a@b.c>", &[(Some("Rosa Bcc: all@acme.example"), "a@b.c")]),
        ("<a@b.c", &[(None, "a@b.c")]),
        ("undisclosed-recipients:;", &[]),
        ("((((", &[]),
    ];
    for (field, expect) in cases {
        let got = mailbox::parse_list(field);
        let got: Vec<_> = got.iter().map(|m| (m.name.as_deref(), m.address.expose())).collect();
        assert_eq!(got, expect, "{field}");
    }
}

#[test]
fn quotes_are_told_from_words() {
    let cases = [
        ("no quote", "Hello\n\nworld", None),
        ("the tail", "Yes\n\n> a\n> b\n", Some("Yes")),
        ("an intro", "Ja\n\nAm Do., 20. Nov. 2025 um 16:00 schrieb Acme <s@a>:\nalles", Some("Ja")),
        ("an intro on two lines", "Ok\nOn Thursday Acme\n<s@a> wrote:\n> x", Some("Ok")),
        ("Outlook's rule", "Fine\n________________________________\nFrom: A\nSent: B", Some("Fine")),
        ("a header block", "Fine\n\nVon: A\nGesendet: B\nAn: C\nBetreff: D", Some("Fine")),
        ("the original message", "Fine\n-----Original Message-----\nx", Some("Fine")),
        ("answers between quotes stay", "> a\nyes\n> b\nno", None),
        ("nothing but a quote", "> a", None),
        ("a sentence with On", "On Sunday we wrote you", None),
        ("empty", "", None),
    ];
    for (name, text, expect) in cases {
        assert_eq!(quote::new_text(text), expect, "{name}");
    }
}

#[test]
fn events_have_states_and_classes() {
    #[rustfmt::skip]
    let cases = [
        ("invalid", json!({"event": "dropped", "reason": "Invalid"}), json!({"state": "failed", "error_class": "invalid_recipient"})),
        ("spam reporter", json!({"event": "dropped", "reason": "Spam Reporting Address"}), json!({"error_class": "opted_out", "consent": "stop", "address": "r@c.example"})),
        ("spam content", json!({"event": "dropped", "reason": "Spam Content"}), json!({"error_class": "filtered", "retryable": false})),
        ("quota", json!({"event": "dropped", "reason": "Recipient List over Package Quota"}), json!({"error_class": "throttled", "retryable": true})),
        ("header", json!({"event": "dropped", "reason": "Invalid SMTPAPI header"}), json!({"error_class": "bad_request"})),
        ("a new reason", json!({"event": "dropped", "reason": "Because"}), json!({"error_class": "rejected"})),
        ("a person opened", json!({"event": "open"}), json!({"state": "opened", "machine": false})),
        ("the id before the dot", json!({"event": "delivered"}), json!({"external_id": "abc", "client_ref": "msg_1", "occurred_at": "2025-11-20T15:00:00Z"})),
        ("bounce words name nobody", json!({"event": "bounce", "type": "bounce", "reason": "550 r@c.example unknown", "status": "5.1.1"}), json!({"detail": "550 ••• unknown", "error_code": "5.1.1"})),
    ];
    for (name, event, expect) in cases {
        let mut member = json!({"email": "r@c.example", "timestamp": NOW, "sg_message_id": "abc.x-1", "omni_msg_id": "msg_1"});
        member.as_object_mut().unwrap().extend(event.as_object().unwrap().clone());
        let parsed = events::parse(member.to_string().as_bytes()).unwrap();
        let got = serde_json::to_value(&parsed.events[0]).unwrap();
        for (key, want) in expect.as_object().unwrap() {
            assert_eq!(&got[key], want, "{name}: {key}");
        }
    }
}

#[test]
fn bad_members_are_set_aside_one_by_one() {
    let body = br#"[1,{"x":1},{"event":5},{"event":"delivered"},{"event":"unsubscribe"},{"event":"account_status_change"},{"event":"delivered","sg_message_id":"a"}]"#;
    let parsed = events::parse(body).unwrap();
    assert_eq!(parsed.events.len(), 1);
    let expect = [
        "event_not_object",
        "event_without_name",
        "event_without_name",
        "event_without_message",
        "event_without_address",
    ];
    assert_eq!(parsed.quarantined, expect);
    assert_eq!(events::parse(b"5").unwrap_err().0, "neither_array_nor_object");
}

#[test]
fn hostile_mime_ends_soon() {
    let nested = (0..2_000)
        .map(|n| format!("Content-Type: multipart/mixed; boundary=b{n}\r\n\r\n--b{n}\r\n"))
        .collect::<String>();
    let messages = "Content-Type: message/rfc822\r\n\r\n".repeat(5_000);
    let unclosed =
        format!("Content-Type: multipart/mixed; boundary=x\r\n\r\n{}", "--x\r\n\r\n".repeat(20_000));
    let many_headers = "Subject: =?utf-8?B?".repeat(20_000);
    let dates = format!("Date: {}\r\n\r\nx", "99999999999999999999 ".repeat(1_000));
    for raw in [nested, messages, unclosed, many_headers, dates] {
        let start = Instant::now();
        let mail = mime::read(raw.as_bytes());
        assert!(mail.head.len() <= raw.len());
        assert!(start.elapsed() < Duration::from_secs(10), "{raw:.40}");
    }
}

#[test]
fn dates_are_read_or_left_out() {
    let cases = [
        ("Thu, 20 Nov 2025 16:00:00 +0100", Some(NOW)),
        ("20 Nov 2025 15:00:00 GMT", Some(NOW)),
        ("yesterday", None),
        ("", None),
        ("99999999999999999999 Nov 2025 15:00:00 +0100", None),
        ("31 Xyz 2025 99:99:99 +9999", None),
        ("é".repeat(99).leak(), None),
    ];
    for (text, expect) in cases {
        assert_eq!(mail::parse_date(text), expect.map(Timestamp::from_secs), "{text}");
    }
}

#[test]
fn only_the_latest_ancestors_are_kept() {
    let many: String = (0..200_000).map(|n| format!("<{n}@c>\r\n ")).collect();
    let headers = mail::Headers::parse(&format!("References: {}\r\n", many.replace("\r\n", "")));
    let references = headers.references();
    assert_eq!((references.len(), references[0].as_str()), (50, "199950@c"));
    assert_eq!(references[49], "199999@c");
}

#[test]
fn a_mail_that_would_exhaust_us_still_arrives() {
    let nested = "Content-Type: message/rfc822\r\n\r\n".repeat(100_000);
    let raw = format!("Subject: Look\r\nFrom: r@c.example\r\nTo: s@in.acme.example\r\n{nested}hi");
    let many = format!(r#"{{"to":["s@in.acme.example"],"x":[{}0]}}"#, "0,".repeat(1 << 20));
    let [mail] = &mails(&[("email", raw.as_bytes()), ("envelope", many.as_bytes())])[..] else {
        panic!("one")
    };
    let expect = json!({ "subject": "Look", "from_address": "r@c.example", "text": null, "raw": true, "to_address": "s@in.acme.example" });
    assert_members("nested", mail, &expect);
}
