//! What happens with the message: consent keywords, block, rules, automatic answer, queue.
//!
//! Pure: facts in, [`Route`] out. Consent keywords come first, on the raw text, and never
//! reach a rule. Rules run by priority; the first destination wins, labels add up.

use omni_core::account::Account;
use omni_core::consent::{self, Keyword, NumberKind};
use omni_core::conversation::{Conversation, Owner, State};
use omni_core::customer::{Customer, CustomerType};
use omni_core::event::InboundMessage;
use omni_core::message::{Message, Priority};
use omni_core::phone;
use omni_core::rules::{Action, ResponseType, RoutingRule};
use omni_core::time::Timestamp;
use serde_json::{Value, json};

use super::content::{self, ContentAnalysis};
use super::facts;

/// The label of what may withdraw consent, though it is no keyword.
const POSSIBLE_OPT_OUT: &str = "possible_opt_out";

/// Everything that the decision looks at.
#[derive(Debug)]
pub struct Situation<'a> {
    /// The account's rules and texts.
    pub account: &'a Account,
    /// The message.
    pub message: &'a Message,
    /// As the carrier delivered it.
    pub inbound: &'a InboundMessage,
    /// Who wrote.
    pub customer: Option<(&'a Customer, CustomerType)>,
    /// The conversation, the message counted in.
    pub conversation: Option<&'a Conversation>,
    /// Whether the person had opted out before.
    pub opted_out: bool,
    /// Whether the carrier answers consent keywords itself.
    pub carrier_handles_stop: bool,
    /// The time.
    pub now: Timestamp,
}

/// Who is to deal with it (the seeds' `RoutingDestination`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    /// Whoever has the conversation keeps it.
    Unchanged,
    /// People of a queue.
    Queue(String),
    /// One person.
    Agent(String),
    /// A bot.
    Bot(String),
    /// Nobody: it was blocked, or was a consent keyword.
    Nobody,
}

/// The decision (the seeds' `routingDecision` and `autoResponse`).
#[derive(Debug, Clone, PartialEq)]
pub struct Route {
    /// `route`, `auto_respond`, `block`, `escalate` or `queue`.
    pub action: &'static str,
    /// Who deals with it.
    pub destination: Destination,
    /// How urgent, if a rule says so.
    pub priority: Option<Priority>,
    /// Labels to add.
    pub tags: Vec<String>,
    /// What we answer at once.
    pub answer: Option<Answer>,
    /// A change of consent.
    pub consent: Option<Consent>,
    /// People must look at it now.
    pub escalate: bool,
    /// Why it was blocked.
    pub blocked: Option<String>,
    /// The rules that matched.
    pub rules_hit: Vec<String>,
    /// What the text is about; `None` for consent keywords.
    pub analysis: Option<ContentAnalysis>,
}

/// An automatic answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The words.
    pub text: String,
    /// What kind.
    pub response_type: ResponseType,
    /// It confirms a consent keyword: it may go to somebody who opted out.
    pub about_consent: bool,
}

/// A change of consent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Consent {
    /// The keyword.
    pub keyword: Keyword,
    /// Whether they are opted out now.
    pub opted_out: bool,
}

impl Route {
    /// The step did not run: everything stays as it is.
    pub fn nothing() -> Self {
        Self::to("route", Destination::Unchanged)
    }

    fn to(action: &'static str, destination: Destination) -> Self {
        Self {
            action,
            destination,
            priority: None,
            tags: Vec::new(),
            answer: None,
            consent: None,
            escalate: false,
            blocked: None,
            rules_hit: Vec::new(),
            analysis: None,
        }
    }

