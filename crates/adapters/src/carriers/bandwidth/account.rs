//! A configured Bandwidth account: its settings, and what they mean.

use std::collections::{BTreeMap, HashSet};

use omni_core::address::Address;
use omni_core::carrier::SettingsError;
use omni_core::secret::Secret;
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use super::{rich, sender};
use crate::shared::basic_auth::Credential;
use crate::shared::{people, settings};

/// The settings of a Bandwidth connection.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The account's number at Bandwidth; part of every API path.
    pub account_id: String,
    /// Our numbers, short codes and RCS agents, by application id; a name that text messages
    /// bear as `alpha:Acme`. Events of others are not ours.
    pub applications: BTreeMap<String, Vec<String>>,
    /// User of the API (or API token).
    #[serde(default)]
    pub api_user: String,
    /// Its password (or token secret).
    #[serde(default)]
    pub api_password: Secret,
    /// Client credentials (OAuth 2.0) instead of user and password.
    #[serde(default)]
    pub oauth: Option<OAuth>,
    /// What Bandwidth presents at the inbound URL; several while changing.
    pub inbound_credentials: Vec<Credential>,
    /// What it presents at the status URL (a path with the segment `status`); the inbound
    /// ones if absent.
    #[serde(default)]
    pub status_credentials: Option<Vec<Credential>>,
    /// An unguessable segment that callback paths must hold.
    #[serde(default)]
    pub path_token: Option<Secret>,
    /// The region of numbers without country code.
    #[serde(default = "united_states")]
    pub default_region: String,
    /// What the suggestion says with which a person answers where they are, in RCS; at most 25
    /// characters.
    #[serde(default = "location_label")]
    pub location_label: String,
    /// The API's root, up to and without `/users`.
    #[serde(default = "live_api")]
    pub base_url: Url,
    /// All our senders, as in events.
    #[serde(skip)]
    pub own: HashSet<Address>,
}

/// What it takes to be issued a token.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OAuth {
    /// The client's id.
    pub client_id: String,
    /// The client's secret.
    pub client_secret: Secret,
    /// Where tokens are issued.
    #[serde(default = "live_token_url")]
    pub token_url: Url,
}

fn live_token_url() -> Url {
    Url::parse("https://api.bandwidth.com/api/v1/oauth2/token").expect("a URL")
}

fn united_states() -> String {
    "US".into()
}

fn location_label() -> String {
    "Share location".into()
}

fn live_api() -> Url {
    Url::parse("https://messaging.bandwidth.com/api/v2").expect("a URL")
}

impl Settings {
    /// Reads the table, and our numbers as events name them.
    pub(super) fn read(table: Value) -> Result<Self, SettingsError> {
        let mut settings: Self = settings::read(table)?;
        if !(1..=rich::MAX_SUGGESTION).contains(&settings.location_label.chars().count()) {
            let message = "location_label: a suggestion has 1 to 25 characters";
            return Err(SettingsError::new("location_label", message));
        }
        let region = settings.default_region.clone();
        for raw in settings.applications.values_mut().flatten() {
            let sender = sender::read(raw, &region)?;
            *raw = sender.expose().to_owned();
            settings.own.insert(sender);
        }
        Ok(settings)
    }

    /// A path below our account at the API.
    pub(super) fn url(&self, rest: &str) -> String {
        let root = self.base_url.as_str().trim_end_matches('/');
        format!("{root}/users/{}/{rest}", crate::shared::form::segment(&self.account_id))
    }

    /// Somebody as Bandwidth writes them, as our addresses write them.
    pub(super) fn number(&self, raw: &str) -> Address {
        let address = people::number(raw, &self.default_region);
        let named = sender::named(&address);
        if self.own.contains(&named) { named } else { address }
    }

    pub(super) fn tenant_key(&self, application: &str, owner: &str) -> String {
        format!("bandwidth:{application}:{}", self.number(owner).expose())
    }

    /// The application that a sender of ours belongs to.
    pub(super) fn application_of(&self, sender: &Address) -> Option<&str> {
        let mut applications = self.applications.iter();
        let wire = sender::on_the_wire(sender);
        let is_it = |own: &String| own == sender.expose() || own == wire;
        let (id, _) = applications.find(|(_, numbers)| numbers.iter().any(is_it))?;
        Some(id)
    }
}
