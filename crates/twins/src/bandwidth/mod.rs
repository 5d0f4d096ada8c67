//! Bandwidth Messaging v2: SMS, MMS (also in groups) and RCS ("RBM").
//!
//! | what | how Bandwidth does it |
//! |---|---|
//! | send | `POST /api/v2/users/{account}/messages`, JSON, Basic or OAuth bearer; 202 means queued |
//! | rich | `POST …/messages/multiChannel`: RBM, SMS, MMS in order of preference |
//! | look up | `GET …/messages?sourceTn=&destinationTn=&fromDateTime=`: no text, no tag |
//! | media | `PUT`, `GET`, `DELETE …/media/{id}`; what people send is kept for 48 hours |
//! | callback | `POST` of a JSON array, no signature: HTTP Basic, one credential for each of two URLs |
//! | status | per recipient; the `tag` of the request comes back; the text never does |
//! | retries | anything but 2xx within 10 s comes again for a day |
//!
//! Everything goes to the two URLs `…/inbound/{token}` and `…/status/{token}` below
//! `/webhooks/bandwidth`. The application asks for all kinds of status callbacks. Of the
//! channels of a multi-channel message the twin always uses the first. Media that were left here
//! must be there, and together not be too large; what stands elsewhere is not fetched.

mod api;
mod callbacks;
mod catalogue;
mod codes;
mod errors;
mod fixtures;
mod list;
mod media;
mod media_api;
mod request;
mod rich;
mod suggestions;

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
    name: "bandwidth",
    fixtures: catalogue::CATALOGUE,
    open: |desk| {
        let twin = Arc::new(Bandwidth::new(desk));
        Opened { routes: api::routes(Arc::clone(&twin)), twin }
    },
};

/// The number for SMS and MMS.
const NUMBER: &str = "+15550100011";
/// The RCS agent.
const AGENT: &str = "AcmeTravel";
/// The application that both belong to.
const APPLICATION: &str = "7c1e5a90-3b42-4d6f-9a1c-5e0d8b7f2a36";
const ACCOUNT: &str = "5550011";
/// The users that Bandwidth presents at our URLs.
const INBOUND_USER: &str = "bandwidth-inbound";
const STATUS_USER: &str = "bandwidth-status";

pub(crate) struct Bandwidth {
    desk: Desk,
    api_user: String,
    api_password: Secret,
    /// What the token endpoint gives out.
    access_token: Secret,
    /// Whole `Authorization` headers, ready to compare.
    basic: Secret,
    bearer: Secret,
    inbound_password: Secret,
    status_password: Secret,
    path_token: Secret,
    media: media::Shelf,
}

impl Bandwidth {
    fn new(desk: Desk) -> Self {
        let of_seed = |label: &str, digits| secret(desk.seed, &format!("bandwidth/{label}"), digits);
        let api_user = format!("api-{}", of_seed("api_user", 12));
        let (api_password, access_token) = (of_seed("api_password", 32), of_seed("access_token", 48));
        Self {
            basic: Secret::new(callbacks::basic(&api_user, &api_password)),
            bearer: Secret::new(format!("Bearer {access_token}")),
            inbound_password: Secret::new(of_seed("inbound_password", 32)),
            status_password: Secret::new(of_seed("status_password", 32)),
            path_token: Secret::new(of_seed("path_token", 32)),
            api_password: Secret::new(api_password),
            access_token: Secret::new(access_token),
            api_user,
            media: media::Shelf::default(),
            desk,
        }
    }

    /// A message id: the time in milliseconds and 16 letters and digits.
    fn message_id(&self) -> String {
        let random = self.desk.ids.hex();
        format!("{:013}{}", self.desk.now().as_millis(), random.get(..16).unwrap_or(&random))
    }

    /// The API's root, up to and without `/users`.
    fn api(&self) -> String {
        format!("{}/api/v2", self.desk.base_url)
    }
}

/// Bandwidth writes times to the millisecond.
fn time(at: Timestamp) -> String {
    Timestamp::from_millis(at.as_millis()).to_string()
}

impl Twin for Bandwidth {
    fn desk(&self) -> &Desk {
        &self.desk
    }

    fn connection_settings(&self) -> Value {
        json!({
            "account_id": ACCOUNT,
            "applications": { APPLICATION: [NUMBER, AGENT] },
            "api_user": self.api_user,
            "api_password": self.api_password.expose(),
            "inbound_credentials": [{ "user": INBOUND_USER, "password": self.inbound_password.expose() }],
            "status_credentials": [{ "user": STATUS_USER, "password": self.status_password.expose() }],
            "path_token": self.path_token.expose(),
            "base_url": self.api(),
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
}
