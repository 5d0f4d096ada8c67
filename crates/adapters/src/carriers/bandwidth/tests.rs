//! Tables over what Bandwidth sends, what it takes, and what it answers. The vectors of
//! `tests/vectors` run beside these.

mod answering;
mod looking_up;
mod receiving;
mod sending;

use omni_core::content::OutboundContent;
use omni_core::id::MessageId;
use serde_json::json;

use super::*;

fn table() -> Value {
    json!({
        "account_id": "5500123",
        "applications": { "app-1": ["+17205550142", "55512"], "app-2": ["AcmeRBM"] },
        "api_user": "u", "api_password": "p",
        "inbound_credentials": [{ "user": "acme", "password": "correct-horse-battery" }],
    })
}

fn settings() -> Settings {
    Settings::read(table()).unwrap()
}

fn carrier() -> Bandwidth {
    Bandwidth { settings: settings(), session: Session::default(), capabilities: capabilities() }
}

fn outbound(channel: Channel, from: &str, content: OutboundContent) -> OutboundMessage {
    OutboundMessage {
        message_id: MessageId::from_bytes([0; 16]),
        client_ref: "msg_1".into(),
        channel,
        from: from.into(),
        to: "+13035550177".into(),
        content,
        reply_to: None,
        conversation_ref: None,
        status_url: None,
        expires_at: None,
    }
}

fn response(status: u16, body: &str) -> HttpResponse {
    HttpResponse { status, headers: vec![], body: body.to_owned().into() }
}

#[test]
fn numbers_send_texts_and_agents_send_rcs() {
    let carrier = carrier();
    let expect = [(Channel::Sms, "+17205550142"), (Channel::Sms, "55512"), (Channel::Rcs, "AcmeRBM")];
    assert_eq!(carrier.senders(), expect.map(|(channel, address)| (channel, address.into())));
    assert_eq!(carrier.routing_keys()[2], "bandwidth:app-2:AcmeRBM");
}

#[test]
fn no_secret_shows() {
    let shown = format!("{:?}", settings());
    assert!(!shown.contains("correct-horse-battery"), "{shown}");
}
