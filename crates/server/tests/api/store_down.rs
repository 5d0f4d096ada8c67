//! A store that cannot: nobody is told that something was stored.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use omni_core::id::{JobId, JournalId, TenantId};
use omni_core::job::Leased;
use omni_core::store::{
    Changes, Committed, JournalEntry, JournalQuery, LoggedEvent, Page, Query, Store, StoreError, StoreStats,
    Table, Versioned,
};
use serde_json::json;

use crate::app::App;

/// Its disk is full.
struct Full;

fn full<T>() -> Result<T, StoreError> {
    Err(StoreError::ReadOnly("disk full at /very/secret".into()))
}

#[async_trait]
impl Store for Full {
    async fn get(&self, _: &TenantId, _: Table, _: &str) -> Result<Option<Versioned<Bytes>>, StoreError> {
        Ok(None)
    }
    async fn list(&self, _: &TenantId, _: &Query) -> Result<Page, StoreError> {
        full()
    }
    async fn commit(&self, _: Changes) -> Result<Committed, StoreError> {
        full()
    }
    async fn journal(&self, _: JournalEntry) -> Result<(), StoreError> {
        full()
    }
    async fn lease(&self, _: usize, _: Duration) -> Result<Vec<Leased>, StoreError> {
        full()
    }
    async fn extend(&self, _: JobId, _: u64) -> Result<bool, StoreError> {
        full()
    }
    async fn events(
        &self,
        _: &TenantId,
        _: u64,
        _: usize,
        _: Duration,
    ) -> Result<Vec<LoggedEvent>, StoreError> {
        full()
    }
    async fn last_event(&self, _: &TenantId) -> Result<u64, StoreError> {
        Ok(0)
    }
    async fn journal_entry(
        &self,
        _: Option<&TenantId>,
        _: JournalId,
    ) -> Result<Option<JournalEntry>, StoreError> {
        full()
    }
    async fn journal_list(
        &self,
        _: Option<&TenantId>,
        _: &JournalQuery,
    ) -> Result<Vec<JournalEntry>, StoreError> {
        full()
    }
    fn stats(&self) -> StoreStats {
        StoreStats::default()
    }
    async fn ready(&self) -> Result<(), StoreError> {
        full()
    }
}

#[tokio::test]
async fn nothing_is_acknowledged_that_is_not_durable() {
    let app = App::over(Arc::new(Full));
    for word in ["please", "wrong"] {
        let call = app.call("POST", "/webhooks/paper/paper-test").no_key().header("x-word", word);
        let answer = call.body(r#"{"id":"m-1","text":"hello"}"#).send().await;
        assert_eq!(answer.is("STORE_UNAVAILABLE").status, 503, "{word}");
        assert_eq!(answer.header("retry-after"), "1");
    }
    let send = app.post("/v1/messages", &json!({ "to": "+15550001001", "text": "hi" })).send().await;
    assert_eq!(send.is("STORE_UNAVAILABLE").json["retryable"], true);
    for path in ["/v1/messages", "/v1/events", "/v1/journal"] {
        let answer = app.get(path).send().await;
        assert!(!answer.is("STORE_UNAVAILABLE").text().contains("secret"), "{path}");
    }
    let ready = app.get("/readyz").no_key().send().await;
    assert_eq!((ready.status.as_u16(), ready.text()), (503, "not ready: store\n"));
    assert!(!app.get("/readyz?verbose").no_key().send().await.text().contains("secret"));
    assert_eq!(app.get("/livez").no_key().send().await.status, 200);
    let stream = app.get("/v1/events/stream").send().await;
    assert_eq!(stream.status, 200, "and it ends by itself");
}
