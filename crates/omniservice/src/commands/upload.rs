//! `omni upload`: leaves a file with a connection's carrier.

use anyhow::Context as _;
use omni_core::problem::{self, Problem};

use crate::cli::UploadArgs;
use crate::client::{Client, query};
use crate::output::{self, Format, text};

/// Endings of names, and what they mean at carriers.
const TYPES: [(&str, &str); 20] = [
    ("jpg", "image/jpeg"),
    ("jpeg", "image/jpeg"),
    ("png", "image/png"),
    ("gif", "image/gif"),
    ("webp", "image/webp"),
    ("mp4", "video/mp4"),
    ("3gp", "video/3gpp"),
    ("mp3", "audio/mpeg"),
    ("m4a", "audio/mp4"),
    ("aac", "audio/aac"),
    ("amr", "audio/amr"),
    ("ogg", "audio/ogg"),
    ("opus", "audio/ogg"),
    ("pdf", "application/pdf"),
    ("txt", "text/plain"),
    ("csv", "text/csv"),
    ("vcf", "text/vcard"),
    ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ("pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
];

/// Uploads one file and prints how messages name it.
pub async fn run(args: UploadArgs) -> anyhow::Result<()> {
    let client = Client::find(&args.server)?;
    let name = args.file.file_name().and_then(|name| name.to_str()).unwrap_or("file");
    let mime = match &args.mime {
        Some(mime) => mime.as_str(),
        None => by_ending(name).ok_or_else(|| {
            let detail = format!("{name}: what is it? Say so with --type, like --type application/pdf");
            Problem::new(problem::VALIDATION_FAILED, detail)
        })?,
    };
    let file = std::fs::read(&args.file);
    let file = file.with_context(|| format!("the file {} cannot be read", args.file.display()))?;
    let path = format!("/v1/connections/{}/media{}", args.connection, query([("filename", Some(name))]));
    let medium = client.upload(&path, mime, file).await?;
    if args.server.format() != Format::Table {
        output::json(&medium);
        return Ok(());
    }
    let named = [text(&medium, "id"), text(&medium, "url")].into_iter().find(|named| !named.is_empty());
    output::line(named.unwrap_or_default());
    eprintln!("  next: omni send <to> --content '{{\"type\":\"media\",\"media\":[{medium}]}}'");
    Ok(())
}

fn by_ending(name: &str) -> Option<&'static str> {
    let (_, ending) = name.rsplit_once('.')?;
    TYPES.iter().find(|(known, _)| ending.eq_ignore_ascii_case(known)).map(|(_, mime)| *mime)
}

#[cfg(test)]
mod tests {
    use super::by_ending;

    #[test]
    fn endings_say_what_a_file_is() {
        let cases = [
            ("menu.PDF", Some("application/pdf")),
            ("a.b.jpg", Some("image/jpeg")),
            ("README", None),
            ("x.exe", None),
        ];
        for (name, expect) in cases {
            assert_eq!(by_ending(name), expect, "{name}");
        }
    }
}
