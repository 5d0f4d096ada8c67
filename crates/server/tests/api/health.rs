//! Is it alive, ready, and what is it.

use std::sync::Arc;

use crate::app::App;

#[tokio::test]
async fn readiness_follows_the_store_and_the_drain_and_liveness_does_not() {
    let app = App::new();
    let ready = app.get("/readyz").no_key().send().await;
    assert_eq!((ready.status.as_u16(), ready.text()), (200, "ready\n"));
    let verbose = app.get("/readyz?verbose").no_key().send().await;
    let expect = serde_json::json!({ "ready": true, "checks": { "store": { "ok": true }, "accepting": { "ok": true } } });
    assert_eq!(verbose.json, expect);
    app.api.draining.cancel();
    for path in ["/readyz", "/readyz?verbose=true"] {
        let answer = app.get(path).no_key().send().await;
        assert_eq!(answer.status, 503, "{path}");
        assert!(answer.text().contains("accepting"), "{path}: {}", answer.text());
    }
    assert_eq!(app.get("/livez").no_key().send().await.status, 200);
    app.get("/readyz?verbos").no_key().send().await.is("QUERY_INVALID");
}

#[tokio::test]
async fn version_and_metrics() {
    let app = App::new();
    assert_eq!(app.get("/version").no_key().send().await.json["version"], env!("CARGO_PKG_VERSION"));
    app.get("/metrics").no_key().send().await.is("NOT_FOUND");
    let app = App::with(|api| api.metrics = Some(Arc::new(|| "omni_up 1\n".to_owned())));
    let metrics = app.get("/metrics").no_key().send().await;
    assert_eq!((metrics.status.as_u16(), metrics.text()), (200, "omni_up 1\n"));
    assert!(metrics.header("content-type").starts_with("text/plain; version=0.0.4"));
}
