//! MessageBird, today Bird: three generations of one company's API, all at this twin.
//!
//! | what | `rest` and Conversations | `bird` (Channels API) | `platform` (2026) |
//! |---|---|---|---|
//! | below | `/`, `/conversations/v1` | `/bird` | `/platform` |
//! | key | `AccessKey …` | `AccessKey …` | `Bearer bk_us1_…` |
//! | send | `POST /messages`, `/mms`, `/send` | `POST /workspaces/{ws}/channels/{ch}/messages` | `POST /v1/sms/messages`, `/v1/whatsapp/messages` |
//! | repeat | sends again | sends again | `Idempotency-Key`: the first answer again |
//! | look up | `GET /messages?recipient=&from=` | `GET …/messages` | `GET /v1/sms/messages?to=&created_after=` |
//! | status | SMS: `GET`, if the message has a `reference`; chats: `POST message.updated` | `POST {platform}.outbound` | `POST sms.delivered`, … |
//! | proof | a token for one use over URL and body | HMAC of time, URL, body | Standard Webhooks |
//!
//! All of them report to `/webhooks/messagebird`, if a message names no other address. How
//! often `rest` tries again is not published; here it is four times. People who text STOP to
//! the `platform` are suppressed by it; the older two leave that to us.

mod api;
mod callbacks;
mod catalogue;
mod channels;
mod conversations;
mod errors;
mod failures;
mod fixtures;
mod idempotency;
mod platform;
mod rest;
mod shape;
mod signature;

use std::sync::Arc;
use std::time::Duration;

use omni_core::secret::Secret;
use omni_core::time::Timestamp;
use parking_lot::Mutex;
use serde_json::{Value, json};

use crate::bounded::Bounded;
use crate::callbacks::Callback;
use crate::dice::secret;
use crate::fixtures::{Params, TriggerError};
use crate::record::{Receipt, Record};
use crate::samples::Sample;
use crate::twin::{Desk, Opened, Plugin, Twin};

pub(crate) const PLUGIN: Plugin = Plugin {
    name: "messagebird",
    fixtures: catalogue::CATALOGUE,
    open: |desk| {
        let twin = Arc::new(MessageBird::new(desk));
        Opened { routes: api::routes(Arc::clone(&twin)), twin }
    },
};

/// The number for SMS and MMS.
const SMS_NUMBER: &str = "+15550100011";
/// The number on WhatsApp.
const WHATSAPP_NUMBER: &str = "+15550100012";
/// The short code.
const SHORT_CODE: &str = "51515";
/// The WhatsApp namespace of templates.
const NAMESPACE: &str = "20332cd4_f095_b080_d255_35677159aaff";
/// How many of everything (people, media) is remembered.
const REMEMBERED: usize = 10_000;

/// The APIs, as records name them.
mod api_name {
    pub(super) const SMS: &str = "sms";
    pub(super) const MMS: &str = "mms";
    pub(super) const CONVERSATIONS: &str = "conversations";
    pub(super) const CHANNELS: &str = "channels";
    pub(super) const PLATFORM: &str = "platform";
}

/// Which of the three APIs, and whose key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Generation {
    Rest,
    Bird,
    Platform,
}

pub(crate) struct MessageBird {
    desk: Desk,
    account: Account,
    conversations: Mutex<Bounded<conversations::Conversation>>,
    /// When people last wrote on WhatsApp, by number.
    wrote_at: Mutex<Bounded<Timestamp>>,
    /// Pairs (person, our number) that the platform suppresses.
    suppressed: Mutex<Bounded<()>>,
    media: Mutex<Bounded<Sample>>,
    sends: idempotency::Keys,
    /// The last fixture of each generation, to be played again.
    last_played: Mutex<Bounded<Callback>>,
}

/// Keys and ids of the twin's one customer.
struct Account {
    access_key: Secret,
    bird_key: Secret,
    platform_key: Secret,
    signing_key: Secret,
    bird_signing_key: Secret,
    /// `whsec_…`, as shown to the customer.
    webhook_secret: Secret,
    /// The bytes behind it.
    webhook_key: Vec<u8>,
    /// The WhatsApp channel of the Conversations API.
    conversations_channel: String,
    workspace: String,
    sms_channel: String,
    whatsapp_channel: String,
    connector: String,
    platform_workspace: String,
}

impl Account {
    fn new(seed: u64) -> Self {
        use base64::Engine as _;
        let of = |label: &str, digits| secret(seed, &format!("messagebird/{label}"), digits);
        let webhook_key = of("webhook_secret", 32).into_bytes();
        let encoded = base64::engine::general_purpose::STANDARD.encode(&webhook_key);
        Self {
            access_key: Secret::new(of("access_key", 25)),
            bird_key: Secret::new(of("bird_key", 40)),
            platform_key: Secret::new(format!("bk_us1_{}", of("platform_key", 40))),
            signing_key: Secret::new(of("signing_key", 32)),
            bird_signing_key: Secret::new(of("bird_signing_key", 32)),
            webhook_secret: Secret::new(format!("whsec_{encoded}")),
            webhook_key,
            conversations_channel: of("conversations_channel", 32),
            workspace: uuid(&of("workspace", 32)),
            sms_channel: uuid(&of("sms_channel", 32)),
            whatsapp_channel: uuid(&of("whatsapp_channel", 32)),
            connector: uuid(&of("connector", 32)),
            platform_workspace: format!("ws_01{}", of("platform_workspace", 24)),
        }
    }

    /// The `Authorization` header of a generation.
    fn authorization(&self, generation: Generation) -> Secret {
        Secret::new(match generation {
            Generation::Rest => format!("AccessKey {}", self.access_key.expose()),
            Generation::Bird => format!("AccessKey {}", self.bird_key.expose()),
            Generation::Platform => format!("Bearer {}", self.platform_key.expose()),
        })
    }
}

