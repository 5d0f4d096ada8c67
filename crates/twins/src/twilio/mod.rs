//! Twilio Programmable Messaging: SMS, MMS, WhatsApp and RCS.
//!
//! | what | how Twilio does it |
//! |---|---|
//! | send | `POST /2010-04-01/Accounts/{AC}/Messages.json`, form; 201 means queued |
//! | auth | Basic with account and token, or a bearer token that `POST /v2/token` issued |
//! | look up | `GET …/Messages/{SM}.json`; `GET …/Messages.json?To=&From=&DateSent>=` |
//! | content | `POST /v1/Content` stores what a message then names by `HX…`; searched by name (`v2`) |
//! | callback | form `POST`; `X-Twilio-Signature`: HMAC-SHA1 over URL and sorted parameters |
//! | status | to the `StatusCallback` of the request, and nowhere if it names none |
//! | retries | one, if it could not connect; more by the URL's fragment (`#rc=5&rp=all`) |
//! | consent | STOP blocks the pair (21610) until START |
//!
//! The twin's own number is configured as Twilio advises for gateways: with retries on
//! everything. A scheduled message waits in memory and is gone when the twins stop.

mod api;
mod callbacks;
mod catalogue;
mod content;
mod errors;
mod fixtures;
mod list;
mod request;
mod resource;

use std::sync::Arc;
use std::time::Duration;

use omni_core::secret::Secret;
use omni_core::time::Timestamp;
use parking_lot::Mutex;
use serde_json::{Value, json};

use content::Content;

use crate::bounded::Bounded;
use crate::callbacks::Callback;
use crate::dice::secret;
use crate::fixtures::{Params, TriggerError};
use crate::record::{Receipt, Record};
use crate::samples::Sample;
use crate::twin::{Desk, Opened, Plugin, Twin};

pub(crate) const PLUGIN: Plugin = Plugin {
    name: "twilio",
    fixtures: catalogue::CATALOGUE,
    open: |desk| {
        let twin = Arc::new(Twilio::new(desk));
        Opened { routes: api::routes(Arc::clone(&twin)), twin }
    },
};

/// The number for SMS, MMS and voice.
const SMS_NUMBER: &str = "+15550100001";
/// The WhatsApp sender.
const WHATSAPP_NUMBER: &str = "whatsapp:+15550100002";
/// The RCS sender.
const RCS_SENDER: &str = "rcs:acme_travel_agent";
/// How many of everything (people, blocked pairs, media) is remembered.
const REMEMBERED: usize = 10_000;

pub(crate) struct Twilio {
    desk: Desk,
    account_sid: String,
    auth_token: Secret,
    /// The whole `Authorization` header, ready to compare.
    basic: Secret,
    /// What the token endpoint gives out.
    access_token: Secret,
    /// When people last wrote, by `from` and `to` of their message.
    wrote_at: Mutex<Bounded<Timestamp>>,
    /// Pairs (person, our number) that STOP blocked.
    stopped: Mutex<Bounded<()>>,
    media: Mutex<Bounded<Sample>>,
    contents: Mutex<Bounded<Content>>,
}

impl Twilio {
    fn new(desk: Desk) -> Self {
        use base64::Engine as _;
        let account_sid = format!("AC{}", secret(desk.seed, "twilio/account_sid", 32));
        let token = secret(desk.seed, "twilio/auth_token", 32);
        let pair = base64::engine::general_purpose::STANDARD.encode(format!("{account_sid}:{token}"));
        let access_token = Secret::new(secret(desk.seed, "twilio/access_token", 48));
        let contents = Mutex::new(content::library(&account_sid));
        Self {
            desk,
            account_sid,
            access_token,
            basic: Secret::new(format!("Basic {pair}")),
            auth_token: Secret::new(token),
            wrote_at: Mutex::new(Bounded::new(REMEMBERED)),
            stopped: Mutex::new(Bounded::new(REMEMBERED)),
            media: Mutex::new(Bounded::new(REMEMBERED)),
            contents,
        }
    }

    /// A new sid: two letters and 32 hexadecimal digits.
    fn sid(&self, prefix: &str) -> String {
        format!("{prefix}{}", self.desk.ids.hex())
    }

    /// Remembers that somebody wrote: opens their 24-hour window.
    fn heard_from(&self, person: &str, number: &str) {
        self.wrote_at.lock().insert(&pair(person, number), self.desk.now());
    }

    fn window_is_open(&self, person: &str, number: &str) -> bool {
        const WINDOW: Duration = Duration::from_secs(24 * 3_600);
        let wrote_at = self.wrote_at.lock().get(&pair(person, number)).copied();
        wrote_at.is_some_and(|at| self.desk.now().since(at) < WINDOW)
    }

    fn stop(&self, person: &str, number: &str) {
        self.stopped.lock().insert(&pair(person, number), ());
    }

    fn start(&self, person: &str, number: &str) {
        self.stopped.lock().remove(&pair(person, number));
    }

    fn has_stopped(&self, person: &str, number: &str) -> bool {
        self.stopped.lock().get(&pair(person, number)).is_some()
    }
}

fn pair(person: &str, number: &str) -> String {
    format!("{person} {number}")
}

impl Twin for Twilio {
    fn desk(&self) -> &Desk {
        &self.desk
    }

    fn connection_settings(&self) -> Value {
        json!({
            "account_sid": self.account_sid,
            "auth_tokens": [self.auth_token.expose()],
            "numbers": [SMS_NUMBER, WHATSAPP_NUMBER, RCS_SENDER],
            "base_url": self.desk.base_url,
        })
    }

    fn status_callback(
        &self,
        record: &Record,
        receipt: Receipt,
        _happened: Timestamp, // Twilio's status callbacks carry no time
        forged: bool,
    ) -> Option<Callback> {
        self.status(record, receipt, forged)
    }

    fn play(&self, event: &'static str, params: &Params) -> Result<Callback, TriggerError> {
        fixtures::play(self, event, params)
    }
}
