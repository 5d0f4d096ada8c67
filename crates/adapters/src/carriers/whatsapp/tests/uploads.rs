//! Media: sizes, voice notes, and files that are left with Meta.

use std::sync::Mutex;

use omni_core::carrier::Upload;
use omni_core::http::{HttpError, HttpRequest};

use super::*;
use crate::shared::multipart;

fn medium(mime: Option<&str>, change: impl FnOnce(&mut OutboundMedia)) -> OutboundContent {
    let mut medium =
        OutboundMedia { id: Some("77".into()), mime: mime.map(str::to_owned), ..OutboundMedia::default() };
    change(&mut medium);
    OutboundContent::Media { media: vec![medium], text: None }
}

#[test]
fn sizes_are_those_of_the_kind() {
    #[rustfmt::skip]
    let cases = [
        ("image/png", 5 << 20), ("image/webp", 500 << 10), ("audio/mpeg", 16 << 20),
        ("video/mp4", 16 << 20), ("application/pdf", 100 << 20),
    ];
    for (mime, most) in cases {
        let of = |size: u64| medium(Some(mime), |medium| medium.size = Some(size));
        assert!(carrier().request(&message(of(most))).is_ok(), "{mime}");
        assert_eq!(refusal(of(most + 1)), ("media".into(), ErrorClass::BadRequest), "{mime}");
    }
}

#[test]
fn a_voice_note_is_ogg_with_opus() {
    let note = |mime: Option<&str>, name: Option<&str>| {
        medium(mime, |medium| {
            medium.voice = true;
            medium.filename = name.map(str::to_owned);
        })
    };
    #[rustfmt::skip]
    let cases = [
        (Some("audio/ogg"), None, true),
        (Some("audio/ogg; codecs=opus"), None, true),
        (Some("audio/ogg; codecs=\"OPUS\""), None, true),
        (Some("audio/ogg; codecs=vorbis"), None, false),
        (Some("audio/mpeg"), None, false),
        (Some("video/mp4"), None, false),
        (None, Some("a.OGG"), true),
        (None, Some("a.mp3"), false),
        (None, None, false),
    ];
    for (mime, name, is_one) in cases {
        let content = note(mime, name);
        if is_one {
            assert_eq!(
                sent(&message(content))["audio"],
                json!({"id":"77","voice":true}),
                "{mime:?} {name:?}"
            );
        } else {
            assert_eq!(refusal(content).0, "voice", "{mime:?} {name:?}");
        }
    }
}

/// Meta, as far as one answer goes.
struct Meta {
    answer: HttpResponse,
    asked: Mutex<Vec<HttpRequest>>,
}

#[async_trait]
impl HttpClient for Meta {
    async fn execute(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        self.asked.lock().unwrap().push(request);
        Ok(self.answer.clone())
    }
}

fn upload(file: &Upload, status: u16, body: &str) -> (Result<OutboundMedia, SendError>, Vec<HttpRequest>) {
    let meta = Meta { answer: answer(status, body), asked: Mutex::default() };
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let result = runtime.block_on(carrier().upload(&meta, file));
    (result, meta.asked.into_inner().unwrap())
}

fn file(bytes: &[u8], mime: &str, filename: &str) -> Upload {
    Upload { bytes: Bytes::copy_from_slice(bytes), mime: mime.into(), filename: filename.into() }
}

