//! Requests that leave, requests that must not, and what answers mean.

use super::*;

fn media(count: usize) -> OutboundContent {
    let medium =
        |n| OutboundMedia { url: Some(format!("https://m.example/{n}")), ..OutboundMedia::default() };
    OutboundContent::Media { media: (0..count).map(medium).collect(), text: Some("look".into()) }
}

fn template(id: &str, params: &[(&str, &str)]) -> OutboundContent {
    OutboundContent::Template(Template {
        template_id: id.into(),
        language: None,
        params: params.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        ..Template::default()
    })
}

fn place() -> OutboundContent {
    OutboundContent::Location {
        location: Location { lat: 51.5, lon: -0.08, name: Some("City|Hall".into()), address: None },
    }
}

type Pairs<'a> = &'a [(&'a str, &'a str)];

fn fields(message: &OutboundMessage) -> Vec<(String, String)> {
    form::decode(&carrier().request(message).unwrap().body)
}

#[test]
fn a_request_is_what_twilio_documents() {
    let message = OutboundMessage {
        status_url: Some("https://gw.example.net/s?c=1".into()),
        ..message(Channel::Sms, text("Olá & bye"))
    };
    let request = carrier().request(&message).unwrap();
    assert_eq!(request.method, "POST");
    assert_eq!(request.url, format!("https://api.twilio.com/2010-04-01/Accounts/{ACCOUNT}/Messages.json"));
    let basic = format!("Basic {}", STANDARD.encode(format!("{ACCOUNT}:{}", TOKENS[0])));
    assert!(request.headers.contains(&("authorization", basic)));
    assert!(request.headers.contains(&("content-type", "application/x-www-form-urlencoded".into())));
    let body = "To=%2B13035550177&From=%2B17205550142&Body=Ol%C3%A1+%26+bye&StatusCallback=https%3A%2F%2Fgw.example.net%2Fs%3Fc%3D1%26m%3Dmsg_1.2%23rc%3D5%26rp%3Dall%26ct%3D2000%26rt%3D5000%26tt%3D14000";
    assert_eq!(String::from_utf8_lossy(&request.body), body);
    let by_key =
        with(json!({ "api_key_sid": "SK1", "api_key_secret": "key-secret" })).request(&message).unwrap();
    assert!(
        by_key.headers.contains(&("authorization", format!("Basic {}", STANDARD.encode("SK1:key-secret"))))
    );
}

