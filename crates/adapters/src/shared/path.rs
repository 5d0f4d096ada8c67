//! Secret and meaningful segments of callback paths.

use omni_core::secret::Secret;
use omni_core::webhook::{Refusal, WebhookRequest};

/// Whether a segment of the path is exactly `word`.
pub fn has_segment(request: &WebhookRequest, word: &str) -> bool {
    request.path().split('/').any(|segment| segment == word)
}

/// Requires an unguessable segment, if one is configured. Every segment is compared, each in
/// constant time.
pub fn verify_token(request: &WebhookRequest, token: Option<&Secret>) -> Result<(), Refusal> {
    let Some(token) = token else { return Ok(()) };
    let segments = request.path().split('/').filter(|segment| !segment.is_empty());
    let found = segments.fold(false, |found, segment| found | token.matches(segment.as_bytes()));
    if found { Ok(()) } else { Err(Refusal::Unverified("path_token_wrong")) }
}
