//! Files left with Bandwidth.

use bytes::Bytes;

use super::answering::Scripted;
use super::*;

fn file(bytes: &'static [u8], mime: &str, filename: &str) -> Upload {
    Upload { bytes: Bytes::from_static(bytes), mime: mime.into(), filename: filename.into() }
}

#[test]
fn a_name_says_what_the_file_is_and_nothing_else() {
    // SHA-256 of "hello".
    let digest = "2cf24dba5fb0a30e26e83b2ac5b9e29e";
    let long = format!("{}.png", "a".repeat(100));
    let cases = [
        ("menu.png", "menu.png"),
        ("Speisekarte für März.png", "Speisekarte-f-r-M-rz.png"),
        ("../../etc/passwd", "etc-passwd"),
        ("a?b#c%2e.png", "a-b-c-2e.png"),
        ("💥", "file"),
        ("", "file"),
        (long.as_str(), &long[24..]),
    ];
    for (filename, kept) in cases {
        let (request, medium) = media::upload(&settings(), &file(b"hello", "image/png", filename)).unwrap();
        let url = format!("https://messaging.bandwidth.com/api/v2/users/5500123/media/{digest}-{kept}");
        assert_eq!((request.method, request.url.as_str()), ("PUT", url.as_str()), "{filename}");
        assert!(request.headers.contains(&("content-type", "image/png".into())), "{filename}");
        assert_eq!(request.body.as_ref(), b"hello");
        let expect = OutboundMedia {
            url: Some(url),
            mime: Some("image/png".into()),
            filename: Some(filename.into()),
            size: Some(5),
            ..OutboundMedia::default()
        };
        assert_eq!(medium, expect, "{filename}");
    }
}

#[test]
fn what_bandwidth_keeps_not_is_refused() {
    let large = Upload { bytes: vec![0; 3_750_001].into(), ..file(b"", "image/png", "a.png") };
    let most = Upload { bytes: vec![0; 3_750_000].into(), ..file(b"", "IMAGE/PNG", "a.png") };
    assert!(media::upload(&settings(), &most).is_ok());
    let cases = [
        ("too large", large, "3.75 MB"),
        ("a program", file(b"x", "application/x-msdownload", "a.exe"), "media type"),
        ("layout", file(b"x", "application/smil", "0.smil"), "media type"),
        ("no type", file(b"x", "", "a"), "media type"),
    ];
    for (name, file, words) in cases {
        match media::upload(&settings(), &file) {
            Err(SendError::Unsupported(why)) => assert!(why.contains(words), "{name}: {why}"),
            other => panic!("{name}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn answers_to_an_upload() {
    let cases = [
        ("kept", 204, "", "ok"),
        ("replaced", 200, "{}", "ok"),
        (
            "its kind",
            415,
            r#"{"type":"unsupported-content-type","description":"no"}"#,
            "media unsupported-content-type",
        ),
        ("its size", 413, "", "media 413"),
        ("a wrong request", 400, r#"{"type":"request-validation"}"#, "media request-validation"),
        ("our password", 401, "{}", "auth 401"),
        ("our rights", 403, "{}", "permission 403"),
        ("too fast", 429, "{}", "throttled 429"),
        ("in trouble", 500, "{}", "transient 500"),
    ];
    for (name, status, body, expect) in cases {
        let http = Scripted::answering(vec![(status, body)]);
        let got = match carrier().upload(&http, &file(b"hello", "image/png", "a.png")).await {
            Ok(medium) => medium.url.map_or_else(String::new, |_| "ok".into()),
            Err(error) => format!("{} {}", error.class().as_str(), error.code()),
        };
        assert_eq!(got, expect, "{name}");
    }
}
