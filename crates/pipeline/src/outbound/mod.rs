//! Outbound: from "send this" to "it arrived".
//!
//! ```text
//! publish ─► select_carrier ─► deliver ─► track
//!                 ▲                │ Retry::OtherCarrier
//!                 └────────────────┘
//! ```
//!
//! * [`publish`] validates and records; [`request`] reads what the client wrote, `recipient`
//!   whom they mean.
//! * [`select_carrier`] is pure: an ordered list of candidates, each with its reason.
//! * [`deliver`] is the only place that calls [`Carrier::send`]. An attempt is durable
//!   before the socket write; an outcome that nobody knows blocks every blind repetition.
//!   `last_look` says what must be true just before; `settle` finds out what became of such
//!   an attempt, `outcome` writes it down; `parts` knows what is left to send.
//! * [`track`] applies receipts: status only moves forward. [`track_up_to`] does so for reports
//!   about a whole chat.
//!
//! Deliberately absent: carrier names, and sleeping. A wait is a job with a `not_before`,
//! so it survives a restart and costs no memory.
//!
//! [`Carrier::send`]: omni_core::carrier::Carrier::send

pub mod breaker;
pub mod deliver;
mod last_look;
pub mod limiter;
mod outcome;
pub(crate) mod parts;
pub mod publish;
mod recipient;
pub mod request;
pub mod select_carrier;
mod settle;
pub mod track;
pub mod track_up_to;
pub mod turnstile;
