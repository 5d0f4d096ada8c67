//! One record, one commit: conditions, duplicates, limits.

use std::sync::Arc;
use std::time::Duration;

use omni_core::message::Message;
use omni_core::status::Status;
use omni_core::store::{
    Changes, Committed, Expect, MOST_BYTES, MOST_WRITES, NewEvent, Pointer, StoreError, StoreExt, Table,
};
use serde_json::json;

use super::{Fixture, pointing};
use crate::samples::acme;

fn inbound(external_id: &str) -> Pointer {
    Pointer::inbound(&"wa-main".parse().expect("a name"), external_id)
}

fn writing(message: &Message, expect: Expect) -> Changes {
    let mut changes = Changes::new(message.tenant.clone());
    changes.put(message, expect);
    changes
}

/// A webhook's commit: pointer against doubles, message, job, event.
fn webhook(fixture: &Fixture, external_id: &str) -> (Message, Changes) {
    let message = fixture.samples.message(&acme());
    let mut changes = Changes::new(acme());
    changes.point(&inbound(external_id), &message.id, Expect::Absent, None);
    changes.put(&message, Expect::Absent);
    changes.job(fixture.samples.job(&acme(), "a"));
    changes.event("message.received", fixture.samples.now(), json!({ "id": message.id }));
    (message, changes)
}

pub async fn an_unknown_key_finds_nothing(fixture: &Fixture) {
    let id = fixture.samples.id();
    assert_eq!(fixture.store.message(&acme(), id).await.unwrap(), None);
    assert_eq!(fixture.pointer(&acme(), &inbound("1")).await, None);
    fixture.apply(pointing(&acme(), &inbound("2"), "x", Expect::Absent)).await;
    assert_eq!(fixture.store.message(&acme(), id).await.unwrap(), None);
    assert_eq!(fixture.store.get(&acme(), Table::Message, "no id at all").await.unwrap(), None);
    assert_eq!(fixture.pointer(&acme(), &inbound("1")).await, None);
}

pub async fn a_record_comes_back_as_it_was_written(fixture: &Fixture) {
    let message = fixture.samples.message(&acme());
    fixture.apply(writing(&message, Expect::Absent)).await;
    let found = fixture.store.message(&acme(), message.id).await.unwrap().expect("it is stored");
    assert_eq!((found.value, found.version), (message, 1));
}

pub async fn a_commit_is_whole_or_nothing(fixture: &Fixture) {
    let known = fixture.samples.message(&acme());
    fixture.apply(writing(&known, Expect::Absent)).await;
    let (message, mut changes) = webhook(fixture, "1");
    let request = fixture.samples.request(Some(&acme()));
    changes.journal = Some(request.clone());
    // The last condition fails.
    changes.put(&known, Expect::Version(7));
    assert_eq!(fixture.commit(changes).await, Committed::Conflict { on: "message" });
    assert_eq!(fixture.store.message(&acme(), message.id).await.unwrap(), None);
    assert_eq!(fixture.pointer(&acme(), &inbound("1")).await, None);
    assert!(fixture.lease(1).await.is_empty());
    assert_eq!(fixture.store.last_event(&acme()).await.unwrap(), 0);
    assert_eq!(fixture.store.journal_entry(Some(&acme()), request.id).await.unwrap(), None);
}

pub async fn a_repeated_webhook_changes_nothing_and_names_the_first(fixture: &Fixture) {
    let (first, changes) = webhook(fixture, "1");
    fixture.apply(changes).await;
    let (again, changes) = webhook(fixture, "1");
    let of = serde_json::to_vec(&first.id).unwrap().into();
    assert_eq!(fixture.commit(changes).await, Committed::Duplicate { of });
    assert_eq!(fixture.store.message(&acme(), again.id).await.unwrap(), None);
    assert_eq!(fixture.lease(9).await.len(), 1);
    assert_eq!(fixture.store.last_event(&acme()).await.unwrap(), 1);
}

