//! WhatsApp's limits, and the refusal of what breaks one.
//!
//! Lengths are characters. Sources: Meta's description of its API (v23.0, November 2025) where
//! nothing else is said.

use omni_core::failure::{ErrorClass, SendError};

/// Longest text.
pub(in super::super) const TEXT: usize = 4_096;
/// Longest caption of a picture, film or document.
pub(super) const CAPTION: usize = 1_024;
/// Longest words of an interactive message that is no list.
pub(super) const BODY: usize = 1_024;
/// Longest header of words, and longest footer.
pub(super) const HEADER: usize = 60;
/// Most reply buttons.
pub(in super::super) const BUTTONS: usize = 3;
/// Longest title of a reply button, label of a link, and label that opens a list.
pub(super) const BUTTON_TITLE: usize = 20;
/// Longest id of a reply button.
pub(super) const BUTTON_ID: usize = 256;
/// Most list entries, over all sections.
pub(in super::super) const ROWS: usize = 10;
/// Longest id of a list entry.
pub(super) const ROW_ID: usize = 200;
/// Longest title of a list entry.
pub(super) const ROW_TITLE: usize = 24;
/// Longest description of a list entry.
pub(super) const ROW_DESCRIPTION: usize = 72;
/// Most sections of a product list.
pub(super) const SECTIONS: usize = 10;
/// Longest title of a section.
pub(super) const SECTION_TITLE: usize = 24;
/// Most products, over all sections.
pub(super) const PRODUCTS: usize = 30;
/// Longest label of the button that opens a form: 20 once, 30 "advised" since 2025.
pub(super) const FORM_LABEL: usize = 30;
/// Longest code of a button that copies one (Meta's page on coupon codes, December 2025; 15
/// before).
pub(super) const COUPON: usize = 20;

/// A limit of WhatsApp's that `what` breaks.
pub(super) fn refused(what: &str, why: impl Into<String>) -> SendError {
    SendError::rejected(ErrorClass::BadRequest, what, why)
}

/// Refuses `text` of more than `limit` characters.
pub(in super::super) fn at_most(what: &str, text: &str, limit: usize) -> Result<(), SendError> {
    if text.chars().count() > limit {
        return Err(refused(what, format!("longer than {limit} characters")));
    }
    Ok(())
}

/// Refuses `text` that is empty or of more than `limit` characters.
pub(super) fn some_at_most(what: &str, text: &str, limit: usize) -> Result<(), SendError> {
    if text.trim().is_empty() {
        return Err(refused(what, "is empty"));
    }
    at_most(what, text, limit)
}
