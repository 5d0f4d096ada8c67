//! What stands in a URL: ids in paths, and query parameters, of which none is ignored.

use std::sync::Arc;

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use omni_core::id::{Id, Kind};
use omni_core::problem::{self, FieldError, Problem, did_you_mean};

use crate::Api;
use crate::error::{Answer, Failure};

/// An id in a path: `/v1/messages/{id}`.
pub(crate) struct IdPath<K>(pub(crate) Id<K>);

impl<K: Kind + Send + 'static> FromRequestParts<Arc<Api>> for IdPath<K> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, api: &Arc<Api>) -> Answer<Self> {
        let WordPath(text) = WordPath::from_request_parts(parts, api).await?;
        Ok(Self(id(&text)?))
    }
}

/// A word in a path: `/v1/sandbox/faults/{carrier}`.
pub(crate) struct WordPath(pub(crate) String);

impl FromRequestParts<Arc<Api>> for WordPath {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, api: &Arc<Api>) -> Answer<Self> {
        match Path::<String>::from_request_parts(parts, api).await {
            Ok(Path(word)) => Ok(Self(word)),
            Err(_) => Err(Failure::new(problem::NOT_FOUND, "The path is not UTF-8.")),
        }
    }
}

/// Proof that a request has no query: for operations that take none.
pub(crate) struct NoParams;

impl FromRequestParts<Arc<Api>> for NoParams {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<Api>) -> Answer<Self> {
        Params::new(parts.uri.query(), &[]).done().map(|()| Self)
    }
}

/// Reads an id of the wanted kind.
///
/// # Errors
/// [`problem::ID_WRONG_TYPE`] for another kind's, [`problem::NOT_FOUND`] for one that we can
/// never have made.
pub(crate) fn id<K: Kind>(text: &str) -> Result<Id<K>, Problem> {
    text.parse().map_err(|_| {
        let prefix = K::PREFIX;
        if text.strip_prefix(prefix).is_some_and(|rest| rest.starts_with('_')) {
            return Problem::new(problem::NOT_FOUND, format!("There is no such `{prefix}_…` id."));
        }
        Problem::new(problem::ID_WRONG_TYPE, format!("A `{prefix}_…` id belongs here."))
    })
}

/// Most mistakes that are told at once.
const MOST_MISTAKES: usize = 50;

/// The parameters of a query, read one by one; every mistake is noted, none is ignored.
#[derive(Debug)]
pub(crate) struct Params {
    given: Vec<(String, String)>,
    errors: Vec<FieldError>,
}

impl Params {
    /// Reads `query`, in which only `known` parameters may occur, each once.
    pub(crate) fn new(query: Option<&str>, known: &[&str]) -> Self {
        let mut params = Self { given: Vec::new(), errors: Vec::new() };
        let pairs = url::form_urlencoded::parse(query.unwrap_or_default().as_bytes());
        for (name, value) in pairs.take(known.len() + MOST_MISTAKES) {
            if !known.contains(&&*name) {
                let hint = did_you_mean(&name, known.iter().copied())
                    .map(|near| format!(" Did you mean `{near}`?"))
                    .or_else(|| (!known.is_empty()).then(|| format!(" Known: {}.", known.join(", "))));
                let hint = hint.unwrap_or_default();
                params.wrong(&name, "unknown_parameter", format!("There is no parameter `{name}`.{hint}"));
            } else if params.text(&name).is_some() {
                params.wrong(&name, "repeated", format!("`{name}` may be given once."));
            } else {
                params.given.push((name.into_owned(), value.into_owned()));
            }
        }
        params
    }

    /// Notes a mistake.
    pub(crate) fn wrong(&mut self, name: &str, code: &str, detail: impl Into<String>) {
        // A query can hold more mistakes than anybody reads.
        if self.errors.len() < MOST_MISTAKES {
            self.errors.push(FieldError::new(format!("?{name}"), code, detail));
        }
    }

