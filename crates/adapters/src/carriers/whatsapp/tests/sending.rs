//! Requests that leave, requests that must not, and what answers mean.

use super::*;

fn medium(mime: &str, text: Option<&str>) -> OutboundContent {
    let medium = OutboundMedia {
        url: Some("https://m.example/f".into()),
        mime: Some(mime.into()),
        filename: Some("f.bin".into()),
        ..OutboundMedia::default()
    };
    OutboundContent::Media { media: vec![medium], text: text.map(str::to_owned) }
}

fn choices(count: usize, list_label: Option<&str>) -> OutboundContent {
    let button = |n: usize| Button {
        id: format!("b{n}"),
        title: format!("Choice {n}"),
        description: None,
        url: None,
        ..Button::default()
    };
    OutboundContent::Interactive(Interactive {
        text: "Which?".into(),
        header: None,
        footer: Some("foot".into()),
        buttons: (1..=count).map(button).collect(),
        list_label: list_label.map(str::to_owned),
        ..Interactive::default()
    })
}

fn changed_button(change: impl Fn(&mut Button)) -> OutboundContent {
    let mut content = choices(2, None);
    if let OutboundContent::Interactive(Interactive { buttons, .. }) = &mut content {
        change(&mut buttons[1]);
    }
    content
}

fn template(params: &[(&str, &str)]) -> OutboundContent {
    OutboundContent::Template(Template {
        template_id: "order_update".into(),
        language: None,
        params: params.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        ..Template::default()
    })
}

#[test]
fn a_request_is_what_meta_documents() {
    let request = carrier().request(&message(text("hello"))).unwrap();
    assert_eq!(
        (request.method, request.url.as_str()),
        ("POST", "https://graph.facebook.com/v23.0/183920475610238/messages")
    );
    assert!(request.headers.contains(&("authorization", "Bearer EAAG-token".into())));
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    assert_eq!(
        body,
        json!({
            "messaging_product": "whatsapp", "recipient_type": "individual", "to": "+447700900461",
            "type": "text", "text": { "body": "hello" }, "biz_opaque_callback_data": "msg_1.2",
        })
    );
}

#[test]
fn every_content_has_its_object() {
    #[rustfmt::skip]
    let cases = [
        ("a link is previewed", text("see https://a.example"), "text", json!({"body":"see https://a.example","preview_url":true})),
        ("a picture", medium("image/png", Some("c")), "image", json!({"link":"https://m.example/f","caption":"c"})),
        ("a file", medium("application/pdf", None), "document", json!({"link":"https://m.example/f","filename":"f.bin"})),
        ("a sound", medium("audio/ogg; codecs=opus", None), "audio", json!({"link":"https://m.example/f"})),
        ("an upload", OutboundContent::Media { media: vec![OutboundMedia { id: Some("77".into()), mime: Some("image/webp".into()), ..OutboundMedia::default() }], text: None },
            "sticker", json!({"id":"77"})),
        ("a place", OutboundContent::Location { location: Location { lat: 51.5, lon: -0.08, name: Some("City Hall".into()), address: None } },
            "location", json!({"latitude":"51.5","longitude":"-0.08","name":"City Hall"})),
        ("a reaction taken back", OutboundContent::Reaction { target: "wamid.B".into(), emoji: String::new() }, "reaction", json!({"message_id":"wamid.B","emoji":""})),
        ("cards", OutboundContent::Contacts { contacts: json!([{"name":{"formatted_name":"Bo Li","last_name":"Li"}}]) }, "contacts", json!([{"name":{"formatted_name":"Bo Li","last_name":"Li"}}])),
        ("two buttons", choices(2, None), "interactive", json!({"type":"button","body":{"text":"Which?"},"footer":{"text":"foot"},"action":{"buttons":[
            {"type":"reply","reply":{"id":"b1","title":"Choice 1"}},{"type":"reply","reply":{"id":"b2","title":"Choice 2"}}]}})),
        ("a list by wish", choices(1, Some("Choose")), "interactive", json!({"type":"list","body":{"text":"Which?"},"footer":{"text":"foot"},
            "action":{"button":"Choose","sections":[{"rows":[{"id":"b1","title":"Choice 1"}]}]}})),
        ("a plain template", template(&[]), "template", json!({"name":"order_update","language":{"code":"en_US"}})),
        ("positions count as numbers", template(&[("1","a"),("10","j"),("2","b"),("3","c"),("4","d"),("5","e"),("6","f"),("7","g"),("8","h"),("9","i")]), "template",
            json!({"name":"order_update","language":{"code":"en_US"},"components":[{"type":"body","parameters":
                "abcdefghij".chars().map(|c| json!({"type":"text","text":c})).collect::<Vec<_>>()}]})),
        ("named parameters", template(&[("name","Maya")]), "template", json!({"name":"order_update","language":{"code":"en_US"},
            "components":[{"type":"body","parameters":[{"type":"text","parameter_name":"name","text":"Maya"}]}]})),
    ];
    for (name, content, kind, expect) in cases {
        let body = sent(&message(content));
        assert_eq!((&body["type"], &body[kind]), (&json!(kind), &expect), "{name}");
    }
    assert_eq!(sent(&message(choices(4, None)))["interactive"]["type"], "list");
    let link = changed_button(|_| ());
    let OutboundContent::Interactive(Interactive { mut buttons, .. }) = link else { unreachable!() };
    buttons.truncate(1);
    buttons[0].url = Some("https://a.example".into());
    let link = OutboundContent::Interactive(Interactive {
        text: "Go".into(),
        header: Some("H".into()),
        footer: None,
        buttons,
        list_label: None,
        ..Interactive::default()
    });
    assert_eq!(
        sent(&message(link))["interactive"],
        json!({
            "type": "cta_url", "header": { "type": "text", "text": "H" }, "body": { "text": "Go" },
            "action": { "name": "cta_url", "parameters": { "display_text": "Choice 1", "url": "https://a.example" } },
        })
    );
}

