//! The sandbox endpoints, over twins of paper.

use std::sync::Arc;

use async_trait::async_trait;
use omni_core::problem::{self, Problem};
use omni_server::Sandbox;
use serde_json::{Map, Value, json};

use crate::app::App;

struct PaperTwins;

#[async_trait]
impl Sandbox for PaperTwins {
    fn catalogue(&self) -> Value {
        json!([{ "event": "paper.text" }])
    }
    async fn trigger(&self, event: &str, params: Map<String, Value>) -> Result<Value, Problem> {
        match event {
            "paper.text" => Ok(json!({ "event": event, "params": params })),
            "paper.panic" => panic!("asked for"),
            _ => Err(Problem::new(problem::EVENT_UNKNOWN, "There is no such event.")),
        }
    }
    fn faults(&self, carrier: &str) -> Result<Value, Problem> {
        match carrier {
            "paper" => Ok(json!({})),
            _ => Err(Problem::new(problem::CONNECTION_UNKNOWN, "There is no such twin.")),
        }
    }
    fn set_faults(&self, carrier: &str, faults: Value) -> Result<Value, Problem> {
        self.faults(carrier).map(|_| faults)
    }
}

#[tokio::test]
async fn without_twins_there_is_no_sandbox() {
    let app = App::new();
    for (method, path) in [
        ("GET", "/v1/sandbox/events"),
        ("POST", "/v1/sandbox/trigger"),
        ("GET", "/v1/sandbox/faults/paper"),
        ("PUT", "/v1/sandbox/faults/paper"),
    ] {
        assert_eq!(app.call(method, path).send().await.is("SANDBOX_OFF").status, 404, "{path}");
    }
}

#[tokio::test]
async fn twins_do_what_a_test_key_asks() {
    let app = App::with(|api| api.sandbox = Some(Arc::new(PaperTwins)));
    assert_eq!(app.get("/v1/sandbox/events").send().await.json[0]["event"], "paper.text");
    app.get("/v1/sandbox/events").key(&app.live).send().await.is("FORBIDDEN");
    let trigger = |body: Value| app.post("/v1/sandbox/trigger", &body);
    let done = trigger(json!({ "event": "paper.text", "params": { "text": "hi" } })).send().await;
    assert_eq!(done.json["params"]["text"], "hi");
    trigger(json!({ "event": "paper.nothing" })).send().await.is("EVENT_UNKNOWN");
    let wrong = trigger(json!({ "evnt": 1, "params": [] })).send().await;
    let pointers: Vec<_> = wrong.is("VALIDATION_FAILED").json["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| &e["pointer"])
        .collect();
    assert_eq!(pointers, ["/evnt", "/params", "/event"]);
    trigger(json!("x")).send().await.is("VALIDATION_FAILED");

    assert_eq!(app.get("/v1/sandbox/faults/paper").send().await.json, json!({}));
    let faults = json!({ "errorRate": 0.3 });
    let put = app.call("PUT", "/v1/sandbox/faults/paper").header("content-type", "application/json");
    assert_eq!(put.body(faults.to_string()).send().await.json, faults);
    app.get("/v1/sandbox/faults/plastic").send().await.is("CONNECTION_UNKNOWN");

    let panicked = trigger(json!({ "event": "paper.panic" })).send().await;
    assert_eq!(panicked.is("INTERNAL").status, 500);
    assert!(!panicked.text().contains("asked for"));
}
