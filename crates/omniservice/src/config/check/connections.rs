//! `[[connections]]`: whose they are, and whether their carrier takes the settings.

use std::collections::{BTreeMap, BTreeSet};

use omni_adapters::carriers;
use omni_core::carrier::SettingsError;
use omni_core::id::TenantId;
use omni_core::problem;
use serde_json::Value;

use super::{Checker, suggestion};
use crate::config::ConnectionConfig;
use crate::config::build::{self, Unbuilt};
use crate::config::secrets;
use crate::config::tree::{Kind, Node, Origin, Segment, way};

/// Most wrong settings of one connection that are told at once.
const MOST: usize = 20;

impl Checker<'_> {
    pub(super) fn connections(&mut self) {
        let config = self.config;
        let tenants: Vec<&str> = config.tenants.iter().map(|tenant| tenant.id.as_str()).collect();
        let mut names = BTreeSet::new();
        let mut senders: BTreeMap<(String, String), (&TenantId, String)> = BTreeMap::new();
        for (at, connection) in config.connections.iter().enumerate() {
            if !names.insert(&connection.id) {
                let message = format!("two connections are called `{}`", connection.id);
                let help = "they are part of addresses: unique over all tenants";
                self.wrong(problem::CONFIG_DUPLICATE, &way!["connections", at, "id"], message, help);
            }
            self.known("tenant", connection.tenant.as_str(), &tenants, &way!["connections", at, "tenant"]);
            let accounts = config.accounts.iter().filter(|account| account.tenant == connection.tenant);
            let accounts: Vec<&str> = accounts.map(|account| account.id.as_str()).collect();
            let what = format!("account of tenant `{}` called", connection.tenant);
            self.known(&what, connection.account.as_str(), &accounts, &way!["connections", at, "account"]);
            if connection.rate_per_sender.is_some_and(|rate| !rate.is_finite() || rate <= 0.0) {
                let message = "`rate_per_sender` must be greater than 0";
                self.invalid(
                    &way!["connections", at, "rate_per_sender"],
                    message,
                    "leave it out for no limit",
                );
            }
            for (key, tenant, name) in self.built(at, connection) {
                let first =
                    senders.entry((connection.carrier.clone(), key.clone())).or_insert((tenant, name));
                let (owner, first) = (first.0, first.1.clone());
                if first != connection.id.as_str() && owner != tenant {
                    let message =
                        format!("`{}` and `{first}` answer for the same sender, {key}", connection.id);
                    let help = "a sender belongs to one tenant";
                    self.wrong(problem::CONFIG_DUPLICATE, &way!["connections", at, "id"], message, help);
                }
            }
        }
    }

    /// Builds a connection to see whether it can be; answers the senders it answers for.
    fn built<'a>(
        &mut self,
        at: usize,
        connection: &'a ConnectionConfig,
    ) -> Vec<(String, &'a TenantId, String)> {
        let around = way!["connections", at, "settings"];
        self.written_out(&around, connection);
        self.left_blank(&around, connection);
        let mut settings = connection.settings.clone();
        for _ in 0..MOST {
            let tried = ConnectionConfig { settings: settings.clone(), ..connection.clone() };
            let error = match build::connection(&tried, "", &self.layers.base) {
                Ok(built) => {
                    let keys = built.routing_keys.into_iter();
                    return keys.map(|key| (key, &connection.tenant, connection.id.to_string())).collect();
                }
                Err(Unbuilt::UnknownCarrier) => {
                    self.unknown_carrier(at, &connection.carrier);
                    break;
                }
                Err(Unbuilt::Secrets(unreadable)) => {
                    for one in unreadable {
                        let path = [around.as_slice(), &one.path].concat();
                        let message = format!("connection `{}`: {}", connection.id, one.reason);
                        let help = "secrets are read relative to omni.toml";
                        self.wrong(problem::CONFIG_SECRET, &path, message, help);
                    }
                    break;
                }
                Err(Unbuilt::Settings(error)) => error,
            };
            // A setting that nothing reads is taken out, to see what else is wrong.
            let unknown = error.message.starts_with("unknown field");
            let key = error.key.clone().unwrap_or_default();
            self.refused(&around, connection, &error);
            if !unknown || settings.remove(&key).is_none() {
                break;
            }
        }
        Vec::new()
    }

    fn unknown_carrier(&mut self, at: usize, carrier: &str) {
        let names: Vec<&str> = carriers::REGISTRY.iter().map(|plugin| plugin.name.0).collect();
        let help = match suggestion(carrier, &names) {
            near if !near.is_empty() => near,
            _ => format!("there are: {}", names.join(", ")),
        };
        let message = format!("there is no carrier `{carrier}`");
        self.wrong(problem::CONFIG_REFERENCE, &way!["connections", at, "carrier"], message, &help);
    }

    /// What a carrier says about its settings, at the setting that it blames.
    fn refused(&mut self, around: &[Segment], connection: &ConnectionConfig, error: &SettingsError) {
        let settings = self.layers.root.get(around);
        let key = error.key.as_deref().unwrap_or_default();
        let found = settings.and_then(|node| search(node, &|name, _| name == Some(key)));
        let message = format!("connection `{}`: {}", connection.id, spoken(&error.message));
        let expected: Vec<&str> = error.message.split('`').skip(1).step_by(2).skip(1).collect();
        if error.message.starts_with("unknown field") {
            let path = [around, &found.unwrap_or_default()].concat();
            let place = self.layers.key(&path);
            let mut mistake = self.layers.mistake(problem::CONFIG_UNKNOWN_KEY, &path, message);
            mistake.place = place;
            let help = suggestion(key, &expected);
            self.found.push(if help.is_empty() { mistake } else { mistake.help(help) });
        } else if error.message.starts_with("missing field") {
            let help = format!("see docs/configuration.md, {}", connection.carrier);
            self.wrong(problem::CONFIG_MISSING, around, message, &help);
        } else {
            // serde names no key for a wrong type, only the value.
            let by_value =
                || settings.and_then(|node| search(node, &|_, value| quotes(&error.message, value)));
            let path = [around, &found.or_else(by_value).unwrap_or_default()].concat();
            let help = if error.message.starts_with("unknown variant") {
                suggestion(key, &expected)
            } else {
                String::new()
            };
            self.invalid(&path, message, &help);
        }
    }

    /// Warns of settings that `omni init` left to fill in: carriers refuse what lacks them.
    fn left_blank(&mut self, around: &[Segment], connection: &ConnectionConfig) {
        let Some(settings) = self.layers.root.get(around) else { return };
        let mut found = Vec::new();
        blanks(settings, &mut Vec::new(), &mut found);
        for path in found {
            let path = [around, &path].concat();
            let name = self.layers.name(&path);
            let name = name.rsplit('.').next().unwrap_or_default();
            let message = format!("connection `{}`: the setting `{name}` is empty", connection.id);
            self.warn(problem::CONFIG_MISSING, &path, message, "fill it in, or take the line out");
        }
    }

    /// Warns of secrets that stand in the file itself.
    fn written_out(&mut self, around: &[Segment], connection: &ConnectionConfig) {
        let Some(settings) = self.layers.root.get(around) else { return };
        let secret = |path: &[Segment], node: &Node| {
            let text = matches!(&node.kind, Kind::Leaf(Value::String(text)) if !text.is_empty());
            text && matches!(node.value, Origin::File(..)) && secrets::is_secret(path)
        };
        let Some(path) = search_path(settings, &mut Vec::new(), &secret) else { return };
        let path = [around, &path].concat();
        let message = format!("connection `{}` has a secret in the file itself", connection.id);
        let help = "write { file = \"secrets/…\" } or { env = \"NAME\" } instead";
        self.warn(problem::CONFIG_SECRET, &path, message, help);
    }
}

