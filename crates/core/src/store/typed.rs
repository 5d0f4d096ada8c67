//! Records as bytes, and typed reads.

use async_trait::async_trait;
use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Pointer, Record, Store, StoreError, Table, Versioned};
use crate::conversation::Conversation;
use crate::customer::Customer;
use crate::id::{ConversationId, CustomerId, MessageId, TenantId};
use crate::message::Message;

/// A record as it is stored.
pub(super) fn encode(record: &impl Serialize) -> Bytes {
    // Most records are messages of about a kilobyte: with room for one at once, the bytes
    // are not moved again and again while they are written.
    let mut body = Vec::with_capacity(1_024);
    serde_json::to_writer(&mut body, record).expect("records serialise");
    body.into()
}

/// Reads `body` as the record it should be.
pub fn decode<T: DeserializeOwned>(body: &[u8]) -> Result<T, StoreError> {
    // Where, but not what: the parser's words quote the record.
    serde_json::from_slice(body).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        StoreError::Corrupt(format!("{:?} error at line {line}, column {column}", error.classify()))
    })
}

/// Typed reads over any [`Store`].
#[async_trait]
pub trait StoreExt: Store {
    /// One record of a listed table.
    async fn record<R: Record>(
        &self,
        tenant: &TenantId,
        key: &str,
    ) -> Result<Option<Versioned<R>>, StoreError> {
        match self.get(tenant, R::TABLE, key).await? {
            Some(found) => Ok(Some(Versioned { value: decode(&found.value)?, version: found.version })),
            None => Ok(None),
        }
    }

    /// A message.
    async fn message(
        &self,
        tenant: &TenantId,
        id: MessageId,
    ) -> Result<Option<Versioned<Message>>, StoreError> {
        self.record(tenant, &id.to_string()).await
    }

    /// A conversation.
    async fn conversation(
        &self,
        tenant: &TenantId,
        id: ConversationId,
    ) -> Result<Option<Versioned<Conversation>>, StoreError> {
        self.record(tenant, &id.to_string()).await
    }

    /// A customer.
    async fn customer(
        &self,
        tenant: &TenantId,
        id: CustomerId,
    ) -> Result<Option<Versioned<Customer>>, StoreError> {
        self.record(tenant, &id.to_string()).await
    }

    /// A small fact.
    async fn pointer<T: DeserializeOwned + Send>(
        &self,
        tenant: &TenantId,
        pointer: &Pointer,
    ) -> Result<Option<Versioned<T>>, StoreError> {
        match self.get(tenant, Table::Pointer, pointer.as_str()).await? {
            Some(found) => Ok(Some(Versioned { value: decode(&found.value)?, version: found.version })),
            None => Ok(None),
        }
    }
}

impl<S: Store + ?Sized> StoreExt for S {}
