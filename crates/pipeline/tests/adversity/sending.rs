//! Never twice, never by the wrong way, never for ever.

use std::sync::Arc;
use std::time::Duration;

use omni_core::carrier::{Accepted, Found};
use omni_core::event::{Channel, ReportedState};
use omni_core::failure::ErrorClass;
use omni_core::message::AttemptOutcome;
use omni_core::status::Status;
use omni_core::store::{Changes, Expect, Query, Store as _, Table, decode};
use omni_core::time::Clock as _;
use omni_pipeline::directory::Directory;
use omni_pipeline::{dead_letters, worker};
use serde_json::json;

use crate::support::gate::Gate;
use crate::support::{Does, PERSON, Scripted, World, sms};
use crate::{ambiguous, dead_letter, open_attempt, refuses};

#[tokio::test]
async fn a_test_keys_message_never_leaves_by_a_live_connection() {
    let (live, twin) = (sms(), Arc::new(Scripted::new("beta", Channel::Sms)));
    let world = World::connected([&live, &twin], |_| {}, |c| c.sandbox = c.id.as_str() == "beta");
    world.callback("alpha", json!([{ "id": "in-1", "text": "hm" }])).await;
    world.settle().await;
    let body = json!({ "to": PERSON, "text": "only a test" });
    world.publish_as(true, &body, None).await.unwrap();
    world.settle().await;
    assert_eq!((live.texts(), twin.texts()), (vec![], vec!["only a test".to_owned()]));
    world.publish_as(false, &json!({ "to": PERSON, "text": "for real" }), None).await.unwrap();
    world.settle().await;
    assert_eq!((live.texts().len(), twin.texts().len()), (1, 1), "nor the other way round");
}

#[tokio::test]
async fn a_part_refused_for_good_ends_the_message_with_the_carriers_reason() {
    let carrier = sms();
    let world = World::of([&carrier], |_| {});
    carrier.next([Does::Takes]);
    carrier.next((0..50).map(|_| refuses(ErrorClass::Registration)));
    let text = "word ".repeat(60);
    let id = world.send(text.trim()).await.unwrap().response.message_id;
    world.settle().await;
    let message = world.message(id).await;
    assert_eq!((carrier.texts().len(), message.status), (2, Status::Failed));
    assert_eq!(message.error.unwrap().class, ErrorClass::Registration);
}

#[tokio::test]
async fn a_carrier_is_asked_about_a_part_by_the_words_of_that_part() {
    let carrier = sms();
    let world = World::of([&carrier], |_| {});
    carrier.next([Does::Takes, ambiguous()]);
    let text = "word ".repeat(60);
    world.send(text.trim()).await.unwrap();
    world.pass(Duration::from_secs(5)).await;
    let asked = carrier.asked.lock().unwrap()[0].clone();
    let sent = carrier.texts();
    assert_eq!((asked.text.as_deref(), sent.len()), (Some(sent[1].as_str()), 2));
}

#[tokio::test]
async fn what_a_receipt_showed_as_sent_neither_expires_nor_is_dropped() {
    let carrier = sms();
    let world = World::of([&carrier], |_| {});
    carrier.next([ambiguous()]);
    let expires = world.clock.now() + Duration::from_secs(30);
    let body = json!({ "to": PERSON, "text": "pay now", "options": { "expireAt": expires } });
    let id = world.publish(&body, None).await.unwrap().response.message_id;
    world.settle().await;
    world.callback("alpha", json!([{ "status": "sent", "ref": id, "id": "a-1" }])).await;
    world.callback("alpha", json!([{ "id": "in-1", "text": "stop" }])).await;
    world.settle().await;
    world.clock.advance(Duration::from_secs(60));
    world.settle().await;
    let message = world.message(id).await;
    assert_eq!((message.status, message.error), (Status::Sent, None));
}

