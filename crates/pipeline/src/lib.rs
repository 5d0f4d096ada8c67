//! What happens to a message.
//!
//! ```text
//! request ─► intake ─► [journal + message + job] ─► identity ─► conversation ─► pre-route ─┐
//!            (pure)          one commit             └──────── one commit ─────────┘        │
//!                                                                                          ▼
//! API ───────────────────────────────────► publish ─► select_carrier ─► deliver ─► track (receipts)
//! ```
//!
//! Decide, then commit: a step reads a snapshot, decides without side effects, and what it
//! decided is one [`Changes`] that the store applies whole. [`worker`] takes jobs off the
//! store and calls the step; it does not know what a step does, and a step does not know
//! who calls it.
//!
//! Deliberately absent: SQL, HTTP servers, carrier names, the real clock. This crate sees
//! ports only.
//!
//! [`Changes`]: omni_core::store::Changes

pub mod conformance;
pub mod consent;
pub mod dead_letters;
pub mod directory;
pub mod engine;
pub mod inbound;
pub mod outbound;
pub mod step;
#[cfg(test)]
mod testing;
pub mod worker;
