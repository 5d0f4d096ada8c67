//! Inteliquent (Sinch): SMS and MMS of US numbers over the Message Broker.
//!
//! | what | how Inteliquent does it |
//! |---|---|
//! | send | `POST /msgbroker/rest/publishMessages`, JSON, bearer key; numbers of 11 digits without plus |
//! | refuse | 408 for the user's error (it is no time-out), or 200 with `success:false` |
//! | look up | `POST /Services/2.0.0/messageDetailSearch` by number and date; its own key and secret |
//! | callback | `POST` of one JSON object; `verificationToken`: SHA-256 of key and `messageID` |
//! | where | the webhook of the number, else the company's, else nowhere: `configureAuthorization` |
//! | status | the message's shape again with `deliveryReceipt:true`, mostly without a word |
//! | retries | unknown; the twin tries three more times |
//!
//! Facts are thin: an API description of 2023 and what two production integrations do. The
//! `referenceId` of a request is undocumented: the twin notes it, gives one of its own, and
//! names only that one in receipts. Limits are unknown and not enforced. Webhooks that prove
//! themselves by a fixed header are refused by `configureAuthorization`.

mod api;
mod callbacks;
mod catalogue;
mod errors;
mod fixtures;
mod request;
mod search;
mod webhooks;

use std::sync::Arc;

use omni_core::secret::Secret;
use omni_core::time::Timestamp;
use serde_json::{Value, json};

use crate::callbacks::Callback;
use crate::dice::secret;
use crate::fixtures::{Params, TriggerError};
use crate::record::{Receipt, Record};
use crate::twin::{Desk, Opened, Plugin, Twin};

pub(crate) const PLUGIN: Plugin = Plugin {
    name: "inteliquent",
    fixtures: catalogue::CATALOGUE,
    open: |desk| {
        let twin = Arc::new(Inteliquent::new(desk));
        Opened { routes: api::routes(Arc::clone(&twin)), twin }
    },
};

/// Our key of the Services API.
const COMPANY: &str = "acme-travel";
/// Our number, as Inteliquent writes it.
const NUMBER: &str = "15550100021";

pub(crate) struct Inteliquent {
    desk: Desk,
    api_key: Secret,
    /// The whole `Authorization` header, ready to compare.
    bearer: Secret,
    /// The secret of the Services API, and what its bodies hold.
    services_secret: Secret,
    private_key: Secret,
    /// The key of the company's webhook.
    inbound_key: Secret,
    path_token: Secret,
    webhooks: webhooks::Webhooks,
}

impl Inteliquent {
    fn new(desk: Desk) -> Self {
        let of_seed = |label: &str| secret(desk.seed, &format!("inteliquent/{label}"), 32);
        let api_key = of_seed("api_key");
        let inbound_key = of_seed("inbound_key");
        Self {
            bearer: Secret::new(format!("Bearer {api_key}")),
            api_key: Secret::new(api_key),
            services_secret: Secret::new(of_seed("services_secret")),
            private_key: Secret::new(of_seed("private_key")),
            webhooks: webhooks::Webhooks::new(&inbound_key),
            inbound_key: Secret::new(inbound_key),
            path_token: Secret::new(of_seed("path_token")),
            desk,
        }
    }

    /// A random id, as `referenceId` and `messageID` are.
    fn uuid(&self) -> String {
        let hex = self.desk.ids.hex();
        let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
        format!("{}-{}-{}-{}-{}", part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32))
    }

    /// The company's webhook, as it was set up at the start.
    fn company_url(&self) -> String {
        format!("{}/{}", self.desk.webhook_url(), self.path_token.expose())
    }
}

/// A number as records spell it.
fn e164(digits: &str) -> String {
    match digits.len() {
        11 => format!("+{digits}"),
        10 => format!("+1{digits}"),
        _ => digits.to_owned(),
    }
}

impl Twin for Inteliquent {
    fn desk(&self) -> &Desk {
        &self.desk
    }

    fn connection_settings(&self) -> Value {
        json!({
            "api_key": self.api_key.expose(),
            "numbers": [NUMBER],
            "auth": { "mode": "sha256-concat", "keys": [self.inbound_key.expose()] },
            "path_token": self.path_token.expose(),
            "base_url": format!("{}/msgbroker/rest", self.desk.base_url),
            "services": {
                "key": COMPANY,
                "secret": self.services_secret.expose(),
                "private_key": self.private_key.expose(),
                "base_url": format!("{}/Services/2.0.0", self.desk.base_url),
            },
        })
    }

    fn status_callback(
        &self,
        record: &Record,
        receipt: Receipt,
        happened: Timestamp,
        forged: bool,
    ) -> Option<Callback> {
        self.receipt(record, receipt, happened, forged)
    }

    fn play(&self, event: &'static str, params: &Params) -> Result<Callback, TriggerError> {
        fixtures::play(self, event, params)
    }
}