#[tokio::test]
async fn a_repeat_under_the_same_key_waits_for_its_own_carrier() {
    let first = Arc::new(Scripted::new("alpha", Channel::Sms).idempotent());
    let second = Arc::new(Scripted::new("beta", Channel::Sms));
    first.next([ambiguous()]);
    let world = World::of([&first, &second], |account| account.reconcile_after_secs = 5);
    let id = world.send("pay now").await.unwrap().response.message_id;
    world.settle().await;
    let alpha = "alpha".parse().unwrap();
    assert!(world.engine.breakers.failed(&alpha, ErrorClass::Auth, world.clock.now()));
    world.pass(Duration::from_secs(60)).await;
    assert_eq!((first.texts().len(), second.texts().len()), (2, 0));
    let sent = first.sent.lock().unwrap().clone();
    assert_eq!(sent[0].client_ref, sent[1].client_ref);
    assert_eq!(world.message(id).await.status, Status::Sent);
}

#[tokio::test]
async fn a_key_that_the_carrier_may_have_forgotten_is_not_sent_again() {
    let carrier = Arc::new(Scripted::new("alpha", Channel::Sms).idempotent());
    carrier.next([ambiguous()]);
    let world = World::of([&carrier], |account| account.reconcile_after_secs = 5);
    let id = world.send("pay now").await.unwrap().response.message_id;
    world.settle().await;
    // As after a long stop of the gateway.
    world.clock.advance(Duration::from_secs(3 * 60 * 60));
    world.pass(Duration::from_secs(60)).await;
    let message = world.message(id).await;
    assert_eq!((carrier.texts().len(), message.error.unwrap().code.as_str()), (1, "DELIVERY_AMBIGUOUS"));
}

#[tokio::test]
async fn a_record_of_an_earlier_message_settles_no_later_one() {
    let carrier = sms();
    let world = World::of([&carrier], |account| account.reconcile_after_secs = 5);
    let first = world.send("your code is 1").await.unwrap().response.message_id;
    world.settle().await;
    let taken = world.message(first).await.carrier_message_id.unwrap();
    carrier.next([ambiguous()]);
    carrier.records(Some(Found::Taken(Accepted::with_id(taken.clone()))));
    let second = world.send("your code is 1").await.unwrap().response.message_id;
    world.settle().await;
    world.pass(Duration::from_secs(60)).await;
    let message = world.message(second).await;
    assert_eq!(message.error.unwrap().code, "DELIVERY_AMBIGUOUS");
    world.callback("alpha", json!([{ "status": "delivered", "id": taken }])).await;
    world.settle().await;
    assert_eq!(world.message(first).await.status, Status::Delivered);
}

#[tokio::test]
async fn after_a_crash_the_carrier_gets_a_moment_before_its_record_is_believed() {
    let carrier = sms();
    carrier.records(Some(Found::NotTaken));
    let world = World::of([&carrier], |_| {});
    let id = world.send("pay now").await.unwrap().response.message_id;
    let mut message = world.message(id).await;
    message.attempts.push(open_attempt(id));
    let mut changes = Changes::new(world.tenant.clone());
    changes.put(&message, Expect::Version(1));
    world.store.commit(changes).await.unwrap();
    world.settle().await;
    assert_eq!(carrier.texts().len(), 0, "the request may still be on its way");
    carrier.records(Some(Found::Taken(Accepted::with_id("a-1"))));
    world.pass(Duration::from_secs(10)).await;
    let message = world.message(id).await;
    assert_eq!((carrier.texts().len(), message.status), (0, Status::Sent));
}

/// The carrier's record says that it took the first part of a long text, and failed.
#[tokio::test]
async fn a_part_that_a_look_up_finds_failed_fails_the_message() {
    let carrier = sms();
    carrier.next([ambiguous()]);
    let failed = Accepted { state: ReportedState::Failed, ..Accepted::with_id("a-1") };
    carrier.records(Some(Found::Taken(failed)));
    let world = World::of([&carrier], |_| {});
    let id = world.send("word ".repeat(60).trim()).await.unwrap().response.message_id;
    world.pass(Duration::from_secs(30)).await;
    assert_eq!((carrier.texts().len(), world.message(id).await.status), (1, Status::Failed));
}

