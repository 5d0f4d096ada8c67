//! What only a store on disk can promise: it survives its process, its disk and its past.

use std::collections::HashSet;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use omni_core::store::{
    Changes, Committed, Expect, JournalQuery, Pointer, Query, Store, StoreError, StoreExt, Table,
};
use omni_core::time::Clock;
use omni_local::{Checkpointing, Options, SqliteStore, migrate};
use omni_testkit::clock::StoppedClock;
use omni_testkit::samples::{Samples, acme, globex};
use serde_json::json;

fn open(dir: &Path, options: Options) -> Result<Arc<SqliteStore>, StoreError> {
    SqliteStore::open(dir, options, Arc::new(StoppedClock::default()))
}

fn samples() -> Samples {
    Samples::new(Arc::new(StoppedClock::default()))
}

fn pointing(key: &str, text: &str) -> Changes {
    let mut changes = Changes::new(acme());
    changes.point(&Pointer::idempotency(key), &text, Expect::Absent, None);
    changes
}

async fn apply(store: &SqliteStore, changes: Changes) {
    assert_eq!(store.commit(changes).await.expect("the store works"), Committed::Applied);
}

#[tokio::test]
async fn everything_is_there_after_opening_again() {
    let (dir, samples) = (tempfile::tempdir().unwrap(), samples());
    let message = samples.message(&acme());
    let request = samples.request(Some(&acme()));
    let (first, second) = (samples.job(&acme(), "a"), samples.job(&acme(), "a"));
    let store = open(dir.path(), Options::default()).unwrap();
    let mut changes = pointing("x", "kept");
    changes.put(&message, Expect::Absent).job(first.clone()).job(second.clone());
    changes.event("message.received", samples.now(), json!({"n": 1}));
    changes.journal = Some(request.clone());
    apply(&store, changes).await;
    let running = store.lease(1, Duration::ZERO).await.unwrap().remove(0);
    drop(store);

    let store = open(dir.path(), Options::default()).unwrap();
    assert_eq!(store.message(&acme(), message.id).await.unwrap().unwrap().value, message);
    let found = store.pointer::<String>(&acme(), &Pointer::idempotency("x")).await.unwrap();
    assert_eq!(found.unwrap().value, "kept");
    assert_eq!(store.journal_entry(Some(&acme()), request.id).await.unwrap(), Some(request));
    // The running job comes back, before its successor, and the old lease is worth nothing.
    let mut late = Changes::new(acme());
    late.complete = Some((running.job.id, running.token));
    assert_eq!(store.commit(late.clone()).await.unwrap(), Committed::Conflict { on: "lease" });
    let again = store.lease(9, Duration::ZERO).await.unwrap();
    assert_eq!(again.iter().map(|leased| leased.job.id).collect::<Vec<_>>(), [first.id]);
    assert_eq!(store.commit(late).await.unwrap(), Committed::Conflict { on: "lease" });
    // Numbering goes on.
    let mut changes = Changes::new(acme());
    changes.event("x", samples.now(), json!({"n": 2})).job(samples.job(&acme(), "b"));
    apply(&store, changes).await;
    let events = store.events(&acme(), 0, 10, Duration::ZERO).await.unwrap();
    assert_eq!(events.iter().map(|e| e.event.data["n"].as_i64().unwrap()).collect::<Vec<_>>(), [1, 2]);
    assert!(events[1].sequence > events[0].sequence);
}

