//! The last look: what must be true in the moment before the socket write. Nothing here sends.

use std::time::Duration;

use omni_core::carrier::PATIENCE;
use omni_core::event::Channel;
use omni_core::failure::ErrorClass;
use omni_core::message::{Author, Message};
use omni_core::segments;
use omni_core::status::Status;
use omni_core::store::{Changes, StoreExt, Table};

use super::deliver::{Delivery, Stop, failed, ours};
use crate::consent;
use crate::directory::Connection;
use crate::step::StepError;

/// Why a message waits that is sent too fast; who waited for it has a turn.
const RATE: &str = "sender's rate";

/// How a half-open breaker's question to the carrier went.
enum Probe {
    /// The breaker is closed: there was no question.
    NotNeeded,
    /// The carrier takes us.
    Passed,
}

/// What a last look rests on: records, and their versions.
#[derive(Default)]
pub(super) struct Seen(Vec<(Table, String, Option<u64>)>);

impl Seen {
    fn note(&mut self, table: Table, key: &str, version: Option<u64>) {
        self.0.push((table, key.to_owned(), version));
    }

    pub(super) fn demand(self, changes: &mut Changes) {
        for (table, key, version) in self.0 {
            changes.as_seen(table, key, version);
        }
    }
}

impl Delivery<'_> {
    /// What must be true in the moment before the socket write. What it saw is a condition of
    /// the commit that records the attempt: who opts out, or takes over, in between wins.
    pub(super) async fn last_look(&self, message: &Message) -> Result<Result<Seen, Stop>, StepError> {
        let mut seen = Seen::default();
        let sending = message.sending.clone().unwrap_or_default();
        if sending.expire_at.is_some_and(|at| at <= self.now) {
            let error = ours("EXPIRED", ErrorClass::Expired, "its time ran out before a carrier took it");
            return Ok(Err(Stop::End(Status::Expired, error)));
        }
        if message.author != Author::ConsentReply {
            let consulted = consent::of_message(&*self.engine.store, message).await.map_err(failed)?;
            for (pointer, version) in &consulted.seen {
                seen.note(Table::Pointer, pointer.as_str(), *version);
            }
            if consulted.opt_out().is_some() {
                let error = ours("RECIPIENT_OPTED_OUT", ErrorClass::OptedOut, "the recipient opted out");
                return Ok(Err(Stop::End(Status::Failed, error)));
            }
        }
        if let (Some(epoch), Some(conversation)) = (sending.epoch, message.conversation)
            && message.author == Author::AutoReply
        {
            let found =
                self.engine.store.conversation(&message.tenant, conversation).await.map_err(failed)?;
            seen.note(Table::Conversation, &conversation.to_string(), found.as_ref().map(|f| f.version));
            if found.is_some_and(|found| found.value.epoch > epoch) {
                return Ok(Err(Stop::Drop("handed off meanwhile: a person has the conversation")));
            }
        }
        Ok(Ok(seen))
    }

    /// The looks that take something, once it is known by which connection: rate, breaker, and
    /// a half-open breaker's question to the carrier.
    pub(super) async fn permitted(
        &self,
        message: &Message,
        connection: &Connection,
        text: &str,
        seen: Seen,
    ) -> Result<Result<Seen, Stop>, StepError> {
        if let Err(stop) = self.admit(message, connection, text) {
            return Ok(Err(stop));
        }
        match self.probe(connection).await {
            Err(stop) => Ok(Err(stop)),
            Ok(Probe::NotNeeded) => Ok(Ok(seen)),
            // Asking took its time: somebody may have opted out meanwhile.
            Ok(Probe::Passed) => {
                let again = self.last_look(message).await?;
                if again.is_err() {
                    self.engine.breakers.withdraw(&connection.id);
                }
                Ok(again)
            }
        }
    }

    /// Breaker and rate: the last two looks, because they take something.
    fn admit(&self, message: &Message, connection: &Connection, text: &str) -> Result<(), Stop> {
        let (breakers, now) = (&self.engine.breakers, self.now);
        if !breakers.admit(&connection.id, now) {
            return Err(Stop::Wait(self.opens_in(connection), "breaker open, or its probe under way"));
        }
        let Some(rate) = connection.rate_per_sender else { return Ok(()) };
        let cost = match message.channel {
            Channel::Sms => segments::count(text).segments.max(1) as f64,
            _ => 1.0,
        };
        let sender = self.sender(message, connection);
        let waited = self.leased.job.last_error.as_deref() == Some(RATE);
        let taken = self.engine.limiter.take(&connection.id, sender.expose(), rate, cost, waited, now);
        taken.map_err(|wait| {
            breakers.withdraw(&connection.id);
            Stop::Wait(wait, RATE)
        })
    }

    /// A half-open breaker lets one message through. Before that message is risked, the
    /// carrier is asked whether it takes us: while it does not, nobody's message pays for it.
    async fn probe(&self, connection: &Connection) -> Result<Probe, Stop> {
        let breakers = &self.engine.breakers;
        if !breakers.is_probing(&connection.id) {
            return Ok(Probe::NotNeeded);
        }
        let asked = tokio::time::timeout(PATIENCE, connection.carrier.check(&*self.engine.http)).await;
        let class = match asked {
            Ok(Ok(health)) if health.ok => return Ok(Probe::Passed),
            Ok(Ok(_)) => ErrorClass::Auth,
            Ok(Err(error)) if error.class().counts_for_breaker() => error.class(),
            Ok(Err(_)) | Err(_) => ErrorClass::Transient,
        };
        breakers.failed(&connection.id, class, self.now);
        tracing::warn!(connection = %connection.id, class = class.as_str(), "the carrier failed its probe; the breaker stays open");
        Err(Stop::Wait(self.opens_in(connection), "the carrier failed its probe"))
    }

    /// How long until a breaker may let somebody through; a moment at least.
    fn opens_in(&self, connection: &Connection) -> Duration {
        let until = self.engine.breakers.open_until(&connection.id);
        until.map_or(Duration::ZERO, |until| until.since(self.now)).max(Duration::from_secs(1))
    }
}
