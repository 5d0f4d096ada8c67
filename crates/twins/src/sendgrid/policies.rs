//! Webhook security policies: how parsed mail is signed, and whether it shows a bearer token.
//!
//! All policies of the sandbox sign with the same key. The one that is there from the start is
//! attached to the Parse setting; another one takes its place with `security_policy` there.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use omni_core::secret::Secret;
use serde_json::{Map, Value, json};

use super::api::{Answer, App, json, object};
use super::errors::ApiError;
use super::{INBOUND_HOST, SendGrid};
use crate::bearer::Client;
use crate::bounded::Bounded;

/// The policy that is there from the start.
const FIRST: &str = "7c1e5a90-3b42-4d6f-9a1c-5e0d8b7f2a36";
/// The oldest of more go.
const MOST: usize = 100;
/// Part of the URL of parsed mail.
const INBOUND: &str = "/webhooks/sendgrid/inbound/";

#[derive(Debug, Clone)]
struct Policy {
    id: String,
    name: String,
    signs: bool,
    oauth: Option<Client>,
}

/// The policies, and which one the Parse setting has.
pub(super) struct Policies {
    all: Bounded<Policy>,
    attached: String,
}

impl Default for Policies {
    fn default() -> Self {
        let mut all = Bounded::new(MOST);
        all.insert(FIRST, Policy { id: FIRST.into(), name: "omni".into(), signs: true, oauth: None });
        Self { all, attached: FIRST.into() }
    }
}

impl Policies {
    /// Whether parsed mail is signed.
    pub(super) fn signs(&self) -> bool {
        self.all.get(&self.attached).is_some_and(|policy| policy.signs)
    }
}

/// A URL that callers can mean; SendGrid wants `https`, the sandbox listens on plain HTTP.
fn is_url(text: &str) -> bool {
    text.starts_with("https://") || text.starts_with("http://")
}

fn filled<'a>(of: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    of.get(name)?.as_str().filter(|text| !text.is_empty())
}

/// The `oauth` member of a policy; the secret may be left out where one is known.
fn client(oauth: &Value, known: Option<&Client>) -> Result<Client, ApiError> {
    let missing = |name: &str| ApiError::invalid(format!("oauth.{name}"), "is required");
    let members = oauth.as_object().ok_or_else(|| ApiError::invalid("oauth", "should be an object"))?;
    let secret = filled(members, "client_secret").map(Secret::new);
    let scopes = members.get("scopes").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    Ok(Client {
        token_url: filled(members, "token_url")
            .filter(|url| is_url(url))
            .ok_or_else(|| missing("token_url"))?
            .to_owned(),
        client_id: filled(members, "client_id").ok_or_else(|| missing("client_id"))?.to_owned(),
        client_secret: secret
            .or_else(|| known.map(|client| client.client_secret.clone()))
            .ok_or_else(|| missing("client_secret"))?,
        scopes: scopes.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
    })
}

impl Policy {
    /// Takes over what a request says.
    fn change(mut self, body: &Map<String, Value>) -> Result<Self, ApiError> {
        if let Some(name) = body.get("name") {
            let name = name.as_str().filter(|name| !name.is_empty());
            name.ok_or_else(|| ApiError::invalid("name", "is required"))?.clone_into(&mut self.name);
        }
        if let Some(oauth) = body.get("oauth") {
            self.oauth = Some(client(oauth, self.oauth.as_ref())?);
        }
        if let Some(signature) = body.get("signature") {
            self.signs = signature.get("enabled") == Some(&Value::Bool(true));
        }
        if self.name.is_empty() {
            return Err(ApiError::invalid("name", "is required"));
        }
        if !self.signs && self.oauth.is_none() {
            return Err(ApiError::invalid("signature", "One of signature or oauth must be given"));
        }
        Ok(self)
    }

    /// As SendGrid shows it: never with the secret.
    fn to_json(&self, twin: &SendGrid) -> Value {
        let mut shown = json!({ "id": self.id, "name": self.name });
        if let Some(Client { client_id, token_url, scopes, .. }) = &self.oauth {
            shown["oauth"] = json!({ "client_id": client_id, "token_url": token_url, "scopes": scopes });
        }
        if self.signs {
            shown["signature"] = json!({ "public_key": twin.parse_key.public() });
        }
        shown
    }
}

