//! A gateway in memory with carriers that do as they are told, and a clock that stands.

pub(crate) mod gate;

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use omni_core::account::Account;
use omni_core::address::Address;
use omni_core::carrier::{
    Accepted, Capabilities, Carrier, CarrierName, Found, Health, LookUp, OutboundMessage, Parsed,
};
use omni_core::event::{
    CarrierEvent, Channel, InboundMessage, MessageType, Notice, ReportedState, StatusUpdate,
};
use omni_core::failure::SendError;
use omni_core::http::{HttpClient, HttpError, HttpRequest, HttpResponse};
use omni_core::id::{MessageId, TenantId};
use omni_core::message::{Direction, Message};
use omni_core::problem::Problem;
use omni_core::secret::Secret;
use omni_core::store::{Query, Store, StoreExt as _, Table, decode};
use omni_core::time::{Clock, Timestamp};
use omni_core::webhook::{Malformed, Proof, Refusal, WebhookReply, WebhookRequest};
use omni_local::MemoryStore;
use omni_pipeline::directory::{Connection, Directory};
use omni_pipeline::engine::Engine;
use omni_pipeline::inbound::receive::{self, Received};
use omni_pipeline::outbound::publish::{self, Caller, Published};
use omni_pipeline::worker;
use omni_testkit::clock::StoppedClock;
use omni_testkit::ids::SeededIds;
use serde_json::{Value, json};

pub(crate) const PERSON: &str = "+13035550177";
/// What every carrier's callbacks may carry in the clear.
pub(crate) const SECRET: &str = "open-sesame-4711";

/// What a carrier does with the next send.
#[derive(Debug, Clone)]
pub(crate) enum Does {
    Takes,
    Refuses(SendError),
    Panics,
}

/// A carrier that does as it is told, and remembers what it was sent.
pub(crate) struct Scripted {
    name: &'static str,
    capabilities: Capabilities,
    script: Mutex<VecDeque<Does>>,
    found: Mutex<Option<Found>>,
    /// Whether it takes us, when asked.
    well: AtomicBool,
    /// What its callbacks carry in the clear.
    secret: Secret,
    pub(crate) sent: Mutex<Vec<OutboundMessage>>,
    /// What it was asked about.
    pub(crate) asked: Mutex<Vec<LookUp>>,
}

impl Scripted {
    pub(crate) fn new(name: &'static str, channel: Channel) -> Self {
        let content = vec![MessageType::Text, MessageType::Template];
        let capabilities =
            Capabilities { channels: vec![channel], content, max_text: 160, ..Capabilities::NONE };
        Self {
            name,
            capabilities,
            script: Mutex::default(),
            found: Mutex::default(),
            well: AtomicBool::new(true),
            secret: Secret::new(SECRET),
            sent: Mutex::default(),
            asked: Mutex::default(),
        }
    }

    /// It takes such content, too.
    pub(crate) fn carries(&mut self, content: MessageType) {
        self.capabilities.content.push(content);
    }

    pub(crate) fn windowed(mut self) -> Self {
        self.capabilities.service_window.clone_from(&self.capabilities.channels);
        self
    }

    /// It promises to take one key once.
    pub(crate) fn idempotent(mut self) -> Self {
        self.capabilities.idempotent = true;
        self
    }

    /// What it does next, in order; afterwards it takes everything.
    pub(crate) fn next(&self, does: impl IntoIterator<Item = Does>) {
        self.script.lock().unwrap().extend(does);
    }

    /// What it answers from now on when it is asked whether it takes us.
    pub(crate) fn is_well(&self, well: bool) {
        self.well.store(well, Ordering::Relaxed);
    }

    /// What its own record says from now on.
    pub(crate) fn records(&self, found: Option<Found>) {
        *self.found.lock().unwrap() = found;
    }

    pub(crate) fn texts(&self) -> Vec<String> {
        let sent = self.sent.lock().unwrap();
        sent.iter().map(|message| message.content.text().unwrap_or_default().to_owned()).collect()
    }
}

