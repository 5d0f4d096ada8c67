//! The one real HTTP client.
//!
//! Deliberately absent: redirects (a carrier that redirects a send is misconfigured, and a
//! redirect must never carry our credentials elsewhere), retries (the engine's business,
//! and only it knows whether repeating is safe), and cookies.

use std::time::Duration;

use async_trait::async_trait;
use omni_core::http::{HttpClient, HttpError, HttpRequest, HttpResponse};

/// Longest answer that is read; the rest is cut off.
const MAX_ANSWER: usize = 1 << 20;

/// The client over reqwest and rustls.
#[derive(Debug, Clone)]
pub struct Http {
    client: reqwest::Client,
}

impl Http {
    /// A client whose whole exchange takes at most `timeout`, unless a request says otherwise.
    pub fn new(timeout: Duration) -> Self {
        // The provider is process-wide and chosen once; a second installation is harmless.
        let _already_installed = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .timeout(timeout)
            .connect_timeout(Duration::from_secs(5))
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .pool_idle_timeout(Duration::from_secs(55))
            .pool_max_idle_per_host(256)
            .tcp_nodelay(true)
            .no_proxy()
            .user_agent(concat!("omniservice/", env!("CARGO_PKG_VERSION")))
            .build()
            .expect("static client options are valid");
        Self { client }
    }
}

#[async_trait]
impl HttpClient for Http {
    async fn execute(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let method = reqwest::Method::from_bytes(request.method.as_bytes())
            .map_err(|_| HttpError::Refused("unknown method".into()))?;
        let url: url::Url = request.url.parse().map_err(|_| HttpError::Refused("not a URL".into()))?;
        let mut builder = self.client.request(method, url).body(request.body);
        if let Some(timeout) = request.timeout {
            builder = builder.timeout(timeout);
        }
        for (name, value) in &request.headers {
            builder = builder.header(*name, value);
        }
        let response = builder.send().await.map_err(classify)?;
        let status = response.status().as_u16();
        let headers = response
            .headers()
            .iter()
            .map(|(name, value)| {
                (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
            })
            .collect();
        let body = read(response).await?;
        Ok(HttpResponse { status, headers, body: body.into() })
    }
}

async fn read(mut response: reqwest::Response) -> Result<Vec<u8>, HttpError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(classify)? {
        body.extend_from_slice(&chunk);
        if body.len() > MAX_ANSWER {
            body.truncate(MAX_ANSWER);
            break;
        }
    }
    Ok(body)
}

/// Only a failure to connect is surely before the first byte.
fn classify(error: reqwest::Error) -> HttpError {
    let error = error.without_url();
    if error.is_builder() {
        HttpError::Refused(error.to_string())
    } else if error.is_connect() {
        HttpError::Connect(root_cause(&error))
    } else {
        HttpError::NoAnswer(root_cause(&error))
    }
}

fn root_cause(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}
