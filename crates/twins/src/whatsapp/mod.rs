//! WhatsApp Cloud API, as Meta serves it.
//!
//! | what | how Meta does it |
//! |---|---|
//! | send | `POST /{version}/{phone_number_id}/messages`, bearer token; 200 means accepted |
//! | proof | `appsecret_proof`, if a call brings one, must be right |
//! | media | `POST …/media` (multipart), `GET /{version}/{media_id}` gives a URL for 5 minutes |
//! | callback | `POST` JSON with `\uXXXX` and `\/`, `X-Hub-Signature-256` over the raw bytes |
//! | retries | anything but 200 comes again, less and less often |
//! | handshake | `GET …?hub.mode=subscribe&hub.challenge=…&hub.verify_token=…` |
//!
//! Meta's pace limits are not enforced: the twin is also the sink of the benchmark. Ask for
//! 429 through the faults or the reserved number. Templates: any name is taken as approved
//! whatever values it gets, except those in [`templates`]: they want the values of their header,
//! body and buttons, or stand for trouble. Any form, product and catalogue is taken as existing.

mod api;
mod callbacks;
mod catalogue;
mod content;
mod errors;
mod fixtures;
mod inbound;
mod media;
mod objects;
mod templates;
mod wire;

use std::sync::Arc;

use omni_core::secret::Secret;
use omni_core::time::Timestamp;
use parking_lot::Mutex;
use serde_json::{Value, json};

use crate::bounded::Bounded;
use crate::callbacks::Callback;
use crate::dice::secret;
use crate::fixtures::{Params, TriggerError};
use crate::record::{Receipt, Record};
use crate::twin::{Challenge, Desk, Opened, Plugin, Twin};

pub(crate) const PLUGIN: Plugin = Plugin {
    name: "whatsapp",
    fixtures: catalogue::CATALOGUE,
    open: |desk| {
        let twin = Arc::new(WhatsApp::new(desk));
        Opened { routes: api::routes(Arc::clone(&twin)), twin }
    },
};

/// The business number, as Meta writes it in webhooks.
const DISPLAY_NUMBER: &str = "15550100003";
const PHONE_NUMBER_ID: &str = "155501000030001";
const BUSINESS_ACCOUNT_ID: &str = "155501000030002";
/// People whose last message is remembered.
const PEOPLE: usize = 10_000;

pub(crate) struct WhatsApp {
    desk: Desk,
    access_token: Secret,
    /// The whole `Authorization` header, ready to compare.
    bearer: Secret,
    app_secret: Secret,
    verify_token: Secret,
    media: media::Shelf,
    people: Mutex<Bounded<Person>>,
}

/// Somebody who wrote to the business.
#[derive(Clone)]
struct Person {
    name: String,
    last_message: String,
    wrote_at: Timestamp,
}

impl WhatsApp {
    fn new(desk: Desk) -> Self {
        let token = format!("EAAG{}", secret(desk.seed, "whatsapp/access_token", 60));
        Self {
            bearer: Secret::new(format!("Bearer {token}")),
            access_token: Secret::new(token),
            app_secret: Secret::new(secret(desk.seed, "whatsapp/app_secret", 32)),
            verify_token: Secret::new(secret(desk.seed, "whatsapp/verify_token", 24)),
            media: media::Shelf::default(),
            people: Mutex::new(Bounded::new(PEOPLE)),
            desk,
        }
    }

    /// The `appsecret_proof` of our token.
    fn proof(&self) -> String {
        callbacks::keyed(self.app_secret.expose(), self.access_token.expose().as_bytes())
    }

    /// A message id as Meta makes them: opaque, base64, ending in a hexadecimal part.
    fn message_id(&self, other: &str) -> String {
        use base64::Engine as _;
        let mut bytes = vec![0x1d, 0x18, 0x0b];
        bytes.extend_from_slice(other.as_bytes());
        bytes.extend_from_slice(&[0x15, 0x02, 0x00, 0x11, 0x18]);
        bytes.extend_from_slice(self.desk.ids.hex().to_ascii_uppercase().as_bytes());
        format!("wamid.{}", base64::engine::general_purpose::STANDARD.encode(bytes))
    }

    /// Remembers that somebody wrote: opens their 24-hour window.
    fn heard_from(&self, wa_id: &str, person: Person) {
        self.people.lock().insert(wa_id, person);
    }

    fn person(&self, wa_id: &str) -> Option<Person> {
        self.people.lock().get(wa_id).cloned()
    }

    fn window_is_open(&self, wa_id: &str) -> bool {
        const WINDOW: std::time::Duration = std::time::Duration::from_secs(24 * 3_600);
        self.people.lock().get(wa_id).is_some_and(|person| self.desk.now().since(person.wrote_at) < WINDOW)
    }
}

impl Twin for WhatsApp {
    fn desk(&self) -> &Desk {
        &self.desk
    }

    fn connection_settings(&self) -> Value {
        json!({
            "phone_number_id": PHONE_NUMBER_ID,
            "business_account_id": BUSINESS_ACCOUNT_ID,
            "access_token": self.access_token.expose(),
            "app_secrets": [self.app_secret.expose()],
            "verify_token": self.verify_token.expose(),
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
        Some(self.status(record, receipt, happened, forged))
    }

    fn play(&self, event: &'static str, params: &Params) -> Result<Callback, TriggerError> {
        fixtures::play(self, event, params)
    }

    fn handshake(&self) -> Option<Challenge> {
        let expect = self.desk.ids.decimal();
        let query = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("hub.mode", "subscribe")
            .append_pair("hub.challenge", &expect)
            .append_pair("hub.verify_token", self.verify_token.expose())
            .finish();
        Some(Challenge { url: format!("{}?{query}", self.desk.webhook_url()), expect })
    }
}
