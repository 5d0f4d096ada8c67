//! The keywords that Twilio acts on by itself: it answers them, and after STOP it blocks
//! everything we send until START. What is found here was answered already.
//!
//! Deliberately absent: YES, which Twilio takes for START from people who had opted out, and
//! which is an ordinary answer from all others; and words that only we take for STOP
//! (`Stop!`, `ARRET`). The core's consent rules, which know the person, decide those.

use omni_core::address::Address;
use omni_core::consent::Keyword;
use omni_core::phone;

/// What the whole text says, by Twilio's default keywords.
///
/// `to_toll_free`: on US and Canadian toll-free numbers the network acts, not Twilio, and it
/// knows STOP and the ways back only.
pub(super) fn keyword(text: &str, to_toll_free: bool) -> Option<Keyword> {
    let text = text.trim().to_ascii_uppercase();
    match text.as_str() {
        "STOP" => Some(Keyword::Stop),
        "START" | "UNSTOP" => Some(Keyword::Start),
        _ if to_toll_free => None,
        "STOPALL" | "UNSUBSCRIBE" | "END" | "QUIT" | "CANCEL" | "REVOKE" | "OPTOUT" => Some(Keyword::Stop),
        "HELP" | "INFO" => Some(Keyword::Help),
        _ => None,
    }
}

/// `OptOutType` of Advanced Opt-Out: Twilio's own verdict, in any language.
pub(super) fn opt_out_type(word: &str) -> Option<Keyword> {
    match word {
        "STOP" => Some(Keyword::Stop),
        "START" => Some(Keyword::Start),
        "HELP" => Some(Keyword::Help),
        _ => None,
    }
}

/// Whether a number of ours is toll-free in the North American plan.
pub(super) fn is_toll_free(number: &str) -> bool {
    number.starts_with("+1") && phone::is_toll_free(&Address::from(number))
}
