//! The table of a connection in the configuration.

use std::collections::BTreeMap;

use omni_core::carrier::SettingsError;
use omni_core::secret::Secret;
use serde::Deserialize;
use url::Url;

/// The settings of one Twilio account and its senders.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// `AC` and 32 hex digits; sub-accounts have their own. Empty: take events of any
    /// account, and send nothing.
    pub account_sid: String,
    /// The account's auth tokens, the primary one first. Two while one is being replaced.
    #[serde(default)]
    pub auth_tokens: Vec<Secret>,
    /// Shared keys of the signature header of 2026: key id to secret.
    #[serde(default)]
    pub shared_keys: BTreeMap<String, Secret>,
    /// An API key (`SK…`) to send with, instead of the auth token.
    #[serde(default)]
    pub api_key_sid: Option<String>,
    /// Its secret.
    #[serde(default)]
    pub api_key_secret: Option<Secret>,
    /// An OAuth app's client credentials to send with, instead of the auth token.
    #[serde(default)]
    pub oauth: Option<OAuth>,
    /// Our senders as Twilio writes them: `+17205550142`, `12345`, `whatsapp:+447700900100`,
    /// `rcs:acme_agent`. Empty: any.
    #[serde(default)]
    pub numbers: Vec<String>,
    /// The messaging service (`MG…`) that sends where a message names no sender, and whose
    /// other numbers are ours, too.
    #[serde(default)]
    pub messaging_service_sid: Option<String>,
    /// `user:password` if the callback URL configured at Twilio holds them: they are signed.
    #[serde(default)]
    pub signed_userinfo: Option<Secret>,
    /// Connection overrides, put behind the `#` of status URLs: without them Twilio drops a
    /// receipt at our first 5xx. Empty: none.
    #[serde(default = "default_overrides")]
    pub callback_overrides: String,
    /// Twilio's API; a sandbox, a test or a region points it elsewhere.
    #[serde(default = "default_base_url")]
    pub base_url: String,
}

/// The client credentials of an OAuth app; the tokens issued for them live for an hour.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OAuth {
    /// `OQ` and 32 hex digits.
    pub client_id: String,
    /// The app's secret.
    pub client_secret: Secret,
    /// Where tokens are issued.
    #[serde(default = "default_token_url")]
    pub token_url: Url,
}

impl OAuth {
    fn check(&self) -> Result<(), SettingsError> {
        if self.client_id.is_empty() {
            return Err(SettingsError::new("oauth.client_id", "must not be empty"));
        }
        if self.client_secret.is_empty() {
            return Err(SettingsError::new("oauth.client_secret", "must not be empty"));
        }
        if !matches!(self.token_url.scheme(), "http" | "https") {
            return Err(SettingsError::new("oauth.token_url", "must be an http or https URL"));
        }
        Ok(())
    }
}

fn default_token_url() -> Url {
    Url::parse("https://oauth.twilio.com/v2/token").expect("a URL")
}

fn default_overrides() -> String {
    "rc=5&rp=all&ct=2000&rt=5000&tt=14000".into()
}

fn default_base_url() -> String {
    "https://api.twilio.com".into()
}

impl Settings {
    /// What serde cannot say: a request must be verifiable, credentials come whole.
    pub(super) fn check(&self) -> Result<(), SettingsError> {
        if self.auth_tokens.is_empty() && self.shared_keys.is_empty() {
            return Err(SettingsError::new(
                "auth_tokens",
                "needs at least one token to verify callbacks with",
            ));
        }
        if self.auth_tokens.iter().chain(self.shared_keys.values()).any(Secret::is_empty) {
            return Err(SettingsError::new("auth_tokens", "no token and no shared key may be empty"));
        }
        if self.api_key_sid.is_some() != self.api_key_secret.is_some() {
            return Err(SettingsError::new("api_key_secret", "goes together with api_key_sid"));
        }
        if self.oauth.is_some() && self.api_key_sid.is_some() {
            return Err(SettingsError::new("oauth", "stands in the place of api_key_sid, not beside it"));
        }
        let sid_is_empty = self.api_key_sid.as_ref().is_some_and(String::is_empty);
        if sid_is_empty || self.api_key_secret.as_ref().is_some_and(Secret::is_empty) {
            return Err(SettingsError::new("api_key_secret", "neither it nor api_key_sid may be empty"));
        }
        self.oauth.as_ref().map_or(Ok(()), OAuth::check)?;
        match Url::parse(&self.base_url) {
            Ok(url) if matches!(url.scheme(), "http" | "https") => Ok(()),
            _ => Err(SettingsError::new("base_url", "must be an http or https URL")),
        }
    }
}
