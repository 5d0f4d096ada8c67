//! What became of our messages.

use omni_core::consent::Keyword;
use omni_core::event::{ReportedState, StatusUpdate};
use omni_core::failure::ErrorClass;
use omni_core::webhook::WebhookRequest;

use super::params::{Params, tenant_key};
use super::{Settings, address, errors};
use crate::shared::{form, words};

/// Twilio's word for a state. `None` for words to come: never a guess.
pub(super) fn state(word: &str) -> Option<ReportedState> {
    Some(match word {
        "accepted" | "scheduled" | "queued" | "sending" => ReportedState::Queued,
        "sent" => ReportedState::Sent,
        "delivered" | "partially_delivered" => ReportedState::Delivered,
        "read" => ReportedState::Read,
        "undelivered" => ReportedState::Undelivered,
        "failed" => ReportedState::Failed,
        "canceled" => ReportedState::Canceled,
        _ => return None,
    })
}

/// Reads a status callback; `None` if its word says nothing to us.
pub(super) fn read(
    settings: &Settings,
    request: &WebhookRequest,
    params: &Params,
    word: &str,
    sid: String,
) -> Option<StatusUpdate> {
    let mut update = StatusUpdate {
        carrier: super::NAME.to_string(),
        external_id: sid,
        client_ref: reference(request),
        tenant_key: whose(settings, params),
        state: state(word)?,
        to_address: params.address("To").and_then(|to| address::ours(&to)),
        // Where Twilio distinguishes more than we do.
        detail: matches!(word, "accepted" | "scheduled" | "sending" | "partially_delivered")
            .then(|| word.to_owned()),
        segments: params.get("NumSegments").and_then(|count| count.parse().ok()),
        ..StatusUpdate::default()
    };
    let facts = [
        ("account", "AccountSid"),
        ("messaging_service", "MessagingServiceSid"),
        ("channel_status_code", "ChannelStatusCode"),
        ("carrier_done_at", "RawDlrDoneDate"),
    ];
    for (ours, theirs) in facts {
        if let Some(value) = params.get(theirs) {
            update.attributes.insert(ours.into(), value.into());
        }
    }
    read_error(&mut update, params);
    Some(update)
}

/// Our reference, from the query of the status URL that we gave with the message: `m`, or
/// `mid` in URLs configured by hand.
fn reference(request: &WebhookRequest) -> Option<String> {
    let query = form::decode(request.query().as_bytes());
    let named = |name: &str| query.iter().rev().find(|(n, value)| n == name && !value.is_empty());
    named("m").or_else(|| named("mid")).map(|(_, value)| value.clone())
}

/// The account and our sender; with our messaging service the service, because it picks
/// senders that need not be listed.
fn whose(settings: &Settings, params: &Params) -> Option<String> {
    let account = params.get("AccountSid")?;
    let service = params.get("MessagingServiceSid");
    if service.is_some() && service == settings.messaging_service_sid.as_deref() {
        return service.map(|service| tenant_key(account, service));
    }
    params.address("From").map(|from| tenant_key(account, &from))
}

fn read_error(update: &mut StatusUpdate, params: &Params) {
    let Some(code) = params.get("ErrorCode").filter(|code| *code != "0") else { return };
    let class = errors::class(code.parse().ok(), None);
    update.error_code = Some(code.to_owned());
    update.error_class = Some(class);
    update.retryable = Some(class.is_retryable());
    let said = params.get("ErrorMessage").or_else(|| params.get("ChannelStatusMessage"));
    update.detail = said.map(words::masked).or(update.detail.take());
    if class == ErrorClass::OptedOut {
        update.consent = Some(Keyword::Stop);
        update.address = update.to_address.clone();
    }
}
