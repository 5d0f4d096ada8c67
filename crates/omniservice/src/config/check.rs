//! Everything that can be wrong with a configuration without asking anybody.

use std::collections::BTreeSet;
use std::path::Path;

use omni_adapters::carriers;
use omni_core::problem::{self, Code, did_you_mean};
use omni_core::rules::{Action, Condition, FACTS, Operator};

use super::build::{self, Unbuilt};
use super::load::Loaded;
use super::report::{Report, Segment, mistake};
use crate::config_path as path;

/// Finds every mistake beyond the shape.
pub fn everything(loaded: &Loaded) -> Report {
    let mut checker = Checker { loaded, report: Report::default() };
    checker.server();
    checker.tenants();
    checker.accounts();
    checker.connections();
    checker.report
}

struct Checker<'a> {
    loaded: &'a Loaded,
    report: Report,
}

impl Checker<'_> {
    fn wrong(&mut self, code: Code, path: &[Segment], message: impl Into<String>, help: Option<String>) {
        let place = self.loaded.layers.place(path);
        self.report.mistakes.push(mistake(code, path, message, help, place));
    }

    fn server(&mut self) {
        let server = &self.loaded.config.server;
        let url = url::Url::parse(&server.public_url);
        if !url.is_ok_and(|url| {
            matches!(url.scheme(), "http" | "https") && url.has_host() && url.query().is_none()
        }) {
            let help = Some("write it as carriers call it: https://gw.example.com".to_owned());
            let message = "server.public_url is not an http or https address";
            self.wrong(problem::CONFIG_INVALID_VALUE, &path!["server", "public_url"], message, help);
        }
        for (at, network) in server.trusted_proxies.iter().enumerate() {
            if network.parse::<omni_server::Cidr>().is_err() {
                let message = format!("`{network}` is not a network");
                let help = Some("write it as 10.0.0.0/8".to_owned());
                self.wrong(
                    problem::CONFIG_INVALID_VALUE,
                    &path!["server", "trusted_proxies", at],
                    message,
                    help,
                );
            }
        }
        if self.loaded.config.worker.concurrency == 0 {
            let message = "worker.concurrency must be at least 1";
            self.wrong(problem::CONFIG_INVALID_VALUE, &path!["worker", "concurrency"], message, None);
        }
        if let Some(reason) = unusable(&self.loaded.config.data.dir) {
            self.wrong(problem::CONFIG_INVALID_VALUE, &path!["data", "dir"], reason, None);
        }
    }

    fn tenants(&mut self) {
        let tenants = &self.loaded.config.tenants;
        for (at, tenant) in tenants.iter().enumerate() {
            if tenants[..at].iter().any(|other| other.id == tenant.id) {
                let message = format!("two tenants are called `{}`", tenant.id);
                self.wrong(problem::CONFIG_DUPLICATE, &path!["tenants", at, "id"], message, None);
            }
            for (key_at, key) in tenant.api_keys.iter().enumerate() {
                if let Err(reason) = build::key_hash(key, &self.loaded.layers) {
                    let setting = if key.sha256.is_some() { "sha256" } else { "key" };
                    let at = path!["tenants", at, "api_keys", key_at, setting];
                    let help = Some("omni keys new prints a key and its hash".to_owned());
                    self.wrong(
                        problem::CONFIG_SECRET,
                        &at,
                        format!("api key `{}`: {reason}", key.name),
                        help,
                    );
                }
            }
        }
    }

    fn accounts(&mut self) {
        let config = &self.loaded.config;
        for (at, account) in config.accounts.iter().enumerate() {
            if config.accounts[..at]
                .iter()
                .any(|other| other.id == account.id && other.tenant == account.tenant)
            {
                let message = format!("two accounts of `{}` are called `{}`", account.tenant, account.id);
                self.wrong(problem::CONFIG_DUPLICATE, &path!["accounts", at, "id"], message, None);
            }
            let tenants: Vec<&str> = config.tenants.iter().map(|tenant| tenant.id.as_str()).collect();
            self.known("tenant", account.tenant.as_str(), &tenants, &path!["accounts", at, "tenant"]);
            let region = &account.default_region;
            if region.len() != 2 || !region.bytes().all(|byte| byte.is_ascii_uppercase()) {
                let message = format!("`{region}` is not a region");
                let help = Some("two capital letters, like US or NL".to_owned());
                self.wrong(
                    problem::CONFIG_INVALID_VALUE,
                    &path!["accounts", at, "default_region"],
                    message,
                    help,
                );
            }
            let connections: Vec<&str> = config
                .connections
                .iter()
                .filter(|connection| connection.account == account.id && connection.tenant == account.tenant)
                .map(|connection| connection.id.as_str())
                .collect();
            for (route_at, route) in account.prefix_routes.iter().enumerate() {
                let at = path!["accounts", at, "prefix_routes", route_at, "connection"];
                self.known("connection of this account", route.connection.as_str(), &connections, &at);
            }
            for (step_at, step) in account.steps.iter().enumerate() {
                let at = path!["accounts", at, "steps", step_at];
                if account.steps[..step_at].iter().any(|other| other.step_id == step.step_id) {
                    let message = format!("step `{}` is configured twice", step.step_id.as_str());
                    self.wrong(problem::CONFIG_DUPLICATE, &at, message, None);
                }
                self.conditions(&step.conditions, &at);
                if step.timeout == 0 {
                    self.wrong(
                        problem::CONFIG_INVALID_VALUE,
                        &at,
                        "a step's timeout must be at least 1 ms",
                        None,
                    );
                }
            }
            self.rules(at);
        }
    }

    fn rules(&mut self, account: usize) {
        let rules = &self.loaded.config.accounts[account].rules;
        let mut order: Vec<usize> = (0..rules.len()).filter(|at| rules[*at].enabled).collect();
        order.sort_by_key(|at| std::cmp::Reverse(rules[*at].priority));
        let mut shadow: Option<&str> = None;
        for at in order {
            if let Some(before) = shadow {
                let message = format!(
                    "rule `{}` is never reached: `{before}` matches everything and stops",
                    rules[at].id
                );
                self.wrong(
                    problem::CONFIG_REFERENCE,
                    &path!["accounts", account, "rules", at, "id"],
                    message,
                    None,
                );
            } else if rules[at].stop && rules[at].conditions.is_empty() {
                shadow = Some(&rules[at].id);
            }
        }
        for (at, rule) in rules.iter().enumerate() {
            let here = path!["accounts", account, "rules", at];
            if rules[..at].iter().any(|other| other.id == rule.id) {
                let message = format!("two rules are called `{}`", rule.id);
                self.wrong(
                    problem::CONFIG_DUPLICATE,
                    &path!["accounts", account, "rules", at, "id"],
                    message,
                    None,
                );
            }
            if rule.actions.is_empty() {
                self.wrong(problem::CONFIG_MISSING, &here, format!("rule `{}` does nothing", rule.id), None);
            }
            self.conditions(&rule.conditions, &here);
            for (action_at, action) in rule.actions.iter().enumerate() {
                let empty = match action {
                    Action::RouteToQueue { queue_id, .. } | Action::Escalate { queue_id } => {
                        queue_id.is_empty()
                    }
                    Action::RouteToAgent { agent_id, .. } => agent_id.is_empty(),
                    Action::RouteToBot { bot_id } => bot_id.is_empty(),
                    Action::AutoRespond { content, .. } => content.is_empty(),
                    Action::AddTag { tag } => tag.is_empty(),
                    Action::SetPriority { .. } | Action::Block { .. } => false,
                };
                if empty {
                    let at = path!["accounts", account, "rules", at, "actions", action_at];
                    self.wrong(
                        problem::CONFIG_MISSING,
                        &at,
                        format!("an action of rule `{}` is empty", rule.id),
                        None,
                    );
                }
            }
        }
    }

    fn conditions(&mut self, conditions: &[Condition], around: &[Segment]) {
        for (at, condition) in conditions.iter().enumerate() {
            let mut here = around.to_vec();
            here.extend(path!["conditions", at, "field"]);
            if !FACTS.contains(&condition.field.as_str()) {
                let near = did_you_mean(&condition.field, FACTS.iter().copied());
                let help = near.map(|near| format!("did you mean `{near}`?"));
                let message = format!("there is no fact `{}`", condition.field);
                self.wrong(problem::CONFIG_REFERENCE, &here, message, help);
            }
            let needs_value = !matches!(condition.operator, Operator::Exists | Operator::NotExists);
            if needs_value && condition.value.is_null() {
                let message = format!("the condition on `{}` lacks a `value`", condition.field);
                self.wrong(problem::CONFIG_MISSING, &here, message, None);
            }
        }
    }

    fn known(&mut self, what: &str, name: &str, known: &[&str], at: &[Segment]) {
        if known.contains(&name) {
            return;
        }
        let near = did_you_mean(name, known.iter().copied()).map(|near| format!("did you mean `{near}`?"));
        let list = (!known.is_empty()).then(|| format!("there are: {}", known.join(", ")));
        self.wrong(problem::CONFIG_REFERENCE, at, format!("there is no {what} `{name}`"), near.or(list));
    }

    fn connections(&mut self) {
        let config = &self.loaded.config;
        let mut names = BTreeSet::new();
        for (at, connection) in config.connections.iter().enumerate() {
            if !names.insert(connection.id.clone()) {
                let message = format!("two connections are called `{}`", connection.id);
                let help = Some("names of connections are unique over all tenants".to_owned());
                self.wrong(problem::CONFIG_DUPLICATE, &path!["connections", at, "id"], message, help);
            }
            let tenants: Vec<&str> = config.tenants.iter().map(|tenant| tenant.id.as_str()).collect();
            self.known("tenant", connection.tenant.as_str(), &tenants, &path!["connections", at, "tenant"]);
            let accounts: Vec<&str> = config
                .accounts
                .iter()
                .filter(|a| a.tenant == connection.tenant)
                .map(|a| a.id.as_str())
                .collect();
            let account = path!["connections", at, "account"];
            self.known("account of this tenant", connection.account.as_str(), &accounts, &account);
            if connection.rate_per_sender.is_some_and(|rate| rate.is_nan() || rate <= 0.0) {
                let message = "rate_per_sender must be greater than 0";
                self.wrong(
                    problem::CONFIG_INVALID_VALUE,
                    &path!["connections", at, "rate_per_sender"],
                    message,
                    None,
                );
            }
            self.carrier(at);
        }
    }

    fn carrier(&mut self, at: usize) {
        let connection = &self.loaded.config.connections[at];
        match build::connection(connection, &self.loaded.config.server.public_url, &self.loaded.layers) {
            Ok(_) => {}
            Err(Unbuilt::UnknownCarrier) => {
                let names: Vec<&str> = carriers::REGISTRY.iter().map(|plugin| plugin.name.0).collect();
                self.known("carrier", &connection.carrier, &names, &path!["connections", at, "carrier"]);
            }
            Err(Unbuilt::Secrets(unreadable)) => {
                for secret in unreadable {
                    let mut place = path!["connections", at, "settings"].to_vec();
                    place.extend(secret.path);
                    self.wrong(
                        problem::CONFIG_SECRET,
                        &place,
                        format!("a secret cannot be read: {}", secret.reason),
                        None,
                    );
                }
            }
            Err(Unbuilt::Settings(error)) => {
                let mut place = path!["connections", at, "settings"].to_vec();
                let unknown = error.message.starts_with("unknown field");
                if let Some(key) = &error.key {
                    place.extend(path![key.as_str()]);
                }
                let expected = error.message.split('`').skip(3).step_by(2);
                let near =
                    error.key.as_deref().filter(|_| unknown).and_then(|key| did_you_mean(key, expected));
                let code = if unknown {
                    problem::CONFIG_UNKNOWN_KEY
                } else if error.message.starts_with("missing field") {
                    problem::CONFIG_MISSING
                } else {
                    problem::CONFIG_INVALID_VALUE
                };
                let help = near.map(|near| format!("did you mean `{near}`?"));
                let message = format!("connection `{}`: {}", connection.id, error.message);
                self.wrong(code, &place, message, help);
            }
        }
    }
}

/// Why a data directory cannot be used; `None` if it can.
fn unusable(dir: &Path) -> Option<String> {
    let existing = dir.ancestors().find(|ancestor| !ancestor.as_os_str().is_empty() && ancestor.exists());
    let existing = existing.unwrap_or(Path::new("."));
    if !existing.is_dir() {
        return Some(format!("data.dir: {} is not a directory", existing.display()));
    }
    let read_only = std::fs::metadata(existing).is_ok_and(|metadata| metadata.permissions().readonly());
    read_only.then(|| format!("data.dir: {} is read-only", existing.display()))
}
