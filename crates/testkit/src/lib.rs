//! Contracts of the ports, stopped clock, seeded ids: what tests of every crate share.
//!
//! * [`store_contract!`] runs every promise of a store against a backend; a backend is done
//!   when it passes, and a bug found on one becomes a case for all.
//! * [`clock::StoppedClock`] and [`ids::SeededIds`] make a run a function of its seed.
//! * [`samples`] are records with sensible content, to be changed where a test cares.
//!
//! Deliberately absent: mocks of our own traits. The stores in memory and the carriers'
//! twins are real implementations.

pub mod clock;
pub mod ids;
pub mod samples;
pub mod store_contract;
