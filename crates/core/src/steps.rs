//! The configuration of workflow steps (the seeds' `WorkflowStepConfig`).

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::rules::Condition;

/// The steps, by the seeds' ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum StepId {
    /// Who wrote?
    #[serde(rename = "workFlowIdentityLookup")]
    IdentityLookup,
    /// Which conversation, in what state?
    #[serde(rename = "workFlowBiDirectional")]
    BiDirectional,
    /// Rules, content, automatic answers.
    #[serde(rename = "workFlowPreRoute")]
    PreRoute,
    /// Send.
    #[serde(rename = "publishOutbound")]
    PublishOutbound,
    /// Tell the agents.
    #[serde(rename = "pushNotification")]
    PushNotification,
    /// Nothing more.
    #[serde(rename = "terminate")]
    Terminate,
}

impl StepId {
    /// As in configuration, trace and metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::IdentityLookup => "workFlowIdentityLookup",
            Self::BiDirectional => "workFlowBiDirectional",
            Self::PreRoute => "workFlowPreRoute",
            Self::PublishOutbound => "publishOutbound",
            Self::PushNotification => "pushNotification",
            Self::Terminate => "terminate",
        }
    }
}

/// One step, as configured for an account. What is not written is as in
/// [`StepConfig::default_for`] that step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", from = "Written")]
pub struct StepConfig {
    /// Which step.
    pub step_id: StepId,
    /// A disabled step is passed over: its trace says so and the next one follows.
    pub enabled: bool,
    /// Longest run, in milliseconds.
    pub timeout: u64,
    /// What happens when it fails.
    pub retry_policy: RetryPolicy,
    /// The step runs only if all hold; otherwise it is passed over.
    pub conditions: Vec<Condition>,
    /// Where it goes next; the seeds' defaults if empty.
    pub next_steps: Vec<NextStep>,
}

/// A step as somebody wrote it down.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Written {
    step_id: StepId,
    enabled: Option<bool>,
    timeout: Option<u64>,
    #[serde(default)]
    retry_policy: WrittenRetryPolicy,
    #[serde(default)]
    conditions: Vec<Condition>,
    #[serde(default)]
    next_steps: Vec<NextStep>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
struct WrittenRetryPolicy {
    max_retries: Option<u32>,
    backoff_multiplier: Option<f64>,
    max_backoff: Option<u64>,
}

impl From<Written> for StepConfig {
    fn from(written: Written) -> Self {
        let default = Self::default_for(written.step_id);
        let (retry, default_retry) = (written.retry_policy, default.retry_policy);
        let next_steps = if written.next_steps.is_empty() { default.next_steps } else { written.next_steps };
        Self {
            step_id: written.step_id,
            enabled: written.enabled.unwrap_or(default.enabled),
            timeout: written.timeout.unwrap_or(default.timeout),
            retry_policy: RetryPolicy {
                max_retries: retry.max_retries.unwrap_or(default_retry.max_retries),
                backoff_multiplier: retry.backoff_multiplier.unwrap_or(default_retry.backoff_multiplier),
                max_backoff: retry.max_backoff.unwrap_or(default_retry.max_backoff),
            },
            conditions: written.conditions,
            next_steps,
        }
    }
}

/// How often a failed step is tried again, and how long after.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RetryPolicy {
    /// Tries after the first.
    pub max_retries: u32,
    /// Each wait is the one before times this.
    pub backoff_multiplier: f64,
    /// Longest wait, in milliseconds.
    pub max_backoff: u64,
}

impl RetryPolicy {
    /// First wait.
    const BASE: Duration = Duration::from_millis(250);

    /// The wait before try number `failures + 1`; `None` when it is time to give up.
    /// Full waits: the caller may spread them.
    pub fn wait(&self, failures: u32) -> Option<Duration> {
        if failures > self.max_retries {
            return None;
        }
        let exponent = i32::try_from(failures.saturating_sub(1)).unwrap_or(i32::MAX);
        let factor = self.backoff_multiplier.max(1.0).powi(exponent);
        let longest = Duration::from_millis(self.max_backoff);
        Some(Duration::try_from_secs_f64(Self::BASE.as_secs_f64() * factor).unwrap_or(longest).min(longest))
    }
}

