//! A server for a test, and a client for it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, HeaderValue, Request, StatusCode};
use bytes::Bytes;
use omni_core::account::Account;
use omni_core::address::Address;
use omni_core::carrier::{
    Accepted, Capabilities, Carrier, CarrierName, Health, OutboundMessage, Parsed, Presence, Upload,
};
use omni_core::content::OutboundMedia;
use omni_core::event::{CarrierEvent, Channel, InboundMessage, MessageType};
use omni_core::failure::{ErrorClass, SendError};
use omni_core::http::{HttpClient, HttpError, HttpRequest, HttpResponse};
use omni_core::id::{IdSource, TenantId};
use omni_core::store::{Changes, Committed, Store};
use omni_core::time::Clock;
use omni_core::webhook::{Malformed, Proof, Refusal, WebhookRequest};
use omni_local::MemoryStore;
use omni_pipeline::directory::{Connection, Directory};
use omni_pipeline::engine::Engine;
use omni_server::{Api, Keys, Settings, auth};
use omni_testkit::clock::StoppedClock;
use omni_testkit::ids::SeededIds;
use omni_testkit::samples::{Samples, acme, globex};
use serde_json::{Value, json};
use tower::ServiceExt;

/// Believes whoever says the magic word, and keeps what it was given to look at.
pub(crate) struct Paper {
    capabilities: Capabilities,
    pub(crate) seen: Arc<parking::Seen>,
}

/// What a carrier was shown.
pub(crate) mod parking {
    use omni_core::webhook::WebhookRequest;
    use std::sync::Mutex;

    /// The last request.
    #[derive(Default)]
    pub(crate) struct Seen(Mutex<Option<WebhookRequest>>);

    impl Seen {
        pub(crate) fn put(&self, request: &WebhookRequest) {
            *self.0.lock().unwrap() = Some(request.clone());
        }

        pub(crate) fn take(&self) -> Option<WebhookRequest> {
            self.0.lock().unwrap().take()
        }
    }
}

#[async_trait]
impl Carrier for Paper {
    fn name(&self) -> CarrierName {
        CarrierName("paper")
    }
    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }
    fn routing_keys(&self) -> Vec<String> {
        Vec::new()
    }
    fn accepts_path(&self, rest: &str) -> bool {
        rest == "status"
    }
    fn verify(&self, request: &WebhookRequest) -> Result<Proof, Refusal> {
        self.seen.put(request);
        if request.header("authorization") == Some("Basic cGxlYXNl") {
            return Ok(Proof::default());
        }
        match request.header("x-word") {
            Some("please") => Ok(Proof::default()),
            Some(_) => Err(Refusal::Unverified("word_wrong")),
            None => Err(Refusal::Unverified("word_missing")),
        }
    }
    /// `{"id", "text"}` is a message; `{"panic": true}` a fault of ours.
    fn parse(&self, request: &WebhookRequest) -> Result<Parsed, Malformed> {
        let body: Value = serde_json::from_slice(&request.body).map_err(|_| Malformed("not_json"))?;
        assert!(body["panic"].is_null(), "asked for");
        let message = InboundMessage {
            carrier: "paper".into(),
            channel: Some(Channel::Sms),
            external_id: body["id"].as_str().ok_or(Malformed("no_id"))?.to_owned(),
            message_type: MessageType::Text,
            from_address: Some(Address::from("+13035550177")),
            to_address: Some(Address::from("+12065550100")),
            text: body["text"].as_str().map(str::to_owned),
            ..InboundMessage::default()
        };
        Ok(Parsed { events: vec![CarrierEvent::Message(Box::new(message))], quarantined: Vec::new() })
    }
    fn request(&self, _: &OutboundMessage) -> Result<HttpRequest, SendError> {
        Ok(HttpRequest::new("POST", "http://carrier.invalid/"))
    }
    fn outcome(&self, _: &OutboundMessage, _: &HttpResponse) -> Result<Accepted, SendError> {
        Ok(Accepted::with_id("c-1"))
    }
    async fn show(&self, _: &dyn HttpClient, presence: &Presence) -> Result<bool, SendError> {
        assert_eq!(presence.external_id, "m-1");
        Ok(presence.typing)
    }
    /// Takes anything but empty promises.
    async fn upload(&self, _: &dyn HttpClient, file: &Upload) -> Result<OutboundMedia, SendError> {
        match file.filename.as_str() {
            "poster.png" => Ok(OutboundMedia {
                id: Some("77".to_owned()),
                mime: Some(file.mime.clone()),
                filename: Some(file.filename.clone()),
                size: Some(file.bytes.len() as u64),
                ..OutboundMedia::default()
            }),
            "late.png" => Err(SendError::NotSent("no way there".to_owned())),
            _ => Err(SendError::rejected(ErrorClass::Media, "131053", "not that")),
        }
    }
    async fn check(&self, http: &dyn HttpClient) -> Result<Health, SendError> {
        let answer = http.execute(HttpRequest::new("GET", "http://carrier.invalid/me")).await?;
        Ok(Health { ok: answer.status == 200, detail: "asked".into() })
    }
}

