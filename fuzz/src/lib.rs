//! Hostile callbacks: whatever a carrier (or somebody who stole its secret) sends, receiving
//! must end soon, without a panic, with the same events each time, and in little memory.
//!
//! An input is a request as text: `METHOD suffix`, headers, an empty line, the body. The
//! suffix goes behind `/webhooks/<carrier>`. The harness signs the request as the carrier
//! would, so the fuzzer reaches the parser without having to break a MAC; and it asserts
//! that the unsigned request is refused.

#[path = "../../crates/adapters/tests/support/mod.rs"]
#[expect(dead_code, reason = "shared with the adapters' tests, which use the rest")]
mod support;

pub mod seeds;

use std::cell::OnceCell;
use std::sync::Arc;

use bytes::Bytes;
use omni_core::carrier::{Carrier, Parsed, receive};
use omni_core::time::Timestamp;
use omni_core::webhook::{Malformed, Outcome, WebhookRequest};

use support::samples::{self, Sample};
use support::sign::{NOW, sign};

/// Most headers of an input: the server's own limit is not far from it.
const MAX_HEADERS: usize = 50;

/// How much larger than the request the events that it gives may be, as JSON.
const MAX_GROWTH: usize = 100;

/// Runs one input against every sample connection of a carrier.
pub fn run(carrier: &str, input: &[u8]) {
    thread_local! {
        static CONNECTIONS: OnceCell<Vec<(Sample, Arc<dyn Carrier>)>> = const { OnceCell::new() };
    }
    CONNECTIONS.with(|connections| {
        let connections = connections.get_or_init(|| {
            let ours = samples::all("fuzz").into_iter().filter(|sample| sample.carrier == carrier);
            ours.map(|sample| (sample.clone(), sample.build())).collect()
        });
        for (sample, connection) in connections {
            callback(sample, &**connection, request(carrier, input));
        }
    });
}

fn callback(sample: &Sample, carrier: &dyn Carrier, unsigned: WebhookRequest) {
    assert!(carrier.verify(&unsigned).is_err(), "believed without a proof");
    let _challenge = carrier.handshake(&unsigned);
    // Elliptic curves take a hundred times as long as the parser: one input in sixteen.
    if sample.carrier == "sendgrid" && !unsigned.body.len().is_multiple_of(16) {
        return check(carrier, &unsigned, carrier.parse(&unsigned));
    }
    let mut signed = unsigned.clone();
    sign(sample, &mut signed);
    match receive(carrier, &signed) {
        Ok((_, parsed)) => check(carrier, &signed, parsed),
        // An observing connection reads what it cannot verify.
        Err(refusal) => {
            let _reply = carrier.refuse(&refusal);
            check(carrier, &unsigned, carrier.parse(&unsigned));
        }
    }
}

fn check(carrier: &dyn Carrier, request: &WebhookRequest, parsed: Result<Parsed, Malformed>) {
    assert_eq!(parsed, carrier.parse(request), "two readings of one request");
    let _kept = carrier.journal_body(request);
    let Ok(parsed) = parsed else { return };
    let outcome = if parsed.events.is_empty() { Outcome::Ignore } else { Outcome::Accept };
    assert!(carrier.reply(outcome, &parsed.events).status < 300, "a verified request is not taken");
    let json = serde_json::to_vec(&parsed.events).expect("events serialise");
    let size = request.body.len() + request.url.len();
    assert!(json.len() <= MAX_GROWTH * size + 4_096, "{} bytes of events from {size}", json.len());
}

/// Reads an input; what is no head is all body.
fn request(carrier: &str, input: &[u8]) -> WebhookRequest {
    let end = input.windows(2).position(|two| two == b"\n\n");
    let (head, body) = end.map_or((&b""[..], input), |end| (&input[..end], &input[end + 2..]));
    let head = String::from_utf8_lossy(head);
    let mut lines = head.lines();
    let (method, suffix) = lines.next().and_then(|line| line.split_once(' ')).unwrap_or(("POST", ""));
    let headers = lines.take(MAX_HEADERS).filter_map(|line| line.split_once(':'));
    let headers = headers.map(|(name, value)| {
        (name.trim().to_ascii_lowercase(), Bytes::copy_from_slice(value.trim().as_bytes()))
    });
    WebhookRequest {
        method: method.into(),
        url: format!("https://gw.example.net/webhooks/{carrier}{suffix}"),
        headers: headers.collect(),
        body: Bytes::copy_from_slice(body),
        peer: None,
        received_at: Timestamp::from_secs(NOW),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::Path;

    use super::support::cases::{self, Case};
    use super::*;

    /// A harness that signs wrongly would fuzz the refusals and nothing else.
    #[test]
    fn the_seeds_reach_the_parsers() {
        let vectors = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/adapters/tests/vectors");
        let mut events: BTreeMap<&str, usize> = BTreeMap::new();
        for case in cases::in_folder(&vectors, "_inbound.json").iter().filter(|case| Case::is_genuine(case)) {
            let carrier = case.plugin.name.0;
            let unsigned = request(carrier, &seeds::input(carrier, &case.request));
            let mut verified = false;
            for sample in samples::all("s").iter().filter(|sample| sample.carrier == carrier) {
                let mut signed = unsigned.clone();
                sign(sample, &mut signed);
                if let Ok((_, parsed)) = receive(&*sample.build(), &signed) {
                    verified = true;
                    *events.entry(carrier).or_default() += parsed.map_or(0, |parsed| parsed.events.len());
                }
            }
            assert!(verified, "{} is refused by every sample", case.name);
        }
        assert_eq!(events.len(), 7, "{events:?}");
        assert!(events.values().all(|count| *count >= 10), "{events:?}");
    }
}