/// Where a step goes next.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NextStep {
    /// The step.
    pub step_id: StepId,
    /// When.
    pub condition: NextCondition,
}

/// When a next step is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NextCondition {
    /// In any case.
    Always,
    /// There is an automatic answer.
    AutoResponseEnabled,
    /// People are to look at it.
    RouteToAgent,
    /// It was blocked.
    Blocked,
}

impl StepConfig {
    /// The seeds' default for a step.
    pub fn default_for(step_id: StepId) -> Self {
        use NextCondition::{Always, AutoResponseEnabled, Blocked, RouteToAgent};
        let next = |step_id, condition| NextStep { step_id, condition };
        let (timeout, max_backoff, next_steps) = match step_id {
            StepId::IdentityLookup => (30_000, 10_000, vec![next(StepId::BiDirectional, Always)]),
            StepId::BiDirectional => (30_000, 10_000, vec![next(StepId::PreRoute, Always)]),
            StepId::PreRoute => (
                45_000,
                15_000,
                vec![
                    next(StepId::PublishOutbound, AutoResponseEnabled),
                    next(StepId::PushNotification, RouteToAgent),
                    next(StepId::Terminate, Blocked),
                ],
            ),
            StepId::PublishOutbound => (30_000, 60_000, Vec::new()),
            StepId::PushNotification | StepId::Terminate => (30_000, 10_000, Vec::new()),
        };
        let max_retries = if step_id == StepId::PublishOutbound { 5 } else { 3 };
        Self {
            step_id,
            enabled: true,
            timeout,
            retry_policy: RetryPolicy { max_retries, backoff_multiplier: 2.0, max_backoff },
            conditions: Vec::new(),
            next_steps,
        }
    }

    /// Whether it goes on to `step` under `condition`.
    pub fn goes_to(&self, step: StepId, condition: NextCondition) -> bool {
        self.next_steps.iter().any(|next| {
            next.step_id == step && (next.condition == condition || next.condition == NextCondition::Always)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_written_is_as_in_the_default_of_that_step() {
        let read = |json: serde_json::Value| serde_json::from_value::<StepConfig>(json);
        for id in [StepId::IdentityLookup, StepId::PreRoute, StepId::PublishOutbound, StepId::Terminate] {
            let bare = read(serde_json::json!({ "stepId": id })).unwrap();
            assert_eq!(bare, StepConfig::default_for(id), "{}", id.as_str());
        }
        let some = serde_json::json!({ "stepId": "publishOutbound", "retryPolicy": { "maxRetries": 9 } });
        let retry_policy = RetryPolicy { max_retries: 9, backoff_multiplier: 2.0, max_backoff: 60_000 };
        let default = StepConfig::default_for(StepId::PublishOutbound);
        assert_eq!(read(some).unwrap(), StepConfig { retry_policy, ..default });
        for unknown in [
            serde_json::json!({ "stepId": "terminate", "timeOut": 1 }),
            serde_json::json!({ "stepId": "terminate", "retryPolicy": { "retries": 1 } }),
        ] {
            assert!(read(unknown.clone()).is_err(), "{unknown}");
        }
    }

    #[test]
    fn waits_grow_to_the_limit_and_end() {
        let policy = RetryPolicy { max_retries: 4, backoff_multiplier: 2.0, max_backoff: 1_000 };
        let waits: Vec<_> = (1..=5).map(|n| policy.wait(n).map(|w| w.as_millis())).collect();
        assert_eq!(waits, [Some(250), Some(500), Some(1_000), Some(1_000), None]);
        let wild = RetryPolicy { max_retries: u32::MAX, backoff_multiplier: f64::MAX, max_backoff: 10 };
        assert_eq!(wild.wait(u32::MAX - 1), Some(Duration::from_millis(10)));
    }
}
