//! Rules, conditions, and the words of automatic answers.

use std::cmp::Reverse;

use omni_core::problem;
use omni_core::rules::{Action, Condition, FACTS, Operator, RoutingRule};
use serde_json::Value;

use super::{Checker, suggestion};
use crate::config::tree::{Segment, way};

/// What is filled in between `{{` and `}}`.
const PLACEHOLDERS: [&str; 3] = ["name", "text", "channel"];

impl Checker<'_> {
    pub(super) fn rules(&mut self, account: usize, rules: &[RoutingRule]) {
        self.unreachable(account, rules);
        for (at, rule) in rules.iter().enumerate() {
            let around = way!["accounts", account, "rules", at];
            let id = [around.as_slice(), &way!["id"]].concat();
            self.filled(&rule.id, &id);
            if rules[..at].iter().any(|other| other.id == rule.id) {
                let message = format!("two rules are called `{}`", rule.id);
                self.wrong(problem::CONFIG_DUPLICATE, &id, message, "the trace names rules by their id");
            }
            let path = [around.as_slice(), &way!["actions"]].concat();
            if rule.actions.is_empty() && !self.layers.thinned.contains(&self.layers.name(&path)) {
                let message = format!("rule `{}` does nothing", rule.id);
                self.wrong(problem::CONFIG_MISSING, &path, message, "give it at least one action");
            }
            self.conditions(&rule.conditions, &around);
            for (action_at, action) in rule.actions.iter().enumerate() {
                self.action(action, &[around.as_slice(), &way!["actions", action_at]].concat());
            }
        }
    }

    /// Rules run by priority; one that always matches and stops hides all behind it.
    fn unreachable(&mut self, account: usize, rules: &[RoutingRule]) {
        let mut order: Vec<usize> = (0..rules.len()).filter(|at| rules[*at].enabled).collect();
        order.sort_by_key(|at| Reverse(rules[*at].priority));
        let mut wall: Option<&str> = None;
        for at in order {
            let rule = &rules[at];
            if let Some(wall) = wall {
                let message =
                    format!("rule `{}` is never looked at: `{wall}` always matches and stops", rule.id);
                let help = format!("give it a higher priority than `{wall}`, or that one a condition");
                self.invalid(&way!["accounts", account, "rules", at, "id"], message, &help);
            } else if rule.stop && rule.conditions.is_empty() {
                wall = Some(&rule.id);
            }
        }
    }

    fn action(&mut self, action: &Action, around: &[Segment]) {
        let below = |key: &str| [around, &way![key]].concat();
        match action {
            Action::RouteToQueue { queue_id, .. } | Action::Escalate { queue_id } => {
                self.filled(queue_id, &below("queueId"));
            }
            Action::RouteToAgent { agent_id, .. } => self.filled(agent_id, &below("agentId")),
            Action::RouteToBot { bot_id } => self.filled(bot_id, &below("botId")),
            Action::AutoRespond { content, .. } => self.answer(content, &below("content")),
            Action::AddTag { tag } => self.filled(tag, &below("tag")),
            Action::SetPriority { .. } | Action::Block { .. } => {}
        }
    }

    /// The words of an automatic answer.
    pub(super) fn answer(&mut self, content: &str, path: &[Segment]) {
        self.filled(content, path);
        for rest in content.split("{{").skip(1) {
            let Some((name, _)) = rest.split_once("}}") else {
                self.invalid(path, "a `{{` without its `}}`", "");
                continue;
            };
            if !PLACEHOLDERS.contains(&name.trim()) {
                let help = suggestion(name.trim(), &PLACEHOLDERS);
                self.invalid(path, format!("nothing is filled in for `{{{{{name}}}}}`"), &help);
            }
        }
    }

    /// The conditions of a rule or a step.
    pub(super) fn conditions(&mut self, conditions: &[Condition], around: &[Segment]) {
        for (at, condition) in conditions.iter().enumerate() {
            let below = |key: &str| [around, &way!["conditions", at, key]].concat();
            if !FACTS.contains(&condition.field.as_str()) {
                let message = format!("there is no fact `{}`", condition.field);
                let path = below("field");
                self.wrong(problem::CONFIG_REFERENCE, &path, message, &suggestion(&condition.field, FACTS));
            }
            let field = &condition.field;
            match (condition.operator, &condition.value) {
                (Operator::Exists | Operator::NotExists, _) => {}
                (_, Value::Null) => {
                    let message = format!("the condition on `{field}` lacks a `value`");
                    let path = [around, &way!["conditions", at]].concat();
                    self.wrong(
                        problem::CONFIG_MISSING,
                        &path,
                        message,
                        "only exists and not_exists need none",
                    );
                }
                (Operator::GreaterThan | Operator::LessThan, value) if !is_number(value) => {
                    self.invalid(&below("value"), format!("`{field}` is compared with no number"), "");
                }
                (Operator::MatchesWords, value) if !value.is_string() && !value.is_array() => {
                    let help = "write [\"refund\", \"money back\"] or \"refund, money back\"";
                    self.invalid(&below("value"), format!("`{field}` is compared with no words"), help);
                }
                _ => {}
            }
        }
    }
}

fn is_number(value: &Value) -> bool {
    value.is_number() || value.as_str().is_some_and(|text| text.parse::<f64>().is_ok())
}