#[test]
fn a_file_is_left_with_meta() {
    // Line ends, look-alikes of a delimiter, bytes that are no text.
    let bytes = b"\x89PNG\r\n--\r\n--x--\r\n\xff";
    let (result, asked) = upload(&file(bytes, "image/png", "a \"b\"\r\n.png"), 200, r#"{"id":"1234"}"#);
    let medium = result.unwrap();
    assert_eq!((medium.id.as_deref(), medium.mime.as_deref()), (Some("1234"), Some("image/png")));
    assert_eq!((medium.size, medium.kind()), (Some(bytes.len() as u64), "image"));
    let [request] = asked.as_slice() else { panic!("{} requests", asked.len()) };
    assert_eq!(request.url, "https://graph.facebook.com/v23.0/183920475610238/media");
    assert!(request.headers.contains(&("authorization", "Bearer EAAG-token".into())));
    let (_, content_type) = request.headers.iter().find(|(name, _)| *name == "content-type").unwrap();
    let parts = multipart::parse(content_type, &request.body).unwrap();
    let parts: Vec<_> = parts.iter().map(|p| (p.name.as_str(), p.filename.is_some(), p.data)).collect();
    let expect: [(&str, bool, &[u8]); 3] =
        [("messaging_product", false, b"whatsapp"), ("type", false, b"image/png"), ("file", true, bytes)];
    assert_eq!(parts, expect);
}

#[test]
fn the_codec_behind_a_type_is_not_told_to_meta() {
    let (result, asked) = upload(&file(b"OggS", "audio/ogg; codecs=opus", "a.ogg"), 200, r#"{"id":"1"}"#);
    assert_eq!(result.unwrap().mime.as_deref(), Some("audio/ogg; codecs=opus"), "it tells a voice note");
    let (_, content_type) = asked[0].headers.iter().find(|(name, _)| *name == "content-type").unwrap();
    let parts = multipart::parse(content_type, &asked[0].body).unwrap();
    assert_eq!((parts[1].name.as_str(), parts[1].data), ("type", &b"audio/ogg"[..]));
    assert_eq!(parts[2].media_type.as_deref(), Some("audio/ogg"));
}

#[test]
fn files_that_meta_would_refuse_are_not_sent() {
    let large = vec![0; (5 << 20) + 1];
    #[rustfmt::skip]
    let cases = [
        ("a kind of picture", file(b"x", "image/tiff", "a.tiff"), "unsupported"),
        ("no type", file(b"x", "", "a"), "unsupported"),
        ("a type that ends the line", file(b"x", "application/pdf\r\nX: y", "a.pdf"), "unsupported"),
        ("half a type", file(b"x", "application/", "a"), "unsupported"),
        ("nothing in it", file(b"", "image/png", "a.png"), "media"),
        ("too large", file(&large, "image/png", "a.png"), "media"),
    ];
    for (name, file, code) in cases {
        let (result, asked) = upload(&file, 200, r#"{"id":"1"}"#);
        assert_eq!(result.unwrap_err().code(), code, "{name}");
        assert!(asked.is_empty(), "{name}");
    }
}

#[test]
fn an_upload_that_failed_may_be_repeated() {
    use ErrorClass as E;
    let error = |code: i64| json!({ "error": { "code": code, "message": "no" } }).to_string();
    #[rustfmt::skip]
    let cases = [
        ("a type that Meta refuses", 400, error(100), E::BadRequest),
        ("an unusable file", 400, error(131_053), E::Media),
        ("a wrong token", 401, error(190), E::Auth),
        ("a gateway in between", 504, "<html>".to_owned(), E::Transient),
        ("no id", 200, "{}".to_owned(), E::Transient),
    ];
    for (name, status, body, class) in cases {
        let (result, _) = upload(&file(b"x", "image/png", "a.png"), status, &body);
        assert_eq!(result.unwrap_err().class(), class, "{name}");
    }
}

#[test]
fn the_token_is_proved_where_the_app_demands_it() {
    let mut with_proof = settings();
    with_proof["appsecret_proof"] = true.into();
    let carrier = build(with_proof.clone()).unwrap();
    // Made with `printf EAAG-token | openssl dgst -sha256 -hmac new-app-secret`.
    let proof = "appsecret_proof=9198dc644bad4675bc30c1fe405838b39c5c24a23792e77f9b4c1a7bf5a8ad7b";
    let settings: Settings = serde_json::from_value(with_proof).unwrap();
    let urls = [
        carrier.request(&message(text("x"))).unwrap().url,
        super::upload::request(&settings, &file(b"x", "image/png", "a.png")).unwrap().url,
        account::check_request(&settings).url,
    ];
    for url in urls {
        assert!(url.ends_with(proof), "{url}");
    }
}
