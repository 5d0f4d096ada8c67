//! Webhooks as Meta writes and signs them.

use std::time::Duration;

use hmac::{Hmac, Mac};
use omni_core::time::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};
use sha2::Sha256;

use super::content::is_user_id;
use super::templates::{self, Category};
use super::wire::as_meta_writes;
use super::{BUSINESS_ACCOUNT_ID, DISPLAY_NUMBER, PHONE_NUMBER_ID, WhatsApp};
use crate::callbacks::{Callback, RetryOn, RetryRule};
use crate::dice::hex;
use crate::record::{Receipt, Record};

/// At once, then less and less often. Meta goes on for days; the sandbox stops after a quarter
/// of an hour.
const RETRIES: RetryRule = RetryRule {
    waits: &[
        Duration::ZERO,
        Duration::from_secs(2),
        Duration::from_secs(10),
        Duration::from_secs(60),
        Duration::from_secs(300),
        Duration::from_secs(600),
    ],
    timeout: Duration::from_secs(20),
    total: Duration::from_secs(3_600),
    only_200: true,
    on: RetryOn::ANYTHING,
};

/// A webhook body, around what changed.
#[derive(Serialize)]
struct Envelope<T> {
    object: &'static str,
    entry: [Entry<T>; 1],
}

#[derive(Serialize)]
struct Entry<T> {
    id: &'static str,
    changes: [Change<T>; 1],
}

#[derive(Serialize)]
struct Change<T> {
    value: T,
    field: &'static str,
}

/// What changed. Exactly one of the lists is filled.
#[derive(Serialize)]
pub(super) struct Content<'a> {
    messaging_product: &'static str,
    metadata: Metadata<'a>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) contacts: Vec<Contact<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) messages: Vec<Message<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) statuses: Vec<Status<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) errors: Vec<StatusError>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) message_echoes: Vec<Value>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) user_preferences: Vec<Value>,
}

#[derive(Serialize)]
struct Metadata<'a> {
    display_phone_number: &'static str,
    phone_number_id: &'a str,
}

/// Who wrote, or who is written to.
#[derive(Serialize)]
pub(super) struct Contact<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) profile: Option<Profile<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) wa_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) user_id: Option<&'a str>,
}

#[derive(Serialize)]
pub(super) struct Profile<'a> {
    pub(super) name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) username: Option<&'a str>,
}

/// Something that a person did.
#[derive(Serialize)]
pub(super) struct Message<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) from: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) from_user_id: Option<&'a str>,
    pub(super) id: String,
    pub(super) timestamp: String,
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    /// The object named by the type, and `context`, `referral`, `errors`.
    #[serde(flatten)]
    pub(super) rest: Map<String, Value>,
}

#[derive(Serialize)]
pub(super) struct Status<'a> {
    id: &'a str,
    status: &'static str,
    timestamp: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    recipient_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    recipient_user_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    recipient_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    biz_opaque_callback_data: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pricing: Option<Pricing>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<StatusError>,
}

#[derive(Serialize)]
struct Pricing {
    billable: bool,
    pricing_model: &'static str,
    #[serde(rename = "type")]
    kind: &'static str,
    category: &'static str,
}

#[derive(Serialize)]
pub(super) struct StatusError {
    code: u32,
    title: &'static str,
    message: &'static str,
    error_data: ErrorData,
    href: &'static str,
}

#[derive(Serialize)]
struct ErrorData {
    details: &'static str,
}

impl StatusError {
    pub(super) fn new(code: u32) -> Self {
        let title = super::errors::title(code);
        Self {
            code,
            title,
            message: title,
            error_data: ErrorData { details: title },
            href: "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/",
        }
    }
}

impl<'a> Content<'a> {
    /// Nothing yet, for the number `phone_number_id`.
    pub(super) fn new(phone_number_id: &'a str) -> Self {
        Self {
            messaging_product: "whatsapp",
            metadata: Metadata { display_phone_number: DISPLAY_NUMBER, phone_number_id },
            contacts: Vec::new(),
            messages: Vec::new(),
            statuses: Vec::new(),
            errors: Vec::new(),
            message_echoes: Vec::new(),
            user_preferences: Vec::new(),
        }
    }
}

