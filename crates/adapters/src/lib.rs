//! Everybody else's APIs, one folder each.
//!
//! [`carriers`] is the table of contents of what we speak; [`http`] is the one real HTTP
//! client; [`shared`] holds what several carriers need and none owns.

pub mod carriers;
pub mod http;
pub mod shared;
