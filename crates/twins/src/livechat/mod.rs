//! LiveChat (Text platform): visitors of a web site, a bot or agent of ours, and their colleagues.
//!
//! | what | how LiveChat does it |
//! |---|---|
//! | send | `POST /v3.6/agent/action/send_event`; a chat without a running thread is `chat_inactive` |
//! | wake | `resume_chat` begins a new thread; `start_chat` a new chat |
//! | look up | `list_threads`: events with the sender's `custom_id`; `get_customer`: a visitor's chats |
//! | callback | `POST` JSON; nothing but `secret_key` in the body proves it |
//! | status | our own event comes back (`incoming_event`, or `incoming_chat` with its thread), then `events_marked_as_seen` |
//! | retries | about three within a minute |
//! | who | a bot by a token for a day (`issue_bot_token`), or an agent by theirs |
//!
//! A visitor is known by a UUID. The one behind a phone number has it at the end of theirs
//! (`7d3f1c22-0a55-4b1e-8c66-015550002003`), so the reserved numbers work here, too. What the
//! channel does not know, they mean like this: `…2001` is a validation error, `…2002` leaves
//! before reading (the router ends the thread), `…2008` and `…2009` are like anybody else.
//!
//! Chats go to whoever called the API last; before the first call, to bot and agent. A personal token of Frankfurt and the OAuth
//! token need `X-Region: fra`. There is no customer chat API here, and webhooks cannot be
//! registered: those for the actions in [`webhooks`] are.

mod api;
mod catalogue;
mod chats;
mod configuration;
mod customer;
mod errors;
mod event;
mod files;
mod fixtures;
mod lists;
mod manage;
mod sending;
mod team;
mod webhooks;

use std::sync::Arc;

use omni_core::secret::Secret;
use omni_core::time::Timestamp;
use parking_lot::Mutex;
use serde_json::{Map, Value, json};

use self::chats::{Chat, Chats};
use self::customer::Customer;
use self::errors::ApiError;
use self::files::Files;
use crate::bounded::Bounded;
use crate::callbacks::Callback;
use crate::dice::secret;
use crate::fixtures::{Params, TriggerError};
use crate::record::{Receipt, Record};
use crate::twin::{Desk, Opened, Plugin, Twin};

pub(crate) const PLUGIN: Plugin = Plugin {
    name: "livechat",
    fixtures: catalogue::CATALOGUE,
    open: |desk| {
        let twin = Arc::new(LiveChat::new(desk));
        Opened { routes: api::routes(Arc::clone(&twin)), twin }
    },
};

/// Tokens that are remembered.
const TOKENS: usize = 1_000;

/// Agents whose routing status is remembered.
const AGENTS: usize = 100;

/// Where an account lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Region {
    Dallas,
    Frankfurt,
}

impl Region {
    const fn word(self) -> &'static str {
        match self {
            Self::Dallas => "dal",
            Self::Frankfurt => "fra",
        }
    }
}

/// A token of an agent.
enum Token {
    /// A personal access token, used with the account's id.
    Personal { account: String, token: Secret },
    /// An OAuth token.
    Bearer(Secret),
}

impl Token {
    /// The whole `Authorization` header.
    fn authorization(&self) -> Secret {
        use base64::Engine as _;
        Secret::new(match self {
            Self::Personal { account, token } => {
                let pair = format!("{account}:{}", token.expose());
                format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(pair))
            }
            Self::Bearer(token) => format!("Bearer {}", token.expose()),
        })
    }
}

pub(crate) struct LiveChat {
    desk: Desk,
    account: Account,
    chats: Chats,
    files: Files,
    /// When each bot token was issued.
    bot_tokens: Mutex<Bounded<Timestamp>>,
    /// Who takes new chats: the last caller.
    responder: Mutex<Option<String>>,
    /// The routing statuses that were set, by agent.
    statuses: Mutex<Bounded<String>>,
}

/// Ids and secrets of the organization.
struct Account {
    organization: String,
    account_id: String,
    client_id: String,
    bot: String,
    bot_secret: Secret,
    webhook_secret: Secret,
    personal: Token,
    frankfurt: Token,
    oauth: Token,
}

impl Account {
    fn new(seed: u64) -> Self {
        let of = |label: &str, digits| secret(seed, &format!("livechat/{label}"), digits);
        let personal = |label: &str, region: Region| Token::Personal {
            account: uuid(&of("account", 32)),
            token: Secret::new(format!("{}:{}", region.word(), of(label, 40))),
        };
        Self {
            organization: uuid(&of("organization", 32)),
            account_id: uuid(&of("account", 32)),
            client_id: of("client", 32),
            bot: of("bot", 32),
            bot_secret: Secret::new(of("bot_secret", 40)),
            webhook_secret: Secret::new(of("webhook_secret", 24)),
            personal: personal("personal", Region::Dallas),
            frankfurt: personal("frankfurt", Region::Frankfurt),
            oauth: Token::Bearer(Secret::new(format!("fra:{}", of("oauth", 40)))),
        }
    }
}

/// 32 hexadecimal digits as a UUID.
fn uuid(hex: &str) -> String {
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
    format!("{}-{}-4{}-8{}-{}", part(0, 8), part(8, 12), part(13, 16), part(17, 20), part(20, 32))
}

