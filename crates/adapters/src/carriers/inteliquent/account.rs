//! A configured Inteliquent account: its settings, and what they mean.

use omni_core::address::Address;
use omni_core::carrier::SettingsError;
use omni_core::http::HttpRequest;
use omni_core::peer::Cidr;
use omni_core::secret::Secret;
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use super::REGION;
use crate::shared::{people, settings};

/// The settings of an Inteliquent connection.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The API key, for sending and (by default) for verification.
    #[serde(default)]
    pub api_key: Secret,
    /// Our numbers. Among the recipients of a group message, these get it.
    pub numbers: Vec<String>,
    /// How callbacks prove themselves.
    #[serde(default)]
    pub auth: Auth,
    /// An unguessable segment that callback paths must hold.
    #[serde(default)]
    pub path_token: Option<Secret>,
    /// The API's root.
    #[serde(default = "live_api")]
    pub base_url: Url,
    /// The other API, whose records tell what became of a send; nothing is looked up without.
    #[serde(default)]
    pub services: Option<Services>,
    /// Our numbers, as in events.
    #[serde(skip)]
    pub own: Vec<Address>,
}

/// How callbacks prove themselves. There is no silent downgrade: one mode is configured, and
/// only that one counts.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Auth {
    /// Which proof.
    pub mode: Mode,
    /// Keys (or header values) in force; several while changing. The API key if absent.
    pub keys: Option<Vec<Secret>>,
    /// The header of `static-header`; `Authorization` if absent.
    pub header_name: Option<String>,
    /// Where callbacks may come from; empty switches the check off.
    pub allow_cidrs: Vec<Cidr>,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<Cidr>,
}

/// Which proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Hex SHA-256 of API key and `messageID`: what production integrations compute.
    #[default]
    #[serde(rename = "sha256-concat")]
    Sha256Concat,
    /// Hex HMAC-SHA256 of `messageID`: what the API's description says.
    #[serde(rename = "hmac-sha256")]
    HmacSha256,
    /// A header with a fixed value.
    StaticHeader,
}

/// The Services API.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Services {
    /// The company's key, presented as the user of HTTP Basic.
    pub key: String,
    /// Its secret, presented as the password.
    pub secret: Secret,
    /// What the API wants as `privateKey` in the body.
    pub private_key: Secret,
    /// The API's root.
    #[serde(default = "live_services")]
    pub base_url: Url,
}

fn live_services() -> Url {
    Url::parse("https://services.inteliquent.com/Services/2.0.0").expect("a URL")
}

fn live_api() -> Url {
    Url::parse("https://messagebroker.inteliquent.com/msgbroker/rest").expect("a URL")
}

impl Settings {
    /// Reads the table, and our numbers as events name them.
    pub(super) fn read(table: Value) -> Result<Self, SettingsError> {
        let mut settings: Self = settings::read(table)?;
        settings.own = settings.numbers.iter().map(|raw| people::number(raw, REGION)).collect();
        Ok(settings)
    }

    pub(super) fn url(&self, call: &str) -> String {
        format!("{}/{call}", self.base_url.as_str().trim_end_matches('/'))
    }

    pub(super) fn post(&self, call: &str, body: &Value) -> HttpRequest {
        HttpRequest::new("POST", self.url(call))
            .header("authorization", format!("Bearer {}", self.api_key.expose()))
            .header("accept", "application/json")
            .json(body)
    }

    pub(super) fn owns(&self, number: &Address) -> bool {
        self.own.contains(number)
    }
}
