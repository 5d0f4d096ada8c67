//! Writing `multipart/form-data` (RFC 7578), as carriers take uploads.

use bytes::Bytes;
use omni_core::carrier::Upload;

use super::hmac;

/// What stands for a media type that is none.
const UNKNOWN: &str = "application/octet-stream";

/// A form of text fields and one file in the field `name`: its content type and its body.
pub fn with_file(fields: &[(&str, &str)], name: &str, file: &Upload) -> (String, Bytes) {
    // Nobody can write the digest of a file into that file.
    let boundary = hmac::hex(&hmac::digest(&file.bytes));
    let mut body = Vec::with_capacity(file.bytes.len() + 1_024);
    for (field, value) in fields {
        let part =
            format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{field}\"\r\n\r\n{value}\r\n");
        body.extend_from_slice(part.as_bytes());
    }
    let (filename, mime) = (quoted(&file.filename), media_type(&file.mime));
    let head = format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"{filename}\"\r\n\
         Content-Type: {mime}\r\n\r\n"
    );
    body.extend_from_slice(head.as_bytes());
    body.extend_from_slice(&file.bytes);
    body.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
    (format!("multipart/form-data; boundary={boundary}"), body.into())
}

/// A file name as browsers write it into a form: what would end the quotes or the line is
/// escaped.
fn quoted(name: &str) -> String {
    name.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A")
}

/// The media type, if it can stand in a header line.
fn media_type(mime: &str) -> &str {
    let is_token = |part: &str| {
        !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&b))
    };
    if mime.split_once('/').is_some_and(|(a, b)| is_token(a) && is_token(b)) { mime } else { UNKNOWN }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(filename: &str, mime: &str) -> String {
        let file = Upload { bytes: "ab\r\n--".into(), mime: mime.into(), filename: filename.into() };
        let (content_type, body) = with_file(&[("use", "x")], "file", &file);
        let boundary = content_type.strip_prefix("multipart/form-data; boundary=").unwrap();
        assert!((1..=70).contains(&boundary.len()));
        String::from_utf8(body.to_vec()).unwrap().replace(boundary, "B")
    }

    #[test]
    fn a_form_holds_its_fields_and_its_file() {
        let expect = "--B\r\nContent-Disposition: form-data; name=\"use\"\r\n\r\nx\r\n\
                      --B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"ä b.png\"\r\n\
                      Content-Type: image/png\r\n\r\nab\r\n--\r\n--B--\r\n";
        assert_eq!(written("ä b.png", "image/png"), expect);
    }

    #[test]
    fn names_and_types_cannot_leave_their_line() {
        let hostile = written("a\"\r\nX: y", "image/png\r\nX: y");
        assert!(
            hostile.contains("filename=\"a%22%0D%0AX: y\"\r\nContent-Type: application/octet-stream\r\n\r\n")
        );
        for mime in ["", "image", "image/", "image/png; x=y", "ima ge/png"] {
            assert!(written("a", mime).contains("Content-Type: application/octet-stream\r\n"), "{mime}");
        }
    }
}
