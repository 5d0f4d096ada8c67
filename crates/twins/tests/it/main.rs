//! The twins through real HTTP: a client that speaks to them as an adapter would, and a
//! receiver that checks their callbacks as omni would. Signatures are verified here a third
//! time, from the carriers' documentation.

mod catalogue;
mod faults;
mod harness;
mod livechat;
mod messagebird;
mod twilio;
mod whatsapp;
