//! Who wrote and to whom, on the phone networks.

use omni_core::address::Address;
use omni_core::consent::{Context, Keyword, match_keyword, toll_free_network_answers};
use omni_core::phone::{AddressKind, Role, is_toll_free, parse};

/// A sender as a carrier names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sender {
    /// The address; `None` if the network withholds it. What is no address that we know is
    /// kept as it was written: carriers deliver odd numbers.
    pub address: Option<Address>,
    /// Whether a person can be behind it who reads an answer: not a short code, a name or
    /// nobody.
    pub answerable: bool,
}

/// Reads a sender; digits without plus are read as of `region`, else as international.
pub fn sender(raw: &str, region: &str) -> Sender {
    let parsed = parse(raw, region, Role::Sender);
    match parsed.kind {
        AddressKind::Anonymous => Sender { address: None, answerable: false },
        AddressKind::Invalid => Sender { address: Some(kept(raw).into()), answerable: false },
        kind => Sender {
            answerable: matches!(kind, AddressKind::Phone | AddressKind::Email),
            address: parsed.address,
        },
    }
}

/// One of our own senders, or a member of a group: E.164 if it is a number, else as written
/// (short codes, RCS agents).
pub fn number(raw: &str, region: &str) -> Address {
    let parsed = parse(raw, region, Role::Sender);
    match (parsed.kind, parsed.address) {
        (AddressKind::Phone, Some(address)) => address,
        _ => kept(raw).into(),
    }
}

fn kept(raw: &str) -> String {
    raw.trim().chars().filter(|c| !c.is_control()).take(100).collect()
}

/// The consent keyword in a text message to `ours`, and whether an automatic answer may
/// follow (`None`: nothing speaks against one).
pub fn judge(text: &str, ours: &Address, sender: &Sender) -> (Option<Keyword>, Option<bool>) {
    let keyword = match_keyword(text, &Context::default());
    let network = keyword.is_some()
        && ours.expose().starts_with("+1")
        && is_toll_free(ours)
        && toll_free_network_answers(text);
    let allowed = match keyword {
        _ if !sender.answerable || network => Some(false),
        Some(_) => Some(true),
        None => None,
    };
    (keyword, allowed)
}
