//! `omni messages|conversations|dead-letters|quarantine|connections`: list, show, act.

use omni_core::problem::{self, Problem};
use omni_core::time::{Clock as _, Timestamp};
use reqwest::Method;
use serde_json::{Value, json};

use crate::cli::{
    CustomersCommand, DeadLettersCommand, EventsCommand, ListArgs, ListShow, MessagesCommand,
    QuarantineCommand, ShowArgs,
};
use crate::client::{Client, query};
use crate::commands::tail;
use crate::confirm::{self, Sure};
use crate::exit::Exit;
use crate::output::{self, Format, cut, text};
use crate::system::SystemClock;

/// How one kind of thing is listed.
struct Listing {
    path: &'static str,
    headings: &'static [&'static str],
    row: fn(&Value) -> Vec<String>,
    /// Parameters that every request of this listing has.
    fixed: &'static [(&'static str, &'static str)],
    /// What to type next.
    next: &'static str,
    /// What an empty list says.
    none: &'static str,
}

const MESSAGES: Listing = Listing {
    path: "/v1/messages",
    headings: &["ID", "", "STATUS", "CHANNEL", "PERSON", "TEXT", "AGE"],
    row: |m| {
        let arrow = if m["direction"] == "inbound" { "←" } else { "→" };
        let person = if m["direction"] == "inbound" { text(m, "from") } else { text(m, "to") };
        vec![
            text(m, "id").to_owned(),
            arrow.to_owned(),
            text(m, "status").to_owned(),
            text(m, "channel").to_owned(),
            person.to_owned(),
            said(m),
            age(m, "createdAt"),
        ]
    },
    fixed: &[],
    next: "omni why <id>",
    none: "no messages; `omni send` or `omni trigger` makes one",
};

const CONVERSATIONS: Listing = Listing {
    path: "/v1/conversations",
    headings: &["ID", "STATUS", "CHANNEL", "PERSON", "OWNER", "MESSAGES", "ACTIVE"],
    row: |c| {
        let owner = &c["owner"];
        let owner = match text(owner, "id") {
            "" => text(owner, "type").to_owned(),
            id => format!("{} {id}", text(owner, "type")),
        };
        let count = c["messageCount"].as_u64().map(|count| count.to_string()).unwrap_or_default();
        vec![
            text(c, "id").to_owned(),
            text(c, "status").to_owned(),
            text(c, "channel").to_owned(),
            text(c, "customerAddress").to_owned(),
            owner,
            count,
            age(c, "lastActivityAt"),
        ]
    },
    fixed: &[],
    next: "omni messages list --conversation <id>",
    none: "no conversations",
};

const DEAD_LETTERS: Listing = Listing {
    path: "/v1/dead-letters",
    headings: &["ID", "STEP", "CODE", "REASON", "AGE"],
    row: |d| {
        vec![
            text(d, "id").to_owned(),
            text(d, "step").to_owned(),
            text(d, "code").to_owned(),
            cut(text(d, "reason"), 50),
            age(d, "at"),
        ]
    },
    fixed: &[],
    next: "omni dead-letters redrive <id>",
    none: "no dead letters: nothing was given up",
};

