//! What answers mean, and the token.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::time::Duration;

use omni_core::failure::{ErrorClass, Retry};
use omni_core::http::HttpError;

use super::*;

#[test]
fn answers_become_outcomes() {
    let backoff_a_minute = Retry::After(Duration::from_secs(60));
    #[rustfmt::skip]
    let cases = [
        (202, r#"{"id":"m9","segmentCount":2}"#, Ok(("m9", Some(2)))),
        (202, r#"{"data":{"id":"m9"}}"#, Ok(("m9", None))),
        (202, "<html>", Err((ErrorClass::Ambiguous, Retry::Reconcile))),
        (400, r#"{"type":"request-validation","fieldErrors":[{"fieldName":"to","description":"'+13035550177' bad"}]}"#, Err((ErrorClass::InvalidRecipient, Retry::Never))),
        (400, r#"{"type":"request-validation","description":"no"}"#, Err((ErrorClass::BadRequest, Retry::Never))),
        (400, r#"{"type":"request-validation","fieldErrors":[{"fieldName":"media[0]","description":"no URL"}]}"#, Err((ErrorClass::Media, Retry::Never))),
        (400, r#"{"errors":[{"type":"request-validation","description":"bad","source":{"field":"to"}}],"data":null}"#, Err((ErrorClass::InvalidRecipient, Retry::Never))),
        (400, r#"{"errors":[{"type":"request-validation","description":"bad","source":{"field":"channelList[0].content.media[0].fileUrl"}}]}"#, Err((ErrorClass::Media, Retry::Never))),
        (400, r#"{"errors":[{"type":"request-validation","description":"+13035550177","source":{"field":"channelList[0].from"}}]}"#, Err((ErrorClass::BadRequest, Retry::Never))),
        (400, r#"{"errors":[],"fieldErrors":[]}"#, Err((ErrorClass::BadRequest, Retry::Never))),
        (403, r#"{"errors":[{"type":"forbidden","description":"Access Denied","source":{}}]}"#, Err((ErrorClass::Permission, Retry::OtherCarrier))),
        (401, "", Err((ErrorClass::Auth, Retry::OtherCarrier))),
        (403, "", Err((ErrorClass::Permission, Retry::OtherCarrier))),
        (415, "", Err((ErrorClass::BadRequest, Retry::Never))),
        (429, r#"{"type":"max-message-queue-size-exceeded"}"#, Err((ErrorClass::Throttled, backoff_a_minute))),
        (503, "", Err((ErrorClass::Transient, Retry::Backoff))),
        (504, "", Err((ErrorClass::Ambiguous, Retry::Reconcile))),
    ];
    for (status, body, expect) in cases {
        let got = outcome::read(&response(status, body));
        if let Err(error) = &got {
            assert!(!error.to_string().contains("3035550177"), "{error}");
        }
        let got = got.map(|a| (a.carrier_message_id, a.segments)).map_err(|e| (e.class(), e.retry()));
        assert_eq!(got, expect.map(|(id, segments)| (id.to_owned(), segments)), "{status} {body}");
    }
    let (code, reason) = match outcome::read(&response(
        429,
        r#"{"errors":[{"type":"rate-limit-exceeded","description":"later","source":{}}]}"#,
    )) {
        Err(SendError::Rejected { code, reason, .. }) => (code, reason),
        other => panic!("{other:?}"),
    };
    assert_eq!((code.as_str(), reason.as_str()), ("rate-limit-exceeded", "later"));
    // A full queue: at least a minute, longer if Bandwidth says so.
    for (said, wait) in [("5", 60), ("120", 120), ("soon", 60)] {
        let headers = vec![("retry-after".to_owned(), said.to_owned())];
        let got = outcome::read(&HttpResponse { headers, ..response(429, "{}") }).unwrap_err();
        assert_eq!(got.retry(), Retry::After(Duration::from_secs(wait)), "{said}");
    }
}

/// Answers in order, and keeps what was asked.
pub(super) struct Scripted {
    answers: Mutex<VecDeque<(u16, &'static str)>>,
    asked: Mutex<Vec<(String, String)>>,
}

impl Scripted {
    pub(super) fn answering(answers: Vec<(u16, &'static str)>) -> Self {
        Self { answers: Mutex::new(answers.into()), asked: Mutex::default() }
    }
}

#[async_trait]
impl HttpClient for Scripted {
    async fn execute(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let proof = request.headers.iter().find(|(name, _)| *name == "authorization");
        let proof = proof.map(|(_, value)| value.clone()).unwrap_or_default();
        self.asked.lock().unwrap().push((request.url.rsplit('/').next().unwrap().to_owned(), proof));
        let answer = self.answers.lock().unwrap().pop_front();
        let (status, body) = answer.ok_or_else(|| HttpError::NoAnswer("reset".into()))?;
        Ok(response(status, body))
    }
}

/// A token is issued once, used until it is refused, and renewed once in a send.
#[tokio::test]
async fn client_credentials_are_exchanged_for_a_token() {
    const ONE: (u16, &str) = (200, r#"{"access_token":"one","token_type":"Bearer","expires_in":3600}"#);
    const TWO: (u16, &str) = (200, r#"{"access_token":"two"}"#);
    const TAKEN: (u16, &str) = (202, r#"{"id":"m9"}"#);
    const REFUSED: (u16, &str) = (401, "{}");
    let (token, first, second) =
        (("token", "Basic Y2xpZW50OnMzY3JldA=="), ("messages", "Bearer one"), ("messages", "Bearer two"));
    #[rustfmt::skip]
    let cases = [
        ("issued", vec![ONE, TAKEN], "m9", vec![token, first]),
        ("renewed", vec![ONE, REFUSED, TWO, TAKEN], "m9", vec![token, first, token, second]),
        ("refused for good", vec![ONE, REFUSED, TWO, REFUSED], "auth 401", vec![token, first, token, second]),
        ("a wrong client", vec![(400, r#"{"error":"invalid_client"}"#)], "auth invalid_client", vec![token]),
        ("no token in it: nothing was sent", vec![(200, "{}")], "transient connect", vec![token]),
        ("no answer: nothing was sent", vec![], "transient connect", vec![token]),
        ("no answer to the send", vec![ONE], "ambiguous ambiguous", vec![token, first]),
    ];
    for (name, answers, expect, asked) in cases {
        let mut carrier = carrier();
        carrier.settings.oauth =
            serde_json::from_value(json!({ "client_id": "client", "client_secret": "s3cret" })).unwrap();
        assert!(!format!("{:?}", carrier.settings).contains("s3cret"), "{name}");
        let http = Scripted::answering(answers);
        let message = outbound(Channel::Sms, "+17205550142", OutboundContent::Text { text: "Hi".into() });
        let got = match carrier.send(&http, &message).await {
            Ok(accepted) => accepted.carrier_message_id,
            Err(error) => format!("{} {}", error.class().as_str(), error.code()),
        };
        assert_eq!(got, expect, "{name}");
        let asked: Vec<_> =
            asked.into_iter().map(|(url, proof)| (url.to_owned(), proof.to_owned())).collect();
        assert_eq!(*http.asked.lock().unwrap(), asked, "{name}");
    }
}
