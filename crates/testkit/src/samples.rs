//! Records with sensible content, to be changed where a test cares.

use std::sync::Arc;

use omni_core::content::OutboundContent;
use omni_core::conversation::{Conversation, Owner, State};
use omni_core::customer::{Customer, CustomerType, Evidence, Identifier, Preferences, Profile};
use omni_core::event::Channel;
use omni_core::id::{Id, IdSource, JobId, JournalId, Kind, MessageId, TenantId, TraceId};
use omni_core::job::{DeadLetter, Job, Work};
use omni_core::message::{Author, Content, Direction, Message, Priority};
use omni_core::status::Status;
use omni_core::store::JournalEntry;
use omni_core::time::{Clock, Timestamp};
use omni_core::webhook::Outcome;

use crate::ids::SeededIds;

/// The tenant that samples belong to unless a test says otherwise.
pub fn acme() -> TenantId {
    "acme".parse().expect("a name")
}

/// Another one.
pub fn globex() -> TenantId {
    "globex".parse().expect("a name")
}

/// Makes records stamped with a clock's time.
pub struct Samples {
    clock: Arc<dyn Clock>,
    ids: SeededIds,
}

impl Samples {
    /// Records of the time of `clock`.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, ids: SeededIds::default() }
    }

    /// Now.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// A new id.
    pub fn id<K: Kind>(&self) -> Id<K> {
        Id::new(self.ids.ulid(self.clock.now()))
    }

    /// A queued text message to a customer.
    pub fn message(&self, tenant: &TenantId) -> Message {
        Message {
            id: self.id(),
            tenant: tenant.clone(),
            account: "main".parse().expect("a name"),
            direction: Direction::Outbound,
            author: Author::Api,
            channel: Channel::Sms,
            connection: None,
            carrier: None,
            customer_address: "+13035550177".into(),
            our_address: None,
            customer: None,
            conversation: None,
            sequence: None,
            status: Status::Queued,
            content: Content::Outbound(OutboundContent::Text { text: "Your table is ready".to_owned() }),
            carrier_message_id: None,
            sending: None,
            attempts: Vec::new(),
            receipts: Vec::new(),
            error: None,
            trace: Vec::new(),
            tags: Vec::new(),
            correlation: self.id(),
            journal: None,
            sent_at: None,
            created_at: self.now(),
            updated_at: self.now(),
        }
    }

    /// A customer known by one phone number.
    pub fn customer(&self, tenant: &TenantId) -> Customer {
        Customer {
            id: self.id(),
            tenant: tenant.clone(),
            customer_type: CustomerType::New,
            identifiers: vec![Identifier {
                value: "+13035550177".into(),
                evidence: Evidence::Carrier,
                since: self.now(),
            }],
            profile: Profile::default(),
            preferences: Preferences::default(),
            created_at: self.now(),
            last_contact_at: self.now(),
        }
    }

    /// An active conversation with `customer`.
    pub fn conversation(&self, customer: &Customer) -> Conversation {
        Conversation {
            id: self.id(),
            tenant: customer.tenant.clone(),
            account: "main".parse().expect("a name"),
            customer: customer.id,
            customer_address: "+13035550177".into(),
            channel: Channel::Sms,
            state: State::Active,
            owner: Owner::Bot,
            epoch: 0,
            sequence: 0,
            inbound_count: 0,
            outbound_count: 0,
            participants: Vec::new(),
            last_connection: None,
            our_address: None,
            carrier_ref: None,
            last_inbound: None,
            last_inbound_at: None,
            priority: Priority::Normal,
            tags: Vec::new(),
            started_at: self.now(),
            automatic: omni_core::conversation::Automatic::default(),
            last_activity_at: self.now(),
        }
    }

    /// A job of a lane, for now, about a message that need not exist.
    pub fn job(&self, tenant: &TenantId, lane: &str) -> Job {
        let message: MessageId = self.id();
        let trace: TraceId = self.id();
        let id: JobId = self.id();
        Job::new(id, tenant.clone(), lane.to_owned(), Work::Deliver { message }, trace, self.now())
    }

    /// `job`, given up.
    pub fn dead_letter(&self, job: Job) -> DeadLetter {
        DeadLetter {
            id: job.id,
            job,
            step: "deliver".to_owned(),
            code: "retries_exhausted".to_owned(),
            reason: "the carrier did not answer".to_owned(),
            at: self.now(),
            redriven_at: None,
        }
    }

    /// An accepted request.
    pub fn request(&self, tenant: Option<&TenantId>) -> JournalEntry {
        let id: JournalId = self.id();
        JournalEntry {
            id,
            tenant: tenant.cloned(),
            carrier: "whatsapp".to_owned(),
            connection: Some("wa-main".to_owned()),
            outcome: Outcome::Accept,
            reasons: Vec::new(),
            head: r#"{"method":"POST","path":"/hooks/whatsapp"}"#.into(),
            body: r#"{"object":"whatsapp_business_account","entry":[]}"#.into(),
            received_at: self.now(),
        }
    }
}