    /// A parameter as written.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.given.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str())
    }

    /// A whole number within `range`.
    pub(crate) fn number(&mut self, name: &str, range: std::ops::RangeInclusive<u64>) -> Option<u64> {
        let text = self.text(name)?;
        let number = text.parse().ok().filter(|number| range.contains(number));
        if number.is_none() {
            let detail =
                format!("`{name}` must be a whole number from {} to {}.", range.start(), range.end());
            self.wrong(name, "invalid", detail);
        }
        number
    }

    /// How many entries a page may have.
    pub(crate) fn limit(&mut self, default: usize, most: u64) -> usize {
        self.number("limit", 1..=most).and_then(|limit| usize::try_from(limit).ok()).unwrap_or(default)
    }

    /// `true` or `false`.
    pub(crate) fn flag(&mut self, name: &str) -> bool {
        self.word(name, ["true", "false"]) == Some("true")
    }

    /// One of `words`.
    pub(crate) fn word<const N: usize>(
        &mut self,
        name: &str,
        words: [&'static str; N],
    ) -> Option<&'static str> {
        let text = self.text(name)?;
        let found = words.into_iter().find(|word| *word == text);
        if found.is_none() {
            let hint = did_you_mean(text, words).map(|near| format!(" Did you mean `{near}`?"));
            let detail = format!("`{name}` is one of {}.{}", words.join(", "), hint.unwrap_or_default());
            self.wrong(name, "invalid", detail);
        }
        found
    }

    /// An id of the wanted kind.
    ///
    /// # Errors
    /// [`problem::ID_WRONG_TYPE`] at once: it is the one mistake with a code of its own.
    pub(crate) fn id<K: Kind>(&mut self, name: &str) -> Answer<Option<Id<K>>> {
        let Some(text) = self.text(name) else { return Ok(None) };
        match id(text) {
            Ok(id) => Ok(Some(id)),
            Err(problem) if problem.code == problem::ID_WRONG_TYPE => {
                let errors = vec![FieldError::new(format!("?{name}"), "wrong_type", problem.detail.clone())];
                Err(Failure(Problem { errors, ..problem }))
            }
            Err(problem) => {
                self.wrong(name, "invalid", problem.detail);
                Ok(None)
            }
        }
    }

    /// What tells this listing from others: all but where a page begins and ends.
    pub(crate) fn scope(&self, listing: &str) -> String {
        let mut filters: Vec<_> =
            self.given.iter().filter(|(name, _)| name != "cursor" && name != "limit").collect();
        filters.sort();
        filters.iter().fold(listing.to_owned(), |scope, (name, value)| {
            // Lengths keep a value with `&` or `=` in it from looking like two filters.
            format!("{scope}&{name}={}:{value}", value.len())
        })
    }

    /// Ends the reading.
    ///
    /// # Errors
    /// [`problem::QUERY_INVALID`] with every mistake.
    pub(crate) fn done(self) -> Answer<()> {
        let detail = match self.errors.as_slice() {
            [] => return Ok(()),
            [one] => one.detail.clone(),
            many => format!("{} mistakes in the query; see `errors`.", many.len()),
        };
        Err(Failure(Problem { code: problem::QUERY_INVALID, detail, errors: self.errors }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use omni_core::id::{Conversation, Message};

    fn mistakes(query: &str) -> Vec<String> {
        let mut params = Params::new(Some(query), &["limit", "status", "flag", "id"]);
        params.limit(50, 200);
        params.word("status", ["open", "redriven"]);
        params.flag("flag");
        params.id::<Message>("id").unwrap();
        let problem = params.done().map_or_else(|failure| Some(failure.0), |()| None);
        problem.into_iter().flat_map(|problem| problem.errors).map(|error| error.pointer).collect()
    }

    #[test]
    fn every_mistake_is_told() {
        let cases: [(&str, &[&str]); 8] = [
            ("", &[]),
            ("limit=200&status=open&flag=true", &[]),
            ("limit=0", &["?limit"]),
            ("limit=201&status=opne", &["?limit", "?status"]),
            ("limit=ten&colour=red", &["?colour", "?limit"]),
            ("status=open&status=open", &["?status"]),
            ("flag=yes&id=msg_x&limit=-1", &["?limit", "?flag", "?id"]),
            ("%6cimit=%31&status=", &["?status"]),
        ];
        for (query, expect) in cases {
            assert_eq!(mistakes(query), expect, "{query}");
        }
        let problem = Params::new(Some("limt=1"), &["limit"]).done().unwrap_err().0;
        assert!(problem.detail.contains("Did you mean `limit`?"), "{}", problem.detail);
    }

    #[test]
    fn ids_of_another_kind_have_their_own_code() {
        assert_eq!(id::<Message>("conv_x").unwrap_err().code, problem::ID_WRONG_TYPE);
        assert_eq!(id::<Message>("").unwrap_err().code, problem::ID_WRONG_TYPE);
        assert_eq!(id::<Message>("msg_ü").unwrap_err().code, problem::NOT_FOUND);
        let mut params = Params::new(Some("conversationId=msg_x"), &["conversationId"]);
        let failure = params.id::<Conversation>("conversationId").unwrap_err();
        assert_eq!(failure.0.code, problem::ID_WRONG_TYPE);
        assert_eq!(failure.0.errors[0].pointer, "?conversationId");
    }

    #[test]
    fn filters_make_a_listing_and_pages_do_not() {
        let scope = |query| Params::new(Some(query), &["a", "b", "limit", "cursor"]).scope("x");
        assert_eq!(scope("a=1&b=2&limit=3"), scope("b=2&cursor=y&a=1"));
        assert_ne!(scope("a=1"), scope("a=2"));
        assert_ne!(scope("a=1%26b%3D1:2"), scope("a=1&b=2"));
    }
}
