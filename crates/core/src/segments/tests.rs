use serde_json::Value;

use super::*;

/// The given vectors, and cases of our own in their format.
fn vectors() -> Vec<Value> {
    let files = [
        include_str!("../../tests/vectors/sms_segmentation.json"),
        include_str!("../../tests/more_vectors/sms_segmentation.json"),
    ];
    files.iter().flat_map(|file| serde_json::from_str::<Vec<Value>>(file).unwrap()).collect()
}

#[test]
fn the_vectors_hold() {
    for case in vectors() {
        let got = serde_json::to_value(count(case["text"].as_str().unwrap())).unwrap();
        assert_eq!(got, case["expect"], "{}", case["name"]);
    }
}

#[test]
fn pairs_are_never_torn() {
    let euro_between = format!("{0}€{0}", "a".repeat(152));
    let cases = [
        ("160 septets", "a".repeat(160), Encoding::Gsm7, 1),
        ("an escape that costs a segment", euro_between, Encoding::Gsm7, 3),
        ("70 units", "Ж".repeat(70), Encoding::Ucs2, 1),
        ("71 units", "Ж".repeat(71), Encoding::Ucs2, 2),
        ("33 emoji in each", "😀".repeat(67), Encoding::Ucs2, 3),
        ("an escape character is not text", "a\u{1b}".into(), Encoding::Ucs2, 1),
    ];
    for (name, text, encoding, segments) in cases {
        let got = count(&text);
        assert_eq!((got.encoding, got.segments), (encoding, segments), "{name}");
        assert_eq!(got.units_per_segment.iter().sum::<usize>(), got.units, "{name}");
    }
}

#[test]
fn look_alikes_give_way_only_where_it_helps() {
    let cases = [
        ("typography", "It’s “here” – now…\u{a0}ok\t!", "It's \"here\" - now... ok !"),
        ("a zero-width mark", "abc\u{200b}def", "abcdef"),
        ("decomposed letters", "cafe\u{301}", "café"),
        ("nothing is won", "It’s 😀", "It’s 😀"),
        ("the joiner of an emoji stays", "👨\u{200d}👩 – x", "👨\u{200d}👩 – x"),
        ("an accent stays", "ação – sim", "ação – sim"),
        ("plain", "plain", "plain"),
    ];
    for (name, text, expect) in cases {
        assert_eq!(smart_encode(text), expect, "{name}");
    }
}

#[test]
fn long_text_is_split_where_a_reader_would() {
    let family = "👨‍👩‍👧‍👦";
    let cases: [(&str, &str, usize, &[&str]); 10] = [
        ("short", "hello", 10, &["hello"]),
        ("empty", "", 10, &[""]),
        ("at the line", "line one\nand the next", 14, &["line one", "and the next"]),
        ("at the sentence", "One ends. Two goes on", 14, &["One ends.", "Two goes on"]),
        ("at the word", "alpha beta gamma", 11, &["alpha beta", "gamma"]),
        ("a word that ends at the limit", "alpha betas gamma", 11, &["alpha betas", "gamma"]),
        ("no place at all", "abcdefghij", 4, &["abcd", "efgh", "ij"]),
        ("not early in the part", "a bcdefghijklmn", 8, &["a bcdefg", "hijklmn"]),
        ("not within a grapheme", &format!("ab{family}{family}"), 10, &[&format!("ab{family}"), family]),
        ("limit nought", "ab", 0, &["a", "b"]),
    ];
    for (name, text, limit, expect) in cases {
        assert_eq!(split(text, limit), expect, "{name}");
    }
}

#[test]
fn splitting_loses_nothing_but_blanks() {
    let letters = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
    let zalgo = format!("z{}", "\u{301}".repeat(5_000));
    let words = "The quick (brown) fox. ".repeat(400);
    for text in [words, zalgo, "😀".repeat(500), "🇳🇱".repeat(300), "\n".repeat(999), "a\u{301} ".repeat(700)]
    {
        for limit in [1, 2, 7, 160, 1_600] {
            let parts = split(&text, limit);
            assert!(parts.iter().all(|part| part.chars().count() <= limit), "{limit}");
            assert_eq!(letters(&parts.concat()), letters(&text), "{limit}");
        }
    }
}
