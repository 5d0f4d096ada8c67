//! Reading `multipart/form-data`, as carriers take uploads.

use bytes::Bytes;

/// More parts than this is no upload.
const MOST_PARTS: usize = 32;

/// One field of a form.
#[derive(Debug)]
pub(crate) struct Part {
    pub(crate) name: String,
    pub(crate) filename: Option<String>,
    pub(crate) content_type: Option<String>,
    pub(crate) body: Bytes,
}

/// The parts of a form; `None` if this is not a well-formed one.
pub(crate) fn parts(content_type: &str, body: &Bytes) -> Option<Vec<Part>> {
    let boundary = boundary(content_type)?;
    let first = format!("--{boundary}");
    let between = format!("\r\n--{boundary}");
    let mut at = find(body, first.as_bytes(), 0)? + first.len();
    let mut parts = Vec::new();
    loop {
        if body.get(at..)?.starts_with(b"--") {
            return Some(parts);
        }
        if parts.len() == MOST_PARTS {
            return None;
        }
        let head = find(body, b"\r\n", at)? + 2;
        let head_ends = find(body, b"\r\n\r\n", head)?;
        let ends = find(body, between.as_bytes(), head_ends + 2)?;
        let content = body.slice((head_ends + 4).min(ends)..ends);
        parts.push(part(std::str::from_utf8(body.get(head..head_ends)?).ok()?, content)?);
        at = ends + between.len();
    }
}

fn part(head: &str, body: Bytes) -> Option<Part> {
    let (mut name, mut filename, mut content_type) = (None, None, None);
    for line in head.split("\r\n") {
        let (header, value) = line.split_once(':')?;
        if header.eq_ignore_ascii_case("content-disposition") {
            name = parameter(value, "name");
            filename = parameter(value, "filename");
        } else if header.eq_ignore_ascii_case("content-type") {
            content_type = Some(value.trim().to_owned());
        }
    }
    Some(Part { name: name?, filename, content_type, body })
}

fn boundary(content_type: &str) -> Option<String> {
    let media_type = content_type.split(';').next()?.trim();
    if !media_type.eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    parameter(content_type, "boundary").filter(|boundary| (1..=70).contains(&boundary.len()))
}

/// The value of `; name=value` or `; name="value"`.
fn parameter(header: &str, wanted: &str) -> Option<String> {
    header.split(';').skip(1).find_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        name.trim().eq_ignore_ascii_case(wanted).then(|| value.trim().trim_matches('"').to_owned())
    })
}

fn find(body: &[u8], needle: &[u8], from: usize) -> Option<usize> {
    let first = *needle.first()?;
    let mut at = from;
    loop {
        at += body.get(at..)?.iter().position(|byte| *byte == first)?;
        if body.get(at..)?.starts_with(needle) {
            return Some(at);
        }
        at += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TYPE: &str = "multipart/form-data; boundary=\"x-y\"";

    type Read = (String, Option<String>, Option<String>, Bytes);

    fn read(body: &str) -> Option<Vec<Read>> {
        let parts = parts(TYPE, &Bytes::copy_from_slice(body.as_bytes()))?;
        Some(parts.into_iter().map(|part| (part.name, part.filename, part.content_type, part.body)).collect())
    }

    #[test]
    fn reads_fields_and_files() {
        let body = "preamble\r\n--x-y\r\nContent-Disposition: form-data; name=\"type\"\r\n\r\nimage/png\r\n\
                    --x-y\r\ncontent-type: image/png\r\nCONTENT-DISPOSITION: form-data; name=file; \
                    filename=\"a.png\"\r\n\r\n\r\n--x-\r\n\r\n--x-y--\r\n";
        let expect = vec![
            ("type".to_owned(), None, None, Bytes::from_static(b"image/png")),
            (
                "file".to_owned(),
                Some("a.png".to_owned()),
                Some("image/png".to_owned()),
                Bytes::from_static(b"\r\n--x-\r\n"),
            ),
        ];
        assert_eq!(read(body), Some(expect));
    }

    #[test]
    fn refuses_what_is_cut_off_or_nameless() {
        for body in [
            "",
            "--x-y",
            "--x-y\r\n",
            "--x-y\r\nContent-Disposition: form-data; name=a\r\n",
            "--x-y\r\nContent-Disposition: form-data; name=a\r\n\r\n",
            "--x-y\r\nContent-Disposition: form-data; name=a\r\n\r\nbody\r\n--x-y",
            "--x-y\r\nContent-Disposition: form-data\r\n\r\nbody\r\n--x-y--",
        ] {
            assert_eq!(read(body), None, "{body:?}");
        }
        assert!(parts("application/json", &Bytes::new()).is_none());
        assert!(parts("multipart/form-data", &Bytes::new()).is_none());
    }
}
