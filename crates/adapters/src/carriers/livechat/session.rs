//! What a connection learns while it talks: the bot's token of the day, and its region.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use omni_core::failure::{ErrorClass, SendError};
use omni_core::http::{HttpClient, HttpError, HttpRequest, HttpResponse};
use omni_core::secret::Secret;
use serde_json::{Value, json};

use super::errors::ApiError;
use super::{Bot, Settings};

/// How long a question beside the credentials may take: whoever waits for their check does not
/// wait for these.
const SHORT: Duration = Duration::from_secs(2);

/// Without a clock: a token is used until LiveChat refuses it, then a new one is issued.
/// A refused request was not carried out, so asking again with a new token is safe.
#[derive(Default)]
pub(super) struct Session {
    token: Mutex<Option<Secret>>,
    region: Mutex<Option<String>>,
}

/// What was tried already to put one call right; each is tried once.
#[derive(Default)]
struct Tried {
    token: bool,
    region: bool,
}

impl Session {
    pub(super) fn new(settings: &Settings) -> Self {
        let session = Self::default();
        let tokens = [&settings.access_token, &settings.personal_access_token];
        let token = tokens.into_iter().find(|token| !token.is_empty());
        if let Some((region, _)) = token.and_then(|token| token.expose().split_once(':')) {
            session.switch(region);
        }
        session
    }

    /// A call of the agent chat API, with the token that is held, or an agent's.
    pub(super) fn call(
        &self,
        settings: &Settings,
        action: &str,
        body: &Value,
    ) -> Result<HttpRequest, SendError> {
        let token = lock(&self.token).clone();
        let request = HttpRequest::new("POST", url(settings, "agent", action))
            .header("authorization", authorization(settings, token.as_ref())?);
        Ok(self.directed(request.json(body)))
    }

    /// Makes a call of the agent chat API; answers what LiveChat said last.
    pub(super) async fn ask(
        &self,
        settings: &Settings,
        http: &dyn HttpClient,
        action: &str,
        body: &Value,
    ) -> Result<HttpResponse, SendError> {
        let request = HttpRequest::new("POST", url(settings, "agent", action)).json(body);
        self.persist(settings, http, &request).await
    }

    /// Uploads a form.
    pub(super) async fn upload(
        &self,
        settings: &Settings,
        http: &dyn HttpClient,
        content_type: &str,
        form: &Bytes,
    ) -> Result<HttpResponse, SendError> {
        let request = HttpRequest::new("POST", url(settings, "agent", "upload_file"));
        self.persist(settings, http, &request.body(content_type, form.clone())).await
    }

    /// Makes a request, and once each again: with a new bot token, and in the region that a
    /// refusal names. Neither refusal carried anything out. Answers what LiveChat said last.
    async fn persist(
        &self,
        settings: &Settings,
        http: &dyn HttpClient,
        request: &HttpRequest,
    ) -> Result<HttpResponse, SendError> {
        let mut tried = Tried::default();
        loop {
            // The token of this try, whatever another send makes of the one that is held.
            let token = self.prepare(settings, http).await?;
            let authorization = authorization(settings, token.as_ref())?;
            let region = self.region();
            let request = self.directed(request.clone().header("authorization", authorization));
            let response = http.execute(request).await?;
            if response.is_success() {
                return Ok(response);
            }
            let error = ApiError::of(&response);
            // Something before the API may say so by the status alone.
            let unauthenticated = error.kind == "authentication" || response.status == 401;
            if let Some(refused) = token.filter(|_| !tried.token && unauthenticated) {
                // Another send may have renewed it meanwhile.
                lock(&self.token).take_if(|held| held.matches(refused.expose().as_bytes()));
                tried.token = true;
            } else if !tried.region && self.follow(&error, region.as_deref()) {
                tried.region = true;
            } else {
                return Ok(response);
            }
        }
    }

    /// Makes a call with an agent's token, which a bot's cannot stand in for; once again in the
    /// region that a refusal names. `None`: there is no such token.
    pub(super) async fn ask_as_agent(
        &self,
        settings: &Settings,
        http: &dyn HttpClient,
        (api, action): (&str, &str),
        body: &Value,
    ) -> Option<Result<HttpResponse, HttpError>> {
        let authorization = of_an_agent(settings)?;
        let request = || {
            let request = HttpRequest::new("POST", url(settings, api, action));
            let request = request.header("authorization", authorization.clone()).json(body);
            http.execute(HttpRequest { timeout: Some(SHORT), ..self.directed(request) })
        };
        let region = self.region();
        let first = request().await;
        let elsewhere = first.as_ref().is_ok_and(|response| {
            !response.is_success() && self.follow(&ApiError::of(response), region.as_deref())
        });
        Some(if elsewhere { request().await } else { first })
    }

