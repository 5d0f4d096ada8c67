//! Accepts a message to send: validates, finds person and conversation, checks what would
//! surely fail, and makes message and job durable in one commit.

use std::sync::Arc;
use std::time::Duration;

use omni_core::account::Account;
use omni_core::address::Address;
use omni_core::content::OutboundContent;
use omni_core::conversation::Conversation;
use omni_core::customer::{Customer, CustomerType, Evidence};
use omni_core::event::Channel;
use omni_core::id::{CustomerId, MessageId, TenantId};
use omni_core::job::Work;
use omni_core::message::{Author, Candidate, Content, Direction, Message, Sending, TraceEntry};
use omni_core::problem::{self, FieldError, Problem};
use omni_core::status::Status;
use omni_core::steps::StepId;
use omni_core::store::{Changes, Committed, Expect, Pointer, StoreExt, Versioned};
use omni_core::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::breaker::BreakerState;
use super::recipient;
use super::request::{self, SendRequest};
use super::select_carrier::{self, Wanted};
use crate::consent;
use crate::directory::Connection;
use crate::engine::{Engine, outbound_lane};
use crate::inbound::handle::load_conversation;
use crate::inbound::{bi_directional, identity_lookup};

/// How long an `Idempotency-Key` is remembered.
const IDEMPOTENT_FOR: Duration = Duration::from_secs(24 * 60 * 60);
/// Longest `Idempotency-Key`.
const LONGEST_KEY: usize = 255;
/// Most bytes of a content: what becomes of the message is written down beside it, in one
/// record, and a commit takes 1 MiB.
const MOST_CONTENT: usize = 768 << 10;
/// How often a request is decided again when somebody else was faster.
const MOST_CONFLICTS: usize = 8;

/// Who asks.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The tenant of the API key.
    pub tenant: TenantId,
    /// A test key: reaches sandbox connections only. A live key reaches the others.
    pub sandbox: bool,
}

/// The seeds' `OutboundMessageResponse`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SendResponse {
    /// Our id.
    pub message_id: MessageId,
    /// `queued` or `scheduled`.
    pub status: Status,
    /// The carrier that will be tried first.
    pub carrier: String,
    /// Not known yet when the message is accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub carrier_message_id: Option<String>,
    /// When it was accepted.
    pub timestamp: Timestamp,
    /// When it is to leave, if it was scheduled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub estimated_delivery_time: Option<Timestamp>,
    /// The conversation it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversation_id: Option<omni_core::id::ConversationId>,
}

/// An accepted message.
#[derive(Debug, Clone, PartialEq)]
pub struct Published {
    /// The answer.
    pub response: SendResponse,
    /// It is the answer of an earlier request with the same key.
    pub replayed: bool,
}

#[derive(Serialize, Deserialize)]
struct Remembered {
    request: String,
    response: SendResponse,
}

/// Accepts one message.
///
/// # Errors
/// Every mistake of the request at once; what would surely fail (opt-out, closed window, no
/// route); a reused key; a store that cannot take it.
pub async fn publish(
    engine: &Engine,
    caller: &Caller,
    body: &Value,
    idempotency_key: Option<&str>,
) -> Result<Published, Problem> {
    let key = idempotency_key.map(|key| checked_key(key, caller)).transpose()?;
    let fingerprint = fingerprint(body);
    if let Some(key) = &key
        && let Some(found) = engine.store.pointer::<Remembered>(&caller.tenant, key).await?
    {
        return replay(found.value, &fingerprint);
    }
    let now = engine.now();
    let request = request::read(body, now)?;
    refuse_too_large(&request.content)?;
    let mut turn = None;
    for _ in 0..MOST_CONFLICTS {
        let mut plan = plan(engine, caller, &request, now).await?;
        let response = plan.response(now);
        if let Some(key) = &key {
            let remembered = Remembered { request: fingerprint.clone(), response: response.clone() };
            plan.changes.point(key, &remembered, Expect::Absent, Some(now + IDEMPOTENT_FOR));
            // The key's condition is looked at first.
            plan.changes.puts.rotate_right(1);
        }
        match engine.store.commit(plan.changes).await? {
            Committed::Applied => return Ok(Published { response, replayed: false }),
            Committed::Duplicate { of } => {
                if let Ok(remembered) = serde_json::from_slice::<Remembered>(&of) {
                    return replay(remembered, &fingerprint);
                }
                // Somebody made the customer or the conversation first: decide again.
            }
            Committed::Conflict { .. } => {}
        }
        if turn.is_none() {
            turn = Some(engine.turnstiles.turn((&caller.tenant, &request.to, request.conversation)).await);
        }
    }
    Err(Problem::new(problem::STATE_CONFLICT, "The conversation kept changing; try again."))
}

