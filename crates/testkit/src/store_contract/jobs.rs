//! Lanes, leases and time.

use std::sync::Arc;
use std::time::Duration;

use omni_core::id::JobId;
use omni_core::job::{Job, Leased};
use omni_core::store::{Changes, Committed, Expect, Pointer, Postpone};
use serde_json::json;

use super::{A_WHILE, Fixture, PATIENCE, pointing};
use crate::samples::acme;

const MINUTE: Duration = Duration::from_secs(60);

fn jobs(fixture: &Fixture, lanes: &[&str]) -> Vec<Job> {
    lanes.iter().map(|lane| fixture.samples.job(&acme(), lane)).collect()
}

fn ids(leased: &[Leased]) -> Vec<JobId> {
    leased.iter().map(|leased| leased.job.id).collect()
}

async fn postpone(fixture: &Fixture, leased: &Leased, by: Duration, counts: bool) -> Committed {
    let mut changes = Changes::new(leased.job.tenant.clone());
    changes.postpone = Some(Postpone {
        job: leased.job.id,
        token: leased.token,
        not_before: fixture.samples.now() + by,
        error: "carrier_busy".to_owned(),
        counts,
    });
    fixture.commit(changes).await
}

pub async fn a_lane_runs_in_order_of_arrival(fixture: &Fixture) {
    let added = jobs(fixture, &["a"; 5]);
    fixture.add(added.clone()).await;
    for job in added {
        let leased = fixture.lease_one().await;
        assert_eq!(leased.job, job);
        assert_eq!(fixture.complete(&leased).await, Committed::Applied);
    }
    assert!(fixture.lease(1).await.is_empty());
}

pub async fn a_lane_runs_one_job_at_a_time(fixture: &Fixture) {
    fixture.add(jobs(fixture, &["a", "a"])).await;
    let first = fixture.lease_one().await;
    assert!(fixture.lease(10).await.is_empty());
    fixture.complete(&first).await;
    assert_eq!(fixture.lease(10).await.len(), 1);
}

pub async fn lanes_run_in_parallel(fixture: &Fixture) {
    let added = jobs(fixture, &["a", "b", "c", "a"]);
    fixture.add(added.clone()).await;
    let leased = fixture.lease(10).await;
    assert_eq!(ids(&leased), added[..3].iter().map(|job| job.id).collect::<Vec<_>>());
}

pub async fn no_more_are_leased_than_asked_for(fixture: &Fixture) {
    fixture.add(jobs(fixture, &["a", "b", "c"])).await;
    assert!(fixture.lease(0).await.is_empty());
    assert_eq!(fixture.lease(2).await.len(), 2);
    assert_eq!(fixture.lease(2).await.len(), 1);
}

pub async fn a_postponed_head_blocks_its_lane_until_its_time(fixture: &Fixture) {
    let added = jobs(fixture, &["a", "a", "b"]);
    fixture.add(added.clone()).await;
    let first = fixture.lease(1).await.remove(0);
    assert_eq!(postpone(fixture, &first, MINUTE, true).await, Committed::Applied);
    let other = fixture.lease_one().await;
    assert_eq!(other.job.id, added[2].id);
    fixture.complete(&other).await;
    fixture.clock.advance(MINUTE - Duration::from_micros(1));
    assert!(fixture.lease(10).await.is_empty());
    fixture.clock.advance(Duration::from_micros(1));
    assert_eq!(fixture.lease_one().await.job.id, added[0].id);
}

pub async fn a_postponed_job_says_why_and_counts_failures(fixture: &Fixture) {
    fixture.add(jobs(fixture, &["a"])).await;
    for (counts, failures) in [(true, 1), (false, 1), (true, 2)] {
        let leased = fixture.lease_one().await;
        postpone(fixture, &leased, MINUTE, counts).await;
        let due = fixture.samples.now() + MINUTE;
        fixture.clock.advance(MINUTE);
        let again = fixture.lease_one().await;
        assert_eq!(again.job.failures, failures);
        assert_eq!(again.job.last_error.as_deref(), Some("carrier_busy"));
        assert_eq!(again.job.not_before, Some(due));
        postpone(fixture, &again, Duration::ZERO, false).await;
    }
}

pub async fn a_lease_ends_and_its_job_comes_back(fixture: &Fixture) {
    fixture.add(jobs(fixture, &["a", "a"])).await;
    let first = fixture.lease_one().await;
    fixture.clock.advance(fixture.lease - Duration::from_micros(1));
    assert!(fixture.lease(10).await.is_empty());
    fixture.clock.advance(Duration::from_micros(1));
    let again = fixture.lease_one().await;
    assert_eq!(again.job, first.job);
    assert_ne!(again.token, first.token);
    assert_eq!(fixture.complete(&again).await, Committed::Applied);
}