#[tokio::test]
async fn a_postponed_job_keeps_its_time_and_its_place_over_a_restart() {
    let (dir, samples) = (tempfile::tempdir().unwrap(), samples());
    let store = open(dir.path(), Options::default()).unwrap();
    let (first, second) = (samples.job(&acme(), "a"), samples.job(&acme(), "a"));
    let mut changes = Changes::new(acme());
    changes.job(first.clone()).job(second);
    apply(&store, changes).await;
    let leased = store.lease(1, Duration::ZERO).await.unwrap().remove(0);
    let due = samples.now() + Duration::from_secs(60);
    let mut changes = Changes::new(acme());
    changes.postpone = Some(omni_core::store::Postpone {
        job: leased.job.id,
        token: leased.token,
        not_before: due,
        error: "busy".to_owned(),
        counts: true,
    });
    apply(&store, changes).await;
    store.close().await.unwrap();

    let clock = Arc::new(StoppedClock::default());
    let store = SqliteStore::open(dir.path(), Options::default(), Arc::clone(&clock) as _).unwrap();
    assert!(store.lease(9, Duration::ZERO).await.unwrap().is_empty());
    clock.set(due);
    let again = store.lease(9, Duration::ZERO).await.unwrap();
    assert_eq!((again.len(), again[0].job.id, again[0].job.failures), (1, first.id, 1));
}

#[tokio::test]
async fn a_closed_store_has_done_its_work_and_does_no_more() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path(), Options::default()).unwrap();
    let waiting = Arc::clone(&store);
    let commits = (0..50).map(|n| {
        let store = Arc::clone(&waiting);
        tokio::spawn(async move { store.commit(pointing(&n.to_string(), "x")).await })
    });
    let commits: Vec<_> = commits.collect();
    tokio::task::yield_now().await;
    store.close().await.unwrap();
    let mut kept = Vec::new();
    for (n, commit) in commits.into_iter().enumerate() {
        match commit.await.unwrap() {
            Ok(committed) => {
                assert_eq!(committed, Committed::Applied);
                kept.push(n);
            }
            Err(error) => assert!(matches!(error, StoreError::Unavailable(_)), "{error}"),
        }
    }
    assert!(matches!(store.commit(pointing("late", "x")).await, Err(StoreError::Unavailable(_))));
    assert!(matches!(store.ready().await, Err(StoreError::Unavailable(_))));
    assert!(store.close().await.is_err());
    drop((store, waiting));
    let store = open(dir.path(), Options::default()).unwrap();
    for n in kept {
        let pointer = Pointer::idempotency(&n.to_string());
        assert!(store.pointer::<String>(&acme(), &pointer).await.unwrap().is_some(), "{n}");
    }
}

#[tokio::test]
async fn a_second_opener_is_refused_until_the_first_is_gone() {
    let dir = tempfile::tempdir().unwrap();
    let first = open(dir.path(), Options::default()).unwrap();
    let Err(StoreError::Locked(reason)) = open(dir.path(), Options::default()) else {
        panic!("opened twice");
    };
    assert!(reason.contains("another process"), "{reason}");
    assert!(migrate::rollback(dir.path(), 1, false).is_err());
    drop(first);
    open(dir.path(), Options::default()).unwrap();
}

#[tokio::test]
async fn a_full_disk_refuses_writes_answers_reads_and_recovers() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path(), Options { max_pages: Some(120), ..Options::default() }).unwrap();
    let text = "x".repeat(20_000);
    let mut stored = 0;
    let refusal = loop {
        match store.commit(pointing(&stored.to_string(), &text)).await {
            Ok(committed) => assert_eq!(committed, Committed::Applied),
            Err(error) => break error,
        }
        stored += 1;
        assert!(stored < 1_000, "the disk never fills");
    };
    assert!(matches!(refusal, StoreError::ReadOnly(_)), "{refusal}");
    assert!(matches!(store.ready().await, Err(StoreError::ReadOnly(_))));
    let read = async |n: usize| {
        store.pointer::<String>(&acme(), &Pointer::idempotency(&n.to_string())).await.unwrap()
    };
    assert_eq!(read(0).await.unwrap().value, text);
    assert!(read(stored).await.is_none(), "a refused commit left something behind");
    // Space returns.
    let mut changes = Changes::new(acme());
    for n in 0..stored / 2 {
        changes.unpoint(&Pointer::idempotency(&n.to_string()));
    }
    apply(&store, changes).await;
    store.ready().await.unwrap();
    apply(&store, pointing("again", &text)).await;
    assert!(read(0).await.is_none());
    assert!(read(stored - 1).await.is_some());
}

