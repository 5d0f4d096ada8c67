//! What a mail says: our kinds of content in SendGrid's members.

use omni_core::content::{Button, Email, Interactive, OutboundContent, OutboundMedia, Template};
use omni_core::failure::SendError;
use serde_json::{Value, json};

use super::attach::{self, Files, Link, is_web};
use super::custom;
use crate::shared::html;

/// The words of a mail that is nothing but a file: SendGrid refuses an empty one.
const NO_WORDS: &str = "See the attachment.";

/// Adds `content` to a mail that has its recipients, its sender and a subject.
pub(super) fn add(mail: &mut Value, content: &OutboundContent) -> Result<(), SendError> {
    match content {
        OutboundContent::Text { text } => add_words(mail, Some(text), None),
        OutboundContent::Template(template) => add_template(mail, template),
        OutboundContent::Interactive(interactive) => add_choices(mail, interactive),
        OutboundContent::Media { media, text } => add_media(mail, media, text.as_deref()),
        OutboundContent::Email(email) => add_email(mail, email),
        OutboundContent::Custom(custom) => custom::merge(mail, custom),
        _ => Err(SendError::Unsupported(
            "mail carries words, media, templates, choices and mails of their own only",
        )),
    }
}

fn add_template(mail: &mut Value, template: &Template) -> Result<(), SendError> {
    if template.header.is_some() || !template.buttons.is_empty() {
        return Err(SendError::Unsupported("a template of SendGrid has no header or buttons to fill in"));
    }
    mail["template_id"] = json!(template.template_id);
    mail["personalizations"][0]["dynamic_template_data"] = json!(template.params);
    remove_subject(mail);
    Ok(())
}

/// A dynamic template brings its own subject.
pub(super) fn remove_subject(mail: &mut Value) {
    if let Some(members) = mail.as_object_mut() {
        members.remove("subject");
    }
}

fn add_email(mail: &mut Value, email: &Email) -> Result<(), SendError> {
    if let Some(subject) = email.subject.as_deref().and_then(one_line) {
        mail["subject"] = json!(subject);
    }
    let files = attach::sort(&email.attachments, email.html.as_deref())?;
    let derived = match (&email.text, &email.html) {
        (None, Some(html)) => Some(html::to_text(html)),
        _ => None,
    };
    let text = email.text.as_deref().or(derived.as_deref()).unwrap_or_default();
    let html = email.html.as_deref().filter(|html| !html.trim().is_empty());
    let html = html.map(|html| format!("{html}{}", links_in_html(&files.links)));
    add_attached(mail, &files);
    let words = with_links(Some(text), &files.links);
    let is_only_files = words.is_empty() && html.is_none() && !files.attached.is_empty();
    add_words(mail, Some(if is_only_files { NO_WORDS } else { &words }), html.as_deref())
}

fn add_media(mail: &mut Value, media: &[OutboundMedia], text: Option<&str>) -> Result<(), SendError> {
    let files = attach::sort(media, None)?;
    add_attached(mail, &files);
    let words = with_links(text, &files.links);
    add_words(mail, Some(if words.is_empty() { NO_WORDS } else { &words }), None)
}

fn add_attached(mail: &mut Value, files: &Files<'_>) {
    if !files.attached.is_empty() {
        mail["attachments"] = json!(files.attached);
    }
}

/// The words, and below them a line for each link.
fn with_links(text: Option<&str>, links: &[Link<'_>]) -> String {
    let links = links.iter().map(Link::in_words).collect::<Vec<_>>().join("\n");
    let parts = [text.unwrap_or_default(), &links];
    let parts: Vec<&str> = parts.into_iter().filter(|part| !part.trim().is_empty()).collect();
    parts.join("\n\n")
}

fn links_in_html(links: &[Link<'_>]) -> String {
    let item = |link: &Link<'_>| anchor(link.url, link.name.unwrap_or(link.url));
    let items: Vec<String> = links.iter().map(item).collect();
    if items.is_empty() { String::new() } else { format!("<p>{}</p>", items.join("<br>")) }
}

/// Choices as a list, with links where they lead somewhere.
fn add_choices(mail: &mut Value, interactive: &Interactive) -> Result<(), SendError> {
    let Interactive { text, header, header_media, footer, buttons, .. } = interactive;
    let files = attach::sort(header_media.as_deref(), None)?;
    let picture = files.links.first().map(Link::in_words);
    let above = [header.as_deref(), picture.as_deref(), Some(text.as_str())];
    let above: Vec<&str> = above.into_iter().flatten().collect();
    let list = buttons.iter().zip(titles(buttons)).map(choice).collect::<Vec<_>>().join("\n");
    let mut plain = above.clone();
    plain.push(&list);
    plain.extend(footer.as_deref());
    let paragraph = |text: &str| format!("<p>{}</p>", escaped(text).replace('\n', "<br>"));
    let mut html: String = above.iter().map(|text| paragraph(text)).collect();
    html.push_str("<ul>");
    html.extend(buttons.iter().zip(titles(buttons)).map(html_choice));
    html.push_str("</ul>");
    html.extend(footer.as_deref().map(paragraph));
    add_attached(mail, &files);
    add_words(mail, Some(&plain.join("\n\n")), Some(&html))
}

/// For each choice the title of the section that begins with it.
fn titles(buttons: &[Button]) -> impl Iterator<Item = Option<&str>> {
    let before = std::iter::once(None).chain(buttons.iter().map(|button| button.section.as_deref()));
    buttons
        .iter()
        .zip(before)
        .map(|(button, before)| button.section.as_deref().filter(|section| Some(*section) != before))
}

fn label(button: &Button) -> String {
    match &button.description {
        Some(description) => format!("{} ({description})", button.title),
        None => button.title.clone(),
    }
}

fn choice((button, section): (&Button, Option<&str>)) -> String {
    let section = section.map(|title| format!("{title}\n")).unwrap_or_default();
    match &button.url {
        Some(url) => format!("{section}- {}: {url}", label(button)),
        None => format!("{section}- {}", label(button)),
    }
}

fn html_choice((button, section): (&Button, Option<&str>)) -> String {
    let section = section.map(|title| format!("</ul><p>{}</p><ul>", escaped(title))).unwrap_or_default();
    match button.url.as_deref().filter(|url| is_web(url)) {
        Some(url) => format!("{section}<li>{}</li>", anchor(url, &label(button))),
        None => format!("{section}<li>{}</li>", escaped(&label(button))),
    }
}

fn anchor(url: &str, words: &str) -> String {
    format!("<a href=\"{}\">{}</a>", escaped(url), escaped(words))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// A subject is one line; `None` if nothing is left of it.
fn one_line(text: &str) -> Option<String> {
    let words = text.split(|c: char| c.is_whitespace() || c.is_control());
    let line = words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    (!line.is_empty()).then_some(line)
}

/// Plain text always comes before HTML; an empty part is refused by SendGrid.
fn add_words(mail: &mut Value, words: Option<&str>, html: Option<&str>) -> Result<(), SendError> {
    let words = words.filter(|words| !words.trim().is_empty());
    let plain = words.map(|words| json!({ "type": "text/plain", "value": words }));
    let html = html.map(|html| json!({ "type": "text/html", "value": html }));
    let parts: Vec<Value> = plain.into_iter().chain(html).collect();
    if parts.is_empty() {
        return Err(SendError::Unsupported("a mail needs words"));
    }
    mail["content"] = json!(parts);
    Ok(())
}
