use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use omni_core::content::{Button, Interactive, OutboundContent, OutboundMedia, Template};
use omni_core::failure::{ErrorClass, Retry};
use omni_core::id::MessageId;
use omni_core::time::Timestamp;
use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey};
use p256::pkcs8::EncodePublicKey;

use super::*;

const NOW: i64 = 1_763_650_800;

fn signing_key() -> SigningKey {
    SigningKey::from_slice(&[7; 32]).unwrap()
}

fn settings(extra: &Value) -> Settings {
    let der = signing_key().verifying_key().to_public_key_der().unwrap();
    let mut settings = json!({
        "api_key": "SG.secret-1", "domains": ["in.acme.example", "in.acme.test"],
        "public_keys": [STANDARD.encode(der.as_bytes())],
    });
    settings.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    serde_json::from_value(settings).unwrap()
}

fn request(path: &str, body: Bytes, headers: &[(&str, String)]) -> WebhookRequest {
    WebhookRequest {
        method: "POST".into(),
        url: format!("https://gw.example.net/webhooks/sendgrid/{path}"),
        headers: headers.iter().map(|(name, value)| ((*name).into(), value.clone().into())).collect(),
        body,
        peer: None,
        received_at: Timestamp::from_secs(NOW),
    }
}

fn signed(path: &str, timestamp: &str, body: &[u8]) -> WebhookRequest {
    let signature: Signature = signing_key().sign(&[timestamp.as_bytes(), body].concat());
    let headers = [
        ("x-twilio-email-event-webhook-signature", STANDARD.encode(signature.to_der())),
        ("x-twilio-email-event-webhook-timestamp", timestamp.to_owned()),
    ];
    request(path, Bytes::copy_from_slice(body), &headers)
}

fn verdict(settings: &Value, request: &WebhookRequest) -> Result<(), &'static str> {
    let settings = self::settings(settings);
    let keys = signature::Keys::read(&settings.public_keys).unwrap();
    let carrier = SendGrid { capabilities: capabilities(), keys, settings };
    carrier.verify(request).map(|_| ()).map_err(|refusal| refusal.reason())
}

#[test]
fn timestamps_have_one_reading_and_an_age() {
    let now = NOW.to_string();
    let cases = [
        ("now", now.clone(), Ok(())),
        ("a day old", (NOW - 86_400).to_string(), Ok(())),
        ("two days old", (NOW - 2 * 86_400).to_string(), Err("timestamp_too_old")),
        ("ahead", (NOW + 301).to_string(), Err("timestamp_ahead")),
        ("signed number", format!("+{now}"), Err("timestamp_malformed")),
        ("leading nought", format!("0{now}"), Err("timestamp_malformed")),
        ("no number", "now".into(), Err("timestamp_malformed")),
        ("endless", "1".repeat(300), Err("timestamp_malformed")),
    ];
    for (name, timestamp, expect) in cases {
        assert_eq!(verdict(&json!({}), &signed("events", &timestamp, b"[]")), expect, "{name}");
    }
}

#[test]
fn unsigned_mail_counts_only_where_the_path_is_secret() {
    let plain = |path: &str| request(path, Bytes::new(), &[]);
    let token = "a-secret-segment";
    let good = format!("inbound/{token}");
    let wrong = signed(&good, &NOW.to_string(), b"x");
    let wrong = WebhookRequest { body: Bytes::from_static(b"y"), ..wrong };
    let cases = [
        ("required", json!({"path_token": token}), plain(&good), Err("signature_missing")),
        (
            "by path",
            json!({"path_token": token, "inbound_signature": "path_secret_only"}),
            plain(&good),
            Ok(()),
        ),
        (
            "no token configured",
            json!({"inbound_signature": "path_secret_only"}),
            plain("inbound"),
            Err("path_token_not_configured"),
        ),
        (
            "another path",
            json!({"path_token": token, "inbound_signature": "path_secret_only"}),
            plain("inbound/x"),
            Err("path_token_wrong"),
        ),
        (
            "if present, absent",
            json!({"path_token": token, "inbound_signature": "if_present"}),
            plain(&good),
            Ok(()),
        ),
        (
            "if present, wrong",
            json!({"path_token": token, "inbound_signature": "if_present"}),
            wrong,
            Err("signature_wrong"),
        ),
        (
            "events always need one",
            json!({"path_token": token, "inbound_signature": "path_secret_only"}),
            plain(&format!("events/{token}")),
            Err("signature_missing"),
        ),
        (
            "no keys",
            json!({"public_keys": []}),
            signed("events", &NOW.to_string(), b"[]"),
            Err("signature_wrong"),
        ),
    ];
    for (name, settings, request, expect) in cases {
        assert_eq!(verdict(&settings, &request), expect, "{name}");
    }
}

