//! A configured MessageBird account: its settings, and what they mean.

use std::collections::BTreeMap;

use omni_core::address::Address;
use omni_core::carrier::SettingsError;
use omni_core::event::Channel;
use omni_core::message::Purpose;
use omni_core::phone::{self, Role};
use omni_core::secret::Secret;
use serde::Deserialize;

use super::NAME;
use crate::shared::fetchable;

/// Which of the three APIs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Generation {
    /// `rest.messagebird.com` (SMS, MMS) and `conversations.messagebird.com`.
    Rest,
    /// `api.bird.com`, the Channels API.
    Bird,
    /// `{region}.platform.bird.com`, since 2026.
    Platform,
}

/// Why we send; the platform demands it with every free text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Category {
    /// About something the person ordered or asked for.
    #[default]
    Transactional,
    /// Advertising.
    Marketing,
    /// One-time codes.
    Authentication,
    /// Customer care.
    Service,
}

impl From<Purpose> for Category {
    fn from(purpose: Purpose) -> Self {
        match purpose {
            Purpose::Transactional => Self::Transactional,
            Purpose::Marketing => Self::Marketing,
            Purpose::Authentication => Self::Authentication,
            Purpose::Service => Self::Service,
        }
    }
}

/// The settings of a MessageBird connection.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Which of the three APIs; never guessed.
    pub generation: Generation,
    /// The key for sending. `rest` and `bird`: the access key; `platform`: `bk_{region}_…`.
    #[serde(default)]
    pub access_key: Secret,
    /// The keys that sign callbacks; several while one is being replaced. `rest`: the
    /// account's signing key (not the access key); `bird`: the subscription's `signingKey`;
    /// `platform`: `whsec_…`.
    #[serde(default)]
    pub signing_keys: Vec<Secret>,
    /// `rest` only: callbacks carry the deprecated HMAC instead of the JWT.
    #[serde(default)]
    pub legacy_signature: bool,
    /// `rest`: how far the clocks may differ, in seconds.
    #[serde(default = "default_leeway")]
    pub leeway_s: u64,
    /// How old or early a signed timestamp may be, in seconds: 60 for the legacy HMAC, 300
    /// for `bird` and `platform`, if not set.
    #[serde(default)]
    pub tolerance_s: Option<u64>,
    /// Our numbers, short codes and names for SMS and MMS (`rest`, `platform`) and WhatsApp
    /// (`platform`).
    #[serde(default)]
    pub numbers: Vec<String>,
    /// Channel ids of the Conversations API (`rest`) or the Channels API (`bird`), each with
    /// what it is: `whatsapp:+31970102030`, `sms:+12025550143`.
    #[serde(default)]
    pub channels: BTreeMap<String, String>,
    /// Workspace ids: the first is part of the address for sending (`bird`); all of them may
    /// send us events (`platform`).
    #[serde(default)]
    pub workspaces: Vec<String>,
    /// `platform`: the category of free texts whose purpose nobody says.
    #[serde(default)]
    pub category: Category,
    /// `rest`: the WhatsApp namespace of our templates.
    #[serde(default)]
    pub template_namespace: Option<String>,
    /// Another address of the API (tests, twins); the generation's own if not set.
    #[serde(default)]
    pub base_url: Option<String>,
    /// `rest`: another address of the Conversations API (its sandbox, tests, twins).
    #[serde(default)]
    pub conversations_url: Option<String>,
}

const fn default_leeway() -> u64 {
    5
}

/// One channel of the Conversations or Channels API.
pub(super) struct ChannelRoute {
    /// Its id at the carrier.
    pub(super) id: String,
    /// What it carries.
    pub(super) channel: Channel,
    /// Our address on it.
    pub(super) address: Address,
}

/// The settings, read.
pub(super) struct Account {
    pub(super) settings: Settings,
    pub(super) numbers: Vec<Address>,
    pub(super) channels: Vec<ChannelRoute>,
    /// The keys' bytes, ready for the MAC; empty ones left out.
    pub(super) keys: Vec<Vec<u8>>,
}

impl Account {
    pub(super) fn new(settings: Settings) -> Result<Self, SettingsError> {
        let numbers = settings.numbers.iter().map(|raw| number(raw)).collect::<Result<_, _>>()?;
        let channels =
            settings.channels.iter().map(|(id, what)| channel(id, what)).collect::<Result<_, _>>()?;
        let keys = settings.signing_keys.iter().filter(|key| !key.is_empty());
        let mut keys: Vec<Vec<u8>> = match settings.generation {
            Generation::Platform => keys.map(webhook_key).collect::<Result<_, _>>()?,
            Generation::Rest | Generation::Bird => keys.map(|key| key.expose().as_bytes().to_vec()).collect(),
        };
        // Nothing behind `whsec_` is no key either: anybody can sign with it.
        keys.retain(|key| !key.is_empty());
        Ok(Self { settings, numbers, channels, keys })
    }