#[test]
fn recipients_and_quotes() {
    let to = |to: &str| OutboundMessage { to: to.into(), ..message(text("x")) };
    let user = sent(&to("bsuid:GB.1"));
    assert_eq!((&user["recipient"], &user["to"]), (&json!("GB.1"), &Value::Null));
    let group = sent(&to("group:Y2Fw"));
    assert_eq!((&group["recipient_type"], &group["to"]), (&json!("group"), &json!("Y2Fw")));
    assert_eq!(
        carrier().request(&to("shortcode:55512")).err(),
        Some(SendError::Unsupported("recipient_is_no_whatsapp_address"))
    );
    let quoting = |content| OutboundMessage { reply_to: Some("wamid.Q".into()), ..message(content) };
    assert_eq!(sent(&quoting(text("x")))["context"], json!({ "message_id": "wamid.Q" }));
    for content in [template(&[]), OutboundContent::Reaction { target: "w".into(), emoji: "👍".into() }] {
        assert_eq!(sent(&quoting(content))["context"], Value::Null);
    }
}

#[test]
fn what_meta_would_refuse_never_leaves() {
    let long = |n: usize| "é".repeat(n);
    let bad = |code| (code, ErrorClass::BadRequest);
    let other = |word| (word, ErrorClass::Rejected);
    #[rustfmt::skip]
    let cases = [
        ("no words", text(" "), bad("text")),
        ("too many words", text(&long(4_097)), bad("text")),
        ("long caption", medium("image/png", Some(&long(1_025))), bad("caption")),
        ("captioned sound", medium("audio/mpeg", Some("c")), other("caption_not_carried")),
        ("a kind of picture", medium("image/tiff", None), other("media_type_not_carried")),
        ("nothing attached", OutboundContent::Media { media: vec![], text: None }, other("not_exactly_one_medium")),
        ("attached from nowhere", OutboundContent::Media { media: vec![OutboundMedia::default()], text: None }, bad("media")),
        ("no buttons", choices(0, None), bad("buttons")),
        ("eleven entries", choices(11, None), other("too_many_buttons")),
        ("long title", changed_button(|b| b.title = long(21)), bad("button_title")),
        ("equal titles", changed_button(|b| b.title = "Choice 1".into()), bad("button_title")),
        ("equal ids", changed_button(|b| b.id = "b1".into()), bad("button_id")),
        ("long id", changed_button(|b| b.id = long(257)), bad("button_id")),
        ("a link among buttons", changed_button(|b| b.url = Some("https://a.example".into())), other("link_among_buttons")),
        ("long list label", choices(4, Some(&long(21))), bad("list_label")),
        ("a gap in the positions", template(&[("1","a"),("3","c")]), bad("template_params")),
        ("cards without names", OutboundContent::Contacts { contacts: json!([{}]) }, bad("contacts")),
        ("cards with the shown name alone", OutboundContent::Contacts { contacts: json!([{"name":{"formatted_name":"Bo","first_name":""}}]) }, bad("contacts")),
        ("no cards", OutboundContent::Contacts { contacts: json!([]) }, bad("contacts")),
    ];
    for (name, content, (code, class)) in cases {
        let error = carrier().request(&message(content)).unwrap_err();
        let got = match &error {
            SendError::Unsupported(word) => *word,
            other => other.code(),
        };
        assert_eq!((got, error.class()), (code, class), "{name}");
    }
    assert!(carrier().request(&message(text(&long(4_096)))).is_ok());
    let sms = OutboundMessage { channel: Channel::Sms, ..message(text("x")) };
    assert_eq!(carrier().request(&sms).err(), Some(SendError::Unsupported("channel_not_carried")));
}

