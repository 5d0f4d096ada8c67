//! The rules that the contract cannot reach: what is held, pinned and counted.

use std::time::Duration;

use omni_core::id::{JobId, MessageId, TenantId, TraceId};
use omni_core::job::{Job, Work};
use omni_core::message::Priority;
use omni_core::time::Timestamp;

use super::{Entry, Queue, Setup};

const LEASE: Duration = Duration::from_secs(30);
const START: Timestamp = Timestamp::from_secs(1_000);

fn queue(held: usize) -> Queue {
    Queue::new(Setup { lease: LEASE, first_token: 1, held, keeps_leased: false })
}

fn tenant() -> TenantId {
    "acme".parse().unwrap()
}

fn id(n: u8) -> JobId {
    JobId::from_bytes([n; 16])
}

fn entry(n: u8) -> Entry {
    let work = Work::Deliver { message: MessageId::from_bytes([n; 16]) };
    let job = Job::new(id(n), tenant(), "a".to_owned(), work, TraceId::from_bytes([n; 16]), START);
    Entry { seq: n.into(), id: id(n), priority: Priority::Normal, not_before: None, job: Some(Box::new(job)) }
}

#[test]
fn only_so_many_jobs_are_held() {
    let mut queue = queue(2);
    for n in 1..=4 {
        queue.push(&tenant(), &format!("lane {n}"), entry(n), START);
    }
    let whole: Vec<_> = queue.take(9, START).iter().map(|taken| taken.job.is_some()).collect();
    assert_eq!(whole, [true, true, false, false]);
    // What was handed out makes room.
    queue.push(&tenant(), "lane 5", entry(5), START);
    assert!(queue.take(1, START)[0].job.is_some());
}

#[test]
fn a_pinned_lease_does_not_end() {
    let mut queue = queue(9);
    queue.push(&tenant(), "a", entry(1), START);
    let token = queue.take(1, START)[0].token;
    let late = START + LEASE * 2;
    assert_eq!(queue.pin(id(1), token, START), Some(1));
    assert_eq!(queue.pin(id(1), token, START), None, "once");
    assert!(queue.take(1, late).is_empty());
    // The commit failed: now it has ended.
    queue.unpin(token);
    assert_eq!(queue.pin(id(1), token, late), None);
    let again = queue.take(1, late);
    assert_eq!(again.len(), 1);
    assert_ne!(again[0].token, token);
}

#[test]
fn an_ended_lease_cannot_be_extended_even_if_nobody_took_the_job() {
    let mut queue = queue(9);
    queue.push(&tenant(), "a", entry(1), START);
    let token = queue.take(1, START)[0].token;
    assert!(queue.extend(id(1), token, START + LEASE - Duration::from_micros(1)));
    assert!(!queue.extend(id(1), token, START + LEASE * 2));
    assert_eq!(queue.pin(id(1), token, START + LEASE * 2), None);
}

#[test]
fn the_next_change_is_the_earliest_timer_or_end() {
    let mut queue = queue(9);
    assert_eq!(queue.next_change(), Timestamp::MAX);
    queue.push(&tenant(), "a", entry(1), START);
    queue.take(1, START);
    assert_eq!(queue.next_change(), START + LEASE);
    let due = START + Duration::from_secs(5);
    queue.push(&tenant(), "b", Entry { not_before: Some(due), ..entry(2) }, START);
    assert_eq!(queue.next_change(), due);
    assert_eq!(queue.take(9, due).len(), 1);
}

#[test]
fn finished_lanes_leave_nothing_behind() {
    let mut queue = queue(1_000);
    for round in 0..100u8 {
        queue.push(&tenant(), &format!("lane {round}"), entry(round), START);
        let token = queue.take(1, START)[0].token;
        queue.pin(id(round), token, START).unwrap();
        queue.finish(token, START);
    }
    let counts = queue.counts(START);
    assert_eq!((counts.total, counts.ready, counts.leased), (0, 0, 0));
    assert_eq!(queue.held, 0);
    assert!(queue.lanes.capacity() <= 1, "the place of a lane is used again");
    assert!(queue.tenants[0].lanes.is_empty() && queue.ends.is_empty() && queue.turns.is_empty());
}

#[test]
fn a_clock_that_is_set_back_prolongs_neither_a_retry_nor_a_lease() {
    let mut queue = queue(9);
    for (n, lane) in [(1, "retried"), (2, "leased"), (3, "scheduled")] {
        let not_before = (n == 3).then_some(START + Duration::from_secs(10));
        queue.push(&tenant(), lane, Entry { not_before, ..entry(n) }, START);
    }
    let token = queue.take(1, START)[0].token;
    queue.pin(id(1), token, START).unwrap();
    queue.postpone(token, START + Duration::from_secs(5), None, START);
    assert_eq!(queue.take(9, START)[0].seq, 2);
    let before = START - Duration::from_secs(600);
    let taken = |queue: &mut Queue, secs| {
        let taken = queue.take(9, before + Duration::from_secs(secs));
        taken.iter().map(|taken| taken.seq).collect::<Vec<_>>()
    };
    assert!(taken(&mut queue, 0).is_empty());
    assert!(taken(&mut queue, 4).is_empty());
    assert_eq!(taken(&mut queue, 5), [1]);
    assert_eq!(taken(&mut queue, 30), [2], "its lease ended");
    assert_eq!(taken(&mut queue, 609).iter().filter(|seq| **seq == 3).count(), 0);
    assert_eq!(taken(&mut queue, 610).iter().filter(|seq| **seq == 3).count(), 1, "not before its time");
    assert!(queue.retries.is_empty());
}
