//! Bearer tokens that a carrier issues for client credentials (RFC 6749, section 4.4).

use std::sync::{Mutex, MutexGuard, PoisonError};

use omni_core::failure::{ErrorClass, SendError};
use omni_core::http::{HttpClient, HttpRequest, HttpResponse};
use omni_core::secret::Secret;

use super::{answer, json};

/// The token of one connection. Without a clock: it is used until the carrier refuses it, then
/// a new one is issued. A refused request was not carried out, so asking again is safe.
#[derive(Default)]
pub struct IssuedToken(Mutex<Option<Secret>>);

impl IssuedToken {
    /// `request` with the token at hand; an error if none was issued yet.
    pub fn authorize(&self, request: HttpRequest) -> Result<HttpRequest, SendError> {
        let token = self.held().clone().ok_or_else(|| {
            SendError::rejected(ErrorClass::Auth, "no_credentials", "no token has been issued yet")
        })?;
        Ok(bearing(request, &token))
    }

    /// Makes a request, and once again with a new token if the one at hand is refused (401).
    /// `issue` is the request for a token.
    pub async fn ask(
        &self,
        http: &dyn HttpClient,
        request: HttpRequest,
        issue: impl Fn() -> HttpRequest,
    ) -> Result<HttpResponse, SendError> {
        // The token that goes along is the one that was got here: meanwhile another send may
        // have dropped or renewed the one at hand.
        let token = self.token(http, &issue).await?;
        let response = http.execute(bearing(request.clone(), &token)).await?;
        if response.status != 401 {
            return Ok(response);
        }
        self.held().take_if(|held| held.matches(token.expose().as_bytes()));
        let token = self.token(http, &issue).await?;
        Ok(http.execute(bearing(request, &token)).await?)
    }

    /// The token at hand, issued if need be. Whatever goes wrong here, no message has been sent.
    async fn token(
        &self,
        http: &dyn HttpClient,
        issue: impl Fn() -> HttpRequest,
    ) -> Result<Secret, SendError> {
        if let Some(token) = self.held().clone() {
            return Ok(token);
        }
        let not_sent = |why: String| SendError::NotSent(format!("no token: {why}"));
        let response = http.execute(issue()).await.map_err(|error| not_sent(error.to_string()))?;
        let token = token_of(&response).map_err(|error| match error {
            SendError::Ambiguous(why) => not_sent(why),
            other => other,
        })?;
        *self.held() = Some(token.clone());
        Ok(token)
    }

    fn held(&self) -> MutexGuard<'_, Option<Secret>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn bearing(request: HttpRequest, token: &Secret) -> HttpRequest {
    request.header("authorization", format!("Bearer {}", token.expose()))
}

/// The answer of a token endpoint; a refusal by its `code` (the carrier's own) or `error`.
fn token_of(response: &HttpResponse) -> Result<Secret, SendError> {
    let body = json::parse(&response.body).unwrap_or_default();
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

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use async_trait::async_trait;
    use omni_core::http::HttpError;

    use super::*;

    /// A carrier that answers in order; the token is dropped by somebody else while its first
    /// answer is on the way.
    struct Carrier<'a> {
        token: &'a IssuedToken,
        answers: Mutex<VecDeque<(u16, &'static str)>>,
        proofs: Mutex<Vec<String>>,
    }

    #[async_trait]
    impl HttpClient for Carrier<'_> {
        async fn execute(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
            let proof = request.headers.iter().find(|(name, _)| *name == "authorization");
            self.proofs.lock().unwrap().push(proof.map(|(_, value)| value.clone()).unwrap_or_default());
            let (status, body) = self.answers.lock().unwrap().pop_front().expect("no further request");
            if request.url.ends_with("/messages") {
                *self.token.held() = Some(Secret::new("of-another-send"));
            }
            Ok(HttpResponse { status, headers: Vec::new(), body: body.into() })
        }
    }

    #[tokio::test]
    async fn what_another_send_renewed_is_not_dropped() {
        let token = IssuedToken::default();
        let answers = [(200, r#"{"access_token":"one"}"#), (401, "{}"), (200, "{}")];
        let carrier =
            Carrier { token: &token, answers: Mutex::new(answers.into()), proofs: Mutex::default() };
        let message = HttpRequest::new("POST", "https://api.example/messages");
        let issue = || HttpRequest::new("POST", "https://api.example/token");
        let response = token.ask(&carrier, message, issue).await.unwrap();
        assert_eq!(response.status, 200);
        assert_eq!(*carrier.proofs.lock().unwrap(), ["", "Bearer one", "Bearer of-another-send"]);
    }
}
