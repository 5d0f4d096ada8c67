//! Runs the steps on one inbound message: three decisions, one snapshot, one commit.
//!
//! Each step has its own trace entry, time-out, retry policy and switch. A crash before
//! the commit repeats all of them and nothing else; a message that already has its
//! decision is only completed.

use std::time::Duration;

use omni_core::account::Account;
use omni_core::content::OutboundContent;
use omni_core::conversation::{Conversation, Owner, State};
use omni_core::customer::{Customer, CustomerType};
use omni_core::id::{ConversationId, CustomerId, MessageId, TenantId};
use omni_core::job::{Leased, Work};
use omni_core::message::{Author, Content, Direction, Message, Priority, Sending, TraceEntry};
use omni_core::problem::{self, Code};
use omni_core::status::Status;
use omni_core::steps::{NextCondition, StepId};
use omni_core::store::{Changes, Committed, Expect, Pointer, StoreError, StoreExt, Versioned};
use omni_core::time::Timestamp;
use serde_json::{Value, json};

use super::bi_directional::{self, Conversing};
use super::content::ContentAnalysis;
use super::facts;
use super::identity_lookup::{self, Identified};
use super::pre_route::{self, Destination, Route, Situation};
use crate::consent::{self, ConsentRecord};
use crate::engine::{Engine, outbound_lane};
use crate::step::StepError;

/// Most rules that are told to the event log, each as an event.
const MOST_RULE_EVENTS: usize = 30;
/// How often a decision is taken again on a fresh snapshot.
const MOST_CONFLICTS: usize = 8;

/// Handles one inbound (or echoed) message.
///
/// # Errors
/// With the step that failed; the worker applies that step's retry policy.
pub async fn handle(engine: &Engine, leased: &Leased, id: MessageId) -> Result<(), StepError> {
    let tenant = &leased.job.tenant;
    for _ in 0..MOST_CONFLICTS {
        let loaded = engine.store.message(tenant, id).await.map_err(store_failed(StepId::IdentityLookup))?;
        let Some(Versioned { value: message, version }) = loaded else {
            // Expired or erased meanwhile: nothing is left to do.
            return complete(engine, leased).await;
        };
        let account = engine.directory.account(tenant, &message.account).ok_or_else(|| {
            let why = format!("account `{}` is not configured any more", message.account);
            StepError::new(StepId::IdentityLookup, problem::ROUTING_RESOLUTION_FAILED, why)
        })?;
        if message.conversation.is_some() || message.trace.iter().any(|entry| entry.step == DONE) {
            return complete(engine, leased).await;
        }
        let mut run = Run {
            engine,
            account: &account,
            now: engine.now(),
            message,
            changes: Changes::new(tenant.clone()),
            analysis: None,
        };
        run.changes.complete = Some((leased.job.id, leased.token));
        run.steps().await?;
        let Run { message, mut changes, .. } = run;
        changes.put(&message, Expect::Version(version));
        match engine.store.commit(changes).await.map_err(store_failed(StepId::PreRoute))? {
            Committed::Applied | Committed::Conflict { on: "lease" } => return Ok(()),
            Committed::Duplicate { .. } | Committed::Conflict { .. } => {}
        }
    }
    Err(StepError::new(StepId::PreRoute, problem::STATE_CONFLICT, "too many writers on one conversation"))
}

/// The step name of the last trace entry of a finished run.
const DONE: &str = "workFlowPreRoute";

fn store_failed(step: StepId) -> impl Fn(StoreError) -> StepError {
    move |error| StepError::new(step, problem::DATABASE_ERROR, error.to_string())
}

async fn complete(engine: &Engine, leased: &Leased) -> Result<(), StepError> {
    let mut changes = Changes::new(leased.job.tenant.clone());
    changes.complete = Some((leased.job.id, leased.token));
    engine.store.commit(changes).await.map_err(store_failed(StepId::Terminate))?;
    Ok(())
}

/// One run of the steps over one snapshot.
struct Run<'a> {
    engine: &'a Engine,
    account: &'a Account,
    now: Timestamp,
    message: Message,
    changes: Changes,
    analysis: Option<ContentAnalysis>,
}

