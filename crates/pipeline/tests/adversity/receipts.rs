//! Receipts that come in the worst moment, or for an attempt that nobody believes in.

use std::time::Duration;

use omni_core::carrier::Found;
use omni_core::event::Channel;
use omni_core::problem;
use omni_core::status::Status;
use omni_core::store::Store as _;
use omni_pipeline::worker;
use serde_json::json;
use std::sync::Arc;

use crate::ambiguous;
use crate::support::gate::Gate;
use crate::support::{Scripted, World, sms};

/// A receipt is dealt with while the send that makes its id known is being written down.
#[tokio::test]
async fn a_receipt_that_overtakes_the_answers_commit_is_not_lost() {
    for parked_before in [false, true] {
        let carrier = sms();
        let mut world = World::of([&carrier], |_| {});
        if parked_before {
            world.callback("alpha", json!([{ "status": "sent", "id": "alpha-1" }])).await;
            world.settle().await;
        }
        let id = world.send("hi").await.unwrap().response.message_id;
        let gate = Gate::before(&world.store, "ref|");
        world.engine.store = gate.clone();
        let jobs = world.store.lease(1, Duration::ZERO).await.unwrap();
        let overtaking = async {
            gate.reached().await;
            world.callback("alpha", json!([{ "status": "delivered", "id": "alpha-1" }])).await;
            world.settle().await;
            gate.open();
        };
        tokio::join!(worker::work(&world.engine, &jobs[0]), overtaking);
        world.settle().await;
        assert_eq!(world.message(id).await.status, Status::Delivered, "{parked_before}");
    }
}

/// A receipt looks for its message, finds nothing, and is overtaken by the answer.
#[tokio::test]
async fn a_receipt_that_is_overtaken_by_the_answer_is_not_parked_for_ever() {
    for prefix in ["park|", "ref|"] {
        let carrier = sms();
        let mut world = World::of([&carrier], |_| {});
        let gate = Gate::before(&world.store, prefix);
        world.callback("alpha", json!([{ "status": "delivered", "id": "alpha-1" }])).await;
        let receipt = world.store.lease(1, Duration::ZERO).await.unwrap();
        let plain = std::mem::replace(&mut world.engine.store, gate.clone());
        let id = world.send("hi").await.unwrap().response.message_id;
        let overtaking = async {
            let stopped = tokio::time::timeout(Duration::from_millis(50), gate.reached()).await.is_ok();
            world.settle().await;
            gate.open();
            stopped
        };
        tokio::join!(worker::work(&world.engine, &receipt[0]), overtaking);
        world.engine.store = plain;
        world.settle().await;
        assert_eq!(world.message(id).await.status, Status::Delivered, "{prefix}");
    }
}

#[tokio::test]
async fn a_receipt_of_an_earlier_attempt_does_not_speak_for_the_later_one() {
    let cases = [("failed", Status::Sent), ("delivered", Status::Delivered)];
    for (reported, status) in cases {
        let carrier = sms();
        carrier.next([ambiguous()]);
        carrier.records(Some(Found::NotTaken));
        let world = World::of([&carrier], |_| {});
        let id = world.send("pay now").await.unwrap().response.message_id;
        world.settle().await;
        world.pass(Duration::from_secs(10)).await;
        assert_eq!(world.message(id).await.attempts.len(), 2);
        // The carrier had the first one after all.
        world.callback("alpha", json!([{ "status": reported, "ref": id, "id": "alpha-1" }])).await;
        world.settle().await;
        assert_eq!(world.message(id).await.status, status, "{reported}");
        world.callback("alpha", json!([{ "status": "delivered", "ref": id, "id": "alpha-2" }])).await;
        world.settle().await;
        assert_eq!(world.message(id).await.status, Status::Delivered, "{reported}");
    }
}

#[tokio::test]
async fn a_marketing_stop_on_whatsapp_leaves_a_full_stop_as_it_is() {
    let (text, whatsapp) = (sms(), Arc::new(Scripted::new("wa", Channel::Whatsapp)));
    let world = World::of([&text, &whatsapp], |_| {});
    let body =
        json!({ "to": { "phoneNumber": crate::support::PERSON, "channel": "whatsapp" }, "text": "offer" });
    let id = world.publish(&body, None).await.unwrap().response.message_id;
    world.settle().await;
    world.callback("alpha", json!([{ "id": "in-1", "text": "stop" }])).await;
    world.settle().await;
    assert_eq!(world.send("hi").await.unwrap_err().code, problem::RECIPIENT_OPTED_OUT);
    world.callback("wa", json!([{ "status": "failed", "ref": id, "class": "opted_out" }])).await;
    world.settle().await;
    assert_eq!(world.send("hi").await.unwrap_err().code, problem::RECIPIENT_OPTED_OUT);
}

#[tokio::test]
async fn who_refuses_marketing_gets_the_rest() {
    let whatsapp = Arc::new(Scripted::new("wa", Channel::Whatsapp));
    let world = World::of([&whatsapp], |_| {});
    let body = |purpose: Option<&str>, at: Option<&str>| {
        json!({ "to": { "phoneNumber": crate::support::PERSON, "channel": "whatsapp" }, "text": "offer",
            "options": { "purpose": purpose, "scheduledAt": at } })
    };
    let scheduled = body(Some("marketing"), Some("2026-11-21T13:00:00Z"));
    let scheduled = world.publish(&scheduled, None).await.unwrap().response.message_id;
    let id = world.publish(&body(Some("marketing"), None), None).await.unwrap().response.message_id;
    world.settle().await;
    world.callback("wa", json!([{ "status": "failed", "ref": id, "class": "opted_out" }])).await;
    world.settle().await;
    let refused = world.publish(&body(Some("marketing"), None), None).await.unwrap_err();
    assert_eq!(refused.code, problem::RECIPIENT_OPTED_OUT);
    assert!(refused.detail.contains("marketing"), "{}", refused.detail);
    for purpose in [None, Some("transactional"), Some("authentication"), Some("service")] {
        world.publish(&body(purpose, None), None).await.unwrap();
    }
    // What was accepted before is stopped by the last look.
    let sent = whatsapp.texts().len();
    world.pass(Duration::from_secs(2 * 60 * 60)).await;
    let message = world.message(scheduled).await;
    assert_eq!(
        (message.status, message.error.unwrap().code.as_str()),
        (Status::Failed, "RECIPIENT_OPTED_OUT")
    );
    assert_eq!(whatsapp.texts().len(), sent + 4);
}

/// The receipt of the first part comes while its send breaks off.
#[tokio::test]
async fn a_receipt_for_one_part_does_not_end_the_others() {
    let carrier = sms();
    carrier.next([ambiguous()]);
    let mut world = World::of([&carrier], |_| {});
    let text = "word ".repeat(60);
    let id = world.send(text.trim()).await.unwrap().response.message_id;
    let gate = Gate::after(1, &world.store, "msg_");
    world.engine.store = gate.clone();
    let jobs = world.store.lease(1, Duration::ZERO).await.unwrap();
    let overtaking = async {
        gate.reached().await;
        let part = format!("{id}.1");
        world.callback("alpha", json!([{ "status": "sent", "ref": part, "id": "alpha-1" }])).await;
        world.settle().await;
        gate.open();
    };
    tokio::join!(worker::work(&world.engine, &jobs[0]), overtaking);
    world.pass(Duration::from_secs(10)).await;
    assert_eq!((carrier.texts().len(), world.message(id).await.status), (2, Status::Sent));
}
