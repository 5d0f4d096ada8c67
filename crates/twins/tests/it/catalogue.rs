//! What holds for every fixture and every carrier.

use std::collections::HashSet;

use omni_twins::{TriggerError, Twins, UnknownCarrier};
use serde_json::{Map, json};

use crate::harness::{Bench, nothing};
use crate::{livechat, messagebird};

#[tokio::test]
async fn every_fixture_arrives_signed_with_its_own_id() {
    let bench = Bench::start().await;
    let mut ids = HashSet::new();
    for fixture in Twins::catalogue() {
        let triggered = bench.trigger(fixture.name, nothing()).await;
        assert_eq!(triggered.status, 200, "{}", fixture.name);
        let arrived = bench.next().await;
        let path = format!("/webhooks/{}", fixture.carrier);
        let below = arrived.path.strip_prefix(&path).is_some_and(|rest| rest.starts_with(['/', '?']));
        assert!(arrived.path == path || below, "{}: {}", fixture.name, arrived.path);
        let url = format!("{}/webhooks/twilio", bench.gateway);
        let signed = match fixture.carrier {
            "bandwidth" => crate::bandwidth::signed(&bench, &arrived),
            "inteliquent" => crate::inteliquent::signed(&bench, &arrived),
            "sendgrid" => crate::sendgrid::signed(&bench, &arrived),
            "livechat" => livechat::signed(&bench, &arrived),
            "messagebird" => messagebird::signed(&bench, &arrived, &arrived.path),
            "whatsapp" => bench.meta_signed(&arrived),
            _ => bench.twilio_signed(&arrived, &url),
        };
        assert_eq!(signed, !fixture.name.ends_with("bad_signature"), "{}", fixture.name);
        // These are not about a message of their own.
        let about_others = ["_marketing", "account_error", "replayed_token", "platform_repeated"];
        let about_others = about_others.iter().any(|ending| fixture.name.ends_with(ending));
        if !about_others
            && !fixture.name.starts_with("messagebird.conversation_")
            && !livechat::is_about_a_chat(&arrived)
        {
            assert!(ids.insert(triggered.id), "{}", fixture.name);
        }
    }
    assert!(bench.rest().await.is_empty(), "a fixture is sent once");
}

#[tokio::test]
async fn triggers_that_cannot_be_played() {
    let bench = Bench::start().await;
    let params = |value: serde_json::Value| value.as_object().cloned().unwrap_or_default();
    let error = bench.twins.trigger("whatsapp.texd", Map::new()).await.unwrap_err();
    assert_eq!(error.to_string(), "unknown event `whatsapp.texd` (did you mean `whatsapp.text`?)");
    let error = bench.twins.trigger("twilio.sms", params(json!({"txt": 1}))).await.unwrap_err();
    assert!(
        matches!(error, TriggerError::UnknownParam { ref param, suggestion: Some("text"), .. } if param == "txt")
    );
    for (event, given) in [
        ("whatsapp.text", json!({"from": "Ana"})),
        ("whatsapp.username", json!({"user_id": "7Qk20"})),
        ("whatsapp.batch", json!({"count": 0})),
        ("whatsapp.location", json!({"latitude": "north"})),
        ("whatsapp.status_failed", json!({"code": "bad"})),
        ("bandwidth.text", json!({"from": "Ana"})),
        ("bandwidth.group", json!({"members": "+15550001002,Ana"})),
        ("bandwidth.rbm_location", json!({"longitude": "east"})),
        ("bandwidth.status_failed", json!({"code": 200})),
        ("inteliquent.text", json!({"from": "12345"})),
        ("inteliquent.receipt_failed", json!({"code": 1_000})),
        ("sendgrid.email", json!({"from": "Ana"})),
        ("sendgrid.dropped", json!({"reason": "bad luck"})),
        ("sendgrid.group_unsubscribe", json!({"group": "all"})),
        ("twilio.sms", json!({"from": "12"})),
        ("twilio.status_failed", json!({"status": "lost"})),
        ("twilio.whatsapp_location", json!({"longitude": "NaN"})),
        ("livechat.message", json!({"from": "Ana"})),
        ("livechat.postback", json!({"toggled": "perhaps"})),
        ("livechat.transferred", json!({"group": "Support"})),
        ("livechat.routing_status", json!({"status": "asleep"})),
        ("messagebird.sms", json!({"from": "Ana"})),
        ("messagebird.sms_alpha_sender", json!({"from": "+15550001001"})),
        ("messagebird.status_failed", json!({"code": "bad"})),
        ("messagebird.whatsapp_location", json!({"latitude": "north"})),
        ("messagebird.whatsapp_order", json!({"quantity": 0})),
        ("messagebird.platform_whatsapp", json!({"user_id": "7Qk20"})),
    ] {
        let error = bench.twins.trigger(event, params(given)).await.unwrap_err();
        assert!(matches!(error, TriggerError::WrongValue { .. }), "{event}: {error}");
    }
    bench.twins.set_webhook_base("http://127.0.0.1:1".into());
    let error = bench.twins.trigger("twilio.sms", Map::new()).await.unwrap_err();
    assert_eq!(error, TriggerError::Undelivered { reason: "not connected" });
}

#[tokio::test]
async fn an_unknown_carrier_has_nothing() {
    let bench = Bench::start().await;
    assert_eq!(bench.twins.base_url("pelican"), None);
    assert_eq!(bench.twins.connection_settings("pelican"), None);
    assert_eq!(bench.twins.faults("pelican"), None);
    assert!(bench.twins.messages("pelican").is_empty());
    let unknown = bench.twins.set_faults("pelican", omni_twins::Faults::default());
    assert_eq!(unknown, Err(UnknownCarrier("pelican".into())));
}

#[tokio::test]
async fn credentials_follow_the_seed() {
    let (first, again, other) =
        (Bench::start().await, Bench::start().await, Bench::with(|settings| settings.seed = 43).await);
    for (carrier, name) in [
        ("whatsapp", "access_token"),
        ("whatsapp", "app_secrets"),
        ("whatsapp", "verify_token"),
        ("bandwidth", "api_password"),
        ("bandwidth", "path_token"),
        ("inteliquent", "api_key"),
        ("sendgrid", "api_key"),
        ("sendgrid", "public_keys"),
        ("twilio", "account_sid"),
        ("twilio", "auth_tokens"),
        ("livechat", "organization_id"),
        ("messagebird", "access_key"),
        ("messagebird", "signing_keys"),
    ] {
        assert_eq!(first.setting(carrier, name), again.setting(carrier, name), "{carrier} {name}");
        assert_ne!(first.setting(carrier, name), other.setting(carrier, name), "{carrier} {name}");
    }
    assert_eq!(first.setting("whatsapp", "base_url"), first.twins.base_url("whatsapp").unwrap());
}

#[tokio::test]
async fn only_whatsapp_asks_for_a_handshake() {
    let bench = Bench::start().await;
    let handshake = bench.twins.handshake("whatsapp").await.unwrap();
    assert!(handshake.proven && handshake.status == 200);
    assert!(bench.twins.handshake("twilio").await.is_err());
    assert!(bench.twins.handshake("pelican").await.is_err());
}
