//! What visitors and agents do: the fixtures of this twin.

use serde_json::{Value, json};

use super::chats::{Chat, Written, written};
use super::customer::Customer;
use super::webhooks::{Draft, thread_id};
use super::{LiveChat, team};
use crate::callbacks::Callback;
use crate::fixtures::{Params, TriggerError};
use crate::samples;

/// Builds the callback of a fixture.
pub(super) fn play(twin: &LiveChat, event: &'static str, params: &Params) -> Result<Callback, TriggerError> {
    if event == "routing_status" {
        return routing_status(twin, event, params);
    }
    let visitor = visitor(params)?;
    match event {
        "chat_started" => Ok(chat_started(twin, event, params, visitor)),
        "bad_signature" => Ok(forged(twin, event, params, visitor)),
        "agent_message" | "agent_card" | "note" => {
            let author = params.text("agent").to_owned();
            let event_json = by_agent(event, params);
            Ok(say(twin, event, visitor, written(&author, &event_json)))
        }
        "system_message" | "system_event" => {
            let content = by_platform(event, params);
            let content = content.as_object().cloned().unwrap_or_default();
            Ok(say(twin, event, visitor, Written { author: None, content }))
        }
        "message" | "file" | "form" | "quick_reply" | "custom" | "unsupported" => {
            let author = visitor.id.clone();
            let content = by_visitor(twin, event, params, &visitor);
            Ok(say(twin, event, visitor, written(&author, &content)))
        }
        _ => in_chat(twin, event, params, visitor),
    }
}

const fn wrong(param: &'static str, expected: &'static str) -> TriggerError {
    TriggerError::WrongValue { param, expected }
}

fn visitor(params: &Params) -> Result<Customer, TriggerError> {
    let visitor = Customer::of(params.text("from"), params.text("name"));
    visitor.ok_or_else(|| wrong("from", "a phone number like +15550001001, or a customer's UUID"))
}

/// Begins a thread in a chat without one, and tells nobody.
fn wake(twin: &LiveChat, chat: &mut Chat) {
    if chat.active().is_none() {
        let hello = written(&chat.customer.id, &json!({ "type": "message", "text": "Hello" }));
        chat.begin(twin.short_id(), twin.desk.now(), vec![hello]);
    }
}

/// Somebody writes: into the running thread, or into one that begins with it.
fn say(twin: &LiveChat, what: &'static str, visitor: Customer, event: Written) -> Callback {
    let now = twin.desk.now();
    let initiator = event.author.clone().filter(|author| *author != visitor.id);
    let (id, chat) = twin.visit(visitor, |chat| {
        if chat.active().is_some() {
            return chat.write(now, event);
        }
        chat.begin(twin.short_id(), now, vec![event]);
        None
    });
    let thread = chat.active().expect("somebody has just written");
    match id.as_deref().and_then(|id| chat.event(id)) {
        Some(event) => twin.incoming_event(what, &chat, &thread.id, event),
        None => twin.incoming_chat(what, &chat, thread, initiator.as_deref()),
    }
}

fn chat_started(twin: &LiveChat, what: &'static str, params: &Params, visitor: Customer) -> Callback {
    let form = json!({
        "type": "filled_form",
        "form_id": "1473433500211",
        "form_type": "prechat",
        "fields": [
            { "type": "name", "id": "1", "label": "Name", "answer": visitor.name },
            { "type": "radio", "id": "3", "label": "Topic", "answer": { "id": "0", "label": "Delivery" } },
            { "type": "checkbox", "id": "4", "label": "Products", "answers": [{ "id": "0", "label": "Shoes" }, { "id": "2", "label": "Bags" }] },
            { "type": "group_chooser", "id": "5", "label": "Team", "answer": { "id": "2", "group_id": 3, "label": "Support" } },
        ],
    });
    let question = json!({ "type": "message", "text": params.text("text") });
    let events = vec![written(&visitor.id, &form), written(&visitor.id, &question)];
    let (_, chat) = twin.visit(visitor, |chat| {
        chat.end();
        chat.begin(twin.short_id(), twin.desk.now(), events)
    });
    let thread = chat.active().expect("it has just begun");
    twin.incoming_chat(what, &chat, thread, None)
}

