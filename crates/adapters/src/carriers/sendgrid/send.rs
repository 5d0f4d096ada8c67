//! Handing mail to SendGrid, and reading its answers. Both pure.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use omni_core::address::Address;
use omni_core::carrier::{Accepted, Health, OutboundMessage};
use omni_core::content::{Button, Interactive, OutboundContent, OutboundMedia, Template};
use omni_core::event::Channel;
use omni_core::failure::SendError;
use omni_core::http::{HttpRequest, HttpResponse};
use serde_json::{Value, json};

use super::{Settings, errors, mail};
use crate::shared::loose::{self, Object};
use crate::shared::{answer, text};

/// All of a mail, attachments in base64.
const MAX_MAIL: usize = 30_000_000;

/// The request for a mail to one person.
pub(super) fn request(settings: &Settings, message: &OutboundMessage) -> Result<HttpRequest, SendError> {
    if message.channel != Channel::Email {
        return Err(SendError::Unsupported("SendGrid carries e-mail only"));
    }
    let mut body = json!({
        "personalizations": [{
            "to": [{ "email": email(&message.to) }],
            "custom_args": { "omni_msg_id": message.client_ref },
        }],
        "from": sender(settings, message),
        "headers": headers(message),
        "tracking_settings": {
            "click_tracking": { "enable": false, "enable_text": false },
            "open_tracking": { "enable": false },
        },
    });
    if let Some(address) = reply_to(settings, message) {
        body["reply_to"] = json!({ "email": address });
    }
    let is_reply = message.reply_to.is_some() && !settings.subject.starts_with("Re:");
    body["subject"] =
        json!(if is_reply { format!("Re: {}", settings.subject) } else { settings.subject.clone() });
    add_content(&mut body, &message.content)?;
    let request = HttpRequest::new("POST", settings.url("mail/send"))
        .header("authorization", settings.authorization())
        .json(&body);
    if request.body.len() > MAX_MAIL {
        return Err(SendError::Unsupported("a mail has at most 30 MB"));
    }
    Ok(request)
}

fn email(address: &Address) -> &str {
    let text = address.expose();
    text.strip_prefix("email:").unwrap_or(text)
}

fn sender(settings: &Settings, message: &OutboundMessage) -> Value {
    let mut from = json!({ "email": email(&message.from) });
    if let Some(name) = &settings.from_name {
        from["name"] = json!(name);
    }
    from
}

/// Our own id as `Message-ID`: a mail that is sent twice after all is shown once by most
/// mail programs, and answers name it.
fn headers(message: &OutboundMessage) -> Value {
    let domain = email(&message.from).rsplit('@').next().unwrap_or_default();
    let mut headers = json!({ "Message-ID": format!("<{}@{domain}>", message.client_ref) });
    if let Some(parent) = message.reply_to.as_deref().filter(|id| is_message_id(id)) {
        headers["In-Reply-To"] = json!(format!("<{parent}>"));
        headers["References"] = json!(format!("<{parent}>"));
    }
    headers
}

/// Nothing that a stranger wrote gets into a header unless it is one plain id.
fn is_message_id(id: &str) -> bool {
    id.len() <= 250 && id.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'<' | b'>'))
}

/// The configured address, with the conversation's token behind a plus.
fn reply_to(settings: &Settings, message: &OutboundMessage) -> Option<String> {
    let address = settings.reply_to.as_deref()?;
    let is_token = |token: &&str| {
        (1..=64).contains(&token.len())
            && token.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
    };
    let token = message.conversation_ref.as_deref().filter(is_token);
    match (token, address.rsplit_once('@')) {
        (Some(token), Some((local, domain))) => Some(format!("{local}+{token}@{domain}")),
        _ => Some(address.to_owned()),
    }
}

fn add_content(body: &mut Value, content: &OutboundContent) -> Result<(), SendError> {
    match content {
        OutboundContent::Text { text } => add_words(body, text, None),
        OutboundContent::Template(Template { template_id, params, .. }) => {
            body["template_id"] = json!(template_id);
            body["personalizations"][0]["dynamic_template_data"] = json!(params);
            // A dynamic template brings its own subject.
            if let Some(object) = body.as_object_mut() {
                object.remove("subject");
            }
            Ok(())
        }
        OutboundContent::Interactive(Interactive { text, header, footer, buttons, .. }) => {
            let above: Vec<_> = [header.as_deref(), Some(text.as_str())].into_iter().flatten().collect();
            add_choices(body, &above, buttons, footer.as_deref())
        }
        OutboundContent::Media { media, text } => add_media(body, media, text.as_deref()),
        _ => Err(SendError::Unsupported("mail carries words, media, templates and choices only")),
    }
}

fn add_media(body: &mut Value, media: &[OutboundMedia], text: Option<&str>) -> Result<(), SendError> {
    let (mut attachments, mut links) = (Vec::new(), Vec::new());
    for medium in media {
        match attachment(medium) {
            Some(attachment) => attachments.push(attachment),
            None => links.push(link(medium).ok_or(SendError::Unsupported("media need a public URL"))?),
        }
    }
    if !attachments.is_empty() {
        body["attachments"] = json!(attachments);
    }
    let links = Some(links.join("\n")).filter(|links| !links.is_empty());
    let words = text.map(str::to_owned).filter(|text| !text.trim().is_empty());
    let parts: Vec<_> = words.into_iter().chain(links).collect();
    let words = parts.join("\n\n");
    add_words(body, if words.is_empty() { "See the attachment." } else { &words }, None)
}

