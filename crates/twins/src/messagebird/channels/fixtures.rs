//! What people write to the channels of the second generation.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{Platform, message, notification};
use crate::callbacks::Callback;
use crate::fixtures::{Params, TriggerError};
use crate::messagebird::callbacks::Draft;
use crate::messagebird::fixtures::person;
use crate::messagebird::{Generation, MessageBird, api_name, uuid};
use crate::record::{Direction, Record};
use crate::samples;

/// Builds the callback of a fixture.
pub(in crate::messagebird) fn play(
    twin: &MessageBird,
    event: &'static str,
    params: &Params,
) -> Result<Callback, TriggerError> {
    let person = person(params)?;
    let platform = if event.starts_with("bird_whatsapp") { Platform::Whatsapp } else { Platform::Sms };
    let mut record =
        Record::new(uuid(&twin.desk.ids.hex()), Direction::Inbound, "delivered", twin.desk.now());
    record.api = api_name::CHANNELS;
    (record.from, record.to) = (person, platform.number().to_owned());
    record.content = json!({ "body": body(twin, event, params) });
    let mut payload = message(twin, &record, record.current(), record.at);
    if let Some(name) = params.given("name") {
        payload["sender"]["contact"]["annotations"] = json!({ "name": name });
    }
    let id = record.id.clone();
    let forged = event == "bird_bad_signature";
    if !forged {
        if platform == Platform::Whatsapp {
            twin.heard_from(&record.from);
        }
        twin.desk.log.push(&Arc::new(record));
    }
    let body = notification(&format!("{}.inbound", platform.word()), &payload);
    Ok(twin.signed(Generation::Bird, Draft::json(event, id, None, &body).forged(forged)))
}

fn body(twin: &MessageBird, event: &str, params: &Params) -> Value {
    let text = params.text("text");
    match event {
        "bird_whatsapp_image" => {
            let image =
                json!({ "mediaUrl": twin.attach(samples::PHOTO), "contentType": samples::PHOTO.mime });
            json!({ "type": "image", "image": { "images": [image], "text": text } })
        }
        "bird_whatsapp_button" => {
            let postback = json!({ "text": text, "payload": params.text("payload") });
            let action = json!({ "type": "postback", "postback": postback });
            json!({ "type": "text", "text": { "text": text, "actions": [action] } })
        }
        "bird_unsupported" => json!({ "type": "hologram", "hologram": {} }),
        _ => json!({ "type": "text", "text": { "text": text } }),
    }
}
