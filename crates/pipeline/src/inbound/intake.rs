//! From bytes to events, each at its own connection. Pure: the server and
//! `omni conformance` call exactly this.
//!
//! A request is believed only if some connection's carrier verifies it, and an event goes
//! to another connection than the one that verified only if *that* connection's secrets
//! verify the request too: a tenant cannot write into a neighbour's account by naming it.

use std::collections::HashSet;
use std::sync::Arc;

use omni_core::carrier::{Parsed, receive};
use omni_core::event::CarrierEvent;
use omni_core::webhook::{Malformed, Once, Outcome, Refusal, WebhookReply, WebhookRequest};

use super::replay::{ReplayCache, Seen};
use crate::directory::{Connection, VerifyMode};

/// An event and whose it is.
#[derive(Debug)]
pub struct Routed {
    /// The connection that answers for it.
    pub connection: Arc<Connection>,
    /// The fact.
    pub event: CarrierEvent,
}

/// What a request came to.
#[derive(Debug)]
pub struct Intake {
    /// In one word.
    pub outcome: Outcome,
    /// The answer in the carrier's dialect, given that everything could be stored.
    pub reply: WebhookReply,
    /// The facts, in the request's order, without doubles.
    pub events: Vec<Routed>,
    /// Why the request, or parts of it, were set aside: a stable word each.
    pub set_aside: Vec<&'static str>,
    /// The connection whose secrets verified it.
    pub verified_by: Option<Arc<Connection>>,
    /// It did not verify, and was taken only because its connection observes.
    pub observed: Option<&'static str>,
    /// The one-time token of its scheme, to be remembered once all is stored.
    pub once: Option<Once>,
    /// It is a set-up challenge: answered, never stored.
    pub handshake: bool,
}

impl Intake {
    fn answered(reply: WebhookReply, outcome: Outcome, set_aside: Vec<&'static str>) -> Self {
        Self {
            outcome,
            reply,
            events: Vec::new(),
            set_aside,
            verified_by: None,
            observed: None,
            once: None,
            handshake: false,
        }
    }
}

/// Reads `request` for `connections`: all of one carrier, in the order to try.
/// `None` if there are none.
pub fn take_in(
    connections: &[Arc<Connection>],
    request: &WebhookRequest,
    replays: &ReplayCache,
) -> Option<Intake> {
    if let Some(reply) = handshake(connections, request) {
        let outcome = if reply.status == 200 { Outcome::Ignore } else { Outcome::Reject };
        return Some(Intake { handshake: true, ..Intake::answered(reply, outcome, Vec::new()) });
    }
    let mut first_refusal = None;
    for connection in connections {
        match receive(&*connection.carrier, request) {
            Ok((proof, parsed)) => {
                if let Some(once) = &proof.once
                    && replays.look_up(&connection.id, once, request.received_at) == Seen::Replay
                {
                    return Some(refused(connection, &Refusal::Replayed("replayed")));
                }
                let intake = read(connections, connection, request, parsed, Siblings::MustVerify);
                return Some(Intake { once: proof.once, ..intake });
            }
            Err(refusal) => {
                first_refusal.get_or_insert((connection, refusal));
            }
        }
    }
    let (connection, refusal) = first_refusal?;
    // A wrong method or peer is refused even while observing: there is nothing to learn.
    let observer = connections.iter().find(|c| c.verify == VerifyMode::Observe);
    if let (Some(observer), Refusal::Unverified(reason)) = (observer, &refusal) {
        let parsed = observer.carrier.parse(request);
        let intake = read(connections, observer, request, parsed, Siblings::MustVerify);
        return Some(Intake { observed: Some(reason), ..intake });
    }
    Some(refused(connection, &refusal))
}

/// Reads a kept request again that `verifier` verified when it came. What proved it may be
/// blanked by now, so it is not verified again; for the same reason only connections of the
/// verifier's tenant may answer for what is in it.
pub fn take_in_again(
    connections: &[Arc<Connection>],
    verifier: &Arc<Connection>,
    request: &WebhookRequest,
) -> Intake {
    let siblings: Vec<_> =
        connections.iter().filter(|other| other.tenant == verifier.tenant).cloned().collect();
    read(&siblings, verifier, request, verifier.carrier.parse(request), Siblings::Believe)
}

/// Whether another connection than the verifier must verify a request before its events go
/// there.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Siblings {
    MustVerify,
    Believe,
}

fn handshake(connections: &[Arc<Connection>], request: &WebhookRequest) -> Option<WebhookReply> {
    let mut answers = connections.iter().filter_map(|c| c.carrier.handshake(request));
    let first = answers.next()?;
    if first.status == 200 { Some(first) } else { answers.find(|a| a.status == 200).or(Some(first)) }
}

fn refused(connection: &Connection, refusal: &Refusal) -> Intake {
    Intake::answered(connection.carrier.refuse(refusal), Outcome::Reject, vec![refusal.reason()])
}

fn read(
    connections: &[Arc<Connection>],
    verifier: &Arc<Connection>,
    request: &WebhookRequest,
    parsed: Result<Parsed, Malformed>,
    siblings: Siblings,
) -> Intake {
    let carrier = &verifier.carrier;
    let parsed = match parsed {
        Ok(parsed) => parsed,
        Err(Malformed(reason)) => {
            let reply = carrier.reply(Outcome::Quarantine, &[]);
            let intake = Intake::answered(reply, Outcome::Quarantine, vec![reason]);
            return Intake { verified_by: Some(Arc::clone(verifier)), ..intake };
        }
    };
    let mut set_aside = parsed.quarantined;
    let unreadable = set_aside.len();
    let mut seen = HashSet::new();
    let (mut facts, mut owners) = (Vec::with_capacity(parsed.events.len()), Vec::new());
    for event in parsed.events {
        if event.identity().is_some_and(|identity| !seen.insert(identity)) {
            continue;
        }
        match route(connections, verifier, request, event.tenant_key(), siblings) {
            Some(connection) => {
                owners.push(connection);
                facts.push(event);
            }
            None => set_aside.push("unroutable"),
        }
    }
    let outcome = if !facts.is_empty() {
        Outcome::Accept
    } else if set_aside.len() > unreadable {
        Outcome::Unroutable
    } else if unreadable > 0 {
        Outcome::Quarantine
    } else {
        Outcome::Ignore
    };
    let reply = carrier.reply(outcome, &facts);
    let events =
        owners.into_iter().zip(facts).map(|(connection, event)| Routed { connection, event }).collect();
    Intake {
        outcome,
        reply,
        events,
        set_aside,
        verified_by: Some(Arc::clone(verifier)),
        observed: None,
        once: None,
        handshake: false,
    }
}

fn route(
    connections: &[Arc<Connection>],
    verifier: &Arc<Connection>,
    request: &WebhookRequest,
    tenant_key: &str,
    siblings: Siblings,
) -> Option<Arc<Connection>> {
    if tenant_key.is_empty() || verifier.answers_for(tenant_key) {
        return Some(Arc::clone(verifier));
    }
    connections
        .iter()
        .filter(|other| !Arc::ptr_eq(other, verifier) && other.answers_for(tenant_key))
        .find(|other| siblings == Siblings::Believe || other.carrier.verify(request).is_ok())
        .map(Arc::clone)
}
