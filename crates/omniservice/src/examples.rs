//! Examples for the verbs below a noun (`omni messages list`), at the top of their help.
//!
//! Nouns share verbs, so these can stand at no type of `cli`; those of whole commands do.

use clap::Command;

/// Noun, verb, two examples.
const OF_VERBS: [(&str, &str, [&str; 2]); 18] = [
    ("config", "show", ["omni config show --origin", "omni config show --config /etc/omni/omni.toml --json"]),
    ("keys", "new", ["omni keys new --tenant acme --name crm", "omni keys new --tenant acme --test --json"]),
    (
        "messages",
        "list",
        [
            "omni messages list --status failed --limit 50",
            "omni messages list --conversation conv_01JD… --all -o jsonl",
        ],
    ),
    ("messages", "show", ["omni messages show msg_01JD…", "omni messages show msg_01JD… --json"]),
    ("messages", "cancel", ["omni messages cancel msg_01JD…", "omni messages cancel msg_01JD… --json"]),
    ("customers", "show", ["omni customers show cus_01JD…", "omni customers show cus_01JD… --json"]),
    (
        "conversations",
        "list",
        ["omni conversations list --status ESCALATED", "omni conversations list --all -o jsonl"],
    ),
    (
        "conversations",
        "show",
        ["omni conversations show conv_01JD…", "omni conversations show conv_01JD… --json"],
    ),
    (
        "dead-letters",
        "list",
        ["omni dead-letters list --status open", "omni dead-letters list --all -o jsonl"],
    ),
    ("dead-letters", "show", ["omni dead-letters show job_01JD…", "omni dead-letters show job_01JD… --json"]),
    (
        "dead-letters",
        "redrive",
        ["omni dead-letters redrive job_01JD…", "omni dead-letters redrive --all --yes --json"],
    ),
    ("quarantine", "list", ["omni quarantine list", "omni quarantine list --all -o jsonl"]),
    ("quarantine", "show", ["omni quarantine show jrn_01JD…", "omni quarantine show jrn_01JD… --json"]),
    ("quarantine", "replay", ["omni quarantine replay jrn_01JD…", "omni quarantine replay jrn_01JD… --json"]),
    ("connections", "list", ["omni connections list", "omni connections list --json"]),
    (
        "connections",
        "show",
        ["omni connections show twilio-main", "omni connections show twilio-main --json"],
    ),
    ("events", "show", ["omni events show 42", "omni events show 42 --json"]),
    (
        "events",
        "list",
        ["omni events list --since 15m", "omni events list --types 'message.*' --since 1d --all -o jsonl"],
    ),
];

/// Adds the examples.
pub fn add(mut command: Command) -> Command {
    for (noun, verb, [first, second]) in OF_VERBS {
        command = command.mut_subcommand(noun, |noun| {
            noun.mut_subcommand(verb, |verb| verb.before_help(format!("Examples:\n  {first}\n  {second}")))
        });
    }
    command
}
