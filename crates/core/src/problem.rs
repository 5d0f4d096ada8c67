//! Every error a user can meet: a stable code, a title, and a page that explains it.
//!
//! The API renders them as RFC 9457 problems, the CLI and `omni check` print them, and
//! `omni explain CODE` shows the page `docs/errors/<CODE>.md`, which is built in. A test
//! checks that the pages and this list agree.

use serde::{Deserialize, Serialize};

/// One kind of error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Code {
    /// Stable, for programs and for `omni explain`.
    pub code: &'static str,
    /// What happened, in a few words.
    pub title: &'static str,
    /// The HTTP status it travels with.
    pub status: u16,
    /// Whether the same request may work later.
    pub retryable: bool,
}

macro_rules! codes {
    ($($name:ident = $status:literal, $retryable:literal, $title:literal;)+) => {
        $(
            #[doc = $title]
            pub const $name: Code =
                Code { code: stringify!($name), title: $title, status: $status, retryable: $retryable };
        )+
        /// All of them.
        pub const ALL: &[Code] = &[$($name),+];
    };
}

codes! {
    VALIDATION_FAILED = 422, false, "The request has mistakes";
    BODY_UNREADABLE = 400, false, "The body is not what the content type says";
    BODY_TOO_LARGE = 413, false, "The body is over the limit";
    QUERY_INVALID = 400, false, "A query parameter is unknown or wrong";
    CURSOR_INVALID = 400, false, "The cursor is not one of ours";
    ID_WRONG_TYPE = 400, false, "The id names another kind of thing";
    UNAUTHORIZED = 401, false, "No API key, or not one of ours";
    FORBIDDEN = 403, false, "The API key may not do this";
    NOT_FOUND = 404, false, "There is no such thing";
    METHOD_NOT_ALLOWED = 405, false, "This address does not take that method";
    CONNECTION_UNKNOWN = 404, false, "No connection of that carrier or name";
    IDEMPOTENCY_KEY_REUSED = 422, false, "The idempotency key was used with another request";
    IDEMPOTENCY_IN_FLIGHT = 409, true, "A request with this idempotency key is being handled";
    IDEMPOTENCY_KEY_INVALID = 400, false, "The idempotency key is empty or too long";
    RECIPIENT_INVALID = 422, false, "The recipient is not an address we can send to";
    RECIPIENT_OPTED_OUT = 409, false, "The recipient opted out";
    WINDOW_CLOSED = 409, false, "The 24-hour service window is closed";
    NO_ROUTE = 409, false, "No connection can carry this message";
    SANDBOX_ADDRESS = 422, false, "A sandbox address with a live key";
    STATE_CONFLICT = 409, true, "Somebody changed it at the same time";
    UPLOAD_REFUSED = 422, false, "The carrier does not take this file";
    UPLOAD_FAILED = 502, true, "The file did not get to the carrier";
    NOT_CANCELABLE = 409, false, "It is too late to cancel";
    ALREADY_REDRIVEN = 409, false, "The dead letter was redriven before";
    STORE_UNAVAILABLE = 503, true, "Nothing can be stored right now";
    OVERLOADED = 503, true, "Too much work is waiting";
    DRAINING = 503, true, "The server is stopping";
    INTERNAL = 500, true, "A fault of ours";
    IDENTITY_NOT_FOUND = 404, false, "Nobody is known under this address";
    INVALID_IDENTIFIER = 422, false, "The sender's address cannot be read";
    ROUTING_RESOLUTION_FAILED = 500, true, "The account of a message cannot be told";
    IDENTITY_LOOKUP_FAILED = 500, true, "The identity step failed";
    BIDIRECTIONAL_FAILED = 500, true, "The conversation step failed";
    PREROUTE_FAILED = 500, true, "The pre-route step failed";
    PUBLISH_OUTBOUND_FAILED = 500, true, "The sending step failed";
    DATABASE_ERROR = 503, true, "The store failed";
    STEP_TIMEOUT = 500, true, "A step took longer than it may";
    DELIVERY_EXHAUSTED = 502, false, "Every try to deliver failed";
    DELIVERY_AMBIGUOUS = 502, false, "Nobody can tell whether the carrier took it";
    CONFIG_SYNTAX = 422, false, "The configuration is not TOML";
    CONFIG_UNKNOWN_KEY = 422, false, "The configuration has a key that nothing reads";
    CONFIG_INVALID_VALUE = 422, false, "A setting has a value that cannot be";
    CONFIG_MISSING = 422, false, "A setting is missing";
    CONFIG_REFERENCE = 422, false, "A setting names something that is not there";
    CONFIG_DUPLICATE = 422, false, "Two things have the same name";
    CONFIG_SECRET = 422, false, "A secret cannot be read";
    CONFIG_NOT_FOUND = 404, false, "There is no such configuration file";
    SCHEMA_TOO_NEW = 409, false, "The data directory was written by a newer version";
    SCHEMA_INVALID = 409, false, "The data directory does not have the expected schema";
    DATA_LOCKED = 409, true, "Another process uses the data directory";
    PORT_IN_USE = 409, true, "The address to listen on is taken";
    SERVER_UNREACHABLE = 503, true, "No server answers there";
    SANDBOX_OFF = 404, false, "This server has no sandbox";
    EVENT_UNKNOWN = 422, false, "No such sandbox event";
}