pub async fn racing_duplicates_make_one_row(fixture: &Fixture) {
    let mut racing = tokio::task::JoinSet::new();
    let mut ids = Vec::new();
    for _ in 0..40 {
        let (message, changes) = webhook(fixture, "1");
        ids.push(message.id);
        let store = Arc::clone(&fixture.store);
        racing.spawn(async move { (message.id, store.commit(changes).await.unwrap()) });
    }
    let outcomes = racing.join_all().await;
    let winners: Vec<_> = outcomes.iter().filter(|(_, outcome)| *outcome == Committed::Applied).collect();
    assert_eq!(winners.len(), 1);
    let winner = winners[0].0;
    let of = Committed::Duplicate { of: serde_json::to_vec(&winner).unwrap().into() };
    assert_eq!(outcomes.iter().filter(|(_, outcome)| *outcome == of).count(), 39);
    for id in ids {
        assert_eq!(fixture.store.message(&acme(), id).await.unwrap().is_some(), id == winner);
    }
    assert_eq!(fixture.lease(99).await.len(), 1);
}

pub async fn a_version_rises_by_one_with_every_write(fixture: &Fixture) {
    let mut message = fixture.samples.message(&acme());
    fixture.apply(writing(&message, Expect::Absent)).await;
    for version in 1..20 {
        message.tags = vec![format!("write {version}")];
        fixture.apply(writing(&message, Expect::Version(version))).await;
        let found = fixture.store.message(&acme(), message.id).await.unwrap().expect("it is stored");
        assert_eq!((found.version, &found.value), (version + 1, &message));
    }
}

pub async fn a_record_that_is_only_looked_at_must_be_as_it_was_seen(fixture: &Fixture) {
    let (seen, absent) = (fixture.samples.customer(&acme()), inbound("not there"));
    let mut changes = Changes::new(acme());
    changes.put(&seen, Expect::Absent).point(&inbound("there"), &1, Expect::Absent, None);
    fixture.apply(changes).await;
    let key = seen.id.to_string();
    let (there, absent) = (inbound("there").as_str().to_owned(), absent.as_str().to_owned());
    let cases = [
        ("a record as seen", Table::Customer, key.clone(), Some(1), None),
        ("a record of another version", Table::Customer, key.clone(), Some(2), Some("customer")),
        ("a record that was not there", Table::Customer, key, None, Some("customer")),
        ("a pointer as seen", Table::Pointer, there.clone(), Some(1), None),
        ("a pointer that was not there: no duplicate", Table::Pointer, there, None, Some("pointer")),
        ("a pointer that is still not there", Table::Pointer, absent.clone(), None, None),
        ("a pointer that is gone", Table::Pointer, absent, Some(1), Some("pointer")),
    ];
    for (name, table, key, version, conflict) in cases {
        let message = fixture.samples.message(&acme());
        let mut changes = writing(&message, Expect::Absent);
        changes.as_seen(table, key, version);
        let expect = conflict.map_or(Committed::Applied, |on| Committed::Conflict { on });
        assert_eq!(fixture.commit(changes).await, expect, "{name}");
        let stored = fixture.store.message(&acme(), message.id).await.unwrap();
        assert_eq!(stored.is_some(), conflict.is_none(), "{name}");
    }
}

pub async fn a_write_on_an_old_version_conflicts(fixture: &Fixture) {
    let mut message = fixture.samples.message(&acme());
    assert_eq!(
        fixture.commit(writing(&message, Expect::Version(1))).await,
        Committed::Conflict { on: "message" }
    );
    fixture.apply(writing(&message, Expect::Absent)).await;
    fixture.apply(writing(&message, Expect::Version(1))).await;
    message.status = Status::Failed;
    for old in [0, 1, 3] {
        let outcome = fixture.commit(writing(&message, Expect::Version(old))).await;
        assert_eq!(outcome, Committed::Conflict { on: "message" }, "{old}");
    }
    let found = fixture.store.message(&acme(), message.id).await.unwrap().expect("it is stored");
    assert_eq!((found.version, found.value.status), (2, Status::Queued));
}

pub async fn a_new_record_does_not_overwrite_another(fixture: &Fixture) {
    let customer = fixture.samples.customer(&acme());
    let mut changes = Changes::new(acme());
    changes.put(&customer, Expect::Absent);
    fixture.apply(changes.clone()).await;
    assert_eq!(fixture.commit(changes).await, Committed::Conflict { on: "customer" });
}