#[tokio::test]
async fn a_failed_completion_leaves_the_lease_as_it_was() {
    let (dir, samples) = (tempfile::tempdir().unwrap(), samples());
    let store = open(dir.path(), Options { max_pages: Some(100), ..Options::default() }).unwrap();
    let mut changes = Changes::new(acme());
    changes.job(samples.job(&acme(), "a"));
    apply(&store, changes).await;
    let leased = store.lease(1, Duration::ZERO).await.unwrap().remove(0);
    let mut changes = pointing("x", &"x".repeat(900_000));
    changes.complete = Some((leased.job.id, leased.token));
    assert!(matches!(store.commit(changes).await, Err(StoreError::ReadOnly(_))));
    assert!(store.extend(leased.job.id, leased.token).await.unwrap());
    let mut changes = Changes::new(acme());
    changes.complete = Some((leased.job.id, leased.token));
    apply(&store, changes).await;
}

/// Superusers may write where the mode says no: for them a place that nobody can write.
#[test]
fn a_directory_that_cannot_be_written_is_read_only() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(0o555)).unwrap();
    let superuser = std::fs::write(dir.path().join("probe"), "").is_ok();
    let place = if superuser { Path::new("/sys/kernel") } else { dir.path() };
    let Err(error) = open(place, Options::default()) else { panic!("opened") };
    assert!(matches!(error, StoreError::ReadOnly(_)), "{error:?}");
}

#[tokio::test]
async fn a_sweep_deletes_what_is_old_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let clock = Arc::new(StoppedClock::default());
    let store = SqliteStore::open(dir.path(), Options::default(), Arc::clone(&clock) as _).unwrap();
    let samples = Samples::new(Arc::clone(&clock) as _);
    const DAY: Duration = Duration::from_secs(24 * 60 * 60);
    for day in 0..40u32 {
        for n in 0..20 {
            let mut changes = Changes::new(if n % 2 == 0 { acme() } else { globex() });
            let until = samples.now() + DAY;
            changes.point(&Pointer::idempotency(&format!("{day}/{n}")), &day, Expect::Absent, Some(until));
            changes.event("x", samples.now(), json!({ "day": day }));
            changes.journal = Some(samples.request(Some(&changes.tenant)));
            apply(&store, changes).await;
        }
        clock.advance(DAY);
    }
    apply(&store, pointing("for ever", "x")).await;
    let swept = store.sweep(clock.now()).await.unwrap();
    assert_eq!((swept.journal, swept.events, swept.pointers), (33 * 20, 10 * 20, 40 * 20));
    assert_eq!(store.sweep(clock.now()).await.unwrap(), omni_local::Swept::default());
    let limit = JournalQuery { limit: 500, ..JournalQuery::default() };
    assert_eq!(store.journal_list(Some(&acme()), &limit).await.unwrap().len(), 70);
    assert_eq!(store.events(&acme(), 0, 500, Duration::ZERO).await.unwrap()[0].event.data["day"], 10);
    assert!(store.pointer::<String>(&acme(), &Pointer::idempotency("for ever")).await.unwrap().is_some());
    // The newest event stays, so that numbering goes on.
    let newest = store.last_event(&globex()).await.unwrap();
    clock.advance(DAY * 100);
    store.sweep(clock.now()).await.unwrap();
    drop(store);
    let store = SqliteStore::open(dir.path(), Options::default(), clock as _).unwrap();
    assert_eq!(store.last_event(&globex()).await.unwrap(), newest);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_starts_over_under_load() {
    let dir = tempfile::tempdir().unwrap();
    let checkpointing =
        Checkpointing { every: Duration::from_millis(10), at_bytes: 1 << 20, restart_at_bytes: 2 << 20 };
    let store = open(dir.path(), Options { checkpointing, ..Options::default() }).unwrap();
    let text = "x".repeat(50_000);
    for n in 0..600 {
        apply(&store, pointing(&n.to_string(), &text)).await;
    }
    // 30 MB went through it.
    let log = std::fs::metadata(dir.path().join("omni.db-wal")).unwrap().len();
    assert!(log < 15 << 20, "{log}");
    let stats = store.stats();
    assert!(stats.bytes > 30_000_000, "{stats:?}");
    assert!(stats.bytes_written > 30_000_000 || !Path::new("/proc/self/io").exists(), "{stats:?}");
    store.close().await.unwrap();
    assert!(migrate::validate(dir.path()).unwrap().success);
}