/// Nobody is sent anything here.
struct NoHttp;

#[async_trait]
impl HttpClient for NoHttp {
    async fn execute(&self, _: HttpRequest) -> Result<HttpResponse, HttpError> {
        Err(HttpError::Refused("no network in tests".into()))
    }
}

/// A server with two tenants: `acme` with a live and a sandbox connection, and `globex`.
pub(crate) struct App {
    pub(crate) api: Arc<Api>,
    pub(crate) clock: Arc<StoppedClock>,
    pub(crate) samples: Samples,
    pub(crate) seen: Arc<parking::Seen>,
    router: Router,
    /// A test key of acme.
    pub(crate) key: String,
    /// A live key of acme.
    pub(crate) live: String,
    /// A test key of globex.
    pub(crate) foreign: String,
}

fn connection(tenant: TenantId, id: &str, sandbox: bool, seen: &Arc<parking::Seen>) -> Connection {
    let capabilities = Capabilities {
        channels: vec![Channel::Sms],
        content: vec![MessageType::Text],
        max_text: 1_600,
        max_media_bytes: 1_000,
        uploads: sandbox,
        ..Capabilities::NONE
    };
    let carrier = Arc::new(Paper { capabilities, seen: Arc::clone(seen) });
    let mut connection = Connection::new(tenant, "main".parse().unwrap(), id.parse().unwrap(), carrier);
    connection.senders = vec![(Channel::Sms, Address::from("+12065550100"))];
    connection.sandbox = sandbox;
    connection
}

impl App {
    pub(crate) fn new() -> Self {
        Self::with(|_| {})
    }

    pub(crate) fn with(change: impl FnOnce(&mut Api)) -> Self {
        Self::with_connections(&["paper-test", "paper-live"], change)
    }

    /// acme's connections by name (`…-live` is no sandbox); globex has an account only.
    pub(crate) fn with_connections(names: &[&str], change: impl FnOnce(&mut Api)) -> Self {
        Self::build(names, |clock| MemoryStore::new(Duration::from_secs(30), clock) as Arc<dyn Store>, change)
    }

    /// The usual server over another store.
    pub(crate) fn over(store: Arc<dyn Store>) -> Self {
        Self::build(&["paper-test"], |_| store, |_| {})
    }

    fn build(
        names: &[&str],
        store: impl FnOnce(Arc<dyn Clock>) -> Arc<dyn Store>,
        change: impl FnOnce(&mut Api),
    ) -> Self {
        let (clock, seen) = (Arc::new(StoppedClock::default()), Arc::new(parking::Seen::default()));
        let ids: Arc<dyn IdSource> = Arc::new(SeededIds::new(42));
        let as_clock: Arc<dyn Clock> = clock.clone();
        let store = store(Arc::clone(&as_clock));
        let accounts = [acme(), globex()].map(|tenant| Account::new(tenant, "main".parse().unwrap()));
        let connections = names.iter().map(|name| match name.strip_prefix("globex-") {
            Some(_) => connection(globex(), name, true, &seen),
            None => connection(acme(), name, !name.ends_with("live"), &seen),
        });
        let directory = Directory::new(accounts.into(), connections.collect());
        let engine = Engine::new(store, Arc::new(directory), Arc::clone(&as_clock), ids, Arc::new(NoHttp));
        let (key, kept) = auth::generate("test", acme(), true, [1; 16]);
        let (live, kept_live) = auth::generate("live", acme(), false, [2; 16]);
        let (foreign, kept_foreign) = auth::generate("test", globex(), true, [3; 16]);
        let mut api = Api::new(Arc::new(engine), Settings::for_url("https://gw.example.net/"));
        api.keys = Keys::new(vec![kept, kept_live, kept_foreign]);
        change(&mut api);
        let api = Arc::new(api);
        let router = omni_server::router(Arc::clone(&api));
        Self { router, api, samples: Samples::new(as_clock), clock, seen, key, live, foreign }
    }

