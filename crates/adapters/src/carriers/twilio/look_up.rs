//! What became of an ambiguous send: Twilio's own list of messages to that recipient.
//!
//! The list is not filtered by `DateSent`: a message that is still queued has none, and
//! missing it would mean sending it twice. Twilio lists the newest first.

use omni_core::address::Address;
use omni_core::carrier::{Accepted, Found, LookUp};
use omni_core::event::{Channel, ReportedState};
use omni_core::failure::SendError;
use omni_core::http::{HttpClient, HttpRequest, HttpResponse};
use omni_core::time::Timestamp;
use serde_json::Value;

use super::session::Session;
use super::{Settings, address, send};
use crate::shared::{answer, form, json};

/// Messages of one answer; a recipient who got more since the attempt is not ours to judge.
const PAGE: &str = "100";

/// How far Twilio's clock may be behind ours.
const SKEW_SECS: i64 = 2;

/// Where the two addresses may have met: the query does not name the channel.
const CHANNELS: [Channel; 3] = [Channel::Sms, Channel::Whatsapp, Channel::Rcs];

/// Asks on every channel that can join the two addresses. Having asked nothing is no answer.
pub(super) async fn look_up(
    settings: &Settings,
    session: &Session,
    http: &dyn HttpClient,
    query: &LookUp,
) -> Result<Found, SendError> {
    let mut found = None;
    for request in requests(settings, query) {
        match read(&session.ask(settings, http, request).await?, query)? {
            Found::Taken(accepted) => return Ok(Found::Taken(accepted)),
            Found::NotTaken if found.is_none() => found = Some(Found::NotTaken),
            Found::NotTaken => {}
            Found::Unclear => found = Some(Found::Unclear),
        }
    }
    Ok(found.unwrap_or(Found::Unclear))
}

/// One request for each channel that the addresses are on; of these only the ones where the
/// sender is listed as ours, if it is listed at all.
pub(super) fn requests(settings: &Settings, query: &LookUp) -> Vec<HttpRequest> {
    let mut pairs = Vec::new();
    for channel in CHANNELS {
        let (Ok(to), Ok(from)) = (address::wire(channel, &query.to), sender(channel, &query.from)) else {
            continue;
        };
        pairs.push((to, from));
    }
    let is_ours =
        |(_, from): &(String, Option<String>)| from.as_ref().is_some_and(|f| settings.numbers.contains(f));
    if pairs.iter().any(is_ours) {
        pairs.retain(is_ours);
    }
    let request = |(to, from): (String, Option<String>)| {
        let from = from.as_deref().map(|from| ("From", from));
        let query = form::encode([("To", to.as_str())].into_iter().chain(from).chain([("PageSize", PAGE)]));
        HttpRequest::new("GET", format!("{}/Messages.json?{query}", send::account_url(settings)))
    };
    pairs.into_iter().map(request).collect()
}

/// The sender to filter by; none where a messaging service picked it.
fn sender(channel: Channel, from: &Address) -> Result<Option<String>, SendError> {
    if from.expose().is_empty() || from.expose().starts_with("MG") {
        return Ok(None);
    }
    address::wire(channel, from).map(Some)
}

/// Looks for exactly one message of ours with these words, made since the attempt began.
pub(super) fn read(response: &HttpResponse, query: &LookUp) -> Result<Found, SendError> {
    let body = json::parse(&response.body).unwrap_or(Value::Null);
    if !response.is_success() {
        return Err(send::refusal(response, &body));
    }
    let Some(listed) = body["messages"].as_array() else { return Ok(Found::Unclear) };
    let since = Timestamp::from_secs(query.since.as_secs() - SKEW_SECS);
    let recent: Vec<&Value> = listed
        .iter()
        .filter(|message| json::text(&message["direction"]).is_none_or(|word| word.starts_with("outbound")))
        .filter(|message| created(message).is_none_or(|at| at >= since))
        .collect();
    if recent.is_empty() {
        return Ok(Found::NotTaken);
    }
    let Some(text) = query.text.as_deref() else { return Ok(Found::Unclear) };
    let same: Vec<&Value> =
        recent.iter().copied().filter(|message| message["body"].as_str() == Some(text)).collect();
    let page_is_full = recent.len() == listed.len() && body["next_page_uri"].is_string();
    Ok(match same[..] {
        // One that is a little older may be the same words of an earlier message.
        [message] if created(message).is_some_and(|at| !answer::not_before(at, query.since)) => {
            Found::Unclear
        }
        [message] => taken(message),
        [] if page_is_full || recent.iter().any(|message| may_be(message, text)) => Found::Unclear,
        [] => Found::NotTaken,
        _ => Found::Unclear,
    })
}

/// Whether Twilio may have written our words differently: a trial account's notice stands
/// before them, and content named by its `HX…` has a body only once it was filled in.
fn may_be(message: &Value, text: &str) -> bool {
    let body = json::text(&message["body"]).map(str::trim).unwrap_or_default();
    body.is_empty() || body.contains(text.trim())
}

/// Twilio has it; what happened to it since is for its status callbacks to say.
fn taken(message: &Value) -> Found {
    let Some(sid) = json::text(&message["sid"]) else { return Found::Unclear };
    let word = json::text(&message["status"]).and_then(super::status::state);
    Found::Taken(Accepted { state: word.unwrap_or(ReportedState::Queued), ..Accepted::with_id(sid) })
}

/// `date_created`, like `Thu, 20 Nov 2025 15:00:00 +0000` (RFC 2822).
fn created(message: &Value) -> Option<Timestamp> {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let text = message["date_created"].as_str()?;
    let (_weekday, rest) = text.split_once(", ")?;
    let mut words = rest.split(' ');
    let (day, month, year, time, zone) =
        (words.next()?, words.next()?, words.next()?, words.next()?, words.next()?);
    let month = 1 + MONTHS.iter().position(|name| *name == month)?;
    let zone = match zone {
        "GMT" => "Z".to_owned(),
        offset => format!("{}:{}", offset.get(..3)?, offset.get(3..)?),
    };
    Timestamp::parse(&format!("{year}-{month:02}-{day:0>2}T{time}{zone}")).ok()
}