#[tokio::test]
async fn work_that_is_given_up_fails_its_message_and_a_redrive_sends_it() {
    let carrier = sms();
    let mut world = World::of([&carrier], |_| {});
    let id = world.send("hi").await.unwrap().response.message_id;
    let configured = std::mem::replace(&mut world.engine.directory, Arc::new(Directory::new(vec![], vec![])));
    world.pass(Duration::from_secs(300)).await;
    let message = world.message(id).await;
    assert_eq!((message.status, world.count(Table::DeadLetter).await), (Status::Failed, 1));
    assert_eq!(message.error.unwrap().code, "ROUTING_RESOLUTION_FAILED");
    world.engine.directory = configured;
    let letter = dead_letter(&world).await;
    dead_letters::redrive(&world.engine, &world.tenant, letter).await.unwrap();
    world.settle().await;
    assert_eq!((carrier.texts().len(), world.message(id).await.status), (1, Status::Sent));
}

#[tokio::test]
async fn a_redrive_of_what_was_never_asked_about_asks_first() {
    let carrier = sms();
    let mut world = World::of([&carrier], |_| {});
    carrier.next([ambiguous()]);
    let id = world.send("pay now").await.unwrap().response.message_id;
    world.settle().await;
    let configured = std::mem::replace(&mut world.engine.directory, Arc::new(Directory::new(vec![], vec![])));
    world.pass(Duration::from_secs(300)).await;
    world.engine.directory = configured;
    carrier.records(Some(Found::Taken(Accepted::with_id("a-1"))));
    let letter = dead_letter(&world).await;
    dead_letters::redrive(&world.engine, &world.tenant, letter).await.unwrap();
    world.pass(Duration::from_secs(10)).await;
    assert_eq!((carrier.texts().len(), world.message(id).await.status), (1, Status::Sent));
}

#[tokio::test]
async fn a_redriven_message_that_was_sent_after_all_stays_sent() {
    let carrier = sms();
    carrier.next([ambiguous()]);
    let world = World::of([&carrier], |account| account.reconcile_after_secs = 5);
    let id = world.send("pay now").await.unwrap().response.message_id;
    world.settle().await;
    world.pass(Duration::from_secs(20)).await;
    let letter = dead_letter(&world).await;
    world.callback("alpha", json!([{ "status": "delivered", "ref": id, "id": "a-1" }])).await;
    world.settle().await;
    assert_eq!(world.message(id).await.status, Status::Delivered);
    dead_letters::redrive(&world.engine, &world.tenant, letter).await.unwrap();
    world.settle().await;
    assert_eq!((carrier.texts().len(), world.message(id).await.status), (1, Status::Delivered));
}

#[tokio::test]
async fn the_longest_text_goes_out_whole() {
    let carrier = sms();
    let world = World::of([&carrier], |_| {});
    let text = "word ".repeat(3_200);
    let id = world.send(text.trim()).await.unwrap().response.message_id;
    world.settle().await;
    let message = world.message(id).await;
    let parts = usize::from(message.attempts[0].parts);
    assert!(parts > 64, "{parts}");
    assert_eq!((carrier.texts().len(), message.status), (parts, Status::Sent));
}

#[tokio::test]
async fn a_slow_senders_messages_wait_in_a_row_and_each_but_once() {
    let carrier = sms();
    let world = World::connected([&carrier], |_| {}, |c| c.rate_per_sender = Some(1.0));
    for n in 0..20 {
        let body = json!({ "to": format!("+130355501{n:02}"), "text": format!("{n}") });
        world.publish(&body, None).await.unwrap();
    }
    world.settle().await;
    assert_eq!(carrier.texts().len(), 1);
    world.pass(Duration::from_secs(10)).await;
    let late = json!({ "to": PERSON, "text": "late" });
    world.publish(&late, None).await.unwrap();
    world.pass(Duration::from_secs(15)).await;
    let texts = carrier.texts();
    assert_eq!((texts.len(), texts.last().map(String::as_str)), (21, Some("late")), "{texts:?}");
    for message in world.outbound().await {
        let waits = message.trace.iter().filter(|entry| entry.verdict.starts_with("waits")).count();
        assert!(waits <= 2, "{waits} waits");
    }
}

