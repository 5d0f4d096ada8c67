//! Consent between an account and an address: written by keywords, by carriers' reports
//! and by carriers' refusals; read at the last look before every send.

use omni_core::address::Address;
use omni_core::event::{Channel, ConsentChange};
use omni_core::id::AccountId;
use omni_core::job::Leased;
use omni_core::message::{Message, Purpose};
use omni_core::problem;
use omni_core::steps::StepId;
use omni_core::store::{Changes, Expect, Pointer, StoreExt as _};
use omni_core::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::engine::Engine;
use crate::step::StepError;

/// The category of a record about marketing alone, in WhatsApp's word.
const MARKETING: &str = "marketing_messages";

/// Where consent to `message` is written down: to everything, and if it is marketing to that.
pub fn pointers(message: &Message) -> Vec<Pointer> {
    let address = message.customer_address.expose();
    let mut pointers = vec![Pointer::consent(&message.account, address, None)];
    if message.sending.as_ref().and_then(|sending| sending.purpose) == Some(Purpose::Marketing) {
        pointers.push(Pointer::consent(&message.account, address, Some(MARKETING)));
    }
    pointers
}

/// Whether, and how far, an address opted out of an account's messages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ConsentRecord {
    /// Nothing may be sent (of that category, if it names one).
    pub opted_out: bool,
    /// Only this part of our messages is meant (`marketing_messages`). Such a record stands
    /// beside the one about everything and never takes its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// Who said so: `keyword`, `carrier`, `api`.
    pub source: String,
    /// When.
    pub at: Timestamp,
}

impl ConsentRecord {
    /// The person wrote a keyword.
    pub fn by_keyword(opted_out: bool, at: Timestamp) -> Self {
        Self { opted_out, category: None, source: "keyword".to_owned(), at }
    }

    /// The carrier refused a message, or reported it undeliverable, for lack of consent.
    /// On WhatsApp that is about marketing only: answers stay allowed.
    pub fn refused_by_carrier(channel: Channel, at: Timestamp) -> Self {
        let category = (channel == Channel::Whatsapp).then(|| MARKETING.to_owned());
        Self { opted_out: true, category, source: "carrier".to_owned(), at }
    }

    /// Where it is kept.
    fn pointer(&self, account: &AccountId, address: &str) -> Pointer {
        Pointer::consent(account, address, self.category.as_deref())
    }

    /// Writes it, and says so.
    pub fn write(&self, account: &AccountId, address: &str, changes: &mut Changes) {
        changes.point(&self.pointer(account, address), self, Expect::Any, None);
        let event = if self.opted_out { "customer.opted_out" } else { "customer.opted_in" };
        let data = json!({ "account": account, "address": address, "source": self.source, "category": self.category });
        changes.event(event, self.at, data);
    }
}

/// Writes down a consent change that a carrier reported, unless something newer is known.
pub async fn record(
    engine: &Engine,
    leased: &Leased,
    account: &AccountId,
    change: &ConsentChange,
) -> Result<(), StepError> {
    let failed = |e: omni_core::store::StoreError| {
        StepError::new(StepId::Terminate, problem::DATABASE_ERROR, e.to_string())
    };
    let tenant = &leased.job.tenant;
    let mut changes = Changes::new(tenant.clone());
    changes.complete = Some((leased.job.id, leased.token));
    if let Some(address) = change.address.as_ref().map(Address::expose) {
        let record = ConsentRecord {
            opted_out: matches!(change.value.as_str(), "stop" | "complaint"),
            category: change.category.clone(),
            source: "carrier".to_owned(),
            at: change.sent_at.unwrap_or_else(|| engine.now()),
        };
        let pointer = record.pointer(account, address);
        let known = engine.store.pointer::<ConsentRecord>(tenant, &pointer).await.map_err(failed)?;
        if known.is_none_or(|known| known.value.at <= record.at) {
            record.write(account, address, &mut changes);
        }
    }
    engine.store.commit(changes).await.map_err(failed)?;
    Ok(())
}
