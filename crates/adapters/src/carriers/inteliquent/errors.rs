//! Inteliquent has no error codes, only words.

use omni_core::failure::ErrorClass;

/// What the words of a refusal mean. The order matters: "number not enabled for 10DLC
/// campaign" is about the sender, not about its campaign.
pub(super) fn class_of(words: &str) -> ErrorClass {
    let words = words.to_lowercase();
    let has = |any: &[&str]| any.iter().any(|part| words.contains(part));
    let has_word =
        |stem: &str| words.split(|c: char| !c.is_alphanumeric()).any(|word| word.starts_with(stem));
    if has(&["unauthorized", "unauthorised", "api key"]) {
        ErrorClass::Auth
    } else if has(&["not assigned", "not active", "not enabled"]) {
        ErrorClass::Permission
    } else if invalid_recipient(&words) {
        ErrorClass::InvalidRecipient
    } else if opted_out(&words) {
        ErrorClass::OptedOut
    } else if has(&["campaign", "10dlc", "not registered"]) {
        ErrorClass::Registration
    } else if has(&["spam", "blocked"]) {
        ErrorClass::Filtered
    } else if has(&["limit", "throttl"]) || has_word("rate") {
        ErrorClass::Throttled
    } else {
        ErrorClass::Rejected
    }
}

/// "opt out", "opted-out", "optout", "STOP", "unsubscribed": not "option" or "optional",
/// for this takes a person's consent away.
fn opted_out(words: &str) -> bool {
    let mut each = words.split(|c: char| !c.is_alphanumeric());
    words.contains("unsubscrib")
        || each.any(|word| {
            matches!(word, "opt" | "opted" | "optin" | "stop" | "stopped") || word.starts_with("optout")
        })
}

/// "invalid" with a recipient after it.
fn invalid_recipient(words: &str) -> bool {
    let Some((_, after)) = words.split_once("invalid") else { return false };
    after.contains("destination")
        || after.contains("number")
        || after.split(|c: char| !c.is_alphanumeric()).any(|word| word == "to")
}
