//! The log of facts: totally ordered per tenant, resumable, and waiting reads wake.

use std::sync::Arc;
use std::time::Duration;

use omni_core::store::{Changes, Committed, Expect, LoggedEvent, NewEvent, Pointer};
use serde_json::json;

use super::{A_WHILE, Fixture, PATIENCE, pointing};
use crate::samples::acme;

fn telling(fixture: &Fixture, numbers: impl IntoIterator<Item = u64>) -> Changes {
    let mut changes = Changes::new(acme());
    for n in numbers {
        changes.event("message.received", fixture.samples.now(), json!({ "n": n }));
    }
    changes
}

async fn after(fixture: &Fixture, sequence: u64, limit: usize) -> Vec<LoggedEvent> {
    fixture.store.events(&acme(), sequence, limit, Duration::ZERO).await.unwrap()
}

fn numbers(events: &[LoggedEvent]) -> Vec<u64> {
    events.iter().map(|logged| logged.event.data["n"].as_u64().expect("a number")).collect()
}

pub async fn events_come_in_their_order_and_can_be_resumed(fixture: &Fixture) {
    fixture.apply(telling(fixture, [1, 2, 3])).await;
    fixture.apply(telling(fixture, [4])).await;
    fixture.apply(telling(fixture, [5, 6])).await;
    let all = after(fixture, 0, 100).await;
    assert_eq!(numbers(&all), [1, 2, 3, 4, 5, 6]);
    assert!(all.is_sorted_by(|a, b| a.sequence < b.sequence));
    assert!(all[0].sequence > 0);
    let at = fixture.samples.now();
    let first = NewEvent { event_type: "message.received".to_owned(), at, data: json!({ "n": 1 }) };
    assert_eq!(all[0].event, first);
    for (index, logged) in all.iter().enumerate() {
        assert_eq!(after(fixture, logged.sequence, 100).await, all[index + 1..]);
    }
}

pub async fn a_refused_commit_tells_nothing(fixture: &Fixture) {
    let mut changes = pointing(&acme(), &Pointer::idempotency("x"), "x", Expect::Version(1));
    changes.event("x", fixture.samples.now(), json!({}));
    assert_eq!(fixture.commit(changes).await, Committed::Conflict { on: "pointer" });
    fixture.apply(telling(fixture, [1])).await;
    assert_eq!(numbers(&after(fixture, 0, 10).await), [1]);
}

pub async fn who_waits_for_an_event_is_woken(fixture: &Fixture) {
    fixture.apply(telling(fixture, [1])).await;
    let newest = fixture.store.last_event(&acme()).await.unwrap();
    let store = Arc::clone(&fixture.store);
    let waiting = tokio::spawn(async move { store.events(&acme(), newest, 10, PATIENCE * 6).await.unwrap() });
    tokio::time::sleep(A_WHILE).await;
    fixture.apply(telling(fixture, [2, 3])).await;
    let events = tokio::time::timeout(PATIENCE, waiting).await.expect("woken").unwrap();
    assert_eq!(numbers(&events), [2, 3]);
}

pub async fn who_waits_for_an_event_in_vain_gets_nothing(fixture: &Fixture) {
    let events = tokio::time::timeout(PATIENCE, fixture.store.events(&acme(), 0, 10, A_WHILE)).await;
    assert!(events.expect("it ends").unwrap().is_empty());
}

pub async fn a_limit_is_kept(fixture: &Fixture) {
    fixture.apply(telling(fixture, 1..=10)).await;
    assert_eq!(numbers(&after(fixture, 0, 3).await), [1, 2, 3]);
    assert!(after(fixture, 0, 0).await.is_empty());
}

pub async fn the_newest_event_is_known(fixture: &Fixture) {
    assert_eq!(fixture.store.last_event(&acme()).await.unwrap(), 0);
    fixture.apply(telling(fixture, [1, 2])).await;
    let newest = after(fixture, 0, 10).await[1].sequence;
    assert_eq!(fixture.store.last_event(&acme()).await.unwrap(), newest);
    assert!(after(fixture, newest, 10).await.is_empty());
}

pub async fn a_follower_misses_nothing_while_many_write(fixture: &Fixture) {
    const WRITERS: u64 = 8;
    const EACH: u64 = 25;
    let store = Arc::clone(&fixture.store);
    let follower = tokio::spawn(async move {
        let (mut seen, mut last) = (Vec::new(), 0);
        while (seen.len() as u64) < WRITERS * EACH {
            let events = store.events(&acme(), last, 7, PATIENCE).await.unwrap();
            assert!(!events.is_empty(), "an event was missed: {} came", seen.len());
            last = events.last().expect("not empty").sequence;
            seen.extend(numbers(&events));
        }
        seen
    });
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..WRITERS {
        let store = Arc::clone(&fixture.store);
        let all: Vec<_> = (0..EACH).map(|n| telling(fixture, [writer * EACH + n])).collect();
        writers.spawn(async move {
            for changes in all {
                assert_eq!(store.commit(changes).await.unwrap(), Committed::Applied);
            }
        });
    }
    writers.join_all().await;
    let mut seen = tokio::time::timeout(PATIENCE * 3, follower).await.expect("it ends").unwrap();
    for writer in 0..WRITERS {
        let own = seen.iter().filter(|n| **n / EACH == writer);
        assert!(own.is_sorted(), "one writer's events keep their order");
    }
    seen.sort_unstable();
    assert_eq!(seen, (0..WRITERS * EACH).collect::<Vec<_>>());
}