impl Run<'_> {
    async fn steps(&mut self) -> Result<(), StepError> {
        let identified = self.identity().await?;
        let mut conversing = self.converse(identified.as_ref()).await?;
        let route = self.route(identified.as_ref(), conversing.as_ref()).await?;
        self.carry_out(&route, conversing.as_mut());
        if let Some(conversing) = &conversing {
            conversing.write(&mut self.changes);
        }
        self.message.updated_at = self.now;
        Ok(())
    }

    /// Whether a step is to run: switched on, and its conditions hold.
    fn runs(&mut self, step: StepId) -> bool {
        let config = self.account.step(step);
        let verdict = if !config.enabled {
            "disabled"
        } else if !facts::all_hold(&config.conditions, &self.plain_facts()) {
            "conditions do not hold"
        } else {
            return true;
        };
        self.note(step, verdict, self.now, Value::Null);
        false
    }

    /// The facts that step conditions may name before anybody is identified.
    fn plain_facts(&self) -> Value {
        let text = self.message.text();
        json!({
            "message": { "text": text, "content": text, "type": self.message.message_type() },
            "body": text, "channel": self.message.channel, "carrier": self.message.carrier,
            "connection": self.message.connection, "contentAnalysis": self.analysis,
        })
    }

    fn note(&mut self, step: StepId, verdict: &str, started: Timestamp, facts: Value) {
        let now = self.engine.now();
        metrics::histogram!("omni_step_duration_seconds", "step" => step.as_str())
            .record(now.since(started).as_secs_f64());
        self.message.note(TraceEntry::new(step.as_str(), verdict, started, now, facts));
    }

    async fn identity(&mut self) -> Result<Option<Identified>, StepError> {
        let step = StepId::IdentityLookup;
        let addresses = identity_lookup::identities(&self.message);
        if !self.runs(step) {
            return Ok(None);
        }
        if addresses.is_empty() {
            self.note(step, "sender withheld: nobody to find", self.now, Value::Null);
            return Ok(None);
        }
        let started = self.engine.now();
        let tenant = self.message.tenant.clone();
        let load = load_identity(self.engine, &tenant, &addresses);
        let snapshot = self.within(step, problem::IDENTITY_LOOKUP_FAILED, load).await?;
        let ids = &*self.engine.ids;
        let identified = identity_lookup::decide(
            &tenant,
            &self.message,
            &addresses,
            snapshot,
            ids,
            self.now,
            &mut self.changes,
        );
        let facts = json!({ "customerId": identified.customer.id, "customerType": identified.customer_type,
                            "identifiers": identified.customer.identifiers.len() });
        let verdict = match identified.customer_type {
            CustomerType::Known => "known",
            CustomerType::Anonymous => "anonymous",
            CustomerType::New => "new",
        };
        self.note(step, verdict, started, facts);
        Ok(Some(identified))
    }

    async fn converse(&mut self, identified: Option<&Identified>) -> Result<Option<Conversing>, StepError> {
        let step = StepId::BiDirectional;
        if !self.runs(step) {
            return Ok(None);
        }
        let Some(identified) = identified else {
            self.note(step, "nobody identified: no conversation", self.now, Value::Null);
            return Ok(None);
        };
        let started = self.engine.now();
        let channel = self.message.channel.conversation_channel();
        let pointer =
            Pointer::active_conversation(&self.message.account, identified.customer.id, channel.as_str());
        let tenant = self.message.tenant.clone();
        let load = load_conversation(self.engine, &tenant, &pointer);
        let snapshot = self.within(step, problem::BIDIRECTIONAL_FAILED, load).await?;
        let ids = &*self.engine.ids;
        let (message, changes) = (&mut self.message, &mut self.changes);
        let conversing =
            bi_directional::decide(message, &identified.customer, snapshot, ids, self.now, changes);
        let conversation = &conversing.conversation;
        let facts = json!({ "conversationId": conversation.id, "state": conversation.state,
                            "sequence": conversation.sequence, "epoch": conversation.epoch });
        self.note(step, conversing.found.as_str(), started, facts);
        Ok(Some(conversing))
    }

    async fn route(
        &mut self,
        identified: Option<&Identified>,
        conversing: Option<&Conversing>,
    ) -> Result<Route, StepError> {
        let step = StepId::PreRoute;
        let nothing = Route::nothing();
        let runs = self.runs(step);
        let started = self.engine.now();
        if self.message.author == Author::Echo {
            if runs {
                self.note(step, "answered past us: a person has the conversation", started, Value::Null);
            }
            return Ok(nothing);
        }
        let address = self.message.customer_address.expose().to_owned();
        let (store, tenant) = (&*self.engine.store, self.message.tenant.clone());
        let account = self.message.account.clone();
        let load = consent::look(store, &tenant, &account, &address, None);
        let consent = self.within(step, problem::PREROUTE_FAILED, load).await?;
        let Content::Inbound(inbound) = &self.message.content else { return Ok(nothing) };
        let connection = self.message.connection.as_ref().and_then(|id| self.engine.directory.connection(id));
        let situation = Situation {
            account: self.account,
            message: &self.message,
            inbound,
            customer: identified.map(|identified| (&identified.customer, identified.customer_type)),
            conversation: conversing.map(|conversing| &conversing.conversation),
            opted_out: consent.opt_out().is_some(),
            carrier_handles_stop: connection.is_some_and(|c| c.carrier.capabilities().handles_stop),
            now: self.now,
        };
        // Routing can be switched off; the law about STOP cannot.
        let route =
            if runs { Some(pre_route::decide(&situation)) } else { pre_route::consent_keyword(&situation) };
        let Some(route) = route else { return Ok(nothing) };
        if let Some(change) = route.consent
            && change.keyword != omni_core::consent::Keyword::Help
        {
            let record = ConsentRecord::by_keyword(change.opted_out, self.now);
            record.write(&self.message.account, &address, &mut self.changes);
        }
        self.analysis.clone_from(&route.analysis);
        self.note(step, route.action, started, route.explanation());
        Ok(route)
    }

    /// Does what the route says: conversation, tags, answer, events.
    fn carry_out(&mut self, route: &Route, conversing: Option<&mut Conversing>) {
        self.message.tags.extend(route.tags.iter().cloned());
        // The trace has them all; a commit has a limit.
        for rule in route.rules_hit.iter().take(MOST_RULE_EVENTS) {
            let data = json!({ "messageId": self.message.id, "rule": rule });
            self.changes.event("rule.matched", self.now, data);
        }
        let next = self.account.step(StepId::PreRoute);
        let answers = next.goes_to(StepId::PublishOutbound, NextCondition::AutoResponseEnabled)
            && self.account.step(StepId::PublishOutbound).enabled;
        let notifies = next.goes_to(StepId::PushNotification, NextCondition::RouteToAgent)
            && self.account.step(StepId::PushNotification).enabled;
        let conversation = conversing.map(|conversing| &mut conversing.conversation);
        match conversation {
            Some(conversation) => {
                hand_over(conversation, route, &self.message, notifies, self.now, &mut self.changes);
                if let Some(answer) = route.answer.as_ref().filter(|_| answers) {
                    self.answer(answer, Some(conversation));
                }
            }
            None => {
                if let Some(answer) = route.answer.as_ref().filter(|_| answers) {
                    self.answer(answer, None);
                }
            }
        }
        let data = json!({ "messageId": self.message.id, "conversationId": self.message.conversation,
                           "action": route.action, "blocked": route.blocked });
        self.changes.event("message.routed", self.now, data);
    }

    /// The automatic answer becomes a message and a job in this same commit.
    fn answer(&mut self, answer: &pre_route::Answer, conversation: Option<&mut Conversation>) {
        let now = self.now;
        let asked = &self.message;
        let mut reply = Message {
            id: MessageId::make(&*self.engine.ids, now),
            direction: Direction::Outbound,
            author: if answer.about_consent { Author::ConsentReply } else { Author::AutoReply },
            status: Status::Queued,
            content: Content::Outbound(OutboundContent::Text { text: answer.text.clone() }),
            carrier_message_id: None,
            sending: Some(Sending {
                epoch: conversation.as_ref().map(|conversation| conversation.epoch),
                in_reply_to: Some(asked.id),
                sender: asked.our_address.clone(),
                priority: Priority::Normal,
                ..Sending::default()
            }),
            trace: Vec::new(),
            tags: Vec::new(),
            sent_at: None,
            journal: None,
            created_at: now,
            updated_at: now,
            // The connection it came in by is where the answer goes first.
            ..asked.clone()
        };
        if let Some(conversation) = conversation {
            bi_directional::count_in(conversation, &reply, now);
            if conversation.state == State::New && !answer.about_consent {
                conversation.state = State::Active;
            }
            reply.sequence = Some(conversation.sequence);
        }
        let facts = json!({ "inReplyTo": asked.id, "autoResponse": answer.response_type });
        reply.note(TraceEntry::new(
            StepId::PublishOutbound.as_str(),
            "automatic answer queued",
            now,
            now,
            facts,
        ));
        let data = json!({ "messageId": reply.id, "conversationId": reply.conversation, "direction": "outbound",
                           "status": reply.status, "channel": reply.channel });
        self.changes.event("message.queued", now, data);
        let job = self.engine.job(&reply, outbound_lane(&reply), Work::Deliver { message: reply.id }, now);
        self.changes.job(job);
        self.changes.put(&reply, Expect::Absent);
    }

    /// Runs `load` within the step's time-out.
    async fn within<T>(
        &self,
        step: StepId,
        code: Code,
        load: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StepError> {
        let limit = Duration::from_millis(self.account.step(step).timeout);
        match tokio::time::timeout(limit, load).await {
            Ok(Ok(loaded)) => Ok(loaded),
            Ok(Err(error)) => Err(StepError::new(step, code, error.to_string())),
            Err(_) => {
                let why = format!("longer than the {} ms it may take", limit.as_millis());
                Err(StepError::new(step, problem::STEP_TIMEOUT, why))
            }
        }
    }
}

