//! `/openapi.json`, `/docs` and `/errors/{code}`: the manual of the API, served by itself.
//!
//! The page is made from the document when the server starts: no script, nothing from
//! elsewhere, readable without either.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::HeaderName;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::IntoResponse;
use axum::routing::get;
use bytes::Bytes;
use omni_core::problem;
use serde_json::Value;
use utoipa::openapi::OpenApi;

use crate::Api;
use crate::error::{Answer, Failure};
use crate::params::WordPath;

const STYLE: &str = include_str!("docs.css");
const NO_SNIFF: (HeaderName, &str) = (HeaderName::from_static("x-content-type-options"), "nosniff");

/// The routes, over `document`.
pub(crate) fn routes(document: &OpenApi) -> Router<Arc<Api>> {
    let value = serde_json::to_value(document).expect("the document is JSON");
    let json = Bytes::from(serde_json::to_vec(&value).expect("the document is JSON"));
    let page = Bytes::from(page(&value));
    Router::new()
        .route("/openapi.json", get(move || async move { typed("application/json", json) }))
        .route("/docs", get(move || async move { html(page) }))
        .route("/docs/style.css", get(|| async { typed("text/css; charset=utf-8", STYLE) }))
        .route("/errors/{code}", get(error_page))
}

fn typed(content_type: &'static str, body: impl IntoResponse) -> impl IntoResponse {
    ([(CONTENT_TYPE, content_type), (CACHE_CONTROL, "no-cache"), NO_SNIFF], body)
}

fn html(body: impl IntoResponse) -> impl IntoResponse {
    let policy = (CONTENT_SECURITY_POLICY, "default-src 'self'; frame-ancestors 'none'");
    ([policy], typed("text/html; charset=utf-8", body))
}

async fn error_page(State(_): State<Arc<Api>>, WordPath(code): WordPath) -> Answer<impl IntoResponse> {
    let Some(code) = problem::find(&code) else {
        return Err(Failure::new(problem::NOT_FOUND, "There is no error of that code."));
    };
    let again = if code.retryable {
        "The same request may work later: wait a little, then repeat it."
    } else {
        "The same request will fail again: change it first."
    };
    let mut page = opening(code.code);
    page.push_str(&format!(
        "<h1><code>{}</code></h1><p>{}.</p><p>HTTP status {}. {again}</p>\
         <p>The <code>detail</code> of the answer says what happened this time; \
         <code>omni explain {}</code> says more.</p><p><a href=\"/docs\">All operations</a></p></main>",
        code.code, code.title, code.status, code.code
    ));
    Ok(html(page))
}

fn opening(title: &str) -> String {
    format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width\"><title>{} - omniservice</title>\
         <link rel=\"stylesheet\" href=\"/docs/style.css\"><main>",
        escaped(title)
    )
}

/// Text that means nothing to HTML.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// The same, with `code` between back-ticks and paragraphs between empty lines.
fn prose(text: &str) -> String {
    let mut html = String::new();
    for paragraph in text.split("\n\n") {
        html.push_str("<p>");
        for (at, piece) in paragraph.split('`').enumerate() {
            let piece = escaped(piece);
            if at % 2 == 1 {
                html.push_str(&format!("<code>{piece}</code>"));
            } else {
                html.push_str(&piece);
            }
        }
        html.push_str("</p>");
    }
    html
}

