//! What several carriers need and none owns.

pub mod fetchable;
pub mod form;
pub mod hmac;
pub mod json;
pub mod words;