impl SendGrid {
    /// Lets parsed mail follow the attached policy.
    fn follow(&self, policies: &Policies) {
        let attached = policies.all.get(&policies.attached);
        self.desk.courier.bearers.set(INBOUND, attached.and_then(|policy| policy.oauth.clone()));
    }
}

pub(super) async fn list(State(twin): App, headers: HeaderMap) -> Answer {
    twin.admit(&headers).await?;
    let all: Vec<Value> = twin.policies.lock().all.values().map(|policy| policy.to_json(&twin)).collect();
    Ok(json(StatusCode::OK, &json!({ "policies": all })))
}

pub(super) async fn create(State(twin): App, headers: HeaderMap, body: Bytes) -> Answer {
    twin.admit(&headers).await?;
    let id = twin.id();
    let policy = Policy { id: id.clone(), name: String::new(), signs: false, oauth: None };
    let policy = policy.change(&object(&body)?)?;
    let shown = policy.to_json(&twin);
    twin.policies.lock().all.insert(&id, policy);
    Ok(json(StatusCode::CREATED, &json!({ "policy": shown })))
}

pub(super) async fn show(State(twin): App, Path(id): Path<String>, headers: HeaderMap) -> Answer {
    twin.admit(&headers).await?;
    let policy = twin.policies.lock().all.get(&id).cloned().ok_or_else(ApiError::not_found)?;
    Ok(json(StatusCode::OK, &json!({ "policy": policy.to_json(&twin) })))
}

pub(super) async fn update(
    State(twin): App,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    twin.admit(&headers).await?;
    let body = object(&body)?;
    let mut policies = twin.policies.lock();
    let policy = policies.all.get(&id).cloned().ok_or_else(ApiError::not_found)?.change(&body)?;
    let shown = policy.to_json(&twin);
    policies.all.insert(&id, policy);
    twin.follow(&policies);
    Ok(json(StatusCode::OK, &json!({ "policy": shown })))
}

pub(super) async fn delete(State(twin): App, Path(id): Path<String>, headers: HeaderMap) -> Answer {
    twin.admit(&headers).await?;
    let mut policies = twin.policies.lock();
    if policies.attached == id {
        return Err(ApiError::invalid("id", "The policy is attached to a parse setting"));
    }
    policies.all.remove(&id).ok_or_else(ApiError::not_found)?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

// The Parse setting, which a policy is attached to.

fn setting(twin: &SendGrid) -> Value {
    json!({
        "hostname": INBOUND_HOST,
        "url": format!("{}/inbound/{}", twin.desk.webhook_url(), twin.path_token.expose()),
        "spam_check": true,
        "send_raw": false,
        "security_policy": twin.policies.lock().attached,
    })
}

pub(super) async fn parse_settings(State(twin): App, headers: HeaderMap) -> Answer {
    twin.admit(&headers).await?;
    Ok(json(StatusCode::OK, &json!({ "result": [setting(&twin)] })))
}

pub(super) async fn parse_setting(State(twin): App, Path(host): Path<String>, headers: HeaderMap) -> Answer {
    twin.admit(&headers).await?;
    if host != INBOUND_HOST {
        return Err(ApiError::not_found());
    }
    Ok(json(StatusCode::OK, &setting(&twin)))
}

/// Attaches a policy; the sandbox lets nothing else of its only setting be changed.
pub(super) async fn attach(
    State(twin): App,
    Path(host): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    twin.admit(&headers).await?;
    if host != INBOUND_HOST {
        return Err(ApiError::not_found());
    }
    let body = object(&body)?;
    let id = filled(&body, "security_policy")
        .ok_or_else(|| ApiError::invalid("security_policy", "The sandbox changes only the policy"))?;
    {
        let mut policies = twin.policies.lock();
        if policies.all.get(id).is_none() {
            return Err(ApiError::invalid("security_policy", "The security policy does not exist"));
        }
        id.clone_into(&mut policies.attached);
        twin.follow(&policies);
    }
    Ok(json(StatusCode::OK, &setting(&twin)))
}
