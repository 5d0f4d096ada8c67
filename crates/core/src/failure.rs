//! Why a carrier did not take or deliver a message, and what the engine does about it.
//!
//! Carriers map their codes to an [`ErrorClass`]; everything else (retry, fail-over,
//! breaker, consent, words for the agent) follows from the class, in the tables below.
//! A carrier's own table of codes is the `errors.rs` in its folder.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::http::HttpError;

/// What a carrier's error means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorClass {
    /// The carrier is in trouble; waiting helps.
    Transient,
    /// We send too fast (account or number).
    Throttled,
    /// We send too fast to this person.
    PairLimited,
    /// A daily or reputation cap.
    QualityLimited,
    /// Credentials refused.
    Auth,
    /// Credentials lack a right.
    Permission,
    /// The account at the carrier is suspended, unpaid or limited.
    Account,
    /// Our request is wrong.
    BadRequest,
    /// Nobody is at this address.
    InvalidRecipient,
    /// Nobody can be reached there now.
    Unreachable,
    /// The receiving network refuses.
    Blocked,
    /// The content was judged spam or against policy.
    Filtered,
    /// The person withdrew consent.
    OptedOut,
    /// The person blocked us.
    UserBlocked,
    /// On the carrier's suppression list.
    Suppressed,
    /// The 24-hour service window is over.
    WindowClosed,
    /// The template cannot be used.
    Template,
    /// The media cannot be used.
    Media,
    /// The request may have been taken; only the carrier's record can tell.
    Ambiguous,
    /// The sender is not (yet) registered.
    Registration,
    /// Its validity period ended.
    Expired,
    /// The carrier withholds it on purpose.
    DoNotRetry,
    /// Refused for good, reason not classified.
    Rejected,
}

/// What the delivery engine does after a failed attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// Same carrier, later: the back-off schedule decides when.
    Backoff,
    /// Same carrier, not before this long.
    After(Duration),
    /// Never on this connection; fail-over may try another one.
    OtherCarrier,
    /// Never at all: the message failed.
    Never,
    /// Not before the carrier's own record settles what happened.
    Reconcile,
}

impl ErrorClass {
    /// What the engine does next.
    pub const fn retry(self) -> Retry {
        match self {
            Self::Transient | Self::Throttled => Retry::Backoff,
            Self::PairLimited => Retry::After(Duration::from_secs(6)),
            Self::Unreachable => Retry::After(Duration::from_secs(300)),
            Self::QualityLimited | Self::Blocked => Retry::After(Duration::from_secs(3_600)),
            Self::Auth
            | Self::Permission
            | Self::Account
            | Self::Registration
            | Self::Expired
            | Self::Rejected => Retry::OtherCarrier,
            // Another channel might do; another carrier of this one would find the same.
            Self::InvalidRecipient
            | Self::WindowClosed
            | Self::BadRequest
            | Self::Filtered
            | Self::OptedOut
            | Self::UserBlocked
            | Self::Suppressed
            | Self::Template
            | Self::Media
            | Self::DoNotRetry => Retry::Never,
            Self::Ambiguous => Retry::Reconcile,
        }
    }

    /// Whether the same carrier may be tried again (the vectors' `retryable`).
    pub const fn is_retryable(self) -> bool {
        matches!(self.retry(), Retry::Backoff | Retry::After(_))
    }

    /// Whether it is the carrier's failure (opens its breaker) and not the message's.
    pub const fn counts_for_breaker(self) -> bool {
        matches!(self, Self::Transient | Self::Auth | Self::Permission | Self::Account | Self::Ambiguous)
    }

    /// Whether one such failure opens the breaker at once: nothing will work until a person
    /// changes something.
    pub const fn opens_breaker_at_once(self) -> bool {
        matches!(self, Self::Auth | Self::Account)
    }

    /// Whether it proves that the person withdrew consent.
    pub const fn writes_opt_out(self) -> bool {
        matches!(self, Self::OptedOut)
    }

