//! How requests to Twilio prove themselves: by the auth token, by an API key that can be
//! revoked alone, or by a token that is issued for an OAuth app's client credentials and
//! lives for an hour.

use omni_core::failure::SendError;
use omni_core::http::{HttpClient, HttpRequest, HttpResponse};

use super::{OAuth, Settings};
use crate::shared::basic_auth::Credential;
use crate::shared::form;
use crate::shared::issued_token::IssuedToken;

/// Holds the issued token.
#[derive(Default)]
pub(super) struct Session {
    token: IssuedToken,
}

impl Session {
    /// `request` with its `Authorization`. An error if there is nothing to prove it with, or
    /// a token is wanted and none was issued yet.
    pub(super) fn authorize(
        &self,
        settings: &Settings,
        request: HttpRequest,
    ) -> Result<HttpRequest, SendError> {
        if settings.oauth.is_some() {
            return self.token.authorize(request);
        }
        let basic = basic(settings).ok_or(SendError::Unsupported("credentials_missing"))?;
        Ok(request.header("authorization", basic.header()))
    }

    /// Makes a request, and once again with a new token if the one at hand is refused.
    pub(super) async fn ask(
        &self,
        settings: &Settings,
        http: &dyn HttpClient,
        request: HttpRequest,
    ) -> Result<HttpResponse, SendError> {
        match &settings.oauth {
            Some(oauth) => self.token.ask(http, request, || issue(oauth)).await,
            None => Ok(http.execute(self.authorize(settings, request)?).await?),
        }
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
