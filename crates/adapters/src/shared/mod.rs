//! What several carriers need and none owns.

pub mod form;
pub mod hmac;
pub mod json;
pub mod words;
