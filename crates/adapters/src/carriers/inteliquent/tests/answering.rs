//! What answers mean.

use omni_core::event::ReportedState;
use omni_core::failure::{ErrorClass, Retry};

use super::*;

#[test]
fn answers_become_outcomes() {
    use ErrorClass::*;
    #[rustfmt::skip]
    let cases = [
        (200, r#"{"success":true,"result":{"referenceId":"r9"}}"#, Ok(("r9", ReportedState::Queued))),
        (200, r#"{"success":true,"result":{"referenceId":"r9","resultResponses":[{"to":"13035550177","status":"SUCCESS"}]}}"#, Ok(("r9", ReportedState::Queued))),
        (200, r#"{"success":true,"result":{"referenceId":"r9","resultResponses":[{"status":"PENDING"}]}}"#, Ok(("r9", ReportedState::Queued))),
        (200, r#"{"success":true,"result":{"referenceId":"r9","resultResponses":[{"status":"INVALID_DESTINATION"}]}}"#, Err((InvalidRecipient, Retry::Never))),
        (200, r#"{"success":true,"result":{"referenceId":"r9","resultResponses":[{"status":"FAILED"}]}}"#, Err((Rejected, Retry::OtherCarrier))),
        (200, r#"{"success":false,"detail":"an optional option is not adopted"}"#, Err((Rejected, Retry::OtherCarrier))),
        (200, r#"{"success":false,"detail":"User opted-out (STOP)"}"#, Err((OptedOut, Retry::Never))),
        (200, r#"{"success":true,"result":{}}"#, Ok(("", ReportedState::Sent))),
        (200, r#"{"success":false,"reason":"Number not enabled for messaging"}"#, Err((Permission, Retry::OtherCarrier))),
        (200, r#"{"success":false,"detail":"Invalid destination 13035550177"}"#, Err((InvalidRecipient, Retry::Never))),
        (200, r#"{"success":false,"reason":"recipient has opted out"}"#, Err((OptedOut, Retry::Never))),
        (200, r#"{"success":false,"reason":"no 10DLC campaign"}"#, Err((Registration, Retry::OtherCarrier))),
        (200, r#"{"success":false,"reason":"Message blocked"}"#, Err((Filtered, Retry::Never))),
        (200, r#"{"success":false,"reason":"Rate exceeded"}"#, Err((Throttled, Retry::Backoff))),
        (200, r#"{"success":false,"reason":"because"}"#, Err((Rejected, Retry::OtherCarrier))),
        (200, r#"{"error":"Unauthorized"}"#, Err((Auth, Retry::OtherCarrier))),
        (200, "<html>", Err((Ambiguous, Retry::Reconcile))),
        (200, "{}", Err((Ambiguous, Retry::Reconcile))),
        (408, r#"{"statusCode":"408","status":"bad from"}"#, Err((BadRequest, Retry::Never))),
        (400, r#"{"message":"invalid to number"}"#, Err((InvalidRecipient, Retry::Never))),
        (400, r#"{"message":"?"}"#, Err((BadRequest, Retry::Never))),
        (401, "", Err((Auth, Retry::OtherCarrier))),
        (403, "{}", Err((Auth, Retry::OtherCarrier))),
        (403, "<html>", Err((Auth, Retry::OtherCarrier))),
        (429, "{}", Err((Throttled, Retry::Backoff))),
        (500, "", Err((Transient, Retry::Backoff))),
        (504, "", Err((Ambiguous, Retry::Reconcile))),
    ];
    for (status, body, expect) in cases {
        let got = send::outcome(&response(status, body));
        if let Err(error) = &got {
            assert!(!error.to_string().contains("3035550177"), "{error}");
        }
        let got = got.map(|a| (a.carrier_message_id, a.state)).map_err(|e| (e.class(), e.retry()));
        assert_eq!(got, expect.map(|(id, state)| (id.to_owned(), state)), "{status} {body}");
    }
}

#[test]
fn health_looks_for_a_webhook() {
    let cases = [
        (
            200,
            r#"{"success":true,"authorizations":[{"authId":"1","webhookUrl":"https://gw"}]}"#,
            true,
            "is set",
        ),
        (
            200,
            r#"{"success":true,"authorizations":[{"authId":"1","webhookUrl":"https://gw","tn":"1"}]}"#,
            true,
            "dropped",
        ),
        (
            200,
            r#"{"success":true,"authConfig":{"authorizations":[{"authId":19,"inboundAuth":false,"apiKey":"k"},{"authId":20,"inboundAuth":true,"webhookUrl":"gw","tn":18454777374}]}}"#,
            true,
            "dropped",
        ),
        (200, r#"{"success":false}"#, false, "api_key"),
        (401, "", false, "api_key"),
        (500, "", false, "500"),
    ];
    for (status, body, ok, word) in cases {
        let health = check::read(&response(status, body));
        assert!(health.ok == ok && health.detail.contains(word), "{status} {body}: {health:?}");
    }
}
