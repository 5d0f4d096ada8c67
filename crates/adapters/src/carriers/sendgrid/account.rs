//! The settings of a connection.

use omni_core::carrier::SettingsError;
use omni_core::secret::Secret;
use serde::Deserialize;
use url::Url;

/// Shorter lives would have SendGrid fetch a token for nearly every callback.
const SHORTEST_LIFE: u64 = 60;
/// Longer lives make a token that leaked a standing key.
const LONGEST_LIFE: u64 = 86_400;

/// The settings of a SendGrid connection.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The API key (`SG.…`) with the right `mail.send`.
    #[serde(default)]
    pub api_key: Secret,
    /// The domains whose mail is ours; empty takes everything that verifies.
    #[serde(default)]
    pub domains: Vec<String>,
    /// Public keys of the Event Webhook and of the Parse security policy, base64 or PEM;
    /// several while changing.
    #[serde(default)]
    pub public_keys: Vec<String>,
    /// Whether inbound mail must be signed.
    #[serde(default)]
    pub inbound_signature: InboundSignature,
    /// Whether events must be signed.
    #[serde(default)]
    pub event_signature: EventSignature,
    /// The credentials with which SendGrid fetches a bearer token from us, to show it with
    /// every callback.
    #[serde(default)]
    pub oauth: Option<Oauth>,
    /// An unguessable segment that callback paths must hold.
    #[serde(default)]
    pub path_token: Option<Secret>,
    /// The header of the signature.
    #[serde(default = "signature_header")]
    pub signature_header: String,
    /// The header of the signed time.
    #[serde(default = "timestamp_header")]
    pub timestamp_header: String,
    /// How old a signed timestamp may be, in seconds. Long: a repetition a day later may
    /// carry the old one, and events are recognised by their id anyway.
    #[serde(default = "twenty_six_hours")]
    pub tolerance_past_s: u64,
    /// How far ahead it may be, in seconds.
    #[serde(default = "five_minutes")]
    pub tolerance_future_s: u64,
    /// The address that sends; its domain is verified at SendGrid.
    #[serde(default)]
    pub from: Option<String>,
    /// The sender's name that people see.
    #[serde(default)]
    pub from_name: Option<String>,
    /// Where answers go, if not to the sender; a conversation's token is added behind a plus.
    #[serde(default)]
    pub reply_to: Option<String>,
    /// The subject of messages, which bring none of their own.
    #[serde(default = "subject")]
    pub subject: String,
    /// The API's root (`https://api.eu.sendgrid.com` for the EU).
    #[serde(default = "live_api")]
    pub base_url: Url,
}

/// Whether inbound mail must be signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InboundSignature {
    /// Always.
    #[default]
    Required,
    /// A signature must be right; without one the secret path or a bearer token counts.
    IfPresent,
    /// Only the secret path or a bearer token counts.
    PathSecretOnly,
}

/// Whether events must be signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventSignature {
    /// Always.
    #[default]
    Required,
    /// A signature must be right; without one a bearer token must be there (needs `oauth`).
    IfPresent,
}

impl EventSignature {
    /// The same in the terms of inbound mail.
    pub(super) const fn as_mode(self) -> InboundSignature {
        match self {
            Self::Required => InboundSignature::Required,
            Self::IfPresent => InboundSignature::IfPresent,
        }
    }
}

/// A client of our token endpoint (RFC 6749, client credentials): SendGrid.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Oauth {
    /// The client id, as it stands in the security policy and in the Event Webhook.
    pub client_id: String,
    /// The client secret beside it. Make it long and random: our tokens are keyed with it.
    pub client_secret: Secret,
    /// The secret before, while it is being changed; both are accepted.
    #[serde(default)]
    pub previous_client_secret: Option<Secret>,
    /// The scopes that may be asked for; empty grants whatever is asked.
    #[serde(default)]
    pub scopes: Vec<String>,
    /// How long a token is good, in seconds; 60 to 86400.
    #[serde(default = "one_hour")]
    pub lifetime_s: u64,
    /// Whether every callback must show a token.
    #[serde(default)]
    pub mode: BearerMode,
}

/// Whether every callback must show a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BearerMode {
    /// Always.
    #[default]
    Required,
    /// A token must be good; without one the signature decides, or the secret path. For the
    /// days of a change.
    IfPresent,
}

fn signature_header() -> String {
    "x-twilio-email-event-webhook-signature".into()
}

fn timestamp_header() -> String {
    "x-twilio-email-event-webhook-timestamp".into()
}

const fn twenty_six_hours() -> u64 {
    26 * 3_600
}

const fn five_minutes() -> u64 {
    300
}

const fn one_hour() -> u64 {
    3_600
}

fn subject() -> String {
    "New message".into()
}

fn live_api() -> Url {
    Url::parse("https://api.sendgrid.com").expect("a URL")
}

impl Settings {
    /// What the types cannot say.
    pub(super) fn check(&self) -> Result<(), SettingsError> {
        if let Some(oauth) = &self.oauth {
            return oauth.check();
        }
        if matches!(self.event_signature, EventSignature::IfPresent) {
            let why = "without `oauth` nothing but a signature proves events: choose `required`";
            return Err(SettingsError::new("event_signature", why));
        }
        Ok(())
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("{}/v3/{path}", self.base_url.as_str().trim_end_matches('/'))
    }

    pub(super) fn authorization(&self) -> String {
        format!("Bearer {}", self.api_key.expose())
    }

    /// Whether mail for a host is ours; everything is if no domain is configured.
    pub(super) fn owns_host(&self, host: &str) -> bool {
        self.domains.is_empty() || self.domains.iter().any(|domain| domain.eq_ignore_ascii_case(host))
    }
}

impl Oauth {
    /// The secrets in force, the newest first. An empty one would let anybody in.
    pub(super) fn secrets(&self) -> impl Iterator<Item = &Secret> {
        let all = std::iter::once(&self.client_secret).chain(&self.previous_client_secret);
        all.filter(|secret| !secret.is_empty())
    }

    fn check(&self) -> Result<(), SettingsError> {
        let wrong = |why: &str| Err(SettingsError::new("oauth", why));
        if self.client_id.is_empty() || self.client_secret.is_empty() {
            return wrong("client_id and client_secret must not be empty");
        }
        if !(SHORTEST_LIFE..=LONGEST_LIFE).contains(&self.lifetime_s) {
            return wrong("lifetime_s must be 60 to 86400");
        }
        if !self.scopes.iter().all(|scope| is_scope(scope)) {
            return wrong("a scope is printable ASCII without blanks, quotes and backslashes");
        }
        Ok(())
    }
}

/// A `scope-token` of RFC 6749, section 3.3.
pub(super) fn is_scope(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'"' | b'\\'))
}
