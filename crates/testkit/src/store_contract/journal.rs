//! Requests as they came in.

use std::time::Duration;

use omni_core::store::{Changes, JournalEntry, JournalQuery};
use omni_core::webhook::Outcome;

use super::Fixture;
use crate::samples::acme;

fn newest(limit: usize) -> JournalQuery {
    JournalQuery { limit, ..JournalQuery::default() }
}

async fn keep(fixture: &Fixture, change: impl FnOnce(&mut JournalEntry)) -> JournalEntry {
    fixture.clock.advance(Duration::from_millis(1));
    let mut entry = fixture.samples.request(Some(&acme()));
    change(&mut entry);
    fixture.store.journal(entry.clone()).await.unwrap();
    entry
}

pub async fn a_request_comes_back_as_it_was(fixture: &Fixture) {
    let cases: [(&str, &[u8]); 4] = [
        ("text", b"{\"a\":1}"),
        ("nothing", b""),
        ("not text", b"\xff\x00\xfe form=1&b=%ff"),
        ("long runs", &[b'a'; 5_000]),
    ];
    for (name, body) in cases {
        let entry = keep(fixture, |entry| {
            entry.body = body.to_vec().into();
            entry.outcome = Outcome::Quarantine;
            entry.reasons = vec!["unreadable".to_owned(), "schema".to_owned()];
            entry.connection = None;
        })
        .await;
        let found = fixture.store.journal_entry(Some(&acme()), entry.id).await.unwrap();
        assert_eq!(found, Some(entry), "{name}");
    }
}

pub async fn a_large_body_comes_back_whole(fixture: &Fixture) {
    let large: Vec<u8> = (0..3_000_000u32).map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes()[0]).collect();
    let entry = keep(fixture, |entry| entry.body = large.into()).await;
    assert_eq!(fixture.store.journal_entry(Some(&acme()), entry.id).await.unwrap(), Some(entry));
}

pub async fn a_request_of_a_commit_is_kept_with_it(fixture: &Fixture) {
    let entry = fixture.samples.request(Some(&acme()));
    let mut changes = Changes::new(acme());
    changes.journal = Some(entry.clone());
    fixture.apply(changes).await;
    assert_eq!(fixture.store.journal_entry(Some(&acme()), entry.id).await.unwrap(), Some(entry));
}

pub async fn an_unknown_request_is_absent(fixture: &Fixture) {
    keep(fixture, |_| {}).await;
    assert_eq!(fixture.store.journal_entry(Some(&acme()), fixture.samples.id()).await.unwrap(), None);
}

pub async fn what_was_set_aside_is_listed_alone(fixture: &Fixture) {
    use Outcome::{Accept, Ignore, Quarantine, Reject, Unroutable};
    let mut set_aside = Vec::new();
    for outcome in [Accept, Quarantine, Ignore, Unroutable, Accept, Reject] {
        let entry = keep(fixture, |entry| entry.outcome = outcome).await;
        if !matches!(outcome, Accept | Ignore) {
            set_aside.insert(0, entry);
        }
    }
    let query = JournalQuery { set_aside: true, ..newest(10) };
    assert_eq!(fixture.store.journal_list(Some(&acme()), &query).await.unwrap(), set_aside);
    assert_eq!(fixture.store.journal_list(Some(&acme()), &newest(10)).await.unwrap().len(), 6);
}

pub async fn requests_of_nobody_are_kept_apart(fixture: &Fixture) {
    let nobodys = keep(fixture, |entry| {
        entry.tenant = None;
        entry.outcome = Outcome::Reject;
    })
    .await;
    let acmes = keep(fixture, |_| {}).await;
    assert_eq!(fixture.store.journal_entry(None, acmes.id).await.unwrap(), None);
    for set_aside in [false, true] {
        let query = JournalQuery { set_aside, ..newest(10) };
        let found = fixture.store.journal_list(None, &query).await.unwrap();
        assert_eq!(found.as_slice(), std::slice::from_ref(&nobodys));
    }
    assert_eq!(fixture.store.journal_entry(None, nobodys.id).await.unwrap(), Some(nobodys));
}

pub async fn the_journal_pages_from_newest_to_oldest(fixture: &Fixture) {
    let mut all = Vec::new();
    for _ in 0..7 {
        all.insert(0, keep(fixture, |_| {}).await);
    }
    let mut query = newest(3);
    let mut seen = Vec::new();
    loop {
        let page = fixture.store.journal_list(Some(&acme()), &query).await.unwrap();
        let Some(last) = page.last() else { break };
        query.before = Some(last.id);
        seen.extend(page);
    }
    assert_eq!(seen, all);
}