    /// For the trace: the facts that decided.
    pub fn explanation(&self) -> Value {
        json!({
            "action": self.action,
            "destination": match &self.destination {
                Destination::Unchanged => json!({ "type": "unchanged" }),
                Destination::Queue(id) => json!({ "type": "queue", "id": id }),
                Destination::Agent(id) => json!({ "type": "agent", "id": id }),
                Destination::Bot(id) => json!({ "type": "bot", "id": id }),
                Destination::Nobody => json!({ "type": "nobody" }),
            },
            "rules": self.rules_hit,
            "autoResponse": self.answer.as_ref().map(|answer| answer.response_type),
            "consent": self.consent.map(|consent| consent.keyword),
            "blocked": self.blocked,
            "tags": self.tags,
            "contentAnalysis": self.analysis,
        })
    }
}

/// Decides.
pub fn decide(situation: &Situation<'_>) -> Route {
    let decision = decide_consent(situation);
    if let Some(route) = by_keyword(situation, &decision) {
        return route;
    }
    let text = situation.inbound.text.as_deref().unwrap_or_default();
    let analysis = content::analyse(situation.account, text);
    // No keyword, but it may withdraw consent in other words (the FCC's "any reasonable means").
    let wants_out = decision.review && !situation.opted_out;
    if analysis.spam && !wants_out {
        let blocked = Some("spam".to_owned());
        let tags = vec!["blocked".to_owned(), "spam".to_owned()];
        return Route { blocked, tags, analysis: Some(analysis), ..Route::to("block", Destination::Nobody) };
    }
    let mut route = by_rules(situation, &analysis);
    let may_answer = may_answer(situation);
    if route.blocked.is_none() {
        answer_by_default(situation, &mut route);
        if !may_answer {
            // Nothing is answered: then people must look.
            route.answer = None;
        }
        route_by_default(situation, &mut route);
    }
    if !may_answer {
        route.answer = None;
    }
    if wants_out && route.blocked.is_none() {
        to_people(situation, &mut route);
    }
    if route.answer.is_some() {
        route.action = "auto_respond";
    }
    route.analysis = Some(analysis);
    route
}

/// A consent keyword is dealt with here and goes no further; `None` for any other text.
pub fn consent_keyword(situation: &Situation<'_>) -> Option<Route> {
    by_keyword(situation, &decide_consent(situation))
}

fn decide_consent(situation: &Situation<'_>) -> consent::Decision {
    let inbound = situation.inbound;
    consent::decide(&consent::Inbound {
        channel: situation.message.channel,
        number_kind: number_kind(situation.message),
        // The callback itself may say that the carrier answered (Twilio's OptOutType).
        carrier_handles_stop: situation.carrier_handles_stop || inbound.auto_reply_allowed == Some(false),
        opted_out_before: situation.opted_out,
        opt_in_pending: false,
        text: inbound.text.clone().unwrap_or_default(),
    })
}

fn by_keyword(situation: &Situation<'_>, decision: &consent::Decision) -> Option<Route> {
    let inbound = situation.inbound;
    // A carrier that acted on a word of its own list, in any language, says so (OptOutType).
    let keyword = decision.keyword.or(inbound.consent)?;
    let opted_out = match keyword {
        Keyword::Stop => true,
        Keyword::Start => false,
        Keyword::Help => situation.opted_out,
    };
    let texts = &situation.account.consent;
    let text = |reply| match reply {
        consent::Reply::Confirmation => texts.stop.clone(),
        consent::Reply::Welcome => texts.start.clone(),
        consent::Reply::Help => texts.help.clone(),
    };
    let answers = decision.reply.filter(|_| inbound.auto_reply_allowed != Some(false));
    let answer = answers.map(|reply| Answer {
        text: text(reply),
        response_type: ResponseType::Acknowledgment,
        about_consent: true,
    });
    let consent = Some(Consent { keyword, opted_out });
    let action = if answer.is_some() { "auto_respond" } else { "route" };
    Some(Route { answer, consent, ..Route::to(action, Destination::Nobody) })
}

fn number_kind(message: &Message) -> NumberKind {
    let Some(ours) = &message.our_address else { return NumberKind::Other };
    if ours.is_short_code() {
        return NumberKind::ShortCode;
    }
    if phone::is_toll_free(ours) {
        return NumberKind::TollFree;
    }
    if ours.expose().starts_with("+1") { NumberKind::TenDlc } else { NumberKind::Other }
}

