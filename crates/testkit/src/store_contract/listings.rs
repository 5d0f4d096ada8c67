//! Pages of tables.

use omni_core::id::ConversationId;
use omni_core::message::{Direction, Message};
use omni_core::status::Status;
use omni_core::store::{Changes, Expect, MOST_PAGE, Pointer, Query, Table};

use super::{Fixture, pointing};
use crate::samples::acme;

async fn write(fixture: &Fixture, message: &Message, expect: Expect) {
    let mut changes = Changes::new(acme());
    changes.put(message, expect);
    fixture.apply(changes).await;
}

/// Messages in the order of their keys, written in that order, several in a commit.
async fn messages(fixture: &Fixture, count: usize, change: impl Fn(usize, &mut Message)) -> Vec<Message> {
    let mut all = Vec::new();
    for n in 0..count {
        let mut message = fixture.samples.message(&acme());
        change(n, &mut message);
        all.push(message);
    }
    for some in all.chunks(50) {
        let mut changes = Changes::new(acme());
        for message in some {
            changes.put(message, Expect::Absent);
        }
        fixture.apply(changes).await;
    }
    all
}

async fn keys(fixture: &Fixture, query: &Query) -> Vec<String> {
    let page = fixture.store.list(&acme(), query).await.unwrap();
    page.records.into_iter().map(|listed| listed.key).collect()
}

fn ids<'a>(messages: impl IntoIterator<Item = &'a Message>) -> Vec<String> {
    messages.into_iter().map(|message| message.id.to_string()).collect()
}

pub async fn the_newest_comes_first(fixture: &Fixture) {
    let all = messages(fixture, 5, |_, _| {}).await;
    let page = fixture.store.list(&acme(), &Query::newest(Table::Message, 3)).await.unwrap();
    assert!(page.more);
    assert_eq!(page.records[0].version, 1);
    assert_eq!(serde_json::from_slice::<Message>(&page.records[0].body).unwrap(), all[4]);
    let listed: Vec<_> = page.records.into_iter().map(|listed| listed.key).collect();
    assert_eq!(listed, ids(all.iter().rev().take(3)));
}

pub async fn the_oldest_comes_first_if_asked(fixture: &Fixture) {
    let all = messages(fixture, 5, |_, _| {}).await;
    let query = Query { oldest_first: true, ..Query::newest(Table::Message, 10) };
    assert_eq!(keys(fixture, &query).await, ids(&all));
    let query = Query { after: Some(all[2].id.to_string()), ..query };
    assert_eq!(keys(fixture, &query).await, ids(&all[3..]));
}

pub async fn a_listing_goes_by_key_whatever_the_order_of_arrival(fixture: &Fixture) {
    let mut all: Vec<_> = (0..6).map(|_| fixture.samples.message(&acme())).collect();
    all.swap(0, 5);
    all.swap(1, 3);
    for message in &all {
        write(fixture, message, Expect::Absent).await;
    }
    all.sort_by_key(|message| std::cmp::Reverse(message.id));
    assert_eq!(keys(fixture, &Query::newest(Table::Message, 10)).await, ids(&all));
}

pub async fn pages_follow_each_other_without_gap_or_double(fixture: &Fixture) {
    let all = messages(fixture, 23, |_, _| {}).await;
    for limit in [1, 5, 23, 24] {
        let mut query = Query::newest(Table::Message, limit);
        let mut seen = Vec::new();
        loop {
            let page = fixture.store.list(&acme(), &query).await.unwrap();
            assert!(page.records.len() <= limit);
            seen.extend(page.records.into_iter().map(|listed| listed.key));
            if !page.more {
                break;
            }
            query.after = seen.last().cloned();
        }
        assert_eq!(seen, ids(all.iter().rev()), "{limit} a page");
    }
}

pub async fn a_group_lists_its_own(fixture: &Fixture) {
    let groups: [ConversationId; 2] = [fixture.samples.id(), fixture.samples.id()];
    let all = messages(fixture, 9, |n, message| message.conversation = groups.get(n % 3).copied()).await;
    let query = |group: &ConversationId| Query {
        group: Some(group.to_string()),
        ..Query::newest(Table::Message, 10)
    };
    for group in &groups {
        let own: Vec<_> = all.iter().rev().filter(|m| m.conversation.as_ref() == Some(group)).collect();
        assert_eq!(own.len(), 3);
        assert_eq!(keys(fixture, &query(group)).await, ids(own));
    }
    let paged = Query { after: Some(all[6].id.to_string()), limit: 1, ..query(&groups[0]) };
    assert_eq!(keys(fixture, &paged).await, ids([&all[3]]));
}

