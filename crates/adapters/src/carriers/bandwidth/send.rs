//! Handing messages to Bandwidth. Pure. Text and picture messages go through the messages API,
//! RCS through the multi-channel API.

use omni_core::carrier::OutboundMessage;
use omni_core::content::{Custom, OutboundContent};
use omni_core::event::Channel;
use omni_core::failure::{ErrorClass, SendError};
use omni_core::http::HttpRequest;
use serde_json::{Map, Value, json};

use super::sender::on_the_wire;
use super::{NAME, Settings, media, rich};
use crate::shared::json::object;

/// Longest text of one request; Bandwidth itself splits it into segments (description of
/// `messageText`).
pub(super) const MAX_TEXT: usize = 2_048;
/// What a request says beside its content, whatever the channel (description of
/// `messageRequest` and `multiChannelMessageRequest`).
const MANNERS: [&str; 2] = ["priority", "expiration"];

/// The request for a message.
pub(super) fn request(settings: &Settings, message: &OutboundMessage) -> Result<HttpRequest, SendError> {
    let application = settings
        .application_of(&message.from)
        .or_else(|| settings.applications.keys().next().map(String::as_str))
        .ok_or_else(|| {
            SendError::rejected(ErrorClass::Permission, "no_application", "no application is configured")
        })?;
    let (path, mut body) = match message.channel {
        Channel::Sms | Channel::Mms => ("messages", plain(message, application)?),
        Channel::Rcs => ("messages/multiChannel", rcs(settings, message, application)?),
        _ => return Err(SendError::Unsupported("Bandwidth carries SMS, MMS and RCS only")),
    };
    body.insert("tag".into(), json!(message.client_ref));
    if let Some(at) = message.expires_at {
        body.insert("expiration".into(), json!(at));
    }
    Ok(HttpRequest::new("POST", settings.url(path)).header("accept", "application/json").json(&body))
}

fn plain(message: &OutboundMessage, application: &str) -> Result<Map<String, Value>, SendError> {
    let mut body = match &message.content {
        OutboundContent::Text { text } => object(json!({ "text": fitting(text, MAX_TEXT)? })),
        OutboundContent::Media { media, text } => object(json!({
            "media": media::of_mms(media, &message.from)?,
            "text": fitting(text.as_deref().unwrap_or_default(), MAX_TEXT)?,
        })),
        OutboundContent::Custom(custom) => {
            let own = own_shape(custom)?;
            if !own.contains_key("text") && !own.contains_key("media") {
                return Err(SendError::Unsupported(
                    "a text message of Bandwidth's shape has `text` or `media`",
                ));
            }
            own.clone()
        }
        _ => return Err(SendError::Unsupported("text messages carry words and media only")),
    };
    // Ours come last: what an object of the carrier's shape says about them does not count.
    body.insert("applicationId".into(), json!(application));
    body.insert("from".into(), json!(on_the_wire(&message.from)));
    body.insert("to".into(), json!([message.to.expose()]));
    Ok(body)
}

fn rcs(
    settings: &Settings,
    message: &OutboundMessage,
    application: &str,
) -> Result<Map<String, Value>, SendError> {
    let (content, manners) = match &message.content {
        OutboundContent::Custom(custom) => apart(own_shape(custom)?.clone())?,
        content => (rich::content(settings, content)?, Map::new()),
    };
    let mut body = object(json!({
        "to": message.to.expose(),
        "channelList": [{
            "from": on_the_wire(&message.from),
            "applicationId": application,
            "channel": "RBM",
            "content": content,
        }],
    }));
    body.extend(manners);
    Ok(body)
}

/// The object of content in Bandwidth's own shape.
fn own_shape(custom: &Custom) -> Result<&Map<String, Value>, SendError> {
    if custom.carrier == NAME.0 {
        Ok(&custom.object)
    } else {
        Err(SendError::Unsupported("this content has the shape of another carrier"))
    }
}

/// An RCS content, and what its object says about how it is sent.
fn apart(mut content: Map<String, Value>) -> Result<(Value, Map<String, Value>), SendError> {
    let taken = MANNERS.into_iter().filter_map(|name| Some((name.to_owned(), content.remove(name)?)));
    let manners = taken.collect();
    if content.is_empty() {
        return Err(SendError::Unsupported("an RCS message of Bandwidth's shape has content"));
    }
    Ok((content.into(), manners))
}

/// The text if it fits: a longer one is split before it comes here, never cut.
pub(super) fn fitting(text: &str, limit: usize) -> Result<&str, SendError> {
    if text.chars().count() <= limit { Ok(text) } else { Err(SendError::Unsupported("the text is too long")) }
}