fn refuse_too_large(content: &OutboundContent) -> Result<(), Problem> {
    let size = serde_json::to_vec(content).map_or(usize::MAX, |stored| stored.len());
    if size <= MOST_CONTENT {
        return Ok(());
    }
    let detail = format!(
        "`content` has {size} bytes, and at most {MOST_CONTENT} are taken: name large files by their address."
    );
    Err(Problem::new(problem::BODY_TOO_LARGE, detail))
}

fn checked_key(key: &str, caller: &Caller) -> Result<Pointer, Problem> {
    // The IETF draft writes the key as a quoted string; most clients write it bare.
    let bare = key.strip_prefix('"').and_then(|key| key.strip_suffix('"')).unwrap_or(key);
    if bare.is_empty() || bare.len() > LONGEST_KEY {
        let detail = format!("`Idempotency-Key` must have 1 to {LONGEST_KEY} characters.");
        return Err(Problem::new(problem::IDEMPOTENCY_KEY_INVALID, detail));
    }
    // Test and live never mix: what was tried with a test key may be sent with a live one.
    Ok(if caller.sandbox {
        Pointer::idempotency(&format!("test|{bare}"))
    } else {
        Pointer::idempotency(bare)
    })
}

fn fingerprint(body: &Value) -> String {
    // `Value` keeps objects sorted by name, so equal requests have equal text.
    let digest = Sha256::digest(body.to_string());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn replay(remembered: Remembered, fingerprint: &str) -> Result<Published, Problem> {
    if remembered.request == fingerprint {
        return Ok(Published { response: remembered.response, replayed: true });
    }
    Err(Problem::new(
        problem::IDEMPOTENCY_KEY_REUSED,
        "This key was used with another request in the last 24 hours; use a new key for a new message.",
    ))
}

/// A decided request: nothing is written yet.
struct Plan {
    message: Message,
    changes: Changes,
    candidates: Vec<Candidate>,
}

impl Plan {
    fn response(&self, now: Timestamp) -> SendResponse {
        let first = self.candidates.iter().find(|candidate| candidate.eligible);
        SendResponse {
            message_id: self.message.id,
            status: self.message.status,
            carrier: first.map(|candidate| candidate.carrier.clone()).unwrap_or_default(),
            carrier_message_id: None,
            timestamp: now,
            estimated_delivery_time: self.message.sending.as_ref().and_then(|sending| sending.scheduled_at),
            conversation_id: self.message.conversation,
        }
    }
}

/// The connections of an account that `caller` may use, with their breakers' states.
fn usable(
    engine: &Engine,
    caller: &Caller,
    account: &Account,
    now: Timestamp,
) -> Vec<(Arc<Connection>, BreakerState)> {
    engine
        .directory
        .of_account(&caller.tenant, &account.id)
        .filter(|connection| connection.sandbox == caller.sandbox)
        .map(|connection| (Arc::clone(connection), engine.breakers.state(&connection.id, now)))
        .collect()
}

async fn plan(
    engine: &Engine,
    caller: &Caller,
    request: &SendRequest,
    now: Timestamp,
) -> Result<Plan, Problem> {
    let tenant = &caller.tenant;
    let started = engine.now();
    let named = match request.conversation {
        Some(id) => Some(engine.store.conversation(tenant, id).await?.ok_or_else(|| no_conversation(id))?),
        None => None,
    };
    let account = account(engine, tenant, request, named.as_ref().map(|named| &named.value))?;
    let connections = usable(engine, caller, &account, now);
    refuse_unknown_carrier(request, &connections)?;
    let (recipient, channel) =
        recipient::recipient(request, &account, named.as_ref().map(|n| &n.value), &connections)?;
    recipient::refuse_sandbox(caller, &recipient)?;
    if let Some(named) = &named {
        refuse_elsewhere(engine, &account, &named.value, (&recipient, channel)).await?;
    }
    let mut changes = Changes::new(tenant.clone());
    let mut message = new_message(engine, &account, request, recipient, channel, now);
    let customer =
        customer(engine, &message, named.as_ref().map(|named| named.value.customer), now, &mut changes)
            .await?;
    let existing = match named {
        Some(named) => Some(named),
        None => {
            let pointer = Pointer::active_conversation(
                &account.id,
                customer.id,
                channel.conversation_channel().as_str(),
            );
            load_conversation(engine, tenant, &pointer).await?
        }
    };
    refuse_opted_out(engine, &message).await?;
    let window_open = existing.as_ref().is_some_and(|existing| existing.value.window_open(now));
    let last = existing.as_ref().and_then(|existing| existing.value.last_connection.clone());
    let Content::Outbound(content) = &message.content else { return Err(internal()) };
    let candidates = select_carrier::select(
        &Wanted {
            account: &account,
            channel,
            recipient: &message.customer_address,
            content,
            sender: request.from.as_ref(),
            preferred_carrier: request.preferred_carrier.as_deref(),
            last_connection: last.as_ref(),
            window_open,
            refused: &[],
        },
        &connections,
    );
    refuse_unroutable(&candidates)?;
    let conversing =
        bi_directional::decide(&mut message, &customer, existing, &*engine.ids, now, &mut changes);
    conversing.write(&mut changes);
    if let Some(sending) = &mut message.sending {
        sending.candidates.clone_from(&candidates);
    }
    let facts = json!({ "candidates": candidates, "windowOpen": window_open, "conversationId": message.conversation });
    message.note(TraceEntry::new(StepId::PublishOutbound.as_str(), "accepted", started, engine.now(), facts));
    enqueue(engine, &mut message, now, &mut changes);
    changes.put(&message, Expect::Absent);
    Ok(Plan { message, changes, candidates })
}

/// Adds the job: in the recipient's lane, or (scheduled) in a lane of its own until due.
fn enqueue(engine: &Engine, message: &mut Message, now: Timestamp, changes: &mut Changes) {
    let due = message.sending.as_ref().and_then(|sending| sending.scheduled_at).filter(|due| *due > now);
    let priority = message.sending.as_ref().map(|sending| sending.priority).unwrap_or_default();
    let (lane, work) = match due {
        Some(_) => (format!("due|{}", message.id), Work::Release { message: message.id }),
        None => (outbound_lane(message), Work::Deliver { message: message.id }),
    };
    let mut job = engine.job(message, lane, work, now).with_priority(priority);
    job.not_before = due;
    changes.job(job);
    message.status = if due.is_some() { Status::Scheduled } else { Status::Queued };
    let data = json!({ "messageId": message.id, "conversationId": message.conversation, "direction": "outbound",
                       "status": message.status, "channel": message.channel });
    changes.event("message.queued", now, data);
}

fn account(
    engine: &Engine,
    tenant: &TenantId,
    request: &SendRequest,
    conversation: Option<&Conversation>,
) -> Result<Arc<Account>, Problem> {
    let wanted = request.account.as_ref().or_else(|| conversation.map(|conversation| &conversation.account));
    if let Some(id) = wanted {
        let known = || engine.directory.accounts_of(tenant);
        return engine.directory.account(tenant, id).ok_or_else(|| {
            let names: Vec<_> = known().iter().map(|account| account.id.to_string()).collect();
            let detail = format!("There is no account `{id}`; yours are: {}.", names.join(", "));
            request::invalid(vec![FieldError::new("/accountId", "unknown", detail)])
        });
    }
    match engine.directory.accounts_of(tenant).as_slice() {
        [only] => Ok(Arc::clone(only)),
        [] => Err(Problem::new(problem::NO_ROUTE, "This tenant has no account yet.")),
        several => {
            let names: Vec<_> = several.iter().map(|account| account.id.to_string()).collect();
            let detail = format!("This tenant has several accounts; name one: {}.", names.join(", "));
            Err(request::invalid(vec![FieldError::new("/accountId", "required", detail)]))
        }
    }
}

/// A conversation goes on with the same person, over the same channel, in the same account.
async fn refuse_elsewhere(
    engine: &Engine,
    account: &Account,
    conversation: &Conversation,
    (recipient, channel): (&Address, Channel),
) -> Result<(), Problem> {
    let refusal = |pointer: &str, what: &str| {
        let detail = format!(
            "The conversation {} is {what}; leave that out, or leave `conversationId` out.",
            conversation.id
        );
        Err(request::invalid(vec![FieldError::new(pointer, "not_in_conversation", detail)]))
    };
    if account.id != conversation.account {
        return refusal("/accountId", "another account's");
    }
    if channel.conversation_channel() != conversation.channel {
        return refusal("/to/channel", &format!("over {}", conversation.channel.as_str()));
    }
    if *recipient == conversation.customer_address {
        return Ok(());
    }
    for form in identity_lookup::identity_forms(channel, recipient) {
        let pointer = Pointer::identifier(form.expose());
        let owner = engine.store.pointer::<CustomerId>(&conversation.tenant, &pointer).await?;
        if owner.is_some_and(|owner| owner.value == conversation.customer) {
            return Ok(());
        }
    }
    refusal("/to", "with somebody else")
}

fn new_message(
    engine: &Engine,
    account: &Account,
    request: &SendRequest,
    recipient: Address,
    channel: Channel,
    now: Timestamp,
) -> Message {
    Message {
        id: MessageId::make(&*engine.ids, now),
        tenant: account.tenant.clone(),
        account: account.id.clone(),
        direction: Direction::Outbound,
        author: Author::Api,
        channel,
        connection: None,
        carrier: None,
        customer_address: recipient,
        our_address: None,
        customer: None,
        conversation: None,
        sequence: None,
        status: Status::Queued,
        content: Content::Outbound(request.content.clone()),
        carrier_message_id: None,
        sending: Some(Sending {
            priority: request.priority,
            purpose: request.purpose,
            scheduled_at: request.scheduled_at,
            expire_at: request.expire_at,
            callback_url: request.callback_url.clone(),
            preferred_carrier: request.preferred_carrier.clone(),
            sender: request.from.clone(),
            epoch: None,
            in_reply_to: request.in_reply_to,
            candidates: Vec::new(),
        }),
        attempts: Vec::new(),
        receipts: Vec::new(),
        error: None,
        trace: Vec::new(),
        tags: Vec::new(),
        correlation: engine.correlation(now),
        journal: None,
        sent_at: None,
        created_at: now,
        updated_at: now,
    }
}

async fn customer(
    engine: &Engine,
    message: &Message,
    known: Option<CustomerId>,
    now: Timestamp,
    changes: &mut Changes,
) -> Result<Customer, Problem> {
    let tenant = &message.tenant;
    let mut snapshot = identity_lookup::Snapshot::default();
    let mut addresses = Vec::new();
    for form in identity_lookup::identity_forms(message.channel, &message.customer_address) {
        let owner = engine.store.pointer::<CustomerId>(tenant, &Pointer::identifier(form.expose())).await?;
        if let Some(Versioned { value, .. }) = owner {
            snapshot.owners.push((form.clone(), value));
        }
        let evidence = if addresses.is_empty() { Evidence::Api } else { Evidence::Linked };
        addresses.push((form, evidence));
    }
    let owner = known.or_else(|| snapshot.owners.first().map(|(_, owner)| *owner));
    if let Some(owner) = owner {
        snapshot.customer = engine.store.customer(tenant, owner).await?;
    }
    let newcomer = snapshot.customer.is_none();
    let identified =
        identity_lookup::decide(tenant, message, &addresses, snapshot, &*engine.ids, now, changes);
    debug_assert!(!newcomer || identified.customer_type == CustomerType::New);
    Ok(identified.customer)
}

async fn refuse_opted_out(engine: &Engine, message: &Message) -> Result<(), Problem> {
    let Some(record) = consent::of_message(&*engine.store, message).await?.opt_out() else { return Ok(()) };
    let of = record.category.as_ref().map_or("", |_| " of marketing");
    let detail = format!("The recipient opted out{of} on {}; only they can undo that.", record.at);
    Err(Problem::new(problem::RECIPIENT_OPTED_OUT, detail))
}

fn refuse_unroutable(candidates: &[Candidate]) -> Result<(), Problem> {
    // An open breaker heals: the message may wait for it.
    if candidates.iter().any(|candidate| candidate.eligible || candidate.reason == "breaker_open") {
        return Ok(());
    }
    if candidates.iter().any(|candidate| candidate.reason == select_carrier::WINDOW_CLOSED) {
        return Err(Problem::new(
            problem::WINDOW_CLOSED,
            "The person has not written in the last 24 hours, so only an approved template may be sent: \
             use content.type `template`.",
        ));
    }
    // Who speaks the channel says more than who does not.
    let speaks = |candidate: &Candidate| candidate.reason != "channel_not_carried";
    let some_speak = candidates.iter().any(speaks);
    let reasons: Vec<String> = candidates
        .iter()
        .filter(|candidate| !some_speak || speaks(candidate))
        .map(|candidate| format!("{}: {}", candidate.connection, candidate.reason))
        .collect();
    let detail = if reasons.is_empty() {
        "This account has no connection that this key may use.".to_owned()
    } else {
        format!("No connection can carry this message ({}).", reasons.join("; "))
    };
    Err(Problem::new(problem::NO_ROUTE, detail))
}

/// A carrier that the account has no connection to is a slip, not a preference.
fn refuse_unknown_carrier(
    request: &SendRequest,
    connections: &[(Arc<Connection>, BreakerState)],
) -> Result<(), Problem> {
    let Some(wanted) = request.preferred_carrier.as_deref() else { return Ok(()) };
    let mut ours: Vec<&str> = connections.iter().map(|(connection, _)| connection.carrier.name().0).collect();
    ours.sort_unstable();
    ours.dedup();
    if ours.contains(&wanted) {
        return Ok(());
    }
    let hint =
        problem::did_you_mean(wanted, ours.iter().copied()).map(|near| format!(" Did you mean `{near}`?"));
    let detail = format!(
        "There is no connection of that carrier; yours: {}.{}",
        ours.join(", "),
        hint.unwrap_or_default()
    );
    let mut problem = Problem::new(problem::VALIDATION_FAILED, detail.clone());
    problem.errors.push(FieldError::new("/to/preferredCarrier", "unknown_carrier", detail));
    Err(problem)
}

fn no_conversation(id: omni_core::id::ConversationId) -> Problem {
    Problem::new(problem::NOT_FOUND, format!("There is no conversation {id}."))
}

fn internal() -> Problem {
    Problem::new(problem::INTERNAL, "An outbound message without outbound content.")
}
