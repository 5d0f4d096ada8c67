//! Faults, and what is promised in spite of them.

use std::time::{Duration, Instant};

use omni_twins::{Faults, ReceiptFaults, TwinEvent};
use serde_json::json;

use crate::harness::Bench;

async fn pattern(faults: Faults) -> Vec<u16> {
    let bench = Bench::with(|settings| settings.auto_receipts = false).await;
    bench.twins.set_faults("whatsapp", faults).expect("a carrier");
    let mut statuses = Vec::new();
    for _ in 0..40 {
        statuses.push(bench.whatsapp_text("+15550001001").await.0);
    }
    statuses
}

#[tokio::test]
async fn struck_calls_follow_the_seed() {
    let faults = Faults { error_rate: 30, error_status: 502, rate_429: 20, ..Faults::default() };
    let first = pattern(faults).await;
    assert_eq!(first, pattern(faults).await);
    for status in [200, 429, 502] {
        assert!(first.contains(&status), "{status} in {first:?}");
    }
}

#[tokio::test]
async fn faults_hit_one_carrier_and_can_be_lifted() {
    let bench = Bench::start().await;
    let outage = Faults { outage: true, ..Faults::default() };
    bench.twins.set_faults("whatsapp", outage).unwrap();
    assert_eq!(bench.twins.faults("whatsapp"), Some(outage));
    assert_eq!(bench.whatsapp_text("+15550001001").await.0, 503);
    assert_eq!(bench.twilio(&[("To", "+15550001001"), ("From", "+15550100001"), ("Body", "x")]).await.0, 201);
    let busy = Faults { rate_429: 100, retry_after_secs: 7, ..Faults::default() };
    bench.twins.set_faults("whatsapp", busy).unwrap();
    let (status, _, headers) = bench.whatsapp_text("+15550001001").await;
    assert_eq!((status, headers["retry-after"].to_str().unwrap()), (429, "7"));
    bench.twins.set_faults("whatsapp", Faults::default()).unwrap();
    assert_eq!(bench.whatsapp_text("+15550001001").await.0, 200);
}

#[tokio::test]
async fn latency_delays_the_answer() {
    let bench = Bench::start().await;
    bench.twins.set_faults("whatsapp", Faults { latency_ms: 200, ..Faults::default() }).unwrap();
    let started = Instant::now();
    bench.whatsapp_text("+15550001001").await;
    assert!(started.elapsed() >= Duration::from_millis(200));
}

#[tokio::test]
async fn an_answer_that_never_comes_was_still_a_send() {
    let bench = Bench::start().await;
    bench.twins.set_faults("whatsapp", Faults { hold_ms: 100, ..Faults::default() }).unwrap();
    let body = json!({ "messaging_product": "whatsapp", "to": "+15550002005", "text": { "body": "x" } });
    let request =
        bench.client.post(bench.messages_url()).bearer_auth(bench.setting("whatsapp", "access_token"));
    let error = request.body(body.to_string()).send().await.unwrap_err();
    assert!(!error.is_connect() && error.status().is_none(), "{error}");
    assert_eq!(bench.rest().await.len(), 3);
    assert_eq!(bench.twins.messages("whatsapp").len(), 1, "it was taken exactly once");
    // The twin goes on serving on new connections.
    assert_eq!(bench.whatsapp_text("+15550001001").await.0, 200);
}

#[tokio::test]
async fn a_client_that_gives_up_first_sees_a_time_out() {
    let bench = Bench::start().await;
    bench
        .twins
        .set_faults("twilio", Faults { timeout_rate: 100, hold_ms: 5_000, ..Faults::default() })
        .unwrap();
    let form = "To=%2B15550001001&From=%2B15550100001&Body=x";
    let request = bench.twilio_request(reqwest::Method::POST, &bench.account("/Messages.json")).body(form);
    let error = request.timeout(Duration::from_millis(200)).send().await.unwrap_err();
    assert!(error.is_timeout(), "{error}");
    assert_eq!(bench.twins.messages("twilio").len(), 1);
}

#[tokio::test]
async fn receipts_are_lost_and_doubled() {
    let bench = Bench::start().await;
    for (receipts, expect) in [
        (ReceiptFaults { lost: 100, ..ReceiptFaults::default() }, 0),
        (ReceiptFaults { doubled: 100, ..ReceiptFaults::default() }, 6),
        (ReceiptFaults::default(), 3),
    ] {
        bench.twins.set_faults("whatsapp", Faults { receipts, ..Faults::default() }).unwrap();
        bench.whatsapp_text("+15550001001").await;
        assert_eq!(bench.rest().await.len(), expect, "{receipts:?}");
    }
    assert!(bench.twins.messages("whatsapp").iter().all(|message| message.state == "read"));
}

#[tokio::test]
async fn subscribers_see_sends_and_callbacks() {
    let bench = Bench::start().await;
    let mut events = bench.twins.subscribe();
    bench.whatsapp("+15550001001", json!({ "text": { "body": "x" }, "biz_opaque_callback_data": "r" })).await;
    let accepted = events.recv().await.unwrap();
    assert!(
        matches!(&accepted, TwinEvent::Accepted { carrier: "whatsapp", client_reference: Some(r), .. } if r == "r")
    );
    for state in ["sent", "delivered", "read"] {
        let tried = events.recv().await.unwrap();
        assert!(
            matches!(&tried, TwinEvent::CallbackTried { what, status: Some(200), attempt: 1, .. } if *what == state),
            "{tried:?}"
        );
    }
    bench.whatsapp_text("+15550002001").await;
    let refused = events.recv().await.unwrap();
    assert_eq!(refused, TwinEvent::Refused { carrier: "whatsapp", status: 400, code: 131_030 });
}

#[tokio::test]
async fn shutting_down_does_not_wait_for_held_answers() {
    let bench = Bench::start().await;
    bench
        .twins
        .set_faults("whatsapp", Faults { timeout_rate: 100, hold_ms: 60_000, ..Faults::default() })
        .unwrap();
    let request =
        bench.client.post(bench.messages_url()).bearer_auth(bench.setting("whatsapp", "access_token"));
    let body = json!({ "messaging_product": "whatsapp", "to": "+15550001001", "text": { "body": "x" } });
    let held = tokio::spawn(request.body(body.to_string()).send());
    bench.next().await;
    let url = bench.messages_url();
    let Bench { twins, client, .. } = bench;
    let started = Instant::now();
    twins.shutdown().await;
    assert!(started.elapsed() < Duration::from_secs(3));
    assert!(client.post(url).send().await.unwrap_err().is_connect(), "nobody listens any more");
    held.abort();
}
