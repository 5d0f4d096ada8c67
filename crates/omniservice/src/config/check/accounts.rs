//! `[[accounts]]`, but for their rules.

use omni_core::account::{Account, BusinessHours};
use omni_core::problem;
use omni_core::rules::ResponseType;
use omni_core::steps::StepConfig;

use super::Checker;
use crate::config::tree::{Segment, way};

/// A step that runs longer than an hour is a mistake in the unit: it is milliseconds.
const LONGEST_STEP_MS: u64 = 3_600_000;

impl Checker<'_> {
    pub(super) fn accounts(&mut self) {
        let config = self.config;
        let tenants: Vec<&str> = config.tenants.iter().map(|tenant| tenant.id.as_str()).collect();
        for (at, account) in config.accounts.iter().enumerate() {
            let twin = |other: &Account| other.id == account.id && other.tenant == account.tenant;
            if config.accounts[..at].iter().any(twin) {
                let message = format!("two accounts of `{}` are called `{}`", account.tenant, account.id);
                self.wrong(problem::CONFIG_DUPLICATE, &way!["accounts", at, "id"], message, "");
            }
            self.known("tenant", account.tenant.as_str(), &tenants, &way!["accounts", at, "tenant"]);
            self.filled(&account.default_queue, &way!["accounts", at, "default_queue"]);
            let region = &account.default_region;
            if region.len() != 2 || !region.bytes().all(|byte| byte.is_ascii_uppercase()) {
                let path = way!["accounts", at, "default_region"];
                self.invalid(
                    &path,
                    format!("`{region}` is not a region"),
                    "two capital letters, like US or NL",
                );
            }
            if !(1..=7 * 86_400).contains(&account.reconcile_after_secs) {
                let path = way!["accounts", at, "reconcile_after_secs"];
                self.invalid(&path, "`reconcile_after_secs` must be from 1 second to a week", "");
            }
            if let Some(hours) = &account.business_hours {
                self.business_hours(hours, &way!["accounts", at, "business_hours"]);
            }
            self.prefix_routes(at, account);
            self.steps(at, &account.steps);
            self.words(at, account);
            self.rules(at, &account.rules);
        }
    }

    fn business_hours(&mut self, hours: &BusinessHours, around: &[Segment]) {
        let below = |key: &str| [around, &way![key]].concat();
        let days = self.layers.name(&below("days"));
        if hours.days.is_empty() && !self.layers.thinned.contains(&days) {
            let message = "business hours without days: nobody is ever here";
            self.invalid(&below("days"), message, "list them: [\"mon\", \"tue\", …]");
        }
        for (at, day) in hours.days.iter().enumerate() {
            if hours.days[..at].contains(day) {
                self.wrong(problem::CONFIG_DUPLICATE, &below("days"), format!("{day:?} is listed twice"), "");
            }
        }
        if hours.from == hours.to {
            let help = "for the whole day write from = \"00:00\", to = \"24:00\"";
            self.invalid(&below("to"), "business hours end when they begin: nobody is ever here", help);
        }
        // The time zones of the world lie between -12 and +14 hours.
        if !(-720..=840).contains(&hours.utc_offset_minutes) {
            let message = format!("no place is {} minutes from UTC", hours.utc_offset_minutes);
            self.invalid(&below("utc_offset_minutes"), message, "minutes east of UTC, from -720 to 840");
        }
    }

    fn prefix_routes(&mut self, at: usize, account: &Account) {
        let ours = self.config.connections.iter();
        let ours = ours.filter(|c| c.account == account.id && c.tenant == account.tenant);
        let connections: Vec<&str> = ours.map(|connection| connection.id.as_str()).collect();
        for (route_at, route) in account.prefix_routes.iter().enumerate() {
            let path = way!["accounts", at, "prefix_routes", route_at, "connection"];
            self.known("connection of this account", route.connection.as_str(), &connections, &path);
            let path = way!["accounts", at, "prefix_routes", route_at, "prefix"];
            let digits = route.prefix.strip_prefix('+').unwrap_or_default();
            if digits.is_empty() || digits.len() > 15 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
                let message = format!("`{}` does not begin a phone number", route.prefix);
                self.invalid(&path, message, "write it as +44");
            }
            if account.prefix_routes[..route_at].iter().any(|other| other.prefix == route.prefix) {
                let message = format!("two routes for numbers with `{}`", route.prefix);
                self.wrong(problem::CONFIG_DUPLICATE, &path, message, "");
            }
        }
    }

    fn steps(&mut self, account: usize, steps: &[StepConfig]) {
        for (at, step) in steps.iter().enumerate() {
            let around = way!["accounts", account, "steps", at];
            let below = |key: &str| [around.as_slice(), &way![key]].concat();
            let name = step.step_id.as_str();
            if steps[..at].iter().any(|other| other.step_id == step.step_id) {
                let message = format!("step `{name}` is configured twice");
                self.wrong(problem::CONFIG_DUPLICATE, &below("stepId"), message, "");
            }
            if !(1..=LONGEST_STEP_MS).contains(&step.timeout) {
                let message = format!("step `{name}`: `timeout` must be from 1 ms to an hour");
                self.invalid(&below("timeout"), message, "it counts milliseconds");
            }
            let policy = &step.retry_policy;
            if !policy.backoff_multiplier.is_finite() || policy.backoff_multiplier < 1.0 {
                let path = [below("retryPolicy"), way!["backoffMultiplier"]].concat();
                let message = format!("step `{name}`: `backoffMultiplier` must be at least 1");
                self.invalid(&path, message, "2 doubles each wait");
            }
            if policy.max_retries > 1_000 {
                let path = [below("retryPolicy"), way!["maxRetries"]].concat();
                self.invalid(&path, format!("step `{name}`: more than 1000 retries"), "");
            }
            for (next_at, next) in step.next_steps.iter().enumerate() {
                if next.step_id == step.step_id {
                    let path = [below("nextSteps"), way![next_at, "stepId"]].concat();
                    self.invalid(&path, format!("step `{name}` goes on to itself"), "");
                }
            }
            self.conditions(&step.conditions, &around);
        }
    }

    fn words(&mut self, account: usize, settings: &Account) {
        for (at, answer) in settings.auto_responses.iter().enumerate() {
            let around = way!["accounts", account, "auto_responses", at];
            let kind = [around.as_slice(), &way!["type"]].concat();
            if answer.response_type == ResponseType::Custom {
                let help =
                    "greeting, away or acknowledgment; custom answers belong into a rule's auto_respond";
                self.invalid(&kind, "an answer of type `custom` is never given here", help);
            }
            if settings.auto_responses[..at].iter().any(|other| other.response_type == answer.response_type) {
                self.wrong(
                    problem::CONFIG_DUPLICATE,
                    &kind,
                    "two answers of the same type",
                    "the first is given",
                );
            }
            let content = [around.as_slice(), &way!["content"]].concat();
            self.answer(&answer.content, &content);
        }
        for (at, intent) in settings.intents.iter().enumerate() {
            let name = way!["accounts", account, "intents", at, "name"];
            self.filled(&intent.name, &name);
            if settings.intents[..at].iter().any(|other| other.name == intent.name) {
                let message = format!("two intents are called `{}`", intent.name);
                self.wrong(problem::CONFIG_DUPLICATE, &name, message, "");
            }
            if intent.words.is_empty() {
                let path = way!["accounts", account, "intents", at, "words"];
                self.wrong(
                    problem::CONFIG_MISSING,
                    &path,
                    format!("intent `{}` has no words", intent.name),
                    "",
                );
            }
        }
        for (at, word) in settings.blocked_words.iter().enumerate() {
            self.filled(word, &way!["accounts", account, "blocked_words", at]);
        }
    }
}
