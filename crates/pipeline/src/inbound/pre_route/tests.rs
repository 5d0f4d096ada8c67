use omni_core::account::AutoResponse;
use omni_core::event::{Channel, Reaction};
use omni_core::message::Content;
use omni_core::rules::{Condition, Operator};

use super::*;
use crate::inbound::bi_directional;
use crate::testing;

struct Case {
    message: Message,
    account: Account,
    owner: Owner,
    state: State,
    opted_out: bool,
    name: Option<&'static str>,
}

impl Case {
    fn text(text: &str) -> Self {
        let message = testing::inbound(Channel::Sms, text);
        Self {
            message,
            account: testing::account(),
            owner: Owner::Bot,
            state: State::Active,
            opted_out: false,
            name: Some("Ana"),
        }
    }

    fn rule(mut self, id: &str, priority: i32, word: &str, actions: Vec<Action>) -> Self {
        let condition =
            Condition { field: "message.text".into(), operator: Operator::MatchesWords, value: word.into() };
        self.account.rules.push(RoutingRule {
            id: id.into(),
            name: String::new(),
            priority,
            conditions: vec![condition],
            actions,
            enabled: true,
            stop: false,
        });
        self
    }

    fn responds(mut self, response_type: ResponseType, content: &str) -> Self {
        self.account.auto_responses.push(AutoResponse { response_type, content: content.into() });
        self
    }

    fn decide(&self) -> Route {
        let Content::Inbound(inbound) = &self.message.content else { panic!("inbound") };
        let customer: Customer = serde_json::from_value(serde_json::json!({
            "id": "cus_01ARZ3NDEKTSV4RRFFQ69G5FAV", "tenant": "acme", "customerType": "anonymous",
            "identifiers": [], "profile": { "displayName": self.name, "tags": ["vip"] },
            "createdAt": "2026-01-01T00:00:00Z", "lastContactAt": "2026-01-01T00:00:00Z",
        }))
        .unwrap();
        let mut changes = omni_core::store::Changes::new("acme".parse().unwrap());
        struct Ids;
        impl omni_core::id::IdSource for Ids {
            fn ulid(&self, _: Timestamp) -> ulid::Ulid {
                ulid::Ulid(7)
            }
        }
        let mut message = self.message.clone();
        let conversing =
            bi_directional::decide(&mut message, &customer, None, &Ids, Timestamp::EPOCH, &mut changes);
        let mut conversation = conversing.conversation;
        conversation.owner = self.owner.clone();
        conversation.state = self.state;
        decide(&Situation {
            account: &self.account,
            message: &message,
            inbound,
            customer: Some((&customer, CustomerType::Anonymous)),
            conversation: Some(&conversation),
            opted_out: self.opted_out,
            carrier_handles_stop: false,
            now: Timestamp::EPOCH,
        })
    }
}

fn say(text: &str) -> Action {
    Action::AutoRespond { content: text.into(), response_type: ResponseType::Custom }
}

fn queue(id: &str) -> Action {
    Action::RouteToQueue { queue_id: id.into(), queue_name: None, priority: None }
}

fn answer(route: &Route) -> Option<&str> {
    route.answer.as_ref().map(|answer| answer.text.as_str())
}

#[test]
fn the_highest_rule_with_a_destination_wins_and_labels_add_up() {
    let tag = |tag: &str| Action::AddTag { tag: tag.into() };
    let route = Case::text("refund for my order")
        .rule("low", 1, "order", vec![queue("orders"), tag("order"), say("low")])
        .rule("high", 9, "refund", vec![queue("billing"), tag("billing"), say("Hi {{name}}")])
        .rule("other", 99, "weather", vec![queue("weather")])
        .decide();
    assert_eq!(route.destination, Destination::Queue("billing".into()));
    assert_eq!(route.rules_hit, ["high", "low"]);
    assert_eq!(route.tags, ["billing", "order"]);
    assert_eq!(answer(&route), Some("Hi Ana"));
}

#[test]
fn an_answer_reads_well_without_a_name() {
    for (template, named, nameless) in [
        ("Thanks {{name}}, we found it", "Thanks Ana, we found it", "Thanks, we found it"),
        ("{{name}}: hello", "Ana: hello", ": hello"),
        ("plain", "plain", "plain"),
    ] {
        for (name, expect) in [(Some("Ana"), named), (Some(" "), nameless), (None, nameless)] {
            let mut case = Case::text("refund").rule("all", 1, "refund", vec![say(template)]);
            case.name = name;
            assert_eq!(answer(&case.decide()), Some(expect), "{template} {name:?}");
        }
    }
}

#[test]
fn without_a_rule_people_get_it() {
    let route = Case::text("hm").decide();
    assert_eq!(route.destination, Destination::Queue("default".into()));
    assert_eq!(answer(&route), None);
}