#[tokio::test]
async fn a_panic_is_reported_under_its_step() {
    let carrier = sms();
    let world = World::of([&carrier], |account| {
        account.steps = serde_json::from_value(json!([
            { "stepId": "publishOutbound", "retryPolicy": { "maxRetries": 0 } },
        ]))
        .unwrap();
    });
    carrier.next([Does::Panics]);
    let id = world.send("hi").await.unwrap().response.message_id;
    world.settle().await;
    let page = world.store.list(&world.tenant, &Query::newest(Table::DeadLetter, 1)).await.unwrap();
    let letter: omni_core::job::DeadLetter = decode(&page.records[0].body).unwrap();
    assert_eq!((letter.step.as_str(), letter.code.as_str()), ("publishOutbound", "INTERNAL"));
    let message = world.message(id).await;
    assert_eq!((message.status, message.attempts[0].outcome), (Status::Failed, AttemptOutcome::Started));
}

#[tokio::test]
async fn an_outcome_is_kept_though_its_lease_was_lost() {
    let carrier = sms();
    let mut world = World::of([&carrier], |_| {});
    let id = world.send("hi").await.unwrap().response.message_id;
    let gate = crate::support::gate::Gate::before(&world.store, "ref|");
    world.engine.store = gate.clone();
    let jobs = world.store.lease(1, Duration::ZERO).await.unwrap();
    let working = worker::work(&world.engine, &jobs[0]);
    let overtaking = async {
        gate.reached().await;
        // Its lease ends, and meanwhile somebody else changes the message.
        world.clock.advance(Duration::from_secs(31));
        let found = world.message(id).await;
        let mut changes = Changes::new(world.tenant.clone());
        changes.put(&found, Expect::Any);
        world.store.commit(changes).await.unwrap();
        gate.open();
    };
    tokio::join!(working, overtaking);
    let message = world.message(id).await;
    assert_eq!((message.status, message.attempts[0].outcome), (Status::Sent, AttemptOutcome::Accepted));
    world.pass(Duration::from_secs(60)).await;
    assert_eq!(carrier.texts().len(), 1);
}

#[tokio::test]
async fn a_healed_connection_gets_its_place_back() {
    let (first, second) = (sms(), Arc::new(Scripted::new("beta", Channel::Sms)));
    let world = World::connected([&first, &second], |_| {}, |c| c.rank = i32::from(c.id.as_str() == "beta"));
    let send = async |n: u32| {
        let body = json!({ "to": format!("+13035550{n}"), "text": "hi" });
        world.publish(&body, None).await.unwrap();
        world.settle().await;
        (first.texts().len(), second.texts().len())
    };
    first.next([refuses(ErrorClass::Auth)]);
    assert_eq!(send(101).await, (1, 1));
    assert_eq!(send(102).await, (1, 2), "open");
    world.clock.advance(Duration::from_secs(11));
    assert_eq!(send(103).await, (2, 2), "one message probes it");
    assert_eq!(send(104).await, (3, 2), "healed");
}

#[tokio::test]
async fn while_one_message_probes_the_others_go_elsewhere() {
    let (first, second) = (sms(), Arc::new(Scripted::new("beta", Channel::Sms)));
    let world = World::of([&first, &second], |_| {});
    let alpha = "alpha".parse().unwrap();
    world.engine.breakers.failed(&alpha, ErrorClass::Auth, world.clock.now());
    world.clock.advance(Duration::from_secs(11));
    assert!(world.engine.breakers.admit(&alpha, world.clock.now()), "the probe");
    world.send("hi").await.unwrap();
    world.settle().await;
    assert_eq!((first.texts().len(), second.texts().len()), (0, 1));
}

