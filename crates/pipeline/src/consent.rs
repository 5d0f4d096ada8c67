//! Consent between an account and an address: written by keywords, by carriers' reports
//! and by carriers' refusals; read at the last look before every send.

use omni_core::address::Address;
use omni_core::content::OutboundContent;
use omni_core::event::{Channel, ConsentChange};
use omni_core::id::{AccountId, TenantId};
use omni_core::job::Leased;
use omni_core::message::{Content, Message, Purpose};
use omni_core::problem;
use omni_core::steps::StepId;
use omni_core::store::{Changes, Expect, Pointer, Store, StoreError, StoreExt as _, Versioned};
use omni_core::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::engine::Engine;
use crate::step::StepError;

/// The category of a record about marketing alone, in WhatsApp's word.
const MARKETING: &str = "marketing_messages";

/// What was found out about consent, and on which records that rests.
#[derive(Debug, Default)]
pub struct Consulted {
    /// What binds us: an opt-out if there is any, else what was said last.
    pub record: Option<ConsentRecord>,
    /// The places that were looked at, with the versions found there.
    pub seen: Vec<(Pointer, Option<u64>)>,
}

impl Consulted {
    /// The opt-out, if there is one.
    pub fn opt_out(self) -> Option<ConsentRecord> {
        self.record.filter(|record| record.opted_out)
    }

    fn add(&mut self, other: Self) {
        self.seen.extend(other.seen);
        let binds = |record: &Option<ConsentRecord>| record.as_ref().is_some_and(|record| record.opted_out);
        if self.record.is_none() || !binds(&self.record) && binds(&other.record) {
            self.record = other.record;
        }
    }
}

/// What is known of consent to `message`: of everybody who gets it, to everything, and if it
/// is marketing to that.
pub async fn of_message(store: &dyn Store, message: &Message) -> Result<Consulted, StoreError> {
    let marketing = message.sending.as_ref().and_then(|sending| sending.purpose) == Some(Purpose::Marketing);
    let categories = [Some(None), marketing.then_some(Some(MARKETING))];
    let mut all = Consulted::default();
    for address in recipients(message) {
        for category in categories.into_iter().flatten() {
            let one = look(store, &message.tenant, &message.account, address.expose(), category).await?;
            all.add(one);
        }
    }
    Ok(all)
}

/// Who gets a message: the person, and of a mail those with a copy.
fn recipients(message: &Message) -> impl Iterator<Item = &Address> {
    let email = match &message.content {
        Content::Outbound(OutboundContent::Email(email)) => Some(email),
        _ => None,
    };
    let copies = email.into_iter().flat_map(|email| email.cc.iter().chain(&email.bcc));
    std::iter::once(&message.customer_address).chain(copies)
}

/// What an address said of one category, or (`None`) of everything. Of two numbers of one
/// phone what was said last counts.
pub async fn look(
    store: &dyn Store,
    tenant: &TenantId,
    account: &AccountId,
    address: &str,
    category: Option<&str>,
) -> Result<Consulted, StoreError> {
    let mut consulted = Consulted::default();
    let mut places = vec![Pointer::consent(account, address, category)];
    places.extend(Pointer::consent_before(account, address, category));
    for place in places {
        let found = store.pointer::<ConsentRecord>(tenant, &place).await?;
        consulted.seen.push((place, found.as_ref().map(|found| found.version)));
        if let Some(Versioned { value, .. }) = found
            && consulted.record.as_ref().is_none_or(|known| known.at < value.at)
        {
            consulted.record = Some(value);
        }
    }
    Ok(consulted)
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

    /// Writes it, and says so. What the first versions kept elsewhere goes.
    pub fn write(&self, account: &AccountId, address: &str, changes: &mut Changes) {
        let category = self.category.as_deref();
        changes.point(&Pointer::consent(account, address, category), self, Expect::Any, None);
        for before in Pointer::consent_before(account, address, category) {
            changes.unpoint(&before);
        }
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
    let failed = |e: StoreError| StepError::new(StepId::Terminate, problem::DATABASE_ERROR, e.to_string());
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
        let category = record.category.as_deref();
        let known = look(&*engine.store, tenant, account, address, category).await.map_err(failed)?;
        if known.record.is_none_or(|known| known.at <= record.at) {
            record.write(account, address, &mut changes);
        }
    }
    engine.store.commit(changes).await.map_err(failed)?;
    Ok(())
}