/// A message that nobody sent.
fn forged(twin: &LiveChat, what: &'static str, params: &Params, visitor: Customer) -> Callback {
    let mut chat = twin.visit(visitor, |chat| wake(twin, chat)).1;
    let event = written(&chat.customer.id, &json!({ "type": "message", "text": params.text("text") }));
    // Into a copy: the chat itself never heard of it.
    let id = chat.write(twin.desk.now(), event).expect("there is a thread");
    let payload = json!({ "chat_id": chat.id, "thread_id": thread_id(&chat), "event": chat.event(&id) });
    twin.webhook(Draft { what, id, action: "incoming_event", payload, chat: Some(&chat), forged: true })
}

/// What a visitor writes.
fn by_visitor(twin: &LiveChat, event: &str, params: &Params, visitor: &Customer) -> Value {
    match event {
        "file" => json!({
            "type": "file",
            "name": samples::PHOTO.filename,
            "url": twin.attach(samples::PHOTO),
            "content_type": samples::PHOTO.mime,
            "size": samples::PHOTO.bytes.len(),
        }),
        "form" => json!({
            "type": "filled_form",
            "form_id": "1473433500212",
            "form_type": "postchat",
            "fields": [{ "type": "radio", "id": "1", "label": "How was it?", "answer": { "id": "0", "label": params.text("rating") } }],
        }),
        "quick_reply" => {
            let (thread, target) = pressed(twin, params, visitor);
            let postback = json!({
                "id": params.text("id"),
                "thread_id": thread,
                "event_id": target,
                "type": "message",
                "value": params.text("value"),
            });
            json!({ "type": "message", "text": params.text("text"), "postback": postback })
        }
        "custom" => json!({ "type": "custom", "content": { "basket": ["SKU-1", "SKU-2"] } }),
        "unsupported" => json!({ "type": "hologram", "depth": 3 }),
        _ => json!({ "type": "message", "text": params.text("text") }),
    }
}

/// Thread and event of the buttons that are pressed: the last ones of ours, or made-up ones.
fn pressed(twin: &LiveChat, params: &Params, visitor: &Customer) -> (String, String) {
    let chat = twin.chats.of_customer(&visitor.id);
    let last = || {
        chat.as_ref()?.last_event(|event| event["type"] == "rich_message")?["id"].as_str().map(str::to_owned)
    };
    let target = params.given("event").map(str::to_owned).or_else(last);
    let target = target.unwrap_or_else(|| format!("{}_1", twin.short_id()));
    let thread = target.rsplit_once('_').map_or(target.as_str(), |(thread, _)| thread);
    (thread.to_owned(), target)
}

fn by_agent(event: &str, params: &Params) -> Value {
    match event {
        "agent_card" => {
            let button = json!({ "type": "url", "text": "Open", "value": "https://acme.example/l/1", "postback_id": "open", "user_ids": [] });
            let card = json!({ "title": params.text("title"), "buttons": [button] });
            json!({ "type": "rich_message", "template_id": "cards", "elements": [card] })
        }
        "note" => json!({ "type": "message", "text": params.text("text"), "visibility": "agents" }),
        _ => json!({ "type": "message", "text": params.text("text") }),
    }
}

fn by_platform(event: &str, params: &Params) -> Value {
    if event == "system_message" {
        return json!({
            "type": "system_message",
            "text": params.text("text"),
            "system_message_type": "routing.assigned_inactive",
            "text_vars": { "agent": "Lena" },
        });
    }
    let details = json!({ "summary": params.text("text") }).to_string();
    json!({ "type": "system", "source": "messaging", "subtype": "summary", "version": 1, "details": details })
}

