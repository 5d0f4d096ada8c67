//! Receipts that come in the worst moment, or for an attempt that nobody believes in.

use std::time::Duration;

use omni_core::carrier::{Accepted, Found};
use omni_core::event::{Channel, MessageType};
use omni_core::message::AttemptOutcome;
use omni_core::problem;
use omni_core::status::Status;
use omni_core::store::{Changes, Expect, Facets, Put, Store as _, Table};
use omni_pipeline::consent::ConsentRecord;
use omni_pipeline::worker;
use serde_json::json;
use std::sync::Arc;

use crate::ambiguous;
use crate::support::gate::Gate;
use crate::support::{Does, Scripted, World, sms};

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

/// LiveChat says of a chat what was seen up to when, and names no message.
#[tokio::test]
async fn what_was_seen_up_to_a_time_is_read_and_what_came_later_is_not() {
    for they_began in [true, false] {
        let chat = Arc::new(Scripted::new("lc", Channel::Chat));
        let world = World::of([&chat], |_| {});
        if they_began {
            world.callback("lc", json!([{ "id": "in-1", "text": "a question", "chat": "chat-1" }])).await;
            world.settle().await;
        }
        let send = async |text: &str| {
            let body =
                json!({ "to": { "address": crate::support::PERSON, "channel": "chat" }, "text": text });
            let id = world.publish(&body, None).await.unwrap().response.message_id;
            world.settle().await;
            world.pass(Duration::from_secs(60)).await;
            id
        };
        let (first, second) = (send("one").await, send("two").await);
        let up_to = world.engine.now();
        world.pass(Duration::from_secs(1)).await;
        let third = send("three").await;
        let seen = |chat: &str, state: &str| json!([{ "status": state, "chat": chat, "upTo": up_to }]);
        world.callback("lc", seen("chat-2", "read")).await;
        world.callback("lc", seen("chat-1", "chewed")).await;
        world.settle().await;
        assert_eq!(world.message(second).await.status, Status::Sent, "{they_began}");
        for _ in 0..2 {
            world.callback("lc", seen("chat-1", "read")).await;
            world.settle().await;
        }
        let mut stand = Vec::new();
        for id in [first, second, third] {
            stand.push(world.message(id).await.status);
        }
        assert_eq!(stand, [Status::Read, Status::Read, Status::Sent], "{they_began}");
        assert_eq!(world.message(first).await.receipts.len(), 1, "{they_began}");
    }
}

/// The person has seen the first part of a long text; of the second nobody knows whether it left.
#[tokio::test]
async fn what_was_seen_is_no_proof_that_a_send_without_outcome_arrived() {
    for (record, status, sends) in
        [(Found::NotTaken, Status::Sent, 3), (Found::Taken(Accepted::with_id("lc-2")), Status::Read, 2)]
    {
        let chat = Arc::new(Scripted::new("lc", Channel::Chat));
        chat.next([Does::Takes, ambiguous()]);
        chat.records(Some(Found::Unclear));
        let world = World::of([&chat], |_| {});
        let body = json!({ "to": { "address": crate::support::PERSON, "channel": "chat" },
            "text": "word ".repeat(60).trim() });
        let id = world.publish(&body, None).await.unwrap().response.message_id;
        world.settle().await;
        let seen = json!([{ "status": "read", "chat": "chat-1", "upTo": world.engine.now() }]);
        for _ in 0..2 {
            world.callback("lc", seen.clone()).await;
            world.settle().await;
        }
        let message = world.message(id).await;
        assert_eq!(message.status, Status::Sending, "{record:?}");
        assert_eq!(message.attempts[0].status, Some(Status::Read), "{record:?}");
        assert_eq!(message.attempts[1].outcome, AttemptOutcome::Ambiguous, "{record:?}");
        assert_eq!(message.receipts.len(), 1, "a repetition says nothing new: {record:?}");
        chat.records(Some(record.clone()));
        world.pass(Duration::from_secs(60)).await;
        assert_eq!((world.message(id).await.status, chat.texts().len()), (status, sends), "{record:?}");
    }
}

/// What one carrier of a conversation saw says nothing of what another one failed to deliver.
#[tokio::test]
async fn what_the_carrier_calls_failed_was_not_seen() {
    let chat = Arc::new(Scripted::new("lc", Channel::Chat));
    let world = World::of([&chat], |_| {});
    let body = json!({ "to": { "address": crate::support::PERSON, "channel": "chat" }, "text": "one" });
    let id = world.publish(&body, None).await.unwrap().response.message_id;
    world.settle().await;
    world.callback("lc", json!([{ "status": "failed", "ref": id, "id": "lc-1" }])).await;
    world.callback("lc", json!([{ "status": "read", "chat": "chat-1", "upTo": world.engine.now() }])).await;
    world.settle().await;
    assert_eq!(world.message(id).await.status, Status::Failed);
}

