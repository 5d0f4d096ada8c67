//! Proof that Twilio sent a request: `X-Twilio-Signature`.
//!
//! The signed text is the URL as it was configured at Twilio, and for a form every distinct
//! parameter name in order of its code points, followed by each distinct value in order. A
//! URL alone says nothing about a body: so a body that is not a form counts only if the
//! signed URL holds its digest (`bodySHA256`), and a `GET` must have none.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use omni_core::secret::Secret;
use omni_core::webhook::{Proof, Refusal, WebhookRequest};

use super::{Settings, params};
use crate::shared::{form, hmac};

/// Names the shared key and the algorithm that signed (beta, 2026).
pub(super) const SETTINGS_HEADER: &str = "x-twilio-webhooks-signature-settings";

#[derive(Clone, Copy, PartialEq, Eq)]
enum Algorithm {
    Sha1,
    Sha256,
}

impl Algorithm {
    fn sign(self, key: &Secret, url: &str, form: &str) -> String {
        let (key, parts) = (key.expose().as_bytes(), [url.as_bytes(), form.as_bytes()]);
        match self {
            Self::Sha1 => STANDARD.encode(hmac::sha1(key, &parts)),
            Self::Sha256 => STANDARD.encode(hmac::sha256(key, &parts)),
        }
    }
}

pub(super) fn verify(settings: &Settings, request: &WebhookRequest) -> Result<Proof, Refusal> {
    let form = signed_form(request)?;
    let presented = request.header("x-twilio-signature").ok_or(Refusal::Unverified("signature_missing"))?;
    let (algorithm, keys) = keys(settings, request)?;
    let urls = spellings(&request.url, settings);
    let signed = |key: &&Secret| {
        let by = |url: &String| hmac::equal(algorithm.sign(key, url, &form).as_bytes(), presented.as_bytes());
        !key.is_empty() && urls.iter().any(by)
    };
    if keys.iter().any(signed) { Ok(Proof::default()) } else { Err(Refusal::Unverified("signature_wrong")) }
}

/// What is signed behind the URL; refuses every body that the signature would not cover.
fn signed_form(request: &WebhookRequest) -> Result<String, Refusal> {
    match request.method.as_str() {
        "GET" if request.body.is_empty() => Ok(String::new()),
        "GET" => Err(Refusal::Unverified("body_not_signed")),
        "POST" if params::is_form(request) => form_text(&request.body),
        "POST" if request.media_type().starts_with("multipart/") => {
            Err(Refusal::Unverified("body_not_signed"))
        }
        "POST" => covered_by_url(request),
        _ => Err(Refusal::Method),
    }
}

fn form_text(body: &[u8]) -> Result<String, Refusal> {
    let pairs = params::decode(body).ok_or(Refusal::Unverified("too_many_parameters"))?;
    let mut sorted: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (name, value) in &pairs {
        sorted.entry(name).or_default().insert(value);
    }
    let mut text = String::with_capacity(body.len());
    for (name, values) in sorted {
        for value in values {
            text.push_str(name);
            text.push_str(value);
        }
    }
    Ok(text)
}

fn covered_by_url(request: &WebhookRequest) -> Result<String, Refusal> {
    let query =
        params::decode(request.query().as_bytes()).ok_or(Refusal::Unverified("too_many_parameters"))?;
    let digests: Vec<&str> =
        query.iter().filter(|(name, _)| name == "bodySHA256").map(|(_, value)| value.as_str()).collect();
    match digests[..] {
        [] if request.body.is_empty() => Ok(String::new()),
        [digest] if hmac::equal(digest.as_bytes(), hmac::hex(&hmac::digest(&request.body)).as_bytes()) => {
            Ok(String::new())
        }
        _ => Err(Refusal::Unverified("body_not_signed")),
    }
}

