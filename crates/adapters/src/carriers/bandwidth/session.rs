//! How requests to Bandwidth prove themselves: with a user and password, or with a token that
//! is issued for client credentials (OAuth 2.0) and lives for an hour.

use std::sync::{Mutex, MutexGuard, PoisonError};

use omni_core::failure::{ErrorClass, SendError};
use omni_core::http::{HttpClient, HttpRequest, HttpResponse};
use omni_core::secret::Secret;
use serde_json::Value;

use super::{OAuth, Settings};
use crate::shared::basic_auth::Credential;
use crate::shared::{answer, form, json};

/// Holds the token. Without a clock: it is used until Bandwidth refuses it, then a new one is
/// issued. A refused request was not carried out, so asking again is safe.
#[derive(Default)]
pub(super) struct Session {
    token: Mutex<Option<Secret>>,
}

impl Session {
    /// `request` with its `Authorization`. An error if a token is wanted and none was issued.
    pub(super) fn authorize(
        &self,
        settings: &Settings,
        request: HttpRequest,
    ) -> Result<HttpRequest, SendError> {
        if settings.oauth.is_none() {
            let user = settings.api_user.clone();
            let basic = Credential { user, password: settings.api_password.clone() };
            return Ok(request.header("authorization", basic.header()));
        }
        let token = self.token().clone().ok_or_else(|| {
            SendError::rejected(ErrorClass::Auth, "no_credentials", "no token has been issued yet")
        })?;
        Ok(bearing(request, &token))
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
            // The token of this try, whatever another send makes of the one that is held.
            let Some(token) = self.prepare(settings, http).await? else {
                return Ok(http.execute(self.authorize(settings, request)?).await?);
            };
            let response = http.execute(bearing(request.clone(), &token)).await?;
            if response.status != 401 || renewed {
                return Ok(response);
            }
            // Another send may have renewed it meanwhile.
            self.token().take_if(|held| held.matches(token.expose().as_bytes()));
            renewed = true;
        }
    }

    /// The token, issued if need be; `None` where there are none. Whatever goes wrong here, no message has been sent.
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

fn bearing(request: HttpRequest, token: &Secret) -> HttpRequest {
    request.header("authorization", format!("Bearer {}", token.expose()))
}

fn issue(oauth: &OAuth) -> HttpRequest {
    let client = Credential { user: oauth.client_id.clone(), password: oauth.client_secret.clone() };
    HttpRequest::new("POST", oauth.token_url.as_str())
        .header("authorization", client.header())
        .header("accept", "application/json")
        .body("application/x-www-form-urlencoded", form::encode([("grant_type", "client_credentials")]))
}

fn token_of(response: &HttpResponse) -> Result<Secret, SendError> {
    let body: Value = serde_json::from_slice(&response.body).unwrap_or_default();
    if !response.is_success() {
        // RFC 6749 refuses a wrong client with 400 as well as with 401.
        let class = match response.status {
            400 => ErrorClass::Auth,
            status => answer::class_of(status),
        };
        let code = body["error"].as_str().unwrap_or_default();
        return Err(answer::refused(response, class, code, "no token was issued"));
    }
    json::text(&body["access_token"]).map(Secret::new).ok_or_else(answer::unreadable)
}