/// The first versions kept consent under each spelling of a number by itself.
#[tokio::test]
async fn an_opt_out_from_before_numbers_shared_a_key_still_binds() {
    for (kept_under, wrote_to) in [
        ("+541123456789", "+5491123456789"),
        ("+551161234567", "+5511961234567"),
        ("+5215512345678", "+525512345678"),
        ("+13035550177", "+13035550177"),
    ] {
        let world = World::of([&sms()], |_| {});
        let body = json!({ "to": wrote_to, "text": "hi" });
        let scheduled =
            json!({ "to": wrote_to, "text": "hi", "options": { "scheduledAt": "2026-11-21T13:00:00Z" } });
        let scheduled = world.publish(&scheduled, None).await.unwrap().response.message_id;
        let mut old = Changes::new(world.tenant.clone());
        old.puts.push(Put {
            table: Table::Pointer,
            key: format!("consent|main|{kept_under}"),
            expect: Expect::Any,
            body: r#"{"optedOut":true,"source":"keyword","at":"2026-11-01T00:00:00Z"}"#.into(),
            group: None,
            facets: Facets::default(),
            expires_at: None,
        });
        world.store.commit(old).await.unwrap();
        let refused = world.publish(&body, None).await.unwrap_err();
        assert_eq!(refused.code, problem::RECIPIENT_OPTED_OUT, "{kept_under}");
        world.pass(Duration::from_secs(2 * 60 * 60)).await;
        assert_eq!(world.message(scheduled).await.status, Status::Failed, "{kept_under}");
        world.callback("alpha", json!([{ "id": "in-1", "from": wrote_to, "text": "start" }])).await;
        world.settle().await;
        world.publish(&body, None).await.unwrap_or_else(|refused| panic!("{kept_under}: {refused:?}"));
    }
}

#[tokio::test]
async fn who_opted_out_gets_no_copy_either() {
    let mut mail = Scripted::new("mail", Channel::Email);
    mail.carries(MessageType::Email);
    let mail = Arc::new(mail);
    let world = World::of([&mail], |_| {});
    let body = |copies: &str, at: Option<&str>| {
        json!({ "to": "ana@customer.example", "options": { "scheduledAt": at },
            "content": { "type": "email", "text": "offer", copies: ["Rosa@Customer.example"] } })
    };
    let scheduled = world.publish(&body("bcc", Some("2026-11-21T13:00:00Z")), None).await.unwrap();
    let mut changes = Changes::new(world.tenant.clone());
    let stop = ConsentRecord::by_keyword(true, world.engine.now());
    stop.write(&"main".parse().unwrap(), "rosa@customer.example", &mut changes);
    world.store.commit(changes).await.unwrap();
    for copies in ["cc", "bcc"] {
        let refused = world.publish(&body(copies, None), None).await.unwrap_err();
        assert_eq!(refused.code, problem::RECIPIENT_OPTED_OUT, "{copies}");
    }
    world.pass(Duration::from_secs(2 * 60 * 60)).await;
    assert_eq!(world.message(scheduled.response.message_id).await.status, Status::Failed);
    assert!(mail.texts().is_empty());
}

/// Each copy is a condition of the commit before the write: it must fit.
#[tokio::test]
async fn a_mail_with_the_most_copies_leaves() {
    let mut mail = Scripted::new("mail", Channel::Email);
    mail.carries(MessageType::Email);
    let mail = Arc::new(mail);
    let world = World::of([&mail], |_| {});
    let body = |copies: usize| {
        let people: Vec<String> = (0..copies).map(|n| format!("p{n}@customer.example")).collect();
        json!({ "to": "ana@customer.example", "options": { "purpose": "marketing" },
            "content": { "type": "email", "text": "offer", "cc": people[..copies / 2], "bcc": people[copies / 2..] } })
    };
    assert_eq!(world.publish(&body(41), None).await.unwrap_err().errors[0].code, "too_many");
    let id = world.publish(&body(40), None).await.unwrap().response.message_id;
    world.settle().await;
    assert_eq!(world.message(id).await.status, Status::Sent);
}