    /// A request, to be sent with the test key unless it says otherwise.
    pub(crate) fn call(&self, method: &str, path: &str) -> Call<'_> {
        let request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
        Call { app: self, request, key: Some(self.key.clone()) }
    }

    pub(crate) fn get(&self, path: &str) -> Call<'_> {
        self.call("GET", path)
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Call<'_> {
        self.call("POST", path).header("content-type", "application/json").body(body.to_string())
    }

    /// Sends a text and answers the message's id.
    pub(crate) async fn sent(&self, text: &str) -> String {
        let answer = self.post("/v1/messages", &json!({ "to": "+15550001001", "text": text })).send().await;
        assert_eq!(answer.status, 202, "{}", answer.json);
        answer.json["messageId"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn commit(&self, changes: Changes) {
        assert_eq!(self.api.engine.store.commit(changes).await.unwrap(), Committed::Applied);
    }

    pub(crate) fn store(&self) -> &dyn Store {
        &*self.api.engine.store
    }
}

/// A request on its way.
pub(crate) struct Call<'a> {
    app: &'a App,
    request: Request<Body>,
    key: Option<String>,
}

impl Call<'_> {
    pub(crate) fn key(mut self, key: &str) -> Self {
        self.key = Some(key.to_owned());
        self
    }

    pub(crate) fn no_key(mut self) -> Self {
        self.key = None;
        self
    }

    pub(crate) fn header(self, name: &'static str, value: &str) -> Self {
        self.raw_header(name, &value.parse().unwrap())
    }

    pub(crate) fn raw_header(mut self, name: &'static str, value: &HeaderValue) -> Self {
        self.request.headers_mut().append(name, value.clone());
        self
    }

    pub(crate) fn body(mut self, body: impl Into<Body>) -> Self {
        *self.request.body_mut() = body.into();
        self
    }

    pub(crate) fn from(mut self, peer: &str) -> Self {
        let peer = SocketAddr::new(peer.parse().unwrap(), 4711);
        self.request.extensions_mut().insert(ConnectInfo(peer));
        self
    }

    pub(crate) async fn respond(mut self) -> axum::response::Response {
        if let Some(key) = &self.key {
            let value = format!("Bearer {key}").parse().unwrap();
            self.request.headers_mut().insert("authorization", value);
        }
        self.app.router.clone().oneshot(self.request).await.unwrap()
    }

    pub(crate) async fn send(self) -> Answer {
        let response = self.respond().await;
        let (status, headers) = (response.status(), response.headers().clone());
        let body = axum::body::to_bytes(response.into_body(), 1 << 22).await.unwrap();
        let json = serde_json::from_slice(&body).unwrap_or_default();
        Answer { status, headers, body, json }
    }
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// The body, if it is JSON.
    pub(crate) json: Value,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    /// Asserts that it is a problem with that code, and shaped as promised.
    #[track_caller]
    pub(crate) fn is(&self, code: &str) -> &Self {
        assert_eq!(self.json["code"], code, "{} {}", self.status, self.text());
        assert_eq!(self.header("content-type"), "application/problem+json");
        assert_eq!(self.json["status"], self.status.as_u16());
        assert_eq!(self.json["type"], format!("/errors/{code}"));
        assert!(
            self.json["detail"].as_str().is_some_and(|detail| detail.ends_with(['.', '?'])),
            "{}",
            self.text()
        );
        self
    }

    /// The `data` of a page.
    #[track_caller]
    pub(crate) fn data(&self) -> &Vec<Value> {
        assert_eq!(self.status, 200, "{}", self.text());
        self.json["data"].as_array().unwrap()
    }

    /// The ids of a page's entries.
    #[track_caller]
    pub(crate) fn ids(&self) -> Vec<&str> {
        self.data().iter().map(|entry| entry["id"].as_str().unwrap()).collect()
    }
}
