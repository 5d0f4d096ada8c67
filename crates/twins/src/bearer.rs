//! Bearer tokens in callbacks, where a carrier was set up to fetch them from the gateway
//! (RFC 6749, client credentials; the credentials in the form).

use std::sync::Arc;
use std::time::Duration;

use omni_core::secret::Secret;
use parking_lot::RwLock;
use serde::Deserialize;
use tokio::sync::Mutex;
use tokio::time::Instant;

/// How long the token endpoint may take.
const TIMEOUT: Duration = Duration::from_secs(10);
/// A token is not shown in its last seconds: it could end on the way.
const MARGIN: Duration = Duration::from_secs(5);
/// The life of a token whose answer names none.
const UNSAID: u64 = 300;
/// Longer lives count as this.
const LONGEST: u64 = 86_400;

/// Credentials at a token endpoint.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    pub(crate) token_url: String,
    pub(crate) client_id: String,
    pub(crate) client_secret: Secret,
    pub(crate) scopes: Vec<String>,
}

impl Client {
    /// The request of a token.
    fn form(&self) -> String {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.append_pair("grant_type", "client_credentials");
        form.append_pair("client_id", &self.client_id);
        form.append_pair("client_secret", self.client_secret.expose());
        if !self.scopes.is_empty() {
            form.append_pair("scope", &self.scopes.join(" "));
        }
        form.finish()
    }
}

/// Whose callbacks show a token, by a part of their URL.
#[derive(Default)]
pub(crate) struct Bearers(RwLock<Vec<(&'static str, Arc<Source>)>>);

impl Bearers {
    /// Callbacks whose URL holds `part` show tokens of this client from now on; with `None`
    /// none any more.
    pub(crate) fn set(&self, part: &'static str, client: Option<Client>) {
        let mut all = self.0.write();
        all.retain(|(known, _)| *known != part);
        all.extend(client.map(|client| (part, Arc::new(Source { client, token: Mutex::default() }))));
    }

    pub(crate) fn source(&self, url: &str) -> Option<Arc<Source>> {
        let all = self.0.read();
        all.iter().find(|(part, _)| url.contains(part)).map(|(_, source)| Arc::clone(source))
    }
}

/// Fetches tokens and keeps the last one as long as it is good.
pub(crate) struct Source {
    client: Client,
    token: Mutex<Option<(String, Instant)>>,
}

#[derive(Deserialize)]
struct Answer {
    access_token: String,
    #[serde(default)]
    expires_in: Option<u64>,
}

impl Source {
    /// A good token; `None` if the endpoint gives none. `reach` tells where the endpoint is.
    pub(crate) async fn token(
        &self,
        http: &reqwest::Client,
        reach: impl FnOnce(&str) -> String,
    ) -> Option<String> {
        let mut kept = self.token.lock().await;
        if let Some((token, until)) = kept.as_ref()
            && Instant::now() < *until
        {
            return Some(token.clone());
        }
        let answer = self.fetch(http, &reach(&self.client.token_url)).await?;
        let life = Duration::from_secs(answer.expires_in.unwrap_or(UNSAID).min(LONGEST));
        *kept = Some((answer.access_token.clone(), Instant::now() + life.saturating_sub(MARGIN)));
        Some(answer.access_token)
    }

    /// Drops a token that was refused.
    pub(crate) async fn forget(&self) {
        *self.token.lock().await = None;
    }

    async fn fetch(&self, http: &reqwest::Client, url: &str) -> Option<Answer> {
        let request = http.post(url).timeout(TIMEOUT).header("accept", "application/json");
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let response = request.body(self.client.form()).send().await.ok()?;
        if response.status() != reqwest::StatusCode::OK {
            return None;
        }
        serde_json::from_slice(&response.bytes().await.ok()?).ok()
    }
}