    fn region(&self) -> Option<String> {
        lock(&self.region).clone()
    }

    /// Names our region. Dallas is where requests go that name none.
    fn directed(&self, request: HttpRequest) -> HttpRequest {
        match self.region().filter(|region| region != "dal") {
            Some(region) => request.header("x-region", region),
            None => request,
        }
    }

    /// Goes from now on to the region that a refusal names; whether that is another one than
    /// the refused request went to.
    fn follow(&self, error: &ApiError, from: Option<&str>) -> bool {
        let region = error.region.as_deref().filter(|_| error.kind == "misdirected_request");
        region.is_some_and(|region| self.switch(region) && from != Some(region))
    }

    /// Goes to a region from now on; `false` if that is no name of one.
    fn switch(&self, region: &str) -> bool {
        let plain =
            !region.is_empty() && region.len() <= 16 && region.bytes().all(|b| b.is_ascii_lowercase());
        if plain {
            *lock(&self.region) = Some(region.to_owned());
        }
        plain
    }

    /// The bot's token, issued if none is at hand; `None` without a bot. Whatever goes wrong
    /// here, no message has been sent.
    async fn prepare(&self, settings: &Settings, http: &dyn HttpClient) -> Result<Option<Secret>, SendError> {
        let Some(bot) = &settings.bot else { return Ok(None) };
        if let Some(token) = lock(&self.token).clone() {
            return Ok(Some(token));
        }
        let not_sent = |why: String| SendError::NotSent(format!("no bot token: {why}"));
        let issue = || http.execute(self.directed(issue(settings, bot)));
        let region = self.region();
        let mut response = issue().await.map_err(|error| not_sent(error.to_string()))?;
        if !response.is_success() && self.follow(&ApiError::of(&response), region.as_deref()) {
            response = issue().await.map_err(|error| not_sent(error.to_string()))?;
        }
        if !response.is_success() {
            return Err(match ApiError::of(&response).into_send_error(&response) {
                SendError::Ambiguous(why) => not_sent(why),
                other => other,
            });
        }
        let body: Value = serde_json::from_slice(&response.body).unwrap_or_default();
        let token = body["token"].as_str().ok_or_else(|| not_sent("the answer holds none".into()))?;
        if let Some((region, _)) = token.split_once(':') {
            self.switch(region);
        }
        let token = Secret::new(token);
        *lock(&self.token) = Some(token.clone());
        Ok(Some(token))
    }
}

/// `Authorization`: the bot's token, or an agent's.
fn authorization(settings: &Settings, token: Option<&Secret>) -> Result<String, SendError> {
    if settings.bot.is_some() {
        let token = token.ok_or_else(|| missing("no bot token has been issued yet"))?;
        return Ok(format!("Bearer {}", token.expose()));
    }
    of_an_agent(settings).ok_or_else(|| missing("set bot, access_token or personal_access_token"))
}

fn missing(what: &str) -> SendError {
    SendError::rejected(ErrorClass::Auth, "no_credentials", what)
}

/// `Authorization` of an agent: an OAuth token, or a personal access token.
fn of_an_agent(settings: &Settings) -> Option<String> {
    if !settings.access_token.is_empty() {
        return Some(format!("Bearer {}", settings.access_token.expose()));
    }
    let account = settings.account_id.as_ref().filter(|_| !settings.personal_access_token.is_empty())?;
    let pair = format!("{account}:{}", settings.personal_access_token.expose());
    Some(format!("Basic {}", STANDARD.encode(pair)))
}

fn issue(settings: &Settings, bot: &Bot) -> HttpRequest {
    HttpRequest::new("POST", url(settings, "configuration", "issue_bot_token")).json(&json!({
        "bot_id": bot.bot_id,
        "bot_secret": bot.bot_secret.expose(),
        "client_id": bot.client_id,
        "organization_id": settings.organization_id,
    }))
}

fn url(settings: &Settings, api: &str, action: &str) -> String {
    format!("{}/{}/{api}/action/{action}", settings.base_url.trim_end_matches('/'), settings.api_version)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
