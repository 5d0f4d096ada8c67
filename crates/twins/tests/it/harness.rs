//! A receiver for callbacks, a client, and the signatures.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use hmac::{Hmac, Mac};
use omni_twins::{Settings, Twins};
use serde_json::{Map, Value, json};
use sha1::Sha1;
use sha2::Sha256;
use tokio::sync::Mutex;
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// One request as it arrived.
#[derive(Debug, Clone)]
pub(crate) struct Arrived {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) headers: HashMap<String, String>,
    pub(crate) body: Bytes,
}

impl Arrived {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("a JSON body")
    }

    pub(crate) fn form(&self) -> Vec<(String, String)> {
        url::form_urlencoded::parse(&self.body).into_owned().collect()
    }

    pub(crate) fn field(&self, name: &str) -> Option<String> {
        self.form().into_iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }
}

/// The twins, somebody who receives their callbacks, and a client.
pub(crate) struct Bench {
    pub(crate) twins: Twins,
    pub(crate) client: reqwest::Client,
    pub(crate) gateway: String,
    arrived: Mutex<Receiver<Arrived>>,
    status: Arc<AtomicU16>,
}

struct Gateway {
    arrived: Sender<Arrived>,
    status: Arc<AtomicU16>,
}

async fn receive(
    State(gateway): State<Arc<Gateway>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let query = uri.query().unwrap_or_default();
    if let Some(challenge) = query.split('&').find_map(|pair| pair.strip_prefix("hub.challenge=")) {
        return challenge.to_owned().into_response();
    }
    let text = |value: &axum::http::HeaderValue| value.to_str().unwrap_or_default().to_owned();
    let headers = headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect();
    let path = uri.path_and_query().map(ToString::to_string).unwrap_or_default();
    let method = method.to_string();
    gateway.arrived.send(Arrived { method, path, headers, body }).await.expect("the bench lives");
    let status = gateway.status.swap(200, Ordering::SeqCst);
    StatusCode::from_u16(status).expect("a status").into_response()
}

