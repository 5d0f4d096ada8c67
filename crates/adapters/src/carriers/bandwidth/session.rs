//! How requests to Bandwidth prove themselves: with a user and password, or with a token that
//! is issued for client credentials (OAuth 2.0) and lives for an hour.

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
    /// `request` with its `Authorization`. An error if a token is wanted and none was issued.
    pub(super) fn authorize(
        &self,
        settings: &Settings,
        request: HttpRequest,
    ) -> Result<HttpRequest, SendError> {
        if settings.oauth.is_some() {
            return self.token.authorize(request);
        }
        let user = settings.api_user.clone();
        let basic = Credential { user, password: settings.api_password.clone() };
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

fn issue(oauth: &OAuth) -> HttpRequest {
    let client = Credential { user: oauth.client_id.clone(), password: oauth.client_secret.clone() };
    HttpRequest::new("POST", oauth.token_url.as_str())
        .header("authorization", client.header())
        .header("accept", "application/json")
        .body("application/x-www-form-urlencoded", form::encode([("grant_type", "client_credentials")]))
}
