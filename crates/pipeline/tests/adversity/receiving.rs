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
    let world = World::of([&carrier], |_| {});
    for n in 0..100 {
        world.callback("alpha", json!([{ "id": format!("in-{n}"), "text": "hello, I am away" }])).await;
        world.pass(Duration::from_secs(5)).await;
    }
    let answers = carrier.texts().len();
    assert!((10..=30).contains(&answers), "{answers}");
    world.clock.advance(Duration::from_secs(2 * 3_600));
    world.callback("alpha", json!([{ "id": "later", "text": "hello" }])).await;
    world.settle().await;
    assert_eq!(carrier.texts().len(), answers + 1, "a new beginning");
}
