//! The server from outside: requests into the router, answers out; a store in memory, a
//! stopped clock, a carrier of paper.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may stop here")]

mod app;
mod conversations;
mod dead_letters;
mod events;
mod health;
mod hostile;
mod journal;
mod keys;
mod listings;
mod manual;
mod messages;
mod problems;
mod sandbox;
mod serving;
mod store_down;
mod webhooks;
