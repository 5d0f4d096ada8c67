//! Our token endpoint: RFC 6749, the client credentials grant (section 4.4).
//!
//! SendGrid asks it for a bearer token with the credentials of a webhook security policy or
//! of the Event Webhook, and shows the token with every callback. It documents neither how it
//! authenticates there nor how often it asks, so both ways of section 2.3.1 are taken: HTTP
//! Basic, and the form's body.

use std::time::Duration;

use omni_core::secret::Secret;
use omni_core::webhook::{WebhookReply, WebhookRequest};
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use super::account::{Oauth, is_scope};
use super::token;
use crate::shared::{basic_auth, form, hmac};

/// How the endpoint's path ends.
const PATH: &str = "/oauth/token";
/// Far more than any token request needs.
const MOST_BYTES: usize = 16 * 1024;

/// The answer, if this is the endpoint's URL. It is one without any credentials in the
/// settings too: a request with a secret in it must never be taken for a callback, which
/// would be kept.
pub(super) fn answer(oauth: Option<&Oauth>, request: &WebhookRequest) -> Option<WebhookReply> {
    if !request.path().trim_end_matches('/').ends_with(PATH) {
        return None;
    }
    Some(match issue(oauth, request) {
        Ok(body) => reply(200, &body),
        Err(problem) => problem.reply(),
    })
}

/// The client secrets as a form writes them, where that differs from what they are: a token
/// request to a mistyped path is kept like any other, and must not keep a secret either.
pub(super) fn written(oauth: &Oauth) -> Vec<Secret> {
    let of = |secret: &Secret| {
        let upper = form::segment(secret.expose());
        let (as_form, lower) = (upper.replace("%20", "+"), lower_escapes(&upper));
        let mut ways = vec![lower.replace("%20", "+"), lower, as_form, upper];
        ways.sort_unstable();
        ways.dedup();
        ways.retain(|way| !secret.matches(way.as_bytes()));
        ways.into_iter().map(Secret::new)
    };
    oauth.secrets().flat_map(of).collect()
}

/// `%2B` as `%2b`: both are written.
fn lower_escapes(text: &str) -> String {
    let mut lower = String::with_capacity(text.len());
    let mut left = 0;
    for c in text.chars() {
        left = if c == '%' { 3 } else { left };
        lower.push(if left > 0 { c.to_ascii_lowercase() } else { c });
        left = u8::saturating_sub(left, 1);
    }
    lower
}

/// What is wrong with a request, in the words of section 5.2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Problem {
    Method,
    InvalidRequest(&'static str),
    InvalidClient,
    UnsupportedGrantType,
    InvalidScope,
}