impl LiveChat {
    fn new(desk: Desk) -> Self {
        Self {
            account: Account::new(desk.seed),
            responder: Mutex::new(None),
            statuses: Mutex::new(Bounded::new(AGENTS)),
            chats: Chats::default(),
            files: Files::default(),
            bot_tokens: Mutex::new(Bounded::new(TOKENS)),
            desk,
        }
    }

    /// A new id of a chat or thread: ten capital letters and digits.
    fn short_id(&self) -> String {
        const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
        let bytes = self.desk.ids.bytes();
        bytes.iter().take(10).map(|byte| char::from(DIGITS[usize::from(byte & 31)])).collect()
    }

    /// A visitor by id, as they are known from their last chat.
    fn visitor(&self, id: &str) -> Option<Customer> {
        let known = self.chats.of_customer(id).map(|chat| chat.customer);
        known.or_else(|| Customer::of(id, "Visitor"))
    }

    /// A chat that nobody has yet.
    fn new_chat(&self, customer: Customer, agents: Vec<String>) -> Chat {
        let (id, created) = (self.short_id(), self.desk.now());
        Chat { id, customer, agents, groups: vec![0], created, threads: Vec::new() }
    }

    /// Who takes a new chat.
    fn responders(&self) -> Vec<String> {
        match &*self.responder.lock() {
            Some(caller) => vec![caller.clone()],
            None => vec![self.account.bot.clone(), team::OUR_AGENT.to_owned()],
        }
    }

    /// Changes the last chat of a visitor, or a first one.
    fn visit<T>(&self, visitor: Customer, change: impl FnOnce(&mut Chat) -> T) -> (T, Chat) {
        self.chats.visit(visitor, |visitor| self.new_chat(visitor, self.responders()), change)
    }

    fn known(&self, id: &str) -> Result<Chat, ApiError> {
        self.chats.get(id).ok_or_else(|| ApiError::new("not_found", "Chat not found"))
    }

    fn must_be_present(&self, chat: &Chat, caller: &str) -> Result<(), ApiError> {
        if chat.agents.iter().any(|agent| agent == caller) {
            return Ok(());
        }
        Err(ApiError::new("authorization", "requester is not user of the chat"))
    }

    /// Changes a chat that must be there.
    fn change<T>(
        &self,
        id: &str,
        change: impl FnOnce(&mut Chat) -> Result<T, ApiError>,
    ) -> Result<(T, Chat), ApiError> {
        let changed = self.chats.change(id, change);
        changed.ok_or_else(|| ApiError::new("not_found", "Chat not found"))?
    }

    /// Sends webhooks one after another, without waiting for them.
    fn announce(&self, callbacks: Vec<Callback>) {
        let courier = Arc::clone(&self.desk.courier);
        let delivery = async move {
            for callback in callbacks {
                courier.deliver("livechat", callback).await;
            }
        };
        if !self.desk.courier.spawn(delivery) {
            self.desk.courier.dropped("livechat", "announcement", "");
        }
    }

    /// What all kinds of connections have in common.
    fn common_settings(&self, our_id: &str) -> Value {
        let secrets: Map<String, Value> = webhooks::REGISTERED
            .iter()
            .map(|action| {
                let id = webhooks::webhook_id(self.desk.seed, action);
                (id, json!([self.account.webhook_secret.expose()]))
            })
            .collect();
        json!({
            "organization_id": self.account.organization,
            "bot_agent_ids": [our_id],
            "webhook_secrets": secrets,
            "base_url": self.desk.base_url,
        })
    }
}

impl Twin for LiveChat {
    fn desk(&self) -> &Desk {
        &self.desk
    }

    /// A bot, which gets its tokens as it needs them.
    fn connection_settings(&self) -> Value {
        let account = &self.account;
        let mut settings = self.common_settings(&account.bot);
        settings["bot"] = json!({
            "bot_id": account.bot,
            "bot_secret": account.bot_secret.expose(),
            "client_id": account.client_id,
        });
        settings
    }

    fn variant_settings(&self, variant: &str) -> Option<Value> {
        let token = match variant {
            "bot" => return Some(self.connection_settings()),
            "personal" => &self.account.personal,
            "frankfurt" => &self.account.frankfurt,
            "oauth" => &self.account.oauth,
            _ => return None,
        };
        let mut settings = self.common_settings(team::OUR_AGENT);
        settings["client_id"] = self.account.client_id.as_str().into();
        match token {
            Token::Personal { account, token } => {
                settings["account_id"] = account.as_str().into();
                settings["personal_access_token"] = token.expose().into();
            }
            Token::Bearer(token) => settings["access_token"] = token.expose().into(),
        }
        Some(settings)
    }

    fn status_callback(
        &self,
        record: &Record,
        receipt: Receipt,
        happened: Timestamp,
        forged: bool,
    ) -> Option<Callback> {
        self.step(record, receipt, happened, forged)
    }

    fn play(&self, event: &'static str, params: &Params) -> Result<Callback, TriggerError> {
        fixtures::play(self, event, params)
    }
}
