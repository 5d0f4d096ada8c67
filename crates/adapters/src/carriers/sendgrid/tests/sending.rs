//! What we send, and what the answers mean.

use super::*;

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
fn an_automatic_answer_says_so() {
    let text = || outbound(OutboundContent::Text { text: "Hi".into() });
    let of = |automatic| body_of(&json!({}), &OutboundMessage { automatic, ..text() });
    assert_eq!(of(true)["headers"]["Auto-Submitted"], "auto-replied");
    assert_eq!(of(false)["headers"].get("Auto-Submitted"), None);
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
        ("choices in sections under a picture", OutboundContent::Interactive(Interactive { text: "Pick".into(), header_media: Some(Box::new(medium("https://f/a.png", None))),
                buttons: vec![Button { section: Some("Hot".into()), description: Some("large".into()), ..button("Tea", None) }, Button { section: Some("Hot".into()), ..button("Coffee", None) }, Button { section: Some("Cold".into()), ..button("Milk", None) }],
                ..Interactive::default() }),
            json!({"content/0/value": "https://f/a.png\n\nPick\n\nHot\n- Tea (large)\n- Coffee\nCold\n- Milk",
                "content/1/value": "<p>https://f/a.png</p><p>Pick</p><ul></ul><p>Hot</p><ul><li>Tea (large)</li><li>Coffee</li></ul><p>Cold</p><ul><li>Milk</li></ul>"})),
        ("choices", OutboundContent::Interactive(Interactive { text: "A < B?".into(), header: None, footer: Some("Acme".into()), list_label: None,
                buttons: vec![button("Yes", None), button("Shop", Some("https://s/?a&b"))], ..Interactive::default() }),
            json!({"content": [
                {"type": "text/plain", "value": "A < B?\n\n- Yes\n- Shop: https://s/?a&b\n\nAcme"},
                {"type": "text/html", "value": "<p>A &lt; B?</p><ul><li>Yes</li><li><a href=\"https://s/?a&amp;b\">Shop</a></li></ul><p>Acme</p>"}]})),
    ];
    for (name, content, expect) in cases {
        let got = body_of(&json!({}), &outbound(content));
        assert_members(name, &got, &expect);
    }
    let header = Template { header: Some(TemplateHeader::Text("x".into())), ..Template::default() };
    let kind = TemplateButtonKind::QuickReply { payload: "x".into() };
    let buttons = Template { buttons: vec![TemplateButton { index: 0, kind }], ..Template::default() };
    for (name, content) in [
        ("a template with a header", OutboundContent::Template(header)),
        ("a template with buttons", OutboundContent::Template(buttons)),
        ("no words", OutboundContent::Text { text: " ".into() }),
        (
            "a file of ours",
            OutboundContent::Media { media: vec![medium("file:///etc/passwd", None)], text: None },
        ),
        ("too large", OutboundContent::Text { text: "x".repeat(30_000_001) }),
    ] {
        assert_ne!(refusal(content), "", "{name}");
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
        (400, error("Does not contain a valid address.", "personalizations.0.cc.0.email"), BadRequest, Retry::Never),
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
        (502, "<html>".into(), Ambiguous, Retry::Reconcile),
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
