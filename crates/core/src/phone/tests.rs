use serde_json::Value;

use super::*;

/// The given vectors, and cases of our own in their format.
fn vectors() -> Vec<Value> {
    let files = [
        include_str!("../../tests/vectors/phone_addresses.json"),
        include_str!("../../tests/more_vectors/phone_addresses.json"),
    ];
    files.iter().flat_map(|file| serde_json::from_str::<Vec<Value>>(file).unwrap()).collect()
}

#[test]
fn the_vectors_hold() {
    for case in vectors() {
        let name = case["name"].as_str().unwrap();
        let text = |key: &str| case[key].as_str().unwrap();
        let parsed = parse(text("input"), text("default_region"), Role::Any);
        let got = serde_json::to_value(&parsed).unwrap();
        for (key, want) in case["expect"].as_object().unwrap() {
            assert_eq!(&got[key], want, "{name}: {key}");
        }
    }
}

#[test]
fn where_an_address_comes_from_decides_what_it_may_be() {
    use AddressKind::{Alpha, Anonymous, Email, Invalid, Opaque, Phone, ShortCode};
    #[rustfmt::skip]
    let cases = [
        ("a vanity number that a person typed", "1-800-FLOWERS",         "US", Role::Typed,         Phone,     Some("+18003569377")),
        ("a vanity number in a sender field",   "1-800-FLOWERS",         "US", Role::Sender,        Invalid,   None),
        ("a vanity number, nobody said whose",  "1-800-FLOWERS",         "US", Role::Any,           Phone,     Some("+18003569377")),
        ("a name that a person typed",          "PostNL",                "NL", Role::Typed,         Invalid,   None),
        ("a name with blank and ampersand",     "Acme & Co",             "GB", Role::Sender,        Alpha,     Some("alpha:Acme & Co")),
        ("a name of twelve characters",         "ABCDEFGHIJKL",          "GB", Role::Sender,        Invalid,   None),
        ("foreign digits without plus",         "447700900123",          "US", Role::Sender,        Phone,     Some("+447700900123")),
        ("international digits without plus",   "31612345678",           "US", Role::International, Phone,     Some("+31612345678")),
        ("digits that look national there",     "4915123456789",         "US", Role::International, Phone,     Some("+4915123456789")),
        ("ten digits of the default region",    "3035550177",            "US", Role::Sender,        Phone,     Some("+13035550177")),
        ("an old Mexican mobile",               "+5215512345678",        "MX", Role::Sender,        Phone,     Some("+525512345678")),
        ("an Argentinian mobile keeps its 9",   "+5491123456789",        "AR", Role::Sender,        Phone,     Some("+5491123456789")),
        ("ten digits in the Ivory Coast",       "0701234567",            "CI", Role::Sender,        Phone,     Some("+2250701234567")),
        ("an exit code instead of the plus",    "00447700900123",        "NL", Role::Sender,        Phone,     Some("+447700900123")),
        ("marks that change the direction",     "\u{202a}+14155552671\u{202c}", "US", Role::Sender, Phone,     Some("+14155552671")),
        ("a tel: address",                      "tel:+1-415-555-2671",   "US", Role::Sender,        Phone,     Some("+14155552671")),
        ("a control character inside",          "+1415\u{7}5552671",     "US", Role::Sender,        Invalid,   None),
        ("an unknown default region",           "+14155552671",          "??", Role::Sender,        Phone,     Some("+14155552671")),
        ("typed national digits of no region",  "4155552671",            "",   Role::Typed,         Invalid,   None),
        ("a mistyped number stays at home",     "5555550177",            "US", Role::Sender,        Phone,     Some("+15555550177")),
        ("foreign digits that a person typed",  "447700900123",          "US", Role::Typed,         Phone,     Some("+1447700900123")),
        ("the digits of ANONYMOUS, grouped",    "+266 696-687",          "US", Role::Sender,        Anonymous, None),
        ("German digits in Germany",            "4915123456789",         "DE", Role::Sender,        Phone,     Some("+4915123456789")),
        ("the same typed by a person",          "4915123456789",         "DE", Role::Typed,         Phone,     Some("+494915123456789")),
        ("a word for withheld",                 "Restricted",            "US", Role::Sender,        Anonymous, None),
        ("a WhatsApp id, not said to be one",   "NL.91823aafb1",         "NL", Role::Sender,        Invalid,   None),
        ("an RCS agent",                        "rcs:acme_agent_x1",     "US", Role::Sender,        Opaque,    Some("rcs:acme_agent_x1")),
        ("our own prefixed id",                 "lc:7d3f1c22-0a55",      "US", Role::Any,           Opaque,    Some("lc:7d3f1c22-0a55")),
        ("our own prefixed name",               "alpha:PostNL",          "NL", Role::Any,           Alpha,     Some("alpha:PostNL")),
        ("our own prefixed e-mail",             "email:a@b.example",     "NL", Role::Typed,         Email,     Some("email:a@b.example")),
        ("a domain in capitals",                "Rosa@X.Example",        "NL", Role::Any,           Email,     Some("email:Rosa@x.example")),
        ("a SIP address is no e-mail",          "sip:+14155552671@x.example", "US", Role::Any,      Invalid,   None),
        ("two digits are too few",              "12",                    "FR", Role::International, Invalid,   None),
        ("three digits",                        "911",                   "US", Role::Typed,         ShortCode, Some("911")),
        ("blanks only",                         " \u{200b} ",            "US", Role::Any,           Invalid,   None),
        ("two at signs",                        "a@b@c",                 "US", Role::Any,           Invalid,   None),
    ];
    for (name, raw, region, role, kind, address) in cases {
        let parsed = parse(raw, region, role);
        let got = (parsed.kind, parsed.address.as_ref().map(Address::expose));
        assert_eq!(got, (kind, address), "{name}");
    }
}

