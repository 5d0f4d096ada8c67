//! The vector files as requests.

use std::path::Path;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use omni_adapters::carriers::REGISTRY;
use omni_core::carrier::{Carrier, CarrierPlugin};
use omni_core::time::Timestamp;
use omni_core::webhook::WebhookRequest;
use serde_json::Value;

use super::sign::NOW;

/// One case of a vector file.
pub(crate) struct Case {
    /// File and name.
    pub(crate) name: String,
    /// Its carrier.
    pub(crate) plugin: &'static CarrierPlugin,
    /// The connection that its secrets and configuration make.
    pub(crate) carrier: Arc<dyn Carrier>,
    /// The request.
    pub(crate) request: WebhookRequest,
    /// The case itself.
    pub(crate) json: Value,
}

impl Case {
    /// Whether the request proves itself. A handshake proves nothing.
    pub(crate) fn is_genuine(&self) -> bool {
        let expect = &self.json["expect"];
        self.json["kind"] != "handshake"
            && (expect == true || (expect.is_object() && expect["outcome"] != "reject"))
    }
}

/// The cases of all files whose names end so (`_inbound.json`).
pub(crate) fn of(ending: &str) -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors");
    in_folder(&folder, ending)
}

/// As [`of`], from another folder.
pub(crate) fn in_folder(folder: &Path, ending: &str) -> Vec<Case> {
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .expect("the vectors are there")
        .map(|entry| entry.expect("a readable folder").path())
        .filter(|path| path.to_string_lossy().ends_with(ending))
        .collect();
    files.sort();
    let mut cases = Vec::new();
    for path in files {
        let file = path.file_name().expect("a file").to_string_lossy().into_owned();
        let plugin = REGISTRY.iter().find(|plugin| file.starts_with(plugin.name.0)).expect("a known carrier");
        let bytes = std::fs::read(&path).expect("a readable file");
        let listed: Vec<Value> = serde_json::from_slice(&bytes).expect("a list of cases");
        cases.extend(listed.into_iter().map(|json| Case {
            name: format!("{file}: {}", json["name"].as_str().unwrap_or_default()),
            plugin,
            carrier: (plugin.build)((plugin.case_settings)(&json)).expect("a case's settings are good"),
            request: request(&json),
            json,
        }));
    }
    cases
}

fn request(case: &Value) -> WebhookRequest {
    let text = |key: &str| case[key].as_str().unwrap_or_default();
    let mut url = match case["url"].as_str() {
        Some(url) => url.to_owned(),
        None => format!("https://gw.example.net{}", text("path")),
    };
    // Behind a proxy the request is reached at another host than the public one.
    if let (Some(base), Some((_, rest))) = (case["public_base_url"].as_str(), url.split_once("://")) {
        let path = rest.find('/').map_or("", |at| &rest[at..]);
        url = format!("{}{path}", base.trim_end_matches('/'));
    }
    let mut headers = Vec::new();
    for (name, value) in case["headers"].as_object().into_iter().flatten() {
        let values = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
        let bytes = |value: &str| Bytes::copy_from_slice(value.as_bytes());
        headers
            .extend(values.iter().filter_map(Value::as_str).map(|v| (name.to_ascii_lowercase(), bytes(v))));
    }
    if !headers.iter().any(|(name, _)| name == "content-type") {
        headers.push(("content-type".into(), Bytes::copy_from_slice(text("content_type").as_bytes())));
    }
    let encoded = case["body_base64"].as_str().or(case["body_b64"].as_str());
    let body = match encoded {
        Some(encoded) => STANDARD.decode(encoded).expect("base64"),
        None => text("body").as_bytes().to_vec(),
    };
    WebhookRequest {
        method: case["method"].as_str().unwrap_or("POST").into(),
        url,
        headers,
        body: body.into(),
        peer: case["peer_ip"].as_str().map(|peer| peer.parse().expect("an address")),
        received_at: Timestamp::from_secs(case["now"].as_i64().unwrap_or(NOW)),
    }
}
