//! How verification answers, tried out on a sample connection.

use std::time::Duration;

use omni_core::webhook::WebhookRequest;

use super::table;
use crate::support::samples::{self, Sample};
use crate::support::sign::{request, sign};

/// The page's section.
pub(crate) fn section(carrier: &str) -> String {
    let mut text = String::from("Tried on a sample connection:\n");
    let samples: Vec<Sample> =
        samples::all("sample").into_iter().filter(|sample| sample.carrier == carrier).collect();
    for sample in &samples {
        if samples.len() > 1 {
            text.push_str(&format!("\n### Proof: {}\n", sample.kind));
        }
        let rows: Vec<Vec<String>> =
            tries(sample).into_iter().map(|(name, request)| verdict(sample, name, &request)).collect();
        text.push_str(&format!("\n{}", table(&["a request", "is", "answered"], &rows)));
    }
    text
}

fn tries(sample: &Sample) -> Vec<(&'static str, WebhookRequest)> {
    let is_form = sample.carrier == "twilio";
    let content_type = if is_form { "application/x-www-form-urlencoded" } else { "application/json" };
    let body = if is_form { "MessageSid=SM1&From=1" } else { r#"{"id":"1"}"# };
    let unsigned = request("POST", sample.url(), content_type, body);
    let signed_by = |sample: &Sample, mut request: WebhookRequest| {
        sign(sample, &mut request);
        request
    };
    let genuine = signed_by(sample, unsigned.clone());
    let stranger = samples::all("stranger")
        .into_iter()
        .find(|other| (other.carrier, other.kind) == (sample.carrier, sample.kind))
        .expect("the same samples, whatever their salt");
    // A stranger who knows the path, so that the proof itself is tried.
    let strange = signed_by(&stranger, unsigned.clone());
    let strange = WebhookRequest { url: genuine.url.clone(), ..strange };
    let bare = WebhookRequest { url: genuine.url.clone(), ..unsigned };
    let mut other_body = genuine.body.to_vec();
    if let Some(place) = other_body.iter().rposition(|b| *b == b'1') {
        other_body[place] = b'2';
    }
    let later = genuine.received_at + Duration::from_secs(3 * 86_400);
    let mut tries = vec![
        ("as the carrier sends it", genuine.clone()),
        ("without a proof", bare),
        ("proven with another secret", strange),
        ("with another body", WebhookRequest { body: other_body.into(), ..genuine.clone() }),
        ("with another query", WebhookRequest { url: format!("{}?x=1", genuine.url), ..genuine.clone() }),
        ("three days later", WebhookRequest { received_at: later, ..genuine.clone() }),
        ("by `PUT`", WebhookRequest { method: "PUT".into(), ..genuine.clone() }),
    ];
    if let Some(token) = sample.settings["path_token"].as_str() {
        let url = genuine.url.replace(token, "guessed");
        tries.push(("with another secret in the path", WebhookRequest { url, ..genuine }));
    }
    tries
}

fn verdict(sample: &Sample, name: &str, request: &WebhookRequest) -> Vec<String> {
    let carrier = sample.build();
    let (what, status) = match carrier.verify(request) {
        Ok(proof) => {
            let once = match proof.once {
                Some(once) if once.digest.is_some() => "; the gateway then refuses its id with another body",
                Some(_) => "; the gateway then refuses it",
                None => "",
            };
            (format!("believed{once}"), String::new())
        }
        Err(refusal) => {
            (format!("refused: `{}`", refusal.reason()), carrier.refuse(&refusal).status.to_string())
        }
    };
    vec![name.to_owned(), what, status]
}