/// The keys that may have signed. With the settings header only the shared key it names, by
/// the algorithm it names (none named: HMAC-SHA1); anything unknown in it is refused.
fn keys<'a>(
    settings: &'a Settings,
    request: &WebhookRequest,
) -> Result<(Algorithm, Vec<&'a Secret>), Refusal> {
    if request.header_count(SETTINGS_HEADER) == 0 {
        return Ok((Algorithm::Sha1, settings.auth_tokens.iter().collect()));
    }
    let header =
        request.header(SETTINGS_HEADER).ok_or(Refusal::Unverified("signature_settings_malformed"))?;
    let algorithms: Vec<&str> = named(header, "algorithm").collect();
    let algorithm = match algorithms[..] {
        [] | ["HMAC_SHA1"] => Algorithm::Sha1,
        ["HMAC_SHA256"] => Algorithm::Sha256,
        _ => return Err(Refusal::Unverified("signature_algorithm_unknown")),
    };
    let ids: Vec<&str> = key_ids(header).collect();
    let key = match ids[..] {
        [id] => settings.shared_keys.get(id),
        _ => None,
    };
    Ok((algorithm, vec![key.ok_or(Refusal::Unverified("signature_key_unknown"))?]))
}

/// The ids of shared keys that a settings header names.
pub(super) fn key_ids(header: &str) -> impl Iterator<Item = &str> {
    named(header, "key")
}

/// The values of `name` in `name=value,name=value`.
fn named<'a>(header: &'a str, name: &'a str) -> impl Iterator<Item = &'a str> {
    let pairs = header.split(',').filter_map(|pair| pair.split_once('='));
    pairs.filter(move |(n, _)| n.trim() == name).map(|(_, value)| value.trim())
}

/// The ways in which Twilio may have spelt `url` when it signed: with and without the port,
/// with the configured user and password, with the fragment that we put on status URLs.
/// Twilio documents none of this for sure; each is a URL of ours, so accepting it gives
/// nothing away.
fn spellings(url: &str, settings: &Settings) -> Vec<String> {
    let url = url.split('#').next().unwrap_or_default();
    let mut urls = vec![url.to_owned()];
    urls.extend(with_other_port(url));
    if let Some(userinfo) = settings.signed_userinfo.as_ref().filter(|secret| !secret.is_empty()) {
        let with_user: Vec<String> = urls
            .iter()
            .filter_map(|url| url.split_once("://"))
            .map(|(scheme, rest)| format!("{scheme}://{}@{rest}", userinfo.expose()))
            .collect();
        urls.extend(with_user);
    }
    if !settings.callback_overrides.is_empty() {
        let with_fragment: Vec<String> =
            urls.iter().map(|url| format!("{url}#{}", settings.callback_overrides)).collect();
        urls.extend(with_fragment);
    }
    urls
}

/// `url` without its port, or with the default one if it has none.
fn with_other_port(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (host, path) = rest.split_at(end);
    // Colons before an `@` are a password's, those inside brackets an IPv6 address's.
    let before_port = host.rfind(['@', ']']).map_or(0, |at| at + 1);
    match host[before_port..].rfind(':') {
        Some(colon) => Some(format!("{scheme}://{}{path}", &host[..before_port + colon])),
        None if scheme == "https" => Some(format!("{scheme}://{host}:443{path}")),
        None if scheme == "http" => Some(format!("{scheme}://{host}:80{path}")),
        None => None,
    }
}

/// `url` with `m=<reference>` in its query, and the connection overrides in its fragment
/// unless it has one.
pub(super) fn status_url(url: &str, reference: &str, overrides: &str) -> String {
    let (url, fragment) = url.split_once('#').unwrap_or((url, overrides));
    let separator = match url.split_once('?') {
        None => "?",
        Some((_, query)) if query.is_empty() || query.ends_with('&') => "",
        Some(_) => "&",
    };
    let hash = if fragment.is_empty() { "" } else { "#" };
    format!("{url}{separator}{}{hash}{fragment}", form::encode([("m", reference)]))
}
