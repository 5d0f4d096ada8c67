//! `[[tenants]]` and their API keys.

use std::collections::HashMap;

use omni_core::problem;

use super::Checker;
use crate::config::build;
use crate::config::tree::{Segment, way};

impl Checker<'_> {
    pub(super) fn tenants(&mut self) {
        let config = self.config;
        if config.tenants.is_empty() && self.layers.lost.is_empty() {
            let help = "add a [[tenants]] with an id and an API key (`omni keys new`)";
            self.warn(problem::CONFIG_MISSING, &[], "there is no tenant: nobody can use this server", help);
        }
        let mut hashes = HashMap::new();
        for (at, tenant) in config.tenants.iter().enumerate() {
            if config.tenants[..at].iter().any(|other| other.id == tenant.id) {
                let message = format!("two tenants are called `{}`", tenant.id);
                self.wrong(problem::CONFIG_DUPLICATE, &way!["tenants", at, "id"], message, "");
            }
            if tenant.api_keys.is_empty() {
                let message = format!("tenant `{}` has no API key: nobody can send for it", tenant.id);
                let help = format!("omni keys new --tenant {}", tenant.id);
                self.warn(problem::CONFIG_MISSING, &way!["tenants", at, "id"], message, &help);
            }
            for (key_at, key) in tenant.api_keys.iter().enumerate() {
                let around = way!["tenants", at, "api_keys", key_at];
                self.filled(&key.name, &below(&around, "name"));
                if tenant.api_keys[..key_at].iter().any(|other| other.name == key.name) {
                    let message = format!("two API keys of `{}` are called `{}`", tenant.id, key.name);
                    self.wrong(problem::CONFIG_DUPLICATE, &below(&around, "name"), message, "");
                }
                match build::api_key(key, &tenant.id, &self.layers.base) {
                    Ok(built) => {
                        if let Some(owner) = hashes.insert(built.sha256, &tenant.id) {
                            let message = format!("this API key is one of `{owner}` already");
                            let help = "a key belongs to one tenant; `omni keys new` makes another";
                            self.wrong(problem::CONFIG_DUPLICATE, &around, message, help);
                        }
                    }
                    Err(wrong) => {
                        let message = format!("API key `{}`: {}", key.name, wrong.message);
                        let help = "`omni keys new` prints a key and the line for this file";
                        let path = if wrong.key.is_empty() { around } else { below(&around, wrong.key) };
                        self.wrong(wrong.code, &path, message, help);
                    }
                }
            }
        }
    }
}

fn below(path: &[Segment], key: &str) -> Vec<Segment> {
    let mut path = path.to_vec();
    path.push(Segment::from(key));
    path
}
