//! Callbacks and what they become.

use super::*;

#[test]
fn messages_are_normalised() {
    let media = "https://api.twilio.com/2010-04-01/Accounts/AC/Messages/MM/Media/ME";
    let whatsapp = [("From", "whatsapp:+447700900461"), ("To", "whatsapp:+447700900100")];
    #[rustfmt::skip]
    let cases = [
        ("a text", vec![("Body", "hi"), ("NumSegments", "2")],
            json!({"kind":"message","channel":"sms","type":"text","text":"hi","segments":2,"from_address":"+13035550177","to_address":"+17205550142","account":ACCOUNT,"auto_reply_allowed":null})),
        ("nothing said", vec![("Body", "")], json!({"type":"text","text":null})),
        ("a picture, whatever NumMedia says", vec![("NumMedia", "0"), ("MediaUrl0", media), ("MediaContentType0", "image/png")],
            json!({"channel":"mms","type":"media","media":[{"url":media,"mime":"image/png","kind":"image"}]})),
        ("an empty MMS", vec![("MessageSid", "MM01")], json!({"channel":"mms","type":"text"})),
        ("a sticker", vec![whatsapp[0], whatsapp[1], ("MessageType", "sticker"), ("MediaUrl0", media), ("MediaContentType0", "image/webp")],
            json!({"channel":"whatsapp","type":"media","media":[{"url":media,"mime":"image/webp","kind":"sticker"}]})),
        ("a place", vec![whatsapp[0], whatsapp[1], ("Latitude", "51.5"), ("Longitude", "-0.08"), ("Body", "x")],
            json!({"type":"location","location":{"lat":51.5,"lon":-0.08},"tenant_key":format!("twilio:{ACCOUNT}:whatsapp:+447700900100")})),
        ("no place", vec![("Latitude", "inf"), ("Longitude", "1"), ("Body", "x")], json!({"type":"text","location":null})),
        ("a button", vec![whatsapp[0], whatsapp[1], ("ButtonPayload", "P"), ("ButtonText", "Yes")], json!({"type":"button_reply","reply_id":"P","text":"Yes"})),
        ("a list entry", vec![whatsapp[0], whatsapp[1], ("ListId", "L"), ("ListTitle", "Red")], json!({"type":"list_reply","reply_id":"L","text":"Red"})),
        ("a list entry without its id", vec![whatsapp[0], whatsapp[1], ("MessageType", "interactive"), ("Body", "Red"), ("OriginalRepliedMessageSid", "MM9")],
            json!({"type":"list_reply","reply_id":null,"text":"Red","reply_to":"MM9"})),
        ("facts in the metadata only", vec![whatsapp[0], whatsapp[1], ("Body", "x"), ("ChannelMetadata", r#"{"data":{"context":{"ProfileName":"Maya","Forwarded":"true"}}}"#)],
            json!({"from_name":"Maya","forwarded":"once"})),
        ("broken metadata", vec![("Body", "x"), ("ChannelMetadata", "{")], json!({"type":"text","text":"x"})),
        ("often forwarded", vec![("Body", "x"), ("Forwarded", "true"), ("FrequentlyForwarded", "true")], json!({"forwarded":"many"})),
        ("a reaction, should it ever come", vec![whatsapp[0], whatsapp[1], ("MessageType", "reaction"), ("Body", "👍")], json!({"type":"unsupported","unsupported_type":"reaction"})),
        ("a shopping cart", vec![whatsapp[0], whatsapp[1], ("MessageType", "order"), ("Body", "these"), ("ProductRetailerId", r#"{"catalog_id":"7","product_items":[{"product_retailer_id":"a","quantity":2,"item_price":1.5,"currency":"USD"}]}"#)],
            json!({"type":"order","text":"these","order":{"catalog_id":"7","items":[{"sku":"a","qty":2,"price":"1.5","currency":"USD"}]}})),
        ("a cart that cannot be read", vec![whatsapp[0], whatsapp[1], ("MessageType", "order"), ("ProductRetailerId", "sku-1")], json!({"type":"unsupported","unsupported_type":"order","order":null})),
        ("a question about a product", vec![whatsapp[0], whatsapp[1], ("MessageType", "text"), ("Body", "ripe?"), ("ProductRetailerId", "sku-1")], json!({"type":"text","text":"ripe?"})),
        ("a kind to come, with words", vec![("MessageType", "song"), ("Body", "la")], json!({"type":"text","text":"la"})),
        ("a kind to come, without", vec![("MessageType", "song")], json!({"type":"unsupported","unsupported_type":"song"})),
        ("phone and user id", vec![whatsapp[0], whatsapp[1], ("WaId", "447700900461"), ("ExternalUserId", "whatsapp:GB.1"), ("Body", "x")],
            json!({"from_address":"+447700900461","alt_addresses":["bsuid:GB.1"]})),
        ("user id alone", vec![("From", "whatsapp:GB.1"), whatsapp[1], ("ExternalUserId", "whatsapp:GB.1"), ("Body", "x")],
            json!({"from_address":"bsuid:GB.1","alt_addresses":null,"channel":"whatsapp"})),
        ("a name as sender", vec![("From", "PostNL"), ("Body", "x")], json!({"from_address":"alpha:PostNL"})),
        ("a plus lost on the way", vec![("From", " 13035550177"), ("To", " 17205550142"), ("Body", "x")],
            json!({"from_address":"+13035550177","tenant_key":format!("twilio:{ACCOUNT}:+17205550142")})),
        ("a withheld sender", vec![("From", "+266696687"), ("Body", "x")], json!({"from_address":null,"auto_reply_allowed":false})),
        ("no sender", vec![("From", ""), ("Body", "x")], json!({"from_address":null})),
        ("a channel to come", vec![("From", "pigeon:1"), ("To", "pigeon:2"), ("Body", "x")], json!({"channel":null,"from_address":"pigeon:1"})),
        ("another number of our service", vec![("To", "+17205550199"), ("MessagingServiceSid", "MG77"), ("Body", "x")],
            json!({"tenant_key":format!("twilio:{ACCOUNT}:MG77"),"to_address":"+17205550199"})),
        ("a listed number of our service", vec![("MessagingServiceSid", "MG77"), ("Body", "x")], json!({"tenant_key":format!("twilio:{ACCOUNT}:+17205550142")})),
        ("an older name of the id", vec![("MessageSid", ""), ("SmsSid", "SM02"), ("Body", "x")], json!({"external_id":"SM02"})),
    ];
    for (name, more, expect) in cases {
        assert_facts(name, &expect, &read(&*carrier(), &posted(URL, &inbound(&more))));
    }
}

#[test]
fn consent_is_what_twilio_acted_on() {
    let whatsapp = ("To", "whatsapp:+447700900100");
    let toll_free = ("To", "+18885550142");
    #[rustfmt::skip]
    let cases = [
        ("Advanced Opt-Out, in Dutch", vec![("Body", "Afmelden"), ("OptOutType", "STOP")], json!("stop"), json!(false)),
        ("Advanced Opt-Out on WhatsApp", vec![whatsapp, ("Body", "x"), ("OptOutType", "START")], json!("start"), json!(false)),
        ("unknown type", vec![("Body", "x"), ("OptOutType", "MAYBE")], json!(null), json!(null)),
        ("a keyword", vec![("Body", " StopAll\n")], json!("stop"), json!(false)),
        ("help", vec![("Body", "info")], json!("help"), json!(false)),
        ("an ordinary yes", vec![("Body", "Yes")], json!(null), json!(null)),
        ("a way back", vec![("Body", "unstop")], json!("start"), json!(false)),
        ("a sentence", vec![("Body", "please stop")], json!(null), json!(null)),
        ("on WhatsApp a word like others", vec![whatsapp, ("Body", "STOP")], json!(null), json!(null)),
        ("toll-free: the network knows STOP", vec![toll_free, ("Body", "stop")], json!("stop"), json!(false)),
        ("toll-free: and nothing else", vec![toll_free, ("Body", "quit")], json!(null), json!(null)),
    ];
    for (name, more, consent, auto_reply) in cases {
        let expect = json!({ "consent": consent, "auto_reply_allowed": auto_reply });
        assert_facts(name, &expect, &read(&*with(json!({"numbers": []})), &posted(URL, &inbound(&more))));
    }
}

#[test]
fn only_twilio_is_asked_for_media() {
    let cases = [
        ("https://api.twilio.com/x", false),
        ("http://api.twilio.com/x", true),
        ("https://api.twilio.com:8443/x", true),
        ("https://api.twilio.com.evil.example/x", true),
        ("https://api.twilio.com@evil.example/x", true),
        ("https://user@api.twilio.com/x", true),
        ("file:///etc/passwd", true),
        ("not a url", true),
        ("http://127.0.0.1:9/x", true),
    ];
    for (url, refused) in cases {
        let event = read(&*carrier(), &posted(URL, &inbound(&[("MediaUrl0", url)])));
        assert_eq!(event["media"][0].get("fetch"), refused.then(|| json!("refused")).as_ref(), "{url}");
        assert_eq!(event["media"][0].get("blocked"), refused.then_some(json!(true)).as_ref(), "{url}");
    }
    let sandbox = with(json!({ "base_url": "http://127.0.0.1:9/" }));
    let event = read(&*sandbox, &posted(URL, &inbound(&[("MediaUrl0", "http://127.0.0.1:9/x")])));
    assert_eq!(event["media"][0].get("fetch"), None);
}

#[test]
fn statuses_are_normalised() {
    use ReportedState as S;
    #[rustfmt::skip]
    let words = [
        ("accepted", S::Queued), ("scheduled", S::Queued), ("queued", S::Queued), ("sending", S::Queued),
        ("sent", S::Sent), ("delivered", S::Delivered), ("partially_delivered", S::Delivered), ("read", S::Read),
        ("undelivered", S::Undelivered), ("failed", S::Failed), ("canceled", S::Canceled),
    ];
    for (word, state) in words {
        let params = inbound(&[
            ("MessageStatus", word),
            ("SmsStatus", word),
            ("From", "+17205550142"),
            ("To", "+13035550177"),
        ]);
        let event = read(&*carrier(), &posted(&format!("{URL}?a=b&m=msg_1.2"), &params));
        let expect = json!({
            "kind": "status", "state": state, "client_ref": "msg_1.2", "external_id": "SM01", "error_code": null,
            "to_address": "+13035550177", "tenant_key": format!("twilio:{ACCOUNT}:+17205550142"),
        });
        assert_facts(word, &expect, &event);
    }
    #[rustfmt::skip]
    let cases = [
        ("an error", vec![("MessageStatus", "undelivered"), ("ErrorCode", "30003")], json!({"error_code":"30003","error_class":"unreachable","retryable":true})),
        ("an error in words", vec![("MessageStatus", "failed"), ("ErrorCode", "30006"), ("ErrorMessage", "Landline +13035550177")], json!({"detail":"Landline •••"})),
        ("a channel's words", vec![("MessageStatus", "failed"), ("ErrorCode", "63016"), ("ChannelStatusMessage", "Window closed")], json!({"detail":"Window closed","error_class":"window_closed"})),
        ("no error", vec![("MessageStatus", "delivered"), ("ErrorCode", "0")], json!({"error_code":null})),
        ("an unknown error", vec![("MessageStatus", "failed"), ("ErrorCode", "77777")], json!({"error_class":"rejected","retryable":false})),
        ("no number at all", vec![("MessageStatus", "failed"), ("ErrorCode", "x")], json!({"error_code":"x","error_class":"rejected"})),
        ("an opt-out", vec![("MessageStatus", "failed"), ("ErrorCode", "21610")], json!({"consent":"stop","address":"+17205550142"})),
        ("our service", vec![("MessageStatus", "sent"), ("MessagingServiceSid", "MG77")], json!({"tenant_key":format!("twilio:{ACCOUNT}:MG77")})),
        ("the older name", vec![("SmsStatus", "sent")], json!({"kind":"status","state":"sent"})),
        ("no reference", vec![("MessageStatus", "sent")], json!({"client_ref":null})),
    ];
    for (name, more, expect) in cases {
        assert_facts(name, &expect, &read(&*carrier(), &posted(URL, &inbound(&more))));
    }
}

#[test]
fn what_cannot_be_used_is_told_apart() {
    let json_body = b"{}";
    let digest = hmac::hex(&hmac::digest(json_body));
    let json_url = format!("{URL}?bodySHA256={digest}");
    let json_signature = signature(TOKENS[0], &json_url, &[]);
    let by_json = request(
        "POST",
        &json_url,
        &[("content-type", "application/json"), ("x-twilio-signature", &json_signature)],
        json_body,
    );
    let many: Vec<(String, String)> = (0..2_000).map(|n| (format!("P{n}"), String::new())).collect();
    let many: Vec<(&str, &str)> = many.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    #[rustfmt::skip]
    let cases = [
        ("no id", posted(URL, &inbound(&[("MessageSid", "")])), Err("message_sid_missing")),
        ("no recipient", posted(URL, &inbound(&[("To", "")])), Err("recipient_missing")),
        ("JSON of Event Streams", by_json, Err("not_a_form")),
        ("a word to come", posted(URL, &inbound(&[("MessageStatus", "teleported")])), Ok(0)),
        ("bare bones", posted(URL, &inbound(&[])), Ok(1)),
    ];
    for (name, request, expect) in cases {
        let (_, parsed) = receive(&*carrier(), &request).unwrap();
        assert_eq!(parsed.map(|p| p.events.len()), expect.map_err(Malformed), "{name}");
    }
    assert_eq!(carrier().verify(&posted(URL, &many)).err(), Some(Refusal::Unverified("too_many_parameters")));
}

#[test]
fn answers_are_in_twilios_dialect() {
    let status = posted(URL, &inbound(&[("MessageStatus", "sent")]));
    let message = posted(URL, &inbound(&[("Body", "x")]));
    let events = |request: &WebhookRequest| receive(&*carrier(), request).unwrap().1.unwrap().events;
    #[rustfmt::skip]
    let cases = [
        ("a message", Outcome::Accept, events(&message), 200, true),
        ("a status", Outcome::Accept, events(&status), 200, false),
        ("a status that says nothing", Outcome::Ignore, vec![], 200, false),
        ("unreadable", Outcome::Quarantine, vec![], 200, true),
        ("nobody's", Outcome::Unroutable, vec![], 200, true),
        ("unproven", Outcome::Reject, vec![], 403, false),
    ];
    for (name, outcome, events, status, twiml) in cases {
        let reply = carrier().reply(outcome, &events);
        assert_eq!((reply.status, !reply.body.is_empty()), (status, twiml), "{name}");
        assert_eq!(reply.content_type, twiml.then_some("text/xml"), "{name}");
    }
    assert_eq!(carrier().refuse(&Refusal::Unverified("x")).status, 403);
    assert_eq!(carrier().refuse(&Refusal::Method).status, 405);
}

#[test]
fn senders_become_routing_keys() {
    let keys = ["+17205550142", "12345", "whatsapp:+447700900100", "rcs:acme_agent", "MG77"];
    assert_eq!(carrier().routing_keys(), keys.map(|key| format!("twilio:{ACCOUNT}:{key}")));
    assert!(with(json!({ "numbers": [] })).routing_keys().is_empty());
    let senders: Vec<(Channel, Address)> = carrier().senders();
    let expect = [
        (Channel::Sms, "+17205550142"),
        (Channel::Sms, "shortcode:12345"),
        (Channel::Whatsapp, "+447700900100"),
        (Channel::Rcs, "rcs:acme_agent"),
    ];
    assert_eq!(senders, expect.map(|(channel, address)| (channel, address.into())));
    let rest = with(json!({ "numbers": ["+17205550142"] })).senders();
    assert_eq!(rest[1..], [(Channel::Whatsapp, "MG77".into()), (Channel::Rcs, "MG77".into())]);
    assert!(with(json!({ "account_sid": "" })).routing_keys().is_empty());
}
