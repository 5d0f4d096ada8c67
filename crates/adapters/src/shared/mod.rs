//! What several carriers need and none owns.

pub mod allow_list;
pub mod answer;
pub mod basic_auth;
pub mod cart;
pub mod fetchable;
pub mod form;
pub mod form_data;
pub mod hmac;
pub mod html;
pub mod issued_token;
pub mod json;
pub mod loose;
pub mod multipart;
pub mod path;
pub mod people;
pub mod settings;
pub mod text;
pub mod words;