fn by_rules(situation: &Situation<'_>, analysis: &ContentAnalysis) -> Route {
    let mut route = Route::to("route", Destination::Unchanged);
    let mut rules: Vec<&RoutingRule> = situation.account.rules.iter().filter(|rule| rule.enabled).collect();
    if rules.is_empty() {
        return route;
    }
    rules.sort_by_key(|rule| std::cmp::Reverse(rule.priority));
    let facts = describe(situation, analysis);
    for rule in rules {
        if !facts::all_hold(&rule.conditions, &facts) {
            continue;
        }
        route.rules_hit.push(rule.id.clone());
        for action in &rule.actions {
            apply(action, situation, &mut route);
        }
        if rule.stop || route.blocked.is_some() {
            break;
        }
    }
    route
}

/// A person must judge it: it is marked, no machine answers, and no bot keeps it.
fn to_people(situation: &Situation<'_>, route: &mut Route) {
    route.tags.push(POSSIBLE_OPT_OUT.to_owned());
    route.answer = None;
    let with_bot = match &route.destination {
        Destination::Bot(_) => true,
        Destination::Unchanged => {
            situation.conversation.is_none_or(|conversation| conversation.owner == Owner::Bot)
        }
        Destination::Queue(_) | Destination::Agent(_) | Destination::Nobody => false,
    };
    if with_bot {
        route.destination = Destination::Queue(situation.account.default_queue.clone());
        route.action = "queue";
    }
}

/// The first destination and the first answer win: rules come highest first.
fn apply(action: &Action, situation: &Situation<'_>, route: &mut Route) {
    let undecided = route.destination == Destination::Unchanged;
    match action {
        Action::RouteToQueue { queue_id, priority, .. } if undecided => {
            route.destination = Destination::Queue(queue_id.clone());
            route.action = "queue";
            route.priority = route.priority.or(*priority);
        }
        Action::RouteToAgent { agent_id, .. } if undecided => {
            route.destination = Destination::Agent(agent_id.clone());
        }
        Action::RouteToBot { bot_id } if undecided => route.destination = Destination::Bot(bot_id.clone()),
        Action::Escalate { queue_id } => {
            if undecided {
                route.destination = Destination::Queue(queue_id.clone());
            }
            route.action = "escalate";
            route.escalate = true;
        }
        Action::AutoRespond { content, response_type } if route.answer.is_none() => {
            route.answer = Some(Answer {
                text: fill(content, situation),
                response_type: *response_type,
                about_consent: false,
            });
        }
        Action::AddTag { tag } if !route.tags.contains(tag) => route.tags.push(tag.clone()),
        Action::SetPriority { priority } => route.priority = Some(*priority),
        Action::Block { reason } => {
            route.blocked = Some(reason.clone().unwrap_or_else(|| "rule".to_owned()));
            route.destination = Destination::Nobody;
            route.action = "block";
            route.escalate = false;
            route.answer = None;
        }
        Action::RouteToQueue { .. }
        | Action::RouteToAgent { .. }
        | Action::RouteToBot { .. }
        | Action::AutoRespond { .. }
        | Action::AddTag { .. } => {}
    }
}

fn answer_by_default(situation: &Situation<'_>, route: &mut Route) {
    if route.answer.is_some() {
        return;
    }
    let is_new = situation.conversation.is_some_and(|c| c.state == State::New);
    let closed = situation.account.business_hours.as_ref().is_some_and(|hours| !hours.open_at(situation.now));
    let kinds = [(ResponseType::Away, closed), (ResponseType::Greeting, is_new)];
    let wanted = kinds.into_iter().filter(|(_, applies)| *applies).find_map(|(kind, _)| {
        situation.account.auto_responses.iter().find(|response| response.response_type == kind)
    });
    route.answer = wanted.map(|response| Answer {
        text: fill(&response.content, situation),
        response_type: response.response_type,
        about_consent: false,
    });
}