#[async_trait]
impl Carrier for Scripted {
    fn name(&self) -> CarrierName {
        CarrierName(self.name)
    }
    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }
    fn routing_keys(&self) -> Vec<String> {
        Vec::new()
    }
    fn secrets_in_callbacks(&self) -> Vec<&Secret> {
        vec![&self.secret]
    }
    /// A token endpoint, as some carriers want one beside the callbacks.
    fn handshake(&self, request: &WebhookRequest) -> Option<WebhookReply> {
        let is_endpoint = request.query() == "for=token";
        is_endpoint.then(|| WebhookReply::text(200, "application/json", "{}"))
    }
    fn verify(&self, request: &WebhookRequest) -> Result<Proof, Refusal> {
        match request.header("signature") {
            Some("right") => Ok(Proof::default()),
            _ => Err(Refusal::Unverified("signature_wrong")),
        }
    }
    /// The body is a list of `{ "id", "text", "for", "chat" }`, `{ "status", "ref" | "id", "class" }`
    /// or `{ "status", "chat", "upTo" }`.
    fn parse(&self, request: &WebhookRequest) -> Result<Parsed, Malformed> {
        let items: Vec<Value> = serde_json::from_slice(&request.body).map_err(|_| Malformed("not_json"))?;
        let text = |item: &Value, name: &str| item[name].as_str().map(str::to_owned);
        let events = items.iter().map(|item| match text(item, "status") {
            Some(status) if item["upTo"].is_string() => CarrierEvent::StatusUpTo(Box::new(Notice {
                carrier: self.name.into(),
                conversation_ref: text(item, "chat"),
                attributes: json!({ "state": status, "up_to": item["upTo"] }).as_object().cloned().unwrap(),
                ..Notice::default()
            })),
            Some(status) => CarrierEvent::Status(Box::new(StatusUpdate {
                carrier: self.name.into(),
                external_id: text(item, "id").unwrap_or_default(),
                client_ref: text(item, "ref"),
                state: serde_json::from_value(json!(status)).unwrap_or(ReportedState::Unknown),
                error_class: serde_json::from_value(item["class"].clone()).ok(),
                ..StatusUpdate::default()
            })),
            None => CarrierEvent::Message(Box::new(InboundMessage {
                carrier: self.name.into(),
                channel: self.capabilities.channels.first().copied(),
                external_id: text(item, "id").unwrap_or_default(),
                tenant_key: text(item, "for").unwrap_or_default(),
                from_address: Some(Address::from(text(item, "from").unwrap_or(PERSON.into()))),
                from_name: Some("Ana".into()),
                to_address: Some(Address::from("+15550100001")),
                text: text(item, "text"),
                conversation_ref: text(item, "chat"),
                ..InboundMessage::default()
            })),
        });
        Ok(Parsed { events: events.collect(), quarantined: Vec::new() })
    }
    fn request(&self, _: &OutboundMessage) -> Result<HttpRequest, SendError> {
        Ok(HttpRequest::new("POST", "http://carrier.invalid/"))
    }
    fn outcome(&self, _: &OutboundMessage, _: &HttpResponse) -> Result<Accepted, SendError> {
        Ok(Accepted::with_id("unused"))
    }
    async fn send(&self, _: &dyn HttpClient, message: &OutboundMessage) -> Result<Accepted, SendError> {
        let mut sent = self.sent.lock().unwrap();
        sent.push(message.clone());
        let does = self.script.lock().unwrap().pop_front();
        match does.unwrap_or(Does::Takes) {
            Does::Takes => Ok(Accepted {
                conversation_ref: (message.channel == Channel::Chat).then(|| "chat-1".to_owned()),
                ..Accepted::with_id(format!("{}-{}", self.name, sent.len()))
            }),
            Does::Refuses(error) => Err(error),
            Does::Panics => {
                drop(sent);
                panic!("a fault of the adapter")
            }
        }
    }
    async fn check(&self, _: &dyn HttpClient) -> Result<Health, SendError> {
        Ok(Health { ok: self.well.load(Ordering::Relaxed), detail: "as told".into() })
    }
    async fn look_up(&self, _: &dyn HttpClient, query: &LookUp) -> Result<Option<Found>, SendError> {
        self.asked.lock().unwrap().push(query.clone());
        Ok(self.found.lock().unwrap().clone())
    }
}

struct NoHttp;

#[async_trait]
impl HttpClient for NoHttp {
    async fn execute(&self, _: HttpRequest) -> Result<HttpResponse, HttpError> {
        Err(HttpError::Refused("no network in tests".into()))
    }
}

pub(crate) struct World {
    pub(crate) engine: Engine,
    pub(crate) clock: Arc<StoppedClock>,
    pub(crate) store: Arc<MemoryStore>,
    pub(crate) tenant: TenantId,
}

