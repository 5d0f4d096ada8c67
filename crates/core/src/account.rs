//! What an account configures: how its messages are treated.

use serde::{Deserialize, Serialize};

use crate::id::{AccountId, ConnectionId, TenantId};
use crate::rules::{ResponseType, RoutingRule};
use crate::steps::{StepConfig, StepId};

/// One brand or project of a tenant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// Its name.
    pub id: AccountId,
    /// Whose.
    pub tenant: TenantId,
    /// For people; the id if missing.
    #[serde(default)]
    pub name: String,
    /// A label of the business (the seeds' `businessUnitId`).
    #[serde(default)]
    pub business_unit: String,
    /// Region in which numbers without a country are read (`US`).
    #[serde(default = "us")]
    pub default_region: String,
    /// Where messages go when no rule says otherwise.
    #[serde(default = "default_queue")]
    pub default_queue: String,
    /// Rules.
    #[serde(default)]
    pub rules: Vec<RoutingRule>,
    /// Automatic answers beside rules.
    #[serde(default)]
    pub auto_responses: Vec<AutoResponse>,
    /// When people are here; always if missing.
    #[serde(default)]
    pub business_hours: Option<BusinessHours>,
    /// Words that tell an intent.
    #[serde(default = "default_intents")]
    pub intents: Vec<Intent>,
    /// A message holding one of these is spam.
    #[serde(default)]
    pub blocked_words: Vec<String>,
    /// Steps, where they differ from the defaults.
    #[serde(default)]
    pub steps: Vec<StepConfig>,
    /// Numbers with a prefix go by a connection.
    #[serde(default)]
    pub prefix_routes: Vec<PrefixRoute>,
    /// What STOP, START and HELP are answered.
    #[serde(default)]
    pub consent: ConsentTexts,
    /// How long an ambiguous send waits for the carrier's record before it is given up,
    /// in seconds.
    #[serde(default = "two_minutes")]
    pub reconcile_after_secs: u64,
    /// Automatic answers in one conversation within an hour; beyond that it is a machine that
    /// we answer, and people get it. 0 for any number.
    #[serde(default = "more_than_a_person_reads")]
    pub answers_per_hour: u32,
}

fn us() -> String {
    "US".to_owned()
}

fn default_queue() -> String {
    "default".to_owned()
}

const fn more_than_a_person_reads() -> u32 {
    200
}

const fn two_minutes() -> u64 {
    120
}

fn default_intents() -> Vec<Intent> {
    let intent = |name: &str, words: &[&str]| Intent {
        name: name.to_owned(),
        words: words.iter().map(|word| (*word).to_owned()).collect(),
    };
    vec![
        intent("billing", &["invoice", "bill", "billing", "refund", "payment", "charge", "charged"]),
        intent("booking", &["booking", "reservation", "appointment", "reschedule"]),
        intent("order", &["order", "parcel", "delivery", "shipping", "tracking"]),
        intent("complaint", &["complaint", "terrible", "unacceptable", "broken", "angry"]),
        intent("human", &["human", "agent", "person", "representative", "operator"]),
        intent("greeting", &["hello", "hi", "hey", "good morning", "good evening"]),
    ]
}

impl Account {
    /// An account with everything at its default.
    pub fn new(tenant: TenantId, id: AccountId) -> Self {
        Self {
            name: id.to_string(),
            id,
            tenant,
            business_unit: String::new(),
            default_region: us(),
            default_queue: default_queue(),
            rules: Vec::new(),
            auto_responses: Vec::new(),
            business_hours: None,
            intents: default_intents(),
            blocked_words: Vec::new(),
            steps: Vec::new(),
            prefix_routes: Vec::new(),
            consent: ConsentTexts::default(),
            reconcile_after_secs: two_minutes(),
            answers_per_hour: more_than_a_person_reads(),
        }
    }

    /// The configuration of one step.
    pub fn step(&self, id: StepId) -> StepConfig {
        let configured = self.steps.iter().find(|step| step.step_id == id);
        configured.cloned().unwrap_or_else(|| StepConfig::default_for(id))
    }
}

/// An automatic answer that needs no rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AutoResponse {
    /// When: `greeting` to somebody new, `away` outside business hours, `acknowledgment`
    /// when a conversation goes to people. `custom` belongs to rules.
    #[serde(rename = "type")]
    pub response_type: ResponseType,
    /// The words; `{{name}}`, `{{text}}` and `{{channel}}` are filled in.
    pub content: String,
}

