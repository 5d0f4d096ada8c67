//! What counts as proof, and what does not.

use super::*;

/// The worked examples of the facts sheet.
#[test]
fn the_recipe_is_twilios() {
    let token = json!({ "auth_tokens": ["0123456789abcdef0123456789abcdef"] });
    let body = "NumMedia=0&To=whatsapp%3A%2B447700900100&From=whatsapp%3A%2B447700900461&Body=Ol%C3%A1+%2B1+%26+ok&MessageSid=SMabababababababababababababababab";
    let form = request(
        "POST",
        "https://gw.example.net/hooks/twilio",
        &[FORM, ("x-twilio-signature", "RQKihCufrmvQ2tMDlVmDV0Rb5e8=")],
        body.as_bytes(),
    );
    assert!(with(token.clone()).verify(&form).is_ok());
    let url = "https://gw.example.net/hooks/twilio?bodySHA256=015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862";
    let headers =
        [("content-type", "application/json"), ("x-twilio-signature", "1GW18beNBzGd/4VB6otXUIYLinE=")];
    assert!(with(token.clone()).verify(&request("POST", url, &headers, br#"{"a":1}"#)).is_ok());
    assert!(with(token).verify(&request("POST", url, &headers, br#"{"a":2}"#)).is_err());
}

#[test]
fn a_url_may_be_spelt_in_several_ways() {
    let accepted = [
        ("https://h.example/p?x=1", "https://h.example/p?x=1"),
        ("https://h.example/p", "https://h.example:443/p"),
        ("http://h.example/p", "http://h.example:80/p"),
        ("https://h.example:8443/p", "https://h.example/p"),
        ("https://[2001:db8::1]/p", "https://[2001:db8::1]:443/p"),
        ("https://[2001:db8::1]:8443/p", "https://[2001:db8::1]/p"),
        ("https://h.example", "https://h.example:443"),
        ("https://h.example/p?", "https://h.example/p?"),
        ("https://h.example/p", "https://user:pass-word@h.example/p"),
        ("https://h.example/p", "https://user:pass-word@h.example:443/p"),
        ("https://u:w@h.example/p", "https://u:w@h.example:443/p"),
        ("https://u:w@h.example:8443/p", "https://u:w@h.example/p"),
        ("https://h.example/p?m=1", "https://h.example/p?m=1#rc=5&rp=all&ct=2000&rt=5000&tt=14000"),
    ];
    let refused = [
        ("https://h.example/p", "http://h.example/p"),
        ("https://h.example/p", "https://h.example/p/"),
        ("https://h.example/p", "https://h.example:8443/p"),
        ("https://h.example/p", "https://H.example/p"),
        ("https://h.example/p?a=1&b=2", "https://h.example/p?b=2&a=1"),
        ("https://h.example/p?a=%2F", "https://h.example/p?a=/"),
        ("https://h.example/p", "https://other:user@h.example/p"),
        ("https://h.example/p", "https://h.example/p#rc=1"),
        ("https://u:w@h.example/p", "https://u/p"),
    ];
    let verifies = |called: &str, signed: &str| {
        let signature = signature(TOKENS[1], signed, &[]);
        carrier().verify(&request("GET", called, &[("x-twilio-signature", &signature)], b"")).is_ok()
    };
    for (called, signed) in accepted {
        assert!(verifies(called, signed), "{called} signed as {signed}");
    }
    for (called, signed) in refused {
        assert!(!verifies(called, signed), "{called} signed as {signed}");
    }
}

#[test]
fn a_body_must_be_covered() {
    let signature = signature(TOKENS[0], URL, &[]);
    let signed = ("x-twilio-signature", signature.as_str());
    let bad = |word| Err(Refusal::Unverified(word));
    #[rustfmt::skip]
    let cases = [
        ("GET without a body", request("GET", URL, &[signed], b""), Ok(())),
        ("GET with a body", request("GET", URL, &[signed], b"Body=x"), bad("body_not_signed")),
        ("POST without a body", request("POST", URL, &[signed], b""), Ok(())),
        ("JSON without its digest", request("POST", URL, &[signed, ("content-type", "application/json")], b"{}"), bad("body_not_signed")),
        ("no content type", request("POST", URL, &[signed], b"Body=x"), bad("body_not_signed")),
        ("two content types", request("POST", URL, &[signed, FORM, ("content-type", "text/plain")], b"Body=x"), bad("body_not_signed")),
        ("multipart", request("POST", URL, &[signed, ("content-type", "multipart/form-data; boundary=x")], b"--x--"), bad("body_not_signed")),
        ("a form with parameters", request("POST", URL, &[signed, FORM], b"Body=x"), bad("signature_wrong")),
        ("no signature", request("POST", URL, &[FORM], b""), bad("signature_missing")),
        ("two signatures", request("POST", URL, &[signed, signed, FORM], b""), bad("signature_missing")),
        ("an empty signature", request("POST", URL, &[("x-twilio-signature", ""), FORM], b""), bad("signature_wrong")),
        ("PUT", request("PUT", URL, &[signed], b""), Err(Refusal::Method)),
    ];
    for (name, request, expect) in cases {
        assert_eq!(carrier().verify(&request).map(drop), expect, "{name}");
    }
    let both = format!("{URL}?bodySHA256={0}&bodySHA256={0}", hmac::hex(&hmac::digest(b"{}")));
    let signature = self::signature(TOKENS[0], &both, &[]);
    let twice = request("POST", &both, &[("x-twilio-signature", &signature)], b"{}");
    assert_eq!(carrier().verify(&twice).map(drop), bad("body_not_signed"));
}

#[test]
fn shared_keys_follow_their_header() {
    let sha1 = signature("shared-secret", URL, &[]);
    let sha256 = STANDARD.encode(hmac::sha256(b"shared-secret", &[URL.as_bytes()]));
    let by_token = signature(TOKENS[0], URL, &[]);
    let bad = |word| Err(Refusal::Unverified(word));
    #[rustfmt::skip]
    let cases = [
        ("SHA-256", "key=webhooks_sharedkey_1,algorithm=HMAC_SHA256", &sha256, Ok(())),
        ("SHA-1 by name", "algorithm=HMAC_SHA1, key=webhooks_sharedkey_1", &sha1, Ok(())),
        ("SHA-1 by default", "key=webhooks_sharedkey_1", &sha1, Ok(())),
        ("further settings", "key=webhooks_sharedkey_1,version=2", &sha1, Ok(())),
        ("the auth token does not count", "key=webhooks_sharedkey_1", &by_token, bad("signature_wrong")),
        ("another algorithm than named", "key=webhooks_sharedkey_1,algorithm=HMAC_SHA256", &sha1, bad("signature_wrong")),
        ("an unknown algorithm", "key=webhooks_sharedkey_1,algorithm=HMAC_MD5", &sha256, bad("signature_algorithm_unknown")),
        ("two algorithms", "key=webhooks_sharedkey_1,algorithm=HMAC_SHA1,algorithm=HMAC_SHA256", &sha256, bad("signature_algorithm_unknown")),
        ("an unknown key", "key=webhooks_sharedkey_2,algorithm=HMAC_SHA256", &sha256, bad("signature_key_unknown")),
        ("no key", "algorithm=HMAC_SHA256", &sha256, bad("signature_key_unknown")),
        ("two keys", "key=webhooks_sharedkey_1,key=webhooks_sharedkey_1", &sha1, bad("signature_key_unknown")),
        ("nothing", "", &by_token, bad("signature_key_unknown")),
    ];
    for (name, header, signature, expect) in cases {
        let request = request(
            "GET",
            URL,
            &[("x-twilio-signature", signature), (signature::SETTINGS_HEADER, header)],
            b"",
        );
        assert_eq!(carrier().verify(&request).map(drop), expect, "{name}");
    }
}

#[test]
fn values_of_one_name_are_sorted_and_distinct() {
    let body = b"Tag=beta&Tag=alpha&Tag=beta&MessageSid=SM1";
    let right = signature(TOKENS[0], URL, &[("Tag", "alpha"), ("Tag", "beta"), ("MessageSid", "SM1")]);
    assert!(carrier().verify(&request("POST", URL, &[FORM, ("x-twilio-signature", &right)], body)).is_ok());
    let smuggled = b"Tag=beta&Tag=alpha&Tag=gamma&MessageSid=SM1";
    assert!(
        carrier().verify(&request("POST", URL, &[FORM, ("x-twilio-signature", &right)], smuggled)).is_err()
    );
    let two = b"MessageSid=SM1&MessageSid=SM2&To=%2B1";
    let twice = signature(TOKENS[0], URL, &[("MessageSid", "SM1"), ("MessageSid", "SM2"), ("To", "+1")]);
    let request = request("POST", URL, &[FORM, ("x-twilio-signature", &twice)], two);
    assert_eq!(receive(&*carrier(), &request).unwrap().1, Err(Malformed("parameter_repeated")));
}

proptest! {
    #[test]
    fn any_form_is_read_or_malformed(body in proptest::collection::vec(any::<u8>(), 0..256), url in "https?://[a-z:@\\[\\]/?#=&%0-9é]{0,40}") {
        let request = request("POST", &url, &[FORM, ("x-twilio-signature", "AAAA")], &body);
        prop_assert!(carrier().verify(&request).is_err());
        prop_assert_eq!(carrier().parse(&request), carrier().parse(&request));
    }

    /// Right names, any values.
    #[test]
    fn any_value_is_read(from in ".{0,20}", to in ".{1,20}", value in ".{0,40}", status in "|received|sent|.{0,6}") {
        let params = [
            ("MessageSid", "SM1"), ("From", &from), ("To", &to), ("Body", &value), ("SmsStatus", &status), ("MediaUrl0", &value),
            ("Latitude", &value), ("Longitude", &value), ("ChannelMetadata", &value), ("ErrorCode", &value), ("NumSegments", &value),
            ("ExternalUserId", &value), ("WaId", &value), ("MessageType", &value), ("MessagingServiceSid", &value),
        ];
        let (_, parsed) = receive(&*carrier(), &posted(URL, &params)).unwrap();
        prop_assert!(parsed.map_or(true, |parsed| parsed.events.len() <= 1));
    }

    #[test]
    fn a_changed_value_is_refused(value in "[a-z]{1,12}", other in "[a-z]{1,12}") {
        prop_assume!(value != other);
        let mut request = posted(URL, &inbound(&[("Body", &value)]));
        request.body = form::encode(inbound(&[("Body", &other)])).into();
        prop_assert!(carrier().verify(&request).is_err());
    }
}
