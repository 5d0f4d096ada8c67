//! A customer: a person, and the addresses they use.

use serde::{Deserialize, Serialize};

use crate::address::Address;
use crate::id::{CustomerId, TenantId};
use crate::time::Timestamp;

/// What we know of a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CustomerType {
    /// Somebody entered or named them.
    Known,
    /// They wrote; nobody told us who they are.
    Anonymous,
    /// They wrote just now for the first time.
    New,
}

/// How an address came to belong to a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Evidence {
    /// The carrier delivered a message from it.
    Carrier,
    /// The carrier named it beside the address that wrote.
    Linked,
    /// The person typed it (a form, a chat profile): a claim.
    Claimed,
    /// An API client said so.
    Api,
}

/// One address of a person, in its identity form (`+1303…`, `wa:+4477…`, `bsuid:…`, `lc:…`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Identifier {
    /// The identity form.
    pub value: Address,
    /// How we know.
    pub evidence: Evidence,
    /// Since when.
    pub since: Timestamp,
}

/// A person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Customer {
    /// Their id.
    pub id: CustomerId,
    /// Whose customer.
    pub tenant: TenantId,
    /// What we know of them.
    pub customer_type: CustomerType,
    /// Their addresses; at most 50.
    pub identifiers: Vec<Identifier>,
    /// Who they are.
    #[serde(default)]
    pub profile: Profile,
    /// What they like.
    #[serde(default)]
    pub preferences: Preferences,
    /// Since when.
    pub created_at: Timestamp,
    /// When they last wrote.
    pub last_contact_at: Timestamp,
}

/// Who a person is (the seeds' `CustomerProfile`).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Profile {
    /// The name they show.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// Given name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_name: Option<String>,
    /// Family name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_name: Option<String>,
    /// E-mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Labels.
    pub tags: Vec<String>,
}

/// What a person likes (the seeds' `CustomerPreferences`).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Preferences {
    /// The channel they prefer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preferred_channel: Option<String>,
    /// Language code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// Time zone name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timezone: Option<String>,
    /// They opted out of everything.
    pub opt_out_status: bool,
    /// They agreed to marketing.
    pub marketing_consent: bool,
}
