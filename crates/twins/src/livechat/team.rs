//! Who works at the organization: our bot or agent, two people, three groups.

/// The agent to whom the personal tokens belong.
pub(super) const OUR_AGENT: &str = "omni@acme.example";
/// A person who is there.
pub(super) const LENA: &str = "lena@acme.example";
/// A person who is not.
const TOM: &str = "tom@acme.example";

/// Everybody who is no bot.
pub(super) const AGENTS: [&str; 3] = [OUR_AGENT, LENA, TOM];

/// Group id and whether somebody is there.
const GROUPS: [(u64, bool); 3] = [(0, true), (3, true), (7, false)];

/// How an agent is called.
pub(super) fn name(id: &str) -> &str {
    match id {
        LENA => "Lena",
        TOM => "Tom",
        _ => "Omni assistant",
    }
}

/// Whether an agent is there; `None` if nobody knows them.
pub(super) fn is_agent_online(id: &str) -> Option<bool> {
    match id {
        LENA | OUR_AGENT => Some(true),
        TOM => Some(false),
        _ => None,
    }
}

/// Whether somebody of a group is there; `None` if there is no such group.
pub(super) fn is_group_online(id: u64) -> Option<bool> {
    GROUPS.iter().find(|(group, _)| *group == id).map(|(_, online)| *online)
}