/// The ways to all empty texts below `node`.
fn blanks(node: &Node, way: &mut Vec<Segment>, found: &mut Vec<Vec<Segment>>) {
    let below: Vec<(Segment, &Node)> = match &node.kind {
        Kind::Leaf(Value::String(text)) if text.trim().is_empty() => return found.push(way.clone()),
        Kind::Leaf(_) => return,
        Kind::Table(table) => table.iter().map(|(key, node)| (Segment::from(key.as_str()), node)).collect(),
        Kind::List(list) => list.iter().enumerate().map(|(at, node)| (Segment::from(at), node)).collect(),
    };
    for (segment, node) in below {
        way.push(segment);
        blanks(node, way, found);
        way.pop();
    }
}

/// serde's words, without its list of everything that would be possible, and without the
/// text that is wrong: it may be a secret, and its place is shown.
fn spoken(message: &str) -> String {
    for kind in ["invalid type: string ", "invalid value: string "] {
        if let Some((_, expected)) =
            message.strip_prefix(kind).and_then(|rest| rest.rsplit_once(", expected "))
        {
            return format!("wrong type: text, expected {expected}");
        }
    }
    let short = message.split(", expected one of ").next().unwrap_or(message);
    short
        .replacen("unknown field ", "there is no setting ", 1)
        .replacen("missing field ", "it lacks the setting ", 1)
        .replacen("unknown variant ", "not possible: ", 1)
        .replacen("invalid type: ", "wrong type: ", 1)
}

/// Whether a message of serde is about this value.
fn quotes(message: &str, value: &Value) -> bool {
    match value {
        Value::String(text) => {
            message.contains(&format!("string {text:?}")) || message.contains(&format!("`{text}`"))
        }
        Value::Number(number) => message.contains(&format!("`{number}`")),
        Value::Bool(flag) => message.contains(&format!("boolean `{flag}`")),
        _ => false,
    }
}

/// The way to the first value below `node` that is wanted.
fn search(node: &Node, wanted: &dyn Fn(Option<&str>, &Value) -> bool) -> Option<Vec<Segment>> {
    search_path(node, &mut Vec::new(), &|path, node| {
        let name = match path.last() {
            Some(Segment::Key(name)) => Some(name.as_str()),
            _ => None,
        };
        let leaf = if let Kind::Leaf(value) = &node.kind { value } else { &Value::Null };
        wanted(name, leaf)
    })
}

fn search_path(
    node: &Node,
    path: &mut Vec<Segment>,
    wanted: &dyn Fn(&[Segment], &Node) -> bool,
) -> Option<Vec<Segment>> {
    if !path.is_empty() && wanted(path, node) {
        return Some(path.clone());
    }
    let children: Vec<(Segment, &Node)> = match &node.kind {
        Kind::Table(table) => table.iter().map(|(key, node)| (Segment::from(key.as_str()), node)).collect(),
        Kind::List(list) => list.iter().enumerate().map(|(at, node)| (Segment::from(at), node)).collect(),
        Kind::Leaf(_) => Vec::new(),
    };
    for (segment, child) in children {
        path.push(segment);
        let found = search_path(child, path, wanted);
        path.pop();
        if found.is_some() {
            return found;
        }
    }
    None
}
