//! Tables over what Bandwidth sends, what it takes, and what it answers. The vectors of
//! `tests/vectors` run beside these.

mod answering;
mod looking_up;
mod receiving;
mod rich;
mod sending;
mod uploading;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use omni_core::content::OutboundContent;
use omni_core::id::MessageId;
use serde_json::{Value, json};

use super::*;

fn table() -> Value {
    json!({
        "account_id": "5500123",
        "applications": { "app-1": ["+17205550142", "55512", "+18445550100"], "app-2": ["AcmeRBM"] },
        "api_user": "u", "api_password": "p",
        "inbound_credentials": [{ "user": "acme", "password": "correct-horse-battery" }],
    })
}

fn settings() -> Settings {
    Settings::read(table()).unwrap()
}

fn carrier() -> Bandwidth {
    let settings = settings();
    Bandwidth { capabilities: capabilities(&settings), settings, session: Session::default() }
}

fn outbound(channel: Channel, from: &str, content: OutboundContent) -> OutboundMessage {
    OutboundMessage {
        client_ref: "msg_1".into(),
        ..OutboundMessage::new(
            MessageId::from_bytes([0; 16]),
            channel,
            from.into(),
            "+13035550177".into(),
            content,
        )
    }
}

fn response(status: u16, body: &str) -> HttpResponse {
    HttpResponse { status, headers: vec![], body: body.to_owned().into() }
}

#[test]
fn numbers_send_texts_and_agents_send_rcs() {
    let carrier = carrier();
    let expect = [
        (Channel::Sms, "+17205550142"),
        (Channel::Sms, "55512"),
        (Channel::Sms, "+18445550100"),
        (Channel::Rcs, "AcmeRBM"),
    ];
    assert_eq!(carrier.senders(), expect.map(|(channel, address)| (channel, address.into())));
    assert_eq!(carrier.routing_keys()[3], "bandwidth:app-2:AcmeRBM");
}

#[test]
fn no_secret_shows() {
    let shown = format!("{:?}", settings());
    assert!(!shown.contains("correct-horse-battery"), "{shown}");
}

/// A file of RCS may be larger than all of a picture message.
#[test]
fn how_large_a_medium_may_be_depends_on_the_agent() {
    let mut table = table();
    assert_eq!(capabilities(&Settings::read(table.clone()).unwrap()).max_media_bytes, 100_000_000);
    table["applications"] = json!({ "app-1": ["+17205550142", "alpha:Acme"] });
    assert_eq!(capabilities(&Settings::read(table).unwrap()).max_media_bytes, 3_500_000);
}