#[tokio::test]
async fn anybody_can_read_the_tables() {
    let (dir, samples) = (tempfile::tempdir().unwrap(), samples());
    let store = open(dir.path(), Options::default()).unwrap();
    let message = samples.message(&acme());
    let mut changes = Changes::new(acme());
    changes.put(&message, Expect::Absent).job(samples.job(&acme(), "a"));
    changes.event("message.queued", samples.now(), json!({"id": message.id}));
    apply(&store, changes).await;
    let sqlite = rusqlite::Connection::open(dir.path().join("omni.db")).unwrap();
    let text = |sql: &str| sqlite.query_row(sql, [], |row| row.get::<_, String>(0)).unwrap();
    assert_eq!(text("SELECT id FROM message WHERE status = 'queued'"), message.id.to_string());
    assert_eq!(text("SELECT body ->> '$.content.outbound.text' FROM message"), "Your table is ready");
    assert_eq!(
        text("SELECT tenant || ' ' || sequence || ' ' || type FROM event_log"),
        "acme 1 message.queued"
    );
    assert_eq!(text("SELECT body ->> '$.work.type' FROM job"), "deliver.v1");
}

#[tokio::test]
async fn an_unreadable_job_stops_only_its_lane() {
    let (dir, samples) = (tempfile::tempdir().unwrap(), samples());
    let store = open(dir.path(), Options::default()).unwrap();
    let mut changes = Changes::new(acme());
    changes.job(samples.job(&acme(), "a")).job(samples.job(&acme(), "a")).job(samples.job(&acme(), "b"));
    apply(&store, changes).await;
    store.close().await.unwrap();
    drop(store);
    let sqlite = rusqlite::Connection::open(dir.path().join("omni.db")).unwrap();
    let future = r#"UPDATE job SET body = '{"type":"of a later version"}' WHERE seq = 1"#;
    assert_eq!(sqlite.execute(future, []).unwrap(), 1);
    drop(sqlite);
    let store = open(dir.path(), Options::default()).unwrap();
    let leased = store.lease(9, Duration::ZERO).await.unwrap();
    assert_eq!(leased.iter().map(|leased| leased.job.lane.as_str()).collect::<Vec<_>>(), ["b"]);
    assert!(store.lease(9, Duration::ZERO).await.unwrap().is_empty());
}

/// The directory for the child of `what_was_acknowledged_survives_a_kill`.
const CHILD_DIR: &str = "OMNI_TEST_CHILD_DIR";

struct RealClock(std::time::Instant);