/// Choices as a list, with links where they lead somewhere.
fn add_choices(
    body: &mut Value,
    above: &[&str],
    buttons: &[Button],
    below: Option<&str>,
) -> Result<(), SendError> {
    let list = buttons.iter().map(choice).collect::<Vec<_>>().join("\n");
    let mut plain = above.to_vec();
    plain.push(&list);
    plain.extend(below);
    let paragraph = |text: &str| format!("<p>{}</p>", escaped(text).replace('\n', "<br>"));
    let mut html: String = above.iter().map(|text| paragraph(text)).collect();
    html.push_str("<ul>");
    html.extend(buttons.iter().map(html_choice));
    html.push_str("</ul>");
    html.extend(below.map(paragraph));
    add_words(body, &plain.join("\n\n"), Some(&html))
}

/// Plain text always comes before HTML; an empty part is refused by SendGrid.
fn add_words(body: &mut Value, words: &str, html: Option<&str>) -> Result<(), SendError> {
    if words.trim().is_empty() {
        return Err(SendError::Unsupported("a mail needs words"));
    }
    let mut parts = vec![json!({ "type": "text/plain", "value": words })];
    parts.extend(html.map(|html| json!({ "type": "text/html", "value": html })));
    body["content"] = json!(parts);
    Ok(())
}

fn choice(button: &Button) -> String {
    match &button.url {
        Some(url) => format!("- {}: {url}", button.title),
        None => format!("- {}", button.title),
    }
}

fn html_choice(button: &Button) -> String {
    match button.url.as_deref().filter(|url| is_web(url)) {
        Some(url) => format!("<li><a href=\"{}\">{}</a></li>", escaped(url), escaped(&button.title)),
        None => format!("<li>{}</li>", escaped(&button.title)),
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn is_web(url: &str) -> bool {
    url.starts_with("https://") || url.starts_with("http://")
}

/// `data:application/pdf;base64,…` travels inside the mail.
fn attachment(medium: &OutboundMedia) -> Option<Value> {
    let (kind, data) = medium.url.as_deref()?.strip_prefix("data:")?.split_once(',')?;
    let kind = kind.strip_suffix(";base64")?;
    STANDARD.decode(data).ok()?;
    let named = kind.split(';').next().filter(|kind| kind.contains('/'));
    let mime = medium.mime.as_deref().or(named).unwrap_or("application/octet-stream");
    let filename =
        medium.filename.as_deref().and_then(text::base_name).unwrap_or_else(|| "attachment".into());
    Some(json!({ "content": data, "filename": filename, "type": mime, "disposition": "attachment" }))
}

fn link(medium: &OutboundMedia) -> Option<String> {
    let url = medium.url.as_deref().filter(|url| is_web(url))?;
    Some(match &medium.filename {
        Some(name) => format!("{name}: {url}"),
        None => url.to_owned(),
    })
}

/// What the answer means: 202 is taken, with the id in a header; 200 is the sandbox.
pub(super) fn outcome(response: &HttpResponse) -> Result<Accepted, SendError> {
    if response.is_success() {
        let id = response.header("x-message-id").unwrap_or_default();
        return Ok(Accepted::with_id(id.trim()));
    }
    let body: Object = serde_json::from_slice(&response.body).unwrap_or_default();
    let first = body.get("errors").and_then(Value::as_array).and_then(|errors| errors.first()?.as_object());
    let said = |key: &str| first.and_then(|error| loose::word(error, key)).unwrap_or_default();
    let (reason, field) = (said("message"), said("field"));
    let class = errors::class_of_answer(response.status, &reason, &field);
    let error = answer::refused(response, class, &field, &reason);
    Err(with_reset(error, response))
}

/// A throttled answer names the second at which to come back, not how long to wait.
fn with_reset(error: SendError, response: &HttpResponse) -> SendError {
    let SendError::Rejected { class, code, reason, retry_after: None } = error else { return error };
    let reset = response.header("x-ratelimit-reset").and_then(|at| at.trim().parse().ok());
    let now = response.header("date").and_then(mail::parse_date);
    let retry_after = match (reset, now) {
        (Some(reset), Some(now)) if response.status == 429 => {
            Some(omni_core::time::Timestamp::from_secs(reset).since(now))
        }
        _ => None,
    };
    SendError::Rejected { class, code, reason, retry_after }
}

/// The rights of the API key; sending is the one that matters.
pub(super) fn health(response: &HttpResponse) -> Health {
    let body: Value = serde_json::from_slice(&response.body).unwrap_or_default();
    let scopes = body["scopes"].as_array().map(Vec::as_slice).unwrap_or_default();
    let (ok, detail) = match response.status {
        200 if scopes.iter().any(|scope| scope == "mail.send") => (true, "the API key may send mail".into()),
        200 => (false, "the API key lacks the right mail.send".into()),
        401 | 403 => (false, "SendGrid refuses the API key: check api_key".into()),
        status => (false, format!("SendGrid answered {status}")),
    };
    Health { ok, detail }
}