pub async fn a_record_that_changes_group_moves(fixture: &Fixture) {
    let group: ConversationId = fixture.samples.id();
    let mut message = messages(fixture, 1, |_, _| {}).await.remove(0);
    let query = Query { group: Some(group.to_string()), ..Query::newest(Table::Message, 10) };
    assert!(keys(fixture, &query).await.is_empty());
    message.conversation = Some(group);
    write(fixture, &message, Expect::Version(1)).await;
    assert_eq!(keys(fixture, &query).await, ids([&message]));
    message.conversation = None;
    write(fixture, &message, Expect::Version(2)).await;
    assert!(keys(fixture, &query).await.is_empty());
}

pub async fn filters_show_what_matches(fixture: &Fixture) {
    let all = messages(fixture, 12, |n, message| {
        message.status = [Status::Sent, Status::Failed, Status::Delivered][n % 3];
        message.direction = if n < 6 { Direction::Outbound } else { Direction::Inbound };
    })
    .await;
    for status in [None, Some(Status::Sent), Some(Status::Failed), Some(Status::Read)] {
        for direction in [None, Some(Direction::Inbound), Some(Direction::Outbound)] {
            let query = Query {
                status: status.map(|status| status.as_str().to_owned()),
                direction: direction.map(|direction| direction.as_str().to_owned()),
                ..Query::newest(Table::Message, 10)
            };
            let matches = |message: &&Message| {
                status.is_none_or(|status| message.status == status)
                    && direction.is_none_or(|direction| message.direction == direction)
            };
            let wanted: Vec<_> = all.iter().rev().filter(matches).take(10).collect();
            assert_eq!(keys(fixture, &query).await, ids(wanted), "{status:?} {direction:?}");
        }
    }
}

pub async fn a_changed_status_is_found_under_the_new_one(fixture: &Fixture) {
    let mut message = messages(fixture, 1, |_, _| {}).await.remove(0);
    let query = |status: &str| Query { status: Some(status.to_owned()), ..Query::newest(Table::Message, 10) };
    for (version, status) in (1..).zip([Status::Sending, Status::Failed, Status::Delivered]) {
        let old = message.status;
        message.status = status;
        write(fixture, &message, Expect::Version(version)).await;
        assert_eq!(keys(fixture, &query(status.as_str())).await.len(), 1, "{status:?}");
        assert!(keys(fixture, &query(old.as_str())).await.is_empty(), "{old:?}");
    }
    assert!(keys(fixture, &query("no' such")).await.is_empty());
}

pub async fn a_page_holds_at_most_five_hundred(fixture: &Fixture) {
    messages(fixture, MOST_PAGE + 1, |_, _| {}).await;
    let page = fixture.store.list(&acme(), &Query::newest(Table::Message, usize::MAX)).await.unwrap();
    assert_eq!((page.records.len(), page.more), (MOST_PAGE, true));
}

pub async fn pointers_are_not_listed(fixture: &Fixture) {
    fixture.apply(pointing(&acme(), &Pointer::idempotency("x"), "x", Expect::Absent)).await;
    assert!(keys(fixture, &Query::newest(Table::Pointer, 10)).await.is_empty());
}

pub async fn every_listed_table_lists(fixture: &Fixture) {
    let customer = fixture.samples.customer(&acme());
    let mut changes = Changes::new(acme());
    changes.put(&fixture.samples.message(&acme()), Expect::Absent);
    changes.put(&fixture.samples.conversation(&customer), Expect::Absent);
    changes.put(&customer, Expect::Absent);
    changes.put(&fixture.samples.dead_letter(fixture.samples.job(&acme(), "a")), Expect::Absent);
    fixture.apply(changes).await;
    for table in Table::LISTED {
        assert_eq!(keys(fixture, &Query::newest(table, 10)).await.len(), 1, "{table:?}");
    }
    let open = Query { status: Some("open".to_owned()), ..Query::newest(Table::DeadLetter, 10) };
    assert_eq!(keys(fixture, &open).await.len(), 1);
}