const QUARANTINE: Listing = Listing {
    path: "/v1/journal",
    headings: &["ID", "CARRIER", "OUTCOME", "REASONS", "AGE"],
    row: |j| {
        let reasons: Vec<&str> =
            j["reasons"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        vec![
            text(j, "id").to_owned(),
            text(j, "carrier").to_owned(),
            text(j, "outcome").to_owned(),
            cut(&reasons.join(", "), 50),
            age(j, "receivedAt"),
        ]
    },
    fixed: &[("setAside", "true")],
    next: "omni quarantine show <id>",
    none: "nothing was set aside",
};

const CONNECTIONS: Listing = Listing {
    path: "/v1/connections",
    headings: &["ID", "CARRIER", "ACCOUNT", "BREAKER", "WEBHOOK"],
    row: |c| {
        ["id", "carrier", "accountId", "breaker", "webhookUrl"]
            .iter()
            .map(|name| text(c, name).to_owned())
            .collect()
    },
    fixed: &[],
    next: "give the webhook address to the carrier",
    none: "no connections: they are in omni.toml",
};

/// `omni messages`
pub async fn messages(command: MessagesCommand) -> anyhow::Result<()> {
    match command {
        MessagesCommand::List(args) => list(&MESSAGES, &args).await,
        MessagesCommand::Show(args) => show(MESSAGES.path, &args).await,
        MessagesCommand::Cancel(args) => {
            let client = Client::find(&args.server)?;
            let path = format!("/v1/messages/{}/cancel", args.id);
            let answer = client.json(Method::POST, &path, Some(&json!({}))).await?;
            if args.server.format() == Format::Table {
                output::line(&format!("{} {} {}", output::mark(true), args.id, text(&answer, "status")));
            } else {
                output::json(&answer);
            }
            Ok(())
        }
    }
}

/// `omni customers`
pub async fn customers(command: CustomersCommand) -> anyhow::Result<()> {
    let CustomersCommand::Show(args) = command;
    show("/v1/customers", &args).await
}

/// `omni conversations`
pub async fn conversations(command: ListShow) -> anyhow::Result<()> {
    list_show(&CONVERSATIONS, command).await
}

/// `omni events`
pub async fn events(command: EventsCommand) -> anyhow::Result<()> {
    let (types, since, limit, cursor, all, server) = match command {
        EventsCommand::Show(args) => return show("/v1/events", &args).await,
        EventsCommand::List { types, since, limit, cursor, all, server } => {
            (types, since, limit, cursor, all, server)
        }
    };
    let client = Client::find(&server)?;
    let after = match since {
        Some(since) => Some(tail::sequence(&client, since).await?.to_string()),
        None => None,
    };
    let limit = limit.to_string();
    let (mut events, mut cursor) = (Vec::new(), cursor);
    loop {
        // A cursor knows where it stands; the beginning is for the first page.
        let after = after.as_deref().filter(|_| cursor.is_none());
        let wanted = query([
            ("types", types.as_deref()),
            ("after", after),
            ("limit", Some(limit.as_str())),
            ("cursor", cursor.as_deref()),
        ]);
        let page = client.get(&format!("/v1/events{wanted}")).await?;
        events.extend(page["data"].as_array().cloned().unwrap_or_default());
        cursor = page["nextCursor"].as_str().map(str::to_owned);
        if !all || cursor.is_none() {
            break;
        }
    }
    if server.format() == Format::Json {
        output::json(&json!({ "data": events, "nextCursor": cursor }));
        return Ok(());
    }
    for event in &events {
        tail::show(event, server.format() == Format::Jsonl);
    }
    if let Some(cursor) = cursor {
        eprintln!("  more: --cursor {cursor}   (or --all)");
    } else if events.is_empty() {
        eprintln!("  no such events");
    }
    Ok(())
}

/// `omni connections`
pub async fn connections(command: ListShow) -> anyhow::Result<()> {
    list_show(&CONNECTIONS, command).await
}

/// `omni dead-letters`
pub async fn dead_letters(command: DeadLettersCommand) -> anyhow::Result<()> {
    let (id, server, yes) = match command {
        DeadLettersCommand::List(args) => return list(&DEAD_LETTERS, &args).await,
        DeadLettersCommand::Show(args) => return show(DEAD_LETTERS.path, &args).await,
        DeadLettersCommand::Redrive { id, all, yes, server } => {
            if id.is_none() && !all {
                let detail = "say which: an id, or --all for every open one";
                return Err(Problem::new(problem::VALIDATION_FAILED, detail).into());
            }
            (id, server, yes)
        }
    };
    let client = Client::find(&server)?;
    if id.is_none() && !yes {
        // Nothing to redrive is nothing to be sure of.
        if let Some(letters) = open_letters(&client).await? {
            confirm::ask(&letters, Sure::Yes)?;
        }
    }
    let answer = match &id {
        Some(id) => {
            client.json(Method::POST, &format!("/v1/dead-letters/{id}/redrive"), Some(&json!({}))).await?
        }
        None => redrive_all(&client).await?,
    };
    let failures = answer["failures"].as_array().map(Vec::as_slice).unwrap_or_default();
    if server.format() == Format::Table {
        let count = answer["redriven"].as_u64().unwrap_or(1);
        output::line(&format!("{} {count} back at work", output::mark(true)));
        for failure in failures {
            let (id, code, detail) = (text(failure, "id"), text(failure, "code"), text(failure, "detail"));
            output::line(&format!("{} {id} {code}: {detail}", output::mark(false)));
        }
        eprintln!("  next: omni tail · omni dead-letters list --status open");
    } else {
        output::json(&answer);
    }
    // Some could not be put back: partly done.
    if failures.is_empty() { Ok(()) } else { Err(Exit(8).into()) }
}

/// What would go back to work, if anything: a listing tells no number over its page.
async fn open_letters(client: &Client) -> anyhow::Result<Option<String>> {
    let page = client.get("/v1/dead-letters?status=open&limit=200").await?;
    let count = page["data"].as_array().map(Vec::len).unwrap_or_default();
    Ok(match (count, page["nextCursor"].is_string()) {
        (_, true) => Some(format!("More than {count} dead letters go back to work.")),
        (0, false) => None,
        (1, false) => Some("One dead letter goes back to work.".to_owned()),
        (count, false) => Some(format!("{count} dead letters go back to work.")),
    })
}

/// Redrives until none is left that can be: the server takes a thousand at once.
async fn redrive_all(client: &Client) -> anyhow::Result<Value> {
    let (mut redriven, mut failures) = (0, Vec::new());
    loop {
        let answer = client.json(Method::POST, "/v1/dead-letters/redrive", Some(&json!({}))).await?;
        let count = answer["redriven"].as_u64().unwrap_or_default();
        redriven += count;
        failures = answer["failures"].as_array().cloned().unwrap_or(failures);
        if answer["more"] != true || count == 0 {
            return Ok(json!({ "redriven": redriven, "failed": failures.len(), "failures": failures }));
        }
    }
}

/// `omni quarantine`
pub async fn quarantine(command: QuarantineCommand) -> anyhow::Result<()> {
    match command {
        QuarantineCommand::List(args) => list(&QUARANTINE, &args).await,
        QuarantineCommand::Show(args) => show(QUARANTINE.path, &args).await,
        QuarantineCommand::Replay(args) => {
            let client = Client::find(&args.server)?;
            let path = format!("/v1/journal/{}/replay", args.id);
            let answer = client.json(Method::POST, &path, Some(&json!({}))).await?;
            if args.server.format() == Format::Table {
                let messages =
                    answer["messageIds"].as_array().into_iter().flatten().filter_map(Value::as_str);
                let messages: String = messages.map(|id| format!(" {id}")).collect();
                output::line(&format!("{}: {}{messages}", args.id, text(&answer, "outcome")));
            } else {
                output::json(&answer);
            }
            Ok(())
        }
    }
}

async fn list_show(listing: &Listing, command: ListShow) -> anyhow::Result<()> {
    match command {
        ListShow::List(args) => list(listing, &args).await,
        ListShow::Show(args) => show(listing.path, &args).await,
    }
}

async fn list(listing: &Listing, args: &ListArgs) -> anyhow::Result<()> {
    let client = Client::find(&args.server)?;
    let (mut records, mut cursor) = (Vec::new(), args.cursor.clone());
    loop {
        let limit = args.limit.to_string();
        let paged = listing.path != CONNECTIONS.path;
        let mut pairs: Vec<(&str, Option<&str>)> = vec![
            ("status", args.status.as_deref()),
            ("direction", args.direction.as_deref()),
            ("conversationId", args.conversation.as_deref()),
            ("cursor", cursor.as_deref()),
            ("limit", Some(limit.as_str()).filter(|_| paged)),
        ];
        pairs.extend(listing.fixed.iter().map(|(name, value)| (*name, Some(*value))));
        let page = client.get(&format!("{}{}", listing.path, query(pairs))).await?;
        records.extend(page["data"].as_array().cloned().unwrap_or_default());
        cursor = page["nextCursor"].as_str().map(str::to_owned);
        if !args.all || cursor.is_none() {
            break;
        }
    }
    match args.server.format() {
        Format::Table => {}
        Format::Json => {
            output::json(&json!({ "data": records, "nextCursor": cursor }));
            return Ok(());
        }
        Format::Jsonl => {
            for record in &records {
                output::line(&record.to_string());
            }
            return Ok(());
        }
    }
    let rows: Vec<Vec<String>> = records.iter().map(listing.row).collect();
    if !rows.is_empty() {
        output::table(listing.headings, &rows);
    }
    if let Some(cursor) = cursor {
        eprintln!("  more: --cursor {cursor}   (or --all)");
    } else if rows.is_empty() {
        let narrowed = args.status.is_some() || args.direction.is_some() || args.conversation.is_some();
        eprintln!("  {}", if narrowed { "none like that" } else { listing.none });
    } else {
        eprintln!("  next: {}", listing.next);
    }
    Ok(())
}

async fn show(path: &str, args: &ShowArgs) -> anyhow::Result<()> {
    let client = Client::find(&args.server)?;
    let record = client.get(&format!("{path}/{}", args.id)).await?;
    if args.server.format() == Format::Table {
        // For people the same, always indented.
        output::line(&serde_json::to_string_pretty(&record)?);
    } else {
        output::json(&record);
    }
    Ok(())
}

/// The beginning of the words; the kind of a message that has none.
fn said(message: &Value) -> String {
    match text(message, "text") {
        "" => format!("[{}]", text(message, "type")),
        words => cut(words, 40),
    }
}

fn age(value: &Value, name: &str) -> String {
    Timestamp::parse(text(value, name)).map(|at| output::ago(at, SystemClock.now())).unwrap_or_default()
}