#[test]
fn consent_keywords_never_reach_a_rule() {
    let case = |text| Case::text(text).rule("all", 1, "stop,help,yes", vec![say("ruled")]);
    let stop = case("STOP").decide();
    assert_eq!(stop.consent.map(|c| (c.keyword, c.opted_out)), Some((Keyword::Stop, true)));
    assert!(stop.answer.as_ref().is_some_and(|a| a.about_consent) && stop.rules_hit.is_empty());
    let sentence = case("please don't stop").decide();
    assert_eq!((sentence.consent, answer(&sentence)), (None, Some("ruled")));
    let mut carrier_said = case("ALTO");
    if let Content::Inbound(inbound) = &mut carrier_said.message.content {
        inbound.consent = Some(Keyword::Stop);
        inbound.auto_reply_allowed = Some(false);
    }
    let alto = carrier_said.decide();
    assert_eq!(alto.consent.map(|c| (c.keyword, c.opted_out)), Some((Keyword::Stop, true)));
    assert!(alto.answer.is_none() && alto.rules_hit.is_empty(), "the carrier answered");
    let yes = case("yes").decide();
    assert_eq!(answer(&yes), Some("ruled"), "YES means something only to who opted out");
}

#[test]
fn only_north_american_networks_answer_stop_to_a_toll_free_number() {
    for (ours, answered_by_us) in [
        ("+18335550123", false),
        ("+18005550123", false),
        ("+13035550177", true),
        ("+448081570192", true),
        ("55512", true),
    ] {
        let mut case = Case::text("STOP");
        case.message.our_address = Some(ours.into());
        assert_eq!(case.decide().answer.is_some(), answered_by_us, "{ours}");
    }
}

#[test]
fn what_may_be_a_revocation_is_for_people() {
    let bot = Action::RouteToBot { bot_id: "shop".into() };
    let case = || Case::text("stop texting me").rule("all", 1, "texting", vec![say("hi"), bot.clone()]);
    let route = case().decide();
    assert_eq!((route.consent, answer(&route)), (None, None), "not a keyword; no machine answers");
    assert_eq!(route.tags, ["possible_opt_out"]);
    assert_eq!(route.destination, Destination::Queue("default".into()));

    let mut with_agent = case();
    with_agent.account.rules.clear();
    with_agent.owner = Owner::Agent { id: "mia".into() };
    assert_eq!(with_agent.decide().destination, Destination::Unchanged, "a person has it already");

    let mut spam = case();
    spam.account.blocked_words.push("texting".into());
    assert_eq!(spam.decide().blocked, None, "a blocked word does not hide it");

    let mut chat = case();
    chat.message.channel = Channel::Chat;
    assert_eq!(answer(&chat.decide()), Some("hi"), "words mean consent in text messages only");
    let mut out = case();
    out.opted_out = true;
    assert!(out.decide().tags.is_empty(), "already out");
}

#[test]
fn machines_people_and_opted_out_get_no_automatic_answer() {
    let base = || Case::text("hello").rule("hi", 1, "hello", vec![say("hi")]);
    assert_eq!(answer(&base().decide()), Some("hi"));
    let mut opted_out = base();
    opted_out.opted_out = true;
    let mut with_agent = base();
    with_agent.owner = Owner::Agent { id: "mia".into() };
    let mut machine = base();
    machine.message.customer_address = "62226".into();
    let mut marked = base();
    let mut reaction = base();
    if let Content::Inbound(inbound) = &mut marked.message.content {
        inbound.auto_reply_allowed = Some(false);
    }
    if let Content::Inbound(inbound) = &mut reaction.message.content {
        inbound.reaction = Some(Reaction { target: "x".into(), emoji: Some("👍".into()), removed: false });
    }
    let cases = [
        ("opted out", opted_out),
        ("agent", with_agent),
        ("machine", machine),
        ("marked", marked),
        ("reaction", reaction),
    ];
    for (name, case) in cases {
        assert_eq!(answer(&case.decide()), None, "{name}");
    }
}

#[test]
fn greeting_and_away_need_no_rule() {
    let responses =
        |case: Case| case.responds(ResponseType::Greeting, "welcome").responds(ResponseType::Away, "closed");
    let mut new = responses(Case::text("hm"));
    new.state = State::New;
    assert_eq!(answer(&new.decide()), Some("welcome"));
    assert_eq!(answer(&responses(Case::text("hm")).decide()), None);
    let mut closed = responses(Case::text("hm"));
    closed.account.business_hours = Some(omni_core::account::BusinessHours {
        utc_offset_minutes: 0,
        days: vec![],
        from: omni_core::account::DayTime(0),
        to: omni_core::account::DayTime(1),
    });
    assert_eq!(answer(&closed.decide()), Some("closed"));
}

#[test]
fn a_blocked_message_goes_nowhere() {
    let mut spam = Case::text("free crypto").rule("r", 1, "free", vec![say("hi")]);
    spam.account.blocked_words = vec!["free crypto".into()];
    let ruled = Case::text("bad").rule("r", 1, "bad", vec![say("x"), Action::Block { reason: None }]);
    for (route, reason) in [(spam.decide(), "spam"), (ruled.decide(), "rule")] {
        assert_eq!(route.blocked.as_deref(), Some(reason));
        assert_eq!((route.action, answer(&route)), ("block", None));
        assert_eq!(route.destination, Destination::Nobody);
    }
}
