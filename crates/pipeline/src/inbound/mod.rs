//! From a carrier's request to a decision.
//!
//! * [`intake`] reads a request (pure), [`receive`] makes it durable.
//! * [`handle`] runs the steps on one message: [`identity_lookup`], [`bi_directional`] and
//!   [`pre_route`] decide on one snapshot and share one commit.
//!
//! Deliberately absent: any call to a carrier. Whatever is to be sent becomes a message
//! and a job in that same commit.

pub mod bi_directional;
mod blank;
pub mod content;
pub mod facts;
pub mod handle;
pub mod identity_lookup;
pub mod intake;
pub mod pre_route;
pub mod receive;
pub mod replay;