#[tokio::test]
async fn a_window_that_closed_meanwhile_is_named() {
    let carrier = Arc::new(Scripted::new("wa", Channel::Whatsapp).windowed());
    let world = World::of([&carrier], |_| {});
    world.callback("wa", json!([{ "id": "in-1", "text": "hm" }])).await;
    world.settle().await;
    let later = world.clock.now() + Duration::from_secs(30 * 3_600);
    let body = json!({ "to": PERSON, "text": "hi", "options": { "scheduledAt": later } });
    let id = world.publish(&body, None).await.unwrap().response.message_id;
    world.clock.advance(Duration::from_secs(31 * 3_600));
    world.settle().await;
    let message = world.message(id).await;
    assert_eq!((message.status, message.error.unwrap().code.as_str()), (Status::Failed, "WINDOW_CLOSED"));
}

#[tokio::test]
async fn a_message_expires_on_time_though_its_next_try_is_far_away() {
    let carrier = sms();
    carrier.next([refuses(ErrorClass::Unreachable)]);
    let world = World::of([&carrier], |_| {});
    let expires = world.clock.now() + Duration::from_secs(30);
    let body = json!({ "to": PERSON, "text": "now", "options": { "expireAt": expires } });
    let id = world.publish(&body, None).await.unwrap().response.message_id;
    world.settle().await;
    world.pass(Duration::from_secs(31)).await;
    assert_eq!(world.message(id).await.status, Status::Expired);
}

#[tokio::test]
async fn who_lost_the_lease_sends_nothing() {
    let carrier = sms();
    let world = World::of([&carrier], |_| {});
    world.send("hi").await.unwrap();
    let late = world.store.lease(1, Duration::ZERO).await.unwrap();
    world.clock.advance(Duration::from_secs(31));
    let next = world.store.lease(1, Duration::ZERO).await.unwrap();
    worker::work(&world.engine, &late[0]).await;
    assert_eq!(carrier.texts().len(), 0);
    worker::work(&world.engine, &next[0]).await;
    assert_eq!(carrier.texts().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_send_is_not_cut_off_when_its_lease_is_lost() {
    let carrier = sms();
    let mut world = World::of([&carrier], |_| {});
    let id = world.send("hi").await.unwrap().response.message_id;
    let gate = crate::support::gate::Gate::before(&world.store, "ref|");
    world.engine.store = gate.clone();
    let jobs = world.store.lease(1, Duration::ZERO).await.unwrap();
    let meanwhile = async {
        gate.reached().await;
        world.clock.advance(Duration::from_secs(31));
        tokio::time::sleep(Duration::from_secs(15)).await;
        gate.open();
    };
    tokio::join!(worker::work(&world.engine, &jobs[0]), meanwhile);
    assert_eq!(world.message(id).await.status, Status::Sent);
}

/// The commit that records the attempt stands at the door; meanwhile STOP comes in.
#[tokio::test]
async fn who_opts_out_after_the_last_look_is_sent_nothing() {
    let carrier = sms();
    let mut world = World::of([&carrier], |_| {});
    let id = world.send("an offer").await.unwrap().response.message_id;
    let gate = Gate::before(&world.store, "msg_");
    let plain = std::mem::replace(&mut world.engine.store, gate.clone());
    let jobs = world.store.lease(1, Duration::ZERO).await.unwrap();
    let overtaking = async {
        gate.reached().await;
        world.callback("alpha", json!([{ "id": "in-1", "text": "STOP" }])).await;
        world.settle().await;
        gate.open();
    };
    tokio::join!(worker::work(&world.engine, &jobs[0]), overtaking);
    world.engine.store = plain;
    world.settle().await;
    assert!(!carrier.texts().contains(&"an offer".to_owned()), "{:?}", carrier.texts());
    let message = world.message(id).await;
    assert_eq!(message.status, Status::Failed);
    assert_eq!(message.error.unwrap().code, "RECIPIENT_OPTED_OUT");
}
