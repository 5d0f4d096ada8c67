//! The OpenAPI document, generated from the router.
//!
//! Handlers describe what is theirs: summary, parameters, the answer, and the error codes
//! they may give (`x-error-codes`). What is the same everywhere is added here: errors as
//! responses by status, the key, examples put together from the examples of types.

use std::collections::BTreeMap;

use omni_core::problem::{self, Code};
use serde_json::{Map, Value, json};
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::path::Operation;
use utoipa::openapi::schema::AnyOfBuilder;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{
    Components, ComponentsBuilder, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder, PathItem, Ref,
    RefOr, Response, ResponseBuilder, Schema, Server,
};
use utoipa::{PartialSchema, ToSchema};

use crate::error::{Mistake, ProblemBody};
use crate::router::documented;

/// Where handlers list the codes of [`omni_core::problem`] that they may answer.
const CODES: &str = "x-error-codes";
/// What any operation under `/v1` may answer.
const COMMON: [Code; 4] =
    [problem::QUERY_INVALID, problem::UNAUTHORIZED, problem::STORE_UNAVAILABLE, problem::INTERNAL];
/// Nesting of types beyond which an example stops.
const DEEPEST: usize = 8;

/// The document of this version.
pub fn openapi() -> OpenApi {
    let (_, described) = documented().split_for_parts();
    finished(described)
}

/// What stands above the paths.
pub(crate) fn head() -> OpenApi {
    let info = InfoBuilder::new()
        .title("omniservice")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "A self-hosted omnichannel messaging gateway.\n\nEvery request to `/v1` carries `Authorization: Bearer \
             omni_sk_…`; a key sees its own tenant's things only. Lists answer `{data, nextCursor}`. Errors are RFC \
             9457 problems with a stable `code`; unknown parameters and fields are errors, never ignored. Carriers \
             call `/webhooks/{carrier}/{connection}`, in their own dialects.",
        ))
        .license(Some(LicenseBuilder::new().name("Apache-2.0").identifier(Some("Apache-2.0")).build()))
        .build();
    let components = ComponentsBuilder::new()
        .security_scheme("apiKey", SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)))
        .schema(Mistake::name(), Mistake::schema())
        .schema("Problem", ProblemBody::schema())
        .responses_from_iter(COMMON.map(|code| (code.code, error("/v1/messages", &[code]))))
        .build();
    OpenApiBuilder::new()
        .info(info)
        .servers(Some([Server::new("/")]))
        .components(Some(components))
        .security(Some([SecurityRequirement::new::<_, [&str; 0], &str>("apiKey", [])]))
        .build()
}

/// What came in and what went out can look alike: words are both. `oneOf` would refuse them.
fn either(document: &mut OpenApi) {
    let content = document.components.as_mut().and_then(|components| components.schemas.get_mut("Content"));
    if let Some(schema) = content
        && let RefOr::T(Schema::OneOf(one)) = schema
    {
        let mut any = AnyOfBuilder::new().description(one.description.take());
        for item in std::mem::take(&mut one.items) {
            any = any.item(item);
        }
        *schema = RefOr::T(Schema::AnyOf(any.build()));
    }
}

/// Adds what every operation has in common.
pub(crate) fn finished(mut document: OpenApi) -> OpenApi {
    either(&mut document);
    let components = document.components.clone().unwrap_or_default();
    let examples = Examples::of(&components);
    for (path, item) in &mut document.paths.paths {
        for operation in operations(item) {
            errors(path, operation);
            for response in operation.responses.responses.values_mut() {
                if let RefOr::T(response) = response {
                    examples.fill(response);
                }
            }
        }
    }
    document
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let PathItem { get, put, post, delete, patch, .. } = item;
    [get, put, post, delete, patch].into_iter().flatten()
}

