//! The keywords that Twilio acts on by itself: it answers them, and after STOP it blocks
//! everything we send until START. What is found here was answered already.

use omni_core::consent::Keyword;

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
        "YES" => Some(Keyword::Start),
        "HELP" | "INFO" => Some(Keyword::Help),
        _ => None,
    }
}

/// Whether Twilio answered: not a YES, which is an ordinary answer to those not opted out.
pub(super) fn was_answered(text: &str) -> bool {
    !text.trim().eq_ignore_ascii_case("yes")
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

/// Whether a number is toll-free in the North American plan.
pub(super) fn is_toll_free(number: &str) -> bool {
    const AREAS: &[&str] = &["800", "833", "844", "855", "866", "877", "888"];
    number.len() == 12
        && number.strip_prefix("+1").is_some_and(|rest| AREAS.iter().any(|area| rest.starts_with(area)))
}