#[test]
fn answers_become_outcomes() {
    use ErrorClass as E;
    let error = |code: i64| json!({ "error": { "code": code, "message": "no" } }).to_string();
    let seven = Retry::After(std::time::Duration::from_secs(7));
    #[rustfmt::skip]
    let cases = [
        ("taken", 200, r#"{"messages":[{"id":"wamid.1","message_status":"accepted"}]}"#.to_owned(), Ok("wamid.1")),
        ("held", 200, r#"{"messages":[{"id":"wamid.1","message_status":"held_for_quality_assessment"}]}"#.into(), Ok("wamid.1")),
        ("paused", 200, r#"{"messages":[{"id":"wamid.1","message_status":"paused"}]}"#.into(), Err((E::Template, "paused", Retry::Never))),
        ("no id", 200, "{}".into(), Err((E::Ambiguous, "ambiguous", Retry::Reconcile))),
        ("no JSON", 200, "<html>".into(), Err((E::Ambiguous, "ambiguous", Retry::Reconcile))),
        ("window", 400, error(131_047), Err((E::WindowClosed, "131047", Retry::Never))),
        ("token", 401, error(190), Err((E::Auth, "190", Retry::OtherCarrier))),
        ("too fast", 400, error(130_429), Err((E::Throttled, "130429", seven))),
        ("unknown code", 400, error(999_999), Err((E::BadRequest, "999999", Retry::Never))),
        ("said to be transient", 400, r#"{"error":{"code":999999,"is_transient":true}}"#.into(), Err((E::Transient, "999999", seven))),
        ("no error object", 500, String::new(), Err((E::Transient, "500", seven))),
        ("throttled at the edge", 429, String::new(), Err((E::Throttled, "429", seven))),
        ("a gateway in between", 504, "<html>".into(), Err((E::Ambiguous, "ambiguous", Retry::Reconcile))),
        ("a gateway with Meta's words", 502, error(2), Err((E::Transient, "2", seven))),
    ];
    for (name, status, body, expect) in cases {
        let got = carrier().outcome(&message(text("x")), &answer(status, &body));
        let got = match &got {
            Ok(accepted) => Ok(accepted.carrier_message_id.as_str()),
            Err(error) => Err((error.class(), error.code(), error.retry())),
        };
        assert_eq!(got, expect, "{name}");
    }
}

#[test]
fn a_user_who_got_enough_is_left_alone_for_a_day() {
    let refused = |code: i64, headers: Vec<(String, String)>| {
        let body = json!({ "error": { "code": code } }).to_string().into();
        carrier().outcome(&message(text("x")), &HttpResponse { status: 400, headers, body }).unwrap_err()
    };
    let hours = |n: u64| Retry::After(std::time::Duration::from_secs(n * 3_600));
    assert_eq!(refused(131_049, vec![]).retry(), hours(24));
    assert_eq!(refused(131_049, vec![("retry-after".into(), "172800".into())]).retry(), hours(48));
    assert_eq!(refused(131_048, vec![]).retry(), hours(1));
}

#[test]
fn the_dialled_number_may_be_another_one_to_meta() {
    let body = |wa_id: &str| json!({"contacts":[{"wa_id":wa_id}],"messages":[{"id":"w"}]}).to_string();
    let recipient =
        |wa_id| carrier().outcome(&message(text("x")), &answer(200, &body(wa_id))).unwrap().recipient;
    assert_eq!(recipient("447700900461"), None);
    assert_eq!(recipient("447700900999"), Some("+447700900999".into()));
}

#[test]
fn the_error_table_is_metas() {
    use ErrorClass as E;
    #[rustfmt::skip]
    let cases: [(E, &[i64]); 16] = [
        (E::Auth, &[0, 190]),
        (E::Permission, &[3, 10, 200, 250, 299, 131_005, 131_215]),
        (E::Account, &[368, 131_031, 130_497, 131_042, 131_044, 131_063, 131_064]),
        (E::Throttled, &[4, 80_007, 130_429, 613]),
        (E::PairLimited, &[131_056]),
        (E::QualityLimited, &[131_048, 133_016, 131_049]),
        (E::Transient, &[1, 2, 131_000, 131_016, 133_004, 131_057]),
        (E::BadRequest, &[33, 100, 131_008, 131_009, 135_000, 131_020, 131_021, 131_051, 131_062]),
        (E::InvalidRecipient, &[131_026, 131_030, 131_041, 131_207]),
        (E::OptedOut, &[131_050]),
        (E::DoNotRetry, &[130_472, 137_000]),
        (E::WindowClosed, &[131_047]),
        (E::Template, &[132_000, 132_001, 132_005, 132_007, 132_008, 132_012, 132_015, 132_016, 132_068, 132_069, 134_100, 134_101, 134_102]),
        (E::Media, &[131_052, 131_053]),
        (E::Registration, &[131_037, 131_045, 133_010, 133_000, 133_005, 133_015]),
        (E::Rejected, &[-1, 300, 999_999]),
    ];
    for (class, codes) in cases {
        for code in codes {
            assert_eq!(errors::class(&json!({ "code": code }), None), class, "{code}");
        }
    }
}

#[test]
fn errors_quote_no_address() {
    let body = json!({"error":{"code":131_030,"message":"(#131030) Recipient +447700900461 not in list"}})
        .to_string();
    let error = carrier().outcome(&message(text("x")), &answer(400, &body)).unwrap_err();
    assert!(!error.to_string().contains("7700900461"), "{error}");
    assert!(error.to_string().contains("131030"), "{error}");
}