/// The kind of error with that code.
pub fn find(code: &str) -> Option<Code> {
    ALL.iter().copied().find(|known| known.code.eq_ignore_ascii_case(code))
}

/// One mistake in a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldError {
    /// JSON pointer to the mistake (`/content/text`).
    pub pointer: String,
    /// What is wrong with it, for programs.
    pub code: String,
    /// What is wrong with it and what to do, for people.
    pub detail: String,
}

impl FieldError {
    /// A mistake at `pointer`.
    pub fn new(pointer: impl Into<String>, code: &str, detail: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), code: code.to_owned(), detail: detail.into() }
    }
}

/// An error on its way to a user.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {detail}", code.code)]
pub struct Problem {
    /// What kind.
    pub code: Code,
    /// What happened this time, and what to do; nothing personal, no secret.
    pub detail: String,
    /// Every mistake, if it is about several.
    pub errors: Vec<FieldError>,
}

impl Problem {
    /// A problem without single mistakes.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into(), errors: Vec::new() }
    }
}

impl From<crate::store::StoreError> for Problem {
    fn from(error: crate::store::StoreError) -> Self {
        use crate::store::StoreError;
        match error {
            StoreError::ReadOnly(_) | StoreError::Unavailable(_) | StoreError::Locked(_) => {
                Self::new(STORE_UNAVAILABLE, "The store cannot take writes now; nothing was lost. Try again.")
            }
            StoreError::TooLarge(what) => Self::new(BODY_TOO_LARGE, what),
            StoreError::Corrupt(_) | StoreError::TooNew(_) | StoreError::Other(_) => {
                Self::new(INTERNAL, "The store failed; see the log.")
            }
        }
    }
}

/// Longest word that is compared with others, in bytes.
const LONGEST_WORD: usize = 128;

/// The candidates nearest to a mistyped word, for "did you mean"; nothing if none is near.
pub fn did_you_mean<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // A word of a stranger may be a megabyte long; nobody mistypes that much.
    if word.len() > LONGEST_WORD {
        return None;
    }
    let allowed = (word.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .map(|candidate| (distance(word, candidate), candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min()
        .map(|(_, candidate)| candidate)
}

/// Edit distance with transpositions (optimal string alignment).
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows: Vec<Vec<usize>> = vec![(0..=b.len()).collect()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let replace = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = replace.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_found() {
        for (at, code) in ALL.iter().enumerate() {
            assert!(!ALL[..at].iter().any(|other| other.code == code.code), "{}", code.code);
            assert_eq!(find(&code.code.to_lowercase()), Some(*code));
        }
    }

    #[test]
    fn suggests_only_what_is_near() {
        let keys = ["listen", "data_dir", "public_url"];
        assert_eq!(did_you_mean("lisetn", keys), Some("listen"));
        assert_eq!(did_you_mean("datadir", keys), Some("data_dir"));
        assert_eq!(did_you_mean("colour", keys), None);
        let long = "l".repeat(LONGEST_WORD + 1);
        assert_eq!(did_you_mean(&long, [long.as_str()]), None);
    }
}
