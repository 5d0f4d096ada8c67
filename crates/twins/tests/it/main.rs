//! The twins through real HTTP: a client that speaks to them as an adapter would, and a
//! receiver that checks their callbacks as omni would. Signatures are verified here a third
//! time, from the carriers' documentation.

mod bandwidth;
mod catalogue;
mod faults;
mod harness;
mod inteliquent;
mod livechat;
mod messagebird;
mod sendgrid;
mod twilio;
mod twilio_content;
mod whatsapp;
