//! Whole journeys of messages, and what happens to them when things go wrong.

#![expect(clippy::unwrap_used, reason = "a failed expectation ends the test")]

mod adversity;
mod support;

use std::sync::Arc;
use std::time::Duration;

use omni_core::carrier::{Accepted, Found};
use omni_core::event::{Channel, ReportedState};
use omni_core::failure::{ErrorClass, SendError};
use omni_core::id::JobId;
use omni_core::message::{AttemptOutcome, Author};
use omni_core::problem;
use omni_core::status::Status;
use omni_core::store::{Store as _, Table};
use omni_core::time::Clock as _;
use omni_pipeline::dead_letters;
use serde_json::json;
use support::{Does, PERSON, SECRET, Scripted, World, sms};

fn ambiguous() -> Does {
    Does::Refuses(SendError::Ambiguous("connection reset".into()))
}

fn refuses(class: ErrorClass) -> Does {
    Does::Refuses(SendError::rejected(class, "4711", "no"))
}

#[tokio::test]
async fn a_message_is_answered_and_followed_to_the_end() {
    let carrier = sms();
    let world = World::of([&carrier], |_| {});
    let received = world.callback("alpha", json!([{ "id": "in-1", "text": "hello there" }])).await;
    world.settle().await;
    assert_eq!(carrier.texts(), ["Hi Ana"]);
    let inbound = world.message(received.messages[0]).await;
    assert_eq!((inbound.sequence, inbound.status), (Some(1), Status::Received));
    let steps: Vec<_> =
        inbound.trace.iter().map(|entry| (entry.step.as_str(), entry.verdict.as_str())).collect();
    assert_eq!(
        steps,
        [
            ("receive", "verified and stored"),
            ("workFlowIdentityLookup", "new"),
            ("workFlowBiDirectional", "created"),
            ("workFlowPreRoute", "auto_respond")
        ]
    );
    let reply = world.outbound().await.remove(0);
    assert_eq!((reply.status, reply.sequence, reply.author), (Status::Sent, Some(2), Author::AutoReply));
    for status in ["delivered", "read", "delivered"] {
        world.callback("alpha", json!([{ "status": status, "ref": reply.id }])).await;
        world.settle().await;
    }
    assert_eq!(world.message(reply.id).await.status, Status::Read);
    let events = world.events().await;
    let messages: Vec<_> = events.iter().filter(|event| event.starts_with("message.")).collect();
    assert_eq!(
        messages,
        [
            "message.received",
            "message.queued",
            "message.routed",
            "message.sent",
            "message.delivered",
            "message.read"
        ]
    );
}

#[tokio::test]
async fn a_repeated_callback_is_stored_once_and_answered_once() {
    let carrier = sms();
    let world = World::of([&carrier], |_| {});
    let body = json!([{ "id": "in-1", "text": "hello" }, { "id": "in-1", "text": "hello" }]);
    assert_eq!(world.callback("alpha", body.clone()).await.messages.len(), 1);
    let again = world.callback("alpha", body).await;
    assert_eq!((again.messages.len(), again.duplicates, again.reply.status), (0, 1, 200));
    world.settle().await;
    assert_eq!(carrier.texts().len(), 1);
}

#[tokio::test]
async fn what_does_not_verify_leaves_nothing_but_a_quarantine_entry() {
    let world = World::of([&sms()], |_| {});
    let refused = world.request("alpha", json!([{ "id": "in-1", "text": "hello" }]), "wrong").await.unwrap();
    assert_eq!(refused.reply.status, 401);
    world.settle().await;
    assert_eq!(world.count(Table::Message).await, 0);
    let query = omni_core::store::JournalQuery { set_aside: true, before: None, limit: 10 };
    let quarantine = world.store.journal_list(None, &query).await.unwrap();
    assert_eq!(quarantine.len(), 1);
    assert_eq!(quarantine[0].reasons, ["signature_wrong"]);
}

#[tokio::test]
async fn the_journal_keeps_no_secret_whatever_becomes_of_the_request() {
    for (signature, tenant) in [("wrong", None), ("right", Some("acme"))] {
        let world = World::of([&sms()], |_| {});
        let body = json!([{ "id": "in-1", "text": format!("hello {SECRET}") }]);
        world.request(&format!("alpha?token={SECRET}"), body, signature).await.unwrap();
        let query = omni_core::store::JournalQuery { set_aside: false, before: None, limit: 10 };
        let tenant = tenant.map(|tenant| tenant.parse().unwrap());
        let kept = world.store.journal_list(tenant.as_ref(), &query).await.unwrap().remove(0);
        for part in [&kept.head, &kept.body] {
            let part = String::from_utf8_lossy(part);
            assert!(!part.contains(SECRET) && part.contains("***"), "{signature}: {part}");
        }
    }
}