#[test]
fn every_content_has_its_fields() {
    use Channel::{Mms, Rcs, Sms, Whatsapp};
    #[rustfmt::skip]
    let cases: [(&str, OutboundMessage, Pairs<'_>); 8] = [
        ("SMS", message(Sms, text("hi")), &[("To", "+13035550177"), ("From", "+17205550142"), ("Body", "hi")]),
        ("by short code", OutboundMessage { from: "shortcode:12345".into(), ..message(Sms, text("hi")) }, &[("To", "+13035550177"), ("From", "12345"), ("Body", "hi")]),
        ("by the service", OutboundMessage { from: "".into(), ..message(Sms, text("hi")) }, &[("To", "+13035550177"), ("MessagingServiceSid", "MG77"), ("Body", "hi")]),
        ("MMS", message(Mms, media(2)), &[("To", "+13035550177"), ("From", "+17205550142"), ("Body", "look"), ("MediaUrl", "https://m.example/0"), ("MediaUrl", "https://m.example/1")]),
        ("a template", message(Whatsapp, template("HX1", &[("1", "Maya"), ("2", "\"8\"")])), &[("To", "whatsapp:+447700900461"), ("From", "whatsapp:+447700900100"), ("ContentSid", "HX1"), ("ContentVariables", r#"{"1":"Maya","2":"\"8\""}"#)]),
        ("to a user id", OutboundMessage { to: "bsuid:GB.1".into(), ..message(Whatsapp, text("hi")) }, &[("To", "whatsapp:GB.1"), ("From", "whatsapp:+447700900100"), ("Body", "hi")]),
        ("a place", message(Whatsapp, place()), &[("To", "whatsapp:+447700900461"), ("From", "whatsapp:+447700900100"), ("Body", "City Hall"), ("PersistentAction", "geo:51.5,-0.08|City Hall")]),
        ("RCS", OutboundMessage { from: "rcs:acme_agent".into(), ..message(Rcs, text("hi")) }, &[("To", "rcs:+13035550177"), ("From", "rcs:acme_agent"), ("Body", "hi")]),
    ];
    for (name, message, expect) in cases {
        let got = fields(&message);
        let got: Vec<(&str, &str)> =
            got.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(got, expect, "{name}");
    }
}

#[test]
fn twilio_keeps_trying_for_as_long_as_the_message_counts() {
    const MADE: i64 = 1_763_650_800;
    let made = u128::from(MADE.unsigned_abs()) * 1_000;
    let cases = [
        ("no end", None, None),
        ("five minutes", Some(MADE + 300), Some("300")),
        ("over already", Some(MADE - 1), Some("1")),
        ("ten hours are the rule", Some(MADE + 36_000), None),
    ];
    for (name, expires, expect) in cases {
        let message = OutboundMessage {
            message_id: MessageId::from_bytes((made << 80).to_be_bytes()),
            expires_at: expires.map(Timestamp::from_secs),
            ..message(Channel::Sms, text("hi"))
        };
        let got = fields(&message);
        let period = got.iter().find(|(name, _)| name == "ValidityPeriod").map(|(_, value)| value.as_str());
        assert_eq!(period, expect, "{name}");
    }
}

#[test]
fn what_twilio_would_refuse_never_leaves() {
    use Channel::{Chat, Mms, Sms, Whatsapp};
    let button =
        Button { id: "b".into(), title: "B".into(), description: None, url: None, ..Button::default() };
    let buttons = OutboundContent::Interactive(Interactive {
        text: "?".into(),
        header: None,
        footer: None,
        buttons: vec![button],
        list_label: None,
        ..Interactive::default()
    });
    let long = "é".repeat(1_601);
    let bad = |code| (code, ErrorClass::BadRequest);
    let other = |word| (word, ErrorClass::Rejected);
    let to = |to: &str, message: OutboundMessage| OutboundMessage { to: to.into(), ..message };
    #[rustfmt::skip]
    let cases = [
        ("no words", message(Sms, text("")), bad("text")),
        ("too many words", message(Sms, text(&long)), bad("text")),
        ("eleven pictures", message(Mms, media(11)), other("too_many_media")),
        ("two pictures on WhatsApp", message(Whatsapp, media(2)), other("too_many_media")),
        ("no pictures", message(Mms, media(0)), bad("media")),
        ("an upload elsewhere", message(Mms, OutboundContent::Media { media: vec![OutboundMedia { id: Some("7".into()), ..OutboundMedia::default() }], text: None }), other("media_without_url")),
        ("a template by name", message(Whatsapp, template("order_update", &[])), other("template_is_no_content_sid")),
        ("buttons", message(Whatsapp, buttons), other("content_type_not_carried")),
        ("a place by SMS", message(Sms, place()), other("content_type_not_carried")),
        ("a reaction", message(Whatsapp, OutboundContent::Reaction { target: "SM".into(), emoji: "👍".into() }), other("content_type_not_carried")),
        ("chat", message(Chat, text("x")), other("channel_not_carried")),
        ("a user id by SMS", to("bsuid:GB.1", message(Sms, text("x"))), other("address_not_on_this_channel")),
        ("mail", to("a@b.example", message(Sms, text("x"))), other("address_not_on_this_channel")),
    ];
    for (name, message, (code, class)) in cases {
        let error = carrier().request(&message).unwrap_err();
        let got = match &error {
            SendError::Unsupported(word) => *word,
            other => other.code(),
        };
        assert_eq!((got, error.class()), (code, class), "{name}");
    }
    let nobody = OutboundMessage { from: "".into(), ..message(Sms, text("x")) };
    let without = with(json!({ "messaging_service_sid": null })).request(&nobody).err();
    assert_eq!(without, Some(SendError::Unsupported("sender_missing")));
    assert_eq!(
        with(json!({ "account_sid": "" })).request(&nobody).err(),
        Some(SendError::Unsupported("account_sid_missing"))
    );
}

#[test]
fn our_reference_is_put_into_the_status_url() {
    let cases = [
        ("https://h/s", "r", "", "https://h/s?m=r"),
        ("https://h/s?", "r", "", "https://h/s?m=r"),
        ("https://h/s?a=1", "r", "", "https://h/s?a=1&m=r"),
        ("https://h/s?a=1&", "r", "", "https://h/s?a=1&m=r"),
        ("https://h/s?a=1", "r &", "rc=1", "https://h/s?a=1&m=r+%26#rc=1"),
        ("https://h/s#rc=2", "r", "rc=1", "https://h/s?m=r#rc=2"),
    ];
    for (url, reference, overrides, expect) in cases {
        assert_eq!(signature::status_url(url, reference, overrides), expect);
    }
}

#[test]
fn capabilities_follow_the_senders() {
    use Channel::{Mms, Rcs, Sms, Whatsapp};
    let of = |numbers: Value, service: Value| {
        with(json!({ "numbers": numbers, "messaging_service_sid": service })).capabilities().clone()
    };
    let cases = [
        (json!(["+17205550142"]), json!(null), vec![Sms, Mms], 10),
        (json!(["12345"]), json!(null), vec![Sms, Mms], 10),
        (json!(["whatsapp:+447700900100"]), json!(null), vec![Whatsapp], 1),
        (json!(["rcs:agent", "+1"]), json!(null), vec![Sms, Mms, Rcs], 10),
        (json!(["+1"]), json!("MG1"), vec![Sms, Mms, Whatsapp, Rcs], 10),
        (json!([]), json!(null), vec![Sms, Mms, Whatsapp, Rcs], 10),
    ];
    for (numbers, service, channels, media) in cases {
        let capabilities = of(numbers.clone(), service);
        assert_eq!((&capabilities.channels, capabilities.max_media), (&channels, media), "{numbers}");
        assert_eq!(
            capabilities.content.contains(&MessageType::Location),
            channels.contains(&Whatsapp),
            "{numbers}"
        );
        assert!(!capabilities.content.contains(&MessageType::Interactive), "{numbers}");
    }
}

#[test]
fn answers_become_outcomes() {
    use ErrorClass as E;
    let error = |code: u32| json!({ "code": code, "message": "no", "status": 400 }).to_string();
    let seven = Retry::After(std::time::Duration::from_secs(7));
    #[rustfmt::skip]
    let cases = [
        ("taken", 201, r#"{"sid":"SM1","status":"queued","num_segments":"2"}"#.to_owned(), Ok(("SM1", ReportedState::Queued, Some(2)))),
        ("taken by a service", 201, r#"{"sid":"SM1","status":"accepted","num_segments":"0"}"#.into(), Ok(("SM1", ReportedState::Queued, None))),
        ("failed at once", 201, r#"{"sid":"SM1","status":"failed","error_code":30007}"#.into(), Err((E::Filtered, "30007", Retry::Never))),
        ("no sid", 201, "{}".into(), Err((E::Ambiguous, "ambiguous", Retry::Reconcile))),
        ("no JSON", 200, "<html>".into(), Err((E::Ambiguous, "ambiguous", Retry::Reconcile))),
        ("opted out", 400, error(21_610), Err((E::OptedOut, "21610", Retry::Never))),
        ("no such number", 400, error(21_211), Err((E::InvalidRecipient, "21211", Retry::Never))),
        ("credentials", 401, error(20_003), Err((E::Auth, "20003", Retry::OtherCarrier))),
        ("too fast", 429, error(20_429), Err((E::Throttled, "20429", seven))),
        ("too fast, at the edge", 429, String::new(), Err((E::Throttled, "429", seven))),
        ("no account", 404, error(20_404), Err((E::BadRequest, "20404", Retry::Never))),
        ("trouble", 500, error(20_500), Err((E::Transient, "20500", seven))),
        ("trouble without words", 503, String::new(), Err((E::Transient, "503", seven))),
        ("a gateway in between", 502, "<html>".into(), Err((E::Ambiguous, "ambiguous", Retry::Reconcile))),
    ];
    for (name, status, body, expect) in cases {
        let got = carrier().outcome(&message(Channel::Sms, text("x")), &answer(status, &body));
        let got = match &got {
            Ok(accepted) => Ok((accepted.carrier_message_id.as_str(), accepted.state, accepted.segments)),
            Err(error) => Err((error.class(), error.code(), error.retry())),
        };
        assert_eq!(got, expect, "{name}");
    }
    let quoting = answer(400, r#"{"code":21211,"message":"The 'To' number +13035550177 is not valid"}"#);
    let error = carrier().outcome(&message(Channel::Sms, text("x")), &quoting).unwrap_err();
    assert!(!error.to_string().contains("3035550177"), "{error}");
}

#[test]
fn the_error_table_is_twilios() {
    use ErrorClass as E;
    #[rustfmt::skip]
    let cases: [(E, &[u32]); 20] = [
        (E::Auth, &[20_003, 401]),
        (E::Account, &[20_005, 30_002, 21_608, 63_020, 63_051, 63_008, 63_001]),
        (E::Throttled, &[429, 20_429, 30_001, 21_611, 14_107, 63_017, 63_018, 30_017, 30_022]),
        (E::QualityLimited, &[30_023, 30_027, 63_038, 63_049]),
        (E::Transient, &[20_500, 20_503, 503, 30_410, 63_009, 63_010, 63_012, 63_023]),
        (E::Unreachable, &[30_003, 30_008, 63_036]),
        (E::InvalidRecipient, &[21_211, 21_212, 21_214, 21_217, 21_604, 21_612, 21_614, 30_005, 30_006, 63_003, 63_024]),
        (E::OptedOut, &[21_610]),
        (E::UserBlocked, &[63_014, 63_033]),
        (E::DoNotRetry, &[63_032]),
        (E::Blocked, &[30_004]),
        (E::Filtered, &[30_007, 30_450, 63_013, 63_026, 63_039]),
        (E::Permission, &[21_408, 63_015, 63_035]),
        (E::WindowClosed, &[63_016]),
        (E::Template, &[21_654, 21_655, 21_656, 63_027, 63_028, 63_029, 63_040, 63_041, 63_042]),
        (E::Media, &[21_620, 21_623, 63_019, 63_021, 63_025, 63_034, 63_043, 63_044, 63_005, 63_030, 63_037]),
        (E::Registration, &[21_601, 21_603, 21_606, 21_609, 21_621, 21_659, 21_661, 21_664, 21_666, 21_667, 21_701, 21_705, 21_910, 63_002, 63_007, 63_022, 30_024, 30_032, 30_034, 30_035]),
        (E::BadRequest, &[21_602, 21_617, 21_619, 63_031, 60_200, 35_114, 35_115, 35_117, 35_118, 35_125, 30_010]),
        (E::Expired, &[30_036]),
        (E::Rejected, &[0, 1, 99_999]),
    ];
    for (class, codes) in cases {
        for code in codes {
            assert_eq!(errors::class(Some(*code), None), class, "{code}");
        }
    }
}
