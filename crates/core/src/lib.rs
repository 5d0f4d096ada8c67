//! The words we speak: types, rules and ports. No I/O, no clock, no runtime.
//!
//! Everyone else depends on this crate and it depends on nobody, so the ports can be
//! read, changed and tested without the world:
//!
//! * what arrives: [`webhook`], [`event`];
//! * what we remember: [`message`], [`conversation`], [`customer`], [`job`];
//! * what an account configures: [`account`], [`rules`], [`steps`];
//! * the rules of the trade: [`phone`], [`segments`], [`consent`], [`status`], [`failure`], [`problem`];
//! * the ports: [`carrier`] and [`http`] towards carriers, [`store`] towards the platform,
//!   [`time::Clock`] and [`id::IdSource`] towards everything that would make a run
//!   unrepeatable.
//!
//! Deliberately absent: carrier names (a carrier is a string here, never an enum), SQL,
//! axum, tokio, and any reading of the real clock or of randomness.

pub mod account;
pub mod address;
pub mod carrier;
pub mod consent;
pub mod content;
pub mod conversation;
pub mod customer;
pub mod event;
pub mod failure;
pub mod http;
pub mod id;
pub mod job;
pub mod message;
pub mod peer;
pub mod phone;
pub mod problem;
pub mod rules;
pub mod secret;
pub mod segments;
pub mod status;
pub mod steps;
pub mod store;
pub mod time;
pub mod webhook;