impl World {
    /// One account with these carriers, each a connection of its carrier's name.
    pub(crate) fn of<'a>(
        carriers: impl IntoIterator<Item = &'a Arc<Scripted>>,
        configure: impl FnOnce(&mut Account),
    ) -> Self {
        Self::connected(carriers, configure, |_| {})
    }

    /// The same, with connections changed as wished.
    pub(crate) fn connected<'a>(
        carriers: impl IntoIterator<Item = &'a Arc<Scripted>>,
        configure: impl FnOnce(&mut Account),
        connect: impl Fn(&mut Connection),
    ) -> Self {
        let tenant: TenantId = "acme".parse().unwrap();
        let mut account = Account::new(tenant.clone(), "main".parse().unwrap());
        account.rules = serde_json::from_value(json!([{
            "id": "hello", "priority": 1,
            "conditions": [{ "field": "message.text", "operator": "matches_words", "value": "hello" }],
            "actions": [{ "type": "auto_respond", "content": "Hi {{name}}" }],
        }]))
        .unwrap();
        configure(&mut account);
        let connections = carriers
            .into_iter()
            .map(|carrier| {
                let (tenant, account) = (tenant.clone(), account.id.clone());
                let channel = carrier.capabilities.channels[0];
                let id = carrier.name.parse().unwrap();
                let mut connection =
                    Connection::new(tenant, account, id, Arc::clone(carrier) as Arc<dyn Carrier>);
                connection.senders = vec![(channel, Address::from("+15550100001"))];
                connect(&mut connection);
                connection
            })
            .collect();
        let clock = Arc::new(StoppedClock::default());
        clock.set(Timestamp::parse("2026-11-21T12:00:00Z").unwrap());
        let store = MemoryStore::new(Duration::from_secs(30), clock.clone() as Arc<dyn Clock>);
        let engine = Engine::new(
            store.clone() as Arc<dyn Store>,
            Arc::new(Directory::new(vec![account], connections)),
            clock.clone() as Arc<dyn Clock>,
            Arc::new(SeededIds::new(7)),
            Arc::new(NoHttp),
        );
        Self { engine, clock, store, tenant }
    }

    /// A callback of `carrier` with this body, rightly signed.
    pub(crate) async fn callback(&self, carrier: &str, body: Value) -> Received {
        self.request(carrier, body, "right").await.expect("received")
    }

    /// A callback of a carrier; its name may have a query.
    pub(crate) async fn request(
        &self,
        carrier: &str,
        body: Value,
        signature: &str,
    ) -> Result<Received, Problem> {
        let request = WebhookRequest {
            method: "POST".into(),
            url: format!("https://gw.example.net/webhooks/{carrier}"),
            headers: vec![("signature".into(), signature.to_owned().into())],
            body: body.to_string().into(),
            peer: None,
            received_at: self.clock.now(),
        };
        let name = carrier.split('?').next().unwrap_or_default();
        receive::receive(&self.engine, name, None, &request).await
    }

    pub(crate) async fn send(&self, text: &str) -> Result<Published, Problem> {
        self.publish(&json!({ "to": PERSON, "text": text }), None).await
    }

    pub(crate) async fn publish(&self, body: &Value, key: Option<&str>) -> Result<Published, Problem> {
        self.publish_as(false, body, key).await
    }

    /// With a test key or a live one.
    pub(crate) async fn publish_as(
        &self,
        sandbox: bool,
        body: &Value,
        key: Option<&str>,
    ) -> Result<Published, Problem> {
        let caller = Caller { tenant: self.tenant.clone(), sandbox };
        publish::publish(&self.engine, &caller, body, key).await
    }

    /// Works until nothing is ready at the present time.
    pub(crate) async fn settle(&self) {
        for _ in 0..200 {
            let jobs = self.store.lease(16, Duration::ZERO).await.unwrap();
            if jobs.is_empty() {
                return;
            }
            for job in &jobs {
                worker::work(&self.engine, job).await;
            }
        }
        panic!("the work never ends");
    }

    /// Lets time pass, working whenever something is due.
    pub(crate) async fn pass(&self, time: Duration) {
        let end = self.clock.now() + time;
        let step = (time / 100).max(Duration::from_millis(100));
        while self.clock.now() < end {
            self.clock.advance(step);
            self.settle().await;
        }
    }

    pub(crate) async fn message(&self, id: MessageId) -> Message {
        self.store.message(&self.tenant, id).await.unwrap().expect("the message").value
    }

    /// Outbound messages, oldest first.
    pub(crate) async fn outbound(&self) -> Vec<Message> {
        let query = Query { oldest_first: true, ..Query::newest(Table::Message, 100) };
        let page = self.store.list(&self.tenant, &query).await.unwrap();
        let all = page.records.iter().map(|record| decode::<Message>(&record.body).unwrap());
        all.filter(|message| message.direction == Direction::Outbound).collect()
    }

    pub(crate) async fn count(&self, table: Table) -> usize {
        self.store.list(&self.tenant, &Query::newest(table, 500)).await.unwrap().records.len()
    }

    pub(crate) async fn events(&self) -> Vec<String> {
        let events = self.store.events(&self.tenant, 0, 500, Duration::ZERO).await.unwrap();
        events.into_iter().map(|event| event.event.event_type).collect()
    }
}

pub(crate) fn sms() -> Arc<Scripted> {
    Arc::new(Scripted::new("alpha", Channel::Sms))
}
