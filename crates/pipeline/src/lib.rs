//! What happens to a message.
//!
//! ```text
//! request ─► intake ─► [journal + message + job] ─► identity ─► conversation ─► pre-route ─┐
//!            (pure)          one commit             └──────── one commit ─────────┘        │
//!                                                                                          ▼
//! API ───────────────────────────────────► publish ─► select_carrier ─► deliver ─► track (receipts)
//! ```

pub mod conformance;
pub mod directory;
pub mod inbound;
