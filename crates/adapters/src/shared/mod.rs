//! What several carriers need and none owns.

pub mod bsuid;
pub mod form;
pub mod hmac;
pub mod json;
pub mod words;
