//! From a carrier's request to a decision.

pub mod intake;
pub mod replay;
