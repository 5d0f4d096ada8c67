//! Consent keywords.

use serde::{Deserialize, Serialize};

/// What a whole text message says about consent, if it is one of the fixed keywords.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Keyword {
    /// Stop sending.
    Stop,
    /// Send again.
    Start,
    /// Who are you, how do I stop?
    Help,
}
