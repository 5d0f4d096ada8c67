//! What the API shows of things: types of its own, so that what we store can change without
//! a client noticing. camelCase; what does not apply is left out.

pub mod connection;
pub mod content;
pub mod conversation;
pub mod customer;
pub mod dead_letter;
pub mod event;
pub mod journal;
pub mod message;
pub mod send;
pub mod trace;
mod words;

use omni_core::time::Timestamp;
use serde::Serialize;
use utoipa::openapi::{KnownFormat, ObjectBuilder, RefOr, Schema, SchemaFormat, Type};
use utoipa::{PartialSchema, ToSchema};

/// A moment: RFC 3339, UTC.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(transparent)]
pub struct When(pub Timestamp);

impl From<Timestamp> for When {
    fn from(at: Timestamp) -> Self {
        Self(at)
    }
}

impl PartialSchema for When {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
            .examples(["2026-11-20T10:00:00Z"])
            .into()
    }
}

impl ToSchema for When {
    fn name() -> std::borrow::Cow<'static, str> {
        "Timestamp".into()
    }
}
