//! Inputs to begin with: the requests of the conformance vectors, without their proofs.

use std::io;
use std::path::Path;

use omni_core::webhook::WebhookRequest;
use serde_json::Value;

use crate::support::cases;

/// Writes one input per vector case to `corpus/<carrier>/`; answers how many.
pub fn write(vectors: &Path, corpus: &Path) -> io::Result<usize> {
    let mut count = 0;
    for case in cases::in_folder(vectors, ".json") {
        let carrier = case.plugin.name.0;
        let folder = corpus.join(carrier);
        std::fs::create_dir_all(&folder)?;
        std::fs::write(folder.join(format!("vector-{count:04}")), input(carrier, &case.request))?;
        count += 1;
    }
    Ok(count)
}

pub(crate) fn input(carrier: &str, request: &WebhookRequest) -> Vec<u8> {
    let (_, after) = request.url.split_once(&format!("/webhooks/{carrier}")).unwrap_or_default();
    let mut input = format!("{} {after}\n", request.method).into_bytes();
    for (name, value) in &request.headers {
        let proof = ["signature", "token", "authorization", "messageid", "timestamp", "webhook-id"];
        if !proof.iter().any(|word| name.contains(word)) {
            input.extend([name.as_bytes(), b": ", value, b"\n"].concat());
        }
    }
    input.push(b'\n');
    input.extend(without_secret(&request.body));
    input
}

/// The harness adds its own proof to a JSON object; two would be refused.
fn without_secret(body: &[u8]) -> Vec<u8> {
    match serde_json::from_slice::<Value>(body) {
        Ok(Value::Object(mut members)) if members.contains_key("secret_key") => {
            members.remove("secret_key");
            members.remove("webhook_id");
            Value::Object(members).to_string().into_bytes()
        }
        _ => body.to_vec(),
    }
}
