//! How requests to Twilio prove themselves: by the auth token, by an API key that can be
//! revoked alone, or by a token that is issued for an OAuth app's client credentials and
//! lives for an hour.

use std::sync::{Mutex, MutexGuard, PoisonError};

use omni_core::failure::{ErrorClass, SendError};
use omni_core::http::{HttpClient, HttpRequest, HttpResponse};
use omni_core::secret::Secret;
use serde_json::Value;

use super::{OAuth, Settings};
use crate::shared::basic_auth::Credential;
use crate::shared::{answer, form, json};

/// Holds the issued token. Without a clock: it is used until Twilio refuses it, then a new one
/// is issued. A refused request was not carried out, so asking again is safe.
#[derive(Default)]
pub(super) struct Session {
    token: Mutex<Option<Secret>>,
}

impl Session {
    /// `request` with its `Authorization`. An error if there is nothing to prove it with, or
    /// a token is wanted and none was issued yet.
    pub(super) fn authorize(
        &self,
        settings: &Settings,
        request: HttpRequest,
    ) -> Result<HttpRequest, SendError> {
        if settings.oauth.is_none() {
            let basic = basic(settings).ok_or(SendError::Unsupported("credentials_missing"))?;
            return Ok(request.header("authorization", basic.header()));
        }
        let token = self.token().clone().ok_or_else(|| {
            SendError::rejected(ErrorClass::Auth, "no_credentials", "no token has been issued yet")
        })?;
        Ok(request.header("authorization", format!("Bearer {}", token.expose())))
    }

    /// Makes a request, and once again with a new token if the one at hand is refused.
    pub(super) async fn ask(
        &self,
        settings: &Settings,
        http: &dyn HttpClient,
        request: HttpRequest,
    ) -> Result<HttpResponse, SendError> {
        let mut renewed = false;
        loop {
            let used = self.prepare(settings, http).await?;
            let response = http.execute(self.authorize(settings, request.clone())?).await?;
            if response.status != 401 || settings.oauth.is_none() || renewed {
                return Ok(response);
            }
            // Another send may have renewed it meanwhile.
            let refused = used.as_ref().map(Secret::expose).unwrap_or_default();
            self.token().take_if(|held| held.matches(refused.as_bytes()));
            renewed = true;
        }
    }

    /// The token, issued if need be. Whatever goes wrong here, no message has been sent.
    async fn prepare(&self, settings: &Settings, http: &dyn HttpClient) -> Result<Option<Secret>, SendError> {
        let Some(oauth) = &settings.oauth else { return Ok(None) };
        if let Some(token) = self.token().clone() {
            return Ok(Some(token));
        }
        let not_sent = |why: String| SendError::NotSent(format!("no token: {why}"));
        let response = http.execute(issue(oauth)).await.map_err(|error| not_sent(error.to_string()))?;
        let token = token_of(&response).map_err(|error| match error {
            SendError::Ambiguous(why) => not_sent(why),
            other => other,
        })?;
        *self.token() = Some(token.clone());
        Ok(Some(token))
    }

    fn token(&self) -> MutexGuard<'_, Option<Secret>> {
        self.token.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The API key if there is one, else the primary auth token. `None` if there are only shared
/// keys, which sign and cannot send.
fn basic(settings: &Settings) -> Option<Credential> {
    let (user, password) = match (&settings.api_key_sid, &settings.api_key_secret) {
        (Some(sid), Some(secret)) => (sid, secret),
        _ => (&settings.account_sid, settings.auth_tokens.first()?),
    };
    Some(Credential { user: user.clone(), password: password.clone() })
}

/// The client's credentials stand in the form, as in Twilio's documentation, not in a header.
fn issue(oauth: &OAuth) -> HttpRequest {
    let fields = [
        ("client_id", oauth.client_id.as_str()),
        ("client_secret", oauth.client_secret.expose()),
        ("grant_type", "client_credentials"),
    ];
    HttpRequest::new("POST", oauth.token_url.as_str())
        .header("accept", "application/json")
        .body("application/x-www-form-urlencoded", form::encode(fields))
}

fn token_of(response: &HttpResponse) -> Result<Secret, SendError> {
    let body = json::parse(&response.body).unwrap_or(Value::Null);
    if !response.is_success() {
        // RFC 6749 refuses a wrong client with 400 as well as with 401.
        let class = match response.status {
            400 => ErrorClass::Auth,
            status => answer::class_of(status),
        };
        let code = json::id(&body["code"]).or_else(|| json::id(&body["error"])).unwrap_or_default();
        return Err(answer::refused(response, class, &code, "no token was issued"));
    }
    json::text(&body["access_token"]).map(Secret::new).ok_or_else(answer::unreadable)
}
