//! Webhooks as Twilio writes and signs them.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use base64::Engine as _;
use hmac::{Hmac, Mac};
use sha1::Sha1;

use super::request::Channel;
use super::{Twilio, errors};
use crate::callbacks::{Callback, RetryOn, RetryRule, reachable};
use crate::record::{Receipt, Record};

/// What a gateway is advised to configure behind its URL: a 5xx is tried again.
const OVERRIDES: &str = "#rc=5&rp=all&ct=2000&rt=5000&tt=14000";
/// Waits between tries; Twilio's `tt` cuts them off.
const WAITS: [Duration; 5] = [
    Duration::ZERO,
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
    Duration::from_secs(5),
];

/// Parameters of a webhook, in the order in which they are written.
pub(super) type Fields = Vec<(&'static str, String)>;

impl Twilio {
    /// The URL of the twin's own number, with its overrides.
    pub(super) fn number_url(&self) -> String {
        format!("{}{OVERRIDES}", self.desk.webhook_url())
    }

    /// A signed webhook to `url`, which may have overrides in its fragment.
    pub(super) fn callback(
        &self,
        what: &'static str,
        id: String,
        url: &str,
        fields: &Fields,
        forged: bool,
    ) -> Callback {
        let (signed_url, fragment) = url.split_once('#').unwrap_or((url, ""));
        let key = if forged { "not the auth token" } else { self.auth_token.expose() };
        let headers = vec![
            ("content-type", "application/x-www-form-urlencoded; charset=UTF-8".to_owned()),
            ("user-agent", "TwilioProxy/1.1".to_owned()),
            ("i-twilio-idempotency-token", self.desk.ids.hex()),
            ("x-twilio-signature", signature(key, signed_url, fields)),
        ];
        let body = url::form_urlencoded::Serializer::new(String::with_capacity(512))
            .extend_pairs(fields)
            .finish()
            .into();
        let url = reachable(signed_url, &self.desk.courier.webhook_base());
        Callback { what, id, url, headers, body, rule: rule(fragment) }
    }

    /// The webhook that reports a status, if the message's sender asked for one.
    pub(super) fn status(&self, record: &Record, receipt: Receipt, forged: bool) -> Option<Callback> {
        let url = record.callback_url.as_deref()?;
        let mut fields: Fields = vec![
            ("SmsSid", record.id.clone()),
            ("SmsStatus", receipt.state.to_owned()),
            ("MessageStatus", receipt.state.to_owned()),
            ("To", record.to.clone()),
            ("MessageSid", record.id.clone()),
            ("AccountSid", self.account_sid.clone()),
            ("From", record.from.clone()),
            ("ApiVersion", "2010-04-01".to_owned()),
        ];
        let prefix = match Channel::of(&record.to) {
            Channel::Sms => None,
            Channel::WhatsApp => Some("whatsapp"),
            Channel::Rcs => Some("rcs"),
        };
        if let Some(prefix) = prefix {
            fields.push(("ChannelPrefix", prefix.to_owned()));
            fields.push(("ChannelToAddress", record.to.clone()));
            if receipt.state == "read" || receipt.state == "delivered" {
                fields.push(("EventType", receipt.state.to_ascii_uppercase()));
            }
        }
        if let Some(code) = receipt.error {
            fields.push(("ErrorCode", code.to_string()));
            fields.push(("ErrorMessage", errors::message(code).to_owned()));
        }
        Some(self.callback(receipt.state, record.id.clone(), url, &fields, forged))
    }
}

/// Base64 of the HMAC over the URL and, sorted, each name with each of its distinct values.
fn signature(auth_token: &str, url: &str, fields: &Fields) -> String {
    let mut sorted: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (name, value) in fields {
        sorted.entry(name).or_default().insert(value);
    }
    let mut mac = Hmac::<Sha1>::new_from_slice(auth_token.as_bytes()).expect("HMAC takes any key");
    mac.update(url.as_bytes());
    for (name, values) in sorted {
        for value in values {
            mac.update(name.as_bytes());
            mac.update(value.as_bytes());
        }
    }
    base64::engine::general_purpose::STANDARD.encode(mac.finalize().into_bytes())
}

/// Twilio's connection overrides (`rc=3&rp=5xx,ct&rt=5000&tt=14000`); what is missing or out of
/// range keeps Twilio's default.
fn rule(fragment: &str) -> RetryRule {
    let given = |name: &str| {
        fragment.split('&').filter_map(|pair| pair.split_once('=')).find(|(key, _)| *key == name)
    };
    let number = |name: &str, least: u64, most: u64, default: u64| {
        let value = given(name).and_then(|(_, value)| value.parse().ok());
        value.filter(|value| (least..=most).contains(value)).unwrap_or(default)
    };
    let on = given("rp").map_or(RetryOn { not_connected: true, ..RetryOn::default() }, |(_, policies)| {
        let any = |name: &str| policies.split(',').any(|policy| policy == name || policy == "all");
        RetryOn {
            not_connected: any("ct"),
            no_answer: any("rt"),
            client_error: any("4xx"),
            server_error: any("5xx"),
        }
    });
    let retries = usize::try_from(number("rc", 0, 5, 1)).unwrap_or(1);
    RetryRule {
        waits: &WAITS[..retries],
        timeout: Duration::from_millis(number("rt", 100, 15_000, 15_000)),
        total: Duration::from_millis(number("tt", 100, 15_000, 15_000)),
        only_200: false,
        on,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_as_in_the_worked_example() {
        let fields = vec![
            ("To", "whatsapp:+447700900100".to_owned()),
            ("NumMedia", "0".to_owned()),
            ("MessageSid", format!("SM{}", "ab".repeat(16))),
            ("From", "whatsapp:+447700900461".to_owned()),
            ("Body", "Olá +1 & ok".to_owned()),
        ];
        assert_eq!(
            signature("0123456789abcdef0123456789abcdef", "https://gw.example.net/hooks/twilio", &fields),
            "RQKihCufrmvQ2tMDlVmDV0Rb5e8="
        );
    }

    #[test]
    fn repeated_values_are_signed_once_and_sorted() {
        let field = |value: &str| ("Tag", value.to_owned());
        let repeated = vec![field("beta"), field("alpha"), field("beta")];
        let once = vec![field("alpha"), field("beta")];
        assert_eq!(signature("t", "https://x/", &repeated), signature("t", "https://x/", &once));
        assert_ne!(signature("t", "https://x/", &once), signature("t", "https://x/", &vec![field("alpha")]));
    }

    #[test]
    fn overrides_in_the_fragment() {
        let connect = RetryOn { not_connected: true, ..RetryOn::default() };
        #[rustfmt::skip]
        let cases = [
            ("",                              1, 15_000, connect),
            ("rc=5&rp=all&rt=5000&tt=14000",  5,  5_000, RetryOn::ANYTHING),
            ("rc=0",                          0, 15_000, connect),
            ("rc=9&rt=1",                     1, 15_000, connect),
            ("rp=5xx,rt",                     1, 15_000, RetryOn { no_answer: true, server_error: true, ..RetryOn::default() }),
            ("nonsense",                      1, 15_000, connect),
        ];
        for (fragment, retries, timeout, on) in cases {
            let rule = rule(fragment);
            assert_eq!(rule.waits.len(), retries, "{fragment}");
            assert_eq!(rule.timeout, Duration::from_millis(timeout), "{fragment}");
            assert_eq!(rule.on, on, "{fragment}");
        }
    }
}
