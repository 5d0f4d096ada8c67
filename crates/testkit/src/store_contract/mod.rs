//! What every store promises, as cases. Their names are the specification.
//!
//! A backend's test file is one call of [`store_contract!`](crate::store_contract!) with an
//! expression that makes a [`Fixture`] over an empty store:
//!
//! ```ignore
//! omni_testkit::store_contract!(fresh());
//! ```
//!
//! The cases know the port only. Where a case waits, it waits in real time: briefly where
//! nothing may happen, up to [`PATIENCE`] where something must.

#![expect(clippy::unwrap_used, reason = "the cases are tests: a store that fails fails them")]

#[expect(missing_docs, reason = "the name of a case says all of it")]
pub mod events;
#[expect(missing_docs, reason = "the name of a case says all of it")]
pub mod fairness;
#[expect(missing_docs, reason = "the name of a case says all of it")]
pub mod jobs;
#[expect(missing_docs, reason = "the name of a case says all of it")]
pub mod journal;
#[expect(missing_docs, reason = "the name of a case says all of it")]
pub mod listings;
#[expect(missing_docs, reason = "the name of a case says all of it")]
pub mod records;
#[expect(missing_docs, reason = "the name of a case says all of it")]
pub mod tenants;

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use omni_core::id::TenantId;
use omni_core::job::{Job, Leased};
use omni_core::store::{Changes, Committed, Expect, Pointer, Store, StoreExt};

use crate::clock::StoppedClock;
use crate::samples::Samples;

/// How long a case waits for what must happen.
pub const PATIENCE: Duration = Duration::from_secs(10);
/// How long a case waits to see that something does not happen.
pub const A_WHILE: Duration = Duration::from_millis(30);

/// An empty store and what moves it.
pub struct Fixture {
    /// The store; it must read the time from `clock`.
    pub store: Arc<dyn Store>,
    /// Its clock.
    pub clock: Arc<StoppedClock>,
    /// How long its leases last.
    pub lease: Duration,
    /// Records of the clock's time.
    pub samples: Samples,
    /// What must live as long as the store (a directory, an emulator).
    pub keep: Box<dyn Any + Send + Sync>,
}

impl Fixture {
    /// A fixture over `store`.
    pub fn new(store: Arc<dyn Store>, clock: Arc<StoppedClock>, lease: Duration) -> Self {
        let samples = Samples::new(Arc::clone(&clock) as _);
        Self { store, clock, lease, samples, keep: Box::new(()) }
    }

    /// Commits; the case fails if the store does.
    pub async fn commit(&self, changes: Changes) -> Committed {
        self.store.commit(changes).await.expect("the store works")
    }

    /// Commits what must be applied.
    pub async fn apply(&self, changes: Changes) {
        assert_eq!(self.commit(changes).await, Committed::Applied);
    }

    /// Adds jobs, each in a commit of its own.
    pub async fn add(&self, jobs: impl IntoIterator<Item = Job>) {
        for job in jobs {
            let mut changes = Changes::new(job.tenant.clone());
            changes.job(job);
            self.apply(changes).await;
        }
    }

    /// Leases what may run now.
    pub async fn lease(&self, max: usize) -> Vec<Leased> {
        self.store.lease(max, Duration::ZERO).await.expect("the store works")
    }

    /// Leases the one job that may run now.
    pub async fn lease_one(&self) -> Leased {
        let mut leased = self.lease(10).await;
        assert_eq!(leased.len(), 1, "exactly one job may run");
        leased.remove(0)
    }

    /// Completes a leased job.
    pub async fn complete(&self, leased: &Leased) -> Committed {
        let mut changes = Changes::new(leased.job.tenant.clone());
        changes.complete = Some((leased.job.id, leased.token));
        self.commit(changes).await
    }

    /// The text under a pointer, and its version.
    pub async fn pointer(&self, tenant: &TenantId, pointer: &Pointer) -> Option<(String, u64)> {
        let found = self.store.pointer::<String>(tenant, pointer).await.expect("the store works");
        found.map(|found| (found.value, found.version))
    }
}

/// A commit that writes one small text.
pub(crate) fn pointing(tenant: &TenantId, pointer: &Pointer, text: &str, expect: Expect) -> Changes {
    let mut changes = Changes::new(tenant.clone());
    changes.point(pointer, &text, expect, None);
    changes
}