impl Problem {
    fn reply(self) -> WebhookReply {
        let (status, error, description) = match self {
            Self::Method => (405, "invalid_request", "tokens are asked for with POST"),
            Self::InvalidRequest(why) => (400, "invalid_request", why),
            Self::InvalidClient => (401, "invalid_client", "unknown client, or wrong secret"),
            Self::UnsupportedGrantType => (400, "unsupported_grant_type", "only client_credentials"),
            Self::InvalidScope => (400, "invalid_scope", "a scope that this client may not have"),
        };
        let mut reply = reply(status, &json!({ "error": error, "error_description": description }));
        match self {
            Self::Method => reply.headers.push(("allow", "POST".into())),
            Self::InvalidClient => {
                reply.headers.push(("www-authenticate", r#"Basic realm="omniservice webhooks""#.into()));
            }
            _ => {}
        }
        reply
    }
}

/// No answer of the endpoint may be kept by anybody on the way (section 5.1).
fn reply(status: u16, body: &Value) -> WebhookReply {
    let mut reply = WebhookReply::text(status, "application/json", body.to_string());
    reply.headers.extend([("cache-control", "no-store".into()), ("pragma", "no-cache".into())]);
    reply
}

fn issue(oauth: Option<&Oauth>, request: &WebhookRequest) -> Result<Value, Problem> {
    let parameters = Parameters::read(request)?;
    let client = Client::read(request, &parameters)?;
    let oauth = oauth.ok_or(Problem::InvalidClient)?;
    let secret = client.authenticate(oauth).ok_or(Problem::InvalidClient)?;
    match parameters.get("grant_type") {
        Some("client_credentials") => {}
        Some(_) => return Err(Problem::UnsupportedGrantType),
        None => return Err(Problem::InvalidRequest("grant_type is missing")),
    }
    let scope = granted(oauth, parameters.get("scope").unwrap_or_default())?;
    let ends = request.received_at + Duration::from_secs(oauth.lifetime_s);
    let mut body = json!({
        "access_token": token::mint(&oauth.client_id, secret, ends),
        "token_type": "Bearer",
        "expires_in": oauth.lifetime_s,
    });
    if !scope.is_empty() {
        body["scope"] = json!(scope);
    }
    Ok(body)
}

/// What is asked for, or else all that there is.
fn granted(oauth: &Oauth, asked: &str) -> Result<String, Problem> {
    let asked: Vec<&str> = asked.split(' ').filter(|scope| !scope.is_empty()).collect();
    let allowed = |scope: &str| {
        is_scope(scope) && (oauth.scopes.is_empty() || oauth.scopes.iter().any(|known| known == scope))
    };
    match asked.is_empty() {
        true => Ok(oauth.scopes.join(" ")),
        false if asked.iter().all(|scope| allowed(scope)) => Ok(asked.join(" ")),
        false => Err(Problem::InvalidScope),
    }
}

/// The form. An empty parameter counts as absent (section 3.2).
struct Parameters(Vec<(String, String)>);

impl Parameters {
    fn read(request: &WebhookRequest) -> Result<Self, Problem> {
        if request.method != "POST" {
            return Err(Problem::Method);
        }
        if request.media_type() != "application/x-www-form-urlencoded" {
            return Err(Problem::InvalidRequest("the body must be application/x-www-form-urlencoded"));
        }
        if request.body.len() > MOST_BYTES {
            return Err(Problem::InvalidRequest("the body is too long"));
        }
        let mut pairs = form::decode(&request.body);
        pairs.sort();
        if pairs.windows(2).any(|two| two[0].0 == two[1].0) {
            return Err(Problem::InvalidRequest("a parameter is repeated"));
        }
        Ok(Self(pairs))
    }

    fn get(&self, name: &str) -> Option<&str> {
        let (_, value) = self.0.iter().find(|(known, _)| known == name)?;
        Some(value.as_str()).filter(|value| !value.is_empty())
    }
}

/// Who asks, as they say.
struct Client {
    id: String,
    password: String,
    /// Basic credentials, which are form-encoded before they become base64 (section 2.3.1);
    /// many programs leave that out, so both readings are tried.
    is_basic: bool,
}

impl Client {
    /// By one way only: two are a mistake (section 2.3). The id may stand in the form beside
    /// Basic if it is the same.
    fn read(request: &WebhookRequest, parameters: &Parameters) -> Result<Self, Problem> {
        let (id, password) = (parameters.get("client_id"), parameters.get("client_secret"));
        let count = request.header_count("authorization");
        if count > 1 || count == 1 && password.is_some() {
            return Err(Problem::InvalidRequest("more than one way to authenticate"));
        }
        if count == 0 {
            let (id, password) = id.zip(password).ok_or(Problem::InvalidClient)?;
            return Ok(Self { id: id.to_owned(), password: password.to_owned(), is_basic: false });
        }
        let basic = request.header("authorization").and_then(basic_auth::decode);
        let (user, password) = basic.ok_or(Problem::InvalidClient)?;
        let client = Self { id: user, password, is_basic: true };
        match id {
            Some(id) if !client.is_called(id) => Err(Problem::InvalidRequest("two different client ids")),
            _ => Ok(client),
        }
    }

    fn is_called(&self, id: &str) -> bool {
        let decoded = self.is_basic.then(|| form_decoded(&self.id));
        hmac::equal(self.id.as_bytes(), id.as_bytes())
            | decoded.is_some_and(|decoded| hmac::equal(decoded.as_bytes(), id.as_bytes()))
    }

    /// The secret that the client knows. All are compared: the time does not tell which it was.
    fn authenticate<'a>(&self, oauth: &'a Oauth) -> Option<&'a Secret> {
        let decoded = self.is_basic.then(|| form_decoded(&self.password));
        let mut known = None;
        for secret in oauth.secrets() {
            let plain = secret.matches(self.password.as_bytes());
            let encoded = decoded.as_ref().is_some_and(|decoded| secret.matches(decoded.as_bytes()));
            if plain | encoded {
                known = Some(secret);
            }
        }
        known.filter(|_| self.is_called(&oauth.client_id))
    }
}

fn form_decoded(text: &str) -> String {
    percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned()
}
