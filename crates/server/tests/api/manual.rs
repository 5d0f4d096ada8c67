//! The OpenAPI document, its snapshot, and the page made of it.

use crate::app::App;
use omni_core::problem;
use serde_json::Value;

#[test]
fn the_snapshot_is_what_the_router_says() {
    let ours = omni_server::openapi().to_pretty_json().unwrap() + "\n";
    let snapshot = include_str!("../../openapi.json");
    assert!(
        ours == snapshot,
        "the API changed; look at the difference and write it down: cargo run -p omni-server --example openapi"
    );
}

#[tokio::test]
async fn the_served_document_is_the_generated_one() {
    let app = App::new();
    let served = app.get("/openapi.json").no_key().send().await;
    assert_eq!(served.json, serde_json::to_value(omni_server::openapi()).unwrap());
    assert_eq!(served.json["openapi"], "3.1.0");
}

#[test]
fn words_may_have_come_in_or_gone_out() {
    let document = serde_json::to_value(omni_server::openapi()).unwrap();
    let content = &document["components"]["schemas"]["Content"];
    assert!(content["anyOf"].as_array().is_some_and(|both| both.len() == 2), "{content}");
}

#[tokio::test]
async fn a_browser_at_the_root_finds_the_manual() {
    let app = App::new();
    let root = app.get("/").no_key().header("accept", "text/html,*/*;q=0.8").send().await;
    assert_eq!((root.status.as_u16(), root.header("location")), (307, "/docs"));
    assert_eq!(app.get("/docs").no_key().send().await.status, 200);
}

#[test]
fn every_operation_has_a_summary_an_example_and_its_errors() {
    let document = serde_json::to_value(omni_server::openapi()).unwrap();
    let mut names = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let at = format!("{method} {path}");
            assert!(operation["summary"].as_str().is_some_and(|summary| summary.len() > 4), "{at}");
            names.push(operation["operationId"].as_str().expect(&at).to_owned());
            let responses = operation["responses"].as_object().unwrap();
            let success = responses.iter().find(|(status, _)| status.starts_with('2')).expect(&at).1;
            let contents = success["content"].as_object().expect(&at);
            assert!(contents.values().all(|content| !content["example"].is_null()), "{at}");
            if path.starts_with("/v1/") {
                for status in ["400", "401", "500", "503"] {
                    assert!(responses.contains_key(status), "{at} {status}");
                }
            }
            for code in operation["x-error-codes"].as_array().into_iter().flatten() {
                let code = problem::find(code.as_str().unwrap()).expect(&at);
                let response = &responses[&code.status.to_string()];
                let text = response.to_string();
                assert!(text.contains(code.code) || text.contains("$ref"), "{at} {}", code.code);
            }
        }
    }
    let all = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), all, "operation ids are unique");
}

#[test]
fn every_reference_leads_somewhere() {
    fn walk(document: &Value, value: &Value) {
        match value {
            Value::Object(fields) => {
                if let Some(Value::String(reference)) = fields.get("$ref") {
                    assert!(document.pointer(&reference[1..]).is_some(), "{reference}");
                }
                fields.values().for_each(|value| walk(document, value));
            }
            Value::Array(values) => values.iter().for_each(|value| walk(document, value)),
            _ => {}
        }
    }
    let document = serde_json::to_value(omni_server::openapi()).unwrap();
    walk(&document, &document);
}

#[tokio::test]
async fn the_page_needs_nothing_from_elsewhere() {
    let app = App::new();
    let page = app.get("/docs").no_key().send().await;
    assert!(page.header("content-security-policy").starts_with("default-src 'self'"));
    assert!(page.text().contains("Send a message") && page.text().contains("/docs/style.css"));
    let style = app.get("/docs/style.css").no_key().send().await;
    assert_eq!((style.status.as_u16(), style.header("content-type")), (200, "text/css; charset=utf-8"));
}

/// What is answered has no field that the document does not know, and all that it requires.
#[tokio::test]
async fn answers_are_what_the_document_says() {
    let app = App::new();
    let document = serde_json::to_value(omni_server::openapi()).unwrap();
    let id = app.sent("hi").await;
    let word = app.call("POST", "/webhooks/paper/paper-test").no_key().header("x-word", "please");
    word.body(r#"{"id":"m-1","text":"hello"}"#).send().await;
    let message = app.get(&format!("/v1/messages/{id}")).send().await.json;
    let customer = format!("/v1/customers/{}", message["customerId"].as_str().unwrap());
    for (path, schema) in [
        ("/v1/messages".to_owned(), "Page_Message"),
        (format!("/v1/messages/{id}/trace"), "Trace"),
        ("/v1/conversations".to_owned(), "Page_Conversation"),
        (customer, "Customer"),
        ("/v1/events".to_owned(), "Page_Event"),
        ("/v1/journal".to_owned(), "Page_JournalEntry"),
        ("/v1/connections".to_owned(), "Page_Connection"),
        ("/version".to_owned(), "Version"),
        ("/readyz?verbose".to_owned(), "Readiness"),
    ] {
        let answer = app.get(&path).send().await;
        assert_eq!(answer.status, 200, "{path}");
        conforms(&document, &document["components"]["schemas"][schema], &answer.json, &path);
    }
    let problem = app.get("/v1/messages?x=1").send().await.json;
    conforms(&document, &document["components"]["schemas"]["Problem"], &problem, "problem");
}

/// A little of JSON Schema: names and types of fields, all the way down.
fn conforms(document: &Value, schema: &Value, value: &Value, at: &str) {
    if let Some(reference) = schema["$ref"].as_str() {
        return conforms(document, document.pointer(&reference[1..]).unwrap(), value, at);
    }
    let choices = ["oneOf", "anyOf", "allOf"].into_iter().find_map(|name| schema[name].as_array());
    if schema["properties"].is_null() && choices.is_some() {
        return; // one of several: the parts are checked where they stand alone
    }
    match value {
        Value::Object(fields) if schema["properties"].is_object() => {
            for required in schema["required"].as_array().into_iter().flatten() {
                assert!(fields.contains_key(required.as_str().unwrap()), "{at} lacks {required}");
            }
            for (name, value) in fields {
                let schema = &schema["properties"][name];
                assert!(!schema.is_null(), "{at} has the undocumented {name}");
                conforms(document, schema, value, &format!("{at}/{name}"));
            }
        }
        Value::Array(values) => {
            for value in values {
                conforms(document, &schema["items"], value, at);
            }
        }
        value => {
            if let Some(words) = schema["enum"].as_array() {
                assert!(words.contains(value), "{at}: {value}");
            }
        }
    }
}