fn words(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// All operations of the document, by tag.
fn page(document: &Value) -> String {
    let mut html = opening("API");
    html.push_str(&format!(
        "<h1>omniservice API</h1>{}<p><a href=\"/openapi.json\">openapi.json</a></p>",
        prose(words(&document["info"]["description"]))
    ));
    let mut tag = "";
    for (path, method, operation) in operations(document) {
        let of = words(&operation["tags"][0]);
        if of != tag {
            html.push_str(&format!("<h2>{}</h2>", escaped(of)));
            tag = of;
        }
        one(&mut html, document, path, method, operation);
    }
    html.push_str("</main>");
    html
}

/// (path, method, operation), by tag, else as in the document.
fn operations(document: &Value) -> Vec<(&str, &str, &Value)> {
    let paths = document["paths"].as_object().into_iter().flatten();
    let mut all: Vec<_> = paths
        .flat_map(|(path, item)| {
            let methods = item.as_object().into_iter().flatten();
            methods.map(move |(method, operation)| (path.as_str(), method.as_str(), operation))
        })
        .filter(|(_, _, operation)| operation.get("operationId").is_some())
        .collect();
    // What is sent comes before what is looked at; the system's own pages come last.
    all.sort_by_key(|(_, _, operation)| {
        let tag = words(&operation["tags"][0]);
        (tag == "system", tag != "messages", tag)
    });
    all
}

/// What `value` is, or what it refers to.
fn resolved<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    let pointer = value["$ref"].as_str().and_then(|reference| reference.strip_prefix('#'));
    pointer.and_then(|pointer| document.pointer(pointer)).unwrap_or(value)
}

fn one(html: &mut String, document: &Value, path: &str, method: &str, operation: &Value) {
    let id = escaped(words(&operation["operationId"]));
    html.push_str(&format!(
        "<details id=\"{id}\"><summary><b>{}</b> <code>{}</code> {}</summary>{}",
        method.to_uppercase(),
        escaped(path),
        escaped(words(&operation["summary"])),
        prose(words(&operation["description"]))
    ));
    let body = &operation["requestBody"]["content"]["application/json"];
    if !body.is_null() {
        html.push_str("<h3>Body</h3>");
        let schema = resolved(document, &body["schema"]);
        example(html, body.get("example").unwrap_or(&schema["example"]));
    }
    if let Some(parameters) = operation["parameters"].as_array().filter(|all| !all.is_empty()) {
        html.push_str("<table><tr><th>Parameter</th><th>In</th><th></th></tr>");
        for parameter in parameters {
            html.push_str(&format!(
                "<tr><td><code>{}</code></td><td>{}</td><td>{}</td></tr>",
                escaped(words(&parameter["name"])),
                escaped(words(&parameter["in"])),
                prose(words(&parameter["description"]))
            ));
        }
        html.push_str("</table>");
    }
    for (status, response) in operation["responses"].as_object().into_iter().flatten() {
        let response = resolved(document, response);
        html.push_str(&format!(
            "<h3>{}</h3>{}",
            escaped(status),
            prose(&words(&response["description"]).replace(". `", ".\n\n`"))
        ));
        let success = status.starts_with('2');
        let contents = response["content"].as_object().into_iter().flatten();
        for (_, content) in contents.filter(|_| success) {
            example(html, &content["example"]);
        }
    }
    html.push_str("</details>");
}

fn example(html: &mut String, example: &Value) {
    let text = match example {
        Value::Null => return,
        Value::String(text) => text.clone(),
        value => serde_json::to_string_pretty(value).unwrap_or_default(),
    };
    html.push_str(&format!("<pre>{}</pre>", escaped(&text)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_document_says_cannot_become_html() {
        assert_eq!(
            prose("a `<b>` & \"c\"\n\nd"),
            "<p>a <code>&lt;b&gt;</code> &amp; &quot;c&quot;</p><p>d</p>"
        );
    }

    #[test]
    fn every_operation_is_on_the_page_and_nothing_is_fetched_from_elsewhere() {
        let document = serde_json::to_value(crate::openapi()).unwrap();
        let page = page(&document);
        let all = operations(&document);
        assert!(all.len() > 20, "{}", all.len());
        for (path, _, operation) in all {
            let id = words(&operation["operationId"]);
            assert!(page.contains(&format!("<details id=\"{id}\">")), "{path}");
        }
        for foreign in ["src=", "href=\"http", "href=\"//", "<script", "style=\"", "@import"] {
            assert!(!page.contains(foreign) && !STYLE.contains(foreign), "{foreign}");
        }
    }
}