pub async fn a_duplicate_outweighs_a_conflict(fixture: &Fixture) {
    let known = fixture.samples.message(&acme());
    fixture.apply(writing(&known, Expect::Absent)).await;
    fixture.apply(pointing(&acme(), &inbound("1"), "first", Expect::Absent)).await;
    let mut changes = writing(&known, Expect::Version(9));
    changes.point(&inbound("1"), &"second", Expect::Absent, None);
    assert_eq!(fixture.commit(changes).await, Committed::Duplicate { of: "\"first\"".into() });
    let mut changes = pointing(&acme(), &inbound("1"), "third", Expect::Version(9));
    changes.put(&known, Expect::Any);
    assert_eq!(fixture.commit(changes).await, Committed::Conflict { on: "pointer" });
}

pub async fn the_first_of_two_duplicates_is_named(fixture: &Fixture) {
    fixture.apply(pointing(&acme(), &inbound("1"), "one", Expect::Absent)).await;
    fixture.apply(pointing(&acme(), &inbound("2"), "two", Expect::Absent)).await;
    let mut changes = pointing(&acme(), &inbound("0"), "x", Expect::Absent);
    changes.point(&inbound("2"), &"x", Expect::Absent, None);
    changes.point(&inbound("1"), &"x", Expect::Absent, None);
    assert_eq!(fixture.commit(changes).await, Committed::Duplicate { of: "\"two\"".into() });
    assert_eq!(fixture.pointer(&acme(), &inbound("0")).await, None);
}

pub async fn the_last_writer_wins_where_nothing_is_expected(fixture: &Fixture) {
    for (version, text) in (1..).zip(["one", "two", "three"]) {
        fixture.apply(pointing(&acme(), &inbound("1"), text, Expect::Any)).await;
        assert_eq!(fixture.pointer(&acme(), &inbound("1")).await, Some((text.to_owned(), version)));
    }
}

pub async fn racing_writers_of_one_version_have_one_winner(fixture: &Fixture) {
    fixture.apply(pointing(&acme(), &inbound("1"), "start", Expect::Absent)).await;
    for version in 1..10 {
        let mut racing = tokio::task::JoinSet::new();
        for writer in 0..8 {
            let store = Arc::clone(&fixture.store);
            let text = format!("writer {writer}");
            let changes = pointing(&acme(), &inbound("1"), &text, Expect::Version(version));
            racing.spawn(async move { (text, store.commit(changes).await.unwrap()) });
        }
        let outcomes = racing.join_all().await;
        let won: Vec<_> = outcomes.into_iter().filter(|(_, out)| *out == Committed::Applied).collect();
        assert_eq!(won.len(), 1);
        let found = fixture.pointer(&acme(), &inbound("1")).await;
        assert_eq!(found, Some((won[0].0.clone(), version + 1)));
    }
}

pub async fn a_deleted_record_is_absent(fixture: &Fixture) {
    fixture.apply(pointing(&acme(), &inbound("1"), "x", Expect::Absent)).await;
    assert!(fixture.pointer(&acme(), &inbound("1")).await.is_some());
    let mut changes = Changes::new(acme());
    changes.unpoint(&inbound("1"));
    fixture.apply(changes).await;
    assert_eq!(fixture.pointer(&acme(), &inbound("1")).await, None);
    fixture.apply(pointing(&acme(), &inbound("1"), "y", Expect::Absent)).await;
    assert_eq!(fixture.pointer(&acme(), &inbound("1")).await, Some(("y".to_owned(), 1)));
}

pub async fn deleting_what_is_not_there_is_no_error(fixture: &Fixture) {
    let mut changes = Changes::new(acme());
    changes.unpoint(&inbound("1"));
    fixture.apply(changes).await;
}