pub async fn a_heartbeat_keeps_the_lease(fixture: &Fixture) {
    fixture.add(jobs(fixture, &["a"])).await;
    let leased = fixture.lease_one().await;
    for _ in 0..5 {
        fixture.clock.advance(fixture.lease * 2 / 3);
        assert!(fixture.store.extend(leased.job.id, leased.token).await.unwrap());
        assert!(fixture.lease(10).await.is_empty());
    }
    assert!(!fixture.store.extend(leased.job.id, leased.token + 1).await.unwrap());
    assert!(!fixture.store.extend(fixture.samples.id(), leased.token).await.unwrap());
    assert_eq!(fixture.complete(&leased).await, Committed::Applied);
    assert!(!fixture.store.extend(leased.job.id, leased.token).await.unwrap());
}

pub async fn a_lost_lease_completes_nothing(fixture: &Fixture) {
    fixture.add(jobs(fixture, &["a"])).await;
    let lost = fixture.lease_one().await;
    fixture.clock.advance(fixture.lease);
    let now_anothers = fixture.lease_one().await;
    assert!(!fixture.store.extend(lost.job.id, lost.token).await.unwrap());
    let pointer = Pointer::idempotency("effect");
    let mut changes = pointing(&acme(), &pointer, "x", Expect::Absent);
    changes.complete = Some((lost.job.id, lost.token));
    changes.job(fixture.samples.job(&acme(), "b"));
    assert_eq!(fixture.commit(changes).await, Committed::Conflict { on: "lease" });
    assert_eq!(fixture.pointer(&acme(), &pointer).await, None);
    assert!(fixture.lease(10).await.is_empty());
    assert_eq!(fixture.complete(&now_anothers).await, Committed::Applied);
}

pub async fn a_lost_lease_postpones_nothing(fixture: &Fixture) {
    fixture.add(jobs(fixture, &["a"])).await;
    let lost = fixture.lease_one().await;
    fixture.clock.advance(fixture.lease);
    let now_anothers = fixture.lease_one().await;
    let outcome = postpone(fixture, &lost, MINUTE, true).await;
    assert_eq!(outcome, Committed::Conflict { on: "lease" });
    postpone(fixture, &now_anothers, Duration::ZERO, false).await;
    assert_eq!(fixture.lease_one().await.job.failures, 0);
}

pub async fn a_job_is_completed_once(fixture: &Fixture) {
    fixture.add(jobs(fixture, &["a", "a"])).await;
    let leased = fixture.lease_one().await;
    assert_eq!(fixture.complete(&leased).await, Committed::Applied);
    assert_eq!(fixture.complete(&leased).await, Committed::Conflict { on: "lease" });
    assert_eq!(fixture.lease(10).await.len(), 1);
}

pub async fn racing_completions_have_one_winner(fixture: &Fixture) {
    for _ in 0..5 {
        fixture.add(jobs(fixture, &["a"])).await;
        let leased = fixture.lease_one().await;
        let mut racing = tokio::task::JoinSet::new();
        for _ in 0..8 {
            let store = Arc::clone(&fixture.store);
            let mut changes = Changes::new(acme());
            changes.complete = Some((leased.job.id, leased.token));
            changes.event("done", fixture.samples.now(), json!({}));
            racing.spawn(async move { store.commit(changes).await.unwrap() });
        }
        let outcomes = racing.join_all().await;
        assert_eq!(outcomes.iter().filter(|outcome| **outcome == Committed::Applied).count(), 1);
    }
    assert_eq!(fixture.store.last_event(&acme()).await.unwrap(), 5);
}

pub async fn completion_writes_and_follow_up_jobs_are_one_commit(fixture: &Fixture) {
    fixture.add(jobs(fixture, &["a"])).await;
    let leased = fixture.lease_one().await;
    let pointer = Pointer::idempotency("effect");
    let next = fixture.samples.job(&acme(), "b");
    let mut changes = pointing(&acme(), &pointer, "done", Expect::Absent);
    changes.complete = Some((leased.job.id, leased.token));
    changes.job(next.clone());
    fixture.apply(changes).await;
    assert_eq!(fixture.pointer(&acme(), &pointer).await, Some(("done".to_owned(), 1)));
    assert_eq!(fixture.lease_one().await.job, next);
}

pub async fn a_refused_completion_keeps_the_lease(fixture: &Fixture) {
    fixture.add(jobs(fixture, &["a"])).await;
    let leased = fixture.lease_one().await;
    let pointer = Pointer::idempotency("effect");
    let mut changes = pointing(&acme(), &pointer, "x", Expect::Version(3));
    changes.complete = Some((leased.job.id, leased.token));
    assert_eq!(fixture.commit(changes).await, Committed::Conflict { on: "pointer" });
    assert!(fixture.lease(10).await.is_empty());
    assert!(fixture.store.extend(leased.job.id, leased.token).await.unwrap());
    assert_eq!(fixture.complete(&leased).await, Committed::Applied);
}

