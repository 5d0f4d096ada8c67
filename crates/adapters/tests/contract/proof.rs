//! Nothing unverified is believed.

use bytes::Bytes;
use omni_core::carrier::Carrier;
use omni_core::webhook::WebhookRequest;

use crate::support::cases::{self, Case};
use crate::support::samples::{self, Sample};
use crate::support::sign::{request, sign};

/// Headers that prove something. What only describes a proof (which key, which algorithm)
/// is not among them: it may be left out.
const PROOFS: &[&str] = &[
    "authorization",
    "messagebird-request-timestamp",
    "messagebird-signature",
    "messagebird-signature-jwt",
    "messageid",
    "verificationtoken",
    "webhook-id",
    "webhook-signature",
    "webhook-timestamp",
    "x-hub-signature-256",
    "x-twilio-email-event-webhook-signature",
    "x-twilio-email-event-webhook-timestamp",
    "x-twilio-signature",
];

/// A signed callback of a sample: what is in it does not matter here.
fn signed(sample: &Sample) -> WebhookRequest {
    let content_type =
        if sample.carrier == "twilio" { "application/x-www-form-urlencoded" } else { "application/json" };
    let body = if sample.carrier == "twilio" { "MessageSid=SM1&From=1" } else { r#"{"id":"1"}"# };
    let mut request = request("POST", sample.url(), content_type, body);
    sign(sample, &mut request);
    request
}

/// The genuine requests of all vectors.
fn genuine() -> Vec<Case> {
    let all = cases::of("_signatures.json").into_iter().chain(cases::of("_inbound.json"));
    all.filter(Case::is_genuine).collect()
}

/// The proofs in a request, as indices of its headers.
fn proofs(request: &WebhookRequest) -> Vec<usize> {
    let is_proof = |at: &usize| PROOFS.contains(&request.headers[*at].0.as_str());
    (0..request.headers.len()).filter(is_proof).collect()
}

fn with_header(request: &WebhookRequest, at: usize, value: impl Into<Bytes>) -> WebhookRequest {
    let mut changed = request.clone();
    changed.headers[at].1 = value.into();
    changed
}

/// A list of signatures proves by any one of them; here it shrinks to one that does.
fn with_single_signatures(carrier: &dyn Carrier, mut request: WebhookRequest) -> WebhookRequest {
    for at in 0..request.headers.len() {
        if request.headers[at].0 == "webhook-signature" {
            let list = String::from_utf8(request.headers[at].1.to_vec()).unwrap();
            let alone = list.split(' ').map(|one| with_header(&request, at, one.to_owned()));
            request = alone.into_iter().find(|request| carrier.verify(request).is_ok()).unwrap();
        }
    }
    request
}

#[test]
fn what_the_carrier_signed_is_believed() {
    for case in genuine() {
        assert_eq!(case.carrier.verify(&case.request).err(), None, "{}", case.name);
    }
    for sample in samples::all("s") {
        assert_eq!(sample.build().verify(&signed(&sample)).err(), None, "{}", sample.name());
    }
}

#[test]
fn a_proof_that_is_missing_cut_bent_or_doubled_is_refused() {
    let mut tried = std::collections::BTreeMap::<&str, usize>::new();
    for case in genuine() {
        let request = with_single_signatures(&*case.carrier, case.request.clone());
        for at in proofs(&request) {
            *tried.entry(case.plugin.name.0).or_default() += 1;
            for (how, damaged) in damaged(&request, at) {
                let verdict = case.carrier.verify(&damaged);
                assert!(verdict.is_err(), "{}: {} {how} is believed", case.name, request.headers[at].0);
            }
        }
    }
    for sample in samples::all("s") {
        let by_header = sample.carrier != "livechat";
        assert_eq!(tried.contains_key(sample.carrier), by_header, "proofs of {}", sample.carrier);
    }
}

/// A request with the proof in header `at` spoilt in every way.
fn damaged(request: &WebhookRequest, at: usize) -> Vec<(String, WebhookRequest)> {
    let value = request.headers[at].1.clone();
    let mut all = Vec::new();
    let mut without = request.clone();
    without.headers.remove(at);
    all.push(("missing".into(), without));
    let mut doubled = request.clone();
    doubled.headers.push(request.headers[at].clone());
    all.push(("doubled".into(), doubled));
    for end in 0..value.len() {
        all.push((format!("cut to {end} bytes"), with_header(request, at, value.slice(..end))));
    }
    for place in [0, value.len() / 2, value.len() - 1] {
        let mut bent = value.to_vec();
        bent[place] = if bent[place] == b'x' { b'y' } else { b'x' };
        all.push((format!("bent at {place}"), with_header(request, at, bent)));
    }
    all
}

/// LiveChat's proof is a member of the body.
#[test]
fn a_secret_in_the_body_that_is_missing_cut_or_doubled_is_refused() {
    let sample = samples::all("s").into_iter().find(|sample| sample.carrier == "livechat").unwrap();
    let (carrier, genuine) = (sample.build(), signed(&sample));
    let body = String::from_utf8(genuine.body.to_vec()).unwrap();
    let secret = sample.settings["webhook_secrets"].as_object().unwrap().values().next().unwrap()[0]
        .as_str()
        .unwrap()
        .to_owned();
    let member = format!(r#""secret_key":"{secret}","#);
    assert!(body.contains(&member), "{body}");
    let mut damaged = vec![body.replace(&member, ""), body.replace(&member, &member.repeat(2))];
    damaged.extend((0..secret.len()).map(|end| body.replace(&secret, &secret[..end])));
    for body in damaged {
        let verdict = carrier.verify(&WebhookRequest { body: body.clone().into(), ..genuine.clone() });
        assert!(verdict.is_err(), "{body}");
    }
}

#[test]
fn another_connections_secret_proves_nothing() {
    for (ours, theirs) in samples::all("ours").iter().zip(&samples::all("theirs")) {
        let mut request = signed(theirs);
        // The path's secret may leak into somebody's log; alone it must not be enough.
        if let (Some(ours), Some(theirs)) =
            (ours.settings["path_token"].as_str(), theirs.settings["path_token"].as_str())
        {
            request.url = request.url.replace(theirs, ours);
        }
        assert!(ours.build().verify(&request).is_err(), "{} believes a stranger", ours.name());
    }
}

#[test]
fn a_wrong_path_secret_is_refused() {
    for sample in samples::all("s") {
        let Some(token) = sample.settings["path_token"].as_str() else { continue };
        let mut request = signed(&sample);
        request.url = request.url.replace(token, &token[1..]);
        assert!(sample.build().verify(&request).is_err(), "{}", sample.name());
    }
}

#[test]
fn what_the_proof_covers_cannot_be_changed() {
    for sample in samples::all("s") {
        let (carrier, genuine) = (sample.build(), signed(&sample));
        let mut body = genuine.body.to_vec();
        let place = body.iter().rposition(|b| *b == b'1').unwrap();
        body[place] = b'2';
        let other_body = WebhookRequest { body: body.into(), ..genuine.clone() };
        assert_eq!(carrier.verify(&other_body).is_err(), sample.covers_body, "{}: body", sample.name());
        let other_url = WebhookRequest { url: format!("{}?x=1", genuine.url), ..genuine.clone() };
        let differs = carrier.verify(&other_url).is_err();
        // The legacy scheme of MessageBird covers the query, and only that.
        let covered = sample.covers_url || sample.kind == "rest legacy";
        assert_eq!(differs, covered, "{}: URL", sample.name());
    }
}

/// Where the proof leaves the body open, a replay of it with another body must be told by
/// its one-time token, or nothing but a shared password exists at that carrier.
#[test]
fn an_open_body_is_tied_by_a_one_time_token_where_there_is_one() {
    for sample in samples::all("s") {
        let proof = sample.build().verify(&signed(&sample)).unwrap();
        let password_only =
            matches!(sample.carrier, "bandwidth" | "livechat") || sample.kind == "static-header";
        if !sample.covers_body && !password_only {
            assert!(proof.once.unwrap().digest.is_some(), "{}", sample.name());
        }
    }
}

#[test]
fn methods_that_the_carrier_never_uses_are_refused() {
    for sample in samples::all("s") {
        for method in ["PUT", "DELETE", "HEAD", "post", ""] {
            let mut request = signed(&sample);
            request.method = method.into();
            assert!(sample.build().verify(&request).is_err(), "{} {method:?}", sample.name());
        }
    }
}

/// The router asks the carrier whether a path is one of its own, before anything is proven.
#[test]
fn the_paths_of_the_set_up_are_known_and_no_others() {
    for sample in samples::all("s") {
        let carrier = sample.build();
        let url = signed(&sample).url;
        let (_, rest) = url.split_once(&format!("/webhooks/{}", sample.carrier)).unwrap();
        let rest = rest.trim_start_matches('/');
        if !rest.is_empty() && !rest.contains('/') {
            assert!(carrier.accepts_path(rest), "{}: {rest}", sample.name());
        }
        assert!(!carrier.accepts_path("pelican"), "{}", sample.name());
    }
}
