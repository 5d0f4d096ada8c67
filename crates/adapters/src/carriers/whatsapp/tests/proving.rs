//! What counts as proof, and what does not.

use super::*;

#[test]
fn only_a_right_signature_is_believed() {
    let body = br#"{"object":"page"}"#;
    let right = signed(body, SECRETS[0]);
    let value = right.header("x-hub-signature-256").unwrap().to_owned();
    let with = |headers: &[(&str, &str)]| request("POST", "https://gw.example.net/w", headers, body);
    let unverified = |word| Err(Refusal::Unverified(word));
    #[rustfmt::skip]
    let cases = [
        ("the new secret", right.clone(), Ok(())),
        ("the old secret", signed(body, SECRETS[1]), Ok(())),
        ("upper-case digits", with(&[("x-hub-signature-256", &value.to_uppercase().replace("SHA256", "sha256"))]), Ok(())),
        ("a stranger's secret", signed(body, "stranger"), unverified("signature_wrong")),
        ("no secret at all", signed(body, ""), unverified("signature_wrong")),
        ("no header", with(&[]), unverified("signature_missing")),
        ("the old header only", with(&[("x-hub-signature", "sha1=00")]), unverified("signature_missing")),
        ("twice", with(&[("x-hub-signature-256", &value), ("x-hub-signature-256", &value)]), unverified("signature_missing")),
        ("another prefix", with(&[("x-hub-signature-256", &value.replace("sha256", "SHA256"))]), unverified("signature_malformed")),
        ("too short", with(&[("x-hub-signature-256", &value[..70])]), unverified("signature_malformed")),
        ("blanks around", with(&[("x-hub-signature-256", &format!("{value} "))]), unverified("signature_malformed")),
        ("another body", WebhookRequest { body: Bytes::from_static(b"{}"), ..right.clone() }, unverified("signature_wrong")),
        ("another method", WebhookRequest { method: "PUT".into(), ..right }, Err(Refusal::Method)),
    ];
    for (name, request, expect) in cases {
        assert_eq!(carrier().verify(&request).map(drop), expect, "{name}");
    }
}

#[test]
fn the_challenge_is_answered_to_who_knows_the_token() {
    let get = |query: &str| request("GET", &format!("https://gw.example.net/w?{query}"), &[], b"");
    let cases = [
        ("hub.mode=subscribe&hub.challenge=1158&hub.verify_token=verify-me", 200, "1158"),
        ("hub.mode=subscribe&hub.challenge=%3Cb%3E&hub.verify_token=verify%2Dme", 200, "<b>"),
        ("hub.mode=subscribe&hub.challenge=1&hub.verify_token=verify-m", 403, ""),
        ("hub.mode=other&hub.challenge=1&hub.verify_token=verify-me", 403, ""),
        ("hub.mode=subscribe&hub.verify_token=verify-me", 400, ""),
        ("hub.mode=subscribe&hub.challenge=1&hub.challenge=2&hub.verify_token=verify-me", 400, ""),
        ("", 400, ""),
    ];
    for (query, status, body) in cases {
        let reply = carrier().handshake(&get(query)).unwrap();
        assert_eq!((reply.status, &*reply.body), (status, body.as_bytes()), "{query}");
        assert_eq!(reply.headers.is_empty(), status != 200, "{query}");
    }
    assert!(carrier().handshake(&signed(b"{}", SECRETS[0])).is_none());
    assert!(carrier().verify(&get("")).is_err());
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_malformed(body in proptest::collection::vec(any::<u8>(), 0..512)) {
        let (_, parsed) = receive(&*carrier(), &signed(&body, SECRETS[0])).unwrap();
        prop_assert_eq!(&parsed, &webhook::parse(&body));
    }

    #[test]
    fn a_changed_byte_is_refused(body in proptest::collection::vec(any::<u8>(), 1..128), at in any::<prop::sample::Index>(), flip in 1..=255_u8) {
        let mut request = signed(&body, SECRETS[0]);
        let mut changed = body.clone();
        changed[at.index(body.len())] ^= flip;
        request.body = changed.into();
        prop_assert!(carrier().verify(&request).is_err());
    }

    /// Right names, wrong shapes: nothing panics, and equal bodies give equal events.
    #[test]
    fn any_shape_is_read(value in shapes(), kind in "text|image|interactive|order|edit|system|location|contacts") {
        let message = json!({ "id": "w", "from": value, "type": kind, "timestamp": value, kind.as_str(): value,
            "context": value, "errors": value });
        let body = envelope(json!({ "contacts": value, "messages": [message, value], "statuses": [value, { "id": "w", "status": "failed", "errors": value, "pricing": value }], "errors": value }));
        prop_assert_eq!(read(&body), read(&body));
    }
}

fn shapes() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
    ];
    let names = "id|type|body|title|button_reply|nfm_reply|response_json|wa_id|code|latitude|product_items";
    leaf.prop_recursive(4, 32, 4, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map(names, inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}