pub async fn a_follow_up_job_goes_to_the_end_of_the_lane(fixture: &Fixture) {
    let added = jobs(fixture, &["a", "a"]);
    fixture.add(added.clone()).await;
    let leased = fixture.lease_one().await;
    let next = fixture.samples.job(&acme(), "a");
    let mut changes = Changes::new(acme());
    changes.complete = Some((leased.job.id, leased.token));
    changes.job(next.clone());
    fixture.apply(changes).await;
    for wanted in [&added[1], &next] {
        let leased = fixture.lease_one().await;
        assert_eq!(leased.job.id, wanted.id);
        fixture.complete(&leased).await;
    }
}

pub async fn a_job_never_runs_before_its_time(fixture: &Fixture) {
    let due = fixture.samples.now() + MINUTE;
    let job = fixture.samples.job(&acme(), "a").due(due);
    let past = fixture.samples.job(&acme(), "b").due(fixture.samples.now());
    fixture.add([job.clone(), past.clone()]).await;
    assert_eq!(ids(&fixture.lease(10).await), [past.id]);
    fixture.clock.set(due);
    let leased = fixture.lease(10).await;
    assert!(ids(&leased).contains(&job.id));
}

pub async fn a_waiting_head_blocks_its_lane(fixture: &Fixture) {
    let head = fixture.samples.job(&acme(), "a").due(fixture.samples.now() + MINUTE);
    let next = fixture.samples.job(&acme(), "a");
    fixture.add([head.clone(), next]).await;
    assert!(fixture.lease(10).await.is_empty());
    fixture.clock.advance(MINUTE);
    assert_eq!(fixture.lease_one().await.job.id, head.id);
}

pub async fn who_waits_for_a_job_is_woken(fixture: &Fixture) {
    let store = Arc::clone(&fixture.store);
    let waiting = tokio::spawn(async move { store.lease(5, PATIENCE * 6).await.unwrap() });
    tokio::time::sleep(A_WHILE).await;
    let job = fixture.samples.job(&acme(), "a");
    fixture.add([job.clone()]).await;
    let leased = tokio::time::timeout(PATIENCE, waiting).await.expect("woken").unwrap();
    assert_eq!(ids(&leased), [job.id]);
}

pub async fn who_waits_in_vain_gets_nothing(fixture: &Fixture) {
    let leased = tokio::time::timeout(PATIENCE, fixture.store.lease(5, A_WHILE)).await;
    assert!(leased.expect("it ends").unwrap().is_empty());
}

pub async fn every_waiting_worker_gets_a_job(fixture: &Fixture) {
    let mut workers = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let store = Arc::clone(&fixture.store);
        workers.spawn(async move { store.lease(1, PATIENCE * 6).await.unwrap() });
    }
    tokio::time::sleep(A_WHILE).await;
    let mut changes = Changes::new(acme());
    let lanes: Vec<_> = (0..8).map(|n| format!("lane {n}")).collect();
    for lane in &lanes {
        changes.job(fixture.samples.job(&acme(), lane));
    }
    fixture.apply(changes).await;
    let leased = tokio::time::timeout(PATIENCE, workers.join_all()).await.expect("all are woken");
    let mut all: Vec<_> = leased.iter().flat_map(|leased| ids(leased)).collect();
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 8);
}

pub async fn a_duplicate_leaves_the_first_ones_job_runnable(fixture: &Fixture) {
    let pointer = Pointer::idempotency("x");
    let job = fixture.samples.job(&acme(), "a");
    let mut changes = pointing(&acme(), &pointer, "x", Expect::Absent);
    changes.job(job.clone());
    fixture.apply(changes.clone()).await;
    assert!(matches!(fixture.commit(changes).await, Committed::Duplicate { .. }));
    assert_eq!(fixture.lease_one().await.job.id, job.id);
}

pub async fn the_numbers_count_jobs(fixture: &Fixture) {
    let later = fixture.samples.job(&acme(), "later").due(fixture.samples.now() + MINUTE * 60);
    fixture.add(jobs(fixture, &["a", "a", "b"])).await;
    fixture.add([later]).await;
    fixture.clock.advance(Duration::from_millis(1_500));
    let stats = fixture.store.stats();
    assert_eq!((stats.jobs_ready, stats.jobs_waiting, stats.jobs_leased), (2, 2, 0));
    assert_eq!(stats.oldest_ready_ms, 1_500);
    let leased = fixture.lease(1).await.remove(0);
    let stats = fixture.store.stats();
    assert_eq!((stats.jobs_ready, stats.jobs_waiting, stats.jobs_leased), (2, 2, 1));
    fixture.complete(&leased).await;
    let stats = fixture.store.stats();
    assert_eq!((stats.jobs_ready, stats.jobs_waiting, stats.jobs_leased), (2, 1, 0));
}
