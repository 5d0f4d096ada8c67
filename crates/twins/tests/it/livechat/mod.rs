//! The LiveChat twin.

mod desk;
mod sending;

use serde_json::{Value, json};

use crate::harness::{Arrived, Bench};

/// The visitor behind +1 555 000 1001, and what comes before the number in all of these ids.
const VISITOR: &str = "7d3f1c22-0a55-4b1e-8c66-015550001001";
const VISITORS: &str = "7d3f1c22-0a55-4b1e-8c66-0";

/// Whether LiveChat sent this: the webhook's secret is in the body.
pub(crate) fn signed(bench: &Bench, arrived: &Arrived) -> bool {
    let settings = bench.twins.connection_settings("livechat").expect("a carrier");
    let body = arrived.json();
    let secrets = &settings["webhook_secrets"][body["webhook_id"].as_str().expect("an id")];
    body["organization_id"] == settings["organization_id"]
        && secrets.as_array().expect("registered").contains(&body["secret_key"])
}

/// Whether a webhook is about a chat as a whole, and so has no id of its own.
pub(crate) fn is_about_a_chat(arrived: &Arrived) -> bool {
    let body: Value = serde_json::from_slice(&arrived.body).unwrap_or_default();
    body["secret_key"].is_string()
        && !matches!(body["action"].as_str(), Some("incoming_event" | "incoming_chat"))
}

/// The `Authorization` header of a kind of connection.
async fn credentials(bench: &Bench, variant: &str) -> String {
    let settings = bench.twins.connection_settings_for("livechat", variant).expect("a variant");
    let text = |name: &str| settings[name].as_str().map(str::to_owned);
    if let Some(token) = text("access_token") {
        return format!("Bearer {token}");
    }
    if let Some(token) = text("personal_access_token") {
        use base64::Engine as _;
        let pair = format!("{}:{token}", text("account_id").expect("an account"));
        return format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(pair));
    }
    let mut body = settings["bot"].clone();
    body["organization_id"] = settings["organization_id"].clone();
    let (status, answer) = call(bench, "configuration/action/issue_bot_token", body, &[]).await;
    assert_eq!(status, 200);
    format!("Bearer {}", answer["token"].as_str().expect("a token"))
}

async fn call(bench: &Bench, path: &str, body: Value, headers: &[(&str, &str)]) -> (u16, Value) {
    let url = format!("{}/v3.6/{path}", bench.setting("livechat", "base_url"));
    let mut request = bench.client.post(url).body(body.to_string());
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = request.send().await.expect("an answer");
    let status = response.status().as_u16();
    let bytes = response.bytes().await.expect("a body");
    (status, serde_json::from_slice(&bytes).expect("JSON"))
}

/// Somebody who calls the agent chat API.
struct Caller<'a> {
    bench: &'a Bench,
    authorization: String,
    region: &'static str,
}

impl<'a> Caller<'a> {
    async fn bot(bench: &'a Bench) -> Self {
        Self { bench, authorization: credentials(bench, "bot").await, region: "dal" }
    }

    async fn act(&self, action: &str, body: Value) -> (u16, Value) {
        let headers = [("authorization", self.authorization.as_str()), ("x-region", self.region)];
        call(self.bench, &format!("agent/action/{action}"), body, &headers).await
    }

    async fn say(&self, chat: &str, text: &str) -> (u16, Value) {
        let event = json!({ "type": "message", "text": text, "visibility": "all", "custom_id": "r1" });
        self.act("send_event", json!({ "chat_id": chat, "event": event })).await
    }
}

fn kind(answer: &Value) -> &str {
    answer["error"]["type"].as_str().unwrap_or_default()
}

/// The visitor behind a phone number writes; gives back the id of their chat.
async fn chat_with(bench: &Bench, from: &str) -> String {
    bench.trigger("livechat.message", json!({ "from": from })).await;
    let payload = bench.next().await.json()["payload"].clone();
    let id = payload["chat"]["id"].as_str().or(payload["chat_id"].as_str());
    id.expect("a chat").to_owned()
}

fn action(arrived: &Arrived) -> String {
    arrived.json()["action"].as_str().unwrap_or_default().to_owned()
}
