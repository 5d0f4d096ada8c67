//! Callbacks: where they go, how they are signed, and when they come again.

use std::time::Duration;

use bytes::Bytes;
use omni_core::time::Timestamp;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{Generation, MessageBird, signature};
use crate::callbacks::{Callback, RetryOn, RetryRule, reachable};
use crate::dice::hex;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;

/// Not published for `rest`: a few tries within minutes.
const REST: RetryRule = RetryRule {
    waits: &[
        Duration::from_secs(1),
        Duration::from_secs(10),
        Duration::from_secs(MINUTE),
        Duration::from_secs(5 * MINUTE),
    ],
    timeout: Duration::from_secs(15),
    total: Duration::from_secs(HOUR),
    only_200: false,
    on: RetryOn::ANYTHING,
};

/// Growing gaps for about eight hours.
const BIRD: RetryRule = RetryRule {
    waits: &[
        Duration::from_secs(10),
        Duration::from_secs(MINUTE),
        Duration::from_secs(10 * MINUTE),
        Duration::from_secs(HOUR),
        Duration::from_secs(2 * HOUR),
        Duration::from_secs(4 * HOUR),
    ],
    total: Duration::from_secs(8 * HOUR),
    ..REST
};

/// Eight attempts over 27 hours, without the real one's scatter of a fifth.
const PLATFORM: RetryRule = RetryRule {
    waits: &[
        Duration::from_secs(5),
        Duration::from_secs(5 * MINUTE),
        Duration::from_secs(30 * MINUTE),
        Duration::from_secs(2 * HOUR),
        Duration::from_secs(5 * HOUR),
        Duration::from_secs(10 * HOUR),
        Duration::from_secs(10 * HOUR),
    ],
    total: Duration::from_secs(48 * HOUR),
    ..REST
};

/// A callback before it is signed.
pub(super) struct Draft<'a> {
    /// What it reports, for events.
    pub(super) what: &'static str,
    /// The message that it is about.
    pub(super) id: String,
    /// The public URL; the account's own if `None`.
    pub(super) url: Option<&'a str>,
    pub(super) content_type: &'static str,
    /// Empty for a `GET`.
    pub(super) body: Bytes,
    /// Signed with a wrong key.
    pub(super) forged: bool,
}

impl<'a> Draft<'a> {
    /// A callback with a JSON body.
    pub(super) fn json(what: &'static str, id: String, url: Option<&'a str>, body: &Value) -> Self {
        let body = serde_json::to_vec(body).expect("JSON values serialise").into();
        Self { what, id, url, content_type: "application/json", body, forged: false }
    }

    pub(super) fn forged(self, forged: bool) -> Self {
        Self { forged, ..self }
    }
}

impl MessageBird {
    /// Signs a callback as of now.
    pub(super) fn signed(&self, generation: Generation, draft: Draft<'_>) -> Callback {
        self.signed_at(generation, draft, self.desk.now())
    }

    /// Signs a callback as of `now`.
    pub(super) fn signed_at(&self, generation: Generation, draft: Draft<'_>, now: Timestamp) -> Callback {
        let own_url = self.desk.webhook_url();
        let signed_url = draft.url.unwrap_or(&own_url);
        let mut headers = self.signature(generation, &draft, signed_url, now);
        if !draft.body.is_empty() {
            headers.push(("content-type", draft.content_type.to_owned()));
        }
        let url = reachable(signed_url, &self.desk.courier.webhook_base());
        let rule = match generation {
            Generation::Rest => REST,
            Generation::Bird => BIRD,
            Generation::Platform => PLATFORM,
        };
        Callback { what: draft.what, id: draft.id, url, headers, body: draft.body, rule }
    }

    fn signature(
        &self,
        generation: Generation,
        draft: &Draft<'_>,
        url: &str,
        now: Timestamp,
    ) -> Vec<(&'static str, String)> {
        const WRONG: &str = "not the signing key";
        let (account, body) = (&self.account, &draft.body);
        let timestamp = now.as_secs().to_string();
        match generation {
            Generation::Rest => {
                let key = if draft.forged { WRONG } else { account.signing_key.expose() };
                let token = signature::token(key, url, body, now, &self.desk.ids.hex());
                vec![("messagebird-signature-jwt", token)]
            }
            Generation::Bird => {
                let key = if draft.forged { WRONG } else { account.bird_signing_key.expose() };
                vec![
                    ("messagebird-signature", signature::notification(key, url, body, now)),
                    ("messagebird-request-timestamp", timestamp),
                ]
            }
            Generation::Platform => {
                let key = if draft.forged { WRONG.as_bytes() } else { &account.webhook_key };
                let id = event_id(draft);
                vec![
                    ("webhook-signature", signature::standard_webhook(key, &id, body, now)),
                    ("webhook-timestamp", timestamp),
                    ("webhook-id", id),
                ]
            }
        }
    }
}

/// The id of a platform event: the same in every try, and another for what happens again
/// later (its body names another time).
fn event_id(draft: &Draft<'_>) -> String {
    let event = [draft.id.as_bytes(), b"/", draft.what.as_bytes(), b"/", &draft.body].concat();
    let digest = hex(&Sha256::digest(event));
    format!("msg_{}", digest.get(..26).unwrap_or_default())
}
