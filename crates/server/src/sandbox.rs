//! The port towards the carriers' twins: what the sandbox endpoints need of them.

use async_trait::async_trait;
use omni_core::problem::Problem;
use serde_json::{Map, Value};

/// The twins, as the API sees them.
#[async_trait]
pub trait Sandbox: Send + Sync {
    /// Every event that [`Sandbox::trigger`] knows, with its parameters.
    fn catalogue(&self) -> Value;

    /// Makes a twin send a real, signed callback; answers what happened.
    ///
    /// # Errors
    /// [`omni_core::problem::EVENT_UNKNOWN`], or what is wrong with the parameters.
    async fn trigger(&self, event: &str, params: Map<String, Value>) -> Result<Value, Problem>;

    /// The faults that a carrier's twin shows now.
    ///
    /// # Errors
    /// [`omni_core::problem::CONNECTION_UNKNOWN`] if there is no such twin.
    fn faults(&self, carrier: &str) -> Result<Value, Problem>;

    /// Replaces them; answers those in force.
    ///
    /// # Errors
    /// As [`Sandbox::faults`], or what is wrong with `faults`.
    fn set_faults(&self, carrier: &str, faults: Value) -> Result<Value, Problem>;
}