impl Bench {
    pub(crate) async fn start() -> Self {
        Self::with(|_| {}).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut Settings)) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let gateway = format!("http://{}", listener.local_addr().expect("bound"));
        let (sender, arrived) = channel(10_000);
        let status = Arc::new(AtomicU16::new(200));
        let state = Arc::new(Gateway { arrived: sender, status: Arc::clone(&status) });
        let app = Router::new().fallback(receive).with_state(state);
        tokio::spawn(async move { axum::serve(listener, app).await.expect("it serves") });
        let mut settings = Settings {
            webhook_base: gateway.clone(),
            receipt_delay: Duration::from_millis(20),
            seed: 42,
            ..Settings::default()
        };
        change(&mut settings);
        let twins = Twins::start(settings).await.expect("the twins start");
        let client =
            reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build();
        let client = client.expect("a client");
        Self { twins, client, gateway, arrived: Mutex::new(arrived), status }
    }

    /// The gateway answers the next callback with this status, and 200 after it.
    pub(crate) fn answer_once_with(&self, status: u16) {
        self.status.store(status, Ordering::SeqCst);
    }

    /// The next callback, within three seconds.
    pub(crate) async fn next(&self) -> Arrived {
        let wait =
            tokio::time::timeout(Duration::from_secs(3), async { self.arrived.lock().await.recv().await });
        wait.await.expect("a callback in time").expect("the gateway lives")
    }

    /// All callbacks until there is a pause of 300 ms.
    pub(crate) async fn rest(&self) -> Vec<Arrived> {
        let mut all = Vec::new();
        let mut arrived = self.arrived.lock().await;
        while let Ok(Some(next)) = tokio::time::timeout(Duration::from_millis(300), arrived.recv()).await {
            all.push(next);
        }
        all
    }

    /// One setting of a connection.
    pub(crate) fn setting(&self, carrier: &str, name: &str) -> String {
        let settings = self.twins.connection_settings(carrier).expect("a carrier");
        let value = if settings[name].is_array() { &settings[name][0] } else { &settings[name] };
        value.as_str().expect("a text").to_owned()
    }

    pub(crate) async fn trigger(&self, event: &str, params: Value) -> omni_twins::Triggered {
        let Value::Object(params) = params else { panic!("parameters are an object") };
        self.twins.trigger(event, params).await.expect("it triggers")
    }

    // WhatsApp

    pub(crate) fn graph(&self, path: &str) -> String {
        format!("{}/v24.0/{path}", self.setting("whatsapp", "base_url"))
    }

    pub(crate) fn messages_url(&self) -> String {
        self.graph(&format!("{}/messages", self.setting("whatsapp", "phone_number_id")))
    }

    /// Sends `body` (addressing added) and gives back status and answer.
    pub(crate) async fn whatsapp(&self, to: &str, body: Value) -> (u16, Value, HeaderMap) {
        let mut body = body;
        body["messaging_product"] = "whatsapp".into();
        body["to"] = to.into();
        let request =
            self.client.post(self.messages_url()).bearer_auth(self.setting("whatsapp", "access_token"));
        let response = request.body(body.to_string()).send().await.expect("an answer");
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let bytes = response.bytes().await.expect("a body");
        (status, serde_json::from_slice(&bytes).expect("JSON"), headers)
    }

    pub(crate) async fn whatsapp_text(&self, to: &str) -> (u16, Value, HeaderMap) {
        self.whatsapp(to, json!({ "type": "text", "text": { "body": "hi" } })).await
    }

    /// Whether Meta signed this.
    pub(crate) fn meta_signed(&self, arrived: &Arrived) -> bool {
        let secret = self.setting("whatsapp", "app_secrets");
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("any key");
        mac.update(&arrived.body);
        let digest: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        arrived.headers.get("x-hub-signature-256") == Some(&format!("sha256={digest}"))
    }

    // Twilio

    pub(crate) fn account(&self, path: &str) -> String {
        let (base, account) = (self.setting("twilio", "base_url"), self.setting("twilio", "account_sid"));
        format!("{base}/2010-04-01/Accounts/{account}{path}")
    }

    pub(crate) fn twilio_request(&self, method: reqwest::Method, url: &str) -> reqwest::RequestBuilder {
        let (account, token) = (self.setting("twilio", "account_sid"), self.setting("twilio", "auth_tokens"));
        self.client.request(method, url).basic_auth(account, Some(token))
    }

    pub(crate) async fn twilio(&self, fields: &[(&str, &str)]) -> (u16, Value, HeaderMap) {
        let form = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = self.twilio_request(reqwest::Method::POST, &self.account("/Messages.json"));
        let request = request.header("content-type", "application/x-www-form-urlencoded").body(form);
        let response = request.send().await.expect("an answer");
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let bytes = response.bytes().await.expect("a body");
        (status, serde_json::from_slice(&bytes).expect("JSON"), headers)
    }

    /// GETs JSON below the account.
    pub(crate) async fn twilio_get(&self, path: &str) -> (u16, Value) {
        let response = self.twilio_request(reqwest::Method::GET, &self.account(path)).send().await;
        let response = response.expect("an answer");
        let status = response.status().as_u16();
        (status, serde_json::from_slice(&response.bytes().await.expect("a body")).expect("JSON"))
    }

    /// Whether Twilio signed this for `url`.
    pub(crate) fn twilio_signed(&self, arrived: &Arrived, url: &str) -> bool {
        let mut sorted: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (name, value) in arrived.form() {
            sorted.entry(name).or_default().insert(value);
        }
        let parameters: String = sorted
            .iter()
            .flat_map(|(name, values)| values.iter().map(move |value| format!("{name}{value}")))
            .collect();
        let mut mac =
            Hmac::<Sha1>::new_from_slice(self.setting("twilio", "auth_tokens").as_bytes()).expect("any key");
        mac.update(format!("{url}{parameters}").as_bytes());
        let expect = base64::engine::general_purpose::STANDARD.encode(mac.finalize().into_bytes());
        arrived.headers.get("x-twilio-signature") == Some(&expect)
    }
}

/// An empty parameter table.
pub(crate) fn nothing() -> Value {
    Value::Object(Map::new())
}