#[test]
fn an_extension_is_kept_beside_the_address() {
    let parsed = parse("+1 (415) 555-2671 ext. 89", "US", Role::Sender);
    assert_eq!(parsed.extension.as_deref(), Some("89"));
    assert_eq!(parsed.address, Some("+14155552671".into()));
}

#[test]
fn hostile_texts_are_invalid_and_quick() {
    for raw in
        ["+".repeat(100_000), "1".repeat(100_000), "(".repeat(300), "é".repeat(150), ";ext=".repeat(50)]
    {
        assert_eq!(parse(&raw, "US", Role::Any).kind, AddressKind::Invalid, "{}", raw.len());
    }
}

#[test]
fn some_recipients_are_never_written_to() {
    let cases = [
        ("+14155552671", "US", None),
        ("88222", "US", None),
        ("rosa@customer.example", "US", None),
        ("911", "US", Some(SendingRefusal::Emergency)),
        ("112", "IN", Some(SendingRefusal::Emergency)),
        ("999", "GB", Some(SendingRefusal::Emergency)),
        ("999", "US", None),
        ("000", "au", Some(SendingRefusal::Emergency)),
        ("191", "TH", Some(SendingRefusal::Emergency)),
        ("158", "CZ", Some(SendingRefusal::Emergency)),
        ("988", "CA", Some(SendingRefusal::Emergency)),
        ("988", "DE", None),
        ("+19005550123", "US", Some(SendingRefusal::PremiumRate)),
        ("+881612345678", "US", Some(SendingRefusal::Satellite)),
        ("+1415555267", "US", Some(SendingRefusal::InvalidNumber)),
        ("PostNL", "NL", Some(SendingRefusal::Unanswerable)),
        ("anonymous", "US", Some(SendingRefusal::NoAddress)),
        ("", "US", Some(SendingRefusal::NoAddress)),
    ];
    for (raw, region, expect) in cases {
        assert_eq!(sending_refusal(&parse(raw, region, Role::Any), region), expect, "{raw} from {region}");
    }
}

#[test]
fn toll_free_means_what_north_american_networks_mean() {
    for (number, expect) in [
        ("+18335550123", true),
        ("+18005550123", true),
        ("+18225550123", false),
        ("+13035550177", false),
        ("+448081570192", false),
        ("+447700900123", false),
        ("88222", false),
    ] {
        assert_eq!(is_toll_free(&number.into()), expect, "{number}");
    }
}

#[test]
fn countries_come_from_the_number() {
    for (number, expect) in [
        ("+14165550123", Some("CA")),
        ("+18765550123", Some("JM")),
        ("+77071234567", Some("KZ")),
        ("+80012345678", Some("001")),
        ("+49891", Some("DE")),
        ("+15550001001", None),
        ("88222", None),
        ("lc:x", None),
    ] {
        assert_eq!(country_of(&number.into()).as_deref(), expect, "{number}");
    }
    assert_eq!(number_type(&"+31612345678".into()), NumberType::Mobile);
    assert_eq!(normalize_phone("0412 345 678", "AU"), Some("+61412345678".into()));
    assert_eq!(normalize_phone("0412", "AU"), None);
}

#[test]
fn a_phone_known_by_two_numbers_has_aliases() {
    for (number, expect) in [
        ("+525512345678", Some("+5215512345678")),
        ("+5215512345678", Some("+525512345678")),
        ("+5491123456789", Some("+541123456789")),
        ("+541123456789", Some("+5491123456789")),
        ("+5511961234567", Some("+551161234567")),
        ("+551161234567", Some("+5511961234567")),
        ("+551132345678", None),
        ("+14155552671", None),
        ("+55é1", None),
    ] {
        let got = aliases(&number.into());
        assert_eq!(got.first().map(Address::expose), expect, "{number}");
        for alias in got {
            assert_eq!(
                in_todays_plan(alias.expose()),
                in_todays_plan(number),
                "one phone, one key: {number}"
            );
        }
    }
}

#[test]
fn one_key_stands_for_all_spellings_of_a_phone() {
    for (number, expect) in [
        ("+5215512345678", "+525512345678"),
        ("+541123456789", "+5491123456789"),
        ("+551161234567", "+5511961234567"),
        ("+551132345678", "+551132345678"),
        ("+14155552671", "+14155552671"),
        ("bsuid:GB.7Qk", "bsuid:GB.7Qk"),
        ("+55é23456789", "+55é23456789"),
    ] {
        assert_eq!(in_todays_plan(number), expect, "{number}");
    }
}