#[test]
fn a_key_that_is_none_is_a_mistake_in_the_settings() {
    let error = (PLUGIN.build)(json!({ "public_keys": ["nonsense"] })).err().unwrap();
    assert_eq!(error.key.as_deref(), Some("public_keys"));
}

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

fn outbound(content: OutboundContent) -> OutboundMessage {
    OutboundMessage {
        message_id: MessageId::from_bytes([0; 16]),
        client_ref: "msg_1".into(),
        channel: Channel::Email,
        from: "support@acme.example".into(),
        to: "email:r@c.example".into(),
        content,
        reply_to: Some("CAF001@c.example".into()),
        conversation_ref: Some("c-0193".into()),
        status_url: None,
        expires_at: None,
    }
}

fn body_of(extra: &Value, message: &OutboundMessage) -> Value {
    let request = send::request(&settings(extra), message).unwrap();
    assert_eq!(request.url, "https://api.sendgrid.com/v3/mail/send");
    assert!(request.headers.contains(&("authorization", "Bearer SG.secret-1".into())));
    serde_json::from_slice(&request.body).unwrap()
}

#[test]
fn an_answer_names_the_mail_it_answers() {
    let message = outbound(OutboundContent::Text { text: "Hi".into() });
    let body = body_of(
        &json!({"from_name": "Acme", "reply_to": "support@in.acme.example", "subject": "Your order"}),
        &message,
    );
    let expect = json!({
        "personalizations": [{"to": [{"email": "r@c.example"}], "custom_args": {"omni_msg_id": "msg_1"}}],
        "from": {"email": "support@acme.example", "name": "Acme"},
        "reply_to": {"email": "support+c-0193@in.acme.example"},
        "subject": "Re: Your order",
        "headers": {"Message-ID": "<msg_1@acme.example>", "In-Reply-To": "<CAF001@c.example>", "References": "<CAF001@c.example>"},
        "content": [{"type": "text/plain", "value": "Hi"}],
        "tracking_settings": {"click_tracking": {"enable": false, "enable_text": false}, "open_tracking": {"enable": false}},
    });
    assert_eq!(body, expect);
}

#[test]
fn a_strangers_id_cannot_add_headers() {
    let message = OutboundMessage {
        reply_to: Some("x>\r\nBcc: all@acme.example".into()),
        conversation_ref: Some("a@b\r\n".into()),
        ..outbound(OutboundContent::Text { text: "Hi".into() })
    };
    let body = body_of(&json!({"reply_to": "s@in.acme.example"}), &message);
    assert_eq!(body["headers"], json!({"Message-ID": "<msg_1@acme.example>"}));
    assert_eq!(body["reply_to"]["email"], "s@in.acme.example");
}

