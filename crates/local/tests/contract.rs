//! Both stores keep the contract of the port.

use std::sync::Arc;
use std::time::Duration;

use omni_local::{MemoryStore, Options, SqliteStore};
use omni_testkit::clock::StoppedClock;
use omni_testkit::store_contract::Fixture;

const LEASE: Duration = Duration::from_secs(30);

fn sqlite(mut options: Options) -> Fixture {
    let clock = Arc::new(StoppedClock::default());
    let dir = tempfile::tempdir().expect("a temporary directory");
    options.lease = LEASE;
    let store = SqliteStore::open(dir.path(), options, Arc::clone(&clock) as _).expect("it opens");
    Fixture { keep: Box::new(dir), ..Fixture::new(store, clock, LEASE) }
}

fn memory() -> Fixture {
    let clock = Arc::new(StoppedClock::default());
    Fixture::new(MemoryStore::new(LEASE, Arc::clone(&clock) as _), clock, LEASE)
}

mod on_sqlite {
    omni_testkit::store_contract!(super::sqlite(super::Options::default()));
}

/// Nothing is remembered: every read and every leased job comes from the file.
mod on_sqlite_without_memory {
    use omni_local::Options;

    omni_testkit::store_contract!(super::sqlite(Options { cache: 0, held_jobs: 0, ..Options::default() }));
}

mod in_memory {
    omni_testkit::store_contract!(super::memory());
}