/// It holds a secret of ours, and nobody needs it again.
#[tokio::test]
async fn a_request_for_a_token_is_answered_and_not_kept() {
    let world = World::of([&sms()], |_| {});
    let asked = world.request("alpha?for=token", json!({ "secret": SECRET }), "wrong").await.unwrap();
    assert_eq!((asked.reply.status, &asked.reply.body[..]), (200, &b"{}"[..]));
    let query = omni_core::store::JournalQuery { set_aside: false, before: None, limit: 10 };
    for tenant in [None, Some(&world.tenant)] {
        assert!(world.store.journal_list(tenant, &query).await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn a_group_message_to_two_of_our_numbers_is_two_messages() {
    let world = World::of([&sms()], |_| {});
    let to = |number: &str| json!({ "id": "in-1", "text": "hello all", "for": format!("alpha:{number}") });
    let body = json!([to("+15550100001"), to("+15550100002"), to("+15550100001")]);
    assert_eq!(world.callback("alpha", body.clone()).await.messages.len(), 2);
    assert_eq!(world.callback("alpha", body).await.messages.len(), 0);
}

#[tokio::test]
async fn an_ambiguous_send_is_not_repeated_and_a_receipt_settles_it() {
    let (first, second) = (sms(), Arc::new(Scripted::new("beta", Channel::Sms)));
    first.next([ambiguous()]);
    let world = World::of([&first, &second], |_| {});
    let id = world.send("pay now").await.unwrap().response.message_id;
    world.settle().await;
    world.pass(Duration::from_secs(60)).await;
    assert_eq!((first.texts().len(), second.texts().len()), (1, 0), "neither repeated nor handed on");
    assert_eq!(world.message(id).await.status, Status::Sending, "the uncertainty is visible");
    world.callback("alpha", json!([{ "status": "sent", "ref": id, "id": "a-1" }])).await;
    world.pass(Duration::from_secs(120)).await;
    let message = world.message(id).await;
    assert_eq!((message.status, message.attempts.len()), (Status::Sent, 1));
    assert_eq!(message.attempts[0].outcome, AttemptOutcome::Accepted);
    assert_eq!(first.texts().len() + second.texts().len(), 1);
}

#[tokio::test]
async fn the_carriers_own_record_settles_an_ambiguous_send() {
    let failed = Accepted { state: ReportedState::Failed, ..Accepted::with_id("a-9") };
    let cases = [
        (Found::Taken(Accepted::with_id("a-9")), 1, Status::Sent),
        (Found::Taken(failed), 1, Status::Failed),
        (Found::NotTaken, 2, Status::Sent),
    ];
    for (found, sends, stands) in cases {
        let carrier = sms();
        carrier.next([ambiguous()]);
        carrier.records(Some(found.clone()));
        let world = World::of([&carrier], |_| {});
        let id = world.send("pay now").await.unwrap().response.message_id;
        world.settle().await;
        world.pass(Duration::from_secs(10)).await;
        assert_eq!(carrier.texts().len(), sends, "{found:?}");
        let message = world.message(id).await;
        assert_eq!(message.status, stands, "{found:?}");
        assert_eq!(message.error.is_some(), stands == Status::Failed, "{found:?}");
    }
}

#[tokio::test]
async fn after_the_deadline_a_person_decides_and_a_redrive_sends_again() {
    let carrier = sms();
    carrier.next([ambiguous()]);
    let world = World::of([&carrier], |account| account.reconcile_after_secs = 20);
    let id = world.send("pay now").await.unwrap().response.message_id;
    world.settle().await;
    world.pass(Duration::from_secs(40)).await;
    let message = world.message(id).await;
    assert_eq!(
        (message.status, message.error.unwrap().code.as_str()),
        (Status::Failed, "DELIVERY_AMBIGUOUS")
    );
    assert_eq!(carrier.texts().len(), 1);
    let letter = dead_letter(&world).await;
    dead_letters::redrive(&world.engine, &world.tenant, letter).await.unwrap();
    world.settle().await;
    assert_eq!((carrier.texts().len(), world.message(id).await.status), (2, Status::Sent));
    let again = dead_letters::redrive(&world.engine, &world.tenant, letter).await.unwrap_err();
    assert_eq!(again.code, problem::ALREADY_REDRIVEN);
}

async fn dead_letter(world: &World) -> JobId {
    let query = omni_core::store::Query::newest(Table::DeadLetter, 10);
    let page = world.store.list(&world.tenant, &query).await.unwrap();
    page.records[0].key.parse().unwrap()
}

#[tokio::test]
async fn a_crash_between_attempt_and_outcome_sends_nothing_blindly() {
    let carrier = sms();
    let world = World::of([&carrier], |_| {});
    let id = world.send("pay now").await.unwrap().response.message_id;
    let jobs = world.store.lease(1, Duration::ZERO).await.unwrap();
    // The worker records the attempt, hands the message over, and dies before it can write
    // the outcome: dropped at that very await.
    let slow = omni_pipeline::worker::work(&world.engine, &jobs[0]);
    drop(slow);
    let mut message = world.message(id).await;
    message.attempts.push(open_attempt(id));
    let mut changes = omni_core::store::Changes::new(world.tenant.clone());
    changes.put(&message, omni_core::store::Expect::Version(1));
    world.store.commit(changes).await.unwrap();
    // Its lease runs out and the job comes back.
    world.pass(Duration::from_secs(100)).await;
    assert_eq!(carrier.texts().len(), 0);
    let message = world.message(id).await;
    assert_eq!(message.attempts[0].outcome, AttemptOutcome::Ambiguous);
    assert!(!message.status.is_final());
}

fn open_attempt(id: omni_core::id::MessageId) -> omni_core::message::Attempt {
    serde_json::from_value(json!({
        "id": "att_01ARZ3NDEKTSV4RRFFQ69G5FAV", "number": 1, "connection": "alpha", "carrier": "alpha",
        "part": 1, "parts": 1, "clientRef": id, "startedAt": "2026-11-21T12:00:00Z", "outcome": "started",
    }))
    .unwrap()
}

#[tokio::test]
async fn a_refusal_for_good_goes_to_the_next_carrier_or_ends() {
    let cases = [
        (ErrorClass::Registration, 1, Status::Sent),
        (ErrorClass::InvalidRecipient, 0, Status::Failed),
        (ErrorClass::Filtered, 0, Status::Failed),
        (ErrorClass::OptedOut, 0, Status::Failed),
        (ErrorClass::BadRequest, 0, Status::Failed),
    ];
    for (class, second_sends, status) in cases {
        let (first, second) = (sms(), Arc::new(Scripted::new("beta", Channel::Sms)));
        first.next([refuses(class)]);
        let world = World::of([&first, &second], |_| {});
        let id = world.send("hi").await.unwrap().response.message_id;
        world.settle().await;
        let message = world.message(id).await;
        assert_eq!((second.texts().len(), message.status), (second_sends, status), "{class:?}");
    }
}

#[tokio::test]
async fn a_troubled_carrier_is_tried_again_in_order_and_then_given_up() {
    let carrier = sms();
    let world = World::of([&carrier], |account| {
        account.steps = serde_json::from_value(json!([{
            "stepId": "publishOutbound", "retryPolicy": { "maxRetries": 2, "backoffMultiplier": 2, "maxBackoff": 1000 },
        }]))
        .unwrap();
    });
    carrier.next([
        refuses(ErrorClass::Throttled),
        refuses(ErrorClass::Throttled),
        refuses(ErrorClass::Throttled),
    ]);
    let first = world.send("one").await.unwrap().response.message_id;
    let second = world.send("two").await.unwrap().response.message_id;
    world.settle().await;
    assert_eq!(carrier.texts(), ["one"], "the second waits for the first");
    world.pass(Duration::from_secs(5)).await;
    assert_eq!(carrier.texts(), ["one", "one", "one", "two"]);
    let first = world.message(first).await;
    assert_eq!((first.status, first.attempts.len()), (Status::Failed, 3));
    assert_eq!(world.message(second).await.status, Status::Sent);
    assert_eq!(world.count(Table::DeadLetter).await, 1);
}

#[tokio::test]
async fn stop_ends_everything_even_what_waits() {
    let carrier = sms();
    let world = World::of([&carrier], |_| {});
    carrier.next([refuses(ErrorClass::Throttled)]);
    let waiting = world.send("offer").await.unwrap().response.message_id;
    world.settle().await;
    world.callback("alpha", json!([{ "id": "in-1", "text": "Stop" }])).await;
    world.pass(Duration::from_secs(5)).await;
    assert_eq!(carrier.texts().iter().filter(|text| *text == "offer").count(), 1);
    let message = world.message(waiting).await;
    assert_eq!(message.error.unwrap().code, "RECIPIENT_OPTED_OUT");
    let confirmation = carrier.texts().pop().unwrap();
    assert!(confirmation.starts_with("You are unsubscribed"), "{confirmation}");
    let refused = world.send("offer").await.unwrap_err();
    assert_eq!(refused.code, problem::RECIPIENT_OPTED_OUT);
    world.callback("alpha", json!([{ "id": "in-2", "text": "start" }])).await;
    world.settle().await;
    assert!(world.send("offer").await.is_ok());
}

#[tokio::test]
async fn a_bots_answer_is_dropped_once_a_person_has_the_conversation() {
    let carrier = sms();
    let world = World::of([&carrier], |account| {
        account.rules.push(
            serde_json::from_value(json!({
                "id": "human", "priority": 9,
                "conditions": [{ "field": "contentAnalysis.intent", "operator": "contains", "value": "human" }],
                "actions": [{ "type": "route_to_agent", "agentId": "mia" }],
            }))
            .unwrap(),
        );
    });
    carrier.next([refuses(ErrorClass::Throttled)]);
    world.callback("alpha", json!([{ "id": "in-1", "text": "hello" }])).await;
    world.settle().await;
    world.callback("alpha", json!([{ "id": "in-2", "text": "a human please" }])).await;
    world.pass(Duration::from_secs(5)).await;
    let reply = world.outbound().await.remove(0);
    assert_eq!((reply.status, carrier.texts().len()), (Status::Canceled, 1));
}

#[tokio::test]
async fn scheduled_messages_wait_and_expired_ones_do_not_leave() {
    let carrier = sms();
    let world = World::of([&carrier], |_| {});
    let later =
        json!({ "to": PERSON, "text": "later", "options": { "scheduledAt": "2026-11-21T12:10:00Z" } });
    let id = world.publish(&later, None).await.unwrap().response;
    assert_eq!(id.status, Status::Scheduled);
    world.send("now").await.unwrap();
    world.settle().await;
    assert_eq!(carrier.texts(), ["now"]);
    world.pass(Duration::from_secs(601)).await;
    assert_eq!(carrier.texts(), ["now", "later"]);

    carrier.next((0..5).map(|_| refuses(ErrorClass::Throttled)));
    let soon = world.clock.now() + Duration::from_secs(1);
    let brief = json!({ "to": PERSON, "text": "brief", "options": { "expireAt": soon } });
    let brief = world.publish(&brief, None).await.unwrap().response.message_id;
    world.settle().await;
    world.pass(Duration::from_secs(30)).await;
    assert_eq!(world.message(brief).await.status, Status::Expired);
}

#[tokio::test]
async fn a_receipt_that_comes_before_the_answer_is_kept_for_it() {
    let carrier = sms();
    let world = World::of([&carrier], |_| {});
    world.callback("alpha", json!([{ "status": "delivered", "id": "alpha-1" }])).await;
    world.settle().await;
    let id = world.send("hi").await.unwrap().response.message_id;
    world.settle().await;
    assert_eq!(world.message(id).await.status, Status::Delivered);
}

#[tokio::test]
async fn a_long_text_goes_in_parts_each_with_its_own_attempt() {
    let carrier = sms();
    let world = World::of([&carrier], |_| {});
    carrier.next([Does::Takes, refuses(ErrorClass::Throttled)]);
    let text = "word ".repeat(60);
    let id = world.send(text.trim()).await.unwrap().response.message_id;
    world.pass(Duration::from_secs(3)).await;
    let sent = carrier.texts();
    assert_eq!(sent.len(), 3, "the first part is not repeated with the second: {sent:?}");
    let message = world.message(id).await;
    let outcomes: Vec<_> = message.attempts.iter().map(|a| (a.part, a.parts, a.outcome)).collect();
    use AttemptOutcome::{Accepted, Rejected};
    assert_eq!(outcomes, [(1, 2, Accepted), (2, 2, Rejected), (2, 2, Accepted)]);
    assert_eq!(message.status, Status::Sent);
}

#[tokio::test]
async fn an_idempotency_key_gives_the_first_answer_again() {
    let carrier = sms();
    let world = World::of([&carrier], |_| {});
    let body = json!({ "to": PERSON, "text": "once" });
    let first = world.publish(&body, Some("k-1")).await.unwrap();
    let again = world.publish(&body, Some("\"k-1\"")).await.unwrap();
    assert_eq!((first.replayed, again.replayed), (false, true));
    assert_eq!(first.response, again.response);
    let other = world.publish(&json!({ "to": PERSON, "text": "twice" }), Some("k-1")).await.unwrap_err();
    assert_eq!(other.code, problem::IDEMPOTENCY_KEY_REUSED);
    world.settle().await;
    assert_eq!(carrier.texts(), ["once"]);
}

#[tokio::test]
async fn outside_the_service_window_only_templates_leave() {
    let carrier = Arc::new(Scripted::new("wa", Channel::Whatsapp).windowed());
    let world = World::of([&carrier], |_| {});
    assert_eq!(world.send("hi").await.unwrap_err().code, problem::WINDOW_CLOSED);
    let template = json!({ "to": PERSON, "content": { "type": "template", "templateId": "booking" } });
    assert!(world.publish(&template, None).await.is_ok());
    world.callback("wa", json!([{ "id": "in-1", "text": "hm" }])).await;
    world.settle().await;
    assert!(world.send("hi").await.is_ok());
    world.clock.advance(Duration::from_secs(25 * 3_600));
    assert_eq!(world.send("hi").await.unwrap_err().code, problem::WINDOW_CLOSED);
}

#[tokio::test]
async fn a_day_of_silence_expires_a_conversation_and_the_next_message_reopens_it() {
    let world = World::of([&sms()], |_| {});
    let first = world.callback("alpha", json!([{ "id": "in-1", "text": "hello" }])).await.messages[0];
    world.settle().await;
    world.clock.advance(Duration::from_secs(25 * 3_600));
    let second = world.callback("alpha", json!([{ "id": "in-2", "text": "hello" }])).await.messages[0];
    world.settle().await;
    let (first, second) = (world.message(first).await, world.message(second).await);
    assert_eq!(first.conversation, second.conversation);
    let verdict = second.trace.iter().find(|e| e.step == "workFlowBiDirectional").unwrap();
    assert_eq!((verdict.verdict.as_str(), &verdict.facts["state"]), ("reopened", &json!("REOPENED")));
    assert_eq!(second.sequence, Some(3));
}

#[tokio::test]
async fn a_disabled_step_is_passed_over_and_says_so() {
    let carrier = sms();
    let world = World::of([&carrier], |account| {
        account.steps = serde_json::from_value(json!([
            { "stepId": "workFlowPreRoute", "enabled": false },
            { "stepId": "workFlowBiDirectional",
              "conditions": [{ "field": "channel", "operator": "equals", "value": "chat" }] },
        ]))
        .unwrap();
    });
    let id = world.callback("alpha", json!([{ "id": "in-1", "text": "hello" }])).await.messages[0];
    world.settle().await;
    let verdicts: Vec<_> = world.message(id).await.trace.iter().map(|e| e.verdict.clone()).collect();
    assert_eq!(verdicts, ["verified and stored", "new", "conditions do not hold", "disabled"]);
    assert!(carrier.texts().is_empty());
}

#[tokio::test]
async fn a_breaker_asks_the_carrier_before_it_risks_a_message() {
    let carrier = sms();
    let world = World::of([&carrier], |_| {});
    carrier.next([refuses(ErrorClass::Auth)]);
    let first = world.send("one").await.unwrap().response.message_id;
    world.settle().await;
    carrier.is_well(false);
    world.publish(&json!({ "to": "+13035550188", "text": "two" }), None).await.unwrap();
    world.pass(Duration::from_secs(120)).await;
    assert_eq!(carrier.texts(), ["one"], "it says that it does not take us: nothing more is risked");
    carrier.is_well(true);
    world.pass(Duration::from_secs(300)).await;
    assert!(carrier.texts().contains(&"two".to_owned()), "{:?}", carrier.texts());
    assert_ne!(world.message(first).await.status, Status::Sending);
}

#[tokio::test]
async fn an_open_breaker_moves_traffic_and_lets_it_come_back() {
    let (first, second) = (sms(), Arc::new(Scripted::new("beta", Channel::Sms)));
    let world = World::of([&first, &second], |_| {});
    first.next([refuses(ErrorClass::Auth)]);
    let id = world.send("one").await.unwrap().response.message_id;
    world.settle().await;
    assert_eq!((first.texts().len(), second.texts().len()), (1, 1));
    assert_eq!(world.message(id).await.carrier.as_deref(), Some("beta"));
    let to_other = json!({ "to": "+13035550188", "text": "two" });
    world.publish(&to_other, None).await.unwrap();
    world.settle().await;
    assert_eq!((first.texts().len(), second.texts().len()), (1, 2), "open: not selected");
    world.clock.advance(Duration::from_secs(11));
    second.next([refuses(ErrorClass::Registration)]);
    let third = json!({ "to": "+13035550199", "text": "three" });
    world.publish(&third, None).await.unwrap();
    world.settle().await;
    assert_eq!(first.texts().last().map(String::as_str), Some("three"), "half-open: one probe");
}