#[test]
fn content_becomes_parts() {
    let medium = |url: &str, name: Option<&str>| OutboundMedia {
        url: Some(url.into()),
        filename: name.map(Into::into),
        ..OutboundMedia::default()
    };
    let button = |title: &str, url: Option<&str>| Button {
        id: "b".into(),
        title: title.into(),
        description: None,
        url: url.map(Into::into),
        ..Button::default()
    };
    #[rustfmt::skip]
    let cases = [
        ("links", OutboundContent::Media { media: vec![medium("https://f/a.pdf", Some("a.pdf"))], text: Some("See".into()) },
            json!({"content": [{"type": "text/plain", "value": "See\n\na.pdf: https://f/a.pdf"}], "attachments": null})),
        ("attachments", OutboundContent::Media { media: vec![medium("data:application/pdf;base64,AAAA", Some("../a.pdf"))], text: None },
            json!({"content": [{"type": "text/plain", "value": "See the attachment."}],
                "attachments": [{"content": "AAAA", "filename": "a.pdf", "type": "application/pdf", "disposition": "attachment"}]})),
        ("a template", OutboundContent::Template(Template { template_id: "d-1".into(), language: None, params: [("name".into(), "Rosa".into())].into(), ..Template::default() }),
            json!({"template_id": "d-1", "subject": null, "content": null})),
        ("choices", OutboundContent::Interactive(Interactive { text: "A < B?".into(), header: None, footer: Some("Acme".into()), list_label: None,
                buttons: vec![button("Yes", None), button("Shop", Some("https://s/?a&b"))], ..Interactive::default() }),
            json!({"content": [
                {"type": "text/plain", "value": "A < B?\n\n- Yes\n- Shop: https://s/?a&b\n\nAcme"},
                {"type": "text/html", "value": "<p>A &lt; B?</p><ul><li>Yes</li><li><a href=\"https://s/?a&amp;b\">Shop</a></li></ul><p>Acme</p>"}]})),
    ];
    for (name, content, expect) in cases {
        let got = body_of(&json!({}), &outbound(content));
        for (key, want) in expect.as_object().unwrap() {
            assert_eq!(got.get(key).unwrap_or(&Value::Null), want, "{name}: {key}");
        }
    }
    for (name, content) in [
        ("no words", OutboundContent::Text { text: " ".into() }),
        (
            "a file of ours",
            OutboundContent::Media { media: vec![medium("file:///etc/passwd", None)], text: None },
        ),
        ("too large", OutboundContent::Text { text: "x".repeat(30_000_001) }),
    ] {
        let refused = send::request(&settings(&json!({})), &outbound(content));
        assert!(matches!(refused, Err(SendError::Unsupported(_))), "{name}");
    }
}

fn response(status: u16, headers: &[(&str, &str)], body: &str) -> HttpResponse {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    HttpResponse { status, headers, body: body.to_owned().into() }
}

#[test]
fn answers_become_outcomes() {
    use ErrorClass::*;
    let error =
        |message: &str, field: &str| json!({"errors": [{"message": message, "field": field}]}).to_string();
    #[rustfmt::skip]
    let cases = [
        (400, error("Does not contain a valid address.", "personalizations.0.to.0.email"), InvalidRecipient, Retry::Never),
        (400, error("bad", "template_id"), Template, Retry::Never),
        (400, error("bad", "attachments.0.content"), Media, Retry::Never),
        (400, error("bad", "subject"), BadRequest, Retry::Never),
        (401, error("Maximum credits exceeded", ""), Account, Retry::OtherCarrier),
        (401, error("The provided authorization grant is invalid", ""), Auth, Retry::OtherCarrier),
        (403, error("The from address does not match a verified Sender Identity", "from"), Permission, Retry::OtherCarrier),
        (413, "<html>".into(), Media, Retry::Never),
        (429, error("too many requests", ""), Throttled, Retry::After(Duration::from_secs(30))),
        (503, String::new(), Transient, Retry::Backoff),
        (504, String::new(), Ambiguous, Retry::Reconcile),
    ];
    let headers = [("date", "Thu, 20 Nov 2025 15:00:00 GMT"), ("x-ratelimit-reset", "1763650830")];
    for (status, body, class, retry) in cases {
        let got = send::outcome(&response(status, &headers, &body)).unwrap_err();
        assert_eq!((got.class(), got.retry()), (class, retry), "{status} {body}");
    }
    let taken = send::outcome(&response(202, &[("x-message-id", "abc")], "")).unwrap();
    assert_eq!(taken.carrier_message_id, "abc");
}

#[test]
fn health_is_the_right_to_send() {
    let cases = [
        (200, r#"{"scopes":["mail.send","x"]}"#, true, "may send"),
        (200, r#"{"scopes":["x"]}"#, false, "mail.send"),
        (401, "", false, "api_key"),
        (500, "", false, "500"),
    ];
    for (status, body, ok, word) in cases {
        let health = send::health(&response(status, &[], body));
        assert!(health.ok == ok && health.detail.contains(word), "{status} {body}: {health:?}");
    }
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
fn no_secret_shows() {
    assert!(!format!("{:?}", settings(&json!({"path_token": "tok-1"}))).contains("-1\""));
}
