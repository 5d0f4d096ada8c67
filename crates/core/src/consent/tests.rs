use serde_json::Value;

use super::*;

/// The given vectors, and cases of our own in their format.
fn vectors() -> Vec<Value> {
    let files = [
        include_str!("../../tests/vectors/consent_keywords.json"),
        include_str!("../../tests/more_vectors/consent_keywords.json"),
    ];
    files.iter().flat_map(|file| serde_json::from_str::<Vec<Value>>(file).unwrap()).collect()
}

#[test]
fn the_vectors_hold() {
    for case in vectors() {
        let inbound: Inbound = serde_json::from_value(case.clone()).unwrap();
        let got = serde_json::to_value(decide(&inbound)).unwrap();
        for (key, want) in case["expect"].as_object().unwrap() {
            assert_eq!(&got[key], want, "{}: {key}", case["name"]);
        }
    }
}

#[test]
fn only_a_whole_text_is_a_keyword() {
    use Keyword::{Help, Start, Stop};
    let cases = [
        ("stop all", Some(Stop)),
        ("Stop  \u{a0} all!", Some(Stop)),
        ("OPT\u{2011}OUT", Some(Stop)),
        ("arrêt", Some(Stop)),
        ("arre\u{302}t", Some(Stop)),
        ("🛑 STOP 🛑", Some(Stop)),
        ("🅰️ stop 🅿️", Some(Stop)),
        ("ⓢⓣⓞⓟ", Some(Stop)),
        ("(unstop)", Some(Start)),
        ("¿aide?", Some(Help)),
        ("yes", None),
        ("s top", None),
        ("stop.stop", None),
        ("cancel my appointment", None),
        ("end of day", None),
        ("🙂", None),
    ];
    for (text, expect) in cases {
        assert_eq!(match_keyword(text, &Context::default()), expect, "{text}");
    }
    assert_eq!(match_keyword(&"stop ".repeat(100_000), &Context::default()), None);
    let furious = format!("STOP{}", "!".repeat(1_000));
    assert_eq!(match_keyword(&furious, &Context::default()), Some(Stop));
    assert_eq!(match_keyword(&format!("STOP{}", "!".repeat(100_000)), &Context::default()), None);
}

#[test]
fn yes_is_consent_only_where_consent_was_asked() {
    let asked = Context { opt_in_pending: true, ..Context::default() };
    assert_eq!(match_keyword("Yes!", &asked), Some(Keyword::Start));
    let out = Context { opted_out: true, ..Context::default() };
    assert_eq!(match_keyword("YES", &out), Some(Keyword::Start));
}

#[test]
fn an_account_may_add_words_of_its_language() {
    let extra = [("Parar".to_owned(), Keyword::Stop)];
    let context = Context { extra: &extra, ..Context::default() };
    assert_eq!(match_keyword("¡PARAR!", &context), Some(Keyword::Stop));
}

#[test]
fn whoever_answers_answers_alone() {
    let base = Inbound {
        channel: Channel::Sms,
        number_kind: NumberKind::TenDlc,
        carrier_handles_stop: false,
        opted_out_before: false,
        opt_in_pending: false,
        text: String::new(),
    };
    let toll_free = Inbound { number_kind: NumberKind::TollFree, ..base.clone() };
    let by_carrier = Inbound { carrier_handles_stop: true, ..base.clone() };
    let was_out = |inbound: &Inbound| Inbound { opted_out_before: true, ..inbound.clone() };
    let cases = [
        ("toll-free networks answer STOP", &toll_free, "STOP", None),
        ("and no other word", &toll_free, "CANCEL", Some(Reply::Confirmation)),
        ("a carrier that handles STOP answers every word", &by_carrier, "CANCEL", None),
        ("a second STOP is not confirmed", &was_out(&base), "STOP", None),
        ("START after STOP", &was_out(&base), "START", Some(Reply::Welcome)),
        ("START where the carrier answers", &was_out(&by_carrier), "START", None),
        ("HELP also for people who left", &was_out(&base), "HELP", Some(Reply::Help)),
    ];
    for (name, inbound, text, expect) in cases {
        let inbound = Inbound { text: text.into(), ..inbound.clone() };
        assert_eq!(decide(&inbound).reply, expect, "{name}");
    }
}

#[test]
fn words_mean_consent_in_text_messages_only() {
    for (channel, expect) in [
        (Channel::Sms, true),
        (Channel::Mms, true),
        (Channel::Rcs, true),
        (Channel::Whatsapp, false),
        (Channel::Chat, false),
        (Channel::Email, false),
    ] {
        assert_eq!(applies_to(channel), expect, "{channel:?}");
    }
}

#[test]
fn revocation_in_other_words_is_shown_to_a_person() {
    for (text, expect) in [
        ("stop texting me", true),
        ("Please remove me from your list", true),
        ("DON’T text this number", true),
        ("please don't stop", false),
        ("stopped by the office", false),
        ("see you at the bus stop", false),
        ("Leave me alone!", true),
        ("no more texts", true),
        ("I revoke my consent.", true),
        ("never stop texting me these", false),
    ] {
        assert_eq!(may_be_revocation(text), expect, "{text}");
    }
}
