//! Requests and messages that come twice, late, or from a machine.

use std::sync::Arc;
use std::time::Duration;

use omni_core::event::Channel;
use omni_core::problem;
use omni_core::store::{JournalQuery, Store as _};
use serde_json::json;

use crate::support::{Scripted, World, sms};

#[tokio::test]
async fn a_request_that_begins_with_a_double_is_kept_for_what_is_new_in_it() {
    let world = World::of([&sms()], |_| {});
    world.callback("alpha", json!([{ "id": "in-1", "text": "hm" }])).await;
    let both = json!([{ "id": "in-1", "text": "hm" }, { "id": "in-2", "text": "hm again" }]);
    let new = world.callback("alpha", both).await.messages;
    let message = world.message(new[0]).await;
    let kept = world.store.journal_entry(Some(&world.tenant), message.journal.unwrap()).await.unwrap();
    assert!(kept.is_some());
    let query = JournalQuery { set_aside: false, before: None, limit: 10 };
    world.callback("alpha", json!([{ "id": "in-1", "text": "hm" }])).await;
    assert_eq!(world.store.journal_list(Some(&world.tenant), &query).await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_message_that_is_handled_late_opens_the_window_from_when_it_came() {
    let carrier = Arc::new(Scripted::new("wa", Channel::Whatsapp).windowed());
    let world = World::of([&carrier], |_| {});
    world.callback("wa", json!([{ "id": "in-1", "text": "hm" }])).await;
    world.clock.advance(Duration::from_secs(30 * 3_600));
    world.settle().await;
    assert_eq!(world.send("hi").await.unwrap_err().code, problem::WINDOW_CLOSED);
}

#[tokio::test]
async fn two_machines_that_answer_each_other_fall_silent() {
    let carrier = sms();
    let world = World::of([&carrier], |account| account.answers_per_hour = 30);
    for n in 0..100 {
        world.callback("alpha", json!([{ "id": format!("in-{n}"), "text": "hello, I am away" }])).await;
        world.pass(Duration::from_secs(5)).await;
    }
    let answers = carrier.texts().len();
    assert_eq!(
        world.events().await.iter().filter(|e| *e == "conversation.assigned").count(),
        1,
        "people look"
    );
    assert_eq!(answers, 30);
    world.clock.advance(Duration::from_secs(2 * 3_600));
    world.callback("alpha", json!([{ "id": "later", "text": "hello" }])).await;
    world.settle().await;
    assert_eq!(carrier.texts().len(), answers + 1, "a new beginning");
}

#[tokio::test]
async fn stop_counts_even_where_routing_is_switched_off() {
    for step in [
        json!({ "stepId": "workFlowPreRoute", "enabled": false }),
        json!({ "stepId": "workFlowPreRoute",
                "conditions": [{ "field": "channel", "operator": "equals", "value": "chat" }] }),
    ] {
        let carrier = sms();
        let world = World::of([&carrier], |account| {
            account.steps = serde_json::from_value(json!([step])).unwrap();
        });
        world.callback("alpha", json!([{ "id": "in-1", "text": "hello" }])).await;
        world.callback("alpha", json!([{ "id": "in-2", "text": "STOP" }])).await;
        world.settle().await;
        assert_eq!(world.send("offer").await.unwrap_err().code, problem::RECIPIENT_OPTED_OUT, "{step}");
        assert_eq!(carrier.texts().len(), 1, "{step}: the confirmation only");
    }
}

#[tokio::test]
async fn a_message_that_matches_very_many_rules_is_handled() {
    let world = World::of([&sms()], |account| {
        account.rules = (0..200)
            .map(|n| {
                let rule = json!({ "id": format!("r{n}"), "actions": [{ "type": "add_tag", "tag": format!("t{n}") }] });
                serde_json::from_value(rule).unwrap()
            })
            .collect();
    });
    let id = world.callback("alpha", json!([{ "id": "in-1", "text": "hm" }])).await.messages[0];
    world.settle().await;
    assert_eq!(world.message(id).await.tags.len(), 200);
}

#[tokio::test]
async fn a_message_too_large_for_one_commit_is_kept_cut_and_whole_in_the_journal() {
    let world = World::of([&sms()], |_| {});
    let text = "é\u{1}".repeat(400_000);
    let id = world.callback("alpha", json!([{ "id": "in-1", "text": text }])).await.messages[0];
    world.settle().await;
    let message = world.message(id).await;
    assert!(message.conversation.is_some(), "it was handled");
    let kept = message.text().unwrap();
    assert!(kept.len() > 10_000 && text.starts_with(kept), "{}", kept.len());
    assert!(message.trace.iter().any(|entry| entry.verdict.contains("cut")));
    let journal = world.store.journal_entry(Some(&world.tenant), message.journal.unwrap()).await.unwrap();
    assert!(journal.unwrap().body.len() > text.len());
}
