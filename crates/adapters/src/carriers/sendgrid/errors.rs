//! SendGrid's words for failure.

use omni_core::failure::ErrorClass;

/// Why SendGrid dropped a mail without trying.
pub(super) fn class_of_drop(reason: &str) -> ErrorClass {
    let reason = reason.to_lowercase();
    let table = [
        ("bounced address", ErrorClass::Suppressed),
        ("unsubscribed address", ErrorClass::OptedOut),
        ("spam reporting address", ErrorClass::OptedOut),
        ("spam content", ErrorClass::Filtered),
        ("recipient list over package quota", ErrorClass::Throttled),
        ("invalid smtpapi header", ErrorClass::BadRequest),
        ("invalid", ErrorClass::InvalidRecipient),
    ];
    let found = table.iter().find(|(words, _)| reason.contains(words));
    found.map_or(ErrorClass::Rejected, |(_, class)| *class)
}

/// What a refusal of the API means, by status, words and the blamed field.
pub(super) fn class_of_answer(status: u16, message: &str, field: &str) -> ErrorClass {
    let message = message.to_lowercase();
    match status {
        401 | 403 if message.contains("credits") => ErrorClass::Account,
        400 if is_recipient(field) => ErrorClass::InvalidRecipient,
        400 if field.starts_with("template_id") || message.contains("template") => ErrorClass::Template,
        400 if field.starts_with("attachments") => ErrorClass::Media,
        _ => crate::shared::answer::class_of(status),
    }
}

/// `personalizations.0.to.0.email`; an address of a copy (`cc`, `bcc`) says nothing about the
/// person whom the mail is for.
fn is_recipient(field: &str) -> bool {
    let steps: Vec<&str> = field.split('.').collect();
    steps.first() == Some(&"personalizations")
        && steps.iter().any(|step| matches!(*step, "to" | "email"))
        && !steps.iter().any(|step| matches!(*step, "cc" | "bcc"))
}
