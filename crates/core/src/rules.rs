//! Routing rules, as an account writes them (the seeds' `RoutingRule`).
//!
//! ```json
//! { "id": "billing", "name": "Billing words", "priority": 80, "enabled": true,
//!   "conditions": [{ "field": "contentAnalysis.intent", "operator": "contains", "value": "billing" }],
//!   "actions": [{ "type": "route_to_queue", "queueId": "billing-team" }, { "type": "add_tag", "tag": "billing" }] }
//! ```
//!
//! Rules run in order of priority, highest first; all conditions of a rule must hold. The
//! evaluation is `pipeline`'s; here are only the words.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::message::Priority;

/// One rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RoutingRule {
    /// Unique in its account.
    pub id: String,
    /// For people; the id if missing.
    #[serde(default)]
    pub name: String,
    /// Highest first; equal ones in the order written.
    #[serde(default)]
    pub priority: i32,
    /// All must hold; none holds always.
    #[serde(default)]
    pub conditions: Vec<Condition>,
    /// What then happens, in order.
    pub actions: Vec<Action>,
    /// Whether it counts at all.
    #[serde(default = "yes")]
    pub enabled: bool,
    /// No rule after this one is looked at once it matched.
    #[serde(default)]
    pub stop: bool,
}

const fn yes() -> bool {
    true
}

/// One comparison.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Condition {
    /// A path into the facts: `message.text`, `identity.profile.tags`, `channel`, …
    pub field: String,
    /// How to compare.
    pub operator: Operator,
    /// What to compare with; not needed for `exists` and `not_exists`.
    #[serde(default)]
    pub value: Value,
}

/// How a fact is compared with a value. Text compares without regard to case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operator {
    /// The same.
    Equals,
    /// Anything else.
    NotEquals,
    /// A text holds the value, or a list has it.
    Contains,
    /// It does not.
    NotContains,
    /// A text begins with it.
    StartsWith,
    /// A text ends with it.
    EndsWith,
    /// A text holds one of the words (a list, or words with commas), as whole words.
    MatchesWords,
    /// The fact is one of the values.
    In,
    /// It is none of them.
    NotIn,
    /// Greater than a number.
    GreaterThan,
    /// Less than a number.
    LessThan,
    /// The fact is there and not empty.
    Exists,
    /// It is not.
    NotExists,
}

/// What a rule does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum Action {
    /// People of a queue answer.
    RouteToQueue {
        /// The queue.
        queue_id: String,
        /// For people.
        #[serde(default)]
        queue_name: Option<String>,
        /// How urgent.
        #[serde(default)]
        priority: Option<Priority>,
    },
    /// One person answers.
    RouteToAgent {
        /// The person.
        agent_id: String,
        /// For people.
        #[serde(default)]
        agent_name: Option<String>,
    },
    /// The bot answers.
    RouteToBot {
        /// The bot.
        bot_id: String,
    },
    /// People must look at it now.
    Escalate {
        /// Their queue.
        queue_id: String,
    },
    /// We answer at once.
    AutoRespond {
        /// The words; `{{name}}`, `{{text}}` and `{{channel}}` are filled in.
        content: String,
        /// What kind of answer it is.
        #[serde(default)]
        response_type: ResponseType,
    },
    /// Labels message and conversation.
    AddTag {
        /// The label.
        tag: String,
    },
    /// Sets how urgent the conversation is.
    SetPriority {
        /// How urgent.
        priority: Priority,
    },
    /// Nobody gets it.
    Block {
        /// Why, for the trace.
        #[serde(default)]
        reason: Option<String>,
    },
}

/// What kind of automatic answer it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResponseType {
    /// The first words to somebody new.
    Greeting,
    /// Nobody is here now.
    Away,
    /// We have it.
    Acknowledgment,
    /// Anything else.
    #[default]
    Custom,
}

/// The first segments of every fact that conditions may name; `omni check` refuses others.
pub const FACTS: &[&str] = &[
    "message.id",
    "message.text",
    "message.content",
    "message.type",
    "message.contentType",
    "message.subject",
    "message.replyId",
    "message.mediaCount",
    "body",
    "channel",
    "carrier",
    "connection",
    "conversation.id",
    "conversation.status",
    "conversation.messageCount",
    "conversation.tags",
    "conversation.priority",
    "conversation.owner",
    "identity.customerId",
    "identity.customerType",
    "identity.address",
    "identity.country",
    "identity.profile.displayName",
    "identity.profile.firstName",
    "identity.profile.lastName",
    "identity.profile.email",
    "identity.profile.tags",
    "identity.preferences.language",
    "identity.preferences.optOutStatus",
    "identity.preferences.marketingConsent",
    "contentAnalysis.spam",
    "contentAnalysis.sentiment",
    "contentAnalysis.intent",
    "contentAnalysis.language",
    "businessHours.open",
];