impl Clock for RealClock {
    fn now(&self) -> omni_core::time::Timestamp {
        StoppedClock::default().now() + self.0.elapsed()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "the child of another test"]
async fn writes_until_killed() {
    let Some(dir) = std::env::var_os(CHILD_DIR) else { return };
    let clock = Arc::new(RealClock(std::time::Instant::now()));
    let checkpointing =
        Checkpointing { every: Duration::from_millis(5), at_bytes: 1 << 18, restart_at_bytes: 1 << 19 };
    let options = Options { checkpointing, ..Options::default() };
    let store = SqliteStore::open(Path::new(&dir), options, clock).unwrap();
    let samples = Arc::new(Samples::new(Arc::new(StoppedClock::default())));
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..16 {
        let (store, samples) = (Arc::clone(&store), Arc::clone(&samples));
        writers.spawn(async move {
            for n in 0.. {
                let mut changes = pointing(&format!("{writer}/{n}"), "x");
                changes.put(&samples.message(&acme()), Expect::Absent);
                changes.job(samples.job(&acme(), &format!("lane {writer}")));
                changes.event("x", samples.now(), json!({}));
                apply(&store, changes).await;
                writeln!(std::io::stdout().lock(), "kept {writer}/{n}").unwrap();
            }
        });
    }
    writers.join_all().await;
}

#[tokio::test]
async fn what_was_acknowledged_survives_a_kill() {
    let dir = tempfile::tempdir().unwrap();
    let mut acknowledged = HashSet::new();
    for round in 0..3 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "writes_until_killed", "--ignored", "--nocapture"])
            .env(CHILD_DIR, dir.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut count = 0;
        for line in lines.map_while(Result::ok) {
            // What stands in the pipe when the child dies was acknowledged, too.
            if let Some((_, key)) = line.split_once("kept ") {
                acknowledged.insert(key.to_owned());
                count += 1;
            }
            if count == 300 + round * 111 {
                child.kill().unwrap();
            }
        }
        child.wait().unwrap();
        assert!(count >= 300, "the child ended by itself after {count}");
        check_after_kill(dir.path(), &acknowledged).await;
        // The next child begins with an empty store.
        for name in ["omni.db", "omni.db-wal", "omni.db-shm"] {
            std::fs::remove_file(dir.path().join(name)).ok();
        }
        acknowledged.clear();
    }
}

async fn check_after_kill(dir: &Path, acknowledged: &HashSet<String>) {
    let store = open(dir, Options { held_jobs: 0, ..Options::default() }).expect("the store works");
    for key in acknowledged {
        let found =
            store.pointer::<String>(&acme(), &Pointer::idempotency(key)).await.expect("the store works");
        assert!(found.is_some(), "{key} was acknowledged and is gone");
    }
    // Whatever is there is there whole: as many messages as jobs and events.
    let mut messages = 0;
    let mut query = Query::newest(Table::Message, 500);
    loop {
        let page = store.list(&acme(), &query).await.expect("the store works");
        messages += page.records.len() as u64;
        query.after = page.records.last().map(|listed| listed.key.clone());
        if !page.more {
            break;
        }
    }
    let stats = store.stats();
    assert_eq!(stats.jobs_ready + stats.jobs_waiting, messages);
    assert!(messages >= acknowledged.len() as u64);
    assert_eq!(store.last_event(&acme()).await.expect("the store works"), messages);
    drop(store);
    assert!(migrate::validate(dir).expect("the store works").success);
}

/// Half of them in one lane, half in lanes of their own.
#[tokio::test]
async fn very_many_open_jobs_come_back_in_their_order() {
    const MANY: usize = 20_000;
    let (dir, samples) = (tempfile::tempdir().unwrap(), samples());
    let options = || Options { held_jobs: 1_000, ..Options::default() };
    let store = open(dir.path(), options()).unwrap();
    let mut order = Vec::new();
    for batch in 0..MANY / 100 {
        let mut changes = Changes::new(acme());
        for n in 0..100 {
            let lane = if n % 2 == 0 { "long".to_owned() } else { format!("lane {batch} {n}") };
            let job = samples.job(&acme(), &lane);
            if n % 2 == 0 {
                order.push(job.id);
            }
            changes.job(job);
        }
        apply(&store, changes).await;
    }
    store.close().await.unwrap();
    drop(store);
    let store = open(dir.path(), options()).unwrap();
    assert_eq!(usize::try_from(store.stats().jobs_ready).unwrap(), MANY / 2 + 1);
    let mut found = Vec::new();
    for _ in 0..MANY {
        let leased = store.lease(8, Duration::ZERO).await.unwrap();
        if leased.is_empty() || found.len() == 30 {
            break;
        }
        for leased in leased {
            if leased.job.lane == "long" {
                found.push(leased.job.id);
            }
            let mut changes = Changes::new(acme());
            changes.complete = Some((leased.job.id, leased.token));
            apply(&store, changes).await;
        }
    }
    assert_eq!(found, order[..found.len()]);
}
