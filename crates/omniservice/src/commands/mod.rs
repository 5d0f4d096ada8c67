//! The commands, one file each.

pub mod about;
pub mod bench;
pub mod check;
pub mod config;
pub mod conformance;
pub mod dev;
pub mod doctor;
pub mod explain;
pub mod faults;
pub mod health;
pub mod init;
pub mod keys;
pub mod resources;
pub mod schema;
pub mod send;
pub mod serve;
pub mod tail;
pub mod trigger;
pub mod upload;
pub mod why;
