//! The API, as the client commands call it.

use std::time::Duration;

use anyhow::Context as _;
use omni_core::problem::{self, Problem};
use omni_core::secret::Secret;
use reqwest::{Method, RequestBuilder, Response};
use serde_json::Value;

use crate::cli::ServerArgs;
use crate::dev_state::{self, Found};

/// A server and a key for it.
pub struct Client {
    http: reqwest::Client,
    /// Where it answers, without a slash at the end.
    pub url: String,
    key: Secret,
}

/// The server said no.
#[derive(Debug, thiserror::Error)]
#[error("{}", describe(.0))]
pub struct Refused(pub Value);

impl Refused {
    /// Its stable code.
    pub fn code(&self) -> &str {
        self.0["code"].as_str().unwrap_or("INTERNAL")
    }

    /// Its HTTP status.
    pub fn status(&self) -> u64 {
        self.0["status"].as_u64().unwrap_or(500)
    }
}

fn describe(problem: &Value) -> String {
    let text = |name: &str| problem[name].as_str().unwrap_or_default();
    let errors = problem["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut lines = vec![text("title").to_owned()];
    // What a list of mistakes repeats or only counts need not be read twice.
    let detail = text("detail");
    if errors.is_empty() || !(detail.contains("see `errors`") || errors.iter().any(|e| e["detail"] == detail))
    {
        lines.push(format!("    {detail}"));
    }
    for error in errors {
        let pointer = error["pointer"].as_str().filter(|pointer| !pointer.is_empty()).unwrap_or("(body)");
        lines.push(format!("    {pointer}: {}", error["detail"].as_str().unwrap_or_default()));
    }
    lines.join("\n")
}

impl Client {
    /// Finds the server: by flags or `OMNI_URL` and `OMNI_KEY`, else a running `omni dev`.
    pub fn find(args: &ServerArgs) -> anyhow::Result<Self> {
        let (dev, gone) = match dev_state::read() {
            Found::Running(dev) => (Some(dev), None),
            Found::Gone(dev) => (None, Some(dev)),
            Found::Nothing => (None, None),
        };
        let url = args.url.clone().or_else(|| dev.as_ref().map(|dev| dev.url.clone()));
        let url = url.ok_or_else(|| {
            let trace = gone.map_or_else(
                || "no running `omni dev` was found".to_owned(),
                |dev| format!("the `omni dev` at {} (process {}) is gone", dev.url, dev.pid),
            );
            let detail = format!("{trace}. Start one, or name a server with --url and --key.");
            Problem::new(problem::SERVER_UNREACHABLE, detail)
        })?;
        let url = with_scheme(&url);
        let given = match (&args.key, &args.key_file) {
            (Some(key), _) => Some(key.trim().to_owned()),
            (None, Some(file)) => {
                let text = std::fs::read_to_string(file);
                let text = text.with_context(|| format!("the key file {} cannot be read", file.display()))?;
                Some(text.trim().to_owned())
            }
            (None, None) => dev.filter(|dev| dev.url == url).map(|dev| dev.key),
        };
        Self::at(url, given)
    }

    /// The same; without any trace of a server, the address at which one usually listens.
    pub fn find_or_usual(args: &ServerArgs) -> anyhow::Result<Self> {
        match (&args.url, dev_state::read()) {
            (None, Found::Nothing | Found::Gone(_)) => Self::at("http://127.0.0.1:7070".to_owned(), None),
            _ => Self::find(args),
        }
    }

    fn at(url: String, key: Option<String>) -> anyhow::Result<Self> {
        // The provider is process-wide and chosen once; a second installation is harmless.
        let _already_installed = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder()
            .connect_timeout(Duration::from_secs(5))
            .no_proxy()
            .build()
            .context("the HTTP client")?;
        Ok(Self { http, url, key: Secret::new(key.unwrap_or_default()) })
    }

    /// One request; any answer that is no success is an error.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        headers: &[(&str, &str)],
    ) -> anyhow::Result<Response> {
        let mut request = self.request(method, path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        self.answer(request).await
    }

    /// A file, whole; the answer is JSON.
    pub async fn upload(&self, path: &str, mime: &str, file: Vec<u8>) -> anyhow::Result<Value> {
        let request = self.request(Method::POST, path).header("content-type", mime).body(file);
        let text = self.answer(request).await?.text().await.context("the answer broke off")?;
        serde_json::from_str(&text).context("the answer is not JSON: is this an omniservice?")
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.url));
        if self.key.is_empty() { request } else { request.bearer_auth(self.key.expose()) }
    }

    async fn answer(&self, request: RequestBuilder) -> anyhow::Result<Response> {
        let response = request.send().await.map_err(|error| {
            let detail = format!("{} does not answer ({}). Is it running?", self.url, root(&error));
            Problem::new(problem::SERVER_UNREACHABLE, detail)
        })?;
        if response.status().is_success() {
            return Ok(response);
        }
        let status = response.status().as_u16();
        let text = response.text().await.unwrap_or_default();
        let problem = serde_json::from_str(&text).unwrap_or_else(
            |_| serde_json::json!({ "title": "The server refused", "status": status, "detail": text, "code": "INTERNAL" }),
        );
        // The server tells clients about a header; whoever types a command has flags.
        if status == 401 && self.key.is_empty() {
            eprintln!("  no key was given: --key-file FILE, or OMNI_KEY in the environment");
        }
        Err(Refused(problem).into())
    }

    /// A request whose answer is JSON.
    pub async fn json(&self, method: Method, path: &str, body: Option<&Value>) -> anyhow::Result<Value> {
        let response = self.send(method, path, body, &[]).await?;
        let text = response.text().await.context("the answer broke off")?;
        if text.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_str(&text).context("the answer is not JSON: is this an omniservice?")
    }

    /// `GET` of JSON.
    pub async fn get(&self, path: &str) -> anyhow::Result<Value> {
        self.json(Method::GET, path, None).await
    }
}

fn root(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}

/// The address as typed, made whole: `:7070` is a port of this machine, and without a scheme
/// it is http.
fn with_scheme(url: &str) -> String {
    let url = url.trim().trim_end_matches('/');
    match (url.contains("://"), url.starts_with(':')) {
        (true, _) => url.to_owned(),
        (false, true) => format!("http://127.0.0.1{url}"),
        (false, false) => format!("http://{url}"),
    }
}

/// A query, encoded; only what is given.
pub fn query<'a>(pairs: impl IntoIterator<Item = (&'a str, Option<&'a str>)>) -> String {
    let given = pairs.into_iter().filter_map(|(name, value)| Some((name, value?)));
    let encoded = omni_adapters::shared::form::encode(given);
    if encoded.is_empty() { encoded } else { format!("?{encoded}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_made_whole() {
        let cases = [
            (":7070", "http://127.0.0.1:7070"),
            ("127.0.0.1:7070/", "http://127.0.0.1:7070"),
            ("gw.example.com", "http://gw.example.com"),
            (" https://gw.example.com// ", "https://gw.example.com"),
        ];
        for (typed, expect) in cases {
            assert_eq!(with_scheme(typed), expect, "{typed}");
        }
    }
}
