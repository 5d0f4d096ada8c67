//! A customer.

use omni_core::address::Address;
use omni_core::customer::{Customer, CustomerType, Evidence, Identifier, Preferences, Profile};
use serde::Serialize;
use utoipa::ToSchema;

use super::When;

/// A person, and the addresses they use.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Customer, example = json!({
    "id": "cus_01K5D00000000000000000C0S0", "customerType": "anonymous",
    "identifiers": [{ "value": "+15550001001", "evidence": "carrier", "since": "2026-11-20T09:00:00Z" }],
    "profile": { "displayName": "Rosa", "tags": [] },
    "preferences": { "optOutStatus": false, "marketingConsent": false },
    "createdAt": "2026-11-20T09:00:00Z", "lastContactAt": "2026-11-20T10:00:00Z",
}))]
pub struct CustomerView {
    /// Their id.
    pub id: String,
    /// `known`, `anonymous` or `new`.
    #[schema(value_type = String)]
    pub customer_type: CustomerType,
    /// Their addresses.
    pub identifiers: Vec<IdentifierView>,
    /// Who they are.
    pub profile: ProfileView,
    /// What they like.
    pub preferences: PreferencesView,
    /// Since when we know them.
    pub created_at: When,
    /// When they last wrote.
    pub last_contact_at: When,
}

impl From<&Customer> for CustomerView {
    fn from(customer: &Customer) -> Self {
        Self {
            id: customer.id.to_string(),
            customer_type: customer.customer_type,
            identifiers: customer.identifiers.iter().map(IdentifierView::from).collect(),
            profile: customer.profile.clone().into(),
            preferences: customer.preferences.clone().into(),
            created_at: customer.created_at.into(),
            last_contact_at: customer.last_contact_at.into(),
        }
    }
}

/// One address of a person.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Identifier)]
pub struct IdentifierView {
    /// Its identity form: `+1303…`, `wa:+4477…`, `bsuid:…`, `lc:…`, an e-mail address.
    #[schema(value_type = String)]
    pub value: Address,
    /// How we know: `carrier`, `linked`, `claimed` or `api`.
    #[schema(value_type = String)]
    pub evidence: Evidence,
    /// Since when.
    pub since: When,
}

impl From<&Identifier> for IdentifierView {
    fn from(identifier: &Identifier) -> Self {
        Self {
            value: identifier.value.clone(),
            evidence: identifier.evidence,
            since: identifier.since.into(),
        }
    }
}

/// Who a person is.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CustomerProfile)]
pub struct ProfileView {
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

impl From<Profile> for ProfileView {
    fn from(profile: Profile) -> Self {
        let Profile { display_name, first_name, last_name, email, tags } = profile;
        Self { display_name, first_name, last_name, email, tags }
    }
}

/// What a person likes.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CustomerPreferences)]
pub struct PreferencesView {
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

impl From<Preferences> for PreferencesView {
    fn from(preferences: Preferences) -> Self {
        let Preferences { preferred_channel, language, timezone, opt_out_status, marketing_consent } =
            preferences;
        Self { preferred_channel, language, timezone, opt_out_status, marketing_consent }
    }
}