/// Nobody decided, the bot has it, and nothing was answered: people must look.
fn route_by_default(situation: &Situation<'_>, route: &mut Route) {
    if route.destination != Destination::Unchanged || route.answer.is_some() {
        return;
    }
    if situation.conversation.is_none_or(|conversation| conversation.owner == Owner::Bot) {
        route.destination = Destination::Queue(situation.account.default_queue.clone());
        route.action = "queue";
        let acknowledgment =
            situation.account.auto_responses.iter().find(|r| r.response_type == ResponseType::Acknowledgment);
        route.answer = acknowledgment.map(|response| Answer {
            text: fill(&response.content, situation),
            response_type: ResponseType::Acknowledgment,
            about_consent: false,
        });
    }
}

/// Whether a machine may answer at all: not another machine, not somebody who opted out,
/// not while a person has the conversation, not what the carrier marked, and not without end.
fn may_answer(situation: &Situation<'_>) -> bool {
    let by_person = situation.conversation.is_some_and(|c| matches!(c.owner, Owner::Agent { .. }));
    let most = situation.account.answers_per_hour;
    let enough = situation.conversation.is_some_and(|c| !c.may_answer(most, situation.now));
    let sender = &situation.message.customer_address;
    let machine = sender.is_short_code() || sender.expose().starts_with("alpha:");
    let reaction = situation.inbound.reaction.is_some();
    situation.inbound.auto_reply_allowed != Some(false)
        && !situation.opted_out
        && !by_person
        && !enough
        && !machine
        && !reaction
}

fn fill(template: &str, situation: &Situation<'_>) -> String {
    if !template.contains("{{") {
        return template.to_owned();
    }
    let name = situation.customer.and_then(|(customer, _)| customer.profile.display_name.as_deref());
    let named = match name.map(str::trim).filter(|name| !name.is_empty()) {
        Some(name) => template.replace("{{name}}", name),
        // "Thanks {{name}}, …" reads well without a name, too.
        None => template.replace(" {{name}}", "").replace("{{name}}", ""),
    };
    named
        .replace("{{channel}}", situation.message.channel.as_str())
        .replace("{{text}}", situation.inbound.text.as_deref().unwrap_or_default())
}

/// The facts that rules may name ([`omni_core::rules::FACTS`]).
pub fn describe(situation: &Situation<'_>, analysis: &ContentAnalysis) -> Value {
    let Situation { account, message, inbound, customer, conversation, now, .. } = situation;
    let open = account.business_hours.as_ref().is_none_or(|hours| hours.open_at(*now));
    let identity = customer.map(|(customer, customer_type)| {
        json!({
            "customerId": customer.id, "customerType": customer_type,
            "address": message.customer_address, "country": phone::country_of(&message.customer_address),
            "profile": customer.profile, "preferences": customer.preferences,
        })
    });
    let conversation = conversation.map(|conversation| {
        json!({
            "id": conversation.id, "status": conversation.state, "messageCount": conversation.sequence,
            "tags": conversation.tags, "priority": conversation.priority, "owner": match &conversation.owner {
                Owner::Bot => "bot",
                Owner::Queue { id } | Owner::Agent { id } => id,
            },
        })
    });
    json!({
        "message": {
            "id": message.id, "text": inbound.text, "content": inbound.text, "type": inbound.message_type,
            "contentType": inbound.message_type, "subject": inbound.subject, "replyId": inbound.reply_id,
            "mediaCount": inbound.media.len(),
        },
        "body": inbound.text,
        "channel": message.channel,
        "carrier": message.carrier,
        "connection": message.connection,
        "identity": identity,
        "conversation": conversation,
        "contentAnalysis": analysis,
        "businessHours": { "open": open },
    })
}

#[cfg(test)]
mod tests;