impl WhatsApp {
    /// A signed webhook.
    pub(super) fn callback(
        &self,
        what: &'static str,
        id: String,
        field: &'static str,
        value: impl Serialize,
        forged: bool,
    ) -> Callback {
        let entry = Entry { id: BUSINESS_ACCOUNT_ID, changes: [Change { value, field }] };
        let body = as_meta_writes(&Envelope { object: "whatsapp_business_account", entry: [entry] });
        let key = if forged { "not the app secret" } else { self.app_secret.expose() };
        let headers = vec![
            ("content-type", "application/json".to_owned()),
            ("user-agent", "facebookexternalua".to_owned()),
            ("x-hub-signature-256", signature(key, &body)),
        ];
        Callback { what, id, url: self.desk.webhook_url(), headers, body: body.into(), rule: RETRIES }
    }

    /// The webhook that reports a status.
    pub(super) fn status(
        &self,
        record: &Record,
        receipt: Receipt,
        happened: Timestamp,
        forged: bool,
    ) -> Callback {
        let to = Addressee::of(&record.to);
        let person = to.wa_id.and_then(|wa_id| self.person(wa_id));
        let mut value = Content::new(PHONE_NUMBER_ID);
        if receipt.error.is_none() && !to.is_group() {
            let profile = person.as_ref().map(|person| Profile { name: &person.name, username: None });
            value.contacts.push(Contact { profile, wa_id: to.wa_id, user_id: to.user_id });
        }
        value.statuses.push(Status {
            id: &record.id,
            status: receipt.state,
            timestamp: happened.as_secs().to_string(),
            recipient_id: to.wa_id.or(to.group),
            recipient_user_id: to.user_id,
            recipient_type: to.group.map(|_| "group"),
            biz_opaque_callback_data: record.client_reference.as_deref(),
            pricing: matches!(receipt.state, "sent" | "delivered").then(|| pricing(&record.content)),
            errors: receipt.error.map(StatusError::new).into_iter().collect(),
        });
        self.callback(receipt.state, record.id.clone(), "messages", value, forged)
    }
}

/// The three kinds of recipients, told apart by how a record spells them.
struct Addressee<'a> {
    wa_id: Option<&'a str>,
    user_id: Option<&'a str>,
    group: Option<&'a str>,
}

impl<'a> Addressee<'a> {
    fn of(to: &'a str) -> Self {
        let wa_id = to.strip_prefix('+');
        let user_id = Some(to).filter(|to| is_user_id(to));
        let group = if wa_id.is_none() && user_id.is_none() { Some(to) } else { None };
        Self { wa_id, user_id, group }
    }

    const fn is_group(&self) -> bool {
        self.group.is_some()
    }
}

fn pricing(content: &Value) -> Pricing {
    let Some(template) = content.get("template") else {
        let (kind, category) = ("free_customer_service", "service");
        return Pricing { billable: false, pricing_model: "PMP", kind, category };
    };
    let known = template.get("name").and_then(Value::as_str).and_then(templates::find);
    let category = known.map_or(Category::Utility, |template| template.category).name();
    Pricing { billable: true, pricing_model: "PMP", kind: "regular", category }
}

/// `sha256=` and the HMAC of the raw bytes.
fn signature(app_secret: &str, body: &[u8]) -> String {
    format!("sha256={}", keyed(app_secret, body))
}

/// HMAC-SHA256 in hexadecimal digits.
pub(super) fn keyed(key: &str, bytes: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).expect("HMAC takes any key");
    mac.update(bytes);
    hex(&mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn signs_as_in_the_worked_example() {
        let body =
            br#"{"object":"whatsapp_business_account","entry":[{"id":"1","changes":[]}],"x":"\u00e9 a\/b"}"#;
        assert_eq!(
            signature("0123456789abcdef0123456789abcdef", body),
            "sha256=43bcefc9bc2e1682e2c30bbc8e11a7ed6eb833cae140386bfadcc995f78820d8"
        );
    }

    #[test]
    fn templates_are_billed_and_replies_are_not() {
        let cases = [
            (json!({"type": "text"}), (false, "service")),
            (json!({"template": {"name": "spring_offer"}}), (true, "marketing")),
            (json!({"template": {"name": "of_the_tenant"}}), (true, "utility")),
        ];
        for (content, expect) in cases {
            let pricing = pricing(&content);
            assert_eq!((pricing.billable, pricing.category), expect, "{content}");
        }
    }
}
