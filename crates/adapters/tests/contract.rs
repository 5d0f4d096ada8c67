//! The contract of [`Carrier`], for every carrier of the registry. Each test is one promise;
//! a new carrier joins with a sample connection, its side of signing, and its vectors.
//!
//! [`Carrier`]: omni_core::carrier::Carrier
#![expect(clippy::unwrap_used, reason = "what cannot be read must fail the test")]

#[path = "contract/proof.rs"]
mod proof;
#[path = "contract/reading.rs"]
mod reading;
#[path = "contract/replies.rs"]
mod replies;
#[path = "contract/secrets.rs"]
mod secrets;
mod support;
#[path = "contract/texts.rs"]
mod texts;

use std::collections::BTreeSet;

use omni_adapters::carriers::REGISTRY;

use crate::support::samples;

/// Without a sample a carrier would pass every promise by not being there.
#[test]
fn every_carrier_has_a_sample_that_builds() {
    let sampled: BTreeSet<&str> = samples::all("s").iter().map(|sample| sample.carrier).collect();
    let registered: BTreeSet<&str> = REGISTRY.iter().map(|plugin| plugin.name.0).collect();
    assert_eq!(sampled, registered);
    for sample in samples::all("s") {
        assert_eq!(sample.build().name().0, sample.carrier);
    }
}