/// Words that tell an intent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Intent {
    /// Its name in `contentAnalysis.intent`.
    pub name: String,
    /// Any of these, as whole words.
    pub words: Vec<String>,
}

/// When people are here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BusinessHours {
    /// Minutes east of UTC.
    #[serde(default)]
    pub utc_offset_minutes: i32,
    /// Days from `mon` to `sun`.
    pub days: Vec<Weekday>,
    /// Opening time, `HH:MM`.
    pub from: DayTime,
    /// Closing time, `HH:MM`; earlier than `from` means past midnight.
    pub to: DayTime,
}

impl BusinessHours {
    /// Whether people are here at `now`.
    pub fn open_at(&self, now: crate::time::Timestamp) -> bool {
        let local = now.as_secs() + i64::from(self.utc_offset_minutes) * 60;
        let minute = local.div_euclid(60).rem_euclid(1_440);
        // 1970-01-01 was a Thursday.
        let day = |days: i64| Weekday::ALL[usize::try_from((days + 3).rem_euclid(7)).unwrap_or(0)];
        let today = local.div_euclid(86_400);
        let (from, to) = (i64::from(self.from.0), i64::from(self.to.0));
        if from <= to {
            return self.days.contains(&day(today)) && (from..to).contains(&minute);
        }
        (self.days.contains(&day(today)) && minute >= from)
            || (self.days.contains(&day(today - 1)) && minute < to)
    }
}

/// A day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "days need no words")]
pub enum Weekday {
    Mon,
    Tue,
    Wed,
    Thu,
    Fri,
    Sat,
    Sun,
}

impl Weekday {
    /// Monday first.
    pub const ALL: [Self; 7] = [Self::Mon, Self::Tue, Self::Wed, Self::Thu, Self::Fri, Self::Sat, Self::Sun];
}

/// A time of day in minutes after midnight; `HH:MM` in configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DayTime(pub u16);

impl Serialize for DayTime {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{:02}:{:02}", self.0 / 60, self.0 % 60))
    }
}

impl<'de> Deserialize<'de> for DayTime {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let parsed = text.split_once(':').and_then(|(hours, minutes)| {
            let (hours, minutes): (u16, u16) = (hours.parse().ok()?, minutes.parse().ok()?);
            (hours <= 24 && minutes < 60 && hours * 60 + minutes <= 1_440)
                .then_some(Self(hours * 60 + minutes))
        });
        parsed.ok_or_else(|| serde::de::Error::custom("not a time of day; write it as HH:MM"))
    }
}

/// Numbers with a prefix go by a connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PrefixRoute {
    /// The beginning of an E.164 number, like `+44`; the longest match wins.
    pub prefix: String,
    /// The connection.
    pub connection: ConnectionId,
}

/// What STOP, START and HELP are answered, where the carrier does not answer itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ConsentTexts {
    /// Confirms STOP.
    pub stop: String,
    /// Confirms START.
    pub start: String,
    /// Answers HELP.
    pub help: String,
}

impl Default for ConsentTexts {
    fn default() -> Self {
        Self {
            stop: "You are unsubscribed and will receive no more messages. Reply START to subscribe again."
                .into(),
            start: "You are subscribed again. Reply STOP to unsubscribe.".into(),
            help: "Reply STOP to unsubscribe. Msg & data rates may apply.".into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Timestamp;

    #[test]
    fn business_hours_know_days_offsets_and_midnight() {
        let hours = |offset, from: u16, to: u16| BusinessHours {
            utc_offset_minutes: offset,
            days: vec![Weekday::Thu],
            from: DayTime(from * 60),
            to: DayTime(to * 60),
        };
        // 2025-11-20 is a Thursday.
        let at = |text| Timestamp::parse(text).unwrap();
        let cases = [
            (hours(0, 9, 17), "2025-11-20T09:00:00Z", true),
            (hours(0, 9, 17), "2025-11-20T17:00:00Z", false),
            (hours(0, 9, 17), "2025-11-21T10:00:00Z", false),
            (hours(60, 9, 17), "2025-11-20T08:30:00Z", true),
            (hours(0, 22, 6), "2025-11-20T23:00:00Z", true),
            (hours(0, 22, 6), "2025-11-21T05:59:00Z", true),
            (hours(0, 22, 6), "2025-11-20T05:59:00Z", false),
        ];
        for (hours, text, open) in cases {
            assert_eq!(hours.open_at(at(text)), open, "{text} {hours:?}");
        }
    }
}
