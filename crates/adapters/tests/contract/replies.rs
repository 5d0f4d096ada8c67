//! Answers in the carrier's own dialect.

use omni_core::event::{CarrierEvent, InboundMessage, StatusUpdate};
use omni_core::webhook::{Outcome, Refusal, WebhookReply};

use crate::support::samples;
use crate::support::sign::request;

fn message() -> CarrierEvent {
    CarrierEvent::Message(Box::<InboundMessage>::default())
}

fn status() -> CarrierEvent {
    CarrierEvent::Status(Box::<StatusUpdate>::default())
}

/// Status, content type and body.
fn spoken(reply: &WebhookReply) -> (u16, Option<&'static str>, String) {
    (reply.status, reply.content_type, String::from_utf8(reply.body.to_vec()).unwrap())
}

#[test]
fn an_accepted_message_is_answered_as_the_carrier_wants_it() {
    const TWIML: &str = r#"<?xml version="1.0" encoding="UTF-8"?><Response/>"#;
    for sample in samples::all("s") {
        let (content_type, body) = match sample.carrier {
            "twilio" => (Some("text/xml"), TWIML),
            "messagebird" => (Some("text/plain"), "OK"),
            "inteliquent" => (Some("application/json"), r#"{"statusCode":"200","status":"success"}"#),
            _ => (None, ""),
        };
        let reply = sample.build().reply(Outcome::Accept, &[message()]);
        assert_eq!(spoken(&reply), (200, content_type, body.to_owned()), "{}", sample.name());
    }
}

/// Whatever verified must not come back: anything but a 2xx brings the same bytes again, for
/// days, and none of these outcomes would be another one then.
#[test]
fn whatever_verified_is_answered_with_success() {
    for sample in samples::all("s") {
        let carrier = sample.build();
        for outcome in [Outcome::Accept, Outcome::Ignore, Outcome::Quarantine, Outcome::Unroutable] {
            for events in [&[][..], &[message()], &[status()], &[status(), message()]] {
                let reply = carrier.reply(outcome, events);
                assert!(
                    (200..300).contains(&reply.status),
                    "{} {outcome:?}: {}",
                    sample.name(),
                    reply.status
                );
                assert_eq!(reply.body.is_empty(), reply.content_type.is_none(), "{}", sample.name());
            }
        }
    }
}

#[test]
fn refusals_are_client_errors_that_say_nothing() {
    for sample in samples::all("s") {
        let carrier = sample.build();
        let unproven = if sample.carrier == "twilio" { 403 } else { 401 };
        let cases = [
            (Refusal::Unverified("signature_wrong"), unproven),
            (Refusal::Replayed("replayed"), unproven),
            (Refusal::Forbidden("address_not_allowed"), 403),
            (Refusal::Method, 405),
        ];
        for (refusal, status) in cases {
            let reply = carrier.refuse(&refusal);
            assert_eq!((reply.status, reply.body.len()), (status, 0), "{} {refusal:?}", sample.name());
        }
        let rejected = carrier.reply(Outcome::Reject, &[]);
        assert!((400..500).contains(&rejected.status) && rejected.body.is_empty(), "{}", sample.name());
    }
}

/// Bandwidth may send its first request without credentials and expect to be asked.
#[test]
fn who_proves_by_password_is_asked_for_it() {
    for sample in samples::all("s") {
        let reply = sample.build().refuse(&Refusal::Unverified("credential_missing"));
        let asked = reply
            .headers
            .iter()
            .any(|(name, value)| *name == "www-authenticate" && value.starts_with("Basic"));
        assert_eq!(asked, sample.carrier == "bandwidth", "{}", sample.name());
    }
}

#[test]
fn only_metas_challenge_is_a_challenge() {
    for sample in samples::all("s") {
        let url = format!(
            "{}?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=verify-token-s",
            sample.url()
        );
        let reply = sample.build().handshake(&request("GET", url, "", ""));
        let echoed = reply.as_ref().is_some_and(|r| r.status == 200 && r.body.as_ref() == b"1158201444");
        assert_eq!((reply.is_some(), echoed), (sample.carrier == "whatsapp", sample.carrier == "whatsapp"));
        let callback = request("POST", sample.url(), "application/json", "{}");
        assert_eq!(sample.build().handshake(&callback), None, "{}", sample.name());
    }
}