/// Gives the conversation to whom the route says, and tells.
fn hand_over(
    conversation: &mut Conversation,
    route: &Route,
    message: &Message,
    notifies: bool,
    now: Timestamp,
    changes: &mut Changes,
) {
    for tag in &route.tags {
        if !conversation.tags.contains(tag) {
            conversation.tags.push(tag.clone());
        }
    }
    if let Some(priority) = route.priority {
        conversation.priority = priority;
    }
    let before = conversation.epoch;
    match &route.destination {
        Destination::Queue(id) => conversation.hand_to(Owner::Queue { id: id.clone() }),
        Destination::Agent(id) => {
            conversation.join(id, "agent", now);
            conversation.hand_to(Owner::Agent { id: id.clone() });
        }
        Destination::Bot(id) => {
            conversation.join(id, "bot", now);
            conversation.hand_to(Owner::Bot);
        }
        Destination::Unchanged | Destination::Nobody => {}
    }
    if route.escalate && conversation.state != State::Escalated {
        // NEW and REOPENED conversations may be escalated at once.
        conversation.state = State::Escalated;
        let data = json!({ "conversationId": conversation.id, "state": conversation.state });
        changes.event("conversation.status_changed", now, data);
    }
    if conversation.epoch != before {
        let data = json!({ "conversationId": conversation.id, "owner": conversation.owner,
                           "epoch": conversation.epoch, "messageId": message.id });
        changes.event("conversation.assigned", now, data);
    }
    let with_people = !matches!(conversation.owner, Owner::Bot);
    if with_people && notifies && route.consent.is_none() && route.blocked.is_none() {
        let data = json!({ "conversationId": conversation.id, "owner": conversation.owner,
                           "messageId": message.id, "priority": conversation.priority });
        changes.event("agent.notification_requested", now, data);
    }
}

async fn load_identity(
    engine: &Engine,
    tenant: &TenantId,
    addresses: &[(omni_core::address::Address, omni_core::customer::Evidence)],
) -> Result<identity_lookup::Snapshot, StoreError> {
    let mut snapshot = identity_lookup::Snapshot::default();
    for (address, _) in addresses {
        let pointer = Pointer::identifier(address.expose());
        if let Some(found) = engine.store.pointer::<CustomerId>(tenant, &pointer).await? {
            snapshot.owners.push((address.clone(), found.value));
        }
    }
    if let Some((_, owner)) = snapshot.owners.first() {
        snapshot.customer = engine.store.record::<Customer>(tenant, &owner.to_string()).await?;
    }
    Ok(snapshot)
}

/// The conversation that a pointer names.
pub async fn load_conversation(
    engine: &Engine,
    tenant: &TenantId,
    pointer: &Pointer,
) -> Result<Option<Versioned<Conversation>>, StoreError> {
    match engine.store.pointer::<ConversationId>(tenant, pointer).await? {
        Some(found) => engine.store.conversation(tenant, found.value).await,
        None => Ok(None),
    }
}
