//! Tenants are walls: nothing of one shows to another, whatever the keys.

use std::time::Duration;

use omni_core::store::{Changes, Committed, Delete, Expect, JournalQuery, Pointer, Query, StoreExt, Table};
use serde_json::json;

use super::{Fixture, pointing};
use crate::samples::{acme, globex};

pub async fn records_of_another_tenant_are_absent(fixture: &Fixture) {
    let mine = fixture.samples.message(&acme());
    let mut theirs = mine.clone();
    theirs.tenant = globex();
    theirs.tags = vec!["theirs".to_owned()];
    let mut changes = Changes::new(acme());
    changes.put(&mine, Expect::Absent);
    fixture.apply(changes).await;
    assert_eq!(fixture.store.message(&globex(), mine.id).await.unwrap(), None);
    // Even the same id does not collide.
    let mut changes = Changes::new(globex());
    changes.put(&theirs, Expect::Version(1));
    assert_eq!(fixture.commit(changes).await, Committed::Conflict { on: "message" });
    let mut changes = Changes::new(globex());
    changes.put(&theirs, Expect::Absent);
    fixture.apply(changes).await;
    let read = |tenant| async move { fixture.store.message(&tenant, mine.id).await.unwrap().unwrap().value };
    assert_eq!(read(acme()).await.tags, Vec::<String>::new());
    assert_eq!(read(globex()).await.tags, ["theirs"]);
}

pub async fn pointers_of_two_tenants_never_meet(fixture: &Fixture) {
    let key = Pointer::idempotency("same");
    fixture.apply(pointing(&acme(), &key, "mine", Expect::Absent)).await;
    assert_eq!(fixture.pointer(&globex(), &key).await, None);
    fixture.apply(pointing(&globex(), &key, "theirs", Expect::Absent)).await;
    assert_eq!(fixture.pointer(&acme(), &key).await, Some(("mine".to_owned(), 1)));
    assert_eq!(fixture.pointer(&globex(), &key).await, Some(("theirs".to_owned(), 1)));
}

pub async fn listings_show_one_tenant(fixture: &Fixture) {
    let mine = fixture.samples.customer(&acme());
    let mut changes = Changes::new(acme());
    changes.put(&mine, Expect::Absent).put(&fixture.samples.conversation(&mine), Expect::Absent);
    fixture.apply(changes).await;
    for group in [None, Some(mine.id.to_string())] {
        let query = Query { group, ..Query::newest(Table::Conversation, 10) };
        assert_eq!(fixture.store.list(&acme(), &query).await.unwrap().records.len(), 1);
        assert!(fixture.store.list(&globex(), &query).await.unwrap().records.is_empty());
    }
    fixture.apply(pointing(&globex(), &Pointer::idempotency("x"), "x", Expect::Absent)).await;
    let group = Some(mine.id.to_string());
    let query = Query { group, ..Query::newest(Table::Conversation, 10) };
    assert!(fixture.store.list(&globex(), &query).await.unwrap().records.is_empty());
}

pub async fn events_show_one_tenant(fixture: &Fixture) {
    for (tenant, n) in [(acme(), 1), (globex(), 2), (acme(), 3)] {
        let mut changes = Changes::new(tenant);
        changes.event("x", fixture.samples.now(), json!({ "n": n }));
        fixture.apply(changes).await;
    }
    let read = |tenant| async move {
        let events = fixture.store.events(&tenant, 0, 10, Duration::ZERO).await.unwrap();
        events.into_iter().map(|logged| logged.event.data["n"].as_i64().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(read(acme()).await, [1, 3]);
    assert_eq!(read(globex()).await, [2]);
}

pub async fn the_journal_shows_one_tenant(fixture: &Fixture) {
    let mine = fixture.samples.request(Some(&acme()));
    let nobodys = fixture.samples.request(None);
    fixture.store.journal(mine.clone()).await.unwrap();
    fixture.store.journal(nobodys.clone()).await.unwrap();
    assert_eq!(fixture.store.journal_entry(Some(&globex()), mine.id).await.unwrap(), None);
    assert_eq!(fixture.store.journal_entry(Some(&acme()), nobodys.id).await.unwrap(), None);
    let query = JournalQuery { limit: 10, ..JournalQuery::default() };
    assert_eq!(fixture.store.journal_list(Some(&acme()), &query).await.unwrap(), [mine]);
    assert_eq!(fixture.store.journal_list(Some(&globex()), &query).await.unwrap(), []);
}

pub async fn lanes_of_two_tenants_are_two_lanes(fixture: &Fixture) {
    fixture.add([fixture.samples.job(&acme(), "same"), fixture.samples.job(&globex(), "same")]).await;
    assert_eq!(fixture.lease(10).await.len(), 2);
}

pub async fn a_record_of_another_tenant_is_not_deleted(fixture: &Fixture) {
    let mine = fixture.samples.customer(&acme());
    let mut changes = Changes::new(acme());
    changes.put(&mine, Expect::Absent);
    fixture.apply(changes).await;
    let mut changes = Changes::new(globex());
    changes.deletes.push(Delete { table: Table::Customer, key: mine.id.to_string() });
    fixture.apply(changes).await;
    assert!(fixture.store.customer(&acme(), mine.id).await.unwrap().is_some());
}
