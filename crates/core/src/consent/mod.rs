//! Consent keywords: what STOP, START and HELP do, before anything else sees the text.
//!
//! After the FCC's rules (47 CFR 64.1200(a)(10), in force since April 2025) and the carriers'
//! industry set. Only a text that is a keyword *as a whole* counts: "please don't stop" and
//! "cancel my appointment" are ordinary messages. "stop texting me" is no keyword either but
//! is a revocation by reasonable means: [`may_be_revocation`] asks a person to look.
//!
//! | who acts on STOP                  | our confirmation                                   |
//! |-----------------------------------|----------------------------------------------------|
//! | the network, on US/CA toll-free   | none for STOP (it would fail); other words: ours   |
//! | a carrier that handles STOP       | none                                               |
//! | nobody                            | ours, once                                         |
//!
//! Deliberately absent: the texts of the answers (an account's business), and the write of
//! the record, which is one commit with the answer.

mod keyword;

pub use keyword::{Context, Keyword, applies_to, match_keyword, may_be_revocation};

use serde::{Deserialize, Serialize};

use crate::event::Channel;

/// What kind of number of ours was written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum NumberKind {
    /// A registered US/CA long code.
    #[serde(rename = "10dlc")]
    TenDlc,
    /// A toll-free number of the US or Canada.
    #[serde(rename = "toll_free")]
    TollFree,
    /// A short code.
    #[serde(rename = "short_code")]
    ShortCode,
    /// Any other.
    #[default]
    #[serde(other, rename = "other")]
    Other,
}

/// All that the decision depends on.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Inbound {
    /// What the person used.
    pub channel: Channel,
    /// The number of ours that they wrote to.
    #[serde(default)]
    pub number_kind: NumberKind,
    /// Whether the carrier blocks and answers by itself.
    #[serde(default)]
    pub carrier_handles_stop: bool,
    /// Whether they had withdrawn consent before.
    #[serde(default)]
    pub opted_out_before: bool,
    /// Whether we have just asked them to confirm that they want messages.
    #[serde(default)]
    pub opt_in_pending: bool,
    /// What they wrote, as it came.
    pub text: String,
}

/// What we answer by ourselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reply {
    /// "You will get no more messages": one, within five minutes, without marketing.
    Confirmation,
    /// "Welcome back."
    Welcome,
    /// Brand, support contact, costs, how to stop; also to people who opted out.
    Help,
}

/// What follows from a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Decision {
    /// The keyword that the whole text is.
    pub keyword: Option<Keyword>,
    /// What we answer.
    pub reply: Option<Reply>,
    /// Whether consent is withdrawn now.
    pub opted_out_after: bool,
    /// Whether it goes on to routing and automation; a keyword never does.
    pub to_workflow: bool,
    /// Whether automation may answer over this channel: never somebody who opted out.
    pub automation_may_reply: bool,
    /// No keyword, but it may mean STOP: a person must look.
    pub review: bool,
}

/// Decides what a text does to consent.
pub fn decide(inbound: &Inbound) -> Decision {
    let context =
        Context { opted_out: inbound.opted_out_before, opt_in_pending: inbound.opt_in_pending, extra: &[] };
    decide_in(inbound, &context)
}

/// [`decide`] with an account's own keywords in `context`.
pub fn decide_in(inbound: &Inbound, context: &Context<'_>) -> Decision {
    let listens = applies_to(inbound.channel);
    let keyword = if listens { match_keyword(&inbound.text, context) } else { None };
    let opted_out_after = match keyword {
        Some(Keyword::Stop) => true,
        Some(Keyword::Start) => false,
        Some(Keyword::Help) | None => inbound.opted_out_before,
    };
    Decision {
        keyword,
        reply: keyword.and_then(|keyword| reply(keyword, inbound)),
        opted_out_after,
        to_workflow: keyword.is_none(),
        automation_may_reply: keyword.is_none() && !opted_out_after,
        review: listens && keyword.is_none() && may_be_revocation(&inbound.text),
    }
}

fn reply(keyword: Keyword, inbound: &Inbound) -> Option<Reply> {
    let theirs = others_answer(&inbound.text, inbound);
    match keyword {
        Keyword::Stop => (!inbound.opted_out_before && !theirs).then_some(Reply::Confirmation),
        Keyword::Start => {
            let rejoins = inbound.opted_out_before || inbound.opt_in_pending;
            (rejoins && !theirs).then_some(Reply::Welcome)
        }
        Keyword::Help => Some(Reply::Help),
    }
}

/// Whether the network or the carrier answers this word itself. The toll-free networks know
/// three words only, whatever the carrier does elsewhere.
fn others_answer(text: &str, inbound: &Inbound) -> bool {
    match inbound.number_kind {
        NumberKind::TollFree => toll_free_network_answers(text),
        _ => inbound.carrier_handles_stop,
    }
}

/// Whether the US/CA toll-free networks act on this text and answer it by themselves: an
/// answer of ours to STOP would fail.
pub fn toll_free_network_answers(text: &str) -> bool {
    keyword::whole_word(text).is_some_and(|word| matches!(word.as_str(), "stop" | "start" | "unstop"))
}

#[cfg(test)]
mod tests;
