//! Who is who: tenants, accounts and connections, as configured. Built once at start and
//! never changed; a new configuration is a new directory.

use std::collections::HashMap;
use std::sync::Arc;

use omni_core::account::Account;
use omni_core::address::Address;
use omni_core::carrier::Carrier;
use omni_core::event::Channel;
use omni_core::id::{AccountId, ConnectionId, TenantId};

/// What happens to a request that does not verify.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum VerifyMode {
    /// It is refused.
    #[default]
    Enforce,
    /// It is taken, and marked: for finding out, never for staying.
    Observe,
}

/// One configured carrier endpoint of an account.
pub struct Connection {
    /// Whose.
    pub tenant: TenantId,
    /// Which brand or project.
    pub account: AccountId,
    /// Its name, unique in the whole configuration (it is part of URLs).
    pub id: ConnectionId,
    /// How to talk to it.
    pub carrier: Arc<dyn Carrier>,
    /// What happens to what does not verify.
    pub verify: VerifyMode,
    /// The senders it answers for, as in events; empty for all.
    pub routing_keys: Vec<String>,
    /// Our addresses that can send here, in order of preference.
    pub senders: Vec<(Channel, Address)>,
    /// Price of one message in millionths of the tenant's currency, for the selection.
    pub cost_micros: u64,
    /// Preferred among equals: lowest first.
    pub rank: i32,
    /// Where its carrier reports statuses, if it takes an address per message.
    pub status_url: Option<String>,
    /// It talks to a twin, not to the world.
    pub sandbox: bool,
    /// Segments per second that one sender may send; `None` for no limit.
    pub rate_per_sender: Option<f64>,
}

impl Connection {
    /// A connection with everything at its default.
    pub fn new(tenant: TenantId, account: AccountId, id: ConnectionId, carrier: Arc<dyn Carrier>) -> Self {
        Self {
            tenant,
            account,
            id,
            verify: VerifyMode::Enforce,
            routing_keys: carrier.routing_keys(),
            senders: carrier.senders(),
            carrier,
            cost_micros: 0,
            rank: 0,
            status_url: None,
            sandbox: false,
            rate_per_sender: None,
        }
    }

    /// Whether events with this tenant key are its own.
    pub fn answers_for(&self, tenant_key: &str) -> bool {
        self.routing_keys.is_empty() || self.routing_keys.iter().any(|key| key == tenant_key)
    }

    /// The sender to use on `channel`: the wished one if it is ours, else the first that fits.
    pub fn sender(&self, channel: Channel, wished: Option<&Address>) -> Option<Address> {
        let fits = |&&(of, _): &&(Channel, Address)| {
            of == channel || of.conversation_channel() == channel.conversation_channel()
        };
        let ours = || self.senders.iter().filter(fits).map(|(_, address)| address);
        match wished {
            Some(wished) => ours().find(|address| *address == wished).cloned(),
            None => ours().next().cloned(),
        }
    }
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connection")
            .field("tenant", &self.tenant)
            .field("account", &self.account)
            .field("id", &self.id)
            .field("carrier", &self.carrier.name())
            .finish_non_exhaustive()
    }
}

/// All accounts and connections.
#[derive(Debug, Default)]
pub struct Directory {
    accounts: HashMap<(TenantId, AccountId), Arc<Account>>,
    connections: Vec<Arc<Connection>>,
    by_id: HashMap<ConnectionId, Arc<Connection>>,
    by_carrier: HashMap<&'static str, Vec<Arc<Connection>>>,
}

impl Directory {
    /// A directory of these. Accounts are unique per tenant, connections everywhere; the
    /// configuration has checked that.
    pub fn new(accounts: Vec<Account>, connections: Vec<Connection>) -> Self {
        let mut directory = Self::default();
        for account in accounts {
            let key = (account.tenant.clone(), account.id.clone());
            directory.accounts.insert(key, Arc::new(account));
        }
        for connection in connections.into_iter().map(Arc::new) {
            directory.by_id.insert(connection.id.clone(), Arc::clone(&connection));
            directory
                .by_carrier
                .entry(connection.carrier.name().0)
                .or_default()
                .push(Arc::clone(&connection));
            directory.connections.push(connection);
        }
        directory
    }

    /// An account.
    pub fn account(&self, tenant: &TenantId, account: &AccountId) -> Option<Arc<Account>> {
        self.accounts.get(&(tenant.clone(), account.clone())).cloned()
    }

    /// The accounts of a tenant, by name.
    pub fn accounts_of(&self, tenant: &TenantId) -> Vec<Arc<Account>> {
        let mut found: Vec<_> =
            self.accounts.values().filter(|account| account.tenant == *tenant).cloned().collect();
        found.sort_by(|a, b| a.id.cmp(&b.id));
        found
    }

    /// All connections, as configured.
    pub fn connections(&self) -> &[Arc<Connection>] {
        &self.connections
    }

    /// A connection by its name.
    pub fn connection(&self, id: &ConnectionId) -> Option<&Arc<Connection>> {
        self.by_id.get(id)
    }

    /// The connections of a carrier.
    pub fn of_carrier(&self, carrier: &str) -> &[Arc<Connection>] {
        self.by_carrier.get(carrier).map(Vec::as_slice).unwrap_or_default()
    }

    /// The connections of an account.
    pub fn of_account<'a>(
        &'a self,
        tenant: &'a TenantId,
        account: &'a AccountId,
    ) -> impl Iterator<Item = &'a Arc<Connection>> {
        self.connections.iter().filter(move |c| c.tenant == *tenant && c.account == *account)
    }
}
