//! `api.bird.com`: `POST /workspaces/{workspace}/channels/{channel}/messages`.

mod body;

use omni_core::address::Address;
use omni_core::carrier::{Capabilities, OutboundMessage};
use omni_core::content::{OutboundContent, Template};
use omni_core::event::MessageType;
use omni_core::failure::SendError;
use omni_core::http::HttpRequest;
use serde_json::{Value, json};

use super::super::account::{Account, ChannelRoute};
use super::{access_key, base, limits};
use crate::shared::form;

const API: &str = "https://api.bird.com";

/// Longest text of an SMS; not published, so that of the first generation.
const MAX_SMS: usize = 1_377;

/// Largest file of an MMS; not published, so that of the first generation.
const MAX_MMS_BYTES: u64 = super::rest::MAX_MEDIA_BYTES;

pub(super) fn capabilities(base: Capabilities) -> Capabilities {
    let mut content = super::common_content();
    content.push(MessageType::LocationRequest);
    Capabilities {
        content,
        max_text: limits::longest_text(&base.channels, MAX_SMS),
        max_media: 10,
        max_media_bytes: limits::largest_file(&base.channels, MAX_MMS_BYTES),
        ..base
    }
}

pub(super) fn request(
    account: &Account,
    route: &ChannelRoute,
    message: &OutboundMessage,
) -> Result<HttpRequest, SendError> {
    limits::check(route.channel, &message.content, |text| text.chars().count() <= MAX_SMS)?;
    let mut wire = json!({
        "receiver": { "contacts": [contact(&message.to)] },
        "reference": message.client_ref,
    });
    match &message.content {
        OutboundContent::Template(approved) => wire["template"] = template(approved)?,
        other => wire["body"] = body::body(other)?,
    }
    if let Some(url) = &message.status_url {
        wire["notification"] = json!({ "url": url });
    }
    if let Some(id) = &message.reply_to {
        wire["replyTo"] = json!({ "id": id, "type": "message" });
    }
    let url = format!("{}/messages", channel_url(account, &route.id)?);
    Ok(HttpRequest::new("POST", url).header("authorization", access_key(account)).json(&wire))
}

fn channel_url(account: &Account, channel: &str) -> Result<String, SendError> {
    let workspace = account.settings.workspaces.first();
    let workspace = workspace.ok_or(SendError::Unsupported("sending needs the setting workspaces"))?;
    let base = base(account.settings.base_url.as_ref(), API);
    Ok(format!("{base}/workspaces/{}/channels/{}", form::segment(workspace), form::segment(channel)))
}

fn contact(to: &Address) -> Value {
    match to.expose().split_once(':') {
        None => json!({ "identifierKey": "phonenumber", "identifierValue": to.expose() }),
        Some(("email", address)) => json!({ "identifierKey": "emailaddress", "identifierValue": address }),
        Some(("bsuid", id)) => json!({ "identifierKey": "whatsappbsuid", "identifierValue": id }),
        Some((kind, id)) => json!({ "identifierKey": kind, "identifierValue": id }),
    }
}

/// `project` or `project:version`; without a version, the living one. What varies in a header
/// or a button is a variable like any other.
fn template(template: &Template) -> Result<Value, SendError> {
    let Template { template_id, language, params, header, buttons } = template;
    if header.is_some() || !buttons.is_empty() {
        return Err(SendError::Unsupported(
            "all variables of a Studio template are templateParams, in headers and buttons, too",
        ));
    }
    let (project, version) = template_id.split_once(':').unwrap_or((template_id, "latest"));
    let mut wire = json!({ "projectId": project, "version": version, "variables": params });
    if let Some(language) = language {
        wire["locale"] = json!(language);
    }
    Ok(wire)
}

/// Reading one of our channels needs the same key as sending over it.
pub(super) fn check(account: &Account) -> Result<HttpRequest, SendError> {
    let route = account.channels.first().ok_or(SendError::Unsupported("no channel is configured"))?;
    let url = channel_url(account, &route.id)?;
    Ok(HttpRequest::new("GET", url).header("authorization", access_key(account)))
}
