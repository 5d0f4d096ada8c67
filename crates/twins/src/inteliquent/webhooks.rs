//! Where callbacks go: `selectAuthorization`, `configureAuthorization`, `removeAuthorization`.

use parking_lot::Mutex;
use serde_json::{Map, Value, json};

use super::errors::ApiError;
use super::request::is_number;

/// The id of the API key, which is listed among the webhooks.
const KEY_ID: u32 = 19;
/// The id of the company's webhook at the start.
const COMPANY_ID: u32 = 20;
/// Nobody has more.
const MOST: usize = 100;

/// One webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Webhook {
    id: u32,
    /// `None`: where the gateway is.
    pub(super) url: Option<String>,
    /// The number that it is for; `None`: all that have none of their own.
    tn: Option<String>,
    /// The key of its proof; without one it proves nothing.
    pub(super) key: Option<String>,
}

pub(super) struct Webhooks(Mutex<Vec<Webhook>>);

impl Webhooks {
    /// The company's webhook with this key.
    pub(super) fn new(key: &str) -> Self {
        Self(Mutex::new(vec![Webhook { id: COMPANY_ID, url: None, tn: None, key: Some(key.to_owned()) }]))
    }

    /// The webhook of a number, else the company's; `None`: what people write is dropped.
    pub(super) fn of(&self, number: &str) -> Option<Webhook> {
        let webhooks = self.0.lock();
        let own = webhooks.iter().rfind(|webhook| webhook.tn.as_deref() == Some(number));
        own.or_else(|| webhooks.iter().rfind(|webhook| webhook.tn.is_none())).cloned()
    }

    /// All, with the API key first; `here` is the URL of the gateway.
    pub(super) fn list(&self, api_key: &str, here: &str) -> Vec<Value> {
        let key = json!({ "authId": KEY_ID.to_string(), "inboundAuth": false, "apiKey": api_key });
        std::iter::once(key).chain(self.0.lock().iter().map(|webhook| entry(webhook, here))).collect()
    }

    /// Adds webhooks, or none if one cannot be.
    pub(super) fn configure(&self, body: &Map<String, Value>, here: &str) -> Result<Vec<Value>, ApiError> {
        let wanted = authorizations(body)?;
        let mut webhooks = self.0.lock();
        if webhooks.len() + wanted.len() > MOST {
            return Err(ApiError::user("Too many authorizations"));
        }
        let next = webhooks.iter().map(|webhook| webhook.id).fold(COMPANY_ID, u32::max) + 1;
        let added = (next..).zip(wanted).map(|(id, entry)| read(id, entry));
        let added = added.collect::<Result<Vec<_>, _>>()?;
        let entries = added.iter().map(|webhook| entry(webhook, here)).collect();
        webhooks.extend(added);
        Ok(entries)
    }

    /// Removes webhooks; the API key stays.
    pub(super) fn remove(&self, body: &Map<String, Value>) -> Result<(), ApiError> {
        let ids: Vec<_> = authorizations(body)?.iter().filter_map(auth_id).collect();
        let mut webhooks = self.0.lock();
        let is_known = |id: &u32| webhooks.iter().any(|webhook| webhook.id == *id);
        if ids.is_empty() || !ids.iter().all(is_known) {
            return Err(ApiError::user("Invalid authId"));
        }
        webhooks.retain(|webhook| !ids.contains(&webhook.id));
        Ok(())
    }
}

fn authorizations(body: &Map<String, Value>) -> Result<&[Value], ApiError> {
    let listed = body.get("authorizations").and_then(Value::as_array).filter(|listed| !listed.is_empty());
    listed.map(Vec::as_slice).ok_or_else(|| ApiError::user("Fields Are Required: authorizations"))
}

/// Ids are written as texts and as numbers.
fn auth_id(entry: &Value) -> Option<u32> {
    let id = entry.get("authId")?;
    id.as_str().map_or_else(|| u32::try_from(id.as_u64()?).ok(), |text| text.parse().ok())
}

fn read(id: u32, entry: &Value) -> Result<Webhook, ApiError> {
    let text = |name: &str| entry.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    if entry.get("inboundAuth") != Some(&Value::Bool(true)) {
        return Err(ApiError::user("inboundAuth must be true"));
    }
    if text("headerName").is_some() {
        return Err(ApiError::user("The sandbox sends no custom headers: use apiKey"));
    }
    let url = text("webhookUrl").ok_or_else(|| ApiError::user("Fields Are Required: webhookUrl"))?;
    if text("tn").is_some_and(|tn| !is_number(tn)) {
        return Err(ApiError::user("Invalid tn"));
    }
    // Seen without a scheme.
    let url = if url.contains("://") { url.to_owned() } else { format!("https://{url}") };
    Ok(Webhook {
        id,
        url: Some(url),
        tn: text("tn").map(str::to_owned),
        key: text("apiKey").map(str::to_owned),
    })
}

fn entry(webhook: &Webhook, here: &str) -> Value {
    let url = webhook.url.as_deref().unwrap_or(here);
    let mut entry = json!({ "authId": webhook.id.to_string(), "inboundAuth": true, "webhookUrl": url });
    for (name, value) in [("tn", &webhook.tn), ("apiKey", &webhook.key)] {
        if let Some(value) = value {
            entry[name] = json!(value);
        }
    }
    entry
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(entries: &Value) -> Map<String, Value> {
        let Value::Object(body) = json!({ "authorizations": entries }) else { panic!("an object") };
        body
    }

    #[test]
    fn a_numbers_own_webhook_comes_before_the_companys() {
        let webhooks = Webhooks::new("k");
        let url = |number: &str| webhooks.of(number).map(|webhook| webhook.url);
        assert_eq!(url("15550100021"), Some(None));
        let own = json!([{ "inboundAuth": true, "webhookUrl": "gw.example.net/x", "tn": "15550100021" }]);
        let added = webhooks.configure(&body(&own), "here").unwrap();
        assert_eq!(added[0]["authId"], "21");
        assert_eq!(url("15550100021"), Some(Some("https://gw.example.net/x".into())));
        assert_eq!(url("15550100022"), Some(None));
        webhooks.remove(&body(&json!([{ "authId": 20 }, { "authId": "21" }]))).unwrap();
        assert_eq!(url("15550100021"), None);
        assert_eq!(webhooks.list("key", "here").len(), 1);
    }

    #[test]
    fn what_cannot_be_configured_changes_nothing() {
        let webhooks = Webhooks::new("k");
        let good = json!({ "inboundAuth": true, "webhookUrl": "https://gw.example.net/" });
        #[rustfmt::skip]
        let cases = [
            ("nothing",        json!([]),                                                                   "Fields Are Required: authorizations"),
            ("no flag",        json!([good, { "webhookUrl": "https://x/" }]),                               "inboundAuth must be true"),
            ("no URL",         json!([{ "inboundAuth": true }]),                                            "Fields Are Required: webhookUrl"),
            ("a wrong number", json!([{ "inboundAuth": true, "webhookUrl": "https://x/", "tn": "+1555" }]), "Invalid tn"),
        ];
        for (name, entries, words) in cases {
            assert_eq!(webhooks.configure(&body(&entries), "").unwrap_err(), ApiError::user(words), "{name}");
        }
        for ids in [json!([{}]), json!([{ "authId": 99 }]), json!([{ "authId": KEY_ID }])] {
            assert_eq!(webhooks.remove(&body(&ids)).unwrap_err(), ApiError::user("Invalid authId"));
        }
        assert_eq!(webhooks.list("key", "").len(), 2);
    }
}