/// What happens in a running chat beside writing.
fn in_chat(
    twin: &LiveChat,
    what: &'static str,
    params: &Params,
    visitor: Customer,
) -> Result<Callback, TriggerError> {
    let (agent, now) = (params.text("agent"), twin.desk.now());
    let group = match what {
        "transferred" | "access_updated" => params.number("group", 0..=999_999, "a group's id")?,
        _ => 0,
    };
    let (thread, chat) = twin.visit(visitor, |chat| {
        wake(twin, chat);
        let thread = thread_id(chat).map(str::to_owned);
        match what {
            "agent_joined" if !chat.agents.iter().any(|known| known == agent) => {
                chat.agents.push(agent.to_owned());
            }
            "agent_left" => chat.agents.retain(|known| known != agent),
            "transferred" | "access_updated" => chat.groups = vec![group.into()],
            "chat_ended" => drop(chat.end()),
            _ => {}
        }
        thread
    });
    Ok(match what {
        "seen" => twin.seen(what, &chat, &chat.customer.id, now),
        "seen_by_agent" => twin.seen(what, &chat, agent, now),
        "postback" => postback(twin, what, params, &chat)?,
        "edited" | "deleted" => amended(twin, what, params, &chat),
        "agent_joined" => twin.user_added(what, &chat, agent, agent),
        "agent_left" => twin.user_removed(what, &chat, agent, agent),
        "chat_ended" => twin.deactivated(what, &chat, thread.as_deref(), params.given("by")),
        "transferred" | "access_updated" => regrouped(twin, what, &chat, group),
        _ => {
            let payload = json!({ "chat_id": chat.id, "thread_id": thread, "tag": params.text("tag") });
            twin.happened(what, "thread_tagged", &chat, payload)
        }
    })
}

fn regrouped(twin: &LiveChat, what: &'static str, chat: &Chat, group: u32) -> Callback {
    if what == "access_updated" {
        let payload = json!({ "id": chat.id, "access": { "group_ids": [group] } });
        return twin.happened(what, "chat_access_updated", chat, payload);
    }
    let payload = json!({
        "chat_id": chat.id,
        "thread_id": thread_id(chat),
        "requester_id": team::LENA,
        "reason": "manual",
        "transferred_to": { "group_ids": [group] },
        "queue": { "position": 2, "wait_time": 60, "queued_at": super::chats::micros(twin.desk.now()) },
    });
    twin.happened(what, "chat_transferred", chat, payload)
}

fn postback(
    twin: &LiveChat,
    what: &'static str,
    params: &Params,
    chat: &Chat,
) -> Result<Callback, TriggerError> {
    let toggled = params.text("toggled").parse::<bool>().map_err(|_| wrong("toggled", "true or false"))?;
    let (thread, target) = pressed(twin, params, &chat.customer);
    let postback = json!({
        "id": params.text("id"),
        "toggled": toggled,
        "button_type": "message",
        "button_value": params.text("value"),
    });
    let payload = json!({
        "user_id": chat.customer.id,
        "chat_id": chat.id,
        "thread_id": thread,
        "event_id": target,
        "postback": postback,
    });
    Ok(twin.happened(what, "incoming_rich_message_postback", chat, payload))
}

/// The visitor's last message is changed or deleted.
fn amended(twin: &LiveChat, what: &'static str, params: &Params, chat: &Chat) -> Callback {
    let is_theirs = |event: &Value| event["author_id"] == chat.customer.id && event["type"] == "message";
    let last = || chat.last_event(is_theirs)?["id"].as_str().map(str::to_owned);
    let id = params.given("event").map(str::to_owned).or_else(last);
    let id = id.unwrap_or_else(|| format!("{}_1", twin.short_id()));
    let thread = id.rsplit_once('_').map(|(thread, _)| thread);
    let mut changed = chat.event(&id).cloned().unwrap_or_else(
        || json!({ "id": id, "type": "message", "author_id": chat.customer.id, "visibility": "all" }),
    );
    changed["text"] = params.text("text").into();
    let kept = (what == "edited").then_some(&changed);
    twin.visit(chat.customer.clone(), |chat| chat.amend(&id, kept));
    let (action, payload) = match kept {
        Some(event) => ("event_updated", json!({ "chat_id": chat.id, "thread_id": thread, "event": event })),
        None => ("event_deleted", json!({ "chat_id": chat.id, "thread_id": thread, "event_id": id })),
    };
    twin.webhook(Draft { what, id, action, payload, chat: Some(chat), forged: false })
}

fn routing_status(twin: &LiveChat, what: &'static str, params: &Params) -> Result<Callback, TriggerError> {
    let status = params.text("status");
    if !matches!(status, "offline" | "not accepting chats" | "accepting chats") {
        return Err(wrong("status", "offline, `not accepting chats` or `accepting chats`"));
    }
    let bot = twin.responders().swap_remove(0);
    twin.statuses.lock().insert(&bot, status.replace(' ', "_"));
    let payload = json!({ "agent_id": bot, "status": status });
    Ok(twin.webhook(Draft {
        what,
        id: bot,
        action: "routing_status_set",
        payload,
        chat: None,
        forged: false,
    }))
}
