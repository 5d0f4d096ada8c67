//! Which of Twilio's `HX…` stands for a definition of ours: remembered here, else looked for
//! at Twilio by its name, else made. Whatever goes wrong meanwhile, no message has been sent.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use omni_core::failure::SendError;
use omni_core::http::{HttpClient, HttpRequest, HttpResponse};
use serde_json::Value;

use super::Settings;
use super::rich::Definition;
use super::send::{host, refusal};
use super::session::Session;
use crate::shared::{form, json};

/// How many definitions are remembered; the oldest is forgotten, and found again.
const REMEMBERED: usize = 1_000;
/// A name is nearly unique: it holds a digest. Twilio may list others that resemble it.
const PAGE: &str = "50";

/// The definitions that are known to be at Twilio.
#[derive(Default)]
pub(super) struct Library {
    known: Mutex<Known>,
    /// Held while one is looked for or made, so that two first messages make one.
    making: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Known {
    sids: HashMap<String, String>,
    order: VecDeque<String>,
}

impl Library {
    /// The `HX…` of a definition, if it is remembered.
    pub(super) fn remembered(&self, definition: &Definition) -> Option<String> {
        self.known().sids.get(&definition.name).cloned()
    }

    /// Twilio knows it no more: somebody deleted it.
    pub(super) fn forget(&self, definition: &Definition) {
        let mut known = self.known();
        known.sids.remove(&definition.name);
        known.order.retain(|name| *name != definition.name);
    }

    /// The `HX…` of a definition, found or made if need be.
    pub(super) async fn sid(
        &self,
        settings: &Settings,
        session: &Session,
        http: &dyn HttpClient,
        definition: &Definition,
    ) -> Result<String, SendError> {
        if let Some(sid) = self.remembered(definition) {
            return Ok(sid);
        }
        let _one_at_a_time = self.making.lock().await;
        if let Some(sid) = self.remembered(definition) {
            return Ok(sid);
        }
        let ask = async |request| session.ask(settings, http, request).await.map_err(not_sent);
        let listed = ask(search(settings, definition)).await?;
        let sid = match found(&listed, definition).map_err(not_sent)? {
            Some(sid) => sid,
            None => made(&ask(create(settings, definition)).await?).map_err(not_sent)?,
        };
        self.remember(definition, &sid);
        Ok(sid)
    }

    fn remember(&self, definition: &Definition, sid: &str) {
        let mut known = self.known();
        if known.sids.insert(definition.name.clone(), sid.to_owned()).is_none() {
            known.order.push_back(definition.name.clone());
        }
        if known.order.len() > REMEMBERED
            && let Some(oldest) = known.order.pop_front()
        {
            known.sids.remove(&oldest);
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// No answer about a definition is no doubt about the message.
fn not_sent(error: SendError) -> SendError {
    match error {
        SendError::Ambiguous(why) => SendError::NotSent(format!("no content: {why}")),
        other => other,
    }
}

/// By name; only the API's second version can.
fn search(settings: &Settings, definition: &Definition) -> HttpRequest {
    let query = form::encode([("ContentName", definition.name.as_str()), ("PageSize", PAGE)]);
    HttpRequest::new("GET", format!("{}/v2/Content?{query}", host(settings, "content")))
}

fn found(response: &HttpResponse, definition: &Definition) -> Result<Option<String>, SendError> {
    let body = json::parse(&response.body).unwrap_or(Value::Null);
    if !response.is_success() {
        return Err(refusal(response, &body));
    }
    let listed = json::items(&body["contents"]);
    let named = listed.iter().find(|content| content["friendly_name"] == definition.name.as_str());
    Ok(named.and_then(|content| json::text(&content["sid"])).map(str::to_owned))
}

fn create(settings: &Settings, definition: &Definition) -> HttpRequest {
    HttpRequest::new("POST", format!("{}/v1/Content", host(settings, "content"))).json(&definition.body())
}

fn made(response: &HttpResponse) -> Result<String, SendError> {
    let body = json::parse(&response.body).unwrap_or(Value::Null);
    if !response.is_success() {
        return Err(refusal(response, &body));
    }
    let sid = json::text(&body["sid"]).map(str::to_owned);
    sid.ok_or_else(|| SendError::NotSent("no content: it was made without an id".into()))
}