pub async fn expired_is_absent(fixture: &Fixture) {
    let until = fixture.samples.now() + Duration::from_secs(60);
    let write = |text: &str, expect| {
        let mut changes = Changes::new(acme());
        changes.point(&inbound("1"), &text, expect, Some(until));
        changes
    };
    fixture.apply(write("old", Expect::Absent)).await;
    fixture.clock.advance(Duration::from_secs(59));
    assert_eq!(fixture.pointer(&acme(), &inbound("1")).await, Some(("old".to_owned(), 1)));
    fixture.clock.advance(Duration::from_secs(1));
    assert_eq!(fixture.pointer(&acme(), &inbound("1")).await, None);
    let outcome = fixture.commit(write("late", Expect::Version(1))).await;
    assert_eq!(outcome, Committed::Conflict { on: "pointer" });
    fixture.apply(pointing(&acme(), &inbound("1"), "new", Expect::Absent)).await;
    assert_eq!(fixture.pointer(&acme(), &inbound("1")).await, Some(("new".to_owned(), 1)));
}

pub async fn an_idempotency_key_answers_with_what_it_made_for_its_time(fixture: &Fixture) {
    const DAY: Duration = Duration::from_secs(24 * 60 * 60);
    let pointer = Pointer::idempotency("order-4711");
    let send = || {
        let message = fixture.samples.message(&acme());
        let mut changes = writing(&message, Expect::Absent);
        changes.point(&pointer, &message.id, Expect::Absent, Some(fixture.samples.now() + DAY));
        (message.id, changes)
    };
    let (first, changes) = send();
    fixture.apply(changes).await;
    fixture.clock.advance(DAY - Duration::from_secs(1));
    let (_, changes) = send();
    let of = serde_json::to_vec(&first).unwrap().into();
    assert_eq!(fixture.commit(changes).await, Committed::Duplicate { of });
    fixture.clock.advance(Duration::from_secs(1));
    fixture.apply(send().1).await;
}

pub async fn more_than_a_hundred_writes_are_refused(fixture: &Fixture) {
    let event = || NewEvent { event_type: "x".to_owned(), at: fixture.samples.now(), data: json!({}) };
    let mut changes = pointing(&acme(), &inbound("1"), "x", Expect::Absent);
    changes.events = (1..MOST_WRITES).map(|_| event()).collect();
    fixture.apply(changes.clone()).await;
    changes.events.push(event());
    assert!(matches!(fixture.store.commit(changes).await, Err(StoreError::TooLarge(_))));
    assert_eq!(fixture.store.last_event(&acme()).await.unwrap(), 99);
}

pub async fn more_than_a_mebibyte_is_refused(fixture: &Fixture) {
    let large = "x".repeat(MOST_BYTES / 2);
    let mut changes = pointing(&acme(), &inbound("1"), &large, Expect::Absent);
    fixture.apply(changes.clone()).await;
    changes.point(&inbound("2"), &large, Expect::Absent, None);
    assert!(matches!(fixture.store.commit(changes).await, Err(StoreError::TooLarge(_))));
    assert_eq!(fixture.pointer(&acme(), &inbound("1")).await, Some((large, 1)));
    assert_eq!(fixture.pointer(&acme(), &inbound("2")).await, None);
}

pub async fn one_record_is_written_once_in_a_commit(fixture: &Fixture) {
    let mut changes = pointing(&acme(), &inbound("1"), "one", Expect::Any);
    changes.point(&inbound("1"), &"two", Expect::Any, None);
    assert!(fixture.store.commit(changes).await.is_err());
    let mut changes = pointing(&acme(), &inbound("1"), "one", Expect::Any);
    changes.unpoint(&inbound("1"));
    assert!(fixture.store.commit(changes).await.is_err());
    assert_eq!(fixture.pointer(&acme(), &inbound("1")).await, None);
}

pub async fn an_empty_commit_is_applied(fixture: &Fixture) {
    fixture.apply(Changes::new(acme())).await;
}

pub async fn what_was_committed_is_read_at_once(fixture: &Fixture) {
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..8 {
        let store = Arc::clone(&fixture.store);
        writers.spawn(async move {
            let pointer = inbound(&writer.to_string());
            for version in 0..50 {
                let expect = if version == 0 { Expect::Absent } else { Expect::Version(version) };
                let committed = store.commit(pointing(&acme(), &pointer, "x", expect)).await.unwrap();
                assert_eq!(committed, Committed::Applied);
                let found = store.pointer::<String>(&acme(), &pointer).await.unwrap().expect("stored");
                assert_eq!(found.version, version + 1);
            }
        });
    }
    writers.join_all().await;
}