/// Runs the whole contract of `Store` against what `$fresh` makes (a
/// [`Fixture`](crate::store_contract::Fixture) over an empty store; it may await).
#[macro_export]
macro_rules! store_contract {
    ($fresh:expr) => {
        $crate::store_contract!(@cases $fresh; records:
            an_unknown_key_finds_nothing
            a_record_comes_back_as_it_was_written
            a_commit_is_whole_or_nothing
            a_repeated_webhook_changes_nothing_and_names_the_first
            racing_duplicates_make_one_row
            a_version_rises_by_one_with_every_write
            a_write_on_an_old_version_conflicts
            a_record_that_is_only_looked_at_must_be_as_it_was_seen
            a_new_record_does_not_overwrite_another
            a_duplicate_outweighs_a_conflict
            the_first_of_two_duplicates_is_named
            the_last_writer_wins_where_nothing_is_expected
            racing_writers_of_one_version_have_one_winner
            a_deleted_record_is_absent
            deleting_what_is_not_there_is_no_error
            expired_is_absent
            an_idempotency_key_answers_with_what_it_made_for_its_time
            more_than_a_hundred_writes_are_refused
            more_than_a_mebibyte_is_refused
            one_record_is_written_once_in_a_commit
            an_empty_commit_is_applied
            what_was_committed_is_read_at_once
        );
        $crate::store_contract!(@cases $fresh; tenants:
            records_of_another_tenant_are_absent
            pointers_of_two_tenants_never_meet
            listings_show_one_tenant
            events_show_one_tenant
            the_journal_shows_one_tenant
            lanes_of_two_tenants_are_two_lanes
            a_record_of_another_tenant_is_not_deleted
        );
        $crate::store_contract!(@cases $fresh; listings:
            the_newest_comes_first
            the_oldest_comes_first_if_asked
            a_listing_goes_by_key_whatever_the_order_of_arrival
            pages_follow_each_other_without_gap_or_double
            a_group_lists_its_own
            a_record_that_changes_group_moves
            filters_show_what_matches
            a_changed_status_is_found_under_the_new_one
            a_page_holds_at_most_five_hundred
            pointers_are_not_listed
            every_listed_table_lists
        );
        $crate::store_contract!(@cases $fresh; jobs:
            a_lane_runs_in_order_of_arrival
            a_lane_runs_one_job_at_a_time
            lanes_run_in_parallel
            no_more_are_leased_than_asked_for
            a_postponed_head_blocks_its_lane_until_its_time
            a_postponed_job_says_why_and_counts_failures
            a_lease_ends_and_its_job_comes_back
            a_heartbeat_keeps_the_lease
            a_lost_lease_completes_nothing
            a_lost_lease_postpones_nothing
            a_job_is_completed_once
            racing_completions_have_one_winner
            completion_writes_and_follow_up_jobs_are_one_commit
            a_refused_completion_keeps_the_lease
            a_follow_up_job_goes_to_the_end_of_the_lane
            a_job_never_runs_before_its_time
            a_waiting_head_blocks_its_lane
            who_waits_for_a_job_is_woken
            who_waits_in_vain_gets_nothing
            every_waiting_worker_gets_a_job
            a_duplicate_leaves_the_first_ones_job_runnable
            the_numbers_count_jobs
        );
        $crate::store_contract!(@cases $fresh; fairness:
            the_higher_priority_runs_first
            the_older_job_runs_first_among_equals
            tenants_take_turns
            a_bulk_of_one_tenant_does_not_delay_another
        );
        $crate::store_contract!(@cases $fresh; events:
            events_come_in_their_order_and_can_be_resumed
            a_refused_commit_tells_nothing
            who_waits_for_an_event_is_woken
            who_waits_for_an_event_in_vain_gets_nothing
            a_limit_is_kept
            the_newest_event_is_known
            a_follower_misses_nothing_while_many_write
        );
        $crate::store_contract!(@cases $fresh; journal:
            a_request_comes_back_as_it_was
            a_large_body_comes_back_whole
            a_request_of_a_commit_is_kept_with_it
            an_unknown_request_is_absent
            what_was_set_aside_is_listed_alone
            requests_of_nobody_are_kept_apart
            the_journal_pages_from_newest_to_oldest
        );
    };
    (@cases $fresh:expr; $module:ident: $($case:ident)+) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $case() {
            $crate::store_contract::$module::$case(&$fresh).await;
        }
    )+};
}