    pub(super) fn generation(&self) -> Generation {
        self.settings.generation
    }

    /// Whether an address is one of our own senders.
    pub(super) fn owns(&self, address: &Address) -> bool {
        self.numbers.contains(address) || self.channels.iter().any(|route| route.address == *address)
    }

    /// Whether the API is configured to be where `url` leads.
    pub(super) fn serves(&self, url: &str) -> bool {
        let bases = [&self.settings.base_url, &self.settings.conversations_url];
        bases.into_iter().flatten().any(|base| fetchable::same_origin(url, base))
    }

    /// The channel of that id.
    pub(super) fn channel(&self, id: &str) -> Option<&ChannelRoute> {
        self.channels.iter().find(|route| route.id == id)
    }

    /// The channel that sends `channel` from `from`. Pictures go where text messages go.
    pub(super) fn channel_from(&self, channel: Channel, from: &Address) -> Option<&ChannelRoute> {
        let wanted = channel.conversation_channel();
        self.channels.iter().find(|r| r.channel.conversation_channel() == wanted && r.address == *from)
    }

    pub(super) fn routing_keys(&self) -> Vec<String> {
        let channels = self.channels.iter().map(|route| channel_key(&route.id));
        match self.generation() {
            Generation::Rest => self.numbers.iter().map(number_key).chain(channels).collect(),
            Generation::Bird => channels.collect(),
            Generation::Platform => {
                let workspaces = self.settings.workspaces.iter();
                let numbers = |w| self.numbers.iter().map(move |n| workspace_key(w, n.expose()));
                workspaces.flat_map(|workspace| numbers(workspace.as_str())).collect()
            }
        }
    }

    pub(super) fn senders(&self) -> Vec<(Channel, Address)> {
        let numbers = self.numbers.iter().map(|number| (Channel::Sms, number.clone()));
        let channels = self.channels.iter().map(|route| (route.channel, route.address.clone()));
        let mut all: Vec<_> = match self.generation() {
            Generation::Rest => numbers.chain(channels).collect(),
            Generation::Bird => channels.collect(),
            Generation::Platform => {
                let whatsapp = self.numbers.iter().filter(|n| n.is_phone());
                numbers.chain(whatsapp.map(|n| (Channel::Whatsapp, n.clone()))).collect()
            }
        };
        let mut seen = std::collections::HashSet::new();
        all.retain(|sender| seen.insert(sender.clone()));
        all
    }
}

/// The routing key of one of our numbers (`rest`).
pub(super) fn number_key(number: &Address) -> String {
    format!("{NAME}:{}", number.expose())
}

/// The routing key of a channel id (Conversations, `bird`).
pub(super) fn channel_key(id: &str) -> String {
    format!("{NAME}:{id}")
}

/// The routing key of a number in a workspace (`platform`).
pub(super) fn workspace_key(workspace: &str, number: &str) -> String {
    format!("{NAME}:{workspace}:{number}")
}

fn number(raw: &str) -> Result<Address, SettingsError> {
    let parsed = phone::parse(raw, "", Role::International);
    parsed.address.ok_or_else(|| {
        SettingsError::new(
            "numbers",
            "a sender is +12025550143, a short code, or a name of up to 11 characters",
        )
    })
}

fn channel(id: &str, what: &str) -> Result<ChannelRoute, SettingsError> {
    let wrong = || {
        SettingsError::new(
            "channels",
            "a channel id has a value like whatsapp:+31970102030 or sms:+12025550143",
        )
    };
    let (kind, address) = what.split_once(':').ok_or_else(wrong)?;
    let channel: Channel = kind.parse().map_err(|()| wrong())?;
    let parsed = phone::parse(address, "", Role::International);
    // A page or a mailbox has an id of its own that no number rule fits.
    let address = parsed.address.or_else(|| (!address.is_empty()).then(|| Address::from(address)));
    Ok(ChannelRoute { id: id.to_owned(), channel, address: address.ok_or_else(wrong)? })
}

/// The bytes behind `whsec_…`.
fn webhook_key(key: &Secret) -> Result<Vec<u8>, SettingsError> {
    use base64::Engine as _;
    let encoded = key.expose().strip_prefix("whsec_").unwrap_or(key.expose());
    base64::engine::general_purpose::STANDARD.decode(encoded).map_err(|_| {
        SettingsError::new("signing_keys", "a webhook secret is whsec_ and base64, as Bird shows it")
    })
}