/// 32 hexadecimal digits as a UUID of version 4.
fn uuid(hex: &str) -> String {
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
    let (first, second, third) = (part(0, 8), part(8, 12), part(13, 16));
    format!("{first}-{second}-4{third}-8{}-{}", part(17, 20), part(20, 32))
}

/// The digits of a phone number, as the older APIs write it.
fn bare(number: &str) -> &str {
    number.strip_prefix('+').unwrap_or(number)
}

/// `2025-11-20T15:00:00+00:00`.
fn datetime(at: Timestamp) -> String {
    let text = Timestamp::from_secs(at.as_secs()).to_string();
    format!("{}+00:00", text.trim_end_matches('Z'))
}

/// `2025-11-20T15:00:00.120Z`.
fn millis(at: Timestamp) -> String {
    Timestamp::from_millis(at.as_millis()).to_string()
}

impl MessageBird {
    fn new(desk: Desk) -> Self {
        Self {
            account: Account::new(desk.seed),
            conversations: Mutex::new(Bounded::new(REMEMBERED)),
            wrote_at: Mutex::new(Bounded::new(REMEMBERED)),
            suppressed: Mutex::new(Bounded::new(REMEMBERED)),
            media: Mutex::new(Bounded::new(REMEMBERED)),
            sends: idempotency::Keys::default(),
            last_played: Mutex::new(Bounded::new(3)),
            desk,
        }
    }

    /// Remembers that somebody wrote on WhatsApp: opens their 24-hour window.
    fn heard_from(&self, person: &str) {
        self.wrote_at.lock().insert(person, self.desk.now());
    }

    /// Whether a free-form message may go to this person now.
    fn window_is_open(&self, person: &str) -> bool {
        const WINDOW: Duration = Duration::from_secs(24 * 3_600);
        let wrote_at = self.wrote_at.lock().get(person).copied();
        !self.desk.faults().strict_window || wrote_at.is_some_and(|at| self.desk.now().since(at) < WINDOW)
    }

    /// Keeps a file that somebody sent; gives back where it can be fetched with a key.
    fn attach(&self, sample: Sample) -> String {
        let id = self.desk.ids.hex();
        self.media.lock().insert(&id, sample);
        format!("{}/media/{id}", self.desk.base_url)
    }

    fn settings(&self, generation: Generation) -> Value {
        let (account, base) = (&self.account, &self.desk.base_url);
        match generation {
            Generation::Rest => json!({
                "generation": "rest",
                "access_key": account.access_key.expose(),
                "signing_keys": [account.signing_key.expose()],
                "numbers": [SMS_NUMBER, SHORT_CODE],
                "channels": { &account.conversations_channel: format!("whatsapp:{WHATSAPP_NUMBER}") },
                "template_namespace": NAMESPACE,
                "base_url": base,
                "conversations_url": format!("{base}/conversations/v1"),
            }),
            Generation::Bird => json!({
                "generation": "bird",
                "access_key": account.bird_key.expose(),
                "signing_keys": [account.bird_signing_key.expose()],
                "channels": {
                    &account.sms_channel: format!("sms:{SMS_NUMBER}"),
                    &account.whatsapp_channel: format!("whatsapp:{WHATSAPP_NUMBER}"),
                },
                "workspaces": [account.workspace],
                "base_url": format!("{base}/bird"),
            }),
            Generation::Platform => json!({
                "generation": "platform",
                "access_key": account.platform_key.expose(),
                "signing_keys": [account.webhook_secret.expose()],
                "numbers": [SMS_NUMBER, WHATSAPP_NUMBER],
                "workspaces": [account.platform_workspace],
                "base_url": format!("{base}/platform"),
            }),
        }
    }
}

impl Twin for MessageBird {
    fn desk(&self) -> &Desk {
        &self.desk
    }

    /// The first generation: the one most accounts have.
    fn connection_settings(&self) -> Value {
        self.settings(Generation::Rest)
    }

    fn variant_settings(&self, variant: &str) -> Option<Value> {
        Some(self.settings(match variant {
            "rest" => Generation::Rest,
            "bird" => Generation::Bird,
            "platform" => Generation::Platform,
            _ => return None,
        }))
    }

    fn sandbox_variants(&self) -> &'static [&'static str] {
        &["bird", "platform"]
    }

    fn signs_each_try(&self) -> bool {
        true
    }

    fn status_callback(
        &self,
        record: &Record,
        receipt: Receipt,
        happened: Timestamp,
        forged: bool,
    ) -> Option<Callback> {
        match record.api {
            api_name::CONVERSATIONS => Some(conversations::updated(self, record, receipt, happened, forged)),
            api_name::CHANNELS => Some(channels::outbound(self, record, receipt, happened, forged)),
            api_name::PLATFORM => Some(platform::event(self, record, receipt, happened, forged)),
            _ => rest::report(self, record, receipt, happened, forged),
        }
    }

    fn play(&self, event: &'static str, params: &Params) -> Result<Callback, TriggerError> {
        fixtures::play(self, event, params)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_and_times_in_the_carriers_forms() {
        assert_eq!(uuid("0123456789abcdef0123456789abcdef"), "01234567-89ab-4def-8123-456789abcdef");
        let at = Timestamp::parse("2025-11-20T15:00:00.120450Z").unwrap();
        assert_eq!(datetime(at), "2025-11-20T15:00:00+00:00");
        assert_eq!(millis(at), "2025-11-20T15:00:00.120Z");
        assert_eq!((bare("+1555"), bare("PostNL")), ("1555", "PostNL"));
    }
}