/// The codes an operation lists, and those that any operation of its kind may answer.
fn codes(path: &str, operation: &Operation) -> Vec<Code> {
    let listed = operation.extensions.as_ref().and_then(|extensions| extensions.get(CODES));
    let listed = listed.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let mut codes: Vec<Code> = listed
        .iter()
        .filter_map(Value::as_str)
        .map(|code| problem::find(code).unwrap_or_else(|| panic!("{path} lists the unknown code {code}")))
        .collect();
    if path.starts_with("/v1/") {
        codes.extend(COMMON);
    }
    codes
}

/// Turns codes into responses: one for each status, naming its codes.
fn errors(path: &str, operation: &mut Operation) {
    let mut by_status: BTreeMap<u16, Vec<Code>> = BTreeMap::new();
    for code in codes(path, operation) {
        by_status.entry(code.status).or_default().push(code);
    }
    for (status, codes) in by_status {
        let response = match codes.as_slice() {
            [one] if COMMON.contains(one) => RefOr::Ref(Ref::from_response_name(one.code)),
            codes => RefOr::T(error(path, codes)),
        };
        operation.responses.responses.entry(status.to_string()).or_insert(response);
    }
}

/// The response that tells any of `codes`, which have one status.
fn error(path: &str, codes: &[Code]) -> Response {
    let lines: Vec<String> = codes.iter().map(|code| format!("`{}`: {}.", code.code, code.title)).collect();
    let Code { code, title, status, retryable } = codes[0];
    let example = json!({
        "type": format!("/errors/{code}"), "title": title, "status": status, "detail": format!("{title}."),
        "instance": path, "code": code, "requestId": "trc_01K5D0000000000000000000RQ", "retryable": retryable,
    });
    let content = ContentBuilder::new()
        .schema(Some(RefOr::Ref(Ref::from_schema_name("Problem"))))
        .example(Some(example))
        .build();
    ResponseBuilder::new().description(lines.join(" ")).content("application/problem+json", content).build()
}

/// Examples of types, put together from the examples of their parts.
struct Examples {
    schemas: Map<String, Value>,
}

impl Examples {
    fn of(components: &Components) -> Self {
        let schemas = serde_json::to_value(&components.schemas).unwrap_or_default();
        Self { schemas: schemas.as_object().cloned().unwrap_or_default() }
    }

    /// Gives every body of `response` an example that has none.
    fn fill(&self, response: &mut Response) {
        for content in response.content.values_mut() {
            let RefOr::T(content) = content else { continue };
            if content.example.is_some() {
                continue;
            }
            let Some(schema) = &content.schema else { continue };
            content.example = self.example(&value(schema), DEEPEST);
        }
    }

    fn example(&self, schema: &Value, depth: usize) -> Option<Value> {
        if let Some(example) = schema.get("example").or_else(|| schema.get("examples")?.get(0)) {
            return Some(example.clone());
        }
        let depth = depth.checked_sub(1)?;
        if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
            return self.example(self.schemas.get(reference.rsplit('/').next()?)?, depth);
        }
        if let Some(word) = schema.get("enum").and_then(|words| words.get(0)) {
            return Some(word.clone());
        }
        for choice in ["oneOf", "anyOf"] {
            let choices = schema.get(choice).and_then(Value::as_array);
            if let Some(found) =
                choices.and_then(|choices| choices.iter().find_map(|one| self.example(one, depth)))
            {
                return Some(found);
            }
        }
        let kind = schema.get("type").map(|kind| kind.get(0).unwrap_or(kind));
        match kind.and_then(Value::as_str) {
            Some("array") => Some(json!([self.example(schema.get("items")?, depth)?])),
            Some("string") => Some(json!("…")),
            Some("integer" | "number") => Some(json!(1)),
            Some("boolean") => Some(json!(true)),
            _ => {
                let properties = schema.get("properties")?.as_object()?;
                let example = properties
                    .iter()
                    .filter_map(|(name, schema)| Some((name.clone(), self.example(schema, depth)?)));
                Some(Value::Object(example.collect()))
            }
        }
    }
}

fn value(schema: &RefOr<Schema>) -> Value {
    serde_json::to_value(schema).unwrap_or_default()
}
