//! Matching the keywords.

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

use crate::event::Channel;
use crate::segments::is_format_char;

/// What a whole text message says about consent, if it is one of the fixed keywords.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Keyword {
    /// Stop sending.
    Stop,
    /// Send again.
    Start,
    /// Who are you, how do I stop?
    Help,
}

/// The industry set with Canada's French words.
const STOP: [&str; 14] = [
    "stop",
    "stopall",
    "stop all",
    "unsubscribe",
    "cancel",
    "end",
    "quit",
    "remove",
    "revoke",
    "optout",
    "opt out",
    "opt-out",
    "arret",
    "arrêt",
];
const START: [&str; 2] = ["start", "unstop"];
/// An ordinary answer, except where consent is what was asked.
const REJOIN: &str = "yes";
const HELP: [&str; 3] = ["help", "info", "aide"];

/// Longest text that is looked at, in bytes: more than a phone sends as one message, however
/// much decoration is around the word. Keeps the work on hostile texts small.
const MAX_LEN: usize = 8 * 1_024;

/// What matching depends on besides the text.
#[derive(Debug, Clone, Copy, Default)]
pub struct Context<'a> {
    /// The person had withdrawn consent: YES re-joins.
    pub opted_out: bool,
    /// A double opt-in is pending: YES joins.
    pub opt_in_pending: bool,
    /// An account's own words, in any case (for other languages).
    pub extra: &'a [(String, Keyword)],
}

/// Whether keywords mean consent on a channel: text messages only. In web chat and e-mail
/// the words mean nothing; WhatsApp reports marketing preferences as events of its own.
pub const fn applies_to(channel: Channel) -> bool {
    matches!(channel, Channel::Sms | Channel::Mms | Channel::Rcs)
}

/// The keyword that the whole text is.
pub fn match_keyword(text: &str, context: &Context<'_>) -> Option<Keyword> {
    let word = whole_word(text)?;
    let word = word.as_str();
    if let Some((_, keyword)) = context.extra.iter().find(|(own, _)| normalize(own) == word) {
        return Some(*keyword);
    }
    let rejoins = context.opted_out || context.opt_in_pending;
    if STOP.contains(&word) {
        Some(Keyword::Stop)
    } else if START.contains(&word) || word == REJOIN && rejoins {
        Some(Keyword::Start)
    } else if HELP.contains(&word) {
        Some(Keyword::Help)
    } else {
        None
    }
}

/// The text in the form that keywords are compared in; `None` if it is too long for one.
pub(super) fn whole_word(text: &str) -> Option<String> {
    (text.len() <= MAX_LEN).then(|| normalize(text))
}

/// NFKC, without invisible marks, blanks collapsed, lower case, without punctuation, symbols
/// and emoji at both ends.
fn normalize(text: &str) -> String {
    let visible = text.nfkc().filter(|c| !is_format_char(*c)).map(plain_hyphen);
    let folded: String = visible.flat_map(char::to_lowercase).collect();
    let collapsed = folded.split_whitespace().collect::<Vec<_>>().join(" ");
    collapsed.trim_matches(is_decoration).to_owned()
}

/// What may stand around a keyword. Letters in a box or a disc (🅰, 🅿) are emoji, though
/// Unicode counts them as alphabetic.
fn is_decoration(c: char) -> bool {
    !c.is_alphanumeric() || matches!(c, '\u{1f130}'..='\u{1f189}')
}

const fn plain_hyphen(c: char) -> char {
    match c {
        '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
        other => other,
    }
}

/// Whether a text that is no keyword may still mean STOP. Deliberately broad: it only asks a
/// person to look, and never changes consent.
pub fn may_be_revocation(text: &str) -> bool {
    const PHRASES: [&str; 29] = [
        "stop texting",
        "stop messaging",
        "stop sending",
        "stop contacting",
        "stop calling",
        "stop writing",
        "stop spamming",
        "stop these",
        "stop this",
        "stop it",
        "stop now",
        "please stop",
        "don't text",
        "do not text",
        "don't contact",
        "do not contact",
        "don't message",
        "do not message",
        "no more texts",
        "no more messages",
        "leave me alone",
        "unsubscribe me",
        "remove me",
        "take me off",
        "opt me out",
        "want to opt out",
        "want to unsubscribe",
        "revoke my consent",
        "withdraw my consent",
    ];
    const NEGATED: [&str; 3] = ["don't stop", "do not stop", "never stop"];
    let start = text.char_indices().nth(1_000).map_or(text, |(at, _)| &text[..at]);
    let words = normalize(start).replace('’', "'");
    let holds = |phrase: &&str| words.contains(*phrase);
    PHRASES.iter().any(holds) && !NEGATED.iter().any(holds)
}
