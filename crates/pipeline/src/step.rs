//! Why a step failed, and what that means for its job.

use omni_core::problem::Code;
use omni_core::steps::StepId;

/// A step failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {} ({message})", step.as_str(), code.code)]
pub struct StepError {
    /// Which step: its retry policy applies.
    pub step: StepId,
    /// What kind of failure.
    pub code: Code,
    /// What happened; nothing personal.
    pub message: String,
}

impl StepError {
    /// A failure of `step`.
    pub fn new(step: StepId, code: Code, message: impl Into<String>) -> Self {
        Self { step, code, message: message.into() }
    }
}