    /// As in JSON and metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Transient => "transient",
            Self::Throttled => "throttled",
            Self::PairLimited => "pair_limited",
            Self::QualityLimited => "quality_limited",
            Self::Auth => "auth",
            Self::Permission => "permission",
            Self::Account => "account",
            Self::BadRequest => "bad_request",
            Self::InvalidRecipient => "invalid_recipient",
            Self::Unreachable => "unreachable",
            Self::Blocked => "blocked",
            Self::Filtered => "filtered",
            Self::OptedOut => "opted_out",
            Self::UserBlocked => "user_blocked",
            Self::Suppressed => "suppressed",
            Self::WindowClosed => "window_closed",
            Self::Template => "template",
            Self::Media => "media",
            Self::Ambiguous => "ambiguous",
            Self::Registration => "registration",
            Self::Expired => "expired",
            Self::DoNotRetry => "do_not_retry",
            Self::Rejected => "rejected",
        }
    }

    /// What an agent is told.
    pub const fn agent_text(self) -> &'static str {
        match self {
            Self::Transient => "The carrier has a problem; we keep trying.",
            Self::Throttled => "The carrier asked us to slow down; we keep trying.",
            Self::PairLimited => "Too many messages to this person in a short time; we wait and try again.",
            Self::QualityLimited => "The carrier limits this sender today; we try again later.",
            Self::Auth => "The carrier refused our credentials; an administrator must renew them.",
            Self::Permission => "Our credentials at the carrier lack a right; an administrator must add it.",
            Self::Account => "Our account at the carrier is limited; an administrator must look at it.",
            Self::BadRequest => "The carrier could not read the message; this is a fault of ours.",
            Self::InvalidRecipient => "This address cannot receive such messages.",
            Self::Unreachable => "The person's phone cannot be reached now; we try again later.",
            Self::Blocked => "The receiving network refused the message.",
            Self::Filtered => "The carrier judged the content as spam; change the wording.",
            Self::OptedOut => "The person opted out; nothing more may be sent to them.",
            Self::UserBlocked => "The person blocked this sender.",
            Self::Suppressed => "The address is on the carrier's suppression list.",
            Self::WindowClosed => "The 24-hour window is closed; send a template.",
            Self::Template => "The template cannot be used; check its state and its parameters.",
            Self::Media => "The carrier could not use the attached media.",
            Self::Ambiguous => "We do not know whether the carrier took it; we are finding out.",
            Self::Registration => "This sender is not registered for such messages yet.",
            Self::Expired => "Its time ran out before it could be delivered.",
            Self::DoNotRetry => "The carrier withholds this message on purpose.",
            Self::Rejected => "The carrier refused the message.",
        }
    }

    /// Every class.
    pub const ALL: [Self; 23] = [
        Self::Transient,
        Self::Throttled,
        Self::PairLimited,
        Self::QualityLimited,
        Self::Auth,
        Self::Permission,
        Self::Account,
        Self::BadRequest,
        Self::InvalidRecipient,
        Self::Unreachable,
        Self::Blocked,
        Self::Filtered,
        Self::OptedOut,
        Self::UserBlocked,
        Self::Suppressed,
        Self::WindowClosed,
        Self::Template,
        Self::Media,
        Self::Ambiguous,
        Self::Registration,
        Self::Expired,
        Self::DoNotRetry,
        Self::Rejected,
    ];
}

/// Why an attempt did not end as accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// Nothing left this machine.
    #[error("could not reach the carrier: {0}")]
    NotSent(String),
    /// Bytes may have left; the outcome is unknown.
    #[error("outcome unknown: {0}")]
    Ambiguous(String),
    /// The carrier said no.
    #[error("carrier refused the message: {reason} (carrier code {code})")]
    Rejected {
        /// What the refusal means.
        class: ErrorClass,
        /// The carrier's code, or the HTTP status as text.
        code: String,
        /// The carrier's words; no address, no content.
        reason: String,
        /// Not before this long, if the carrier said.
        retry_after: Option<Duration>,
    },
    /// This carrier cannot carry such a message; found before anything was sent.
    #[error("this carrier cannot carry it: {0}")]
    Unsupported(&'static str),
}

impl SendError {
    /// A refusal without a wait.
    pub fn rejected(class: ErrorClass, code: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::Rejected { class, code: code.into(), reason: reason.into(), retry_after: None }
    }

    /// What it means.
    pub const fn class(&self) -> ErrorClass {
        match self {
            Self::NotSent(_) => ErrorClass::Transient,
            Self::Ambiguous(_) => ErrorClass::Ambiguous,
            Self::Rejected { class, .. } => *class,
            Self::Unsupported(_) => ErrorClass::Rejected,
        }
    }

    /// What the engine does next.
    pub const fn retry(&self) -> Retry {
        match self {
            Self::Rejected { retry_after: Some(wait), class, .. }
                if matches!(class.retry(), Retry::Backoff | Retry::After(_)) =>
            {
                Retry::After(*wait)
            }
            other => other.class().retry(),
        }
    }

    /// The carrier's code, or ours.
    pub fn code(&self) -> &str {
        match self {
            Self::NotSent(_) => "connect",
            Self::Ambiguous(_) => "ambiguous",
            Self::Rejected { code, .. } => code,
            Self::Unsupported(_) => "unsupported",
        }
    }
}

impl From<HttpError> for SendError {
    fn from(error: HttpError) -> Self {
        match error {
            HttpError::Connect(reason) => Self::NotSent(reason),
            HttpError::NoAnswer(reason) => Self::Ambiguous(reason),
            HttpError::Refused(reason) => Self::rejected(ErrorClass::BadRequest, "refused_here", reason),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_prints_as_it_serialises() {
        for class in ErrorClass::ALL {
            assert_eq!(serde_json::to_value(class).unwrap(), class.as_str());
            assert!(class.agent_text().ends_with('.'));
        }
    }

    #[test]
    fn consent_and_content_refusals_never_move_to_another_carrier() {
        use ErrorClass::{Filtered, OptedOut, Suppressed, UserBlocked};
        for class in [OptedOut, UserBlocked, Suppressed, Filtered] {
            assert_eq!(class.retry(), Retry::Never, "{class:?}");
        }
    }

    #[test]
    fn an_unknown_outcome_waits_for_the_carriers_record() {
        assert_eq!(SendError::from(HttpError::NoAnswer("reset".into())).retry(), Retry::Reconcile);
        assert_eq!(SendError::from(HttpError::Connect("refused".into())).retry(), Retry::Backoff);
    }
}
