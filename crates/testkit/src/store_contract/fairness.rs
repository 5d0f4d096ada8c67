//! Who comes first: among tenants the least recently served, then the higher priority,
//! then the older job.

use omni_core::id::{JobId, TenantId};
use omni_core::message::Priority;

use super::Fixture;
use crate::samples::{acme, globex};

/// Leases one by one and completes each: the order in which one worker works.
async fn order(fixture: &Fixture, count: usize) -> Vec<(TenantId, JobId)> {
    let mut order = Vec::new();
    for _ in 0..count {
        let leased = fixture.lease(1).await.remove(0);
        order.push((leased.job.tenant.clone(), leased.job.id));
        fixture.complete(&leased).await;
    }
    order
}

pub async fn the_higher_priority_runs_first(fixture: &Fixture) {
    use Priority::{High, Low, Normal};
    let added: Vec<_> = [Low, Normal, High, Low, High]
        .into_iter()
        .enumerate()
        .map(|(n, priority)| fixture.samples.job(&acme(), &format!("lane {n}")).with_priority(priority))
        .collect();
    fixture.add(added.clone()).await;
    let ran: Vec<_> = order(fixture, 5).await.into_iter().map(|(_, id)| id).collect();
    assert_eq!(ran, [2, 4, 1, 0, 3].map(|n: usize| added[n].id));
}

pub async fn the_older_job_runs_first_among_equals(fixture: &Fixture) {
    let added: Vec<_> = (0..6).map(|n| fixture.samples.job(&acme(), &format!("lane {}", n % 3))).collect();
    fixture.add(added.clone()).await;
    let ran: Vec<_> = order(fixture, 6).await.into_iter().map(|(_, id)| id).collect();
    assert_eq!(ran, added.iter().map(|job| job.id).collect::<Vec<_>>());
}

pub async fn tenants_take_turns(fixture: &Fixture) {
    for tenant in [acme(), globex()] {
        for n in 0..4 {
            fixture.add([fixture.samples.job(&tenant, &format!("lane {n}"))]).await;
        }
    }
    let served: Vec<_> = order(fixture, 8).await.into_iter().map(|(tenant, _)| tenant).collect();
    for pair in served.windows(2) {
        assert_ne!(pair[0], pair[1], "{served:?}");
    }
    // The same within one call.
    for tenant in [acme(), acme(), acme(), globex(), globex()] {
        let lane = fixture.samples.id::<omni_core::id::Job>().to_string();
        fixture.add([fixture.samples.job(&tenant, &lane)]).await;
    }
    let tenants: Vec<_> = fixture.lease(4).await.into_iter().map(|leased| leased.job.tenant).collect();
    assert_eq!(tenants.iter().filter(|tenant| **tenant == globex()).count(), 2, "{tenants:?}");
}

pub async fn a_bulk_of_one_tenant_does_not_delay_another(fixture: &Fixture) {
    for n in 0..50 {
        let bulk = fixture.samples.job(&acme(), &format!("lane {n}")).with_priority(Priority::High);
        fixture.add([bulk]).await;
    }
    order(fixture, 5).await;
    let reply = fixture.samples.job(&globex(), "reply").with_priority(Priority::Low);
    fixture.add([reply.clone()]).await;
    assert_eq!(order(fixture, 1).await, [(globex(), reply.id)]);
}
