//! SendGrid: e-mail, out (Mail Send v3) and in (Inbound Parse), and what became of it.
//!
//! | what | how SendGrid does it |
//! |---|---|
//! | send | `POST /v3/mail/send`, JSON, bearer key; 202 without a body, the id in `X-Message-Id` |
//! | cancel | `POST /v3/user/scheduled_sends` with the `batch_id` of the mail |
//! | receive | Inbound Parse: `POST` of a multipart form, of parts or of the whole MIME message |
//! | status | Event Webhook: `POST` of a JSON array; custom arguments come back, flattened |
//! | prove | ECDSA P-256 over timestamp and raw body, a key for each of the two |
//! | | OAuth, once set up: a bearer token from the gateway's token endpoint in each callback |
//! | retries | events: anything but 2xx for a day; mail: 5xx and silence for three days |
//! | consent | suppression lists; mail to who is on one is taken and then `dropped` |
//!
//! Both come below `/webhooks/sendgrid`: `…/inbound/{token}` and `…/events/{token}`. Opens and
//! clicks are only reported for mail that does not switch tracking off. Events of one mail come
//! one by one; the fixture `batch` has several. A mail that was paused is not resumed.
//!
//! Reserved names `…@sim.test` that only mail has are in [`fates`].

mod api;
mod catalogue;
mod errors;
mod events;
mod fates;
mod files;
mod fixtures;
mod inbound;
mod mail;
mod options;
mod policies;
mod request;
mod schedule;
mod settings;
mod signature;
mod suppressions;

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use omni_core::secret::Secret;
use omni_core::time::Timestamp;
use parking_lot::Mutex;
use serde_json::{Value, json};

use crate::bearer::Client;
use crate::bounded::Bounded;
use crate::callbacks::Callback;
use crate::dice::secret;
use crate::fixtures::{Params, TriggerError};
use crate::record::{Receipt, Record};
use crate::twin::{Desk, Opened, Plugin, Twin};

pub(crate) const PLUGIN: Plugin = Plugin {
    name: "sendgrid",
    fixtures: catalogue::CATALOGUE,
    open: |desk| {
        let twin = Arc::new(SendGrid::new(desk));
        Opened { routes: api::routes(Arc::clone(&twin)), twin }
    },
};

/// The domain that is verified for sending, and the host whose mail is parsed.
const SENDING_DOMAIN: &str = "acmetravel.test";
const INBOUND_HOST: &str = "in.acmetravel.test";
const FROM: &str = "hello@acmetravel.test";
const INBOX: &str = "support@in.acmetravel.test";

pub(crate) struct SendGrid {
    desk: Desk,
    api_key: Secret,
    /// The whole `Authorization` header, ready to compare.
    bearer: Secret,
    path_token: Secret,
    event_key: signature::Key,
    parse_key: signature::Key,
    suppressions: suppressions::Lists,
    policies: Mutex<policies::Policies>,
    /// The OAuth client of the Event Webhook.
    event_client: Mutex<Option<Client>>,
    /// Batch ids that were given out, each with what was decided: `cancel`, `pause` or nothing.
    batches: Mutex<Bounded<Option<&'static str>>>,
}

impl SendGrid {
    fn new(desk: Desk) -> Self {
        let of_seed = |label: &str, digits| secret(desk.seed, &format!("sendgrid/{label}"), digits);
        let api_key = format!("SG.{}.{}", of_seed("key_id", 22), of_seed("key", 43));
        Self {
            bearer: Secret::new(format!("Bearer {api_key}")),
            api_key: Secret::new(api_key),
            path_token: Secret::new(of_seed("path_token", 32)),
            event_key: signature::Key::new(desk.seed, "event"),
            parse_key: signature::Key::new(desk.seed, "parse"),
            suppressions: suppressions::Lists::default(),
            policies: Mutex::default(),
            event_client: Mutex::default(),
            batches: Mutex::new(Bounded::new(1_000)),
            desk,
        }
    }

    /// A new id of 22 letters and digits, as `X-Message-Id` has it.
    fn id(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.desk.ids.bytes())
    }
}

impl Twin for SendGrid {
    fn desk(&self) -> &Desk {
        &self.desk
    }

    fn connection_settings(&self) -> Value {
        json!({
            "api_key": self.api_key.expose(),
            "domains": [INBOUND_HOST],
            "public_keys": [self.event_key.public(), self.parse_key.public()],
            "inbound_signature": "required",
            "path_token": self.path_token.expose(),
            "from": FROM,
            "from_name": "Acme Travel",
            "reply_to": INBOX,
            "base_url": self.desk.base_url,
        })
    }

    fn status_callback(
        &self,
        record: &Record,
        receipt: Receipt,
        happened: Timestamp,
        forged: bool,
    ) -> Option<Callback> {
        let event = events::event(record, receipt, happened);
        Some(self.events(receipt.state, record.wire_id().to_owned(), &[event], forged))
    }

    fn play(&self, event: &'static str, params: &Params) -> Result<Callback, TriggerError> {
        fixtures::play(self, event, params)
    }
}
