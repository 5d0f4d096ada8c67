//! The schema's history, as people use it.

use std::path::Path;
use std::sync::Arc;

use omni_core::store::{Changes, Committed, Expect, Pointer, Store, StoreError, StoreExt};
use omni_local::migrate::{self, NEWEST};
use omni_local::{Options, SqliteStore};
use omni_testkit::clock::StoppedClock;
use omni_testkit::samples::acme;
use serde_json::json;

fn open(dir: &Path) -> Result<Arc<SqliteStore>, StoreError> {
    SqliteStore::open(dir, Options::default(), Arc::new(StoppedClock::default()))
}

fn sqlite(dir: &Path) -> rusqlite::Connection {
    rusqlite::Connection::open(dir.join("omni.db")).expect("it opens")
}

#[test]
fn a_store_goes_up_and_down_and_says_what_it_did() {
    let dir = tempfile::tempdir().unwrap();
    let json = |report: Result<migrate::Report, StoreError>| serde_json::to_value(report.unwrap()).unwrap();
    let [core, indexes] = ["001_core", "002_rare_state_indexes"];
    let done = |name: &str| json!({ "name": name, "status": "success" });
    assert_eq!(
        json(migrate::migrate(dir.path(), None, true)),
        json!({ "success": true, "action": "migrate", "version": 0, "dryRun": true,
                "pendingMigrations": [core, indexes] })
    );
    assert_eq!(
        json(migrate::migrate(dir.path(), Some(1), false)),
        json!({ "success": true, "action": "migrate", "version": 1, "results": [done(core)] })
    );
    assert_eq!(
        json(migrate::status(dir.path())),
        json!({ "success": true, "action": "status", "version": 1, "pendingMigrations": [indexes] })
    );
    assert_eq!(
        json(migrate::migrate(dir.path(), None, false)),
        json!({ "success": true, "action": "migrate", "version": 2, "results": [done(indexes)] })
    );
    assert_eq!(
        json(migrate::validate(dir.path())),
        json!({ "success": true, "action": "validate", "version": 2,
                "results": [done("version"), done("schema"), done("integrity")] })
    );
    assert_eq!(
        json(migrate::rollback(dir.path(), 0, true)),
        json!({ "success": true, "action": "rollback", "version": 2, "dryRun": true,
                "pendingMigrations": [indexes, core] })
    );
    assert_eq!(
        json(migrate::rollback(dir.path(), 1, false)),
        json!({ "success": true, "action": "rollback", "version": 1, "results": [done(indexes)] })
    );
    assert!(migrate::validate(dir.path()).unwrap().success);
    assert_eq!(json(migrate::rollback(dir.path(), 0, false))["version"], 0);
}

#[tokio::test]
async fn opening_an_older_store_brings_it_up_and_keeps_its_content() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).unwrap();
    let mut changes = Changes::new(acme());
    changes.point(&Pointer::idempotency("x"), &"kept", Expect::Absent, None);
    assert_eq!(store.commit(changes).await.unwrap(), Committed::Applied);
    drop(store);
    migrate::rollback(dir.path(), 1, false).unwrap();
    let store = open(dir.path()).unwrap();
    assert_eq!(migrate::status(dir.path()).unwrap().version, NEWEST);
    let kept = store.pointer::<String>(&acme(), &Pointer::idempotency("x")).await.unwrap();
    assert_eq!(kept.unwrap().value, "kept");
}

#[test]
fn a_newer_store_is_refused_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    drop(open(dir.path()).unwrap());
    sqlite(dir.path()).execute("INSERT INTO schema_migration VALUES (99, '099_future')", []).unwrap();
    let Err(StoreError::Unavailable(reason)) = open(dir.path()) else { panic!("opened") };
    assert!(reason.contains("99") && reason.contains("newer"), "{reason}");
    assert!(migrate::rollback(dir.path(), 1, false).is_err());
    assert!(!migrate::status(dir.path()).unwrap().success);
    let report = migrate::validate(dir.path()).unwrap();
    assert_eq!((report.success, report.results.unwrap()[0].status), (false, "failed"));
}

#[test]
fn validation_names_what_differs() {
    let cases = [
        ("missing", "DROP INDEX message_grp", "index message_grp is missing"),
        ("changed", "ALTER TABLE job ADD COLUMN extra", "table job differs"),
    ];
    for (name, change, wanted) in cases {
        let dir = tempfile::tempdir().unwrap();
        migrate::migrate(dir.path(), None, false).unwrap();
        sqlite(dir.path()).execute_batch(change).unwrap();
        let report = migrate::validate(dir.path()).unwrap();
        assert!(!report.success, "{name}");
        assert_eq!(report.results.unwrap()[1].error.as_deref(), Some(wanted), "{name}");
    }
}

#[test]
fn a_failed_step_changes_nothing_and_stops() {
    let dir = tempfile::tempdir().unwrap();
    migrate::migrate(dir.path(), Some(1), false).unwrap();
    sqlite(dir.path()).execute_batch("CREATE INDEX journal_set_aside ON journal (id)").unwrap();
    let report = migrate::migrate(dir.path(), None, false).unwrap();
    let results = report.results.unwrap();
    assert_eq!((report.success, report.version, results[0].status), (false, 1, "failed"));
    assert!(results[0].error.as_ref().unwrap().contains("already exists"), "{results:?}");
    let left = "SELECT count(*) FROM sqlite_master WHERE name = 'message_rare'";
    assert_eq!(sqlite(dir.path()).query_row(left, [], |row| row.get::<_, i64>(0)).unwrap(), 0);
}

#[test]
fn a_directory_without_a_store_has_no_status() {
    assert!(migrate::status(tempfile::tempdir().unwrap().path()).is_err());
}
